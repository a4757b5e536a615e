/** Rare ways through the gate and its controls: what each does, so that none is there for nothing. */
import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../core/random.js'
import { toDecimal } from '../model/decimal.js'
import type { ApprovedOrder, ApprovedReplace } from '../orders/approved-order.js'
import { OrderFlag, TifCode, TypeCode } from '../orders/codes.js'
import { foldSubmitted } from '../orders/fold.js'
import { foldRequest } from '../orders/fold-requests.js'
import * as Field from '../orders/order-fields.js'
import { OrderTable } from '../orders/order-table.js'
import { TradingStatus } from '../ring/kinds.js'
import { CircuitBreakers } from './breakers/circuit-breakers.js'
import { CircuitCheck } from './circuit-check.js'
import { Verdict } from './controls.js'
import { DuplicateGuard } from './duplicate-guard.js'
import { passes } from './duplicates.test-support.js'
import { FillFault } from './fill-check.js'
import type { GateParts } from './gate-check.js'
import { GateUnderTest, noLimits } from './gate-under-test.test-support.js'
import { limitUse } from './limit-use.js'
import type { RiskLimits } from './limits.js'
import { LossLimits } from './loss-limits.js'
import { covarianceFrom } from './measures/covariance.js'
import { futuresMargin } from './measures/margin.js'
import { OutputAudit } from './output-audit.js'
import { OwnOrders } from './own-orders.js'
import { ReentryGuard } from './reentry-guard.js'
import { SlidingWindow } from './sliding-window.js'

const market = { type: TypeCode.MARKET } as const
const inverse = {
  assetClass: 'crypto',
  isInverse: true,
  settlementCurrency: 'BTC',
  baseCurrency: 'BTC',
} as object

function gateOf(limits: RiskLimits, instruments: object[] = [{}, {}], accounts = 1) {
  return new GateUnderTest(limits, instruments, new OrderTable({ capacity: 64 }), {}, accounts)
}

describe('a circuit that is open', () => {
  it('refuses new orders to its connector, says so, lets changes pass, and counts probes', () => {
    const test = gateOf({})
    const breakers = new CircuitBreakers({ rejectStorm: { consecutive: 2, coolDownMs: 1_000, probes: 1 } })
    test.gate.addCheck(new CircuitCheck(breakers, test.names))
    const working = test.send()
    breakers.rejected('0', 1)
    breakers.rejected('0', 2)
    expect(test.submit()).toBe('REJECT_STORM')
    expect(test.gate.explain(test.draft())).toMatchObject([
      { code: 'REJECT_STORM', limit: 'a connector whose orders are taken', observed: 'its circuit is open' },
    ])
    expect(test.replace(working, 20)).toBe('ok')
    test.nowNs = 2_000_000_000
    breakers.advance(2_000)
    expect([test.submit(), test.submit()]).toEqual(['ok', 'REJECT_STORM'])
  })
})

describe('counts of a day', () => {
  it('take nothing for a change that asks for no more', () => {
    const test = gateOf({ global: { maxQuantityPerDay: 10, maxNotionalPerDay: 1_000 } })
    const row = test.send({ quantity: 10 })
    // Another price: a value that could not be added any more is not asked for.
    expect(test.replace(row, 10, 10_100)).toBe('ok')
    expect(test.replace(row, 11, 10_000)).toBe('DAILY_NOTIONAL')
    expect(test.gate.extras.daily.of(0, 0)).toEqual({ orders: 1, value: 1_000, quantity: 10 })
  })

  it('count orders of a journal in the day that runs where nobody tells days apart', () => {
    const test = gateOf({ global: { maxOrdersPerDay: 2 } })
    test.gate.replayed(test.draft())
    expect(test.gate.extras.daily.of(0, 0).orders).toBe(1)
    expect([test.submit(), test.submit()]).toEqual(['ok', 'DAILY_ORDERS'])
  })

  it('value market orders of a journal as soon as there is a price, and refuse what has a limit on value until then', () => {
    const restarted = () => {
      const test = gateOf({
        global: { maxNotionalPerDay: 1_000 },
        strategies: { 1: { maxNotionalPerDay: 500 }, '*': {} },
        groups: { other: { symbols: ['S0'], maxNotionalPerDay: 1_000 } },
      })
      test.gate.references.reference.fill(Number.NaN, 1)
      for (const strategy of [0, 0, 1])
        test.gate.replayed(test.draft({ ...market, instrument: 1, quantity: 1, strategy }))
      return test
    }
    const test = restarted()
    // Nothing is known of the other instrument: how much of the limit is left is not either.
    expect(test.submit({ quantity: 1 })).toBe('DAILY_NOTIONAL')
    test.quote(1, 200)
    expect([test.submit({ quantity: 5 }), test.submit({ quantity: 4 })]).toEqual(['DAILY_NOTIONAL', 'ok'])
    const { daily } = test.gate.extras
    expect(daily.of(0, 0)).toEqual({ orders: 4, value: 1_000, quantity: 7 })
    expect([daily.of(1, 0).value, daily.of(1, 1).value]).toEqual([800, 200])
    const next = restarted()
    next.gate.extras.daily.roll('2026-01-06')
    expect([next.submit({ quantity: 10 }), next.submit({ quantity: 1 })]).toEqual(['ok', 'DAILY_NOTIONAL'])
  })

  it('of a limit that comes later take past market orders at the price of their own instrument', () => {
    const test = gateOf({}, [{}, {}, {}])
    test.quote(1, 105)
    for (const instrument of [1, 2]) {
      const row = test.draft({ ...market, instrument, quantity: 3 })
      test.apply(row, (seq, table) => foldSubmitted(table, row, seq))
    }
    test.gate.references.reference.fill(Number.NaN, 2)
    expect(test.submit({ quantity: 1 })).toBe('ok')
    test.gate.setLimits({ ...noLimits, global: { maxQuantityPerDay: 7 }, groups: { one: { symbols: ['S2'] } } })
    const { daily } = test.gate.extras
    expect(daily.of(0, 0)).toEqual({ orders: 2, value: 315, quantity: 6 })
    // A limit of quantities does not ask what they are worth.
    expect(test.submit({ quantity: 1 })).toBe('ok')
    test.quote(2, 50)
    expect(test.submit({ quantity: 1 })).toBe('DAILY_QUANTITY')
    expect([daily.of(0, 0).value, daily.of(1, 0).value]).toEqual([565, 150])
  })
})

describe('exposure', () => {
  it('values what came without an order of ours: inverse contracts at any price, others at the reference', () => {
    const test = gateOf({ global: { maxGross: 1_000 } }, [{}, inverse, {}])
    // Positions that were there before: nothing was ever asked about their instruments.
    test.gate.exposure.applyFill(0, 1, 300)
    test.gate.exposure.applyFill(0, 2, -5)
    expect([test.submit({ quantity: 2 }), test.submit({ quantity: 1 })]).toEqual(['ok', 'GROSS_EXPOSURE'])
    const { exposureLimits, books } = test.gate.extras
    expect(exposureLimits.use(books.books[0] as never, 0).gross).toBe(1_000)
  })

  it('is the same whether sums are kept up or made anew, however near the limit', () => {
    const random = new SeededRandom(11)
    const seen = { passed: 0, refused: 0 }
    for (let round = 0; round < 60; round++) {
      const limit = 3_000 + random.below(6_000)
      const limits = { global: { maxGross: limit, maxNet: limit / 2 }, strategies: { '*': { maxGross: limit / 2 } } }
      const [kept, anew] = [gateOf(limits, [{}, {}, {}, {}]), gateOf(limits, [{}, {}, {}, {}])]
      const rows: number[] = []
      for (let step = 0; step < 40; step++) {
        if (random.chance(0.1)) for (const test of [kept, anew]) test.quote(step % 3, 98 + (step % 5))
        // Nothing is ever held of the last one: its price only makes all sums anew.
        anew.quote(3, 100 + (step % 2))
        const draft = {
          instrument: random.below(3),
          strategy: random.below(2),
          side: random.chance(0.5) ? (1 as const) : (-1 as const),
          quantity: 1 + random.below(20),
        }
        const [a, b] = [kept, anew].map((test) => test.draft(draft)) as [number, number]
        const verdict = kept.check(a)
        expect(anew.check(b)).toBe(verdict)
        seen[verdict === 'ok' ? 'passed' : 'refused']++
        if (verdict === 'ok') rows.push(a)
        const old = rows.length > 6 ? rows.shift() : undefined
        if (old === undefined) continue
        const isFill = random.chance(0.5)
        for (const test of [kept, anew]) {
          test.apply(old, (seq, table) => foldSubmitted(table, old, seq))
          if (isFill) test.fill(old, `e${step}`, test.table.cells[old + Field.quantity] as number)
          else test.cancel(old)
        }
      }
    }
    expect(Math.min(seen.passed, seen.refused)).toBeGreaterThan(200)
  })

  it('of a group grows by fills of its own instruments only', () => {
    const test = gateOf({ groups: { one: { symbols: ['S0'], maxGross: 1_000 } } })
    test.fill(test.send({ instrument: 1, quantity: 50 }), 'a', 50)
    test.fill(test.send({ quantity: 5 }), 'b', 5)
    test.gate.exposure.applyFill(0, 1, 50)
    expect([test.submit({ quantity: 6 }), test.submit({ quantity: 5 })]).toEqual(['GROSS_EXPOSURE', 'ok'])
  })

  it('keeps its books when limits are taken away, and then limits nothing', () => {
    const test = gateOf({ global: { maxGross: 500 }, groups: { one: { symbols: ['S0'], maxGross: 400 } } })
    test.send({ quantity: 4 })
    expect(test.submit({ quantity: 1 })).toBe('GROSS_EXPOSURE')
    test.gate.setLimits({ maxOrderNotional: '1000000000' })
    expect(test.submit({ quantity: 1 })).toBe('ok')
    test.gate.setLimits({ maxOrderNotional: '1000000000', global: { maxGross: 500 } })
    expect(test.submit({ quantity: 1 })).toBe('GROSS_EXPOSURE')
    expect(test.gate.extras.books.groupNames).toEqual(['one'])
  })

  it('of an order that was filled beyond its quantity is 0, not less', () => {
    const test = gateOf({ maxPosition: 100 })
    const row = test.send({ quantity: 10 })
    test.fill(row, 'a', 15)
    expect(test.exposureOf()).toMatchObject({ position: 15, buying: 0 })
    // Its facts are looked at again, with a request of it under way and without one.
    test.gate.exposure.sync(row)
    expect(test.exposureOf()).toMatchObject({ position: 15, buying: 0, open: 0 })
  })
})

describe('buying power', () => {
  const contracts = { marginModel: futuresMargin({ S0: { initial: 100, maintenance: 90 } }) }
  const futures = (funds: number) => {
    const test = new GateUnderTest({}, [{}, {}], new OrderTable({ capacity: 64 }), contracts)
    test.gate.setFunds(0, funds)
    return test
  }

  it('asks a model by contract, long and short, and refuses what it does not know', () => {
    for (const side of [1, -1] as const)
      expect([9, 10, 11].map((quantity) => futures(1_000).submit({ side, quantity }))).toEqual(['ok', 'ok', 'CREDIT'])
    expect(futures(1e9).submit({ instrument: 1, quantity: 1 })).toBe('CREDIT')
  })

  it('that is too old says so', () => {
    const test = futures(1_000)
    test.nowNs += 61_000_000_000
    const [breach] = test.gate.explain(test.draft())
    expect(breach).toMatchObject({ code: 'CREDIT', limit: 'funds 1000, which are too old' })
    test.gate.setFunds(0, 999)
    expect(test.gate.explain(test.draft())[0]).toMatchObject({ limit: 'funds 999' })
  })

  it('of a cash account lets no more be sold of what it is short of already, and lets it be bought back', () => {
    const test = gateOf({ buyingPower: { model: 'cash' } })
    test.gate.setFunds(0, 1e9)
    expect(test.submit({ side: -1, quantity: 1 })).toBe('CREDIT')
    test.gate.exposure.applyFill(0, 0, -10)
    expect(test.submit({ side: -1, quantity: 1 })).toBe('CREDIT')
    expect([test.submit({ quantity: 11 }), test.submit({ quantity: 10 }), test.submit({ quantity: 1 })]).toEqual([
      'CREDIT',
      'ok',
      'CREDIT',
    ])
  })
})

describe('value at risk', () => {
  const alike = [
    [1, 0.9],
    [0.9, 1],
  ]
  // So much that 100 of one instrument are at the limit.
  const limit = 100 * 100 * 0.01 * 1.6448536269514722
  const make = (accounts = 1) => {
    const test = gateOf({ valueAtRisk: { limit } }, [{}, {}], accounts)
    test.gate.setCovariance([0, 1], covarianceFrom([0.01, 0.01], alike))
    return test
  }

  it('counts what works in every instrument: two orders that pass alone do not pass together', () => {
    const test = make()
    expect([test.submit({ quantity: 60 }), test.submit({ instrument: 1, quantity: 60 })]).toEqual(['ok', 'VAR_LIMIT'])
    // The other way it would offset, if both were filled, and is worth 60 if only it is.
    expect([
      test.submit({ instrument: 1, side: -1, quantity: 101 }),
      test.submit({ instrument: 1, side: -1, quantity: 100 }),
    ]).toEqual(['VAR_LIMIT', 'ok'])
    const two = make(2)
    const other = two.draft({ quantity: 60 })
    two.table.cells[other + Field.account] = 1
    expect([two.check(other), two.submit({ quantity: 41 }), two.submit({ quantity: 40 })]).toEqual([
      'ok',
      'VAR_LIMIT',
      'ok',
    ])
  })

  it('is not known while something that works has no price', () => {
    const test = make()
    expect(test.submit({ instrument: 1, quantity: 1 })).toBe('ok')
    test.gate.references.reference[1] = Number.NaN
    expect(test.submit({ quantity: 1 })).toBe('VAR_LIMIT')
  })
})

describe('what moves together', () => {
  it('counts what works, on the side that moves with the order', () => {
    const test = gateOf({ valueAtRisk: { maxCorrelated: 2_000 } })
    const against = [
      [1, -0.9],
      [-0.9, 1],
    ]
    test.gate.setCovariance([0, 1], covarianceFrom([0.01, 0.01], against))
    expect(test.submit({ instrument: 1, side: -1, quantity: 10 })).toBe('ok')
    expect([test.submit({ quantity: 11 }), test.submit({ quantity: 10 })]).toEqual(['CORRELATION', 'ok'])
    expect(test.submit({ side: -1, quantity: 20 })).toBe('ok')
  })

  it('does not count what moves by itself', () => {
    const test = gateOf({ valueAtRisk: { maxCorrelated: 2_000 } })
    const apart = [
      [1, 0.79],
      [0.79, 1],
    ]
    test.gate.setCovariance([0, 1], covarianceFrom([0.01, 0.01], apart))
    test.fill(test.send({ instrument: 1, quantity: 10 }), 'a', 10)
    expect([test.submit({ quantity: 21 }), test.submit({ quantity: 20 })]).toEqual(['CORRELATION', 'ok'])
  })

  it('is limited without a limit on value at risk; what never moved is taken for the worst', () => {
    const test = gateOf({ valueAtRisk: { maxCorrelated: 2_000 } }, [{}, {}, {}])
    const correlation = [
      [1, 0.9, 0],
      [0.9, 1, 0],
      [0, 0, 1],
    ]
    test.gate.setCovariance([0, 1, 2], covarianceFrom([0.01, 0.01, 0], correlation))
    test.fill(test.send({ instrument: 1, quantity: 10 }), 'a', 10)
    expect([test.submit({ quantity: 11 }), test.submit({ quantity: 10 })]).toEqual(['CORRELATION', 'ok'])
    // 1,000 of each of the others are held or work: that is all.
    expect(test.submit({ instrument: 2, quantity: 1 })).toBe('CORRELATION')
    expect(test.submit({ instrument: 1, side: -1, quantity: 10 })).toBe('ok')
  })
})

describe('a fill', () => {
  it('is not held against the limit of an order whose change is under way', () => {
    const test = gateOf({})
    const row = test.send({ price: 9_900 })
    expect(test.gate.fillFault(row, 9_950, test.nowUs)).toBe(FillFault.limit)
    test.apply(row, (seq, table) => foldRequest(table, row, 1, false, 10, 10_000, Number.NaN, seq))
    expect(test.gate.fillFault(row, 9_950, test.nowUs)).toBe(FillFault.none)
  })
})

describe('repeated entries', () => {
  const parts = {
    table: new OrderTable({ capacity: 16 }),
    sizes: { account: 1, connector: 1, strategy: 40_000, instrument: 1 },
    actions: { halt: () => {}, cancel: () => {} },
  } as unknown as GateParts

  it('are watched of so many strategies and sides, and one more is refused', () => {
    const guard = new ReentryGuard(parts, { limit: 1, windowMs: 1_000 })
    const order = { strategy: 0, instrument: 0, side: 1, nowNs: 0 } as never as Parameters<ReentryGuard['check']>[1]
    let refused = 0
    for (let i = 0; i < 65_536; i++) {
      order.strategy = i >> 1
      order.side = (i & 1) === 0 ? 1 : -1
      if (guard.check(0, order, true) !== 0) refused++
      guard.seen(0, order, 0, true)
    }
    expect(refused).toBe(0)
    expect(guard.check(0, order, true)).toBe(0)
    order.strategy = 32_768
    expect(guard.check(0, order, true)).toBe(Verdict.reentry)
    expect(guard.check(0, order, false)).toBe(0)
  })

  it('are not begun by a fill of an order that the guard never saw', () => {
    const test = gateOf({ reentry: { limit: 1, windowMs: 1_000 } })
    const row = test.draft()
    test.apply(row, (seq, table) => foldSubmitted(table, row, seq))
    test.fill(row, 'a', 10)
    expect([test.submit(), test.submit(), test.submit()]).toEqual(['ok', 'ok', 'ok'])
  })
})

describe('children', () => {
  it('of nobody are children no more when the last parent is forgotten, and may change their price while it lives', () => {
    const test = gateOf({})
    const { parents } = test.gate
    parents.open('p', 0, 1, 10)
    const row = test.draft()
    parents.assign(test.table.cells[row] as number, 'p')
    expect(test.check(row)).toBe('ok')
    test.apply(row, (seq, table) => foldSubmitted(table, row, seq))
    expect([parents.size, parents.familyOf(row)?.id]).toEqual([1, 'p'])
    // Asks for less now: another price for the rest takes nothing more from it.
    parents.change('p', 4)
    expect([test.replace(row, 10, 10_001), test.replace(row, 11, 10_001)]).toEqual(['ok', 'PARENT_QUANTITY'])
    expect(test.gate.explain(row)).toMatchObject([
      { code: 'HALTED' },
      { code: 'PARENT_QUANTITY', limit: 'what is left of the parent', observed: 'more' },
    ])
    parents.forget('p')
    expect([parents.size, parents.familyOf(row)]).toEqual([0, undefined])
  })
})

describe('self-match', () => {
  it('looks at buys and sells, at the accounts of a group and at no others, and says what it saw', () => {
    const groups = [['0', '2']]
    const test = gateOf({ selfMatch: { groups } }, [{}], 3)
    const of = (account: number, draft: object) => {
      const row = test.draft(draft)
      test.table.cells[row + Field.account] = account
      return row
    }
    const resting = of(0, { price: 10_000 })
    expect(test.check(resting)).toBe('ok')
    test.apply(resting, (seq, table) => foldSubmitted(table, resting, seq))
    expect([1, 2, 0].map((account) => test.check(of(account, { side: -1, price: 10_000 })))).toEqual([
      'ok',
      'SELF_MATCH',
      'SELF_MATCH',
    ])
    expect(test.check(of(2, { side: -1, price: 10_001 }))).toBe('ok')
    const [breach] = test.gate.explain(of(2, { side: -1, price: 9_999 }))
    expect(breach).toMatchObject({ code: 'SELF_MATCH', observed: 'one' })
    // The sell of account 1 rests outside of the group: only account 1 itself may not meet it.
    expect([2, 1].map((account) => test.check(of(account, { price: 10_000 })))).toEqual(['ok', 'SELF_MATCH'])
  })
})

describe('lists of own orders', () => {
  it('hold an order once, and give nothing back for one that they do not hold', () => {
    const table = new OrderTable({ capacity: 16 })
    const orders = new OwnOrders(table, 1, 1)
    const [a, b] = [table.allocate(), table.allocate()]
    for (const row of [a, b]) table.cells[row + Field.side] = 1
    const list = orders.listOf(0, 0, 1)
    orders.remove(a)
    orders.add(a)
    orders.add(b)
    orders.add(a)
    expect([orders.first(list), orders.after(b), orders.after(a)]).toEqual([b, a, -1])
    orders.remove(b)
    orders.remove(b)
    expect([orders.first(list), orders.after(a)]).toEqual([a, -1])
  })
})

describe('what leaves', () => {
  it('of an order of an earlier session is held against its record', () => {
    const test = gateOf({})
    const row = test.send({ quantity: 10 })
    const halted: string[] = []
    const audit = new OutputAudit({
      table: test.table,
      actions: { halt: (_scope, _index, _control, reason) => halted.push(reason) },
      parents: () => undefined,
    })
    const number = test.table.cells[row] as number
    audit.change({ number, newQuantityUnits: 10 } as ApprovedReplace)
    expect(audit.counters).toEqual({ orders: 0, changes: 1, refused: 0 })
    expect(() => audit.change({ number, newQuantityUnits: 11 } as ApprovedReplace)).toThrow('approved for less')
    expect(() => audit.order({ number } as ApprovedOrder)).toThrow('has left already')
    expect(halted).toHaveLength(2)
  })
})

describe('triggers', () => {
  it('without a reference are refused where nothing else asks for one', () => {
    const test = gateOf({ triggers: {}, marketData: false })
    test.gate.references.reference.fill(Number.NaN)
    test.nowUs += 60_000_000
    expect(test.submit({ type: TypeCode.STOP_LIMIT, trigger: 10_000, price: 10_000 })).toBe('NO_REFERENCE_PRICE')
  })
})

describe('repeats', () => {
  it('find their place behind others that are live, and give it back when their window is over', () => {
    const guard = new DuplicateGuard(2, 1_000, 2)
    const pass = (quantity: number, nowMs: number) => passes(guard, quantity, 1, nowMs)
    // Two places: the third kind of order finds none free until the first has been still for a window.
    expect([1, 2, 3].map((quantity) => pass(quantity, quantity))).toEqual([true, true, false])
    expect([pass(1, 10), pass(1, 20), pass(2, 30), pass(2, 40)]).toEqual([true, false, true, false])
    expect([pass(3, 1_009), pass(3, 1_010), pass(3, 1_011), pass(3, 1_012)]).toEqual([false, true, true, false])
    expect([pass(2, 1_029), pass(2, 1_030), pass(2, 1_031)]).toEqual([true, true, false])
    expect([pass(4, 2_011), pass(4, 2_012)]).toEqual([true, true])
  })

  it('behind a place that was given to others are found all the same', () => {
    for (let second = 2; second < 40; second++) {
      for (let third = 40; third < 50; third++) {
        const guard = new DuplicateGuard(2, 1_000, 2)
        const pass = (quantity: number, nowMs: number) => passes(guard, quantity, 1, nowMs)
        expect([pass(1, 0), pass(second, 1), pass(third, 1_000)]).toEqual([true, true, true])
        // The second was there once: one more makes two, and that is all of its window.
        expect([1_000.5, 1_000.6, 1_001].map((nowMs) => pass(second, nowMs))).toEqual([true, false, true])
      }
    }
  })

  it('of one are as many as allowed where it is one; large orders are told apart', () => {
    const guard = new DuplicateGuard(1, 10)
    const large = 2 ** 40
    const pass = (quantity: number, price: number, nowMs: number) => passes(guard, quantity, price, nowMs)
    expect([pass(large, 1, 0), pass(large, 1, 9.9), pass(large, 1, 10)]).toEqual([true, false, true])
    // All of these are the same in their lower 32 bits.
    expect([pass(2 * large, 1, 11), pass(0, 1, 11), pass(1, large, 11), pass(1, -large, 11)]).toEqual([
      true,
      true,
      true,
      true,
    ])
  })

  it('are counted exactly: as many as allowed, and one more when the oldest is a window old', () => {
    const guard = new DuplicateGuard(3, 10)
    const at = (nowMs: number) => passes(guard, 5, 7, nowMs)
    expect([0, 1, 2, 3, 9, 10, 10.5, 11, 12, 12.5].map(at)).toEqual([
      true,
      true,
      true,
      false,
      false,
      true,
      false,
      true,
      true,
      false,
    ])
  })

  it('in a sliding window are as many as lie within it', () => {
    const window = new SlidingWindow(3, 10)
    for (const nowNs of [0, 4e6, 9e6]) window.take({ nowNs })
    expect([9, 10, 13.9, 14, 19].map((ms) => window.used({ nowNs: ms * 1e6 }))).toEqual([3, 2, 2, 1, 0])
  })
})

describe('the use of limits', () => {
  it('is full where nothing is allowed', () => {
    const test = gateOf({ strategies: { 0: { maxGross: 1_000 } } })
    test.send({ quantity: 9 })
    test.gate.setLimits({ strategies: { 1: { maxGross: 1_000 } } })
    const uses = limitUse({
      gate: test.gate,
      instruments: [...test.instruments],
      names: test.names,
      counts: { account: 1, strategy: 1, connector: 1 },
      equity: Number.NaN,
      losses: [],
    })
    const gross = uses.find(({ limit }) => limit === 'grossExposure')
    expect(gross).toMatchObject({ of: 'strategy 0', used: 900, most: 0, share: 1, level: 'full' })
  })
})

describe('losses', () => {
  it('halt with nobody listening, report what is not known yet as none, and save only what is known', () => {
    const losses = new LossLimits({ strategies: { s: { maxDailyLoss: 10, maxDrawdown: 20 } } })
    losses.observe([{ scope: 'strategy', name: 's', total: undefined }])
    expect(losses.save()).toEqual([])
    expect(losses.report().map(({ loss, drawdown }) => [loss.toNumber(), drawdown.toNumber()])).toEqual([[0, 0]])
    const at = (total: number) => losses.observe([{ scope: 'strategy', name: 's', total: toDecimal(total, 'total') }])
    at(0)
    at(5)
    at(-10)
    expect(losses.halted()).toEqual([{ scope: 'strategy', name: 's', by: 'dailyLoss' }])
    losses.reset('strategy', 's')
    expect(losses.halted()).toEqual([])
    expect(() => losses.reset('strategy', 's')).toThrow('No loss limit halts')
  })
})

describe('an order without a limit', () => {
  it('is worth its trigger or the reference, whichever is more, at the expensive end of the collar', () => {
    const stop = (trigger: number, quantity: number) =>
      gateOf({ maxOrderNotional: 1_155, priceCollarPercent: 5 }).submit({
        type: TypeCode.STOP,
        trigger,
        quantity,
        price: Number.NaN,
      })
    // 110.00 and 5 % more are 115.50; below the reference it is 105.00.
    expect([10, 11].map((quantity) => stop(11_000, quantity))).toEqual(['ok', 'MAX_ORDER_NOTIONAL'])
    expect([11, 12].map((quantity) => stop(9_000, quantity))).toEqual(['ok', 'MAX_ORDER_NOTIONAL'])
  })

  it('of a journal is worth its trigger where there is no price yet', () => {
    const test = gateOf({ global: { maxNotionalPerDay: 1_000 } })
    test.gate.references.reference.fill(Number.NaN)
    test.gate.replayed(test.draft({ type: TypeCode.STOP, trigger: 9_000, quantity: 10, price: Number.NaN }))
    expect(test.gate.extras.daily.of(0, 0)).toEqual({ orders: 1, value: 900, quantity: 10 })
    test.quote(0, 100)
    expect([2, 1].map((quantity) => test.submit({ quantity }))).toEqual(['DAILY_NOTIONAL', 'ok'])
  })

  it('that finds no room among open orders is told what they are bounded by', () => {
    const test = gateOf({ maxOpenOrders: { instrument: 1 } })
    test.send()
    expect(test.gate.explain(test.draft())).toMatchObject([
      { code: 'MAX_OPEN_ORDERS', limit: expect.stringContaining('"instrument":1'), observed: 'reached' },
    ])
  })

  it('on an inverse contract is worth its contracts', () => {
    const make = () => gateOf({ global: { maxPositionValue: 300 } }, [inverse])
    expect([299, 300, 301].map((quantity) => make().submit({ ...market, quantity }))).toEqual([
      'ok',
      'ok',
      'POSITION_VALUE',
    ])
  })
})

describe('what makes a position smaller', () => {
  /** A gate that only takes what reduces; a position, and an order that works and was filled in part. */
  const reducing = (side: 1 | -1) => {
    const test = gateOf({})
    test.fill(test.send({ side, quantity: 100 }), 'a', 100)
    const row = test.send({ side: -side as 1 | -1, quantity: 50 })
    test.fill(row, 'b', 20)
    test.gate.states.set('strategy', 0, 'REDUCING')
    return { test, row }
  }

  it('counts what works, and of a change only what it adds to what was filled and works', () => {
    for (const side of [1, -1] as const) {
      const back = -side as 1 | -1
      // 80 are left and 30 of them are on the way out.
      const sizes = [49, 50, 51].map((quantity) => reducing(side).test.submit({ side: back, quantity }))
      expect(sizes).toEqual(['ok', 'ok', 'REDUCING'])
      const changes = [99, 100, 101].map((quantity) => {
        const { test, row } = reducing(side)
        return test.replace(row, quantity)
      })
      expect(changes).toEqual(['ok', 'ok', 'REDUCING'])
      expect(reducing(side).test.submit({ side, quantity: 1 })).toBe('REDUCING')
    }
  })

  it('is nothing where nothing is held', () => {
    const test = gateOf({})
    test.gate.states.set('global', 0, 'REDUCING')
    for (const side of [1, -1] as const) {
      expect(test.submit({ side, quantity: 1 })).toBe('REDUCING')
      expect(test.submit({ side, quantity: 1, flags: OrderFlag.reduceOnly })).toBe('REDUCING')
    }
    test.gate.states.set('global', 0, 'ACTIVE')
    expect(test.submit({ side: -1, quantity: 1, flags: OrderFlag.reduceOnly })).toBe('REDUCING')
    test.fill(test.send({ quantity: 10 }), 'a', 10)
    const row = test.draft({ side: -1, quantity: 8, flags: OrderFlag.reduceOnly })
    expect(test.check(row)).toBe('ok')
    test.apply(row, (seq, table) => foldSubmitted(table, row, seq))
    test.fill(row, 'b', 4)
    // 6 are held; the order may be for what it filled and all of those.
    expect([test.replace(row, 10), test.replace(row, 11)]).toEqual(['ok', 'REDUCING'])
  })

  it('may be nothing but the same order again, and no other price or trigger', () => {
    const halted = (draft: object) => {
      const test = gateOf({})
      const row = test.send(draft)
      test.gate.states.set('global', 0, 'HALTED')
      return { test, row }
    }
    const stop = { type: TypeCode.STOP, price: Number.NaN, trigger: 10_100 }
    for (const [draft, changed] of [
      [{ quantity: 10 }, { price: 10_001 }],
      [{ quantity: 10 }, { price: Number.NaN }],
      [{ quantity: 10 }, { trigger: 10_000 }],
      [{ ...stop, quantity: 10 }, { trigger: 10_101 }],
      [{ ...stop, quantity: 10 }, { trigger: Number.NaN }],
      [{ ...stop, quantity: 10 }, { price: 10_000 }],
    ] as const) {
      const { test, row } = halted(draft)
      const terms = { price: test.table.cells[row + Field.price], trigger: test.table.cells[row + Field.trigger] }
      const to = { ...terms, ...changed } as { price: number; trigger: number }
      expect(test.replace(row, 10)).toBe('ok')
      expect(test.replace(row, 10, to.price, to.trigger)).toBe('HALTED')
      expect(test.replace(row, 11)).toBe('HALTED')
    }
  })
})

describe('the value of an order', () => {
  it('at a limit beyond what doubles hold in one, is compared exactly', () => {
    const test = (quantity: number, limit: string) => gateOf({ maxOrderNotional: limit }).submit({ quantity })
    const most = 90_071_992_547
    expect([most - 1, most, most + 1].map((quantity) => test(quantity, `${most}00`))).toEqual([
      'ok',
      'ok',
      'MAX_ORDER_NOTIONAL',
    ])
    expect(gateOf({ maxOrderNotional: 0 }).submit({ quantity: 1 })).toBe('MAX_ORDER_NOTIONAL')
  })

  it('without a collar needs no market data where none is asked for, and with a collar of 0 it does', () => {
    const late = (limits: RiskLimits) => {
      const test = gateOf({ ...limits, marketData: false })
      test.nowUs += 60_000_000
      return test.submit()
    }
    expect([late({}), late({ priceCollarPercent: 0 })]).toEqual(['ok', 'MARKET_DATA'])
  })

  it('good till a time is good before it, and not at it', () => {
    const at = (more: number) => {
      const test = gateOf({})
      return test.submit({ timeInForce: TifCode.GTD, expireUs: test.nowUs + more })
    }
    expect([at(-1), at(0), at(1)]).toEqual(['INVALID_ORDER', 'INVALID_ORDER', 'ok'])
  })
})

describe('a gate that has seen orders pass', () => {
  it('looks at the phase again with each', () => {
    const test = gateOf({})
    expect(test.submit()).toBe('ok')
    for (const phase of [TradingStatus.closed, TradingStatus.halted]) {
      test.gate.setPhase(0, phase)
      expect([test.submit(), test.submit({ instrument: 1 })]).toEqual(['NOT_TRADABLE', 'ok'])
    }
    test.gate.setPhase(0, TradingStatus.open)
    expect(test.submit()).toBe('ok')
    test.venue.isReady = false
    expect(test.submit()).toBe('NOT_TRADABLE')
  })

  it('counts what passed and what did not, new orders and changes', () => {
    const test = gateOf({ maxOrderQuantity: 100 }, [{}, {}])
    expect(test.gate.denials).toHaveLength(Object.keys(Verdict).length + 1)
    const row = test.send()
    expect([test.replace(row, 100), test.replace(row, 101), test.submit({ quantity: 101 })]).toEqual([
      'ok',
      'MAX_ORDER_QTY',
      'MAX_ORDER_QTY',
    ])
    expect([test.gate.approvals, test.gate.denials[Verdict.maxOrderQuantity]]).toEqual([2, 2])
    expect([test.gate.hasParents, test.gate.parents.size, test.gate.hasParents]).toEqual([false, 0, true])
  })

  it('warns of large orders in each instrument by its own limit, and says from where on', () => {
    const test = gateOf({ maxOrderNotional: { S0: 1_000_000, S1: 2_000 } }, [{}, {}])
    const told: string[] = []
    test.gate.actions = { halt: () => {}, cancel: () => {}, warn: (_control, _order, reason) => told.push(reason) }
    for (const instrument of [0, 1]) expect(test.submit({ instrument, quantity: 9 })).toBe('ok')
    expect(told).toEqual([])
    for (const instrument of [0, 1]) expect(test.submit({ instrument, quantity: 10 })).toBe('ok')
    expect([told, test.gate.warnings]).toEqual([['more than 50 % of the limit'], 1])
  })

  it('keeps the first books that limits ask for, from then on', () => {
    const test = gateOf({})
    test.send({ quantity: 4 })
    test.gate.setLimits({ ...noLimits, global: { maxGross: 1_000 } })
    test.send({ quantity: 4 })
    expect([test.submit({ quantity: 3 }), test.submit({ quantity: 2 })]).toEqual(['GROSS_EXPOSURE', 'ok'])
  })

  it('believes equity for five seconds unless told otherwise', () => {
    const at = (ns: number, limits: RiskLimits = {}) => {
      const test = gateOf({ ...limits, global: { concentrationPercent: 10 } })
      test.gate.setEquity(100_000)
      test.nowNs += ns
      return test.submit()
    }
    expect([at(5_000_000_000), at(5_000_000_001)]).toEqual(['ok', 'CONCENTRATION'])
    expect([at(7_000_000, { maxEquityAgeMs: 7 }), at(7_000_001, { maxEquityAgeMs: 7 })]).toEqual([
      'ok',
      'CONCENTRATION',
    ])
  })

  it('knows its own approvals from those of others', () => {
    const [one, other] = [gateOf({}), gateOf({})]
    const [a, b] = [one.send(), other.send()]
    expect([one.gate.isOwn(one.gate.approved(a)), one.gate.isOwn(other.gate.approved(b))]).toEqual([true, false])
    expect(one.replace(a, 5)).toBe('ok')
    const change = one.gate.approvedReplace(a, 1, 5, 10_000, Number.NaN)
    expect([one.gate.isOwn(change), other.gate.isOwn(change)]).toEqual([true, false])
  })

  it('asks again with the quantity that the order has, or the one it is given', () => {
    const test = gateOf({})
    test.fill(test.send({ quantity: 10 }), 'a', 10)
    const row = test.draft({ side: -1, quantity: 11 })
    test.gate.states.set('global', 0, 'REDUCING')
    expect([test.gate.recheck(row), test.gate.recheck(row, 10)]).toEqual([Verdict.reducing, 0])
  })

  it('finds the largest order on the grid of its instrument, however large the limit', () => {
    const lots = gateOf({ maxOrderQuantity: 109 }, [{ sizeIncrement: '10' }])
    expect(lots.gate.largestOrder(0)).toBe(100)
    expect(gateOf({ maxOrderNotional: 2 ** 50 }).gate.largestOrder(0)).toBe(Math.floor(2 ** 50 / 100))
  })
})

describe('prices over a period', () => {
  it('take over what is lower or higher at once, and nothing that comes late', () => {
    const test = gateOf({ priceWindow: { windowMs: 1_600, maxRangePercent: 5 } })
    expect(test.submit()).toBe('ok')
    test.nowUs += 1_600_000
    test.quote(0, 104)
    // What is a window older than the latest was of a time that is over.
    test.gate.references.set(0, 98, test.nowUs - 1_600_000)
    test.gate.references.set(0, 104, test.nowUs)
    expect(test.submit()).toBe('ok')
    test.quote(0, 98)
    expect(test.submit()).toBe('VOLATILITY')
  })
})

describe('limits that say nothing', () => {
  it('are refused', () => {
    expect(() => gateOf({ valueAtRisk: {} })).toThrow('needs limit, maxCorrelated, or both')
    expect(() => futuresMargin(undefined as never)).toThrow('table of margins')
  })
})
