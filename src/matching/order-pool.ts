/**
 * Every live order of one engine in preallocated arrays: an order is a slot, a queue is a chain of slots.
 *
 * What the matching loop touches is one record of 64 bytes, a cache line, for an order: doubles and integers over the same
 * memory. What only some orders have lies in arrays per field. (Arrays per field throughout measured slower here.)
 *
 * ```
 * slot     = offset of the order's record, counted in integers
 * doubles  slot / 2 +    0 number   1 shown   2-5 the integers   6 quantity   7 sequence
 * ints     slot +        4 key   5 next   6 previous   7 flags   8 next in hash chain   9 hash bucket   10 owner   11 -
 * others   slot / 16
 * free list        a chain through `next` of unused slots, last freed first used
 * number -> slot   hash table of chains; consecutive numbers fall into neighbouring buckets, so that the recent orders,
 *                  which are the ones that get cancelled, share cache lines
 * ```
 * The accessors name the offsets once; V8 inlines them (named constants cost a load and a check each, as bundlers turn
 * them into variables). The pool starts small and doubles up to its bound; between two doublings nothing is allocated.
 */
import { isIceberg } from './order-flags.js'

const RECORD_BYTES = 64
/** Distance of two slots. */
export const SLOT_STRIDE = 16

/** 32 bits of an order number beyond 31 bits. */
function foldNumber(orderNumber: number): number {
  const high = Math.floor(orderNumber / 0x1_0000_0000)
  return (orderNumber - high * 0x1_0000_0000) ^ Math.imul(high, 0x5bd1e995)
}

function grown<A extends Int32Array | Float64Array>(old: A, to: A): A {
  to.set(old)
  return to
}

/** Pool of orders addressed by slot. The arrays are replaced when the pool grows: hold none of them across an `insert`. */
export class OrderPool {
  private ints: Int32Array
  private doubles: Float64Array
  /** Open quantity behind an iceberg's tip; meaningless in plain orders. */
  hidden: Float64Array
  /** Tip of an iceberg; meaningless in plain orders. */
  display: Float64Array
  expireUs: Float64Array
  /** Trigger price in ticks, NO_PRICE while a trailing stop has seen no price. */
  trigger: Int32Array
  trailOffset: Int32Array
  limitOffset: Int32Array
  /** Position in the heap of its trigger, -1 when in none. */
  triggerPosition: Int32Array
  /** Position in the expiry heap, -1 when not in it. */
  expiryPosition: Int32Array
  /** Live orders. */
  live = 0
  /** All live orders have a slot below this one. */
  highWater = 0
  /** Most live orders. */
  readonly bound: number

  private capacity: number
  private freeHead = -1
  private buckets: Int32Array
  private bucketBits: number
  private bucketMask: number

  /** @param initial slots to begin with, rounded up to a power of two; @param bound most live orders, at most 2^25. */
  constructor(initial: number, bound: number) {
    this.bound = bound
    const capacity = 1 << (32 - Math.clz32(Math.max(16, Math.min(initial, bound)) - 1))
    this.capacity = capacity
    const records = new ArrayBuffer(capacity * RECORD_BYTES)
    this.ints = new Int32Array(records)
    // Filled although zero: the system then maps the memory now and not while orders come in.
    this.doubles = new Float64Array(records).fill(0)
    this.hidden = new Float64Array(capacity)
    this.display = new Float64Array(capacity)
    this.expireUs = new Float64Array(capacity)
    this.trigger = new Int32Array(capacity)
    this.trailOffset = new Int32Array(capacity)
    this.limitOffset = new Int32Array(capacity)
    this.triggerPosition = new Int32Array(capacity).fill(-1)
    this.expiryPosition = new Int32Array(capacity).fill(-1)
    this.bucketBits = 31 - Math.clz32(capacity)
    this.bucketMask = capacity - 1
    this.buckets = new Int32Array(capacity).fill(-1)
  }

  /** True when no further order fits. */
  get isFull(): boolean {
    return this.live >= this.bound
  }

  /** Slot of a live order, -1 when there is none of this number. */
  find(orderNumber: number): number {
    let slot = this.buckets[this.bucketOf(orderNumber)]
    while (slot >= 0 && this.doubles[slot >> 1] !== orderNumber) slot = this.ints[slot + 8]
    return slot
  }

  /**
   * Takes in a new order that shows all that is open of it.
   *
   * @returns its slot; -1, with nothing done, when its number is live or the pool is full.
   */
  insert(
    orderNumber: number,
    key: number,
    flags: number,
    owner: number,
    quantity: number,
    open: number,
    sequence: number,
  ): number {
    if (this.live >= this.bound) return -1
    const bucket = this.bucketOf(orderNumber)
    const first = this.buckets[bucket]
    if (first >= 0 && this.find(orderNumber) >= 0) return -1
    if (this.freeHead < 0 && this.highWater === this.ints.length) {
      this.grow()
      return this.insert(orderNumber, key, flags, owner, quantity, open, sequence)
    }
    const { ints, doubles } = this
    let slot = this.freeHead
    if (slot >= 0) this.freeHead = ints[slot + 5]
    else {
      slot = this.highWater
      this.highWater = slot + SLOT_STRIDE
    }
    this.live++
    this.buckets[bucket] = slot
    ints[slot + 4] = key
    ints[slot + 7] = flags
    ints[slot + 10] = owner
    ints[slot + 8] = first
    ints[slot + 9] = bucket
    doubles[slot >> 1] = orderNumber
    doubles[(slot >> 1) + 1] = open
    doubles[(slot >> 1) + 6] = quantity
    doubles[(slot >> 1) + 7] = sequence
    return slot
  }

  /** Gives a slot back; its order must be in no queue and no heap. */
  release(slot: number): void {
    const ints = this.ints
    const bucket = ints[slot + 9]
    let at = this.buckets[bucket]
    if (at === slot) this.buckets[bucket] = ints[slot + 8]
    else {
      while (ints[at + 8] !== slot) at = ints[at + 8]
      ints[at + 8] = ints[slot + 8]
    }
    ints[slot + 7] = 0
    ints[slot + 5] = this.freeHead
    this.freeHead = slot
    this.live--
  }

  /** Limit price times side: among the orders of a side, higher is better. */
  key(slot: number): number {
    return this.ints[slot + 4]
  }
  setKey(slot: number, key: number): void {
    this.ints[slot + 4] = key
  }
  /** Slot behind in whatever chain the order is in, -1 for none. */
  next(slot: number): number {
    return this.ints[slot + 5]
  }
  setNext(slot: number, next: number): void {
    this.ints[slot + 5] = next
  }
  /** Slot before in whatever chain the order is in, -1 for none. */
  previous(slot: number): number {
    return this.ints[slot + 6]
  }
  setPrevious(slot: number, previous: number): void {
    this.ints[slot + 6] = previous
  }
  /** See order-flags. */
  flags(slot: number): number {
    return this.ints[slot + 7]
  }
  setFlags(slot: number, flags: number): void {
    this.ints[slot + 7] = flags
  }
  owner(slot: number): number {
    return this.ints[slot + 10]
  }
  /** The caller's order number. */
  number(slot: number): number {
    return this.doubles[slot >> 1]
  }
  /** Open quantity that the book shows. */
  shown(slot: number): number {
    return this.doubles[(slot >> 1) + 1]
  }
  setShown(slot: number, shown: number): void {
    this.doubles[(slot >> 1) + 1] = shown
  }
  /** Total quantity, filled included. */
  quantity(slot: number): number {
    return this.doubles[(slot >> 1) + 6]
  }
  setQuantity(slot: number, quantity: number): void {
    this.doubles[(slot >> 1) + 6] = quantity
  }
  /** Time priority: lower came first. */
  sequence(slot: number): number {
    return this.doubles[(slot >> 1) + 7]
  }
  setSequence(slot: number, sequence: number): void {
    this.doubles[(slot >> 1) + 7] = sequence
  }

  /** Open quantity of an order, shown or not. */
  openQuantity(slot: number): number {
    const shown = this.doubles[(slot >> 1) + 1]
    return isIceberg(this.ints[slot + 7]) ? shown + this.hidden[slot >> 4] : shown
  }

  private bucketOf(orderNumber: number): number {
    const low = orderNumber > 0x7fffffff ? foldNumber(orderNumber) : orderNumber | 0
    return (low ^ (Math.imul(low >>> this.bucketBits, 0x9e3779b1) >>> 8)) & this.bucketMask
  }

  private grow(): void {
    const size = this.capacity * 2
    this.capacity = size
    const records = new ArrayBuffer(size * RECORD_BYTES)
    this.ints = grown(this.ints, new Int32Array(records))
    this.doubles = new Float64Array(records)
    this.hidden = grown(this.hidden, new Float64Array(size))
    this.display = grown(this.display, new Float64Array(size))
    this.expireUs = grown(this.expireUs, new Float64Array(size))
    this.trigger = grown(this.trigger, new Int32Array(size))
    this.trailOffset = grown(this.trailOffset, new Int32Array(size))
    this.limitOffset = grown(this.limitOffset, new Int32Array(size))
    this.triggerPosition = grown(this.triggerPosition, new Int32Array(size).fill(-1))
    this.expiryPosition = grown(this.expiryPosition, new Int32Array(size).fill(-1))
    this.buckets = new Int32Array(size).fill(-1)
    this.bucketBits = 31 - Math.clz32(size)
    this.bucketMask = size - 1
    // Only full pools grow: every slot is live.
    for (let slot = 0; slot < this.highWater; slot += SLOT_STRIDE) {
      const bucket = this.bucketOf(this.number(slot))
      this.ints[slot + 8] = this.buckets[bucket]
      this.ints[slot + 9] = bucket
      this.buckets[bucket] = slot
    }
  }
}
