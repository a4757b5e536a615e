/**
 * Exact decimal numbers at the border of the library, and the scaled integers ("units") they become inside.
 *
 * This is the only file that imports decimal.js. Between strategy and wire an amount is a safe integer at a scale known
 * from its instrument: `value = units / 10^scale`.
 */
import { Decimal as DecimalBase } from 'decimal.js'
import { TradewireError } from '../core/errors.js'

/**
 * Exact decimal arithmetic: decimal.js with 40 significant digits and plain notation.
 * A class of its own, so that settings of the host's decimal.js do not reach it.
 */
export const Decimal = DecimalBase.clone({ precision: 40, rounding: DecimalBase.ROUND_HALF_UP, toExpNeg: -40, toExpPos: 40, defaults: true })
/** An exact decimal number. */
export type Decimal = DecimalBase

/** What the public border takes for an amount. A number counts as its shortest decimal text: 0.1 is one tenth. */
export type DecimalInput = string | number | Decimal

/** How a value between two steps of a grid is rounded: toward minus or plus infinity, toward zero, or to the nearest (half away from zero). */
export type Rounding = 'floor' | 'ceil' | 'truncate' | 'nearest'

/** The most digits behind the point that a scale may have. */
export const MAX_SCALE = 18

const powers: readonly number[] = Array.from({ length: 23 }, (_, digits) => Number(`1e${digits}`))

/** 10^scale as an exact double, `scale` from 0 to 22. */
export function powerOfTen(scale: number): number {
  return powers[scale] as number
}

/**
 * Any decimal input as a Decimal.
 *
 * @throws TradewireError `TW_INVALID_DECIMAL` for text that is no plain decimal number, NaN and infinities.
 */
export function toDecimal(value: DecimalInput, name = 'value'): Decimal {
  if (typeof value === 'string' && !plainDecimal.test(value)) throw invalidDecimal(value, name)
  if (typeof value === 'number' && !Number.isFinite(value)) throw invalidDecimal(value, name)
  if (typeof value !== 'string' && typeof value !== 'number' && !DecimalBase.isDecimal(value)) throw invalidDecimal(value, name)
  const decimal = new Decimal(value)
  if (!decimal.isFinite()) throw invalidDecimal(value, name)
  return decimal
}

/**
 * An amount as a safe integer at `scale`: exact or refused, never rounded. Numbers take a path without decimal.js.
 *
 * @throws TradewireError `TW_INVALID_DECIMAL` when it is no finite decimal; `TW_OFF_GRID` when it has digits finer than
 * the scale; `TW_OUT_OF_RANGE` when it does not fit a safe integer.
 */
export function toUnits(value: DecimalInput, scale: number, name = 'value'): number {
  if (typeof value === 'number') return numberToUnits(value, scale, name)
  if (typeof value === 'string') return textToUnits(value, scale, name)
  return textToUnits(toDecimal(value, name).toFixed(), scale, name)
}

function numberToUnits(value: number, scale: number, name: string): number {
  if (!Number.isFinite(value)) throw invalidDecimal(value, name)
  const power = powers[scale] as number
  const units = Math.round(value * power)
  // The division is correctly rounded, so equality says: `value` is the double nearest to units / 10^scale.
  if (Number.isSafeInteger(units) && units / power === value) return units === 0 ? 0 : units
  return textToUnits(expand(String(value)), scale, name)
}

const plainDecimal = /^[+-]?(\d+(\.\d*)?|\.\d+)$/

function textToUnits(text: string, scale: number, name: string): number {
  if (!plainDecimal.test(text)) throw invalidDecimal(text, name)
  const negative = text[0] === '-'
  const start = text[0] === '-' || text[0] === '+' ? 1 : 0
  const point = text.indexOf('.')
  const whole = point < 0 ? text.slice(start) : text.slice(start, point)
  let fraction = point < 0 ? '' : text.slice(point + 1)
  if (fraction.length > scale) {
    if (/[1-9]/.test(fraction.slice(scale))) {
      throw new TradewireError('TW_OFF_GRID', `${name} ${text} has more than ${scale} digits behind the point`, { details: { name, value: text, scale } })
    }
    fraction = fraction.slice(0, scale)
  }
  const units = Number(whole + fraction + '0'.repeat(scale - fraction.length))
  if (!Number.isSafeInteger(units)) {
    throw new TradewireError('TW_OUT_OF_RANGE', `${name} ${text} does not fit ${scale} digits behind the point in a safe integer`, { details: { name, value: text, scale } })
  }
  return units === 0 ? 0 : negative ? -units : units
}

/** Exponent notation of a number's text as plain digits. */
function expand(text: string): string {
  return text.includes('e') ? new Decimal(text).toFixed() : text
}

function invalidDecimal(value: unknown, name: string): TradewireError {
  return new TradewireError('TW_INVALID_DECIMAL', `${name} must be a finite decimal number, got ${typeof value === 'string' ? JSON.stringify(value) : String(value)}`, {
    details: { name, value: String(value) },
  })
}

/** Units as a Decimal. */
export function unitsToDecimal(units: number, scale: number): Decimal {
  return new Decimal(unitsToText(units, scale))
}

/** Units as the shortest plain decimal text: 12500 at scale 4 is "1.25". */
export function unitsToText(units: number, scale: number): string {
  const negative = units < 0
  let digits = String(Math.abs(units))
  if (scale === 0) return negative ? `-${digits}` : digits
  if (digits.length <= scale) digits = digits.padStart(scale + 1, '0')
  let end = digits.length
  const point = end - scale
  while (end > point && digits.charCodeAt(end - 1) === 48) end--
  const text = end === point ? digits.slice(0, point) : `${digits.slice(0, point)}.${digits.slice(point, end)}`
  return negative ? `-${text}` : text
}

/** Units as the nearest double: for display, statistics and the data plane. */
export function unitsToNumber(units: number, scale: number): number {
  return units / (powers[scale] as number)
}

/** The nearest units of a double, rounded by `rounding`: for prices that come from the data plane, whose last digits are noise. */
export function numberToNearestUnits(value: number, scale: number): number {
  return Math.round(value * (powers[scale] as number))
}

/** Digits behind the point of a decimal's canonical text: "0.0500" has 2. */
export function scaleOf(value: DecimalInput, name = 'value'): number {
  return toDecimal(value, name).decimalPlaces()
}

/** Rounds integer `units` to a multiple of integer `step` (> 0). */
export function roundToStep(units: number, step: number, rounding: Rounding): number {
  const rest = units % step
  if (rest === 0) return units
  const below = rest < 0 ? units - rest - step : units - rest
  switch (rounding) {
    case 'floor':
      return below
    case 'ceil':
      return below + step
    case 'truncate':
      return units - rest
    case 'nearest': {
      const distance = units - below
      if (distance * 2 === step) return units < 0 ? below : below + step
      return distance * 2 < step ? below : below + step
    }
  }
}
