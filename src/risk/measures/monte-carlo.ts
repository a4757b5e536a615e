/** Value at risk by simulation: correlated normal returns, drawn from a seed, so that the same seed gives the same figure. */
import { TradewireError } from '../../core/errors.js'
import { SeededRandom } from '../../core/random.js'
import { NormalDraws } from '../../math/normal.js'
import type { SquareMatrix } from './covariance.js'
import { requireExposures, requireMeans } from './portfolio-risk.js'
import { historicalRisk, type ValueAtRisk } from './value-at-risk.js'

/** How a simulation is made. */
export interface MonteCarloOptions {
  confidence: number
  /** Draws; 100,000 unless given. */
  draws?: number
  /** Any safe integer; 1 unless given. */
  seed?: number
  /** Mean return of each position; 0 unless given. */
  means?: ArrayLike<number>
}

/**
 * The lower triangle L with L L' = covariance. A direction without variance gets a row of zeros.
 *
 * @throws TradewireError `TW_INVALID_ARGUMENT` for a matrix that is no covariance (not positive semidefinite).
 */
export function choleskyOf({ size, values }: SquareMatrix): Float64Array {
  const lower = new Float64Array(size * size)
  for (let j = 0; j < size; j++) {
    let pivot = values[j * size + j]
    const scale = pivot
    for (let k = 0; k < j; k++) pivot -= lower[j * size + k] * lower[j * size + k]
    if (!(pivot >= -1e-10 * scale))
      throw new TradewireError('TW_INVALID_ARGUMENT', 'The matrix is no covariance: it is not positive semidefinite')
    const isFlat = pivot <= 1e-14 * scale
    const root = isFlat ? 0 : Math.sqrt(pivot)
    lower[j * size + j] = root
    for (let i = j + 1; i < size; i++) {
      let sum = values[i * size + j]
      for (let k = 0; k < j; k++) sum -= lower[i * size + k] * lower[j * size + k]
      lower[i * size + j] = isFlat ? 0 : sum / root
    }
  }
  return lower
}

/** Value at risk of a portfolio by simulation. @throws TradewireError `TW_INVALID_ARGUMENT`, `TW_INSUFFICIENT_SAMPLE`. */
export function monteCarloRisk(
  exposures: ArrayLike<number>,
  covariance: SquareMatrix,
  options: MonteCarloOptions,
): ValueAtRisk {
  const { confidence, draws = 100_000, seed = 1, means } = options
  const { size } = covariance
  requireExposures(exposures, size)
  if (means !== undefined) requireMeans(means, size)
  if (!Number.isInteger(draws) || draws < 1 || draws > 100_000_000)
    throw new TradewireError('TW_INVALID_ARGUMENT', `draws must be a whole number from 1 to 100000000, got ${draws}`)
  const lower = choleskyOf(covariance)
  // Profit = sum of exposure x (L z): one weight a normal draw is enough.
  const weights = new Float64Array(size)
  let mean = 0
  for (let i = 0; i < size; i++) {
    mean += exposures[i] * (means?.[i] ?? 0)
    for (let k = 0; k <= i; k++) weights[k] = weights[k] + exposures[i] * lower[i * size + k]
  }
  const normal = new NormalDraws(new SeededRandom(seed))
  const profits = new Float64Array(draws)
  for (let draw = 0; draw < draws; draw++) {
    let profit = mean
    for (let k = 0; k < size; k++) profit += weights[k] * normal.next()
    profits[draw] = profit
  }
  const { valueAtRisk, expectedShortfall } = historicalRisk(profits, confidence)
  return { valueAtRisk, expectedShortfall }
}
