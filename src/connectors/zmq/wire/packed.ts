/**
 * Packed bodies: many records a frame, every number where it lies. Little-endian, all doubles IEEE 754, absent numbers NaN,
 * times in epoch microseconds as doubles (whole numbers below 2^53).
 *
 *   body       u32 dictionary version | u16 names | u16 0 | u32 dictionary bytes | u32 records | dictionary | records
 *   dictionary per name: u8 length, the instrument's id in UTF-8; padded with zeros to a multiple of 8
 *   record     u8 kind | u8 a | u16 name (index into the dictionary; 65535 none) | u32 b | doubles
 *
 *   kind        a                      b           doubles
 *   1 quote     0                      flags       bid, ask, bidSize, askSize, time, sequence
 *   2 trade     aggressor (i8)         condition   price, size, time, sequence, tradeId
 *   3 book      bit 0 snapshot, 1 last levels      time, sequence, previousSequence; then the levels, 32 bytes each:
 *               u8 side | u8 action | u16 0 | u32 0 | price | size | order id
 *   4 bar       1 closed               0           interval, open, high, low, close, volume, count, vwap, open time, time
 *   5 status    status                 0           time
 *   6 note      0                      text bytes  time; then JSON text, padded with zeros to a multiple of 8
 *
 * The dictionary comes with every frame, so that each can be read by itself. Within a stream and an epoch equal versions are
 * equal dictionaries: a reader that has the version skips it. Records keep the order in which their events came.
 */
import type { BookSide } from '../../../ring/kinds.js'
import { LevelAction } from '../../../ring/kinds.js'
import { TickAt, tickRowWidth } from '../../../ring/tick-row.js'

/** Bytes before the dictionary. */
export const PACKED_HEAD_BYTES = 16
/** Kinds of record. */
export const RecordKind = { quote: 1, trade: 2, book: 3, bar: 4, status: 5, note: 6 } as const
/** Index of a record that belongs to no instrument. */
export const NO_NAME = 0xffff
/** Bytes of a quote record. */
export const QUOTE_BYTES = 56
/** Bytes of a trade record. */
export const TRADE_BYTES = 48
const bookBytes = 32
const levelBytes = 32
const barBytes = 88
const statusBytes = 16
const noteBytes = 16

const encoder = new TextEncoder()

/** Collects records into one body after another, in memory that it keeps. */
export class PackedWriter {
  /** Records since the last {@link PackedWriter.clear}. */
  records = 0
  #bytes: Uint8Array
  #view: DataView
  #at = 0
  #dictionary: Uint8Array = new Uint8Array(0)
  readonly #names = new Map<number, number>()
  readonly #ids: string[] = []
  /** Version of the dictionary; rises with each name. */
  #version = 0
  #levelsAt = 0
  #levels = 0

  constructor(initialBytes = 4_096) {
    this.#bytes = new Uint8Array(initialBytes)
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** An empty writer with the same dictionary: equal versions are equal dictionaries in all frames of a stream. */
  sibling(): PackedWriter {
    const writer = new PackedWriter()
    writer.#dictionary = this.#dictionary
    writer.#version = this.#version
    for (const [instrument, name] of this.#names) writer.#names.set(instrument, name)
    writer.#ids.push(...this.#ids)
    return writer
  }

  /** Bytes of the body as it stands. */
  get byteLength(): number {
    return PACKED_HEAD_BYTES + this.#dictionary.length + this.#at
  }

  quote(
    name: number,
    bid: number,
    ask: number,
    bidSize: number,
    askSize: number,
    tsUs: number,
    sequence: number,
    flags: number,
  ): void {
    const at = this.#begin(RecordKind.quote, 0, name, flags, QUOTE_BYTES)
    const view = this.#view
    view.setFloat64(at + 8, bid, true)
    view.setFloat64(at + 16, ask, true)
    view.setFloat64(at + 24, bidSize, true)
    view.setFloat64(at + 32, askSize, true)
    view.setFloat64(at + 40, tsUs, true)
    view.setFloat64(at + 48, sequence, true)
  }

  trade(
    name: number,
    price: number,
    size: number,
    aggressor: number,
    tsUs: number,
    sequence: number,
    tradeId: number,
    condition: number,
  ): void {
    const at = this.#begin(RecordKind.trade, aggressor, name, condition, TRADE_BYTES)
    const view = this.#view
    view.setFloat64(at + 8, price, true)
    view.setFloat64(at + 16, size, true)
    view.setFloat64(at + 24, tsUs, true)
    view.setFloat64(at + 32, sequence, true)
    view.setFloat64(at + 40, tradeId, true)
  }

  beginBook(name: number, isSnapshot: boolean, tsUs: number, sequence: number, previousSequence: number): void {
    const at = this.#begin(RecordKind.book, isSnapshot ? 1 : 0, name, 0, bookBytes)
    this.#view.setFloat64(at + 8, tsUs, true)
    this.#view.setFloat64(at + 16, sequence, true)
    this.#view.setFloat64(at + 24, previousSequence, true)
    this.#levelsAt = at
    this.#levels = 0
  }

  level(side: BookSide, action: number, price: number, size: number, orderId: number): void {
    const at = this.#claim(levelBytes)
    const view = this.#view
    view.setUint8(at, side)
    view.setUint8(at + 1, action)
    view.setUint16(at + 2, 0, true)
    view.setUint32(at + 4, 0, true)
    view.setFloat64(at + 8, price, true)
    view.setFloat64(at + 16, size, true)
    view.setFloat64(at + 24, orderId, true)
    this.#levels++
  }

  commitBook(isLast: boolean): void {
    const at = this.#levelsAt
    this.#view.setUint8(at + 1, this.#view.getUint8(at + 1) | (isLast ? 2 : 0))
    this.#view.setUint32(at + 4, this.#levels, true)
  }

  bar(name: number, numbers: readonly number[], isClosed: boolean): void {
    const at = this.#begin(RecordKind.bar, isClosed ? 1 : 0, name, 0, barBytes)
    for (let index = 0; index < 10; index++) this.#view.setFloat64(at + 8 + index * 8, numbers[index] as number, true)
  }

  status(name: number, status: number, tsUs: number): void {
    const at = this.#begin(RecordKind.status, status, name, 0, statusBytes)
    this.#view.setFloat64(at + 8, tsUs, true)
  }

  note(name: number, json: string, tsUs: number): void {
    const text = encoder.encode(json)
    const padded = padTo8(text.length)
    const at = this.#begin(RecordKind.note, 0, name, text.length, noteBytes + padded)
    this.#view.setFloat64(at + 8, tsUs, true)
    this.#bytes.fill(0, at + noteBytes, at + noteBytes + padded)
    this.#bytes.set(text, at + noteBytes)
  }

  /** The number of an instrument in the dictionary, which it joins when it is new. `id` has at most 255 bytes. */
  nameOf(instrument: number, id: string): number {
    const known = this.#names.get(instrument)
    if (known !== undefined) return known
    const name = this.#ids.length
    if (name >= NO_NAME) throw new RangeError('a stream has at most 65,535 instruments')
    this.#names.set(instrument, name)
    this.#ids.push(id)
    this.#version++
    this.#dictionary = writeDictionary(this.#ids)
    return name
  }

  /** Writes the body; `target` has {@link PackedWriter.byteLength} bytes from `at` on. */
  writeTo(target: Uint8Array, view: DataView, at: number): void {
    view.setUint32(at, this.#version, true)
    view.setUint16(at + 4, this.#ids.length, true)
    view.setUint16(at + 6, 0, true)
    view.setUint32(at + 8, this.#dictionary.length, true)
    view.setUint32(at + 12, this.records, true)
    target.set(this.#dictionary, at + PACKED_HEAD_BYTES)
    target.set(this.#bytes.subarray(0, this.#at), at + PACKED_HEAD_BYTES + this.#dictionary.length)
  }

  /** Forgets the records; the dictionary stays. */
  clear(): void {
    this.#at = 0
    this.records = 0
  }

  #begin(kind: number, a: number, name: number, b: number, bytes: number): number {
    const at = this.#claim(bytes)
    const view = this.#view
    view.setUint8(at, kind)
    view.setUint8(at + 1, a)
    view.setUint16(at + 2, name, true)
    view.setUint32(at + 4, b, true)
    this.records++
    return at
  }

  #claim(bytes: number): number {
    const at = this.#at
    const end = at + bytes
    if (end > this.#bytes.length) {
      const wide = new Uint8Array(Math.max(end, this.#bytes.length * 2))
      wide.set(this.#bytes)
      this.#bytes = wide
      this.#view = new DataView(wide.buffer)
    }
    this.#at = end
    return at
  }
}

function writeDictionary(ids: readonly string[]): Uint8Array {
  const texts = ids.map((id) => encoder.encode(id))
  const length = texts.reduce((sum, text) => sum + 1 + text.length, 0)
  const bytes = new Uint8Array(padTo8(length))
  let at = 0
  for (const text of texts) {
    if (text.length > 255) throw new RangeError('the id of an instrument has at most 255 bytes')
    bytes[at] = text.length
    bytes.set(text, at + 1)
    at += 1 + text.length
  }
  return bytes
}

/** Takes the records of a body, name by name. Rows of ticks (`TickAt`) are valid during the call. */
export interface PackedTarget {
  packedQuote(name: number, flags: number, row: Float64Array): void
  packedTrade(name: number, aggressor: number, condition: number, row: Float64Array): void
  beginBook(name: number, isSnapshot: boolean, tsUs: number, sequence: number, previousSequence: number): void
  level(side: BookSide, action: LevelAction, price: number, size: number, orderId: number): void
  commitBook(isLast: boolean): void
  bar(name: number, view: DataView, at: number, isClosed: boolean): void
  status(name: number, status: number, tsUs: number): void
  note(name: number, text: string, tsUs: number): void
}

/** The head of a packed body; undefined when it does not hold together. */
export function readPackedHead(
  view: DataView,
  start: number,
  end: number,
): { version: number; names: number; dictionaryBytes: number; records: number } | undefined {
  if (end - start < PACKED_HEAD_BYTES) return undefined
  const version = view.getUint32(start, true)
  const names = view.getUint16(start + 4, true)
  const dictionaryBytes = view.getUint32(start + 8, true)
  const records = view.getUint32(start + 12, true)
  if (start + PACKED_HEAD_BYTES + dictionaryBytes > end) return undefined
  return { version, names, dictionaryBytes, records }
}

const decoder = new TextDecoder()

/** The names of a dictionary; undefined when it does not hold together. */
export function readDictionary(
  bytes: Uint8Array,
  start: number,
  dictionaryBytes: number,
  names: number,
): string[] | undefined {
  const ids: string[] = []
  const end = start + dictionaryBytes
  let at = start
  for (let name = 0; name < names; name++) {
    const next = at + 1 + (bytes[at] as number)
    if (at >= end || next > end) return undefined
    ids.push(decoder.decode(bytes.subarray(at + 1, next)))
    at = next
  }
  return ids
}

/**
 * Whether every record of a body lies within it and names an instrument of the dictionary: checked before the first is
 * handed on, so that a damaged body is refused whole.
 */
export function checkRecords(view: DataView, start: number, end: number, records: number, names: number): boolean {
  let at = start
  for (let record = 0; record < records; record++) {
    if (at + 16 > end) return false
    const kind = view.getUint8(at)
    const name = view.getUint16(at + 2, true)
    if (name >= names && !(name === NO_NAME && kind === RecordKind.note)) return false
    if (kind === RecordKind.quote) at += QUOTE_BYTES
    else if (kind === RecordKind.trade) {
      const aggressor = view.getInt8(at + 1)
      if (aggressor > 1 || aggressor < -1) return false
      at += TRADE_BYTES
    } else {
      const next = at + otherBytes(view, at, kind)
      if (!(next > at) || next > end) return false
      if (!isSound(view, at, kind, next)) return false
      at = next
    }
  }
  return at === end
}

function otherBytes(view: DataView, at: number, kind: number): number {
  if (kind === RecordKind.book) return bookBytes + view.getUint32(at + 4, true) * levelBytes
  if (kind === RecordKind.bar) return barBytes
  if (kind === RecordKind.status) return statusBytes
  if (kind === RecordKind.note) return noteBytes + padTo8(view.getUint32(at + 4, true))
  return 0
}

/**
 * Whether a record that is neither a quote nor a trade can be what it says. Of a book all numbers count: one change that is
 * left out makes those after it wrong. Other records are judged one by one when they are handed on.
 */
function isSound(view: DataView, at: number, kind: number, end: number): boolean {
  if (kind === RecordKind.status) return view.getUint8(at + 1) <= 4
  return (
    kind !== RecordKind.book ||
    (isTime(view.getFloat64(at + 8, true)) &&
      isFiniteOrNaN(view.getFloat64(at + 16, true)) &&
      isFiniteOrNaN(view.getFloat64(at + 24, true)) &&
      areLevels(view, at + bookBytes, end))
  )
}

/** Whether ten numbers (`barNames`) can be a bar: no infinite price, no negative volume or count, times that are times. */
export function isBar(numbers: readonly number[]): boolean {
  const [intervalUs, open, high, low, close, volume, count, vwap, openUs, closeUs] = numbers
  const isAmount = (value: number) => !(value < 0) && isFiniteOrNaN(value)
  return (
    intervalUs > 0 &&
    isTime(intervalUs) &&
    Number.isFinite(open + high + low + close) &&
    isAmount(volume) &&
    isAmount(count) &&
    isFiniteOrNaN(vwap) &&
    (Number.isNaN(openUs) || isTime(openUs)) &&
    isTime(closeUs)
  )
}

/** Epoch microseconds: a whole number is not asked for, a usable one is. */
export function isTime(tsUs: number): boolean {
  return tsUs >= 0 && tsUs <= Number.MAX_SAFE_INTEGER
}

function isFiniteOrNaN(value: number): boolean {
  return value !== Number.POSITIVE_INFINITY && value !== Number.NEGATIVE_INFINITY
}

function areLevels(view: DataView, start: number, end: number): boolean {
  if (end > view.byteLength) return false
  for (let at = start; at < end; at += levelBytes)
    if (
      view.getUint8(at) > 1 ||
      view.getUint8(at + 1) > LevelAction.deleteOrder ||
      !Number.isFinite(view.getFloat64(at + 8, true)) ||
      !isSize(view.getFloat64(at + 16, true)) ||
      !Number.isFinite(view.getFloat64(at + 24, true))
    )
      return false
  return true
}

function isSize(size: number): boolean {
  return size >= 0 && size < Number.POSITIVE_INFINITY
}

/** The tick that is handed on. */
const row = new Float64Array(tickRowWidth)

/** Hands the records of a body that was checked to a target, in their order. */
export function readRecords(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  records: number,
  target: PackedTarget,
): void {
  let at = start
  for (let record = 0; record < records; record++) {
    const kind = view.getUint8(at)
    const name = view.getUint16(at + 2, true)
    if (kind === RecordKind.quote) {
      row[TickAt.bid] = view.getFloat64(at + 8, true)
      row[TickAt.ask] = view.getFloat64(at + 16, true)
      row[TickAt.bidSize] = view.getFloat64(at + 24, true)
      row[TickAt.askSize] = view.getFloat64(at + 32, true)
      row[TickAt.tsEventUs] = view.getFloat64(at + 40, true)
      row[TickAt.sequence] = view.getFloat64(at + 48, true)
      target.packedQuote(name, view.getInt32(at + 4, true), row)
      at += QUOTE_BYTES
    } else if (kind === RecordKind.trade) {
      row[TickAt.price] = view.getFloat64(at + 8, true)
      row[TickAt.size] = view.getFloat64(at + 16, true)
      row[TickAt.tsEventUs] = view.getFloat64(at + 24, true)
      row[TickAt.sequence] = view.getFloat64(at + 32, true)
      row[TickAt.tradeId] = view.getFloat64(at + 40, true)
      target.packedTrade(name, view.getInt8(at + 1), view.getInt32(at + 4, true), row)
      at += TRADE_BYTES
    } else {
      if (kind === RecordKind.book) readBook(view, at, name, target)
      else if (kind === RecordKind.bar) target.bar(name, view, at + 8, view.getUint8(at + 1) === 1)
      else if (kind === RecordKind.status) target.status(name, view.getUint8(at + 1), view.getFloat64(at + 8, true))
      else {
        const text = bytes.subarray(at + noteBytes, at + noteBytes + view.getUint32(at + 4, true))
        target.note(name, decoder.decode(text), view.getFloat64(at + 8, true))
      }
      at += otherBytes(view, at, kind)
    }
  }
}

function readBook(view: DataView, at: number, name: number, target: PackedTarget): void {
  const bits = view.getUint8(at + 1)
  const levels = view.getUint32(at + 4, true)
  target.beginBook(
    name,
    (bits & 1) === 1,
    view.getFloat64(at + 8, true),
    view.getFloat64(at + 16, true),
    view.getFloat64(at + 24, true),
  )
  for (let level = 0; level < levels; level++) {
    const row = at + bookBytes + level * levelBytes
    target.level(
      view.getUint8(row) as BookSide,
      view.getUint8(row + 1) as LevelAction,
      view.getFloat64(row + 8, true),
      view.getFloat64(row + 16, true),
      view.getFloat64(row + 24, true),
    )
  }
  target.commitBook((bits & 2) === 2)
}

function padTo8(bytes: number): number {
  return Math.ceil(bytes / 8) * 8
}
