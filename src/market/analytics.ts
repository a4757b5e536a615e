/**
 * What a book says beyond its best prices: mid, microprice, imbalance, and what a quantity or an amount of money would
 * trade at. Works on books of both levels and allocates nothing once its scratch arrays have grown.
 *
 *   const analytics = new BookAnalytics()
 *   analytics.imbalance(book, 5)
 *   analytics.sweepQuantity(book, 1, 300).averagePrice      // buying 300 at the asks
 */
import type { BookSide } from '../ring/kinds.js'
import type { BookReader } from './book.js'

/** Basis points in one. */
const basisPoints = 10_000
/** What is left below this share of the whole is dust of adding fractions. */
const rounding = 1e-12
/** Prices are doubles: their difference errs by less than this share of them. */
const priceRounding = 2 ** -51

/** What taking from one side of a book gives. Reused: valid until the next sweep of the same analytics. */
export interface SweepResult {
  /** Quantity that the book can give, at most what was asked for. */
  quantity: number
  /** Sum of price times quantity. */
  notional: number
  /** Average price, NaN when nothing can be had. */
  averagePrice: number
  /** Price of the last level taken from, NaN when nothing can be had. */
  worstPrice: number
  /** Levels taken from. */
  levels: number
  /** Whether all that was asked for is there. */
  isComplete: boolean
}

/** Mean of bid and ask weighted by the size of the other side; NaN when a price or size is absent. */
export function microprice(bid: number, bidSize: number, ask: number, askSize: number): number {
  return (bid * askSize + ask * bidSize) / (bidSize + askSize)
}

/** Computes figures of any book. One instance serves many books, one call at a time. */
export class BookAnalytics {
  readonly #sweep: SweepResult = {
    quantity: Number.NaN,
    notional: Number.NaN,
    averagePrice: Number.NaN,
    worstPrice: Number.NaN,
    levels: 0,
    isComplete: false,
  }
  /** Quantity or amount of money that a sweep is for. */
  #target = Number.NaN
  #prices = new Float64Array(64)
  #sizes = new Float64Array(64)

  /** Middle of the best prices; NaN unless both sides are there. */
  mid(book: BookReader): number {
    return (book.bestBid + book.bestAsk) / 2
  }

  /** Best ask less best bid; NaN unless both sides are there, negative when crossed. */
  spread(book: BookReader): number {
    return book.bestAsk - book.bestBid
  }

  /** Spread in basis points of the mid. */
  spreadBps(book: BookReader): number {
    return (this.spread(book) / this.mid(book)) * basisPoints
  }

  /** Microprice of the best levels. */
  microprice(book: BookReader): number {
    return microprice(book.bestBid, book.bestBidSize, book.bestAsk, book.bestAskSize)
  }

  /** (bids - asks) / (bids + asks) of the sizes of the best `levels` levels: -1 to 1, NaN when there are none. */
  imbalance(book: BookReader, levels: number): number {
    const bids = this.totalSize(book, 0, levels)
    const asks = this.totalSize(book, 1, levels)
    return (bids - asks) / (bids + asks)
  }

  /** Sum of the sizes of the best `levels` levels of a side. */
  totalSize(book: BookReader, side: BookSide, levels: number): number {
    const count = this.#read(book, side, levels)
    let total = 0
    for (let i = 0; i < count; i++) total += this.#sizes[i]
    return total
  }

  /** Sum of the sizes of a side within `distance` (a price difference, bound included) of its best price. */
  sizeWithin(book: BookReader, side: BookSide, distance: number): number {
    const best = side === 0 ? book.bestBid : book.bestAsk
    let total = 0
    let done = 0
    for (let wanted = 16; ; wanted *= 2) {
      const count = this.#read(book, side, wanted)
      for (; done < count; done++) {
        const price = this.#prices[done]
        const slack = (Math.abs(price) + Math.abs(best)) * priceRounding
        if (Math.abs(price - best) > distance + slack) return total
        total += this.#sizes[done]
      }
      if (count < wanted) return total
    }
  }

  /** What `quantity` taken from a side trades at: side 1 for a buyer, 0 for a seller. */
  sweepQuantity(book: BookReader, side: BookSide, quantity: number): SweepResult {
    this.#target = quantity
    return this.#take(book, side, true)
  }

  /** What `notional` (price times quantity) taken from a side trades at: side 1 for a buyer, 0 for a seller. */
  sweepNotional(book: BookReader, side: BookSide, notional: number): SweepResult {
    this.#target = notional
    return this.#take(book, side, false)
  }

  #take(book: BookReader, side: BookSide, isByQuantity: boolean): SweepResult {
    const result = this.#sweep
    result.quantity = 0
    result.notional = 0
    result.worstPrice = Number.NaN
    result.levels = 0
    result.isComplete = false
    if (!(this.#target >= 0)) {
      result.averagePrice = Number.NaN
      return result
    }
    let done = 0
    for (let wanted = 16; !result.isComplete; wanted *= 2) {
      const count = this.#read(book, side, wanted)
      for (; done < count && !result.isComplete; done++) this.#takeLevel(done, isByQuantity)
      if (count < wanted) break
    }
    result.averagePrice = result.quantity > 0 ? result.notional / result.quantity : Number.NaN
    return result
  }

  #takeLevel(i: number, isByQuantity: boolean): void {
    const result = this.#sweep
    const price = this.#prices[i]
    const size = this.#sizes[i]
    const left = this.#target - (isByQuantity ? result.quantity : result.notional)
    if (left <= Math.min(this.#target, Number.MAX_VALUE) * rounding) {
      result.isComplete = true
      return
    }
    // A level at a price of zero or below costs nothing, so an amount of money never runs out there.
    const wanted = isByQuantity ? left : price > 0 ? left / price : Number.POSITIVE_INFINITY
    result.quantity += Math.min(size, wanted)
    result.notional += Math.min(size, wanted) * price
    result.worstPrice = price
    result.levels++
    if (wanted > size) return
    result.isComplete = true
    if (isByQuantity) result.quantity = this.#target
    else result.notional = this.#target
  }

  #read(book: BookReader, side: BookSide, levels: number): number {
    if (levels > this.#prices.length) {
      const capacity = Math.max(this.#prices.length * 2, Math.min(levels, book.levelCount(side)))
      if (capacity > this.#prices.length) {
        this.#prices = new Float64Array(capacity)
        this.#sizes = new Float64Array(capacity)
      }
    }
    return book.depth(side, levels, this.#prices, this.#sizes)
  }
}
