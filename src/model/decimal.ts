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
export const Decimal = DecimalBase.clone({
  precision: 40,
  rounding: DecimalBase.ROUND_HALF_UP,
  toExpNeg: -40,
  toExpPos: 40,
  defaults: true,
})
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

const decimalPowers = new Map<number, Decimal>()

/** 10^exponent as a Decimal. */
export function decimalPowerOfTen(exponent: number): Decimal {
  let power = decimalPowers.get(exponent)
  if (power === undefined) {
    power = new Decimal(10).pow(exponent)
    decimalPowers.set(exponent, power)
  }
  return power
}

/** Words of a Decimal hold seven digits each, the most significant first. */
const wordBase = 1e7

/**
 * About what a Decimal is, to 13 digits, without the way over its text: for comparisons that are clear by far. NaN and
 * infinities stay what they are.
 */
export function approximate(value: Decimal): number {
  const { d: words, e: exponent, s: sign } = value
  if (words === null || words === undefined) return value.toNumber()
  const first = words[0] as number
  let shift = exponent
  for (let rest = first; rest >= 10; rest = Math.floor(rest / 10)) shift--
  if (shift < -22 || shift > 22) return value.toNumber()
  const size =
    first +
    (words.length > 1 ? (words[1] as number) / wordBase : 0) +
    (words.length > 2 ? (words[2] as number) / 1e14 : 0)
  return sign * (shift < 0 ? size / powerOfTen(-shift) : size * powerOfTen(shift))
}

/** Whether text is a plain decimal number: digits, at most one point, an optional sign; no exponent, no blanks. */
export function isPlainDecimal(text: string): boolean {
  return plainDecimal.test(text)
}

const plainDecimal = /^[+-]?(\d+(\.\d*)?|\.\d+)$/

/**
 * Any decimal input as a Decimal. Zero has no sign.
 *
 * @throws TradewireError `TW_INVALID_DECIMAL` for text that is no plain decimal number, NaN and infinities.
 */
export function toDecimal(value: DecimalInput, name = 'value'): Decimal {
  if (typeof value === 'string' && !plainDecimal.test(value)) throw invalidDecimal(value, name)
  if (typeof value === 'number' && !Number.isFinite(value)) throw invalidDecimal(value, name)
  if (typeof value !== 'string' && typeof value !== 'number' && !DecimalBase.isDecimal(value))
    throw invalidDecimal(value, name)
  const decimal = new Decimal(value)
  if (!decimal.isFinite()) throw invalidDecimal(value, name)
  return decimal.isZero() ? zero : decimal
}

const zero: Decimal = new Decimal(0)

/**
 * An amount as a safe integer at `scale`: exact or refused, never rounded. Numbers and text take a path without decimal.js.
 *
 * @throws TradewireError `TW_INVALID_DECIMAL` when it is no finite decimal; `TW_OFF_GRID` when it has digits finer than
 * the scale; `TW_OUT_OF_RANGE` when it does not fit a safe integer.
 */
export function toUnits(value: DecimalInput, scale: number, name = 'value'): number {
  const units = scanUnits(value, scale, name)
  if (Number.isSafeInteger(units)) return units
  const text = decimalText(value, name)
  const details = { field: name, value: text, scale }
  if (Number.isNaN(units)) {
    throw new TradewireError('TW_OFF_GRID', `${name} ${text} has more than ${scale} digits behind the point`, {
      details,
    })
  }
  const problem = `${name} ${text} does not fit ${scale} digits behind the point in a safe integer`
  throw new TradewireError('TW_OUT_OF_RANGE', problem, { details })
}

/**
 * As {@link toUnits}, but says NaN for digits finer than the scale and Infinity for what does not fit.
 *
 * @throws TradewireError `TW_INVALID_DECIMAL` when it is no finite decimal.
 */
function scanUnits(value: DecimalInput, scale: number, name: string): number {
  if (typeof value === 'number') {
    const power = powers[scale] as number
    const units = Math.round(value * power)
    // The division is correctly rounded, so equality says that `value` is the double nearest to units / 10^scale. With at
    // most 15 digits no other decimal of 15 digits has that double, so units are what the shortest text says.
    if (units < 1e15 && units > -1e15 && units / power === value) return units === 0 ? 0 : units
  }
  return scanText(typeof value === 'string' ? value : decimalText(value, name), scale, name)
}

function scanText(text: string, scale: number, name: string): number {
  const sign = text.charCodeAt(0)
  let units = 0
  let digits = 0
  let decimals = -1
  let isFiner = false
  for (let i = sign === 45 || sign === 43 ? 1 : 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit === -2 && decimals < 0) decimals = 0
    else if (digit < 0 || digit > 9) throw invalidDecimal(text, name)
    else {
      digits++
      if (decimals >= scale) isFiner ||= digit !== 0
      else {
        if (decimals >= 0) decimals++
        units = units * 10 + digit
      }
    }
  }
  if (digits === 0) throw invalidDecimal(text, name)
  if (isFiner) return Number.NaN
  units *= powers[scale - Math.max(0, decimals)] as number
  if (!(units <= Number.MAX_SAFE_INTEGER)) return Number.POSITIVE_INFINITY
  return sign === 45 && units > 0 ? -units : units
}

/** Plain text of a decimal input, unchanged where it is text. */
function decimalText(value: DecimalInput, name: string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' && Number.isFinite(value)) return numberToText(value)
  return toDecimal(value, name).toFixed()
}

/** The shortest plain decimal text that reads back as the same double; never in exponent notation. `value` is finite. */
export function numberToText(value: number): string {
  const text = String(value)
  return text.includes('e') ? new Decimal(text).toFixed() : text
}

/** The double of a decimal text; undefined where the text has more digits than a double carries, or is no plain decimal. */
export function textToNumber(text: string): number | undefined {
  if (!plainDecimal.test(text)) return undefined
  const value = Number(text)
  if (String(value) === text) return value
  if (!Number.isFinite(value) || !new Decimal(text).eq(new Decimal(value))) return undefined
  return value === 0 ? 0 : value
}

/** The largest units that text names, clamped to the safe integers: for upper bounds, which do not bind beyond them. */
export function boundToUnits(text: string, scale: number, name: string): number {
  const units = scanUnits(text, scale, name)
  return units === Number.POSITIVE_INFINITY ? Number.MAX_SAFE_INTEGER : toUnits(text, scale, name)
}

/**
 * Any decimal rounded, once, to a multiple of the step that holds at it: `stepAt` gets its units without finer digits.
 *
 * @throws TradewireError `TW_INVALID_DECIMAL`, `TW_OUT_OF_RANGE`.
 */
export function roundToUnits(
  value: DecimalInput,
  scale: number,
  stepAt: (units: number) => number,
  rounding: Rounding,
  name: string,
): number {
  const exact = scanUnits(value, scale, name)
  if (Number.isFinite(exact)) return requireSafe(roundToStep(exact, stepAt(exact), rounding), value, name)
  const decimal = toDecimal(value, name)
  const truncated = toUnits(decimal.toDecimalPlaces(scale, DecimalBase.ROUND_DOWN), scale, name)
  const step = unitsToDecimal(stepAt(truncated), scale)
  return toUnits(decimal.toNearest(step, roundingModes[rounding]), scale, name)
}

const roundingModes = {
  floor: DecimalBase.ROUND_FLOOR,
  ceil: DecimalBase.ROUND_CEIL,
  truncate: DecimalBase.ROUND_DOWN,
  nearest: DecimalBase.ROUND_HALF_UP,
} as const satisfies Record<Rounding, number>

function requireSafe(units: number, value: DecimalInput, name: string): number {
  if (Number.isSafeInteger(units)) return units
  const message = `${name} ${String(value)} does not fit a safe integer once it is rounded`
  throw new TradewireError('TW_OUT_OF_RANGE', message, { details: { field: name, value: String(value) } })
}

function invalidDecimal(value: unknown, name: string): TradewireError {
  const text = typeof value === 'object' && !DecimalBase.isDecimal(value) ? 'an object' : String(value).slice(0, 64)
  const shown = typeof value === 'string' ? JSON.stringify(text) : text
  return new TradewireError('TW_INVALID_DECIMAL', `${name} must be a finite decimal number, got ${shown}`, {
    details: { field: name, value: text },
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

/** The units nearest to a double: for prices of the data plane, whose last digits are noise. NaN stays NaN. */
export function numberToNearestUnits(value: number, scale: number): number {
  return Math.round(value * (powers[scale] as number))
}

/** Digits behind the point of a decimal's canonical text: "0.0500" has 2. */
export function scaleOf(value: DecimalInput, name = 'value'): number {
  return toDecimal(value, name).decimalPlaces()
}

/** Whether integer `units` is a multiple of integer `step` (> 0). Exact for safe integers, and faster than the remainder of doubles. */
export function isMultiple(units: number, step: number): boolean {
  return Math.round(units / step) * step === units
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
