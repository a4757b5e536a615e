import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SequenceTracker, SequenceVerdict } from './sequence-tracker.js'

const { first, next, gap, duplicate } = SequenceVerdict

describe('SequenceTracker', () => {
  it('tells the next from gaps and duplicates, and starts anew', () => {
    const gaps: number[][] = []
    const tracker = new SequenceTracker((from, to) => gaps.push([from, to]))
    expect([5, 6, 9, 9, 8, 10].map((sequence) => tracker.track(sequence))).toEqual([
      first,
      next,
      gap,
      duplicate,
      duplicate,
      next,
    ])
    expect(gaps).toEqual([[7, 8]])
    tracker.restart()
    expect(tracker.track(1)).toBe(first)
    expect(tracker.counters).toEqual({ gaps: 1, missed: 2, duplicates: 2 })
  })

  it('follows numbers that go in steps', () => {
    const tracker = new SequenceTracker(undefined, 10)
    expect([10, 20, 50].map((sequence) => tracker.track(sequence))).toEqual([first, next, gap])
    expect(tracker.counters.missed).toBe(2)
  })

  it('ignores what is no number', () => {
    const tracker = new SequenceTracker()
    tracker.track(1)
    expect(tracker.track(Number.NaN)).toBe(duplicate)
    expect(tracker.last).toBe(1)
  })

  it('counts every number once: seen or missed', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (numbers) => {
        const sorted = [...numbers].sort((a, b) => a - b)
        const tracker = new SequenceTracker()
        let seen = 0
        for (const sequence of sorted) if (tracker.track(sequence) !== duplicate) seen++
        const span = (sorted.at(-1) as number) - (sorted[0] as number) + 1
        expect(seen + tracker.counters.missed).toBe(span)
      }),
    )
  })
})
