/**
 * What the order plane writes into the journal, record by record: the only place that knows their layout.
 *
 * A record is written before its fact is applied, and applied by the same code whether it was just written or is read back
 * at a restart; so a replay gives the state that was. Numbers of record types and fields are never reused: journals
 * outlive releases.
 */
import { TradewireError } from '../core/errors.js'
import type { RecordWriter } from '../journal/journal.js'
import type { RecordReader } from '../journal/record-reader.js'
import * as Field from '../orders/order-fields.js'
import { type OrderTable, RECORD } from '../orders/order-table.js'
import type { ExecKey } from '../orders/trade-pool.js'
import type { RateFact } from '../portfolio/base-currency.js'

/** Types of records. */
export const RecordType = {
  /** A start of the system: session number and id prefix. */
  session: 1,
  /** An instrument with its index, as JSON. */
  instrument: 2,
  /** A name (account, strategy, connector, currency, position) with its index. */
  name: 3,
  /** The intent to send an order: all its terms. In the journal before anything is on the wire. */
  intent: 10,
  /** An order refused on our own side, with its terms. */
  denied: 11,
  /** An order that was found at a venue. */
  external: 12,
  accepted: 20,
  rejected: 21,
  closed: 22,
  triggered: 23,
  unknown: 24,
  works: 25,
  request: 26,
  requestRejected: 27,
  updated: 28,
  trade: 29,
  corrected: 30,
  busted: 31,
  /** An approved order that was not sent after all: refused between approval and wire. */
  withdrawn: 32,
  /** What an operator says became of an order of unknown fate. */
  resolved: 33,
  /** A trading state or kill switch, with who and why. */
  tradingState: 40,
  /** The end of trading, with the orders that stay open; without effect. */
  drained: 41,
  /** A change of risk limits (who, why, what, and the limits that follow from it), or a decision about a large order, as JSON. */
  riskDecision: 42,
  /** A stock split as an operator applied it. */
  split: 43,
  /** State that a strategy wants to find again. */
  strategyState: 50,
  /** A parent order: its id and its plan. */
  parent: 70,
  /** The state of a parent order. */
  parentState: 71,
  /** What a connector reported and could not be taken: evidence, without effect. */
  badReport: 60,
} as const

/** Kinds of interned names. */
export const NameKind = { account: 0, strategy: 1, connector: 2, currency: 3, position: 4 } as const

/** Writes an id that is text or a whole number. */
export function writeKey(writer: RecordWriter, key: ExecKey | undefined): void {
  if (key === undefined) writer.u8(0)
  else if (typeof key === 'number') {
    writer.u8(1)
    writer.f64(key)
  } else {
    writer.u8(2)
    writer.string(key)
  }
}

/** Reads what {@link writeKey} wrote. */
export function readKey(reader: RecordReader): ExecKey | undefined {
  const kind = reader.u8()
  return kind === 0 ? undefined : kind === 1 ? reader.f64() : reader.string()
}

/** Writes the conversion rates of an event, at its end. */
export function writeRates(writer: RecordWriter, rates: readonly RateFact[]): void {
  writer.u8(rates.length)
  for (const { currency, bid, ask } of rates) {
    writer.u16(currency)
    writer.f64(bid)
    writer.f64(ask)
  }
}

/** Reads what {@link writeRates} wrote; undefined for a record from before rates were written. */
export function readRates(reader: RecordReader): readonly RateFact[] | undefined {
  if (reader.remaining === 0) return undefined
  const rates: RateFact[] = []
  for (let left = reader.u8(); left > 0; left--)
    rates.push({ currency: reader.u16(), bid: reader.f64(), ask: reader.f64() })
  return rates
}

/** Writes identity and terms of an order as it stands in the table. */
export function writeTerms(writer: RecordWriter, table: OrderTable, row: number): void {
  const { cells } = table
  writer.f64(cells[row])
  writer.i32(cells[row + Field.instrument])
  writer.u16(cells[row + Field.account])
  writer.u16(cells[row + Field.strategy])
  writer.u16(cells[row + Field.connector])
  writer.u8(cells[row + Field.side] > 0 ? 1 : 0)
  writer.u8(cells[row + Field.type])
  writer.u8(cells[row + Field.timeInForce])
  writer.u8(cells[row + Field.selfTrade])
  writer.i32(cells[row + Field.flags])
  writer.f64(cells[row + Field.quantity])
  writer.f64(cells[row + Field.price])
  writer.f64(cells[row + Field.createdUs])
  const extras = extrasOf(cells, row)
  writer.u8(extras)
  if ((extras & 1) !== 0) writer.f64(cells[row + Field.trigger])
  if ((extras & 2) !== 0) writer.f64(cells[row + Field.trailingAmount])
  if ((extras & 4) !== 0) writer.f64(cells[row + Field.trailingBasisPoints])
  if ((extras & 8) !== 0) writer.f64(cells[row + Field.display])
  if ((extras & 16) !== 0) writer.f64(cells[row + Field.expireUs])
  if ((extras & 32) !== 0) writer.u16(cells[row + Field.position])
  writer.string(table.clientOrderId(row) ?? '')
  writer.string(table.tag(row) ?? '')
}

const isGiven = (value: number): boolean => !Number.isNaN(value)

function extrasOf(cells: Float64Array, row: number): number {
  return (
    (isGiven(cells[row + Field.trigger]) ? 1 : 0) |
    (isGiven(cells[row + Field.trailingAmount]) ? 2 : 0) |
    (isGiven(cells[row + Field.trailingBasisPoints]) ? 4 : 0) |
    (isGiven(cells[row + Field.display]) ? 8 : 0) |
    (isGiven(cells[row + Field.expireUs]) ? 16 : 0) |
    (cells[row + Field.position] === 0 ? 0 : 32)
  )
}

/** Makes the order that {@link writeTerms} described and returns its row. `idOf` gives the id of an order that had none of the host's. */
export function readTerms(reader: RecordReader, table: OrderTable, idOf: (number: number) => string): number {
  const number = reader.f64()
  if (table.cells[(number & (table.capacity - 1)) * RECORD + Field.isOpen] === 1) {
    throw new TradewireError(
      'TW_CAPACITY',
      `The journal was written with room for more than ${table.capacity} orders; set limits.orders to what it was then`,
    )
  }
  const row = table.allocateNumber(number)
  const { cells } = table
  cells[row + Field.instrument] = reader.i32()
  cells[row + Field.account] = reader.u16()
  cells[row + Field.strategy] = reader.u16()
  cells[row + Field.connector] = reader.u16()
  cells[row + Field.side] = reader.u8() === 1 ? 1 : -1
  cells[row + Field.type] = reader.u8()
  cells[row + Field.timeInForce] = reader.u8()
  cells[row + Field.selfTrade] = reader.u8()
  cells[row + Field.flags] = reader.i32()
  cells[row + Field.quantity] = reader.f64()
  cells[row + Field.price] = reader.f64()
  cells[row + Field.createdUs] = reader.f64()
  cells[row + Field.updatedUs] = cells[row + Field.createdUs]
  const extras = reader.u8()
  if ((extras & 1) !== 0) cells[row + Field.trigger] = reader.f64()
  if ((extras & 2) !== 0) cells[row + Field.trailingAmount] = reader.f64()
  if ((extras & 4) !== 0) cells[row + Field.trailingBasisPoints] = reader.f64()
  if ((extras & 8) !== 0) cells[row + Field.display] = reader.f64()
  if ((extras & 16) !== 0) cells[row + Field.expireUs] = reader.f64()
  if ((extras & 32) !== 0) cells[row + Field.position] = reader.u16()
  const id = reader.string()
  table.setClientOrderId(row, id === '' ? idOf(number) : id)
  const tag = reader.string()
  if (tag !== '') table.setTag(row, tag)
  return row
}

/** Identity and terms of an order as a record holds them, in units; NaN where a value is absent. */
export interface TermValues {
  readonly number: number
  readonly instrument: number
  readonly account: number
  readonly strategy: number
  readonly connector: number
  readonly side: number
  readonly type: number
  readonly timeInForce: number
  readonly flags: number
  readonly quantity: number
  readonly price: number
  readonly trigger: number
  readonly createdUs: number
  /** Empty for an order that has an id of our own, which follows from its number. */
  readonly clientOrderId: string
  readonly tag: string
}

/** Reads what {@link writeTerms} wrote without a table: for looking into a journal. */
export function readTermValues(reader: RecordReader): TermValues {
  const number = reader.f64()
  const instrument = reader.i32()
  const account = reader.u16()
  const strategy = reader.u16()
  const connector = reader.u16()
  const side = reader.u8() === 1 ? 1 : -1
  const type = reader.u8()
  const timeInForce = reader.u8()
  reader.u8()
  const flags = reader.i32()
  const quantity = reader.f64()
  const price = reader.f64()
  const createdUs = reader.f64()
  const extras = reader.u8()
  const trigger = (extras & 1) === 0 ? Number.NaN : reader.f64()
  for (const bit of [2, 4, 8, 16]) if ((extras & bit) !== 0) reader.f64()
  const clientOrderId = reader.string()
  const tag = reader.string()
  return {
    ...{ number, instrument, account, strategy, connector, side, type, timeInForce, flags },
    ...{ quantity, price, trigger, createdUs, clientOrderId, tag },
  }
}
