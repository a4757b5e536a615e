/**
 * Statistics of a trading session, kept up to date trade by trade: VWAP, ranges, volume by side, and the volume curve.
 *
 *   const statistics = new SessionStatistics({ sessions: (tsUs) => calendar.sessionAt(tsUs) })
 *   ring.addConsumer({ name: 'sessions', policy: 'dropOldest', handlers: { onTrades: statistics.onTrades, onQuotes: statistics.onQuotes } })
 *   statistics.of(instrument.index)?.vwap
 *
 * Each instrument has one session at a time; when a trade of the next one comes, `onSession` gets the one that is over, and
 * the average volume curve takes it in. Trades outside of sessions, and those of the ring whose venue time lies over twelve
 * hours ahead of their receipt, are counted in `ignored`. Nothing is allocated per trade.
 */
import { TradewireError } from '../core/errors.js'
import type { IngestRing } from '../ring/ingest-ring.js'
import { refuseUnknownOptions } from '../ring/options.js'
import { farAheadUs } from './bar-intervals.js'

/** When a session is open, epoch microseconds: `openUs` belongs to it, `closeUs` does not. */
export interface SessionTimes {
  readonly openUs: number
  readonly closeUs: number
}

/** How sessions are told apart. */
export interface SessionStatisticsOptions {
  /** The session of an instant, undefined where there is none; days of UTC unless given. A `TradingCalendar` has it: `sessionAt`. */
  sessions?: (tsUs: number) => SessionTimes | undefined
  /** Width of a bucket of the volume curve, microseconds; at least 1 second, 5 minutes unless given. */
  bucketUs?: number
  /** How long the opening range is, microseconds from the open; 30 minutes unless given. */
  openingRangeUs?: number
  /** Trades that count; all unless given. Gets the condition flags of the feed. */
  counts?: (condition: number) => boolean
  /** Gets a session that is over. */
  onSession?: (session: SessionFigures) => void
}

const dayUs = 86_400_000_000
const leastBucketUs = 1_000_000
/** A week of seconds: what lies behind it in a longer session is in the last bucket. */
const maxBuckets = 604_800

/** One session of one instrument. Absent prices are NaN. */
export class SessionFigures {
  readonly instrument: number
  readonly openUs: number
  readonly closeUs: number
  readonly bucketUs: number
  trades = 0
  volume = 0
  /** Price times size, summed. */
  value = 0
  open = Number.NaN
  high = Number.NaN
  low = Number.NaN
  last = Number.NaN
  openingHigh = Number.NaN
  openingLow = Number.NaN
  /** Volume that the buyer, or the seller, started. */
  buyVolume = 0
  sellVolume = 0
  /** Quotes with both sides, and the sum of their spreads. */
  quotes = 0
  spreadSum = 0
  /** Volume by bucket, from the open on. */
  readonly buckets: Float64Array

  constructor(instrument: number, { openUs, closeUs }: SessionTimes, bucketUs: number) {
    this.instrument = instrument
    this.openUs = openUs
    this.closeUs = closeUs
    this.bucketUs = bucketUs
    this.buckets = new Float64Array(Math.min(maxBuckets, Math.max(1, Math.ceil((closeUs - openUs) / bucketUs))))
  }

  /** Volume-weighted average price; NaN without volume. */
  get vwap(): number {
    return this.volume > 0 ? this.value / this.volume : Number.NaN
  }

  /** High less low. */
  get range(): number {
    return this.high - this.low
  }

  /** Mean of ask less bid over the quotes. */
  get averageSpread(): number {
    return this.quotes > 0 ? this.spreadSum / this.quotes : Number.NaN
  }

  /** (buy - sell) / (buy + sell) of the volume whose starter is known. */
  get imbalance(): number {
    const known = this.buyVolume + this.sellVolume
    return known > 0 ? (this.buyVolume - this.sellVolume) / known : Number.NaN
  }

  /** A split: prices and spreads are multiplied, volumes divided; what was paid stays. */
  rescale(factor: number): void {
    for (const price of ['open', 'high', 'low', 'last', 'openingHigh', 'openingLow', 'spreadSum'] as const)
      this[price] *= factor
    for (const volume of ['volume', 'buyVolume', 'sellVolume'] as const) this[volume] /= factor
    for (let bucket = 0; bucket < this.buckets.length; bucket++) this.buckets[bucket] /= factor
  }

  /** Share of the session's volume by bucket; sums to 1, zeros without volume. */
  curve(): Float64Array {
    return this.buckets.map((volume) => (this.volume > 0 ? volume / this.volume : 0))
  }
}

/** See the file's header. */
export class SessionStatistics {
  /** Trades outside of sessions, or that do not count. */
  ignored = 0
  readonly #sessions: (tsUs: number) => SessionTimes | undefined
  readonly #options: SessionStatisticsOptions
  readonly #bucketUs: number
  readonly #openingRangeUs: number
  readonly #figures: (SessionFigures | undefined)[] = []
  /** When the session that was finished last ends, by instrument. */
  readonly #finishedUs: number[] = []
  /** Sums of the shares of sessions that are over, and how many there were, by instrument. */
  readonly #curves = new Map<number, { sum: Float64Array; sessions: number }>()

  /** Handlers for `RingHandlers`. */
  readonly onTrades = ({ trades }: IngestRing, from: number, to: number): void => {
    const { instrument, price, size, aggressor, tsEventUs, tsRecvUs, condition } = trades
    for (let row = from; row < to; row++)
      if (tsEventUs[row] - tsRecvUs[row] > farAheadUs) this.ignored++
      else this.trade(instrument[row], price[row], size[row], aggressor[row], tsEventUs[row], condition[row])
  }

  readonly onQuotes = ({ quotes }: IngestRing, from: number, to: number): void => {
    const { instrument, bid, ask, tsEventUs, tsRecvUs } = quotes
    for (let row = from; row < to; row++)
      if (!(tsEventUs[row] - tsRecvUs[row] > farAheadUs))
        this.quote(instrument[row], bid[row], ask[row], tsEventUs[row])
  }

  /** @throws TradewireError `TW_INVALID_ARGUMENT` naming the option. */
  constructor(options: SessionStatisticsOptions = {}) {
    const known = ['sessions', 'bucketUs', 'openingRangeUs', 'counts', 'onSession']
    refuseUnknownOptions('SessionStatistics', options, known)
    const { bucketUs = 300_000_000, openingRangeUs = 1_800_000_000 } = options
    for (const [name, value] of Object.entries({ bucketUs, openingRangeUs }))
      if (!(Number.isFinite(value) && value > 0))
        throw new TradewireError('TW_INVALID_ARGUMENT', `${name} must be above 0, got ${value}`)
    if (bucketUs < leastBucketUs)
      throw new TradewireError('TW_INVALID_ARGUMENT', `bucketUs must be at least ${leastBucketUs}, got ${bucketUs}`)
    this.#options = options
    this.#bucketUs = bucketUs
    this.#openingRangeUs = openingRangeUs
    this.#sessions = options.sessions ?? utcDay
  }

  /** The session of an instrument that goes on, or was the last; undefined before its first trade or quote. */
  of(instrument: number): SessionFigures | undefined {
    return this.#figures[instrument]
  }

  /** Average share of volume by bucket over the sessions that are over; undefined while there is none. */
  volumeCurve(instrument: number): Float64Array | undefined {
    const curve = this.#curves.get(instrument)
    return curve?.sum.map((sum) => sum / curve.sessions)
  }

  /** Takes a trade. */
  trade(instrument: number, price: number, size: number, aggressor: number, tsUs: number, condition = 0): void {
    const isWanted =
      Number.isFinite(price) && size >= 0 && size <= Number.MAX_VALUE && (this.#options.counts?.(condition) ?? true)
    const figures = isWanted ? this.#at(instrument, tsUs) : undefined
    if (figures === undefined) {
      this.ignored++
      return
    }
    if (figures.trades++ === 0) {
      figures.open = price
      figures.high = price
      figures.low = price
    }
    if (price > figures.high) figures.high = price
    if (price < figures.low) figures.low = price
    figures.last = price
    figures.volume += size
    figures.value += price * size
    if (aggressor > 0) figures.buyVolume += size
    else if (aggressor < 0) figures.sellVolume += size
    const sinceUs = tsUs - figures.openUs
    figures.buckets[Math.min(figures.buckets.length - 1, Math.floor(sinceUs / this.#bucketUs))] += size
    if (sinceUs >= this.#openingRangeUs) return
    if (!(price <= figures.openingHigh)) figures.openingHigh = price
    if (!(price >= figures.openingLow)) figures.openingLow = price
  }

  /** Takes a quote; one without both prices says nothing. */
  quote(instrument: number, bid: number, ask: number, tsUs: number): void {
    const spread = ask - bid
    if (!Number.isFinite(spread)) return
    const figures = this.#at(instrument, tsUs)
    if (figures === undefined) return
    figures.quotes++
    figures.spreadSum += spread
  }

  /**
   * A stock split: the session so far in the terms of after it; `factor` is that of prices, a quarter for four of one. Call it
   * before what trades in the new terms, from the event `split`. Curves are shares, and stay.
   */
  rescale(instrument: number, factor: number): void {
    if (!(factor > 0 && Number.isFinite(factor)))
      throw new TradewireError('TW_INVALID_ARGUMENT', `factor must be above 0, got ${factor}`)
    this.#figures[instrument]?.rescale(factor)
  }

  /** Ends all sessions that go on: at the end of a recording, or of a day. What comes of them afterwards is late. */
  finish(): void {
    for (const figures of this.#figures) if (figures !== undefined) this.#finish(figures)
    this.#figures.length = 0
  }

  /** The session that an instant lies in; what belongs to an earlier one that is over already is late, and left out. */
  #at(instrument: number, tsUs: number): SessionFigures | undefined {
    const now = this.#figures[instrument]
    if (now !== undefined && tsUs >= now.openUs && tsUs < now.closeUs) return now
    if (!Number.isFinite(tsUs)) return undefined
    if (now !== undefined ? tsUs < now.openUs : tsUs < (this.#finishedUs[instrument] ?? tsUs)) return undefined
    const times = this.#sessions(tsUs)
    if (times === undefined || !(tsUs >= times.openUs && tsUs < times.closeUs)) return undefined
    if (now !== undefined) this.#finish(now)
    const figures = new SessionFigures(instrument, times, this.#bucketUs)
    while (this.#figures.length < instrument) this.#figures.push(undefined)
    this.#figures[instrument] = figures
    return figures
  }

  #finish(figures: SessionFigures): void {
    while (this.#finishedUs.length < figures.instrument) this.#finishedUs.push(Number.NEGATIVE_INFINITY)
    this.#finishedUs[figures.instrument] = figures.closeUs
    if (figures.volume > 0) this.#learn(figures)
    this.#options.onSession?.(figures)
  }

  #learn(figures: SessionFigures): void {
    const shares = figures.curve()
    const curve = this.#curves.get(figures.instrument)
    if (curve === undefined) {
      this.#curves.set(figures.instrument, { sum: shares, sessions: 1 })
      return
    }
    // A short day has fewer buckets: what it lacks counts as nothing traded.
    if (shares.length > curve.sum.length) {
      const grown = new Float64Array(shares.length)
      grown.set(curve.sum)
      curve.sum = grown
    }
    for (let bucket = 0; bucket < shares.length; bucket++) curve.sum[bucket] += shares[bucket]
    curve.sessions++
  }
}

function utcDay(tsUs: number): SessionTimes {
  const openUs = Math.floor(tsUs / dayUs) * dayUs
  return { openUs, closeUs: openUs + dayUs }
}
