/** Every reference case of value at risk found in the cases folder, through the public API. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { describeShared, sharedFiles } from '../../../test/support/shared.js'
import type { TradewireError } from '../../core/errors.js'
import { logOf } from '../../math/elementary.js'
import * as risk from '../index.js'

// biome-ignore lint/suspicious/noExplicitAny: the fields depend on the kind of case.
type Fields = Record<string, any>

interface Case {
  id: string
  inputs: Fields & { kind: string }
  expected: Fields
  tolerance: { rel?: number; abs?: number; absVar?: number; absEs?: number; seedReproducible?: boolean }
}

interface File {
  topic: string
  cases: Case[]
}

const files = sharedFiles('cases', '', /\.json$/)
  .map((path) => JSON.parse(readFileSync(path, 'utf8')) as File)
  .filter((file) => file.topic === 'var')

/** Results of a case under the names of the cases. */
function solve({ inputs }: Case, cases: readonly Case[]): Fields {
  const { confidence } = inputs
  const source =
    inputs.seriesRef === undefined ? inputs : (cases.find(({ id }) => id === inputs.seriesRef) as Case).inputs
  const returns = () =>
    Array.isArray(source.returns) ? Float64Array.from(source.returns) : risk.simpleReturns(source.closes)
  switch (inputs.kind) {
    case 'series': {
      const values = returns()
      const { mean, sampleDeviation, min, max } = risk.describeReturns(values)
      const closes = source.closes as number[]
      const lastLogReturn = logOf((closes.at(-1) as number) / (closes.at(-2) as number))
      return { mean, sdSample: sampleDeviation, min, max, lastLogReturn }
    }
    case 'historical':
      return historicalNames(risk.historicalRisk(returns(), confidence))
    case 'parametric': {
      const sample = risk.parametricRisk(returns(), { confidence })
      const population = risk.parametricRisk(returns(), { confidence, deviation: 'population' })
      return {
        mean: sample.mean,
        sdSample: sample.deviation,
        sdPopulation: population.deviation,
        z: sample.z,
        varSample: sample.valueAtRisk,
        varZeroMean: risk.parametricRisk(returns(), { confidence, zeroMean: true }).valueAtRisk,
        varPopulation: population.valueAtRisk,
        esSample: sample.expectedShortfall,
        esPopulation: population.expectedShortfall,
      }
    }
    case 'cornishFisher': {
      const found = risk.cornishFisherRisk(returns(), confidence)
      return {
        skewPopulation: found.skewness,
        excessKurtosisPopulation: found.excessKurtosis,
        zCornishFisher: found.z,
        varPopulation: found.valueAtRisk,
      }
    }
    case 'ewma': {
      const options = { confidence, lambda: inputs.lambda_ }
      const recursive = risk.ewmaRisk(returns(), options)
      const weighted = risk.ewmaRisk(returns(), { ...options, weighting: 'normalised' })
      return {
        varianceRecursiveSeedR1sq: recursive.variance,
        sigma: recursive.deviation,
        var: recursive.valueAtRisk,
        varianceWeightedNormalised: weighted.variance,
        sigmaWeighted: weighted.deviation,
        varWeighted: weighted.valueAtRisk,
      }
    }
    case 'scaling':
      return {
        var: risk.parametricRisk(returns(), { confidence, zeroMean: true, horizonDays: inputs.horizonDays })
          .valueAtRisk,
      }
    case 'maxDrawdown':
      return { ...risk.maxDrawdown(source.closes) }
    case 'portfolio':
      return portfolio(inputs)
    case 'monteCarlo':
      return monteCarlo(inputs, cases)
    case 'performanceAnalytics': {
      const options = { confidence, deviation: 'population' } as const
      const gaussian = risk.parametricRisk(returns(), options)
      const historical = risk.historicalRisk(returns(), confidence)
      return {
        gaussianVarPopulation: gaussian.valueAtRisk,
        gaussianEsPopulation: gaussian.expectedShortfall,
        modifiedVar: risk.cornishFisherRisk(returns(), confidence).valueAtRisk,
        historicalVarType7: historical.valueAtRisk,
        historicalEsTailMean: historical.tailMean,
      }
    }
    case 'componentGaussian': {
      const matrix = risk.returnMatrix(inputs.returns)
      const found = risk.portfolioRisk(inputs.weights, risk.covarianceOf(matrix), {
        confidence,
        means: risk.meansOf(matrix),
      })
      const contribution = found.component
      return { var: found.valueAtRisk, contribution, pct: contribution.map((each) => each / found.valueAtRisk) }
    }
    case 'covarianceInput': {
      const found = risk.portfolioRisk(inputs.values, risk.covarianceFrom(inputs.vols, inputs.corr), { z: inputs.z })
      return {
        portfolioVar: found.valueAtRisk,
        individual: found.individual,
        undiversified: found.undiversified,
        component: found.component,
      }
    }
    case 'hhi': {
      const { hhi, effectiveCount, topWeight } = risk.concentrationOf(inputs.marketValues)
      return { hhi, effectiveN: effectiveCount, topWeight }
    }
    case 'kupiec': {
      const { n, exceptions } = inputs
      const found = risk.kupiecTest({ observations: n, exceptions, confidence })
      return { lr: found.likelihoodRatio, pValue: found.pValue, reject95: found.isRejected }
    }
    default:
      throw new Error(`unknown kind ${inputs.kind}`)
  }
}

function historicalNames(found: risk.HistoricalRisk): Fields {
  return {
    varType7: found.valueAtRisk,
    varLowerOrderStat: found.lowerOrderStatistic,
    esTailMean: found.tailMean,
    esRockafellarUryasev: found.expectedShortfall,
  }
}

function exposuresOf({ symbols, closes, positions }: Fields): number[] {
  return symbols.map((symbol: string) => positions[symbol] * closes[symbol].at(-1))
}

function matrixOf({ symbols, closes }: Fields): risk.ReturnMatrix {
  return risk.alignReturns(symbols.map((symbol: string) => closes[symbol]))
}

function portfolio(inputs: Fields): Fields {
  const { confidence } = inputs
  const exposures = exposuresOf(inputs)
  const matrix = matrixOf(inputs)
  const covariance = risk.covarianceOf(matrix)
  const found = risk.portfolioRisk(exposures, covariance, { confidence })
  const ewma = risk.portfolioRisk(exposures, risk.ewmaCovarianceOf(matrix), { confidence })
  const { hhi, effectiveCount, topWeight, gross, net } = risk.concentrationOf(exposures)
  return {
    marketValues: exposures,
    gross,
    net,
    cov: risk.rowsOf(covariance),
    corr: risk.rowsOf(risk.correlationOf(covariance)),
    sigmaPnl: found.deviation,
    parametricVar: found.valueAtRisk,
    undiversifiedVar: found.undiversified,
    componentVar: found.component,
    componentSum: found.component.reduce((sum, each) => sum + each, 0),
    marginalVarPerDollar: found.marginal,
    historicalSimulation: historicalNames(risk.historicalRisk(risk.simulatedProfits(exposures, matrix), confidence)),
    ewmaSigmaPnl: ewma.deviation,
    ewmaVar: ewma.valueAtRisk,
    hhi,
    effectiveN: effectiveCount,
    topWeight,
  }
}

function monteCarlo({ confidence, nsim, portfolioRef }: Fields, cases: readonly Case[]): Fields {
  const { inputs } = cases.find(({ id }) => id === portfolioRef) as Case
  const options = { confidence, draws: nsim, seed: 7 }
  const covariance = risk.covarianceOf(matrixOf(inputs))
  const found = risk.monteCarloRisk(exposuresOf(inputs), covariance, options)
  expect(risk.monteCarloRisk(exposuresOf(inputs), covariance, options)).toEqual(found)
  expect(risk.monteCarloRisk(exposuresOf(inputs), covariance, { ...options, seed: 8 })).not.toEqual(found)
  return { var: found.valueAtRisk, es: found.expectedShortfall }
}

function check(actual: unknown, expected: unknown, test: Case, path: string): void {
  if (typeof expected === 'object' && expected !== null) {
    for (const [key, value] of Object.entries(expected))
      check((actual as Record<string, unknown>)[key], value, test, `${path}.${key}`)
    return
  }
  if (typeof expected !== 'number') {
    expect(actual, path).toBe(expected)
    return
  }
  const { tolerance } = test
  const bound =
    (path === 'var' ? tolerance.absVar : path === 'es' ? tolerance.absEs : undefined) ??
    tolerance.abs ??
    Math.abs(expected) * (tolerance.rel as number)
  expect(
    Math.abs((actual as number) - expected),
    `${test.id} ${path}: ${actual} against ${expected}`,
  ).toBeLessThanOrEqual(bound)
}

describeShared('reference cases of value at risk', 'cases', () => {
  it('are found', () => expect(files.length).toBeGreaterThan(0))
  for (const { cases } of files)
    for (const test of cases)
      it(test.id, () => {
        if (test.expected.error !== undefined) {
          const thrown = (() => {
            try {
              return solve(test, cases)
            } catch (error) {
              return error
            }
          })() as TradewireError
          expect(thrown.details?.reason).toBe(test.expected.error)
          return
        }
        const found = solve(test, cases)
        for (const [name, value] of Object.entries(test.expected)) check(found[name], value, test, name)
      })
})
