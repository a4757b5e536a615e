/**
 * Every live order of one engine in preallocated arrays: an order is a slot, a queue is a chain of slots.
 *
 * What the matching loop touches lies together, one record of eight integers and one of four doubles for an order (half a
 * cache line each; arrays per field measured 1.4 times slower here). What only some orders have lies in arrays per field.
 *
 * ```
 * slot     = offset of the order's integer record
 * ints     slot +        0 key   1 next   2 previous   3 flags   4 owner   5 next in hash chain   6 hash bucket   7 -
 * doubles  slot / 2 +    0 number   1 shown   2 quantity   3 sequence
 * others   slot / 8
 * free list        a chain through `next` of unused slots, last freed first used
 * number -> slot   hash table of chains; consecutive numbers fall into neighbouring buckets, so that the recent orders,
 *                  which are the ones that get cancelled, share cache lines
 * ```
 * The accessors name the offsets once; V8 inlines them (named constants cost a load and a check each, as bundlers turn
 * them into variables). The pool starts small and doubles up to its bound; between two doublings nothing is allocated.
 */
import { isIceberg } from './order-flags.js'

/** Distance of two slots. */
export const SLOT_STRIDE = 8

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

  /** @param initial slots to begin with, rounded up to a power of two; @param bound most live orders, at most 2^26. */
  constructor(initial: number, bound: number) {
    this.bound = bound
    const capacity = 1 << (32 - Math.clz32(Math.max(16, Math.min(initial, bound)) - 1))
    this.capacity = capacity
    // Filled although zero: the system then maps the memory now and not while orders come in.
    this.ints = new Int32Array(capacity * SLOT_STRIDE).fill(0)
    this.doubles = new Float64Array((capacity * SLOT_STRIDE) >> 1).fill(0)
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
    while (slot >= 0 && this.doubles[slot >> 1] !== orderNumber) slot = this.ints[slot + 5]
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
    if (slot >= 0) this.freeHead = ints[slot + 1]
    else {
      slot = this.highWater
      this.highWater = slot + SLOT_STRIDE
    }
    this.live++
    this.buckets[bucket] = slot
    ints[slot] = key
    ints[slot + 3] = flags
    ints[slot + 4] = owner
    ints[slot + 5] = first
    ints[slot + 6] = bucket
    doubles[slot >> 1] = orderNumber
    doubles[(slot >> 1) + 1] = open
    doubles[(slot >> 1) + 2] = quantity
    doubles[(slot >> 1) + 3] = sequence
    return slot
  }

  /** Gives a slot back; its order must be in no queue and no heap. */
  release(slot: number): void {
    const ints = this.ints
    const bucket = ints[slot + 6]
    let at = this.buckets[bucket]
    if (at === slot) this.buckets[bucket] = ints[slot + 5]
    else {
      while (ints[at + 5] !== slot) at = ints[at + 5]
      ints[at + 5] = ints[slot + 5]
    }
    ints[slot + 3] = 0
    ints[slot + 1] = this.freeHead
    this.freeHead = slot
    this.live--
  }

  /** Limit price times side: among the orders of a side, higher is better. */
  key(slot: number): number {
    return this.ints[slot]
  }
  setKey(slot: number, key: number): void {
    this.ints[slot] = key
  }
  /** Slot behind in whatever chain the order is in, -1 for none. */
  next(slot: number): number {
    return this.ints[slot + 1]
  }
  setNext(slot: number, next: number): void {
    this.ints[slot + 1] = next
  }
  /** Slot before in whatever chain the order is in, -1 for none. */
  previous(slot: number): number {
    return this.ints[slot + 2]
  }
  setPrevious(slot: number, previous: number): void {
    this.ints[slot + 2] = previous
  }
  /** See order-flags. */
  flags(slot: number): number {
    return this.ints[slot + 3]
  }
  setFlags(slot: number, flags: number): void {
    this.ints[slot + 3] = flags
  }
  owner(slot: number): number {
    return this.ints[slot + 4]
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
    return this.doubles[(slot >> 1) + 2]
  }
  setQuantity(slot: number, quantity: number): void {
    this.doubles[(slot >> 1) + 2] = quantity
  }
  /** Time priority: lower came first. */
  sequence(slot: number): number {
    return this.doubles[(slot >> 1) + 3]
  }
  setSequence(slot: number, sequence: number): void {
    this.doubles[(slot >> 1) + 3] = sequence
  }

  /** Open quantity of an order, shown or not. */
  openQuantity(slot: number): number {
    const shown = this.doubles[(slot >> 1) + 1]
    return isIceberg(this.ints[slot + 3]) ? shown + this.hidden[slot >> 3] : shown
  }

  private bucketOf(orderNumber: number): number {
    const low = orderNumber > 0x7fffffff ? foldNumber(orderNumber) : orderNumber | 0
    return (low ^ (Math.imul(low >>> this.bucketBits, 0x9e3779b1) >>> 8)) & this.bucketMask
  }

  private grow(): void {
    const size = this.capacity * 2
    this.capacity = size
    this.ints = grown(this.ints, new Int32Array(size * SLOT_STRIDE))
    this.doubles = grown(this.doubles, new Float64Array((size * SLOT_STRIDE) >> 1))
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
      this.ints[slot + 5] = this.buckets[bucket]
      this.ints[slot + 6] = bucket
      this.buckets[bucket] = slot
    }
  }
}
