/** POV: a share of what the market trades. Looks at the volume at regular times and brings its own up to the share. */
import type { PovParameters } from '../model/algo.js'
import { algoError, requireNumber } from '../model/algo-error.js'
import type { Instrument } from '../model/instrument.js'
import { type ChildDecision, ExecutionAlgorithm, type ParentView } from './algorithm.js'
import { ParticipationRate, povChild } from './participation.js'

const defaultIntervalMs = 1_000

/** The algorithm `pov`. Goes on without an end where the order has none. */
export class PercentOfVolume extends ExecutionAlgorithm<PovParameters> {
  readonly #rate: ParticipationRate
  readonly #intervalUs: number

  constructor(parameters: PovParameters) {
    super(parameters)
    const { rate, basis = 'inclusive', intervalMs = defaultIntervalMs } = parameters
    this.#rate = new ParticipationRate(rate, basis)
    this.#intervalUs = requireNumber(intervalMs, 'algo.intervalMs', 1, 86_400_000) * 1_000
  }

  override get needsWindow(): boolean {
    return false
  }

  override check(_windowMs: number, _instrument: Instrument): void {
    const { maxParticipationRate, rate } = this.parameters
    if (maxParticipationRate !== undefined && maxParticipationRate < rate)
      throw algoError('CONTRADICTION', 'algo.maxParticipationRate', 'is below the rate')
  }

  override decide(view: ParentView, decision: ChildDecision): void {
    const elapsed = Math.floor((view.nowUs - view.startUs) / this.#intervalUs)
    decision.nextUs = view.startUs + (elapsed + 1) * this.#intervalUs
    // One look an interval: between them what works is left to fill. At the next, what still works is replaced.
    decision.slice = elapsed
    decision.quantityUnits = povChild({
      rate: this.#rate,
      externalUnits: view.externalUnits,
      ownUnits: view.ownUnits,
      leftUnits: view.unsentUnits,
      lotUnits: view.lotUnits,
      minChildUnits: Math.max(view.minSliceUnits, view.lotUnits),
      maxChildUnits: view.maxSliceUnits,
    })
  }
}
