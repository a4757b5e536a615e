/** What the reference cases of breakers leave out: options, edges, restarts, and what cannot be known. */
import { describe, expect, it } from 'vitest'
import { type Breaker, worse } from './breaker.js'
import { CircuitBreakers } from './circuit-breakers.js'
import { ConcentrationBreaker, onlyReduces } from './concentration.js'
import { DailyLossBreaker } from './daily-loss.js'
import { DrawdownBreaker } from './drawdown.js'
import { EventWindow } from './event-window.js'
import { orderValueLevel, positionShareLevel } from './order-limits.js'
import { RejectStormBreaker } from './reject-storm.js'
import { RejectionRateBreaker } from './rejection-rate.js'
import { amountOf, reachesShare } from './share.js'
import { ThresholdBreaker } from './threshold.js'

/** Saves and restores over plain JSON. */
function reborn<B extends Breaker>(from: B, to: B, nowMs = 0, elapsedMs = 0): B {
  to.restore(JSON.parse(JSON.stringify(from.save(nowMs))), nowMs, elapsedMs)
  return to
}

describe('shares', () => {
  it('are compared exactly near the threshold, with doubles far from it', () => {
    expect(reachesShare('8.8', '110', 8)).toBe(true)
    expect(reachesShare('8.7999999999999999', '110', 8)).toBe(false)
    expect([reachesShare(9, 110, 8), reachesShare(1, 110, 8), reachesShare(Number.NaN, 1, 8)]).toEqual([
      true,
      false,
      false,
    ])
    expect([amountOf(undefined), amountOf(Number.NaN), amountOf('2')?.toFixed()]).toEqual([undefined, undefined, '2'])
  })

  it('have a worse of two states', () => {
    expect([worse('WARNING', 'ACTIVE'), worse('ACTIVE', 'HALTED')]).toEqual(['WARNING', 'HALTED'])
  })
})

describe('the daily loss', () => {
  it('takes amounts, deposits, and days without money', () => {
    const breaker = new DailyLossBreaker({ limitAmount: '100' })
    expect([breaker.loss, breaker.allowsNewOrders]).toEqual([undefined, false])
    breaker.roll('2026-01-05', 10_000)
    breaker.flow(1_000)
    expect([breaker.mark(10_921), breaker.mark(10_920), breaker.mark(10_900)]).toEqual(['ACTIVE', 'WARNING', 'HALTED'])
    expect([breaker.loss?.toFixed(), breaker.day]).toEqual(['100', '2026-01-05'])
    const poor = new DailyLossBreaker()
    poor.flow(5)
    expect([poor.mark(0), poor.mark(-1)]).toEqual(['ACTIVE', 'HALTED'])
  })

  it('says what was lost since when, and nothing when all is well', () => {
    const breaker = new DailyLossBreaker()
    expect(breaker.reason).toBe('')
    breaker.mark(100)
    expect([breaker.mark(96), breaker.reason]).toEqual(['WARNING', 'daily loss 4 of 100 since the start'])
    expect([breaker.mark(97), breaker.reason]).toEqual(['ACTIVE', ''])
    breaker.roll('2026-01-05', 200)
    expect([breaker.mark(190), breaker.reason]).toEqual(['HALTED', 'daily loss 10 of 200 since 2026-01-05'])
    // Gains do not re-open it, and the day of now is no new one.
    expect([breaker.mark(300), breaker.roll('2026-01-05', 300), breaker.state]).toEqual(['HALTED', false, 'HALTED'])
    expect([breaker.roll('2026-01-06', 300), breaker.state, breaker.reason]).toEqual([true, 'ACTIVE', ''])
  })

  it('lets orders pass only while it is not halted and knows what it began with and what there is', () => {
    const breaker = new DailyLossBreaker()
    const seen: boolean[] = [breaker.allowsNewOrders]
    breaker.roll('2026-01-05', 100)
    seen.push(breaker.allowsNewOrders)
    breaker.mark(undefined)
    seen.push(breaker.allowsNewOrders)
    breaker.mark(96)
    seen.push(breaker.allowsNewOrders)
    breaker.mark(95)
    seen.push(breaker.allowsNewOrders)
    expect(seen).toEqual([false, true, false, true, false])
  })

  it('finds after a restart what the day began with, and what there was', () => {
    const breaker = new DailyLossBreaker()
    breaker.roll('2026-01-05', 100)
    breaker.mark(98)
    const again = reborn(breaker, new DailyLossBreaker())
    expect([again.day, again.loss?.toFixed(), again.allowsNewOrders]).toEqual(['2026-01-05', '2', true])
    expect([again.roll('2026-01-05', 98), again.mark(95)]).toEqual([false, 'HALTED'])
  })

  it('does not roll back, and knows nothing without equity', () => {
    const breaker = new DailyLossBreaker()
    expect([breaker.roll('2026-01-06', undefined), breaker.roll('2026-01-05', 1)]).toEqual([true, false])
    expect([breaker.mark(undefined), breaker.loss, breaker.allowsNewOrders]).toEqual(['ACTIVE', undefined, false])
    breaker.mark(100)
    expect(breaker.allowsNewOrders).toBe(true)
  })

  it('is re-opened by a person, from the equity of now or not', () => {
    const breaker = new DailyLossBreaker()
    breaker.roll('2026-01-05', 100)
    breaker.mark(90)
    breaker.reset()
    expect([breaker.state, breaker.reason, breaker.mark(90)]).toEqual(['ACTIVE', '', 'HALTED'])
    breaker.reset({ rebase: true })
    expect(breaker.mark(90)).toBe('ACTIVE')
    expect(() => new DailyLossBreaker({ limitPercent: 0 })).toThrow('dailyLoss.limitPercent')
    expect(() => new DailyLossBreaker({ warnAt: 2 })).toThrow('dailyLoss.warnAt')
  })

  it('survives a restart, and what cannot be read is a halt', () => {
    const breaker = new DailyLossBreaker()
    const fresh = reborn(breaker, new DailyLossBreaker())
    expect([fresh.state, fresh.loss]).toEqual(['ACTIVE', undefined])
    breaker.roll('2026-01-05', 100)
    breaker.mark(96)
    expect(reborn(breaker, new DailyLossBreaker())).toMatchObject({ state: 'WARNING', day: '2026-01-05' })
    breaker.mark(90)
    expect(reborn(breaker, new DailyLossBreaker()).state).toBe('HALTED')
    fresh.restore({})
    expect([fresh.state, fresh.reason]).toEqual(['HALTED', 'what was saved could not be read'])
  })
})

describe('the drawdown', () => {
  it('moves its peak with deposits, is re-opened by a person, and survives a restart', () => {
    const breaker = new DrawdownBreaker()
    breaker.flow(1)
    expect([breaker.drawdown, breaker.allowsNewOrders, breaker.peak]).toEqual([undefined, false, undefined])
    breaker.mark(100)
    breaker.flow(-50)
    expect([breaker.mark(50), breaker.mark(46), breaker.drawdown]).toEqual(['ACTIVE', 'WARNING', 0.08])
    const again = reborn(breaker, new DrawdownBreaker())
    expect([again.state, again.allowsNewOrders, again.mark(45), again.allowsNewOrders]).toEqual([
      'WARNING',
      false,
      'HALTED',
      false,
    ])
    expect(again.reason).toContain('peak 50')
    again.reset()
    expect([again.mark(45), again.mark(undefined), again.allowsNewOrders]).toEqual(['ACTIVE', 'ACTIVE', false])
    expect(reborn(new DrawdownBreaker(), new DrawdownBreaker()).state).toBe('ACTIVE')
    again.restore({})
    expect([again.state, again.reason]).toEqual(['HALTED', 'what was saved could not be read'])
    const debts = new DrawdownBreaker()
    expect([debts.mark(-5), debts.drawdown, debts.mark(-6)]).toEqual(['ACTIVE', undefined, 'HALTED'])
  })
})

describe('the window of events', () => {
  it('is exact, grows, and goes round', () => {
    const window = new EventWindow(100_000)
    for (let t = 0; t < 100_200; t += 1) window.add(t, 1, t % 2)
    expect([window.good, window.bad]).toEqual([100_000, 50_000])
    window.add(100_199, 1, 0)
    window.add(5, 0, 1)
    expect([window.good, window.bad]).toEqual([100_001, 50_001])
    window.expire(300_000)
    expect([window.good, window.bad]).toEqual([0, 0])
    expect(() => new EventWindow(0)).toThrow('windowMs')
  })
})

describe('the rejection rate', () => {
  it('stays for as long again while the rate is too high, and warns before', () => {
    const breaker = new RejectionRateBreaker({ minSamples: 2, holdMs: 1_000, windowMs: 10_000 })
    for (let i = 0; i < 5; i++) breaker.accepted(0)
    breaker.rejected(0)
    expect([breaker.state, breaker.reason]).toEqual([
      'WARNING',
      '1 of 6 orders rejected in the window since it last tripped',
    ])
    breaker.rejected(0)
    expect([breaker.state, breaker.untilMs]).toEqual(['HALTED', 1_000])
    breaker.rejected(500, 3)
    breaker.advance(1_000)
    expect(breaker.untilMs).toBe(2_000)
    const again = reborn(breaker, new RejectionRateBreaker({ holdMs: 1_000 }), 1_200, 300)
    expect([again.untilMs, again.sizeMultiplier]).toEqual([1_700, 0.5])
    breaker.advance(2_000)
    expect([breaker.state, breaker.reason, breaker.untilMs]).toEqual(['ACTIVE', '', null])
    expect(reborn(breaker, again).state).toBe('ACTIVE')
    again.restore({}, 0, 0)
    expect(again.untilMs).toBe(1_000)
    again.reset()
    expect(again.sizeMultiplier).toBe(1)
  })
})

describe('the concentration', () => {
  it('blocks everything without equity, and what has no price', () => {
    const breaker = new ConcentrationBreaker()
    breaker.mark(undefined, { A: 1 })
    expect([breaker.state, breaker.reason, breaker.isBlocked('B')]).toEqual([
      'HALTED',
      'equity is not known, or not above 0',
      true,
    ])
    breaker.mark(0, {})
    expect(breaker.state).toBe('HALTED')
    breaker.mark(100, { A: undefined, B: 24 })
    expect([breaker.blocked, breaker.reason, breaker.isBlocked('B')]).toEqual([['A'], 'concentrated: A', false])
    breaker.mark(100, { B: 24 })
    expect([breaker.state, breaker.reason]).toEqual(['WARNING', ''])
    breaker.mark(100, { B: 2 })
    expect(breaker.state).toBe('ACTIVE')
    expect(() => new ConcentrationBreaker({ blockPercent: 10, releasePercent: 20 })).toThrow('must not be above')
  })

  it('holds a symbol between its two levels, and forgets one that is not held any more', () => {
    const breaker = new ConcentrationBreaker()
    const blockedAt = (values: Record<string, number>) => {
      breaker.mark(100, values)
      return breaker.blocked
    }
    expect([blockedAt({ A: 29.99 }), blockedAt({ A: 30 }), blockedAt({ A: 29 }), blockedAt({ A: 25 })]).toEqual([
      [],
      ['A'],
      ['A'],
      ['A'],
    ])
    expect([blockedAt({ A: 24.99 }), blockedAt({ A: 29 }), blockedAt({ A: -30 })]).toEqual([[], [], ['A']])
    expect([blockedAt({ Z: 50, A: -40 }), blockedAt({ Z: 26 })]).toEqual([['A', 'Z'], ['Z']])
    expect(breaker.reason).toBe('concentrated: Z')
    // While equity is not known nothing is released, and everything is blocked.
    breaker.mark(undefined, { Z: 1 })
    expect([breaker.blocked, breaker.isBlocked('A')]).toEqual([['Z'], true])
    breaker.mark(-100, { Z: 1 })
    expect([breaker.blocked, breaker.isBlocked('A')]).toEqual([['Z'], true])
    breaker.mark(100, { Z: 24 })
    expect([breaker.state, breaker.reason]).toEqual(['WARNING', ''])
    breaker.mark(100, { Z: 23.99 })
    expect(breaker.state).toBe('ACTIVE')
    expect(() => new ConcentrationBreaker({ blockPercent: 20, releasePercent: 20 })).not.toThrow()
    expect(() => new ConcentrationBreaker({ releasePercent: 0 })).toThrow('concentration.releasePercent')
    expect(() => new ConcentrationBreaker({ warnAt: 0 })).toThrow('concentration.warnAt')
  })

  it('is released by a person, and survives a restart', () => {
    const breaker = new ConcentrationBreaker()
    breaker.mark(100, { A: 50, B: 50 })
    const again = reborn(breaker, new ConcentrationBreaker())
    expect(again.blocked).toEqual(['A', 'B'])
    again.reset('A')
    expect(again.blocked).toEqual(['B'])
    again.reset()
    expect(again.state).toBe('ACTIVE')
    again.restore({})
    expect(again.state).toBe('HALTED')
    expect([onlyReduces(-5, 'buy', 5), onlyReduces(-5, 'sell', 1), onlyReduces(0, 'buy', 1)]).toEqual([
      true,
      false,
      false,
    ])
  })
})

describe('limits of single orders', () => {
  it('warn and reject what is not known', () => {
    expect([orderValueLevel(undefined), orderValueLevel(500_000), orderValueLevel(1_000_001)]).toEqual([
      'REJECT',
      'WARN',
      'REJECT',
    ])
    const share = { position: 0, workingBuys: 0, workingSells: 0, price: 10, equity: 1_000, warnAt: 0.8 }
    expect([7, 8, 10, 11].map((quantity) => positionShareLevel(share, 'buy', quantity))).toEqual([
      'PASS',
      'WARN',
      'WARN',
      'REJECT',
    ])
    expect(positionShareLevel({ ...share, price: undefined }, 'buy', 1)).toBe('REJECT')
    expect(positionShareLevel({ ...share, equity: Number.NaN }, 'buy', 1)).toBe('REJECT')
    expect(positionShareLevel({ ...share, position: 50 }, 'sell', 20)).toBe('PASS')
    expect(positionShareLevel({ ...share, equity: -100, position: 50 }, 'sell', 20)).toBe('PASS')
  })
})

describe('the reject storm', () => {
  it('opens by a row or by a share, and stays so without a cool-down', () => {
    const row = new RejectStormBreaker({ consecutive: 3 })
    row.failed(0)
    row.failed(0)
    row.succeeded(0)
    for (let i = 0; i < 3; i++) row.failed(0)
    expect([row.phase, row.state, row.reason]).toEqual(['OPEN', 'HALTED', '3 orders in a row failed'])
    row.failed(1)
    row.succeeded(1)
    row.sent(1)
    expect([row.mayPass(1e9), row.phase]).toEqual([false, 'OPEN'])
    const share = new RejectStormBreaker({ consecutive: 100, minSamples: 4, errorPercent: 50 })
    for (let i = 0; i < 2; i++) {
      share.succeeded(0)
      share.failed(0)
    }
    expect(share.reason).toBe('2 of 4 orders failed')
    share.reset()
    expect([share.phase, share.mayPass(0)]).toEqual(['CLOSED', true])
    share.sent(0)
    expect(share.phase).toBe('CLOSED')
  })

  it('lets probes pass, and closes after so many good ones', () => {
    const breaker = new RejectStormBreaker({ consecutive: 1, coolDownMs: 100, probes: 2 })
    breaker.failed(0)
    expect([breaker.mayPass(99), breaker.mayPass(100)]).toEqual([false, true])
    breaker.sent(100)
    breaker.sent(100)
    expect([breaker.phase, breaker.mayPass(100)]).toEqual(['HALF_OPEN', false])
    breaker.succeeded(100)
    breaker.failed(100)
    expect([breaker.phase, breaker.reason]).toEqual(['OPEN', 'a probe failed'])
    const again = reborn(breaker, new RejectStormBreaker({ coolDownMs: 100, probes: 1 }), 150, 50)
    again.advance(150)
    again.succeeded(150)
    expect(again.phase).toBe('HALF_OPEN')
    again.sent(150)
    again.succeeded(150)
    expect(again.phase).toBe('CLOSED')
    expect(reborn(again, new RejectStormBreaker()).phase).toBe('CLOSED')
    again.restore({ phase: 'x' }, 0, 0)
    expect([again.phase, again.reason]).toEqual(['OPEN', 'what was saved could not be read'])
    expect(() => new RejectStormBreaker({ probes: 0 })).toThrow('rejectStorm.probes')
  })
})

describe('a breaker over a measured value', () => {
  it('knows the statistics of its window', () => {
    const figure = (statistic: ThresholdStatistic, values: number[]) => {
      const breaker = new ThresholdBreaker({ statistic, tripAt: 1e9, capacity: 4 })
      for (const value of values) breaker.add(value, 0)
      return breaker.figure
    }
    type ThresholdStatistic = 'last' | 'mean' | 'max' | 'min' | 'sum' | 'count' | 'p50'
    expect(
      (['last', 'mean', 'max', 'min', 'sum', 'count', 'p50'] as const).map((name) => figure(name, [9, 1, 2, 3, 6])),
    ).toEqual([6, 3, 6, 1, 12, 4, 2.5])
    expect((['last', 'sum', 'count'] as const).map((name) => figure(name, []))).toEqual([undefined, 0, 0])
  })

  it('trips, holds, and is released below its level', () => {
    const breaker = new ThresholdBreaker({ tripAt: 10, warnAt: 8, releaseAt: 5, holdMs: 100, windowMs: 1_000 })
    expect([breaker.add(7, 0), breaker.add(8, 0), breaker.add(10, 0)]).toEqual(['ACTIVE', 'WARNING', 'HALTED'])
    expect(breaker.reason).toBe('last of the last 1000 ms is 10')
    expect([breaker.add(5, 200), breaker.add(4, 50), breaker.add(4, 250)]).toEqual(['HALTED', 'HALTED', 'ACTIVE'])
    breaker.add(Number.NaN, 300)
    expect(breaker.state).toBe('HALTED')
    expect(breaker.advance(2_000)).toBe('ACTIVE')
  })

  it('may look below, need samples, and latch', () => {
    const breaker = new ThresholdBreaker({ tripAt: 3, direction: 'below', minSamples: 2, latch: true, warnAt: 5 })
    expect([breaker.add(1, 0), breaker.add(2, 0), breaker.add(9, 1)]).toEqual(['WARNING', 'HALTED', 'HALTED'])
    expect(breaker.advance(1e9)).toBe('HALTED')
    expect(reborn(breaker, new ThresholdBreaker({ tripAt: 3, direction: 'below' }), 5, 5).state).toBe('HALTED')
    breaker.reset()
    expect([breaker.state, reborn(breaker, new ThresholdBreaker({ tripAt: 1 })).state]).toEqual(['ACTIVE', 'ACTIVE'])
    breaker.restore({}, 0, 0)
    expect([breaker.state, breaker.reason]).toEqual(['HALTED', 'what was saved could not be read'])
    breaker.restore({ state: 'WARNING' }, 0, 0)
    expect(breaker.state).toBe('ACTIVE')
  })

  it('has options that make sense', () => {
    expect(() => new ThresholdBreaker({ tripAt: Number.NaN }, 'own')).toThrow('own.tripAt')
    expect(() => new ThresholdBreaker({ tripAt: 1, releaseAt: 2 })).toThrow('must not lie beyond')
    expect(() => new ThresholdBreaker({ tripAt: 1, minSamples: 5, capacity: 2 })).toThrow('must not be above capacity')
  })
})

describe('all breakers together', () => {
  it('ask for the strictest', () => {
    const breakers = new CircuitBreakers({
      latency: { tripAt: 100, action: 'warn' },
      outliers: { statistic: 'count', tripAt: 2, action: 'halt' },
      own: { temperature: { tripAt: 50 } },
    })
    const told: string[] = []
    breakers.onChange = ({ name, state, before }) => told.push(`${name} ${before} ${state}`)
    expect(breakers.effect(0).state).toBe('REDUCING')
    breakers.rollDay('2026-01-05', 100)
    breakers.rollDay('2026-01-05', 100)
    breakers.markEquity(100, 0, { A: 31 })
    expect(breakers.effect(0)).toEqual({ state: 'ACTIVE', sizeMultiplier: 1, blocked: ['A'], haltedConnectors: [] })
    breakers.accepted('x', 1, 500)
    expect([breakers.effect(1).state, breakers.state]).toEqual(['ACTIVE', 'HALTED'])
    breakers.measure('temperature', 60, 1)
    breakers.measure('nothing', 60, 1)
    expect(breakers.effect(1).state).toBe('REDUCING')
    breakers.measure('outliers', 1, 1)
    breakers.measure('outliers', 1, 1)
    expect(breakers.effect(1).state).toBe('HALTED')
    expect(told).toEqual([
      'concentration ACTIVE HALTED',
      'latency ACTIVE HALTED',
      'temperature ACTIVE HALTED',
      'outliers ACTIVE HALTED',
    ])
    breakers.reset('temperature')
    expect(breakers.report().find(({ name }) => name === 'temperature')?.state).toBe('ACTIVE')
    expect(breakers.version).toBeGreaterThan(4)
    breakers.flow(5)
    breakers.advance(100_000)
    breakers.markEquity(50, 100_000)
    expect(breakers.effect(100_000).state).toBe('HALTED')
    expect(breakers.effect(200_000).state).toBe('HALTED')
    breakers.markEquity(undefined, 100_001)
    breakers.reset('dailyLoss', { rebase: true })
    expect(() => breakers.reset('nobody')).toThrow('There is no breaker "nobody"')
  })

  it('halt for a loss of the day or a drawdown alone, and are blind without equity that any of them needs', () => {
    const off = { dailyLoss: false, drawdown: false, concentration: false, rejectionRate: false } as const
    for (const own of ['dailyLoss', 'drawdown'] as const) {
      const breakers = new CircuitBreakers({ ...off, [own]: {} })
      expect(breakers.effect(0).state).toBe('REDUCING')
      breakers.rollDay('2026-01-05', 100)
      breakers.markEquity(100, 0)
      expect([breakers.effect(5_000).state, breakers.effect(5_001).state]).toEqual(['ACTIVE', 'REDUCING'])
      breakers.markEquity(80, 10)
      expect([breakers.effect(10).state, breakers.state]).toEqual(['HALTED', 'HALTED'])
    }
    const concentrated = new CircuitBreakers({ ...off, concentration: {}, maxEquityAgeMs: 100 })
    concentrated.markEquity(100, 0, {})
    expect([concentrated.effect(100).state, concentrated.effect(101).state]).toEqual(['ACTIVE', 'REDUCING'])
    for (const unknown of [undefined, 'NaN', Number.NaN, Number.POSITIVE_INFINITY]) {
      concentrated.markEquity(unknown, 500)
      expect(concentrated.effect(500).state).toBe('REDUCING')
    }
    expect(new CircuitBreakers(off).effect(1e9).state).toBe('ACTIVE')
  })

  it('move their version with what has to survive, and with nothing else', () => {
    const breakers = new CircuitBreakers({ rejectStorm: { consecutive: 1 } })
    const moves = (act: () => void) => {
      const before = breakers.version
      act()
      return breakers.version > before
    }
    expect(moves(() => breakers.rollDay('2026-01-05', 100))).toBe(true)
    expect(moves(() => breakers.rollDay('2026-01-05', 100))).toBe(false)
    // A new peak, equity below it, a symbol that is blocked, the same again.
    expect(moves(() => breakers.markEquity(100, 0, {}))).toBe(true)
    expect(moves(() => breakers.markEquity(99, 1, {}))).toBe(false)
    expect(moves(() => breakers.markEquity(99, 2, { A: 40 }))).toBe(true)
    expect(moves(() => breakers.markEquity(99, 3, { A: 41 }))).toBe(false)
    expect(moves(() => breakers.markEquity(99, 3, { A: 41, B: 40 }))).toBe(true)
    expect(moves(() => breakers.flow(10))).toBe(true)
    expect(moves(() => breakers.accepted('x', 4))).toBe(false)
    expect(moves(() => breakers.failed('x', 5))).toBe(true)
  })

  it('take deposits for no gain and withdrawals for no loss', () => {
    const breakers = new CircuitBreakers()
    breakers.rollDay('2026-01-05', 100)
    breakers.markEquity(100, 0)
    breakers.flow(-50)
    breakers.markEquity(50, 1)
    expect([breakers.effect(1).state, breakers.dailyLoss?.loss?.toFixed(), breakers.drawdown?.drawdown]).toEqual([
      'ACTIVE',
      '0',
      0,
    ])
  })

  it('let time close circuits, and measures run out', () => {
    const breakers = new CircuitBreakers({
      dailyLoss: false,
      drawdown: false,
      concentration: false,
      rejectionRate: { minSamples: 1, holdMs: 100 },
      rejectStorm: { consecutive: 2, coolDownMs: 100, probes: 1 },
      latency: { tripAt: 10, windowMs: 50, holdMs: 0 },
    })
    breakers.rejected('x', 0)
    breakers.accepted('y', 0)
    breakers.accepted('y', 0, 20)
    expect([breakers.hasStorms, breakers.effect(0).haltedConnectors, breakers.effect(0).state]).toEqual([
      false,
      [],
      'REDUCING',
    ])
    breakers.rejected('x', 0)
    expect([breakers.hasStorms, breakers.effect(0).haltedConnectors]).toEqual([true, ['x']])
    expect(breakers.effect(0).sizeMultiplier).toBe(0.5)
    breakers.advance(100_000)
    expect([breakers.effect(0).sizeMultiplier, breakers.effect(0).state]).toEqual([1, 'ACTIVE'])
    expect(breakers.mayPass('x', 100_000)).toBe(true)
    breakers.sent('x', 100_000)
    breakers.accepted('x', 100_001)
    expect([breakers.hasStorms, breakers.effect(0).haltedConnectors]).toEqual([false, []])
    expect(() => breakers.reset('nobody')).toThrow(
      'There is no breaker "nobody"; there are rejectionRate, latency, rejectStorm:x, rejectStorm:y',
    )
    // One that is closed does not count as open after a restart.
    const again = new CircuitBreakers({ rejectStorm: { consecutive: 2 } })
    again.restore(breakers.save(100_001, 0), 0, 0)
    expect([again.hasStorms, again.report().map(({ name }) => name)]).toEqual([
      false,
      ['dailyLoss', 'drawdown', 'rejectionRate', 'concentration', 'rejectStorm:x', 'rejectStorm:y'],
    ])
  })

  it('know the circuits of connectors, over a restart too', () => {
    const breakers = new CircuitBreakers({ rejectStorm: { consecutive: 1 }, rejectionRate: false })
    expect([breakers.hasStorms, breakers.mayPass('x', 0)]).toEqual([false, true])
    breakers.sent('x', 0)
    breakers.rejected('x', 0)
    breakers.failed('y', 0)
    breakers.sent('x', 0)
    breakers.advance(1)
    expect([breakers.hasStorms, breakers.mayPass('x', 0), breakers.effect(0).haltedConnectors]).toEqual([
      true,
      false,
      ['x', 'y'],
    ])
    const saved = JSON.parse(JSON.stringify(breakers.save(0, 1_000)))
    const again = new CircuitBreakers({ rejectStorm: { consecutive: 1 }, own: { new: { tripAt: 1 } } })
    again.restore(saved, 0, 2_000)
    expect([again.hasStorms, again.mayPass('y', 0), again.effect(0).sizeMultiplier]).toEqual([true, false, 1])
    again.reset('rejectStorm:x')
    again.reset('rejectStorm:y')
    expect(again.hasStorms).toBe(false)
    again.restore({}, 0, 0)
    expect(again.report().length).toBe(7)
  })

  it('may all be off, and have options that make sense', () => {
    const none = new CircuitBreakers({
      dailyLoss: false,
      drawdown: false,
      rejectionRate: false,
      concentration: false,
      rejectStorm: false,
      latency: false,
    })
    none.rollDay('2026-01-05', 1)
    none.markEquity(1, 0)
    none.flow(1)
    none.accepted('x', 0)
    none.rejected('x', 0)
    none.advance(5)
    none.restore(none.save(0, 0), 0, 0)
    expect([none.effect(0), none.state, none.report()]).toEqual([
      { state: 'ACTIVE', sizeMultiplier: 1, blocked: [], haltedConnectors: [] },
      'ACTIVE',
      [],
    ])
    expect(() => new CircuitBreakers({ own: { latency: { tripAt: 1 } } })).toThrow('built-in')
    expect(() => new CircuitBreakers({ own: { rejectStorm: { tripAt: 1 } } })).toThrow('built-in')
    expect(() => new CircuitBreakers({ rejectStorm: { probes: 0 } })).toThrow('rejectStorm.probes')
  })
})
