/**
 * Bars: what they are made of and how they are cut. `BarAggregator` (bar-aggregator.ts) builds them from trades and
 * quotes of many instruments; this file holds the words.
 *
 *   const bars = new BarAggregator({ onBar: (bar) => console.log(bar.tsOpenUs, bar.close), onQuoteBar: (bar) => … })
 *   bars.addTradeBars({ instrument: 0, unit: 'time', step: 60_000_000 })       // minutes
 *   bars.addTradeBars({ instrument: 0, unit: 'volume', step: 10_000 })         // several series from one stream
 *   bars.addQuoteBars({ instrument: 0, step: 60_000_000 })
 *   ring.addConsumer({ name: 'bars', policy: 'backpressure', handlers: { onTrades: bars.onTrades, onQuotes: bars.onQuotes } })
 *   bars.advance(nowUs)                                                        // closes what time has closed
 *
 * Bars go by venue time (`tsEventUs`): open is the price of the earliest trade and close that of the latest (of equal
 * times the last to arrive), whatever order they arrive in.
 */
import type { BarUnit } from '../model/market-data.js'
import type { SessionTimes } from './bar-intervals.js'

/** What happens to a trade whose interval is closed already. */
export type LateRule =
  /** It is ignored. */
  | 'drop'
  /** It goes into the bar closed last, which is given out again as amended, if it belongs there and is within `lateToleranceUs`; otherwise it is ignored. */
  | 'amend'
  /** It counts in the current bar: range, volume, count; not open or close. */
  | 'current'

/** What all bar series are told. */
export interface BarSeriesOptions {
  /** Index of the instrument. */
  instrument: number
  /** Only events of this source; of all sources unless given. */
  source?: number
  /** Sessions from which intervals count; from the Unix epoch unless given. Events outside any session are ignored. */
  session?: SessionTimes
  /** Shifts intervals that count from the epoch, in microseconds. 0 unless given. */
  offsetUs?: number
  /** What intervals without events give: nothing (`skip`, default), or a bar of the last price (`flat`). */
  empty?: 'skip' | 'flat'
  /** Flat bars in a row, at most; those beyond are counted as skipped. 1,440 unless given. */
  maxFlatBars?: number
  /** Time that {@link BarAggregator.advance} waits after an interval's end before closing it, in microseconds. 0 unless given. */
  closeDelayUs?: number
  /** Whether the bar is given out after every event, still open. False unless given: the series' `current` shows it any time. */
  emitPartial?: boolean
}

/** A series of bars of trades. */
export interface TradeBarOptions extends BarSeriesOptions {
  /** What a bar is full of: `time`, `tick` (trades), `volume` (size), `value` (price times size). */
  unit: BarUnit
  /** Microseconds for time bars, else trades, units of size or money a bar. A trade is never split: bars may hold more. */
  step: number
  /** Late trades of time bars; `drop` unless given. Bars of other units take trades as they come. */
  late?: LateRule
  /** How far behind the newest trade a trade may be to amend a bar, in microseconds. 5 s unless given. */
  lateToleranceUs?: number
  /** Tells which trades count; all unless given. */
  accept?: (price: number, size: number, condition: number, tsEventUs: number) => boolean
  /** `intervalUs` under which bars go into a sink: the step of time bars, 0 for others, unless given. */
  publishedIntervalUs?: number
}

/** A series of bars of quotes, by time. */
export interface QuoteBarOptions extends BarSeriesOptions {
  /** Microseconds. */
  step: number
}

/** A bar of trades. Valid during the call that gives it. */
export interface TradeBar {
  readonly instrument: number
  /** Source of the last trade in it. */
  readonly source: number
  readonly unit: BarUnit
  readonly step: number
  /** Start of the interval; for bars not cut by time, time of the first trade. Unix epoch microseconds. */
  readonly tsOpenUs: number
  /** End of the interval (excluded); for bars not cut by time, time of the last trade. */
  readonly tsEventUs: number
  /** Time of receipt of the last event that changed it. */
  readonly tsRecvUs: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  /** Sum of price times size. */
  readonly value: number
  /** Trades. 0 marks a flat bar. */
  readonly count: number
  /** Volume-weighted average price; NaN without volume. */
  readonly vwap: number
  /** False while the bar is forming. */
  readonly isClosed: boolean
  /** Given out before; a late trade changed it. */
  readonly isAmended: boolean
}

/** A bar of quotes. A side without a quote so far is NaN; one that was not updated stands at its last price. */
export interface QuoteBar {
  readonly instrument: number
  readonly source: number
  readonly step: number
  readonly tsOpenUs: number
  readonly tsEventUs: number
  readonly tsRecvUs: number
  readonly bidOpen: number
  readonly bidHigh: number
  readonly bidLow: number
  readonly bidClose: number
  readonly bidSizeClose: number
  readonly askOpen: number
  readonly askHigh: number
  readonly askLow: number
  readonly askClose: number
  readonly askSizeClose: number
  /** Quotes. 0 marks a flat bar. */
  readonly count: number
  readonly isClosed: boolean
}

/** What a series counts. */
export interface BarCounters {
  /** Events that went into bars. */
  used: number
  /** Bars closed. */
  closed: number
  /** Late events ignored. */
  lateDropped: number
  /** Late events that amended the bar closed last. */
  lateAmended: number
  /** Late events counted in the current bar. */
  lateCurrent: number
  /** Trades that `accept` refused. */
  filtered: number
  /** Events outside any session. */
  outsideSession: number
  /** Events with a price, size or time that is not a number, a negative size, or a venue time over twelve hours ahead of its receipt. */
  invalid: number
  /** Flat bars. */
  flat: number
  /** Empty intervals beyond `maxFlatBars`. */
  flatSkipped: number
  /** Bars that the sink refused. */
  unpublished: number
  /** Forming bars given up because a stock split fell into them. */
  acrossSplit: number
}

/** A fresh set of counters. */
export function createBarCounters(): BarCounters {
  return {
    used: 0,
    closed: 0,
    lateDropped: 0,
    lateAmended: 0,
    lateCurrent: 0,
    filtered: 0,
    outsideSession: 0,
    invalid: 0,
    flat: 0,
    flatSkipped: 0,
    unpublished: 0,
    acrossSplit: 0,
  }
}
