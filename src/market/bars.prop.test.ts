import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { BarAggregator } from './bar-aggregator.js'

interface Trade {
  tsUs: number
  price: number
  size: number
}

const step = 1_000

/** Trades at distinct times, so that open and close do not depend on the order of arrival. */
const trades = fc
  .uniqueArray(
    fc.record({
      tsUs: fc.integer({ min: 0, max: 20 * step }),
      price: fc.integer({ min: -50, max: 50 }).map((ticks) => ticks / 4),
      size: fc.integer({ min: 0, max: 9 }),
    }),
    { minLength: 1, maxLength: 80, selector: (trade) => trade.tsUs },
  )
  .map((all) => all.sort((a, b) => a.tsUs - b.tsUs))

function naiveBars(all: readonly Trade[]): number[][] {
  const byStart = new Map<number, Trade[]>()
  for (const trade of all) {
    const start = Math.floor(trade.tsUs / step) * step
    byStart.set(start, [...(byStart.get(start) ?? []), trade])
  }
  return [...byStart].map(([start, inside]) => {
    const prices = inside.map((trade) => trade.price)
    const volume = inside.reduce((sum, trade) => sum + trade.size, 0)
    return [
      start,
      prices[0] as number,
      Math.max(...prices),
      Math.min(...prices),
      prices.at(-1) as number,
      volume,
      inside.length,
    ]
  })
}

function build(
  all: readonly Trade[],
  options: { late: 'drop' | 'amend' | 'current' },
): { bars: Map<number, number[]>; used: number } {
  const bars = new Map<number, number[]>()
  const aggregator = new BarAggregator({
    onBar: (bar) =>
      bars.set(bar.tsOpenUs, [bar.tsOpenUs, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.count]),
  })
  const series = aggregator.addTradeBars({ instrument: 0, unit: 'time', step, ...options, lateToleranceUs: step })
  for (const { tsUs, price, size } of all) aggregator.trade(0, 0, price, size, tsUs, tsUs)
  aggregator.flush()
  return { bars, used: series.counters.used }
}

describe('time bars against grouping', () => {
  it('equal the groups of trades by interval', () => {
    fc.assert(
      fc.property(trades, (all) => {
        expect([...build(all, { late: 'drop' }).bars.values()]).toEqual(naiveBars(all))
      }),
      { numRuns: runs({ ci: 500, full: 10_000 }) },
    )
  })

  it('are the same when trades arrive late by less than the tolerance and may amend', () => {
    const delays = fc.array(fc.integer({ min: 0, max: step - 1 }), { minLength: 80, maxLength: 80 })
    fc.assert(
      fc.property(trades, delays, (all, late) => {
        const arrival = all.map((trade, i) => ({ trade, at: trade.tsUs + (late[i] as number) }))
        arrival.sort((a, b) => a.at - b.at)
        const { bars, used } = build(
          arrival.map(({ trade }) => trade),
          { late: 'amend' },
        )
        // An interval all of whose trades come after a later interval began has no bar to amend: those are dropped.
        if (used === all.length)
          expect([...bars.values()].sort((a, b) => (a[0] as number) - (b[0] as number))).toEqual(naiveBars(all))
        else expect(bars.size).toBeLessThanOrEqual(naiveBars(all).length)
      }),
      { numRuns: runs({ ci: 500, full: 10_000 }) },
    )
  })

  it('no trade is lost or counted twice, whatever the rule and the order', () => {
    fc.assert(
      fc.property(
        trades,
        fc.infiniteStream(fc.nat()),
        fc.constantFrom('drop', 'amend', 'current'),
        (all, order, late) => {
          const keyed = all.map((trade) => ({ trade, key: order.next().value as number }))
          const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ trade }) => trade)
          const { bars, used } = build(shuffled, { late: late as 'drop' })
          const counted = [...bars.values()].reduce((sum, bar) => sum + (bar[6] as number), 0)
          expect(counted).toBe(used)
          if (late === 'current') expect(used).toBe(all.length)
        },
      ),
      { numRuns: runs({ ci: 500, full: 10_000 }) },
    )
  })
})
