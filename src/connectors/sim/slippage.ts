/**
 * How much worse than shown an order that takes liquidity is filled. A model is a function; write your own, or take one of
 * these. It applies where the market is recorded (in a synthetic book the orders are there to be hit), and never takes
 * a limit order beyond its limit.
 */
import { TradewireError } from '../../core/errors.js'
import type { Random } from '../../core/random.js'
import type { Instrument } from '../../model/instrument.js'

/** What slippage is computed from. The object is reused for every execution. */
export interface SlippageContext {
  instrument: Instrument
  sideSign: number
  /** What is taken, and what is shown, at this price; infinite where the size is not known or not limited. */
  quantityUnits: number
  shownUnits: number
  priceUnits: number
  random: Random
}

/** Price steps by which an execution is worse; a whole number of at least 0. */
export type SlippageModel = (context: SlippageContext) => number

/** Filled as shown. */
export const noSlippage: SlippageModel = () => 0

/** Always so many price steps worse. */
export function fixedSlippage(steps: number): SlippageModel {
  requireSteps(steps)
  return () => steps
}

/** So many price steps worse with a probability. */
export function randomSlippage(terms: { probability: number; steps?: number }): SlippageModel {
  const steps = requireSteps(terms.steps ?? 1)
  if (!(terms.probability >= 0 && terms.probability <= 1)) {
    throw new TradewireError('TW_INVALID_CONFIG', `probability must be from 0 to 1, got ${terms.probability}`)
  }
  return ({ random }) => (random.chance(terms.probability) ? steps : 0)
}

/** Grows with the square of the share of the shown size that is taken: `impact * share^2` of the price, rounded up to a step. */
export function sizeSlippage(terms: { impact: number; maxShare?: number }): SlippageModel {
  const { impact, maxShare = 1 } = terms
  if (!(impact >= 0 && maxShare > 0))
    throw new TradewireError('TW_INVALID_CONFIG', 'impact must be at least 0 and maxShare above 0')
  return ({ instrument, quantityUnits, shownUnits, priceUnits }) => {
    const share = shownUnits > 0 ? Math.min(quantityUnits / shownUnits, maxShare) : 0
    return Math.ceil((Math.abs(priceUnits) * impact * share * share) / instrument.priceStepAt(priceUnits))
  }
}

function requireSteps(steps: number): number {
  if (Number.isInteger(steps) && steps >= 0) return steps
  throw new TradewireError('TW_INVALID_CONFIG', `steps must be a whole number of at least 0, got ${steps}`)
}
