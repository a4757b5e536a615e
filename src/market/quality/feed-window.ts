/**
 * Counters of one feed: totals for ever, and sums over a sliding window of twelve slices. Recording allocates nothing.
 */

import type { LatencyHistogram } from '../../math/histogram.js'

/** One feed, as the monitor keeps it. */
export interface FeedState {
  readonly source: number
  readonly window: FeedWindow
  readonly latency: LatencyHistogram
  isConnected: boolean
  /** Whether its clock was announced to be ahead, and its data to be late. */
  isAhead: boolean
  isLate: boolean
}

/** What is counted, as an index. */
export const Count = {
  messages: 0,
  quotes: 1,
  trades: 2,
  books: 3,
  bars: 4,
  crossed: 5,
  locked: 6,
  spikes: 7,
  invalid: 8,
  gaps: 9,
  missing: 10,
  negativeLatency: 11,
  staleBegins: 12,
} as const
/** Index of a counter. */
export type Count = (typeof Count)[keyof typeof Count]

const counters = 13
/** Slices of the window. */
const slices = 12

/** See the file's header. */
export class FeedWindow {
  readonly totals = new Float64Array(counters)
  readonly #sliceUs: number
  readonly #slices = new Float64Array(counters * slices)
  /** Smallest and largest delay of each slice, microseconds. */
  readonly #least = new Float64Array(slices).fill(Number.POSITIVE_INFINITY)
  /** First and latest slice that time was in, and where the latest lies. */
  #first = Number.NaN
  #slice = Number.NaN
  #at = 0

  constructor(windowUs: number) {
    this.#sliceUs = windowUs / slices
  }

  /** Moves on to a time, epoch microseconds: slices that have left the window are forgotten. True when a slice began. */
  advance(nowUs: number): boolean {
    const slice = Math.floor(nowUs / this.#sliceUs)
    if (!(slice > this.#slice)) {
      if (!Number.isNaN(this.#slice)) return false
      this.#slice = slice
      this.#first = slice
      return true
    }
    const passed = Math.min(slices, slice - this.#slice)
    for (let i = 0; i < passed; i++) {
      this.#at = (this.#at + 1) % slices
      this.#slices.fill(0, this.#at * counters, (this.#at + 1) * counters)
      this.#least[this.#at] = Number.POSITIVE_INFINITY
    }
    this.#slice = slice
    return true
  }

  /** Counts. */
  add(count: Count, amount = 1): void {
    this.totals[count] += amount
    this.#slices[this.#at * counters + count] += amount
  }

  /** Notes a delay, receive time less venue time in microseconds. */
  delay(delayUs: number): void {
    if (delayUs < this.#least[this.#at]) this.#least[this.#at] = delayUs
  }

  /** How much of the window has been seen, microseconds: all of it, but for a feed that is young. */
  get seenUs(): number {
    return Number.isNaN(this.#slice) ? 0 : this.#sliceUs * Math.min(slices, this.#slice - this.#first + 1)
  }

  /** Sum over the window. */
  sum(count: Count): number {
    let sum = 0
    for (let slice = 0; slice < slices; slice++) sum += this.#slices[slice * counters + count]
    return sum
  }

  /** Smallest delay in the window; +Infinity when nothing came. */
  get leastDelayUs(): number {
    let least = Number.POSITIVE_INFINITY
    for (let slice = 0; slice < slices; slice++) if (this.#least[slice] < least) least = this.#least[slice]
    return least
  }
}
