/**
 * Counts of good and bad events in a moving window: exact to the millisecond for windows up to eight minutes, to a 524,288th
 * of the window for longer ones. Grows with the number of distinct times, up to a fixed bound.
 */
import { requireCount } from './breaker.js'

/** Distinct times that are kept apart, at most: twice what fits a window. */
const mostTimes = 1 << 20

/** See the file's header. */
export class EventWindow {
  readonly windowMs: number
  readonly #grain: number
  #times = new Float64Array(64)
  #good = new Float64Array(64)
  #bad = new Float64Array(64)
  #first = 0
  #count = 0
  #goodSum = 0
  #badSum = 0

  /** @throws TradewireError `TW_INVALID_CONFIG`. */
  constructor(windowMs: number, name = 'windowMs') {
    this.windowMs = requireCount(windowMs, name)
    this.#grain = Math.max(1, Math.ceil(windowMs / (mostTimes / 2)))
  }

  /** Good and bad events in the window that ends at the time last given. */
  get good(): number {
    return this.#goodSum
  }
  get bad(): number {
    return this.#badSum
  }

  /** Adds events at a time; an earlier time than the last counts as the last. */
  add(nowMs: number, good: number, bad: number): void {
    const last = (this.#first + this.#count - 1) & (this.#times.length - 1)
    const time = this.#count === 0 ? this.#floor(nowMs) : Math.max(this.#floor(nowMs), this.#times[last])
    this.expire(time)
    this.#goodSum += good
    this.#badSum += bad
    if (this.#count > 0 && this.#times[last] === time) {
      this.#good[last] = this.#good[last] + good
      this.#bad[last] = this.#bad[last] + bad
      return
    }
    if (this.#count === this.#times.length) this.#grow()
    const at = (this.#first + this.#count) & (this.#times.length - 1)
    this.#times[at] = time
    this.#good[at] = good
    this.#bad[at] = bad
    this.#count++
  }

  /** Forgets what has left the window. */
  expire(nowMs: number): void {
    while (this.#count > 0 && nowMs - this.#times[this.#first] >= this.windowMs) {
      this.#goodSum -= this.#good[this.#first]
      this.#badSum -= this.#bad[this.#first]
      this.#first = (this.#first + 1) & (this.#times.length - 1)
      this.#count--
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#count = 0
    this.#goodSum = 0
    this.#badSum = 0
  }

  #floor(nowMs: number): number {
    return Math.floor(nowMs / this.#grain) * this.#grain
  }

  /** Never beyond the bound: a window has fewer grains than that. */
  #grow(): void {
    const size = this.#times.length
    const unroll = (from: Float64Array) => {
      const to = new Float64Array(size * 2)
      to.set(from.subarray(this.#first))
      to.set(from.subarray(0, this.#first), size - this.#first)
      return to
    }
    this.#times = unroll(this.#times)
    this.#good = unroll(this.#good)
    this.#bad = unroll(this.#bad)
    this.#first = 0
  }
}
