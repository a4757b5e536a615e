/**
 * Trading days by time zone: which day an instant belongs to when the day rolls at a local time, whatever daylight saving
 * does. A roll at or after noon begins the next date's trading day (17:00 Chicago, CME), one before noon that of its own
 * date (00:00 New York).
 */
import { TradewireError } from '../../core/errors.js'

/** Says which trading day an instant belongs to, as `2026-03-09`. A calendar of an exchange is one. */
export interface TradingDays {
  tradingDay(tsUs: number): string
}

/** When a trading day rolls. */
export interface TradingDayOptions {
  /** IANA name; UTC unless given. */
  timeZone?: string
  /** Local time of the roll, `HH:MM`; 00:00 unless given. */
  rollLocal?: string
  /** What is no trading day counts to the next (`skip`, the default); or every date is one (`count`: crypto). */
  weekends?: 'skip' | 'count'
  /** Dates that are no trading days. */
  holidays?: readonly string[]
}

const dayMs = 86_400_000

/** Trading days of one time zone. */
export class TradingDayRoll implements TradingDays {
  readonly #format: Intl.DateTimeFormat
  readonly #rollMs: number
  readonly #skipsWeekends: boolean
  readonly #holidays: ReadonlySet<string>

  /** @throws TradewireError `TW_INVALID_CONFIG` for an unknown zone or a time that is none. */
  constructor(options: TradingDayOptions = {}) {
    const { timeZone = 'UTC', rollLocal = '00:00', weekends = 'skip', holidays = [] } = options
    const time = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(rollLocal)
    if (time === null)
      throw new TradewireError(
        'TW_INVALID_CONFIG',
        `tradingDay.rollLocal must be a time such as 17:00, got ${rollLocal}`,
      )
    this.#rollMs = (Number(time[1]) * 60 + Number(time[2])) * 60_000
    this.#skipsWeekends = weekends === 'skip'
    this.#holidays = new Set(holidays)
    try {
      this.#format = new Intl.DateTimeFormat('en-US', {
        timeZone,
        hourCycle: 'h23',
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
      })
    } catch (error) {
      throw unknownZone(timeZone, error)
    }
  }

  /** The trading day of an instant (epoch microseconds). */
  tradingDay(tsUs: number): string {
    const localMs = this.#localMs(Math.floor(tsUs / 1_000))
    const isAfter = localMs - Math.floor(localMs / dayMs) * dayMs >= this.#rollMs
    let date = Math.floor(localMs / dayMs)
    if (this.#rollMs >= dayMs / 2) date += isAfter ? 1 : 0
    else date -= isAfter ? 0 : 1
    while (!this.#isTradingDate(date)) date++
    return dateText(date)
  }

  #isTradingDate(date: number): boolean {
    // 1970-01-01, day 0, was a Thursday.
    const weekday = (((date + 4) % 7) + 7) % 7
    return !(this.#skipsWeekends && (weekday === 0 || weekday === 6)) && !this.#holidays.has(dateText(date))
  }

  /** Local wall time as if it were UTC. */
  #localMs(utcMs: number): number {
    const parts: Record<string, number> = {}
    for (const { type, value } of this.#format.formatToParts(utcMs)) parts[type] = Number(value)
    const { year, month, day, hour, minute, second } = parts as Record<string, number>
    return Date.UTC(year, month - 1, day, hour, minute, second)
  }
}

function unknownZone(timeZone: string, cause: unknown): TradewireError {
  return new TradewireError('TW_INVALID_CONFIG', `tradingDay.timeZone "${timeZone}" is not known`, { cause })
}

function dateText(date: number): string {
  return new Date(date * dayMs).toISOString().slice(0, 10)
}
