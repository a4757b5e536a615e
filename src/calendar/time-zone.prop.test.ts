/** The cached offsets against the platform asked anew, and sessions against their own stretches, at random instants. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { Calendars } from './calendars.js'
import { TimeZone } from './time-zone.js'

const zones = [
  'America/New_York',
  'America/Chicago',
  'Europe/London',
  'Europe/Berlin',
  'Asia/Kolkata',
  'UTC',
  'Australia/Lord_Howe',
]
const numRuns = runs({ ci: 500, full: 20_000 })
const instant = fc.integer({ min: Date.UTC(2000, 0, 2), max: Date.UTC(2028, 11, 1) })

/** What a wall clock shows, from the platform. */
function wallClock(zone: string, ms: number): string {
  return new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).format(ms)
}

describe('a time zone', () => {
  it.each(zones)('%s agrees with the platform', (name) => {
    const zone = new TimeZone(name)
    fc.assert(
      fc.property(instant, (ms) => {
        const local = new Date(ms + zone.offsetMs(ms)).toISOString().slice(0, 19).replace('T', ' ')
        expect(local).toBe(wallClock(name, ms))
      }),
      { numRuns },
    )
  })

  it.each(zones)('%s finds the instant of a local time again', (name) => {
    const zone = new TimeZone(name)
    fc.assert(
      fc.property(instant, (ms) => {
        const whole = Math.floor(ms / 60_000) * 60_000
        const found = zone.utcMs(zone.localDay(whole), zone.localMsOfDay(whole) / 60_000)
        // A local time that comes twice means the first.
        expect([whole, whole - 3_600_000, whole - 1_800_000]).toContain(found)
        expect(zone.localMsOfDay(found)).toBe(zone.localMsOfDay(whole))
      }),
      { numRuns },
    )
  })
})

describe('a calendar', () => {
  const calendars = new Calendars()
  it.each(['XNYS', 'CME_EQUITY', 'XLON', 'XETR', 'FX', '24/7'])('%s answers alike however it is asked', (id) => {
    const calendar = calendars.get(id)
    const first = Math.max(Date.parse(calendar.knownFrom), Date.UTC(2016, 0, 1)) + 20 * 86_400_000
    const last = Math.min(Date.parse(calendar.knownThrough), Date.UTC(2027, 0, 1)) - 20 * 86_400_000
    fc.assert(
      fc.property(fc.integer({ min: first, max: last }), (ms) => {
        const tsUs = ms * 1_000
        const date = calendar.tradingDayAt(tsUs)
        expect(calendar.isTradingDay(date)).toBe(true)
        const session = calendar.session(date)
        const stretch = session?.stretches.find(({ startUs, endUs }) => tsUs >= startUs && tsUs < endUs)
        expect(calendar.phaseAt(tsUs)).toBe(stretch?.phase ?? 'closed')
        expect(calendar.nextRollUs(tsUs)).toBeGreaterThan(tsUs)
        expect(calendar.tradingDayAt(calendar.nextRollUs(tsUs)) > date).toBe(true)
        expect(calendar.nextSession(tsUs).startUs).toBeGreaterThan(tsUs)
        expect(calendar.previousSession(tsUs).endUs).toBeLessThanOrEqual(tsUs)
        const { stretches = [] } = session ?? {}
        for (const [i, { startUs, endUs }] of stretches.entries()) {
          expect(endUs).toBeGreaterThan(startUs)
          if (i > 0) expect(startUs).toBeGreaterThanOrEqual(stretches[i - 1]?.endUs ?? 0)
        }
      }),
      { numRuns },
    )
  })
})
