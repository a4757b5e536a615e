/**
 * Business days of currencies: the days on which their central payment systems settle. A trade in a pair settles on a day
 * that is good for both.
 *
 * Known are USD (Federal Reserve), EUR (TARGET) and GBP (England and Wales); other currencies are refused until the host
 * adds their holidays.
 */
import { TradewireError } from '../core/errors.js'
import { type IsoDate, isoDate, isWeekend, parseDate, yearOf } from './civil-date.js'
import { targetHolidays, ukBankHolidays } from './markets/europe.js'
import { federalReserveHolidays } from './markets/united-states.js'

/** The holidays of a currency. */
export interface CurrencyHolidays {
  readonly currency: string
  readonly knownFrom: IsoDate
  readonly knownThrough: IsoDate
  /** Holidays of the span, as dates. */
  readonly holidays: readonly IsoDate[]
}

interface Entry {
  readonly from: number
  readonly through: number
  isHoliday(day: number): boolean
}

const byYear = (holidays: (year: number) => readonly number[]) => (day: number) => holidays(yearOf(day)).includes(day)
const builtIn: readonly (readonly [string, IsoDate, IsoDate, (day: number) => boolean])[] = [
  ['USD', '2000-01-01', '2030-12-31', byYear(federalReserveHolidays)],
  ['EUR', '2002-01-01', '2030-12-31', byYear(targetHolidays)],
  ['GBP', '2001-01-01', '2027-12-31', byYear((year) => ukBankHolidays(year).map(({ day }) => day))],
]

/** Counts business days of one or more currencies. */
export class CurrencyDays {
  readonly #entries = new Map<string, Entry>()

  /** `own` adds currencies, or replaces built-in ones. */
  constructor(own: readonly CurrencyHolidays[] = []) {
    for (const [currency, from, through, isHoliday] of builtIn)
      this.#entries.set(currency, { from: parseDate(from), through: parseDate(through), isHoliday })
    for (const { currency, knownFrom, knownThrough, holidays } of own) {
      const days = new Set(holidays.map(parseDate))
      this.#entries.set(currency, {
        from: parseDate(knownFrom),
        through: parseDate(knownThrough),
        isHoliday: (day) => days.has(day),
      })
    }
  }

  /** Whether a currency is known. */
  has(currency: string): boolean {
    return this.#entries.has(currency)
  }

  /**
   * Whether a date is a business day of all these currencies.
   *
   * @throws TradewireError `TW_UNKNOWN_CALENDAR` for a currency that is not known; `TW_CALENDAR_RANGE` outside its span.
   */
  isBusinessDay(date: IsoDate, ...currencies: readonly string[]): boolean {
    return this.#isGood(parseDate(date), currencies)
  }

  /** The date so many common business days after another; errors as for {@link isBusinessDay}. */
  addBusinessDays(date: IsoDate, count: number, ...currencies: readonly string[]): IsoDate {
    if (!(Number.isInteger(count) && count >= 0 && count <= 1_000))
      throw new TradewireError('TW_INVALID_ARGUMENT', `count must be a whole number from 0 to 1000, is ${count}`)
    let day = parseDate(date)
    if (count === 0) while (!this.#isGood(day, currencies)) day++
    for (let left = count; left > 0; ) if (this.#isGood(++day, currencies)) left--
    return isoDate(day)
  }

  #isGood(day: number, currencies: readonly string[]): boolean {
    let isGood = !isWeekend(day)
    for (const currency of currencies) {
      const entry = this.#entries.get(currency)
      if (entry === undefined)
        throw new TradewireError(
          'TW_UNKNOWN_CALENDAR',
          `The business days of ${currency} are not known: add its holidays to CurrencyDays`,
          { details: { currency } },
        )
      if (day < entry.from || day > entry.through)
        throw new TradewireError(
          'TW_CALENDAR_RANGE',
          `The business days of ${currency} are known from ${isoDate(entry.from)} through ${isoDate(entry.through)}: ${isoDate(day)} lies outside`,
          { details: { currency, date: isoDate(day) } },
        )
      if (entry.isHoliday(day)) isGood = false
    }
    return isGood
  }
}
