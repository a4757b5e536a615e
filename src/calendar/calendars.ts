/**
 * The calendars by id: the built-in ones, amendments of them (a day of mourning announced yesterday, holidays of years to
 * come), and calendars of the host's own.
 */
import { TradewireError } from '../core/errors.js'
import { type IsoDate, parseDate, yearOf } from './civil-date.js'
import type { MarketRules, SpecialDay } from './market-rules.js'
import { always, fxWeek } from './markets/around-the-clock.js'
import { cmeEnergy, cmeEquity, cmeFx, cmeMetals, cmeRates } from './markets/cme.js'
import { xetr, xlon } from './markets/europe.js'
import { xnas, xnys } from './markets/united-states.js'
import { TradingCalendar } from './trading-calendar.js'

const builtIn: readonly MarketRules[] = [
  xnys,
  xnas,
  cmeEquity,
  cmeRates,
  cmeFx,
  cmeEnergy,
  cmeMetals,
  xlon,
  xetr,
  fxWeek,
  always,
]

const amendmentKinds: readonly DayAmendment['kind'][] = ['closed', 'short', 'late', 'joined', 'regular']

/** A special day as configuration. Times are local, `HH:MM`. */
export interface DayAmendment {
  readonly date: IsoDate
  readonly name: string
  /** As in {@link SpecialDay}; `regular` makes an ordinary day of a special one. */
  readonly kind: SpecialDay['kind'] | 'regular'
  /** When regular trading begins (`late`). */
  readonly openAt?: string
  /** When regular trading ends (`short`, `joined`), and extended hours (`short`). */
  readonly closeAt?: string
  readonly endAt?: string
}

/** What the host knows better than the release. */
export interface CalendarAmendment {
  /** Id or alias of the calendar. */
  readonly calendar: string
  /** Special days to add or to replace. */
  readonly days?: readonly DayAmendment[]
  /** The last date that is known, with these days. May not lie before the built-in one. */
  readonly knownThrough?: IsoDate
}

/** Options of {@link Calendars}. */
export interface CalendarsOptions {
  readonly amendments?: readonly CalendarAmendment[]
  /** Calendars of the host's own. Their ids and aliases may not be taken. */
  readonly own?: readonly MarketRules[]
}

/**
 * The calendars a program uses. Each is made when it is first asked for.
 *
 * @example
 * ```ts
 * const calendars = new Calendars()
 * const nyse = calendars.get('XNYS')
 * console.log(nyse.session('2025-11-28')?.isShort) // true: the day after Thanksgiving
 * ```
 */
export class Calendars {
  readonly #rules = new Map<string, MarketRules>()
  readonly #made = new Map<string, TradingCalendar>()

  /** @throws TradewireError `TW_DUPLICATE`, `TW_UNKNOWN_CALENDAR` or `TW_INVALID_ARGUMENT`, naming what is wrong: a day without any regular trading, too. */
  constructor(options: CalendarsOptions = {}) {
    for (const rules of [...builtIn, ...(options.own ?? [])]) this.#add(rules)
    for (const amendment of options.amendments ?? []) this.#amend(amendment)
  }

  /** The calendar of an id or alias. @throws TradewireError `TW_UNKNOWN_CALENDAR`. */
  get(id: string): TradingCalendar {
    const rules = this.#rulesOf(id)
    let calendar = this.#made.get(rules.id)
    if (calendar === undefined) {
      calendar = new TradingCalendar(rules)
      this.#made.set(rules.id, calendar)
    }
    return calendar
  }

  /** Whether an id or alias is known. */
  has(id: string): boolean {
    return this.#rules.has(id)
  }

  /** Ids of all calendars, without aliases. */
  ids(): string[] {
    return [...new Set([...this.#rules.values()].map(({ id }) => id))]
  }

  #rulesOf(id: string): MarketRules {
    const rules = this.#rules.get(id)
    if (rules !== undefined) return rules
    throw new TradewireError(
      'TW_UNKNOWN_CALENDAR',
      `No calendar is called ${JSON.stringify(id)}: there are ${this.ids().join(', ')}`,
      { details: { calendar: id } },
    )
  }

  #add(rules: MarketRules): void {
    for (const name of [rules.id, ...(rules.aliases ?? [])]) {
      if (this.#rules.has(name))
        throw new TradewireError('TW_DUPLICATE', `A calendar is called ${JSON.stringify(name)} already`)
      this.#rules.set(name, rules)
    }
  }

  #amend({ calendar, days = [], knownThrough }: CalendarAmendment): void {
    const rules = this.#rulesOf(calendar)
    const through = knownThrough ?? rules.knownThrough
    if (parseDate(through) < parseDate(rules.knownThrough))
      throw new TradewireError(
        'TW_INVALID_ARGUMENT',
        `knownThrough of an amendment of ${rules.id} must not lie before ${rules.knownThrough}, is ${through}`,
      )
    const specials = days.map((day) => specialDay(day))
    const amended: MarketRules = {
      ...rules,
      knownThrough: through,
      specialDays: (year) => {
        const own = specials.filter(({ day }) => yearOf(day) === year)
        const replaced = new Set(own.map(({ day }) => day))
        const kept = rules.specialDays(year).filter(({ day }) => !replaced.has(day))
        return [...kept, ...own.flatMap(({ special }) => special ?? [])]
      },
    }
    const made = new TradingCalendar(amended)
    // Hours that leave no trading are told now.
    for (const { date } of days) if (date >= made.knownFrom && date <= made.knownThrough) made.session(date)
    for (const name of [rules.id, ...(rules.aliases ?? [])]) this.#rules.set(name, amended)
  }
}

function specialDay(amendment: DayAmendment): { day: number; special: SpecialDay | undefined } {
  const { date, name, kind } = amendment
  const day = parseDate(date)
  if (!amendmentKinds.includes(kind))
    throw new TradewireError(
      'TW_INVALID_ARGUMENT',
      `kind of the day ${date} must be one of ${amendmentKinds.join(', ')}, got ${JSON.stringify(kind)}`,
    )
  if (kind === 'regular') return { day, special: undefined }
  const needed = kind === 'late' ? 'openAt' : kind === 'closed' ? undefined : 'closeAt'
  if (needed !== undefined && amendment[needed] === undefined)
    throw new TradewireError('TW_INVALID_ARGUMENT', `The ${kind} day ${date} needs ${needed}`)
  const times: { openAt?: number; closeAt?: number; endAt?: number } = {}
  for (const field of ['openAt', 'closeAt', 'endAt'] as const) {
    const text = amendment[field]
    if (text !== undefined) times[field] = minutesOf(text, field)
  }
  if ((times.endAt ?? Number.POSITIVE_INFINITY) < (times.closeAt ?? 0))
    throw new TradewireError(
      'TW_INVALID_ARGUMENT',
      `endAt of the day ${date} must not be before its closeAt, is ${amendment.endAt}`,
    )
  return { day, special: { day, name, kind, ...times } }
}

/** Minutes from midnight of a local time `HH:MM`. @throws TradewireError `TW_INVALID_ARGUMENT`. */
export function minutesOf(text: string, field: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text)
  if (match === null)
    throw new TradewireError('TW_INVALID_ARGUMENT', `${field} must be a local time HH:MM, is ${JSON.stringify(text)}`)
  return Number(match[1]) * 60 + Number(match[2])
}
