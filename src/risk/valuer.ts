/**
 * Values of orders and positions in the base currency, as doubles: for limits on sums over instruments. Sums of doubles are
 * right to about 15 digits; see {@link isAbove} for how limits are compared with them.
 */

import { powerOfTen } from '../model/decimal.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import { type RiskLimits, rateOf } from './limits.js'
import type { ReferencePrices } from './reference-prices.js'

/**
 * Whether a sum of values is above a limit. What differs from it by less than a 10^12th is the limit: rounding of sums must
 * not refuse an order that is exactly at it, and one unit of anything is more than that.
 */
export function isAbove(sum: number, limit: number): boolean {
  return !(sum <= limit + Math.abs(limit) * 1e-12)
}

/** Values of quantity units by instrument. */
export class Valuer {
  /** Base currency for one quantity unit at a price of 1 (inverse contracts: at any price). NaN: not looked up yet. */
  readonly #factor: Float64Array
  readonly #priceUnit: Float64Array
  readonly #instruments: InstrumentRegistry
  readonly #references: ReferencePrices
  readonly #limits: RiskLimits
  /** Collar that orders without a limit price are valued with; see `CompiledLimits`. Kept up to date by the gate. */
  collarParts = -1

  constructor(count: number, instruments: InstrumentRegistry, references: ReferencePrices, limits: RiskLimits) {
    this.#factor = new Float64Array(count).fill(Number.NaN)
    this.#priceUnit = new Float64Array(count)
    this.#instruments = instruments
    this.#references = references
    this.#limits = limits
  }

  /** Value of one quantity unit at a limit price in units; NaN where there is no rate. */
  atPrice(instrument: number, priceUnits: number): number {
    const factor = this.#factorOf(instrument)
    const unit = this.#priceUnit[instrument]
    return unit === 0 ? factor : factor * Math.abs(priceUnits) * unit
  }

  /** Value of one quantity unit at the last reference, however old; NaN where there never was one, or there is no rate. */
  atReference(instrument: number): number {
    const factor = this.#factorOf(instrument)
    return this.#priceUnit[instrument] === 0 ? factor : factor * Math.abs(this.#references.reference[instrument])
  }

  #factorOf(index: number): number {
    const known = this.#factor[index]
    if (!Number.isNaN(known)) return known
    const instrument = this.#instruments.at(index)
    const rate = rateOf(instrument.currency, this.#limits)
    if (rate === undefined) return Number.NaN
    const factor = (instrument.multiplierNumber * rate.toNumber()) / powerOfTen(instrument.sizeScale)
    this.#factor[index] = factor
    this.#priceUnit[index] = instrument.isInverse ? 0 : 1 / powerOfTen(instrument.priceScale)
    return factor
  }
}
