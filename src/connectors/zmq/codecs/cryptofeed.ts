/**
 * The format of cryptofeed's ZeroMQ backend: `<topic> <JSON>` in one part; the topic is `EXCHANGE-key-SYMBOL`, or the key
 * alone. Symbols contain dashes, so exchange and symbol are taken from the JSON. Instruments are `SYMBOL.EXCHANGE`.
 *
 * There are no sequence numbers: a lost change of a book cannot be seen, and heals with the next snapshot. Until the first
 * one, changes are left out and counted. Times are epoch seconds; a missing time is the time of receipt there.
 */
import type { AggressorSign, BookSide } from '../../../ring/kinds.js'
import { parseJson } from '../feed/feed-decoder.js'
import type { GateKind } from '../feed/slow-gate.js'
import type { EventTarget } from '../wire/event-objects.js'
import type { CodecInstrument, ZmqCodec } from './codec.js'

/** Settings of the codec. */
export interface CryptofeedOptions {
  /** Whether topics name exchange and symbol, as cryptofeed does unless told otherwise; true unless given. */
  dynamicKey?: boolean
}

const keys: Readonly<Partial<Record<GateKind, readonly string[]>>> = {
  quotes: ['ticker'],
  trades: ['trades'],
  book: ['book'],
  bars: ['candles'],
  news: ['funding', 'open_interest', 'liquidations'],
}

const decimalText = /^-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/

type Fields = Readonly<Record<string, unknown>>

/** Reads cryptofeed's messages. */
export class CryptofeedCodec implements ZmqCodec {
  readonly name = 'cryptofeed'
  readonly kinds = ['quotes', 'trades', 'book', 'bars', 'news'] as const
  readonly #dynamicKey: boolean

  constructor({ dynamicKey = true }: CryptofeedOptions = {}) {
    this.#dynamicKey = dynamicKey
  }

  topics(kind: GateKind, { id }: CodecInstrument): readonly string[] {
    const at = id.lastIndexOf('.')
    const [symbol, exchange] = [id.slice(0, at), id.slice(at + 1)]
    return (keys[kind] ?? []).map((key) => (this.#dynamicKey ? `${exchange}-${key}-${symbol} ` : `${key} `))
  }

  decode(parts: readonly Uint8Array[], target: EventTarget, tsRecvUs: number): boolean {
    const [bytes] = parts
    if (parts.length !== 1 || bytes === undefined) return false
    const space = bytes.indexOf(32)
    if (space < 1) return false
    const topic = String.fromCharCode(...bytes.subarray(0, Math.min(space, 255)))
    const value = parseJson(bytes.subarray(space + 1))
    if (typeof value !== 'object' || value === null) return false
    const fields = value as Fields
    const { exchange, symbol } = fields
    if (typeof exchange !== 'string' || typeof symbol !== 'string') return false
    const key = this.#dynamicKey ? topic.slice(exchange.length + 1).split('-', 1)[0] : topic
    return decodeEvent(key ?? '', `${symbol}.${exchange}`, fields, target, tsRecvUs)
  }
}

function decodeEvent(key: string, id: string, fields: Fields, target: EventTarget, tsRecvUs: number): boolean {
  const tsUs = microseconds(fields.timestamp) ?? microseconds(fields.receipt_timestamp) ?? tsRecvUs
  if (key === 'ticker') return decodeTicker(id, fields, tsUs, target)
  if (key === 'trades') return decodeTrade(id, fields, tsUs, target)
  if (key === 'book') return decodeBook(id, fields, tsUs, target)
  if (key === 'candles') return decodeCandle(id, fields, target)
  if (!(keys.news ?? []).includes(key)) return false
  target.note(id, { ...fields, kind: key }, tsUs)
  return true
}

function decodeTicker(id: string, { bid, ask }: Fields, tsUs: number, target: EventTarget): boolean {
  if (!isNumber(bid) || !isNumber(ask)) return false
  // A side without orders has the price 0 here.
  const size = (price: number) => (price === 0 ? 0 : Number.NaN)
  target.quote(id, bid || Number.NaN, ask || Number.NaN, size(bid), size(ask), tsUs, Number.NaN, 0)
  return true
}

function decodeTrade(id: string, fields: Fields, tsUs: number, target: EventTarget): boolean {
  const { side, amount, price, id: given } = fields
  if (!isNumber(amount) || !isNumber(price)) return false
  const aggressor: AggressorSign = side === 'buy' ? 1 : side === 'sell' ? -1 : 0
  const number = numberOf(given)
  target.trade(id, price, amount, aggressor, tsUs, Number.NaN, Number.isSafeInteger(number) ? number : Number.NaN, 0)
  return true
}

/** One change: side, price, size, and the order where orders are told one by one. */
type Change = readonly [BookSide, number, number, number | undefined]

function decodeBook(id: string, fields: Fields, tsUs: number, target: EventTarget): boolean {
  const isSnapshot = fields.book !== undefined && fields.book !== null
  const changes = isSnapshot ? snapshotChanges(fields.book) : deltaChanges(fields.delta)
  if (changes === undefined) return false
  target.beginBook(id, isSnapshot, tsUs, Number.NaN, Number.NaN)
  for (const [side, price, size, order] of changes)
    if (order === undefined) target.level(side, 0, price, size, 0)
    else target.level(side, size === 0 ? 3 : 1, price, size, order)
  target.commitBook(true)
  return true
}

/** `{bid: {price: size}, ask: {...}}`; with single orders `{price: {order: size}}`. */
function snapshotChanges(book: unknown): Change[] | undefined {
  const changes: Change[] = []
  for (const [side, name] of [
    [0, 'bid'],
    [1, 'ask'],
  ] as const) {
    const levels = sideOf(book, name)
    if (levels === undefined) return undefined
    for (const [text, value] of Object.entries(levels)) {
      const price = numberOf(text)
      if (isNumber(value)) changes.push([side, price, value, undefined])
      else {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
        for (const [order, size] of Object.entries(value)) changes.push([side, price, numberOf(size), numberOf(order)])
      }
    }
  }
  return areNumbers(changes) ? changes : undefined
}

/** `{bid: [[price, size]], ask: [...]}`; with single orders `[order, price, size]`. */
function deltaChanges(delta: unknown): Change[] | undefined {
  const changes: Change[] = []
  for (const [side, name] of [
    [0, 'bid'],
    [1, 'ask'],
  ] as const) {
    const rows = sideOf(delta, name)
    if (!Array.isArray(rows)) return undefined
    for (const row of rows) {
      if (!Array.isArray(row)) return undefined
      const [first, second, third] = row as unknown[]
      if (row.length === 2) changes.push([side, numberOf(first), numberOf(second), undefined])
      else if (row.length === 3) changes.push([side, numberOf(second), numberOf(third), numberOf(first)])
      else return undefined
    }
  }
  return areNumbers(changes) ? changes : undefined
}

/** A number, or the text of one; NaN for anything else: no text and null are not 0. */
function numberOf(value: unknown): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' && decimalText.test(value) ? Number(value) : Number.NaN
}

function sideOf(book: unknown, name: string): object | undefined {
  const side = typeof book === 'object' && book !== null ? (book as Fields)[name] : undefined
  return typeof side === 'object' && side !== null ? side : undefined
}

function areNumbers(changes: readonly Change[]): boolean {
  return changes.every(
    ([, price, size, order]) =>
      Number.isFinite(price) &&
      Number.isFinite(size) &&
      size >= 0 &&
      (order === undefined || Number.isSafeInteger(order)),
  )
}

function decodeCandle(id: string, fields: Fields, target: EventTarget): boolean {
  const { open, high, low, close, volume, trades, closed } = fields
  const start = microseconds(fields.start)
  const stop = microseconds(fields.stop)
  if (start === undefined || stop === undefined || stop <= start) return false
  if (!isNumber(open) || !isNumber(high) || !isNumber(low) || !isNumber(close) || !isNumber(volume)) return false
  const count = isNumber(trades) ? trades : Number.NaN
  target.bar(id, [stop - start, open, high, low, close, volume, count, Number.NaN, start, stop], closed !== false)
  return true
}

function microseconds(seconds: unknown): number | undefined {
  return isNumber(seconds) && seconds >= 0 && seconds < 9e9 ? Math.round(seconds * 1e6) : undefined
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
