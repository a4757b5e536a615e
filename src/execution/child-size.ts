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

/** The smallest child of this order now. What only reduces a position may be worth less: the rest of it has to be closed, too. */
function leastOf(view: ParentView, priceUnits: number): number {
  const { instrument, reducesOnly } = view
  return leastChild(instrument, reducesOnly ? Number.NaN : boundaryPrice(view, priceUnits, Math.min))
}

/** The smallest child that is sent beside others: by what the order allows, and by what the venue takes now. */
export function leastBesideOthers(view: ParentView, quantityUnits: number): number {
  return Math.max(leastOf(view, Number.NaN), Math.min(view.minSliceUnits, quantityUnits))
}

/** The largest child that the venue takes now. */
function mostChild(view: ParentView, priceUnits: number): number {
  const { instrument } = view
  if (instrument.maxValueUnits === Number.POSITIVE_INFINITY) return instrument.maxQuantityUnits
  const price = instrument.isInverse ? 1 : boundaryPrice(view, priceUnits, Math.max)
  const units = Math.floor(instrument.maxValueUnits / price)
  return units >= 0 ? Math.min(instrument.maxQuantityUnits, units) : instrument.maxQuantityUnits
}

/** Lowest or highest of bid, ask and the child's own price; of the limit or the last trade where there are none; NaN without any. */
function boundaryPrice(view: ParentView, priceUnits: number, pick: typeof Math.min): number {
  const price = picked(picked(view.bidUnits, view.askUnits, pick), priceUnits, pick)
  if (!Number.isNaN(price)) return price
  return Math.abs(Number.isNaN(view.limitUnits) ? view.lastUnits : view.limitUnits)
}

/** One of two prices by their size; the other where one is not there. */
function picked(first: number, second: number, pick: typeof Math.min): number {
  if (Number.isNaN(first)) return Math.abs(second)
  return Number.isNaN(second) ? Math.abs(first) : pick(Math.abs(first), Math.abs(second))
}

/** Whether what is left is too small for a child at a price; NaN: at the market. */
export function isTooSmall(view: ParentView, priceUnits: number): boolean {
  return view.unsentUnits > 0 && view.unsentUnits < leastOf(view, priceUnits)
}

/** Whether everything that works, taken back, would be too small for another child: better priced anew than replaced. */
export function wouldStrand(view: ParentView): boolean {
  return view.unsentUnits + view.workingUnits < leastOf(view, Number.NaN)
}

/**
 * Whether what is left is too small for the venue at every price that is known: of now, of the limit, and of the market when
 * the order came (by quantity alone where nothing is known of that time). No child will ever be made of it.
 */
export function isStranded(view: ParentView, arrivalUnits: number): boolean {
  const { unsentUnits, instrument, reducesOnly, bidUnits, askUnits, limitUnits, lastUnits } = view
  if (unsentUnits <= 0) return false
  const touch = picked(bidUnits, askUnits, Math.max)
  const known = picked(picked(limitUnits, lastUnits, Math.max), arrivalUnits, Math.max)
  const isUnpriced = reducesOnly || Number.isNaN(arrivalUnits)
  return unsentUnits < leastChild(instrument, isUnpriced ? Number.NaN : picked(touch, known, Math.max))
}

/**
 * Size of the next child in units; 0 sends nothing now.
 *
 * A multiple of the round lot, unless it completes the order or is a slice of the plan in full. What it leaves is never too
 * small for the venue, by quantity or by value: such a rest goes with it, or it leaves a larger one; where the largest child
 * allows neither, it leaves what the order will end with. `allowance`: what the share of the market's volume leaves.
 * `priceUnits`: limit of the child; NaN: at the market.
 */
export function childSize(
  view: ParentView,
  decision: ChildDecision,
  allowance: number,
  priceUnits = Number.NaN,
): number {
  const { unsentUnits, lotUnits, minSliceUnits, maxSliceUnits, instrument } = view
  if (unsentUnits <= 0) return 0
  const hasTarget = !Number.isNaN(decision.targetUnits)
  const wanted = hasTarget
    ? Math.min(decision.targetUnits - view.filledUnits - view.workingUnits, unsentUnits)
    : Math.min(decision.quantityUnits, unsentUnits)
  // Not a number is not above 0 either.
  if (!(wanted > 0)) return 0
  const step = instrument.sizeStepUnits
  const most = floorLot(Math.min(maxSliceUnits, mostChild(view, priceUnits)), step)
  const cap = floorLot(Math.min(most, Math.max(0, allowance), unsentUnits), step)
  const least = leastOf(view, priceUnits)
  let units = Math.min(wanted, cap)
  if (units < unsentUnits) {
    units = floorLot(units, hasTarget || units < wanted ? Math.max(lotUnits, step) : step)
    if (units < minSliceUnits) return 0
    const rest = unsentUnits - units
    if (rest > 0 && rest < least) units = withoutSmallRest(view, units, cap, most, least)
  }
  return units < least ? 0 : units
}

/** A child whose rest the venue would not take: it takes the rest along, or leaves a larger one, or waits for room. */
function withoutSmallRest(view: ParentView, units: number, cap: number, most: number, least: number): number {
  const { unsentUnits, lotUnits } = view
  if (unsentUnits <= cap) return unsentUnits
  const smaller = floorLot(unsentUnits - least, lotUnits)
  // Two children that the venue takes, or no room for all of it in one, ever: what cannot be divided is told at the end.
  return smaller >= least || unsentUnits <= most ? smaller : units
}
