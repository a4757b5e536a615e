/** Markets without an exchange's hours: the always open one, and the week of the currency market. */
import { dayNumber, Weekday } from '../civil-date.js'
import { at, type MarketRules } from '../market-rules.js'
import { christmas, closed } from './special-days.js'

/** Open at every instant; a trading day is a day of UTC. */
export const always: MarketRules = {
  id: '24/7',
  aliases: ['CRYPTO', 'ALWAYS'],
  name: 'Always open',
  timeZone: 'UTC',
  weekend: [],
  rollAt: 0,
  knownFrom: '1970-01-01',
  knownThrough: '2199-12-31',
  hours: [{ since: '1970-01-01', phases: [{ phase: 'regular', from: 0, to: at(24) }] }],
  specialDays: () => [],
  settlement: [{ since: '1970-01-01', days: 0 }],
}

/** Spot currencies: from Sunday 17:00 to Friday 17:00 New York; days change at 17:00 New York. */
export const fxWeek: MarketRules = {
  id: 'FX',
  aliases: ['FX_WEEK', '24/5', 'FOREX'],
  name: 'Currency market week',
  timeZone: 'America/New_York',
  weekend: [Weekday.saturday, Weekday.sunday],
  rollAt: at(-7),
  knownFrom: '2000-01-01',
  knownThrough: '2028-12-31',
  hours: [{ since: '2000-01-01', phases: [{ phase: 'regular', from: at(-7), to: at(17) }] }],
  specialDays: (year) => [closed(dayNumber(year, 1, 1), "New Year's Day"), closed(christmas(year), 'Christmas Day')],
}
