/**
 * One series of time bars of quotes. Quotes are states: the one bar carries on from the close of the one before, and a
 * quote older than the current interval says nothing new, so it is always dropped.
 */
import { TradewireError } from '../core/errors.js'
import type { QuoteColumns } from '../ring/columns.js'
import { BarIntervals, farAheadUs } from './bar-intervals.js'
import { type BarCounters, createBarCounters, type QuoteBar, type QuoteBarOptions } from './bars.js'
import { QuoteBarState } from './quote-bar-state.js'

/** Takes finished and forming bars. The bar is valid during the call. */
export type QuoteBarListener = (bar: QuoteBar, series: QuoteBarSeries) => void

/** Builds the bars of one series. */
export class QuoteBarSeries {
  readonly instrument: number
  readonly counters: BarCounters = createBarCounters()
  readonly #options: Readonly<QuoteBarOptions>
  readonly #emit: QuoteBarListener
  readonly #intervals: BarIntervals
  readonly #maxFlatBars: number
  readonly #source: number
  readonly #bar: QuoteBarState
  /** Whether the bar forms; otherwise it is the one closed last. */
  #isForming = false
  #flatRun = 0
  /** Session of the last bar; NaN without sessions. */
  #sessionUs = Number.NaN

  /** @throws TradewireError `TW_INVALID_ARGUMENT` when the step is not a positive whole number of microseconds. */
  constructor(options: QuoteBarOptions, emit: QuoteBarListener) {
    const { instrument, step } = options
    if (!(step > 0 && Number.isSafeInteger(step))) {
      throw new TradewireError('TW_INVALID_ARGUMENT', `step ${step} of quote bars must be whole microseconds above 0`)
    }
    this.instrument = instrument
    this.#options = options
    this.#emit = emit
    this.#intervals = new BarIntervals(step, options.offsetUs ?? 0, options.session)
    this.#maxFlatBars = options.maxFlatBars ?? 1440
    this.#source = options.source ?? -1
    this.#bar = new QuoteBarState(instrument, step)
  }

  /** The bar that forms; undefined between bars. */
  get current(): QuoteBar | undefined {
    return this.#isForming ? this.#bar : undefined
  }

  /** Takes the quote at a row of ring columns; an absent side is NaN and stands. */
  take(quotes: QuoteColumns, row: number): void {
    if (this.#source !== -1 && quotes.source[row] !== this.#source) return
    const tsUs = quotes.tsEventUs[row]
    const bid = quotes.bid[row]
    const ask = quotes.ask[row]
    // An infinite price is none, and makes the whole quote doubtful.
    const isInfinite = Math.abs(bid) === Number.POSITIVE_INFINITY || Math.abs(ask) === Number.POSITIVE_INFINITY
    const isTimed = Number.isFinite(tsUs) && !(tsUs - quotes.tsRecvUs[row] > farAheadUs)
    if (isInfinite || (Number.isNaN(bid) && Number.isNaN(ask)) || !isTimed) {
      this.counters.invalid++
      return
    }
    const bar = this.#bar
    if (this.#isForming ? tsUs < bar.tsOpenUs : tsUs < bar.tsEventUs) {
      this.counters.lateDropped++
      return
    }
    if ((!this.#isForming || this.#intervals.isPast(tsUs)) && !this.#startInterval(tsUs)) return
    bar.add(quotes, row)
    this.counters.used++
    if (this.#options.emitPartial === true) this.#emit(bar, this)
  }

  /** Closes what has ended by `nowUs`, and gives out flat bars for empty intervals if asked for. */
  advance(nowUs: number): void {
    const dueUs = nowUs - (this.#options.closeDelayUs ?? 0)
    if (this.#isForming && this.#bar.tsEventUs <= dueUs) this.#close()
    if (!this.#isForming && this.counters.closed > 0) this.#fillTo(dueUs)
  }

  /** Closes the bar that forms: the end of a session or of the data. */
  flush(): void {
    if (this.#isForming) this.#close()
  }

  /** A split, as `TradeBarSeries.rescale`, by the time of the last quote. */
  rescale(factor: number, beforeUs: number): void {
    const bar = this.#bar
    if (bar.tsRecvUs < beforeUs) bar.rescale(factor)
    else if (this.#isForming && bar.tsOpenUs < beforeUs) {
      this.#isForming = false
      this.counters.acrossSplit++
    }
  }

  #startInterval(tsUs: number): boolean {
    const intervals = this.#intervals
    if (!intervals.locate(tsUs)) {
      this.counters.outsideSession++
      return false
    }
    const { startUs } = intervals
    if (this.#isForming) this.#close()
    if (this.counters.closed > 0 && this.#options.empty === 'flat') {
      this.#fillTo(startUs)
      if (this.#flatRun >= this.#maxFlatBars) {
        this.counters.flatSkipped += intervals.emptyFrom(this.#bar.tsEventUs, startUs, this.#sessionUs)
      }
      intervals.locate(tsUs)
    }
    this.#flatRun = 0
    this.#sessionUs = intervals.sessionUs
    this.#bar.begin(intervals.startUs, intervals.endUs)
    this.#isForming = true
    return true
  }

  /** Gives out flat bars from the end of the bar closed last up to `untilUs`, within its session. */
  #fillTo(untilUs: number): void {
    if (this.#options.empty !== 'flat') return
    const intervals = this.#intervals
    while (this.#bar.tsEventUs < untilUs && this.#flatRun < this.#maxFlatBars) {
      if (!intervals.locate(this.#bar.tsEventUs)) return
      if (!this.#isSameSession() || intervals.endUs > untilUs) return
      this.#bar.begin(intervals.startUs, intervals.endUs)
      this.counters.flat++
      this.#flatRun++
      this.#close()
    }
  }

  /** Whether the interval located last is in the session of the last bar; true without sessions. */
  #isSameSession(): boolean {
    return Object.is(this.#intervals.sessionUs, this.#sessionUs)
  }

  #close(): void {
    this.#bar.isClosed = true
    this.#isForming = false
    this.counters.closed++
    this.#emit(this.#bar, this)
  }
}
