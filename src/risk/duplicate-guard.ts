/**
 * Finds orders that repeat each other: the same instrument, side, quantity, price, type and strategy more than `limit`
 * times within a window. A runaway loop shows itself like this.
 *
 * Fixed memory: a table of fingerprints, each with a ring of its last times. A fingerprint whose window has run out gives
 * its place to a new one. When no place is free the guard says so and the gate refuses: it fails closed.
 */

const probes = 16

/** Remembers recent orders by fingerprint. */
export class DuplicateGuard {
  readonly limit: number
  readonly windowNs: number
  readonly #mask: number
  readonly #keys: Float64Array
  readonly #times: Float64Array
  readonly #oldest: Int32Array
  #slot = -1

  /** `limit` alike orders per `windowMs`; `capacity` fingerprints, a power of two. */
  constructor(limit: number, windowMs: number, capacity = 4_096) {
    this.limit = limit
    this.windowNs = windowMs * 1_000_000
    this.#mask = capacity - 1
    this.#keys = new Float64Array(capacity)
    this.#times = new Float64Array(capacity * limit).fill(Number.NEGATIVE_INFINITY)
    this.#oldest = new Int32Array(capacity)
  }

  /** Whether an order with these terms may pass now. Remembers the place for {@link take}. */
  hasRoom(instrument: number, side: number, quantity: number, price: number, type: number, strategy: number, nowNs: number): boolean {
    const key = fingerprint(instrument, side, quantity, price, type, strategy)
    let free = -1
    for (let i = 0; i < probes; i++) {
      const slot = (key + i) & this.#mask
      if (this.#keys[slot] === key) {
        this.#slot = slot
        return nowNs - (this.#times[slot * this.limit + this.#oldest[slot]]) >= this.windowNs
      }
      if (free < 0 && this.#isExpired(slot, nowNs)) free = slot
    }
    this.#slot = free
    if (free < 0) return false
    this.#keys[free] = key
    this.#times.fill(Number.NEGATIVE_INFINITY, free * this.limit, (free + 1) * this.limit)
    this.#oldest[free] = 0
    return true
  }

  /** Counts the order that {@link hasRoom} let pass. */
  take(nowNs: number): void {
    const slot = this.#slot
    const oldest = this.#oldest[slot]
    this.#times[slot * this.limit + oldest] = nowNs
    this.#oldest[slot] = oldest + 1 === this.limit ? 0 : oldest + 1
  }

  #isExpired(slot: number, nowNs: number): boolean {
    const oldest = this.#oldest[slot]
    const newest = oldest === 0 ? this.limit - 1 : oldest - 1
    return nowNs - this.#times[slot * this.limit + newest] >= this.windowNs
  }
}

/** A 32-bit fingerprint above 0. Two different orders share one by chance 1 in 4 billion: the guard then counts them together, on the safe side. */
function fingerprint(instrument: number, side: number, quantity: number, price: number, type: number, strategy: number): number {
  let hash = Math.imul(instrument + 1, 0x9e3779b1) ^ Math.imul(strategy + 1, 0x85ebca6b) ^ (type * 8 + side + 2)
  hash = mix(hash, quantity)
  hash = mix(hash, Number.isNaN(price) ? -1 : price)
  return (hash >>> 0) + 1
}

function mix(hash: number, value: number): number {
  const low = value | 0
  const high = Math.floor(value / 0x1_0000_0000) | 0
  let mixed = Math.imul(hash ^ low, 0xc2b2ae35)
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ high, 0x27d4eb2f)
  return mixed ^ (mixed >>> 13)
}
