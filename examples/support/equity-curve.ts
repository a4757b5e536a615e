/** Equity over time, sampled on the system's clock, and the largest loss from a peak. */
import type { TradingSystem } from 'tradewire'

/** One sample. */
export interface EquityPoint {
  readonly tsUs: number
  readonly equity: number
}

/** Samples a running system. */
export class EquityCurve {
  readonly points: EquityPoint[] = []
  /** Largest fall from an earlier high, in the base currency. */
  maxDrawdown = 0
  #events = -1
  #peak = Number.NEGATIVE_INFINITY
  readonly #system: TradingSystem

  constructor(system: TradingSystem) {
    this.#system = system
  }

  /** Takes a sample each `intervalMs` of the system's clock; the returned function ends it. */
  start(intervalMs: number): () => void {
    const timer = this.#system.time.every(intervalMs, () => this.sample())
    return () => timer.cancel()
  }

  /** Takes a sample, unless the market has not moved since the last. */
  sample(): void {
    const events = this.#system.ring.head
    if (events === this.#events) return
    this.#events = events
    const { equity, tsUs } = this.#system.snapshot()
    if (equity === undefined) return // a position without a price: there is no figure rather than a wrong one
    const value = equity.toNumber()
    this.points.push({ tsUs, equity: value })
    this.#peak = Math.max(this.#peak, value)
    this.maxDrawdown = Math.max(this.maxDrawdown, this.#peak - value)
  }
}
