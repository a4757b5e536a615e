/** What all circuit breakers have in common. */
import { TradewireError } from '../../core/errors.js'
import { Decimal } from '../../model/decimal.js'

/** ACTIVE trades, WARNING trades and tells, HALTED does what the breaker is there for. */
export type BreakerState = 'ACTIVE' | 'WARNING' | 'HALTED'

const severity: Readonly<Record<BreakerState, number>> = { ACTIVE: 0, WARNING: 1, HALTED: 2 }

/** The more severe of two states. */
export function worse(a: BreakerState, b: BreakerState): BreakerState {
  return severity[a] >= severity[b] ? a : b
}

/** Plain data that a breaker finds again after a restart. */
export type BreakerMemory = Readonly<Record<string, unknown>>

/** A circuit breaker: fed by its owner, never by timers of its own. Times are milliseconds of one clock that does not run backward. */
export interface Breaker {
  readonly state: BreakerState
  /** Why it is in this state, in words. */
  readonly reason: string
  /** What has to survive a restart. Times are left as time that is still to go from `nowMs`. */
  save(nowMs: number): BreakerMemory
  /** Takes what {@link save} gave, `elapsedMs` after it was saved. What it does not understand makes it HALTED: it fails closed. */
  restore(memory: BreakerMemory, nowMs: number, elapsedMs: number): void
}

/** What a breaker says that found nothing it understands in what was saved. */
export const unreadable = 'what was saved could not be read'

/** An amount as it was saved: decimal text, or null where none was known. NaN where it is neither. */
export function savedAmount(value: unknown): Decimal | undefined {
  if (value === null) return undefined
  const amount = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? value : Number.NaN
  return new Decimal(amount)
}

/** A share in percent from above 0 to 100. @throws TradewireError `TW_INVALID_CONFIG`. */
export function requirePercent(value: number, name: string): number {
  if (!(value > 0 && value <= 100))
    throw new TradewireError('TW_INVALID_CONFIG', `${name} must be above 0 and at most 100, got ${value}`)
  return value
}

/** A factor from above 0 to 1. @throws TradewireError `TW_INVALID_CONFIG`. */
export function requireFraction(value: number, name: string): number {
  if (!(value > 0 && value <= 1))
    throw new TradewireError('TW_INVALID_CONFIG', `${name} must be above 0 and at most 1, got ${value}`)
  return value
}

/** A whole number of milliseconds or events from `least`. @throws TradewireError `TW_INVALID_CONFIG`. */
export function requireCount(value: number, name: string, least = 1): number {
  if (!Number.isSafeInteger(value) || value < least)
    throw new TradewireError('TW_INVALID_CONFIG', `${name} must be a whole number from ${least}, got ${value}`)
  return value
}
