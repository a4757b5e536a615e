import { describe, expect, it } from 'vitest'
import { healthScale, healthScore } from './health.js'

const scale = healthScale()
const perfect = { isReady: true, latencyMs: 0, stalenessMs: 0, errorRate: 0 }

describe('the health score', () => {
  it('is 100 at best, 0 when not ready, and each part takes no more than its weight', () => {
    expect(healthScore(perfect, scale)).toBe(100)
    expect(healthScore({ ...perfect, isReady: false }, scale)).toBe(0)
    expect(healthScore({ ...perfect, latencyMs: 1e9 }, scale)).toBeCloseTo(60)
    expect(healthScore({ ...perfect, stalenessMs: 1e9 }, scale)).toBeCloseTo(70)
    expect(healthScore({ ...perfect, errorRate: 1 }, scale)).toBeCloseTo(70)
    expect(healthScore({ isReady: true, latencyMs: 250, stalenessMs: 5_000, errorRate: 0.25 }, scale)).toBeCloseTo(50)
  })

  it('takes no points off for what is not known', () => {
    expect(
      healthScore({ isReady: true, latencyMs: Number.NaN, stalenessMs: Number.NaN, errorRate: Number.NaN }, scale),
    ).toBe(100)
  })

  it.each([
    [{ latencyCeilingMs: 0 }, 'latencyCeilingMs'],
    [{ latencyWeight: 0.5 }, 'add up to 1.1'],
    [{ errorWeight: Number.NaN }, 'errorWeight'],
    [{ latency: 1 } as object, 'latency is not an option'],
  ])('refuses %j', (options, named) => {
    expect(() => healthScale(options)).toThrow(named)
  })
})
