/** Statistics of sessions, by hand-made trades; test/recorded compares them with independent figures. */
import { describe, expect, it } from 'vitest'
import { Calendars } from '../calendar/calendars.js'
import { IngestRing } from '../ring/ingest-ring.js'
import { type SessionFigures, SessionStatistics } from './session-statistics.js'

const minute = 60_000_000
const dayUs = 1_440 * minute

describe('session statistics', () => {
  it('follow each trade', () => {
    const statistics = new SessionStatistics({ bucketUs: 60 * minute, openingRangeUs: 30 * minute })
    const open = 10 * dayUs
    statistics.trade(0, 100, 10, 1, open)
    statistics.trade(0, 102, 30, -1, open + 20 * minute)
    statistics.trade(0, 99, 10, 0, open + 90 * minute)
    statistics.quote(0, 99, 101, open + 91 * minute)
    statistics.quote(0, 99, Number.NaN, open + 92 * minute)
    const now = statistics.of(0) as SessionFigures
    expect(now).toMatchObject({
      trades: 3,
      volume: 50,
      open: 100,
      high: 102,
      low: 99,
      last: 99,
      range: 3,
      openingHigh: 102,
      openingLow: 100,
    })
    expect([now.vwap, now.imbalance, now.averageSpread]).toEqual([(1_000 + 3_060 + 990) / 50, -0.5, 2])
    expect([...now.curve().slice(0, 3)]).toEqual([0.8, 0.2, 0])
    expect(statistics.of(1)).toBeUndefined()
  })

  it('are put into the terms of after a split', () => {
    const statistics = new SessionStatistics({ bucketUs: 60 * minute, openingRangeUs: 30 * minute })
    statistics.trade(0, 100, 10, 1, 0)
    statistics.quote(0, 99, 101, minute)
    statistics.rescale(0, 1 / 4)
    statistics.rescale(7, 1 / 4)
    statistics.trade(0, 26, 40, -1, 2 * minute)
    expect(statistics.of(0)).toMatchObject({
      open: 25,
      high: 26,
      low: 25,
      last: 26,
      volume: 80,
      value: 2_040,
      vwap: 25.5,
    })
    expect(statistics.of(0)).toMatchObject({ buyVolume: 40, sellVolume: 40, averageSpread: 0.5, openingLow: 25 })
    expect(() => statistics.rescale(0, 0)).toThrow(expect.objectContaining({ code: 'TW_INVALID_ARGUMENT' }))
  })

  it('begin anew with the next session, and average the curves of those that are over', () => {
    const over: SessionFigures[] = []
    const statistics = new SessionStatistics({ bucketUs: 720 * minute, onSession: (session) => over.push(session) })
    statistics.trade(0, 10, 1, 0, 0)
    statistics.trade(0, 10, 3, 0, 800 * minute)
    expect(statistics.volumeCurve(0)).toBeUndefined()
    statistics.trade(0, 20, 1, 0, dayUs)
    // Late: its session is over.
    statistics.trade(0, 10, 1_000, 0, dayUs - 1)
    expect([over.length, over[0]?.volume, statistics.of(0)?.open, statistics.ignored]).toEqual([1, 4, 20, 1])
    expect([...(statistics.volumeCurve(0) ?? [])]).toEqual([0.25, 0.75])
    statistics.finish()
    expect([...(statistics.volumeCurve(0) ?? [])]).toEqual([0.625, 0.375])
    expect(statistics.of(0)).toBeUndefined()
  })

  it('leave out what lies outside of sessions, does not count, or is no price', () => {
    const hours = { openUs: 100, closeUs: 200 }
    const statistics = new SessionStatistics({ sessions: () => hours, counts: (condition) => condition !== 7 })
    for (const [price, ts, condition] of [
      [1, 99, 0],
      [1, 200, 0],
      [1, 150, 7],
      [Number.NaN, 150, 0],
    ] as const)
      statistics.trade(0, price, 1, 0, ts, condition)
    expect([statistics.ignored, statistics.of(0)]).toEqual([4, undefined])
    statistics.trade(0, 1, 1, 0, 199)
    expect(statistics.of(0)?.trades).toBe(1)
    expect(() => new SessionStatistics({ bucketUs: 0 })).toThrow('bucketUs')
  })
})

describe('what is no market', () => {
  it('an infinite size or price is ignored, and spoils nothing', () => {
    const statistics = new SessionStatistics()
    statistics.trade(0, 100, 5, 1, 1_000)
    statistics.trade(0, 100, Number.POSITIVE_INFINITY, 1, 2_000)
    statistics.quote(0, 100, 101, 3_000)
    statistics.quote(0, 100, Number.POSITIVE_INFINITY, 4_000)
    expect(statistics.of(0)).toMatchObject({ volume: 5, vwap: 100, averageSpread: 1, trades: 1, quotes: 1 })
    expect(statistics.ignored).toBe(1)
  })

  it('a bucket of a second is one, a finer one is refused: no volume is put where it was not traded', () => {
    expect(() => new SessionStatistics({ bucketUs: 1_000_000 })).not.toThrow()
    const statistics = new SessionStatistics({ bucketUs: 1_000_000 })
    statistics.trade(0, 100, 5, 1, 20_000 * 1e6)
    statistics.trade(0, 100, 7, 1, 80_000 * 1e6)
    const buckets = statistics.of(0)?.buckets as Float64Array
    expect([buckets.length, buckets[20_000], buckets[80_000]]).toEqual([86_400, 5, 7])
    const finer = { bucketUs: 1_000, sessions: () => ({ openUs: 0, closeUs: 86_400e6 }) }
    expect(() => new SessionStatistics({ bucketUs: 1_000 })).toThrow(/bucketUs/)
    expect(() => new SessionStatistics(finer)).toThrow(/bucketUs/)
  })

  it('a trade of a session that was finished is late', () => {
    const done: number[] = []
    const statistics = new SessionStatistics({ onSession: ({ volume }) => done.push(volume) })
    statistics.trade(0, 100, 5, 1, 1_000)
    statistics.finish()
    statistics.trade(0, 100, 7, 1, 2_000)
    statistics.finish()
    expect([done, statistics.ignored]).toEqual([[5], 1])
    statistics.trade(0, 100, 9, 1, 86_400e6)
    statistics.finish()
    expect(done).toEqual([5, 9])
  })
})

describe('a venue time that cannot be true', () => {
  it('counts for nothing, and keeps nothing from what follows', () => {
    const calendar = new Calendars().get('XNYS')
    const statistics = new SessionStatistics({ sessions: (tsUs) => calendar.sessionAt(tsUs) })
    const ring = new IngestRing({ capacity: 16 })
    const { onTrades, onQuotes } = statistics
    const consumer = ring.addConsumer({ name: 'sessions', policy: 'backpressure', handlers: { onTrades, onQuotes } })
    const openUs = Date.UTC(2026, 0, 5, 15) * 1_000
    for (const tsUs of [Number.NaN, openUs + dayUs, openUs]) {
      ring.publishQuote(0, 0, 99, 101, 1, 1, tsUs, openUs, Number.NaN, 0)
      ring.publishTrade(0, 0, 100, 1, 1, tsUs, openUs, Number.NaN, Number.NaN, 0)
    }
    consumer.drain()
    expect(consumer.lastError).toBeUndefined()
    expect(statistics.of(0)).toMatchObject({ trades: 1, quotes: 1 })
    expect(statistics.ignored).toBe(2)
  })
})
