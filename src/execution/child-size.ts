/** How large the next child is: what the algorithm wants, within what may be sent, on the grid of lots and venue minimums. */
import type { Instrument } from '../model/instrument.js'
import type { ChildDecision, ParentView } from './algorithm.js'
import { floorLot } from './units.js'

/** The smallest child that a venue takes: by its quantity, and by its value at a price in units; by quantity alone where that is NaN. */
export function leastChild(instrument: Instrument, priceUnits: number): number {
  const byQuantity = Math.max(1, instrument.minQuantityUnits)
  if (instrument.minValueUnits <= 0) return byQuantity
  const units = Math.ceil(instrument.minValueUnits / (instrument.isInverse ? 1 : Math.abs(priceUnits)))
  if (!(units < Number.POSITIVE_INFINITY)) return byQuantity
  const step = instrument.sizeStepUnits
  return Math.max(byQuantity, Math.ceil(units / step) * step)
}

/** The largest child that the venue takes now. */
function mostChild(view: ParentView): number {
  const { instrument } = view
  if (instrument.maxValueUnits === Number.POSITIVE_INFINITY) return instrument.maxQuantityUnits
  const units = Math.floor(instrument.maxValueUnits / (instrument.isInverse ? 1 : boundaryPrice(view, Math.max)))
  return units >= 0 ? Math.min(instrument.maxQuantityUnits, units) : instrument.maxQuantityUnits
}

/** Lowest or highest price of bid and ask, or of the limit or the last trade where there are none; NaN without any. */
function boundaryPrice({ bidUnits, askUnits, limitUnits, lastUnits }: ParentView, pick: typeof Math.min): number {
  const price = Number.isNaN(bidUnits) ? askUnits : Number.isNaN(askUnits) ? bidUnits : pick(bidUnits, askUnits)
  if (!Number.isNaN(price)) return Math.abs(price)
  return Math.abs(Number.isNaN(limitUnits) ? lastUnits : limitUnits)
}

/**
 * Size of the next child in units; 0 sends nothing now.
 *
 * A multiple of the round lot, unless it completes the order or is a slice of the plan in full. What it leaves is never too
 * small for the venue, by quantity or by value: such a rest goes with it, or it leaves a larger one. `allowance`: what the share of the market's
 * volume leaves.
 */
export function childSize(view: ParentView, decision: ChildDecision, allowance: number): number {
  const { unsentUnits, lotUnits, minSliceUnits, maxSliceUnits, instrument } = view
  if (unsentUnits <= 0) return 0
  const hasTarget = !Number.isNaN(decision.targetUnits)
  const wanted = hasTarget
    ? Math.min(decision.targetUnits - view.filledUnits - view.workingUnits, unsentUnits)
    : Math.min(decision.quantityUnits, unsentUnits)
  // Not a number is not above 0 either.
  if (!(wanted > 0)) return 0
  const step = instrument.sizeStepUnits
  const cap = floorLot(Math.min(maxSliceUnits, mostChild(view), Math.max(0, allowance), unsentUnits), step)
  let units = Math.min(wanted, cap)
  const least = leastChild(instrument, boundaryPrice(view, Math.min))
  if (units < unsentUnits) {
    units = floorLot(units, hasTarget || units < wanted ? Math.max(lotUnits, step) : step)
    if (units < minSliceUnits) return 0
    const rest = unsentUnits - units
    // A rest that the venue would not take goes along, or stays large enough.
    if (rest > 0 && rest < least) units = unsentUnits <= cap ? unsentUnits : floorLot(unsentUnits - least, lotUnits)
  }
  return units < least ? 0 : units
}
