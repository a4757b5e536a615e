/** How large the next child is: what the algorithm wants, within what may be sent, on the grid of lots and venue minimums. */
import type { ChildDecision, ParentView } from './algorithm.js'
import { floorLot } from './units.js'

/**
 * Size of the next child in units; 0 sends nothing now.
 *
 * A multiple of the round lot, unless it completes the order or is a slice of the plan in full. What it leaves is never too
 * small for the venue: such a rest goes with it, or it leaves a larger one. `allowance`: what the share of the market's
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
  const cap = floorLot(Math.min(maxSliceUnits, instrument.maxQuantityUnits, Math.max(0, allowance), unsentUnits), step)
  let units = Math.min(wanted, cap)
  const least = Math.max(1, instrument.minQuantityUnits)
  if (units < unsentUnits) {
    units = floorLot(units, hasTarget || units < wanted ? Math.max(lotUnits, step) : step)
    if (units < minSliceUnits) return 0
    const rest = unsentUnits - units
    // A rest that the venue would not take goes along, or stays large enough.
    if (rest > 0 && rest < least) units = unsentUnits <= cap ? unsentUnits : floorLot(unsentUnits - least, lotUnits)
  }
  return units < least ? 0 : units
}
