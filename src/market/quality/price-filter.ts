/**
 * Tells prices that stand apart from those before and after them.
 *
 *   near   within  max(minDeviation, noiseMultiple x usual distance)  of the last good price: it is the new good price
 *   spike  further away
 *   level  the last of `confirmations` prices in a row that lie near each other, away from the good price: a real move
 *
 * One filter serves any number of series: each has four doubles in the caller's array.
 */

/** Doubles of a series. */
export const seriesFields = 4

/** What a price is. */
export const PriceVerdict = { near: 0, spike: 1, level: 2 } as const
/** 0 near, 1 spike, 2 a new level. */
export type PriceVerdict = (typeof PriceVerdict)[keyof typeof PriceVerdict]

const Field = { good: 0, noise: 1, candidate: 2, count: 3 } as const
/** Weight of the newest distance in the usual one. */
const newest = 1 / 64

/** Thresholds of a filter, see the file's header. */
export interface PriceFilterOptions {
  readonly minDeviation: number
  readonly noiseMultiple: number
  readonly confirmations: number
}

/** See the file's header. */
export class PriceFilter {
  readonly #options: PriceFilterOptions

  constructor(options: PriceFilterOptions) {
    this.#options = options
  }

  /** Judges a finite price of the series at `base` in `cells`, and remembers it. */
  judge(cells: Float64Array, base: number, price: number): PriceVerdict {
    const good = cells[base + Field.good]
    if (Number.isNaN(good)) {
      cells[base + Field.good] = price
      return PriceVerdict.near
    }
    const { confirmations } = this.#options
    const noise = cells[base + Field.noise]
    const limit = this.#limit(cells, base)
    const distance = distanceOf(price, good)
    if (distance <= limit) {
      cells[base + Field.good] = price
      cells[base + Field.noise] = noise + (distance - noise) * newest
      cells[base + Field.count] = 0
      return PriceVerdict.near
    }
    const isNearCandidate = cells[base + Field.count] > 0 && distanceOf(price, cells[base + Field.candidate]) <= limit
    cells[base + Field.candidate] = price
    cells[base + Field.count] = isNearCandidate ? cells[base + Field.count] + 1 : 1
    if (cells[base + Field.count] < confirmations) return PriceVerdict.spike
    cells[base + Field.good] = price
    cells[base + Field.count] = 0
    return PriceVerdict.level
  }

  /** Whether a price would not be near. Nothing is remembered. */
  isFar(cells: Float64Array, base: number, price: number): boolean {
    return distanceOf(price, cells[base + Field.good]) > this.#limit(cells, base)
  }

  #limit(cells: Float64Array, base: number): number {
    const { minDeviation, noiseMultiple } = this.#options
    return Math.max(minDeviation, noiseMultiple * cells[base + Field.noise])
  }

  /** Relative distance of a price from the good one of a series; NaN where there is none. */
  deviation(cells: Float64Array, base: number, price: number): number {
    return distanceOf(price, cells[base + Field.good])
  }

  /** Begins a series anew: the next price is good whatever it is. */
  reset(cells: Float64Array, base: number): void {
    cells[base + Field.good] = Number.NaN
    cells[base + Field.noise] = 0
    cells[base + Field.candidate] = Number.NaN
    cells[base + Field.count] = 0
  }
}

/** Relative to the larger of the two, so that near zero it stays finite. */
function distanceOf(price: number, other: number): number {
  const scale = Math.max(Math.abs(price), Math.abs(other))
  return scale === 0 ? 0 : Math.abs(price - other) / scale
}
