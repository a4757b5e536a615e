import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { SeededRandom } from './random.js'

const draw = (random: { next(): number }, count: number) => Array.from({ length: count }, () => random.next() * 2 ** 32)

describe('SeededRandom', () => {
  it('gives the same numbers for ever', () => {
    expect(draw(new SeededRandom(0), 4)).toEqual([4_216_505_632, 947_923_937, 2_491_578_854, 3_964_400_089])
    expect(draw(new SeededRandom(42), 4)).toEqual([1_251_167_922, 656_401_615, 478_193_053, 3_278_332_503])
    expect(draw(new SeededRandom(42).fork('IBM'), 4)).toEqual([3_481_168_810, 4_181_419_051, 44_586_605, 3_976_843_377])
    expect(new SeededRandom(42).normal()).toBe(-1.319798678625375)
  })

  it('tells all seeds apart: high bits, sign and neighbours count', () => {
    const seeds = [
      0,
      1,
      -1,
      2,
      2 ** 31,
      -(2 ** 31),
      2 ** 32,
      2 ** 32 + 1,
      -(2 ** 32),
      Number.MAX_SAFE_INTEGER,
      -Number.MAX_SAFE_INTEGER,
    ]
    const streams = new Set(seeds.map((seed) => draw(new SeededRandom(seed), 2).join()))
    expect(streams.size).toBe(seeds.length)
  })

  it('refuses a seed that is no safe integer, and a bound out of range', () => {
    for (const seed of [0.5, Number.NaN, 2 ** 53])
      expect(() => new SeededRandom(seed)).toThrow(/seed.*TW_INVALID_ARGUMENT/)
    const random = new SeededRandom(1)
    for (const bound of [0, -1, Number.NaN, 2 ** 32 + 1])
      expect(() => random.below(bound)).toThrow(/bound.*TW_INVALID_ARGUMENT/)
    expect(random.below(1)).toBe(0)
    expect(random.below(2 ** 32)).toBeLessThan(2 ** 32)
  })

  it('forks by label, whatever was drawn before, and never the same for two labels', () => {
    const parent = new SeededRandom(7)
    const before = draw(parent.fork('a'), 3)
    parent.next()
    expect(draw(parent.fork('a'), 3)).toEqual(before)
    const count = 20_000
    const streams = new Set<string>()
    for (let i = 0; i < count; i++) streams.add(draw(parent.fork(`instrument-${i}`), 2).join())
    for (let i = 0; i < 1_000; i++) streams.add(draw(parent.fork('a').fork(`instrument-${i}`), 2).join())
    for (let i = 0; i < 1_000; i++) streams.add(draw(new SeededRandom(i).fork('a'), 2).join())
    expect(streams.size).toBe(count + 2_000)
  })

  it('is uniform and independent enough to trust: chi-square within bounds, mean and deviation of normal', () => {
    const count = runs({ ci: 200_000, full: 5_000_000 })
    const random = new SeededRandom(20_240_102)
    const cells = 64
    const singles = new Float64Array(cells)
    const pairs = new Float64Array(cells)
    let previous = 0
    for (let i = 0; i < count; i++) {
      const cell = random.below(cells)
      singles[cell]!++
      pairs[(previous & 7) * 8 + (cell & 7)]!++
      previous = cell
    }
    const chiSquare = (observed: Float64Array) =>
      observed.reduce((sum, n) => sum + (n - count / cells) ** 2 / (count / cells), 0)
    // 63 degrees of freedom: beyond 120 less than once in 10^5 for a good generator, and the seed is fixed.
    expect(chiSquare(singles)).toBeLessThan(120)
    expect(chiSquare(pairs)).toBeLessThan(120)
    let sum = 0
    let squares = 0
    for (let i = 0; i < count; i++) {
      const value = random.normal()
      sum += value
      squares += value * value
    }
    expect(Math.abs(sum / count)).toBeLessThan(0.015)
    expect(Math.abs(squares / count - 1)).toBeLessThan(0.02)
  })

  it('decides chances', () => {
    const random = new SeededRandom(3)
    let hits = 0
    for (let i = 0; i < 10_000; i++) {
      expect(random.chance(0)).toBe(false)
      expect(random.chance(1)).toBe(true)
      if (random.chance(0.25)) hits++
    }
    expect(Math.abs(hits - 2_500)).toBeLessThan(250)
  })
})
