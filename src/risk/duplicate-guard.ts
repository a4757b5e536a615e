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
  readonly #keys: Int32Array
  readonly #times: Float64Array
  readonly #oldest: Int32Array
  /** How many of the times of a place are filled; a new fingerprint starts with none. */
  readonly #counts: Int32Array
  #slot = -1

  /** `limit` alike orders per `windowMs`; `capacity` fingerprints, a power of two. */
  constructor(limit: number, windowMs: number, capacity = 4_096) {
    this.limit = limit
    this.windowNs = windowMs * 1_000_000
    this.#mask = capacity - 1
    this.#keys = new Int32Array(capacity)
    this.#times = new Float64Array(capacity * limit)
    this.#oldest = new Int32Array(capacity)
    this.#counts = new Int32Array(capacity)
  }

  /** Whether an order with these terms may pass now. Remembers the place for {@link take}. */
  hasRoom(instrument: number, side: number, quantity: number, price: number, type: number, strategy: number, nowNs: number): boolean {
    const key = fingerprint(instrument, side, quantity, price, type, strategy)
    const keys = this.#keys
    const mask = this.#mask
    let free = -1
    for (let i = 0; i < probes; i++) {
      const slot = (key + i) & mask
      const known = keys[slot]
      if (known === key) {
        this.#slot = slot
        return this.#counts[slot] < this.limit || nowNs - this.#times[slot * this.limit + this.#oldest[slot]] >= this.windowNs
      }
      if (free < 0 && (known === 0 || this.#isExpired(slot, nowNs))) free = slot
      // Nothing was ever put behind a place that was never used.
      if (known === 0) break
    }
    this.#slot = free
    if (free < 0) return false
    keys[free] = key
    this.#oldest[free] = 0
    this.#counts[free] = 0
    return true
  }

  /** Counts the order that {@link hasRoom} let pass. */
  take(nowNs: number): void {
    const slot = this.#slot
    const { limit } = this
    const count = this.#counts[slot]
    if (count < limit) {
      this.#times[slot * limit + count] = nowNs
      this.#counts[slot] = count + 1
      return
    }
    const oldest = this.#oldest[slot]
    this.#times[slot * limit + oldest] = nowNs
    this.#oldest[slot] = oldest + 1 === limit ? 0 : oldest + 1
  }

  #isExpired(slot: number, nowNs: number): boolean {
    const count = this.#counts[slot]
    if (count === 0) return true
    const { limit } = this
    const oldest = this.#oldest[slot]
    const newest = count < limit ? count - 1 : oldest === 0 ? limit - 1 : oldest - 1
    return nowNs - this.#times[slot * limit + newest] >= this.windowNs
  }
}

/** A 32-bit fingerprint, never 0. Two different orders share one by chance 1 in 4 billion: the guard then counts them together, on the safe side. */
function fingerprint(instrument: number, side: number, quantity: number, price: number, type: number, strategy: number): number {
  const start = Math.imul(instrument + 1, 0x9e3779b1) ^ Math.imul(strategy + 1, 0x85ebca6b) ^ (type * 8 + side + 2)
  const hash = mix(mix(start, quantity), Number.isNaN(price) ? -1 : price)
  return hash === 0 ? 1 : hash
}

function mix(hash: number, value: number): number {
  let mixed = Math.imul(hash ^ value, 0xc2b2ae35)
  mixed ^= mixed >>> 15
  if (value > 0x7fff_ffff || value < -0x8000_0000) mixed ^= Math.floor(value / 0x1_0000_0000)
  mixed = Math.imul(mixed, 0x27d4eb2f)
  return mixed ^ (mixed >>> 13)
}
