import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { RouteSelector } from './route-selector.js'

const health = (usable: ReadonlySet<number>, scores: Record<number, number> = {}) => ({
  isUsable: (candidate: number) => usable.has(candidate),
  score: (candidate: number) => scores[candidate] ?? 50,
})
const up = (...candidates: number[]) => health(new Set(candidates))

describe('primary-backup', () => {
  it('starts with the primary, leaves it at once, and returns only after it held', () => {
    const selector = new RouteSelector('primary-backup', [4, 7], { failbackAfterMs: 1_000, minDwellMs: 100 })
    expect(selector.observe(0, up(4, 7))).toEqual({ from: -1, to: 4, reason: 'start' })
    expect(selector.observe(10, up(7))).toEqual({ from: 4, to: 7, reason: 'failover' })
    expect(selector.observe(20, up(4, 7))).toBeUndefined()
    // It broke soon after it was chosen, so it waits twice as long.
    expect(selector.failbackWaitMs(4)).toBe(2_000)
    expect(selector.observe(1_500, up(4, 7))).toBeUndefined()
    expect(selector.observe(2_019, up(4, 7))).toBeUndefined()
    expect(selector.observe(2_020, up(4, 7))).toEqual({ from: 7, to: 4, reason: 'failback' })
    expect(selector.current).toBe(4)
  })

  it('says so when nothing can be used, and goes on with what comes first', () => {
    const selector = new RouteSelector('primary-backup', [0, 1])
    selector.observe(0, up(0))
    expect(selector.observe(1, up())).toEqual({ from: 0, to: -1, reason: 'lost' })
    expect(selector.observe(2, up())).toBeUndefined()
    expect(selector.next()).toBe(-1)
    expect(selector.observe(3, up(1))).toEqual({ from: -1, to: 1, reason: 'failover' })
  })

  it('does not oscillate with a primary that flaps', () => {
    const selector = new RouteSelector('primary-backup', [0, 1], {
      failbackAfterMs: 100,
      minDwellMs: 10,
      maxFailbackAfterMs: 1_600,
    })
    let switches = 0
    // Up for 150 ms, down for 50 ms, for a minute.
    for (let ms = 0; ms < 60_000; ms += 10) if (selector.observe(ms, ms % 200 < 150 ? up(0, 1) : up(1))) switches++
    expect(switches).toBeLessThanOrEqual(4)
    expect(selector.current).toBe(1)
  })

  it('forgets relapses once a candidate has held for the longest wait', () => {
    const selector = new RouteSelector('primary-backup', [0, 1], { failbackAfterMs: 100, maxFailbackAfterMs: 400 })
    selector.observe(0, up(0, 1))
    selector.observe(10, up(1))
    expect(selector.failbackWaitMs(0)).toBe(200)
    selector.observe(20, up(0, 1))
    selector.observe(420, up(0, 1))
    expect(selector.failbackWaitMs(0)).toBe(100)
  })
})

describe('best-available', () => {
  it('moves for a clear margin only, after the dwell', () => {
    const selector = new RouteSelector('best-available', [0, 1], {
      scoreMargin: 10,
      minDwellMs: 100,
      failbackAfterMs: 50,
    })
    const both = new Set([0, 1])
    expect(selector.observe(0, health(both, { 0: 60, 1: 80 }))).toMatchObject({ to: 1 })
    expect(selector.observe(500, health(both, { 0: 80, 1: 75 }))).toBeUndefined()
    expect(selector.observe(510, health(both, { 0: 90, 1: 75 }))).toEqual({ from: 1, to: 0, reason: 'better' })
    expect(selector.observe(560, health(both, { 0: 10, 1: 90 }))).toBeUndefined()
    expect(selector.observe(610, health(both, { 0: 10, 1: 90 }))).toMatchObject({ to: 1, reason: 'better' })
  })
})

describe('round-robin', () => {
  it('takes those that can be used in turn', () => {
    const selector = new RouteSelector('round-robin', [5, 6, 7])
    selector.observe(0, up(5, 6, 7))
    expect([1, 2, 3, 4].map(() => selector.next())).toEqual([5, 6, 7, 5])
    selector.observe(1, up(5, 7))
    expect([1, 2, 3].map(() => selector.next())).toEqual([7, 5, 7])
  })
})

it.each([
  [[], {}, 'at least one connector'],
  [[1, 1], {}, 'twice'],
  [[1], { minDwellMs: -1 }, 'minDwellMs'],
  [[1], { failbackAfterMs: Number.NaN }, 'failbackAfterMs'],
])('refuses candidates %j with %j', (candidates, options, named) => {
  expect(() => new RouteSelector('primary-backup', candidates, options)).toThrow(named)
})

it('never uses what cannot be used, never changes without a switch, and dwells unless forced', () => {
  const strategies = fc.constantFrom('primary-backup' as const, 'best-available' as const, 'round-robin' as const)
  const step = fc.record({
    afterMs: fc.integer({ min: 0, max: 300 }),
    usable: fc.subarray([0, 1, 2]),
    scores: fc.tuple(fc.nat(100), fc.nat(100), fc.nat(100)),
  })
  fc.assert(
    fc.property(strategies, fc.array(step, { maxLength: 60 }), (strategy, steps) => {
      const selector = new RouteSelector(strategy, [0, 1, 2], { minDwellMs: 200, failbackAfterMs: 300 })
      let nowMs = 0
      let chosenMs = Number.NEGATIVE_INFINITY
      for (const { afterMs, usable, scores } of steps) {
        nowMs += afterMs
        const [before, epoch] = [selector.current, selector.epoch]
        const change = selector.observe(nowMs, health(new Set(usable), { ...scores }))
        expect(selector.current < 0 ? usable.length : usable.includes(selector.current)).toBe(
          selector.current < 0 ? 0 : true,
        )
        expect(selector.epoch - epoch).toBe(change === undefined ? 0 : 1)
        if (change === undefined) expect(selector.current).toBe(before)
        else {
          expect(change.from).toBe(before)
          if (usable.includes(before)) expect(nowMs - chosenMs).toBeGreaterThanOrEqual(200)
          chosenMs = nowMs
        }
        expect(usable.length === 0 ? selector.next() === -1 : usable.includes(selector.next())).toBe(true)
      }
    }),
    { numRuns: runs({ ci: 2_000, full: 50_000 }) },
  )
})
