import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { describeShared, sharedFiles } from '../../test/support/shared.js'
import type { TradewireError } from '../core/errors.js'
import { Calendars, type DayAmendment } from './calendars.js'
import { easterSunday, isoDate } from './civil-date.js'
import { DayRoll } from './day-roll.js'
import { sessionTimes } from './session-times.js'

const calendars = new Calendars()
const us = (text: string) => Date.parse(text) * 1000
const utc = (tsUs: number | undefined) => new Date((tsUs ?? Number.NaN) / 1000).toISOString().slice(0, 16)
const code = (act: () => unknown) => {
  try {
    act()
  } catch (error) {
    return (error as TradewireError).code
  }
  return undefined
}
const closedIn = (id: string, year: number) =>
  calendars
    .get(id)
    .specialDays(year)
    .filter(({ kind }) => kind === 'closed')
    .map(({ date }) => date.slice(5))
const shortIn = (id: string, year: number) =>
  calendars
    .get(id)
    .specialDays(year)
    .filter(({ kind }) => kind === 'short')
    .map(({ date }) => date.slice(5))

describe('Easter', () => {
  it.each([
    '2000-04-23',
    '2008-03-23',
    '2011-04-24',
    '2019-04-21',
    '2024-03-31',
    '2025-04-20',
    '2026-04-05',
    '2027-03-28',
    '2028-04-16',
    '2038-04-25',
  ])('falls on %s', (date) => {
    expect(isoDate(easterSunday(Number(date.slice(0, 4))))).toBe(date)
  })
})

describe('New York', () => {
  const nyse = calendars.get('XNYS')

  it.each([
    [2004, ['01-01', '01-19', '02-16', '04-09', '05-31', '06-11', '07-05', '09-06', '11-25', '12-24']],
    [2018, ['01-01', '01-15', '02-19', '03-30', '05-28', '07-04', '09-03', '11-22', '12-05', '12-25']],
    [2021, ['01-01', '01-18', '02-15', '04-02', '05-31', '07-05', '09-06', '11-25', '12-24']],
    [2022, ['01-17', '02-21', '04-15', '05-30', '06-20', '07-04', '09-05', '11-24', '12-26']],
    [2025, ['01-01', '01-09', '01-20', '02-17', '04-18', '05-26', '06-19', '07-04', '09-01', '11-27', '12-25']],
    [2026, ['01-01', '01-19', '02-16', '04-03', '05-25', '06-19', '07-03', '09-07', '11-26', '12-25']],
    [2027, ['01-01', '01-18', '02-15', '03-26', '05-31', '06-18', '07-05', '09-06', '11-25', '12-24']],
    [2028, ['01-17', '02-21', '04-14', '05-29', '06-19', '07-04', '09-04', '11-23', '12-25']],
  ])('holidays of %i as published', (year, days) => {
    expect(closedIn('XNYS', year)).toEqual(days)
    expect(closedIn('XNAS', year)).toEqual(days)
  })

  it.each([
    [2002, ['07-05', '11-29', '12-24']],
    [2003, ['07-03', '11-28', '12-24', '12-26']],
    [2013, ['07-03', '11-29', '12-24']],
    [2016, ['11-25']],
    [2023, ['07-03', '11-24']],
    [2024, ['07-03', '11-29', '12-24']],
    [2025, ['07-03', '11-28', '12-24']],
    [2026, ['11-27', '12-24']],
    [2027, ['11-26']],
    [2028, ['07-03', '11-24']],
  ])('early closes of %i as published', (year, days) => {
    expect(shortIn('XNYS', year)).toEqual(days)
  })

  it.each([
    '2001-09-11',
    '2001-09-14',
    '2004-06-11',
    '2007-01-02',
    '2012-10-29',
    '2012-10-30',
    '2018-12-05',
    '2025-01-09',
  ])('was closed on %s, out of the rules', (date) => {
    expect(nyse.isTradingDay(date)).toBe(false)
    expect(nyse.session(date)).toBeUndefined()
  })

  it('counts the trading days of a year', () => {
    expect(nyse.tradingDays('2001-01-01', '2001-12-31')).toHaveLength(248)
    expect(nyse.tradingDays('2012-01-01', '2012-12-31')).toHaveLength(250)
    expect(nyse.tradingDays('2024-01-01', '2024-12-31')).toHaveLength(252)
    expect(nyse.tradingDays('2025-01-01', '2025-12-31')).toHaveLength(250)
  })

  it('has sessions with extended hours', () => {
    const session = nyse.session('2026-01-05')
    expect(session?.stretches.map(({ phase, startUs, endUs }) => [phase, utc(startUs), utc(endUs)])).toEqual([
      ['pre', '2026-01-05T09:00', '2026-01-05T14:30'],
      ['regular', '2026-01-05T14:30', '2026-01-05T21:00'],
      ['post', '2026-01-05T21:00', '2026-01-06T01:00'],
    ])
    expect(nyse.phaseAt(us('2026-01-05T14:29:59.999Z'))).toBe('pre')
    expect(nyse.phaseAt(us('2026-01-05T14:30:00Z'))).toBe('regular')
    expect(nyse.phaseAt(us('2026-01-05T21:00:00Z'))).toBe('post')
    expect(nyse.phaseAt(us('2026-01-06T01:00:00Z'))).toBe('closed')
    expect(nyse.phaseAt(us('2026-01-06T05:30:00Z'))).toBe('closed')
  })

  it('moves with the clocks of New York, not of London', () => {
    const opens = (date: string) => utc(nyse.session(date)?.openUs).slice(11)
    expect([opens('2026-03-06'), opens('2026-03-09'), opens('2026-10-30'), opens('2026-11-02')]).toEqual([
      '14:30',
      '13:30',
      '13:30',
      '14:30',
    ])
  })

  it('closes early, and extended hours with it', () => {
    const session = nyse.session('2025-11-28')
    expect(session).toMatchObject({ isShort: true, note: 'Day after Thanksgiving' })
    expect([utc(session?.closeUs), utc(session?.endUs)]).toEqual(['2025-11-28T18:00', '2025-11-28T22:00'])
    expect(nyse.phaseAt(us('2025-11-28T18:00:00Z'))).toBe('post')
    expect(nyse.phaseAt(us('2025-11-28T22:00:00Z'))).toBe('closed')
  })

  it('opened at noon on 2002-09-11', () => {
    expect(utc(nyse.session('2002-09-11')?.openUs)).toBe('2002-09-11T16:00')
  })

  it('rolls at midnight, and a weekend belongs to Monday', () => {
    expect(nyse.tradingDayAt(us('2026-01-10T04:59:59Z'))).toBe('2026-01-09')
    expect(nyse.tradingDayAt(us('2026-01-10T05:00:00Z'))).toBe('2026-01-12')
    expect(utc(nyse.nextRollUs(us('2026-01-10T05:00:00Z')))).toBe('2026-01-13T05:00')
    expect(nyse.tradingDayAt(us('2026-01-19T18:00:00Z'))).toBe('2026-01-20')
  })

  it('finds sessions around an instant', () => {
    const saturday = us('2026-01-17T12:00:00Z')
    expect(nyse.nextSession(saturday).date).toBe('2026-01-20')
    expect(nyse.previousSession(saturday).date).toBe('2026-01-16')
    expect(nyse.sessionAt(saturday)).toBeUndefined()
    expect(utc(nyse.nextOpenUs(saturday))).toBe('2026-01-20T14:30')
    const noon = us('2026-01-20T17:00:00Z')
    expect(nyse.sessionAt(noon)?.date).toBe('2026-01-20')
    expect(nyse.nextSession(noon).date).toBe('2026-01-21')
    expect(nyse.previousSession(noon).date).toBe('2026-01-16')
    expect(utc(nyse.nextCloseUs(noon))).toBe('2026-01-20T21:00')
    expect(utc(nyse.nextOpenUs(noon))).toBe('2026-01-21T14:30')
  })

  it('counts trading days in both directions', () => {
    expect(nyse.addTradingDays('2026-01-16', 1)).toBe('2026-01-20')
    expect(nyse.addTradingDays('2026-01-17', 1)).toBe('2026-01-20')
    expect(nyse.addTradingDays('2026-01-17', -1)).toBe('2026-01-16')
    expect(nyse.addTradingDays('2026-01-20', -2)).toBe('2026-01-15')
    expect(nyse.addTradingDays('2026-01-17', 0)).toBe('2026-01-20')
    expect(nyse.addTradingDays('2026-01-16', 0)).toBe('2026-01-16')
  })

  it('settles by the cycle of the day, not on bank holidays', () => {
    expect(['2017-09-04', '2017-09-05', '2024-05-24', '2024-05-28'].map((date) => nyse.settlementCycle(date))).toEqual([
      3, 2, 2, 1,
    ])
    // Columbus Day 2025: stocks trade, nothing settles. Trades of Friday and of Monday settle on Tuesday.
    expect(nyse.isTradingDay('2025-10-13')).toBe(true)
    expect(nyse.isSettlementDay('2025-10-13')).toBe(false)
    expect(nyse.settlementDate('2025-10-10', 1)).toBe('2025-10-14')
    expect(nyse.settlementDate('2025-10-13', 1)).toBe('2025-10-14')
    expect(nyse.settlementDate('2025-10-13', 0)).toBe('2025-10-14')
  })
})

describe('CME Globex', () => {
  const equity = calendars.get('XCME')

  it('trades from the evening before, with a pause of an hour', () => {
    const session = equity.session('2026-03-09')
    expect([utc(session?.startUs), utc(session?.endUs)]).toEqual(['2026-03-08T22:00', '2026-03-09T21:00'])
    expect(utc(equity.session('2026-03-06')?.startUs)).toBe('2026-03-05T23:00')
    expect(equity.phaseAt(us('2026-03-09T21:30:00Z'))).toBe('closed')
    expect(equity.tradingDayAt(us('2026-03-09T21:30:00Z'))).toBe('2026-03-09')
    expect(equity.tradingDayAt(us('2026-03-09T22:00:00Z'))).toBe('2026-03-10')
    expect(equity.phaseAt(us('2026-03-07T12:00:00Z'))).toBe('closed')
  })

  it('paused at 15:15 until June 2021', () => {
    expect(equity.session('2021-06-25')?.stretches).toHaveLength(2)
    expect(equity.session('2021-06-28')?.stretches).toHaveLength(1)
    expect(equity.phaseAt(us('2021-06-25T20:20:00Z'))).toBe('closed')
  })

  it('counts the trading of a holiday to the next trading day', () => {
    expect(equity.isTradingDay('2026-01-19')).toBe(false)
    const session = equity.session('2026-01-20')
    expect(session?.stretches.map(({ startUs, endUs }) => [utc(startUs), utc(endUs)])).toEqual([
      ['2026-01-18T23:00', '2026-01-19T18:00'],
      ['2026-01-19T23:00', '2026-01-20T22:00'],
    ])
    expect(equity.tradingDayAt(us('2026-01-19T15:00:00Z'))).toBe('2026-01-20')
    expect(equity.phaseAt(us('2026-01-19T15:00:00Z'))).toBe('regular')
    expect(equity.phaseAt(us('2026-01-19T18:30:00Z'))).toBe('closed')
  })

  it.each([
    ['CME_RATES', '2026-01-19T18:00'],
    ['CME_FX', '2026-01-19T22:00'],
    ['CME_ENERGY', '2026-01-19T19:30'],
    ['CME_METALS', '2026-01-19T19:30'],
  ])('%s halts on a holiday at %s UTC', (id, end) => {
    expect(utc(calendars.get(id).session('2026-01-20')?.stretches[0]?.endUs)).toBe(end)
  })

  it('opens for hours on a Good Friday with an employment report', () => {
    expect(utc(equity.session('2026-04-06')?.stretches[0]?.endUs)).toBe('2026-04-03T13:15')
    expect(equity.session('2025-04-21')?.stretches).toHaveLength(1)
    expect(calendars.get('CME_ENERGY').session('2026-04-06')?.stretches).toHaveLength(1)
  })

  it('closes early around Thanksgiving and Christmas', () => {
    expect(utc(equity.session('2025-11-28')?.closeUs)).toBe('2025-11-28T18:15')
    expect(utc(calendars.get('COMEX').session('2025-12-24')?.closeUs)).toBe('2025-12-24T18:45')
    // Christmas Day 2025 is a Thursday: closed until its evening.
    expect(utc(equity.session('2025-12-26')?.startUs)).toBe('2025-12-25T23:00')
  })
})

describe('Europe', () => {
  it.each([
    [2011, ['01-03', '04-22', '04-25', '04-29', '05-02', '05-30', '08-29', '12-26', '12-27']],
    [2012, ['01-02', '04-06', '04-09', '05-07', '06-04', '06-05', '08-27', '12-25', '12-26']],
    [2020, ['01-01', '04-10', '04-13', '05-08', '05-25', '08-31', '12-25', '12-28']],
    [2021, ['01-01', '04-02', '04-05', '05-03', '05-31', '08-30', '12-27', '12-28']],
    [2022, ['01-03', '04-15', '04-18', '05-02', '06-02', '06-03', '08-29', '09-19', '12-26', '12-27']],
    [2023, ['01-02', '04-07', '04-10', '05-01', '05-08', '05-29', '08-28', '12-25', '12-26']],
    [2026, ['01-01', '04-03', '04-06', '05-04', '05-25', '08-31', '12-25', '12-28']],
    [2027, ['01-01', '03-26', '03-29', '05-03', '05-31', '08-30', '12-27', '12-28']],
  ])('London holidays of %i as published', (year, days) => {
    expect(closedIn('XLON', year)).toEqual(days)
  })

  it('London closes early on the last days before Christmas and New Year', () => {
    expect(shortIn('XLON', 2022)).toEqual(['12-23', '12-30'])
    expect(shortIn('XLON', 2017)).toEqual(['12-22', '12-29'])
    expect(shortIn('XLON', 2025)).toEqual(['12-24', '12-31'])
    expect(utc(calendars.get('LSE').session('2025-12-24')?.closeUs)).toBe('2025-12-24T12:30')
  })

  it('Xetra keeps the days its exchange has published', () => {
    expect(closedIn('XETR', 2024)).toEqual(['01-01', '03-29', '04-01', '05-01', '12-24', '12-25', '12-26', '12-31'])
    expect(closedIn('XETR', 2026)).toEqual(['01-01', '04-03', '04-06', '05-01', '12-24', '12-25', '12-31'])
    expect(closedIn('XETR', 2028)).toEqual(['04-14', '04-17', '05-01', '12-25', '12-26'])
    expect(closedIn('XETR', 2017)).toContain('10-31')
    expect(closedIn('XETR', 2019)).toEqual(expect.arrayContaining(['06-10', '10-03']))
    expect(shortIn('XETR', 2025)).toEqual(['12-30'])
  })

  it('clocks change on another Sunday than in New York', () => {
    expect(utc(calendars.get('XLON').session('2026-03-27')?.openUs)).toBe('2026-03-27T08:00')
    expect(utc(calendars.get('XLON').session('2026-03-30')?.openUs)).toBe('2026-03-30T07:00')
    expect(utc(calendars.get('XETR').session('2026-03-30')?.openUs)).toBe('2026-03-30T07:00')
  })

  it('Xetra trades settle on days without trading as well', () => {
    expect(calendars.get('XETR').isSettlementDay('2025-12-24')).toBe(true)
    expect(calendars.get('XETR').settlementDate('2025-12-23', 2)).toBe('2025-12-29')
    expect(calendars.get('XETR').settlementDate('2025-12-22', 2)).toBe('2025-12-24')
  })
})

describe('around the clock', () => {
  it('is always open', () => {
    const always = calendars.get('24/7')
    for (const instant of ['2026-01-01T00:00:00Z', '2026-03-08T07:30:00Z', '2026-07-04T23:59:59.999Z'])
      expect(always.phaseAt(us(instant))).toBe('regular')
    expect(always.tradingDayAt(us('2026-07-04T23:59:59.999Z'))).toBe('2026-07-04')
    expect(always.settlementDate('2026-07-04', 0)).toBe('2026-07-04')
  })

  it('the currency week runs from Sunday 17:00 to Friday 17:00 New York', () => {
    const fx = calendars.get('FX')
    expect(fx.phaseAt(us('2026-01-04T21:59:59Z'))).toBe('closed')
    expect(fx.phaseAt(us('2026-01-04T22:00:00Z'))).toBe('regular')
    expect(fx.phaseAt(us('2026-01-07T22:00:00Z'))).toBe('regular')
    expect(fx.tradingDayAt(us('2026-01-07T22:00:00Z'))).toBe('2026-01-08')
    expect(fx.phaseAt(us('2026-01-09T22:00:00Z'))).toBe('closed')
    expect(fx.phaseAt(us('2026-07-03T20:59:59Z'))).toBe('regular')
    expect(fx.phaseAt(us('2026-07-03T21:00:00Z'))).toBe('closed')
  })
})

describe('what is not known', () => {
  it('is refused with the span that is', () => {
    const nyse = new Calendars().get('XNYS')
    const through = us(`${nyse.knownThrough}T12:00:00Z`)
    expect(() => nyse.session('2029-01-02')).toThrow(/2028-12-31.*2029-01-02 lies outside/)
    expect(code(() => nyse.isTradingDay('1999-12-31'))).toBe('TW_CALENDAR_RANGE')
    expect(code(() => nyse.phaseAt(through + 30 * 86_400e6))).toBe('TW_CALENDAR_RANGE')
    expect(code(() => nyse.settlementDate('2028-12-29', 1))).toBe('TW_CALENDAR_RANGE')
    expect(code(() => nyse.addTradingDays('2028-12-29', 1))).toBe('TW_CALENDAR_RANGE')
    expect(nyse.settlementDate('2028-12-28', 1)).toBe('2028-12-29')
  })

  it.each(['', 'NOWHERE', 'xnys'])('no calendar is called %j', (id) => {
    expect(code(() => calendars.get(id))).toBe('TW_UNKNOWN_CALENDAR')
  })

  it.each(['2026-02-29', '2026-13-01', '26-01-01', '2026-1-1', ''])('%j is no date', (date) => {
    expect(code(() => calendars.get('XNYS').isTradingDay(date))).toBe('TW_INVALID_ARGUMENT')
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('%d is no instant', (tsUs) => {
    expect(code(() => calendars.get('XNYS').phaseAt(tsUs))).toBe('TW_INVALID_ARGUMENT')
    expect(code(() => calendars.get('XNYS').tradingDayAt(tsUs))).toBe('TW_INVALID_ARGUMENT')
  })

  it('counts are whole numbers', () => {
    expect(code(() => calendars.get('XNYS').addTradingDays('2026-01-05', 0.5))).toBe('TW_INVALID_ARGUMENT')
    expect(code(() => calendars.get('XNYS').settlementDate('2026-01-05', -1))).toBe('TW_INVALID_ARGUMENT')
  })
})

describe('amendments', () => {
  it('add days and years', () => {
    const amended = new Calendars({
      amendments: [
        {
          calendar: 'NYSE',
          knownThrough: '2029-12-31',
          days: [
            { date: '2027-03-02', name: 'Mourning', kind: 'closed' },
            { date: '2027-03-03', name: 'Storm', kind: 'short', closeAt: '12:00', endAt: '13:00' },
            { date: '2027-11-26', name: 'Ordinary after all', kind: 'regular' },
          ],
        },
      ],
    })
    const nyse = amended.get('XNYS')
    expect(nyse.isTradingDay('2027-03-02')).toBe(false)
    expect(utc(nyse.session('2027-03-03')?.closeUs)).toBe('2027-03-03T17:00')
    expect(nyse.session('2027-11-26')?.isShort).toBe(false)
    expect(nyse.isTradingDay('2029-01-02')).toBe(true)
    expect(calendars.get('XNYS').isTradingDay('2027-03-02')).toBe(true)
  })

  it('are refused where they make no sense', () => {
    const amend = (amendment: object) => () => new Calendars({ amendments: [{ calendar: 'XNYS', ...amendment }] })
    expect(code(amend({ calendar: 'NOPE' }))).toBe('TW_UNKNOWN_CALENDAR')
    expect(code(amend({ knownThrough: '2020-01-01' }))).toBe('TW_INVALID_ARGUMENT')
    expect(code(amend({ days: [{ date: '2027-03-03', name: 'x', kind: 'short' }] }))).toBe('TW_INVALID_ARGUMENT')
    expect(code(amend({ days: [{ date: '2027-03-03', name: 'x', kind: 'short', closeAt: '25:00' }] }))).toBe(
      'TW_INVALID_ARGUMENT',
    )
  })

  it.each<[DayAmendment['kind'], Partial<DayAmendment>, string]>([
    ['short', { closeAt: '09:00' }, 'closeAt'],
    ['late', { openAt: '16:00' }, 'openAt'],
    ['short', { closeAt: '13:00', endAt: '12:59' }, 'endAt'],
    ['half' as 'short', { closeAt: '13:00' }, 'kind'],
  ])('refuse a %s day that leaves no market: %j', (kind, times, field) => {
    const days = [{ date: '2026-01-06', name: 'A day', kind, ...times }]
    expect(() => new Calendars({ amendments: [{ calendar: 'XNYS', days }] })).toThrow(
      expect.objectContaining({ code: 'TW_INVALID_ARGUMENT', message: expect.stringContaining(field) }),
    )
  })

  it('own calendars stand beside the others', () => {
    const own = new Calendars({
      own: [
        {
          id: 'DESK',
          name: 'Desk',
          timeZone: 'Asia/Tokyo',
          weekend: [0, 6],
          rollAt: 0,
          knownFrom: '2026-01-01',
          knownThrough: '2026-12-31',
          hours: [{ since: '2026-01-01', phases: [{ phase: 'regular', from: 540, to: 900 }] }],
          specialDays: () => [],
        },
      ],
    })
    expect(utc(own.get('DESK').session('2026-01-05')?.openUs)).toBe('2026-01-05T00:00')
    expect(code(() => new Calendars({ own: [{ ...ownRules, id: 'XNYS' }] }))).toBe('TW_DUPLICATE')
  })
})

const ownRules = {
  id: 'X',
  name: 'X',
  timeZone: 'UTC',
  weekend: [],
  rollAt: 0,
  knownFrom: '2026-01-01',
  knownThrough: '2026-12-31',
  hours: [],
  specialDays: () => [],
}

describe('session times for bars', () => {
  it('give the session of an instant, and nothing between sessions', () => {
    const times = sessionTimes(calendars.get('XNYS'))
    expect(utc(times.sessionStartUs(us('2026-01-05T15:00:00Z')))).toBe('2026-01-05T14:30')
    expect(utc(times.sessionEndUs(us('2026-01-05T15:00:00Z')))).toBe('2026-01-05T21:00')
    expect(times.sessionStartUs(us('2026-01-05T14:00:00Z'))).toBeNaN()
    expect(times.sessionStartUs(us('2026-01-05T21:00:00Z'))).toBeNaN()
    const all = sessionTimes(calendars.get('XNYS'), 'all')
    expect(utc(all.sessionStartUs(us('2026-01-05T14:00:00Z')))).toBe('2026-01-05T09:00')
  })
})

describe('day roll', () => {
  it('refuses bad options', () => {
    expect(code(() => new DayRoll({ timeZone: 'Mars/Olympus', rollLocal: '17:00' }))).toBe('TW_INVALID_ARGUMENT')
    expect(code(() => new DayRoll({ timeZone: 'UTC', rollLocal: '5pm' }))).toBe('TW_INVALID_ARGUMENT')
    expect(code(() => new DayRoll({ timeZone: 'UTC', rollLocal: '00:00' }).dayAt(Number.NaN))).toBe(
      'TW_INVALID_ARGUMENT',
    )
  })

  it('skips the holidays of a calendar', () => {
    const roll = new DayRoll({ timeZone: 'America/New_York', rollLocal: '00:00', days: calendars.get('XNYS') })
    expect(roll.dayAt(us('2026-01-17T12:00:00Z'))).toBe('2026-01-20')
    expect(utc(roll.nextRollUs(us('2026-01-17T12:00:00Z')))).toBe('2026-01-21T05:00')
    expect(roll.dayAt(us('2026-01-16T12:00:00Z'))).toBe('2026-01-16')
  })

  it('counts every day where markets never rest', () => {
    const roll = new DayRoll({ timeZone: 'UTC', rollLocal: '00:00', days: 'every' })
    expect(roll.dayAt(us('2026-01-17T12:00:00Z'))).toBe('2026-01-17')
  })

  it('survives a local time that does not exist', () => {
    const roll = new DayRoll({ timeZone: 'America/New_York', rollLocal: '02:30', days: 'every' })
    expect(utc(roll.nextRollUs(us('2026-03-08T06:00:00Z')))).toBe('2026-03-08T07:30')
    expect(roll.dayAt(us('2026-03-08T07:29:59Z'))).toBe('2026-03-07')
  })

  it.each([
    ['that does not exist', '02:30', ['2026-03-08T07:00', '2026-03-08T07:29'], '2026-03-08T07:30'],
    ['that comes twice', '01:30', ['2026-11-01T05:29'], '2026-11-01T05:30'],
    ['that came before', '01:30', [], '2026-11-01T06:10'],
  ])('depends on the instant alone at a local time %s', (_, rollLocal, before, from) => {
    const cold = (text: string) =>
      new DayRoll({ timeZone: 'America/New_York', rollLocal, days: 'every' }).dayAt(us(`${text}:00Z`))
    expect(before.map(cold)).toEqual(before.map((text) => isoDate(Date.parse(text.slice(0, 10)) / 86_400_000 - 1)))
    expect(cold(from)).toBe(from.slice(0, 10))
  })
})

describeShared('reference cases of trading days', 'cases', () => {
  interface Case {
    id: string
    inputs: { kind?: string; timeZone: string; rollLocal: string; weekends: string; utc: string[] }
    expected: { tradingDay: string[] }
  }
  const cases = sharedFiles('cases', '', /\.json$/)
    .flatMap((file) => (JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] }).cases)
    .filter(({ inputs }) => inputs.kind === 'tradingDay')
  it('there are some', () => expect(cases.length).toBeGreaterThan(0))
  it.each(cases)('$id', ({ inputs, expected }) => {
    const roll = new DayRoll({ timeZone: inputs.timeZone, rollLocal: inputs.rollLocal })
    expect(inputs.utc.map((text) => roll.dayAt(us(text)))).toEqual(expected.tradingDay)
    const backwards = new DayRoll({ timeZone: inputs.timeZone, rollLocal: inputs.rollLocal })
    expect(inputs.utc.toReversed().map((text) => backwards.dayAt(us(text)))).toEqual(expected.tradingDay.toReversed())
  })
})
