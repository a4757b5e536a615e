/**
 * Flyweight views: one object, moved from row to row, whose getters read the columns. They cost nothing per event and
 * are valid during the handler's call; what must outlive it is copied by the models.
 *
 * @example
 * ```ts
 * import { IngestRing, QuoteView } from 'tradewire/ring'
 *
 * const ring = new IngestRing()
 * const quote = new QuoteView()
 * ring.addConsumer({
 *   name: 'spread',
 *   policy: 'dropOldest',
 *   handlers: {
 *     onQuotes(ring, from, to) {
 *       for (let row = from; row < to; row++) console.log(quote.at(ring, row).spread)
 *     },
 *   },
 * })
 * ```
 */

import type { QuoteColumns, StatusColumns, TradeColumns } from './columns.js'
import {
  type BarColumns,
  createBarColumns,
  createQuoteColumns,
  createStatusColumns,
  createTradeColumns,
} from './columns.js'
import type { IngestRing } from './ingest-ring.js'
import type { AggressorSign, TradingStatus } from './kinds.js'

/** View of a quote. Prices and sizes are NaN where absent. */
export class QuoteView {
  #columns: QuoteColumns = createQuoteColumns(0)
  #row = 0

  /** Moves the view to a row of the ring's quotes and returns it. */
  at(ring: IngestRing, row: number): this {
    this.#columns = ring.quotes
    this.#row = row
    return this
  }

  /** Index of the instrument. */
  get instrument(): number {
    return this.#columns.instrument[this.#row]
  }

  /** Index of the source. */
  get source(): number {
    return this.#columns.source[this.#row]
  }

  get bid(): number {
    return this.#columns.bid[this.#row]
  }

  get ask(): number {
    return this.#columns.ask[this.#row]
  }

  get bidSize(): number {
    return this.#columns.bidSize[this.#row]
  }

  get askSize(): number {
    return this.#columns.askSize[this.#row]
  }

  /** Midpoint of bid and ask, NaN when either is absent. */
  get mid(): number {
    return (this.#columns.bid[this.#row] + this.#columns.ask[this.#row]) / 2
  }

  /** Ask minus bid, NaN when either is absent. */
  get spread(): number {
    return this.#columns.ask[this.#row] - this.#columns.bid[this.#row]
  }

  /** Time of the venue, Unix epoch microseconds. */
  get tsEventUs(): number {
    return this.#columns.tsEventUs[this.#row]
  }

  /** Time of receipt, Unix epoch microseconds. */
  get tsRecvUs(): number {
    return this.#columns.tsRecvUs[this.#row]
  }

  /** Sequence number of the feed, NaN where it has none. */
  get sequence(): number {
    return this.#columns.sequence[this.#row]
  }

  /** Feed-defined flags. */
  get flags(): number {
    return this.#columns.flags[this.#row]
  }
}

/** View of a trade. */
export class TradeView {
  #columns: TradeColumns = createTradeColumns(0)
  #row = 0

  /** Moves the view to a row of the ring's trades and returns it. */
  at(ring: IngestRing, row: number): this {
    this.#columns = ring.trades
    this.#row = row
    return this
  }

  /** Index of the instrument. */
  get instrument(): number {
    return this.#columns.instrument[this.#row]
  }

  /** Index of the source. */
  get source(): number {
    return this.#columns.source[this.#row]
  }

  get price(): number {
    return this.#columns.price[this.#row]
  }

  get size(): number {
    return this.#columns.size[this.#row]
  }

  /** 1 when the buyer started the trade, -1 the seller, 0 unknown. */
  get aggressor(): AggressorSign {
    return this.#columns.aggressor[this.#row] as AggressorSign
  }

  /** Time of the venue, Unix epoch microseconds. */
  get tsEventUs(): number {
    return this.#columns.tsEventUs[this.#row]
  }

  /** Time of receipt, Unix epoch microseconds. */
  get tsRecvUs(): number {
    return this.#columns.tsRecvUs[this.#row]
  }

  /** Sequence number of the feed, NaN where it has none. */
  get sequence(): number {
    return this.#columns.sequence[this.#row]
  }

  /** Trade number of the venue, NaN where it has none. */
  get tradeId(): number {
    return this.#columns.tradeId[this.#row]
  }

  /** Feed-defined condition flags. */
  get condition(): number {
    return this.#columns.condition[this.#row]
  }
}

/** View of a bar. */
export class BarView {
  #columns: BarColumns = createBarColumns(0)
  #row = 0

  /** Moves the view to a row of the ring's bars and returns it. */
  at(ring: IngestRing, row: number): this {
    this.#columns = ring.bars
    this.#row = row
    return this
  }

  /** Index of the instrument. */
  get instrument(): number {
    return this.#columns.instrument[this.#row]
  }

  /** Index of the source. */
  get source(): number {
    return this.#columns.source[this.#row]
  }

  /** Length in microseconds. */
  get intervalUs(): number {
    return this.#columns.intervalUs[this.#row]
  }

  get open(): number {
    return this.#columns.open[this.#row]
  }

  get high(): number {
    return this.#columns.high[this.#row]
  }

  get low(): number {
    return this.#columns.low[this.#row]
  }

  get close(): number {
    return this.#columns.close[this.#row]
  }

  get volume(): number {
    return this.#columns.volume[this.#row]
  }

  /** Number of trades. */
  get count(): number {
    return this.#columns.count[this.#row]
  }

  /** Volume-weighted average price, NaN without volume. */
  get vwap(): number {
    return this.#columns.vwap[this.#row]
  }

  /** Open time, Unix epoch microseconds. */
  get tsOpenUs(): number {
    return this.#columns.tsOpenUs[this.#row]
  }

  /** Close time, Unix epoch microseconds. */
  get tsEventUs(): number {
    return this.#columns.tsEventUs[this.#row]
  }

  /** Time of receipt, Unix epoch microseconds. */
  get tsRecvUs(): number {
    return this.#columns.tsRecvUs[this.#row]
  }

  /** False while the bar is forming. */
  get isClosed(): boolean {
    return this.#columns.isClosed[this.#row] === 1
  }
}

/** View of a trading status change. */
export class StatusView {
  #columns: StatusColumns = createStatusColumns(0)
  #row = 0

  /** Moves the view to a row of the ring's statuses and returns it. */
  at(ring: IngestRing, row: number): this {
    this.#columns = ring.statuses
    this.#row = row
    return this
  }

  /** Index of the instrument. */
  get instrument(): number {
    return this.#columns.instrument[this.#row]
  }

  /** Index of the source. */
  get source(): number {
    return this.#columns.source[this.#row]
  }

  /** See `TradingStatus`. */
  get status(): TradingStatus {
    return this.#columns.status[this.#row] as TradingStatus
  }

  /** Time of the venue, Unix epoch microseconds. */
  get tsEventUs(): number {
    return this.#columns.tsEventUs[this.#row]
  }

  /** Time of receipt, Unix epoch microseconds. */
  get tsRecvUs(): number {
    return this.#columns.tsRecvUs[this.#row]
  }
}
