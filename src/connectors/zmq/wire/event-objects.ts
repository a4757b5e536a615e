/**
 * Events as plain objects, for bodies in JSON and MessagePack: one object or an array of them. Names are those of recorded
 * files (docs/data-format.md). What does not fit is refused, never guessed: bodies come from outside.
 */
import type { AggressorSign, BookSide, LevelAction, TradingStatus } from '../../../ring/kinds.js'

/** Takes events with the instrument by its id. `tsUs` is event time. */
export interface EventTarget {
  quote(
    id: string,
    bid: number,
    ask: number,
    bidSize: number,
    askSize: number,
    tsUs: number,
    sequence: number,
    flags: number,
  ): void
  trade(
    id: string,
    price: number,
    size: number,
    aggressor: AggressorSign,
    tsUs: number,
    sequence: number,
    tradeId: number,
    condition: number,
  ): void
  beginBook(id: string, isSnapshot: boolean, tsUs: number, sequence: number, previousSequence: number): void
  level(side: BookSide, action: LevelAction, price: number, size: number, orderId: number): void
  commitBook(isLast: boolean): void
  bar(id: string, numbers: readonly number[], isClosed: boolean): void
  status(id: string, status: TradingStatus, tsUs: number): void
  note(id: string, note: object, tsUs: number): void
}

/** Names of trading states, by their number in the ring. */
export const statusNames = ['closed', 'pre_open', 'open', 'halted', 'auction'] as const
const actionNames = ['set', 'add', 'change', 'delete'] as const
/** Order of the numbers of a bar in packed records and in {@link EventTarget.bar}. */
export const barNames = [
  'intervalUs',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'count',
  'vwap',
  'tsOpenUs',
  'tsEventUs',
] as const
/** The most events in one body. */
const mostEvents = 65_536

type Fields = Readonly<Record<string, unknown>>

/** Reads a body; true when all of it was understood. Events before the first that is not are handed on. */
export function readEvents(body: unknown, target: EventTarget): boolean {
  if (!Array.isArray(body)) return readEvent(body, target)
  if (body.length > mostEvents) return false
  for (const event of body) if (!readEvent(event, target)) return false
  return true
}

function readEvent(event: unknown, target: EventTarget): boolean {
  if (typeof event !== 'object' || event === null) return false
  const fields = event as Fields
  const { kind, instrument, tsEventUs } = fields
  if (!isTime(tsEventUs)) return false
  if (kind === 'note') {
    if (typeof fields.note !== 'object' || fields.note === null) return false
    target.note(typeof instrument === 'string' ? instrument : '', fields.note, tsEventUs)
    return true
  }
  if (typeof instrument !== 'string' || instrument.length === 0 || instrument.length > 255) return false
  if (kind === 'quote') return readQuote(instrument, fields, tsEventUs, target)
  if (kind === 'trade') return readTrade(instrument, fields, tsEventUs, target)
  if (kind === 'book_snapshot' || kind === 'book_delta') return readBook(instrument, fields, tsEventUs, target)
  if (kind === 'bar') return readBar(instrument, fields, target)
  if (kind === 'status') {
    const status = statusNames.indexOf(fields.status as (typeof statusNames)[number])
    if (status < 0) return false
    target.status(instrument, status as TradingStatus, tsEventUs)
    return true
  }
  return false
}

function readQuote(id: string, fields: Fields, tsUs: number, target: EventTarget): boolean {
  const bid = numberOf(fields.bid)
  const ask = numberOf(fields.ask)
  const bidSize = numberOf(fields.bidSize)
  const askSize = numberOf(fields.askSize)
  const flags = fields.flags ?? 0
  if (bid === undefined || ask === undefined || bidSize === undefined || askSize === undefined) return false
  if (!Number.isInteger(flags)) return false
  const sequence = numberOf(fields.sequence)
  if (sequence === undefined) return false
  target.quote(id, bid, ask, bidSize, askSize, tsUs, sequence, (flags as number) | 0)
  return true
}

function readTrade(id: string, fields: Fields, tsUs: number, target: EventTarget): boolean {
  const price = numberOf(fields.price)
  const size = numberOf(fields.size)
  const sequence = numberOf(fields.sequence)
  const tradeId = numberOf(fields.tradeId)
  const { aggressor, condition = 0 } = fields
  if (price === undefined || size === undefined || Number.isNaN(price) || Number.isNaN(size)) return false
  if (sequence === undefined || !Number.isInteger(condition)) return false
  if (aggressor !== undefined && aggressor !== 'buy' && aggressor !== 'sell') return false
  const sign = aggressor === 'buy' ? 1 : aggressor === 'sell' ? -1 : 0
  target.trade(id, price, size, sign, tsUs, sequence, tradeId ?? Number.NaN, (condition as number) | 0)
  return true
}

/** Everything is checked before the message begins: half a message is none. */
function readBook(id: string, fields: Fields, tsUs: number, target: EventTarget): boolean {
  const { changes } = fields
  const sequence = numberOf(fields.sequence)
  const previous = numberOf(fields.previousSequence)
  if (!Array.isArray(changes) || sequence === undefined || previous === undefined) return false
  if (changes.length > mostEvents || !changes.every(isChange)) return false
  target.beginBook(id, fields.kind === 'book_snapshot', tsUs, sequence, previous)
  for (const [action, side, price, size, orderId] of changes as unknown[][])
    target.level(
      side === 'bid' ? 0 : 1,
      actionNames.indexOf(action as 'set') as LevelAction,
      numberOf(price) as number,
      numberOf(size) as number,
      orderId === undefined ? 0 : (numberOf(orderId) as number),
    )
  target.commitBook(fields.isLast !== false)
  return true
}

function isChange(change: unknown): boolean {
  if (!Array.isArray(change)) return false
  const [action, side, price, size, orderId] = change as unknown[]
  return (
    actionNames.includes(action as 'set') &&
    (side === 'bid' || side === 'ask') &&
    price !== undefined &&
    size !== undefined &&
    Number.isFinite(numberOf(price)) &&
    (numberOf(size) ?? -1) >= 0 &&
    (action === 'set' ? orderId === undefined : orderId !== undefined && Number.isFinite(numberOf(orderId)))
  )
}

function readBar(id: string, fields: Fields, target: EventTarget): boolean {
  const numbers: number[] = []
  for (const name of barNames) {
    const value = numberOf(fields[name])
    if (value === undefined) return false
    numbers.push(value)
  }
  if (numbers.slice(0, 5).some(Number.isNaN)) return false
  if (Number.isNaN(numbers[8])) numbers[8] = (numbers[9] as number) - (numbers[0] as number)
  target.bar(id, numbers, fields.isClosed !== false)
  return true
}

/** A number, or the text of one; NaN where it is absent; undefined where it is neither. */
function numberOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return Number.NaN
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string' || !/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value)) return undefined
  const read = Number(value)
  return Number.isFinite(read) ? read : undefined
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** Makes the object of a packed quote. Absent numbers are left out. */
export function quoteObject(
  id: string,
  bid: number,
  ask: number,
  bidSize: number,
  askSize: number,
  tsUs: number,
  sequence: number,
  flags: number,
): object {
  return compact({
    kind: 'quote',
    instrument: id,
    tsEventUs: tsUs,
    bid,
    ask,
    bidSize,
    askSize,
    sequence,
    flags: flags === 0 ? Number.NaN : flags,
  })
}

/** Makes the object of a trade. */
export function tradeObject(
  id: string,
  price: number,
  size: number,
  aggressor: number,
  tsUs: number,
  sequence: number,
  tradeId: number,
  condition: number,
): object {
  const side = aggressor === 1 ? { aggressor: 'buy' } : aggressor === -1 ? { aggressor: 'sell' } : {}
  const code = condition === 0 ? Number.NaN : condition
  return compact({
    kind: 'trade',
    instrument: id,
    tsEventUs: tsUs,
    price,
    size,
    sequence,
    tradeId,
    condition: code,
    ...side,
  })
}

/** Makes the object of a book message; `changes` as {@link changeOf} makes them. */
export function bookObject(
  id: string,
  isSnapshot: boolean,
  tsUs: number,
  sequence: number,
  previousSequence: number,
  changes: unknown[],
  isLast: boolean,
): object {
  const kind = isSnapshot ? 'book_snapshot' : 'book_delta'
  const end = isLast ? {} : { isLast: false }
  return compact({ kind, instrument: id, tsEventUs: tsUs, sequence, previousSequence, changes, ...end })
}

/** One change of a book message. */
export function changeOf(side: BookSide, action: number, price: number, size: number, orderId: number): unknown[] {
  const change = [actionNames[action], side === 0 ? 'bid' : 'ask', price, size]
  return action === 0 ? change : [...change, orderId]
}

/** Makes the object of a bar. */
export function barObject(id: string, numbers: readonly number[], isClosed: boolean): object {
  const fields = Object.fromEntries(barNames.map((name, index) => [name, numbers[index] as number]))
  return compact({ kind: 'bar', instrument: id, ...fields, isClosed })
}

function compact(fields: Record<string, unknown>): object {
  for (const [name, value] of Object.entries(fields)) if (Number.isNaN(value)) delete fields[name]
  return fields
}
