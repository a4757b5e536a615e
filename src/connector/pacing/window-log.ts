/**
 * One sliding window, exact: the times and weights of what was sent and still counts. A bucket per second would let twice
 * the limit through around the turn of the second; this does not.
 *
 *        oldest                        now
 *   ── ─ ─ ─ x ── x x ──── x ───────── ┤
 *            └──────── windowNs ───────┘  what lies in here, both ends included, is at most `limit`
 */
import { NS_PER_MS } from '../../core/clock.js'
import { type CheckedPacing, type PacingWindow, pacingClasses } from './pacing-options.js'

/** What one window has seen. Its memory grows with use and is bounded by the limit: a message weighs at least 1. */
export class WindowLog {
  /** What a message of a class counts, and how much of the window is open to the class; by index of the class. */
  readonly weights: readonly number[]
  readonly open: readonly number[]
  readonly #windowNs: number
  #times = new Float64Array(64)
  #sizes = new Float64Array(64)
  #head = 0
  #count = 0
  #sum = 0

  constructor({ limit, windowMs, weights = {} }: PacingWindow, { reserve }: Pick<CheckedPacing, 'reserve'>) {
    this.#windowNs = windowMs * NS_PER_MS
    this.weights = pacingClasses.map((kind) => weights[kind] ?? 1)
    const [cancel, reduce, order] = this.weights as readonly [number, number, number]
    const forCancels = cancel > 0 ? Math.floor(limit * reserve.cancels) : 0
    const forReduces = forCancels + (reduce > 0 ? Math.floor(limit * reserve.reduces) : 0)
    const hasOrders = cancel > 0 || reduce > 0 || order > 0
    const forOrders = hasOrders ? Math.floor(limit * reserve.orders) : 0
    const rest = limit - Math.max(forReduces, forOrders)
    this.open = [limit, limit - forCancels, limit - forReduces, rest, rest, rest]
  }

  /** What counts at a moment. */
  used(nowNs: number): number {
    this.#forget(nowNs)
    return this.#sum
  }

  /** Whether a message of a class and a weight may be sent now. */
  fits(nowNs: number, kind: number, weight: number): boolean {
    const size = (this.weights[kind] as number) * weight
    if (size === 0) return true
    this.#forget(nowNs)
    return this.#sum + size <= (this.open[kind] as number)
  }

  /** Earliest moment at which it may be sent if nothing else is; `nowNs` when it may now. It must not be heavier than what is open to its class. */
  freeAtNs(nowNs: number, kind: number, weight: number): number {
    const size = (this.weights[kind] as number) * weight
    if (size === 0) return nowNs
    this.#forget(nowNs)
    let sum = this.#sum
    const most = (this.open[kind] as number) - size
    const mask = this.#times.length - 1
    for (let i = 0; sum > most; i++) {
      const at = (this.#head + i) & mask
      sum -= this.#sizes[at] as number
      if (sum <= most) return (this.#times[at] as number) + this.#windowNs + 1
    }
    return nowNs
  }

  /** Counts a message. */
  add(nowNs: number, kind: number, weight: number): void {
    const size = (this.weights[kind] as number) * weight
    if (size === 0) return
    if (this.#count === this.#times.length) this.#grow()
    const at = (this.#head + this.#count++) & (this.#times.length - 1)
    this.#times[at] = nowNs
    this.#sizes[at] = size
    this.#sum += size
  }

  #forget(nowNs: number): void {
    const oldest = nowNs - this.#windowNs
    const mask = this.#times.length - 1
    while (this.#count > 0 && (this.#times[this.#head] as number) < oldest) {
      this.#sum -= this.#sizes[this.#head] as number
      this.#head = (this.#head + 1) & mask
      this.#count--
    }
  }

  #grow(): void {
    const grown = (old: Float64Array) => {
      const wide = new Float64Array(old.length * 2)
      const tail = old.subarray(this.#head)
      wide.set(tail)
      wide.set(old.subarray(0, this.#head), tail.length)
      return wide
    }
    this.#times = grown(this.#times)
    this.#sizes = grown(this.#sizes)
    this.#head = 0
  }
}
