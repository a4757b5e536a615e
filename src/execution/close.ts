/**
 * Close: aims at the closing price. What is traded early risks that the price moves until the close, so it trades the more
 * the later: the schedule of least impact and risk against the close is the Almgren-Chriss one backwards. A share may be kept
 * for the closing auction; it is sent in time as a market or limit order on close.
 */
import type { CloseParameters } from '../model/algo.js'
import { requireNumber } from '../model/algo-error.js'
import type { ChildDecision, ParentView, PlanContext } from './algorithm.js'
import { backLoaded, heldBack } from './implementation-shortfall.js'
import { ScheduledAlgorithm } from './scheduled-algorithm.js'
import type { SlicePlan } from './slice-plan.js'
import { releaseOffset, slicesOf } from './twap.js'
import { floorLot } from './units.js'

const defaultUrgency = 3
const defaultLeadMs = 600_000

/** The algorithm `close`. Its window ends at the close. */
export class Close extends ScheduledAlgorithm<CloseParameters> {
  #auctionUnits = 0
  /** Slices of the continuous part end here. */
  #auctionAtUs = Number.POSITIVE_INFINITY
  #slices = 0

  override check(windowMs: number): void {
    const { auctionShare = 0, auctionLeadMs = defaultLeadMs, urgency = defaultUrgency } = this.parameters
    requireNumber(auctionShare, 'algo.auctionShare', 0, 1)
    requireNumber(urgency, 'algo.urgency', 0, 700)
    if (auctionShare > 0) requireNumber(auctionLeadMs, 'algo.auctionLeadMs', 0, windowMs)
    this.#slicesOf(windowMs)
  }

  #slicesOf(windowMs: number): number {
    const { slices } = this.parameters
    return slicesOf(slices === undefined ? {} : { slices }, windowMs)
  }

  protected override plan({
    quantityUnits,
    windowUs,
    fullWindowUs,
    startUs,
    lotUnits,
    minSliceUnits,
  }: PlanContext): SlicePlan {
    const { auctionShare = 0, auctionLeadMs = defaultLeadMs, urgency = defaultUrgency } = this.parameters
    const share = auctionShare >= 1 ? quantityUnits : floorLot(Math.floor(quantityUnits * auctionShare), lotUnits)
    this.#auctionUnits = share >= Math.max(1, minSliceUnits) ? share : 0
    this.#auctionAtUs =
      this.#auctionUnits > 0 ? Math.max(startUs, startUs + windowUs - auctionLeadMs * 1_000) : Number.POSITIVE_INFINITY
    const N = Math.max(1, Math.round((this.#slicesOf(fullWindowUs / 1_000) * windowUs) / fullWindowUs))
    this.#slices = N
    const offsetsUs = Array.from({ length: N }, (_, k) => releaseOffset(k, N, windowUs))
    const left = quantityUnits - this.#auctionUnits
    if (left === 0) return { offsetsUs, sizes: offsetsUs.map(() => 0) }
    return { offsetsUs, sizes: heldBack(backLoaded(left, N, urgency, lotUnits), minSliceUnits) }
  }

  override decide(view: ParentView, decision: ChildDecision): void {
    if (view.nowUs < this.#auctionAtUs) {
      super.decide(view, decision)
      decision.nextUs = Math.min(decision.nextUs, this.#auctionAtUs)
      return
    }
    // From here on everything goes into the auction: nothing stays behind in the continuous market.
    decision.targetUnits = view.totalUnits
    decision.slice = this.#slices + 1
    decision.timeInForce = 'CLO'
    decision.style = 'aggressive'
    decision.priceUnits = view.limitUnits
    decision.isMarket = Number.isNaN(view.limitUnits)
    decision.nextUs = view.endUs
  }
}
