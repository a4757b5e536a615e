/** The standing of a portfolio against its snapshot, to 15 digits behind the point, after every step of random streams of fills, fees, busts, prices and rates. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import type { InstrumentId } from '../model/ids.js'
import { Instrument, type InstrumentDefinition } from '../model/instrument.js'
import { Portfolio } from './portfolio.js'
import { portfolioSnapshot } from './snapshot.js'
import { PortfolioStanding } from './standing.js'
import type { MarkMethod } from './valuation.js'

function instrumentOf(index: number, options: Partial<InstrumentDefinition>): Instrument {
  const symbol = `I${index}`
  const id = `${symbol}.T` as InstrumentId
  const plain = { assetClass: 'future', currency: 'USD', priceIncrement: '0.01', sizeIncrement: '0.01' } as const
  return new Instrument({ id, symbol, venue: 'T', ...plain, ...options }, index)
}

const instruments = [
  instrumentOf(0, {}),
  instrumentOf(1, { currency: 'EUR', multiplier: '50' }),
  instrumentOf(2, { isInverse: true, baseCurrency: 'XBT', priceIncrement: '0.5', sizeIncrement: '1' }),
]

type Step =
  | { kind: 'fill'; account: number; strategy: number; instrument: number; sign: number; units: number; price: number }
  | { kind: 'fee'; account: number; strategy: number; instrument: number; currency: number; units: number }
  | { kind: 'bust'; trade: number }
  | { kind: 'price'; instrument: number; bid: number }
  | { kind: 'rate'; bid: number }
  | { kind: 'capital'; amount: number }

const owner = {
  account: fc.nat(1),
  strategy: fc.nat(2),
  instrument: fc.nat(instruments.length - 1),
}
const price = fc.oneof(
  fc.integer({ min: 1, max: 20_000 }).map((cents) => cents / 100),
  fc.constant(Number.NaN),
)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('fill' as const),
      ...owner,
      sign: fc.constantFrom(1, -1),
      units: fc.integer({ min: 1, max: 500 }),
      price: fc.integer({ min: 1, max: 20_000 }),
    }),
  },
  fc.record({
    kind: fc.constant('fee' as const),
    ...owner,
    currency: fc.nat(2),
    units: fc.integer({ min: -500, max: 50_000 }),
  }),
  fc.record({ kind: fc.constant('bust' as const), trade: fc.nat(20) }),
  fc.record({ kind: fc.constant('price' as const), instrument: owner.instrument, bid: price }),
  fc.record({
    kind: fc.constant('rate' as const),
    bid: fc.oneof(fc.constantFrom(0.9, 1.1, 1.25), fc.constant(Number.NaN)),
  }),
  fc.record({ kind: fc.constant('capital' as const), amount: fc.integer({ min: 0, max: 1_000_000 }) }),
)

function replayed(markBy: MarkMethod, steps: readonly Step[], lookEvery: number): void {
  const bids = instruments.map(() => Number.NaN)
  let rate = 1.1
  const portfolio = new Portfolio({
    baseCurrency: 'USD',
    initialPositions: 2,
    markBy,
    marks: {
      bid: (index) => bids[index] as number,
      ask: (index) => (bids[index] as number) + 0.5,
      last: (index) => (bids[index] as number) + 0.25,
    },
    rates: {
      rate: (from) =>
        from === 'EUR' ? { bid: rate, ask: rate + 0.01 } : from === 'XBT' ? { bid: 64, ask: 65 } : undefined,
    },
  })
  for (const name of ['A', 'B']) portfolio.accounts.intern(name)
  for (const name of ['S0', 'S1', 'S2']) portfolio.strategies.intern(name)
  const currencies = ['USD', 'EUR', 'XBT'].map((name) => portfolio.currencies.intern(name))
  const standing = new PortfolioStanding(portfolio)
  const trades: number[] = []
  for (const [number, next] of steps.entries()) {
    if (next.kind === 'price') bids[next.instrument] = next.bid
    else if (next.kind === 'rate') {
      rate = next.bid
      portfolio.settlePendingConversions()
    } else if (next.kind === 'capital') portfolio.setCapital(next.amount)
    else if (next.kind === 'bust') {
      const trade = trades[next.trade]
      if (trade !== undefined) portfolio.bustFill(trade, number)
    } else {
      const instrument = instruments[next.instrument] as Instrument
      const { account, strategy } = next
      if (next.kind === 'fee')
        portfolio.applyFee(account, strategy, instrument, currencies[next.currency] as number, next.units)
      else trades.push(portfolio.applyFill(account, strategy, instrument, next.sign, next.units, next.price))
    }
    if (number % lookEvery !== 0) continue
    standing.look()
    expectSame(standing, portfolio)
  }
  standing.look()
  expectSame(standing, portfolio)
}

function expectSame(standing: PortfolioStanding, portfolio: Portfolio): void {
  const snapshot = portfolioSnapshot(portfolio, 0)
  expect(standing.equity?.toFixed(15)).toBe(snapshot.equity?.toFixed(15))
  expect(standing.total?.toFixed(15)).toBe(snapshot.pnl.total?.toFixed(15))
  const texts = (list: readonly { name: string; total?: { toFixed(digits: number): string } | undefined }[]) =>
    list.map(({ name, total }) => [name, total?.toFixed(15)])
  expect(texts(standing.byAccount)).toEqual(texts(snapshot.byAccount))
  expect(texts(standing.byStrategy)).toEqual(texts(snapshot.byStrategy))
  const values: Record<string, string | undefined> = {}
  for (const { instrument, marketValue } of snapshot.concentration) values[instrument] = marketValue.toFixed(15)
  const isUnknown = new Set(snapshot.problems.map(({ instrument }) => instrument))
  for (const [instrument, value] of Object.entries(standing.values())) {
    if (value === undefined) expect(isUnknown.has(instrument as InstrumentId)).toBe(true)
    else expect(value.toFixed(15)).toBe(values[instrument])
  }
  for (const instrument of Object.keys(values))
    if (!isUnknown.has(instrument as InstrumentId)) expect(standing.values()[instrument]).toBeDefined()
}

describe('the standing of a portfolio', () => {
  for (const markBy of ['conservative', 'mid', 'last'] as const)
    it(`is that of a snapshot, marked by ${markBy}`, () => {
      fc.assert(
        fc.property(
          fc.array(step, { minLength: 1, maxLength: 40 }),
          fc.integer({ min: 1, max: 4 }),
          (steps, lookEvery) => replayed(markBy, steps, lookEvery),
        ),
        { numRuns: runs({ ci: 400, full: 20_000 }) },
      )
    })
})
