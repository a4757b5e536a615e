/**
 * Equity by period and trades from open to flat, collected while a system runs: the input of the performance statistics.
 *
 * The last equity of each period counts (of a trading day, with a day roll). Bounded: beyond `maxPeriods` the oldest periods
 * are given up, beyond `maxTrades` the oldest results; both are counted.
 */
import type { DayRoll } from '../calendar/day-roll.js'
import { TradewireError } from '../core/errors.js'
import {
  type EquityPoint,
  type EquityStatistics,
  type EquityStatisticsOptions,
  equityStatistics,
  type TradeStatistics,
  tradeStatistics,
} from './performance.js'

/** Options of a tracker. */
export interface PerformanceTrackerOptions extends EquityStatisticsOptions {
  /** Length of a period: a trading day by its roll, or milliseconds. A day of UTC unless given. */
  readonly period?: DayRoll | number
  /** 10,000 unless given. */
  readonly maxPeriods?: number
  /** 100,000 unless given. */
  readonly maxTrades?: number
}

/** A trade from its first fill to flat, in the settlement currency of its instrument. */
export interface RoundTrip {
  readonly key: string
  /** Positive for one that was long. */
  readonly side: 1 | -1
  /** Largest position held. */
  readonly quantity: number
  readonly result: number
  readonly fees: number
  readonly openedUs: number
  readonly closedUs: number
}

interface OpenTrip {
  quantity: number
  most: number
  /** Cash of all fills so far, fees taken off. */
  cash: number
  fees: number
  openedUs: number
}

/** Collects equities and fills. */
export class PerformanceTracker {
  /** Periods and trades given up because there was no room. */
  dropped = 0
  readonly #options: PerformanceTrackerOptions
  readonly #points: EquityPoint[] = []
  readonly #trips: RoundTrip[] = []
  readonly #open = new Map<string, OpenTrip>()
  #period: string | number | undefined
  #flow = 0

  constructor(options: PerformanceTrackerOptions = {}) {
    const { period = 86_400_000 } = options
    if (typeof period === 'number' && !(period > 0))
      throw new TradewireError('TW_INVALID_ARGUMENT', `period must be above 0 milliseconds, is ${period}`)
    this.#options = options
  }

  /** Notes an equity; `flow` is what was deposited (withdrawn, negative) since the last one. Undefined equities do not count. */
  observe(tsUs: number, equity: number | { toNumber(): number } | undefined, flow = 0): void {
    this.#flow += flow
    if (equity === undefined) return
    const value = typeof equity === 'number' ? equity : equity.toNumber()
    const period = this.#periodOf(tsUs)
    const last = this.#points.at(-1)
    if (last !== undefined && period === this.#period) {
      this.#points[this.#points.length - 1] = { tsUs, equity: value, flow: (last.flow ?? 0) + this.#flow }
    } else {
      // The first point has nothing before it: what was deposited then is its equity.
      this.#points.push({ tsUs, equity: value, flow: last === undefined ? 0 : this.#flow })
      this.#period = period
      if (this.#points.length > (this.#options.maxPeriods ?? 10_000)) {
        this.#points.shift()
        this.dropped++
      }
    }
    this.#flow = 0
  }

  /**
   * Notes a fill. `key` tells positions apart (strategy and symbol), `value` is what a unit of quantity at the price is
   * worth: the price times the multiplier. A fill through flat ends one trade and begins another; its fee is shared by
   * quantity.
   */
  fill(key: string, side: 1 | -1, quantity: number, value: number, fee: number, tsUs: number): void {
    let left = quantity
    const open = this.#open.get(key)
    if (open !== undefined && open.quantity * side < 0) {
      const closing = Math.min(left, Math.abs(open.quantity))
      this.#add(open, side * closing, value, (fee * closing) / quantity)
      left -= closing
      if (Math.abs(open.quantity) < open.most * 1e-12) this.#close(key, open, -side as 1 | -1, tsUs)
      if (!(left > quantity * 1e-12)) return
    }
    let trip = this.#open.get(key)
    if (trip === undefined) {
      trip = { quantity: 0, most: 0, cash: 0, fees: 0, openedUs: tsUs }
      this.#open.set(key, trip)
    }
    this.#add(trip, side * left, value, (fee * left) / quantity)
  }

  /**
   * Notes a stock split of what is open under a key: the quantity after it, and the cash in lieu of what it cut off. Without
   * an open trade nothing changes.
   */
  split(key: string, quantityAfter: number, cash: number, tsUs: number): void {
    const open = this.#open.get(key)
    if (open === undefined) return
    const side = open.quantity > 0 ? 1 : -1
    open.cash += cash
    if (quantityAfter === 0) {
      this.#close(key, open, side, tsUs)
      return
    }
    open.most *= Math.abs(quantityAfter / open.quantity)
    open.quantity = quantityAfter
  }

  /** Equities by period, oldest first. */
  get points(): readonly EquityPoint[] {
    return this.#points
  }

  /** Closed trades, oldest first. */
  get trips(): readonly RoundTrip[] {
    return this.#trips
  }

  /** Statistics of the equities so far. */
  statistics(): EquityStatistics {
    return equityStatistics(this.#points, this.#options)
  }

  /** Statistics of the closed trades so far, of all keys or of one. */
  trades(key?: string): TradeStatistics {
    const trips = key === undefined ? this.#trips : this.#trips.filter((trip) => trip.key === key)
    return tradeStatistics(trips.map(({ result }) => result))
  }

  #periodOf(tsUs: number): string | number {
    const { period = 86_400_000 } = this.#options
    return typeof period === 'number' ? Math.floor(tsUs / 1000 / period) : period.dayAt(tsUs)
  }

  #add(trip: OpenTrip, signedQuantity: number, value: number, fee: number): void {
    trip.quantity += signedQuantity
    trip.most = Math.max(trip.most, Math.abs(trip.quantity))
    trip.cash -= signedQuantity * value + fee
    trip.fees += fee
  }

  #close(key: string, trip: OpenTrip, side: 1 | -1, tsUs: number): void {
    this.#open.delete(key)
    const { most, cash, fees, openedUs } = trip
    this.#trips.push({ key, side, quantity: most, result: cash, fees, openedUs, closedUs: tsUs })
    if (this.#trips.length > (this.#options.maxTrades ?? 100_000)) {
      this.#trips.shift()
      this.dropped++
    }
  }
}
