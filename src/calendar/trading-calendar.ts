/**
 * A market's calendar: which days it trades, when its sessions begin and end, to which trading day an instant belongs, and
 * when a trade settles.
 *
 * It answers for the span of dates its rules speak for and refuses everything else: a wrong guess about a holiday is worse
 * than an error. Instants are Unix epoch microseconds. What was asked last is kept, so that asking again for the same
 * session costs two comparisons and allocates nothing.
 */
import { TradewireError } from '../core/errors.js'
import { type IsoDate, isoDate, parseDate, weekdayOf, yearOf } from './civil-date.js'
import type { MarketRules, PhaseHours, SessionPhase, SpecialDay } from './market-rules.js'
import { TimeZone } from './time-zone.js'

/** A stretch of a session; the end is not part of it. */
export interface SessionStretch {
  readonly phase: SessionPhase
  readonly startUs: number
  readonly endUs: number
}

/** The hours of one trading day. */
export interface TradingSession {
  /** The trading day. It may begin on the evening before. */
  readonly date: IsoDate
  /** All stretches in order, extended hours included. Between them the market pauses. */
  readonly stretches: readonly SessionStretch[]
  /** Start of the first and end of the last stretch. */
  readonly startUs: number
  readonly endUs: number
  /** Start of the first and end of the last regular stretch. */
  readonly openUs: number
  readonly closeUs: number
  /** Whether regular trading ends before its usual time. */
  readonly isShort: boolean
  /** Why the day is special, where it is. */
  readonly note?: string
}

/** What a market does at an instant. */
export type MarketPhase = SessionPhase | 'closed'

/** A day that differs from the others, for people. */
export interface CalendarDay {
  readonly date: IsoDate
  readonly name: string
  readonly kind: SpecialDay['kind']
}

/** Answers for one market. Make one with {@link Calendars}. */
export class TradingCalendar {
  readonly id: string
  readonly name: string
  readonly timeZone: string
  /** First and last date it answers for. */
  readonly knownFrom: IsoDate
  readonly knownThrough: IsoDate
  readonly #rules: MarketRules
  readonly #zone: TimeZone
  readonly #firstDay: number
  readonly #lastDay: number
  readonly #eras: readonly { since: number; phases: readonly PhaseHours[] }[]
  readonly #years = new Map<number, ReadonlyMap<number, SpecialDay>>()
  readonly #sessions = new Map<number, TradingSession>()
  /** The answer of `phaseAt` holds from the first to before the second instant. */
  #phaseFromUs = Number.NaN
  #phaseUntilUs = Number.NaN
  #phase: MarketPhase = 'closed'
  /** The answer of `tradingDayAt` likewise. */
  #dayFromUs = Number.NaN
  #dayUntilUs = Number.NaN
  #day = 0
  #date: IsoDate = ''

  constructor(rules: MarketRules) {
    this.id = rules.id
    this.name = rules.name
    this.timeZone = rules.timeZone
    this.knownFrom = rules.knownFrom
    this.knownThrough = rules.knownThrough
    this.#rules = rules
    this.#zone = new TimeZone(rules.timeZone)
    this.#firstDay = parseDate(rules.knownFrom)
    this.#lastDay = parseDate(rules.knownThrough)
    this.#eras = rules.hours.map(({ since, phases }) => ({ since: parseDate(since), phases }))
  }

  /** What the market does at an instant. @throws TradewireError `TW_CALENDAR_RANGE` outside the known dates. */
  phaseAt(tsUs: number): MarketPhase {
    if (tsUs >= this.#phaseFromUs && tsUs < this.#phaseUntilUs) return this.#phase
    const session = this.#session(this.#tradingDay(tsUs))
    let fromUs = tsUs
    for (const { phase, startUs, endUs } of session.stretches) {
      if (tsUs < startUs) return this.#keepPhase('closed', fromUs, startUs)
      if (tsUs < endUs) return this.#keepPhase(phase, startUs, endUs)
      fromUs = endUs
    }
    return this.#keepPhase('closed', fromUs, this.#dayUntilUs)
  }

  /** Whether regular trading goes on at an instant. @throws TradewireError `TW_CALENDAR_RANGE`. */
  isOpen(tsUs: number): boolean {
    return this.phaseAt(tsUs) === 'regular'
  }

  /**
   * The trading day an instant belongs to: the next one where the market rests until then.
   *
   * @throws TradewireError `TW_CALENDAR_RANGE`.
   */
  tradingDayAt(tsUs: number): IsoDate {
    this.#tradingDay(tsUs)
    return this.#date
  }

  /** The instant at which the trading day after the one of `tsUs` begins. @throws TradewireError `TW_CALENDAR_RANGE`. */
  nextRollUs(tsUs: number): number {
    this.#tradingDay(tsUs)
    return this.#dayUntilUs
  }

  /** Whether a date is a trading day. @throws TradewireError `TW_CALENDAR_RANGE`; `TW_INVALID_ARGUMENT` for no date. */
  isTradingDay(date: IsoDate): boolean {
    return this.#trades(parseDate(date))
  }

  /** The session of a date; undefined where it is no trading day. @throws TradewireError `TW_CALENDAR_RANGE`. */
  session(date: IsoDate): TradingSession | undefined {
    const day = parseDate(date)
    return this.#trades(day) ? this.#session(day) : undefined
  }

  /** The session that an instant lies in, its pauses included; undefined between sessions. */
  sessionAt(tsUs: number): TradingSession | undefined {
    const session = this.#session(this.#tradingDay(tsUs))
    return tsUs >= session.startUs && tsUs < session.endUs ? session : undefined
  }

  /** The first session that starts after an instant. @throws TradewireError `TW_CALENDAR_RANGE`. */
  nextSession(tsUs: number): TradingSession {
    let day = this.#tradingDay(tsUs)
    while (this.#session(day).startUs <= tsUs) day = this.#step(day, 1)
    return this.#session(day)
  }

  /** The last session that has ended at an instant. @throws TradewireError `TW_CALENDAR_RANGE`. */
  previousSession(tsUs: number): TradingSession {
    let day = this.#tradingDay(tsUs)
    while (this.#session(day).endUs > tsUs) day = this.#step(day, -1)
    return this.#session(day)
  }

  /** The instant at or after `tsUs` at which regular trading of a session begins. */
  nextOpenUs(tsUs: number): number {
    let day = this.#tradingDay(tsUs)
    while (this.#session(day).openUs < tsUs) day = this.#step(day, 1)
    return this.#session(day).openUs
  }

  /** The instant after `tsUs` at which regular trading of a session ends. */
  nextCloseUs(tsUs: number): number {
    let day = this.#tradingDay(tsUs)
    while (this.#session(day).closeUs <= tsUs) day = this.#step(day, 1)
    return this.#session(day).closeUs
  }

  /** The trading day `count` after (or, negative, before) a date; 0 gives the date itself, or the next trading day. */
  addTradingDays(date: IsoDate, count: number): IsoDate {
    wholeNumber(count, 'count')
    let day = parseDate(date)
    if (count === 0) while (!this.#trades(day)) day++
    for (let left = Math.abs(count); left > 0; left--) day = this.#step(day, count < 0 ? -1 : 1)
    return isoDate(day)
  }

  /** The trading days from a date through another. */
  tradingDays(from: IsoDate, through: IsoDate): IsoDate[] {
    const days: IsoDate[] = []
    for (let day = parseDate(from), last = parseDate(through); day <= last; day++)
      if (this.#trades(day)) days.push(isoDate(day))
    return days
  }

  /** Holidays, short and late days of a year that fall on weekdays the market knows. */
  specialDays(year: number): CalendarDay[] {
    return [...this.#specials(year).values()]
      .filter(({ day }) => day >= this.#firstDay && day <= this.#lastDay && !this.#isWeekend(day))
      .sort((a, b) => a.day - b.day)
      .map(({ day, name, kind }) => ({ date: isoDate(day), name, kind }))
  }

  /** Whether trades settle on a date. @throws TradewireError `TW_CALENDAR_RANGE`. */
  isSettlementDay(date: IsoDate): boolean {
    return this.#settles(parseDate(date))
  }

  /**
   * Business days from trade to settlement of the market's cash products on a trade date; undefined where it depends on
   * the product (futures, currencies).
   */
  settlementCycle(tradeDate: IsoDate): number | undefined {
    const day = parseDate(tradeDate)
    this.#check(day)
    return this.#rules.settlement?.findLast(({ since }) => parseDate(since) <= day)?.days
  }

  /**
   * The date on which a trade of a date settles, `days` settlement days later (0: the trade date, or the next day on which
   * things settle).
   *
   * @throws TradewireError `TW_CALENDAR_RANGE` where the date lies past what is known; `TW_INVALID_ARGUMENT`.
   */
  settlementDate(tradeDate: IsoDate, days: number): IsoDate {
    wholeNumber(days, 'days')
    if (days < 0) throw new TradewireError('TW_INVALID_ARGUMENT', `days must not be negative, is ${days}`)
    let day = parseDate(tradeDate)
    if (days === 0) while (!this.#settles(day)) day++
    for (let left = days; left > 0; ) if (this.#settles(++day)) left--
    return isoDate(day)
  }

  #keepPhase(phase: MarketPhase, fromUs: number, untilUs: number): MarketPhase {
    this.#phase = phase
    this.#phaseFromUs = fromUs
    this.#phaseUntilUs = untilUs
    return phase
  }

  /** The trading day of an instant; keeps the span for which the answer holds. */
  #tradingDay(tsUs: number): number {
    if (tsUs >= this.#dayFromUs && tsUs < this.#dayUntilUs) return this.#day
    if (!Number.isFinite(tsUs)) throw new TradewireError('TW_INVALID_ARGUMENT', `tsUs must be an instant, is ${tsUs}`)
    const ms = Math.floor(tsUs / 1000)
    let day = this.#zone.dayAt(ms, this.#rules.rollAt)
    while (!this.#trades(day)) day++
    let before = day - 1
    while (before >= this.#firstDay && !this.#trades(before)) before--
    this.#day = day
    this.#date = isoDate(day)
    this.#dayFromUs = this.#zone.utcMs(before + 1, this.#rules.rollAt) * 1000
    this.#dayUntilUs = this.#zone.utcMs(day + 1, this.#rules.rollAt) * 1000
    return day
  }

  #session(day: number): TradingSession {
    const known = this.#sessions.get(day)
    if (known !== undefined) return known
    const session = this.#makeSession(day)
    if (this.#sessions.size >= 4096) this.#sessions.clear()
    this.#sessions.set(day, session)
    return session
  }

  #makeSession(day: number): TradingSession {
    const stretches: SessionStretch[] = []
    let holiday = day - 1
    while (holiday >= this.#firstDay && !this.#trades(holiday)) holiday--
    for (holiday++; holiday < day; holiday++) {
      const special = this.#special(holiday)
      if (special?.kind === 'joined') this.#addStretches(stretches, holiday, special)
    }
    const special = this.#special(day)
    this.#addStretches(stretches, day, special)
    const regular = stretches.filter(({ phase }) => phase === 'regular')
    if (regular.length === 0) throw this.#noTrading(day)
    return {
      date: isoDate(day),
      stretches,
      startUs: (stretches[0] as SessionStretch).startUs,
      endUs: (stretches.at(-1) as SessionStretch).endUs,
      openUs: (regular[0] as SessionStretch).startUs,
      closeUs: (regular.at(-1) as SessionStretch).endUs,
      isShort: special?.kind === 'short',
      ...(special === undefined ? {} : { note: special.name }),
    }
  }

  #addStretches(stretches: SessionStretch[], day: number, special: SpecialDay | undefined): void {
    const phases = this.#eras.findLast(({ since }) => since <= day)?.phases ?? []
    for (const hours of phases) {
      const { from, to } = adjusted(hours, special)
      if (!(to > from)) continue
      stretches.push({
        phase: hours.phase,
        startUs: this.#zone.utcMs(day, from) * 1000,
        endUs: this.#zone.utcMs(day, to) * 1000,
      })
    }
  }

  #step(day: number, direction: 1 | -1): number {
    let next = day + direction
    while (!this.#trades(next)) next += direction
    return next
  }

  #trades(day: number): boolean {
    this.#check(day)
    if (this.#isWeekend(day)) return false
    const kind = this.#special(day)?.kind
    return kind !== 'closed' && kind !== 'joined'
  }

  #settles(day: number): boolean {
    const trades = this.#trades(day)
    if (this.#rules.settlementHolidays?.(yearOf(day)).includes(day)) return false
    return trades || (this.#rules.settlesWithoutTrading === true && !this.#isWeekend(day))
  }

  #isWeekend(day: number): boolean {
    return this.#rules.weekend.includes(weekdayOf(day))
  }

  #special(day: number): SpecialDay | undefined {
    return this.#specials(yearOf(day)).get(day)
  }

  #specials(year: number): ReadonlyMap<number, SpecialDay> {
    const known = this.#years.get(year)
    if (known !== undefined) return known
    const byDay = new Map(this.#rules.specialDays(year).map((special) => [special.day, special]))
    this.#years.set(year, byDay)
    return byDay
  }

  #noTrading(day: number): TradewireError {
    const date = isoDate(day)
    return new TradewireError(
      'TW_INVALID_ARGUMENT',
      `The calendar ${this.id} has no regular trading on ${date}: give the day an openAt or closeAt that leaves some, or make it closed`,
      { details: { calendar: this.id, date } },
    )
  }

  #check(day: number): void {
    if (day >= this.#firstDay && day <= this.#lastDay) return
    throw new TradewireError(
      'TW_CALENDAR_RANGE',
      `The calendar ${this.id} is known from ${this.knownFrom} through ${this.knownThrough}: ${isoDate(day)} lies outside. Amend it with what the market has published`,
      {
        details: { calendar: this.id, date: isoDate(day), knownFrom: this.knownFrom, knownThrough: this.knownThrough },
      },
    )
  }
}

/** A phase's local minutes on a special day; empty (`to` not after `from`) where it falls away. */
function adjusted(hours: PhaseHours, special: SpecialDay | undefined): { from: number; to: number } {
  const { phase, from, to } = hours
  const { kind, openAt, closeAt, endAt } = special ?? {}
  if (kind === 'late' && openAt !== undefined) {
    if (phase === 'regular') return { from: Math.max(from, openAt), to }
    return phase === 'pre' ? { from, to: Math.max(to, openAt) } : { from, to }
  }
  if ((kind !== 'short' && kind !== 'joined') || closeAt === undefined) return { from, to }
  if (phase === 'post') return { from: closeAt, to: kind === 'short' ? (endAt ?? closeAt) : closeAt }
  return { from, to: Math.min(to, closeAt) }
}

function wholeNumber(value: number, name: string): void {
  if (Number.isSafeInteger(value) && Math.abs(value) <= 10_000) return
  throw new TradewireError('TW_INVALID_ARGUMENT', `${name} must be a whole number up to 10000, is ${value}`)
}
