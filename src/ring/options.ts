/**
 * Checks of the options that the ring's public constructors take: an unknown option or a size out of range is an error
 * that names the field and the fix.
 */
import { TradewireError } from '../core/errors.js'

/** Throws TW_INVALID_ARGUMENT when `options` has a field that is not in `known`. */
export function refuseUnknownOptions(owner: string, options: object, known: readonly string[]): void {
  for (const field of Object.keys(options)) {
    if (known.includes(field)) continue
    throw new TradewireError(
      'TW_INVALID_ARGUMENT',
      `${owner}: unknown option '${field}'; known are ${known.join(', ')}`,
      {
        details: { field },
      },
    )
  }
}

/** Returns `value` when it is a power of two from `minimum` to `maximum`, else throws TW_INVALID_ARGUMENT. */
export function powerOfTwo(field: string, value: number, minimum: number, maximum: number): number {
  const isPower = Number.isInteger(value) && value >= minimum && value <= maximum && (value & (value - 1)) === 0
  if (isPower) return value
  throw new TradewireError(
    'TW_INVALID_ARGUMENT',
    `${field} must be a power of two from ${minimum} to ${maximum}, got ${value}`,
    { details: { field, value } },
  )
}

/** Returns `value` when it is an integer from `minimum` to `maximum`, else throws TW_INVALID_ARGUMENT. */
export function integerBetween(field: string, value: number, minimum: number, maximum: number): number {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value
  throw new TradewireError(
    'TW_INVALID_ARGUMENT',
    `${field} must be an integer from ${minimum} to ${maximum}, got ${value}`,
    {
      details: { field, value },
    },
  )
}
