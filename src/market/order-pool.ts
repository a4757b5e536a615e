/**
 * Orders of a level-3 book: columns of fixed slots, a free list, and an open-addressing table from order number to slot.
 * Order numbers are integers up to 2^53. Deletion moves later entries of a probe run back, so no tombstones pile up.
 */
import type { BookSide } from '../ring/kinds.js'

const nothing = -1
const highPart = 2 ** -32

/** Slots of resting orders. Grows by doubling up to its bound. */
export class OrderPool {
  id: Float64Array
  size: Float64Array
  side: Uint8Array
  /** Level number within the side. */
  level: Int32Array
  /** Neighbours in the queue: toward the front and toward the back; -1 at the ends. */
  previous: Int32Array
  next: Int32Array
  /** Orders that rest. */
  count = 0
  readonly #maxOrders: number
  #free = nothing
  #used = 0
  #table: Int32Array
  #mask: number

  constructor(initialOrders: number, maxOrders: number) {
    this.#maxOrders = maxOrders
    this.id = new Float64Array(initialOrders)
    this.size = new Float64Array(initialOrders)
    this.side = new Uint8Array(initialOrders)
    this.level = new Int32Array(initialOrders)
    this.previous = new Int32Array(initialOrders)
    this.next = new Int32Array(initialOrders)
    this.#table = new Int32Array(initialOrders * 2).fill(nothing)
    this.#mask = this.#table.length - 1
  }

  /** Slot of the order whose number lies at index `at`, -1 when it is not known. */
  find(ids: Float64Array, at: number): number {
    const id = ids[at]
    const table = this.#table
    const mask = this.#mask
    let place = hash(id) & mask
    let slot = table[place]
    while (slot !== nothing && this.id[slot] !== id) {
      place = (place + 1) & mask
      slot = table[place]
    }
    return slot
  }

  /** Takes a slot for an order that is not known, its number and size at index `at`. Returns -1 at the bound. */
  add(ids: Float64Array, sizes: Float64Array, at: number, side: BookSide): number {
    if (this.count >= this.#maxOrders) return nothing
    let slot = this.#free
    if (slot !== nothing) this.#free = this.next[slot]
    else {
      if (this.#used === this.id.length) this.#grow()
      slot = this.#used++
    }
    this.id[slot] = ids[at]
    this.side[slot] = side
    this.size[slot] = sizes[at]
    this.#enter(slot)
    this.count++
    return slot
  }

  /** Frees the slot of an order that has left its queue. */
  remove(slot: number): void {
    const table = this.#table
    const mask = this.#mask
    let hole = hash(this.id[slot]) & mask
    while (table[hole] !== slot) hole = (hole + 1) & mask
    let at = hole
    for (;;) {
      at = (at + 1) & mask
      const moved = table[at]
      if (moved === nothing) break
      const home = hash(this.id[moved]) & mask
      if (((at - home) & mask) < ((at - hole) & mask)) continue
      table[hole] = moved
      hole = at
    }
    table[hole] = nothing
    this.next[slot] = this.#free
    this.#free = slot
    this.count--
  }

  clear(): void {
    if (this.count > 0) this.#table.fill(nothing)
    this.count = 0
    this.#free = nothing
    this.#used = 0
  }

  #enter(slot: number): void {
    const table = this.#table
    const mask = this.#mask
    let place = hash(this.id[slot]) & mask
    while (table[place] !== nothing) place = (place + 1) & mask
    table[place] = slot
  }

  #grow(): void {
    const capacity = this.id.length * 2
    this.id = widened(this.id, new Float64Array(capacity))
    this.size = widened(this.size, new Float64Array(capacity))
    this.side = widened(this.side, new Uint8Array(capacity))
    this.level = widened(this.level, new Int32Array(capacity))
    this.previous = widened(this.previous, new Int32Array(capacity))
    this.next = widened(this.next, new Int32Array(capacity))
    this.#table = new Int32Array(capacity * 2).fill(nothing)
    this.#mask = this.#table.length - 1
    // Growth happens only when no slot is free, so all of them are in use.
    for (let slot = 0; slot < this.#used; slot++) this.#enter(slot)
  }
}

/** Spreads all 53 bits of an order number over 32. */
function hash(id: number): number {
  let h = (id | 0) ^ Math.imul((id * highPart) | 0, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 16), 0x9e3779b1)
  return h ^ (h >>> 15)
}

function widened<T extends Float64Array | Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from)
  return to
}
