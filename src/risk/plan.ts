/**
 * Everything about an instrument that an order is compared with, side by side in one row of numbers: made when the
 * instrument is first traded, and again for its reference price whenever that changes.
 *
 * A row that was never made holds NaN, with which every comparison fails.
 */
import { LIMB } from '../math/wide.js'
import type { Instrument } from '../model/instrument.js'
import type { InstrumentLimits } from './limits.js'
import * as Plan from './plan-fields.js'
import { highestInside, lowestInside } from './valuation.js'

/** The plan of all instruments of a gate. */
export class GatePlan {
  readonly cells: Float64Array
  readonly #collarParts: number
  readonly #warnAt: number

  /** `warnAt`: share of the largest value of an order from which on it is warned about. */
  constructor(instruments: number, collarParts: number, warnAt: number) {
    this.#warnAt = warnAt
    this.cells = new Float64Array(instruments * Plan.STRIDE).fill(Number.NaN)
    this.#collarParts = collarParts
  }

  /** Writes the limits of an instrument. */
  compile(limits: InstrumentLimits): void {
    const { instrument } = limits
    const { cells } = this
    const at = instrument.index * Plan.STRIDE
    cells[at + Plan.LEAST_QUANTITY] = limits.leastQuantityUnits
    cells[at + Plan.MOST_QUANTITY] = Math.min(limits.maxQuantityUnits, limits.mostQuantityUnits)
    cells[at + Plan.QUANTITY_STEP] = limits.sizeStepUnits
    cells[at + Plan.LEAST_PRICE] = limits.leastPriceUnits
    cells[at + Plan.MOST_PRICE] = limits.mostPriceUnits
    const hasBands = (instrument.definition.priceBands?.length ?? 0) > 0
    cells[at + Plan.PRICE_STEP] = hasBands ? Number.NaN : instrument.priceStepUnits
    cells[at + Plan.MOST_VALUE] = mostValue(limits)
    cells[at + Plan.MOST_POSITION] = limits.maxPositionUnits
    cells[at + Plan.WARN_VALUE] = limits.isInverse
      ? Number.NaN
      : (limits.maxNotionalHigh * LIMB + limits.maxNotionalLow) * this.#warnAt
  }

  /**
   * Writes a reference in price units, and the highest and lowest limit price inside the collar around it. A price that the
   * instrument cannot have is none: NaN.
   */
  convertReference(instrument: Instrument, price: number): void {
    const { cells } = this
    const at = instrument.index * Plan.STRIDE
    const nearest = instrument.nearestPriceUnits(price)
    const units = nearest > 0 || instrument.allowsNegativePrices ? nearest : Number.NaN
    cells[at + Plan.REFERENCE] = price
    cells[at + Plan.REFERENCE_UNITS] = units
    const isUsable = !Number.isNaN(units)
    cells[at + Plan.BOUND] = isUsable ? highestInside(units, this.#collarParts) : Number.NaN
    cells[at + Plan.BOUND + 1] = isUsable ? -lowestInside(units, this.#collarParts) : Number.NaN
  }
}

/**
 * Below 2^53 the product of doubles is exact; what a limit beyond that allows, an inverse contract, or a smallest value is
 * decided control by control.
 */
function mostValue(limits: InstrumentLimits): number {
  const { isInverse, maxNotionalHigh, maxNotionalLow, leastValueUnits, mostValueUnits } = limits
  if (isInverse || maxNotionalHigh < 0 || leastValueUnits > 0) return Number.NaN
  const most = Math.min(Number.MAX_SAFE_INTEGER - 1, mostValueUnits)
  return maxNotionalHigh > 0 ? most : Math.min(most, maxNotionalLow)
}
