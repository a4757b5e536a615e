/**
 * CME Globex by product group. The trading day begins at 17:00 Chicago of the day before. On most holidays the market
 * opens for some hours whose trades count to the next trading day.
 *
 * Sources: CME Group's holiday calendars and Globex trading hours. Each group is known from the year in which its present
 * pattern of holiday hours began; earlier dates are refused. Groups with hours that a holiday changes in other ways
 * (grains, livestock, dairy, crypto) are left to calendars of the host's own.
 */
import {
  civilOf,
  dayNumber,
  easterSunday,
  type IsoDate,
  nthWeekday,
  parseDate,
  Weekday,
  weekdayOf,
} from '../civil-date.js'
import { at, type Hours, type MarketRules, type SpecialDay } from '../market-rules.js'
import { christmas, closed, joined, short } from './special-days.js'
import { usMarketHolidays } from './united-states.js'

/** How a group treats holidays; local minutes of the holiday. */
interface GroupHours {
  /** When trading halts on a holiday of the stock market that is not a full closure. */
  readonly holidayHalt: number
  /** When it ends on the day after Thanksgiving and on Christmas Eve. */
  readonly earlyClose: number
  /** When it halts on a Good Friday on which the employment report is published; NaN: closed as on the others. */
  readonly goodFridayHalt: number
}

/** The employment report comes out on the first Friday of a month, a Good Friday included. */
function hasEmploymentReport(friday: number): boolean {
  return civilOf(friday).day <= 7
}

const fullClosures = new Set(["New Year's Day", 'Christmas Day'])

function holidaysOf(group: GroupHours, extra: readonly SpecialDay[]) {
  return (year: number): SpecialDay[] => {
    const days: SpecialDay[] = [
      short(nthWeekday(year, 11, Weekday.thursday, 4) + 1, 'Day after Thanksgiving', group.earlyClose),
    ]
    const eve = christmas(year) - 1
    if (weekdayOf(eve) >= Weekday.monday && weekdayOf(eve) <= Weekday.thursday)
      days.push(short(eve, 'Christmas Eve', group.earlyClose))
    for (const holiday of usMarketHolidays(year)) {
      if (holiday.day === easterSunday(year) - 2) days.push(goodFriday(holiday, group))
      else if (fullClosures.has(holiday.name)) days.push(holiday)
      else days.push(joined(holiday.day, holiday.name, group.holidayHalt))
    }
    const first = dayNumber(year, 1, 1)
    return [...days, ...extra.filter(({ day }) => day >= first && day < dayNumber(year + 1, 1, 1))]
  }
}

function goodFriday({ day, name }: SpecialDay, group: GroupHours): SpecialDay {
  const open = group.goodFridayHalt > 0 && hasEmploymentReport(day)
  return open ? joined(day, name, group.goodFridayHalt) : closed(day, name)
}

const nearlyAllDay: Hours['phases'] = [{ phase: 'regular', from: at(-7), to: at(16) }]

function group(
  id: string,
  name: string,
  aliases: readonly string[],
  hours: GroupHours,
  more: { knownFrom: IsoDate; hours?: readonly Hours[]; extra?: readonly SpecialDay[] },
): MarketRules {
  return {
    id,
    name,
    aliases,
    timeZone: 'America/Chicago',
    weekend: [Weekday.saturday, Weekday.sunday],
    rollAt: at(-7),
    knownFrom: more.knownFrom,
    knownThrough: '2027-12-31',
    hours: more.hours ?? [{ since: more.knownFrom, phases: nearlyAllDay }],
    specialDays: holidaysOf(hours, more.extra ?? []),
  }
}

/** Equity index futures and options. Until June 2021 trading paused from 15:15 to 15:30. */
export const cmeEquity = group(
  'CME_EQUITY',
  'CME Globex equity indices',
  ['XCME', 'CME', 'CMES', 'GLBX'],
  { holidayHalt: at(12), earlyClose: at(12, 15), goodFridayHalt: at(8, 15) },
  {
    knownFrom: '2016-01-01',
    hours: [
      {
        since: '2016-01-01',
        phases: [
          { phase: 'regular', from: at(-7), to: at(15, 15) },
          { phase: 'regular', from: at(15, 30), to: at(16) },
        ],
      },
      { since: '2021-06-28', phases: nearlyAllDay },
    ],
    extra: [
      joined(parseDate('2018-12-05'), 'Funeral of President G. H. W. Bush', at(8, 30)),
      joined(parseDate('2025-01-09'), 'Funeral of President Carter', at(8, 30)),
    ],
  },
)

/** Interest rate futures and options. */
export const cmeRates = group(
  'CME_RATES',
  'CME Globex interest rates',
  ['XCBT', 'CBOT'],
  { holidayHalt: at(12), earlyClose: at(12, 15), goodFridayHalt: at(10, 15) },
  { knownFrom: '2022-01-01' },
)

/** Currency futures and options. */
export const cmeFx = group(
  'CME_FX',
  'CME Globex currencies',
  [],
  { holidayHalt: at(16), earlyClose: at(12, 15), goodFridayHalt: at(10, 15) },
  { knownFrom: '2022-01-01' },
)

/** Energy futures and options of NYMEX. */
export const cmeEnergy = group(
  'CME_ENERGY',
  'CME Globex energy',
  ['XNYM', 'NYMEX'],
  { holidayHalt: at(13, 30), earlyClose: at(12, 45), goodFridayHalt: Number.NaN },
  { knownFrom: '2022-01-01' },
)

/** Metal futures and options of COMEX. */
export const cmeMetals = group(
  'CME_METALS',
  'CME Globex metals',
  ['XCEC', 'COMEX'],
  { holidayHalt: at(13, 30), earlyClose: at(12, 45), goodFridayHalt: Number.NaN },
  { knownFrom: '2022-01-01' },
)
