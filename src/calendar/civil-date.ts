/**
 * Calendar dates as day numbers (days since 1970-01-01), and the arithmetic that holiday rules are made of.
 *
 * Whole-number arithmetic on the proleptic Gregorian calendar, years 1900 to 2199: no Date object, no time zone.
 */
import { TradewireError } from '../core/errors.js'

/** A date as `YYYY-MM-DD`. */
export type IsoDate = string

/** Days of the week as `weekdayOf` numbers them. */
export const Weekday = { sunday: 0, monday: 1, tuesday: 2, wednesday: 3, thursday: 4, friday: 5, saturday: 6 } as const

/** Milliseconds in a day without a change of clocks. */
export const MS_PER_DAY = 86_400_000

/** The day number of a date: 0 is 1970-01-01. `month` counts from 1. */
export function dayNumber(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

/** Year, month (from 1) and day of a day number. */
export function civilOf(day: number): { year: number; month: number; day: number } {
  const shifted = day + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthIndex = Math.floor((5 * dayOfYear + 2) / 153)
  const month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthIndex + 2) / 5) + 1,
  }
}

/** The year of a day number. */
export function yearOf(day: number): number {
  return civilOf(day).year
}

/** A day number as `YYYY-MM-DD`. */
export function isoDate(day: number): IsoDate {
  const { year, month, day: dayOfMonth } = civilOf(day)
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(dayOfMonth).padStart(2, '0')}`
}

/**
 * The day number of a text `YYYY-MM-DD`.
 *
 * @throws TradewireError `TW_INVALID_ARGUMENT` when the text is no date of the calendar.
 */
export function parseDate(date: IsoDate): number {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date)
  if (match !== null) {
    const day = dayNumber(Number(match[1]), Number(match[2]), Number(match[3]))
    if (isoDate(day) === date) return day
  }
  throw new TradewireError('TW_INVALID_ARGUMENT', `${JSON.stringify(date)} is no date: pass a real one as YYYY-MM-DD`, {
    details: { date },
  })
}

/** Day of the week: 0 is Sunday, 6 Saturday. */
export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7
}

/** Whether a day is a Saturday or a Sunday. */
export function isWeekend(day: number): boolean {
  const weekday = weekdayOf(day)
  return weekday === Weekday.saturday || weekday === Weekday.sunday
}

/** The n-th (from 1) given weekday of a month. */
export function nthWeekday(year: number, month: number, weekday: number, n: number): number {
  const first = dayNumber(year, month, 1)
  return first + ((weekday - weekdayOf(first) + 7) % 7) + (n - 1) * 7
}

/** The last given weekday of a month. */
export function lastWeekday(year: number, month: number, weekday: number): number {
  const last = (month === 12 ? dayNumber(year + 1, 1, 1) : dayNumber(year, month + 1, 1)) - 1
  return last - ((weekdayOf(last) - weekday + 7) % 7)
}

/** Easter Sunday of the western churches (Gregorian computus as given by Meeus, Jones and Butcher). */
export function easterSunday(year: number): number {
  const golden = year % 19
  const century = Math.floor(year / 100)
  const ofCentury = year % 100
  const correction = Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3)
  const epact = (19 * golden + century - Math.floor(century / 4) - correction + 15) % 30
  const toSunday = (32 + 2 * (century % 4) + 2 * Math.floor(ofCentury / 4) - epact - (ofCentury % 4)) % 7
  const shift = Math.floor((golden + 11 * epact + 22 * toSunday) / 451)
  const position = epact + toSunday - 7 * shift + 114
  return dayNumber(year, Math.floor(position / 31), (position % 31) + 1)
}
