/**
 * Finds orders that repeat each other: the same instrument, side, quantity, price, type and strategy more than `limit`
 * times within a window. A runaway loop shows itself like this.
 *
 * Fixed memory: a table of fingerprints, each with a ring of its last times. A fingerprint whose window has run out gives
 * its place to a new one. When no place is free the guard says so and the gate refuses: it fails closed.
 */
import { TradewireError } from '../core/errors.js'

const probes = 16

/*
 * A place starts with its fingerprint. Two places to a cache line: most orders repeat nothing and touch no more than that.
 * The times before the latest lie elsewhere, in a ring a place.
 */
/** Orders counted, at most `limit`; 0 until the order that took the place has passed. */
const COUNT = 1
/** Time of the latest. */
const LATEST = 2
/** Where in the ring the next time goes that is no longer the latest. */
const NEXT = 3
const PLACE = 4

/** What makes orders alike, and the monotonic time of the check. */
export interface GuardedOrder {
  instrument: number
  side: number
  quantity: number
  price: number
  type: number
  strategy: number
  nowNs: number
}

/** Remembers recent orders by fingerprint. */
export class DuplicateGuard {
  readonly limit: number
  readonly windowNs: number
  readonly #mask: number
  readonly #places: Float64Array
  /** Earlier times, `limit - 1` a place. */
  readonly #earlier: Float64Array
  #place = -1

  /** `limit` alike orders per `windowMs`; `capacity` fingerprints, a power of two. */
  constructor(limit: number, windowMs: number, capacity = 4_096) {
    if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) {
      throw new TradewireError(
        'TW_INVALID_CONFIG',
        `duplicates.limit must be a whole number from 1 to 10000, got ${limit}`,
      )
    }
    if (!(windowMs > 0))
      throw new TradewireError('TW_INVALID_CONFIG', `duplicates.windowMs must be above 0, got ${windowMs}`)
    this.limit = limit
    this.windowNs = windowMs * 1_000_000
    this.#mask = capacity - 1
    this.#places = new Float64Array(capacity * PLACE)
    this.#earlier = new Float64Array(capacity * (limit - 1))
  }

  /** Whether an order may pass at its time of check. Remembers the place for {@link take}. */
  hasRoom(order: GuardedOrder): boolean {
    const places = this.#places
    const { nowNs } = order
    const key = fingerprint(order)
    let free = -1
    for (let i = 0; i < probes; i++) {
      const place = ((key + i) & this.#mask) * PLACE
      const known = places[place]
      const isOver = places[place + COUNT] === 0 || nowNs - places[place + LATEST] >= this.windowNs
      if (known === key) {
        this.#place = place
        if (!isOver) return places[place + COUNT] < this.limit || nowNs - this.#oldest(place) >= this.windowNs
        places[place + COUNT] = 0
        places[place + NEXT] = 0
        return true
      }
      if (free < 0 && isOver) free = place
      // Nothing was ever put behind a place that was never used.
      if (known === 0) break
    }
    this.#place = free
    if (free < 0) return false
    places[free] = key
    places[free + COUNT] = 0
    places[free + NEXT] = 0
    return true
  }

  /** Counts the order that {@link hasRoom} let pass. */
  take({ nowNs }: GuardedOrder): void {
    const places = this.#places
    const place = this.#place
    const count = places[place + COUNT]
    if (count > 0 && this.limit > 1) {
      const next = places[place + NEXT]
      this.#earlier[(place / PLACE) * (this.limit - 1) + next] = places[place + LATEST]
      places[place + NEXT] = next + 1 === this.limit - 1 ? 0 : next + 1
    }
    places[place + LATEST] = nowNs
    if (count < this.limit) places[place + COUNT] = count + 1
  }

  /** The oldest of `limit` times: the one that is overwritten next. */
  #oldest(place: number): number {
    if (this.limit === 1) return this.#places[place + LATEST]
    return this.#earlier[(place / PLACE) * (this.limit - 1) + this.#places[place + NEXT]]
  }
}

/** A 32-bit fingerprint, never 0. Two different orders share one by chance 1 in 4 billion: the guard then counts them together, on the safe side. */
function fingerprint({ instrument, side, quantity, price, type, strategy }: GuardedOrder): number {
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
