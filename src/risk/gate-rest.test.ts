/** What gates do beside refusing: sizes that would pass, values, phases, replays; and rare ways through the controls. */
import { describe, expect, it } from 'vitest'
import { toDecimal } from '../model/decimal.js'
import { OrderFlag, TypeCode } from '../orders/codes.js'
import { foldSubmitted } from '../orders/fold.js'
import * as Field from '../orders/order-fields.js'
import { CircuitBreakers } from './breakers/circuit-breakers.js'
import { GateUnderTest, noLimits } from './gate-under-test.test-support.js'
import { LossLimits } from './loss-limits.js'
import { LimitSet, limitPatch, limitTypes } from './named-limits.js'

describe('the largest order that passes', () => {
  it('is bounded by quantity and by value at the adverse end of the collar', () => {
    expect(new GateUnderTest({ maxOrderQuantity: 7 }).gate.largestOrder(0)).toBe(7)
    const test = new GateUnderTest({ maxOrderNotional: 1_049, priceCollarPercent: 5 })
    expect(test.gate.largestOrder(0)).toBe(9)
    expect([9, 10].map((quantity) => test.submit({ quantity, type: TypeCode.MARKET }))).toEqual([
      'ok',
      'MAX_ORDER_NOTIONAL',
    ])
    expect(new GateUnderTest({ maxOrderNotional: 1_000 }).gate.largestOrder(0)).toBe(10)
  })

  it('is none at a price of 0, and independent of the price for inverse contracts', () => {
    const zero = new GateUnderTest({}, [{ assetClass: 'commodity' }])
    zero.gate.references.reference[0] = 0
    expect(zero.gate.largestOrder(0)).toBe(0)
    const inverse = new GateUnderTest({ maxOrderNotional: 500 }, [
      { assetClass: 'crypto', isInverse: true, settlementCurrency: 'BTC', baseCurrency: 'BTC' } as object,
    ])
    expect(inverse.gate.largestOrder(0)).toBe(500)
  })
})

describe('a gate', () => {
  it('knows phases, and whether an order can only reduce', () => {
    const { gate } = new GateUnderTest()
    expect(gate.phaseOf(0)).toBe(-1)
    gate.setPhase(0, 2)
    expect(gate.phaseOf(0)).toBe(2)
    const other = new GateUnderTest()
    other.setPosition(10)
    const sell = (quantity: number) => other.gate.onlyReduces(other.draft({ side: -1, quantity }))
    expect([9, 10, 11].map(sell)).toEqual([true, true, false])
    expect(other.gate.onlyReduces(other.draft({ quantity: 1 }))).toBe(false)
    other.setPosition(-10)
    expect(other.gate.onlyReduces(other.draft({ quantity: 10 }))).toBe(true)
  })

  it('knows own orders that a journal tells of, which it never let pass itself', () => {
    const test = new GateUnderTest({ selfMatch: {}, buyingPower: { model: 'reg-t' }, global: { maxOpenOrders: 1 } })
    test.gate.setFunds(0, 1_500)
    const row = test.draft({ side: -1, quantity: 1 })
    test.apply(row, (seq, table) => foldSubmitted(table, row, seq))
    expect(test.submit({ quantity: 1 })).toBe('MAX_OPEN_ORDERS')
    test.gate.setLimits({ ...noLimits, global: { maxOpenOrders: 2 } })
    expect(test.submit({ quantity: 1 })).toBe('SELF_MATCH')
    test.cancel(row)
    expect(test.submit({ quantity: 1 })).toBe('ok')
  })

  it('values an order at the worse of its limit and the reference', () => {
    const test = new GateUnderTest({ priceCollarPercent: 5 })
    const limit = test.draft({ quantity: 10 })
    expect([9_900, 10_100].map((price) => test.gate.valueOf(limit, 10, price))).toEqual([1_000, 1_010])
    const market = test.draft({ type: TypeCode.MARKET })
    expect(test.gate.valueOf(market, 10, Number.NaN)).toBe(1_050)
    test.nowUs += 60_000_000
    expect(test.gate.valueOf(market, 10, Number.NaN)).toBeNaN()
  })

  it('says what breakers, states and flags refuse by name', () => {
    const test = new GateUnderTest()
    test.gate.states.setBreaker('strategy', 0, 'REDUCING')
    expect(test.submit()).toBe('BREAKER')
    test.gate.states.setBreaker('strategy', 0, 'HALTED')
    expect(test.submit()).toBe('BREAKER')
    test.gate.states.set('strategy', 0, 'HALTED')
    expect(test.submit()).toBe('HALTED')
    test.gate.states.set('strategy', 0, 'ACTIVE')
    test.gate.states.setBreaker('strategy', 0, 'ACTIVE')
    test.gate.states.setGroup(0, 'REDUCING')
    expect([test.submit(), test.gate.states.groupState(0)]).toEqual(['REDUCING', 'REDUCING'])
    test.setPosition(10)
    expect([10, 11].map((quantity) => test.submit({ side: -1, quantity }))).toEqual(['ok', 'REDUCING'])
    test.gate.states.setGroup(0, 'ACTIVE')
    expect(test.submit({ flags: OrderFlag.reduceOnly })).toBe('REDUCING')
  })

  it('explains that an order without a price cannot be valued', () => {
    const test = new GateUnderTest({ global: { maxGross: 1_000 } })
    test.nowUs += 60_000_000
    const codes = test.gate.explain(test.draft({ type: TypeCode.MARKET })).map(({ code }) => code)
    expect(codes).toEqual(expect.arrayContaining(['MARKET_DATA', 'NO_REFERENCE_PRICE']))
  })

  it('counts what a journal tells of in the day that it belongs to', () => {
    const test = new GateUnderTest({ global: { maxOrdersPerDay: 1 } })
    const { daily } = test.gate.extras
    daily.dayOf = (tsUs) => (tsUs < 1_000 ? '2026-01-05' : '2026-01-06')
    const order = (createdUs: number) => {
      const row = test.draft()
      test.table.cells[row + Field.createdUs] = createdUs
      test.gate.replayed(row)
    }
    order(1)
    expect(daily.of(0, 0).orders).toBe(1)
    order(2_000)
    order(2)
    expect([daily.day, daily.of(0, 0).orders]).toEqual(['2026-01-06', 1])
    expect(test.submit()).toBe('DAILY_ORDERS')
    daily.restore({ day: '2026-01-06', counts: [[0, 0, 0, 0, 0]] })
    expect(test.submit()).toBe('ok')
  })

  it('halts by itself, and cancels and warns nobody, until it has an owner', () => {
    const test = new GateUnderTest({
      maxOrderNotional: 2_000,
      selfMatch: { policy: 'cancelOldest' },
      runaway: { limit: 2, windowMs: 1_000 },
    })
    expect([test.submit({ side: -1, quantity: 15 }), test.submit()]).toEqual(['ok', 'SELF_MATCH'])
    expect([test.gate.warnings, test.submit(), test.gate.states.get('strategy', 0)]).toEqual([1, 'RUNAWAY', 'HALTED'])
  })

  it('takes funds and covariances without the controls that need them', () => {
    const { gate } = new GateUnderTest()
    gate.setFunds(0, 1)
    gate.setCovariance([0], { size: 1, values: new Float64Array([1]) } as never)
    expect(gate.extras.isEmpty).toBe(true)
  })

  it('counts open orders of scopes at the limit and one beyond', () => {
    const test = new GateUnderTest({ strategies: { '*': { maxOpenOrders: 2 } } })
    const first = test.send()
    expect([test.submit(), test.submit(), test.submit({ strategy: 1 })]).toEqual(['ok', 'MAX_OPEN_ORDERS', 'ok'])
    test.cancel(first)
    expect(test.submit()).toBe('ok')
    expect(test.gate.extras.books.groupNames).toEqual([])
  })
})

describe('breakers', () => {
  it('that are switched off hear of rejections all the same', () => {
    const breakers = new CircuitBreakers({
      rejectStorm: false,
      rejectionRate: false,
      dailyLoss: false,
      drawdown: false,
      concentration: false,
    })
    breakers.rejected('x', 1)
    breakers.accepted('x', 2, 1)
    expect(breakers.effect(3).state).toBe('ACTIVE')
  })
})

describe('the circuit of a connector', () => {
  it('counts one connector in one place', () => {
    const breakers = new CircuitBreakers({ rejectStorm: { consecutive: 2 }, rejectionRate: false })
    breakers.rejected('x', 1)
    breakers.rejected('x', 2)
    breakers.rejected('y', 3)
    const storms = breakers.report().filter(({ name }) => name.startsWith('rejectStorm'))
    expect(storms.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'rejectStorm:x HALTED',
      'rejectStorm:y ACTIVE',
    ])
  })
})

describe('limits by name', () => {
  it('become fields, and leave the rest as it was', () => {
    const set = new LimitSet({ maxOrderQuantity: 100, strategies: { a: { maxGross: 1 }, '*': { maxNet: 2 } } })
      .addGlobalLimit({ type: 'grossExposure', limit: '5', warnAt: 0.5 })
      .addSymbolLimit('IBM', { type: 'orderQuantity', limit: 10 })
      .addSymbolLimit('IBM', { type: 'positionValue', limit: 20 })
      .addSymbolLimit('IBM', { type: 'positionQuantity', limit: 30 })
      .addSymbolLimit('IBM', { type: 'orderNotional', limit: 40 })
      .addSymbolLimit('XYZ', { type: 'orderQuantity', limit: 11 })
      .addStrategyLimit('b', { type: 'concentration', limit: '10' })
      .addAccountLimit('A', { type: 'dailyLoss', limit: 7 })
      .addConnectorLimit('c', { type: 'openOrders', limit: 3 })
      .addGroupLimit({ name: 'g', symbols: ['IBM'] }, { type: 'netExposure', limit: 8 })
      .addGroupLimit({ name: 'g' }, { type: 'grossExposure', limit: 9 })
      .addGlobalLimit({ type: 'priceCollar', limit: 3 })
      .addGlobalLimit({ type: 'orderQuantity', limit: 90 })
      .addGlobalLimit({ type: 'positionQuantity', limit: 91 })
    expect(set.limits).toEqual({
      maxOrderQuantity: { IBM: 10, XYZ: 11, '*': 90 },
      maxPosition: { IBM: 30, '*': 91 },
      maxOrderNotional: { IBM: 40, '*': '1000000' },
      priceCollarPercent: 3,
      global: { maxGross: '5', warnAt: 0.5 },
      accounts: { '*': {}, A: { maxDailyLoss: 7 } },
      strategies: { a: { maxGross: 1 }, '*': { maxNet: 2 }, b: { maxNet: 2, concentrationPercent: 10 } },
      connectors: { '*': {}, c: { maxOpenOrders: 3 } },
      groups: {
        'symbol IBM': { symbols: ['IBM'], maxPositionValue: 20 },
        g: { symbols: ['IBM'], maxNet: 8, maxGross: 9 },
      },
    })
    const once = new LimitSet().addGlobalLimit({ type: 'orderQuantity', limit: 5 })
    expect(once.addSymbolLimit('IBM', { type: 'positionQuantity', limit: 1 }).limits).toEqual({
      maxOrderQuantity: 5,
      maxPosition: { IBM: 1, '*': '9007199254740991' },
    })
  })

  it('are refused where there is none, or not of such a scope', () => {
    const global = { scope: 'global', name: '' } as const
    expect(() => limitPatch({}, global, { type: 'nonsense' as 'drawdown', limit: 1 })).toThrow('There is no limit')
    const strategy = { scope: 'strategy', name: 's' } as const
    expect(() => limitPatch({}, { ...strategy, name: '' }, { type: 'drawdown', limit: 1 })).toThrow('needs its name')
    expect(() => limitPatch({}, strategy, { type: 'orderQuantity', limit: 1 })).toThrow('use positionValue')
    expect(() => limitPatch({}, strategy, { type: 'priceCollar', limit: 1 })).toThrow('one for all instruments')
    expect(() => limitPatch({}, { scope: 'group', name: 'g' }, { type: 'drawdown', limit: 1 })).toThrow('no symbols')
    expect(limitTypes).toContain('grossExposure')
    expect(() => new GateUnderTest({ groups: { g: { symbols: ['S0'], maxDailyLoss: 1 } as object } } as never)).toThrow(
      'no profit and loss',
    )
    expect(() => new GateUnderTest({ global: { warnAt: 2 } })).toThrow('warnAt')
    expect(() => new GateUnderTest({ global: { maxOpenOrders: 1.5 } })).toThrow('maxOpenOrders')
  })
})

describe('loss limits', () => {
  const make = () => {
    const told: string[] = []
    const losses = new LossLimits({ strategies: { s: { maxDailyLoss: 100, maxDrawdown: 150 } } })
    losses.onLevel = ({ limit, level }) => told.push(`${limit} ${level}`)
    losses.onReopened = (scope, name) => told.push(`open ${scope} ${name}`)
    return { losses, told }
  }
  const at = (name: string, total: string | undefined) => ({
    scope: 'strategy' as const,
    name,
    total: total === undefined ? undefined : toDecimal(total, 'total'),
  })

  it('trip at the limit, one unit before they warn, and below the soft level they are silent', () => {
    const { losses, told } = make()
    losses.observe([])
    for (const total of ['-79.99', '-80', '-79', '-80', '-99.99']) losses.observe([at('s', total)])
    expect(told).toEqual(['dailyLoss warning', 'dailyLoss warning'])
    losses.observe([at('s', '-100')])
    losses.observe([at('s', '50')])
    expect(losses.halted()).toEqual([{ scope: 'strategy', name: 's', by: 'dailyLoss' }])
    expect(told.slice(2)).toEqual(['dailyLoss halt'])
  })

  it('end with the day, but for a drawdown; what is not known changes nothing', () => {
    const { losses, told } = make()
    losses.observe([at('s', undefined), at('t', '-500')])
    losses.observe([at('s', '-1000')])
    losses.observe([at('s', undefined)])
    expect(losses.halted()).toEqual([])
    losses.observe([at('s', '-1100')])
    losses.roll()
    expect(told).toEqual(['dailyLoss halt', 'open strategy s'])
    losses.observe([at('s', '-1149.99')])
    losses.observe([at('s', '-1150')])
    losses.roll()
    expect(losses.halted()).toMatchObject([{ by: 'drawdown' }])
    const again = new LossLimits({})
    again.restore(losses.save())
    expect([again.halted(), again.isEmpty, losses.isEmpty]).toEqual([losses.halted(), true, false])
    losses.reset('strategy', 's')
    expect(losses.halted()).toEqual([])
    expect(losses.report().find(({ name }) => name === 's')).toMatchObject({ isHalted: false, warnAt: 0.8 })
  })
})
