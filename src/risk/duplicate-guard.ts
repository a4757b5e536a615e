/**
 * Finds orders that repeat each other: the same instrument, side, quantity, price, type and strategy more than `limit`
 * times within a window. A runaway loop shows itself like this.
 *
 * Fixed memory: a table of fingerprints, each with a ring of its last times. A fingerprint whose window has run out gives
 * its place to a new one. When no place is free the guard says so and the gate refuses: it fails closed.
 */
import { TradewireError } from '../core/errors.js'
import * as Field from '../orders/order-fields.js'
import { COUNT, KEY, LATEST, NEXT, PLACE_BITS, PROBES } from './guard-fields.js'
import type { Moment } from './sliding-window.js'

/** Remembers recent orders by fingerprint. */
export class DuplicateGuard {
  readonly limit: number
  readonly windowNs: number
  readonly #mask: number
  /** See guard-fields.ts. Most orders repeat nothing and touch no more than one place. */
  readonly #places: Float64Array
  /** Earlier times, `limit - 1` a place. */
  readonly #earlier: Float64Array
  /** By the place that a fingerprint names: so many places from there may hold one that names it. */
  readonly #reach: Uint8Array
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
    this.#places = new Float64Array(capacity << PLACE_BITS)
    for (let place = 0; place < this.#places.length; place += 1 << PLACE_BITS)
      this.#places[place + LATEST] = Number.NEGATIVE_INFINITY
    this.#reach = new Uint8Array(capacity)
    this.#earlier = new Float64Array(capacity * (limit - 1))
  }

  /** Whether an order with a fingerprint (see {@link fingerprintOf}) may pass now. Remembers the place for {@link take}. */
  hasRoom(key: number, now: Moment): boolean {
    const home = key & this.#mask
    // Most orders repeat nothing, and nobody is in their place or was lately.
    if (this.#reach[home] > 1 || !this.#isOver(home << PLACE_BITS, now)) return this.#search(key, home, now)
    this.#reach[home] = 1
    this.#give(home << PLACE_BITS, key)
    return true
  }

  /** Whether the window of a place has run out, or it was never used. */
  #isOver(place: number, { nowNs }: Moment): boolean {
    return nowNs - this.#places[place + LATEST] >= this.windowNs
  }

  /** Gives a place to a fingerprint that has not passed yet. */
  #give(place: number, key: number): void {
    const places = this.#places
    places[place + KEY] = key
    places[place + COUNT] = 0
    places[place + NEXT] = 0
    this.#place = place
  }

  /** Looks for the place of a fingerprint where any of those that its own names may hold it. */
  #search(key: number, home: number, now: Moment): boolean {
    const places = this.#places
    const reach = this.#reach[home]
    let live = 0
    for (let i = 0; i < reach; i++) {
      const place = ((home + i) & this.#mask) << PLACE_BITS
      const isOver = this.#isOver(place, now)
      if (places[place + KEY] === key) {
        if (isOver) this.#give(place, key)
        else this.#place = place
        return isOver || places[place + COUNT] < this.limit || now.nowNs - this.#oldest(place) >= this.windowNs
      }
      if (!isOver) live = i + 1
    }
    return this.#settle(key, home, live, now)
  }

  /** Gives a fingerprint the first place near its own whose window has run out; false when there is none. */
  #settle(key: number, home: number, live: number, now: Moment): boolean {
    for (let i = 0; i < PROBES; i++) {
      const place = ((home + i) & this.#mask) << PLACE_BITS
      if (!this.#isOver(place, now)) continue
      this.#give(place, key)
      // Beyond the last place in use nothing has to be looked for any more.
      this.#reach[home] = i < live ? live : i + 1
      return true
    }
    return false
  }

  /** Counts the order that {@link hasRoom} let pass. */
  take({ nowNs }: Moment): void {
    const places = this.#places
    const place = this.#place
    const count = places[place + COUNT]
    if (count > 0 && this.limit > 1) {
      const next = places[place + NEXT] | 0
      this.#earlier[(place >> PLACE_BITS) * (this.limit - 1) + next] = places[place + LATEST]
      places[place + NEXT] = next + 1 === this.limit - 1 ? 0 : next + 1
    }
    places[place + LATEST] = nowNs
    if (count < this.limit) places[place + COUNT] = count + 1
  }

  /** The oldest of `limit` times: the one that is overwritten next. */
  #oldest(place: number): number {
    if (this.limit === 1) return this.#places[place + LATEST]
    return this.#earlier[(place >> PLACE_BITS) * (this.limit - 1) + (this.#places[place + NEXT] | 0)]
  }
}

/**
 * What makes orders alike, in 32 bits: of the order of a record. Two different orders share a fingerprint by chance 1 in 4
 * billion: the guard then counts them together, on the safe side.
 */
export function fingerprintOf(cells: Float64Array, row: number): number {
  const at = row & Field.OFFSET
  const quantity = cells[at + Field.quantity]
  const price = cells[at + Field.price]
  const kind = cells[at + Field.instrument] * 64 + cells[at + Field.type] * 4 + cells[at + Field.side]
  const hash =
    Math.imul(quantity, 0xc2b2ae35) ^
    Math.imul(price, 0x27d4eb2f) ^
    Math.imul(quantity * UPPER, 0x165667b1) ^
    Math.imul(price * UPPER, 0x3c6ef372) ^
    Math.imul(kind + 2, 0x9e3779b1) ^
    Math.imul(cells[at + Field.strategy] + 1, 0x85ebca6b)
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return mixed ^ (mixed >>> 13)
}

/** Brings the bits beyond the lower 32 of a whole number to where `Math.imul` takes them. */
const UPPER = 1 / 0x1_0000_0000
