/** The configured controls, one by one, at limit - 1 unit, at the limit and at limit + 1 unit. Prices are cents, references 100.00. */
import { describe, expect, it } from 'vitest'
import { TypeCode } from '../orders/codes.js'
import { foldUnknown } from '../orders/fold.js'
import * as Field from '../orders/order-fields.js'
import { Verdict } from './controls.js'
import type { GateActions } from './gate-check.js'
import { GateUnderTest, noLimits, type OrderDraft } from './gate-under-test.test-support.js'
import type { RiskLimits } from './limits.js'
import { covarianceFrom } from './measures/covariance.js'

const market = { type: TypeCode.MARKET } as const

/** A gate whose equity is known, and which remembers what it asked for. */
function gateOf(limits: RiskLimits, count = 2) {
  const test = new GateUnderTest(
    limits,
    Array.from({ length: count }, () => ({})),
  )
  const asked = { halts: [] as string[], cancels: [] as number[], warnings: [] as string[] }
  const actions: GateActions = {
    halt: (scope, index, control) => {
      test.gate.states.set(scope, index, 'HALTED')
      asked.halts.push(`${scope} ${index} ${control}`)
    },
    cancel: (row) => asked.cancels.push(row),
    warn: (control) => asked.warnings.push(control),
  }
  test.gate.actions = actions
  return Object.assign(test, { asked })
}

/** Codes of orders, each in a gate of its own. */
function codes(make: () => GateUnderTest, orders: readonly OrderDraft[]): string[] {
  return orders.map((order) => make().submit(order))
}

const quantities = (limit: number) => [limit - 1, limit, limit + 1].map((quantity) => ({ quantity }))

describe('C04, triggers', () => {
  const stop = (side: 1 | -1, trigger: number, type: number = TypeCode.STOP, price = Number.NaN): OrderDraft => ({
    type,
    side,
    trigger,
    price,
  })
  const make = () => gateOf({ triggers: { maxDistancePercent: 10 } })

  it('wait on the right side of the reference', () => {
    const touch = TypeCode.MARKET_IF_TOUCHED
    expect(codes(make, [stop(1, 9_999), stop(1, 10_000), stop(1, 10_001)])).toEqual(['TRIGGER_PRICE', 'ok', 'ok'])
    expect(codes(make, [stop(-1, 9_999), stop(-1, 10_000), stop(-1, 10_001)])).toEqual(['ok', 'ok', 'TRIGGER_PRICE'])
    expect(codes(make, [stop(1, 9_999, touch), stop(1, 10_001, touch)])).toEqual(['ok', 'TRIGGER_PRICE'])
    expect(codes(make, [stop(-1, 9_999, touch), stop(-1, 10_001, touch)])).toEqual(['TRIGGER_PRICE', 'ok'])
  })

  it('lie within the distance', () => {
    expect(codes(make, [stop(1, 10_999), stop(1, 11_000), stop(1, 11_001)])).toEqual(['ok', 'ok', 'TRIGGER_PRICE'])
    expect(codes(make, [stop(-1, 9_001), stop(-1, 9_000), stop(-1, 8_999)])).toEqual(['ok', 'ok', 'TRIGGER_PRICE'])
  })

  it('have limits that could fill once they are reached', () => {
    const limit = TypeCode.STOP_LIMIT
    expect(codes(make, [stop(1, 10_100, limit, 10_099), stop(1, 10_100, limit, 10_100)])).toEqual([
      'TRIGGER_PRICE',
      'ok',
    ])
    expect(codes(make, [stop(-1, 9_900, limit, 9_901), stop(-1, 9_900, limit, 9_900)])).toEqual(['TRIGGER_PRICE', 'ok'])
  })

  it('are not asked for of orders without one', () => {
    expect(codes(make, [{}, market])).toEqual(['ok', 'ok'])
  })
})

describe('C03, prices over a period', () => {
  const make = (limits: object) => gateOf({ priceWindow: { windowMs: 1_600, ...limits } })

  it('bound a limit price by the references of the window', () => {
    const test = make({ maxMovePercent: 2 })
    const { references } = test.gate
    test.nowUs += 1_000_000
    references.set(0, 105, test.nowUs)
    // 100.00 was seen a second ago: 102.00 is the bound, and for sells 105 less 2 %.
    expect([10_199, 10_200, 10_201].map((price) => test.submit({ price }))).toEqual(['ok', 'ok', 'PRICE_BAND'])
    expect([10_291, 10_290, 10_289].map((price) => test.submit({ side: -1, price }))).toEqual([
      'ok',
      'ok',
      'PRICE_BAND',
    ])
    test.nowUs += 1_500_000
    references.set(0, 105, test.nowUs)
    expect([10_710, 10_711].map((price) => test.submit({ price }))).toEqual(['ok', 'PRICE_BAND'])
    expect(test.submit(market)).toBe('ok')
  })

  it('go on with the clock when it was set back', () => {
    const test = make({ maxRangePercent: 5 })
    const { references } = test.gate
    const setLater = (price: number) => {
      test.nowUs += 100_000
      references.set(0, price, test.nowUs)
    }
    for (let slice = 0; slice < 16; slice++) setLater(100)
    test.nowUs -= 3_600_000_000
    references.set(0, 100, test.nowUs)
    expect(test.submit()).toBe('ok')
    setLater(106)
    setLater(100)
    expect(test.submit()).toBe('VOLATILITY')
  })

  it('stop what opens when the range is too wide', () => {
    const wide = (high: number) => {
      const test = make({ maxRangePercent: 5 })
      test.nowUs += 1_000
      test.gate.references.set(0, high, test.nowUs)
      return test
    }
    expect([104.99, 105, 105.01].map((high) => wide(high).submit())).toEqual(['ok', 'ok', 'VOLATILITY'])
    const held = wide(106)
    held.setPosition(10)
    expect([held.submit({ side: -1, quantity: 11 }), held.submit({ side: -1, quantity: 10 })]).toEqual([
      'VOLATILITY',
      'ok',
    ])
    expect(held.submit({ side: -1, quantity: 1 })).toBe('VOLATILITY')
    const low = wide(106)
    low.nowUs += 1_000
    low.gate.references.set(0, 99, low.nowUs)
    low.gate.references.set(0, 101, low.nowUs)
    expect(low.submit()).toBe('VOLATILITY')
  })
})

describe('C07, exposure by scope', () => {
  it('bounds the value of a position, working orders counted', () => {
    const make = () => {
      const test = gateOf({ global: { maxPositionValue: 2_000 } })
      test.send({ quantity: 5 })
      test.fill(test.send({ quantity: 5 }), 'a', 5)
      return test
    }
    expect(codes(make, quantities(10))).toEqual(['ok', 'ok', 'POSITION_VALUE'])
    expect(
      codes(make, [
        { side: -1, quantity: 25 },
        { side: -1, quantity: 26 },
      ]),
    ).toEqual(['ok', 'POSITION_VALUE'])
    expect(make().submit({ instrument: 1, quantity: 20 })).toBe('ok')
  })

  it('takes the price of the order where it is above the reference', () => {
    const make = () => gateOf({ global: { maxPositionValue: 2_000 } })
    expect(codes(make, [{ price: 20_000 }, { price: 20_001 }])).toEqual(['ok', 'POSITION_VALUE'])
  })

  it('bounds the sum of all positions, whichever side', () => {
    const make = () => {
      const test = gateOf({ global: { maxGross: 3_000 } })
      test.send({ instrument: 1, side: -1, quantity: 20 })
      return test
    }
    expect(codes(make, quantities(10))).toEqual(['ok', 'ok', 'GROSS_EXPOSURE'])
    expect(
      codes(make, [
        { side: -1, quantity: 10 },
        { side: -1, quantity: 11 },
      ]),
    ).toEqual(['ok', 'GROSS_EXPOSURE'])
  })

  it('lets an order pass that makes nothing larger, however far above the limit everything is', () => {
    const test = gateOf({ global: { maxGross: 1_000, maxPositionValue: 1_000 } })
    test.fill(test.send({ quantity: 10 }), 'a', 10)
    test.gate.references.set(0, 105, test.nowUs)
    expect(test.submit({ side: -1, quantity: 10 })).toBe('ok')
  })

  it('bounds the signed sum', () => {
    const make = () => {
      const test = gateOf({ global: { maxNet: 1_000 } })
      test.fill(test.send({ instrument: 1, side: -1, quantity: 10 }), 'a', 10)
      return test
    }
    // 1,000 short in S1: 2,000 may be bought of S0, and nothing more sold.
    expect(codes(make, quantities(20))).toEqual(['ok', 'ok', 'NET_EXPOSURE'])
    expect(make().submit({ side: -1, quantity: 1 })).toBe('NET_EXPOSURE')
  })

  it('does not depend on the order of arrival', () => {
    const orders: OrderDraft[] = [{ quantity: 7 }, { instrument: 1, side: -1, quantity: 5 }, { quantity: 3, side: -1 }]
    const use = (list: readonly OrderDraft[]) => {
      const test = gateOf({ global: { maxGross: 1e9, maxNet: 1e9 } })
      for (const order of list) test.send(order)
      const { exposureLimits, books } = test.gate.extras
      return exposureLimits.use(books.books[0] as never, 0)
    }
    const [a, b, c] = orders as [OrderDraft, OrderDraft, OrderDraft]
    for (const list of [
      [b, a, c],
      [c, b, a],
      [b, c, a],
    ])
      expect(use(list)).toEqual(use(orders))
    expect(use(orders)).toEqual({ gross: 1_200, net: 800 })
  })

  it('is by strategy, connector, account and group as well', () => {
    const limits = { maxPositionValue: 1_000 }
    for (const scoped of [
      { strategies: { 0: limits, '*': {} } },
      { connectors: { '*': limits } },
      { accounts: { 0: limits } },
      { groups: { tech: { symbols: ['S0'], ...limits } } },
      { groups: { tech: { symbols: ['S0.XNYS'], ...limits } } },
    ] as RiskLimits[])
      expect(codes(() => gateOf(scoped), quantities(10))).toEqual(['ok', 'ok', 'POSITION_VALUE'])
    const one = gateOf({ strategies: { 0: limits, '*': {} } })
    expect([one.submit({ strategy: 1, quantity: 11 }), one.submit({ strategy: 0, quantity: 11 })]).toEqual([
      'ok',
      'POSITION_VALUE',
    ])
    const tech = gateOf({ groups: { tech: { symbols: ['S0'], maxGross: 1_000 } } })
    expect([tech.submit({ instrument: 1, quantity: 11 }), tech.submit({ quantity: 11 })]).toEqual([
      'ok',
      'GROSS_EXPOSURE',
    ])
    expect(gateOf({ global: { maxOrderNotional: 999 } }).submit()).toBe('MAX_ORDER_NOTIONAL')
  })

  it('allows nothing to what a table without * leaves out', () => {
    const test = gateOf({ strategies: { 0: { maxGross: 1_000_000 } } })
    expect([test.submit({ strategy: 0 }), test.submit({ strategy: 1, quantity: 1 })]).toEqual(['ok', 'DAILY_ORDERS'])
  })

  it('refuses what cannot be valued', () => {
    const noPrice = gateOf({ global: { maxGross: 1_000_000 } })
    noPrice.send({ instrument: 1 })
    noPrice.gate.references.reference[1] = Number.NaN
    expect(noPrice.submit()).toBe('GROSS_EXPOSURE')
  })

  it('bounds the share that a position has of equity', () => {
    const make = () => {
      const test = gateOf({ global: { concentrationPercent: 10 } })
      test.gate.setEquity(10_000)
      return test
    }
    expect(codes(make, quantities(10))).toEqual(['ok', 'ok', 'CONCENTRATION'])
    const old = make()
    old.nowNs += 5_000_000_001
    expect(old.submit({ quantity: 1 })).toBe('CONCENTRATION')
    expect(gateOf({ global: { concentrationPercent: 10 } }).submit({ quantity: 1 })).toBe('CONCENTRATION')
  })
})

describe('C08, buying power', () => {
  it('of a cash account covers everything that may be bought', () => {
    const make = () => {
      const test = gateOf({ buyingPower: {} })
      test.gate.setFunds(0, 2_000)
      test.send({ quantity: 10, instrument: 1 })
      return test
    }
    expect(codes(make, quantities(10))).toEqual(['ok', 'ok', 'CREDIT'])
    expect(make().submit({ side: -1, quantity: 1 })).toBe('CREDIT')
    const held = make()
    held.setPosition(5)
    expect([held.submit({ side: -1, quantity: 5 }), held.submit({ side: -1, quantity: 1 })]).toEqual(['ok', 'CREDIT'])
  })

  it('of Reg T is half of what is bought and one and a half of what is sold short', () => {
    const make = () => {
      const test = gateOf({ buyingPower: { model: 'reg-t', maxAgeMs: 1_000 } })
      test.gate.setFunds(0, 1_500)
      return test
    }
    expect(codes(make, quantities(30))).toEqual(['ok', 'ok', 'CREDIT'])
    expect(
      codes(make, [
        { side: -1, quantity: 10 },
        { side: -1, quantity: 11 },
      ]),
    ).toEqual(['ok', 'CREDIT'])
    const old = make()
    old.nowNs += 1_000_000_000
    expect(old.submit({ quantity: 1 })).toBe('ok')
    old.nowNs += 1
    expect(old.submit({ quantity: 1 })).toBe('CREDIT')
    expect(old.gate.explain(old.draft())[0]?.limit).toContain('too old')
    expect(gateOf({ buyingPower: {} }).submit({ quantity: 1 })).toBe('CREDIT')
  })
})

describe('C10, what is ordered in a day', () => {
  it('bounds orders, value and quantity', () => {
    const three = (limits: object, drafts: OrderDraft[]) => {
      const test = gateOf({ global: limits })
      return drafts.map((draft) => test.submit(draft))
    }
    expect(three({ maxOrdersPerDay: 2 }, [{}, {}, {}])).toEqual(['ok', 'ok', 'DAILY_ORDERS'])
    expect(three({ maxNotionalPerDay: 2_000 }, [{}, { quantity: 11 }, { quantity: 10 }])).toEqual([
      'ok',
      'DAILY_NOTIONAL',
      'ok',
    ])
    expect(three({ maxQuantityPerDay: 20 }, [{}, { quantity: 11 }, { quantity: 10 }])).toEqual([
      'ok',
      'DAILY_QUANTITY',
      'ok',
    ])
  })

  it('counts what a change adds, begins anew with a day, and takes nothing back', () => {
    const test = gateOf({ global: { maxQuantityPerDay: 20, maxOrdersPerDay: 2 } })
    const { daily } = test.gate.extras
    expect(daily?.roll('2026-01-05')).toBe(true)
    const row = test.send({ quantity: 10 })
    expect([test.replace(row, 21), test.replace(row, 20), test.replace(row, 5)]).toEqual(['DAILY_QUANTITY', 'ok', 'ok'])
    test.cancel(row)
    expect(test.submit({ quantity: 1 })).toBe('DAILY_QUANTITY')
    expect(daily?.of(0, 0)).toEqual({ orders: 1, value: 2_000, quantity: 20 })
    const saved = JSON.parse(JSON.stringify(daily?.save()))
    expect([daily?.roll('2026-01-05'), daily?.roll('2026-01-04'), daily?.roll('2026-01-06')]).toEqual([
      false,
      false,
      true,
    ])
    expect([test.submit({ quantity: 20 }), daily?.day]).toEqual(['ok', '2026-01-06'])
    daily?.restore(saved)
    expect([test.submit({ quantity: 1 }), daily?.day]).toEqual(['DAILY_QUANTITY', '2026-01-05'])
  })
})

describe('C12, runaway submission', () => {
  it('halts the strategy, refused orders counted', () => {
    const test = gateOf({ runaway: { limit: 3, windowMs: 1_000 }, maxOrderQuantity: 100 })
    const flood = [{}, { quantity: 101 }, { quantity: 101 }, {}, {}]
    expect(flood.map((draft) => test.submit(draft))).toEqual([
      'ok',
      'MAX_ORDER_QTY',
      'MAX_ORDER_QTY',
      'RUNAWAY',
      'HALTED',
    ])
    expect(test.asked.halts[0]).toBe('strategy 0 runaway')
    expect(test.submit({ strategy: 1 })).toBe('ok')
  })

  it('counts increases and no decreases, and forgets what left the window', () => {
    const test = gateOf({ runaway: { limit: 2, windowMs: 1_000 } })
    const row = test.send({ quantity: 10 })
    expect([test.replace(row, 9), test.replace(row, 8), test.replace(row, 8, 10_001)]).toEqual(['ok', 'ok', 'ok'])
    expect(test.replace(row, 11)).toBe('ok')
    test.nowNs += 1_000_000_000
    expect([test.submit(), test.submit(), test.submit()]).toEqual(['ok', 'ok', 'RUNAWAY'])
  })
})

describe('C13, repeated automated execution', () => {
  it('halts a strategy that enters again and again after fills', () => {
    const test = gateOf({ reentry: { limit: 2, windowMs: 1_000 } })
    const round = (exec: string) => {
      const row = test.draft()
      const code = test.check(row)
      if (code === 'ok') {
        test.apply(row, (seq, table) => {
          table.cells[row + Field.submittedSeq] = seq
          return 0
        })
        test.fill(row, exec, 10)
      }
      return code
    }
    expect(['a', 'b', 'c', 'd'].map(round)).toEqual(['ok', 'ok', 'ok', 'REPEATED_EXECUTION'])
    expect(test.asked.halts).toEqual(['strategy 0 reentry'])
    expect(test.submit({ side: -1 })).toBe('HALTED')
  })

  it('does not count entries without a fill between, other sides, or what left the window', () => {
    const test = gateOf({ reentry: { limit: 1, windowMs: 1_000 } })
    expect([test.submit(), test.submit(), test.submit()]).toEqual(['ok', 'ok', 'ok'])
    test.fill(test.send(), 'a', 10)
    expect([test.submit(), test.submit({ side: -1 })]).toEqual(['ok', 'ok'])
    test.nowNs += 1_000_000_000
    test.fill(test.send(), 'b', 10)
    expect(test.submit()).toBe('ok')
    const row = test.send()
    expect(test.replace(row, 11)).toBe('ok')
  })
})

describe('C15, parents and children', () => {
  const open = (quantity = 100) => {
    const test = gateOf({})
    test.gate.parents.open('P', 0, 1, quantity)
    const child = (n: number, draft: OrderDraft) => {
      const row = test.draft(draft)
      test.table.setClientOrderId(row, `P-E${n}`)
      return row
    }
    return { test, child }
  }

  it('let children ask for what is left and not one lot more', () => {
    const sizes = [39, 40, 41].map((quantity) => {
      const { test, child } = open()
      expect(test.check(child(1, { quantity: 60 }))).toBe('ok')
      return test.check(child(2, { quantity }))
    })
    expect(sizes).toEqual(['ok', 'ok', 'PARENT_QUANTITY'])
  })

  it('count fills, unknown orders and increases, and halt who tries', () => {
    const { test, child } = open()
    const first = child(1, { quantity: 60 })
    expect(test.check(first)).toBe('ok')
    test.apply(first, (seq, table) => foldUnknown(table, first, 0, seq))
    expect(test.replace(first, 101)).toBe('PARENT_QUANTITY')
    expect(test.asked.halts).toEqual(['strategy 0 parent'])
    test.gate.states.set('strategy', 0, 'ACTIVE')
    test.fill(first, 'x', 60)
    expect([test.gate.parents.usedBy('P'), test.gate.parents.usedBy('Q')]).toEqual([60, undefined])
    test.gate.parents.evict(test.table.cells[first] as number, first)
    test.gate.parents.evict(9_999, first)
    expect(test.check(child(2, { quantity: 41 }))).toBe('PARENT_QUANTITY')
  })

  it('belong to one instrument and side, end, and are forgotten', () => {
    const { test, child } = open()
    expect(test.check(child(1, { side: -1 }))).toBe('PARENT_QUANTITY')
    test.gate.states.set('strategy', 0, 'ACTIVE')
    expect(test.check(child(2, { instrument: 1 }))).toBe('PARENT_QUANTITY')
    test.gate.states.set('strategy', 0, 'ACTIVE')
    const { parents } = test.gate
    parents.change('P', 10)
    expect([test.check(child(3, { quantity: 10 })), test.submit()]).toEqual(['ok', 'ok'])
    parents.close('P')
    expect(test.check(child(4, { quantity: 1 }))).toBe('PARENT_QUANTITY')
    test.gate.states.set('strategy', 0, 'ACTIVE')
    const free = test.draft({ quantity: 1 })
    parents.assign(test.table.cells[free] as number, 'P')
    expect(test.check(free)).toBe('PARENT_QUANTITY')
    test.gate.states.set('strategy', 0, 'ACTIVE')
    parents.forget('P')
    for (const id of ['P', 'Q']) {
      parents.change(id, 5)
      parents.close(id)
      parents.forget(id)
      parents.assign(1, id)
    }
    expect(test.check(child(5, { quantity: 1 }))).toBe('ok')
    expect(test.gate.describe(free, Verdict.parent).code).toBe('PARENT_QUANTITY')
  })
})

describe('C16, self-match', () => {
  it('refuses an order that would trade with an own resting one', () => {
    const make = () => {
      const test = gateOf({ selfMatch: {} })
      test.send({ side: -1, price: 10_010 })
      return test
    }
    expect(codes(make, [{ price: 10_009 }, { price: 10_010 }, { price: 10_011 }, market])).toEqual([
      'ok',
      'SELF_MATCH',
      'SELF_MATCH',
      'SELF_MATCH',
    ])
    expect(
      codes(make, [
        { side: -1, price: 9_990 },
        { instrument: 1, price: 10_020 },
      ]),
    ).toEqual(['ok', 'ok'])
  })

  it('is asked of changes, and no longer of orders that ended', () => {
    const test = gateOf({ selfMatch: { policy: 'cancelNewest' } })
    const resting = [10_030, 10_020, 10_010].map((price) => test.send({ side: -1, price }))
    const row = test.send({ price: 10_000 })
    expect([test.replace(row, 10, 10_009), test.replace(row, 10, 10_010)]).toEqual(['ok', 'SELF_MATCH'])
    expect(test.asked.cancels).toEqual([])
    test.cancel(resting[1] as number)
    test.cancel(resting[2] as number)
    expect([test.replace(row, 10, 10_029), test.replace(row, 10, 10_030)]).toEqual(['ok', 'SELF_MATCH'])
    test.cancel(resting[0] as number)
    expect(test.replace(row, 10, 10_030)).toBe('ok')
  })

  it('cancels the resting order by policy; the new one comes again when that is confirmed', () => {
    const test = gateOf({ selfMatch: { policy: 'cancelOldest' } })
    const resting = test.send({ side: -1, price: 10_010 })
    test.send({ side: -1, price: 10_020 })
    expect([test.submit({ price: 10_010 }), test.asked.cancels]).toEqual(['SELF_MATCH', [resting]])
    expect(test.submit({ price: 10_010 })).toBe('SELF_MATCH')
    test.cancel(resting)
    expect(test.submit({ price: 10_010 })).toBe('ok')
    expect(test.gate.describe(test.draft({ price: 10_020 }), Verdict.selfMatch).code).toBe('SELF_MATCH')
  })

  it('may hold for groups of accounts', () => {
    for (const groups of [[['0', '1']], [['1', '2']]]) {
      const test = gateOf({ selfMatch: { groups, policy: 'cancelBoth' } })
      test.send({ side: -1 })
      expect(test.submit({})).toBe('SELF_MATCH')
    }
  })
})

describe('C17, what may be traded', () => {
  const restricted = (restrictions: RiskLimits['restrictions']) => () =>
    gateOf({ restrictions: restrictions as object }, 3)

  it('is what a list names', () => {
    const make = restricted({ instruments: { S0: 'both', 'S1.XNYS': 'buy' } })
    expect(codes(make, [{}, { side: -1 }])).toEqual(['ok', 'ok'])
    expect(codes(make, [{ instrument: 1 }, { instrument: 1, side: -1 }])).toEqual(['ok', 'RESTRICTED'])
    expect(codes(make, [{ instrument: 2 }])).toEqual(['RESTRICTED'])
    expect(
      codes(restricted({ instruments: { S0: 'sell', '*': 'none' } }), [{}, { side: -1 }, { instrument: 1 }]),
    ).toEqual(['RESTRICTED', 'ok', 'RESTRICTED'])
  })

  it('may be only what makes a position smaller', () => {
    const test = restricted({ instruments: { '*': 'reduce' } })()
    test.setPosition(10)
    expect([11, 10, 1].map((quantity) => test.submit({ side: -1, quantity }))).toEqual([
      'RESTRICTED',
      'ok',
      'RESTRICTED',
    ])
    expect(test.submit({ quantity: 1 })).toBe('RESTRICTED')
  })

  it('is by account, strategy and connector too', () => {
    for (const scope of ['accounts', 'strategies', 'connectors'] as const)
      expect(codes(restricted({ [scope]: { 0: 'buy' } }), [{}, { side: -1 }])).toEqual(['ok', 'RESTRICTED'])
    expect(restricted({ strategies: { 0: 'both' } })().submit({ strategy: 1 })).toBe('RESTRICTED')
    expect(restricted({})().submit()).toBe('ok')
  })

  it('may be sold short only as allowed', () => {
    const make = () => {
      const test = restricted({ shortSale: 'never' })()
      test.setPosition(10)
      return test
    }
    expect(
      codes(
        make,
        [9, 10, 11].map((quantity) => ({ side: -1 as const, quantity })),
      ),
    ).toEqual(['ok', 'ok', 'SHORT_SALE'])
    expect(restricted({ shortSale: 'allowed' })().submit({ side: -1 })).toBe('ok')
    const located = restricted({ shortSale: 'locate' })()
    expect(located.submit({ side: -1, quantity: 1 })).toBe('SHORT_SALE')
    if (located.gate.extras.restrictions !== undefined) located.gate.extras.restrictions.locate = () => 5
    expect([6, 5].map((quantity) => located.submit({ side: -1, quantity }))).toEqual(['SHORT_SALE', 'ok'])
  })
})

describe('C22, value at risk', () => {
  const sigma = 0.01
  const z = 1.6448536269514722
  const make = (limit: number, more: object = {}) => {
    const test = gateOf({ valueAtRisk: { limit, ...more } })
    test.gate.setCovariance(
      [0, 1],
      covarianceFrom(
        [sigma, sigma],
        [
          [1, 0.9],
          [0.9, 1],
        ],
      ),
    )
    return test
  }

  it('of the portfolio with the order is at most the limit', () => {
    const limit = 100 * 100 * sigma * z
    expect(codes(() => make(limit), quantities(100))).toEqual(['ok', 'ok', 'VAR_LIMIT'])
    const hedged = make(limit)
    hedged.setPosition(-100, 1)
    // Both sides of the hedge: 190 offset 90 of the other to the same variance as 100 alone would not.
    expect(hedged.submit({ quantity: 90 })).toBe('ok')
    const over = make(limit / 2)
    over.setPosition(100)
    expect([over.submit({ side: -1, quantity: 50 }), over.submit({ quantity: 1 })]).toEqual(['ok', 'VAR_LIMIT'])
  })

  it('needs a covariance that is fresh and knows the instrument', () => {
    const none = gateOf({ valueAtRisk: { limit: 1e9 } })
    expect(none.submit()).toBe('VAR_LIMIT')
    expect(none.gate.explain(none.draft())[0]?.limit).toContain('value at risk')
    const old = make(1e9, { maxAgeMs: 1_000 })
    old.nowNs += 1_000_000_001
    expect(old.submit()).toBe('VAR_LIMIT')
  })

  it('bounds what moves together', () => {
    const together = () => {
      const test = make(1e9, { maxCorrelated: 2_000 })
      test.setPosition(10, 1)
      return test
    }
    expect(codes(together, quantities(10))).toEqual(['ok', 'ok', 'CORRELATION'])
    expect(together().submit({ side: -1, quantity: 20 })).toBe('ok')
    expect(make(1e9, { maxCorrelated: 2_000, correlationFrom: 0.95 }).submit({ quantity: 20 })).toBe('ok')
  })
})

describe('checks of the host', () => {
  it('refuse with a reason, and see the order in the terms of its instrument', () => {
    const seen: unknown[] = []
    const own = {
      name: 'no round lots',
      check: (order: object & { quantity: number }) => {
        seen.push({ ...order })
        return order.quantity === 100 ? 'a hundred' : undefined
      },
    }
    const test = new GateUnderTest({}, [{ sizeIncrement: '0.1' }], undefined, { checks: [own] })
    expect([999, 1_000].map((quantity) => test.submit({ quantity, side: -1 }))).toEqual(['ok', 'OWN_CHECK'])
    expect(seen[0]).toEqual({
      symbol: 'S0',
      account: '0',
      strategy: '0',
      connector: '0',
      side: 'sell',
      quantity: 99.9,
      price: 100,
      reference: 100,
      position: 0,
      workingBuys: 0,
      workingSells: 0,
      isNew: true,
    })
    expect(test.gate.explain(test.draft({ quantity: 1_000 }))).toEqual([
      { control: 'ownCheck', code: 'OWN_CHECK', limit: 'a check of the host', observed: 'no round lots: a hundred' },
    ])
    const row = test.send({ quantity: 500 })
    expect(test.replace(row, 1_000)).toBe('OWN_CHECK')
  })

  it('may be controls like those of the gate', () => {
    const test = new GateUnderTest()
    test.gate.addCheck({
      check: (_row, order) => (order.quantity > 10 ? Verdict.ownCheck : 0),
      describe: () => ({ limit: 'ten', observed: 'more' }),
    })
    expect([10, 11].map((quantity) => test.submit({ quantity }))).toEqual(['ok', 'OWN_CHECK'])
    expect(test.gate.explain(test.draft({ quantity: 11 }))).toEqual([
      { control: 'ownCheck', code: 'OWN_CHECK', limit: 'ten', observed: 'more' },
    ])
  })

  it('may bring a margin model', () => {
    const marginModel = { name: 'half', margin: () => ({ initial: 50, maintenance: 50 }) }
    const test = new GateUnderTest({}, [{}], undefined, { marginModel })
    test.gate.setFunds(0, 49)
    expect(test.submit()).toBe('CREDIT')
    test.gate.setFunds(0, 50)
    expect(test.submit()).toBe('ok')
    const unknown = new GateUnderTest({}, [{}], undefined, { marginModel: { name: 'none', margin: () => undefined } })
    unknown.gate.setFunds(0, 1e9)
    expect(unknown.submit()).toBe('CREDIT')
  })
})

describe('the warning about large orders', () => {
  it('comes from half of the limit on', () => {
    const test = gateOf({ maxOrderNotional: 2_000 })
    for (const draft of quantities(10)) test.send(draft)
    expect(test.asked.warnings).toEqual(['maxOrderNotional', 'maxOrderNotional'])
    expect(test.gate.warnings).toBe(2)
    const later = gateOf({ maxOrderNotional: 2_000, orderWarnAt: 1 })
    for (const draft of quantities(20).slice(0, 2)) later.send(draft)
    expect(later.gate.warnings).toBe(1)
  })
})

describe('limits that change', () => {
  it('hold from the next order on, all at once, and bad ones change nothing', () => {
    const test = gateOf({ maxOrderQuantity: 10, global: { maxPositionValue: 10_000 } })
    expect(test.submit({ quantity: 11 })).toBe('MAX_ORDER_QTY')
    test.gate.setLimits({ maxOrderQuantity: 20, global: { maxPositionValue: 1_500 } })
    expect([15, 16].map((quantity) => test.submit({ quantity }))).toEqual(['ok', 'POSITION_VALUE'])
    expect(() => test.gate.setLimits({ maxOrderQuantity: -1 })).toThrow('must not be negative')
    expect(() => test.gate.setLimits({ global: { maxGross: -1 } })).toThrow('risk.global.maxGross')
    expect(() => test.gate.setLimits({ global: { concentrationPercent: 0 } })).toThrow('concentrationPercent')
    expect(() => test.gate.setLimits({ accounts: { a: { maxOrdersPerDay: 0.5 } } })).toThrow('maxOrdersPerDay')
    expect(() => test.gate.setLimits({ warnAt: 0 })).toThrow('warnAt')
    expect(test.gate.limitVersion).toBe(2)
  })

  it('may come to scopes that had none: what is held, works and was ordered counts', () => {
    const test = gateOf({})
    const held = test.send({ quantity: 20, strategy: 1 })
    test.fill(held, 'a', 20)
    test.send({ quantity: 5, instrument: 1 })
    test.gate.setLimits({ ...noLimits, global: { maxGross: 3_000, maxOrdersPerDay: 3 }, accounts: { '*': {} } })
    expect(test.submit({ quantity: 6 })).toBe('GROSS_EXPOSURE')
    expect([test.submit({ quantity: 5 }), test.submit({ quantity: 1, side: -1 })]).toEqual(['ok', 'DAILY_ORDERS'])
    expect(test.gate.extras.books.books.map(({ key }) => key)).toEqual(['global', 'account'])
  })

  it('may come to groups, whose members can change', () => {
    const test = gateOf({})
    const held = test.send({ quantity: 20 })
    test.fill(held, 'a', 20)
    const group = (...symbols: string[]) => ({ ...noLimits, groups: { tech: { symbols, maxGross: 2_500 } } })
    test.gate.setLimits(group('S1'))
    expect([25, 26].map((quantity) => test.submit({ instrument: 1, quantity }))).toEqual(['ok', 'GROSS_EXPOSURE'])
    test.gate.setLimits(group('S0', 'S1'))
    expect(test.submit({ quantity: 1 })).toBe('GROSS_EXPOSURE')
    test.gate.setLimits(noLimits)
    expect(test.submit({ quantity: 1 })).toBe('ok')
  })

  it('may come to strategies where it is known what they hold', () => {
    const limits = { ...noLimits, strategies: { '*': { maxPositionValue: 2_500 } } }
    const blind = gateOf({})
    blind.fill(blind.send({ quantity: 20 }), 'a', 20)
    expect(() => blind.gate.setLimits(limits)).toThrow('risk.strategies cannot get its first limit')
    expect(() => blind.gate.setLimits({ ...noLimits, connectors: {} })).toThrow('risk.connectors cannot')
    expect([blind.gate.limitVersion, blind.submit({ quantity: 1 })]).toEqual([1, 'ok'])
    const fresh = gateOf({})
    fresh.send({ quantity: 20, strategy: 1 })
    fresh.gate.setLimits(limits)
    expect([fresh.submit({ quantity: 6, strategy: 1 }), fresh.submit({ quantity: 6 })]).toEqual([
      'POSITION_VALUE',
      'ok',
    ])
    const told = new GateUnderTest({}, [{}], undefined, { holdings: (visit) => visit(0, 1, 0, 20) })
    told.setPosition(20)
    told.gate.setLimits(limits)
    expect([6, 5].map((quantity) => told.submit({ quantity, strategy: 1 }))).toEqual(['POSITION_VALUE', 'ok'])
  })
})
