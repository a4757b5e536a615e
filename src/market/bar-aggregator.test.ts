import { describe, expect, it } from 'vitest'
import { IngestRing } from '../ring/ingest-ring.js'
import { BarAggregator } from './bar-aggregator.js'
import type { QuoteBarOptions, TradeBarOptions } from './bars.js'

const second = 1_000_000
const minute = 60 * second

type Row = (number | string | boolean)[]

/** An aggregator with one series of instrument 0 whose bars are written down as rows. */
function tradeBars(options: Partial<TradeBarOptions>) {
  const rows: Row[] = []
  const bars = new BarAggregator({
    onBar: (bar) => {
      const marks = `${bar.isClosed ? '' : 'partial'}${bar.isAmended ? 'amended' : ''}`
      rows.push([bar.tsOpenUs / second, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.count, marks])
    },
  })
  const series = bars.addTradeBars({ instrument: 0, unit: 'time', step: minute, ...options })
  const trade = (seconds: number, price: number, size = 1, condition = 0) =>
    bars.trade(0, 0, price, size, seconds * second, seconds * second + 5, condition)
  return { bars, series, rows, trade }
}

function quoteBars(options: Partial<QuoteBarOptions>) {
  const rows: Row[] = []
  const bars = new BarAggregator({
    onQuoteBar: (bar) => {
      rows.push([bar.tsOpenUs / second, bar.bidOpen, bar.bidHigh, bar.bidLow, bar.bidClose])
      rows.push([bar.tsEventUs / second, bar.askOpen, bar.askHigh, bar.askLow, bar.askClose, bar.count])
    },
  })
  const series = bars.addQuoteBars({ instrument: 0, step: minute, ...options })
  const quote = (seconds: number, bid: number, ask: number) =>
    bars.quote(0, 0, bid, ask, 1, 1, seconds * second, seconds * second)
  return { bars, series, rows, quote }
}

describe('time bars of trades', () => {
  it('close when a trade or the clock passes their end', () => {
    const { bars, series, rows, trade } = tradeBars({})
    trade(65, 10, 2)
    trade(70, 12, 1)
    trade(119, 11, 3)
    expect(rows).toEqual([])
    expect(series.current).toMatchObject({ open: 10, high: 12, isClosed: false, tsEventUs: 120 * second })
    trade(120, 9)
    expect(rows).toEqual([[60, 10, 12, 10, 11, 6, 3, '']])
    expect(series.previous?.vwap).toBeCloseTo((20 + 12 + 33) / 6, 12)
    bars.advance(180 * second - 1)
    expect(rows.length).toBe(1)
    bars.advance(180 * second)
    expect(rows[1]).toEqual([120, 9, 9, 9, 9, 1, 1, ''])
    expect(series.current).toBeUndefined()
  })

  it('go by venue time inside a bar', () => {
    const { bars, rows, trade } = tradeBars({})
    trade(30, 10)
    trade(50, 12)
    trade(5, 8)
    trade(50, 13)
    trade(49, 11)
    bars.flush()
    expect(rows).toEqual([[0, 8, 13, 8, 13, 5, 5, '']])
  })

  it('skip empty intervals, or fill them flat up to a bound', () => {
    const skipping = tradeBars({})
    skipping.trade(10, 5)
    skipping.trade(250, 6)
    expect(skipping.rows.map((row) => row[0])).toEqual([0])

    const flat = tradeBars({ empty: 'flat' })
    flat.trade(10, 5, 2)
    flat.trade(190, 6)
    expect(flat.rows).toEqual([
      [0, 5, 5, 5, 5, 2, 1, ''],
      [60, 5, 5, 5, 5, 0, 0, ''],
      [120, 5, 5, 5, 5, 0, 0, ''],
    ])
    flat.bars.advance(320 * second)
    expect(flat.rows.slice(3).map((row) => [row[0], row[6]])).toEqual([
      [180, 1],
      [240, 0],
    ])

    const bounded = tradeBars({ empty: 'flat', maxFlatBars: 2 })
    bounded.trade(10, 5)
    bounded.trade(610, 6)
    expect([bounded.series.counters.flat, bounded.series.counters.flatSkipped]).toEqual([2, 7])
    bounded.bars.advance(3_000 * second)
    bounded.bars.advance(4_000 * second)
    expect(bounded.series.counters.flat).toBe(4)
  })

  it('drop what is late', () => {
    const { series, rows, trade } = tradeBars({ late: 'drop' })
    trade(10, 5)
    trade(61, 6)
    trade(59, 99)
    expect([rows.length, series.counters.lateDropped]).toEqual([1, 1])
  })

  it('amend the bar closed last within the tolerance, and give it out again', () => {
    const { series, rows, trade } = tradeBars({ late: 'amend', lateToleranceUs: 10 * second })
    trade(30, 5)
    trade(58, 6)
    trade(61, 7)
    trade(59, 9, 4)
    trade(62, 7)
    trade(51, 1)
    trade(130, 8)
    trade(59, 2)
    expect(rows).toEqual([
      [0, 5, 6, 5, 6, 2, 2, ''],
      [0, 5, 9, 5, 9, 6, 3, 'amended'],
      [60, 7, 7, 7, 7, 2, 2, ''],
    ])
    expect(series.counters).toMatchObject({ lateAmended: 1, lateDropped: 2 })
  })

  it('amend also after the clock closed the bar', () => {
    const { bars, rows, trade } = tradeBars({ late: 'amend' })
    trade(59, 5)
    bars.advance(60 * second)
    trade(58, 4)
    expect(rows[1]).toEqual([0, 4, 5, 4, 5, 2, 2, 'amended'])
  })

  it('count late trades in the current bar, which keeps its open and close', () => {
    const { bars, series, rows, trade } = tradeBars({ late: 'current' })
    trade(30, 5)
    trade(61, 7)
    trade(59, 9, 4)
    bars.advance(120 * second)
    trade(100, 3)
    bars.flush()
    expect(rows.slice(1)).toEqual([
      [60, 7, 9, 7, 7, 5, 2, ''],
      [120, 3, 3, 3, 3, 1, 1, ''],
    ])
    expect(series.counters.lateCurrent).toBe(2)
  })

  it('wait for stragglers before the clock closes them', () => {
    const { bars, rows, trade } = tradeBars({ closeDelayUs: 2 * second })
    trade(59, 5)
    bars.advance(61 * second)
    trade(58, 4)
    bars.advance(62 * second)
    expect(rows).toEqual([[0, 4, 5, 4, 5, 2, 2, '']])
  })

  it('give out partial bars when asked', () => {
    const { rows, trade } = tradeBars({ emitPartial: true })
    trade(1, 5)
    trade(2, 6)
    trade(61, 7)
    expect(rows.map((row) => row[7])).toEqual(['partial', 'partial', '', 'partial'])
  })

  it('refuse what is filtered, of another source, or not a trade', () => {
    const { bars, series, trade } = tradeBars({ accept: (_price, _size, condition) => condition !== 7, source: 0 })
    trade(1, 5, 1, 7)
    bars.trade(0, 3, 5, 1, 1, 1)
    trade(1, Number.NaN)
    trade(1, 5, -1)
    trade(Number.NaN, 5)
    expect(series.counters).toMatchObject({ filtered: 1, invalid: 3, used: 0 })
    trade(1, -5, 0)
    expect(series.current).toMatchObject({ close: -5, volume: 0, vwap: Number.NaN })
  })
})

describe('sessions', () => {
  // Sessions of 100 s that start 30 s into every 150 s.
  const startUs = (tsUs: number) => {
    const start = Math.floor((tsUs - 30 * second) / (150 * second)) * 150 * second + 30 * second
    return tsUs - start < 100 * second ? start : Number.NaN
  }
  const endUs = (tsUs: number) => startUs(tsUs) + 100 * second

  it.each([
    ['asked at every event', { sessionStartUs: startUs }],
    ['with the end', { sessionStartUs: startUs, sessionEndUs: endUs }],
  ])('intervals count from the session start, %s', (_, session) => {
    const { bars, series, rows, trade } = tradeBars({ session, step: 40 * second, empty: 'flat' })
    trade(20, 1)
    trade(35, 2)
    trade(125, 3)
    trade(140, 99)
    trade(181, 4)
    bars.flush()
    expect(rows.map((row) => [row[0], row[6]])).toEqual([
      [30, 1],
      [70, 0],
      [110, 1],
      [180, 1],
    ])
    expect(series.counters.outsideSession).toBe(2)
  })

  it.each([
    ['asked at every event', {}],
    ['with the end', { sessionEndUs: (tsUs: number) => (Math.floor(tsUs / (90 * second)) + 1) * 90 * second }],
  ])('a bar longer than the session ends with it, %s', (_, more) => {
    const session = { sessionStartUs: (tsUs: number) => Math.floor(tsUs / (90 * second)) * 90 * second, ...more }
    const { rows, trade } = tradeBars({ session, step: 100 * second })
    trade(85, 1)
    trade(95, 2)
    trade(181, 3)
    expect(rows.map((row) => [row[0], row[6]])).toEqual([
      [0, 1],
      [90, 1],
    ])
  })

  it('flat bars by the clock stop at the end of the session', () => {
    const { bars, rows, trade } = tradeBars({ session: { sessionStartUs: startUs }, step: 50 * second, empty: 'flat' })
    trade(31, 1)
    for (let now = 40; now < 500; now += 10) bars.advance(now * second)
    expect(rows.map((row) => [row[0], row[6]])).toEqual([
      [30, 1],
      [80, 0],
    ])
  })
})

describe('tick, volume and value bars', () => {
  it('close when they are full, with the times of their trades', () => {
    const ticks = tradeBars({ unit: 'tick', step: 2 })
    ticks.trade(1, 5)
    ticks.trade(9, 6)
    expect(ticks.series.previous).toMatchObject({ tsOpenUs: second, tsEventUs: 9 * second, count: 2 })
    const volume = tradeBars({ unit: 'volume', step: 10 })
    volume.trade(1, 5, 4)
    volume.trade(2, 6, 9)
    volume.trade(3, 7, 1)
    expect(volume.rows).toEqual([[1, 5, 6, 5, 6, 13, 2, '']])
    const value = tradeBars({ unit: 'value', step: 100 })
    value.trade(1, 50, 1)
    value.trade(2, 25, 2)
    expect(value.rows).toEqual([[1, 50, 50, 25, 25, 3, 2, '']])
  })

  it('end where a session does', () => {
    const session = { sessionStartUs: (tsUs: number) => Math.floor(tsUs / minute) * minute }
    const { rows, trade } = tradeBars({ unit: 'tick', step: 3, session })
    for (const seconds of [1, 2, 61, 62, 63]) trade(seconds, seconds)
    expect(rows.map((row) => [row[0], row[6]])).toEqual([
      [1, 2],
      [61, 3],
    ])
  })

  it('refuse steps that mean nothing', () => {
    expect(() => tradeBars({ unit: 'time', step: 0.5 })).toThrow(/step 0.5 of time bars/)
    expect(() => tradeBars({ unit: 'volume', step: 0 })).toThrow(/step 0 of volume bars/)
    expect(() => tradeBars({ lateTolerance: 3 } as never)).toThrow(/lateTolerance/)
    expect(() => quoteBars({ step: -1 })).toThrow(/step -1/)
  })
})

describe('quote bars', () => {
  it('have open, high, low and close of both sides; a side without a quote stands', () => {
    const { bars, rows, quote } = quoteBars({})
    quote(1, 10, 11)
    quote(2, 12, Number.NaN)
    quote(30, 9, 10.5)
    quote(61, Number.NaN, 10)
    bars.advance(120 * second)
    expect(rows).toEqual([
      [0, 10, 12, 9, 9],
      [60, 11, 11, 10.5, 10.5, 3],
      [60, 9, 9, 9, 9],
      [120, 10, 10, 10, 10, 1],
    ])
  })

  it('fill empty intervals with the standing quote when asked, and drop what is late or empty', () => {
    const { series, rows, quote } = quoteBars({ empty: 'flat' })
    quote(1, 10, 11)
    quote(130, 12, 13)
    quote(119, 1, 1)
    quote(131, Number.NaN, Number.NaN)
    expect(rows.slice(2)).toEqual([
      [60, 10, 10, 10, 10],
      [120, 11, 11, 11, 11, 0],
    ])
    expect(series.counters).toMatchObject({ lateDropped: 1, invalid: 1, flat: 1, closed: 2 })
  })
})

describe('BarAggregator', () => {
  it('builds several timeframes of several instruments from one ring, and publishes them into it', () => {
    const ring = new IngestRing({ capacity: 256 })
    const published: number[][] = []
    const bars = new BarAggregator({ sink: ring })
    bars.addTradeBars({ instrument: 0, unit: 'time', step: minute })
    bars.addTradeBars({ instrument: 0, unit: 'time', step: 5 * minute })
    bars.addTradeBars({ instrument: 2, unit: 'tick', step: 2 })
    const consumer = ring.addConsumer({
      name: 'bars',
      policy: 'backpressure',
      handlers: {
        onTrades: bars.onTrades,
        onQuotes: bars.onQuotes,
        onBars: (from, first, last) => {
          for (let row = first; row < last; row++) {
            const { instrument, intervalUs, count, close, isClosed } = from.bars
            published.push([instrument[row], intervalUs[row], count[row], close[row], isClosed[row]] as number[])
          }
        },
      },
    })
    for (let i = 0; i < 11; i++) {
      ring.publishTrade(0, 0, 100 + i, 1, 1, i * 30 * second, i * 30 * second, Number.NaN, Number.NaN, 0)
      ring.publishTrade(2, 0, 50 + i, 1, 1, i * 30 * second, i * 30 * second, Number.NaN, Number.NaN, 0)
      ring.publishTrade(1, 0, 1, 1, 1, i * 30 * second, i * 30 * second, Number.NaN, Number.NaN, 0)
    }
    consumer.drain()
    consumer.drain()
    expect(published.filter(([instrument]) => instrument === 2)).toHaveLength(5)
    expect(published.filter(([, intervalUs]) => intervalUs === minute)).toHaveLength(5)
    expect(published.filter(([, intervalUs]) => intervalUs === 5 * minute)).toEqual([[0, 5 * minute, 10, 109, 1]])
  })

  it('counts what the sink refuses, and stops series that are removed', () => {
    const bars = new BarAggregator({ sink: { publishBar: () => false } as never })
    const series = bars.addTradeBars({ instrument: 0, unit: 'tick', step: 1 })
    const quotes = bars.addQuoteBars({ instrument: 0, step: minute })
    bars.trade(0, 0, 5, 1, 1, 1)
    expect(series.counters.unpublished).toBe(1)
    bars.remove(series)
    bars.remove(quotes)
    bars.trade(0, 0, 5, 1, 1, 1)
    bars.quote(0, 0, 5, 6, 1, 1, 1, 1)
    expect([series.counters.closed, quotes.counters.used]).toEqual([1, 0])
  })
})

describe('a listener that throws', () => {
  const failing = () => {
    const bars = new BarAggregator({})
    const series = [true, false].map((isBad) => ({
      trades: bars.addTradeBars({ instrument: 0, unit: 'time', step: minute }, () => {
        if (isBad) throw new RangeError('a bug')
      }),
      quotes: bars.addQuoteBars({ instrument: 0, step: minute }),
    }))
    bars.trade(0, 0, 5, 1, 1, 1)
    return { bars, closed: () => series.map(({ trades }) => trades.counters.closed) }
  }

  it.each<[string, (bars: BarAggregator) => void]>([
    ['a trade', (bars) => bars.trade(0, 0, 5, 1, minute, minute)],
    ['the clock', (bars) => bars.advance(minute)],
    ['the end of the data', (bars) => bars.flush()],
  ])('keeps nothing from the other series: %s', (_, close) => {
    const { bars, closed } = failing()
    expect(() => close(bars)).toThrow('a bug')
    expect(closed()).toEqual([1, 1])
    expect(() => bars.trade(1, 0, 5, 1, minute, minute)).not.toThrow()
  })

  it('is told at once where a series is flushed by itself', () => {
    const { bars } = failing()
    const series = bars.addTradeBars({ instrument: 0, unit: 'time', step: minute }, () => {
      throw new RangeError('another bug')
    })
    bars.trade(0, 0, 5, 1, 2, 2)
    expect(() => series.flush()).toThrow('another bug')
    expect(() => bars.trade(1, 0, 5, 1, minute, minute)).not.toThrow()
  })

  it('is told once, by the outermost call; what a listener gives to bars leaves alone what others get', () => {
    const bars = new BarAggregator({})
    const seen: number[] = []
    bars.addTradeBars({ instrument: 0, unit: 'tick', step: 1 }, () => bars.trade(1, 0, 5, 1, 1, 1))
    bars.addTradeBars({ instrument: 0, unit: 'tick', step: 1 }, ({ close }) => seen.push(close))
    bars.addTradeBars({ instrument: 1, unit: 'tick', step: 1 }, () => {
      throw new RangeError('within')
    })
    expect(() => bars.trade(0, 0, 7, 1, 1, 1)).toThrow('within')
    expect(seen).toEqual([7])
  })
})

describe('what is no market', () => {
  it('a venue time far ahead of its receipt is counted as invalid: it would end the series', () => {
    const aheadUs = 12 * 3_600 * second
    const trades = tradeBars({})
    const quotes = quoteBars({})
    for (const tsUs of [aheadUs + second + 1, aheadUs + second, second, 2 * second]) {
      trades.bars.trade(0, 0, 10, 1, tsUs, second)
      quotes.bars.quote(0, 0, 9, 10, 1, 1, tsUs, second)
    }
    for (const { counters } of [trades.series, quotes.series])
      expect(counters).toMatchObject({ invalid: 1, used: 1, lateDropped: 2 })
  })

  it('an infinite price, or time, of a quote or trade is counted as invalid and is in no bar', () => {
    const infinite = Number.POSITIVE_INFINITY
    const quotes = quoteBars({})
    quotes.quote(0, 10, 11)
    quotes.quote(1, infinite, 11)
    quotes.quote(2, Number.NaN, -infinite)
    quotes.quote(infinite, 10, 11)
    quotes.bars.flush()
    expect(quotes.rows).toEqual([
      [0, 10, 10, 10, 10],
      [60, 11, 11, 11, 11, 1],
    ])
    expect(quotes.series.counters).toMatchObject({ invalid: 3, used: 1 })
    const trades = tradeBars({})
    trades.trade(0, 10)
    trades.trade(infinite, 10)
    trades.trade(1, 10)
    trades.bars.flush()
    expect(trades.rows).toEqual([[0, 10, 10, 10, 10, 2, 2, '']])
    expect(trades.series.counters).toMatchObject({ invalid: 1, used: 2 })
  })
})

describe('empty intervals at the end of a session', () => {
  it('are filled by the first event of the next session as they are by the clock', () => {
    const day = 300 * second
    const session = {
      sessionStartUs: (tsUs: number) => Math.floor(tsUs / day) * day,
      sessionEndUs: (tsUs: number) => (Math.floor(tsUs / day) + 1) * day,
    }
    const starts = (isDriven: boolean) => {
      const { bars, rows, trade } = tradeBars({ session, empty: 'flat' })
      trade(70, 10)
      if (isDriven) for (let at = 70; at < 425; at++) bars.advance(at * second)
      trade(425, 20)
      bars.flush()
      return rows.map(([start]) => start)
    }
    expect(starts(true)).toEqual([60, 120, 180, 240, 420])
    expect(starts(false)).toEqual(starts(true))
    const quotes = (isDriven: boolean) => {
      const { bars, rows, quote } = quoteBars({ session, empty: 'flat' })
      quote(70, 10, 11)
      if (isDriven) for (let at = 70; at < 425; at++) bars.advance(at * second)
      quote(425, 20, 21)
      bars.flush()
      return rows.filter((_, at) => at % 2 === 0).map(([start]) => start)
    }
    expect(quotes(true)).toEqual([60, 120, 180, 240, 420])
    expect(quotes(false)).toEqual(quotes(true))
  })
})

describe('after a stock split', () => {
  const split = (bars: BarAggregator, atSecond: number) => bars.rescale(0, 1 / 4, atSecond * second)

  it('flat bars stand at the last price in its new terms', () => {
    const { bars, rows, trade } = tradeBars({ empty: 'flat' })
    trade(30, 100, 4)
    bars.advance(180 * second)
    split(bars, 200)
    bars.advance(240 * second)
    expect(rows.slice(2)).toEqual([
      [120, 100, 100, 100, 100, 0, 0, ''],
      [180, 25, 25, 25, 25, 0, 0, ''],
    ])
  })

  it('flat bars keep a price of after it', () => {
    const { bars, rows, trade } = tradeBars({ empty: 'flat' })
    trade(30, 25)
    bars.advance(120 * second)
    split(bars, 20)
    bars.advance(180 * second)
    expect(rows.map(([openS, open]) => [openS, open])).toEqual([
      [0, 25],
      [60, 25],
      [120, 25],
    ])
  })

  it('a bar of nothing but late trades is in the terms of after it', () => {
    const { bars, series, trade } = tradeBars({ late: 'current' })
    trade(30, 100)
    trade(70, 100)
    bars.advance(120 * second)
    trade(65, 104)
    split(bars, 119)
    expect(series.current).toMatchObject({ open: 26, close: 26, volume: 4 })
  })
})
