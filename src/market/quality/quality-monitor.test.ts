/** The quality monitor: each issue begins, ends and is counted once; score by its formula; the same data, the same report. */
import { describe, expect, it } from 'vitest'
import { IngestRing } from '../../ring/ingest-ring.js'
import { TradingStatus } from '../../ring/kinds.js'
import type { DataQualityEvent } from './quality-events.js'
import { DataQualityMonitor, type DataQualityOptions } from './quality-monitor.js'
import { StreamKind } from './quality-options.js'
import { scoreOf, scoreParts } from './quality-score.js'

const second = 1_000_000
const startUs = 1_700_000_000 * second

function setUp(options: DataQualityOptions = {}) {
  const monitor = new DataQualityMonitor(options)
  const ring = new IngestRing({ capacity: 1_024 })
  ring.addConsumer({ name: 'quality', policy: 'backpressure', handlers: monitor.handlers })
  const events: DataQualityEvent[] = []
  monitor.events.on('issue', (event) => events.push(event))
  const quote = (at: number, bid: number, ask: number, { delayUs = 0, sizes = 100 } = {}) => {
    ring.publishQuote(
      0,
      0,
      bid,
      ask,
      sizes,
      sizes,
      startUs + at * second - delayUs,
      startUs + at * second,
      Number.NaN,
      0,
    )
    ring.drain()
  }
  const trade = (at: number, price: number, size = 1) => {
    const ts = startUs + at * second
    ring.publishTrade(0, 0, price, size, 0, ts, ts, Number.NaN, Number.NaN, 0)
    ring.drain()
  }
  const told = () => events.map(({ issue, state }) => `${issue} ${state}`)
  return { monitor, ring, events, quote, trade, told }
}

describe('crossed and locked quotes', () => {
  it('are counted each, and told when they begin and end', () => {
    const { monitor, quote, told } = setUp()
    quote(0, 100, 100.1)
    quote(1, 100.2, 100.1)
    quote(2, 100.3, 100.1)
    quote(3, 100.1, 100.1)
    quote(4, 100, 100.1)
    expect(told()).toEqual(['crossed begin', 'crossed end', 'locked begin', 'locked end'])
    expect(monitor.report().feeds[0]?.totals).toMatchObject({ quotes: 5, crossed: 2, locked: 1 })
  })

  it('are put together from quotes of one side; a side with size 0 was withdrawn', () => {
    const { monitor, ring, quote } = setUp()
    quote(0, 100, Number.NaN)
    quote(1, Number.NaN, 99)
    expect(monitor.report().feeds[0]?.totals.crossed).toBe(1)
    ring.publishQuote(0, 0, Number.NaN, 99, 0, 100, startUs + 2e6, startUs + 2e6, Number.NaN, 0)
    ring.drain()
    expect(monitor.report().feeds[0]?.totals.crossed).toBe(1)
  })

  it('are none outside continuous trading', () => {
    const { monitor, ring, quote, told } = setUp()
    quote(0, 101, 100)
    ring.publishStatus(0, 0, TradingStatus.auction, startUs, startUs + second)
    ring.drain()
    quote(2, 105, 100)
    expect(told()).toEqual(['crossed begin', 'crossed end'])
    ring.publishStatus(0, 0, TradingStatus.open, startUs, startUs + 3 * second)
    ring.drain()
    quote(4, 105, 100)
    expect(told()).toEqual(['crossed begin', 'crossed end', 'crossed begin'])
    expect(monitor.report().feeds[0]?.totals.crossed).toBe(2)
  })

  it('are announced once in the time of repeatMs, with their end, and counted all the same', () => {
    const { monitor, quote, told } = setUp({ repeatMs: 10_000 })
    for (let i = 0; i < 5; i++) {
      quote(2 * i, 101, 100)
      quote(2 * i + 1, 99, 100)
    }
    expect(told()).toEqual(['crossed begin', 'crossed end'])
    expect(monitor.report()).toMatchObject({ suppressed: 4, feeds: [{ totals: { crossed: 5 } }] })
  })
})

describe('prices', () => {
  it('that stand apart are spikes; those that stay are the new level', () => {
    const { monitor, trade, events } = setUp()
    for (const price of [100, 100.1, 100, 150, 100.1]) trade(events.length, price)
    expect(monitor.report().feeds[0]?.totals.spikes).toBe(1)
    expect(events[0]).toMatchObject({ issue: 'spike', state: 'once', detail: 'trade 150 after 100' })
    for (const price of [50, 50.1, 50, 50.1, 50]) trade(10, price)
    expect(monitor.report().feeds[0]?.totals.spikes).toBe(3)
    trade(10, 50.2)
    expect(monitor.report().feeds[0]?.totals.spikes).toBe(3)
  })

  it('that jump about usually are judged by that', () => {
    const { monitor, trade } = setUp({ spikes: { minDeviation: 0.01, noiseMultiple: 20 } })
    for (let i = 0; i < 500; i++) trade(i, i % 2 === 0 ? 100 : 100.9)
    for (let i = 0; i < 10; i++) trade(500 + i, i % 2 === 0 ? 100 : 105)
    expect(monitor.report().feeds[0]?.totals.spikes).toBe(0)
  })

  it('and sizes that cannot be are invalid', () => {
    const { monitor, trade, quote, told } = setUp({ repeatMs: 0 })
    trade(0, Number.NaN)
    trade(1, 100, -5)
    quote(2, Number.POSITIVE_INFINITY, 100)
    quote(3, 100, 101, { sizes: -1 })
    expect(told()).toEqual(Array(4).fill('invalid once'))
    expect(monitor.report().feeds[0]?.totals.invalid).toBe(4)
  })
})

describe('silence', () => {
  it('of a stream is told once, and its end', () => {
    const { monitor, quote, events } = setUp({ staleAfterMs: { quotes: 10_000 } })
    quote(0, 100, 101)
    monitor.advance(startUs + 10 * second)
    expect(events).toEqual([])
    monitor.advance(startUs + 11 * second)
    monitor.advance(startUs + 12 * second)
    expect(monitor.report()).toMatchObject({ score: 0, feeds: [{ staleStreams: 1 }] })
    quote(13, 100, 101)
    expect(events).toMatchObject([
      { issue: 'stale', state: 'begin', value: 11_000, detail: 'quotes' },
      { issue: 'stale', state: 'end', value: 13_000 },
    ])
    expect(monitor.report().score).toBe(100)
  })

  it('of a stream that never brought anything counts from when it was expected', () => {
    const { monitor, told } = setUp({ clock: () => startUs, staleAfterMs: { trades: 1_000 } })
    monitor.expect(0, 7, StreamKind.trades)
    monitor.advance(startUs + 2 * second)
    expect(told()).toEqual(['stale begin'])
    monitor.forget(0, 7, StreamKind.trades)
    expect(told()).toEqual(['stale begin', 'stale end'])
    expect(monitor.report().feeds[0]).toMatchObject({ streams: 0, score: 100 })
  })

  it('of a closed market is none', () => {
    const { monitor, ring, quote, told } = setUp({ staleAfterMs: { quotes: 1_000 } })
    quote(0, 100, 101)
    ring.publishStatus(0, 0, TradingStatus.halted, startUs, startUs)
    ring.drain()
    monitor.advance(startUs + 100 * second)
    expect(told()).toEqual([])
  })

  it('in a recording is found by the times of other data', () => {
    const { trade, quote, told } = setUp({ staleAfterMs: { quotes: 5_000 } })
    quote(0, 100, 101)
    for (let i = 1; i < 10; i++) trade(i, 100)
    expect(told()).toEqual(['stale begin'])
  })
})

describe('gaps', () => {
  it('come from notes in the ring, and from whoever tells', () => {
    const { monitor, ring, events } = setUp({ connectorName: () => 'feed', symbolOf: () => 'IBM.XNYS' })
    const note = { kind: 'discontinuity', reason: 'missing', missing: 4 }
    ring.publishNote(0, 0, note, startUs, startUs)
    ring.publishNote(0, 0, { kind: 'news' }, startUs, startUs)
    ring.drain()
    monitor.gap(0, -1, 2)
    expect(events).toMatchObject([
      { issue: 'gap', state: 'once', connector: 'feed', symbol: 'IBM.XNYS', value: 4 },
      { issue: 'gap', value: 2, instrument: -1 },
    ])
    expect(monitor.report().feeds[0]?.totals).toMatchObject({ gaps: 2, missing: 6 })
  })
})

describe('clocks', () => {
  it('that run ahead give negative latencies: told, measured, and over when they are gone from the window', () => {
    const { monitor, quote, told } = setUp({ windowMs: 12_000 })
    for (let i = 0; i < 10; i++) quote(i, 100, 101, { delayUs: -1_300_000 + i })
    expect(told()).toEqual(['clock begin'])
    const [feed] = monitor.report().feeds
    expect(feed).toMatchObject({ clockAheadMs: 1_300, score: 80, totals: { negativeLatency: 10 } })
    for (let i = 10; i < 40; i++) quote(i, 100, 101, { delayUs: 2_000 })
    expect(told()).toEqual(['clock begin', 'clock end'])
    expect(monitor.report().score).toBe(100)
  })

  it('of a feed that is late as a whole', () => {
    const { monitor, quote, told } = setUp({ maxLatencyMs: 500 })
    for (let i = 0; i < 3; i++) quote(i, 100, 101, { delayUs: 1_000_000 })
    expect(told()).toEqual(['late begin'])
    expect(monitor.report().feeds[0]?.parts.clock).toBe(0.5)
  })
})

describe('the score', () => {
  const clean = { staleShare: 0, messages: 1_000, missing: 0, quotes: 1_000, trades: 0, crossed: 0, locked: 0 }
  const good = { ...clean, spikes: 0, invalid: 0, clockErrorUs: 0 }
  it.each([
    [{}, 100],
    [{ staleShare: 0.25 }, 75],
    [{ missing: 1_000 }, 65],
    [{ crossed: 25 }, 87.5],
    [{ locked: 100 }, 87.5],
    [{ spikes: 5 }, 80],
    [{ invalid: 1_000 }, 80],
    [{ clockErrorUs: 250_000 }, 95],
    [{ missing: 1_000, crossed: 500, spikes: 500, clockErrorUs: 2e6 }, 0],
    [{ messages: 0, quotes: 0 }, 100],
  ])('%j is %d', (change, score) => {
    expect(scoreOf(scoreParts({ ...good, ...change }))).toBeCloseTo(score, 9)
  })

  it('of a connection that is down is 0, and its prices before and after are not compared', () => {
    const { monitor, trade } = setUp()
    trade(0, 100)
    monitor.setConnected(0, false)
    expect(monitor.score(0)).toBe(0)
    monitor.setConnected(0, true)
    trade(1, 200)
    expect(monitor.report().feeds[0]).toMatchObject({ score: 100, totals: { spikes: 0 } })
    expect(monitor.score(3)).toBeNaN()
  })
})

describe('bounds and reports', () => {
  it('streams beyond the bound are counted, not kept', () => {
    const { monitor, ring } = setUp({ maxStreams: 100 })
    for (let i = 0; i < 150; i++) ring.publishQuote(i, i % 3, 1, 2, 1, 1, startUs, startUs, Number.NaN, 0)
    ring.drain()
    const report = monitor.report()
    expect(report.ignored).toBe(50)
    expect(report.feeds.map(({ streams }) => streams)).toEqual([34, 33, 33])
  })

  it('wrong thresholds are refused by name', () => {
    expect(() => new DataQualityMonitor({ windowMs: 1 })).toThrow('windowMs')
    expect(() => new DataQualityMonitor({ spikes: { confirmations: 0 } })).toThrow('spikes.confirmations')
    expect(() => new DataQualityMonitor({ stale: 1 } as object)).toThrow('stale')
  })

  it('the text fits 80 columns and survives JSON', () => {
    const { monitor, quote, trade } = setUp({ connectorName: () => 'a-connector-with-a-name', spikes: false })
    quote(0, 102, 101, { delayUs: -5e6 })
    trade(1, 5)
    trade(2, 500_000)
    const text = monitor.reportText()
    expect(text.split('\n').every((line) => line.length <= 80)).toBe(true)
    expect(text).toContain('a-connector-with-a-name')
    expect(JSON.parse(JSON.stringify(monitor.report())).feeds[0].totals).toMatchObject({ crossed: 1, spikes: 0 })
  })
})

describe('values that are none', () => {
  it('an infinite price is counted once, and is not the bid that later asks are compared with', () => {
    const { monitor, quote } = setUp()
    quote(0, 100, 101)
    quote(1, Number.POSITIVE_INFINITY, 101)
    quote(2, Number.NaN, 102)
    quote(3, Number.NaN, 103)
    expect(monitor.report().feeds[0]?.totals).toMatchObject({ quotes: 4, invalid: 1, crossed: 0 })
  })

  it('infinite sizes are invalid', () => {
    const { monitor, quote, trade } = setUp()
    quote(0, 100, 101, { sizes: Number.POSITIVE_INFINITY })
    trade(1, 100, Number.POSITIVE_INFINITY)
    expect(monitor.report().feeds[0]?.totals.invalid).toBe(2)
  })
})

describe('a stream that was asked for before any time is known', () => {
  it('is silent from the first time on, not for ever', () => {
    const { monitor, quote, told } = setUp()
    monitor.expect(0, 5, StreamKind.quotes)
    for (let at = 0; at <= 60; at++) quote(at, 100, 101)
    expect(told()).toEqual([])
    for (let at = 61; at <= 63; at++) quote(at, 100, 101)
    expect(told()).toEqual(['stale begin'])
    expect(monitor.report().feeds[0]).toMatchObject({ streams: 2, staleStreams: 1 })
  })
})
