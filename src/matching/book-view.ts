/**
 * What can be asked of a matching engine at any time: quotes, depth, queues and single orders.
 */
import type { BookSide } from './book-side.js'
import { NO_PRICE, OrderPlace } from './codes.js'
import type { ContinuousBook } from './continuous-book.js'
import { placeOf } from './order-flags.js'
import type { OrderPool } from './order-pool.js'

/** Any array of numbers to copy into. */
export type NumberTarget = Float64Array | Int32Array | number[]

/** Read access to a book and its orders. Book sides are 0 bid, 1 ask; prices are ticks. */
export class BookView {
  protected readonly pool: OrderPool

  protected readonly book: ContinuousBook

  protected constructor(book: ContinuousBook) {
    this.book = book
    this.pool = book.pool
  }

  /** Best bid, {@link NO_PRICE} when there is none. */
  get bestBid(): number {
    return this.book.bids.bestPrice
  }

  /** Best ask, {@link NO_PRICE} when there is none. */
  get bestAsk(): number {
    return this.book.asks.bestPrice
  }

  /** Quantity shown at the best bid, 0 when there is none. */
  get bestBidQuantity(): number {
    return this.book.bids.quantityAt(this.book.bids.best)
  }

  /** Quantity shown at the best ask, 0 when there is none. */
  get bestAskQuantity(): number {
    return this.book.asks.quantityAt(this.book.asks.best)
  }

  /** Price of the last trade or observed trade, {@link NO_PRICE} before the first. */
  get lastPrice(): number {
    return this.book.last
  }

  /** Trades so far. */
  get tradeCount(): number {
    return this.book.trades
  }

  /** Live orders: resting, dormant and collected. */
  get liveOrders(): number {
    return this.pool.live
  }

  /** Quantity shown at a price. */
  depthAt(bookSide: number, price: number): number {
    const side = this.sideOf(bookSide)
    return side.quantityAt(Math.imul(price, side.side))
  }

  /**
   * Copies levels, best first, into the caller's arrays: as many as there are, `limit` and the fixed length of a typed
   * array allow.
   *
   * @returns the number of levels copied.
   */
  levels(bookSide: number, prices: NumberTarget, quantities: NumberTarget, limit: number = prices.length): number {
    const side = this.sideOf(bookSide)
    let count = 0
    for (let key = side.best; key !== NO_PRICE && count < limit; key = side.below(key)) {
      prices[count] = Math.imul(key, side.side)
      quantities[count] = side.quantityAt(key)
      count++
    }
    return count
  }

  /**
   * Copies the orders of a level, first in time first: their numbers and what they show.
   *
   * @returns the number of orders copied, at most `limit`.
   */
  ordersAt(
    bookSide: number,
    price: number,
    orderNumbers: NumberTarget,
    quantities: NumberTarget,
    limit: number = orderNumbers.length,
  ): number {
    const { pool } = this
    const side = this.sideOf(bookSide)
    let count = 0
    for (let slot = side.headAt(Math.imul(price, side.side)); slot >= 0 && count < limit; slot = pool.next(slot)) {
      orderNumbers[count] = pool.number(slot)
      quantities[count] = pool.shown(slot)
      count++
    }
    return count
  }

  /** Where an order is: an {@link OrderPlace}, `none` for unknown or finished orders. */
  orderPlace(orderNumber: number): OrderPlace {
    const slot = this.slotOf(orderNumber)
    return slot < 0 ? OrderPlace.none : (placeOf(this.pool.flags(slot)) as OrderPlace)
  }

  /** Open quantity of an order, hidden part included; 0 for unknown or finished orders. */
  orderRemaining(orderNumber: number): number {
    const slot = this.slotOf(orderNumber)
    return slot < 0 ? 0 : this.pool.openQuantity(slot)
  }

  /** Limit price of a live order; {@link NO_PRICE} without a limit or without such an order. */
  orderPrice(orderNumber: number): number {
    const slot = this.slotOf(orderNumber)
    return slot < 0 ? NO_PRICE : this.book.priceOf(slot)
  }

  /** Trigger of a dormant order, as far as a trailing stop has followed the market; {@link NO_PRICE} for all others. */
  orderTrigger(orderNumber: number): number {
    const slot = this.pool.find(orderNumber)
    if (slot < 0 || placeOf(this.pool.flags(slot)) !== OrderPlace.dormant) return NO_PRICE
    return this.pool.trigger[slot >> 4]
  }

  /** Shown quantity that stands before a resting order at its price; -1 when it does not rest. Walks the queue. */
  quantityAhead(orderNumber: number): number {
    const { pool } = this
    const slot = pool.find(orderNumber)
    if (slot < 0 || placeOf(pool.flags(slot)) !== OrderPlace.book) return -1
    let ahead = 0
    for (let before = pool.previous(slot); before >= 0; before = pool.previous(before)) ahead += pool.shown(before)
    return ahead
  }

  /** Slot of an order that has a place, -1 for all others. */
  private slotOf(orderNumber: number): number {
    const slot = this.pool.find(orderNumber)
    return slot >= 0 && placeOf(this.pool.flags(slot)) === OrderPlace.active ? -1 : slot
  }

  private sideOf(bookSide: number): BookSide {
    return bookSide === 0 ? this.book.bids : this.book.asks
  }
}
