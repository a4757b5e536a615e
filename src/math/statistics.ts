/**
 * Descriptive statistics: running mean and variance, and quantiles of a list.
 *
 * The running form is Welford's (B. P. Welford, Technometrics 4, 1962), which stays accurate where the naive sum of
 * squares cancels; merging is that of Chan, Golub and LeVeque (1979). State lies in one typed array: adding a value
 * allocates nothing.
 */
import { TradewireError } from '../core/errors.js'

const COUNT = 0
const MEAN = 1
const SQUARES = 2
const MIN = 3
const MAX = 4

/** Mean, variance and extremes of a stream of numbers. */
export class RunningStatistics {
  readonly #state = new Float64Array(5)

  constructor() {
    this.reset()
  }

  /** Adds a value. NaN and infinities are ignored. */
  add(value: number): void {
    if (!(value - value === 0)) return
    const state = this.#state
    const count = (state[COUNT] as number) + 1
    const delta = value - (state[MEAN] as number)
    const mean = (state[MEAN] as number) + delta / count
    state[COUNT] = count
    state[MEAN] = mean
    state[SQUARES] = (state[SQUARES] as number) + delta * (value - mean)
    if (value < (state[MIN] as number)) state[MIN] = value
    if (value > (state[MAX] as number)) state[MAX] = value
  }

  /** Adds everything that another one has seen. */
  merge(other: RunningStatistics): void {
    const state = this.#state
    const from = other.#state
    const count = (state[COUNT] as number) + (from[COUNT] as number)
    if (from[COUNT] === 0) return
    const delta = (from[MEAN] as number) - (state[MEAN] as number)
    const share = (from[COUNT] as number) / count
    state[SQUARES] =
      (state[SQUARES] as number) + (from[SQUARES] as number) + delta * delta * (state[COUNT] as number) * share
    state[MEAN] = (state[MEAN] as number) + delta * share
    state[COUNT] = count
    state[MIN] = Math.min(state[MIN] as number, from[MIN] as number)
    state[MAX] = Math.max(state[MAX] as number, from[MAX] as number)
  }

  /** Forgets everything. */
  reset(): void {
    this.#state.fill(0)
    this.#state[MIN] = Number.POSITIVE_INFINITY
    this.#state[MAX] = Number.NEGATIVE_INFINITY
  }

  get count(): number {
    return this.#state[COUNT] as number
  }

  /** NaN while empty, as all figures below. */
  get mean(): number {
    return this.count === 0 ? Number.NaN : (this.#state[MEAN] as number)
  }

  /** Sample variance (n - 1); NaN below two values. */
  get variance(): number {
    return this.count < 2 ? Number.NaN : (this.#state[SQUARES] as number) / (this.count - 1)
  }

  /** Population variance (n). */
  get populationVariance(): number {
    return this.count === 0 ? Number.NaN : (this.#state[SQUARES] as number) / this.count
  }

  /** Sample standard deviation (n - 1). */
  get standardDeviation(): number {
    return Math.sqrt(this.variance)
  }

  get min(): number {
    return this.count === 0 ? Number.NaN : (this.#state[MIN] as number)
  }

  get max(): number {
    return this.count === 0 ? Number.NaN : (this.#state[MAX] as number)
  }
}

/**
 * The quantile of values sorted in ascending order, interpolated linearly between neighbours (type 7 of Hyndman and Fan,
 * "Sample quantiles in statistical packages", 1996). NaN for an empty list.
 *
 * @throws TradewireError `TW_INVALID_ARGUMENT` unless 0 <= fraction <= 1.
 */
export function quantileOfSorted(sorted: ArrayLike<number>, fraction: number): number {
  if (!(fraction >= 0 && fraction <= 1)) {
    throw new TradewireError('TW_INVALID_ARGUMENT', `fraction must lie between 0 and 1, got ${fraction}`)
  }
  if (sorted.length === 0) return Number.NaN
  const position = (sorted.length - 1) * fraction
  const below = Math.floor(position)
  const low = sorted[below] as number
  const weight = position - below
  return weight === 0 ? low : low + weight * ((sorted[below + 1] as number) - low)
}

/** As {@link quantileOfSorted}, of values in any order, which stay as they are. */
export function quantile(values: ArrayLike<number>, fraction: number): number {
  return quantileOfSorted(Float64Array.from(values).sort(), fraction)
}

/** The middle value: the quantile at one half. */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5)
}
