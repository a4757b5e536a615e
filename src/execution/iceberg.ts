/** Iceberg: shows a part at a time. The next tip goes out only when the one before is filled and over. */

import type { Random } from '../core/random.js'
import type { IcebergParameters } from '../model/algo.js'
import { algoError, requireNumber, requireWhole } from '../model/algo-error.js'
import type { Instrument } from '../model/instrument.js'
import { type ChildDecision, ExecutionAlgorithm, type ParentView, type PlanContext } from './algorithm.js'
import { varied } from './slice-plan.js'
import { floorLot } from './units.js'

/** The tips of an iceberg that fills in full, in units: one plain order where all of it is displayed. */
export function icebergTips(quantityUnits: number, displayUnits: number): number[] {
  requireWhole(quantityUnits, 'quantity', 1, Number.MAX_SAFE_INTEGER, 'INVALID_QUANTITY')
  requireWhole(displayUnits, 'displayQuantity', 1)
  const tips: number[] = []
  for (let left = quantityUnits; left > 0; left -= Math.min(left, displayUnits)) tips.push(Math.min(left, displayUnits))
  return tips
}

/** Whole units of a display that was asked for as a share: half up, and at least one. */
export function displayUnitsOf(raw: number): number {
  requireNumber(raw, 'display', 0)
  return Math.max(1, Math.floor(raw + 0.5))
}

/** The algorithm `iceberg`. Children rest at the limit; without one they follow the near touch. */
export class Iceberg extends ExecutionAlgorithm<IcebergParameters> {
  #displayUnits = 0
  #random: Random | undefined
  /** Size of the next tip, and of which child it is. */
  #tip = 0
  #tipOf = -1

  override get needsWindow(): boolean {
    return false
  }

  override check(_windowMs: number, instrument: Instrument): void {
    const { displayQuantity, displayVariancePercent } = this.parameters
    const units = instrument.quantityUnits(displayQuantity, 'algo.displayQuantity')
    if (units < Math.max(1, instrument.minQuantityUnits))
      throw algoError('BELOW_MINIMUM', 'algo.displayQuantity', 'is below what the venue takes')
    if (displayVariancePercent !== undefined)
      requireNumber(displayVariancePercent, 'algo.displayVariancePercent', 0, 50)
  }

  override begin({ instrument, random }: PlanContext): void {
    this.#displayUnits = instrument.quantityUnits(this.parameters.displayQuantity)
    this.#random = random
    this.#tipOf = -1
  }

  override decide(view: ParentView, decision: ChildDecision): void {
    decision.besideOthers = false
    decision.quantityUnits = Math.min(view.unsentUnits, this.#nextTip(view))
    decision.style = 'passive'
    decision.priceUnits = view.limitUnits
  }

  /** Drawn once a tip: asking again gives the same. */
  #nextTip(view: ParentView): number {
    if (this.#tipOf === view.sentChildren) return this.#tip
    const { displayVariancePercent = 0 } = this.parameters
    const size =
      displayVariancePercent === 0 || this.#random === undefined
        ? this.#displayUnits
        : varied(this.#displayUnits, displayVariancePercent, view.lotUnits, this.#random)
    this.#tip = Math.max(floorLot(size, view.lotUnits), Math.min(this.#displayUnits, view.lotUnits))
    this.#tipOf = view.sentChildren
    return this.#tip
  }
}
