/**
 * Pre-trade value at risk: an order that would bring the parametric value at risk of the portfolio above its limit is
 * refused, unless it lowers it. Positions count with what works on the order's side for its own instrument, at the
 * prices of now; the covariance comes from the owner, and what is too old or does not cover an instrument refuses.
 *
 * The same matrix tells how much of the portfolio moves together: positions whose correlation with the order's instrument
 * is high count together against a limit of their own.
 */
import { normalQuantile } from '../math/normal.js'
import { Verdict } from './controls.js'
import type { Exposure } from './exposure.js'
import type { GateCheck, GateParts } from './gate-check.js'
import type { SquareMatrix } from './measures/covariance.js'
import { tailOf } from './measures/value-at-risk.js'
import type { Subject } from './subject.js'
import { isAbove, type Valuer } from './valuer.js'

/** Limits on what the portfolio may lose. */
export interface VarLimitOptions {
  /** Largest value at risk of a day, in the base currency. */
  limit?: number
  /** 0.95 unless given. */
  confidence?: number
  /** Age at which the covariance counts as unknown; a day unless given. */
  maxAgeMs?: number
  /** Largest value that moves together with an order's instrument. */
  maxCorrelated?: number
  /** Correlation from which on positions move together; 0.8 unless given. */
  correlationFrom?: number
}

/** See the file's header. */
export class VarLimit implements GateCheck {
  readonly needsPrices = true
  readonly #exposure: Exposure
  readonly #valuer: Valuer
  readonly #accounts: number
  readonly #limit: number
  readonly #z: number
  readonly #maxAgeNs: number
  readonly #maxCorrelated: number
  readonly #correlationFrom: number
  /** By instrument: row of the matrix, or -1. */
  readonly #rowOf: Int32Array
  #covariance: SquareMatrix = { size: 0, values: new Float64Array(0) }
  #indexOf: readonly number[] = []
  #asOfNs = Number.NEGATIVE_INFINITY
  #values = new Float64Array(0)

  constructor({ exposure, valuer, sizes }: GateParts, options: VarLimitOptions) {
    this.#exposure = exposure
    this.#valuer = valuer
    this.#accounts = sizes.account
    this.#limit = options.limit ?? Number.POSITIVE_INFINITY
    this.#z = -normalQuantile(tailOf(options.confidence ?? 0.95))
    this.#maxAgeNs = (options.maxAgeMs ?? 86_400_000) * 1_000_000
    this.#maxCorrelated = options.maxCorrelated ?? Number.POSITIVE_INFINITY
    this.#correlationFrom = options.correlationFrom ?? 0.8
    this.#rowOf = new Int32Array(sizes.instrument).fill(-1)
  }

  /** The covariance of daily returns of instruments (by their index), as of a monotonic time. */
  setCovariance(instruments: readonly number[], covariance: SquareMatrix, nowNs: number): void {
    this.#rowOf.fill(-1)
    for (const [row, instrument] of instruments.entries()) this.#rowOf[instrument] = row
    this.#indexOf = [...instruments]
    this.#covariance = { size: covariance.size, values: covariance.values.slice() }
    this.#values = new Float64Array(covariance.size)
    this.#asOfNs = nowNs
  }

  check(_row: number, order: Subject): number {
    const own = this.#rowOf[order.instrument] as number
    if (own < 0 || !(order.nowNs - this.#asOfNs <= this.#maxAgeNs)) return Verdict.varLimit
    const values = this.#values
    for (let row = 0; row < values.length; row++) values[row] = this.#valueOf(this.#indexOf[row] as number)
    const exposure = this.#exposure
    const unit = order.unitValue
    const working = order.side * exposure.working[exposure.sideKey(order.key, order.side)] * unit
    const wanted = Math.max(0, order.quantity - order.filled - order.reserved)
    const before = this.#variance(own, 0)
    const after = this.#variance(own, working + order.side * wanted * unit)
    if (!(after <= before) && isAbove(this.#z * Math.sqrt(after), this.#limit)) return Verdict.varLimit
    if (this.#maxCorrelated === Number.POSITIVE_INFINITY) return 0
    const total = this.#correlated(own, working + order.side * wanted * unit)
    return isAbove(total, this.#maxCorrelated) && total > this.#correlated(own, 0) ? Verdict.correlation : 0
  }

  describe(): { limit: string; observed: string } {
    return { limit: `value at risk ${this.#limit}`, observed: 'more, or no covariance for the instrument' }
  }

  /** Value of the position in an instrument over all accounts; 0 where there is none, NaN where it has no price. */
  #valueOf(instrument: number): number {
    let units = 0
    for (let account = 0; account < this.#accounts; account++)
      units += this.#exposure.position[this.#exposure.keyOf(account, instrument)]
    return units === 0 ? 0 : units * this.#valuer.atReference(instrument)
  }

  /** Variance of the profit when the value of one position is so much more. */
  #variance(own: number, more: number): number {
    const { size, values: cells } = this.#covariance
    const values = this.#values
    let variance = 0
    for (let i = 0; i < size; i++) {
      const a = values[i] + (i === own ? more : 0)
      if (a === 0) continue
      let sum = 0
      for (let j = 0; j < size; j++) sum += cells[i * size + j] * (values[j] + (j === own ? more : 0))
      variance += a * sum
    }
    return variance
  }

  /** Value that moves with an instrument, signed by correlation: what offsets it does not count. */
  #correlated(own: number, more: number): number {
    const { size, values: cells } = this.#covariance
    let total = Math.abs(this.#values[own] + more)
    const side = Math.sign(this.#values[own] + more)
    for (let j = 0; j < size; j++) {
      if (j === own || this.#values[j] === 0) continue
      const correlation = cells[own * size + j] / Math.sqrt(cells[own * size + own] * cells[j * size + j])
      if (Math.abs(correlation) < this.#correlationFrom) continue
      // What never moved has no correlation: it is taken for the worst.
      total += Number.isNaN(correlation)
        ? Math.abs(this.#values[j])
        : Math.max(0, side * Math.sign(correlation) * this.#values[j])
    }
    return total
  }
}
