/** Shares of the market's volume, exactly: own/(own + external) at most the rate, or own/external at most the rate. */

import { algoError } from '../model/algo-error.js'
import type { DecimalInput } from '../model/decimal.js'
import { floorLot, mulDivFloor } from './units.js'

/** A participation rate as a fraction of whole numbers. */
export class ParticipationRate {
  readonly #numerator: number
  readonly #denominator: number

  /**
   * `rate` above 0 and below 1, to nine digits. `inclusive` counts own volume in the market's.
   *
   * @throws TradewireError `TW_INVALID_ALGO` with reason `INVALID_RATE`.
   */
  constructor(rate: DecimalInput, basis: 'inclusive' | 'exclusive' = 'inclusive', field = 'algo.rate') {
    const value = Number(rate)
    if (!(value > 0 && value < 1))
      throw algoError('INVALID_RATE', field, `must be above 0 and below 1, got ${String(rate)}`)
    if (basis !== 'inclusive' && basis !== 'exclusive')
      throw algoError('INVALID_PARAMETER', 'algo.basis', 'must be inclusive or exclusive')
    const one = 1e9
    const part = Math.max(1, Math.round(value * one))
    const whole = basis === 'inclusive' ? one - part : one
    const common = greatestCommonDivisor(part, whole)
    this.#numerator = part / common
    this.#denominator = whole / common
  }

  /** What may be own while others trade so much. */
  allowedUnits(externalUnits: number): number {
    return externalUnits <= 0 ? 0 : mulDivFloor(externalUnits, this.#numerator, this.#denominator)
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

/** What {@link povChild} sizes. */
export interface PovState {
  rate: ParticipationRate
  externalUnits: number
  /** Filled and working. */
  ownUnits: number
  /** What is left of the order. */
  leftUnits: number
  lotUnits: number
  minChildUnits: number
  /** Infinity without one. */
  maxChildUnits: number
}

/**
 * The child that brings the share up to the rate: a multiple of the lot unless it completes the order; 0 while it would be
 * smaller than the smallest child.
 */
export function povChild(state: PovState): number {
  const { rate, externalUnits, ownUnits, leftUnits, lotUnits, minChildUnits, maxChildUnits } = state
  const wanted = Math.min(rate.allowedUnits(externalUnits) - ownUnits, maxChildUnits)
  if (wanted >= leftUnits) return Math.max(0, leftUnits)
  const child = floorLot(Math.max(0, wanted), lotUnits)
  return child >= minChildUnits ? child : 0
}
