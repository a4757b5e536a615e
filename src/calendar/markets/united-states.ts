/**
 * The stock exchanges of the United States (NYSE, Nasdaq and the others share one calendar) and the holidays of the
 * Federal Reserve, on which stocks may trade but nothing settles.
 *
 * Sources: NYSE Group's published holidays and early closings (to 2028), the Federal Reserve's holiday schedule.
 */
import { dayNumber, easterSunday, lastWeekday, nthWeekday, parseDate, Weekday, weekdayOf } from '../civil-date.js'
import { at, type MarketRules, type SpecialDay } from '../market-rules.js'
import { christmas, closed, closures, nearestWeekday, short, sundayToMonday } from './special-days.js'

const { monday, tuesday, wednesday, thursday, friday } = Weekday

/** The holidays by rule on which the stock exchanges close, before days of mourning and disasters. */
export function usMarketHolidays(year: number): SpecialDay[] {
  const holidays = [
    closed(sundayToMonday(dayNumber(year, 1, 1)), "New Year's Day"),
    closed(nthWeekday(year, 1, monday, 3), 'Martin Luther King Jr. Day'),
    closed(nthWeekday(year, 2, monday, 3), "Washington's Birthday"),
    closed(easterSunday(year) - 2, 'Good Friday'),
    closed(lastWeekday(year, 5, monday), 'Memorial Day'),
    closed(nearestWeekday(dayNumber(year, 7, 4)), 'Independence Day'),
    closed(nthWeekday(year, 9, monday, 1), 'Labor Day'),
    closed(nthWeekday(year, 11, thursday, 4), 'Thanksgiving Day'),
    closed(nearestWeekday(christmas(year)), 'Christmas Day'),
  ]
  if (year >= 2022) holidays.push(closed(nearestWeekday(dayNumber(year, 6, 19)), 'Juneteenth'))
  return holidays
}

const unscheduled: readonly SpecialDay[] = [
  ...closures('Attacks of September 11', '2001-09-11', '2001-09-12', '2001-09-13', '2001-09-14'),
  ...closures('Funeral of President Reagan', '2004-06-11'),
  ...closures('Funeral of President Ford', '2007-01-02'),
  ...closures('Hurricane Sandy', '2012-10-29', '2012-10-30'),
  ...closures('Funeral of President G. H. W. Bush', '2018-12-05'),
  ...closures('Funeral of President Carter', '2025-01-09'),
  { day: parseDate('2002-09-11'), name: 'Commemoration of September 11', kind: 'late', openAt: at(12) },
]

/** The day on which trading ends at 13:00 around Independence Day, if there is one. */
function besideIndependenceDay(year: number): number | undefined {
  const fourth = dayNumber(year, 7, 4)
  const weekday = weekdayOf(fourth)
  if (weekday === tuesday || weekday === wednesday || weekday === friday) return fourth - 1
  if (weekday === thursday) return year >= 2013 ? fourth - 1 : fourth + 1
  return undefined
}

function earlyCloses(year: number): SpecialDay[] {
  const early = (day: number, name: string) => short(day, name, at(13), at(17))
  const days = [early(nthWeekday(year, 11, thursday, 4) + 1, 'Day after Thanksgiving')]
  const july = besideIndependenceDay(year)
  if (july !== undefined) days.push(early(july, 'Beside Independence Day'))
  const eve = christmas(year) - 1
  if (weekdayOf(eve) >= monday && weekdayOf(eve) <= thursday) days.push(early(eve, 'Christmas Eve'))
  if (year === 2003) days.push(early(christmas(year) + 1, 'Day after Christmas'))
  return days
}

/** Holidays of the Federal Reserve banks: a Saturday's is not moved to Friday. */
export function federalReserveHolidays(year: number): number[] {
  const days = [
    sundayToMonday(dayNumber(year, 1, 1)),
    nthWeekday(year, 1, monday, 3),
    nthWeekday(year, 2, monday, 3),
    lastWeekday(year, 5, monday),
    sundayToMonday(dayNumber(year, 7, 4)),
    nthWeekday(year, 9, monday, 1),
    nthWeekday(year, 10, monday, 2),
    sundayToMonday(dayNumber(year, 11, 11)),
    nthWeekday(year, 11, thursday, 4),
    sundayToMonday(christmas(year)),
  ]
  if (year >= 2022) days.push(sundayToMonday(dayNumber(year, 6, 19)))
  return days
}

const equities = {
  timeZone: 'America/New_York',
  weekend: [Weekday.saturday, Weekday.sunday],
  rollAt: 0,
  knownFrom: '2000-01-01',
  knownThrough: '2028-12-31',
  hours: [
    {
      since: '2000-01-01',
      phases: [
        { phase: 'pre', from: at(4), to: at(9, 30) },
        { phase: 'regular', from: at(9, 30), to: at(16) },
        { phase: 'post', from: at(16), to: at(20) },
      ],
    },
  ],
  specialDays: (year) => [
    ...earlyCloses(year),
    ...usMarketHolidays(year),
    ...unscheduled.filter(({ day }) => day >= dayNumber(year, 1, 1) && day < dayNumber(year + 1, 1, 1)),
  ],
  settlementHolidays: federalReserveHolidays,
  settlement: [
    { since: '2000-01-01', days: 3 },
    { since: '2017-09-05', days: 2 },
    { since: '2024-05-28', days: 1 },
  ],
} as const satisfies Omit<MarketRules, 'id' | 'name'>

/** NYSE and the exchanges of its group. */
export const xnys: MarketRules = {
  ...equities,
  id: 'XNYS',
  aliases: ['NYSE', 'ARCX', 'XASE', 'BATS', 'IEXG', 'US_EQUITY'],
  name: 'New York Stock Exchange',
}

/** Nasdaq: the same days and hours as NYSE. */
export const xnas: MarketRules = { ...equities, id: 'XNAS', aliases: ['NASDAQ'], name: 'Nasdaq Stock Market' }
