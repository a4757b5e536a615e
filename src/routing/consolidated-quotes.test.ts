import { describe, expect, it } from 'vitest'
import { ConsolidatedQuote } from './consolidated-quotes.js'

const second = 1_000_000

describe('a consolidated quote', () => {
  it('is the best of each side, with the sizes of all at that price', () => {
    const best = new ConsolidatedQuote(3)
    expect(best.condition).toBe('empty')
    best.update(0, 10, 12, 5, 5, 0)
    best.update(1, 11, 12, 3, 4, 0)
    best.update(2, 11, 13, 2, 1, 0)
    expect(best).toMatchObject({ bid: 11, bidSize: 5, bidSource: 1, ask: 12, askSize: 9, askSource: 0 })
    expect(best.condition).toBe('normal')
  })

  it('says whether it changed', () => {
    const best = new ConsolidatedQuote(2)
    expect(best.update(0, 10, 12, 1, 1, 0)).toBe(true)
    expect(best.update(0, 10, 12, 1, 1, 1)).toBe(false)
    expect(best.update(1, 9, 13, 1, 1, 2)).toBe(false)
    expect(best.update(1, 10, 13, 1, 1, 3)).toBe(true)
  })

  it('leaves out quotes that are old, crossed in themselves, or of a source that is down', () => {
    const best = new ConsolidatedQuote(2, 1_000)
    best.update(0, 10, 12, 1, 1, 0)
    best.update(1, 9, 13, 1, 1, second)
    expect(best.bid).toBe(10)
    expect(best.refresh(1.5 * second)).toBe(true)
    expect(best).toMatchObject({ bid: 9, ask: 13 })
    best.update(0, 20, 12, 1, 1, 1.5 * second)
    expect(best).toMatchObject({ bid: 9, ask: 13, crossedInSource: 1 })
    best.update(0, 10, 12, 1, 1, 1.6 * second)
    expect(best.setUp(0, false, 1.6 * second)).toBe(true)
    expect(best).toMatchObject({ bid: 9, ask: 13 })
    // What a source quoted before it went down does not come back with it.
    expect(best.setUp(0, true, 1.7 * second)).toBe(false)
  })

  it('names locked, crossed and one-sided markets', () => {
    const best = new ConsolidatedQuote(2)
    best.update(0, 10, 12, 1, 1, 0)
    best.update(1, 12, 14, 1, 1, 0)
    expect(best.condition).toBe('locked')
    best.update(1, 13, 14, 1, 1, 0)
    expect(best.condition).toBe('crossed')
    best.update(0, 10, Number.NaN, 1, Number.NaN, 0)
    best.update(1, 9, Number.NaN, 1, Number.NaN, 0)
    expect(best.condition).toBe('one-sided')
    expect(best.bid).toBe(10)
  })

  it.each([
    [0, 1],
    [65, 1],
    [2, 0],
    [2, Number.NaN],
  ])('refuses %d sources with an age of %d', (sources, maxAgeMs) => {
    expect(() => new ConsolidatedQuote(sources, maxAgeMs)).toThrow(/source|maxAgeMs/)
  })
})
