/** A limit on messages in a time that slides: no window of that length, wherever it begins, holds more than so many. */
import { NS_PER_MS } from '../../../core/clock.js'
import type { ThrottleConfig } from './config.js'

/** Counts messages against a limit. */
export class MessageThrottle {
  readonly #windowNs: number
  /** When the latest messages went out, as a ring of as many as the limit allows. */
  readonly #times: Float64Array
  #next = 0

  constructor(config: ThrottleConfig) {
    this.#windowNs = config.windowMs * NS_PER_MS
    this.#times = new Float64Array(config.messages).fill(Number.NEGATIVE_INFINITY)
  }

  /** When the next message may go out: now or before, or later. */
  nextFreeNs(): number {
    return this.#times[this.#next] + this.#windowNs
  }

  /** Counts a message. */
  take(nowNs: number): void {
    this.#times[this.#next] = nowNs
    this.#next = this.#next + 1 === this.#times.length ? 0 : this.#next + 1
  }
}
