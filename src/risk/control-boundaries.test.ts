/**
 * Every numeric control at limit - 1 unit, at the limit, and at limit + 1 unit, in one table by the numbers of the catalogue.
 * Prices are cents, references 100.00. What else a control does is tested beside it; see control-catalogue.ts.
 */
import { expect, it } from 'vitest'
import { toDecimal } from '../model/decimal.js'
import { TypeCode } from '../orders/codes.js'
import { foldSubmitted } from '../orders/fold.js'
import * as Field from '../orders/order-fields.js'
import { CircuitBreakers } from './breakers/circuit-breakers.js'
import { CircuitCheck } from './circuit-check.js'
import { ClockGuard } from './clock-guard.js'
import { controlCatalogue } from './control-catalogue.js'
import { FillFault } from './fill-check.js'
import { GateUnderTest, type OrderDraft } from './gate-under-test.test-support.js'
import type { RiskLimits } from './limits.js'
import { LossLimits } from './loss-limits.js'
import { covarianceFrom } from './measures/covariance.js'

/** What comes out at the limit, with -1, 0 or 1 unit added. */
type At = (more: number) => string | boolean

const gateOf = (limits: RiskLimits) => new GateUnderTest(limits, [{}, {}])
const market = { type: TypeCode.MARKET } as const

/** An order in a gate of its own. */
const order = (limits: RiskLimits, draft: (more: number) => OrderDraft): At => {
  return (more) => gateOf(limits).submit(draft(more))
}

/** One more order than went before: with so many before it as the limit says, less one. */
const another = (limits: RiskLimits, limit: number, draft: OrderDraft = {}): At => {
  return (more) => {
    const test = gateOf(limits)
    for (let sent = 0; sent < limit - 1 + more; sent++) test.send({ ...draft, price: 9_000 + sent })
    return test.submit({ ...draft, price: 8_000 })
  }
}

const quantity = (limit: number, draft: OrderDraft = {}) => {
  return (more: number): OrderDraft => ({ ...draft, quantity: limit + more })
}

function replaced(limits: RiskLimits, limit: number): At {
  return (more) => {
    const test = gateOf(limits)
    return test.replace(test.send({ quantity: 1 }), limit + more)
  }
}

function funded(model: 'cash' | 'reg-t', side: 1 | -1): At {
  return (more) => {
    const test = gateOf({ buyingPower: { model } })
    test.gate.setFunds(0, model === 'cash' ? 10_000 : side > 0 ? 5_000 : 15_000)
    return test.submit({ side, quantity: 100 + more })
  }
}

function concentrated(more: number): string {
  const test = gateOf({ global: { concentrationPercent: 10 } })
  test.gate.setEquity(100_000)
  return test.submit({ quantity: 100 + more })
}

function lossOf(limit: 'maxDailyLoss' | 'maxDrawdown'): At {
  return (more) => {
    const losses = new LossLimits({ strategies: { s: { [limit]: 100 } } })
    const at = (total: string) => losses.observe([{ scope: 'strategy', name: 's', total: toDecimal(total, 'total') }])
    at('0')
    at((-100 - more / 100).toFixed(2))
    return losses.halted().length > 0
  }
}

function aged(more: number): string {
  const test = gateOf({ marketData: { maxAgeMs: 1_000 } })
  test.nowUs += 1_000_000 + more
  return test.submit()
}

function jumped(more: number): string {
  const test = gateOf({ marketData: { maxJumpPercent: 10 } })
  test.quote(0, 110 + more / 100)
  return test.submit()
}

function ranged(more: number): string {
  const test = gateOf({ priceWindow: { windowMs: 1_000, maxRangePercent: 5 } })
  test.nowUs += 1_000
  test.quote(0, 105 + more / 100)
  return test.submit()
}

function reentered(more: number): string {
  const test = gateOf({ reentry: { limit: 3, windowMs: 1_000 } })
  // The first entry follows no fill; the last one is tried after as many that did.
  for (let round = 0; round < 3 + more; round++) test.fill(test.send(), `e${round}`, 10)
  return test.submit()
}

function windowed(limits: RiskLimits): At {
  return (more) => {
    const test = gateOf(limits)
    test.send()
    test.nowNs += 1_000_000_000 - more
    return test.submit()
  }
}

function child(more: number): string {
  const test = gateOf({})
  test.gate.parents.open('p', 0, 1, 100)
  const row = test.draft({ quantity: 100 + more })
  test.gate.parents.assign(test.table.cells[row] as number, 'p')
  return test.check(row)
}

function atRisk(limits: { limit?: number; maxCorrelated?: number }): At {
  return (more) => {
    const test = gateOf({ valueAtRisk: limits })
    const alike = [
      [1, 0.9],
      [0.9, 1],
    ]
    test.gate.setCovariance([0, 1], covarianceFrom([0.01, 0.01], alike))
    return test.submit({ quantity: 100 + more })
  }
}

function rejected(more: number): string {
  const test = gateOf({})
  const breakers = new CircuitBreakers({ rejectStorm: { consecutive: 10 } })
  test.gate.addCheck(new CircuitCheck(breakers, test.names))
  // Trips with the tenth: one fewer is the most that passes.
  for (let i = 0; i < 9 + more; i++) breakers.rejected('0', i)
  return test.submit()
}

function filled(side: 1 | -1): At {
  return (more) => {
    const test = gateOf({ priceCollarPercent: 5 })
    const row = test.draft({ ...market, side })
    return test.gate.fillFault(row, 10_000 + side * (500 + more), test.nowUs) === FillFault.collar
  }
}

function skewed(more: number): boolean {
  const guard = new ClockGuard(1)
  guard.acknowledged(0, 1_000_000_000 + 120_000_000 + more, 1_000_000_000, 1_000_000_000)
  return guard.isSane(0)
}

function shrinking(more: number): string {
  const test = gateOf({})
  test.fill(test.send({ quantity: 100 }), 'a', 100)
  test.send({ side: -1, quantity: 40 })
  test.gate.states.set('global', 0, 'REDUCING')
  return test.submit({ side: -1, quantity: 60 + more })
}

function leaving(more: number): string {
  const test = gateOf({})
  const row = test.send({ quantity: 100 })
  test.table.cells[row + Field.quantity] = 100 + more
  try {
    test.gate.audit.order({ number: test.table.cells[row] } as never)
    return 'ok'
  } catch (error) {
    return (error as { code: string }).code
  }
}

const group = { groups: { g: { symbols: ['S0'], maxPositionValue: 10_000 } } }
const stop = (trigger: number): OrderDraft => ({ type: TypeCode.STOP, price: Number.NaN, trigger })

/** The control, what of it, what comes out with -1, 0 and 1 unit, and what comes out beyond. */
const rows: [id: string, what: string, at: At, beyond: string | boolean, within?: string | boolean][] = [
  ['C01', 'quantity', order({ maxOrderQuantity: 100 }, quantity(100)), 'MAX_ORDER_QTY'],
  ['C01', 'a change', replaced({ maxOrderQuantity: 100 }, 100), 'MAX_ORDER_QTY'],
  ['C02', 'value', order({ maxOrderNotional: 1_000 }, (more) => ({ price: 10_000 + more })), 'MAX_ORDER_NOTIONAL'],
  ['C02', 'a change', replaced({ maxOrderNotional: 10_000 }, 100), 'MAX_ORDER_NOTIONAL'],
  [
    'C02',
    'a market order',
    order({ maxOrderNotional: 10_500, priceCollarPercent: 5 }, quantity(100, market)),
    'MAX_ORDER_NOTIONAL',
  ],
  ['C02', 'a scope', order({ strategies: { '*': { maxOrderNotional: 10_000 } } }, quantity(100)), 'MAX_ORDER_NOTIONAL'],
  ['C03', 'a buy', order({ priceCollarPercent: 5 }, (more) => ({ price: 10_500 + more })), 'PRICE_COLLAR'],
  ['C03', 'a sell', order({ priceCollarPercent: 5 }, (more) => ({ side: -1, price: 9_500 - more })), 'PRICE_COLLAR'],
  [
    'C03',
    'a band',
    order({ priceWindow: { windowMs: 1_000, maxMovePercent: 2 } }, (more) => ({ price: 10_200 + more })),
    'PRICE_BAND',
  ],
  ['C03', 'a range', ranged, 'VOLATILITY'],
  ['C04', 'distance', order({ triggers: { maxDistancePercent: 10 } }, (more) => stop(11_000 + more)), 'TRIGGER_PRICE'],
  ['C04', 'side', order({ triggers: {} }, (more) => stop(10_000 - more)), 'TRIGGER_PRICE'],
  ['C06', 'long', order({ maxPosition: 100 }, quantity(100)), 'MAX_POSITION'],
  ['C06', 'short', order({ maxPosition: 100 }, quantity(100, { side: -1 })), 'MAX_POSITION'],
  ['C06', 'a change', replaced({ maxPosition: 100 }, 100), 'MAX_POSITION'],
  ['C07', 'a position', order({ global: { maxPositionValue: 10_000 } }, quantity(100)), 'POSITION_VALUE'],
  ['C07', 'of a group', order(group, quantity(100)), 'POSITION_VALUE'],
  ['C07', 'concentration', concentrated, 'CONCENTRATION'],
  ['C07', 'gross', order({ accounts: { '*': { maxGross: 10_000 } } }, quantity(100)), 'GROSS_EXPOSURE'],
  ['C07', 'net', order({ connectors: { '*': { maxNet: 10_000 } } }, quantity(100, { side: -1 })), 'NET_EXPOSURE'],
  ['C08', 'cash', funded('cash', 1), 'CREDIT'],
  ['C08', 'Reg T, long', funded('reg-t', 1), 'CREDIT'],
  ['C08', 'Reg T, short', funded('reg-t', -1), 'CREDIT'],
  ['C09', 'an instrument', another({ maxOpenOrders: { instrument: 3 } }, 3), 'MAX_OPEN_ORDERS'],
  ['C09', 'a strategy', another({ maxOpenOrders: { strategy: 3 } }, 3), 'MAX_OPEN_ORDERS'],
  ['C09', 'an account', another({ maxOpenOrders: { account: 3 } }, 3), 'MAX_OPEN_ORDERS'],
  ['C09', 'a connector', another({ maxOpenOrders: { connector: 3 } }, 3), 'MAX_OPEN_ORDERS'],
  ['C09', 'a scope', another({ global: { maxOpenOrders: 3 } }, 3), 'MAX_OPEN_ORDERS'],
  ['C10', 'orders', another({ global: { maxOrdersPerDay: 3 } }, 3), 'DAILY_ORDERS'],
  ['C10', 'value', order({ global: { maxNotionalPerDay: 10_000 } }, quantity(100)), 'DAILY_NOTIONAL'],
  ['C10', 'quantity', order({ global: { maxQuantityPerDay: 100 } }, quantity(100)), 'DAILY_QUANTITY'],
  ['C11', 'messages', another({ throttle: { limit: 3, windowMs: 1_000 } }, 3), 'THROTTLE'],
  ['C11', 'the window', windowed({ throttle: { limit: 1, windowMs: 1_000 } }), 'THROTTLE'],
  ['C12', 'submissions', another({ runaway: { limit: 3, windowMs: 1_000 } }, 3), 'RUNAWAY'],
  ['C12', 'the window', windowed({ runaway: { limit: 1, windowMs: 1_000 } }), 'RUNAWAY'],
  ['C13', 'entries after fills', reentered, 'REPEATED_EXECUTION'],
  [
    'C14',
    'alike orders',
    (more) => {
      const test = gateOf({ duplicates: { limit: 3, windowMs: 1_000 } })
      for (let sent = 0; sent < 2 + more; sent++) test.send()
      return test.submit()
    },
    'DUPLICATE',
  ],
  ['C14', 'the window', windowed({ duplicates: { limit: 1, windowMs: 1_000 } }), 'DUPLICATE'],
  ['C15', 'a child', child, 'PARENT_QUANTITY'],
  [
    'C16',
    'reach',
    (more) => {
      const test = gateOf({ selfMatch: {} })
      test.send({ side: -1, price: 10_000 })
      return test.submit({ price: 9_999 + more })
    },
    'SELF_MATCH',
  ],
  [
    'C17',
    'a sale',
    (more) => {
      const test = gateOf({ restrictions: { instruments: { '*': 'both' }, shortSale: 'never' } })
      test.fill(test.send({ quantity: 100 }), 'a', 100)
      return test.submit({ side: -1, quantity: 100 + more })
    },
    'SHORT_SALE',
  ],
  ['C18', 'age', aged, 'MARKET_DATA'],
  ['C18', 'a jump', jumped, 'MARKET_DATA'],
  // A loss that reaches its limit halts: one cent less does not.
  ['C20', 'the loss of a day', (more) => lossOf('maxDailyLoss')(more - 1), true, false],
  ['C21', 'the drawdown', (more) => lossOf('maxDrawdown')(more - 1), true, false],
  ['C22', 'value at risk', atRisk({ limit: 100 * 100 * 0.01 * 1.6448536269514722 }), 'VAR_LIMIT'],
  ['C22', 'what moves together', atRisk({ maxCorrelated: 10_000 }), 'CORRELATION'],
  ['C23', 'bad answers in a row', rejected, 'REJECT_STORM'],
  ['C24', 'a fill above', filled(1), true, false],
  ['C24', 'a fill below', filled(-1), true, false],
  ['C26', 'what reduces', shrinking, 'REDUCING'],
  ['C35', 'clocks', skewed, false, true],
  ['C36', 'what leaves', leaving, 'TW_NOT_APPROVED'],
]

it.each(rows)('%s, %s', (_id, _what, at, beyond, within = 'ok') => {
  expect([-1, 0, 1].map(at)).toEqual([within, within, beyond])
})

/** Controls without a number in their rule, and where their limits are tested on a clock or with processes. */
const others = ['C05', 'C19', 'C25', 'C27', 'C28', 'C29', 'C30', 'C31', 'C32', 'C33', 'C34']

it('every control of the catalogue is in the table, or has no number', () => {
  const tested = new Set(rows.map(([id]) => id))
  expect(controlCatalogue.map(({ id }) => id).filter((id) => !tested.has(id))).toEqual(others)
})

it('an order that was sent counts as long as it may trade, whatever it is called', () => {
  const test = gateOf({ maxPosition: 100 })
  const row = test.draft({ quantity: 60 })
  expect(test.check(row)).toBe('ok')
  test.apply(row, (seq, table) => foldSubmitted(table, row, seq))
  expect([41, 40].map((more) => test.submit({ quantity: more }))).toEqual(['MAX_POSITION', 'ok'])
})
