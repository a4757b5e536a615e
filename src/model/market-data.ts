/**
 * Market data as plain objects: the form for user code that keeps data, for files and for other processes.
 * The hot path carries the same fields in ring columns and hands out views instead.
 *
 * Prices and sizes are doubles; each survives the trip to its shortest decimal text and back.
 */
import type { ConnectorId, InstrumentId } from './ids.js'
import type { Side } from './order-types.js'

/** What every market event carries. Receive time may precede event time: the two clocks differ. */
export interface MarketEventHeader {
  instrument: InstrumentId
  /** The connector that brought it. */
  source: ConnectorId
  /** Venue time, Unix epoch microseconds. */
  tsEventUs: number
  /** Our time of receipt, Unix epoch microseconds. */
  tsRecvUs: number
  /** The venue's sequence number, where it gives one. */
  sequence?: number
}

/** Level-1 prices. A side without a quote is absent. */
export interface PriceTick extends MarketEventHeader {
  kind: 'quote'
  bid?: number
  ask?: number
  bidSize?: number
  askSize?: number
  last?: number
  lastSize?: number
}

/** One trade on the tape. */
export interface TradeTick extends MarketEventHeader {
  kind: 'trade'
  price: number
  size: number
  /** The side that took liquidity, where known. */
  aggressor?: Side
  tradeId?: string
  /** Venue of the trade where the source carries several. */
  venue?: string
  /** The venue's condition codes, as bits or text of the source. */
  condition?: number
}

/** One price level: price and size. */
export interface BookLevel {
  price: number
  size: number
}

/** One resting order of a level-3 book. */
export interface BookOrder extends BookLevel {
  orderId: string
  side: Side
}

/** A whole book, best prices first. Level 3 lists orders instead of levels. */
export interface OrderBookSnapshot extends MarketEventHeader {
  kind: 'book_snapshot'
  bids: BookLevel[]
  asks: BookLevel[]
  orders?: BookOrder[]
}

/** One change of a book. At level 2 a size of 0 deletes the level. */
export interface BookChange {
  action: 'set' | 'add' | 'change' | 'delete'
  side: Side
  price: number
  size: number
  /** Level 3 only. */
  orderId?: string
}

/** Changes of a book that belong together. */
export interface OrderBookDelta extends MarketEventHeader {
  kind: 'book_delta'
  changes: BookChange[]
  /** Sequence of the message before, where the venue chains messages. */
  previousSequence?: number
}

/** How bars are cut. */
export type BarUnit = 'time' | 'tick' | 'volume' | 'value'

/** One bar. `tsEventUs` is its close; a partial bar is still growing. */
export interface OhlcvBar extends MarketEventHeader {
  kind: 'bar'
  unit: BarUnit
  /** Microseconds for time bars, else ticks, units or money a bar. */
  step: number
  tsOpenUs: number
  open: number
  high: number
  low: number
  close: number
  volume: number
  trades: number
  vwap?: number
  isClosed: boolean
}

/** A news item. */
export interface NewsEvent {
  kind: 'news'
  source: ConnectorId
  tsEventUs: number
  tsRecvUs: number
  headline: string
  body?: string
  provider?: string
  symbols: string[]
  /** -1 (bad) to 1 (good), where the provider rates it. */
  sentiment?: number
  urgency?: 'low' | 'normal' | 'high'
}

/** An economic release. */
export interface MacroEvent {
  kind: 'macro'
  source: ConnectorId
  tsEventUs: number
  tsRecvUs: number
  name: string
  country: string
  actual?: number
  forecast?: number
  previous?: number
  impact?: 'low' | 'medium' | 'high'
}

/** Trading phases of an instrument. */
export const tradingPhases = ['closed', 'pre_open', 'open', 'halted', 'auction'] as const
/** Trading phase of an instrument. */
export type TradingPhase = (typeof tradingPhases)[number]

/** A change of the trading phase. */
export interface InstrumentStatus extends MarketEventHeader {
  kind: 'status'
  phase: TradingPhase
  reason?: string
}

/** What a break in the data concerns: one kind of data, or `all` where what is missing may be of any. */
export const brokenStreams = ['all', 'quotes', 'trades', 'book', 'orders', 'bars', 'status', 'news'] as const
/** What a break in the data concerns. */
export type BrokenStream = (typeof brokenStreams)[number]

/**
 * The data of an instrument do not continue what came before: the source changed, or messages are missing for good. It is
 * delivered in its place among the data, so that nothing computed across it goes unnoticed.
 */
export interface Discontinuity extends MarketEventHeader {
  kind: 'discontinuity'
  /** What it concerns. */
  stream: BrokenStream
  /** The source before; absent when there was none. `source` is the one from here on. */
  previousSource?: ConnectorId
  reason: 'failover' | 'failback' | 'better' | 'lost' | 'start' | 'missing'
  /** Messages that are missing, where numbers tell. */
  missing?: number
}

/** Any event of the data plane. */
export type MarketEvent =
  | PriceTick
  | TradeTick
  | OrderBookSnapshot
  | OrderBookDelta
  | OhlcvBar
  | NewsEvent
  | MacroEvent
  | InstrumentStatus
  | Discontinuity
