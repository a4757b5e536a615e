/**
 * The last quote and the last trade of every instrument: over all sources, and for each source on its own.
 *
 *   const cache = new QuoteCache()
 *   ring.addConsumer({ name: 'quotes', policy: 'conflate', handlers: { onQuotes: cache.onQuotes, onTrades: cache.onTrades } })
 *   cache.mid(instrument.index)              // over all sources: the side that was updated last, wherever
 *   cache.bid(instrument.index, source)      // of one source
 *
 * A quote that carries one side keeps the other one (`isBidKept`, `isAskKept` tell so). A side whose price is absent and
 * whose size is 0 was withdrawn. Indices that were never seen read as NaN.
 */
import { createQuoteColumns, createTradeColumns, type QuoteColumns, type TradeColumns } from '../ring/columns.js'
import type { IngestRing } from '../ring/ingest-ring.js'
import { integerBetween, refuseUnknownOptions } from '../ring/options.js'
import { QuoteTable } from './quote-table.js'

/** Stands for "whichever source was last". */
export const anySource = -1

/** Options of a cache. */
export interface QuoteCacheOptions {
  /** Instruments for which there is room at first; 64 unless given. Grows as needed. */
  instruments?: number
  /** Whether quotes are kept for each source too; true unless given. */
  perSource?: boolean
  /** Bound of instruments and sources; events beyond it are counted in `ignored`. 1,048,576 and 1,024 unless given. */
  maxInstruments?: number
  maxSources?: number
}

const optionNames = [
  'instruments',
  'perSource',
  'maxInstruments',
  'maxSources',
] as const satisfies readonly (keyof QuoteCacheOptions)[]

/** Last prices by instrument index. Reading and writing are O(1) and allocate nothing once an instrument is known. */
export class QuoteCache {
  /** Events with an instrument or source index out of bounds. */
  ignored = 0
  readonly #all: QuoteTable
  readonly #bySource: QuoteTable[] = []
  readonly #instruments: number
  readonly #isPerSource: boolean
  readonly #maxInstruments: number
  readonly #maxSources: number

  /** What direct calls give. */
  readonly #quoteRow = createQuoteColumns(1)
  readonly #tradeRow = createTradeColumns(1)

  /** Handler for `RingHandlers.onQuotes`. */
  readonly onQuotes = (ring: IngestRing, from: number, to: number): void => {
    const columns = ring.quotes
    for (let row = from; row < to; row++) this.#takeQuote(columns, row)
  }

  /** Handler for `RingHandlers.onTrades`. */
  readonly onTrades = (ring: IngestRing, from: number, to: number): void => {
    const columns = ring.trades
    for (let row = from; row < to; row++) this.#takeTrade(columns, row)
  }

  /** @throws TradewireError `TW_INVALID_ARGUMENT` naming the option that is unknown or out of range. */
  constructor(options: QuoteCacheOptions = {}) {
    refuseUnknownOptions('QuoteCache', options, optionNames)
    this.#isPerSource = options.perSource ?? true
    this.#maxInstruments = integerBetween('maxInstruments', options.maxInstruments ?? 2 ** 20, 1, 2 ** 24)
    this.#maxSources = integerBetween('maxSources', options.maxSources ?? 1024, 1, 2 ** 16)
    this.#instruments = integerBetween('instruments', options.instruments ?? 64, 1, 2 ** 24)
    this.#all = new QuoteTable(this.#instruments)
  }

  /** Takes one quote. Absent values are NaN. */
  quote(
    instrument: number,
    source: number,
    bid: number,
    ask: number,
    bidSize: number,
    askSize: number,
    tsEventUs: number,
    tsRecvUs: number,
  ): void {
    const row = this.#quoteRow
    row.instrument[0] = instrument
    row.source[0] = source
    row.bid[0] = bid
    row.ask[0] = ask
    row.bidSize[0] = bidSize
    row.askSize[0] = askSize
    row.tsEventUs[0] = tsEventUs
    row.tsRecvUs[0] = tsRecvUs
    this.#takeQuote(row, 0)
  }

  /** Takes one trade. */
  trade(instrument: number, source: number, price: number, size: number, tsEventUs: number, tsRecvUs: number): void {
    const row = this.#tradeRow
    row.instrument[0] = instrument
    row.source[0] = source
    row.price[0] = price
    row.size[0] = size
    row.tsEventUs[0] = tsEventUs
    row.tsRecvUs[0] = tsRecvUs
    this.#takeTrade(row, 0)
  }

  /**
   * Puts the prices of an instrument that were received before a time into the terms of after a split: multiplied by
   * `factor`, their sizes divided by it.
   */
  rescale(instrument: number, factor: number, beforeUs: number): void {
    this.#all.rescale(instrument, factor, beforeUs)
    for (const table of this.#bySource) table?.rescale(instrument, factor, beforeUs)
  }

  bid(instrument: number, source = anySource): number {
    return at(this.#table(source)?.bid, instrument)
  }

  ask(instrument: number, source = anySource): number {
    return at(this.#table(source)?.ask, instrument)
  }

  bidSize(instrument: number, source = anySource): number {
    return at(this.#table(source)?.bidSize, instrument)
  }

  askSize(instrument: number, source = anySource): number {
    return at(this.#table(source)?.askSize, instrument)
  }

  /** Middle of bid and ask; NaN unless both are there. */
  mid(instrument: number, source = anySource): number {
    return (this.bid(instrument, source) + this.ask(instrument, source)) / 2
  }

  /** Price of the last trade. */
  last(instrument: number, source = anySource): number {
    return at(this.#table(source)?.last, instrument)
  }

  lastSize(instrument: number, source = anySource): number {
    return at(this.#table(source)?.lastSize, instrument)
  }

  /** Venue time of the last quote, Unix epoch microseconds. */
  tsEventUs(instrument: number, source = anySource): number {
    return at(this.#table(source)?.tsEventUs, instrument)
  }

  /** Time of receipt of the last quote, Unix epoch microseconds. */
  tsRecvUs(instrument: number, source = anySource): number {
    return at(this.#table(source)?.tsRecvUs, instrument)
  }

  /** Venue time of the last trade, Unix epoch microseconds. */
  lastTsEventUs(instrument: number, source = anySource): number {
    return at(this.#table(source)?.lastTsEventUs, instrument)
  }

  /** Time of receipt of the last trade, Unix epoch microseconds. */
  lastTsRecvUs(instrument: number, source = anySource): number {
    return at(this.#table(source)?.lastTsRecvUs, instrument)
  }

  /** Time since the last quote was received, in microseconds; NaN when there was none. */
  ageUs(instrument: number, nowUs: number, source = anySource): number {
    return nowUs - this.tsRecvUs(instrument, source)
  }

  /** Time since the last quote or trade was received, in microseconds; NaN when there was none. */
  silenceUs(instrument: number, nowUs: number, source = anySource): number {
    const quoteUs = this.tsRecvUs(instrument, source)
    const tradeUs = this.lastTsRecvUs(instrument, source)
    return nowUs - (quoteUs >= tradeUs || Number.isNaN(tradeUs) ? quoteUs : tradeUs)
  }

  /** Source of the last quote, -1 when there was none. */
  sourceOf(instrument: number): number {
    const table = this.#all
    return instrument < table.capacity ? table.source[instrument] : -1
  }

  /** Quotes received. */
  quoteCount(instrument: number, source = anySource): number {
    return at(this.#table(source)?.quotes, instrument) || 0
  }

  /** Trades received. */
  tradeCount(instrument: number, source = anySource): number {
    return at(this.#table(source)?.trades, instrument) || 0
  }

  /** Bid above ask. */
  isCrossed(instrument: number, source = anySource): boolean {
    return this.bid(instrument, source) > this.ask(instrument, source)
  }

  /** Bid equal to ask. */
  isLocked(instrument: number, source = anySource): boolean {
    return this.bid(instrument, source) === this.ask(instrument, source)
  }

  /** Exactly one side is known. */
  isOneSided(instrument: number, source = anySource): boolean {
    const bid = this.bid(instrument, source)
    const ask = this.ask(instrument, source)
    return !Number.isNaN(bid) !== !Number.isNaN(ask)
  }

  /** The bid is older than the last quote, which carried the ask only. */
  isBidKept(instrument: number, source = anySource): boolean {
    return this.#table(source)?.isBidKept(instrument) ?? false
  }

  /** The ask is older than the last quote, which carried the bid only. */
  isAskKept(instrument: number, source = anySource): boolean {
    return this.#table(source)?.isAskKept(instrument) ?? false
  }

  /** Forgets what a source said; over all sources, the sides that it set go. */
  clearSource(source: number): void {
    this.#bySource[source]?.clear()
    this.#all.clearSource(source)
  }

  #takeQuote(columns: QuoteColumns, row: number): void {
    const instrument = columns.instrument[row]
    const source = columns.source[row]
    if (!this.#isWithinBounds(instrument, source)) return
    this.#all.quote(instrument, columns, row)
    if (this.#isPerSource) this.#of(source).quote(instrument, columns, row)
  }

  #takeTrade(columns: TradeColumns, row: number): void {
    const instrument = columns.instrument[row]
    const source = columns.source[row]
    if (!this.#isWithinBounds(instrument, source)) return
    this.#all.trade(instrument, columns, row)
    if (this.#isPerSource) this.#of(source).trade(instrument, columns, row)
  }

  #isWithinBounds(instrument: number, source: number): boolean {
    if (instrument >= 0 && instrument < this.#maxInstruments && source >= 0 && source < this.#maxSources) return true
    this.ignored++
    return false
  }

  #table(source: number): QuoteTable | undefined {
    return source === anySource ? this.#all : this.#bySource[source]
  }

  #of(source: number): QuoteTable {
    while (this.#bySource.length <= source) this.#bySource.push(new QuoteTable(0))
    return this.#bySource[source] as QuoteTable
  }
}

function at(column: Float64Array | undefined, index: number): number {
  return column !== undefined && index >= 0 && index < column.length ? column[index] : Number.NaN
}
