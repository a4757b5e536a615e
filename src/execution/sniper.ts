/** Sniper: takes what is displayed at the limit or better, at once or not at all, one shot in flight. */
import type { SniperParameters } from '../model/algo.js'
import { requireNumber } from '../model/algo-error.js'
import { type AlgoInterests, type ChildDecision, ExecutionAlgorithm, type ParentView } from './algorithm.js'

const defaultPauseMs = 100

/** The algorithm `sniper`. Waits for the price, without an end where the order has none. */
export class Sniper extends ExecutionAlgorithm<SniperParameters> {
  readonly #pauseUs: number
  #shots = 0
  #filledBefore = 0
  #waitUntilUs = Number.NEGATIVE_INFINITY

  constructor(parameters: SniperParameters) {
    super(parameters)
    this.#pauseUs = requireNumber(parameters.pauseMs ?? defaultPauseMs, 'algo.pauseMs', 0, 86_400_000) * 1_000
  }

  override get needsWindow(): boolean {
    return false
  }

  override get interests(): AlgoInterests {
    return { quotes: true }
  }

  override decide(view: ParentView, decision: ChildDecision): void {
    decision.besideOthers = false
    decision.quantityUnits = 0
    if (view.openChildren > 0) return
    if (view.sentChildren !== this.#shots) {
      // A shot is over. One that found nothing shot at a price that had gone: the next waits for a new quote.
      this.#waitUntilUs = view.filledUnits > this.#filledBefore ? Number.NEGATIVE_INFINITY : view.nowUs + this.#pauseUs
      this.#shots = view.sentChildren
      this.#filledBefore = view.filledUnits
    }
    if (view.nowUs < this.#waitUntilUs) {
      decision.nextUs = this.#waitUntilUs
      return
    }
    const { farUnits, farSizeUnits, side, limitUnits } = view
    const isReached = Number.isNaN(limitUnits) ? !Number.isNaN(farUnits) : side * (farUnits - limitUnits) <= 0
    if (!isReached || farSizeUnits <= 0) return
    decision.quantityUnits = Math.min(view.unsentUnits, farSizeUnits)
    decision.priceUnits = farUnits
    decision.timeInForce = 'IOC'
  }
}
