/** The short way of booking a trade against the long one: the same limbs in every cell. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import type { InstrumentId } from '../model/ids.js'
import { InstrumentRegistry } from '../model/instrument-registry.js'
import { Portfolio } from './portfolio.js'

const instruments = new InstrumentRegistry()
const add = (id: string, changes: object) =>
  instruments.add({
    id: `${id}.X` as InstrumentId,
    symbol: id,
    venue: 'X',
    assetClass: 'future',
    currency: 'USD',
    priceIncrement: '0.01',
    sizeIncrement: '1',
    ...changes,
  })
const plain = add('PLAIN', {})
const foreign = add('FOREIGN', { currency: 'EUR' })
const inverse = add('INVERSE', { assetClass: 'crypto_perpetual', baseCurrency: 'BTC', isInverse: true })

const small = fc.integer({ min: 1, max: 40 })
const medium = fc.integer({ min: 1, max: 2 ** 26 })
const large = fc.integer({ min: 1, max: 2 ** 33 })
const trade = fc.record({
  instrument: fc.oneof({ weight: 8, arbitrary: fc.constant(plain) }, fc.constantFrom(foreign, inverse)),
  strategy: fc.nat(2),
  side: fc.constantFrom(1, -1),
  quantity: fc.oneof({ weight: 3, arbitrary: small }, { weight: 2, arbitrary: medium }, large),
  price: fc.oneof(
    { weight: 3, arbitrary: small },
    { weight: 2, arbitrary: fc.integer({ min: -(2 ** 20), max: 2 ** 24 }) },
    large,
  ),
  currency: fc.constantFrom('USD', 'USD', 'EUR', 'BTC'),
  fee: fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: -50, max: 50 }) },
    fc.constantFrom(Number.NaN, 2 ** 52, -(2 ** 52)),
  ),
})

/** Everything that two portfolios could differ in. */
function cellsOf(portfolio: Portfolio): object {
  const { table, history } = portfolio
  return { cells: [...table.cells], history: [...history.cells], next: history.next, fees: portfolio.fees.others }
}

describe('a trade booked at once', () => {
  it('is booked as a fill and its fee are', () => {
    const method = fc.constantFrom('average' as const, 'average' as const, 'fifo' as const)
    fc.assert(
      fc.property(method, fc.array(trade, { minLength: 1, maxLength: 30 }), (accounting, trades) => {
        const open = () => {
          const portfolio = new Portfolio({ baseCurrency: 'USD', accounting, initialPositions: 16, historyTrades: 8 })
          portfolio.accounts.intern('main')
          for (const name of ['a', 'b', 'c']) portfolio.strategies.intern(name)
          for (const name of ['USD', 'EUR', 'BTC']) portfolio.currencies.intern(name)
          return portfolio
        }
        const [atOnce, apart] = [open(), open()]
        for (const [i, { instrument, strategy, side, quantity, price: any, currency, fee }] of trades.entries()) {
          const price = instrument.isInverse ? Math.abs(any) + 1 : any
          const slot = atOnce.ensurePosition(0, strategy, instrument)
          const index = atOnce.currencies.find(currency)
          const booked = atOnce.applyTradeAt(slot, side, quantity, price, index, fee, i)
          const number = apart.applyFillAt(apart.ensurePosition(0, strategy, instrument), side, quantity, price, i)
          if (!Number.isNaN(fee)) apart.applyFeeAt(slot, index, fee, number, i)
          expect(booked).toBe(number)
          expect(cellsOf(atOnce)).toEqual(cellsOf(apart))
        }
      }),
      { numRuns: runs({ ci: 2_000, full: 50_000 }) },
    )
  })

  it('refuses what a fill refuses', () => {
    const portfolio = new Portfolio({ baseCurrency: 'USD' })
    portfolio.accounts.intern('main')
    portfolio.strategies.intern('a')
    const slot = portfolio.ensurePosition(0, 0, plain)
    const book =
      (side: number, quantity: number, price: number, at = slot) =>
      () =>
        portfolio.applyTradeAt(at, side, quantity, price, 0, 0, 0)
    for (const call of [
      book(0, 1, 1),
      book(1, 0, 1),
      book(1, 1.5, 1),
      book(1, 1, 0.5),
      book(1, Number.NaN, 1),
      book(1, 1, 1, 99),
      book(1, 1, 1, -1),
    ]) {
      expect(call).toThrow(/TW_INVALID_ARGUMENT/)
    }
    book(1, Number.MAX_SAFE_INTEGER, 1)()
    expect(book(1, 1, 1)).toThrow(/TW_OUT_OF_RANGE/)
  })
})
