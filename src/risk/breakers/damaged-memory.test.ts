/** What was saved and cannot be read, in whole or in part: a breaker never takes it for a fresh start. */
import { describe, expect, it } from 'vitest'
import type { BreakerMemory } from './breaker.js'
import { CircuitBreakers } from './circuit-breakers.js'
import { ConcentrationBreaker } from './concentration.js'
import { DailyLossBreaker } from './daily-loss.js'
import { DrawdownBreaker } from './drawdown.js'

const unreadable = 'what was saved could not be read'
const options = { own: { heat: { tripAt: 50 } }, latency: { tripAt: 100, action: 'halt' as const } }

/** All breakers with a history, and what they save. */
function saved() {
  const breakers = new CircuitBreakers(options)
  breakers.rollDay('2026-01-05', 100)
  breakers.markEquity(100, 0, { A: 10 })
  breakers.accepted('x', 1, 5)
  return JSON.parse(JSON.stringify(breakers.save(1, 1_000))) as {
    wallMs: number
    breakers: Record<string, Record<string, unknown>>
  }
}

/** Breakers over a memory that was damaged. */
function over(memory: unknown): CircuitBreakers {
  const breakers = new CircuitBreakers(options)
  breakers.restore(memory as BreakerMemory, 10, 2_000)
  return breakers
}

/** States by name. */
const states = (breakers: CircuitBreakers) =>
  Object.fromEntries(breakers.report().map(({ name, state }) => [name, state]))

describe('a memory of breakers that is damaged', () => {
  it('is taken where it is whole', () => {
    const breakers = over(saved())
    expect(Object.values(states(breakers))).toEqual(Array(breakers.report().length).fill('ACTIVE'))
    breakers.markEquity(100, 10)
    expect(breakers.effect(10)).toEqual({ state: 'ACTIVE', sizeMultiplier: 1, blocked: [], haltedConnectors: [] })
  })

  it('halts everything where nothing of it can be read', () => {
    for (const memory of [
      {},
      null,
      undefined,
      [],
      'x',
      5,
      { wallMs: 1 },
      { breakers: null },
      { breakers: [] },
      { breakers: 'x' },
    ]) {
      const breakers = over(memory)
      breakers.markEquity(100, 10)
      expect([states(breakers).dailyLoss, states(breakers).drawdown, states(breakers).heat]).toEqual([
        'HALTED',
        'HALTED',
        'HALTED',
      ])
      expect(breakers.effect(10)).toMatchObject({ state: 'HALTED', sizeMultiplier: 0.5 })
      expect(breakers.report().find(({ name }) => name === 'dailyLoss')?.reason).toBe(unreadable)
    }
  })

  it('halts the breaker whose part cannot be read, and no other', () => {
    for (const part of [null, 'x', 5, [], {}, true]) {
      const memory = saved()
      memory.breakers.drawdown = part as never
      expect(states(over(memory))).toMatchObject({ dailyLoss: 'ACTIVE', drawdown: 'HALTED', heat: 'ACTIVE' })
    }
  })

  it('starts a breaker anew that the memory cannot know', () => {
    const memory = saved()
    delete memory.breakers.heat
    expect(states(over(memory))).toMatchObject({ dailyLoss: 'ACTIVE', heat: 'ACTIVE' })
  })

  it('says that it changed, so that what holds now is saved', () => {
    const memory = saved()
    memory.breakers.drawdown = {}
    const told: string[] = []
    const breakers = new CircuitBreakers(options)
    breakers.onChange = ({ name, state }) => told.push(`${name} ${state}`)
    breakers.restore(memory, 10, 2_000)
    breakers.advance(11)
    expect(told).toEqual([])
    breakers.reset('drawdown')
    expect(told).toEqual(['drawdown ACTIVE'])
  })

  it('takes a time that cannot be read for no time: nothing is over because of it', () => {
    const before = new CircuitBreakers({ rejectionRate: { minSamples: 1, holdMs: 1_000 } })
    before.rejected('x', 0)
    const memory = { ...JSON.parse(JSON.stringify(before.save(0, 0))), wallMs: 'x' }
    const breakers = new CircuitBreakers({ rejectionRate: { minSamples: 1, holdMs: 1_000 } })
    breakers.restore(memory, 0, 1e12)
    expect(breakers.effect(999).sizeMultiplier).toBe(0.5)
    breakers.advance(1_000)
    expect(breakers.effect(1_000).sizeMultiplier).toBe(1)
  })
})

describe('amounts that cannot be read', () => {
  const damaged = ['x', '', 'NaN', 'Infinity', 5, {}, [], undefined, true]

  it('halt the daily loss, whatever state was saved', () => {
    const whole = { day: '2026-01-05', start: '100', equity: '99', state: 'ACTIVE', reason: '' }
    const breaker = new DailyLossBreaker()
    breaker.restore(whole)
    expect([breaker.state, breaker.loss?.toFixed(), breaker.allowsNewOrders]).toEqual(['ACTIVE', '1', true])
    for (const field of ['start', 'equity'])
      for (const value of damaged) {
        breaker.restore({ ...whole, [field]: value })
        expect([breaker.state, breaker.reason, breaker.allowsNewOrders]).toEqual(['HALTED', unreadable, false])
        expect(breaker.mark(99)).toBe('HALTED')
      }
    for (const day of [undefined, null, 5]) {
      breaker.restore({ ...whole, day })
      expect([breaker.state, breaker.day]).toEqual(['HALTED', ''])
    }
    breaker.restore({ ...whole, reason: undefined })
    expect([breaker.state, breaker.reason]).toEqual(['HALTED', unreadable])
    breaker.restore({ ...whole, start: null, equity: null })
    expect([breaker.state, breaker.loss, breaker.allowsNewOrders]).toEqual(['ACTIVE', undefined, false])
    breaker.restore({ ...whole, equity: null })
    expect([breaker.state, breaker.loss, breaker.allowsNewOrders]).toEqual(['ACTIVE', undefined, false])
    breaker.restore({ ...whole, state: 'HALTED', reason: 'lost too much' })
    expect([breaker.state, breaker.reason, breaker.allowsNewOrders]).toEqual(['HALTED', 'lost too much', false])
  })

  it('halt the drawdown, whose peak nobody knows then', () => {
    const breaker = new DrawdownBreaker()
    for (const peak of damaged) {
      breaker.restore({ peak, state: 'ACTIVE', reason: '' })
      expect([breaker.state, breaker.reason, breaker.mark(50)]).toEqual(['HALTED', unreadable, 'HALTED'])
    }
    breaker.restore({ peak: '100', state: 'ACTIVE' })
    expect([breaker.state, breaker.reason]).toEqual(['HALTED', unreadable])
    breaker.restore({ peak: null, state: 'ACTIVE', reason: '' })
    expect([breaker.state, breaker.peak]).toEqual(['ACTIVE', undefined])
    breaker.restore({ peak: '100', state: 'ACTIVE', reason: '' })
    expect([breaker.mark(90), breaker.reason]).toEqual(['HALTED', 'equity 90 is down from its peak 100'])
  })

  it('keep the concentration blind until equity is known', () => {
    const breaker = new ConcentrationBreaker()
    breaker.restore({ blocked: 'A' })
    expect([breaker.state, breaker.isBlocked('B')]).toEqual(['HALTED', true])
    breaker.mark(100, { B: 1 })
    expect([breaker.state, breaker.isBlocked('B')]).toEqual(['ACTIVE', false])
  })
})
