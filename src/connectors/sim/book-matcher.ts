/**
 * Matches the orders of one instrument with each other, in a price-time-priority book of the venue's own.
 *
 * Price units become whole ticks for the engine. Triggers, auctions' collection of orders that wait, and times in force
 * that end with the clock are the venue's: the engine sees orders that may trade, and orders of an auction.
 * Reduce-only orders are cut down before a sweep would turn a position (`sweep-guard.ts`), and after each operation.
 * Orders with numbers from {@link CROWD} on belong to nobody: the crowd that makes a synthetic market.
 */
import {
  AuctionKind,
  CancelReason,
  MarketState,
  NO_PRICE,
  OrderKind,
  type SelfTradeMode,
  TimeInForce,
} from '../../matching/codes.js'
import { MatchingEngine } from '../../matching/matching-engine.js'
import type { MatchingListener } from '../../matching/matching-listener.js'
import { OrderEntry } from '../../matching/order-entry.js'
import type { Instrument } from '../../model/instrument.js'
import { Liquidity, TypeCode } from '../../orders/codes.js'
import type { Matcher, MatcherEvents } from './matcher.js'
import { nothingToReduce } from './order-rules.js'
import { SweepGuard } from './sweep-guard.js'
import type { VenueAccount } from './venue-accounts.js'
import type { VenueOrder } from './venue-order.js'

/** First order number of the crowd. */
export const CROWD = 1_000_000_000

/** What a book shows the world. Prices in price units, sizes in quantity units. */
export interface BookTape {
  trade(priceUnits: number, quantityUnits: number, takerSide: number): void
  level(bookSide: 0 | 1, priceUnits: number, quantityUnits: number): void
}

const kinds: Readonly<Record<number, OrderKind>> = {
  [TypeCode.MARKET]: OrderKind.market,
  [TypeCode.LIMIT]: OrderKind.limit,
  [TypeCode.MARKET_TO_LIMIT]: OrderKind.marketToLimit,
}

/** A book of its own for one instrument. */
export class BookMatcher implements Matcher, MatchingListener {
  readonly engine: MatchingEngine
  readonly #events: MatcherEvents
  readonly #tape: BookTape
  readonly #find: (orderNumber: number) => VenueOrder | undefined
  readonly #owner: (order: VenueOrder) => number
  readonly #tick: number
  readonly #entry = new OrderEntry()
  readonly #guard: SweepGuard
  /** The order whose own request is being carried out: its changes are the answer, not news. */
  #requested = 0

  constructor(
    instrument: Instrument,
    events: MatcherEvents,
    tape: BookTape,
    find: (orderNumber: number) => VenueOrder | undefined,
    owner: (order: VenueOrder) => number,
  ) {
    this.#events = events
    this.#tape = tape
    this.#find = find
    this.#owner = owner
    this.#tick = instrument.priceStepUnits
    this.engine = new MatchingEngine(this)
    this.#guard = new SweepGuard(this.engine, find)
  }

  get bidUnits(): number {
    return this.#units(this.engine.bestBid)
  }

  get askUnits(): number {
    return this.#units(this.engine.bestAsk)
  }

  get lastUnits(): number {
    return this.#units(this.engine.lastPrice)
  }

  get restingCount(): number {
    return this.engine.liveOrders
  }

  /** Resting orders of clients; the crowd's are not listed. */
  resting(): VenueOrder[] {
    const orders: VenueOrder[] = []
    const prices: number[] = []
    const sizes: number[] = []
    const numbers: number[] = []
    for (const side of [0, 1]) {
      const levels = this.engine.levels(side, prices, sizes, Number.POSITIVE_INFINITY)
      for (let i = 0; i < levels; i++) {
        const count = this.engine.ordersAt(side, prices[i] as number, numbers, [], Number.POSITIVE_INFINITY)
        for (let k = 0; k < count; k++) {
          const order = this.#find(numbers[k] as number)
          if (order !== undefined) orders.push(order)
        }
      }
    }
    return orders
  }

  wouldTake(sideSign: number, priceUnits: number): boolean {
    return sideSign * (priceUnits - (sideSign > 0 ? this.askUnits : this.bidUnits)) >= 0
  }

  enter(order: VenueOrder): void {
    order.place = 'book'
    order.sequence = this.#events.nextSequence()
    const entry = this.#entry.reset(
      order.venueOrderId,
      order.sideSign,
      kinds[order.activeType] ?? OrderKind.limit,
      order.openUnits,
    )
    entry.timeInForce = engineTimes[order.timeInForce] as TimeInForce
    entry.owner = this.#owner(order)
    entry.selfTrade = order.selfTradePrevention as SelfTradeMode
    if (order.activeType === TypeCode.LIMIT) entry.price = this.#ticks(order.priceUnits)
    if (!Number.isNaN(order.displayUnits) && order.activeType !== TypeCode.MARKET)
      entry.displayQuantity = order.displayUnits
    order.bookUnits = order.openUnits
    const limit = order.activeType === TypeCode.LIMIT ? entry.price : NO_PRICE
    if (this.#guard.isNeeded(order.sideSign)) this.#beforeSweep(order.sideSign, order.openUnits, limit, order.account)
    this.#guard.note(order)
    this.engine.submit(entry)
  }

  remove(order: VenueOrder): void {
    this.#requested = order.venueOrderId
    this.engine.cancel(order.venueOrderId)
    this.#requested = 0
  }

  change(order: VenueOrder, quantityUnits: number, priceUnits: number): void {
    const total =
      order.bookUnits + (quantityUnits - order.cumulativeUnits) - this.engine.orderRemaining(order.venueOrderId)
    const price = priceUnits === order.priceUnits || Number.isNaN(priceUnits) ? NO_PRICE : this.#ticks(priceUnits)
    if (price !== NO_PRICE && this.#guard.isNeeded(order.sideSign))
      this.#beforeSweep(order.sideSign, quantityUnits - order.cumulativeUnits, price, order.account)
    order.quantityUnits = quantityUnits
    order.priceUnits = priceUnits
    order.bookUnits = total
    this.#requested = order.venueOrderId
    this.engine.replace(order.venueOrderId, total, price)
    this.#requested = 0
  }

  /** An order of the crowd. Returns whether it was taken. */
  submitCrowd(
    number: number,
    sideSign: number,
    priceUnits: number,
    quantityUnits: number,
    isImmediate: boolean,
  ): boolean {
    const entry = this.#entry.reset(number, sideSign, OrderKind.limit, quantityUnits)
    entry.price = this.#ticks(priceUnits)
    entry.timeInForce = isImmediate ? TimeInForce.ioc : TimeInForce.gtc
    if (this.#guard.isNeeded(sideSign)) this.#beforeSweep(sideSign, quantityUnits, entry.price, undefined)
    return this.engine.submit(entry)
  }

  /** Takes an order of the crowd back, if it is still there. */
  cancelCrowd(number: number): void {
    if (this.engine.orderPlace(number) !== 0) this.engine.cancel(number)
  }

  /** Opens an auction call, in which orders gather without trading. */
  beginAuction(): void {
    this.engine.setState(MarketState.auction)
  }

  /** Ends an auction call at its clearing price. Returns the price in price units, NaN when nothing traded. */
  endAuction(kind: 'opening' | 'closing'): number {
    for (const sideSign of [1, -1]) {
      if (!this.#guard.isNeeded(sideSign)) continue
      const { price, volume } = this.engine.indicate(kind === 'opening' ? AuctionKind.opening : AuctionKind.closing)
      if (volume > 0) this.#beforeSweep(sideSign, volume, price, 'auction')
    }
    const clearing = this.engine.uncross(kind === 'opening' ? AuctionKind.opening : AuctionKind.closing)
    return clearing.volume > 0 ? this.#units(clearing.price) : Number.NaN
  }

  /** Cuts reduce-only orders that will be reached down to what will be left to reduce by then. */
  #beforeSweep(
    sideSign: number,
    quantityUnits: number,
    limitTicks: number,
    taker: VenueAccount | 'auction' | undefined,
  ): void {
    this.#guard.beforeSweep(sideSign, quantityUnits, limitTicks, taker, (order, openUnits) => {
      if (openUnits <= 0) {
        this.remove(order)
        this.#events.ended(order, 'canceled', nothingToReduce)
        return
      }
      this.change(order, order.cumulativeUnits + openUnits, order.priceUnits)
      this.#events.changed(order)
    })
  }

  setState(state: MarketState): void {
    this.engine.setState(state)
  }

  // ---- What the engine tells ----------------------------------------------------------------------------------------

  onAccepted(): void {}

  onRejected(orderNumber: number, reason: number): void {
    const order = this.#find(orderNumber)
    if (order !== undefined) this.#events.ended(order, 'canceled', `refused by the book (reason ${reason})`)
  }

  onRequestRejected(): void {}

  onTrade(_trade: number, resting: number, taker: number, price: number, quantity: number, takerSide: number): void {
    const priceUnits = price * this.#tick
    const maker = this.#find(resting)
    const aggressor = this.#find(taker)
    const isAuction = takerSide === 0
    if (maker !== undefined)
      this.#events.filled(maker, quantity, priceUnits, isAuction ? Liquidity.auction : Liquidity.maker)
    if (aggressor !== undefined)
      this.#events.filled(aggressor, quantity, priceUnits, isAuction ? Liquidity.auction : Liquidity.taker)
    this.#tape.trade(priceUnits, quantity, takerSide)
  }

  onCanceled(orderNumber: number, _quantity: number, reason: number): void {
    if (orderNumber === this.#requested) return
    const order = this.#find(orderNumber)
    if (order !== undefined) this.#events.ended(order, 'canceled', cancelReasons[reason] ?? 'canceled by the venue')
  }

  onExpired(orderNumber: number): void {
    const order = this.#find(orderNumber)
    if (order !== undefined) this.#events.ended(order, 'expired', '')
  }

  onReplaced(orderNumber: number, price: number, quantity: number): void {
    if (orderNumber === this.#requested) return
    const order = this.#find(orderNumber)
    if (order === undefined) return
    order.quantityUnits += quantity - order.bookUnits
    order.bookUnits = quantity
    if (price !== NO_PRICE) order.priceUnits = price * this.#tick
    if (order.activeType === TypeCode.MARKET_TO_LIMIT) order.activeType = TypeCode.LIMIT
    this.#events.changed(order)
  }

  onTriggered(): void {}

  onBookLevel(bookSide: number, price: number, quantity: number): void {
    this.#tape.level(bookSide as 0 | 1, price * this.#tick, quantity)
  }

  #units(ticks: number): number {
    return ticks === NO_PRICE ? Number.NaN : ticks * this.#tick
  }

  #ticks(units: number): number {
    return Math.round(units / this.#tick)
  }
}

/** The venue ends DAY and GTD orders itself, so the book knows them as good till cancelled. */
const engineTimes: readonly TimeInForce[] = [
  TimeInForce.gtc,
  TimeInForce.gtc,
  TimeInForce.ioc,
  TimeInForce.fok,
  TimeInForce.gtc,
  TimeInForce.opening,
  TimeInForce.closing,
]

const cancelReasons: Readonly<Record<number, string>> = {
  [CancelReason.immediateOrCancel]: 'immediate or cancel: the rest found nobody',
  [CancelReason.fillOrKill]: 'fill or kill: not enough can be had at once',
  [CancelReason.noLiquidity]: 'no liquidity for the market order',
  [CancelReason.selfTrade]: 'self-trade prevention',
}
