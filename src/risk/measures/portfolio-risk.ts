/**
 * Value at risk of a portfolio: as a whole, by position, and of a trade before it is made. Exposures are market values in
 * one currency, signed; results are in the same currency.
 */
import { TradewireError } from '../../core/errors.js'
import type { SquareMatrix } from './covariance.js'
import type { ReturnMatrix } from './returns.js'
import { normalRisk, type ValueAtRisk } from './value-at-risk.js'

/** Parametric risk of a portfolio. */
export interface PortfolioRisk extends ValueAtRisk {
  /** Deviation of the profit of a day. */
  deviation: number
  z: number
  /** Each position by itself. */
  individual: number[]
  /** Sum of {@link individual}: what the portfolio would risk if everything fell together. */
  undiversified: number
  /** What each position adds; they sum up to the value at risk. */
  component: number[]
  /** Change of value at risk for one unit of currency more of a position. */
  marginal: number[]
}

/** How parametric risk is computed. */
export interface PortfolioRiskOptions {
  /** Either a confidence, */
  confidence?: number
  /** or the number of deviations. */
  z?: number
  /** Mean return of each position; 0 unless given. */
  means?: ArrayLike<number>
}

/**
 * Parametric value at risk with its components (Euler's rule).
 *
 * @throws TradewireError `TW_INVALID_ARGUMENT` for sizes that do not fit or an exposure that is no number, and without
 * confidence or z.
 */
export function portfolioRisk(
  exposures: ArrayLike<number>,
  covariance: SquareMatrix,
  options: PortfolioRiskOptions,
): PortfolioRisk {
  const { size, values } = covariance
  requireExposures(exposures, size)
  if (options.means !== undefined) requireMeans(options.means, size)
  const products = new Float64Array(size)
  let variance = 0
  let mean = 0
  for (let i = 0; i < size; i++) {
    let sum = 0
    for (let j = 0; j < size; j++) sum += values[i * size + j] * exposures[j]
    products[i] = sum
    variance += exposures[i] * sum
    mean += exposures[i] * (options.means?.[i] ?? 0)
  }
  const deviation = Math.sqrt(Math.max(0, variance))
  const normal = normalRisk(mean, deviation, options.confidence ?? 0.95)
  const z = options.z ?? normal.z
  if ((options.z === undefined && options.confidence === undefined) || !Number.isFinite(z))
    throw new TradewireError('TW_INVALID_ARGUMENT', 'Give confidence or z, a number of deviations')
  const individual: number[] = []
  const component: number[] = []
  const marginal: number[] = []
  for (let i = 0; i < size; i++) {
    const own = options.means?.[i] ?? 0
    const slope = deviation === 0 ? 0 : (z * products[i]) / deviation
    individual.push(z * Math.abs(exposures[i]) * Math.sqrt(values[i * size + i]) - exposures[i] * own)
    marginal.push(slope - own)
    component.push(exposures[i] * (slope - own))
  }
  return {
    deviation,
    z,
    valueAtRisk: z * deviation - mean,
    expectedShortfall: options.z === undefined ? normal.expectedShortfall : Number.NaN,
    individual,
    undiversified: individual.reduce((sum, each) => sum + each, 0),
    component,
    marginal,
  }
}

/** Value at risk with a trade less value at risk without it: above 0 when the trade adds risk. `trade`: changes of exposures. */
export function incrementalRisk(
  exposures: ArrayLike<number>,
  trade: ArrayLike<number>,
  covariance: SquareMatrix,
  options: PortfolioRiskOptions,
): number {
  requireExposures(trade, covariance.size)
  const after = Float64Array.from(exposures, (value, i) => value + trade[i])
  return (
    portfolioRisk(after, covariance, options).valueAtRisk - portfolioRisk(exposures, covariance, options).valueAtRisk
  )
}

/** Profits that the exposures of now would have made on each of the days: for historical simulation and backtests. */
export function simulatedProfits(exposures: ArrayLike<number>, { assets, days, values }: ReturnMatrix): Float64Array {
  requireExposures(exposures, assets)
  const profits = new Float64Array(days)
  for (let day = 0; day < days; day++) {
    let profit = 0
    for (let asset = 0; asset < assets; asset++) profit += exposures[asset] * values[day * assets + asset]
    profits[day] = profit
  }
  return profits
}

/** @throws TradewireError `TW_INVALID_ARGUMENT` for a wrong count, or a mean that is no number. */
export function requireMeans(means: ArrayLike<number>, size: number): void {
  if (means.length !== size)
    throw new TradewireError('TW_INVALID_ARGUMENT', `There must be ${size} means, got ${means.length}`)
  for (let i = 0; i < size; i++)
    if (!Number.isFinite(means[i]))
      throw new TradewireError('TW_INVALID_ARGUMENT', `means[${i}] must be a number, got ${means[i]}`)
}

/** @throws TradewireError `TW_INVALID_ARGUMENT` for a wrong count, or a market value that is missing: it is not 0. */
export function requireExposures(exposures: ArrayLike<number>, size: number): void {
  if (exposures.length !== size)
    throw new TradewireError('TW_INVALID_ARGUMENT', `There must be ${size} exposures, got ${exposures.length}`)
  for (let i = 0; i < size; i++)
    if (!Number.isFinite(exposures[i]))
      throw new TradewireError('TW_INVALID_ARGUMENT', `exposures[${i}] must be a number, got ${exposures[i]}`)
}
