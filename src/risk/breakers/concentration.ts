/**
 * Concentration: a symbol whose position has grown to a share of equity may only become smaller, until it is well below.
 */

import { TradewireError } from '../../core/errors.js'
import { Decimal, type DecimalInput } from '../../model/decimal.js'
import type { Side } from '../../model/order-types.js'
import { type Breaker, type BreakerMemory, type BreakerState, requireFraction, requirePercent } from './breaker.js'
import { amountOf, reachesShare } from './share.js'

/** When a symbol is blocked and when it is released. */
export interface ConcentrationOptions {
  /** Market value in percent of equity from which the symbol is blocked; 30 unless given. */
  blockPercent?: number
  /** Percent below which it is released; 25 unless given. */
  releasePercent?: number
  /** Share of the limit from which it warns; 0.8 unless given. */
  warnAt?: number
}

/** See the file's header. */
export class ConcentrationBreaker implements Breaker {
  readonly #blockPercent: number
  readonly #releasePercent: number
  readonly #warnAt: number
  readonly #blocked = new Set<string>()
  #hasWarning = false
  #isBlind = false

  /** @throws TradewireError `TW_INVALID_CONFIG`. */
  constructor(options: ConcentrationOptions = {}) {
    this.#blockPercent = requirePercent(options.blockPercent ?? 30, 'concentration.blockPercent')
    this.#releasePercent = requirePercent(options.releasePercent ?? 25, 'concentration.releasePercent')
    this.#warnAt = requireFraction(options.warnAt ?? 0.8, 'concentration.warnAt')
    if (this.#releasePercent > this.#blockPercent)
      throw new TradewireError(
        'TW_INVALID_CONFIG',
        `concentration.releasePercent ${this.#releasePercent} must not be above blockPercent ${this.#blockPercent}`,
      )
  }

  get state(): BreakerState {
    if (this.#blocked.size > 0 || this.#isBlind) return 'HALTED'
    return this.#hasWarning ? 'WARNING' : 'ACTIVE'
  }

  get reason(): string {
    if (this.#isBlind) return 'equity is not known, or not above 0'
    return this.#blocked.size === 0 ? '' : `concentrated: ${this.blocked.join(', ')}`
  }

  /** Symbols that may only become smaller, sorted. */
  get blocked(): string[] {
    return [...this.#blocked].sort()
  }

  /** Whether shares cannot be told: equity is not known, or not above 0. */
  get isBlind(): boolean {
    return this.#isBlind
  }

  /** Whether a symbol may only become smaller: it is blocked, or equity is not known. */
  isBlocked(symbol: string): boolean {
    return this.#isBlind || this.#blocked.has(symbol)
  }

  /**
   * Market values by symbol (signed) and equity. A symbol that is left out has no position. Without equity above 0 everything
   * is blocked; a market value that is not known blocks its symbol.
   */
  mark(equity: DecimalInput | undefined, marketValues: Readonly<Record<string, DecimalInput | undefined>>): void {
    const whole = amountOf(equity)
    this.#isBlind = whole === undefined || !whole.gt(0)
    this.#hasWarning = false
    if (whole === undefined || this.#isBlind) return
    for (const symbol of this.#blocked) if (!Object.hasOwn(marketValues, symbol)) this.#blocked.delete(symbol)
    for (const [symbol, value] of Object.entries(marketValues)) {
      const size = amountOf(value)?.abs()
      if (size === undefined || reachesShare(size, whole, this.#blockPercent)) this.#blocked.add(symbol)
      else if (!reachesShare(size, whole, this.#releasePercent)) this.#blocked.delete(symbol)
      if (size !== undefined && reachesShare(size, whole, this.#blockPercent, this.#warnAt)) this.#hasWarning = true
    }
  }

  /** A person releases one symbol, or all. */
  reset(symbol?: string): void {
    if (symbol === undefined) this.#blocked.clear()
    else this.#blocked.delete(symbol)
  }

  save(): BreakerMemory {
    return { blocked: this.blocked }
  }

  restore(memory: BreakerMemory): void {
    const { blocked } = memory
    this.#blocked.clear()
    if (Array.isArray(blocked)) for (const symbol of blocked) this.#blocked.add(String(symbol))
    else this.#isBlind = true
  }
}

/** Whether an order can only make a position smaller. One that would turn it opens a new one, and does not: it is refused as a whole. */
export function onlyReduces(position: DecimalInput, side: Side, quantity: DecimalInput): boolean {
  const held = new Decimal(position)
  return (side === 'buy' ? held.isNegative() : held.gt(0)) && new Decimal(quantity).lte(held.abs())
}
