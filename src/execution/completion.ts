/**
 * The end policy `complete`: what is left at the end of the window goes to the market within the limit, first as far as it is
 * there, then as an order that waits at the limit for the rest of the day. Children as large as the order allows, one after
 * the other, as long as each fills.
 */
import type { ChildDecision, ParentView } from './algorithm.js'
import type { Child } from './child-book.js'
import type { ChildDesk } from './child-desk.js'
import { childSize, isTooSmall } from './child-size.js'

/** What came of a try: a child, nothing as all was tried, or nothing and why. */
export type CompletionOutcome = 'sent' | 'over' | 'BELOW_MINIMUM' | 'PARTICIPATION'

/** See the file's header. */
export class Completion {
  /** Whether what is left at the end is completed. */
  isOn = false
  readonly #desk: ChildDesk
  #timeInForce: 'IOC' | 'DAY' | undefined = 'IOC'
  #last: Child | undefined

  constructor(desk: ChildDesk) {
    this.#desk = desk
  }

  /** Whether a child of it works. */
  get isUnderWay(): boolean {
    return this.isOn && this.#last !== undefined
  }

  /** Sends the next child, where nothing works any more. `allowance`: what the ceiling of the order leaves. */
  next(view: ParentView, decision: ChildDecision, allowance: number): CompletionOutcome {
    this.#advance(view)
    if (this.#timeInForce === undefined) return 'over'
    decision.clear()
    decision.quantityUnits = view.unsentUnits
    const units = childSize(view, decision, allowance, view.limitUnits)
    if (units <= 0) return isTooSmall(view, view.limitUnits) ? 'BELOW_MINIMUM' : 'PARTICIPATION'
    this.#last = this.#desk.send(units, view.limitUnits, this.#timeInForce)
    return 'sent'
  }

  /** One that was filled makes room for the next of its kind; without a limit there is nothing to wait at. */
  #advance(view: ParentView): void {
    const last = this.#last
    if (last === undefined || last.filledUnits >= last.quantityUnits) return
    this.#timeInForce = this.#timeInForce === 'IOC' && !Number.isNaN(view.limitUnits) ? 'DAY' : undefined
  }
}
