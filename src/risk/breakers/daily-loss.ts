/**
 * Daily loss: the fall of equity since the trading day began. At the limit everything stops, and stays stopped until the
 * next trading day or a manual reset; gains after that do not re-open it.
 */
import { TradewireError } from '../../core/errors.js'
import { Decimal, type DecimalInput } from '../../model/decimal.js'
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

/** Limits of the daily loss. */
export interface DailyLossOptions {
  /** Loss in percent of the day's first equity; 5 unless given, `false` where only the amount counts. */
  limitPercent?: number | false
  /** Loss as an amount of the base currency; none unless given. The tighter of the two holds. */
  limitAmount?: DecimalInput
  /** Share of the limit from which it warns; 0.8 unless given. */
  warnAt?: number
}

/** See the file's header. */
export class DailyLossBreaker implements Breaker {
  readonly #percent: number | undefined
  readonly #amount: Decimal | undefined
  readonly #warnAt: number
  #day = ''
  #start: Decimal | undefined
  #equity: Decimal | undefined
  #state: BreakerState = 'ACTIVE'
  #reason = ''

  /** @throws TradewireError `TW_INVALID_CONFIG`. */
  constructor(options: DailyLossOptions = {}) {
    const { limitPercent = 5, limitAmount } = options
    this.#percent = limitPercent === false ? undefined : requirePercent(limitPercent, 'dailyLoss.limitPercent')
    this.#amount = limitAmount === undefined ? undefined : new Decimal(limitAmount)
    if (this.#percent === undefined && this.#amount === undefined)
      throw new TradewireError('TW_INVALID_CONFIG', 'dailyLoss needs limitPercent or limitAmount')
    this.#warnAt = requireFraction(options.warnAt ?? 0.8, 'dailyLoss.warnAt')
  }

  get state(): BreakerState {
    return this.#state
  }

  get reason(): string {
    return this.#reason
  }

  /** The trading day it measures; empty before the first. */
  get day(): string {
    return this.#day
  }

  /** Loss since the day began, above 0; undefined while equity is not known. */
  get loss(): Decimal | undefined {
    if (this.#start === undefined || this.#equity === undefined) return undefined
    return this.#start.minus(this.#equity)
  }

  /** Whether new orders pass: not HALTED, and equity is known since the day began. */
  get allowsNewOrders(): boolean {
    return this.#state !== 'HALTED' && this.#start !== undefined && this.#equity !== undefined
  }

  /** A trading day (`2026-03-09`) begins with an equity. A day that is not later than the one it measures is none: clocks jump back. */
  roll(day: string, equity: DecimalInput | undefined): boolean {
    if (day <= this.#day) return false
    this.#day = day
    this.#start = amountOf(equity)
    this.#equity = this.#start
    this.#state = 'ACTIVE'
    this.#reason = ''
    return true
  }

  /** Equity now; undefined or NaN when it is not known, which blocks new orders until it is. Returns the state. */
  mark(equity: DecimalInput | undefined): BreakerState {
    const amount = amountOf(equity)
    this.#equity = amount
    if (amount === undefined) return this.#state
    this.#start ??= amount
    if (this.#state === 'HALTED') return this.#state
    const isHalted = this.#reaches(1)
    this.#state = isHalted ? 'HALTED' : this.#reaches(this.#warnAt) ? 'WARNING' : 'ACTIVE'
    this.#reason =
      this.#state === 'ACTIVE'
        ? ''
        : `daily loss ${this.#start.minus(amount).toFixed()} of ${this.#start.toFixed()} since ${this.#day || 'the start'}`
    return this.#state
  }

  /** Money paid in (above 0) or out: no gain and no loss. */
  flow(amount: DecimalInput): void {
    if (this.#start !== undefined) this.#start = this.#start.plus(amount)
  }

  /** A person re-opens it. With `rebase` the loss counts from the equity of now; without, it trips again at the next mark while the loss stands. */
  reset({ rebase = false }: { rebase?: boolean } = {}): void {
    this.#state = 'ACTIVE'
    this.#reason = ''
    if (rebase) this.#start = this.#equity
  }

  #reaches(factor: number): boolean {
    const start = this.#start as Decimal
    const loss = start.minus(this.#equity as Decimal)
    if (this.#amount !== undefined && loss.gte(this.#amount.mul(factor))) return true
    if (this.#percent === undefined) return false
    // Whoever starts the day with nothing or with debts has no share to lose.
    return start.gt(0) ? reachesShare(loss, start, this.#percent, factor) : loss.gt(0)
  }

  save(): BreakerMemory {
    return {
      day: this.#day,
      start: this.#start?.toFixed() ?? null,
      equity: this.#equity?.toFixed() ?? null,
      state: this.#state,
      reason: this.#reason,
    }
  }

  restore(memory: BreakerMemory): void {
    const { day, state, reason } = memory
    const start = savedAmount(memory.start)
    const equity = savedAmount(memory.equity)
    const isText = typeof day === 'string' && typeof reason === 'string'
    const isWhole = isText && start?.isNaN() !== true && equity?.isNaN() !== true
    this.#day = typeof day === 'string' ? day : ''
    this.#start = isWhole ? start : undefined
    this.#equity = isWhole ? equity : undefined
    this.#state = isWhole && (state === 'ACTIVE' || state === 'WARNING') ? state : 'HALTED'
    this.#reason = isWhole ? reason : unreadable
  }
}
