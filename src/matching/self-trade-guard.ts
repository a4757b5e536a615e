/**
 * Self-trade prevention: the matching loop for an incoming order that must not trade with resting orders of its owner.
 */
import type { BookSide } from './book-side.js'
import { CancelReason, SelfTradeMode } from './codes.js'
import type { ContinuousBook } from './continuous-book.js'
import { selfTradeOf } from './order-flags.js'
import type { OrderPool } from './order-pool.js'

/** True for orders with a mode and an owner. */
export function isGuarded(pool: OrderPool, slot: number): boolean {
  return selfTradeOf(pool.flags(slot)) !== SelfTradeMode.none && pool.owner(slot) !== 0
}

/** Matches guarded orders of one book. */
export class SelfTradeGuard {
  private readonly book: ContinuousBook
  /** The incoming order may not go on. */
  private isStopped = false

  constructor(book: ContinuousBook) {
    this.book = book
  }

  /** Lets an order take what it may; its open quantity is what it shows. True when what is left of it must be cancelled. */
  match(taker: number, resting: BookSide): boolean {
    const { book } = this
    const { pool } = book
    const limit = -pool.key(taker)
    this.isStopped = false
    while (resting.best >= limit && pool.shown(taker) > 0 && !this.isStopped) {
      const key = resting.best
      while (resting.best === key && pool.shown(taker) > 0 && !this.isStopped) {
        const slot = resting.headAt(key)
        if (pool.owner(slot) === pool.owner(taker)) this.meetOwn(taker, slot, resting)
        else this.tradeOnce(taker, slot, resting)
      }
      book.publish(resting, key)
    }
    return this.isStopped
  }

  private tradeOnce(taker: number, slot: number, resting: BookSide): void {
    const { book } = this
    const { pool } = book
    const price = book.priceOf(slot)
    const restingOrder = pool.number(slot)
    const fill = Math.min(pool.shown(slot), pool.shown(taker))
    pool.setShown(taker, pool.shown(taker) - fill)
    book.consume(resting, slot, fill)
    book.notePrice(price)
    book.trade(restingOrder, pool.number(taker), price, fill, -resting.side)
  }

  private meetOwn(taker: number, slot: number, resting: BookSide): void {
    const mode = selfTradeOf(this.book.pool.flags(taker))
    if (mode === SelfTradeMode.decrement) {
      this.decrement(taker, slot, resting)
      return
    }
    this.isStopped = mode !== SelfTradeMode.cancelOldest
    if (mode !== SelfTradeMode.cancelNewest) this.cancelResting(slot, resting)
  }

  private cancelResting(slot: number, resting: BookSide): void {
    resting.unlink(slot)
    this.book.end(slot, CancelReason.selfTrade)
  }

  private decrement(taker: number, slot: number, resting: BookSide): void {
    const { pool, listener } = this.book
    const open = pool.openQuantity(slot)
    const remaining = pool.shown(taker)
    const reduction = Math.min(open, remaining)
    if (reduction === open) this.cancelResting(slot, resting)
    else {
      this.book.reduceResting(resting, slot, reduction)
      listener.onReplaced(pool.number(slot), this.book.priceOf(slot), pool.quantity(slot))
    }
    pool.setShown(taker, remaining - reduction)
    pool.setQuantity(taker, pool.quantity(taker) - reduction)
    if (reduction === remaining) {
      this.isStopped = true
      listener.onCanceled(pool.number(taker), reduction, CancelReason.selfTrade)
    } else listener.onReplaced(pool.number(taker), this.book.priceOf(taker), pool.quantity(taker))
  }
}
