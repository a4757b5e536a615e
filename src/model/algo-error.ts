/** Refusals of algorithm parameters: one error code, and a reason that programs can tell apart. */
import { TradewireError } from '../core/errors.js'

/** Why parameters are refused, before anything is sent. */
export type AlgoFault =
  | 'INVALID_SLICES'
  | 'HORIZON_TOO_SHORT'
  | 'INVALID_WINDOW'
  | 'INVALID_QUANTITY'
  | 'INVALID_PARAMETER'
  | 'INVALID_CURVE'
  | 'INVALID_RATE'
  | 'ETA_TILDE_NOT_POSITIVE'
  | 'UNKNOWN_ALGORITHM'
  | 'LIMIT_THROUGH_COLLAR'
  | 'BELOW_MINIMUM'
  | 'CONTRADICTION'
  | 'NO_VENUE'
  | 'UNKNOWN_CALENDAR'
  | 'CALENDAR_RANGE'
  | 'NOT_AUTHORIZED'

/** An error `TW_INVALID_ALGO` with the reason and the field in its details. */
export function algoError(reason: AlgoFault, field: string, problem: string): TradewireError {
  return new TradewireError('TW_INVALID_ALGO', `${field} ${problem}`, { details: { reason, field } })
}

/** A finite number within bounds, or the refusal. */
export function requireNumber(
  value: unknown,
  field: string,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
  reason: AlgoFault = 'INVALID_PARAMETER',
): number {
  if (typeof value === 'number' && value >= least && value <= most) return value
  throw algoError(reason, field, `must be a number from ${least} to ${most}, got ${String(value)}`)
}

/** A whole number within bounds, or the refusal. */
export function requireWhole(
  value: unknown,
  field: string,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
  reason: AlgoFault = 'INVALID_PARAMETER',
): number {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return value as number
  throw algoError(reason, field, `must be a whole number from ${least} to ${most}, got ${String(value)}`)
}
