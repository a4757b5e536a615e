/**
 * When a session may be up: every day, on some days of the week, once from a day to another, or always.
 *
 * What a schedule decides is not the time of day but the *session*, the stretch between a start and its end: numbers belong to
 * one session, and whoever comes back in the next one starts at 1, no matter how long it was away. Starts and ends are local
 * times of the venue, so the stretches of a week in which the clocks change are an hour shorter or longer.
 */
import { TradewireError } from '../../../core/errors.js'
import { DAY_US } from '../codec/times.js'
import { TimeZone } from './time-zone.js'

/** A day of the week. */
export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'

/** Settings of a `SessionSchedule`. */
export interface ScheduleConfig {
  /** Local time `HH:MM:SS` at which a session begins. */
  startTime: string
  /** Local time at which it ends; the same as `startTime` means a whole day, or a whole week. Before it means the next day. */
  endTime: string
  /** IANA name, e.g. `America/New_York`; `UTC` unless given. */
  timeZone?: string
  /** With `endDay`: one session a week, from this day to that. */
  startDay?: Weekday
  /** See `startDay`. */
  endDay?: Weekday
  /** Days of the week on which daily sessions begin; all unless given. */
  weekdays?: readonly Weekday[]
}

/** A stretch of time in Unix epoch microseconds: from `startUs` on, before `endUs`. */
export interface SessionInterval {
  readonly startUs: number
  readonly endUs: number
}

const weekdays: readonly Weekday[] = ['thu', 'fri', 'sat', 'sun', 'mon', 'tue', 'wed']
/** The longest search for the next session: a week and a day. */
const SEARCH_DAYS = 8

/** Says which session a moment belongs to. */
export class SessionSchedule {
  readonly #zone: TimeZone
  readonly #startOfDayUs: number
  /** From the start of the day on which a session begins, in local time. */
  readonly #endUs: number
  /** Days since 1970-01-01 modulo 7 on which sessions begin. */
  readonly #startDays: ReadonlySet<number>
  #cached: SessionInterval | undefined

  /** @throws TradewireError `TW_INVALID_CONFIG` naming the setting. */
  constructor(config: ScheduleConfig) {
    this.#zone = new TimeZone(config.timeZone ?? 'UTC')
    this.#startOfDayUs = timeOfDayUs(config.startTime, 'startTime')
    const endOfDayUs = timeOfDayUs(config.endTime, 'endTime')
    if ((config.startDay === undefined) !== (config.endDay === undefined)) {
      throw new TradewireError('TW_INVALID_CONFIG', 'startDay and endDay are given together')
    }
    if (config.startDay !== undefined && config.endDay !== undefined) {
      if (config.weekdays !== undefined) {
        throw new TradewireError('TW_INVALID_CONFIG', 'weekdays and startDay exclude each other')
      }
      const start = dayNumber(config.startDay, 'startDay')
      let days = (dayNumber(config.endDay, 'endDay') - start + 7) % 7
      if (days === 0 && endOfDayUs <= this.#startOfDayUs) days = 7
      this.#startDays = new Set([start])
      this.#endUs = days * DAY_US + endOfDayUs
    } else {
      this.#startDays = new Set((config.weekdays ?? weekdays).map((day) => dayNumber(day, 'weekdays')))
      this.#endUs = endOfDayUs <= this.#startOfDayUs ? endOfDayUs + DAY_US : endOfDayUs
    }
  }

  /** The session that `us` lies in; undefined when it lies between two. */
  sessionAt(us: number): SessionInterval | undefined {
    const cached = this.#cached
    if (cached !== undefined && us >= cached.startUs && us < cached.endUs) return cached
    const today = Math.floor(this.#zone.localUs(us) / DAY_US)
    for (let day = today; day >= today - SEARCH_DAYS; day--) {
      if (!this.#startDays.has(modulo7(day))) continue
      const interval = this.#intervalOf(day)
      if (us >= interval.startUs && us < interval.endUs) {
        this.#cached = interval
        return interval
      }
    }
    return undefined
  }

  /** Whether both moments lie in the same session. */
  isSameSession(aUs: number, bUs: number): boolean {
    const session = this.sessionAt(bUs)
    return session !== undefined && aUs >= session.startUs && aUs < session.endUs
  }

  /** The first start after `us`. */
  nextStartUs(us: number): number {
    const today = Math.floor(this.#zone.localUs(us) / DAY_US)
    for (let day = today - 1; day <= today + SEARCH_DAYS; day++) {
      if (!this.#startDays.has(modulo7(day))) continue
      const { startUs } = this.#intervalOf(day)
      if (startUs > us) return startUs
    }
    throw new TradewireError('TW_ASSERTION', 'Invariant broken: a schedule has a start in every week')
  }

  #intervalOf(day: number): SessionInterval {
    const midnightUs = day * DAY_US
    return {
      startUs: this.#zone.instantUs(midnightUs + this.#startOfDayUs),
      endUs: this.#zone.instantUs(midnightUs + this.#endUs),
    }
  }
}

function modulo7(day: number): number {
  return ((day % 7) + 7) % 7
}

function dayNumber(day: Weekday, name: string): number {
  const number = weekdays.indexOf(day)
  if (number >= 0) return number
  throw new TradewireError('TW_INVALID_CONFIG', `${name} must be one of ${weekdays.join(', ')}, got ${String(day)}`)
}

function timeOfDayUs(text: string, name: string): number {
  const match = /^(\d{2}):(\d{2}):(\d{2})$/.exec(text)
  const [hours, minutes, seconds] = match === null ? [99, 0, 0] : match.slice(1).map(Number)
  if (hours > 23 || minutes > 59 || seconds > 59) {
    throw new TradewireError('TW_INVALID_CONFIG', `${name} must be a time HH:MM:SS, got "${text}"`)
  }
  return (hours * 3_600 + minutes * 60 + seconds) * 1_000_000
}
