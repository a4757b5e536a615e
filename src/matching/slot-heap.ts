/**
 * A binary heap of order slots by (key, sequence), lowest first, whose members can be removed from the middle.
 */

/** Where a heap notes the position of each slot: an array of the pool, read anew each time because the pool may grow. */
export type PositionsOf = () => Int32Array

/** Indexed heap; a slot may be in one heap per positions array. */
export class SlotHeap {
  size = 0
  private readonly positions: PositionsOf
  private slots = new Int32Array(16)
  private keys = new Float64Array(16)
  private ties = new Float64Array(16)

  constructor(positions: PositionsOf) {
    this.positions = positions
  }

  /** The slot that comes first, -1 when empty. */
  get first(): number {
    return this.size === 0 ? -1 : this.slots[0]
  }

  /** Key of the slot that comes first; infinity when empty. */
  get firstKey(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : this.keys[0]
  }

  /** Adds a slot. */
  push(slot: number, key: number, tie: number): void {
    if (this.size === this.slots.length) this.grow()
    this.siftUp(this.size++, slot, key, tie)
  }

  /** Removes a slot that is in this heap. */
  remove(slot: number): void {
    const positions = this.positions()
    const at = positions[slot >> 4]
    positions[slot >> 4] = -1
    const last = --this.size
    if (at === last) return
    const moved = this.slots[last]
    const key = this.keys[last]
    const tie = this.ties[last]
    if (at > 0 && this.isBefore(key, tie, (at - 1) >> 1)) this.siftUp(at, moved, key, tie)
    else this.siftDown(at, moved, key, tie)
  }

  private isBefore(key: number, tie: number, than: number): boolean {
    return key < this.keys[than] || (key === this.keys[than] && tie < this.ties[than])
  }

  private siftUp(from: number, slot: number, key: number, tie: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.isBefore(key, tie, parent)) break
      this.put(at, this.slots[parent], this.keys[parent], this.ties[parent])
      at = parent
    }
    this.put(at, slot, key, tie)
  }

  private siftDown(from: number, slot: number, key: number, tie: number): void {
    let at = from
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.size) break
      if (child + 1 < this.size && this.isBefore(this.keys[child + 1], this.ties[child + 1], child)) child++
      if (this.isBefore(key, tie, child)) break
      this.put(at, this.slots[child], this.keys[child], this.ties[child])
      at = child
    }
    this.put(at, slot, key, tie)
  }

  private put(at: number, slot: number, key: number, tie: number): void {
    this.slots[at] = slot
    this.keys[at] = key
    this.ties[at] = tie
    this.positions()[slot >> 4] = at
  }

  private grow(): void {
    const { slots, keys, ties } = this
    this.slots = new Int32Array(slots.length * 2)
    this.slots.set(slots)
    this.keys = new Float64Array(keys.length * 2)
    this.keys.set(keys)
    this.ties = new Float64Array(ties.length * 2)
    this.ties.set(ties)
  }
}
