import { describe, expect, it } from 'vitest'
import { buy, startEcho } from '../../test/support/echo-system.js'
import { DayRoll } from '../calendar/day-roll.js'
import { Attribution } from './attribution.js'
import { equityStatistics, tradeStatistics } from './performance.js'
import { PerformanceTracker } from './performance-tracker.js'

const dayUs = 86_400_000_000
const series = (...equities: number[]) => equities.map((equity, i) => ({ tsUs: i * dayUs, equity }))

describe('statistics of equities', () => {
  it('are those of the textbook', () => {
    const figures = equityStatistics(series(100, 110, 99, 108.9), { periodsPerYear: 4 })
    // Returns 10 %, -10 %, 10 %: mean 1/30, sample deviation sqrt(4/300).
    const [first, second, third] = figures.returns
    expect([first, second, third].map((each) => each?.toFixed(12))).toEqual([
      '0.100000000000',
      '-0.100000000000',
      '0.100000000000',
    ])
    expect(figures.totalReturn).toBeCloseTo(0.089, 12)
    expect(figures.annualReturn).toBeCloseTo(4 / 30, 12)
    expect(figures.volatility).toBeCloseTo(Math.sqrt(4 / 300) * 2, 12)
    expect(figures.sharpe).toBeCloseTo((1 / 30 / Math.sqrt(4 / 300)) * 2, 12)
    expect(figures.sortino).toBeCloseTo((1 / 30 / Math.sqrt(0.01 / 3)) * 2, 12)
    expect(figures.winningPeriods).toBeCloseTo(2 / 3, 12)
    expect(figures.bestReturn).toBeCloseTo(0.1, 12)
    expect(figures.worstReturn).toBeCloseTo(-0.1, 12)
  })

  it('takes a year of seconds', () => {
    const points = Array.from({ length: 500_000 }, (_, i) => ({ tsUs: i * 1e6, equity: i === 250_000 ? 101 : 100 }))
    const { bestReturn, worstReturn } = equityStatistics(points)
    expect([bestReturn, worstReturn]).toEqual([101 / 100 - 1, 100 / 101 - 1])
  })

  it('find the deepest fall, and when it was made good', () => {
    const { maxDrawdown, calmar } = equityStatistics(series(100, 120, 90, 130, 120))
    expect(maxDrawdown).toEqual({
      fraction: 0.25,
      amount: 30,
      peakUs: dayUs,
      troughUs: 2 * dayUs,
      recoveredUs: 3 * dayUs,
    })
    expect(calmar).toBeGreaterThan(0)
    expect(equityStatistics(series(100, 80, 90)).maxDrawdown).toMatchObject({ fraction: 0.2, recoveredUs: null })
    expect(equityStatistics(series(100, 101)).maxDrawdown).toMatchObject({ fraction: 0 })
  })

  it('take no deposit for a gain and no withdrawal for a loss', () => {
    const figures = equityStatistics([
      { tsUs: 0, equity: 100 },
      { tsUs: 1, equity: 210, flow: 100 },
      { tsUs: 2, equity: 110, flow: -100 },
    ])
    expect(figures.returns[0]).toBeCloseTo(0.1, 12)
    expect(figures.returns[1]).toBeCloseTo(0, 12)
    expect(figures.maxDrawdown?.fraction).toBeCloseTo(0, 12)
  })

  it('are null where there is too little', () => {
    expect(equityStatistics([])).toMatchObject({ totalReturn: null, volatility: null, sharpe: null, maxDrawdown: null })
    expect(equityStatistics(series(100))).toMatchObject({ annualReturn: null, sortino: null, winningPeriods: null })
    expect(equityStatistics(series(100, 101))).toMatchObject({
      volatility: null,
      sharpe: null,
      sortino: null,
      calmar: null,
    })
    expect(equityStatistics(series(100, 100, 100)).sharpe).toBeNull()
  })

  it.each([
    ['no number', [{ tsUs: 0, equity: Number.NaN }]],
    ['not above 0', series(0, 1)],
    [
      'older',
      [
        { tsUs: 1, equity: 1 },
        { tsUs: 0, equity: 1 },
      ],
    ],
  ])('refuse an equity that is %s', (_, points) => {
    expect(() => equityStatistics(points)).toThrow(/TW_INVALID_ARGUMENT/)
  })
})

describe('statistics of trades', () => {
  it('count hits and weigh gains against losses', () => {
    expect(tradeStatistics([30, -10, 0, 20, -5, -5])).toEqual({
      trades: 6,
      wins: 2,
      losses: 3,
      hitRate: 2 / 6,
      profitFactor: 2.5,
      grossProfit: 50,
      grossLoss: 20,
      averageWin: 25,
      averageLoss: 20 / 3,
      expectancy: 5,
      largestWin: 30,
      largestLoss: 10,
      longestLosingRun: 2,
    })
    expect(tradeStatistics([])).toMatchObject({ hitRate: null, profitFactor: null, expectancy: null })
    expect(tradeStatistics([1]).profitFactor).toBeNull()
    expect(() => tradeStatistics([Number.NaN])).toThrow(/TW_INVALID_ARGUMENT/)
  })
})

describe('a tracker', () => {
  it('keeps the last equity of each trading day', () => {
    const roll = new DayRoll({ timeZone: 'America/Chicago', rollLocal: '17:00' })
    const tracker = new PerformanceTracker({ period: roll })
    const at = (text: string) => Date.parse(text) * 1000
    tracker.observe(at('2026-03-06T21:00:00Z'), 100)
    tracker.observe(at('2026-03-06T22:30:00Z'), 104)
    tracker.observe(at('2026-03-06T23:30:00Z'), 110)
    tracker.observe(at('2026-03-09T21:00:00Z'), undefined, 50)
    tracker.observe(at('2026-03-09T21:30:00Z'), 170)
    expect(tracker.points.map(({ equity, flow }) => [equity, flow])).toEqual([
      [104, 0],
      [170, 50],
    ])
    expect(tracker.statistics().returns[0]).toBeCloseTo(120 / 104 - 1, 12)
  })

  it('makes trades of fills: scaled in and out, flipped, with fees', () => {
    const tracker = new PerformanceTracker()
    tracker.fill('S IBM', 1, 10, 100, 1, 1)
    tracker.fill('S IBM', 1, 10, 102, 1, 2)
    tracker.fill('S IBM', -1, 5, 104, 1, 3)
    // 15 left: sold through flat to 5 short, a quarter of the fee of 4 belongs to the next trade.
    tracker.fill('S IBM', -1, 20, 103, 4, 4)
    tracker.fill('S IBM', 1, 5, 100, 0, 5)
    expect(tracker.trips.map(({ side, quantity, result, fees }) => [side, quantity, result, fees])).toEqual([
      [1, 20, 5 * 104 + 15 * 103 - 1000 - 1020 - 6, 6],
      [-1, 5, 15 - 1, 1],
    ])
    expect(tracker.trades()).toMatchObject({ trades: 2, wins: 2 })
    expect(tracker.trades('other').trades).toBe(0)
  })

  it('follows a stock split', () => {
    const tracker = new PerformanceTracker()
    tracker.fill('K', 1, 25, 100, 0, 1)
    tracker.split('K', 2, 500, 2)
    tracker.split('other', 2, 500, 2)
    tracker.fill('K', -1, 2, 1_100, 0, 3)
    tracker.fill('L', -1, 3, 100, 0, 4)
    tracker.split('L', 0, -330, 5)
    expect(tracker.trips.map(({ key, side, quantity, result }) => [key, side, quantity, result])).toEqual([
      ['K', 1, 2, 200],
      ['L', -1, 3, -30],
    ])
  })

  it('is bounded', () => {
    const tracker = new PerformanceTracker({ maxPeriods: 2, maxTrades: 1, period: 1_000 })
    for (let i = 0; i < 5; i++) {
      tracker.observe(i * 1e6, 100 + i)
      tracker.fill('K', 1, 1, 10, 0, i)
      tracker.fill('K', -1, 1, 11, 0, i)
    }
    expect([tracker.points.length, tracker.trips.length, tracker.dropped]).toEqual([2, 1, 7])
    expect(() => new PerformanceTracker({ period: 0 })).toThrow(/period/)
  })
})

describe('attribution', () => {
  it('adds up over venues, also after busts and corrections', async () => {
    const { system, venue } = await startEcho()
    const attribution = new Attribution({
      events: system.orders.events,
      instruments: system.instruments,
      baseCurrency: 'USD',
      marks: { bid: () => 101, ask: () => 101, last: () => 101 },
      nameOf: (event) => event.order.snapshot.tag ?? 'none',
    })
    venue.onNew = (order) => venue.reports.accepted(order.number, `v${order.number}`, 1)
    const a = system.orders.submit(buy({ tag: 'A' }))
    const b = system.orders.submit(buy({ tag: 'B', side: 'sell', price: '100.00', quantity: 60 }))
    venue.reports.filled(a.number, 'e1', 100, 1_000_000, 100_000_000, 'USD', 2, 1)
    venue.reports.filled(b.number, 'e2', 60, 1_002_000, 0, 'USD', 2, 2)
    const figures = () =>
      attribution.byName(3).map(({ name, total, fees }) => [name, total?.toNumber(), fees?.toNumber()])
    expect(figures()).toEqual([
      ['A', 99, 1],
      ['B', -48, 0],
    ])
    expect(attribution.position('B', 'IBM.XNYS').toNumber()).toBe(-60)
    venue.reports.busted(b.number, 'e2', true, 4)
    expect(figures()).toEqual([
      ['A', 99, 1],
      ['B', 0, 0],
    ])
    venue.reports.canceled(b.number, Number.NaN, 'x', 5)
    system.operator.applySplit({
      id: 's',
      instrument: 'IBM',
      ratio: { numerator: 1, denominator: 3 },
      cashInLieu: 303,
      actor: 'a',
      reason: 'r',
    })
    // 33 and a third in cash, at three times the mark of before: the mark has not moved.
    expect(attribution.position('A', 'IBM.XNYS').toNumber()).toBe(33)
    expect(attribution.byName(3)[0]?.total?.toNumber()).toBeCloseTo(33 * 101 + 101 - 10_000 - 1, 9)
    attribution.stop()
    expect(attribution.missed).toBe(0)
    await system.stop()
  })
})
