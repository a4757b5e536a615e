/**
 * Fills orders against a recorded or live market that does not know them.
 *
 * - What crosses the recorded touch takes it and the levels behind it, each for what it shows; market orders take what is
 *   left one price step beyond the last level shown.
 * - A resting order is filled in full when a trade passes its price or the opposite touch reaches it, and at its price
 *   as its place in the recorded queue allows (queue models; `riskAverse` unless chosen otherwise).
 * - Orders of clients do not meet each other here: each trades with the recording. Self-trade prevention still holds.
 *
 * Nothing is allocated for a market event that fills nothing.
 */
import type { Random } from '../../core/random.js'
import type { OrderBook } from '../../market/order-book.js'
import type { OrderByOrderBook } from '../../market/order-by-order-book.js'
import { type QueueModelName, QueuePosition } from '../../matching/queue-models.js'
import type { Instrument } from '../../model/instrument.js'
import { hasLimit, Liquidity, StpCode, TifCode, TypeCode } from '../../orders/codes.js'
import type { Matcher, MatcherEvents } from './matcher.js'
import { LiquiditySide } from './recorded-liquidity.js'
import type { SlippageContext, SlippageModel } from './slippage.js'
import type { VenueOrder } from './venue-order.js'

/** Decides about fills that queue position alone does not: return false to let a fill at the order's own price pass. */
export type FillModel = (order: VenueOrder, quantityUnits: number, random: Random) => boolean

/** How a recorded market fills. */
export interface MarketMatcherOptions {
  /** Sizes as recorded (`shown`), or as much as is wanted at the touch (`unlimited`). */
  liquidity: 'shown' | 'unlimited'
  queue: QueueModelName
  slippage: SlippageModel
  fills: FillModel | undefined
  random: Random
}

/** Matches the orders of one instrument against its recording. */
export class MarketMatcher implements Matcher {
  lastUnits = Number.NaN
  readonly #instrument: Instrument
  readonly #events: MatcherEvents
  readonly #options: MarketMatcherOptions
  readonly #isUnlimited: boolean
  /** What buys take, and what sells take. */
  readonly #asks: LiquiditySide
  readonly #bids: LiquiditySide
  /** Resting orders, best price first, then by time. */
  readonly #buys: VenueOrder[] = []
  readonly #sells: VenueOrder[] = []
  readonly #slippage: SlippageContext
  /** An iceberg showed its next part and has to move back in its queue. */
  #isReshown = false
  /** The recorded book, once there is one. */
  book: OrderBook | OrderByOrderBook | undefined

  constructor(instrument: Instrument, events: MatcherEvents, options: MarketMatcherOptions) {
    this.#instrument = instrument
    this.#events = events
    this.#options = options
    this.#isUnlimited = options.liquidity === 'unlimited'
    this.#asks = new LiquiditySide(1, instrument)
    this.#bids = new LiquiditySide(0, instrument)
    this.#slippage = { instrument, sideSign: 1, quantityUnits: 0, shownUnits: 0, priceUnits: 0, random: options.random }
  }

  get bidUnits(): number {
    return this.#bids.bestUnits
  }

  get askUnits(): number {
    return this.#asks.bestUnits
  }

  get restingCount(): number {
    return this.#buys.length + this.#sells.length
  }

  resting(): VenueOrder[] {
    return [...this.#buys, ...this.#sells]
  }

  /** Takes a recorded book in: its levels can be taken, and tell queue positions. */
  useBook(book: OrderBook | OrderByOrderBook): OrderBook | OrderByOrderBook {
    this.book = book
    this.#asks.hasBook = true
    this.#bids.hasBook = true
    return book
  }

  // ---- The recording moves -----------------------------------------------------------------------------------------

  /** The recorded touch, from a quote or from the book. Returns whether it changed; {@link onTouch} then does the rest. */
  setTouch(bid: number, ask: number, bidSize: number, askSize: number): boolean {
    const bidChanged = this.#bids.setTouch(bid, bidSize)
    return this.#asks.setTouch(ask, askSize) || bidChanged
  }

  /** Fills what the new touch reaches, and moves queue positions. */
  onTouch(): void {
    if (this.#buys.length > 0) this.#touchSide(this.#buys, this.#asks)
    if (this.#sells.length > 0) this.#touchSide(this.#sells, this.#bids)
  }

  /** A recorded trade: `aggressor` 1 buyer, -1 seller, 0 unknown. */
  onTrade(price: number, size: number, aggressor: number): void {
    const priceUnits = this.#instrument.nearestPriceUnits(price)
    this.lastUnits = priceUnits
    if (this.restingCount === 0) return
    const side = aggressor !== 0 ? aggressor : this.#guessAggressor(priceUnits)
    const sizeUnits = !Number.isNaN(size) ? this.#instrument.nearestQuantityUnits(size) : 0
    if (side <= 0) this.#tradeAgainst(this.#buys, priceUnits, sizeUnits)
    if (side >= 0) this.#tradeAgainst(this.#sells, priceUnits, sizeUnits)
  }

  #guessAggressor(priceUnits: number): number {
    if (priceUnits >= this.askUnits) return 1
    return priceUnits <= this.bidUnits ? -1 : 0
  }

  #touchSide(orders: VenueOrder[], opposite: LiquiditySide): void {
    const touch = opposite.bestUnits
    for (let i = 0; i < orders.length; ) {
      const order = orders[i] as VenueOrder
      const isReached = order.sideSign * (order.priceUnits - touch) >= 0
      if (!isReached) {
        order.isLocked = false
        this.#moveQueue(order)
        i++
        continue
      }
      if (order.isLocked) this.#takeMore(order)
      else this.#fill(order, order.openUnits, order.priceUnits, Liquidity.maker)
      if (orders[i] === order) i++
    }
  }

  /** An order that used its opposite price up gets what the recording shows anew. */
  #takeMore(order: VenueOrder): void {
    this.#take(order)
    if (!order.isLive) this.remove(order)
  }

  #tradeAgainst(orders: VenueOrder[], priceUnits: number, sizeUnits: number): void {
    let given = 0
    for (let i = 0; i < orders.length; ) {
      const order = orders[i] as VenueOrder
      const beyond = order.sideSign * (order.priceUnits - priceUnits)
      if (beyond < 0) break
      if (beyond > 0) this.#fill(order, order.openUnits, order.priceUnits, Liquidity.maker)
      else given += this.#tradeInQueue(order, sizeUnits, given)
      if (orders[i] === order) i++
    }
    if (this.#isReshown) orders.sort((a, b) => (isBefore(a, b) ? -1 : 1))
    this.#isReshown = false
  }

  /** A trade at the order's own price: what the queue lets through to it, less what orders before it were given. */
  #tradeInQueue(order: VenueOrder, sizeUnits: number, given: number): number {
    const { queue } = order
    if (queue === undefined || Number.isNaN(order.queueDepth)) return 0
    const reached = queue.trade(sizeUnits, this.#instrument.sizeStepUnits)
    let quantity = Math.min(reached - given, order.openUnits)
    const shown = order.shownUnits
    if (!Number.isNaN(shown)) quantity = Math.min(quantity, shown)
    if (quantity <= 0) return 0
    const { fills, random } = this.#options
    if (fills !== undefined && !fills(order, quantity, random)) return 0
    if (!Number.isNaN(shown)) this.#shrinkShown(order, quantity)
    this.#fill(order, quantity, order.priceUnits, Liquidity.maker)
    return quantity
  }

  /** An iceberg whose shown part is gone shows the next part, at the end of the queue. */
  #shrinkShown(order: VenueOrder, quantityUnits: number): void {
    order.shownUnits -= quantityUnits
    if (order.shownUnits > 0) return
    order.shownUnits = order.displayUnits
    order.sequence = this.#events.nextSequence()
    order.queue?.reset(order.queueDepth)
    this.#isReshown = true
  }

  /** Takes note of what the recording shows at the order's price now. */
  #moveQueue(order: VenueOrder): void {
    const { queue } = order
    if (queue === undefined) return
    const shown = this.#shownAt(order.sideSign, order.priceUnits)
    if (Number.isNaN(shown) || shown === order.queueDepth) return
    if (!Number.isNaN(order.queueDepth)) queue.depth(order.queueDepth, shown)
    else queue.reset(shown)
    order.queueDepth = shown
  }

  /** Units shown on the order's own side at a price; NaN where the recording does not say. */
  #shownAt(sideSign: number, priceUnits: number): number {
    const own = sideSign > 0 ? this.#bids : this.#asks
    const behind = sideSign * (own.bestUnits - priceUnits)
    if (behind < 0) return 0
    if (behind === 0) return !Number.isNaN(own.size) ? own.touchUnits : 0
    const { book } = this
    if (book === undefined) return Number.NaN
    return this.#instrument.nearestQuantityUnits(
      book.sizeAt(sideSign > 0 ? 0 : 1, this.#instrument.priceNumber(priceUnits)),
    )
  }

  // ---- Orders ------------------------------------------------------------------------------------------------------

  wouldTake(sideSign: number, priceUnits: number): boolean {
    return sideSign * (priceUnits - (sideSign > 0 ? this.askUnits : this.bidUnits)) >= 0
  }

  enter(order: VenueOrder): void {
    order.place = 'book'
    order.sequence = this.#events.nextSequence()
    if (this.#preventSelfTrade(order)) return
    if (order.timeInForce === TifCode.FOK && this.#available(order) < order.openUnits) {
      this.#end(order, 'fill or kill: not enough can be had at once')
      return
    }
    this.#take(order)
    if (!order.isLive) return
    if (order.activeType === TypeCode.MARKET) this.#end(order, 'no liquidity for the market order')
    else if (order.timeInForce === TifCode.IOC) this.#end(order, 'immediate or cancel: the rest found nobody')
    else if (order.activeType === TypeCode.MARKET_TO_LIMIT && !this.#becomeLimit(order)) {
      this.#end(order, 'no liquidity for the market-to-limit order')
    } else this.#rest(order)
  }

  remove(order: VenueOrder): void {
    const orders = order.sideSign > 0 ? this.#buys : this.#sells
    const at = orders.indexOf(order)
    if (at >= 0) orders.splice(at, 1)
  }

  change(order: VenueOrder, quantityUnits: number, priceUnits: number): void {
    const keepsPlace = priceUnits === order.priceUnits && quantityUnits <= order.quantityUnits
    order.quantityUnits = quantityUnits
    if (keepsPlace) {
      if (order.shownUnits > order.openUnits) order.shownUnits = order.openUnits
      return
    }
    this.remove(order)
    order.priceUnits = priceUnits
    this.enter(order)
  }

  /** What can be had at once within the order's limit. */
  #available(order: VenueOrder): number {
    const side = order.sideSign > 0 ? this.#asks : this.#bids
    side.read(limitOf(order), this.book, this.#isUnlimited)
    if (side.count > 0 && order.activeType === TypeCode.MARKET) return Number.POSITIVE_INFINITY
    let sum = 0
    for (let i = 0; i < side.count; i++) sum += side.leftUnits[i] as number
    return sum
  }

  /** Takes the levels shown, best first. */
  #take(order: VenueOrder): void {
    const side = order.sideSign > 0 ? this.#asks : this.#bids
    side.read(limitOf(order), this.book, this.#isUnlimited)
    const levels = order.activeType === TypeCode.MARKET_TO_LIMIT ? Math.min(1, side.count) : side.count
    for (let i = 0; i < levels && order.isLive; i++) {
      const left = side.leftUnits[i] as number
      const quantity = Math.min(order.openUnits, left)
      if (quantity <= 0) continue
      side.take(i, quantity)
      this.#fillAsTaker(order, quantity, left, side.priceUnits[i] as number)
    }
    if (order.activeType !== TypeCode.MARKET || levels === 0 || !order.isLive) return
    // The real book does not end where the recording does.
    const last = side.priceUnits[levels - 1] as number
    const beyond = last + order.sideSign * this.#instrument.priceStepAt(last)
    this.#fillAsTaker(order, order.openUnits, Number.POSITIVE_INFINITY, beyond)
  }

  #fillAsTaker(order: VenueOrder, quantityUnits: number, shownUnits: number, priceUnits: number): void {
    const context = this.#slippage
    context.sideSign = order.sideSign
    context.quantityUnits = quantityUnits
    context.shownUnits = shownUnits
    context.priceUnits = priceUnits
    const steps = this.#options.slippage(context)
    let price = priceUnits
    if (steps > 0) {
      price += order.sideSign * steps * this.#instrument.priceStepAt(priceUnits)
      if (hasLimit(order.activeType) && order.sideSign * (price - order.priceUnits) > 0) price = order.priceUnits
      if (price < this.#instrument.minPriceUnits) price = priceUnits
    }
    this.#fill(order, quantityUnits, price, Liquidity.taker)
  }

  /** The rest of a market-to-limit order rests at the price it took last, or at the touch. */
  #becomeLimit(order: VenueOrder): boolean {
    const price = order.sideSign > 0 ? this.askUnits : this.bidUnits
    if (Number.isNaN(price)) return false
    order.activeType = TypeCode.LIMIT
    order.priceUnits = price
    this.#events.changed(order)
    return true
  }

  #rest(order: VenueOrder): void {
    const shown = this.#shownAt(order.sideSign, order.priceUnits)
    order.queueDepth = shown
    order.queue ??= new QueuePosition(this.#options.queue)
    order.queue.reset(!Number.isNaN(shown) ? shown : 0)
    order.shownUnits = Math.min(order.displayUnits, order.openUnits)
    order.isLocked = this.wouldTake(order.sideSign, order.priceUnits)
    const orders = order.sideSign > 0 ? this.#buys : this.#sells
    let at = orders.length
    while (at > 0 && isBefore(order, orders[at - 1] as VenueOrder)) at--
    orders.splice(at, 0, order)
  }

  #fill(order: VenueOrder, quantityUnits: number, priceUnits: number, liquidity: number): void {
    const allowed = this.#events.fillable(order, quantityUnits)
    if (allowed === order.openUnits || allowed < quantityUnits) this.remove(order)
    if (allowed > 0) this.#events.filled(order, allowed, priceUnits, liquidity)
    if (allowed < quantityUnits) this.#end(order, 'reduce-only: there is nothing left to reduce')
  }

  #end(order: VenueOrder, reason: string): void {
    this.#events.ended(order, 'canceled', reason)
  }

  /** Applies the incoming order's self-trade mode against own resting orders that it would meet; true when it is over. */
  #preventSelfTrade(order: VenueOrder): boolean {
    const mode = order.selfTradePrevention
    if (mode === StpCode.none) return false
    const others = order.sideSign > 0 ? this.#sells : this.#buys
    for (let i = 0; i < others.length; ) {
      const other = others[i] as VenueOrder
      if (order.sideSign * (limitOf(order) - other.priceUnits) < 0) return false
      if (other.account !== order.account) {
        i++
        continue
      }
      if (mode === StpCode.cancel_newest) {
        this.#end(order, 'self-trade prevention')
        return true
      }
      if (mode === StpCode.decrement && this.#decrement(order, other)) return true
      if (mode === StpCode.decrement) continue
      this.remove(other)
      this.#end(other, 'self-trade prevention')
      if (mode === StpCode.cancel_both) {
        this.#end(order, 'self-trade prevention')
        return true
      }
    }
    return false
  }

  /** Takes the smaller open quantity off both; true when the incoming order is over. */
  #decrement(order: VenueOrder, other: VenueOrder): boolean {
    const size = Math.min(order.openUnits, other.openUnits)
    for (const each of [other, order]) {
      if (each.openUnits === size) {
        this.remove(each)
        this.#end(each, 'self-trade prevention')
      } else {
        each.quantityUnits -= size
        this.#events.changed(each)
      }
    }
    return !order.isLive
  }
}

/** Worst price an order takes: its limit, or none. */
function limitOf(order: VenueOrder): number {
  if (hasLimit(order.activeType)) return order.priceUnits
  return order.sideSign > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
}

function isBefore(order: VenueOrder, other: VenueOrder): boolean {
  const better = order.sideSign * (order.priceUnits - other.priceUnits)
  return better > 0 || (better === 0 && order.sequence < other.sequence)
}
