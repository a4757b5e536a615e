/**
 * Values of orders and positions in the base currency, as doubles: for limits on sums over instruments. Sums of doubles are
 * right to about 15 digits; see {@link isAbove} for how limits are compared with them.
 */

import { powerOfTen } from '../model/decimal.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import { hasLimit } from '../orders/codes.js'
import { type RiskLimits, rateOf } from './limits.js'
import type { ReferencePrices } from './reference-prices.js'
import type { Subject } from './subject.js'
import { valuationUnits } from './valuation.js'

/**
 * Whether a sum of values is above a limit. What differs from it by less than a 10^12th is the limit: rounding of sums must
 * not refuse an order that is exactly at it, and one unit of anything is more than that.
 */
export function isAbove(sum: number, limit: number): boolean {
  return !(sum <= limit + Math.abs(limit) * 1e-12)
}

/** Values of quantity units by instrument. Figures lie in arrays and fields: doubles that are passed on may cost memory. */
export class Valuer {
  /** Base currency for one quantity unit at a price of 1 (inverse contracts: at any price). NaN: not looked up, or no rate. */
  readonly factor: Float64Array
  /** Value of one price unit as a price; 0 for inverse contracts. */
  readonly #priceUnit: Float64Array
  /** Quantity of one quantity unit. */
  readonly sizeUnit: Float64Array
  /** 1 for contracts whose value does not depend on the price. */
  readonly isInverse: Uint8Array
  readonly references: ReferencePrices
  readonly #instruments: InstrumentRegistry
  readonly #limits: RiskLimits
  /** Collar that orders without a limit price are valued with; see `CompiledLimits`. Kept up to date by the gate. */
  collarParts = -1

  constructor(count: number, instruments: InstrumentRegistry, references: ReferencePrices, limits: RiskLimits) {
    this.factor = new Float64Array(count).fill(Number.NaN)
    this.#priceUnit = new Float64Array(count)
    this.sizeUnit = new Float64Array(count)
    this.isInverse = new Uint8Array(count)
    this.#instruments = instruments
    this.references = references
    this.#limits = limits
  }

  /**
   * Sets the value of one unit of an order: at its own price, or the reference where that is higher. NaN when it cannot be
   * valued.
   */
  value(order: Subject): void {
    const { instrument } = order
    this.resolve(instrument)
    const factor = this.factor[instrument]
    if (this.isInverse[instrument] === 1) {
      order.unitValue = factor
      return
    }
    const units = hasLimit(order.type) ? order.price : valuationUnits(order, this.collarParts)
    const own = factor * Math.abs(units) * this.#priceUnit[instrument]
    const reference = factor * Math.abs(this.references.reference[instrument])
    order.unitValue = reference > own ? reference : own
  }

  /** Looks an instrument up, once. */
  resolve(index: number): void {
    if (this.factor[index] > 0) return
    const instrument = this.#instruments.at(index)
    const rate = rateOf(instrument.currency, this.#limits)
    this.sizeUnit[index] = 1 / powerOfTen(instrument.sizeScale)
    this.#priceUnit[index] = 1 / powerOfTen(instrument.priceScale)
    this.isInverse[index] = instrument.isInverse ? 1 : 0
    if (rate !== undefined)
      this.factor[index] = (instrument.multiplierNumber * rate.toNumber()) / powerOfTen(instrument.sizeScale)
  }

  /** Value of one quantity unit at the last reference, however old; NaN where there never was one, or there is no rate. */
  atReference(instrument: number): number {
    this.resolve(instrument)
    return this.isInverse[instrument] === 1
      ? this.factor[instrument]
      : this.factor[instrument] * Math.abs(this.references.reference[instrument])
  }
}
