/**
 * Trading days by a time of day alone: where an account's day rolls at 17:00 Chicago or at midnight New York, whatever the
 * hours of the markets it trades on. With a calendar, its holidays count as well.
 */
import { TradewireError } from '../core/errors.js'
import { minutesOf } from './calendars.js'
import { type IsoDate, isoDate, isWeekend } from './civil-date.js'
import { TimeZone } from './time-zone.js'
import type { TradingCalendar } from './trading-calendar.js'

/** When days roll. */
export interface DayRollOptions {
  /** IANA time zone of `rollLocal`. */
  readonly timeZone: string
  /** Local time `HH:MM` at which a day begins: before 12:00 that date's day, from 12:00 on the next date's. */
  readonly rollLocal: string
  /** Which dates are trading days. Default: weekdays; a weekend belongs to Monday. */
  readonly days?: 'weekdays' | 'every' | TradingCalendar
}

const noon = 12 * 60

/** Gives the trading day of an instant. Answers are kept: asking within the same day costs two comparisons. */
export class DayRoll {
  readonly #zone: TimeZone
  /** Local minutes of the midnight of a date at which its day begins: 0 to 719, or negative on the day before. */
  readonly #rollAt: number
  readonly #days: 'weekdays' | 'every' | TradingCalendar
  #fromUs = Number.NaN
  #untilUs = Number.NaN
  #date: IsoDate = ''

  /** @throws TradewireError `TW_INVALID_ARGUMENT` naming the option. */
  constructor(options: DayRollOptions) {
    this.#zone = new TimeZone(options.timeZone)
    const minutes = minutesOf(options.rollLocal, 'rollLocal')
    this.#rollAt = minutes >= noon ? minutes - 24 * 60 : minutes
    this.#days = options.days ?? 'weekdays'
  }

  /**
   * The trading day of an instant (Unix epoch microseconds). It depends on nothing but the instant: who must not roll back
   * when a clock jumps back keeps the latest.
   *
   * @throws TradewireError `TW_CALENDAR_RANGE` where a calendar does not know the date; `TW_INVALID_ARGUMENT` for no instant.
   */
  dayAt(tsUs: number): IsoDate {
    if (!(tsUs >= this.#fromUs && tsUs < this.#untilUs)) this.#locate(tsUs)
    return this.#date
  }

  /** The instant at which the day after the one of `tsUs` begins. Errors as for `dayAt`. */
  nextRollUs(tsUs: number): number {
    if (!(tsUs >= this.#fromUs && tsUs < this.#untilUs)) this.#locate(tsUs)
    return this.#untilUs
  }

  #locate(tsUs: number): void {
    if (!Number.isFinite(tsUs)) throw new TradewireError('TW_INVALID_ARGUMENT', `tsUs must be an instant, is ${tsUs}`)
    const first = this.#zone.dayAt(Math.floor(tsUs / 1000), this.#rollAt)
    let day = first
    while (!this.#trades(day)) day++
    this.#date = isoDate(day)
    this.#fromUs = this.#zone.utcMs(first, this.#rollAt) * 1000
    this.#untilUs = this.#zone.utcMs(day + 1, this.#rollAt) * 1000
  }

  #trades(day: number): boolean {
    if (this.#days === 'every') return true
    return this.#days === 'weekdays' ? !isWeekend(day) : this.#days.isTradingDay(isoDate(day))
  }
}
