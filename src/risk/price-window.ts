/**
 * Prices over a period: a limit price must not lie further beyond the lowest (highest) reference of the last while than
 * allowed, however the reference moved meanwhile; and an instrument that moved too much is not traded at all.
 *
 * The window is watched in sixteen slices: it is between 15/16 and all of its length long.
 */
import { powerOfTen } from '../model/decimal.js'
import { hasLimit } from '../orders/codes.js'
import { Verdict } from './controls.js'
import type { GateCheck, GateParts } from './gate-check.js'
import type { Subject } from './subject.js'

/** Bands over a period. */
export interface PriceWindowOptions {
  windowMs: number
  /** How far beyond the reference of any time in the window a limit price may lie, in percent. */
  maxMovePercent?: number
  /** Range of references in the window, in percent of the lowest, from which on nothing that opens is traded. */
  maxRangePercent?: number
}

const SLICES = 16

/** See the file's header. */
export class PriceWindow implements GateCheck {
  readonly needsPrices = true
  readonly #parts: GateParts
  readonly #sliceUs: number
  readonly #move: number
  readonly #range: number
  readonly #low: Float64Array
  readonly #high: Float64Array
  /** Number of the slice that a place holds. */
  readonly #slice: Float64Array
  /** By instrument: lowest and highest of the window that ends in a slice, found once a slice and kept up by {@link note}. */
  readonly #lowest: Float64Array
  readonly #highest: Float64Array
  readonly #surveyed: Float64Array

  constructor(parts: GateParts, { windowMs, maxMovePercent, maxRangePercent }: PriceWindowOptions) {
    const places = parts.sizes.instrument * SLICES
    this.#parts = parts
    this.#sliceUs = (windowMs * 1_000) / SLICES
    this.#move = (maxMovePercent ?? Number.POSITIVE_INFINITY) / 100
    this.#range = (maxRangePercent ?? Number.POSITIVE_INFINITY) / 100
    this.#low = new Float64Array(places)
    this.#high = new Float64Array(places)
    this.#slice = new Float64Array(places).fill(Number.NEGATIVE_INFINITY)
    this.#lowest = new Float64Array(parts.sizes.instrument)
    this.#highest = new Float64Array(parts.sizes.instrument)
    this.#surveyed = new Float64Array(parts.sizes.instrument).fill(Number.NaN)
  }

  /** A reference was taken over. Where the clock was set back, its slice takes the place of one that lies ahead now. */
  note(instrument: number, price: number, tsUs: number): void {
    const slice = Math.floor(tsUs / this.#sliceUs)
    const at = instrument * SLICES + (slice % SLICES)
    if (price < this.#lowest[instrument]) this.#lowest[instrument] = price
    if (price > this.#highest[instrument]) this.#highest[instrument] = price
    if (this.#slice[at] !== slice) {
      this.#slice[at] = slice
      this.#low[at] = price
      this.#high[at] = price
      return
    }
    if (price < this.#low[at]) this.#low[at] = price
    if (price > this.#high[at]) this.#high[at] = price
  }

  /** A split: the prices of slices that began before a time are put into the terms of after it. */
  rescale(instrument: number, factor: number, beforeUs: number): void {
    for (let at = instrument * SLICES; at < (instrument + 1) * SLICES; at++) {
      if (!(this.#slice[at] * this.#sliceUs < beforeUs)) continue
      this.#low[at] = this.#low[at] * factor
      this.#high[at] = this.#high[at] * factor
    }
    this.#surveyed[instrument] = Number.NaN
  }

  check(_row: number, order: Subject): number {
    const { instruments, exposure } = this.#parts
    const { instrument, side, type, price, key } = order
    const slice = Math.floor(order.wallUs / this.#sliceUs)
    if (slice !== this.#surveyed[instrument]) this.#survey(instrument, slice)
    const low = this.#lowest[instrument]
    const high = this.#highest[instrument]
    if (high - low > Math.abs(low) * this.#range) {
      const held = -side * exposure.position[key]
      const wanted = order.quantity - order.filled - order.reserved
      if (!(held > 0 && exposure.working[exposure.sideKey(key, side)] + wanted <= held)) return Verdict.volatility
    }
    if (!hasLimit(type) || this.#move === Number.POSITIVE_INFINITY) return 0
    const scale = powerOfTen(instruments.at(instrument).priceScale)
    const bound = side > 0 ? low + Math.abs(low) * this.#move : high - Math.abs(high) * this.#move
    // Half a unit of slack: the bound is no price of the grid.
    return side * (price - bound * scale) > 1e-9 * Math.abs(price) ? Verdict.priceBand : 0
  }

  /** Looks at all slices of the window that ends in this one. */
  #survey(instrument: number, slice: number): void {
    let low = this.#parts.references.reference[instrument]
    let high = low
    for (let at = instrument * SLICES; at < (instrument + 1) * SLICES; at++) {
      if (this.#slice[at] <= slice - SLICES) continue
      if (this.#low[at] < low) low = this.#low[at]
      if (this.#high[at] > high) high = this.#high[at]
    }
    this.#lowest[instrument] = low
    this.#highest[instrument] = high
    this.#surveyed[instrument] = slice
  }
}
