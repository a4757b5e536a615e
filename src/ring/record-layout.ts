/**
 * Layout of the records of a shared ring: named fields of fixed width, each a column of its own in the shared buffer.
 */
import { TradewireError } from '../core/errors.js'

const fieldArrays = {
  f64: Float64Array,
  f32: Float32Array,
  i32: Int32Array,
  u32: Uint32Array,
  i16: Int16Array,
  u16: Uint16Array,
  i8: Int8Array,
  u8: Uint8Array,
} as const

type FieldArrayConstructor = new (buffer: SharedArrayBuffer, offset: number, length: number) => unknown

/** Width and kind of a field: floating point, signed or unsigned integer, and its bits. */
export type FieldType = keyof typeof fieldArrays

/** Fields of a record by name, in the order of their columns. */
export type RecordLayout = Readonly<Record<string, FieldType>>

/** Columns of a layout: one typed array a field, over a shared buffer. */
export type RecordColumns<L extends RecordLayout> = {
  readonly [Field in keyof L]: InstanceType<(typeof fieldArrays)[L[Field]]>
}

/** Layout of a quote for a shared ring, the fields of the ingest ring's quote columns. */
export const quoteLayout = {
  instrument: 'i32',
  source: 'i32',
  bid: 'f64',
  ask: 'f64',
  bidSize: 'f64',
  askSize: 'f64',
  tsEventUs: 'f64',
  tsRecvUs: 'f64',
  sequence: 'f64',
  flags: 'i32',
} as const satisfies RecordLayout

/** Layout of a trade for a shared ring, the fields of the ingest ring's trade columns. */
export const tradeLayout = {
  instrument: 'i32',
  source: 'i32',
  price: 'f64',
  size: 'f64',
  aggressor: 'i8',
  tsEventUs: 'f64',
  tsRecvUs: 'f64',
  sequence: 'f64',
  tradeId: 'f64',
  condition: 'i32',
} as const satisfies RecordLayout

/**
 * Columns start at multiples of this, so that two of them never share a cache line, and end with one unused line: columns
 * whose addresses differ by a power of two would push each other out of the cache.
 */
const lineBytes = 64

/** Bytes that the columns of `records` records take. Throws TW_INVALID_ARGUMENT for an empty layout or unknown type. */
export function columnBytes(layout: RecordLayout, records: number): number {
  const fields = Object.entries(layout)
  if (fields.length === 0) throw invalidLayout('layout needs at least one field')
  let bytes = 0
  for (const [name, type] of fields) {
    if (!Object.hasOwn(fieldArrays, type)) {
      throw invalidLayout(`layout.${name} must be one of ${Object.keys(fieldArrays).join(', ')}, got '${String(type)}'`)
    }
    bytes += columnSize(type, records)
  }
  return bytes
}

/** Lays the columns of a layout over `buffer` from `offset` on. */
export function mapColumns<L extends RecordLayout>(
  layout: L,
  records: number,
  buffer: SharedArrayBuffer,
  offset: number,
): RecordColumns<L> {
  const columns: Record<string, unknown> = {}
  let start = offset
  for (const [name, type] of Object.entries(layout)) {
    const FieldArray: FieldArrayConstructor = fieldArrays[type]
    columns[name] = new FieldArray(buffer, start, records)
    start += columnSize(type, records)
  }
  return columns as RecordColumns<L>
}

function columnSize(type: FieldType, records: number): number {
  return (Math.ceil((fieldArrays[type].BYTES_PER_ELEMENT * records) / lineBytes) + 1) * lineBytes
}

function invalidLayout(message: string): TradewireError {
  return new TradewireError('TW_INVALID_ARGUMENT', message, { details: { field: 'layout' } })
}
