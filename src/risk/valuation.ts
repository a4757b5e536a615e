/** What the gate values an order at, and the collar around a reference. */
import { compareProducts } from '../math/wide.js'
import { hasLimit } from '../orders/codes.js'
import { PARTS } from './limits.js'
import type { Subject } from './subject.js'

/**
 * The price an order is valued at: its limit, else its trigger or the reference, moved by the collar to the expensive side.
 * NaN when there is none. `collarParts` is negative when the collar is off.
 */
export function valuationUnits({ type, price, trigger, referenceUnits }: Subject, collarParts: number): number {
  if (hasLimit(type)) return price
  const base = Number.isNaN(trigger)
    ? referenceUnits
    : Math.max(Math.abs(trigger), Number.isNaN(referenceUnits) ? 0 : Math.abs(referenceUnits))
  return Math.ceil(Math.abs(base) * (1 + Math.max(0, collarParts) / PARTS))
}

/** The highest price units inside the collar around a reference. */
export function highestInside(referenceUnits: number, collarParts: number): number {
  if (collarParts < 0) return Number.POSITIVE_INFINITY
  return floorShare(referenceUnits, PARTS + widthOf(referenceUnits, collarParts), PARTS)
}

/** The lowest price units inside the collar around a reference. */
export function lowestInside(referenceUnits: number, collarParts: number): number {
  if (collarParts < 0) return Number.NEGATIVE_INFINITY
  return -floorShare(-referenceUnits, PARTS - widthOf(referenceUnits, collarParts), PARTS)
}

function widthOf(referenceUnits: number, collarParts: number): number {
  return referenceUnits < 0 ? -collarParts : collarParts
}

/** The largest integer that is not above `units * multiplier / divisor`. */
function floorShare(units: number, multiplier: number, divisor: number): number {
  let share = Math.floor((units / divisor) * multiplier)
  // The estimate is a few units off at most: exact products say which way.
  while (compareProducts(share, divisor, units, multiplier) > 0) share--
  while (compareProducts(share + 1, divisor, units, multiplier) <= 0) share++
  return share
}
