/**
 * Prices as multiples of a step. A price is either exactly the double nearest to `key * step`, then it has an integer
 * key, or it is off the grid and has none: nothing is ever rounded onto the grid.
 */
import { TradewireError } from '../core/errors.js'
import { powerOfTen, scaleOf, toUnits } from '../model/decimal.js'

/** Prices in decimal units stay below this: products are exact, and finding a key by multiplication errs by less than half a step. */
const largestExact = 2 ** 50

/** The grid of one price step. Immutable. */
export class PriceGrid {
  /** Keys per unit of price, approximately: {@link keyOf} proves its result. */
  readonly perUnit: number
  /** The step is `stepUnits / scale` exactly. */
  readonly stepUnits: number
  readonly scale: number

  /** @throws TradewireError `TW_INVALID_ARGUMENT` unless the step is a positive decimal of at most 18 digits behind the point. */
  constructor(priceStep: string | number) {
    const digits = scaleOf(priceStep, 'priceStep')
    const stepUnits = digits > 18 ? Number.NaN : toUnits(priceStep, digits, 'priceStep')
    if (!(stepUnits > 0)) {
      throw new TradewireError(
        'TW_INVALID_ARGUMENT',
        `priceStep ${priceStep} must be a positive decimal of at most 18 digits; pass the instrument's priceIncrement`,
      )
    }
    this.stepUnits = stepUnits
    this.scale = powerOfTen(digits)
    this.perUnit = this.scale / stepUnits
  }

  /** Number of steps in a price; NaN when it is off the grid or too large to tell. */
  keyOf(price: number): number {
    const key = Math.floor(price * this.perUnit + 0.5)
    const units = key * this.stepUnits
    return units / this.scale === price && units < largestExact && units > -largestExact ? key : Number.NaN
  }

  /** Whether every key from `low` to `high` has a price that {@link keyOf} gives back. */
  spans(low: number, high: number): boolean {
    return low * this.stepUnits > -largestExact && high * this.stepUnits < largestExact
  }

  /** The price of a key: the double nearest to the decimal value. */
  priceOf(key: number): number {
    return (key * this.stepUnits) / this.scale
  }
}
