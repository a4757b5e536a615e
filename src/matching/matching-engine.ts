/**
 * A price-time-priority matching engine for one instrument: pure, deterministic, on integers, without clock or I/O.
 *
 * ```
 * submit ─► faults ─► pool slot ─┬─ dormant kinds ──────────► TriggerBook ──┐ (a trade or quote reaches the trigger)
 *                                ├─ OPG, CLO, auction market ► AuctionDesk   │
 *                                └─ everything else ─────────► ContinuousBook ◄┘ match, rest or leave
 * ```
 * An operation runs to its end, triggered orders included, before it returns; all events come through the
 * {@link MatchingListener} on the way. Prices are ticks (an order on a finer grid is the venue's to refuse), quantities
 * integer units up to 2^53 - 1; a level whose orders sum to more than that shows a rounded sum.
 * Memory grows in doublings with the orders live at once and with the span of prices in use: an idle engine takes about 30 KB.
 */
import { TradewireError } from '../core/errors.js'
import { AuctionDesk, isAuctionOnly } from './auction-desk.js'
import { BookView } from './book-view.js'
import type { Clearing } from './clearing-price.js'
import {
  AuctionKind,
  CancelReason,
  MARKET_KEY,
  MarketState,
  NO_PRICE,
  OrderKind,
  OrderPlace,
  PostOnly,
  RejectReason,
  TimeInForce,
} from './codes.js'
import { ContinuousBook } from './continuous-book.js'
import type { MatchingListener } from './matching-listener.js'
import { entryFault, hasLimitPrice, isDormantKind, isPlainLimit, isPrice, type OrderEntry } from './order-entry.js'
import { kindOf, packFlags, placeOf, plainFlags, sideOf, timeInForceOf, withPlace } from './order-flags.js'
import { OrderPool, SLOT_STRIDE } from './order-pool.js'
import { ReplaceDesk } from './replace-desk.js'
import { TriggerBook, trailingLimitKey } from './trigger-book.js'

/** Bounds of an engine. */
export interface MatchingEngineOptions {
  /** Most live orders, at most 2^25; further ones are rejected with `capacity`. Default 2^20. */
  maxOrders?: number
  /** Orders to have room for from the start. Default 64. */
  initialOrders?: number
  /** Largest ladder per side in ticks, a power of two from 128 to 65,536; prices further from the touch are kept in sorted arrays. Default 4096. */
  maxWindowTicks?: number
  /** State to begin in. Default open. */
  state?: MarketState
}

/** Matching engine of one instrument. */
export class MatchingEngine extends BookView {
  private readonly listener: MatchingListener
  private readonly desk: AuctionDesk
  private readonly triggers: TriggerBook
  private readonly replaceDesk: ReplaceDesk
  private marketState: MarketState
  private isOpen: boolean
  private isBusy = false
  private nowUs = 0
  private observedBid: number = NO_PRICE
  private observedAsk: number = NO_PRICE

  /** @throws TradewireError `TW_INVALID_ARGUMENT` for options out of range. */
  constructor(listener: MatchingListener, options: MatchingEngineOptions = {}) {
    const { maxOrders = 1 << 20, initialOrders = 64, maxWindowTicks = 4096, state = MarketState.open } = options
    requireInteger('maxOrders', maxOrders, 1, 1 << 25)
    requireInteger('initialOrders', initialOrders, 1, 1 << 25)
    requireInteger('maxWindowTicks', maxWindowTicks, 128, 65_536)
    requireInteger('state', state, MarketState.closed, MarketState.halted)
    if ((maxWindowTicks & (maxWindowTicks - 1)) !== 0) {
      throw new TradewireError('TW_INVALID_ARGUMENT', `maxWindowTicks must be a power of two, not ${maxWindowTicks}`)
    }
    super(new ContinuousBook(new OrderPool(initialOrders, maxOrders), listener, maxWindowTicks))
    this.listener = listener
    this.desk = new AuctionDesk(this.book)
    this.triggers = new TriggerBook(this.pool)
    this.replaceDesk = new ReplaceDesk(this.book, this.desk, this.triggers)
    this.marketState = state
    this.isOpen = state === MarketState.open
  }

  /** The market's state. */
  get state(): MarketState {
    return this.marketState
  }

  /** Takes in a new order; false when it was rejected. The entry may be reused at once. */
  submit(entry: OrderEntry): boolean {
    this.begin()
    const isAccepted = this.acceptPlain(entry) || this.accept(entry)
    this.settle()
    return isAccepted
  }

  /** Cancels what is open of an order, in any market state; false when there is no such order. */
  cancel(orderNumber: number): boolean {
    this.begin()
    const slot = this.pool.find(orderNumber)
    if (slot >= 0) this.withdraw(slot, CancelReason.requested)
    else this.listener.onRequestRejected(orderNumber, RejectReason.unknownOrder)
    this.settle()
    return slot >= 0
  }

  /**
   * Changes an order. A smaller quantity at the same price keeps its place in the queue; a larger one or another price
   * sends it to the end of its queue, and may make it trade. What is filled stays filled.
   *
   * @param quantity new total quantity, filled included.
   * @param price new limit price in ticks; {@link NO_PRICE} keeps it.
   * @param triggerPrice new trigger of a stop or if-touched order; {@link NO_PRICE} keeps it.
   * @returns false when the request was rejected; the order then stays as it was.
   */
  replace(orderNumber: number, quantity: number, price: number = NO_PRICE, triggerPrice: number = NO_PRICE): boolean {
    this.begin()
    const slot = this.pool.find(orderNumber)
    const reason =
      slot < 0
        ? RejectReason.unknownOrder
        : this.replaceDesk.replace(slot, quantity, price, triggerPrice, this.marketState)
    if (reason !== RejectReason.none) this.listener.onRequestRejected(orderNumber, reason)
    this.settle()
    return reason === RejectReason.none
  }

  /** Cancels all live orders, or those of one owner; returns how many. */
  cancelAll(owner?: number): number {
    this.begin()
    const { pool } = this
    let count = 0
    for (let slot = 0; slot < pool.highWater; slot += SLOT_STRIDE) {
      if (placeOf(pool.flags(slot)) === OrderPlace.none || (owner !== undefined && pool.owner(slot) !== owner)) continue
      this.withdraw(slot, CancelReason.massCancel)
      count++
    }
    this.settle()
    return count
  }

  /** Moves the engine's time forward (epoch microseconds) and expires GTD orders due by then; returns how many. */
  expire(nowUs: number): number {
    this.begin()
    const { expiry } = this.book
    let count = 0
    if (nowUs > this.nowUs) this.nowUs = nowUs
    while (expiry.firstKey <= this.nowUs) {
      this.withdraw(expiry.first, 0)
      count++
    }
    this.settle()
    return count
  }

  /** Ends the trading day: expires all DAY orders and what is left of OPG and CLO orders; returns how many. */
  expireDay(): number {
    this.begin()
    const { pool } = this
    let count = 0
    for (let slot = 0; slot < pool.highWater; slot += SLOT_STRIDE) {
      const flags = pool.flags(slot)
      const timeInForce = timeInForceOf(flags)
      if (placeOf(flags) === OrderPlace.none || (timeInForce !== TimeInForce.day && !isAuctionOnly(timeInForce)))
        continue
      this.withdraw(slot, 0)
      count++
    }
    this.settle()
    return count
  }

  /**
   * Changes the market's state. Cancels are taken in every state.
   * - `open`: continuous trading. On the way in a crossed book is uncrossed and triggers are examined.
   * - `auction`: limit orders rest without trading, market orders are collected, triggers sleep.
   * - `halted`: new orders and replaces are rejected, triggers sleep.
   * - `closed`: only OPG and CLO orders are accepted, for the next auction.
   */
  setState(state: MarketState): void {
    requireInteger('state', state, MarketState.closed, MarketState.halted)
    this.begin()
    const isOpening = state === MarketState.open && this.marketState !== MarketState.open
    if (isOpening) this.desk.uncross(AuctionKind.reopening, this.book.last)
    this.marketState = state
    this.isOpen = state === MarketState.open
    this.settle()
  }

  /**
   * Ends an auction call: executes at the one clearing price. The state stays `auction`.
   *
   * @param kind which collected orders take part.
   * @param reference price to stay close to when several clear equally well; default the last trade.
   * @throws TradewireError `TW_INVALID_STATE` outside an auction.
   */
  uncross(kind: AuctionKind, reference: number = this.book.last): Clearing {
    if (this.marketState !== MarketState.auction) {
      throw new TradewireError('TW_INVALID_STATE', 'uncross needs an auction: call setState(MarketState.auction) first')
    }
    this.begin()
    const clearing = this.desk.uncross(kind, reference)
    this.settle()
    return clearing
  }

  /** Where {@link uncross} would clear now; changes nothing and sends no event. */
  indicate(kind: AuctionKind, reference: number = this.book.last): Clearing {
    this.begin()
    const clearing = this.desk.indicate(kind, reference)
    this.isBusy = false
    return clearing
  }

  /** Takes note of a trade elsewhere: it becomes the last price and may trigger dormant orders. */
  observeTrade(price: number): void {
    requirePrice('price', price)
    this.begin()
    this.book.last = price
    if (this.book.sweepFirst === NO_PRICE) this.book.sweepFirst = price
    this.settle()
  }

  /** Sets the quote that triggers go by instead of this book's own; {@link NO_PRICE} for a side goes back to the book. */
  observeQuote(bid: number, ask: number): void {
    if (bid !== NO_PRICE) requirePrice('bid', bid)
    if (ask !== NO_PRICE) requirePrice('ask', ask)
    this.begin()
    this.observedBid = bid
    this.observedAsk = ask
    this.settle()
  }

  private begin(): void {
    if (this.isBusy) {
      throw new TradewireError(
        'TW_INVALID_STATE',
        'The matching engine is inside an operation: listeners may not call operations, and must not throw',
      )
    }
    this.isBusy = true
  }

  /** Ends an operation: lets triggered orders execute until no more become due. */
  private settle(): void {
    if (this.triggers.count > 0) {
      if (this.isOpen) this.runTriggers()
      this.book.sweepFirst = NO_PRICE
    }
    this.isBusy = false
  }

  private runTriggers(): void {
    const { triggers, listener, pool, book } = this
    this.observe()
    for (let slot = triggers.takeDue(); slot >= 0; slot = triggers.takeDue()) {
      const flags = pool.flags(slot)
      if (kindOf(flags) === OrderKind.trailingStopLimit) {
        pool.setKey(slot, trailingLimitKey(pool.trigger[slot >> 4], pool.limitOffset[slot >> 4], sideOf(flags)))
      }
      listener.onTriggered(pool.number(slot))
      book.execute(slot)
      this.observe()
    }
  }

  /** The trades of one order move in one direction: its first and last price cover what triggers need to see. */
  private observe(): void {
    const { book, triggers } = this
    if (book.sweepFirst !== NO_PRICE) triggers.observe(book.sweepFirst, NO_PRICE, NO_PRICE)
    book.sweepFirst = NO_PRICE
    const bid = this.observedBid === NO_PRICE ? book.bids.bestPrice : this.observedBid
    const ask = this.observedAsk === NO_PRICE ? book.asks.bestPrice : this.observedAsk
    triggers.observe(book.last, bid, ask)
  }

  /** The short way for limit orders without options in an open market, most of all orders. False, with nothing done, for all others. */
  private acceptPlain(entry: OrderEntry): boolean {
    if (!this.isOpen || !isPlainLimit(entry)) return false
    const { pool, book } = this
    const { orderNumber, side, owner, quantity, timeInForce } = entry
    const key = Math.imul(entry.price, side)
    const flags = plainFlags(side, timeInForce)
    if (timeInForce !== 2 && (side === 1 ? book.asks : book.bids).best < -key) {
      return book.restPlain(orderNumber, side, key, flags, owner, quantity)
    }
    if (pool.isFull || pool.find(orderNumber) >= 0) return false
    this.listener.onAccepted(orderNumber, side, entry.price, quantity)
    book.takePlain(orderNumber, side, key, flags, owner, quantity)
    return true
  }

  private accept(entry: OrderEntry): boolean {
    let reason = entryFault(entry)
    if (reason === RejectReason.none) reason = this.stateFault(entry)
    let key = hasLimitPrice(entry.kind) ? Math.imul(entry.price, entry.side) : MARKET_KEY
    if (reason === RejectReason.none && entry.postOnly !== PostOnly.off && entry.kind === OrderKind.limit) {
      key = this.book.passiveKey(entry.side, key, entry.postOnly)
      if (key === NO_PRICE) reason = RejectReason.postOnlyWouldTrade
    }
    if (reason !== RejectReason.none) {
      this.listener.onRejected(entry.orderNumber, reason)
      return false
    }
    const slot = this.store(entry, key)
    this.listener.onAccepted(entry.orderNumber, entry.side, this.book.priceOf(slot), entry.quantity)
    if (isDormantKind(entry.kind)) {
      // Nobody looked at earlier sweeps while no order was dormant.
      this.book.sweepFirst = NO_PRICE
      this.triggers.add(slot)
    } else if (isAuctionOnly(entry.timeInForce)) this.desk.collect(slot)
    else if (this.marketState === MarketState.open) this.book.execute(slot)
    else if (key === MARKET_KEY) this.desk.collect(slot)
    else this.book.rest(slot)
    return true
  }

  /** Why an order cannot be taken now. */
  private stateFault(entry: OrderEntry): RejectReason {
    const { timeInForce } = entry
    if (this.pool.find(entry.orderNumber) >= 0) return RejectReason.duplicateOrderNumber
    if (this.pool.isFull) return RejectReason.capacity
    if (timeInForce === TimeInForce.gtd && entry.expireUs <= this.nowUs) return RejectReason.alreadyExpired
    if (this.marketState === MarketState.open) return RejectReason.none
    if (this.marketState === MarketState.halted) return RejectReason.marketHalted
    if (isAuctionOnly(timeInForce)) return RejectReason.none
    if (this.marketState === MarketState.closed) return RejectReason.marketClosed
    if (isDormantKind(entry.kind)) return RejectReason.none
    const needsTrading =
      timeInForce === TimeInForce.ioc || timeInForce === TimeInForce.fok || entry.kind === OrderKind.marketToLimit
    return needsTrading ? RejectReason.notInAuction : RejectReason.none
  }

  private store(entry: OrderEntry, key: number): number {
    const { pool } = this
    const flags = withPlace(packFlags(entry), OrderPlace.active)
    const { orderNumber, owner, quantity } = entry
    const slot = pool.insert(orderNumber, key, flags, owner, quantity, quantity, this.book.nextSequence())
    if (entry.displayQuantity !== 0) {
      pool.display[slot >> 4] = entry.displayQuantity
      pool.hidden[slot >> 4] = 0
    }
    if (entry.timeInForce === TimeInForce.gtd) {
      pool.expireUs[slot >> 4] = entry.expireUs
      this.book.expiry.push(slot, entry.expireUs, orderNumber)
    }
    if (isDormantKind(entry.kind)) {
      pool.trigger[slot >> 4] = entry.triggerPrice
      pool.trailOffset[slot >> 4] = entry.trailOffset
      pool.limitOffset[slot >> 4] = entry.limitOffset
    }
    return slot
  }

  /** Ends a live order wherever it is; reason 0 stands for its expiry. */
  private withdraw(slot: number, reason: number): void {
    const { pool, book } = this
    const flags = pool.flags(slot)
    const place = placeOf(flags)
    if (place === 1) {
      book.endResting(slot, reason)
      return
    }
    if (place === OrderPlace.dormant) this.triggers.remove(slot)
    else this.desk.remove(slot)
    book.end(slot, reason)
  }
}

function requireInteger(name: string, value: number, from: number, to: number): void {
  if (Number.isInteger(value) && value >= from && value <= to) return
  throw new TradewireError('TW_INVALID_ARGUMENT', `${name} must be an integer from ${from} to ${to}, not ${value}`)
}

function requirePrice(name: string, price: number): void {
  if (isPrice(price)) return
  throw new TradewireError('TW_INVALID_ARGUMENT', `${name} must be a whole number of ticks in range, not ${price}`)
}
