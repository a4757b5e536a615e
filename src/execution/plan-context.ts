/** What an algorithm makes its plan from, as its order is now. */
import { SeededRandom } from '../core/random.js'
import type { Instrument } from '../model/instrument.js'
import type { PlanContext } from './algorithm.js'
import type { ParentPorts } from './parent-ports.js'
import type { ParentPlan, ParentTerms } from './parent-terms.js'

/** An order, and the window that is planned: from when to when (Infinity without an end), and what was done before it. */
export interface PlannedWindow {
  readonly plan: ParentPlan
  readonly terms: ParentTerms
  readonly instrument: Instrument
  readonly ports: Pick<ParentPorts, 'board' | 'account'>
  readonly totalUnits: number
  readonly baseUnits: number
  readonly startUs: number
  readonly endUs: number
}

/** The context of a plan. */
export function planContext(window: PlannedWindow): PlanContext {
  const { plan, terms, instrument, ports, totalUnits, baseUnits, startUs, endUs } = window
  const fullEndUs = Number.isFinite(endUs) ? endUs : startUs
  return {
    quantityUnits: Math.max(0, totalUnits - baseUnits),
    baseUnits,
    windowUs: fullEndUs - startUs,
    fullWindowUs: Math.max(1, fullEndUs - plan.startUs),
    startUs,
    lotUnits: terms.lotUnits,
    minSliceUnits: terms.minSliceUnits,
    random: new SeededRandom(plan.seed),
    instrument,
    side: terms.side,
    board: ports.board,
    account: ports.account,
  }
}
