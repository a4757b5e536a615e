/** Builders of special days, so that a market's list reads like its published calendar. */
import { dayNumber, type IsoDate, isWeekend, parseDate, Weekday, weekdayOf } from '../civil-date.js'
import type { SpecialDay } from '../market-rules.js'

/** A day without trading. */
export function closed(day: number, name: string): SpecialDay {
  return { day, name, kind: 'closed' }
}

/** A day on which regular trading ends early; extended hours end at `endAt`, by default with it. */
export function short(day: number, name: string, closeAt: number, endAt = closeAt): SpecialDay {
  return { day, name, kind: 'short', closeAt, endAt }
}

/** A holiday whose shortened trading counts to the next trading day. */
export function joined(day: number, name: string, closeAt: number): SpecialDay {
  return { day, name, kind: 'joined', closeAt }
}

/** Closures of certain dates. */
export function closures(name: string, ...dates: IsoDate[]): SpecialDay[] {
  return dates.map((date) => closed(parseDate(date), name))
}

/** A holiday that moves to Friday from a Saturday and to Monday from a Sunday. */
export function nearestWeekday(day: number): number {
  const weekday = weekdayOf(day)
  if (weekday === Weekday.saturday) return day - 1
  return weekday === Weekday.sunday ? day + 1 : day
}

/** A holiday that moves to Monday from a Sunday, and is lost on a Saturday. */
export function sundayToMonday(day: number): number {
  return weekdayOf(day) === Weekday.sunday ? day + 1 : day
}

/** A holiday that moves to Monday from a weekend. */
export function weekendToMonday(day: number): number {
  const weekday = weekdayOf(day)
  if (weekday === Weekday.saturday) return day + 2
  return weekday === Weekday.sunday ? day + 1 : day
}

/** The last weekday before a day. */
export function weekdayBefore(day: number): number {
  let before = day - 1
  while (isWeekend(before)) before--
  return before
}

/** Christmas Day of a year. */
export function christmas(year: number): number {
  return dayNumber(year, 12, 25)
}
