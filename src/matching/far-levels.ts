/**
 * Price levels outside a ladder's window: sorted arrays, best last, so that what is near the touch moves least.
 */
const INITIAL = 16

/** Sorted levels of one book side. Keys rise with the index; `heads`/`tails` are pool slots, `quantities` what is shown. */
export class FarLevels {
  count = 0
  keys: Int32Array = new Int32Array(INITIAL)
  heads: Int32Array = new Int32Array(INITIAL)
  tails: Int32Array = new Int32Array(INITIAL)
  quantities: Float64Array = new Float64Array(INITIAL)

  /** Index of the first level whose key is not below `key`: the level itself, or where it would be inserted. */
  lowerBound(key: number): number {
    const keys = this.keys
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (keys[middle] < key) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Index of a level, -1 when there is none. */
  indexOf(key: number): number {
    const index = this.lowerBound(key)
    return index < this.count && this.keys[index] === key ? index : -1
  }

  /** Inserts a level at the index `lowerBound` gave for its key. */
  insert(index: number, key: number, head: number, tail: number, quantity: number): void {
    if (this.count === this.keys.length) this.grow()
    if (index < this.count) {
      this.keys.copyWithin(index + 1, index, this.count)
      this.heads.copyWithin(index + 1, index, this.count)
      this.tails.copyWithin(index + 1, index, this.count)
      this.quantities.copyWithin(index + 1, index, this.count)
    }
    this.keys[index] = key
    this.heads[index] = head
    this.tails[index] = tail
    this.quantities[index] = quantity
    this.count++
  }

  /** Removes a level. */
  remove(index: number): void {
    this.keys.copyWithin(index, index + 1, this.count)
    this.heads.copyWithin(index, index + 1, this.count)
    this.tails.copyWithin(index, index + 1, this.count)
    this.quantities.copyWithin(index, index + 1, this.count)
    this.count--
  }

  private grow(): void {
    const size = this.keys.length * 2
    const { keys, heads, tails, quantities } = this
    this.keys = new Int32Array(size)
    this.keys.set(keys)
    this.heads = new Int32Array(size)
    this.heads.set(heads)
    this.tails = new Int32Array(size)
    this.tails.set(tails)
    this.quantities = new Float64Array(size)
    this.quantities.set(quantities)
  }
}
