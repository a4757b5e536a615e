/** Margin, stress, backtests, windows and what is done about bad input: figures worked out by hand. */
import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../core/random.js'
import { concentrationOf } from './concentration.js'
import {
  correlationOf,
  covarianceFrom,
  covarianceOf,
  EwmaCovariance,
  meansOf,
  ReturnWindow,
  rowsOf,
} from './covariance.js'
import { maxDrawdown } from './drawdown.js'
import { countExceptions, kupiecTest } from './kupiec.js'
import { accountMargin, cashMargin, futuresMargin, regTMargin } from './margin.js'
import { choleskyOf, monteCarloRisk } from './monte-carlo.js'
import { incrementalRisk, portfolioRisk, simulatedProfits } from './portfolio-risk.js'
import { alignReturns, describeReturns, returnMatrix, simpleReturns } from './returns.js'
import { stressTest } from './stress.js'
import {
  cornishFisherRisk,
  ewmaRisk,
  historicalRisk,
  leastSample,
  normalRisk,
  parametricRisk,
} from './value-at-risk.js'

const invalid = { code: 'TW_INVALID_ARGUMENT' }
const tooFew = { code: 'TW_INSUFFICIENT_SAMPLE' }
const throwing = (act: () => unknown, what: object = invalid) => expect(act).toThrow(expect.objectContaining(what))

const long = { symbol: 'A', quantity: 100, marketValue: 10_000 }
const short = { symbol: 'B', quantity: -50, marketValue: -5_000 }

describe('margin', () => {
  it('of cash is all of what is bought, and never enough for what is short', () => {
    expect(cashMargin.margin(long)).toEqual({ initial: 10_000, maintenance: 10_000 })
    expect(accountMargin([long, short], cashMargin)).toEqual({
      initial: Number.POSITIVE_INFINITY,
      maintenance: Number.POSITIVE_INFINITY,
    })
    expect(accountMargin([], cashMargin)).toEqual({ initial: 0, maintenance: 0 })
  })

  it('by Reg T is 50 % and 25 % of long stock, 150 % and 130 % of short stock', () => {
    expect(regTMargin().margin(long)).toEqual({ initial: 5_000, maintenance: 2_500 })
    expect(regTMargin().margin(short)).toEqual({ initial: 7_500, maintenance: 6_500 })
    expect(accountMargin([long, short], regTMargin())).toEqual({ initial: 12_500, maintenance: 9_000 })
    const strict = regTMargin({ longInitial: 1, longMaintenance: 0.4, shortInitial: 2, shortMaintenance: 1.5 })
    expect(strict.rates).toEqual({ long: 1, short: 2 })
    expect(accountMargin([long, short], strict)).toEqual({ initial: 20_000, maintenance: 11_500 })
    for (const rate of [-0.1, 11, Number.NaN])
      throwing(() => regTMargin({ longInitial: rate }), { code: 'TW_INVALID_CONFIG' })
  })

  it('of futures is an amount a contract, whichever side, and unknown without one', () => {
    const model = futuresMargin({ ES: { initial: 13_200, maintenance: 12_000 } })
    const contracts = (symbol: string, quantity: number) => ({ symbol, quantity, marketValue: quantity * 250_000 })
    expect(model.margin(contracts('ES', 2))).toEqual({ initial: 26_400, maintenance: 24_000 })
    expect(model.margin(contracts('ES', -2))).toEqual({ initial: 26_400, maintenance: 24_000 })
    expect(model.margin(contracts('NQ', 1))).toBeUndefined()
    expect(accountMargin([contracts('ES', 1), contracts('NQ', 1)], model)).toBeUndefined()
    const all = futuresMargin({ '*': { initial: 100, maintenance: 90 } })
    expect(all.margin(contracts('NQ', 3))).toEqual({ initial: 300, maintenance: 270 })
    // A name that every object has is no contract.
    expect(model.margin(contracts('constructor', 1))).toBeUndefined()
    for (const bad of [
      { initial: -1, maintenance: 1 },
      { initial: 1, maintenance: Number.NaN },
    ])
      throwing(() => futuresMargin({ ES: bad }), { code: 'TW_INVALID_CONFIG' })
    throwing(() => futuresMargin({ ES: { initial: Number.POSITIVE_INFINITY, maintenance: 1 } }), {
      code: 'TW_INVALID_CONFIG',
    })
  })

  it('of an account with a value that is not known is not known', () => {
    expect(accountMargin([long, { ...short, marketValue: Number.NaN }], regTMargin())).toBeUndefined()
  })
})

describe('stress', () => {
  it('moves prices by symbol, the rest by *, and what is not named not at all', () => {
    const positions = [long, short]
    const [crash, turn] = stressTest(positions, [
      { name: 'crash', shocks: { A: -0.3, '*': -0.2 } },
      { name: 'turn', shocks: { B: 0.1 } },
    ])
    expect(crash).toEqual({
      name: 'crash',
      profit: -2_000,
      byPosition: [
        { symbol: 'A', profit: -3_000 },
        { symbol: 'B', profit: 1_000 },
      ],
    })
    expect(turn).toMatchObject({ profit: -500, byPosition: [{ profit: 0 }, { profit: -500 }] })
    expect(stressTest(positions, [{ name: 'zero', shocks: { '*': -1 } }])[0]?.profit).toBe(-5_000)
    throwing(() => stressTest(positions, [{ name: 'x', shocks: { A: -1.01 } }]))
    throwing(() => stressTest(positions, [{ name: 'x', shocks: { A: Number.NaN } }]))
    throwing(() => stressTest([{ symbol: 'A', marketValue: Number.NaN }], [{ name: 'x', shocks: {} }]))
  })
})

describe('a backtest', () => {
  it('counts losses beyond the figure of their day, at the figure none', () => {
    expect(countExceptions([-0.03, -0.02, -0.019, 0.5], [0.02, 0.02, 0.02, 0.02])).toBe(1)
    throwing(() => countExceptions([-0.03, -0.02], [0.02]))
    throwing(() => countExceptions([Number.NaN], [0.02]))
    throwing(() => countExceptions([-0.03], [Number.NaN]))
  })

  it('without an exception, and with nothing else, is decided too', () => {
    // -2 ln(0.99^250) and -2 ln(0.01^5).
    expect(kupiecTest({ observations: 250, exceptions: 0, confidence: 0.99 }).likelihoodRatio).toBeCloseTo(5.02517, 4)
    expect(kupiecTest({ observations: 5, exceptions: 5, confidence: 0.99 }).likelihoodRatio).toBeCloseTo(46.0517, 3)
    const test = { observations: 250, exceptions: 7, confidence: 0.99 }
    expect(kupiecTest(test).isRejected).toBe(true)
    expect(kupiecTest({ ...test, significance: 0.01 }).isRejected).toBe(false)
    for (const bad of [{ observations: 0 }, { observations: 1.5 }, { exceptions: -1 }, { exceptions: 251 }])
      throwing(() => kupiecTest({ ...test, ...bad }))
    for (const bad of [{ exceptions: 0.5 }, { significance: 0 }, { significance: Number.NaN }, { confidence: 1 }])
      throwing(() => kupiecTest({ ...test, ...bad }))
  })
})

describe('returns', () => {
  const a = [100, Number.NaN, 110, 121]
  const b = [50, 51, 52, 51]

  it('with a missing price are an error, leave the day out, or carry the last price on, as asked', () => {
    throwing(() => alignReturns([a, b]))
    throwing(() => alignReturns([a, b], 'error'))
    const dropped = alignReturns([a, b], 'drop')
    expect([dropped.days, dropped.assets]).toEqual([2, 2])
    expect(dropped.values[0]).toBeCloseTo(0.1, 12)
    expect(dropped.values[1]).toBeCloseTo(0.04, 12)
    const carried = alignReturns([a, b], 'carry')
    expect([carried.days, carried.values[0]]).toEqual([3, 0])
    expect(carried.values[1]).toBeCloseTo(0.02, 12)
    expect(carried.values[2]).toBeCloseTo(0.1, 12)
    throwing(() => alignReturns([[Number.NaN, 1], b.slice(0, 2)], 'carry'))
    throwing(() => alignReturns([a, b.slice(1)]))
    expect(alignReturns([])).toMatchObject({ assets: 0, days: 0 })
  })

  it('are refused where they are no numbers', () => {
    for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) throwing(() => simpleReturns([1, bad]))
    expect(simpleReturns([])).toHaveLength(0)
    throwing(() => returnMatrix([[1, 2], [1]]))
    throwing(() => returnMatrix([[1, Number.NaN]]))
    expect(returnMatrix([])).toMatchObject({ assets: 0, days: 0 })
    throwing(() => describeReturns([1, Number.NaN]))
    expect(describeReturns([0.1])).toMatchObject({ count: 1, sampleDeviation: Number.NaN })
  })
})

describe('covariance', () => {
  const days = Array.from({ length: 40 }, (_, day) => [((day * 7) % 5) / 100, ((day * 3) % 11) / 100 - 0.05])

  it('kept up day by day is that of the days in the window', () => {
    const window = new ReturnWindow(2, 16)
    throwing(() => window.covariance(), tooFew)
    for (const [i, day] of days.entries()) {
      window.add(day)
      const inside = days.slice(Math.max(0, i - 15), i + 1)
      expect(window.days).toBe(inside.length)
      expect([...window.returns().values]).toEqual(inside.flat())
      if (inside.length < 2) continue
      const expected = covarianceOf(returnMatrix(inside)).values
      for (const [at, value] of window.covariance().values.entries())
        expect(value).toBeCloseTo(expected[at] as number, 15)
    }
    throwing(() => window.add([1]))
    throwing(() => window.add([1, Number.NaN]))
    for (const bad of [1, 2.5]) throwing(() => new ReturnWindow(2, bad))
  })

  it('needs days, and takes n or n - 1', () => {
    throwing(() => covarianceOf(returnMatrix(days.slice(0, 1))), tooFew)
    const matrix = returnMatrix(days)
    const [sample, population] = [covarianceOf(matrix), covarianceOf(matrix, 'population')]
    expect(population.values[1]).toBeCloseTo(((sample.values[1] as number) * 39) / 40, 15)
    throwing(() => new EwmaCovariance(2).covariance(), tooFew)
    for (const lambda of [0, 1, Number.NaN]) throwing(() => new EwmaCovariance(2, lambda))
    const running = new EwmaCovariance(1, 0.5)
    running.add([0.2])
    running.add([0.4])
    expect(running.covariance().values[0]).toBeCloseTo(0.5 * 0.04 + 0.5 * 0.16, 15)
  })

  it('is made of deviations and correlations that are some', () => {
    const made = covarianceFrom(
      [0.1, 0.2],
      [
        [1, 0.5],
        [0.5, 1],
      ],
    )
    expect(
      rowsOf(made)
        .flat()
        .map((value) => Math.round(value * 1e12) / 1e12),
    ).toEqual([0.01, 0.01, 0.01, 0.04])
    expect(correlationOf(made).values[1]).toBeCloseTo(0.5, 12)
    expect(correlationOf(covarianceFrom([0], [[1]])).values[0]).toBeNaN()
    throwing(() => covarianceFrom([0.1, 0.2], [[1, 0.5]]))
    throwing(() => covarianceFrom([0.1], [[1, 0.5]]))
    for (const bad of [-0.1, Number.NaN, Number.POSITIVE_INFINITY]) throwing(() => covarianceFrom([bad], [[1]]))
    for (const bad of [1.1, Number.NaN]) throwing(() => covarianceFrom([0.1], [[bad]]))
  })
})

describe('risk of a portfolio', () => {
  const covariance = covarianceFrom(
    [0.1, 0.2],
    [
      [1, 0],
      [0, 1],
    ],
  )

  it('rises and falls with a trade', () => {
    // Deviations: 10 of the first alone, sqrt(100 + 400) with 100 of the second.
    expect(incrementalRisk([100, 0], [0, 100], covariance, { z: 2 })).toBeCloseTo(2 * (Math.sqrt(500) - 10), 10)
    expect(incrementalRisk([100, 0], [-100, 0], covariance, { z: 2 })).toBeCloseTo(-20, 10)
    expect(portfolioRisk([0, 0], covariance, { z: 2 })).toMatchObject({ valueAtRisk: 0, component: [0, 0] })
    const { marginal } = portfolioRisk([100, 0], covariance, { z: 2, means: [0.01, 0] })
    expect(marginal[0]).toBeCloseTo(0.2 - 0.01, 12)
  })

  it('is not computed from what does not fit or is missing', () => {
    throwing(() => portfolioRisk([1, 2], covariance, {}))
    throwing(() => portfolioRisk([1, 2], covariance, { z: Number.NaN }))
    throwing(() => portfolioRisk([1], covariance, { z: 2 }))
    throwing(() => portfolioRisk([1, Number.NaN], covariance, { z: 2 }))
    throwing(() => portfolioRisk([1, 2], covariance, { z: 2, means: [1] }))
    throwing(() => portfolioRisk([1, 2], covariance, { z: 2, means: [1, Number.NaN] }))
    throwing(() => incrementalRisk([1, 2], [1], covariance, { z: 2 }))
    throwing(() => simulatedProfits([1], returnMatrix([[1, 2]])))
    throwing(() => concentrationOf([1, Number.NaN]))
    expect(concentrationOf([]).hhi).toBeNaN()
    expect(concentrationOf([0, 0]).effectiveCount).toBeNaN()
  })

  it('by simulation has a flat direction, and refuses what is no covariance', () => {
    const alike = covarianceFrom(
      [0.1, 0.1],
      [
        [1, 1],
        [1, 1],
      ],
    )
    expect([...choleskyOf(alike)].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([0.1, 0, 0.1, 0])
    const flat = covarianceFrom(
      [0, 0.1],
      [
        [1, 0.5],
        [0.5, 1],
      ],
    )
    expect([...choleskyOf(flat)]).toEqual([0, 0, 0, 0.1])
    // What offsets in full cannot lose.
    expect(monteCarloRisk([100, -100], alike, { confidence: 0.95, draws: 1_000 }).valueAtRisk).toBeCloseTo(0, 9)
    throwing(() => choleskyOf({ size: 2, values: new Float64Array([1, 2, 2, 1]) }))
    for (const draws of [0, 1.5, 100_000_001])
      throwing(() => monteCarloRisk([1, 1], covariance, { confidence: 0.95, draws }))
    throwing(() => monteCarloRisk([1, 1], covariance, { confidence: 0.95, draws: 10 }), tooFew)
    throwing(() => monteCarloRisk([1, 1], covariance, { confidence: 0.95, means: [1] }))
    const sure = monteCarloRisk([1], covarianceFrom([0], [[1]]), { confidence: 0.95, draws: 100, means: [0.5] })
    expect(sure).toEqual({ valueAtRisk: -0.5, expectedShortfall: -0.5 })
  })
})

describe('value at risk', () => {
  it('needs enough returns, numbers and a confidence', () => {
    expect([0.95, 0.99, 0.5].map(leastSample)).toEqual([20, 100, 2])
    const twenty = Array.from({ length: 20 }, (_, i) => (i - 5) / 100)
    throwing(() => historicalRisk(twenty.slice(1), 0.95), tooFew)
    expect(historicalRisk(twenty, 0.95).expectedShortfall).toBeCloseTo(0.05, 12)
    throwing(() => historicalRisk([...twenty, Number.NaN], 0.95))
    throwing(() => historicalRisk([...twenty, Number.NEGATIVE_INFINITY], 0.95))
    // 30 returns: one and a half of them are the worst twentieth.
    const thirty = Array.from({ length: 30 }, (_, i) => i / 100)
    expect(historicalRisk(thirty, 0.95).expectedShortfall).toBeCloseTo(-(0 + 0.5 * 0.01) / 1.5, 12)
    // Nothing lies below the quantile of returns that are all alike.
    expect(historicalRisk(new Float64Array(20).fill(-0.01), 0.95).tailMean).toBe(0.01)
    for (const confidence of [0.49, 1, Number.NaN]) throwing(() => normalRisk(0, 1, confidence))
  })

  it('by parameters refuses horizons, weights and samples that are none', () => {
    throwing(() => parametricRisk([0.1, 0.2], { confidence: 0.95, horizonDays: 0 }))
    throwing(() => parametricRisk([0.1], { confidence: 0.95 }), tooFew)
    throwing(() => ewmaRisk([], { confidence: 0.95 }), tooFew)
    throwing(() => ewmaRisk([0.1], { confidence: 0.95, lambda: 1 }))
    throwing(() => cornishFisherRisk([0.1, 0.1, 0.1], 0.95), tooFew)
    throwing(() => cornishFisherRisk([0.1, 0.1, 0.1, 0.1], 0.95), tooFew)
  })

  it('of a long list of normal returns is the same by every method, about', () => {
    const random = new SeededRandom(5)
    const returns = Float64Array.from({ length: 5_000 }, () => {
      let sum = -6
      for (let i = 0; i < 12; i++) sum += random.next()
      return sum / 100
    })
    const all = [
      historicalRisk(returns, 0.95).valueAtRisk,
      parametricRisk(returns, { confidence: 0.95 }).valueAtRisk,
      cornishFisherRisk(returns, 0.95).valueAtRisk,
    ]
    for (const value of all) expect(value).toBeCloseTo(0.01645, 3)
    expect(meansOf(returnMatrix([...returns].map((value) => [value])))[0]).toBeCloseTo(0, 3)
  })
})

describe('drawdown', () => {
  it('is that of the deepest fall, refuses what has no share, and is 0 where nothing fell', () => {
    expect(maxDrawdown([100, 80, 100, 120, 60, 119])).toEqual({
      maxDrawdown: 0.5,
      absolute: 60,
      peakIndex: 3,
      troughIndex: 4,
      recoveryIndex: null,
    })
    expect(maxDrawdown([1, 2, 3]).maxDrawdown).toBe(0)
    throwing(() => maxDrawdown([]))
    for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) throwing(() => maxDrawdown([1, bad]))
  })
})
