/**
 * Level-2 book: a size per price on each side.
 *
 *   const book = new OrderBook({ priceStep: '0.01' })
 *   book.set(0, 99.98, 500)          // a bid; size 0 removes it
 *   book.bestBid                     // 99.98
 *
 * Feeds go through beginMessage / level / endMessage or applyMessage (see book.ts), which check sequences and take
 * snapshots. Prices are doubles and stay exact: those on the price step live in a ladder, all others in sorted arrays.
 */
import { type BookSide, LevelAction } from '../ring/kinds.js'
import { integerBetween, powerOfTwo, refuseUnknownOptions } from '../ring/options.js'
import type { LevelRows } from './level-rows.js'
import { PriceGrid } from './price-grid.js'
import { SequencedBook, type SequencedBookOptions } from './sequenced-book.js'
import { LevelChange, SideLevels } from './side-levels.js'

/** What happens when a level arrives at or through the best price of the other side. */
export type CrossedPolicy = 'keep' | 'uncross'

/** Options of a level-2 book. */
export interface OrderBookOptions extends SequencedBookOptions {
  /** Usual distance of prices, for instance `'0.01'`. Other prices are kept exactly, only less fast. */
  priceStep: string | number
  /** `keep` (default) shows the feed as it is; `uncross` removes what a new level crosses or locks. */
  crossed?: CrossedPolicy
  /** Levels kept on each side after every message, for feeds that stop updating what is deeper. All unless given. */
  depth?: number
  /** Bound of levels on each side: the worst is given up beyond it, and the book is stale. 65,536 unless given. */
  maxLevels?: number
  /** Price steps that the ladder covers at first and at most, powers of two; 64 and 1,024 unless given. 0 at most: no ladder. */
  initialWindow?: number
  maxWindow?: number
}

const optionNames = [
  'instrument',
  'source',
  'sequenceRule',
  'requiresSnapshot',
  'maxPendingLevels',
  'onGap',
  'priceStep',
  'crossed',
  'depth',
  'maxLevels',
  'initialWindow',
  'maxWindow',
] as const satisfies readonly (keyof OrderBookOptions)[]

/** What direct calls give; read before anything else can run, so that all books share it. */
const directPrice = new Float64Array(1)
const directSize = new Float64Array(1)

/** A level-2 book. No call allocates, but for growth of a window or array. */
export class OrderBook extends SequencedBook {
  readonly #bids: SideLevels
  readonly #asks: SideLevels
  readonly #depth: number
  readonly #maxLevels: number

  /** @throws TradewireError `TW_INVALID_ARGUMENT` naming the option that is not usable. */
  constructor(options: OrderBookOptions) {
    super(options)
    refuseUnknownOptions('OrderBook', options, optionNames)
    const grid = new PriceGrid(options.priceStep)
    const maxWindow = options.maxWindow === 0 ? 0 : powerOfTwo('maxWindow', options.maxWindow ?? 1024, 32, 2 ** 24)
    const initialWindow = Math.min(powerOfTwo('initialWindow', options.initialWindow ?? 64, 32, 2 ** 24), maxWindow)
    this.#bids = new SideLevels(0, grid, initialWindow, maxWindow, this.counters)
    this.#asks = new SideLevels(1, grid, initialWindow, maxWindow, this.counters)
    if (options.crossed === 'uncross') {
      this.#bids.uncross(this.#asks)
      this.#asks.uncross(this.#bids)
    }
    this.#maxLevels = integerBetween('maxLevels', options.maxLevels ?? 65_536, 1, 2 ** 24)
    this.#depth = integerBetween('depth', options.depth ?? this.#maxLevels, 1, this.#maxLevels)
  }

  get bestBid(): number {
    return this.#bids.bestPrice
  }

  get bestAsk(): number {
    return this.#asks.bestPrice
  }

  get bestBidSize(): number {
    return this.#bids.bestSize
  }

  get bestAskSize(): number {
    return this.#asks.bestSize
  }

  /** Bytes held by the typed arrays of both sides. */
  get bytes(): number {
    return this.#bids.bytes + this.#asks.bytes
  }

  levelCount(side: BookSide): number {
    return side === 0 ? this.#bids.total : this.#asks.total
  }

  /** Levels of a side that lie in the ladder, for tuning of the window. */
  ladderCount(side: BookSide): number {
    return side === 0 ? this.#bids.nearCount : this.#asks.nearCount
  }

  sizeAt(side: BookSide, price: number): number {
    return side === 0 ? this.#bids.sizeAt(price) : this.#asks.sizeAt(price)
  }

  depth(side: BookSide, count: number, prices: Float64Array, sizes: Float64Array): number {
    return (side === 0 ? this.#bids : this.#asks).depth(count, prices, sizes)
  }

  /**
   * Sets the size of one level; 0 removes it. For changes that come without messages: no sequence is checked.
   *
   * @returns false, and the level is counted as invalid, when the price is not finite, the size negative or not finite, or
   * the side neither 0 nor 1.
   */
  set(side: BookSide, price: number, size: number): boolean {
    directPrice[0] = price
    directSize[0] = size
    return this.#setDirectly(side)
  }

  /**
   * Replaces the whole book by levels in any order.
   *
   * @param sequence number of the snapshot, NaN where the feed has none.
   */
  applySnapshot(
    bidPrices: ArrayLike<number>,
    bidSizes: ArrayLike<number>,
    askPrices: ArrayLike<number>,
    askSizes: ArrayLike<number>,
    sequence = Number.NaN,
    tsEventUs = Number.NaN,
    tsRecvUs = Number.NaN,
  ): void {
    this.beginMessage(true, tsEventUs, tsRecvUs, sequence, Number.NaN)
    for (let i = 0; i < bidPrices.length; i++) {
      this.level(LevelAction.setLevel, 0, bidPrices[i] as number, bidSizes[i] as number, 0)
    }
    for (let i = 0; i < askPrices.length; i++) {
      this.level(LevelAction.setLevel, 1, askPrices[i] as number, askSizes[i] as number, 0)
    }
    this.endMessage()
  }

  protected override clearLevels(): void {
    this.#bids.clear()
    this.#asks.clear()
  }

  protected override applyRows(rows: LevelRows, first: number, count: number, mask: number): number {
    const { levelAction, levelSide, levelPrice, levelSize } = rows
    let invalid = 0
    for (let i = 0; i < count; i++) {
      const at = (first + i) & mask
      if (levelAction[at] !== LevelAction.setLevel || !this.#set(levelSide[at], levelPrice, levelSize, at)) invalid++
    }
    return invalid
  }

  protected override settle(): void {
    if (this.#bids.total > this.#depth) this.counters.truncated += this.#bids.truncate(this.#depth)
    if (this.#asks.total > this.#depth) this.counters.truncated += this.#asks.truncate(this.#depth)
  }

  #setDirectly(side: BookSide): boolean {
    this.markLive()
    if (this.#set(side, directPrice, directSize, 0)) return true
    this.counters.invalid++
    return false
  }

  #set(side: number, prices: Float64Array, sizes: Float64Array, at: number): boolean {
    // A branch, though hard to predict: where hundreds of books are in use, the two loads of an array cost more.
    const levels = side === 0 ? this.#bids : this.#asks
    if ((side & 1) !== side) return false
    const change = levels.set(prices, sizes, at)
    if (change === LevelChange.inserted && levels.total > this.#maxLevels) this.#evict(levels)
    return change !== LevelChange.invalid
  }

  #evict(levels: SideLevels): void {
    this.counters.evicted += levels.truncate(this.#maxLevels)
    this.markStale()
  }
}
