/**
 * Continuous trading: two book sides over one pool, and the loop in which an incoming order takes what it can.
 *
 * Price priority, then time priority. A resting order trades at its own price. An iceberg whose tip is used up shows the
 * next one at the end of its queue.
 */
import { BookSide } from './book-side.js'
import {
  CancelReason,
  MARKET_KEY,
  NO_PRICE,
  OrderKind,
  OrderPlace,
  PostOnly,
  SelfTradeMode,
  TimeInForce,
} from './codes.js'
import type { MatchingListener } from './matching-listener.js'
import {
  isGtd,
  isIceberg,
  isSell,
  isUncomplicated,
  kindOf,
  postOnlyOf,
  selfTradeOf,
  sideOf,
  timeInForceOf,
  withKind,
  withPlace,
} from './order-flags.js'
import type { OrderPool } from './order-pool.js'
import { isGuarded, SelfTradeGuard } from './self-trade-guard.js'
import { SlotHeap } from './slot-heap.js'

/** Orders that trade and rest, without any notion of market state. */
export class ContinuousBook {
  readonly pool: OrderPool
  readonly listener: MatchingListener
  readonly bids: BookSide
  readonly asks: BookSide
  /** Orders with an expiry time, next first. */
  readonly expiry: SlotHeap
  /** Price of the last trade, {@link NO_PRICE} before the first. */
  last: number = NO_PRICE
  /** Price of the first trade since the triggers were last examined, {@link NO_PRICE} when there was none. */
  sweepFirst: number = NO_PRICE
  /** Trades so far, last sequence number. */
  private readonly counters = new Float64Array(2)
  private readonly guard: SelfTradeGuard

  constructor(pool: OrderPool, listener: MatchingListener, maxWindow: number) {
    this.pool = pool
    this.listener = listener
    this.bids = new BookSide(pool, 1, maxWindow)
    this.asks = new BookSide(pool, -1, maxWindow)
    this.expiry = new SlotHeap(() => pool.expiryPosition)
    this.guard = new SelfTradeGuard(this)
  }

  /** Trades so far. */
  get trades(): number {
    return this.counters[0]
  }

  /** The side on which an order with these flags rests. */
  ownSide(flags: number): BookSide {
    return isSell(flags) ? this.asks : this.bids
  }

  /** The next place in time. */
  nextSequence(): number {
    return ++this.counters[1]
  }

  /** Gives an order a new place in time. */
  stamp(slot: number): void {
    this.pool.setSequence(slot, this.nextSequence())
  }

  /** Price of an order in ticks, {@link NO_PRICE} for one without a limit. */
  priceOf(slot: number): number {
    const key = this.pool.key(slot)
    return key === MARKET_KEY ? NO_PRICE : Math.imul(key, sideOf(this.pool.flags(slot)))
  }

  /** Lets an active order trade, and rest or leave with what remains. */
  execute(slot: number): void {
    const pool = this.pool
    const flags = pool.flags(slot)
    const opposite = isSell(flags) ? this.bids : this.asks
    const refusal = this.executionFault(slot, opposite)
    if (refusal !== 0) {
      this.end(slot, refusal)
      return
    }
    if (opposite.best >= -pool.key(slot)) {
      let isStopped = false
      if (isGuarded(pool, slot)) isStopped = this.guard.match(slot, opposite)
      else pool.setShown(slot, this.take(opposite, -pool.key(slot), pool.shown(slot), pool.number(slot)))
      if (pool.shown(slot) === 0) {
        this.release(slot)
        return
      }
      if (isStopped) {
        this.end(slot, CancelReason.selfTrade)
        return
      }
    }
    if (timeInForceOf(flags) === TimeInForce.ioc) this.end(slot, CancelReason.immediateOrCancel)
    else if (pool.key(slot) === MARKET_KEY) this.end(slot, CancelReason.noLiquidity)
    else {
      if (kindOf(flags) === OrderKind.marketToLimit) this.becomeLimit(slot)
      this.rest(slot)
    }
  }

  /** Prices an order that needs the opposite side for it, and gives the reason why it may not execute; 0 when it may. */
  private executionFault(slot: number, opposite: BookSide): number {
    const { pool } = this
    const flags = pool.flags(slot)
    if (kindOf(flags) === OrderKind.marketToLimit) {
      if (opposite.best === NO_PRICE) return CancelReason.noLiquidity
      pool.setKey(slot, -opposite.best)
    }
    if (postOnlyOf(flags) !== PostOnly.off && !this.staysPassive(slot)) return CancelReason.postOnlyWouldTrade
    const isKilled = timeInForceOf(flags) === TimeInForce.fok && !this.canFill(slot, opposite)
    return isKilled ? CancelReason.fillOrKill : 0
  }

  /** What a market-to-limit order leaves is a limit order from now on. */
  private becomeLimit(slot: number): void {
    const { pool } = this
    pool.setFlags(slot, withKind(pool.flags(slot), OrderKind.limit))
    this.listener.onReplaced(pool.number(slot), this.priceOf(slot), pool.quantity(slot))
  }

  /** Puts an order at the end of its price's queue and publishes the level. */
  rest(slot: number): void {
    const pool = this.pool
    const flags = pool.flags(slot)
    const side = this.ownSide(flags)
    if (isIceberg(flags)) this.showTip(slot, pool.openQuantity(slot))
    pool.setFlags(slot, withPlace(flags, OrderPlace.book))
    this.stamp(slot)
    side.append(slot, pool.key(slot), pool.shown(slot))
    this.publish(side, pool.key(slot))
  }

  /** Takes in a new limit order without options that crosses nothing; false, with nothing done, as {@link OrderPool.insert}. */
  restPlain(orderNumber: number, side: number, key: number, flags: number, owner: number, quantity: number): boolean {
    const slot = this.pool.insert(orderNumber, key, flags, owner, quantity, quantity, ++this.counters[1])
    if (slot < 0) return false
    const own = side === 1 ? this.bids : this.asks
    const price = Math.imul(key, side)
    this.listener.onAccepted(orderNumber, side, price, quantity)
    this.listener.onBookLevel(own.bookSide, price, own.append(slot, key, quantity))
    return true
  }

  /** Executes a new limit order without options that crosses, or that is IOC. Its number must be free and the pool not full. */
  takePlain(orderNumber: number, side: number, key: number, flags: number, owner: number, quantity: number): void {
    const opposite = side === 1 ? this.asks : this.bids
    const open = this.take(opposite, -key, quantity, orderNumber)
    if (open === 0) return
    if (timeInForceOf(flags) === TimeInForce.ioc) {
      this.listener.onCanceled(orderNumber, open, CancelReason.immediateOrCancel)
      return
    }
    const own = side === 1 ? this.bids : this.asks
    const slot = this.pool.insert(orderNumber, key, flags, owner, quantity, open, ++this.counters[1])
    this.listener.onBookLevel(own.bookSide, Math.imul(key, side), own.append(slot, key, open))
  }

  /** Ends an order that rests: a {@link CancelReason}, or 0 for its expiry. */
  endResting(slot: number, reason: number): void {
    const pool = this.pool
    const flags = pool.flags(slot)
    const side = this.ownSide(flags)
    const orderNumber = pool.number(slot)
    const open = pool.openQuantity(slot)
    const key = pool.key(slot)
    const quantity = side.unlink(slot)
    if (isGtd(flags)) this.expiry.remove(slot)
    pool.release(slot)
    if (reason !== 0) this.listener.onCanceled(orderNumber, open, reason)
    else this.listener.onExpired(orderNumber, open)
    this.listener.onBookLevel(side.bookSide, Math.imul(key, side.side), quantity)
  }

  /** Ends an order that is in no queue: a {@link CancelReason}, or 0 for its expiry. */
  end(slot: number, reason: number): void {
    const open = this.pool.openQuantity(slot)
    const orderNumber = this.pool.number(slot)
    this.release(slot)
    if (reason !== 0) this.listener.onCanceled(orderNumber, open, reason)
    else this.listener.onExpired(orderNumber, open)
  }

  /** Frees the slot of an order that is in no queue. */
  release(slot: number): void {
    if (isGtd(this.pool.flags(slot))) this.expiry.remove(slot)
    this.pool.release(slot)
  }

  /** Tells the listener what a level shows now. */
  publish(side: BookSide, key: number): void {
    this.listener.onBookLevel(side.bookSide, Math.imul(key, side.side), side.quantityAt(key))
  }

  /** Takes `fill` from what a resting order shows; an order that is filled leaves, and its slot is free. */
  consume(side: BookSide, slot: number, fill: number): void {
    const pool = this.pool
    const left = pool.shown(slot) - fill
    if (left > 0) {
      side.addQuantity(pool.key(slot), -fill)
      pool.setShown(slot, left)
    } else if (isIceberg(pool.flags(slot)) && pool.hidden[slot >> 4] > 0) this.refresh(side, slot)
    else {
      side.unlink(slot)
      this.release(slot)
    }
  }

  /** Takes `reduction` from a resting order, hidden quantity first; it must leave something open. Priority stays. */
  reduceResting(side: BookSide, slot: number, reduction: number): void {
    const pool = this.pool
    const hidden = pool.openQuantity(slot) - pool.shown(slot)
    const fromHidden = Math.min(reduction, hidden)
    pool.hidden[slot >> 4] = hidden - fromHidden
    pool.setShown(slot, pool.shown(slot) - (reduction - fromHidden))
    pool.setQuantity(slot, pool.quantity(slot) - reduction)
    side.addQuantity(pool.key(slot), fromHidden - reduction)
  }

  /** Tells the listener of a trade. */
  trade(restingOrder: number, takerOrder: number, price: number, quantity: number, takerSide: number): void {
    this.listener.onTrade(++this.counters[0], restingOrder, takerOrder, price, quantity, takerSide)
  }

  /** Takes up to `quantity` at `limit` or better: best level after best level, order after order. Returns what is left. */
  private take(resting: BookSide, limit: number, quantity: number, takerOrder: number): number {
    const pool = this.pool
    const takerSide = -resting.side
    let remaining = quantity
    while (resting.best >= limit && remaining > 0) {
      const key = resting.best
      const price = Math.imul(key, resting.side)
      do {
        const slot = resting.first()
        const restingOrder = pool.number(slot)
        const shown = pool.shown(slot)
        const fill = shown < remaining ? shown : remaining
        remaining -= fill
        if (fill < shown) {
          pool.setShown(slot, shown - fill)
          resting.reduceBest(fill)
        } else if (isUncomplicated(pool.flags(slot))) {
          resting.removeFirst(slot, key)
          pool.release(slot)
        } else this.consume(resting, slot, fill)
        this.listener.onTrade(++this.counters[0], restingOrder, takerOrder, price, fill, takerSide)
      } while (remaining > 0 && resting.best === key)
      this.notePrice(price)
      this.publish(resting, key)
    }
    return remaining
  }

  /** Notes the price of a trade in continuous trading. */
  notePrice(price: number): void {
    this.last = price
    if (this.sweepFirst === NO_PRICE) this.sweepFirst = price
  }

  /** Whether a fill-or-kill order finds its whole quantity, walking the orders it would meet. */
  private canFill(taker: number, resting: BookSide): boolean {
    const pool = this.pool
    const limit = -pool.key(taker)
    const mode = selfTradeOf(pool.flags(taker))
    const owner = mode === SelfTradeMode.none ? 0 : pool.owner(taker)
    let missing = pool.shown(taker)
    for (let key = resting.best; key !== NO_PRICE && key >= limit && missing > 0; key = resting.below(key)) {
      let tips = 0
      let hidden = 0
      let isBlocked = false
      for (let slot = resting.headAt(key); slot >= 0 && !isBlocked; slot = pool.next(slot)) {
        if (owner !== 0 && pool.owner(slot) === owner) isBlocked = mode !== SelfTradeMode.cancelOldest
        else {
          tips += pool.shown(slot)
          hidden += pool.openQuantity(slot) - pool.shown(slot)
        }
      }
      // Tips that are refreshed queue up behind the order that blocks.
      missing -= isBlocked ? tips : tips + hidden
      if (isBlocked) break
    }
    return missing <= 0
  }

  /** Key at which a post-only order may rest: its own, or one tick behind the opposite best; {@link NO_PRICE} when it may not. */
  passiveKey(side: number, key: number, postOnly: number): number {
    const { best } = side === 1 ? this.asks : this.bids
    if (best < -key) return key
    return postOnly === PostOnly.reprice ? -best - 1 : NO_PRICE
  }

  /** Whether a post-only order may rest, at another price if it may be repriced. */
  private staysPassive(slot: number): boolean {
    const pool = this.pool
    const flags = pool.flags(slot)
    const key = this.passiveKey(sideOf(flags), pool.key(slot), postOnlyOf(flags))
    if (key === NO_PRICE) return false
    if (key !== pool.key(slot)) {
      pool.setKey(slot, key)
      this.listener.onReplaced(pool.number(slot), this.priceOf(slot), pool.quantity(slot))
    }
    return true
  }

  /** An iceberg's next tip, at the end of its queue. */
  private refresh(side: BookSide, slot: number): void {
    const pool = this.pool
    const isAlone = pool.next(slot) < 0 && pool.previous(slot) < 0
    if (isAlone) {
      const before = pool.shown(slot)
      this.showTip(slot, pool.hidden[slot >> 4])
      side.addQuantity(pool.key(slot), pool.shown(slot) - before)
    } else {
      side.unlink(slot)
      this.showTip(slot, pool.hidden[slot >> 4])
      side.append(slot, pool.key(slot), pool.shown(slot))
    }
    this.stamp(slot)
  }

  private showTip(slot: number, open: number): void {
    const tip = Math.min(this.pool.display[slot >> 4], open)
    this.pool.setShown(slot, tip)
    this.pool.hidden[slot >> 4] = open - tip
  }
}
