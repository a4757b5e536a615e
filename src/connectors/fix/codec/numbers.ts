/**
 * Values of fields as numbers, read from bytes without a text in between. Every function returns NaN for what is no value of
 * its type: callers decide whether that is a reject or an error, but it never passes for a number.
 */
import { MINUS, POINT, ZERO } from './bytes.js'

/** Mantissas up to here are exact and so is a division by an exact power of ten: the result is rounded once, correctly. */
const MAX_MANTISSA = Number.MAX_SAFE_INTEGER
const MAX_POWER = 22
const powers: readonly number[] = Array.from({ length: MAX_POWER + 1 }, (_, digits) => Number(`1e${digits}`))

/** A whole number: digits with an optional minus sign. NaN beyond the safe integers. */
export function parseInteger(bytes: Uint8Array, from: number, to: number): number {
  let index = from
  const negative = index < to && bytes[index] === MINUS
  if (negative) index++
  if (index >= to) return Number.NaN
  let value = 0
  for (; index < to; index++) {
    const digit = bytes[index] - ZERO
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  if (value > MAX_MANTISSA) return Number.NaN
  return negative && value !== 0 ? -value : value
}

/** A count or length: digits only, at most 9 of them. -1 when it is none. */
export function parseCount(bytes: Uint8Array, from: number, to: number): number {
  if (from >= to || to - from > 9) return -1
  let value = 0
  for (let index = from; index < to; index++) {
    const digit = bytes[index] - ZERO
    if (digit < 0 || digit > 9) return -1
    value = (value * 10 + digit) | 0
  }
  return value
}

/**
 * A decimal number as the nearest double: digits with an optional minus sign and an optional point. No plus sign, no
 * exponent, at least one digit.
 */
export function parseDouble(bytes: Uint8Array, from: number, to: number): number {
  let index = from
  const negative = index < to && bytes[index] === MINUS
  if (negative) index++
  let mantissa = 0
  let digits = 0
  let fraction = -1
  for (; index < to; index++) {
    const digit = bytes[index] - ZERO
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit
      digits++
      if (fraction >= 0) fraction++
    } else if (bytes[index] === POINT && fraction < 0) fraction = 0
    else return Number.NaN
  }
  if (digits === 0) return Number.NaN
  if (mantissa > MAX_MANTISSA || fraction > MAX_POWER) return parseLong(bytes, from, to)
  const value = fraction > 0 ? mantissa / powers[fraction] : mantissa
  return negative && value !== 0 ? -value : value
}

/** Numbers of more digits than a double holds: the engine's own conversion rounds them correctly. */
function parseLong(bytes: Uint8Array, from: number, to: number): number {
  let text = ''
  for (let index = from; index < to; index++) text += String.fromCharCode(bytes[index])
  const value = Number(text)
  return Number.isFinite(value) ? value : Number.NaN
}

/**
 * A decimal number as a whole number of units of `10^-scale`, exactly. NaN when it is no decimal number, has digits finer
 * than the scale, or passes the safe integers; {@link parseDouble} tells the first case from the others.
 */
export function parseUnits(bytes: Uint8Array, from: number, to: number, scale: number): number {
  let index = from
  const negative = index < to && bytes[index] === MINUS
  if (negative) index++
  let units = 0
  let digits = 0
  let fraction = -1
  for (; index < to; index++) {
    const digit = bytes[index] - ZERO
    if (digit >= 0 && digit <= 9) {
      digits++
      if (fraction >= scale) {
        if (digit !== 0) return Number.NaN
        continue
      }
      units = units * 10 + digit
      if (fraction >= 0) fraction++
    } else if (bytes[index] === POINT && fraction < 0) fraction = 0
    else return Number.NaN
  }
  if (digits === 0) return Number.NaN
  for (let missing = scale - (fraction < 0 ? 0 : fraction); missing > 0 && units !== 0; missing--) {
    units *= 10
    if (units > MAX_MANTISSA) return Number.NaN
  }
  if (units > MAX_MANTISSA) return Number.NaN
  return negative && units !== 0 ? -units : units
}
