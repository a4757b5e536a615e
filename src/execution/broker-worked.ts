/**
 * An order that its broker works: it goes out in one piece with the broker's algorithm on it, and everything else is as for
 * orders that are worked here: the record, the risk gate, events, pause, cancel.
 *
 * When the broker says that his order is over, so is this one, whatever is left: he has his reasons, a window that ended
 * among them. Only what was taken back here (a pause, another limit) or refused is sent again.
 */
import type { AlgoCommon, BrokerWindow } from '../model/algo.js'
import { type ChildDecision, ExecutionAlgorithm, type ParentView } from './algorithm.js'
import type { AlgorithmFactory } from './algorithms.js'
import type { Child } from './child-book.js'

/** What is on record: so many children were sent when another one was allowed. */
interface BrokerMemo {
  readonly mayFollow: number
}

/** Works orders with `workedBy: 'broker'`. */
export class BrokerWorked extends ExecutionAlgorithm {
  readonly #endUs: number
  #mayFollow = 0

  constructor(parameters: AlgoCommon, { endTimeUs = Number.POSITIVE_INFINITY }: BrokerWindow = {}) {
    super(parameters)
    this.#endUs = endTimeUs
  }

  override get needsWindow(): boolean {
    return false
  }

  override decide(view: ParentView, decision: ChildDecision): void {
    decision.quantityUnits = 0
    if (view.openChildren > 0) return
    const { sentChildren } = view
    const isNext = sentChildren === 0 || sentChildren === this.#mayFollow
    if (!isNext || (sentChildren > 0 && view.nowUs >= this.#endUs)) {
      decision.finishes = true
      return
    }
    decision.quantityUnits = view.unsentUnits
    // At the limit of the order where it has one: when and at which price to trade is the broker's business.
    decision.isMarket = true
    decision.savesMemo = sentChildren > 0
  }

  override childClosed(_view: ParentView, child: Child): void {
    if (child.isCanceling || child.isRefused) this.#mayFollow = child.index
  }

  override memo(): BrokerMemo {
    return { mayFollow: this.#mayFollow }
  }

  override recall(memo: unknown): void {
    this.#mayFollow = (memo as Partial<BrokerMemo>).mayFollow ?? 0
  }
}

/** How an order with a plan for a broker is made. */
export function brokerFactory(window: BrokerWindow): AlgorithmFactory {
  return { create: (parameters) => new BrokerWorked(parameters, window) }
}
