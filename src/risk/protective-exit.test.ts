/** Orders that protect go without market data; nothing else does. */
import { describe, expect, it } from 'vitest'
import { OrderFlag, TypeCode } from '../orders/codes.js'
import { GateUnderTest } from './gate-under-test.test-support.js'
import type { RiskLimits } from './limits.js'

const { protective } = OrderFlag
const exit = { side: -1 as const, quantity: 10, flags: protective }
const market = { ...exit, type: TypeCode.MARKET }

/** A gate with a long position of 10, whose reference is older than allowed. */
function blind(limits: RiskLimits = {}) {
  const under = new GateUnderTest({ priceCollarPercent: 5, ...limits })
  under.setPosition(10)
  under.nowUs += 60_000_000
  return under
}

describe('a protective exit', () => {
  it('passes without a good price; what opens, is larger, or only wants to be an exit does not', () => {
    expect(blind().submit({ ...exit, price: 1 })).toBe('ok')
    expect(blind().submit(market)).toBe('ok')
    expect(blind().submit({ ...exit, type: TypeCode.STOP, price: Number.NaN, trigger: 9_900 })).toBe('ok')
    expect(blind().submit({ ...exit, flags: 0 })).toBe('MARKET_DATA')
    expect(blind().submit({ ...exit, flags: OrderFlag.reduceOnly })).toBe('MARKET_DATA')
    expect(blind().submit({ ...exit, quantity: 11 })).toBe('MARKET_DATA')
    expect(blind().submit({ ...exit, side: 1 })).toBe('MARKET_DATA')
  })

  it('passes where there never was a price', () => {
    const under = blind()
    under.gate.references.reference.fill(Number.NaN)
    expect(under.submit({ ...market, flags: 0 })).toBe('MARKET_DATA')
    expect(under.submit(market)).toBe('ok')
  })

  it('is not asked by controls that sum or compare prices while there are none', () => {
    const limits: RiskLimits[] = [
      { global: { maxNet: 1, concentrationPercent: 1 } },
      { buyingPower: {} },
      { valueAtRisk: { limit: 1 } },
      { triggers: {} },
      { priceWindow: { windowMs: 600_000, maxMovePercent: 1 } },
    ]
    for (const limit of limits) {
      const under = blind(limit)
      under.gate.references.reference.fill(Number.NaN)
      expect(under.submit({ ...exit, type: TypeCode.STOP, price: Number.NaN, trigger: 12_000 })).toBe('ok')
      expect(under.gate.explain(under.draft(market))).toEqual([])
    }
  })

  it('is asked by them where it is larger than the position, also while nothing else needs a price', () => {
    const under = new GateUnderTest({ marketData: false, global: { maxPositionValue: 1_000 } })
    under.nowUs += 60_000_000
    under.setPosition(10)
    expect(under.submit({ ...exit, price: 1_000_000 })).toBe('ok')
    under.setPosition(5)
    expect(under.submit({ ...exit, price: 1_000_000 })).toBe('POSITION_VALUE')
  })

  it('is asked by them while prices are good', () => {
    const under = new GateUnderTest({ triggers: {} })
    under.setPosition(10)
    expect(under.submit({ ...exit, type: TypeCode.STOP, price: Number.NaN, trigger: 12_000 })).toBe('TRIGGER_PRICE')
  })
})
