import { describe, expect, it } from 'vitest'
import { median, quantile, RunningStatistics } from './statistics.js'

describe('RunningStatistics', () => {
  it('gives mean, variance and extremes', () => {
    const statistics = new RunningStatistics()
    expect(statistics.mean).toBeNaN()
    for (const value of [2, 4, 4, 4, 5, 5, 7, 9, Number.NaN, Number.POSITIVE_INFINITY]) statistics.add(value)
    expect(statistics.count).toBe(8)
    expect(statistics.mean).toBe(5)
    expect(statistics.populationVariance).toBe(4)
    expect(statistics.variance).toBeCloseTo(32 / 7, 14)
    expect(statistics.standardDeviation).toBeCloseTo(Math.sqrt(32 / 7), 14)
    expect([statistics.min, statistics.max]).toEqual([2, 9])
  })

  it('stays accurate far from zero and merges', () => {
    const values = Array.from({ length: 1000 }, (_, i) => 1e9 + (i % 10))
    const whole = new RunningStatistics()
    const parts = [new RunningStatistics(), new RunningStatistics(), new RunningStatistics()]
    values.forEach((value, i) => {
      whole.add(value)
      parts[i % 2]?.add(value)
    })
    for (const part of parts.slice(1)) parts[0]?.merge(part)
    expect(whole.populationVariance).toBeCloseTo(8.25, 6)
    expect(parts[0]?.populationVariance).toBeCloseTo(8.25, 6)
    expect(parts[0]?.count).toBe(1000)
  })
})

describe('quantile', () => {
  it('interpolates as type 7', () => {
    expect(quantile([10, 1, 2, 3], 0.5)).toBe(2.5)
    expect(quantile([1, 2, 3, 4, 5], 0.9)).toBeCloseTo(4.6, 12)
    expect(quantile([7], 0.3)).toBe(7)
    expect(quantile([3, 1], 1)).toBe(3)
    expect(median([3, 1, 2])).toBe(2)
    expect(quantile([], 0.5)).toBeNaN()
    expect(() => quantile([1], 1.5)).toThrow(expect.objectContaining({ code: 'TW_INVALID_ARGUMENT' }))
  })
})
