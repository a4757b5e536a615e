/**
 * Level-3 book: every resting order by its number, in the order of its queue, and the levels that follow from it.
 *
 *   const book = new OrderByOrderBook({})
 *   book.add(1001, 0, 99.98, 500)    // order 1001 bids
 *   book.execute(1001, 200)
 *   book.sizeAhead(1002)             // what trades before order 1002
 *
 * An order keeps its place when its size goes down at the same price; it goes to the back when the size goes up or the
 * price changes. Order numbers are integers from 0 to 2^53. Feeds go through beginMessage / level / endMessage or
 * applyMessage, see book.ts.
 */
import { type BookSide, LevelAction } from '../ring/kinds.js'
import { integerBetween, powerOfTwo, refuseUnknownOptions } from '../ring/options.js'
import { createRow, type LevelRows } from './level-rows.js'
import { OrderPool } from './order-pool.js'
import { PriceLevels } from './price-levels.js'
import { SequencedBook, type SequencedBookOptions } from './sequenced-book.js'

/** Options of a level-3 book. */
export interface OrderByOrderBookOptions extends SequencedBookOptions {
  /** What a change of an order that is not known does: `create` it (default) or `ignore` it. Counted either way. */
  unknownChange?: 'create' | 'ignore'
  /** Orders for which there is room at first, a power of two; 1,024 unless given. */
  initialOrders?: number
  /** Bound of orders; more are given up, and the book is stale. 1,048,576 unless given. */
  maxOrders?: number
}

const optionNames = [
  'instrument',
  'source',
  'sequenceRule',
  'requiresSnapshot',
  'maxPendingLevels',
  'onGap',
  'unknownChange',
  'initialOrders',
  'maxOrders',
] as const satisfies readonly (keyof OrderByOrderBookOptions)[]

/** What a level-3 book counts beside the counters of every book. */
export interface OrderCounters {
  /** Changes of orders that were not known. */
  unknownChanges: number
  /** Deletions and executions of orders that were not known. */
  unknownDeletes: number
  /** Additions of orders that were there already; they replace them. */
  duplicateAdds: number
}

const unknown = -1
/** What is left below this share of an order is dust of subtracting fractions. */
const dust = 1e-10

/** What direct calls give; read before anything else can run, so that all books share it. */
const directRow = createRow()

/** A level-3 book. No call allocates, but for growth of the pools. */
export class OrderByOrderBook extends SequencedBook {
  readonly orderCounters: OrderCounters = { unknownChanges: 0, unknownDeletes: 0, duplicateAdds: 0 }
  readonly #pool: OrderPool
  readonly #bids: PriceLevels
  readonly #asks: PriceLevels
  readonly #createsUnknown: boolean

  /** @throws TradewireError `TW_INVALID_ARGUMENT` naming the option that is not usable. */
  constructor(options: OrderByOrderBookOptions = {}) {
    super(options)
    refuseUnknownOptions('OrderByOrderBook', options, optionNames)
    const maxOrders = integerBetween('maxOrders', options.maxOrders ?? 2 ** 20, 1, 2 ** 27)
    this.#pool = new OrderPool(powerOfTwo('initialOrders', options.initialOrders ?? 1024, 1, 2 ** 27), maxOrders)
    this.#bids = new PriceLevels(0, this.#pool)
    this.#asks = new PriceLevels(1, this.#pool)
    this.#createsUnknown = options.unknownChange !== 'ignore'
  }

  /** Orders that rest in the book. */
  get orderCount(): number {
    return this.#pool.count
  }

  get bestBid(): number {
    const level = this.#bids.best
    return level < 0 ? Number.NaN : this.#bids.price[level]
  }

  get bestAsk(): number {
    const level = this.#asks.best
    return level < 0 ? Number.NaN : this.#asks.price[level]
  }

  get bestBidSize(): number {
    const level = this.#bids.best
    return level < 0 ? Number.NaN : this.#bids.size[level]
  }

  get bestAskSize(): number {
    const level = this.#asks.best
    return level < 0 ? Number.NaN : this.#asks.size[level]
  }

  levelCount(side: BookSide): number {
    return this.#levels(side).count
  }

  sizeAt(side: BookSide, price: number): number {
    const levels = this.#levels(side)
    const level = levels.find(price)
    return level < 0 ? 0 : levels.size[level]
  }

  depth(side: BookSide, count: number, prices: Float64Array, sizes: Float64Array): number {
    return this.#levels(side).depth(count, prices, sizes)
  }

  /** Adds an order at the back of its queue. Returns false, counted as invalid, for unusable values. */
  add(orderId: number, side: BookSide, price: number, size: number): boolean {
    if (side !== 0 && side !== 1) return this.#count(false)
    this.#fill(orderId, side, price, size)
    return this.#count(this.#add(directRow, 0))
  }

  /**
   * Changes size and price of an order; a price of NaN keeps it, a size of 0 deletes the order.
   * `side` matters only where an unknown order is created.
   */
  change(orderId: number, side: BookSide, price: number, size: number): boolean {
    if (side !== 0 && side !== 1) return this.#count(false)
    this.#fill(orderId, side, price, size)
    return this.#count(this.#change(directRow, 0))
  }

  /** Deletes an order. Returns false when it is not known. */
  delete(orderId: number): boolean {
    this.markLive()
    directRow.levelOrderId[0] = orderId
    return this.#delete(directRow, 0)
  }

  /** Takes `size` off an order in its place: a fill, or a partial cancel. Returns false when it is not known or has less. */
  execute(orderId: number, size: number): boolean {
    this.markLive()
    const order = this.#find(orderId)
    if (order === unknown) {
      this.orderCounters.unknownDeletes++
      return false
    }
    const before = this.#pool.size[order]
    const left = before - size
    // Subtracting decimal fractions leaves dust on either side of nothing; whole numbers leave none.
    const rest = Number.isInteger(left) || Math.abs(left) > before * dust ? left : 0
    if (!(size > 0 && rest >= 0)) return this.#count(false)
    directRow.levelSize[0] = rest
    if (rest === 0) this.#take(order)
    else this.#levels(this.#pool.side[order]).resize(order, directRow.levelSize, 0)
    return true
  }

  /** Whether an order rests in the book. */
  has(orderId: number): boolean {
    return this.#find(orderId) !== unknown
  }

  /** Size of a resting order, NaN when it is not known. */
  orderSize(orderId: number): number {
    const order = this.#find(orderId)
    return order === unknown ? Number.NaN : this.#pool.size[order]
  }

  /** Price of a resting order, NaN when it is not known. */
  orderPrice(orderId: number): number {
    const order = this.#find(orderId)
    return order === unknown ? Number.NaN : this.#levels(this.#pool.side[order]).price[this.#pool.level[order]]
  }

  /** Total size of the orders before this one in its queue; NaN when it is not known. Takes a step per order ahead. */
  sizeAhead(orderId: number): number {
    const order = this.#find(orderId)
    if (order === unknown) return Number.NaN
    let size = 0
    for (let at = this.#pool.previous[order]; at !== unknown; at = this.#pool.previous[at]) size += this.#pool.size[at]
    return size
  }

  /** Number of orders before this one in its queue; -1 when it is not known. */
  ordersAhead(orderId: number): number {
    const order = this.#find(orderId)
    if (order === unknown) return unknown
    let count = 0
    for (let at = this.#pool.previous[order]; at !== unknown; at = this.#pool.previous[at]) count++
    return count
  }

  /** Number of orders at a price. */
  ordersAt(side: BookSide, price: number): number {
    const levels = this.#levels(side)
    const level = levels.find(price)
    return level < 0 ? 0 : levels.orders[level]
  }

  /** Copies the queue at a price, front first, into the caller's arrays. Returns the number of orders copied. */
  queue(side: BookSide, price: number, orderIds: Float64Array, sizes: Float64Array): number {
    const levels = this.#levels(side)
    const level = levels.find(price)
    const room = Math.min(orderIds.length, sizes.length)
    let count = 0
    let order = level < 0 ? unknown : levels.first[level]
    while (order !== unknown && count < room) {
      orderIds[count] = this.#pool.id[order]
      sizes[count] = this.#pool.size[order]
      count++
      order = this.#pool.next[order]
    }
    return count
  }

  protected override clearLevels(): void {
    this.#pool.clear()
    this.#bids.clear()
    this.#asks.clear()
  }

  protected override applyRows(rows: LevelRows, first: number, count: number, mask: number): number {
    let invalid = 0
    for (let i = 0; i < count; i++) if (!this.#apply(rows, (first + i) & mask)) invalid++
    return invalid
  }

  protected override settle(): void {}

  #levels(side: number): PriceLevels {
    return side === 0 ? this.#bids : this.#asks
  }

  #fill(orderId: number, side: BookSide, price: number, size: number): void {
    const row = directRow
    row.levelOrderId[0] = orderId
    row.levelSide[0] = side
    row.levelPrice[0] = price
    row.levelSize[0] = size
  }

  #find(orderId: number): number {
    directRow.levelOrderId[0] = orderId
    return this.#pool.find(directRow.levelOrderId, 0)
  }

  #count(isValid: boolean): boolean {
    this.markLive()
    if (!isValid) this.counters.invalid++
    return isValid
  }

  #apply(rows: LevelRows, at: number): boolean {
    switch (rows.levelAction[at]) {
      case LevelAction.addOrder:
        return this.#add(rows, at)
      case LevelAction.changeOrder:
        return this.#change(rows, at)
      case LevelAction.deleteOrder:
        this.#delete(rows, at)
        return true
      default:
        return false
    }
  }

  #add(rows: LevelRows, at: number): boolean {
    const orderId = rows.levelOrderId[at]
    const size = rows.levelSize[at]
    if (!(Number.isSafeInteger(orderId) && orderId >= 0 && Math.abs(rows.levelPrice[at]) <= Number.MAX_VALUE))
      return false
    if (!(size > 0 && size <= Number.MAX_VALUE) || rows.levelSide[at] > 1) return false
    const known = this.#pool.find(rows.levelOrderId, at)
    if (known !== unknown) {
      this.orderCounters.duplicateAdds++
      this.#take(known)
    }
    const side: BookSide = rows.levelSide[at] === 0 ? 0 : 1
    const order = this.#pool.add(rows.levelOrderId, rows.levelSize, at, side)
    if (order === unknown) {
      this.counters.evicted++
      this.markStale()
      return true
    }
    const levels = this.#levels(side)
    levels.join(levels.findOrCreate(rows.levelPrice, at), order)
    return true
  }

  #change(rows: LevelRows, at: number): boolean {
    const pool = this.#pool
    const size = rows.levelSize[at]
    const price = rows.levelPrice[at]
    const order = pool.find(rows.levelOrderId, at)
    if (order === unknown) {
      this.orderCounters.unknownChanges++
      return size === 0 || !this.#createsUnknown || this.#add(rows, at)
    }
    if (!(size >= 0 && size <= Number.MAX_VALUE) || Math.abs(price) === Number.POSITIVE_INFINITY) return false
    if (size === 0) {
      this.#take(order)
      return true
    }
    const levels = this.#levels(pool.side[order])
    const known = pool.level[order]
    const isSamePrice = Number.isNaN(price) || levels.price[known] === price
    if (isSamePrice && size <= pool.size[order]) {
      levels.resize(order, rows.levelSize, at)
      return true
    }
    // The new level comes first: the old one may go with its last order, and its number be taken again.
    const level = isSamePrice ? known : levels.findOrCreate(rows.levelPrice, at)
    levels.requeue(order, level, rows.levelSize, at)
    return true
  }

  #delete(rows: LevelRows, at: number): boolean {
    const order = this.#pool.find(rows.levelOrderId, at)
    if (order === unknown) {
      this.orderCounters.unknownDeletes++
      return false
    }
    this.#take(order)
    return true
  }

  #take(order: number): void {
    this.#levels(this.#pool.side[order]).leave(order)
    this.#pool.remove(order)
  }
}
