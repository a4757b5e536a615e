/**
 * Exchange calendars: sessions, holidays, early closes, trading days and settlement days.
 *
 * @packageDocumentation
 */
export {
  type CalendarAmendment,
  Calendars,
  type CalendarsOptions,
  type DayAmendment,
} from './calendars.js'
export type { IsoDate } from './civil-date.js'
export { CurrencyDays, type CurrencyHolidays } from './currency-days.js'
export { DayRoll, type DayRollOptions } from './day-roll.js'
export type { Hours, MarketRules, PhaseHours, SessionPhase, SettlementCycle, SpecialDay } from './market-rules.js'
export { type CalendarSessionTimes, sessionTimes } from './session-times.js'
export { TimeZone } from './time-zone.js'
export {
  type CalendarDay,
  type MarketPhase,
  type SessionStretch,
  TradingCalendar,
  type TradingSession,
} from './trading-calendar.js'
