import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LatencyHistogram } from './histogram.js'

describe('LatencyHistogram', () => {
  it('is exact for small values and empty at first', () => {
    const histogram = new LatencyHistogram()
    expect(histogram.percentile(50)).toBeNaN()
    expect(histogram.toJSON().p99).toBeNull()
    for (let i = 1; i <= 100; i++) histogram.record(i)
    expect([
      histogram.percentile(0),
      histogram.percentile(50),
      histogram.percentile(99),
      histogram.percentile(100),
    ]).toEqual([1, 50, 99, 100])
    expect([histogram.count, histogram.min, histogram.max, histogram.mean]).toEqual([100, 1, 100, 50.5])
    histogram.reset()
    expect(histogram.count).toBe(0)
  })

  it('keeps every percentile within the width of a bucket', () => {
    const values = fc.array(fc.oneof(fc.nat(2000), fc.nat(), fc.maxSafeNat()), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(values, fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 12 }), (list, percent, bits) => {
        const histogram = new LatencyHistogram(bits)
        for (const value of list) histogram.record(value)
        const sorted = [...list].sort((a, b) => a - b)
        const exact = sorted[Math.max(1, Math.ceil((percent / 100) * list.length)) - 1] as number
        const got = histogram.percentile(percent)
        expect(got).toBeGreaterThanOrEqual(exact)
        expect(got - exact).toBeLessThanOrEqual(exact / 2 ** bits)
        expect(histogram.max).toBe(sorted.at(-1))
      }),
    )
  })

  it('clamps what is no latency, and counts it', () => {
    const histogram = new LatencyHistogram(3)
    for (const value of [-5, Number.NaN, Number.POSITIVE_INFINITY, 7.9]) histogram.record(value)
    expect([histogram.count, histogram.clamped, histogram.min, histogram.max]).toEqual([
      4,
      3,
      0,
      Number.MAX_SAFE_INTEGER,
    ])
  })

  it('merges only its own kind', () => {
    const first = new LatencyHistogram()
    const second = new LatencyHistogram()
    first.record(1000)
    second.record(10)
    first.merge(second)
    expect([first.count, first.min, first.max, first.mean]).toEqual([2, 10, 1000, 505])
    expect(first.toJSON().buckets.reduce((sum, [, count]) => sum + count, 0)).toBe(2)
    expect(() => first.merge(new LatencyHistogram(5))).toThrow(expect.objectContaining({ code: 'TW_INVALID_ARGUMENT' }))
    expect(() => new LatencyHistogram(13)).toThrow(expect.objectContaining({ code: 'TW_INVALID_ARGUMENT' }))
  })
})
