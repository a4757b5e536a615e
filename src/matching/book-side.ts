/**
 * One side of a book: price levels with their queues of orders.
 *
 * Levels near the touch lie in a ladder, a circular window of ticks with one bit per occupied level; the others lie in
 * sorted arrays. Both hold the ends of the queues only, so that a level moves between them without touching its orders.
 * Prices are handled as keys (price times side): on both sides the best level has the highest key.
 *
 * ```
 *   far levels (sorted)            window, size = power of two
 *   k0 < k1 < ... < kn     <      [ base ............. best .... ]      index = key & mask
 * ```
 * A pool slot or chain end of -1 is none. Invariants: every far level is below the window; while the side has levels, the best one is in the window.
 * The window follows the market by jumps of a fraction of its size, and grows from its initial size to its bound.
 */
import { NO_PRICE } from './codes.js'
import { FarLevels } from './far-levels.js'
import type { OrderPool } from './order-pool.js'

const ALL_BITS = 0xffffffff
/** Four words at least: a best key three quarters up, its base rounded down to a word, must still fit. */
const INITIAL_WINDOW = 128

/** One side of a book over a pool of orders. `side` is 1 for bids, -1 for asks. */
export class BookSide {
  /** Best key, {@link NO_PRICE} when the side is empty. */
  best: number = NO_PRICE
  /** Level arrays of the window, by `key & mask`; replaced when the window grows. */
  private ends: Int32Array
  private quantity: Float64Array
  private mask: number

  readonly pool: OrderPool
  /** 1 for bids, -1 for asks. */
  readonly side: number
  /** 0 for bids, 1 for asks. */
  readonly bookSide: number

  private readonly maxWindow: number
  private base = 0
  private size: number
  private bits: Int32Array
  private readonly far = new FarLevels()

  /** @param maxWindow largest window in ticks, a power of two from 128 to 65,536 (differences of keys must fit 32 bits). */
  constructor(pool: OrderPool, side: number, maxWindow: number) {
    this.pool = pool
    this.side = side
    this.bookSide = side === 1 ? 0 : 1
    this.maxWindow = maxWindow
    this.size = Math.min(INITIAL_WINDOW, maxWindow)
    this.mask = this.size - 1
    this.ends = new Int32Array(2 * this.size).fill(-1)
    this.quantity = new Float64Array(this.size)
    this.bits = new Int32Array(this.size >> 5)
  }

  /** Best price in ticks, {@link NO_PRICE} when the side is empty. */
  get bestPrice(): number {
    return this.best === NO_PRICE ? NO_PRICE : Math.imul(this.best, this.side)
  }

  /** Puts an order at the end of its price's queue; `key` and `shown` are the order's own. Returns what the level shows now. */
  append(slot: number, key: number, shown: number): number {
    const pool = this.pool
    pool.setNext(slot, -1)
    if ((key - this.base) >>> 0 >= this.size) {
      if (!this.admit(key)) return this.appendFar(slot, key)
    }
    const index = key & this.mask
    const last = this.ends[2 * index + 1]
    pool.setPrevious(slot, last)
    this.ends[2 * index + 1] = slot
    if (last >= 0) {
      pool.setNext(last, slot)
      const quantity = this.quantity[index] + shown
      this.quantity[index] = quantity
      return quantity
    }
    this.ends[2 * index] = slot
    this.quantity[index] = shown
    this.bits[index >> 5] = this.bits[index >> 5] | (1 << (key & 31))
    if (key > this.best) this.best = key
    return shown
  }

  /** Puts an order into its price's queue by its sequence number: among the orders there that came later, before the first. */
  insertBySequence(slot: number): void {
    const pool = this.pool
    this.append(slot, pool.key(slot), pool.shown(slot))
    let before = pool.previous(slot)
    if (before < 0 || pool.sequence(before) < pool.sequence(slot)) return
    const shown = pool.shown(slot)
    const key = pool.key(slot)
    this.unlink(slot)
    while (pool.previous(before) >= 0 && pool.sequence(pool.previous(before)) > pool.sequence(slot)) {
      before = pool.previous(before)
    }
    const previous = pool.previous(before)
    pool.setPrevious(slot, previous)
    pool.setNext(slot, before)
    pool.setPrevious(before, slot)
    if (previous >= 0) pool.setNext(previous, slot)
    else this.setHead(key, slot)
    this.addQuantity(key, shown)
  }

  /** Takes an order out of its queue and what it shows out of its level. Returns what the level shows now. */
  unlink(slot: number): number {
    const pool = this.pool
    const key = pool.key(slot)
    const next = pool.next(slot)
    const previous = pool.previous(slot)
    if ((key - this.base) >>> 0 >= this.size) return this.unlinkFar(slot, key)
    const index = key & this.mask
    if (previous >= 0) pool.setNext(previous, next)
    else this.ends[2 * index] = next
    if (next >= 0) pool.setPrevious(next, previous)
    else this.ends[2 * index + 1] = previous
    if (previous < 0 && next < 0) {
      this.closeLevel(key)
      return 0
    }
    const quantity = this.quantity[index] - pool.shown(slot)
    this.quantity[index] = quantity
    return quantity
  }

  /** First order of the best level; there must be one. */
  first(): number {
    return this.ends[2 * (this.best & this.mask)]
  }

  /** Takes from what the best level shows. */
  reduceBest(reduction: number): void {
    this.quantity[this.best & this.mask] -= reduction
  }

  /** {@link unlink} for the first order of the best level. */
  removeFirst(slot: number, key: number): void {
    const pool = this.pool
    const next = pool.next(slot)
    const index = key & this.mask
    this.ends[2 * index] = next
    if (next >= 0) {
      pool.setPrevious(next, -1)
      this.quantity[index] -= pool.shown(slot)
    } else {
      this.ends[2 * index + 1] = -1
      this.closeLevel(key)
    }
  }

  /** Forgets a level of the window whose queue has become empty; its head and tail must be -1 already. */
  closeLevel(key: number): void {
    const index = key & this.mask
    this.quantity[index] = 0
    this.bits[index >> 5] = this.bits[index >> 5] & ~(1 << (key & 31))
    if (key !== this.best) return
    this.best = this.occupiedAtOrBelow(key - 1)
    if (this.far.count > 0 && this.best < this.base + (this.size >> 2)) this.lowerWindow()
  }

  /** Changes what a level shows; the level must exist. */
  addQuantity(key: number, change: number): void {
    if ((key - this.base) >>> 0 < this.size) {
      this.quantity[key & this.mask] = this.quantity[key & this.mask] + change
      return
    }
    const index = this.far.indexOf(key)
    this.far.quantities[index] = this.far.quantities[index] + change
  }

  /** Shown quantity of a level, 0 when there is none. */
  quantityAt(key: number): number {
    if (key > this.best) return 0
    if ((key - this.base) >>> 0 < this.size) return this.quantity[key & this.mask]
    const index = this.far.indexOf(key)
    return index < 0 ? 0 : this.far.quantities[index]
  }

  /** First order of a level, -1 when there is no such level. */
  headAt(key: number): number {
    if (key > this.best) return -1
    if ((key - this.base) >>> 0 < this.size) return this.ends[2 * (key & this.mask)]
    const index = this.far.indexOf(key)
    return index < 0 ? -1 : this.far.heads[index]
  }

  /** Best key below `key`, {@link NO_PRICE} when there is none: walks the side level by level. */
  below(key: number): number {
    if (this.best === NO_PRICE) return NO_PRICE
    const near = this.occupiedAtOrBelow(Math.min(key - 1, this.best))
    if (near !== NO_PRICE) return near
    const far = this.far
    const index = far.lowerBound(key) - 1
    return index < 0 ? NO_PRICE : far.keys[index]
  }

  /** Highest occupied key of the window not above `from`. */
  private occupiedAtOrBelow(from: number): number {
    const base = this.base
    if (from < base) return NO_PRICE
    const bits = this.bits
    const mask = this.mask
    let block = from & ~31
    let word = bits[(from & mask) >> 5] & (ALL_BITS >>> (31 - (from & 31)))
    while (word === 0) {
      block -= 32
      if (block < base) return NO_PRICE
      word = bits[(block & mask) >> 5]
    }
    return block + 31 - Math.clz32(word)
  }

  /** Makes room in the window for a key outside it; false where the key belongs to the far levels. */
  private admit(key: number): boolean {
    if (this.best === NO_PRICE) this.base = this.baseFor(key)
    else if (key >= this.base + this.size) this.raiseWindow(this.baseFor(key))
    else if (key < this.base) {
      const top = this.base + this.size - 1
      if (top - key >= this.maxWindow) return false
      this.growWindow(top - key)
    }
    return true
  }

  /** Base of a window in which a best key lies three quarters up; a multiple of 32, so that words never straddle the edge. */
  private baseFor(key: number): number {
    return (key - this.size + (this.size >> 2)) & ~31
  }

  private raiseWindow(base: number): void {
    const far = this.far
    for (let key = this.lowestBelow(base); key !== NO_PRICE; key = this.lowestBelow(base)) {
      const index = key & this.mask
      far.insert(far.count, key, this.ends[2 * index], this.ends[2 * index + 1], this.quantity[index])
      this.clear(index)
    }
    this.base = base
  }

  /** Lowest occupied key of the window below `limit`. */
  private lowestBelow(limit: number): number {
    const end = Math.min(limit, this.base + this.size)
    for (let block = this.base; block < end; block += 32) {
      const word = this.bits[(block & this.mask) >> 5]
      if (word !== 0) {
        const key = block + 31 - Math.clz32(word & -word)
        return key < limit ? key : NO_PRICE
      }
    }
    return NO_PRICE
  }

  /** After the best has fallen to the window's lower end: moves the window down and fetches the levels it now covers. */
  private lowerWindow(): void {
    const far = this.far
    const best = this.best === NO_PRICE ? far.keys[far.count - 1] : this.best
    this.base = Math.min(this.base, this.baseFor(best))
    this.fetchFar()
    this.best = best
  }

  private fetchFar(): void {
    const far = this.far
    while (far.count > 0 && far.keys[far.count - 1] >= this.base) {
      const from = --far.count
      const key = far.keys[from]
      this.place(key & this.mask, key, far.heads[from], far.tails[from], far.quantities[from])
    }
  }

  /** Doubles the window, downwards, until it spans `span` ticks below its top. */
  private growWindow(span: number): void {
    const { ends, quantity, mask, base, size } = this
    const levels: number[] = []
    for (let key = this.best; key !== NO_PRICE; key = this.occupiedAtOrBelow(key - 1)) levels.push(key)
    let wanted = size
    while (wanted <= span) wanted *= 2
    this.size = wanted
    this.mask = wanted - 1
    this.ends = new Int32Array(2 * wanted).fill(-1)
    this.quantity = new Float64Array(wanted)
    this.bits = new Int32Array(wanted >> 5)
    this.base = base + size - wanted
    for (const key of levels) {
      const from = key & mask
      this.place(key & this.mask, key, ends[2 * from], ends[2 * from + 1], quantity[from])
    }
    this.fetchFar()
  }

  private place(index: number, key: number, head: number, tail: number, quantity: number): void {
    this.ends[2 * index] = head
    this.ends[2 * index + 1] = tail
    this.quantity[index] = quantity
    this.bits[index >> 5] = this.bits[index >> 5] | (1 << (key & 31))
  }

  private clear(index: number): void {
    this.ends[2 * index] = -1
    this.ends[2 * index + 1] = -1
    this.quantity[index] = 0
    this.bits[index >> 5] = this.bits[index >> 5] & ~(1 << (index & 31))
  }

  private setHead(key: number, slot: number): void {
    if ((key - this.base) >>> 0 < this.size) this.ends[2 * (key & this.mask)] = slot
    else this.far.heads[this.far.indexOf(key)] = slot
  }

  private appendFar(slot: number, key: number): number {
    const { pool, far } = this
    const shown = pool.shown(slot)
    const index = far.lowerBound(key)
    if (index === far.count || far.keys[index] !== key) {
      pool.setPrevious(slot, -1)
      far.insert(index, key, slot, slot, shown)
      return shown
    }
    const last = far.tails[index]
    pool.setPrevious(slot, last)
    pool.setNext(last, slot)
    far.tails[index] = slot
    far.quantities[index] += shown
    return far.quantities[index]
  }

  private unlinkFar(slot: number, key: number): number {
    const { pool, far } = this
    const index = far.indexOf(key)
    const next = pool.next(slot)
    const previous = pool.previous(slot)
    if (previous < 0 && next < 0) {
      far.remove(index)
      return 0
    }
    if (previous >= 0) pool.setNext(previous, next)
    else far.heads[index] = next
    if (next >= 0) pool.setPrevious(next, previous)
    else far.tails[index] = previous
    far.quantities[index] -= pool.shown(slot)
    return far.quantities[index]
  }
}
