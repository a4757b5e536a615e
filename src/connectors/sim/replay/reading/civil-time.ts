/**
 * Calendar dates and local times as Unix epoch microseconds, with the daylight-saving rule of New York.
 *
 * United States rule: from 2007 the second Sunday of March to the first Sunday of November; from 1987 to 2006 the first
 * Sunday of April to the last Sunday of October; clocks change at 02:00 local time.
 */

/** Microseconds in a day. */
export const dayUs = 86_400_000_000
/** Microseconds in an hour. */
export const hourUs = 3_600_000_000
/** Microseconds in a minute. */
export const minuteUs = 60_000_000

/** A calendar date. */
export interface CivilDate {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  /** 1 to 31. */
  readonly day: number
}

/** First year whose daylight-saving rule is known. */
export const firstNewYorkYear = 1987

/** Days from 1970-01-01 to a date of the Gregorian calendar. */
export function daysOfDate(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** Whether the date exists. */
export function isDate(year: number, month: number, day: number): boolean {
  if (!(month >= 1 && month <= 12 && day >= 1)) return false
  const next = month === 12 ? daysOfDate(year + 1, 1, 1) : daysOfDate(year, month + 1, 1)
  return day <= next - daysOfDate(year, month, 1)
}

/** Midnight UTC of a date. */
export function utcMidnightUs(date: CivilDate): number {
  return daysOfDate(date.year, date.month, date.day) * dayUs
}

/** Reads `yyyymmdd`; undefined where it is no date. */
export function parseCompactDate(text: string): CivilDate | undefined {
  if (!/^\d{8}$/.test(text)) return undefined
  const year = Number(text.slice(0, 4))
  const month = Number(text.slice(4, 6))
  const day = Number(text.slice(6, 8))
  return isDate(year, month, day) ? { year, month, day } : undefined
}

/**
 * A local day of New York: turns microseconds since local midnight (as a wall clock shows them) into Unix epoch
 * microseconds. An hour that occurs twice is taken as the first of the two.
 */
export class NewYorkDay {
  /** To add before and from 02:00 local time. */
  readonly #beforeUs: number
  readonly #fromTwoUs: number

  constructor(date: CivilDate) {
    const day = daysOfDate(date.year, date.month, date.day)
    const [start, stop] = daylightSaving(date.year)
    const before = day > start && day <= stop ? 4 : 5
    const fromTwo = day >= start && day < stop ? 4 : 5
    this.#beforeUs = day * dayUs + before * hourUs
    this.#fromTwoUs = day * dayUs + fromTwo * hourUs
  }

  /** Unix epoch microseconds of a local time of the day. */
  toUtcUs(sinceMidnightUs: number): number {
    return sinceMidnightUs + (sinceMidnightUs >= 2 * hourUs ? this.#fromTwoUs : this.#beforeUs)
  }
}

/** First and last day of daylight saving, as days since 1970. */
function daylightSaving(year: number): [start: number, stop: number] {
  if (year >= 2007) return [firstSunday(year, 3, 8), firstSunday(year, 11, 1)]
  return [firstSunday(year, 4, 1), firstSunday(year, 10, 25)]
}

/** The first Sunday on or after a date. 1970-01-01 was a Thursday. */
function firstSunday(year: number, month: number, day: number): number {
  const from = daysOfDate(year, month, day)
  const weekday = (((from + 4) % 7) + 7) % 7
  return from + ((7 - weekday) % 7)
}

/**
 * Reads `YYYY-MM-DD?HH:MM:SS[.ffffff][Z]` (any character between date and time, UTC) at `start`, in bytes.
 *
 * @returns epoch microseconds, digits finer than that cut off, or NaN where the text is no such time.
 */
export function isoTimeUs(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 19 || bytes[start + 4] !== 45 || bytes[start + 7] !== 45) return Number.NaN
  if (bytes[start + 13] !== 58 || bytes[start + 16] !== 58) return Number.NaN
  const year = digits(bytes, start, 4)
  const month = digits(bytes, start + 5, 2)
  const day = digits(bytes, start + 8, 2)
  const hour = digits(bytes, start + 11, 2)
  const minute = digits(bytes, start + 14, 2)
  const second = digits(bytes, start + 17, 2)
  const stop = end > start + 19 && bytes[end - 1] === 90 ? end - 1 : end
  const fraction = fractionUs(bytes, start + 19, stop)
  if (!isDate(year, month, day) || !(hour < 24 && minute < 60 && second < 61) || fraction < 0) return Number.NaN
  return daysOfDate(year, month, day) * dayUs + hour * hourUs + minute * minuteUs + second * 1_000_000 + fraction
}

function digits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0
  for (let i = at; i < at + count; i++) {
    const digit = bytes[i] - 48
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

function fractionUs(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return 0
  if (bytes[start] !== 46 || end === start + 1) return -1
  let value = 0
  let unit = 100_000
  for (let i = start + 1; i < end; i++) {
    const digit = bytes[i] - 48
    if (digit < 0 || digit > 9) return -1
    if (unit >= 1) value += digit * unit
    unit /= 10
  }
  return value
}
