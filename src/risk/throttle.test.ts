/** Message limits: how many leave in a window, when what waited for a disk counts, and the venue's own limit. */
import { describe, expect, it } from 'vitest'
import { OrderFlag } from '../orders/codes.js'
import { GateUnderTest } from './gate-under-test.test-support.js'
import { SlidingWindow } from './sliding-window.js'

const msNs = 1_000_000
const at = (ms: number) => ({ nowNs: ms * msNs })

describe('a sliding window', () => {
  it('lets the next pass exactly when the oldest has left it', () => {
    const window = new SlidingWindow(2, 10)
    window.take(at(0))
    window.take(at(4))
    expect([9, 9.999, 10].map((ms) => window.hasRoom(at(ms)))).toEqual([false, false, true])
    window.take(at(10))
    expect([13.999, 14].map((ms) => window.hasRoom(at(ms)))).toEqual([false, true])
  })

  it('counts what is delayed from the time it leaves, oldest first', () => {
    const window = new SlidingWindow(2, 10)
    window.take(at(0))
    window.take(at(1))
    window.delay(at(5))
    expect([11, 14.999, 15].map((ms) => window.hasRoom(at(ms)))).toEqual([false, false, true])
    window.delay(at(8))
    window.take(at(15))
    expect([17.999, 18].map((ms) => window.hasRoom(at(ms)))).toEqual([false, true])
  })

  it('goes round its ring, and has nothing to delay when all have left', () => {
    const window = new SlidingWindow(2, 10)
    window.delay(at(50))
    expect(window.used(at(50))).toBe(0)
    for (const ms of [0, 1, 20, 21]) {
      window.take(at(ms))
      window.delay(at(ms + 1))
    }
    window.delay(at(40))
    expect(window.used(at(30))).toBe(2)
    expect(window.used(at(31))).toBe(1)
    expect(window.used(at(32))).toBe(0)
  })

  it('forgets to delay what never left: only the latest, as many as fit, still wait', () => {
    const window = new SlidingWindow(2, 10)
    for (const ms of [0, 1, 20, 21]) window.take(at(ms))
    window.delay(at(25))
    window.delay(at(26))
    window.delay(at(90))
    expect([34.999, 35].map((ms) => window.hasRoom(at(ms)))).toEqual([false, true])
    window.take(at(35))
    expect([35.999, 36].map((ms) => window.hasRoom(at(ms)))).toEqual([false, true])
  })
})

describe('the message limit of a gate', () => {
  it('counts an order that waited from the moment it leaves', () => {
    const test = new GateUnderTest({ throttle: { limit: 1, windowMs: 10 } })
    const row = test.send()
    test.nowNs = 6 * msNs
    test.gate.departs(row)
    test.nowNs = 10 * msNs
    expect(test.submit()).toBe('THROTTLE')
    test.nowNs = 16 * msNs
    expect(test.submit()).toBe('ok')
  })

  it('has nothing to count where there is none', () => {
    const test = new GateUnderTest()
    expect(() => test.gate.departs(test.send())).not.toThrow()
    expect(test.submit()).toBe('ok')
  })

  it('asks for a slot of the venue, urgent for what only takes risk away', () => {
    const test = new GateUnderTest()
    const asked: boolean[] = []
    test.setPosition(100)
    const working = test.send({ quantity: 10 })
    test.hasSlot = (isUrgent) => {
      asked.push(isUrgent)
      return false
    }
    expect(test.submit()).toBe('THROTTLE')
    expect(test.submit({ side: -1, flags: OrderFlag.reduceOnly })).toBe('THROTTLE')
    expect(test.submit({ side: -1, flags: OrderFlag.protective })).toBe('THROTTLE')
    expect(test.replace(working, 9)).toBe('THROTTLE')
    expect(test.replace(working, 11)).toBe('THROTTLE')
    // The short way and the long one ask for the plain order.
    expect(asked).toEqual([false, false, true, true, true, false])
    test.hasSlot = (isUrgent) => isUrgent
    expect([test.submit(), test.replace(working, 9), test.submit({ side: -1, flags: OrderFlag.reduceOnly })]).toEqual([
      'THROTTLE',
      'ok',
      'ok',
    ])
  })
})
