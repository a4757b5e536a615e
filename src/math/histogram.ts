/**
 * A histogram of latencies in fixed memory: log-linear buckets, as in HdrHistogram (G. Tene).
 *
 * Values below 2^precisionBits have a bucket each. Above, every doubling of the value is cut into 2^precisionBits equal
 * buckets, so that a bucket is never wider than 1/2^precisionBits of its value: 0.8 % with the default of 7 bits, over
 * the whole range from 1 ns to 104 days, in 48 KiB.
 *
 *     bits = 2:   0 1 2 3 | 4 5 6 7 | 8 10 12 14 | 16 20 24 28 | 32 40 48 56 | ...
 *     shift:         -    |    0    |     1      |      2      |      3
 */
import { TradewireError } from '../core/errors.js'

const SUM = 0
const COUNT = 1
const MIN = 2
const MAX = 3
const CLAMPED = 4
const LIMITS = 5

const TWO_32 = 4294967296
const HIGHEST = Number.MAX_SAFE_INTEGER
const powersOfTwo = Float64Array.from({ length: 54 }, (_, exponent) => 2 ** exponent)

/** A histogram as plain data. `buckets` are pairs of bucket index and count, ascending, without empty ones. */
export interface HistogramJson {
  precisionBits: number
  count: number
  clamped: number
  sum: number
  min: number | null
  max: number | null
  mean: number | null
  p50: number | null
  p95: number | null
  p99: number | null
  p999: number | null
  buckets: [number, number][]
}

/** Counts non-negative whole numbers, nanoseconds as a rule. Recording allocates nothing. */
export class LatencyHistogram {
  readonly precisionBits: number
  readonly #size: number
  /** Taken with the first value: most histograms of most systems never see one. */
  #counts = new Float64Array(0)
  readonly #state = new Float64Array(LIMITS)

  /**
   * `precisionBits` from 1 to 12: relative width of a bucket as a power of one half.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` outside that.
   */
  constructor(precisionBits = 7) {
    if (!Number.isInteger(precisionBits) || precisionBits < 1 || precisionBits > 12) {
      throw new TradewireError(
        'TW_INVALID_ARGUMENT',
        `precisionBits must be a whole number from 1 to 12, got ${precisionBits}`,
      )
    }
    this.precisionBits = precisionBits
    this.#size = 1 << precisionBits
    this.reset()
  }

  #allocate(): void {
    this.#counts = new Float64Array(this.#size * (54 - this.precisionBits))
  }

  /** Counts a value. Fractions are cut off; a negative value (a clock that stepped back) or NaN counts as 0 and as clamped. */
  record(valueNs: number): void {
    const state = this.#state
    let value = Math.floor(valueNs)
    if (!(value >= 0 && value <= HIGHEST)) {
      value = value > HIGHEST ? HIGHEST : 0
      state[CLAMPED] = (state[CLAMPED] as number) + 1
    }
    const index = this.#indexOf(value)
    if (state[COUNT] === 0 && this.#counts.length === 0) this.#allocate()
    this.#counts[index] = (this.#counts[index] as number) + 1
    state[COUNT] = (state[COUNT] as number) + 1
    state[SUM] = (state[SUM] as number) + value
    if (value < (state[MIN] as number)) state[MIN] = value
    if (value > (state[MAX] as number)) state[MAX] = value
  }

  #indexOf(value: number): number {
    if (value < this.#size) return value
    const exponent = value < TWO_32 ? 31 - Math.clz32(value) : 63 - Math.clz32(value / TWO_32)
    const shift = exponent - this.precisionBits
    return this.#size * shift + Math.floor(value / (powersOfTwo[shift] as number))
  }

  /** The highest value that falls into a bucket. */
  #highestOf(index: number): number {
    if (index < this.#size) return index
    const shift = Math.floor(index / this.#size) - 1
    return (index - this.#size * shift + 1) * (powersOfTwo[shift] as number) - 1
  }

  /**
   * The value that `percent` (0 to 100) of the values do not exceed, to within the width of its bucket and never above
   * the maximum. NaN while empty.
   */
  percentile(percent: number): number {
    const count = this.count
    if (count === 0 || Number.isNaN(percent)) return Number.NaN
    if (percent >= 100) return this.max
    const rank = Math.max(1, Math.ceil((percent / 100) * count))
    let seen = 0
    for (let index = 0; index < this.#counts.length; index++) {
      seen += this.#counts[index] as number
      if (seen >= rank) return Math.min(this.#highestOf(index), this.max)
    }
    return this.max
  }

  get count(): number {
    return this.#state[COUNT] as number
  }

  /** How many values were negative, NaN or beyond the range. */
  get clamped(): number {
    return this.#state[CLAMPED] as number
  }

  /** Exact; NaN while empty, as are the maximum and the mean. */
  get min(): number {
    return this.count === 0 ? Number.NaN : (this.#state[MIN] as number)
  }

  get max(): number {
    return this.count === 0 ? Number.NaN : (this.#state[MAX] as number)
  }

  get mean(): number {
    return this.count === 0 ? Number.NaN : (this.#state[SUM] as number) / this.count
  }

  /**
   * Adds everything that another histogram has counted.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` when it has another precision.
   */
  merge(other: LatencyHistogram): void {
    if (other.precisionBits !== this.precisionBits) {
      throw new TradewireError(
        'TW_INVALID_ARGUMENT',
        `Histograms of ${this.precisionBits} and ${other.precisionBits} precisionBits cannot be merged`,
      )
    }
    if (other.#counts.length > 0 && this.#counts.length === 0) this.#allocate()
    for (let i = 0; i < other.#counts.length; i++)
      this.#counts[i] = (this.#counts[i] as number) + (other.#counts[i] as number)
    const state = this.#state
    const from = other.#state
    for (const i of [SUM, COUNT, CLAMPED]) state[i] = (state[i] as number) + (from[i] as number)
    state[MIN] = Math.min(state[MIN] as number, from[MIN] as number)
    state[MAX] = Math.max(state[MAX] as number, from[MAX] as number)
  }

  /** Forgets everything. */
  reset(): void {
    this.#counts.fill(0)
    this.#state.fill(0)
    this.#state[MIN] = Number.POSITIVE_INFINITY
    this.#state[MAX] = Number.NEGATIVE_INFINITY
  }

  /** The histogram as plain data, with the percentiles that people ask for. */
  toJSON(): HistogramJson {
    const orNull = (value: number) => (Number.isNaN(value) ? null : value)
    const buckets: [number, number][] = []
    for (let i = 0; i < this.#counts.length; i++)
      if (this.#counts[i] !== 0) buckets.push([i, this.#counts[i] as number])
    return {
      precisionBits: this.precisionBits,
      count: this.count,
      clamped: this.clamped,
      sum: this.#state[SUM] as number,
      min: orNull(this.min),
      max: orNull(this.max),
      mean: orNull(this.mean),
      p50: orNull(this.percentile(50)),
      p95: orNull(this.percentile(95)),
      p99: orNull(this.percentile(99)),
      p999: orNull(this.percentile(99.9)),
      buckets,
    }
  }
}
