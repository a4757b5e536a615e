/** Session statistics over recorded ticks, with the market's calendar, against independent figures. */
import { expect, it } from 'vitest'
import { Calendars } from '../../src/calendar/calendars.js'
import { SessionStatistics } from '../../src/market/session-statistics.js'
import { describeShared, sharedFiles } from '../support/shared.js'
import { expectedBeside, nameOf, play } from './support.js'

interface Expected {
  rth_trades: number
  rth_volume: number
  rth_vwap: string
  rth_first: string
  rth_last: string
  rth_high: string
  rth_low: string
}

const files = sharedFiles('data', 'us_equity_ticks', /_trades\.csv(\.gz)?$/)

describeShared(
  'session statistics of US equity ticks',
  'data',
  () => {
    it.each(files.map((path) => [nameOf(path), path]))(
      '%s: VWAP, volume and range of regular hours',
      async (name, path) => {
        const calendar = new Calendars().get('XNYS')
        const statistics = new SessionStatistics({ sessions: (tsUs) => calendar.sessionAt(tsUs), bucketUs: 60_000_000 })
        await play(path, { onTrades: statistics.onTrades })
        const expected = expectedBeside<Record<string, Expected>>(path)?.[name.slice(0, name.indexOf('_trades'))]
        const session = statistics.of(0)
        if (expected === undefined || session === undefined) throw new Error(`${name}: nothing to compare`)
        expect([session.trades, session.volume]).toEqual([expected.rth_trades, expected.rth_volume])
        expect(session.vwap.toFixed(8)).toBe(expected.rth_vwap)
        const prices = [expected.rth_first, expected.rth_last, expected.rth_high, expected.rth_low].map(Number)
        expect([session.open, session.last, session.high, session.low]).toEqual(prices)
        expect(session.buckets).toHaveLength(390)
        expect(session.curve().reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
      },
    )
  },
  'us_equity_ticks',
)
