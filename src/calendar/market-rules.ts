/**
 * What a market's calendar is made of: hours by era, holidays by year, and the span of dates that is known.
 *
 * Times of day are minutes of local time from the midnight that begins the trading day; negative minutes lie on the day before.
 */
import type { IsoDate } from './civil-date.js'

/** Part of a session: `pre` and `post` are extended hours or auctions around the `regular` one. */
export type SessionPhase = 'pre' | 'regular' | 'post'

/** One stretch of a session, in local minutes of the trading day. */
export interface PhaseHours {
  readonly phase: SessionPhase
  readonly from: number
  readonly to: number
}

/** The hours of an ordinary session from a date on. */
export interface Hours {
  /** First trading day with these hours. */
  readonly since: IsoDate
  readonly phases: readonly PhaseHours[]
}

/** A day that differs from an ordinary one. Times are local minutes of that day. */
export interface SpecialDay {
  /** Day number. */
  readonly day: number
  /** What is celebrated, mourned or repaired. */
  readonly name: string
  /**
   * `closed`: no trading. `short`: regular trading ends at `closeAt`, extended hours at `endAt`. `late`: it starts at
   * `openAt`. `joined`: the day is no trading day, but the market is open until `closeAt` and its trades count to the
   * next trading day.
   */
  readonly kind: 'closed' | 'short' | 'late' | 'joined'
  readonly openAt?: number
  readonly closeAt?: number
  readonly endAt?: number
}

/** Trading days that settle together, standard cycle by date. */
export interface SettlementCycle {
  /** First trade date of this cycle. */
  readonly since: IsoDate
  /** Business days after the trade date. */
  readonly days: number
}

/** Everything that defines a market's calendar. Pure data but for the function of the year. */
export interface MarketRules {
  /** The name to ask by: a MIC where the market has one. */
  readonly id: string
  /** Other names of the same calendar. */
  readonly aliases?: readonly string[]
  /** What it is, for people. */
  readonly name: string
  /** IANA time zone of all local times. */
  readonly timeZone: string
  /** Days of the week without trading, 0 is Sunday. */
  readonly weekend: readonly number[]
  /** Local minute at which the next trading day begins (negative: on the day before): 0 for midnight, -420 for 17:00 before. */
  readonly rollAt: number
  /** First and last date that the rules speak for. Outside them everything is refused. */
  readonly knownFrom: IsoDate
  readonly knownThrough: IsoDate
  /** Hours in order of `since`; the first from `knownFrom`. */
  readonly hours: readonly Hours[]
  /** Special days whose rule belongs to a year. At most one per day; a later one replaces an earlier one. */
  specialDays(year: number): readonly SpecialDay[]
  /** Days on which nothing settles even if the market trades, as day numbers. */
  settlementHolidays?(year: number): readonly number[]
  /** Whether things settle on weekdays without trading that are no settlement holidays. Default: on trading days only. */
  readonly settlesWithoutTrading?: boolean
  /** The standard settlement cycle of the market's cash products; absent where it depends on the product. */
  readonly settlement?: readonly SettlementCycle[]
}

/** Minutes of a time of day, `at(9, 30)` is 570. */
export function at(hour: number, minute = 0): number {
  return hour * 60 + minute
}
