/** Sessions as bars want them: where the session of an instant starts and ends. */
import type { TradingCalendar } from './trading-calendar.js'

/** Start and end of sessions by instant (Unix epoch microseconds); NaN between sessions. Fits the `session` option of bars. */
export interface CalendarSessionTimes {
  sessionStartUs(tsUs: number): number
  sessionEndUs(tsUs: number): number
}

/**
 * Session times of a calendar for bars aligned with sessions.
 *
 * @param hours `regular` leaves extended hours out; `all` takes them in.
 */
export function sessionTimes(calendar: TradingCalendar, hours: 'regular' | 'all' = 'regular'): CalendarSessionTimes {
  let startUs = Number.NaN
  let endUs = Number.NaN
  const locate = (tsUs: number): boolean => {
    if (tsUs >= startUs && tsUs < endUs) return true
    const session = calendar.sessionAt(tsUs)
    if (session === undefined) return false
    startUs = hours === 'regular' ? session.openUs : session.startUs
    endUs = hours === 'regular' ? session.closeUs : session.endUs
    return tsUs >= startUs && tsUs < endUs
  }
  return {
    sessionStartUs: (tsUs) => (locate(tsUs) ? startUs : Number.NaN),
    sessionEndUs: (tsUs) => (locate(tsUs) ? endUs : Number.NaN),
  }
}
