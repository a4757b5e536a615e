/** The price of a child: by style from the quotes of now, on the grid, never through the limit of the order. */
import type { Instrument } from '../model/instrument.js'
import type { ChildDecision, ParentView } from './algorithm.js'
import type { ParentTerms } from './parent-terms.js'

/**
 * Limit of the child in price units; NaN for one at the market; undefined while nothing may go: the price to trade at is
 * beyond the limit, or there is no quote to price by.
 */
export function childPrice(
  view: ParentView,
  decision: ChildDecision,
  terms: Pick<ParentTerms, 'style' | 'noTakeLiquidity'>,
): number | undefined {
  const { side, limitUnits, instrument } = view
  const isBeyond = (price: number) => side * (price - limitUnits) > 0
  if (decision.isMarket) return limitUnits
  const wanted = decision.priceUnits
  if (!Number.isNaN(wanted)) return isBeyond(wanted) ? limitUnits : wanted
  const style = decision.style ?? terms.style
  const isTaking = style === 'aggressive' && !terms.noTakeLiquidity
  const near = view.nearUnits
  const far = view.farUnits
  const reference = isTaking ? far : style === 'midpoint' ? (near + far) / 2 : near
  // Without a quote the limit is the price; an order that takes and has none goes to the market.
  if (Number.isNaN(reference)) return isTaking || !Number.isNaN(limitUnits) ? limitUnits : undefined
  if (isBeyond(reference)) return undefined
  const price = aligned(reference, isTaking ? side : -side, instrument)
  return isBeyond(price) ? limitUnits : price
}

/** A price on the grid: up for a direction of 1, down for -1. */
export function aligned(price: number, direction: number, instrument: Instrument): number {
  const step = instrument.priceStepAt(Math.round(price))
  const steps = price / step
  return (direction > 0 ? Math.ceil(steps) : Math.floor(steps)) * step
}
