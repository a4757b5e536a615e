/**
 * Replaces: what of a live order may be changed, and what a change does to its place in time.
 *
 * Less quantity at the same price keeps the place. More quantity or another price takes a new one, and in an open market
 * the order may trade. An order's filled quantity counts towards the new total.
 */
import type { AuctionDesk } from './auction-desk.js'
import { MARKET_KEY, MarketState, NO_PRICE, OrderPlace, PostOnly, RejectReason } from './codes.js'
import type { ContinuousBook } from './continuous-book.js'
import { isPrice, isQuantity, isTrailingKind } from './order-entry.js'
import { kindOf, placeOf, postOnlyOf, sideOf, withPlace } from './order-flags.js'
import type { TriggerBook } from './trigger-book.js'

/** Carries out the replaces of one engine. */
export class ReplaceDesk {
  private readonly book: ContinuousBook
  private readonly desk: AuctionDesk
  private readonly triggers: TriggerBook

  constructor(book: ContinuousBook, desk: AuctionDesk, triggers: TriggerBook) {
    this.book = book
    this.desk = desk
    this.triggers = triggers
  }

  /** Changes a live order; the arguments are those of {@link MatchingEngine.replace}. Does nothing but for `none`. */
  replace(slot: number, quantity: number, price: number, triggerPrice: number, state: MarketState): RejectReason {
    const { pool } = this.book
    const fault = this.fault(slot, quantity, price, triggerPrice, state)
    if (fault !== RejectReason.none) return fault
    const flags = pool.flags(slot)
    const key = price === NO_PRICE ? pool.key(slot) : Math.imul(price, sideOf(flags))
    if (placeOf(flags) === OrderPlace.book) return this.changeResting(slot, quantity, key, state)
    this.changeWaiting(slot, quantity, key, triggerPrice)
    return RejectReason.none
  }

  private fault(slot: number, quantity: number, price: number, triggerPrice: number, state: MarketState): RejectReason {
    const { pool } = this.book
    const flags = pool.flags(slot)
    if (!isQuantity(quantity)) return RejectReason.invalidQuantity
    if (state === MarketState.halted) return RejectReason.marketHalted
    if (state === MarketState.closed) return RejectReason.marketClosed
    if (price !== NO_PRICE) {
      if (!isPrice(price)) return RejectReason.invalidPrice
      if (pool.key(slot) === MARKET_KEY) return RejectReason.notReplaceable
    }
    if (triggerPrice !== NO_PRICE) {
      if (!isPrice(triggerPrice)) return RejectReason.invalidTriggerPrice
      const isDormant = placeOf(flags) === OrderPlace.dormant
      if (!isDormant || isTrailingKind(kindOf(flags))) return RejectReason.notReplaceable
    }
    const filled = pool.quantity(slot) - pool.openQuantity(slot)
    return quantity <= filled ? RejectReason.quantityBelowFilled : RejectReason.none
  }

  /** Dormant and collected orders have nothing filled. */
  private changeWaiting(slot: number, quantity: number, key: number, triggerPrice: number): void {
    const { book } = this
    const { pool } = book
    const isBehind = key !== pool.key(slot) || quantity > pool.quantity(slot)
    pool.setKey(slot, key)
    pool.setQuantity(slot, quantity)
    pool.setShown(slot, quantity)
    book.listener.onReplaced(pool.number(slot), book.priceOf(slot), quantity)
    if (placeOf(pool.flags(slot)) === OrderPlace.dormant) {
      if (triggerPrice !== NO_PRICE) this.triggers.move(slot, triggerPrice)
    } else if (isBehind) {
      this.desk.remove(slot)
      this.desk.collect(slot)
    }
  }

  private changeResting(slot: number, quantity: number, wantedKey: number, state: MarketState): RejectReason {
    const { book } = this
    const { pool, listener } = book
    const flags = pool.flags(slot)
    const side = book.ownSide(flags)
    const oldKey = pool.key(slot)
    const reduction = pool.quantity(slot) - quantity
    if (wantedKey === oldKey && reduction >= 0) {
      if (reduction > 0) book.reduceResting(side, slot, reduction)
      listener.onReplaced(pool.number(slot), book.priceOf(slot), quantity)
      if (reduction > 0) book.publish(side, oldKey)
      return RejectReason.none
    }
    const postOnly = postOnlyOf(flags)
    const key = postOnly === PostOnly.off ? wantedKey : book.passiveKey(side.side, wantedKey, postOnly)
    if (key === NO_PRICE) return RejectReason.postOnlyWouldTrade
    side.unlink(slot)
    pool.setShown(slot, pool.openQuantity(slot) - reduction)
    pool.hidden[slot >> 4] = 0
    pool.setQuantity(slot, quantity)
    pool.setKey(slot, key)
    pool.setFlags(slot, withPlace(flags, OrderPlace.active))
    listener.onReplaced(pool.number(slot), book.priceOf(slot), quantity)
    book.publish(side, oldKey)
    if (state === MarketState.open) book.execute(slot)
    else book.rest(slot)
    return RejectReason.none
  }
}
