/**
 * Price levels in two sorted typed arrays, best last: any price, any spacing. Most changes happen near the touch, so a
 * search looks at a few levels from the top first and only then halves the rest.
 *
 * Prices are kept as ranks: the price of a bid, the negated price of an ask, so that more is better on both sides.
 * Ranks and values are passed in {@link SortedLevels.argument}: the engine puts doubles that are arguments of a call on
 * the heap, unless it inlines the call.
 */

/** Levels looked at one by one before the search starts to halve. */
const scannedFromTop = 24
/** Shifts up to this many entries are cheaper in a loop than by a call into the engine. */
const shiftedByLoop = 48

/** Sorted ranks with a value each: a size, or whatever the owner keeps by price. */
export class SortedLevels {
  ranks: Float64Array
  values: Float64Array
  count = 0
  /** Rank (0) and value (1) for the next call. */
  readonly argument = new Float64Array(2)

  constructor(initialCapacity = 16) {
    this.ranks = new Float64Array(initialCapacity)
    this.values = new Float64Array(initialCapacity)
  }

  /** Index of the last level that is not better than the rank given; -1 when all are. */
  floorIndex(): number {
    const ranks = this.ranks
    const rank = this.argument[0]
    let i = this.count - 1
    const stop = Math.max(i - scannedFromTop, -1)
    for (; i > stop; i--) if (ranks[i] <= rank) return i
    let low = 0
    let high = i + 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (ranks[middle] <= rank) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** Index of the level at the rank given; -1 when there is none. */
  indexOf(): number {
    const i = this.floorIndex()
    return i >= 0 && this.ranks[i] === this.argument[0] ? i : -1
  }

  /** Puts a level of the rank and value given at `index`; those from there on move up. The owner keeps the bound. */
  insertAt(index: number): void {
    const count = this.count
    if (count === this.ranks.length) this.#grow()
    const ranks = this.ranks
    const values = this.values
    if (count - index > shiftedByLoop) {
      ranks.copyWithin(index + 1, index, count)
      values.copyWithin(index + 1, index, count)
    } else {
      for (let i = count; i > index; i--) {
        ranks[i] = ranks[i - 1]
        values[i] = values[i - 1]
      }
    }
    ranks[index] = this.argument[0]
    values[index] = this.argument[1]
    this.count = count + 1
  }

  removeAt(index: number): void {
    const last = this.count - 1
    const ranks = this.ranks
    const values = this.values
    if (last - index > shiftedByLoop) {
      ranks.copyWithin(index, index + 1, last + 1)
      values.copyWithin(index, index + 1, last + 1)
    } else {
      for (let i = index; i < last; i++) {
        ranks[i] = ranks[i + 1]
        values[i] = values[i + 1]
      }
    }
    this.count = last
  }

  clear(): void {
    this.count = 0
  }

  #grow(): void {
    const capacity = this.ranks.length * 2
    const ranks = new Float64Array(capacity)
    const values = new Float64Array(capacity)
    ranks.set(this.ranks)
    values.set(this.values)
    this.ranks = ranks
    this.values = values
  }
}
