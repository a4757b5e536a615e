/**
 * UTC dates and times of FIX in both directions, by whole-number arithmetic on the proleptic Gregorian calendar.
 */
import { MINUS, POINT, ZERO } from './bytes.js'

/** Microseconds of a day. */
export const DAY_US = 86_400_000_000
const COLON = 58

/** Two digits as a number; -1 when they are none. */
function two(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] - ZERO
  const ones = bytes[at + 1] - ZERO
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones
}

const monthLengths = Uint8Array.of(0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

/** Days from 1970-01-01 to a date of the Gregorian calendar, year 0 to 9999. */
export function daysOfDate(year: number, month: number, day: number): number {
  // Years begin in March here, so that the leap day is the last one.
  const shifted = month > 2 ? year : year - 1
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + (yearOfEra >> 2) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

/** Whether bytes are a date of the calendar: `YYYYMMDD`. */
export function isDate(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== 8) return false
  const century = two(bytes, from)
  const years = two(bytes, from + 2)
  const month = two(bytes, from + 4)
  const day = two(bytes, from + 6)
  if (century < 0 || years < 0 || month < 1 || month > 12 || day < 1 || day > monthLengths[month]) return false
  return day < 29 || month !== 2 || isLeap(century, years)
}

function isLeap(century: number, years: number): boolean {
  return years === 0 ? century % 4 === 0 : years % 4 === 0
}

/** Whether bytes are a time of the day: `HH:MM:SS` with up to 12 digits of a fraction; second 60 is a leap second. */
export function isTime(bytes: Uint8Array, from: number, to: number): boolean {
  const length = to - from
  if (length < 8 || length === 9 || length > 21) return false
  const hour = two(bytes, from)
  const minute = two(bytes, from + 3)
  const second = two(bytes, from + 6)
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return false
  if (bytes[from + 2] !== COLON || bytes[from + 5] !== COLON) return false
  if (length > 8 && bytes[from + 8] !== POINT) return false
  for (let index = from + 9; index < to; index++) {
    const digit = bytes[index] - ZERO
    if (digit < 0 || digit > 9) return false
  }
  return true
}

/** Whether bytes are a date, `-` and a time. */
export function isTimestamp(bytes: Uint8Array, from: number, to: number): boolean {
  return to - from >= 17 && bytes[from + 8] === MINUS && isDate(bytes, from, from + 8) && isTime(bytes, from + 9, to)
}

/** `YYYYMMDD` as days since 1970-01-01; NaN when it is no date. */
export function parseDate(bytes: Uint8Array, from: number, to: number): number {
  if (!isDate(bytes, from, to)) return Number.NaN
  return daysOfDate(two(bytes, from) * 100 + two(bytes, from + 2), two(bytes, from + 4), two(bytes, from + 6))
}

/**
 * `HH:MM:SS` with up to 12 digits of a fraction, as microseconds of the day; NaN when it is no time. Digits finer than a
 * microsecond are cut off; {@link parseNanoseconds} reads them. Second 60 counts as the first of the next minute.
 */
export function parseTime(bytes: Uint8Array, from: number, to: number): number {
  if (!isTime(bytes, from, to)) return Number.NaN
  let micros = 0
  let weight = 100_000
  for (let index = from + 9; index < to && weight >= 1; index++) {
    micros += (bytes[index] - ZERO) * weight
    weight /= 10
  }
  return (two(bytes, from) * 3_600 + two(bytes, from + 3) * 60 + two(bytes, from + 6)) * 1_000_000 + micros
}

/** `YYYYMMDD-HH:MM:SS[.fraction]` as microseconds since the epoch; NaN when it is no timestamp. */
export function parseTimestamp(bytes: Uint8Array, from: number, to: number): number {
  if (!isTimestamp(bytes, from, to)) return Number.NaN
  return parseDate(bytes, from, from + 8) * DAY_US + parseTime(bytes, from + 9, to)
}

/** The nanoseconds below the microsecond of a time or timestamp that has passed its parser: 0 to 999. */
export function parseNanoseconds(bytes: Uint8Array, from: number, to: number): number {
  for (let index = from; index < to; index++) {
    if (bytes[index] !== POINT) continue
    let nanos = 0
    for (let place = 7; place < 10; place++) nanos = nanos * 10 + (index + place < to ? bytes[index + place] - ZERO : 0)
    return nanos
  }
  return 0
}

/** How fine a timestamp is written: digits behind the second. */
export const TimestampPrecision = { seconds: 0, milliseconds: 3, microseconds: 6, nanoseconds: 9 } as const
/** How fine a timestamp is written. */
export type TimestampPrecision = (typeof TimestampPrecision)[keyof typeof TimestampPrecision]

/** The first second of a four-digit year, 0000-01-01, since the epoch. */
export const MIN_SECOND = -62_167_219_200
/** The last second of a four-digit year, 9999-12-31, since the epoch. */
export const MAX_SECOND = 253_402_300_799

/** Writes `YYYYMMDD` of a day since the epoch: 8 bytes. */
export function writeDate(bytes: Uint8Array, at: number, day: number): void {
  const shifted = day + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + (yearOfEra >> 2) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  writeTwo(bytes, at, Math.floor(year / 100))
  writeTwo(bytes, at + 2, year % 100)
  writeTwo(bytes, at + 4, month)
  writeTwo(bytes, at + 6, dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1)
}

/** Writes `HH:MM:SS` of a second of the day: 8 bytes. */
export function writeTimeOfDay(bytes: Uint8Array, at: number, second: number): void {
  writeTwo(bytes, at, (second / 3_600) | 0)
  bytes[at + 2] = COLON
  writeTwo(bytes, at + 3, ((second / 60) | 0) % 60)
  bytes[at + 5] = COLON
  writeTwo(bytes, at + 6, second % 60)
}

function writeTwo(bytes: Uint8Array, at: number, value: number): void {
  const tens = (value / 10) | 0
  bytes[at] = ZERO + tens
  bytes[at + 1] = ZERO + value - tens * 10
}
