import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TradewireError } from '../../../core/errors.js'
import { type ScheduleConfig, SessionSchedule } from './schedule.js'
import { TimeZone } from './time-zone.js'

const us = (iso: string) => Date.parse(iso) * 1_000
const iso = (time: number) => new Date(time / 1_000).toISOString().replace('.000Z', 'Z')
const DAY_US = 86_400_000_000

describe('a time zone', () => {
  const newYork = new TimeZone('America/New_York')

  it('tells local times', () => {
    expect(newYork.localUs(us('2024-01-15T12:00:00Z'))).toBe(us('2024-01-15T07:00:00Z'))
    expect(newYork.localUs(us('2024-07-15T12:00:00Z'))).toBe(us('2024-07-15T08:00:00Z'))
    expect(new TimeZone('UTC').localUs(5)).toBe(5)
  })

  it('finds moments, also where the clocks change', () => {
    const at = (local: string) => iso(newYork.instantUs(us(`${local}Z`)))
    expect(at('2024-01-15T07:00:00')).toBe('2024-01-15T12:00:00Z')
    expect(at('2024-03-10T01:59:59')).toBe('2024-03-10T06:59:59Z')
    // 02:30 is skipped: the clocks jump from 02:00 to 03:00, which is 07:00 UTC.
    expect(at('2024-03-10T02:30:00')).toBe('2024-03-10T07:00:00Z')
    expect(at('2024-03-10T03:00:00')).toBe('2024-03-10T07:00:00Z')
    // 01:30 comes twice: the first counts.
    expect(at('2024-11-03T01:30:00')).toBe('2024-11-03T05:30:00Z')
    expect(at('2024-11-03T02:30:00')).toBe('2024-11-03T07:30:00Z')
    expect(iso(new TimeZone('Asia/Kolkata').instantUs(us('2024-05-01T09:15:00Z')))).toBe('2024-05-01T03:45:00Z')
    expect(iso(new TimeZone('Australia/Lord_Howe').instantUs(us('2024-10-06T02:10:00Z')))).toBe('2024-10-05T15:30:00Z')
  })

  it('that does not exist is refused', () => {
    expect(() => new TimeZone('Mars/Olympus')).toThrow(expect.objectContaining({ code: 'TW_INVALID_CONFIG' }))
  })
})

describe('a schedule', () => {
  const sessionOf = (config: ScheduleConfig, at: string) => {
    const session = new SessionSchedule(config).sessionAt(us(at))
    return session === undefined ? 'none' : `${iso(session.startUs)} ${iso(session.endUs)}`
  }

  it('of a part of every day', () => {
    const config: ScheduleConfig = { startTime: '09:30:00', endTime: '16:00:00', timeZone: 'America/New_York' }
    expect(sessionOf(config, '2024-01-16T14:30:00Z')).toBe('2024-01-16T14:30:00Z 2024-01-16T21:00:00Z')
    expect(sessionOf(config, '2024-01-16T14:29:59Z')).toBe('none')
    expect(sessionOf(config, '2024-01-16T21:00:00Z')).toBe('none')
    expect(sessionOf(config, '2024-07-16T13:30:00Z')).toBe('2024-07-16T13:30:00Z 2024-07-16T20:00:00Z')
  })

  it('over midnight, and round the clock', () => {
    const night: ScheduleConfig = { startTime: '18:00:00', endTime: '17:00:00', timeZone: 'America/Chicago' }
    expect(sessionOf(night, '2024-01-16T12:00:00Z')).toBe('2024-01-16T00:00:00Z 2024-01-16T23:00:00Z')
    expect(sessionOf(night, '2024-01-16T23:30:00Z')).toBe('none')
    const day: ScheduleConfig = { startTime: '00:00:00', endTime: '00:00:00' }
    expect(sessionOf(day, '2024-01-16T00:00:00Z')).toBe('2024-01-16T00:00:00Z 2024-01-17T00:00:00Z')
  })

  it('of some days of the week', () => {
    const config: ScheduleConfig = { startTime: '18:00:00', endTime: '17:00:00', weekdays: ['sun', 'mon'] }
    expect(sessionOf(config, '2024-01-14T20:00:00Z')).toBe('2024-01-14T18:00:00Z 2024-01-15T17:00:00Z')
    expect(sessionOf(config, '2024-01-16T16:00:00Z')).toBe('2024-01-15T18:00:00Z 2024-01-16T17:00:00Z')
    expect(sessionOf(config, '2024-01-17T16:00:00Z')).toBe('none')
    expect(iso(new SessionSchedule(config).nextStartUs(us('2024-01-17T16:00:00Z')))).toBe('2024-01-21T18:00:00Z')
  })

  it('of a week', () => {
    const config: ScheduleConfig = {
      ...{ startTime: '17:00:00', endTime: '16:00:00', startDay: 'sun', endDay: 'fri' },
      timeZone: 'America/New_York',
    }
    // The clocks go forward in the night in which this week begins.
    expect(sessionOf(config, '2024-03-13T12:00:00Z')).toBe('2024-03-10T21:00:00Z 2024-03-15T20:00:00Z')
    expect(sessionOf(config, '2024-03-16T12:00:00Z')).toBe('none')
    const whole: ScheduleConfig = { startTime: '00:00:00', endTime: '00:00:00', startDay: 'mon', endDay: 'mon' }
    expect(sessionOf(whole, '2024-01-20T12:00:00Z')).toBe('2024-01-15T00:00:00Z 2024-01-22T00:00:00Z')
  })

  it('tells sessions apart, not times of day', () => {
    const schedule = new SessionSchedule({ startTime: '00:00:00', endTime: '00:00:00' })
    const noon = us('2024-01-16T12:00:00Z')
    expect(schedule.isSameSession(noon, noon + 3_600_000_000)).toBe(true)
    expect(schedule.isSameSession(noon, noon + DAY_US)).toBe(false)
    expect(schedule.isSameSession(Number.NaN, noon)).toBe(false)
  })

  it('lies in time: every moment is in the session it is told, and the next start is the start of one', () => {
    const zones = ['UTC', 'America/New_York', 'Europe/London', 'Asia/Tokyo', 'Australia/Sydney', 'America/Sao_Paulo']
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 86_399 }),
        fc.integer({ min: 0, max: 86_399 }),
        fc.integer({ min: us('2020-01-01T00:00:00Z') / 1e6, max: us('2030-01-01T00:00:00Z') / 1e6 }),
        (timeZone, start, end, second) => {
          const clock = (s: number) => new Date(s * 1_000).toISOString().slice(11, 19)
          const schedule = new SessionSchedule({ startTime: clock(start), endTime: clock(end), timeZone })
          const at = second * 1_000_000
          const session = schedule.sessionAt(at)
          if (session !== undefined) {
            expect(at >= session.startUs && at < session.endUs).toBe(true)
            expect(session.endUs - session.startUs).toBeLessThanOrEqual(1.1 * DAY_US)
          }
          const next = schedule.nextStartUs(at)
          expect(next).toBeGreaterThan(at)
          expect(next - at).toBeLessThanOrEqual(1.1 * DAY_US)
          // A session may be empty where the clocks skip it.
          const there = schedule.sessionAt(next)
          if (there !== undefined) expect(there.endUs).toBeGreaterThan(next)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('that makes no sense is refused', () => {
    const wrong: ScheduleConfig[] = [
      { startTime: '9:30', endTime: '16:00:00' },
      { startTime: '24:00:00', endTime: '16:00:00' },
      { startTime: '09:00:00', endTime: '16:00:00', startDay: 'mon' },
      { startTime: '09:00:00', endTime: '16:00:00', startDay: 'mon', endDay: 'fri', weekdays: ['mon'] },
      { startTime: '09:00:00', endTime: '16:00:00', weekdays: ['some day' as 'mon'] },
    ]
    for (const config of wrong) expect(() => new SessionSchedule(config)).toThrow(TradewireError)
  })
})
