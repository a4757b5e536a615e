import { describe, expect, it } from 'vitest'
import { hasGrown, type Sample, slopePerMinute } from './measure.js'

const samplesOf = (values: readonly number[]): Sample[] =>
  values.map((heapBytes, at) => ({
    atMs: at * 5_000,
    heapBytes,
    externalBytes: 0,
    timers: heapBytes,
    handles: 0,
    descriptors: 0,
    listeners: 0,
  }))

describe('the measures of a soak', () => {
  it('find the slope of a heap through its noise', () => {
    const leak = Array.from({ length: 24 }, (_, at) => 1e7 + at * 10_000 + (at % 2 === 0 ? 5_000 : -5_000))
    expect(slopePerMinute(samplesOf(leak), ({ heapBytes }) => heapBytes)).toBeCloseTo(120_000, -4)
    const steady = leak.map((value, at) => value - at * 10_000)
    expect(Math.abs(slopePerMinute(samplesOf(steady), ({ heapBytes }) => heapBytes))).toBeLessThan(8_000)
    expect(slopePerMinute(samplesOf([5]), ({ heapBytes }) => heapBytes)).toBe(0)
  })

  it('tell growth from waves', () => {
    const of = ({ timers }: Sample) => timers
    expect(hasGrown(samplesOf([3, 4, 3, 5, 4, 3, 4, 5, 4]), of)).toBe(false)
    expect(hasGrown(samplesOf([3, 4, 3, 5, 6, 7, 7, 8, 9]), of)).toBe(true)
  })
})
