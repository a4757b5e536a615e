import { describe, expect, it } from 'vitest'
import { chained, consecutive, range, SequenceVerdict, unsequenced } from './sequence-rules.js'

const { apply, old, gap } = SequenceVerdict
const none = Number.NaN

describe('sequence rules', () => {
  it('consecutive wants the next number', () => {
    expect(consecutive.check(1, 0, false)).toBe(apply)
    expect(consecutive.check(0, -1, false)).toBe(old)
    expect(consecutive.check(2, 1, false)).toBe(gap)
    expect(consecutive.check(none, none, false)).toBe(gap)
  })

  it('chained wants its predecessor, and lets the first message begin before the snapshot', () => {
    expect(chained.check(4, 0, false)).toBe(apply)
    expect(chained.check(4, -1, false)).toBe(gap)
    expect(chained.check(-1, -2, false)).toBe(old)
    expect(chained.check(4, -2, true)).toBe(apply)
    expect(chained.check(0, -2, true)).toBe(old)
    expect(chained.check(4, 1, true)).toBe(gap)
  })

  it('range wants no number left out', () => {
    expect(range.check(4, 0, false)).toBe(apply)
    expect(range.check(4, -2, false)).toBe(apply)
    expect(range.check(0, -3, false)).toBe(old)
    expect(range.check(4, 1, true)).toBe(gap)
  })

  it('unsequenced takes everything', () => {
    expect(unsequenced.check(-4, none, false)).toBe(apply)
  })
})
