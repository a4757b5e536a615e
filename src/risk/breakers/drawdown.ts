/** Drawdown: the fall of equity from its highest mark. At the limit everything stops until a person re-opens it. */
import type { Decimal, DecimalInput } from '../../model/decimal.js'
import {
  type Breaker,
  type BreakerMemory,
  type BreakerState,
  requireFraction,
  requirePercent,
  savedAmount,
  unreadable,
} from './breaker.js'
import { amountOf, reachesShare } from './share.js'

/** Limits of the drawdown. */
export interface DrawdownOptions {
  /** Fall in percent of the peak; 10 unless given. */
  limitPercent?: number
  /** Share of the limit from which it warns; 0.8 unless given. */
  warnAt?: number
}

/** See the file's header. */
export class DrawdownBreaker implements Breaker {
  readonly #percent: number
  readonly #warnAt: number
  #peak: Decimal | undefined
  #equity: Decimal | undefined
  #state: BreakerState = 'ACTIVE'
  #reason = ''

  /** @throws TradewireError `TW_INVALID_CONFIG`. */
  constructor(options: DrawdownOptions = {}) {
    this.#percent = requirePercent(options.limitPercent ?? 10, 'drawdown.limitPercent')
    this.#warnAt = requireFraction(options.warnAt ?? 0.8, 'drawdown.warnAt')
  }

  get state(): BreakerState {
    return this.#state
  }

  get reason(): string {
    return this.#reason
  }

  /** The highest mark; undefined before the first. */
  get peak(): Decimal | undefined {
    return this.#peak
  }

  /** Fall from the peak as a share of it; undefined before the first mark. */
  get drawdown(): number | undefined {
    if (this.#peak === undefined || this.#equity === undefined || !this.#peak.gt(0)) return undefined
    return this.#peak.minus(this.#equity).div(this.#peak).toNumber()
  }

  /** Whether new orders pass: not HALTED, and equity is known. */
  get allowsNewOrders(): boolean {
    return this.#state !== 'HALTED' && this.#equity !== undefined
  }

  /** Equity now; undefined or NaN when it is not known, which blocks new orders until it is. Returns the state. */
  mark(equity: DecimalInput | undefined): BreakerState {
    const amount = amountOf(equity)
    this.#equity = amount
    if (amount === undefined) return this.#state
    if (this.#peak === undefined || amount.gt(this.#peak)) this.#peak = amount
    if (this.#state === 'HALTED') return this.#state
    this.#state = this.#reaches(1) ? 'HALTED' : this.#reaches(this.#warnAt) ? 'WARNING' : 'ACTIVE'
    this.#reason =
      this.#state === 'ACTIVE' ? '' : `equity ${amount.toFixed()} is down from its peak ${this.#peak.toFixed()}`
    return this.#state
  }

  /** Money paid in (above 0) or out: moves the peak. */
  flow(amount: DecimalInput): void {
    if (this.#peak !== undefined) this.#peak = this.#peak.plus(amount)
  }

  /** A person re-opens it: the peak is the equity of now. */
  reset(): void {
    this.#state = 'ACTIVE'
    this.#reason = ''
    this.#peak = this.#equity
  }

  #reaches(factor: number): boolean {
    const peak = this.#peak as Decimal
    const fall = peak.minus(this.#equity as Decimal)
    return peak.gt(0) ? reachesShare(fall, peak, this.#percent, factor) : fall.gt(0)
  }

  save(): BreakerMemory {
    return { peak: this.#peak?.toFixed() ?? null, state: this.#state, reason: this.#reason }
  }

  restore(memory: BreakerMemory): void {
    const { state, reason } = memory
    const peak = savedAmount(memory.peak)
    const isWhole = typeof reason === 'string' && peak?.isNaN() !== true
    this.#peak = isWhole ? peak : undefined
    this.#equity = undefined
    this.#state = isWhole && (state === 'ACTIVE' || state === 'WARNING') ? state : 'HALTED'
    this.#reason = isWhole ? reason : unreadable
  }
}
