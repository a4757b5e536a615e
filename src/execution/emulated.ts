/**
 * An order whose trigger is watched here, for venues that have no such orders: stop, trailing stop, if touched, and orders
 * with an expiry. Only market and limit orders reach the venue. What the trigger has seen is on record, so a restart arms it
 * again where it was.
 *
 *   buy stop: price at or above the trigger    buy if touched: at or below    (sell: the other way)
 *   source bid_ask: a buy watches the ask, a sell the bid; last: trades; mid: the middle of the quotes
 */
import type { EmulateParameters } from '../model/algo.js'
import { type AlgoInterests, type ChildDecision, ExecutionAlgorithm, type ParentView } from './algorithm.js'
import type { TriggerTerms } from './parent-terms.js'

/** A level that trails is put on record at most so often; when the order is triggered it is in any case. */
const recordUs = 1_000_000

interface Memo {
  isTriggered: boolean
  levelUnits: number | null
}

/** The algorithm `emulate`. */
export class Emulated extends ExecutionAlgorithm<EmulateParameters> {
  readonly #terms: TriggerTerms
  #isTriggered: boolean
  /** Price at which it is triggered; NaN before a trailing one has seen a price. */
  #level: number
  /** Highest and lowest price seen since it was asked last. */
  #high = Number.NaN
  #low = Number.NaN
  #side: 1 | -1 = 1
  #hasMoved = false
  #recordedUs = Number.NEGATIVE_INFINITY

  constructor(parameters: EmulateParameters, terms: TriggerTerms | undefined) {
    super(parameters)
    this.#terms = terms ?? {
      kind: 'none',
      triggerUnits: null,
      trailingUnits: null,
      trailingBasisPoints: null,
      source: 'bid_ask',
    }
    this.#isTriggered = this.#terms.kind === 'none'
    this.#level = this.#terms.triggerUnits ?? Number.NaN
  }

  override get needsWindow(): boolean {
    return false
  }

  override get interests(): AlgoInterests {
    return this.#isTriggered ? {} : this.#terms.source === 'last' ? { trades: true } : { quotes: true }
  }

  /** Where it would be triggered now, in price units; NaN before a trailing one has seen a price. */
  get levelUnits(): number {
    return this.#level
  }

  override memo(): Memo {
    return { isTriggered: this.#isTriggered, levelUnits: Number.isNaN(this.#level) ? null : this.#level }
  }

  override recall(memo: unknown): void {
    const { isTriggered, levelUnits } = memo as Memo
    this.#isTriggered = isTriggered
    if (levelUnits !== null) this.#level = levelUnits
  }

  /** Every price counts: one that was there between two decisions triggers, too. */
  override observe(kind: 'quote' | 'trade', first: number, second: number): void {
    const { source } = this.#terms
    if ((kind === 'trade') !== (source === 'last')) return
    const price = source === 'last' ? first : source === 'mid' ? (first + second) / 2 : this.#side > 0 ? second : first
    this.#see(price)
  }

  #see(price: number): void {
    if (Number.isNaN(price)) return
    if (!(price <= this.#high)) this.#high = price
    if (!(price >= this.#low)) this.#low = price
    this.#trail(price)
    if (this.#isReached(price)) this.#isTriggered = true
  }

  override decide(view: ParentView, decision: ChildDecision): void {
    this.#side = view.side
    const wasTriggered = this.#isTriggered
    if (!wasTriggered) this.#see(this.#priceOf(view))
    decision.quantityUnits = 0
    decision.besideOthers = false
    const isDue = this.#hasMoved && view.nowUs - this.#recordedUs >= recordUs
    if (isDue || (this.#isTriggered && view.sentChildren === 0)) {
      decision.savesMemo = true
      this.#hasMoved = false
      this.#recordedUs = view.nowUs
    }
    if (!this.#isTriggered) return
    if (view.sentChildren > 0 && view.openChildren === 0 && view.filledUnits > 0 && view.unsentUnits > 0) {
      // The venue took the rest off: it is not sent again behind the back of whoever did that.
      decision.finishes = true
      return
    }
    decision.quantityUnits = view.unsentUnits
    decision.isMarket = Number.isNaN(view.limitUnits)
    decision.priceUnits = view.limitUnits
  }

  #priceOf(view: ParentView): number {
    const { source } = this.#terms
    if (source === 'last') return view.lastUnits
    return source === 'mid' ? (view.bidUnits + view.askUnits) / 2 : view.farUnits
  }

  /** The level of a trailing stop follows the price on its good side, and never goes back. */
  #trail(price: number): void {
    const { kind, trailingUnits, trailingBasisPoints } = this.#terms
    if (kind !== 'trailing') return
    const distance = trailingUnits ?? Math.round((Math.abs(price) * (trailingBasisPoints ?? 0)) / 10_000)
    const level = price + this.#side * distance
    if (this.#side * (level - this.#level) >= 0) return
    this.#level = level
    this.#hasMoved = true
  }

  #isReached(price: number): boolean {
    const away = this.#side * (price - this.#level)
    return this.#terms.kind === 'touched' ? away <= 0 : away >= 0
  }
}
