/**
 * Pre-trade value at risk: an order that would bring the parametric value at risk of the portfolio above its limit is
 * refused, unless it lowers it. Positions count with what works, wherever it adds to the risk, at the prices of now; the
 * covariance comes from the owner, and what is too old or does not cover an instrument refuses.
 *
 * The same matrix tells how much of the portfolio moves together: positions whose correlation with the order's instrument
 * is high count together against a limit of their own.
 */
import { TradewireError } from '../core/errors.js'
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
  /** Values of positions, how low and how high working orders could take them, and where they are worst. */
  #values = new Float64Array(0)
  #low = new Float64Array(0)
  #high = new Float64Array(0)
  #at = new Float64Array(0)

  constructor({ exposure, valuer, sizes }: GateParts, options: VarLimitOptions) {
    if (options.limit === undefined && options.maxCorrelated === undefined)
      throw new TradewireError('TW_INVALID_CONFIG', 'risk.valueAtRisk needs limit, maxCorrelated, or both')
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
    this.#low = new Float64Array(covariance.size)
    this.#high = new Float64Array(covariance.size)
    this.#at = new Float64Array(covariance.size)
    this.#asOfNs = nowNs
  }

  check(_row: number, order: Subject): number {
    const own = this.#rowOf[order.instrument] as number
    if (own < 0 || !(order.nowNs - this.#asOfNs <= this.#maxAgeNs)) return Verdict.varLimit
    this.#mark()
    const { side, unitValue } = order
    const edge = side > 0 ? this.#high : this.#low
    const wanted = side * Math.max(0, order.quantity - order.filled - order.reserved) * unitValue
    const before = this.#worstVariance(own, edge[own])
    const togetherBefore = this.#correlated(own, edge[own])
    edge[own] = edge[own] + wanted
    const after = this.#worstVariance(own, edge[own])
    if (!(after <= before) && isAbove(this.#z * Math.sqrt(after), this.#limit)) return Verdict.varLimit
    if (this.#maxCorrelated === Number.POSITIVE_INFINITY) return 0
    const together = this.#correlated(own, edge[own])
    return isAbove(together, this.#maxCorrelated) && !(together <= togetherBefore) ? Verdict.correlation : 0
  }

  describe(): { limit: string; observed: string } {
    return { limit: `value at risk ${this.#limit}`, observed: 'more, or no covariance for the instrument' }
  }

  /** Values of positions over all accounts, and how far working orders could take them. NaN where something has no price. */
  #mark(): void {
    const { position, buying, selling } = this.#exposure
    for (let row = 0; row < this.#values.length; row++) {
      const instrument = this.#indexOf[row] as number
      let held = 0
      let buys = 0
      let sells = 0
      for (let account = 0; account < this.#accounts; account++) {
        const key = this.#exposure.keyOf(account, instrument)
        held += position[key]
        buys += buying[key]
        sells += selling[key]
      }
      const unit = held === 0 && buys === 0 && sells === 0 ? 0 : this.#valuer.atReference(instrument)
      this.#values[row] = held * unit
      this.#high[row] = (held + buys) * unit
      this.#low[row] = (held - sells) * unit
    }
  }

  /**
   * The largest variance that fills of working orders can lead to, once the order's own instrument is worth so much: each of
   * the others in turn goes where the variance is largest, twice round. What offsets a risk counts as not filled.
   */
  #worstVariance(own: number, value: number): number {
    const { size, values: cells } = this.#covariance
    const at = this.#at
    at.set(this.#values)
    at[own] = value
    for (let turn = 0; turn < 2; turn++) {
      for (let i = 0; i < size; i++) {
        if (i === own || (this.#low[i] === this.#values[i] && this.#high[i] === this.#values[i])) continue
        let others = 0
        for (let j = 0; j < size; j++) if (j !== i && at[j] !== 0) others += cells[i * size + j] * at[j]
        const variance = cells[i * size + i]
        const part = (value: number) => value * (variance * value + 2 * others)
        let worst = this.#values[i]
        // Written so that NaN is the worst.
        if (!(part(this.#high[i]) <= part(worst))) worst = this.#high[i]
        if (!(part(this.#low[i]) <= part(worst))) worst = this.#low[i]
        at[i] = worst
      }
    }
    let variance = 0
    for (let i = 0; i < size; i++) {
      if (at[i] === 0) continue
      let sum = 0
      for (let j = 0; j < size; j++) if (at[j] !== 0) sum += cells[i * size + j] * at[j]
      variance += at[i] * sum
    }
    return variance
  }

  /** Value that moves with an instrument whose value is given, signed by correlation, at worst: what offsets it does not count. */
  #correlated(own: number, value: number): number {
    const { size, values: cells } = this.#covariance
    let total = Math.abs(value)
    for (let j = 0; j < size; j++) {
      const [low, high] = [this.#low[j], this.#high[j]]
      if (j === own || (low === 0 && high === 0)) continue
      const correlation = cells[own * size + j] / Math.sqrt(cells[own * size + own] * cells[j * size + j])
      if (Math.abs(correlation) < this.#correlationFrom) continue
      // What never moved has no correlation: it is taken for the worst.
      if (Number.isNaN(correlation)) total += Math.max(Math.abs(low), Math.abs(high))
      else total += Math.max(0, value * correlation > 0 ? high : -low)
    }
    return total
  }
}
