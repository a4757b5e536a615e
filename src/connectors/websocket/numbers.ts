/** Numbers of messages: decimals as text or numbers, checked, with the name of the field in what is thrown. */
import { TradewireError } from '../../core/errors.js'
import type { FeedNumber } from './feed.js'

/** A decimal. @throws TradewireError `TW_INVALID_MODEL` naming the field, unless it is a finite number. */
export function decimalOf(field: string, value: FeedNumber): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number === 'number' && Number.isFinite(number)) return number
  throw invalid(field, 'a number or a decimal as text', value)
}

/** A size: not negative. */
export function sizeOf(field: string, value: FeedNumber): number {
  const size = decimalOf(field, value)
  if (size >= 0) return size
  throw invalid(field, 'a size from 0', value)
}

/** As the others; NaN where absent. */
export function optionalOf(
  field: string,
  value: FeedNumber | undefined,
  read: (field: string, value: FeedNumber) => number,
): number {
  return value === undefined ? Number.NaN : read(field, value)
}

/** An integer, such as a time or a sequence number; NaN where absent. */
export function integerOf(field: string, value: number | undefined): number {
  if (value === undefined || Number.isSafeInteger(value)) return value ?? Number.NaN
  throw invalid(field, 'an integer below 2^53', value)
}

function invalid(field: string, wanted: string, value: unknown): TradewireError {
  return new TradewireError('TW_INVALID_MODEL', `${field} must be ${wanted}, got ${String(value).slice(0, 60)}`)
}
