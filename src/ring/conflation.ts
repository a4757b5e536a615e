/**
 * Finds, for each conflatable event, the event of the same key that it replaces.
 *
 * A dense table holds the ring sequence of the newest event of each key: kind (and interval, for bars) x source x
 * instrument. One load and one store an event, no hashing, no allocation, and only while a conflating consumer exists.
 * Keys outside the table, and bars of more than `maxIntervals` different intervals, are not conflated.
 */

/** How many different bar intervals conflate. */
const maxIntervals = 8

/** Planes of the table before those of the bar intervals: quotes and statuses. */
const quotePlane = 0
const statusPlane = 1
const firstBarPlane = 2

/** Says that an event has no key. */
export const noKey = -1

/** Newest sequence by key. */
export class ConflationTable {
  /** Ring sequence of the newest event by key, -1 before the first. */
  readonly newest: Float64Array
  readonly #instruments: number
  readonly #sources: number
  readonly #intervals = new Float64Array(maxIntervals)
  #intervalCount = 0

  constructor(instruments: number, sources: number) {
    this.#instruments = instruments
    this.#sources = sources
    this.newest = new Float64Array((firstBarPlane + maxIntervals) * sources * instruments).fill(-1)
  }

  /** Bytes held. */
  get byteLength(): number {
    return this.newest.byteLength + this.#intervals.byteLength
  }

  /** Key of a quote, or `noKey`. */
  quoteKey(instrument: number, source: number): number {
    return this.#key(quotePlane, instrument, source)
  }

  /** Key of a trading status, or `noKey`. */
  statusKey(instrument: number, source: number): number {
    return this.#key(statusPlane, instrument, source)
  }

  /** Key of a bar, or `noKey`. */
  barKey(instrument: number, source: number, intervalUs: number): number {
    const plane = this.#intervalIndex(intervalUs)
    return plane < 0 ? noKey : this.#key(firstBarPlane + plane, instrument, source)
  }

  #key(plane: number, instrument: number, source: number): number {
    if (instrument < 0 || instrument >= this.#instruments || source < 0 || source >= this.#sources) return noKey
    return (plane * this.#sources + source) * this.#instruments + instrument
  }

  #intervalIndex(intervalUs: number): number {
    for (let index = 0; index < this.#intervalCount; index++) if (this.#intervals[index] === intervalUs) return index
    if (this.#intervalCount === maxIntervals || Number.isNaN(intervalUs)) return -1
    this.#intervals[this.#intervalCount] = intervalUs
    return this.#intervalCount++
  }
}
