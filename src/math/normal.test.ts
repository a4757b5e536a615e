import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../core/random.js'
import { expOf, logOf } from './elementary.js'
import { chiSquareTail, erfc, NormalDraws, normalDensity, normalDistribution, normalQuantile } from './normal.js'
import { RunningStatistics } from './statistics.js'

const close = (actual: number, expected: number, relative = 1e-14) =>
  expect(Math.abs(actual - expected), `${actual} against ${expected}`).toBeLessThanOrEqual(
    Math.max(Math.abs(expected) * relative, 1e-300),
  )

describe('elementary functions', () => {
  it('agree with the platform to a few ulps over the whole range', () => {
    for (let x = -740; x <= 709; x += 0.37) if (x > -700) close(expOf(x), Math.exp(x), 3e-15)
    for (let e = -300; e <= 300; e += 7)
      for (const m of [1, 1.3, 1.41, 1.42, 1.999]) close(logOf(m * 10 ** e), Math.log(m * 10 ** e))
    for (const x of [0.5, 0.9, 1.0000001, 1.1, 2]) close(logOf(x), Math.log(x), 1e-15)
    expect(logOf(1)).toBe(0)
    expect(expOf(0)).toBe(1)
  })

  it('have the limits of the functions', () => {
    expect([expOf(710), expOf(-800), expOf(Number.NaN)]).toEqual([Number.POSITIVE_INFINITY, 0, Number.NaN])
    expect([logOf(0), logOf(-1), logOf(Number.NaN), logOf(Number.POSITIVE_INFINITY)]).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.NaN,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ])
    close(logOf(5e-324), Math.log(5e-324))
    expect(expOf(-744)).toBe(Math.exp(-744))
  })
})

describe('the normal distribution', () => {
  it('has the tabled values', () => {
    close(normalQuantile(0.95), 1.6448536269514722)
    close(normalQuantile(0.99), 2.3263478740408408)
    close(normalQuantile(0.975), 1.959963984540054)
    close(normalQuantile(1e-10), -6.361340902404056)
    close(normalDistribution(1), 0.8413447460685429)
    close(normalDensity(0), 0.3989422804014327)
    close(erfc(0.5), 0.4795001221869535)
    close(erfc(3), 2.209049699858544e-5)
    close(chiSquareTail(3.841458820694124), 0.05)
  })

  it('is symmetric and its quantile undoes it', () => {
    for (let p = 0.001; p < 1; p += 0.013) {
      close(normalDistribution(normalQuantile(p)), p, 1e-13)
      close(normalQuantile(1 - p) + 1, 1 - normalQuantile(p), 1e-12)
    }
  })

  it('has edges', () => {
    expect([normalQuantile(0), normalQuantile(1), normalQuantile(0.5)]).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      0,
    ])
    expect([normalQuantile(-0.1), normalQuantile(Number.NaN), normalQuantile(1.1)]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ])
    expect([erfc(30), erfc(-30), chiSquareTail(0), chiSquareTail(-1)]).toEqual([0, 2, 1, 1])
  })

  it('is drawn with its tails', () => {
    const draws = new NormalDraws(new SeededRandom(5))
    const statistics = new RunningStatistics()
    let beyond = 0
    for (let i = 0; i < 100_000; i++) {
      const value = draws.next()
      statistics.add(value)
      if (value < -2.3263478740408408) beyond++
    }
    expect(Math.abs(statistics.mean)).toBeLessThan(0.015)
    expect(Math.abs(statistics.standardDeviation - 1)).toBeLessThan(0.01)
    expect(Math.abs(beyond - 1_000)).toBeLessThan(130)
  })
})
