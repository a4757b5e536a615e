/** Accounting over random streams of fills: against exact fractions, and against itself with the same facts in another way. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { Decimal } from '../model/decimal.js'
import type { InstrumentId } from '../model/ids.js'
import { Instrument, type InstrumentDefinition } from '../model/instrument.js'
import { type AccountingMethod, Portfolio, type PortfolioOptions } from './portfolio.js'
import { portfolioToState, restorePortfolio } from './portfolio-state.js'
import { findPosition } from './position-view.js'
import { signedValueAt, unrealizedAt } from './valuation.js'

const numRuns = runs({ ci: 10_000, full: 100_000 })
const methods: AccountingMethod[] = ['average', 'fifo', 'lifo']

interface Fill {
  sign: number
  quantity: number
  price: number
  strategy: number
}

function instrumentOf(options: Partial<InstrumentDefinition> = {}, index = 0): Instrument {
  const symbol = options.symbol ?? 'X'
  return new Instrument(
    {
      id: `${symbol}.T` as InstrumentId,
      symbol,
      venue: 'T',
      assetClass: 'future',
      currency: 'USD',
      priceIncrement: '0.01',
      sizeIncrement: '0.001',
      multiplier: '50',
      ...options,
    },
    index,
  )
}

const linear = instrumentOf()
const inverse = instrumentOf(
  { symbol: 'I', isInverse: true, baseCurrency: 'XBT', priceIncrement: '0.5', sizeIncrement: '1', multiplier: '1' },
  1,
)

function fills(prices: fc.Arbitrary<number>, maxLength = 30): fc.Arbitrary<Fill[]> {
  const quantity = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 20 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 1e9 }) },
  )
  return fc.array(fc.record({ sign: fc.constantFrom(1, -1), quantity, price: prices, strategy: fc.nat(2) }), {
    minLength: 1,
    maxLength,
  })
}

const anyPrice = fc.oneof(fc.integer({ min: -5000, max: 5000 }), fc.integer({ min: 1, max: 1e12 }))
const positivePrice = fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 1e10 }))

function portfolioOf(options: Partial<PortfolioOptions> = {}): Portfolio {
  const portfolio = new Portfolio({ baseCurrency: 'USD', initialPositions: 2, initialLots: 2, ...options })
  portfolio.accounts.intern('A')
  for (const name of ['S0', 'S1', 'S2']) portfolio.strategies.intern(name)
  return portfolio
}

function book(portfolio: Portfolio, instrument: Instrument, fill: Fill): number {
  return portfolio.applyFill(0, fill.strategy, instrument, fill.sign, fill.quantity, fill.price)
}

/** Lots as exact fractions of big integers: value of one unit of quantity, numerator over denominator. */
class Reference {
  lots: { quantity: bigint; numerator: bigint; denominator: bigint }[] = []
  realizedNumerator = 0n
  realizedDenominator = 1n
  sign = 1n

  readonly method: AccountingMethod
  readonly isInverse: boolean

  constructor(method: AccountingMethod, isInverse: boolean) {
    this.method = method
    this.isInverse = isInverse
  }

  fill(fill: Fill): void {
    let left = BigInt(fill.quantity)
    const value = this.isInverse
      ? { numerator: 1n, denominator: BigInt(fill.price) }
      : { numerator: BigInt(fill.price), denominator: 1n }
    while (left > 0n && this.lots.length > 0 && this.sign !== BigInt(fill.sign)) {
      const at = this.method === 'lifo' ? this.lots.length - 1 : 0
      const lot = this.lots[at] as (typeof this.lots)[number]
      const taken = left < lot.quantity ? left : lot.quantity
      this.realize(taken * this.sign, value, lot)
      lot.quantity -= taken
      left -= taken
      if (lot.quantity === 0n) this.lots.splice(at, 1)
    }
    if (left === 0n) return
    this.sign = BigInt(fill.sign)
    this.lots.push({ quantity: left, ...value })
    if (this.method === 'average' && this.lots.length === 2) this.merge()
  }

  private realize(
    signed: bigint,
    exit: { numerator: bigint; denominator: bigint },
    entry: { numerator: bigint; denominator: bigint },
  ): void {
    const difference =
      (exit.numerator * entry.denominator - entry.numerator * exit.denominator) * signed * (this.isInverse ? -1n : 1n)
    const denominator = exit.denominator * entry.denominator
    this.realizedNumerator = this.realizedNumerator * denominator + difference * this.realizedDenominator
    this.realizedDenominator *= denominator
    const divisor = gcd(this.realizedNumerator, this.realizedDenominator)
    this.realizedNumerator /= divisor
    this.realizedDenominator /= divisor
  }

  private merge(): void {
    const [first, second] = this.lots as [(typeof this.lots)[number], (typeof this.lots)[number]]
    const quantity = first.quantity + second.quantity
    const numerator =
      first.quantity * first.numerator * second.denominator + second.quantity * second.numerator * first.denominator
    const denominator = first.denominator * second.denominator * quantity
    const divisor = gcd(numerator, denominator)
    this.lots = [{ quantity, numerator: numerator / divisor, denominator: denominator / divisor }]
  }

  quantity(): bigint {
    return this.lots.reduce((sum, lot) => sum + lot.quantity, 0n) * this.sign
  }

  /** Realised P&L in the settlement currency. */
  realized(instrument: Instrument): Decimal {
    const shift = (instrument.isInverse ? instrument.priceScale : -instrument.priceScale) - instrument.sizeScale
    const big = Decimal.clone({ precision: 200 })
    return new big(this.realizedNumerator.toString())
      .div(this.realizedDenominator.toString())
      .times(new big(10).pow(shift))
      .times(instrument.multiplier.toString())
  }
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b]
  while (y > 0n) [x, y] = [y, x % y]
  return x === 0n ? 1n : x
}

function expectClose(actual: Decimal, expected: Decimal, digits = 8): void {
  const difference = new Decimal(actual.toFixed()).minus(expected.toFixed()).abs()
  if (difference.greaterThan(new Decimal(10).pow(-digits)))
    throw new Error(`${actual.toFixed()} is not ${expected.toFixed()}`)
}

describe.each(methods)('accounting by %s', (accounting) => {
  for (const [title, instrument, prices] of [
    ['linear', linear, anyPrice],
    ['inverse', inverse, positivePrice],
  ] as const) {
    it(`${title}: realised P&L and quantity are exact, and realised plus unrealised is the value of all trades`, () => {
      fc.assert(
        fc.property(fills(prices), fc.integer({ min: 1, max: 1e9 }), (stream, markUnits) => {
          const portfolio = portfolioOf({ accounting, baseCurrency: instrument.settlementCurrency })
          const reference = new Reference(accounting, instrument.isInverse)
          const mark = instrument.priceFromUnits(markUnits)
          let cash = new Decimal(0)
          for (const fill of stream) {
            book(portfolio, instrument, fill)
            reference.fill(fill)
            const size = instrument.quantityFromUnits(fill.quantity * fill.sign).times(instrument.multiplier)
            const price = instrument.priceFromUnits(fill.price)
            cash = instrument.isInverse ? cash.plus(size.div(price)) : cash.minus(size.times(price))
          }
          const total = findPosition(portfolio, 'A', instrument.index)?.position
          if (total === undefined) throw new Error('no position')
          const slot = portfolio.slotOf(0, -1, instrument.index)
          expect(BigInt(portfolio.quantityAt(slot))).toBe(reference.quantity())
          expectClose(total.realizedGross, reference.realized(instrument), 9)
          if (total.realizedGross.greaterThan(reference.realized(instrument).toFixed(30, 2)))
            throw new Error('realised P&L is overstated')
          const value = signedValueAt(portfolio.table, slot, mark)
          const unrealized = unrealizedAt(portfolio.table, slot, mark)
          expectClose(total.realizedGross.plus(unrealized), instrument.isInverse ? cash.minus(value) : cash.plus(value))
          const scale = Number(total.realizedGross.abs().plus(cash.abs()).plus(1))
          expect(Math.abs(portfolio.table.realizedNumber(slot) - Number(total.realizedGross))).toBeLessThan(
            scale * 1e-9,
          )
          expect(Math.abs(portfolio.table.unrealizedNumber(slot, Number(mark)) - Number(unrealized))).toBeLessThan(
            (scale + Math.abs(Number(unrealized))) * 1e-9,
          )
        }),
        { numRuns: Math.ceil(numRuns / 3) },
      )
    })
  }

  it('a busted trade leaves what would be there without it, a corrected one what would be there with it', () => {
    const change = fc.record({
      at: fc.nat(),
      quantity: fc.option(fc.integer({ min: 1, max: 30 })),
      price: fc.integer({ min: 1, max: 5000 }),
    })
    fc.assert(
      fc.property(
        fills(positivePrice),
        fc.array(change, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 20, max: 64 }),
        (stream, changes, historyTrades) => {
          const options = { accounting, historyTrades, baseCurrency: 'USD' }
          const restated = portfolioOf(options)
          const trades = stream.map((fill) => {
            const trade = book(restated, linear, fill)
            restated.applyFee(0, fill.strategy, linear, restated.currencies.intern('USD'), fill.quantity * 7, trade)
            return trade
          })
          const final: (Fill | undefined)[] = stream.map((fill) => ({ ...fill }))
          const fees = stream.map((fill) => fill.quantity * 7)
          for (const { at, quantity, price } of changes) {
            const index = at % stream.length
            const trade = trades[index] as number
            if (quantity === null) {
              expect(restated.bustFill(trade)).toBe(true)
              final[index] = undefined
              fees[index] = 0
            } else if (final[index] !== undefined) {
              expect(restated.correctFill(trade, quantity, price)).toBe(true)
              final[index] = { ...(stream[index] as Fill), quantity, price }
            }
          }
          const direct = portfolioOf(options)
          // The rows exist in both, whatever was booked into them.
          for (const fill of stream) direct.ensurePosition(0, fill.strategy, linear)
          final.forEach((fill, index) => {
            if (fill === undefined) return
            const trade = book(direct, linear, fill)
            direct.applyFee(0, fill.strategy, linear, direct.currencies.intern('USD'), fees[index] as number, trade)
          })
          expect(portfolioToState(restated).positions).toEqual(portfolioToState(direct).positions)
        },
      ),
      { numRuns: Math.ceil(numRuns / 10) },
    )
  })

  it('survives being saved and restored at any moment, byte for byte', () => {
    fc.assert(
      fc.property(
        fills(positivePrice),
        fc.nat(30),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom(linear, inverse),
        (stream, cut, historyTrades, instrument) => {
          const options = {
            accounting,
            historyTrades,
            rates: { rate: () => ({ bid: 1.25, ask: 1.26 }) },
            baseCurrency: 'EUR',
          }
          const straight = portfolioOf(options)
          let restored = portfolioOf(options)
          stream.forEach((fill, index) => {
            for (const portfolio of [straight, restored]) {
              const trade = book(portfolio, instrument, fill)
              portfolio.applyFeeAmount(
                0,
                fill.strategy,
                instrument,
                index % 2 === 0 ? 'USD' : 'BNB',
                '0.123456789',
                trade,
              )
              if (index % 5 === 4) portfolio.bustFill(trade - 2)
            }
            if (index !== cut % stream.length) return
            const state = portfolioToState(restored)
            restored = portfolioOf(options)
            restorePortfolio(restored, JSON.parse(JSON.stringify(state)), () => instrument)
            expect(JSON.stringify(portfolioToState(restored))).toBe(JSON.stringify(state))
          })
          expect(portfolioToState(restored)).toEqual(portfolioToState(straight))
        },
      ),
      { numRuns: Math.ceil(numRuns / 20) },
    )
  })
})

describe('totals', () => {
  it('hold the sum of the strategies in quantity and in total P&L', () => {
    fc.assert(
      fc.property(fills(anyPrice), (stream) => {
        const portfolio = portfolioOf()
        for (const fill of stream) book(portfolio, linear, fill)
        const mark = new Decimal('3.25')
        let quantity = 0
        let pnl = new Decimal(0)
        for (let slot = 0; slot < portfolio.table.size; slot++) {
          const sign = portfolio.table.strategyOf(slot) === -1 ? -1 : 1
          quantity += sign * portfolio.quantityAt(slot)
          const view = findPosition(
            portfolio,
            'A',
            0,
            sign < 0 ? undefined : portfolio.strategies.name(portfolio.table.strategyOf(slot)),
          )
          if (view === undefined) throw new Error('no position')
          pnl = pnl.plus(view.position.realizedGross.plus(unrealizedAt(portfolio.table, slot, mark)).times(sign))
        }
        expect(quantity).toBe(0)
        expectClose(pnl, new Decimal(0))
      }),
      { numRuns: Math.ceil(numRuns / 10) },
    )
  })
})
