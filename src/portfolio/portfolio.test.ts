import { describe, expect, it } from 'vitest'
import { Decimal } from '../model/decimal.js'
import type { ExecutionReport } from '../model/execution.js'
import type { AccountId, ConnectorId, ExecId, InstrumentId, StrategyId } from '../model/ids.js'
import { Instrument, type InstrumentDefinition } from '../model/instrument.js'
import { bookExecution } from './executions.js'
import { Portfolio, type PortfolioOptions } from './portfolio.js'
import { portfolioToState } from './portfolio-state.js'
import { findPosition } from './position-view.js'
import { portfolioSnapshot } from './snapshot.js'

let nextIndex = 0
function instrumentOf(definition: Partial<InstrumentDefinition> = {}): Instrument {
  const index = nextIndex++
  return new Instrument(
    {
      id: `X${index}.T` as InstrumentId,
      symbol: `X${index}`,
      venue: 'T',
      assetClass: 'equity',
      currency: 'USD',
      priceIncrement: '0.01',
      sizeIncrement: '1',
      sparePriceDigits: 0,
      ...definition,
    },
    index,
  )
}

/** A portfolio with one account, two strategies and prices that tests set. */
function setUp(options: Partial<PortfolioOptions> = {}) {
  const quotes = new Map<number, [bid: number, ask: number]>()
  const rates = new Map<string, [bid: number, ask: number]>()
  const portfolio = new Portfolio({
    baseCurrency: 'USD',
    marks: {
      bid: (index) => quotes.get(index)?.[0] ?? Number.NaN,
      ask: (index) => quotes.get(index)?.[1] ?? Number.NaN,
      last: () => Number.NaN,
    },
    rates: {
      rate: (from) => {
        const rate = rates.get(from)
        return rate === undefined ? undefined : { bid: rate[0], ask: rate[1] }
      },
    },
    ...options,
  })
  const account = portfolio.accounts.intern('A')
  const one = portfolio.strategies.intern('one')
  const two = portfolio.strategies.intern('two')
  return { portfolio, quotes, rates, account, one, two }
}

const text = (value: Decimal | undefined) => value?.toFixed()

describe('Portfolio', () => {
  it('marks long at the bid and short at the ask, or at the mid', () => {
    for (const [markBy, expected] of [
      ['conservative', ['-2', '-8']],
      ['mid', ['0', '-5']],
    ] as const) {
      const { portfolio, quotes, account, one, two } = setUp({ markBy })
      const instrument = instrumentOf()
      quotes.set(instrument.index, [9.8, 10.2])
      portfolio.applyFill(account, one, instrument, 1, 10, 1000)
      portfolio.applyFill(account, two, instrument, -1, 15, 967)
      const unrealized = ['one', 'two'].map(
        (strategy) => findPosition(portfolio, 'A', instrument.index, strategy)?.position.unrealized,
      )
      expect(text(unrealized[0])).toBe(expected[0])
      expect(Number(unrealized[1])).toBeCloseTo(Number(expected[1]) + 0.05, 10)
    }
  })

  it('has no unrealised P&L, exposure or equity without a price, and says why', () => {
    const { portfolio, account, one } = setUp()
    const instrument = instrumentOf()
    portfolio.applyFill(account, one, instrument, 1, 10, 1000)
    const snapshot = portfolioSnapshot(portfolio, 5)
    expect(snapshot.equity).toBeUndefined()
    expect(snapshot.gross).toBeUndefined()
    expect(snapshot.positions[0]?.unrealized).toBeUndefined()
    expect(text(snapshot.pnl.realizedNet)).toBe('0')
    expect(snapshot.problems).toEqual([{ kind: 'no_price', instrument: instrument.id, currency: 'USD' }])
  })

  it('keeps realised P&L over cycles and flips', () => {
    const { portfolio, account, one } = setUp()
    const instrument = instrumentOf()
    const fill = (sign: number, quantity: number, price: number) =>
      portfolio.applyFill(account, one, instrument, sign, quantity, price)
    const view = () => {
      const found = findPosition(portfolio, 'A', instrument.index, 'one')
      return [
        found?.position.quantity,
        found?.position.averagePrice,
        found?.position.realizedGross,
        found?.realizedInCycle,
      ].map(text)
    }
    fill(1, 10, 1000)
    fill(-1, 4, 1100)
    expect(view()).toEqual(['6', '10', '4', '4'])
    fill(-1, 10, 1200)
    expect(view()).toEqual(['-4', '12', '16', '0'])
    fill(1, 1, 1100)
    expect(view()).toEqual(['-3', '12', '17', '1'])
    fill(1, 3, 1300)
    expect(view()).toEqual(['0', undefined, '14', '0'])
  })

  it('refuses what is no fill and books nothing then', () => {
    const { portfolio, account, one } = setUp({ maxPositions: 2 })
    const instrument = instrumentOf()
    const inverse = instrumentOf({ isInverse: true, baseCurrency: 'XBT' })
    const before = JSON.stringify(portfolioToState(portfolio))
    for (const [sign, quantity, price] of [
      [0, 1, 1],
      [1, 0, 1],
      [1, -1, 1],
      [1, 1.5, 1],
      [1, 1, Number.NaN],
      [1, 2 ** 53, 1],
    ] as const) {
      expect(() => portfolio.applyFill(account, one, instrument, sign, quantity, price)).toThrow(
        expect.objectContaining({ code: 'TW_INVALID_ARGUMENT' }),
      )
    }
    expect(() => portfolio.applyFill(account, one, inverse, 1, 1, 0)).toThrow(
      expect.objectContaining({ code: 'TW_INVALID_ARGUMENT' }),
    )
    expect(() => portfolio.applyFill(-1, one, instrument, 1, 1, 1)).toThrow(
      expect.objectContaining({ code: 'TW_INVALID_ARGUMENT' }),
    )
    expect(() => portfolio.applyFillAt(0, 1, 1, 1)).toThrow(expect.objectContaining({ code: 'TW_INVALID_ARGUMENT' }))
    expect(JSON.stringify(portfolioToState(portfolio))).toBe(before)
    portfolio.applyFill(account, one, instrument, 1, Number.MAX_SAFE_INTEGER, 1)
    expect(() => portfolio.applyFill(account, one, instrument, 1, 1, 1)).toThrow(
      expect.objectContaining({ code: 'TW_OUT_OF_RANGE' }),
    )
    expect(() => portfolio.applyFill(account, one, inverse, 1, 1, 1)).toThrow(
      expect.objectContaining({ code: 'TW_CAPACITY' }),
    )
    expect(() => new Portfolio({ baseCurrency: 'USD', historyTrades: -1 })).toThrow(
      expect.objectContaining({ code: 'TW_INVALID_CONFIG' }),
    )
  })

  it('keeps hedged positions apart and sums them', () => {
    const { portfolio, account, one } = setUp()
    const instrument = instrumentOf()
    const [long, short] = ['L', 'S'].map((id) => portfolio.positionIds.intern(id)) as [number, number]
    portfolio.applyFill(account, one, instrument, 1, 10, 1000, 1, long)
    portfolio.applyFill(account, one, instrument, -1, 4, 1100, 2, short)
    expect(portfolio.quantityUnits(account, one, instrument.index, long)).toBe(10)
    expect(portfolio.quantityUnits(account, one, instrument.index, short)).toBe(-4)
    expect(portfolio.totalQuantityUnits(account, instrument.index)).toBe(6)
    expect(findPosition(portfolio, 'A', instrument.index, 'one', 'S')?.positionId).toBe('S')
  })

  it('lets conversions wait for a rate, and never invents one', () => {
    const { portfolio, quotes, rates, account, one } = setUp({ capital: 1000 })
    const instrument = instrumentOf({ currency: 'EUR' })
    quotes.set(instrument.index, [11, 11])
    portfolio.applyFill(account, one, instrument, 1, 10, 1000)
    const sell = portfolio.applyFill(account, one, instrument, -1, 10, 1100)
    portfolio.applyFeeAmount(account, one, instrument, 'EUR', '1', sell)
    portfolio.applyFeeAmount(account, one, instrument, 'BNB', '0.5', sell)
    let snapshot = portfolioSnapshot(portfolio, 1)
    expect(snapshot.equity).toBeUndefined()
    expect(snapshot.problems.map((problem) => `${problem.kind} ${problem.currency}`)).toEqual([
      'no_rate EUR',
      'no_rate BNB',
      'no_rate EUR',
    ])
    rates.set('EUR', [1.1, 1.2])
    expect(portfolio.settlePendingConversions()).toEqual(['BNB'])
    rates.set('BNB', [600, 610])
    expect(portfolio.settlePendingConversions()).toEqual([])
    snapshot = portfolioSnapshot(portfolio, 1)
    // Received at the bid, owed at the ask: 10 x 1.1 - 1 x 1.2 - 0.5 x 610.
    expect(text(snapshot.pnl.realizedGross)).toBe('11')
    expect(text(snapshot.pnl.fees)).toBe('306.2')
    expect(text(snapshot.equity)).toBe('704.8')
    expect(snapshot.problems).toEqual([])
    expect(snapshot.feesByCurrency.map(({ currency, amount }) => `${currency} ${amount}`)).toEqual(['BNB 0.5', 'EUR 1'])
    expect(portfolio.bustFill(sell)).toBe(true)
    expect(findPosition(portfolio, 'A', instrument.index)?.feesByCurrency).toEqual([])
  })

  it('takes a fee in the base coin of a spot pair out of the position', () => {
    const { portfolio, account, one } = setUp({ baseCurrency: 'USDT' })
    const instrument = instrumentOf({
      assetClass: 'crypto_spot',
      currency: 'USDT',
      baseCurrency: 'BTC',
      sizeIncrement: '0.001',
    })
    const trade = portfolio.applyFill(account, one, instrument, 1, 1000, 10_000)
    portfolio.applyFeeAmount(account, one, instrument, 'BTC', '0.0015', trade)
    const view = () => findPosition(portfolio, 'A', instrument.index)
    // 0.001 leaves at once, 0.0005 waits for more; the whole fee is worth 0.15.
    expect(
      [
        view()?.position.quantity,
        view()?.position.averagePrice,
        view()?.position.realizedGross,
        view()?.position.fees,
      ].map(text),
    ).toEqual(['0.999', '100', '0', '0.15'])
    portfolio.applyFeeAmount(account, one, instrument, 'BTC', '0.0005', trade)
    expect(text(view()?.position.quantity)).toBe('0.998')
    expect(portfolio.bustFill(trade)).toBe(true)
    expect([view()?.position.quantity, view()?.position.realizedNet, view()?.position.fees].map(text)).toEqual([
      '0',
      '0',
      '0',
    ])
    expect(portfolio.fees.carry.size).toBe(0)
  })

  it('splits positions and lots at unchanged cost', () => {
    for (const accounting of ['average', 'fifo', 'lifo'] as const) {
      const { portfolio, account, one, two } = setUp({ accounting })
      const instrument = instrumentOf()
      portfolio.applyFill(account, one, instrument, 1, 5, 1000)
      portfolio.applyFill(account, one, instrument, 1, 8, 1101)
      const first = portfolio.applyFill(account, two, instrument, -1, 3, 900)
      expect(portfolio.applySplit(instrument, 3, 1)).toEqual([])
      const total = () => findPosition(portfolio, 'A', instrument.index, 'one')?.position
      expect([total()?.quantity, total()?.realizedGross].map(text)).toEqual(['39', '0'])
      expect(Number(total()?.averagePrice)).toBeCloseTo((5 * 10 + 8 * 11.01) / 39, 12)
      const fractions = portfolio.applySplit(instrument, 1, 10)
      expect(fractions.map(({ strategy, quantity }) => `${strategy} ${quantity}`)).toEqual(['one 0.9', 'two -0.9'])
      expect([
        portfolio.quantityUnits(account, one, instrument.index),
        portfolio.quantityUnits(account, two, instrument.index),
      ]).toEqual([3, 0])
      // A bust replays the splits.
      expect(portfolio.bustFill(first)).toBe(true)
      expect(portfolio.quantityUnits(account, two, instrument.index)).toBe(0)
      expect(portfolio.totalQuantityUnits(account, instrument.index)).toBe(3)
      portfolio.applyFill(account, one, instrument, -1, 3, 5000)
      expect(Number(total()?.realizedGross)).toBeCloseTo(150 - 138.08, 10)
      expect(() => portfolio.applySplit(instrument, 0, 1)).toThrow(
        expect.objectContaining({ code: 'TW_INVALID_ARGUMENT' }),
      )
    }
  })

  it('merges the oldest lots at the bound of the pool, at their cost', () => {
    const { portfolio, account, one } = setUp({ accounting: 'fifo', initialLots: 2, maxLots: 8 })
    const instrument = instrumentOf()
    for (let i = 1; i <= 20; i++) portfolio.applyFill(account, one, instrument, 1, i, 100 * i)
    expect(portfolio.lots?.merged).toBeGreaterThan(0)
    portfolio.applyFill(account, one, instrument, -1, 210, 0)
    const cost = Array.from({ length: 20 }, (_, i) => (i + 1) ** 2).reduce((sum, value) => sum + value, 0)
    expect(text(findPosition(portfolio, 'A', instrument.index)?.position.realizedGross)).toBe(String(-cost))
  })

  it('forgets old trades within its bound and still replays the others', () => {
    const { portfolio, account, one } = setUp({ historyTrades: 4 })
    const instrument = instrumentOf()
    const trades = Array.from({ length: 13 }, (_, i) => portfolio.applyFill(account, one, instrument, 1, 1, 100 + i))
    const before = portfolio.quantityUnits(account, one, instrument.index)
    expect(trades.map((trade) => portfolio.bustFill(trade)).filter(Boolean)).toHaveLength(5)
    expect(portfolio.quantityUnits(account, one, instrument.index)).toBe(before - 5)
    expect(portfolio.bustFill(trades[12] as number)).toBe(true)
    expect(portfolio.quantityUnits(account, one, instrument.index)).toBe(before - 5)
    expect(portfolio.bustFill(999)).toBe(false)
    const without = setUp({ historyTrades: 0 })
    const trade = without.portfolio.applyFill(without.account, without.one, instrument, 1, 1, 100)
    expect(without.portfolio.bustFill(trade)).toBe(false)
  })
})

describe('portfolioSnapshot', () => {
  it('adds up exposure, concentration, P&L and drawdown', () => {
    const { portfolio, quotes, account, one, two } = setUp({ capital: '1000' })
    const [first, second] = [instrumentOf(), instrumentOf()]
    quotes.set(first.index, [12, 12.5])
    quotes.set(second.index, [20, 21])
    portfolio.applyFill(account, one, first, 1, 10, 1000)
    const usd = portfolio.currencies.intern('USD')
    portfolio.applyFee(account, one, first, usd, 150_000_000)
    portfolio.applyFill(account, two, second, -1, 5, 2000)
    portfolio.observeEquity(new Decimal(1100))
    const snapshot = portfolioSnapshot(portfolio, 7)
    expect([snapshot.long, snapshot.short, snapshot.gross, snapshot.net].map(text)).toEqual(['120', '105', '225', '15'])
    expect([snapshot.equity, snapshot.peakEquity, snapshot.drawdown].map(text)).toEqual(['1013.5', '1100', '86.5'])
    expect(Number(snapshot.drawdownFraction)).toBeCloseTo(86.5 / 1100, 12)
    expect(
      snapshot.concentration.map((part) => [
        part.instrument,
        text(part.marketValue),
        Number(part.shareOfEquity).toFixed(6),
      ]),
    ).toEqual([
      [first.id, '120', (120 / 1013.5).toFixed(6)],
      [second.id, '-105', (105 / 1013.5).toFixed(6)],
    ])
    expect(Number(snapshot.herfindahl)).toBeCloseTo((120 / 225) ** 2 + (105 / 225) ** 2, 12)
    expect(snapshot.byStrategy.map((row) => [row.name, text(row.total)])).toEqual([
      ['one', '18.5'],
      ['two', '-5'],
    ])
    expect(snapshot.byAccount.map((row) => [row.name, text(row.total)])).toEqual([['A', '13.5']])
    expect(snapshot.byInstrument).toHaveLength(2)
    portfolio.setCapital('500')
    expect(text(portfolio.peakEquity)).toBe('600')
  })
})

describe('bookExecution', () => {
  const report = (instrument: Instrument, changes: Partial<ExecutionReport>): ExecutionReport => ({
    kind: 'fill',
    execId: 'E1' as ExecId,
    instrument: instrument.id,
    account: 'A' as AccountId,
    strategy: 'one' as StrategyId,
    connector: 'C' as ConnectorId,
    side: 'buy',
    price: new Decimal('10'),
    quantity: new Decimal('5'),
    liquidity: 'taker',
    isInferred: false,
    tsEventUs: 1,
    tsRecvUs: 1,
    ...changes,
  })

  it('counts an execution once, and restates by bust and correction', () => {
    const { portfolio } = setUp()
    const instrument = instrumentOf()
    const book = (changes: Partial<ExecutionReport>) =>
      bookExecution(portfolio, report(instrument, changes), instrument)
    const quantity = () => text(findPosition(portfolio, 'A', instrument.index)?.position.quantity)
    expect(book({ commission: new Decimal('0.1') })).toBe('booked')
    expect(book({})).toBe('duplicate')
    expect(book({ quantity: new Decimal(6) })).toBe('conflict')
    expect(quantity()).toBe('5')
    expect(
      book({
        kind: 'correction',
        execId: 'E1.02' as ExecId,
        referenceExecId: 'E1' as ExecId,
        quantity: new Decimal(4),
      }),
    ).toBe('restated')
    expect(
      book({
        kind: 'correction',
        execId: 'E1.02' as ExecId,
        referenceExecId: 'E1' as ExecId,
        quantity: new Decimal(4),
      }),
    ).toBe('duplicate')
    expect(quantity()).toBe('4')
    expect(book({ kind: 'bust', execId: 'E1.03' as ExecId, referenceExecId: 'E1.02' as ExecId })).toBe('restated')
    expect(book({ kind: 'bust', execId: 'E1.03' as ExecId, referenceExecId: 'E1.02' as ExecId })).toBe('duplicate')
    expect(quantity()).toBe('0')
    expect(text(findPosition(portfolio, 'A', instrument.index)?.position.realizedNet)).toBe('0')
    expect(book({ kind: 'bust', execId: 'E9' as ExecId, referenceExecId: 'E8' as ExecId })).toBe('unknown_reference')
  })

  it('rounds prices finer than the scale against us', () => {
    const { portfolio } = setUp()
    const instrument = instrumentOf()
    const average = (side: 'buy' | 'sell') => {
      bookExecution(
        portfolio,
        report(instrument, { side, account: side as AccountId, price: new Decimal('10.005') }),
        instrument,
      )
      return text(findPosition(portfolio, side, instrument.index)?.position.averagePrice)
    }
    expect([average('buy'), average('sell')]).toEqual(['10.01', '10'])
  })
})
