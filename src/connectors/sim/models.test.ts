import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../core/random.js'
import { Instrument } from '../../model/instrument.js'
import { testShare } from '../../testing/builders.js'
import { constantLatency, normalLatency, recordedLatency, uniformLatency } from './latency.js'
import { fixedSlippage, randomSlippage, sizeSlippage } from './slippage.js'

describe('latency models', () => {
  const random = new SeededRandom(1)

  it('are constant, spread or recorded', () => {
    expect(constantLatency(2.5)(0, random)).toBe(2_500_000)
    const normal = normalLatency({ meanMs: 5, deviationMs: 2, minMs: 1 })
    const draws = Array.from({ length: 2_000 }, () => normal(0, random))
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(1_000_000)
    expect(draws.reduce((a, b) => a + b) / draws.length).toBeCloseTo(5_000_000, -6)
    const uniform = uniformLatency({ minMs: 1, maxMs: 3 })
    for (let i = 0; i < 100; i++) expect(Math.abs(uniform(0, random) - 2_000_000)).toBeLessThanOrEqual(1_000_000)
  })

  it('interpolate between recorded rows', () => {
    const model = recordedLatency([
      { tsUs: 2_000, delayMs: 20 },
      { tsUs: 1_000, delayMs: 10 },
      { tsUs: 4_000, delayMs: 0 },
    ])
    expect([0, 1_000, 1_500, 2_000, 3_000, 9_000].map((tsUs) => model(tsUs, random) / 1_000_000)).toEqual([
      10, 10, 15, 20, 10, 0,
    ])
  })

  it('refuse what makes no sense', () => {
    for (const make of [
      () => constantLatency(-1),
      () => uniformLatency({ minMs: 2, maxMs: 1 }),
      () => recordedLatency([]),
      () => normalLatency({ meanMs: Number.NaN, deviationMs: 0 }),
    ]) {
      expect(make).toThrow('TW_INVALID_CONFIG')
    }
  })
})

describe('slippage models', () => {
  const instrument = new Instrument(testShare, 0)
  const context = {
    instrument,
    sideSign: 1,
    quantityUnits: 500,
    shownUnits: 1_000,
    priceUnits: instrument.priceUnits('100'),
    random: new SeededRandom(3),
  }

  it('count price steps', () => {
    expect(fixedSlippage(2)(context)).toBe(2)
    expect(sizeSlippage({ impact: 0.001 })(context)).toBe(3)
    expect(sizeSlippage({ impact: 0.001 })({ ...context, shownUnits: Number.POSITIVE_INFINITY })).toBe(0)
    const half = randomSlippage({ probability: 0.5 })
    const slipped = Array.from({ length: 1_000 }, () => half(context)).reduce((a, b) => a + b)
    expect(slipped).toBeGreaterThan(400)
    expect(slipped).toBeLessThan(600)
    expect(() => fixedSlippage(0.5)).toThrow('TW_INVALID_CONFIG')
    expect(() => randomSlippage({ probability: 2 })).toThrow('TW_INVALID_CONFIG')
  })
})
