/**
 * An exact sliding window: in every interval of the window's length at most `limit` events pass.
 *
 * It remembers the times of the last `limit` events in a ring; the next may pass when the oldest of them has left the
 * window. Constant time, no allocation, and no burst at a bucket's edge.
 */
import { TradewireError } from '../core/errors.js'

/** A monotonic time, passed as part of an object: a double as an argument costs an allocation where the call is not inlined. */
export interface Moment {
  readonly nowNs: number
}

/** Counts events against a limit per window. */
export class SlidingWindow {
  readonly limit: number
  readonly windowNs: number
  readonly #times: Float64Array
  #oldest = 0
  /** Events counted whose delay is not known. */
  #waiting = 0
  /** The oldest event whose delay is not known, see {@link delay}. */
  #undelayed = 0

  /** `limit`: events per window, 1 to 1,000,000. `windowMs` > 0. */
  constructor(limit: number, windowMs: number) {
    if (!Number.isInteger(limit) || limit < 1 || limit > 1_000_000) {
      throw new TradewireError(
        'TW_INVALID_CONFIG',
        `throttle.limit must be a whole number from 1 to 1000000, got ${limit}`,
      )
    }
    if (!(windowMs > 0))
      throw new TradewireError('TW_INVALID_CONFIG', `throttle.windowMs must be above 0, got ${windowMs}`)
    this.limit = limit
    this.windowNs = windowMs * 1_000_000
    this.#times = new Float64Array(limit).fill(Number.NEGATIVE_INFINITY)
  }

  /** Whether an event at a monotonic time may pass. Changes nothing. */
  hasRoom({ nowNs }: Moment): boolean {
    return nowNs - this.#times[this.#oldest] >= this.windowNs
  }

  /** Counts an event that passes. */
  take({ nowNs }: Moment): void {
    const taken = this.#oldest
    this.#times[taken] = nowNs
    this.#oldest = taken + 1 === this.limit ? 0 : taken + 1
    // One that never happened, or was never delayed, has left the window.
    this.#waiting++
    if (this.#waiting > this.limit) {
      this.#waiting = this.limit
      this.#undelayed = this.#oldest
    }
  }

  /**
   * The oldest event that was counted and has not been delayed yet happens now, and not when it was counted: what waits for a
   * disk leaves later than it was approved. Events leave in the order in which they were counted.
   */
  delay({ nowNs }: Moment): void {
    if (this.#waiting === 0) return
    this.#waiting--
    this.#times[this.#undelayed] = nowNs
    this.#undelayed = this.#undelayed + 1 === this.limit ? 0 : this.#undelayed + 1
  }

  /** Events within the window that ends now. */
  used({ nowNs }: Moment): number {
    let used = 0
    for (let i = 0; i < this.limit; i++) if (nowNs - this.#times[i] < this.windowNs) used++
    return used
  }
}
