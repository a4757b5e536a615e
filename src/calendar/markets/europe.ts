/**
 * The London Stock Exchange and Xetra, and the settlement holidays of the pound and the euro.
 *
 * Sources: bank holidays of England and Wales as published by the government (to 2027), the stock exchange's business
 * days; Deutsche Börse's trading calendar (to 2029); the TARGET closing days of the Eurosystem.
 */
import {
  dayNumber,
  easterSunday,
  isWeekend,
  lastWeekday,
  nthWeekday,
  parseDate,
  Weekday,
  weekdayOf,
} from '../civil-date.js'
import { at, type MarketRules, type SpecialDay } from '../market-rules.js'
import { christmas, closed, closures, short, weekdayBefore, weekendToMonday } from './special-days.js'

const { monday } = Weekday

const royal: readonly SpecialDay[] = [
  ...closures('Golden Jubilee', '2002-06-03', '2002-06-04'),
  ...closures('Royal wedding', '2011-04-29'),
  ...closures('Diamond Jubilee', '2012-06-04', '2012-06-05'),
  ...closures('Platinum Jubilee', '2022-06-02', '2022-06-03'),
  ...closures('Funeral of Queen Elizabeth II', '2022-09-19'),
  ...closures('Coronation of King Charles III', '2023-05-08'),
]

/** The spring bank holiday was part of the jubilees of 2002, 2012 and 2022. */
const jubileeYears = new Set([2002, 2012, 2022])

/** Days from 25 December to the observed Christmas and Boxing Day, by the weekday of Christmas where a weekend moves them. */
const yearEndMoves: Readonly<Record<number, readonly [number, number]>> = {
  [Weekday.friday]: [0, 3],
  [Weekday.saturday]: [2, 3],
  [Weekday.sunday]: [2, 1],
}

/** Bank holidays of England and Wales. */
export function ukBankHolidays(year: number): SpecialDay[] {
  const [christmasMoves, boxingMoves] = yearEndMoves[weekdayOf(christmas(year))] ?? [0, 1]
  const holidays = [
    closed(weekendToMonday(dayNumber(year, 1, 1)), "New Year's Day"),
    closed(easterSunday(year) - 2, 'Good Friday'),
    closed(easterSunday(year) + 1, 'Easter Monday'),
    closed(year === 2020 ? parseDate('2020-05-08') : nthWeekday(year, 5, monday, 1), 'Early May bank holiday'),
    closed(lastWeekday(year, 8, monday), 'Summer bank holiday'),
    closed(christmas(year) + christmasMoves, 'Christmas Day'),
    closed(christmas(year) + boxingMoves, 'Boxing Day'),
  ]
  if (!jubileeYears.has(year)) holidays.push(closed(lastWeekday(year, 5, monday), 'Spring bank holiday'))
  return [...holidays, ...royal.filter((special) => inYear(special, year))]
}

function inYear({ day }: SpecialDay, year: number): boolean {
  return day >= dayNumber(year, 1, 1) && day < dayNumber(year + 1, 1, 1)
}

/** London Stock Exchange: the opening and closing auctions count as extended hours. */
export const xlon: MarketRules = {
  id: 'XLON',
  aliases: ['LSE'],
  name: 'London Stock Exchange',
  timeZone: 'Europe/London',
  weekend: [Weekday.saturday, Weekday.sunday],
  rollAt: 0,
  knownFrom: '2001-01-01',
  knownThrough: '2027-12-31',
  hours: [
    {
      since: '2001-01-01',
      phases: [
        { phase: 'pre', from: at(7, 50), to: at(8) },
        { phase: 'regular', from: at(8), to: at(16, 30) },
        { phase: 'post', from: at(16, 30), to: at(16, 40) },
      ],
    },
  ],
  specialDays: (year) => [
    short(weekdayBefore(christmas(year)), 'Last day before Christmas', at(12, 30), at(12, 40)),
    short(weekdayBefore(dayNumber(year + 1, 1, 1)), 'Last day of the year', at(12, 30), at(12, 40)),
    ...ukBankHolidays(year),
  ],
  settlement: [
    { since: '2001-01-01', days: 3 },
    { since: '2014-10-06', days: 2 },
    { since: '2027-10-11', days: 1 },
  ],
}

function xetraDays(year: number): SpecialDay[] {
  const days = [
    short(weekdayBefore(dayNumber(year, 12, 31)), 'Last trading day of the year', at(14), at(14, 5)),
    closed(dayNumber(year, 1, 1), "New Year's Day"),
    closed(easterSunday(year) - 2, 'Good Friday'),
    closed(easterSunday(year) + 1, 'Easter Monday'),
    closed(dayNumber(year, 5, 1), 'Labour Day'),
    closed(christmas(year) - 1, 'Christmas Eve'),
    closed(christmas(year), 'Christmas Day'),
    closed(christmas(year) + 1, 'Boxing Day'),
    closed(dayNumber(year, 12, 31), "New Year's Eve"),
  ]
  if (year >= 2015 && year <= 2021) days.push(closed(easterSunday(year) + 50, 'Whit Monday'))
  if (year >= 2014 && year <= 2021) days.push(closed(dayNumber(year, 10, 3), 'Day of German Unity'))
  if (year === 2017) days.push(closed(dayNumber(year, 10, 31), 'Reformation Day'))
  return days.filter(({ day }) => !isWeekend(day))
}

/** TARGET closing days: what settles in euro settles on none of them. */
export function targetHolidays(year: number): number[] {
  const easter = easterSunday(year)
  return [dayNumber(year, 1, 1), easter - 2, easter + 1, dayNumber(year, 5, 1), christmas(year), christmas(year) + 1]
}

/** Xetra: the opening and closing auctions count as extended hours. */
export const xetr: MarketRules = {
  id: 'XETR',
  aliases: ['XETRA', 'XFRA'],
  name: 'Xetra',
  timeZone: 'Europe/Berlin',
  weekend: [Weekday.saturday, Weekday.sunday],
  rollAt: 0,
  knownFrom: '2010-01-01',
  knownThrough: '2029-12-31',
  hours: [
    {
      since: '2010-01-01',
      phases: [
        { phase: 'pre', from: at(8, 50), to: at(9) },
        { phase: 'regular', from: at(9), to: at(17, 30) },
        { phase: 'post', from: at(17, 30), to: at(17, 35) },
      ],
    },
  ],
  specialDays: xetraDays,
  settlementHolidays: targetHolidays,
  settlesWithoutTrading: true,
  settlement: [
    { since: '2010-01-01', days: 2 },
    { since: '2027-10-11', days: 1 },
  ],
}
