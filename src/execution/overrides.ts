/** Decisions that stand above every algorithm: a price at which everything goes, the time after the window, a better price. */
import type { ChildDecision, ParentView } from './algorithm.js'
import type { ParentTerms } from './parent-terms.js'

/** Working children are priced anew at least this far apart after the window. */
const extensionUs = 1_000_000

/** "I would": at this price or better, everything that is left, as far as it is displayed. Whether that holds now. */
export function wouldTakeAll(view: ParentView, terms: ParentTerms, decision: ChildDecision): boolean {
  const { iWouldUnits, side, noTakeLiquidity } = terms
  if (!(side * (view.farUnits - iWouldUnits) <= 0) || noTakeLiquidity) return false
  const takenUnits = Math.min(view.unsentUnits, view.farSizeUnits > 0 ? view.farSizeUnits : view.unsentUnits)
  // Less than a child may be keeps the plan from nothing.
  if (view.farSizeUnits > 0 && Math.min(view.farSizeUnits, view.totalUnits - view.filledUnits) < view.minSliceUnits)
    return false
  decision.quantityUnits = takenUnits
  decision.priceUnits = iWouldUnits
  decision.timeInForce = 'IOC'
  if (view.unsentUnits <= 0) decision.cancelsWorking = true
  return true
}

/** After the end of the window: everything, priced anew now and then. `fullStartUs`: when the order began. */
export function decideExtension(view: ParentView, fullStartUs: number, decision: ChildDecision): void {
  const everyUs = Math.max(extensionUs, Math.floor((view.endUs - fullStartUs) / 10))
  const round = Math.floor((view.nowUs - view.endUs) / everyUs)
  decision.targetUnits = view.totalUnits
  decision.slice = -1 - round
  decision.nextUs = view.endUs + (round + 1) * everyUs
}

/** The price of a working child bettered by some ticks, never through the limit. */
export function betteredPrice(priceUnits: number, view: ParentView, terms: ParentTerms): number {
  const price = priceUnits + view.instrument.priceStepAt(priceUnits) * terms.payUpTicks * terms.side
  return terms.side * (price - view.limitUnits) > 0 ? view.limitUnits : price
}
