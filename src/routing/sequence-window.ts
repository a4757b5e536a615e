/**
 * Which numbers of a numbered stream have arrived, over a sliding window: new, late or a copy, and how many are missing.
 * Exact while nothing arrives later than the window is wide.
 */
import { TradewireError } from '../core/errors.js'

/** How a number stands to those before it. */
export const Arrival = {
  /** Above all before it. */
  newest: 0,
  /** Fills a hole. */
  late: 1,
  /** Was here before, or is older than the window remembers. */
  copy: 2,
} as const
/** 0 newest, 1 late, 2 copy. */
export type Arrival = (typeof Arrival)[keyof typeof Arrival]

/** Arrivals of one stream whose numbers rise by one. Allocates nothing after construction. */
export class SequenceWindow {
  /** Different numbers that arrived. */
  distinct = 0
  copies = 0
  #first = Number.NaN
  #last = Number.NaN
  readonly #bits: Uint8Array

  /** @param width a power of two: how far back a hole can be filled. */
  constructor(width = 1_024) {
    if (!(width >= 8 && Number.isInteger(width) && (width & (width - 1)) === 0))
      throw new TradewireError('TW_INVALID_ARGUMENT', `The width of a window is a power of two from 8 on, not ${width}`)
    this.#bits = new Uint8Array(width)
  }

  /** Highest number so far; NaN before the first. */
  get last(): number {
    return this.#last
  }

  /** Numbers between the first and the last that have not arrived. */
  get missing(): number {
    return Number.isNaN(this.#last) ? 0 : this.#last - this.#first + 1 - this.distinct
  }

  /** Takes a safe integer. */
  arrive(sequence: number): Arrival {
    const bits = this.#bits
    const width = bits.length
    const last = this.#last
    if (Number.isNaN(last)) {
      this.#first = sequence
      return this.#take(sequence)
    }
    if (sequence > last) {
      const cleared = Math.min(width, sequence - last)
      for (let step = 0; step < cleared; step++) bits[(sequence - step) & (width - 1)] = 0
      return this.#take(sequence)
    }
    if (sequence <= last - width || sequence < this.#first || bits[sequence & (width - 1)] === 1) {
      this.copies++
      return Arrival.copy
    }
    bits[sequence & (width - 1)] = 1
    this.distinct++
    return Arrival.late
  }

  /** Forgets everything: the numbering starts anew. */
  reset(): void {
    this.#first = Number.NaN
    this.#last = Number.NaN
    this.distinct = 0
    this.copies = 0
    this.#bits.fill(0)
  }

  #take(sequence: number): Arrival {
    this.#last = sequence
    this.#bits[sequence & (this.#bits.length - 1)] = 1
    this.distinct++
    return Arrival.newest
  }
}
