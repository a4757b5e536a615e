/**
 * One book made of the books of several venues: read when asked, so it costs nothing per update and is never behind.
 *
 *   venue A  bid 100.00 x 5   99.99 x 2        consolidated  bid 100.00 x 9 (A 5, B 4)
 *   venue B  bid 100.00 x 4   99.98 x 7                          99.99 x 2  (A)   99.98 x 7 (B)
 *
 * A venue whose book is not live, or whose last message is older than `maxAgeUs`, takes no part. Where venues disagree the
 * book may be crossed: that is a fact about the market, and `isCrossed` says so.
 */
import { TradewireError } from '../core/errors.js'
import type { BookSide } from '../ring/kinds.js'
import { refuseUnknownOptions } from '../ring/options.js'
import { type BookReader, BookState } from './book.js'

/** How books are put together. */
export interface ConsolidatedBookOptions {
  /** A venue whose last message is older than this, microseconds, is left out; never unless given. Needs `nowUs`. */
  maxAgeUs?: number
  /** Our time, epoch microseconds. */
  nowUs?: () => number
}

/** Levels of a venue that are read at a time; more are read when they are needed. */
const firstLevels = 32

/** The part of one venue: its book, its best levels copied out, and how far they were used. */
interface Part {
  readonly book: BookReader
  prices: Float64Array
  sizes: Float64Array
  count: number
  at: number
}

/** See the file's header. It reads as a book of any kind does, so `BookAnalytics` works on it; `source` is -1. */
export class ConsolidatedBook implements BookReader {
  readonly instrument: number
  readonly source = -1
  readonly #parts: Part[]
  readonly #maxAgeUs: number
  readonly #nowUs: (() => number) | undefined
  readonly #topPrice = new Float64Array(1)
  readonly #topSize = new Float64Array(1)

  /** `books`: one a venue, of the same instrument or of what counts as the same. @throws TradewireError `TW_INVALID_ARGUMENT`. */
  constructor(books: readonly BookReader[], options: ConsolidatedBookOptions = {}) {
    refuseUnknownOptions('ConsolidatedBook', options, ['maxAgeUs', 'nowUs'])
    const { maxAgeUs = Number.POSITIVE_INFINITY, nowUs } = options
    if (books.length === 0) throw new TradewireError('TW_INVALID_ARGUMENT', 'books must be at least one')
    if (!(maxAgeUs > 0) || (maxAgeUs < Number.POSITIVE_INFINITY && nowUs === undefined))
      throw new TradewireError('TW_INVALID_ARGUMENT', 'maxAgeUs must be above 0, and needs nowUs')
    this.#parts = books.map((book) => ({
      book,
      prices: new Float64Array(firstLevels),
      sizes: new Float64Array(firstLevels),
      count: 0,
      at: 0,
    }))
    this.#maxAgeUs = maxAgeUs
    this.#nowUs = nowUs
    this.instrument = (books[0] as BookReader).instrument
  }

  /** Live while any venue takes part. */
  get state(): BookState {
    return this.venues > 0 ? BookState.live : BookState.stale
  }

  /** Venues that take part now. */
  get venues(): number {
    let count = 0
    for (const { book } of this.#parts) if (this.#takesPart(book)) count++
    return count
  }

  get bestBid(): number {
    return this.#best(0)
  }

  get bestAsk(): number {
    return this.#best(1)
  }

  /** Sum over the venues that are at the best price. */
  get bestBidSize(): number {
    return this.depth(0, 1, this.#topPrice, this.#topSize) === 0 ? Number.NaN : this.#topSize[0]
  }

  get bestAskSize(): number {
    return this.depth(1, 1, this.#topPrice, this.#topSize) === 0 ? Number.NaN : this.#topSize[0]
  }

  /** The newest venue time of those that take part. */
  get tsEventUs(): number {
    return this.#newest((book) => book.tsEventUs)
  }

  get tsRecvUs(): number {
    return this.#newest((book) => book.tsRecvUs)
  }

  /** NaN: venues count on their own. */
  get sequence(): number {
    return Number.NaN
  }

  get isCrossed(): boolean {
    return this.bestBid > this.bestAsk
  }

  get isLocked(): boolean {
    return this.bestBid === this.bestAsk
  }

  get isOneSided(): boolean {
    return Number.isNaN(this.bestBid) !== Number.isNaN(this.bestAsk)
  }

  /** Different prices of a side. */
  levelCount(side: BookSide): number {
    this.#begin(side, Number.POSITIVE_INFINITY)
    let count = 0
    let last = Number.NaN
    for (let part = this.#next(side); part !== undefined; part = this.#next(side)) {
      const price = part.prices[part.at++]
      if (price !== last) count++
      last = price
    }
    return count
  }

  sizeAt(side: BookSide, price: number): number {
    let size = 0
    for (const { book } of this.#parts) if (this.#takesPart(book)) size += book.sizeAt(side, price)
    return size
  }

  depth(side: BookSide, count: number, prices: Float64Array, sizes: Float64Array): number {
    const most = Math.min(count, prices.length, sizes.length)
    this.#begin(side, most)
    let levels = 0
    for (let part = this.#next(side); part !== undefined; part = this.#next(side)) {
      const price = part.prices[part.at]
      const size = part.sizes[part.at++]
      if (levels > 0 && prices[levels - 1] === price) sizes[levels - 1] += size
      else if (levels === most) break
      else {
        prices[levels] = price
        sizes[levels++] = size
      }
    }
    return levels
  }

  /**
   * The best levels of a side venue by venue, best first; at one price in the order of the venues. `sources` gets the
   * source of each.
   *
   * @returns how many were copied: at most `count`, and at most what the arrays hold.
   */
  venueDepth(side: BookSide, count: number, prices: Float64Array, sizes: Float64Array, sources: Int32Array): number {
    const most = Math.min(count, prices.length, sizes.length, sources.length)
    this.#begin(side, most)
    let levels = 0
    while (levels < most) {
      const part = this.#next(side)
      if (part === undefined) break
      prices[levels] = part.prices[part.at]
      sizes[levels] = part.sizes[part.at++]
      sources[levels++] = part.book.source
    }
    return levels
  }

  /** Copies the best `count` levels of every venue that takes part. */
  #begin(side: BookSide, count: number): void {
    for (const part of this.#parts) {
      part.at = 0
      part.count = 0
      if (!this.#takesPart(part.book)) continue
      const wanted = Math.min(count, part.book.levelCount(side))
      if (wanted > part.prices.length) {
        part.prices = new Float64Array(2 * wanted)
        part.sizes = new Float64Array(2 * wanted)
      }
      part.count = part.book.depth(side, wanted, part.prices, part.sizes)
    }
  }

  /** The venue whose next level is the best; undefined when all are used up. */
  #next(side: BookSide): Part | undefined {
    let best: Part | undefined
    for (const part of this.#parts) {
      if (part.at === part.count) continue
      const price = part.prices[part.at]
      if (best === undefined || (side === 0 ? price > best.prices[best.at] : price < best.prices[best.at])) best = part
    }
    return best
  }

  #best(side: BookSide): number {
    let best = Number.NaN
    for (const { book } of this.#parts) {
      if (!this.#takesPart(book)) continue
      const price = side === 0 ? book.bestBid : book.bestAsk
      if (Number.isNaN(best) || (side === 0 ? price > best : price < best)) best = price
    }
    return best
  }

  #newest(read: (book: BookReader) => number): number {
    let newest = Number.NaN
    for (const { book } of this.#parts) {
      if (!this.#takesPart(book)) continue
      const time = read(book)
      if (Number.isNaN(newest) || time > newest) newest = time
    }
    return newest
  }

  #takesPart(book: BookReader): boolean {
    if (book.state !== BookState.live) return false
    return this.#nowUs === undefined || this.#nowUs() - book.tsRecvUs <= this.#maxAgeUs
  }
}
