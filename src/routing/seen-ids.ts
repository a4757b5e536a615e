/**
 * Whether an id came before, for ids without an order: exact for at least the last `capacity` different ones, in bounded
 * memory, without allocation. Two hash tables take turns: when the younger is full, the older is emptied and becomes the
 * younger.
 */
import { TradewireError } from '../core/errors.js'

/** A bounded set of numbers. */
export class SeenIds {
  readonly capacity: number
  #young: Float64Array
  #old: Float64Array
  #size = 0

  /** @param capacity a power of two. */
  constructor(capacity = 4_096) {
    if (!(capacity >= 8 && Number.isInteger(capacity) && (capacity & (capacity - 1)) === 0))
      throw new TradewireError('TW_INVALID_ARGUMENT', `The capacity is a power of two from 8 on, not ${capacity}`)
    this.capacity = capacity
    this.#young = new Float64Array(2 * capacity).fill(Number.NaN)
    this.#old = new Float64Array(2 * capacity).fill(Number.NaN)
  }

  /** Whether an id is among those remembered. */
  has(id: number): boolean {
    return find(this.#young, id) >= 0 || find(this.#old, id) >= 0
  }

  /** Remembers an id that is not among them. */
  add(id: number): void {
    if (this.#size === this.capacity) {
      const emptied = this.#old
      emptied.fill(Number.NaN)
      this.#old = this.#young
      this.#young = emptied
      this.#size = 0
    }
    const table = this.#young
    const mask = table.length - 1
    let slot = hash(id) & mask
    while (!Number.isNaN(table[slot] as number)) slot = (slot + 1) & mask
    table[slot] = id
    this.#size++
  }
}

/** Slot of an id, -1 when it is not there. Half of the slots stay empty, so a search ends. */
function find(table: Float64Array, id: number): number {
  const mask = table.length - 1
  let slot = hash(id) & mask
  for (;;) {
    const found = table[slot] as number
    if (found === id) return slot
    if (Number.isNaN(found)) return -1
    slot = (slot + 1) & mask
  }
}

/** Mixes both halves of a whole number of up to 53 bits. */
function hash(id: number): number {
  const high = Math.floor(id / 4_294_967_296)
  let mixed = Math.imul((id >>> 0) ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b)
  mixed ^= mixed >>> 15
  return Math.imul(mixed, 0xc2b2ae35) >>> 7
}
