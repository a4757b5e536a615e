/**
 * Bars of many instruments and timeframes from one stream: hands trades and quotes to the series of their instrument.
 * See bars.ts for what a series can be told.
 *
 * What a listener, a rule or a calendar throws goes to the caller when all series have had what was at hand: no series is
 * short of an event because of another.
 */
import { createQuoteColumns, createTradeColumns, type QuoteColumns, type TradeColumns } from '../ring/columns.js'
import type { IngestRing } from '../ring/ingest-ring.js'
import { refuseUnknownOptions } from '../ring/options.js'
import type { MarketSink } from '../ring/sink.js'
import type { BarSeriesOptions, QuoteBarOptions, TradeBar, TradeBarOptions } from './bars.js'
import { type QuoteBarListener, QuoteBarSeries } from './quote-bar-series.js'
import { type TradeBarListener, TradeBarSeries } from './trade-bar-series.js'

/** Where the bars go. */
export interface BarAggregatorOptions {
  /** Takes bars of trades. */
  onBar?: TradeBarListener
  /** Takes bars of quotes. */
  onQuoteBar?: QuoteBarListener
  /** Bars of trades are published here as well; the sink's refusals are counted in the series. */
  sink?: MarketSink
}

const seriesOptionNames = [
  'instrument',
  'source',
  'session',
  'offsetUs',
  'empty',
  'maxFlatBars',
  'closeDelayUs',
  'emitPartial',
  'step',
] as const satisfies readonly (keyof BarSeriesOptions | 'step')[]
const tradeOptionNames = [
  ...seriesOptionNames,
  'unit',
  'late',
  'lateToleranceUs',
  'accept',
  'publishedIntervalUs',
] as const satisfies readonly (keyof TradeBarOptions)[]

/** Series by instrument index; instruments without one cost a look-up. */
export class BarAggregator {
  readonly #options: BarAggregatorOptions
  readonly #trades: (TradeBarSeries[] | undefined)[] = []
  readonly #quotes: (QuoteBarSeries[] | undefined)[] = []
  readonly #emitTradeBar: TradeBarListener
  readonly #emitQuoteBar: QuoteBarListener
  /** Calls that hand something to all series, one within another: what is thrown meanwhile is told by the outermost. */
  #calls = 0
  /** What was thrown first and is not told yet. */
  #thrown: { readonly error: unknown } | undefined

  /** What direct calls give; those of a listener, within another call, get a row of their own. */
  readonly #tradeRow = createTradeColumns(1)
  readonly #quoteRow = createQuoteColumns(1)

  /** Handler for `RingHandlers.onTrades`. */
  readonly onTrades = (ring: IngestRing, from: number, to: number): void => {
    const columns = ring.trades
    this.#calls++
    for (let row = from; row < to; row++) this.#takeTrade(columns, row)
    this.#tell()
  }

  /** Handler for `RingHandlers.onQuotes`. */
  readonly onQuotes = (ring: IngestRing, from: number, to: number): void => {
    const columns = ring.quotes
    this.#calls++
    for (let row = from; row < to; row++) this.#takeQuote(columns, row)
    this.#tell()
  }

  constructor(options: BarAggregatorOptions) {
    refuseUnknownOptions('BarAggregator', options, ['onBar', 'onQuoteBar', 'sink'])
    this.#options = options
    this.#emitTradeBar = (bar, series) => this.#give(bar, series)
    this.#emitQuoteBar = this.#guarded((bar, series) => this.#options.onQuoteBar?.(bar, series))
  }

  /** Whether series of bars of quotes were added: quotes are of no use otherwise. */
  get hasQuoteBars(): boolean {
    return this.#quotes.length > 0
  }

  /** Adds a series of bars of trades, for `listener` or else for the aggregator's own. @throws TradewireError `TW_INVALID_ARGUMENT` naming the option that is not usable. */
  addTradeBars(options: TradeBarOptions, listener?: TradeBarListener): TradeBarSeries {
    refuseUnknownOptions('trade bars', options, tradeOptionNames)
    const series = new TradeBarSeries(options, this.#guarded(listener ?? this.#emitTradeBar))
    add(this.#trades, options.instrument, series)
    return series
  }

  /** Adds a series of bars of quotes. @throws TradewireError `TW_INVALID_ARGUMENT` naming the option that is not usable. */
  addQuoteBars(options: QuoteBarOptions): QuoteBarSeries {
    refuseUnknownOptions('quote bars', options, seriesOptionNames)
    const series = new QuoteBarSeries(options, this.#emitQuoteBar)
    add(this.#quotes, options.instrument, series)
    return series
  }

  /** Stops a series. Its forming bar is not given out; `flush` it before if it should be. */
  remove(series: TradeBarSeries | QuoteBarSeries): void {
    const rows = series instanceof TradeBarSeries ? this.#trades : this.#quotes
    // A new list: the series may be removed by a listener of another, in the middle of a walk over the old one.
    const row: unknown[] | undefined = rows[series.instrument]
    if (row !== undefined) rows[series.instrument] = row.filter((each) => each !== series) as never
  }

  /** Takes a trade of an instrument. Times are Unix epoch microseconds. */
  trade(
    instrument: number,
    source: number,
    price: number,
    size: number,
    tsEventUs: number,
    tsRecvUs: number,
    condition = 0,
  ): void {
    const row = this.#calls === 0 ? this.#tradeRow : createTradeColumns(1)
    row.instrument[0] = instrument
    row.source[0] = source
    row.price[0] = price
    row.size[0] = size
    row.tsEventUs[0] = tsEventUs
    row.tsRecvUs[0] = tsRecvUs
    row.condition[0] = condition
    this.#calls++
    this.#takeTrade(row, 0)
    this.#tell()
  }

  /** Takes a quote of an instrument; an absent side is NaN. */
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
    const row = this.#calls === 0 ? this.#quoteRow : createQuoteColumns(1)
    row.instrument[0] = instrument
    row.source[0] = source
    row.bid[0] = bid
    row.ask[0] = ask
    row.bidSize[0] = bidSize
    row.askSize[0] = askSize
    row.tsEventUs[0] = tsEventUs
    row.tsRecvUs[0] = tsRecvUs
    this.#calls++
    this.#takeQuote(row, 0)
    this.#tell()
  }

  /** Closes every bar whose end has passed, in the order of instruments and of their addition. */
  advance(nowUs: number): void {
    this.#forEach((series) => series.advance(nowUs))
  }

  /** Closes every bar that forms: the end of the data. */
  flush(): void {
    this.#forEach((series) => series.flush())
  }

  /**
   * A stock split: bars that form, and the one closed last, of what traded before a time are put into the terms of after it;
   * `factor` is that of prices. Bars that were given out stay what they were.
   */
  rescale(instrument: number, factor: number, beforeUs: number): void {
    for (const series of this.#trades[instrument] ?? []) series.rescale(factor, beforeUs)
    for (const series of this.#quotes[instrument] ?? []) series.rescale(factor, beforeUs)
  }

  #takeTrade(columns: TradeColumns, row: number): void {
    const series = this.#trades[columns.instrument[row]]
    if (series === undefined) return
    for (let i = 0; i < series.length; i++) {
      try {
        ;(series[i] as TradeBarSeries).take(columns, row)
      } catch (error) {
        this.#thrown ??= { error }
      }
    }
  }

  #takeQuote(columns: QuoteColumns, row: number): void {
    const series = this.#quotes[columns.instrument[row]]
    if (series === undefined) return
    for (let i = 0; i < series.length; i++) {
      try {
        ;(series[i] as QuoteBarSeries).take(columns, row)
      } catch (error) {
        this.#thrown ??= { error }
      }
    }
  }

  #forEach(act: (series: TradeBarSeries | QuoteBarSeries) => void): void {
    this.#calls++
    for (const rows of [this.#trades, this.#quotes]) {
      for (const row of rows) {
        for (const series of row ?? []) {
          try {
            act(series)
          } catch (error) {
            this.#thrown ??= { error }
          }
        }
      }
    }
    this.#tell()
  }

  /** A listener whose fault does not keep its series from the event that closed a bar. */
  #guarded<Bar, Series>(listener: (bar: Bar, series: Series) => void): (bar: Bar, series: Series) => void {
    return (bar, series) => {
      try {
        listener(bar, series)
      } catch (error) {
        if (this.#calls === 0) throw error
        this.#thrown ??= { error }
      }
    }
  }

  /** Ends a call that handed something to all series. */
  #tell(): void {
    this.#calls--
    const thrown = this.#thrown
    if (thrown === undefined || this.#calls > 0) return
    this.#thrown = undefined
    throw thrown.error
  }

  #give(bar: TradeBar, series: TradeBarSeries): void {
    this.#options.onBar?.(bar, series)
    const sink = this.#options.sink
    if (sink === undefined) return
    const isTaken = sink.publishBar(
      bar.instrument,
      bar.source,
      series.publishedIntervalUs,
      bar.open,
      bar.high,
      bar.low,
      bar.close,
      bar.volume,
      bar.count,
      bar.vwap,
      bar.tsOpenUs,
      bar.tsEventUs,
      bar.tsRecvUs,
      bar.isClosed,
    )
    if (!isTaken) series.counters.unpublished++
  }
}

function add<T>(rows: (T[] | undefined)[], instrument: number, series: T): void {
  while (rows.length <= instrument) rows.push(undefined)
  rows[instrument] = [...(rows[instrument] ?? []), series]
}
