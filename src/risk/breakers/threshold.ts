/**
 * A breaker over any measured value: latency, age of data, execution outliers, or a figure of the host's own. It compares a
 * statistic of the values in a moving window with levels, with hysteresis, and either latches or comes back by itself.
 *
 * Memory is fixed: of more values than `capacity` in a window the latest count.
 */
import { TradewireError } from '../../core/errors.js'
import { quantile } from '../../math/statistics.js'
import { type Breaker, type BreakerMemory, type BreakerState, requireCount, unreadable } from './breaker.js'

/** What is compared: a statistic of the values in the window, or a quantile such as `p99`. */
export type WindowStatistic = 'last' | 'mean' | 'max' | 'min' | 'sum' | 'count' | 'p50' | 'p90' | 'p95' | 'p99'

/** Levels and window of a breaker. */
export interface ThresholdOptions {
  /** `last` unless given. */
  statistic?: WindowStatistic
  /** At or above this it trips; with `direction: 'below'` at or below. */
  tripAt: number
  /** From here on it warns; never unless given. */
  warnAt?: number
  /** It is released below (above) this; `tripAt` unless given. */
  releaseAt?: number
  direction?: 'above' | 'below'
  /** Age at which values leave; 60,000 unless given. */
  windowMs?: number
  /** Values in the window below which it never trips; 1 unless given. */
  minSamples?: number
  /** Once tripped only a person re-opens it. */
  latch?: boolean
  /** Once tripped it stays so for this long at least; 0 unless given. */
  holdMs?: number
  /** Values kept; 1,024 unless given. */
  capacity?: number
}

const shares: Readonly<Partial<Record<WindowStatistic, number>>> = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 }

/** See the file's header. */
export class ThresholdBreaker implements Breaker {
  readonly #statistic: WindowStatistic
  readonly #sign: number
  readonly #tripAt: number
  readonly #warnAt: number
  readonly #releaseAt: number
  readonly #windowMs: number
  readonly #minSamples: number
  readonly #isLatched: boolean
  readonly #holdMs: number
  readonly #times: Float64Array
  readonly #values: Float64Array
  #next = 0
  #count = 0
  #state: BreakerState = 'ACTIVE'
  #reason = ''
  #trippedMs = 0

  /** @throws TradewireError `TW_INVALID_CONFIG`. */
  constructor(options: ThresholdOptions, name = 'breaker') {
    const { statistic = 'last', tripAt, direction = 'above', latch = false, holdMs = 0, capacity = 1_024 } = options
    this.#statistic = statistic
    this.#sign = direction === 'above' ? 1 : -1
    this.#tripAt = this.#sign * requireLevel(tripAt, `${name}.tripAt`)
    this.#warnAt = this.#sign * (options.warnAt ?? this.#sign * Number.POSITIVE_INFINITY)
    this.#releaseAt = this.#sign * requireLevel(options.releaseAt ?? tripAt, `${name}.releaseAt`)
    if (this.#releaseAt > this.#tripAt)
      throw new TradewireError('TW_INVALID_CONFIG', `${name}.releaseAt must not lie beyond tripAt`)
    this.#windowMs = requireCount(options.windowMs ?? 60_000, `${name}.windowMs`)
    this.#minSamples = requireCount(options.minSamples ?? 1, `${name}.minSamples`)
    this.#isLatched = latch
    this.#holdMs = requireCount(holdMs, `${name}.holdMs`, 0)
    this.#times = new Float64Array(requireCount(capacity, `${name}.capacity`))
    this.#values = new Float64Array(capacity)
    if (this.#minSamples > capacity)
      throw new TradewireError('TW_INVALID_CONFIG', `${name}.minSamples must not be above capacity ${capacity}`)
  }

  get state(): BreakerState {
    return this.#state
  }

  get reason(): string {
    return this.#reason
  }

  /** Adds a value. NaN counts as the worst that can be: what cannot be measured is not good. */
  add(value: number, nowMs: number): BreakerState {
    this.#times[this.#next] = nowMs
    this.#values[this.#next] = Number.isNaN(value) ? this.#sign * Number.POSITIVE_INFINITY : value
    this.#next = this.#next + 1 === this.#times.length ? 0 : this.#next + 1
    this.#count = Math.min(this.#count + 1, this.#times.length)
    return this.advance(nowMs)
  }

  /** Time passes: values leave the window. */
  advance(nowMs: number): BreakerState {
    const capacity = this.#times.length
    while (this.#count > 0 && nowMs - this.#times[(this.#next - this.#count + capacity) % capacity] >= this.#windowMs)
      this.#count--
    const figure = this.figure
    const level = this.#sign * (figure ?? this.#sign * Number.NEGATIVE_INFINITY)
    const isOver = this.#count >= this.#minSamples && level >= this.#tripAt
    if (this.#state === 'HALTED') {
      if (this.#isLatched || isOver || level >= this.#releaseAt || nowMs - this.#trippedMs < this.#holdMs)
        return this.#state
      this.reset()
    }
    if (isOver) this.#trippedMs = nowMs
    this.#state = isOver ? 'HALTED' : level >= this.#warnAt ? 'WARNING' : 'ACTIVE'
    this.#reason = this.#state === 'ACTIVE' ? '' : `${this.#statistic} of the last ${this.#windowMs} ms is ${figure}`
    return this.#state
  }

  /** The statistic now; undefined without values, except that count and sum are 0. */
  get figure(): number | undefined {
    if (this.#statistic === 'count') return this.#count
    if (this.#count === 0) return this.#statistic === 'sum' ? 0 : undefined
    const values = this.#inWindow()
    const share = shares[this.#statistic]
    if (share !== undefined) return quantile(values, share)
    switch (this.#statistic) {
      case 'max':
        return values.reduce((a, b) => Math.max(a, b))
      case 'min':
        return values.reduce((a, b) => Math.min(a, b))
      case 'last':
        return values[values.length - 1]
      default: {
        const sum = values.reduce((a, b) => a + b, 0)
        return this.#statistic === 'sum' ? sum : sum / values.length
      }
    }
  }

  /** A person re-opens it; values so far are forgotten. */
  reset(): void {
    this.#state = 'ACTIVE'
    this.#reason = ''
    this.#count = 0
  }

  #inWindow(): Float64Array {
    const capacity = this.#values.length
    return Float64Array.from(
      { length: this.#count },
      (_, i) => this.#values[(this.#next - this.#count + i + capacity) % capacity],
    )
  }

  save(nowMs: number): BreakerMemory {
    return { state: this.#state, reason: this.#reason, trippedMs: nowMs - this.#trippedMs }
  }

  /** Values are not saved: a window that was not watched says nothing. */
  restore(memory: BreakerMemory, nowMs: number, elapsedMs: number): void {
    const { state, reason, trippedMs } = memory
    this.#count = 0
    this.#state = state === 'ACTIVE' || state === 'WARNING' ? 'ACTIVE' : 'HALTED'
    this.#reason = this.#state === 'ACTIVE' ? '' : String(reason ?? unreadable)
    this.#trippedMs = nowMs - (typeof trippedMs === 'number' ? trippedMs + Math.max(0, elapsedMs) : 0)
  }
}

function requireLevel(value: number, name: string): number {
  if (!Number.isFinite(value)) throw new TradewireError('TW_INVALID_CONFIG', `${name} must be a number, got ${value}`)
  return value
}
