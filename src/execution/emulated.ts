/**
 * An order whose trigger is watched here, for venues that have no such orders: stop, trailing stop, if touched, and orders
 * with an expiry. Only market and limit orders reach the venue. What the trigger has seen is on record, so a restart arms it
 * again where it was.
 */
import type { EmulateParameters } from '../model/algo.js'
import {
  type AlgoInterests,
  type ChildDecision,
  ExecutionAlgorithm,
  type ParentView,
  type PlanContext,
} from './algorithm.js'
import type { TriggerTerms } from './parent-terms.js'
import { type TriggerMemo, TriggerWatch } from './trigger-watch.js'

/** A level that trails is put on record at most so often; when the order is triggered it is in any case. */
const recordUs = 1_000_000

const noTrigger: TriggerTerms = {
  kind: 'none',
  triggerUnits: null,
  trailingUnits: null,
  trailingBasisPoints: null,
  source: 'bid_ask',
}

/** The algorithm `emulate`. */
export class Emulated extends ExecutionAlgorithm<EmulateParameters> {
  readonly #terms: TriggerTerms
  #watch: TriggerWatch
  #remembered: TriggerMemo | undefined
  #recordedUs = Number.NEGATIVE_INFINITY

  constructor(parameters: EmulateParameters, terms: TriggerTerms = noTrigger) {
    super(parameters)
    this.#terms = terms
    this.#watch = new TriggerWatch(terms, 1)
  }

  override get needsWindow(): boolean {
    return false
  }

  override get interests(): AlgoInterests {
    if (this.#watch.isTriggered) return {}
    return this.#watch.watchesTrades ? { trades: true } : { quotes: true }
  }

  override begin({ side }: PlanContext): void {
    const memo = this.#remembered ?? this.#watch.memo
    this.#watch = new TriggerWatch(this.#terms, side)
    this.#watch.recall(memo)
  }

  override memo(): TriggerMemo {
    return this.#watch.memo
  }

  override recall(memo: unknown): void {
    this.#remembered = memo as TriggerMemo
  }

  override observe(kind: 'quote' | 'trade', first: number, second: number): void {
    this.#watch.observe(kind, first, second)
  }

  override decide(view: ParentView, decision: ChildDecision): void {
    const watch = this.#watch
    if (watch.watchesTrades) watch.see(view.lastUnits)
    else watch.observe('quote', view.bidUnits, view.askUnits)
    decision.quantityUnits = 0
    decision.besideOthers = false
    const isDue = watch.hasMoved && view.nowUs - this.#recordedUs >= recordUs
    if (isDue || (watch.isTriggered && view.sentChildren === 0)) {
      decision.savesMemo = true
      watch.hasMoved = false
      this.#recordedUs = view.nowUs
    }
    if (!watch.isTriggered) return
    if (view.sentChildren > 0 && view.openChildren === 0 && view.filledUnits > 0) {
      // The venue took the rest off: it is not sent again behind the back of whoever did that.
      decision.finishes = true
      return
    }
    decision.quantityUnits = view.unsentUnits
    decision.isMarket = Number.isNaN(view.limitUnits)
    decision.priceUnits = view.limitUnits
  }
}
