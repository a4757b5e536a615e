/** Edges of single breakers: the times and the levels at which they turn, what they say, and what a restart makes of them. */
import { describe, expect, it } from 'vitest'
import { requireCount, requireFraction, requirePercent, savedAmount } from './breaker.js'
import { CircuitBreakers } from './circuit-breakers.js'
import { DailyLossBreaker } from './daily-loss.js'
import { DrawdownBreaker } from './drawdown.js'
import { EventWindow } from './event-window.js'
import { orderValueLevel, positionShareLevel } from './order-limits.js'
import { RejectStormBreaker } from './reject-storm.js'
import { RejectionRateBreaker } from './rejection-rate.js'
import { reachesShare } from './share.js'
import { ThresholdBreaker, type ThresholdOptions } from './threshold.js'

describe('the daily loss', () => {
  it('of an amount alone leaves shares alone, whatever the day began with', () => {
    const breaker = new DailyLossBreaker({ limitAmount: 100, limitPercent: false })
    breaker.roll('2026-01-05', 0)
    expect([-79, -80, -99, -100].map((equity) => breaker.mark(equity))).toEqual([
      'ACTIVE',
      'WARNING',
      'WARNING',
      'HALTED',
    ])
    const rich = new DailyLossBreaker({ limitAmount: 100, limitPercent: false })
    rich.roll('2026-01-05', 200)
    expect(rich.mark(121)).toBe('ACTIVE')
    expect(() => new DailyLossBreaker({ limitPercent: false })).toThrow('dailyLoss needs limitPercent or limitAmount')
  })
})

describe('the drawdown', () => {
  it('says how far it is down from what, and nothing when all is well', () => {
    const breaker = new DrawdownBreaker()
    expect([breaker.reason, breaker.drawdown]).toEqual(['', undefined])
    expect([breaker.mark(100), breaker.reason, breaker.drawdown]).toEqual(['ACTIVE', '', 0])
    expect([breaker.mark(92), breaker.reason]).toEqual(['WARNING', 'equity 92 is down from its peak 100'])
    expect([breaker.mark(93), breaker.reason]).toEqual(['ACTIVE', ''])
    expect([breaker.mark(90), breaker.reason]).toEqual(['HALTED', 'equity 90 is down from its peak 100'])
    breaker.reset()
    expect([breaker.state, breaker.reason, breaker.peak?.toFixed()]).toEqual(['ACTIVE', '', '90'])
  })

  it('lets orders pass only while equity is known and it is not halted', () => {
    const breaker = new DrawdownBreaker()
    const passes = [100, undefined, 100, 90].map((equity) => {
      breaker.mark(equity)
      return breaker.allowsNewOrders
    })
    expect([passes, breaker.drawdown]).toEqual([[true, false, true, false], 0.1])
    breaker.mark(undefined)
    expect(breaker.drawdown).toBeUndefined()
  })

  it('halts over a state that is none, and says which option is none', () => {
    for (const state of ['HALTED', 'OPEN', undefined, 1]) {
      const breaker = new DrawdownBreaker()
      breaker.restore({ peak: '100', reason: 'why', state })
      expect([breaker.state, breaker.reason]).toEqual(['HALTED', 'why'])
    }
    expect(() => new DrawdownBreaker({ limitPercent: 0 })).toThrow('drawdown.limitPercent')
    expect(() => new DrawdownBreaker({ warnAt: 0 })).toThrow('drawdown.warnAt')
  })
})

describe('the rejection rate', () => {
  it('names the option that is none', () => {
    const names = {
      limitPercent: 101,
      windowMs: 0.5,
      minSamples: 0,
      sizeMultiplier: 0,
      holdMs: 0,
      warnAt: 1.1,
    }
    for (const [name, value] of Object.entries(names))
      expect(() => new RejectionRateBreaker({ [name]: value })).toThrow(`rejectionRate.${name}`)
  })

  it('counts to the millisecond over its five minutes', () => {
    const trips = [299_999, 300_000].map((later) => {
      const breaker = new RejectionRateBreaker()
      breaker.rejected(1, 4)
      breaker.accepted(1 + later, 16)
      return breaker.state
    })
    expect(trips).toEqual(['HALTED', 'ACTIVE'])
  })

  it('is whole again at the end of the hold to the millisecond, and stays whole without a trip', () => {
    const breaker = new RejectionRateBreaker({ minSamples: 1, holdMs: 100, windowMs: 1_000 })
    breaker.advance(5_000)
    expect([breaker.sizeMultiplier, breaker.untilMs]).toEqual([1, null])
    breaker.rejected(6_000)
    expect([breaker.untilMs, breaker.save(6_040)]).toEqual([6_100, { remainingMs: 60 }])
    breaker.advance(6_099)
    expect(breaker.sizeMultiplier).toBe(0.5)
    breaker.advance(6_100)
    expect([breaker.sizeMultiplier, breaker.save(6_100)]).toEqual([1, { remainingMs: null }])
  })
})

describe('the reject storm', () => {
  it('says nothing while all is well, and names the option that is none', () => {
    const breaker = new RejectStormBreaker({ consecutive: 2 })
    expect(breaker.reason).toBe('')
    breaker.failed(0)
    breaker.failed(0)
    breaker.reset()
    expect([breaker.reason, breaker.mayPass(0)]).toEqual(['', true])
    for (const name of ['consecutive', 'errorPercent', 'windowMs', 'minSamples', 'coolDownMs', 'probes'])
      expect(() => new RejectStormBreaker({ [name]: -1 })).toThrow(`rejectStorm.${name}`)
  })

  it('counts good and bad answers for the share, and neither outside of the window', () => {
    const breaker = new RejectStormBreaker({ consecutive: 100, minSamples: 4, errorPercent: 50, windowMs: 10 })
    for (let i = 0; i < 3; i++) breaker.failed(0)
    expect(breaker.phase).toBe('CLOSED')
    breaker.failed(10)
    expect(breaker.phase).toBe('CLOSED')
    for (let i = 0; i < 2; i++) breaker.succeeded(11)
    expect(breaker.phase).toBe('CLOSED')
    breaker.failed(11)
    expect([breaker.phase, breaker.reason]).toEqual(['OPEN', '2 of 4 orders failed'])
  })

  it('takes a probe without an answer for a bad one after another cool-down, and lets the next pass after one more', () => {
    const breaker = new RejectStormBreaker({ consecutive: 1, coolDownMs: 100, probes: 1 })
    breaker.failed(0)
    breaker.sent(100)
    breaker.advance(199)
    expect([breaker.phase, breaker.mayPass(199)]).toEqual(['HALF_OPEN', false])
    breaker.advance(200)
    expect([breaker.phase, breaker.reason]).toEqual(['OPEN', 'a probe was not answered'])
    // Its answer comes after all: what was under way when it opened is no probe of the next round.
    breaker.succeeded(250)
    expect([breaker.phase, breaker.mayPass(299)]).toEqual(['OPEN', false])
    expect(breaker.mayPass(300)).toBe(true)
    breaker.sent(300)
    breaker.succeeded(310)
    expect(breaker.phase).toBe('CLOSED')
    // Nothing under way is nothing that waits.
    const idle = new RejectStormBreaker({ consecutive: 1, coolDownMs: 100, probes: 2 })
    idle.failed(0)
    idle.sent(100)
    idle.succeeded(120)
    idle.advance(10_000)
    expect(idle.phase).toBe('HALF_OPEN')
  })

  it('counts probes under way and good ones together, and those before it was half open for none', () => {
    const breaker = new RejectStormBreaker({ consecutive: 1, coolDownMs: 100, probes: 3 })
    breaker.sent(0)
    breaker.sent(0)
    breaker.failed(0)
    breaker.advance(100)
    // An answer to an order from before is no probe that succeeded.
    breaker.succeeded(100)
    expect([breaker.phase, breaker.mayPass(100)]).toEqual(['HALF_OPEN', true])
    breaker.sent(100)
    breaker.sent(100)
    breaker.succeeded(100)
    breaker.succeeded(100)
    expect([breaker.phase, breaker.mayPass(100)]).toEqual(['HALF_OPEN', true])
    breaker.sent(100)
    expect(breaker.mayPass(100)).toBe(false)
    breaker.succeeded(100)
    expect(breaker.phase).toBe('CLOSED')
  })

  it('stays open without a cool-down, and opens no later by failures meanwhile', () => {
    const never = new RejectStormBreaker({ consecutive: 1 })
    never.failed(0)
    never.advance(1e12)
    expect([never.phase, never.mayPass(1e12)]).toEqual(['OPEN', false])
    const breaker = new RejectStormBreaker({ consecutive: 1, coolDownMs: 100 })
    breaker.failed(0)
    breaker.failed(99)
    expect([breaker.reason, breaker.mayPass(99), breaker.mayPass(100)]).toEqual([
      '1 orders in a row failed',
      false,
      true,
    ])
  })

  it('counts the time before and during a restart for the cool-down', () => {
    const breaker = new RejectStormBreaker({ consecutive: 1, coolDownMs: 100 })
    breaker.failed(1_000)
    const saved = breaker.save(1_030)
    expect(saved).toEqual({ phase: 'OPEN', openMs: 30, reason: '1 orders in a row failed' })
    const again = new RejectStormBreaker({ coolDownMs: 100 })
    again.restore(saved, 5_000, 50)
    expect([again.mayPass(5_019), again.mayPass(5_020), again.reason]).toEqual([
      false,
      true,
      '1 orders in a row failed',
    ])
    // A clock that went back counts for nothing; what is no time begins anew.
    again.restore(saved, 5_000, -50)
    expect([again.mayPass(5_069), again.mayPass(5_070)]).toEqual([false, true])
    again.restore({ ...saved, openMs: '90' }, 5_000, 50)
    expect([again.mayPass(5_099), again.mayPass(5_100)]).toEqual([false, true])
  })
})

describe('a breaker over a measured value', () => {
  it('names the option that is none, under its own name', () => {
    const names = { windowMs: 0, minSamples: 0, holdMs: -1, capacity: 0, releaseAt: Number.NaN }
    for (const [name, value] of Object.entries(names))
      expect(() => new ThresholdBreaker({ tripAt: 1, [name]: value } as ThresholdOptions, 'heat')).toThrow(
        `heat.${name}`,
      )
    expect(() => new ThresholdBreaker({ tripAt: Number.NaN })).toThrow('breaker.tripAt')
    expect(new ThresholdBreaker({ tripAt: 1, minSamples: 4, capacity: 4 }).state).toBe('ACTIVE')
  })

  it('forgets a value when it is as old as the window, to the millisecond, however often it went round', () => {
    const breaker = new ThresholdBreaker({ statistic: 'count', tripAt: 100, windowMs: 10, capacity: 4 })
    expect(breaker.reason).toBe('')
    for (let t = 0; t < 50; t += 5) breaker.add(1, t)
    breaker.advance(54)
    expect(breaker.figure).toBe(1)
    breaker.advance(55)
    expect([breaker.figure, breaker.reason]).toEqual([0, ''])
    const sum = new ThresholdBreaker({ statistic: 'sum', tripAt: 100, windowMs: 10 })
    sum.add(5, 0)
    sum.advance(10)
    expect(sum.figure).toBe(0)
    const last = new ThresholdBreaker({ tripAt: 100, windowMs: 10 })
    last.add(5, 0)
    last.advance(9)
    expect(last.figure).toBe(5)
    last.advance(10)
    expect(last.figure).toBeUndefined()
  })

  it('holds from the latest value that was over, is released at the end of the hold, and says why meanwhile', () => {
    const breaker = new ThresholdBreaker({ tripAt: 10, holdMs: 100, warnAt: 8 })
    breaker.add(10, 50)
    expect([breaker.state, breaker.reason]).toEqual(['HALTED', 'last of the last 60000 ms is 10'])
    expect([breaker.add(1, 149), breaker.add(1, 150), breaker.reason]).toEqual(['HALTED', 'ACTIVE', ''])
    expect([breaker.add(8, 160), breaker.reason]).toEqual(['WARNING', 'last of the last 60000 ms is 8'])
    breaker.reset()
    expect(breaker.reason).toBe('')
  })

  it('is released below the level of release, not at it', () => {
    const breaker = new ThresholdBreaker({ tripAt: 10, releaseAt: 5 })
    expect([breaker.add(10, 0), breaker.add(5, 1), breaker.add(4.99, 2)]).toEqual(['HALTED', 'HALTED', 'ACTIVE'])
  })

  it('goes on holding over a restart, for what is left', () => {
    const options = { tripAt: 10, holdMs: 100 }
    const breaker = new ThresholdBreaker(options)
    breaker.add(10, 1_000)
    const saved = breaker.save(1_030)
    expect(saved).toEqual({ state: 'HALTED', reason: 'last of the last 60000 ms is 10', trippedMs: 30 })
    const over = (memory: typeof saved, elapsedMs: number) => {
      const again = new ThresholdBreaker(options)
      again.restore(memory, 5_000, elapsedMs)
      expect(again.reason).toBe('last of the last 60000 ms is 10')
      return [again.add(1, 5_019), again.add(1, 5_020), again.add(1, 5_069), again.add(1, 5_070), again.add(1, 5_100)]
    }
    expect(over(saved, 50)).toEqual(['HALTED', 'ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE'])
    // A clock that went back counts for nothing; what is no time begins anew.
    expect(over(saved, -50)).toEqual(['HALTED', 'HALTED', 'HALTED', 'ACTIVE', 'ACTIVE'])
    expect(over({ ...saved, trippedMs: null }, 50)).toEqual(['HALTED', 'HALTED', 'HALTED', 'HALTED', 'ACTIVE'])
    const calm = new ThresholdBreaker(options)
    calm.restore({ state: 'WARNING', reason: 'near' }, 0, 0)
    expect([calm.state, calm.reason]).toEqual(['ACTIVE', ''])
  })
})

describe('the window of events', () => {
  it('takes an event of an earlier time for one of the last, and forgets all at once', () => {
    const window = new EventWindow(10)
    window.add(5, 1, 0)
    window.add(3, 0, 1)
    window.expire(14)
    expect([window.good, window.bad]).toEqual([1, 1])
    window.expire(15)
    expect([window.good, window.bad]).toEqual([0, 0])
    window.add(20, 1, 1)
    window.clear()
    window.add(20, 2, 0)
    expect([window.good, window.bad]).toEqual([2, 0])
    expect(() => new EventWindow(0)).toThrow('windowMs')
  })

  it('counts exactly while it grows and goes round, whatever the order of times', () => {
    const window = new EventWindow(1_000)
    const all: [time: number, good: number, bad: number][] = []
    let latest = 0
    for (let i = 0; i < 3_000; i++) {
      // Bursts at one time, gaps, and times that lie before the last.
      const time = 3 * (i - (i % 4)) + ((i * 7) % 5) - 2
      latest = Math.max(latest, time)
      all.push([latest, i % 3, i % 2])
      window.add(time, i % 3, i % 2)
      if (i % 50 !== 0) continue
      const inside = all.filter(([at]) => latest - at < 1_000)
      const sum = (column: 1 | 2) => inside.reduce((total, entry) => total + entry[column], 0)
      expect([window.good, window.bad]).toEqual([sum(1), sum(2)])
    }
  })

  it('keeps longer windows in coarser times', () => {
    const window = new EventWindow(600_000)
    window.add(1, 1, 0)
    window.add(2, 1, 0)
    window.expire(599_999)
    expect(window.good).toBe(2)
    window.expire(600_003)
    expect(window.good).toBe(0)
  })
})

describe('what breakers have in common', () => {
  it('takes shares up to all, and amounts that are plain decimals', () => {
    expect([requirePercent(100, 'x'), requireFraction(1, 'x'), requireCount(1, 'x')]).toEqual([100, 1, 1])
    for (const value of [0, 100.5, -1, Number.NaN])
      expect(() => requirePercent(value, 'x')).toThrow('x must be above 0')
    for (const value of [0, 1.5, Number.NaN]) expect(() => requireFraction(value, 'x')).toThrow('x must be above 0')
    expect(['12.345', '-7', null].map((text) => savedAmount(text)?.toFixed())).toEqual(['12.345', '-7', undefined])
    for (const text of ['x12', '12x', '1.', '.5', '1.x', '1e5', '', 12, undefined])
      expect(savedAmount(text)?.isNaN()).toBe(true)
    expect([reachesShare(-5, 100, 5), reachesShare(5, 100, 5), reachesShare(5, 100, 5, 1.01)]).toEqual([
      false,
      true,
      false,
    ])
    expect([reachesShare(4.999999, 100, 5), reachesShare('4.99999999999', 100, 5)]).toEqual([false, false])
  })

  it('measures positions on the side of the order', () => {
    const share = { position: 60, workingBuys: 30, workingSells: 5, price: 1, equity: 1_000 }
    expect([10, 11].map((quantity) => positionShareLevel(share, 'buy', quantity))).toEqual(['PASS', 'REJECT'])
    expect([155, 156].map((quantity) => positionShareLevel(share, 'sell', quantity))).toEqual(['PASS', 'REJECT'])
    const warned = { ...share, warnAt: 0.8 }
    expect([-11, -10].map((quantity) => positionShareLevel(warned, 'buy', quantity))).toEqual(['PASS', 'WARN'])
    expect(orderValueLevel(500_000)).toBe('WARN')
    expect(orderValueLevel('499999.99')).toBe('PASS')
  })
})

describe('breakers that need to know what a position is a share of', () => {
  it('let nothing open while equity is not above 0', () => {
    const breakers = new CircuitBreakers({ dailyLoss: false, drawdown: false })
    const states = [100, 0, -5, 100].map((equity) => {
      breakers.markEquity(equity, 0, {})
      return breakers.effect(0).state
    })
    expect(states).toEqual(['ACTIVE', 'REDUCING', 'REDUCING', 'ACTIVE'])
  })
})
