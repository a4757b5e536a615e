/** Whether value at risk was passed about as often as it should be: the proportion-of-failures test (P. Kupiec, 1995). */
import { TradewireError } from '../../core/errors.js'
import { logOf } from '../../math/elementary.js'
import { chiSquareTail, normalQuantile } from '../../math/normal.js'
import { requireConfidence, tailOf } from './value-at-risk.js'

/** Result of a backtest. */
export interface KupiecTest {
  /** -2 ln of the likelihood ratio: chi-square with one degree of freedom. */
  likelihoodRatio: number
  pValue: number
  /** Whether the model is refused at the level of significance. */
  isRejected: boolean
}

/** How a backtest is judged. */
export interface KupiecOptions {
  /** Days observed, and those on which the loss passed the figure. */
  observations: number
  exceptions: number
  confidence: number
  /** 0.05 unless given. */
  significance?: number
}

/** Kupiec's test. @throws TradewireError `TW_INVALID_ARGUMENT` for counts that are none, and a significance that is no share. */
export function kupiecTest({ observations, exceptions, confidence, significance = 0.05 }: KupiecOptions): KupiecTest {
  requireConfidence(confidence)
  if (!Number.isInteger(observations) || observations < 1)
    throw new TradewireError('TW_INVALID_ARGUMENT', `observations must be a whole number from 1, got ${observations}`)
  if (!Number.isInteger(exceptions) || exceptions < 0 || exceptions > observations)
    throw new TradewireError(
      'TW_INVALID_ARGUMENT',
      `exceptions must be a whole number from 0 to ${observations}, got ${exceptions}`,
    )
  if (!(significance > 0 && significance < 1))
    throw new TradewireError('TW_INVALID_ARGUMENT', `significance must lie between 0 and 1, got ${significance}`)
  const expected = tailOf(confidence)
  const seen = exceptions / observations
  const failures = exceptions === 0 ? 0 : exceptions * logOf(seen / expected)
  const passes = exceptions === observations ? 0 : (observations - exceptions) * logOf((1 - seen) / (1 - expected))
  const likelihoodRatio = Math.max(0, 2 * (failures + passes))
  const pValue = chiSquareTail(likelihoodRatio)
  const edge = normalQuantile(significance / 2)
  return { likelihoodRatio, pValue, isRejected: likelihoodRatio > edge * edge }
}

/** Days on which the loss passed the figure given for that day. @throws TradewireError `TW_INVALID_ARGUMENT` for lists that do not fit together, and what is no number. */
export function countExceptions(returns: ArrayLike<number>, valuesAtRisk: ArrayLike<number>): number {
  if (returns.length !== valuesAtRisk.length)
    throw new TradewireError(
      'TW_INVALID_ARGUMENT',
      `There must be a figure for each of ${returns.length} returns, got ${valuesAtRisk.length}`,
    )
  let count = 0
  for (let i = 0; i < returns.length; i++) {
    const excess = -returns[i] - valuesAtRisk[i]
    if (Number.isNaN(excess))
      throw new TradewireError('TW_INVALID_ARGUMENT', `The return or the figure of day ${i} is no number`)
    if (excess > 0) count++
  }
  return count
}
