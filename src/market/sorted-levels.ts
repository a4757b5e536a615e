/**
 * Price levels in sorted order at any price and spacing: small sorted blocks in two typed arrays, and a directory of
 * the blocks. A change moves the entries of one block only, however many levels there are.
 *
 *   directory (worst block first)    lows   97.2 │ 98.4 │ 99.1
 *                                            │      │      └─► 99.1 99.3 99.4 · · · ·     best level last
 *                                            │      └────────► 98.4 98.6 98.7 98.9 · ·
 *                                            └───────────────► 97.2 97.9 98.3 · · · ·
 *
 * Most changes happen near the touch, so a search looks at the best levels first. Where among them a price lies is what
 * no branch predictor knows: comparisons are counted and added up there, not branched on.
 *
 * Prices are kept as ranks: the price of a bid, the negated price of an ask, so that more is better on both sides.
 * Ranks and values are passed in {@link SortedLevels.argument}: the engine puts doubles that are arguments of a call on
 * the heap, unless it inlines the call. A slot is an index into `ranks` and `values`; it holds until the next change.
 */

const blockShift = 6
/** Levels in a block at most. */
const blockSize = 1 << blockShift
/** A block of this many levels or fewer looks for a neighbour to merge with. */
const small = blockSize >>> 3
/** Best levels looked at in fours before the search starts to halve. */
const scannedFromTop = 16

/** Sorted ranks with a value each: a size, or whatever the owner keeps by price. */
export class SortedLevels {
  /** Number of levels. */
  count = 0
  /** By slot. */
  ranks = new Float64Array(0)
  values = new Float64Array(0)
  /** Slot of the best level, -1 when there is none. */
  bestSlot = -1
  /** Rank (0) and value (1) for the next call. */
  readonly argument = new Float64Array(2)
  /** Blocks by place, worst first, and the rank of the first level of each. */
  #order = new Int32Array(0)
  #lows = new Float64Array(0)
  #blocks = 0
  /** By block: its levels, and its place in the order. */
  #used = new Int32Array(0)
  #place = new Int32Array(0)
  /** Blocks out of use: those from `#taken` on, and a stack of those given back. */
  #taken = 0
  #freed = new Int32Array(0)
  #freedCount = 0

  /** Slot of the best level that is not better than the rank given; -1 when all are. */
  floorSlot(): number {
    const rank = this.argument[0]
    const ranks = this.ranks
    const lows = this.#lows
    let low = this.#blocks - 1
    if (low < 0) return -1
    if (lows[low] <= rank) {
      // The best block: from its end, four at a time.
      let slot = this.bestSlot
      const first = slot & -blockSize
      const stop = Math.max(first + 2, slot - scannedFromTop)
      while (slot > stop) {
        const better =
          +(ranks[slot] > rank) + +(ranks[slot - 1] > rank) + +(ranks[slot - 2] > rank) + +(ranks[slot - 3] > rank)
        slot -= better
        if (better < 4) return slot
      }
      return this.#halve(first, slot + 1 - first)
    }
    let blocks = low
    low = 0
    while (blocks > 1) {
      const half = blocks >>> 1
      low += half & -(lows[low + half] <= rank)
      blocks -= half
    }
    if (low === 0 && !(lows[0] <= rank)) return -1
    const block = this.#order[low]
    return this.#halve(block << blockShift, this.#used[block])
  }

  /** Slot of the best of `count` levels from `first` on that is not better than the rank given; `first` is not. */
  #halve(first: number, count: number): number {
    const rank = this.argument[0]
    const ranks = this.ranks
    while (count > 1) {
      const half = count >>> 1
      first += half & -(ranks[first + half] <= rank)
      count -= half
    }
    return first
  }

  /** Slot of the level at the rank given; -1 when there is none. */
  find(): number {
    const slot = this.floorSlot()
    return slot >= 0 && this.ranks[slot] === this.argument[0] ? slot : -1
  }

  /** Slot of the next worse level; -1 behind the worst. */
  worseSlot(slot: number): number {
    if ((slot & (blockSize - 1)) > 0) return slot - 1
    const place = this.#place[slot >>> blockShift] - 1
    return place < 0 ? -1 : this.#lastOf(this.#order[place])
  }

  /** Slot of the worst level; -1 when there is none. */
  get worstSlot(): number {
    return this.#blocks === 0 ? -1 : this.#order[0] << blockShift
  }

  /** Inserts the rank and value given behind what {@link floorSlot} returned. The owner keeps the bound. */
  insertAfter(floor: number): void {
    if (this.#blocks === 0) this.#addBlock(0)
    let block = floor < 0 ? this.#order[0] : floor >>> blockShift
    let at = floor < 0 ? block << blockShift : floor + 1
    if (this.#used[block] === blockSize) {
      const half = (block << blockShift) + (blockSize >>> 1)
      const upper = this.#split(block)
      if (at > half) {
        at += (upper << blockShift) - half
        block = upper
      }
    }
    const { ranks, values } = this
    const end = (block << blockShift) + this.#used[block]++
    for (let slot = end; slot > at; slot--) {
      ranks[slot] = ranks[slot - 1]
      values[slot] = values[slot - 1]
    }
    ranks[at] = this.argument[0]
    values[at] = this.argument[1]
    this.count++
    if (floor < 0) this.#lows[0] = ranks[at]
    if (this.#place[block] === this.#blocks - 1) this.bestSlot = end
  }

  removeAt(slot: number): void {
    const { ranks, values } = this
    const block = slot >>> blockShift
    const left = --this.#used[block]
    const first = block << blockShift
    const last = first + left
    for (let to = slot; to < last; to++) {
      ranks[to] = ranks[to + 1]
      values[to] = values[to + 1]
    }
    this.count--
    if (slot === first) this.#lows[this.#place[block]] = ranks[first]
    if (this.#place[block] === this.#blocks - 1) this.bestSlot--
    if (left <= small) this.#shrink(block)
  }

  clear(): void {
    this.count = 0
    this.bestSlot = -1
    this.#blocks = 0
    this.#taken = 0
    this.#freedCount = 0
  }

  /** Slot of the last level of a block. */
  #lastOf(block: number): number {
    return (block << blockShift) + this.#used[block] - 1
  }

  /** Moves the upper half of a full block into a new one, which is returned. */
  #split(block: number): number {
    const upper = this.#addBlock(this.#place[block] + 1)
    const half = blockSize >>> 1
    this.#append(upper, block, half)
    this.#used[block] = half
    this.#lows[this.#place[upper]] = this.ranks[upper << blockShift]
    this.bestSlot = this.#lastOf(this.#order[this.#blocks - 1])
    return upper
  }

  /** Drops an empty block, and merges a small one with a neighbour if both fit into half a block. */
  #shrink(block: number): void {
    const place = this.#place[block]
    if (this.#used[block] === 0) this.#dropBlock(place)
    else if (place > 0 && this.#fits(place - 1)) this.#merge(place - 1)
    else if (place < this.#blocks - 1 && this.#fits(place)) this.#merge(place)
  }

  /** Whether the blocks at a place and the next fit into half a block. */
  #fits(place: number): boolean {
    return this.#used[this.#order[place]] + this.#used[this.#order[place + 1]] <= blockSize >>> 1
  }

  /** Moves the levels of the block behind `place` into the one there. */
  #merge(place: number): void {
    this.#append(this.#order[place], this.#order[place + 1], 0)
    this.#dropBlock(place + 1)
  }

  /** Appends the levels of a block from index `from` on to another. */
  #append(target: number, source: number, from: number): void {
    const start = (source << blockShift) + from
    const end = (source << blockShift) + this.#used[source]
    const to = (target << blockShift) + this.#used[target]
    this.ranks.copyWithin(to, start, end)
    this.values.copyWithin(to, start, end)
    this.#used[target] += end - start
  }

  /** Puts an empty block at a place. */
  #addBlock(place: number): number {
    if (this.#freedCount === 0 && this.#taken === this.#order.length) this.#grow()
    const block = this.#freedCount > 0 ? this.#freed[--this.#freedCount] : this.#taken++
    this.#used[block] = 0
    for (let at = this.#blocks++; at > place; at--) this.#movePlace(at - 1, at)
    this.#order[place] = block
    this.#place[block] = place
    return block
  }

  /** Takes the block at a place out of use. */
  #dropBlock(place: number): void {
    this.#freed[this.#freedCount++] = this.#order[place]
    this.#blocks--
    for (let at = place; at < this.#blocks; at++) this.#movePlace(at + 1, at)
    this.bestSlot = this.#blocks === 0 ? -1 : this.#lastOf(this.#order[this.#blocks - 1])
  }

  #movePlace(from: number, to: number): void {
    const block = this.#order[from]
    this.#order[to] = block
    this.#lows[to] = this.#lows[from]
    this.#place[block] = to
  }

  #grow(): void {
    const blocks = Math.max(1, this.#order.length * 2)
    this.ranks = widened(this.ranks, new Float64Array(blocks * blockSize))
    this.values = widened(this.values, new Float64Array(blocks * blockSize))
    this.#lows = widened(this.#lows, new Float64Array(blocks))
    this.#order = widened(this.#order, new Int32Array(blocks))
    this.#used = widened(this.#used, new Int32Array(blocks))
    this.#place = widened(this.#place, new Int32Array(blocks))
    this.#freed = widened(this.#freed, new Int32Array(blocks))
  }
}

function widened<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
