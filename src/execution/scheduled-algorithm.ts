/** Algorithms that follow a schedule: a plan of slices, made once a window, and a position in it. */
import type { AlgoCommon } from '../model/algo.js'
import { type ChildDecision, ExecutionAlgorithm, type ParentView, type PlanContext } from './algorithm.js'
import { type SlicePlan, varyPlan } from './slice-plan.js'

/** The plan of an order that has nothing left to do. */
const nothing: SlicePlan = { offsetsUs: [], sizes: [] }

/** Base of algorithms with a plan. A subclass makes the plan; slices that fell behind are joined, never sent as a burst. */
export abstract class ScheduledAlgorithm<P extends AlgoCommon = AlgoCommon> extends ExecutionAlgorithm<P> {
  #offsetsUs = new Float64Array(0)
  #cumulative = new Float64Array(0)
  #sizes = new Float64Array(0)
  #baseUnits = 0
  /** Slices that are due. */
  #due = 0
  #lastAskedUs = 0

  /** The plan of a window. */
  protected abstract plan(context: PlanContext): SlicePlan

  override begin(context: PlanContext): void {
    const { randomizeSizePercent = 0, randomizeTimePercent = 0 } = this.parameters
    const { lotUnits, random } = context
    const ideal = context.quantityUnits === 0 ? nothing : this.plan(context)
    const plan =
      randomizeSizePercent > 0 || randomizeTimePercent > 0
        ? varyPlan(ideal, {
            sizePercent: randomizeSizePercent,
            timePercent: randomizeTimePercent,
            lotUnits,
            random,
          })
        : ideal
    this.#offsetsUs = Float64Array.from(plan.offsetsUs)
    this.#sizes = Float64Array.from(plan.sizes)
    this.#cumulative = new Float64Array(plan.sizes.length)
    let sum = 0
    for (let k = 0; k < plan.sizes.length; k++) {
      sum += this.#sizes[k] as number
      this.#cumulative[k] = sum
    }
    this.#baseUnits = context.baseUnits
    this.#due = 0
    this.#lastAskedUs = 0
  }

  override decide(view: ParentView, decision: ChildDecision): void {
    const offset = view.nowUs - view.startUs
    const offsets = this.#offsetsUs
    if (view.nowUs < this.#lastAskedUs) this.#due = 0
    this.#lastAskedUs = view.nowUs
    while (this.#due < offsets.length && (offsets[this.#due] as number) <= offset) this.#due++
    const due = this.#due
    decision.nextUs = due < offsets.length ? view.startUs + (offsets[due] as number) : view.endUs
    if (due === 0) {
      decision.quantityUnits = 0
      return
    }
    decision.slice = due
    if (this.parameters.catchUp === false) decision.quantityUnits = this.#sizes[due - 1] as number
    else decision.targetUnits = this.#baseUnits + this.targetAt(due, view)
  }

  /** What should be done when so many slices are due, of the window's own quantity. */
  protected targetAt(due: number, _view: ParentView): number {
    return this.#cumulative[due - 1] as number
  }

  /** Slices of the plan in force: when, and how much by then. */
  get schedule(): { offsetsUs: readonly number[]; cumulativeUnits: readonly number[] } {
    return { offsetsUs: [...this.#offsetsUs], cumulativeUnits: [...this.#cumulative].map((c) => c + this.#baseUnits) }
  }

  override estimateEndUs(view: ParentView): number {
    const last = this.#offsetsUs.length - 1
    return last < 0 ? Number.NaN : Math.max(view.nowUs, view.startUs + (this.#offsetsUs[last] as number))
  }
}
