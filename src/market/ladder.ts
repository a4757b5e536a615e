/**
 * A window of consecutive price steps in a circular array: a level's size lies at its step, so a change near the touch
 * is one store. A bit per step tells which are occupied, so that the next level is found 32 steps at a time.
 *
 *     lowKey           lowKey + bestOffset                 lowKey + capacity
 *       |.  .1. . .  1  1 . 1 1 1 1 1 B                          |
 *      head (slot of lowKey)          best                       (wraps around the array)
 *
 * Keys count steps; more is better (the keys of asks are negated). The window itself moves only in {@link moveTo}.
 */

/** The window of one side of a book. Sizes of 0 are empty steps. */
export class Ladder {
  /** Half a step below the lowest step: where prices begin that are nearest to it. NaN while the window lies nowhere. */
  lowEdge = Number.NaN
  /** Key of the lowest step; NaN while the window lies nowhere. */
  lowKey = Number.NaN
  sizes: Float64Array
  /** Steps in the window, a power of two, at least 32. */
  capacity = 0
  mask = 0
  /** Slot of the lowest step. */
  head = 0
  /** Highest occupied step, counted from `lowKey`; -1 when empty. */
  bestOffset = -1
  /** Occupied steps. */
  count = 0
  /** A bit per slot: set when occupied. */
  bits: Int32Array

  constructor(capacity: number) {
    this.capacity = capacity
    this.sizes = new Float64Array(capacity)
    this.bits = new Int32Array(capacity >>> 5)
    this.mask = capacity - 1
  }

  /** Array index of a step counted from `lowKey`. */
  slotOf(offset: number): number {
    return (offset + this.head) & this.mask
  }

  /** Marks a step as occupied after its size was stored. Returns whether it is the best now. */
  occupy(offset: number, slot: number): boolean {
    this.bits[slot >>> 5] |= 1 << (slot & 31)
    this.count++
    if (offset <= this.bestOffset) return false
    this.bestOffset = offset
    return true
  }

  /** Empties an occupied step. Returns whether it was the best. */
  vacate(offset: number, slot: number): boolean {
    this.sizes[slot] = 0
    this.bits[slot >>> 5] &= ~(1 << (slot & 31))
    this.count--
    if (offset !== this.bestOffset) return false
    this.bestOffset = this.count === 0 ? -1 : this.nextBelow(offset)
    return true
  }

  /** The next occupied step below `offset`. There must be one. */
  nextBelow(offset: number): number {
    const bits = this.bits
    const wordMask = bits.length - 1
    const slot = this.slotOf(offset - 1)
    let word = slot >>> 5
    let found = bits[word] & (-1 >>> (31 - (slot & 31)))
    while (found === 0) {
      word = (word - 1) & wordMask
      found = bits[word]
    }
    return ((word << 5) + 31 - Math.clz32(found) - this.head) & this.mask
  }

  /** The first occupied step at or above `offset`. There must be one. */
  nextAbove(offset: number): number {
    const bits = this.bits
    const wordMask = bits.length - 1
    const slot = this.slotOf(offset)
    let word = slot >>> 5
    let found = bits[word] & (-1 << (slot & 31))
    while (found === 0) {
      word = (word + 1) & wordMask
      found = bits[word]
    }
    return ((word << 5) + 31 - Math.clz32(found & -found) - this.head) & this.mask
  }

  /** Moves the window; every occupied step must lie in the new one. */
  moveTo(lowKey: number): void {
    if (this.count === 0) {
      this.head = 0
    } else {
      const shift = (lowKey - this.lowKey) | 0
      this.head = (this.head + shift) & this.mask
      this.bestOffset -= shift
    }
    this.lowKey = lowKey
    this.lowEdge = lowKey - 0.5
  }

  /** Widens the window upwards to `capacity` steps. */
  growTo(capacity: number): void {
    const sizes = this.sizes
    const grown = new Float64Array(capacity)
    const bits = new Int32Array(capacity >>> 5)
    for (let offset = 0; offset < this.capacity; offset++) {
      const size = sizes[this.slotOf(offset)]
      if (size === 0) continue
      grown[offset] = size
      bits[offset >>> 5] |= 1 << (offset & 31)
    }
    this.sizes = grown
    this.bits = bits
    this.head = 0
    this.mask = capacity - 1
    this.capacity = capacity
  }

  /** Empties the window and lets it lie nowhere. */
  clearWindow(): void {
    if (this.count > 0) {
      this.sizes.fill(0)
      this.bits.fill(0)
    }
    this.count = 0
    this.bestOffset = -1
    this.lowKey = Number.NaN
    this.lowEdge = Number.NaN
    this.head = 0
  }
}
