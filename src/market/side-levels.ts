/**
 * One side of a level-2 book: a ladder near the touch, sorted arrays for everything else.
 *
 * A level lies in the ladder exactly when its price is on the grid and inside the window; prices off the grid, far from
 * the touch, or wildly better than it lie in the sorted arrays, each at its own exact price. The window follows the
 * touch: levels that fall out of it move to the arrays, those it reaches move in. On a side whose levels are so far apart
 * that the window holds hardly any, the ladder is switched off for a while.
 *
 * Ranks are prices whose greater is better: the price of a bid, the negated price of an ask. Prices and sizes come in
 * typed arrays with an index: the engine puts doubles that are arguments of a call on the heap, unless it inlines it.
 */
import type { BookSide } from '../ring/kinds.js'
import type { BookCounters } from './book.js'
import { Ladder } from './ladder.js'
import type { PriceGrid } from './price-grid.js'
import { SortedLevels } from './sorted-levels.js'

/** What a call did to a side. */
export const LevelChange = { none: 0, changed: 1, inserted: 2, removed: 3, invalid: 4 } as const
/** 0 nothing, 1 size changed, 2 level inserted, 3 level removed, 4 refused: not a price or size. */
export type LevelChange = (typeof LevelChange)[keyof typeof LevelChange]

/** Window moves in a row that left hardly a level in the ladder, until it is switched off. */
const strikesUntilOff = 16
/** Levels inserted without the ladder until it is tried again. */
const insertsUntilRetry = 65_536

/** The levels of one side, best first by {@link depth}: a ladder, and sorted arrays for what lies outside it. */
export class SideLevels extends Ladder {
  // Numbers are initialised as doubles, so that the engine never asks what they are. What every change needs comes first:
  // in a program with hundreds of books each line of memory that is touched has to come from afar.
  /** As in the grid, but negative for asks: they turn prices into keys of ranks and back. */
  readonly #keysPerUnit: number = Number.NaN
  readonly #stepUnits: number = Number.NaN
  readonly #scale: number = Number.NaN
  /** Best price, NaN when empty. Read only. */
  bestPrice = Number.NaN
  #bestRank = Number.NEGATIVE_INFINITY
  #crossable: SideLevels | null = null
  readonly #far = new SortedLevels()
  readonly #sign: number = Number.NaN
  readonly #grid: PriceGrid
  readonly #counters: BookCounters
  readonly #maxWindow: number
  #isLadderOn: boolean
  #strikes = 0
  #insertsWhileOff = 0

  /** @param initialWindow and `maxWindow` are powers of two from 32; a `maxWindow` of 0 does without the ladder. */
  constructor(side: BookSide, grid: PriceGrid, initialWindow: number, maxWindow: number, counters: BookCounters) {
    super(maxWindow > 0 ? initialWindow : 32)
    this.#grid = grid
    this.#counters = counters
    this.#sign = side === 0 ? 1 : -1
    this.#keysPerUnit = grid.perUnit * this.#sign
    this.#scale = grid.scale * this.#sign
    this.#stepUnits = grid.stepUnits
    this.#maxWindow = maxWindow
    this.#isLadderOn = maxWindow > 0
  }

  /** From now on a new level removes those of the other side that it crosses or locks, and they are counted. */
  uncross(other: SideLevels): void {
    this.#crossable = other
  }

  /** Number of levels. */
  get total(): number {
    return this.count + this.#far.count
  }

  /** Size at the best price, NaN when empty. */
  get bestSize(): number {
    const far = this.#far
    if (far.count > 0 && far.ranks[far.bestSlot] === this.#bestRank) return far.values[far.bestSlot]
    return this.count > 0 ? this.sizes[this.slotOf(this.bestOffset)] : Number.NaN
  }

  /** Levels that lie in the ladder. */
  get nearCount(): number {
    return this.count
  }

  /** Bytes held by the typed arrays. */
  get bytes(): number {
    return this.capacity * 8.125 + this.#far.ranks.length * 16
  }

  /**
   * Sets the size at a price, both at index `at`; size 0 removes the level.
   *
   * What the ladder does is written out here: this is the one function of every change, and too large for the engine to
   * inline, which leaves it room to inline what leads here, down to the caller's price and size.
   */
  set(prices: Float64Array, sizes: Float64Array, at: number): LevelChange {
    const price = prices[at]
    // Rounds to the nearest step by cutting off; the comparison proves that the price lies on it.
    const place = price * this.#keysPerUnit - this.lowEdge
    if (!(place >= 0 && place < this.capacity)) return this.#setFar(prices, sizes, at)
    const step = place | 0
    if (((this.lowKey + step) * this.#stepUnits) / this.#scale !== price) return this.#setFar(prices, sizes, at)
    const slot = (step + this.head) & this.mask
    const levels = this.sizes
    const known = levels[slot]
    const size = sizes[at]
    if (size > 0 && size <= Number.MAX_VALUE) {
      levels[slot] = size
      if (known !== 0) return LevelChange.changed
      this.bits[slot >>> 5] |= 1 << (slot & 31)
      this.count++
      if (step > this.bestOffset) {
        this.bestOffset = step
        this.#raiseBest(prices, at)
      }
      return LevelChange.inserted
    }
    if (size !== 0) return LevelChange.invalid
    if (known === 0) return LevelChange.none
    levels[slot] = 0
    this.bits[slot >>> 5] &= ~(1 << (slot & 31))
    this.count--
    if (step === this.bestOffset) {
      this.bestOffset = this.count === 0 ? -1 : this.nextBelow(step)
      this.#refreshBest()
    }
    return LevelChange.removed
  }

  /** Size at a price, 0 where there is no level. */
  sizeAt(price: number): number {
    const rank = price * this.#sign
    const offset = this.#grid.keyOf(rank) - this.lowKey
    if (offset >= 0 && offset < this.capacity) return this.sizes[this.slotOf(offset)]
    this.#far.argument[0] = rank
    const slot = this.#far.find()
    return slot < 0 ? 0 : this.#far.values[slot]
  }

  /** Copies the best levels; see `BookReader.depth`. */
  depth(count: number, prices: Float64Array, sizes: Float64Array): number {
    const far = this.#far
    const wanted = Math.min(count, prices.length, sizes.length, this.total)
    let nearLeft = this.count
    let farSlot = far.bestSlot
    let offset = this.bestOffset
    let nearRank = this.#nearBestRank()
    for (let i = 0; i < wanted; i++) {
      if (farSlot >= 0 && (nearLeft === 0 || far.ranks[farSlot] > nearRank)) {
        prices[i] = far.ranks[farSlot] * this.#sign + 0
        sizes[i] = far.values[farSlot]
        farSlot = far.worseSlot(farSlot)
        continue
      }
      prices[i] = nearRank * this.#sign + 0
      sizes[i] = this.sizes[this.slotOf(offset)]
      if (--nearLeft > 0) {
        offset = this.nextBelow(offset)
        nearRank = this.#grid.priceOf(this.lowKey + offset)
      }
    }
    return wanted
  }

  /** Removes every level at the price at index `at`, or better. Returns how many. */
  removeThrough(prices: Float64Array, at: number): number {
    const limit = prices[at] * this.#sign
    let removed = 0
    while (this.#bestRank >= limit) {
      this.#removeBest()
      removed++
    }
    return removed
  }

  /** Removes the worst levels until `count` are left. Returns how many were removed. */
  truncate(count: number): number {
    let removed = 0
    while (this.total > count) {
      this.#removeWorst()
      removed++
    }
    return removed
  }

  clear(): void {
    this.clearWindow()
    this.#far.clear()
    this.#bestRank = Number.NEGATIVE_INFINITY
    this.bestPrice = Number.NaN
    this.#isLadderOn = this.#maxWindow > 0
    this.#strikes = 0
  }

  #nearBestRank(): number {
    return this.count === 0 ? Number.NEGATIVE_INFINITY : this.#grid.priceOf(this.lowKey + this.bestOffset)
  }

  #setFar(prices: Float64Array, sizes: Float64Array, at: number): LevelChange {
    const rank = prices[at] * this.#sign
    const size = sizes[at]
    if (!(Math.abs(rank) <= Number.MAX_VALUE && size >= 0 && size <= Number.MAX_VALUE)) return LevelChange.invalid
    const far = this.#far
    far.argument[0] = rank
    const floor = far.floorSlot()
    const isKnown = floor >= 0 && far.ranks[floor] === rank
    if (size === 0) {
      if (!isKnown) return LevelChange.none
      far.removeAt(floor)
      if (rank === this.#bestRank) this.#refreshBest()
      return LevelChange.removed
    }
    if (isKnown) {
      far.values[floor] = size
      return LevelChange.changed
    }
    if (!this.#isLadderOn) {
      far.argument[1] = size
      far.insertAfter(floor)
      if (this.#maxWindow > 0 && ++this.#insertsWhileOff >= insertsUntilRetry) this.#isLadderOn = true
    } else if (!this.#insertNear(rank, size)) {
      if (!this.#isLadderOn) this.#insertFar(rank, size)
      else {
        far.argument[1] = size
        far.insertAfter(floor)
      }
    }
    this.#raiseBest(prices, at)
    return LevelChange.inserted
  }

  /** Takes note of a new level. Only one that is the best of its side can cross the other. */
  #raiseBest(prices: Float64Array, at: number): void {
    const rank = prices[at] * this.#sign
    if (!(rank > this.#bestRank)) return
    this.#bestRank = rank
    this.bestPrice = prices[at]
    const other = this.#crossable
    if (other !== null && other.#bestRank >= -rank) this.#counters.uncrossed += other.removeThrough(prices, at)
  }

  /**
   * Inserts a level that lies outside the window, if moving the window brings it in. When not, the arrays are as they
   * were, unless the ladder was switched off.
   */
  #insertNear(rank: number, size: number): boolean {
    const key = this.#grid.keyOf(rank)
    if (Number.isNaN(key) || !this.#bringIntoWindow(key)) return false
    this.#placeNear(key, size)
    return true
  }

  #insertFar(rank: number, size: number): void {
    const far = this.#far
    far.argument[0] = rank
    far.argument[1] = size
    far.insertAfter(far.floorSlot())
  }

  #placeNear(key: number, size: number): void {
    const offset = (key - this.lowKey) | 0
    const slot = this.slotOf(offset)
    this.sizes[slot] = size
    this.occupy(offset, slot)
  }

  /** Grows and moves the window so that it holds `key`, if it may lie there. */
  #bringIntoWindow(key: number): boolean {
    if (this.count === 0) return this.#moveWindow(key - reach(this.capacity))
    const best = this.lowKey + this.bestOffset
    const top = Math.max(best, key)
    const worst = key > best ? this.lowKey + this.nextAbove(0) : key
    let capacity = this.capacity
    while (capacity < this.#maxWindow && top - worst > reach(capacity)) capacity *= 2
    // A price that would leave all levels behind is an outlier until the other levels are gone.
    if (top - Math.min(best, key) > reach(capacity)) return false
    const lowKey = top - reach(capacity)
    if (!this.#grid.spans(lowKey, lowKey + capacity)) return false
    if (capacity > this.capacity) this.growTo(capacity)
    return this.#moveWindow(lowKey)
  }

  /** Moves the window to `lowKey`, its levels between ladder and arrays, and judges whether the ladder is of use. */
  #moveWindow(lowKey: number): boolean {
    const far = this.#far
    if (!this.#grid.spans(lowKey, lowKey + this.capacity)) return false
    while (this.count > 0) {
      const offset = this.nextAbove(0)
      if (this.lowKey + offset >= lowKey) break
      const slot = this.slotOf(offset)
      this.#insertFar(this.#grid.priceOf(this.lowKey + offset), this.sizes[slot])
      this.vacate(offset, slot)
    }
    this.moveTo(lowKey)
    this.#pullIntoWindow()
    if (this.count >= 4 || this.count * 8 >= far.count) this.#strikes = 0
    else if (++this.#strikes >= strikesUntilOff) {
      this.#switchLadderOff()
      return false
    }
    return true
  }

  /** Moves what the window reaches now from the arrays into it, from the best level down. */
  #pullIntoWindow(): void {
    const far = this.#far
    const lowRank = this.#grid.priceOf(this.lowKey)
    const end = this.lowKey + this.capacity
    let slot = far.bestSlot
    while (slot >= 0 && far.ranks[slot] >= lowRank) {
      const key = this.#grid.keyOf(far.ranks[slot])
      if (key >= this.lowKey && key < end) {
        far.argument[0] = far.ranks[slot]
        this.#placeNear(key, far.values[slot])
        far.removeAt(slot)
        // What was worse before is the best now that is not better than the level that went.
        slot = far.floorSlot()
      } else {
        slot = far.worseSlot(slot)
      }
    }
  }

  #switchLadderOff(): void {
    while (this.count > 0) {
      const offset = this.bestOffset
      const slot = this.slotOf(offset)
      this.#insertFar(this.#grid.priceOf(this.lowKey + offset), this.sizes[slot])
      this.vacate(offset, slot)
    }
    this.clearWindow()
    this.#isLadderOn = false
    this.#strikes = 0
    this.#insertsWhileOff = 0
  }

  /** Finds the best level again. */
  #refreshBest(): void {
    if (this.#far.count > 0) this.#followTouch()
    const far = this.#far
    let rank = this.count > 0 ? this.#grid.priceOf(this.lowKey + this.bestOffset) : Number.NEGATIVE_INFINITY
    if (far.count > 0 && far.ranks[far.bestSlot] > rank) rank = far.ranks[far.bestSlot]
    this.#bestRank = rank
    this.bestPrice = rank === Number.NEGATIVE_INFINITY ? Number.NaN : rank * this.#sign + 0
  }

  /** Lets the window follow a touch that went down. */
  #followTouch(): void {
    if (!this.#isLadderOn) return
    if (this.count === 0) {
      const key = this.#grid.keyOf(this.#far.ranks[this.#far.bestSlot])
      if (!Number.isNaN(key)) this.#moveWindow(key - reach(this.capacity))
    } else if (this.bestOffset < this.capacity >>> 2) {
      this.#moveWindow(this.lowKey + this.bestOffset - reach(this.capacity))
    }
  }

  #removeBest(): void {
    const far = this.#far
    if (far.count > 0 && far.ranks[far.bestSlot] === this.#bestRank) far.removeAt(far.bestSlot)
    else this.vacate(this.bestOffset, this.slotOf(this.bestOffset))
    this.#refreshBest()
  }

  #removeWorst(): void {
    const far = this.#far
    const offset = this.count === 0 ? -1 : this.nextAbove(0)
    if (far.count > 0 && (offset < 0 || far.ranks[far.worstSlot] < this.#grid.priceOf(this.lowKey + offset)))
      far.removeAt(far.worstSlot)
    else this.vacate(offset, this.slotOf(offset))
    if (this.total === 0) this.#refreshBest()
  }
}

/** Steps that the window reaches below the touch; the rest is room for it to rise. */
function reach(capacity: number): number {
  return capacity - (capacity >>> 2)
}
