/**
 * Adaptive: begins at the near touch and becomes more urgent as time goes by. All that should be done by now works as one
 * order, priced anew now and then: at the near touch while it is on schedule, at the middle when it is behind, at the far
 * touch when it is far behind or the end is near.
 */
import type { AdaptiveParameters, AlgoStyle } from '../model/algo.js'
import { algoError, requireNumber } from '../model/algo-error.js'
import { type ChildDecision, ExecutionAlgorithm, type ParentView } from './algorithm.js'
import { floorLot } from './units.js'

const defaultIntervalMs = 1_000

/** Shares of the order that it may be behind before it pays the middle and the far touch, and how far ahead it works. */
const tolerances = {
  patient: { middle: 0.15, far: 0.3, ahead: 0.05, hurryAt: 0.95 },
  normal: { middle: 0.05, far: 0.15, ahead: 0.1, hurryAt: 0.9 },
  urgent: { middle: 0, far: 0.03, ahead: 0.25, hurryAt: 0.8 },
} as const

/** The algorithm `adaptive`. */
export class Adaptive extends ExecutionAlgorithm<AdaptiveParameters> {
  readonly #intervalUs: number

  constructor(parameters: AdaptiveParameters) {
    super(parameters)
    const { urgency = 'normal', intervalMs = defaultIntervalMs } = parameters
    if (!Object.hasOwn(tolerances, urgency))
      throw algoError('INVALID_PARAMETER', 'algo.urgency', `must be one of ${Object.keys(tolerances).join(', ')}`)
    this.#intervalUs = requireNumber(intervalMs, 'algo.intervalMs', 10, 86_400_000) * 1_000
  }

  override decide(view: ParentView, decision: ChildDecision): void {
    const { middle, far, ahead, hurryAt } = tolerances[this.parameters.urgency ?? 'normal']
    const round = Math.floor((view.nowUs - view.startUs) / this.#intervalUs)
    const spent = Math.min(1, (view.nowUs - view.startUs) / Math.max(1, view.endUs - view.startUs))
    const behind = spent - view.filledUnits / view.totalUnits
    const isLast = spent >= hurryAt
    decision.slice = round
    decision.nextUs = view.startUs + (round + 1) * this.#intervalUs
    decision.style = style(behind, isLast ? 0 : far, isLast ? 0 : middle)
    decision.targetUnits = isLast
      ? view.totalUnits
      : Math.min(
          view.totalUnits,
          Math.max(view.lotUnits, floorLot(Math.floor(view.totalUnits * Math.min(1, spent + ahead)), view.lotUnits)),
        )
  }
}

function style(behind: number, far: number, middle: number): AlgoStyle {
  if (behind > far) return 'aggressive'
  return behind > middle ? 'midpoint' : 'passive'
}
