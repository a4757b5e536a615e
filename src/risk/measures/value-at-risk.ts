/**
 * Value at risk and expected shortfall of one series of returns or profits. Both are losses: positive numbers, in the unit
 * of what goes in. They may come out negative where even the bad days gained; limits take max(0, VaR).
 *
 *   historical      the quantile of what happened (type 7), and the mean of the worst part (Rockafellar and Uryasev, 2000)
 *   parametric      normal with the sample's mean and deviation
 *   Cornish-Fisher  the normal quantile bent by skewness and kurtosis ("modified VaR")
 *   EWMA            normal with mean 0 and an exponentially weighted variance (RiskMetrics)
 */
import { TradewireError } from '../../core/errors.js'
import { normalDensity, normalQuantile } from '../../math/normal.js'
import { quantileOfSorted } from '../../math/statistics.js'
import { describeReturns } from './returns.js'

/** Loss figures of one method. */
export interface ValueAtRisk {
  /** Loss that is not passed with the given confidence. */
  valueAtRisk: number
  /** Mean loss of the days beyond it. */
  expectedShortfall: number
}

/** The historical method, with the variants other systems report. */
export interface HistoricalRisk extends ValueAtRisk {
  /** The return at index floor((n - 1)(1 - c)) of the sorted list, without interpolation. */
  lowerOrderStatistic: number
  /** Mean of the returns strictly below the quantile. Jumps where (n - 1)(1 - c) is a whole number: for comparison only. */
  tailMean: number
}

/** @throws TradewireError `TW_INVALID_ARGUMENT` unless 0.5 <= confidence < 1. */
export function requireConfidence(confidence: number): void {
  if (!(confidence >= 0.5 && confidence < 1))
    throw new TradewireError('TW_INVALID_ARGUMENT', `confidence must be from 0.5 to below 1, got ${confidence}`)
}

/** 1 - confidence as the decimal it is meant as: 1 - 0.95 is a twentieth, and its double is not. */
export function tailOf(confidence: number): number {
  return Math.round((1 - confidence) * 1e12) / 1e12
}

/** The fewest returns that historical value at risk is computed from: at least one of them lies beyond it. */
export function leastSample(confidence: number): number {
  requireConfidence(confidence)
  return Math.ceil(1 / tailOf(confidence) - 1e-9)
}

/**
 * Historical value at risk and expected shortfall.
 *
 * @throws TradewireError `TW_INSUFFICIENT_SAMPLE` (details.reason `INSUFFICIENT_SAMPLE`) below ceil(1 / (1 - c)) returns;
 * `TW_INVALID_ARGUMENT` for a return that is no number.
 */
export function historicalRisk(returns: ArrayLike<number>, confidence: number): HistoricalRisk {
  const minimum = leastSample(confidence)
  const count = returns.length
  if (count < minimum)
    throw new TradewireError(
      'TW_INSUFFICIENT_SAMPLE',
      `Historical value at risk at ${confidence} needs at least ${minimum} returns, got ${count}`,
      { details: { reason: 'INSUFFICIENT_SAMPLE', minimum, count } },
    )
  const sorted = Float64Array.from(returns).sort()
  // NaN sorts to the end.
  if (!Number.isFinite(sorted[0]) || !Number.isFinite(sorted[count - 1]))
    throw new TradewireError('TW_INVALID_ARGUMENT', 'returns must all be numbers')
  const tail = tailOf(confidence)
  const quantile = quantileOfSorted(sorted, tail)
  const below = Math.floor((count - 1) * tail + 1e-9)
  return {
    valueAtRisk: -quantile,
    expectedShortfall: expectedShortfallOfSorted(sorted, tail),
    lowerOrderStatistic: -sorted[below],
    tailMean: tailMean(sorted, quantile),
  }
}

/** Mean of the worst `tail` of the days; the day on the edge counts with its share. */
function expectedShortfallOfSorted(sorted: Float64Array, tail: number): number {
  const wanted = sorted.length * tail
  const whole = Math.floor(wanted)
  let sum = 0
  for (let i = 0; i < whole; i++) sum += sorted[i]
  const rest = wanted - whole
  if (rest > 0) sum += rest * sorted[whole]
  return -sum / wanted
}

/** Mean of what lies strictly below the quantile; where nothing does, the quantile. */
function tailMean(sorted: Float64Array, quantile: number): number {
  let sum = 0
  let count = 0
  for (; count < sorted.length && sorted[count] < quantile; count++) sum += sorted[count]
  return count === 0 ? -quantile : -sum / count
}

/** How deviation and mean of a parametric method are taken. */
export interface ParametricOptions {
  confidence: number
  /** Deviation with n - 1 (`sample`, the default) or with n. */
  deviation?: 'sample' | 'population'
  /** Take the mean for 0. */
  zeroMean?: boolean
  /** Days ahead, by the square root of time; 1 unless given. */
  horizonDays?: number
}

/** A parametric figure and what it was made of. */
export interface ParametricRisk extends ValueAtRisk {
  mean: number
  deviation: number
  /** Quantile of the normal distribution at the confidence. */
  z: number
}

/** Normal value at risk and expected shortfall of known mean and deviation. */
export function normalRisk(mean: number, deviation: number, confidence: number): ParametricRisk {
  requireConfidence(confidence)
  const tail = tailOf(confidence)
  const z = -normalQuantile(tail)
  return {
    mean,
    deviation,
    z,
    valueAtRisk: z * deviation - mean,
    expectedShortfall: (deviation * normalDensity(z)) / tail - mean,
  }
}

/** Normal value at risk and expected shortfall. @throws TradewireError `TW_INSUFFICIENT_SAMPLE` below two returns. */
export function parametricRisk(returns: ArrayLike<number>, options: ParametricOptions): ParametricRisk {
  const { confidence, deviation = 'sample', zeroMean = false, horizonDays = 1 } = options
  requireSample(returns, 2)
  if (!(horizonDays > 0))
    throw new TradewireError('TW_INVALID_ARGUMENT', `horizonDays must be above 0, got ${horizonDays}`)
  const found = describeReturns(returns)
  const spread = deviation === 'sample' ? found.sampleDeviation : found.populationDeviation
  return normalRisk(zeroMean ? 0 : found.mean * horizonDays, spread * Math.sqrt(horizonDays), confidence)
}

/** Modified value at risk. */
export interface CornishFisherRisk {
  valueAtRisk: number
  skewness: number
  excessKurtosis: number
  /** The bent quantile of gains (below 0). */
  z: number
  /** Whether larger confidence means larger loss at every confidence. Where it does not, the figure is not to be relied on. */
  isMonotone: boolean
}

/** Modified value at risk with population moments. @throws TradewireError `TW_INSUFFICIENT_SAMPLE` below four returns, or when they are all alike. */
export function cornishFisherRisk(returns: ArrayLike<number>, confidence: number): CornishFisherRisk {
  requireConfidence(confidence)
  requireSample(returns, 4)
  const { mean, populationDeviation, skewness, excessKurtosis } = describeReturns(returns)
  if (!(populationDeviation > 0))
    throw insufficient('Modified value at risk needs returns that differ', 4, returns.length)
  const q = normalQuantile(tailOf(confidence))
  const z =
    q +
    ((q * q - 1) * skewness) / 6 +
    ((q * q * q - 3 * q) * excessKurtosis) / 24 -
    ((2 * q * q * q - 5 * q) * skewness * skewness) / 36
  return {
    valueAtRisk: -(mean + z * populationDeviation),
    skewness,
    excessKurtosis,
    z,
    isMonotone: isMonotone(skewness, excessKurtosis),
  }
}

/** Whether the derivative of the bent quantile, a quadratic in z, is nowhere negative. */
function isMonotone(skewness: number, excessKurtosis: number): boolean {
  const square = excessKurtosis / 8 - (skewness * skewness) / 6
  const linear = skewness / 3
  const constant = 1 - excessKurtosis / 8 + (5 * skewness * skewness) / 36
  return square >= 0 && constant >= 0 && linear * linear <= 4 * square * constant
}

/** How returns are weighted by age. */
export interface EwmaOptions {
  confidence: number
  /** Weight kept from day to day; 0.94 unless given. */
  lambda?: number
  /** `recursive` starts from the first squared return (the default); `normalised` weights all returns and divides by the sum of weights. */
  weighting?: 'recursive' | 'normalised'
}

/** EWMA value at risk with mean 0. */
export interface EwmaRisk extends ValueAtRisk {
  variance: number
  deviation: number
}

/** Exponentially weighted value at risk. @throws TradewireError `TW_INVALID_ARGUMENT` unless 0 < lambda < 1. */
export function ewmaRisk(returns: ArrayLike<number>, options: EwmaOptions): EwmaRisk {
  const { confidence, lambda = 0.94, weighting = 'recursive' } = options
  requireLambda(lambda)
  requireSample(returns, 1)
  describeReturns(returns)
  let variance = weighting === 'recursive' ? returns[0] * returns[0] : 0
  let weights = 0
  if (weighting === 'recursive')
    for (let i = 1; i < returns.length; i++) variance = lambda * variance + (1 - lambda) * returns[i] * returns[i]
  else {
    for (let i = 0; i < returns.length; i++) {
      variance = lambda * variance + returns[i] * returns[i]
      weights = lambda * weights + 1
    }
    variance /= weights
  }
  const { valueAtRisk, expectedShortfall, deviation } = normalRisk(0, Math.sqrt(variance), confidence)
  return { variance, deviation, valueAtRisk, expectedShortfall }
}

/** @throws TradewireError `TW_INVALID_ARGUMENT` unless 0 < lambda < 1. */
export function requireLambda(lambda: number): void {
  if (!(lambda > 0 && lambda < 1))
    throw new TradewireError('TW_INVALID_ARGUMENT', `lambda must lie between 0 and 1, got ${lambda}`)
}

function requireSample(returns: ArrayLike<number>, minimum: number): void {
  if (returns.length < minimum) throw insufficient(`At least ${minimum} returns are needed`, minimum, returns.length)
}

function insufficient(problem: string, minimum: number, count: number): TradewireError {
  return new TradewireError('TW_INSUFFICIENT_SAMPLE', `${problem}, got ${count}`, {
    details: { reason: 'INSUFFICIENT_SAMPLE', minimum, count },
  })
}
