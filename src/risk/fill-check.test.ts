import { describe, expect, it } from 'vitest'
import { TypeCode } from '../orders/codes.js'
import { ClockGuard } from './clock-guard.js'
import { FillFault, fillFault } from './fill-check.js'
import { GateUnderTest } from './gate-under-test.test-support.js'

const { none, collar, limit } = FillFault

describe('C24, executions at prices that should not be', () => {
  it('are outside of the collar, on either side, one unit beyond its bounds', () => {
    const at = (side: number, price: number) => fillFault(side, price, Number.NaN, 10_500, 9_500)
    expect([10_499, 10_500, 10_501].map((price) => at(1, price))).toEqual([none, none, collar])
    expect([9_501, 9_500, 9_499].map((price) => at(-1, price))).toEqual([none, none, collar])
    expect([at(-1, 10_501), at(1, 9_499)]).toEqual([collar, collar])
  })

  it('are worse than the limit of the order, by one unit', () => {
    const at = (side: number, price: number) => fillFault(side, price, 10_000, Number.NaN, Number.NaN)
    expect([9_999, 10_000, 10_001].map((price) => at(1, price))).toEqual([none, none, limit])
    expect([10_001, 10_000, 9_999].map((price) => at(-1, price))).toEqual([none, none, limit])
  })

  it('are judged by the reference of the moment, where there is a good one', () => {
    const test = new GateUnderTest({ priceCollarPercent: 5 })
    const row = test.send({ type: TypeCode.MARKET })
    expect([10_500, 10_501].map((price) => test.gate.fillFault(row, price, test.nowUs))).toEqual([none, collar])
    test.quote(0, 102)
    expect([10_710, 10_711].map((price) => test.gate.fillFault(row, price, test.nowUs))).toEqual([none, collar])
    test.nowUs += 6_000_000
    expect(test.gate.fillFault(row, 99_999, test.nowUs)).toBe(none)
  })
})

describe('C35, clocks of venues', () => {
  const at = (skewMs: number) => {
    const guard = new ClockGuard(2)
    guard.acknowledged(1, 10_000_000_000 + skewMs * 1_000, 10_000_000_000, 10_000_000_000)
    return `${guard.stateOf(1)} ${guard.isSane(1)} ${guard.stateOf(0)}`
  }

  it('are told of beyond 2 s, and refused beyond 120 s, ahead or behind', () => {
    expect([1_999, 2_000, 2_001].map(at)).toEqual(['ok true ok', 'ok true ok', 'alert true ok'])
    expect([119_999, 120_000, 120_001].map(at)).toEqual(['alert true ok', 'alert true ok', 'refuse false ok'])
    expect([-2_000, -2_001, -120_000, -120_001].map(at)).toEqual([
      'ok true ok',
      'alert true ok',
      'alert true ok',
      'refuse false ok',
    ])
  })

  it('are known to the time that an answer takes, and not guessed from what may be old', () => {
    const guard = new ClockGuard(1, { alertMs: 100, refuseMs: 1_000 })
    guard.acknowledged(0, 5_000_000, 4_000_000, 9_000_000)
    expect(guard.skewUs[0]).toBe(0)
    guard.reported(0, 1, 9_000_000)
    guard.acknowledged(0, 0, 1, 2)
    expect(guard.skewUs[0]).toBe(0)
    guard.reported(0, 9_100_000, 9_000_000)
    expect(guard.skewUs[0]).toBe(0)
    guard.reported(0, 9_100_001, 9_000_000)
    expect(guard.skewUs[0]).toBe(100_001)
    guard.acknowledged(0, 9_500_000, 9_000_000, 9_600_000)
    expect(guard.stateOf(0)).toBe('ok')
    guard.reported(0, 19_000_000, 9_000_000)
    expect(guard.isSane(0)).toBe(false)
    guard.reset(0)
    expect(guard.isSane(0)).toBe(true)
  })

  it('refuse orders to the connector, not its cancels', () => {
    const test = new GateUnderTest({ clock: {} })
    expect(test.submit()).toBe('ok')
    test.gate.clocks?.acknowledged(0, 200_000_000, 0, 1)
    expect([test.submit(), test.submit({ type: TypeCode.MARKET })]).toEqual(['CLOCK_SKEW', 'CLOCK_SKEW'])
  })
})
