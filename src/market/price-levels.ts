/**
 * The price levels of one side of a level-3 book: a pool of queues of orders, and the order of their prices. A level
 * holds the ends of its queue, so an order joins at the back in one step and leaves from anywhere in one.
 */
import type { BookSide } from '../ring/kinds.js'
import type { OrderPool } from './order-pool.js'
import { SortedLevels } from './sorted-levels.js'

const nothing = -1

/** Sorted queues of one side. Levels are numbers of this pool, orders are slots of the order pool. */
export class PriceLevels {
  /** Price, total size, number of orders, first and last order by level number. */
  price = new Float64Array(16)
  size = new Float64Array(16)
  orders = new Int32Array(16)
  first = new Int32Array(16)
  last = new Int32Array(16)
  /** Ranks of the prices, best last; the value is the level number. */
  readonly #sorted = new SortedLevels()
  readonly #sign: number
  readonly #pool: OrderPool
  #free = nothing
  #used = 0

  constructor(side: BookSide, pool: OrderPool) {
    this.#sign = side === 0 ? 1 : -1
    this.#pool = pool
  }

  /** Number of levels. */
  get count(): number {
    return this.#sorted.count
  }

  /** Level number of the best level; -1 when there is none. */
  get best(): number {
    const { bestSlot, values } = this.#sorted
    return bestSlot < 0 ? nothing : values[bestSlot]
  }

  /** Copies the best levels; see `BookReader.depth`. */
  depth(count: number, prices: Float64Array, sizes: Float64Array): number {
    const sorted = this.#sorted
    const wanted = Math.min(count, prices.length, sizes.length, sorted.count)
    let slot = sorted.bestSlot
    for (let i = 0; i < wanted; i++) {
      const level = sorted.values[slot]
      prices[i] = this.price[level]
      sizes[i] = this.size[level]
      slot = sorted.worseSlot(slot)
    }
    return wanted
  }

  /** Level number at a price, -1 where there is none. */
  find(price: number): number {
    this.#sorted.argument[0] = price * this.#sign
    const slot = this.#sorted.find()
    return slot < 0 ? nothing : this.#sorted.values[slot]
  }

  /** Level number at the price at index `at`, made when it is not there. */
  findOrCreate(prices: Float64Array, at: number): number {
    const sorted = this.#sorted
    const rank = prices[at] * this.#sign
    sorted.argument[0] = rank
    const floor = sorted.floorSlot()
    if (floor >= 0 && sorted.ranks[floor] === rank) return sorted.values[floor]
    const level = this.#take()
    this.price[level] = prices[at]
    this.size[level] = 0
    this.orders[level] = 0
    this.first[level] = nothing
    this.last[level] = nothing
    sorted.argument[1] = level
    sorted.insertAfter(floor)
    return level
  }

  /** Puts an order at the back of the queue of a level. */
  join(level: number, order: number): void {
    const pool = this.#pool
    const last = this.last[level]
    pool.level[order] = level
    pool.previous[order] = last
    pool.next[order] = nothing
    if (last === nothing) this.first[level] = order
    else pool.next[last] = order
    this.last[level] = order
    this.orders[level]++
    this.size[level] += pool.size[order]
  }

  /** Moves an order to the back of the queue of `level`, which may be its own, with the size at index `at`. */
  requeue(order: number, level: number, sizes: Float64Array, at: number): void {
    const pool = this.#pool
    const known = pool.level[order]
    this.#unlink(order)
    if (this.orders[known] > 0) this.size[known] = this.#sum(known, pool.size[order])
    else this.size[known] = 0
    pool.size[order] = sizes[at]
    this.join(level, order)
    if (this.orders[known] === 0) this.#remove(known)
  }

  /** Takes an order out of its queue; a level without orders goes. */
  leave(order: number): void {
    const level = this.#pool.level[order]
    this.#unlink(order)
    if (this.orders[level] === 0) this.#remove(level)
    else this.size[level] = this.#sum(level, this.#pool.size[order])
  }

  #unlink(order: number): void {
    const pool = this.#pool
    const level = pool.level[order]
    const previous = pool.previous[order]
    const next = pool.next[order]
    if (previous === nothing) this.first[level] = next
    else pool.next[previous] = next
    if (next === nothing) this.last[level] = previous
    else pool.previous[next] = previous
    this.orders[level]--
  }

  /** Changes the size of an order in its place to the size at index `at`. */
  resize(order: number, sizes: Float64Array, at: number): void {
    const pool = this.#pool
    const level = pool.level[order]
    const less = pool.size[order] - sizes[at]
    pool.size[order] = sizes[at]
    this.size[level] = this.#sum(level, less)
  }

  clear(): void {
    this.#sorted.clear()
    this.#free = nothing
    this.#used = 0
  }

  /**
   * The total after `less` went. Subtracting decimal fractions leaves dust, so sums that are not integers are added up
   * again from the queue, in its order: equal queues have equal totals, whatever happened before.
   */
  #sum(level: number, less: number): number {
    const difference = this.size[level] - less
    if (Number.isInteger(less) && Number.isSafeInteger(difference)) return difference
    const pool = this.#pool
    let total = 0
    for (let order = this.first[level]; order !== nothing; order = pool.next[order]) total += pool.size[order]
    return total
  }

  #remove(level: number): void {
    this.#sorted.argument[0] = this.price[level] * this.#sign
    this.#sorted.removeAt(this.#sorted.find())
    this.first[level] = this.#free
    this.#free = level
  }

  #take(): number {
    const free = this.#free
    if (free !== nothing) {
      this.#free = this.first[free]
      return free
    }
    if (this.#used === this.price.length) this.#grow()
    return this.#used++
  }

  #grow(): void {
    const capacity = this.price.length * 2
    this.price = widened(this.price, new Float64Array(capacity))
    this.size = widened(this.size, new Float64Array(capacity))
    this.orders = widened(this.orders, new Int32Array(capacity))
    this.first = widened(this.first, new Int32Array(capacity))
    this.last = widened(this.last, new Int32Array(capacity))
  }
}

function widened<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
