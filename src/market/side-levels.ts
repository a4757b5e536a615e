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

/** The levels of one side, best first by {@link depth}. */
export class SideLevels {
  readonly #grid: PriceGrid
  // Numbers are initialised as doubles, so that the engine never asks what they are.
  readonly #sign: number = Number.NaN
  /** As in the grid, but negative for asks: they turn prices into keys of ranks and back. */
  readonly #keysPerUnit: number = Number.NaN
  readonly #scale: number = Number.NaN
  readonly #stepUnits: number = Number.NaN
  readonly #maxWindow: number
  readonly #near: Ladder
  readonly #far = new SortedLevels()
  readonly #counters: BookCounters
  #crossable: SideLevels | null = null
  /** Best price, NaN when empty. Read only. */
  bestPrice = Number.NaN
  #bestRank = Number.NEGATIVE_INFINITY
  #isLadderOn: boolean
  #strikes = 0
  #insertsWhileOff = 0

  /** @param initialWindow and `maxWindow` are powers of two from 32; a `maxWindow` of 0 does without the ladder. */
  constructor(side: BookSide, grid: PriceGrid, initialWindow: number, maxWindow: number, counters: BookCounters) {
    this.#grid = grid
    this.#counters = counters
    this.#sign = side === 0 ? 1 : -1
    this.#keysPerUnit = grid.perUnit * this.#sign
    this.#scale = grid.scale * this.#sign
    this.#stepUnits = grid.stepUnits
    this.#maxWindow = maxWindow
    this.#isLadderOn = maxWindow > 0
    this.#near = new Ladder(this.#isLadderOn ? initialWindow : 32)
  }

  /** From now on a new level removes those of the other side that it crosses or locks, and they are counted. */
  uncross(other: SideLevels): void {
    this.#crossable = other
  }

  /** Number of levels. */
  get count(): number {
    return this.#near.count + this.#far.count
  }

  /** Size at the best price, NaN when empty. */
  get bestSize(): number {
    const near = this.#near
    const far = this.#far
    if (far.count > 0 && far.ranks[far.bestSlot] === this.#bestRank) return far.values[far.bestSlot]
    return near.count > 0 ? near.sizes[near.slotOf(near.bestOffset)] : Number.NaN
  }

  /** Levels that lie in the ladder. */
  get nearCount(): number {
    return this.#near.count
  }

  /** Bytes held by the typed arrays. */
  get bytes(): number {
    return this.#near.capacity * 8.125 + this.#far.ranks.length * 16
  }

  /**
   * Sets the size at a price, both at index `at`; size 0 removes the level.
   *
   * What the ladder does is written out here: this is the one function of every change, and too large for the engine to
   * inline, which leaves it room to inline what leads here, down to the caller's price and size.
   */
  set(prices: Float64Array, sizes: Float64Array, at: number): LevelChange {
    const near = this.#near
    const price = prices[at]
    // Rounds to the nearest step by cutting off; the comparison proves that the price lies on it.
    const place = price * this.#keysPerUnit - near.lowEdge
    if (!(place >= 0 && place < near.capacity)) return this.#setFar(prices, sizes, at)
    const step = place | 0
    if (((near.lowKey + step) * this.#stepUnits) / this.#scale !== price) return this.#setFar(prices, sizes, at)
    const slot = (step + near.head) & near.mask
    const levels = near.sizes
    const known = levels[slot]
    const size = sizes[at]
    if (size > 0 && size <= Number.MAX_VALUE) {
      levels[slot] = size
      if (known !== 0) return LevelChange.changed
      near.bits[slot >>> 5] |= 1 << (slot & 31)
      near.count++
      if (step > near.bestOffset) {
        near.bestOffset = step
        this.#raiseBest(prices, at)
      }
      return LevelChange.inserted
    }
    if (size !== 0) return LevelChange.invalid
    if (known === 0) return LevelChange.none
    levels[slot] = 0
    near.bits[slot >>> 5] &= ~(1 << (slot & 31))
    near.count--
    if (step === near.bestOffset) {
      near.bestOffset = near.count === 0 ? -1 : near.nextBelow(step)
      this.#refreshBest()
    }
    return LevelChange.removed
  }

  /** Size at a price, 0 where there is no level. */
  sizeAt(price: number): number {
    const rank = price * this.#sign
    const near = this.#near
    const offset = this.#grid.keyOf(rank) - near.lowKey
    if (offset >= 0 && offset < near.capacity) return near.sizes[near.slotOf(offset)]
    this.#far.argument[0] = rank
    const slot = this.#far.find()
    return slot < 0 ? 0 : this.#far.values[slot]
  }

  /** Copies the best levels; see `BookReader.depth`. */
  depth(count: number, prices: Float64Array, sizes: Float64Array): number {
    const near = this.#near
    const far = this.#far
    const wanted = Math.min(count, prices.length, sizes.length, this.count)
    let nearLeft = near.count
    let farSlot = far.bestSlot
    let offset = near.bestOffset
    let nearRank = this.#nearBestRank()
    for (let i = 0; i < wanted; i++) {
      if (farSlot >= 0 && (nearLeft === 0 || far.ranks[farSlot] > nearRank)) {
        prices[i] = far.ranks[farSlot] * this.#sign + 0
        sizes[i] = far.values[farSlot]
        farSlot = far.worseSlot(farSlot)
        continue
      }
      prices[i] = nearRank * this.#sign + 0
      sizes[i] = near.sizes[near.slotOf(offset)]
      if (--nearLeft > 0) {
        offset = near.nextBelow(offset)
        nearRank = this.#grid.priceOf(near.lowKey + offset)
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
    while (this.count > count) {
      this.#removeWorst()
      removed++
    }
    return removed
  }

  clear(): void {
    this.#near.clear()
    this.#far.clear()
    this.#bestRank = Number.NEGATIVE_INFINITY
    this.bestPrice = Number.NaN
    this.#isLadderOn = this.#maxWindow > 0
    this.#strikes = 0
  }

  #nearBestRank(): number {
    const near = this.#near
    return near.count === 0 ? Number.NEGATIVE_INFINITY : this.#grid.priceOf(near.lowKey + near.bestOffset)
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
    const near = this.#near
    const offset = (key - near.lowKey) | 0
    const slot = near.slotOf(offset)
    near.sizes[slot] = size
    near.occupy(offset, slot)
  }

  /** Grows and moves the window so that it holds `key`, if it may lie there. */
  #bringIntoWindow(key: number): boolean {
    const near = this.#near
    if (near.count === 0) return this.#moveWindow(key - reach(near.capacity))
    const best = near.lowKey + near.bestOffset
    const top = Math.max(best, key)
    const worst = key > best ? near.lowKey + near.nextAbove(0) : key
    let capacity = near.capacity
    while (capacity < this.#maxWindow && top - worst > reach(capacity)) capacity *= 2
    // A price that would leave all levels behind is an outlier until the other levels are gone.
    if (top - Math.min(best, key) > reach(capacity)) return false
    const lowKey = top - reach(capacity)
    if (!this.#grid.spans(lowKey, lowKey + capacity)) return false
    if (capacity > near.capacity) near.growTo(capacity)
    return this.#moveWindow(lowKey)
  }

  /** Moves the window to `lowKey`, its levels between ladder and arrays, and judges whether the ladder is of use. */
  #moveWindow(lowKey: number): boolean {
    const near = this.#near
    const far = this.#far
    if (!this.#grid.spans(lowKey, lowKey + near.capacity)) return false
    while (near.count > 0) {
      const offset = near.nextAbove(0)
      if (near.lowKey + offset >= lowKey) break
      const slot = near.slotOf(offset)
      this.#insertFar(this.#grid.priceOf(near.lowKey + offset), near.sizes[slot])
      near.vacate(offset, slot)
    }
    near.moveTo(lowKey)
    this.#pullIntoWindow()
    if (near.count >= 4 || near.count * 8 >= far.count) this.#strikes = 0
    else if (++this.#strikes >= strikesUntilOff) {
      this.#switchLadderOff()
      return false
    }
    return true
  }

  /** Moves what the window reaches now from the arrays into it, from the best level down. */
  #pullIntoWindow(): void {
    const near = this.#near
    const far = this.#far
    const lowRank = this.#grid.priceOf(near.lowKey)
    const end = near.lowKey + near.capacity
    let slot = far.bestSlot
    while (slot >= 0 && far.ranks[slot] >= lowRank) {
      const key = this.#grid.keyOf(far.ranks[slot])
      if (key >= near.lowKey && key < end) {
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
    const near = this.#near
    while (near.count > 0) {
      const offset = near.bestOffset
      const slot = near.slotOf(offset)
      this.#insertFar(this.#grid.priceOf(near.lowKey + offset), near.sizes[slot])
      near.vacate(offset, slot)
    }
    near.clear()
    this.#isLadderOn = false
    this.#strikes = 0
    this.#insertsWhileOff = 0
  }

  /** Finds the best level again. */
  #refreshBest(): void {
    if (this.#far.count > 0) this.#followTouch()
    const near = this.#near
    const far = this.#far
    let rank = near.count > 0 ? this.#grid.priceOf(near.lowKey + near.bestOffset) : Number.NEGATIVE_INFINITY
    if (far.count > 0 && far.ranks[far.bestSlot] > rank) rank = far.ranks[far.bestSlot]
    this.#bestRank = rank
    this.bestPrice = rank === Number.NEGATIVE_INFINITY ? Number.NaN : rank * this.#sign + 0
  }

  /** Lets the window follow a touch that went down. */
  #followTouch(): void {
    if (!this.#isLadderOn) return
    const near = this.#near
    if (near.count === 0) {
      const key = this.#grid.keyOf(this.#far.ranks[this.#far.bestSlot])
      if (!Number.isNaN(key)) this.#moveWindow(key - reach(near.capacity))
    } else if (near.bestOffset < near.capacity >>> 2) {
      this.#moveWindow(near.lowKey + near.bestOffset - reach(near.capacity))
    }
  }

  #removeBest(): void {
    const near = this.#near
    const far = this.#far
    if (far.count > 0 && far.ranks[far.bestSlot] === this.#bestRank) far.removeAt(far.bestSlot)
    else near.vacate(near.bestOffset, near.slotOf(near.bestOffset))
    this.#refreshBest()
  }

  #removeWorst(): void {
    const near = this.#near
    const far = this.#far
    const offset = near.count === 0 ? -1 : near.nextAbove(0)
    if (far.count > 0 && (offset < 0 || far.ranks[far.worstSlot] < this.#grid.priceOf(near.lowKey + offset)))
      far.removeAt(far.worstSlot)
    else near.vacate(offset, near.slotOf(offset))
    if (this.count === 0) this.#refreshBest()
  }
}

/** Steps that the window reaches below the touch; the rest is room for it to rise. */
function reach(capacity: number): number {
  return capacity - (capacity >>> 2)
}
