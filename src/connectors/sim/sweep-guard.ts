/**
 * Keeps reduce-only orders from turning a position within one sweep through a book of the venue's own.
 *
 * The engine executes an order against everything it reaches in one step, and knows of no positions. So before such a step
 * the guard walks the orders that will be reached, in their priority, with the positions of their accounts as they will be
 * by then, and cuts the reduce-only ones down to what will be left to reduce. An account's other orders move its position on
 * the way as well.
 */
import { NO_PRICE } from '../../matching/codes.js'
import type { MatchingEngine } from '../../matching/matching-engine.js'
import { TifCode } from '../../orders/codes.js'
import { isReduceOnly, reducibleOf } from './order-rules.js'
import type { VenueAccount } from './venue-accounts.js'
import type { VenueOrder } from './venue-order.js'

/** An order that will be reached, and how much it may still be when it is. */
type Cut = (order: VenueOrder, openUnits: number) => void

/** A place in the queue of one price. */
interface Place {
  readonly order: VenueOrder | undefined
  shown: number
  hidden: number
}

/** Watches over the reduce-only orders that rest in one book. */
export class SweepGuard {
  readonly #engine: MatchingEngine
  readonly #find: (orderNumber: number) => VenueOrder | undefined
  readonly #resting = new Set<VenueOrder>()
  readonly #prices: number[] = []
  readonly #sizes: number[] = []
  readonly #numbers: number[] = []
  readonly #shown: number[] = []
  /** Positions as they will be, by account. */
  readonly #positions = new Map<VenueAccount, number>()
  readonly #cuts: { order: VenueOrder; openUnits: number }[] = []

  constructor(engine: MatchingEngine, find: (orderNumber: number) => VenueOrder | undefined) {
    this.#engine = engine
    this.#find = find
  }

  /** An order enters the book. */
  note(order: VenueOrder): void {
    if (isReduceOnly(order)) this.#resting.add(order)
  }

  /** Whether there is anything to watch over on the side that a taker of `sideSign` reaches. */
  isNeeded(sideSign: number): boolean {
    for (const order of this.#resting) {
      if (!order.isLive || order.place !== 'book') this.#resting.delete(order)
      else if (order.sideSign !== sideSign) return true
    }
    return false
  }

  /**
   * Cuts what a taker will reach: `quantityUnits` on the other side, down to a price in ticks ({@link NO_PRICE}: any). The
   * account of the taker, where it is known, moves against those that it trades with. In an auction everybody takes, and
   * orders that wait for it come first.
   */
  beforeSweep(
    sideSign: number,
    quantityUnits: number,
    limitTicks: number,
    taker: VenueAccount | 'auction' | undefined,
    cut: Cut,
  ): void {
    const bookSide = sideSign > 0 ? 1 : 0
    let left = quantityUnits
    const account = taker === 'auction' ? undefined : taker
    if (taker === 'auction') left = this.#walk(this.#auctionOrders(sideSign), left, sideSign, account)
    const levels = this.#engine.levels(bookSide, this.#prices, this.#sizes, Number.POSITIVE_INFINITY)
    for (let i = 0; i < levels && left > 0; i++) {
      const price = this.#prices[i] as number
      if (limitTicks !== NO_PRICE && sideSign * (price - limitTicks) > 0) break
      left = this.#walk(this.#queueAt(bookSide, price), left, sideSign, account)
    }
    this.#positions.clear()
    for (const { order, openUnits } of this.#cuts.splice(0)) cut(order, openUnits)
  }

  #auctionOrders(sideSign: number): Place[] {
    const queue: Place[] = []
    for (const order of this.#resting) {
      const { timeInForce } = order
      if (order.sideSign !== sideSign && (timeInForce === TifCode.OPG || timeInForce === TifCode.CLO))
        queue.push({ order, shown: order.openUnits, hidden: 0 })
    }
    return queue
  }

  #queueAt(bookSide: number, price: number): Place[] {
    const count = this.#engine.ordersAt(bookSide, price, this.#numbers, this.#shown, Number.POSITIVE_INFINITY)
    const queue: Place[] = []
    for (let i = 0; i < count; i++) {
      const number = this.#numbers[i] as number
      const shown = this.#shown[i] as number
      queue.push({ order: this.#find(number), shown, hidden: this.#engine.orderRemaining(number) - shown })
    }
    return queue
  }

  /** Walks one price; returns what is left of the taker behind it. */
  #walk(queue: Place[], quantityUnits: number, sideSign: number, taker: VenueAccount | undefined): number {
    let left = quantityUnits
    for (let place = queue.shift(); place !== undefined && left > 0; place = queue.shift()) {
      const { order } = place
      const taken = Math.min(place.shown, left)
      const traded = order === undefined ? taken : this.#trade(order, taken, place.shown + place.hidden)
      left -= traded
      if (order !== undefined && taker !== undefined) this.#move(taker, order, sideSign * traded)
      const isCut = traded < taken
      if (isCut || place.hidden === 0 || taken < place.shown) continue
      const shown = Math.min(place.hidden, order?.displayUnits ?? place.hidden)
      queue.push({ order, shown, hidden: place.hidden - shown })
    }
    return left
  }

  /** How much of an order trades, given its account's position by then. What is too much is noted to be cut off. */
  #trade(order: VenueOrder, quantityUnits: number, restUnits: number): number {
    const account = order.account as VenueAccount
    const held = this.#positionOf(account, order)
    let traded = quantityUnits
    if (isReduceOnly(order)) {
      const reducible = reducibleOf(held, order.sideSign)
      traded = Math.min(quantityUnits, reducible)
      if (traded < quantityUnits)
        this.#cuts.push({ order, openUnits: Math.max(0, order.openUnits - (restUnits - traded)) })
    }
    this.#move(account, order, order.sideSign * traded)
    return traded
  }

  #positionOf(account: VenueAccount, order: VenueOrder): number {
    return this.#positions.get(account) ?? account.quantityUnits(order.instrument)
  }

  #move(account: VenueAccount, order: VenueOrder, units: number): void {
    this.#positions.set(account, this.#positionOf(account, order) + units)
  }
}
