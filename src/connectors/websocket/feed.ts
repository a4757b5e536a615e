/**
 * What a feed is: how to ask for streams, and what its messages mean. A feed is an object of a few functions, one for each
 * kind of venue; the connection, reconnecting, subscribing anew, gaps and back-pressure are the connector's.
 *
 * ```ts
 * const ticker: WebSocketFeed = {
 *   name: 'my-venue',
 *   data: ['trades'],
 *   instruments: [definition],
 *   subscribe: ({ symbol }) => ({ message: { op: 'sub', channel: `trades:${symbol}` } }),
 *   unsubscribe: ({ symbol }) => ({ message: { op: 'unsub', channel: `trades:${symbol}` } }),
 *   receive(message, out) {
 *     const { s, p, q, t } = message as { s: string; p: string; q: string; t: number }
 *     out.trade(s, { price: p, size: q, tsEventUs: t * 1_000 })
 *   },
 * }
 * ```
 */
import type { DataKind } from '../../connector/capabilities.js'
import type { SequenceRuleName } from '../../market/sequence-rules.js'
import type { Instrument, InstrumentDefinition } from '../../model/instrument.js'
import type { BrokenStream } from '../../model/market-data.js'
import type { TradingStatus } from '../../ring/kinds.js'

/** A number, or a decimal as text. */
export type FeedNumber = number | string

/** A stream that somebody wants. */
export interface FeedStream {
  readonly kind: DataKind
  readonly instrument: Instrument
  /** As in the definition of the instrument. */
  readonly symbol: string
}

/** What to send for a stream. */
export interface FeedRequest {
  /** Sent as JSON, or as it is where it is text; nothing is sent where absent. */
  readonly message?: unknown
  /** What {@link FeedWriter.confirmed} or `refused` will be called with; without one, asking is enough. */
  readonly key?: string
}

/** Times and numbers that any event may have. */
interface FeedEvent {
  /** Time of the venue, epoch microseconds; the time of receipt unless given. */
  readonly tsEventUs?: number
  readonly sequence?: number
}

/** Best bid and ask. Absent sizes are not known; a side whose size is 0 has no price. */
export interface FeedQuote extends FeedEvent {
  readonly bid: FeedNumber
  readonly ask: FeedNumber
  readonly bidSize?: FeedNumber
  readonly askSize?: FeedNumber
}

/** A trade. */
export interface FeedTrade extends FeedEvent {
  readonly price: FeedNumber
  readonly size: FeedNumber
  /** Who took liquidity. */
  readonly aggressor?: 'buy' | 'sell'
  readonly tradeId?: number
}

/** Price and size; further elements are not read. */
export type FeedLevel = readonly FeedNumber[]

/** A snapshot of a book, or changes of it: size 0 removes a level. */
export interface FeedBook extends FeedEvent {
  readonly isSnapshot: boolean
  readonly bids: readonly FeedLevel[]
  readonly asks: readonly FeedLevel[]
  /** Number of the message before this one, where the feed chains them. */
  readonly previousSequence?: number
  /** CRC-32 of the book after this message, see {@link WebSocketFeed.checksum}. */
  readonly checksum?: number
}

/** A bar of a fixed length. */
export interface FeedBar extends FeedEvent {
  readonly intervalUs: number
  readonly open: FeedNumber
  readonly high: FeedNumber
  readonly low: FeedNumber
  readonly close: FeedNumber
  readonly volume: FeedNumber
  readonly tsOpenUs: number
  readonly isClosed: boolean
}

/** Takes what a message says. Symbols are those of the definitions. */
export interface FeedWriter {
  quote(symbol: string, quote: FeedQuote): void
  trade(symbol: string, trade: FeedTrade): void
  book(symbol: string, book: FeedBook): void
  bar(symbol: string, bar: FeedBar): void
  status(symbol: string, status: TradingStatus): void
  /**
   * A number that grows by one with each message of a stream: what is missing is counted, and marked in the data of `symbol`.
   * `kind` says what the stream carries; where it may be books (`book`, or not given) those of the symbol, or without one all,
   * are asked for anew.
   */
  sequence(stream: string, sequence: number, symbol?: string, kind?: BrokenStream): void
  /** The venue gives a stream that was asked for. */
  confirmed(key: string): void
  /** The venue does not give it. */
  refused(key: string, reason: string): void
  /** The answer to {@link WebSocketFeed.keepAlive} came. */
  alive(): void
  /** The venue said something that is neither data nor an answer, and should be seen. */
  problem(reason: string): void
}

/** A kind of WebSocket venue. Functions hold no state of a connection, so that one feed can serve many connectors. */
export interface WebSocketFeed {
  readonly name: string
  readonly data: readonly DataKind[]
  readonly instruments: readonly InstrumentDefinition[]
  subscribe(stream: FeedStream): FeedRequest
  unsubscribe(stream: FeedStream): FeedRequest
  /**
   * Reads one message: parsed JSON, or the text itself where {@link decode} says so. What it throws is counted as a problem
   * of the connector; the connection stays.
   */
  receive(message: unknown, out: FeedWriter): void
  /** From text to message; `JSON.parse` unless given. */
  decode?(text: string): unknown
  /** Sent after connecting, before anything else: a login, say. */
  hello?(): unknown
  /** A question of the venue's own that it answers, for venues that want more than the pings of the protocol. */
  readonly keepAlive?: { message(): unknown }
  /** How book messages show a loss; `unsequenced` unless given. A book with a gap is asked for anew. */
  readonly bookRule?: SequenceRuleName
  /** Verifies {@link FeedBook.checksum} over the best ten levels, Kraken's way; a mismatch asks for the book anew. */
  checksum?(instrument: Instrument): { priceDigits: number; sizeDigits: number }
  /** Levels that the venue keeps, by instrument: what falls out of them is not told. Endless unless given. */
  readonly bookDepth?: number
  /** Where a snapshot is fetched rather than sent. Changes that come meanwhile are kept and follow it. */
  fetchBook?(stream: FeedStream, signal: AbortSignal): Promise<FeedBook>
}
