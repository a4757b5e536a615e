/** Any positions, any ratio: nothing is lost, totals are sums, and what is saved and replayed is what was. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { Decimal } from '../model/decimal.js'
import { Instrument } from '../model/instrument.js'
import { Portfolio } from './portfolio.js'
import { portfolioToState, restorePortfolio } from './portfolio-state.js'
import { portfolioSnapshot } from './snapshot.js'

const instrument = new Instrument(
  {
    id: 'X.XNYS' as Instrument['id'],
    symbol: 'X',
    venue: 'XNYS',
    assetClass: 'equity',
    currency: 'USD',
    priceIncrement: '0.01',
    sizeIncrement: '1',
  },
  0,
)
const names = ['a', 'b', 'c', 'd']

type Fill = readonly [strategy: number, account: number, units: number, price: number]
const fills = fc.array(
  fc.tuple(
    fc.nat({ max: 3 }),
    fc.nat({ max: 1 }),
    fc.integer({ min: -500, max: 500 }).filter((units) => units !== 0),
    fc.integer({ min: 1, max: 100_000 }),
  ),
  { minLength: 1, maxLength: 25 },
)
const ratio = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }))
const methods = fc.constantFrom('average' as const, 'fifo' as const, 'lifo' as const)

function make(accounting: 'average' | 'fifo' | 'lifo', base = 'USD'): Portfolio {
  return new Portfolio({
    baseCurrency: base,
    accounting,
    rates: { rate: () => ({ bid: 0.5, ask: 0.6 }) },
    initialPositions: 4,
  })
}

function book(portfolio: Portfolio, [strategy, account, units, price]: Fill): number {
  return portfolio.applyFill(
    portfolio.accounts.intern(`A${account}`),
    portfolio.strategies.intern(names[strategy] as string),
    instrument,
    Math.sign(units),
    Math.abs(units),
    price,
    1,
  )
}

/** Profit of everything, closed at a price: P&L as it would be then. */
function worth(portfolio: Portfolio, price: Decimal): Decimal {
  const { strategyPositions } = portfolioSnapshot(portfolio, 0)
  return strategyPositions.reduce(
    (sum, { quantity, averagePrice, realizedGross }) =>
      sum.plus(realizedGross).plus(averagePrice === undefined ? 0 : quantity.times(price.minus(averagePrice))),
    new Decimal(0),
  )
}

describe('a split of any positions by any ratio', () => {
  it('keeps their value to the cent of each position, adds up in every account, and rounds less than a unit', () => {
    fc.assert(
      fc.property(fills, ratio, methods, fc.integer({ min: 1, max: 50_000 }), (list, [n, d], accounting, price) => {
        const portfolio = make(accounting)
        for (const fill of list) book(portfolio, fill)
        const mark = instrument.priceFromUnits(price)
        const before = worth(portfolio, mark.times(n).div(d))
        const rows = portfolio.planSplit(instrument, n, d, price)
        const held = rows.map(({ slot }) => portfolio.quantityAt(slot))
        const averages = portfolioSnapshot(portfolio, 0).strategyPositions
        portfolio.applySplit(instrument, n, d, 2, price)
        rows.forEach(({ slot, units }, i) => {
          expect(portfolio.quantityAt(slot)).toBe(units)
          if (portfolio.table.totals[slot] === -1) {
            const exact = ((held[i] as number) * n) / d
            expect(units).toBe(Math.trunc(exact) + 0)
            const parts = rows.filter((row) => portfolio.table.totals[row.slot] === slot)
            expect(parts.reduce((sum, row) => sum + row.units, 0)).toBe(units)
          } else expect(Math.abs(units * d - (held[i] as number) * n)).toBeLessThan(d)
        })
        // Each position's cash is rounded to a cent.
        const most = rows.length * 0.0051
        expect(Math.abs(worth(portfolio, mark).minus(before).toNumber())).toBeLessThan(most)
        // What was not bought in keeps its average price, over the ratio; by lots it is the rest that stays.
        if (accounting !== 'average') return
        for (const was of averages) {
          const now = portfolioSnapshot(portfolio, 0).strategyPositions.find(
            ({ account, strategy }) => account === was.account && strategy === was.strategy,
          )
          if (now?.averagePrice === undefined || was.averagePrice === undefined) continue
          if (now.quantity.abs().times(d).greaterThan(was.quantity.abs().times(n))) continue
          expect(now.averagePrice.minus(was.averagePrice.times(d).div(n)).abs().toNumber()).toBeLessThan(1e-9)
        }
      }),
      { numRuns: runs({ ci: 150, full: 20_000 }) },
    )
  })

  it('is saved and restored, and a bust of what came before it is replayed through it, in any currency', () => {
    fc.assert(
      fc.property(fills, fills, ratio, methods, fc.boolean(), (before, after, [n, d], accounting, isPaid) => {
        const live = make(accounting, 'EUR')
        const trades = before.map((fill) => book(live, fill))
        live.applySplit(instrument, n, d, 2, isPaid ? 1234.5 : Number.NaN)
        for (const fill of after) book(live, fill)
        const restored = make(accounting, 'EUR')
        restorePortfolio(restored, JSON.parse(JSON.stringify(portfolioToState(live))), () => instrument)
        expect(portfolioToState(restored)).toEqual(portfolioToState(live))
        for (const portfolio of [live, restored]) {
          for (const trade of trades) expect(portfolio.bustFill(trade)).toBe(true)
          for (let slot = 0; slot < portfolio.table.size; slot++) {
            if (portfolio.table.totals[slot] !== -1) continue
            let sum = 0
            for (let own = 0; own < portfolio.table.size; own++)
              if (portfolio.table.totals[own] === slot) sum += portfolio.quantityAt(own)
            expect(portfolio.quantityAt(slot)).toBe(sum)
          }
        }
        expect(portfolioToState(restored)).toEqual(portfolioToState(live))
        // Without what came before it, a split splits nothing.
        const plain = make(accounting, 'EUR')
        for (const fill of after) book(plain, fill)
        const figures = (portfolio: Portfolio) =>
          portfolioSnapshot(portfolio, 0)
            .strategyPositions.filter(({ quantity, realizedGross }) => !quantity.isZero() || !realizedGross.isZero())
            .map(({ account, strategy, quantity, averagePrice, realizedGross }) =>
              [account, strategy, quantity, averagePrice, realizedGross].map(String),
            )
        expect(figures(live)).toEqual(figures(plain))
      }),
      { numRuns: runs({ ci: 100, full: 10_000 }) },
    )
  })
})
