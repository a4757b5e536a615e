/**
 * One series of bars of trades.
 *
 * Time bars: `closed ─ closed ─ [current)`; everything before the end of the bar closed last is late. Other bars are full
 * when their trades, size or value reach the step; with sessions they also end where a session does.
 */
import { TradewireError } from '../core/errors.js'
import type { TradeColumns } from '../ring/columns.js'
import { BarIntervals, farAheadUs } from './bar-intervals.js'
import { type BarCounters, createBarCounters, type LateRule, type TradeBar, type TradeBarOptions } from './bars.js'
import { TradeBarState } from './trade-bar-state.js'

/** Takes finished and forming bars. The bar is valid during the call. */
export type TradeBarListener = (bar: TradeBar, series: TradeBarSeries) => void

/** Builds the bars of one series. */
export class TradeBarSeries {
  readonly instrument: number
  readonly counters: BarCounters = createBarCounters()
  readonly #options: Readonly<TradeBarOptions>
  readonly #emit: TradeBarListener
  readonly #intervals: BarIntervals
  readonly #isTimed: boolean
  readonly #late: LateRule
  readonly #toleranceUs: number
  readonly #maxFlatBars: number
  /** Only trades of this source; -1 takes all. */
  readonly #source: number
  #current: TradeBarState
  #previous: TradeBarState
  #hasCurrent = false
  #hasPrevious = false
  #newestTsUs = Number.NEGATIVE_INFINITY
  /** Flat bars given out since the last trade. */
  #flatRun = 0
  /** Session of the last bar; NaN without sessions. */
  #sessionUs = Number.NaN

  /** @throws TradewireError `TW_INVALID_ARGUMENT` when the step is not positive, or not whole microseconds for time bars. */
  constructor(options: TradeBarOptions, emit: TradeBarListener) {
    const { instrument, unit, step } = options
    this.#isTimed = unit === 'time'
    if (!(step > 0) || (this.#isTimed && !Number.isSafeInteger(step))) {
      const wanted = this.#isTimed ? 'a positive whole number of microseconds' : 'positive'
      throw new TradewireError('TW_INVALID_ARGUMENT', `step ${step} of ${unit} bars must be ${wanted}`)
    }
    this.instrument = instrument
    this.#options = options
    this.#emit = emit
    const stepUs = this.#isTimed ? step : Number.MAX_SAFE_INTEGER
    this.#intervals = new BarIntervals(stepUs, options.offsetUs ?? 0, options.session)
    this.#late = options.late ?? 'drop'
    this.#toleranceUs = options.lateToleranceUs ?? 5_000_000
    this.#maxFlatBars = options.maxFlatBars ?? 1440
    this.#source = options.source ?? -1
    this.#current = new TradeBarState(instrument, unit, step)
    this.#previous = new TradeBarState(instrument, unit, step)
  }

  /** The bar that forms; undefined between bars. */
  get current(): TradeBar | undefined {
    return this.#hasCurrent ? this.#current : undefined
  }

  /** The bar closed last; undefined before the first. */
  get previous(): TradeBar | undefined {
    return this.#hasPrevious ? this.#previous : undefined
  }

  /** `intervalUs` under which the bars go into a sink. */
  get publishedIntervalUs(): number {
    return this.#options.publishedIntervalUs ?? (this.#isTimed ? this.#options.step : 0)
  }

  /** Takes the trade at a row of ring columns. */
  take(trades: TradeColumns, row: number): void {
    if (this.#source !== -1 && trades.source[row] !== this.#source) return
    const price = trades.price[row]
    const size = trades.size[row]
    const tsUs = trades.tsEventUs[row]
    const isTrade = Math.abs(price) <= Number.MAX_VALUE && size >= 0 && size <= Number.MAX_VALUE
    if (!isTrade || !Number.isFinite(tsUs) || tsUs - trades.tsRecvUs[row] > farAheadUs) {
      this.counters.invalid++
      return
    }
    const accept = this.#options.accept
    if (accept !== undefined && !accept(price, size, trades.condition[row], tsUs)) {
      this.counters.filtered++
      return
    }
    if (this.#isTimed) this.#timed(trades, row)
    else this.#counted(trades, row)
  }

  /** Closes what has ended by `nowUs`, and gives out flat bars for empty intervals if asked for. */
  advance(nowUs: number): void {
    if (!this.#isTimed) return
    const dueUs = nowUs - (this.#options.closeDelayUs ?? 0)
    if (this.#hasCurrent && this.#current.tsEventUs <= dueUs) this.#close()
    if (!this.#hasCurrent && this.#hasPrevious) this.#fillTo(dueUs)
  }

  /** Closes the bar that forms, whatever it holds: the end of a session or of the data. */
  flush(): void {
    if (this.#hasCurrent) this.#close()
  }

  /**
   * A split: what traded before a time is put into the terms of after it, by the factor of its prices. A forming bar that
   * holds trades of both sides of it is given up; `counters.acrossSplit` says so.
   */
  rescale(factor: number, beforeUs: number): void {
    if (this.#hasPrevious && this.#tradedUs(this.#previous.firstTsUs) < beforeUs) this.#previous.rescale(factor)
    if (!this.#hasCurrent || this.#tradedUs(this.#current.firstTsUs) >= beforeUs) return
    if (this.#tradedUs(this.#current.lastTsUs) < beforeUs) this.#current.rescale(factor)
    else {
      this.#hasCurrent = false
      this.counters.acrossSplit++
    }
  }

  /** Venue time of a bar's trade; a bar that has none of its interval (flat, or late trades only) stands at prices of before. */
  #tradedUs(tsUs: number): number {
    return Number.isFinite(tsUs) ? tsUs : this.#newestTsUs
  }

  #timed(trades: TradeColumns, row: number): void {
    const tsUs = trades.tsEventUs[row]
    const intervals = this.#intervals
    if (this.#hasCurrent ? !intervals.isPast(tsUs) : this.#hasPrevious && tsUs < this.#previous.tsEventUs) {
      if (this.#hasCurrent && tsUs >= this.#current.tsOpenUs) this.#add(trades, row)
      else this.#takeLate(trades, row)
      return
    }
    if (!this.#startInterval(tsUs)) return
    this.#add(trades, row)
  }

  /** Closes the current bar, fills empty intervals, and begins the interval of `tsUs`. */
  #startInterval(tsUs: number): boolean {
    const intervals = this.#intervals
    if (!intervals.locate(tsUs)) {
      this.counters.outsideSession++
      return false
    }
    const { startUs } = intervals
    if (this.#hasCurrent) this.#close()
    if (this.#hasPrevious) this.#fillEmpty(startUs)
    intervals.locate(tsUs)
    this.#sessionUs = intervals.sessionUs
    this.#current.begin(intervals.startUs, intervals.endUs)
    this.#hasCurrent = true
    return true
  }

  #counted(trades: TradeColumns, row: number): void {
    const tsUs = trades.tsEventUs[row]
    const intervals = this.#intervals
    if (this.#options.session !== undefined && (!this.#hasCurrent || intervals.isPast(tsUs))) {
      if (!intervals.locate(tsUs)) {
        this.counters.outsideSession++
        return
      }
      if (this.#hasCurrent) this.#close()
    }
    const bar = this.#current
    if (!this.#hasCurrent) {
      bar.begin(tsUs, tsUs)
      this.#hasCurrent = true
    }
    if (tsUs < bar.tsOpenUs) bar.tsOpenUs = tsUs
    if (tsUs > bar.tsEventUs) bar.tsEventUs = tsUs
    this.#add(trades, row)
    if (this.#isFull(bar)) this.#close()
  }

  #isFull(bar: TradeBarState): boolean {
    switch (bar.unit) {
      case 'tick':
        return bar.count >= bar.step
      case 'volume':
        return bar.volume >= bar.step
      case 'value':
        return bar.value >= bar.step
      default:
        return false
    }
  }

  #add(trades: TradeColumns, row: number): void {
    const tsUs = trades.tsEventUs[row]
    this.#current.add(trades, row)
    if (tsUs > this.#newestTsUs) this.#newestTsUs = tsUs
    this.counters.used++
    if (this.#options.emitPartial === true) this.#emit(this.#current, this)
  }

  #takeLate(trades: TradeColumns, row: number): void {
    if (this.#late === 'current') {
      if (!this.#hasCurrent && !this.#startInterval(this.#previous.tsEventUs)) return
      this.#current.addLate(trades, row)
      this.counters.used++
      this.counters.lateCurrent++
      if (this.#options.emitPartial === true) this.#emit(this.#current, this)
      return
    }
    const bar = this.#previous
    const tsUs = trades.tsEventUs[row]
    const belongs = this.#hasPrevious && tsUs >= bar.tsOpenUs && tsUs < bar.tsEventUs
    if (this.#late === 'drop' || !belongs || this.#newestTsUs - tsUs > this.#toleranceUs) {
      this.counters.lateDropped++
      return
    }
    bar.add(trades, row)
    bar.isAmended = true
    this.counters.used++
    this.counters.lateAmended++
    this.#emit(bar, this)
  }

  #fillEmpty(untilUs: number): void {
    this.#fillTo(untilUs)
    if (this.#options.empty === 'flat' && this.#flatRun >= this.#maxFlatBars) {
      this.counters.flatSkipped += this.#intervals.emptyFrom(this.#previous.tsEventUs, untilUs, this.#sessionUs)
    }
    this.#flatRun = 0
  }

  /** Gives out flat bars from the end of the bar closed last up to `untilUs`, within its session. */
  #fillTo(untilUs: number): void {
    if (this.#options.empty !== 'flat') return
    const intervals = this.#intervals
    while (this.#previous.tsEventUs < untilUs && this.#flatRun < this.#maxFlatBars) {
      if (!intervals.locate(this.#previous.tsEventUs)) return
      if (!this.#isSameSession() || intervals.endUs > untilUs) return
      this.#current.beginFlat(intervals.startUs, intervals.endUs, this.#previous.close, this.#previous.tsRecvUs)
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
    const bar = this.#current
    bar.isClosed = true
    this.#current = this.#previous
    this.#previous = bar
    this.#hasCurrent = false
    this.#hasPrevious = true
    this.counters.closed++
    this.#emit(bar, this)
  }
}
