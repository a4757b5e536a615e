/** Orders that are plain but for one thing, in a gate that has let a plain one pass before: the short way lets none of them by. */
import { describe, expect, it } from 'vitest'
import { OrderFlag, TifCode, TypeCode } from '../orders/codes.js'
import { GateUnderTest, type OrderDraft } from './gate-under-test.test-support.js'
import type { RiskLimits } from './limits.js'

/** What becomes of an order after a plain one passed. */
function afterPlain(
  draft: OrderDraft,
  limits: RiskLimits = {},
  prepare: (test: GateUnderTest) => void = () => {},
): string {
  const test = new GateUnderTest(limits, [{ maxPrice: '120', minPrice: '80', minQuantity: '2', maxQuantity: '500' }])
  test.send()
  prepare(test)
  return test.submit(draft)
}

describe('an order that is plain but for one thing', () => {
  const collar = { priceCollarPercent: 5 }
  const cases: [what: string, draft: OrderDraft, code: string, limits?: RiskLimits][] = [
    ['a market order with a price', { type: TypeCode.MARKET, price: 10_000 }, 'INVALID_ORDER'],
    ['a limit order with a trigger', { trigger: 10_000 }, 'INVALID_ORDER'],
    ['good till a date that is over', { timeInForce: TifCode.GTD, expireUs: 1 }, 'INVALID_ORDER'],
    ['reduce-only without a position', { flags: OrderFlag.reduceOnly }, 'REDUCING'],
    ['below the smallest price', { price: 7_999 }, 'INVALID_ORDER'],
    ['above the largest price', { price: 12_001 }, 'INVALID_ORDER'],
    ['below the smallest quantity', { quantity: 1 }, 'INVALID_ORDER'],
    ['above the largest quantity', { quantity: 501 }, 'INVALID_ORDER'],
    ['above the limit of quantity', { quantity: 101 }, 'MAX_ORDER_QTY', { maxOrderQuantity: 100 }],
    ['above the limit of value', { quantity: 11 }, 'MAX_ORDER_NOTIONAL', { maxOrderNotional: '1099' }],
    ['a buy beyond the collar', { price: 10_501 }, 'PRICE_COLLAR', collar],
    ['a sell beyond the collar', { side: -1, price: 9_499 }, 'PRICE_COLLAR', collar],
    ['beyond the limit of position', { quantity: 91 }, 'MAX_POSITION', { maxPosition: 100 }],
    ['one open order too many', {}, 'MAX_OPEN_ORDERS', { maxOpenOrders: { strategy: 1 } }],
  ]

  it.each(cases)('%s', (_what, draft, code, limits) => {
    expect(afterPlain(draft, limits)).toBe(code)
  })

  it('passes at each of its bounds', () => {
    const drafts: [OrderDraft, RiskLimits?][] = [
      [{ price: 8_000 }],
      [{ price: 12_000 }],
      [{ quantity: 2 }],
      [{ quantity: 500 }],
      [{ quantity: 100 }, { maxOrderQuantity: 100 }],
      [{ quantity: 11 }, { maxOrderNotional: '1100' }],
      [{ price: 10_500 }, collar],
      [{ side: -1, price: 9_500 }, collar],
      [{ quantity: 90 }, { maxPosition: 100 }],
      [{ side: -1, quantity: 100 }, { maxPosition: 100 }],
      [{}, { maxOpenOrders: { strategy: 2 } }],
    ]
    expect(drafts.map(([draft, limits]) => afterPlain(draft, limits))).toEqual(drafts.map(() => 'ok'))
  })

  it('is held against the reference of now, not that of the order before', () => {
    const moved = (price: number) => (test: GateUnderTest) => test.quote(0, price)
    expect(afterPlain({ price: 10_500 }, collar, moved(99))).toBe('PRICE_COLLAR')
    expect(afterPlain({ price: 10_395 }, collar, moved(99))).toBe('ok')
    expect(afterPlain({ side: -1, price: 9_500 }, collar, moved(101))).toBe('PRICE_COLLAR')
    expect(afterPlain({ price: 10_000 }, collar, (test) => test.setPosition(1))).toBe('ok')
  })
})
