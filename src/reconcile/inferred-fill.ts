/**
 * Fills concluded from a venue's total, where the executions themselves are not to be had (yet).
 *
 * Price of the missing part, first rule that gives one: from the two averages, (venue average x cumulative - our value) /
 * missing; the venue's average; the report's limit price; the order's limit price; else there is no fill to be made up.
 * It is rounded against us. The id is a hash of what the conclusion rests on, so that a restart draws it again and the fold
 * knows it.
 */
import { Decimal } from '../model/decimal.js'
import type { OrderType } from '../model/order-types.js'
import { Liquidity } from '../orders/codes.js'
import type { VenueOrderReport } from '../orders/venue-reports.js'
import type { LocalOrder } from './inputs.js'

const ROUND_CEIL = 2
const ROUND_FLOOR = 3

/** Price units of the missing part; undefined when nothing says. `ourValueUnits` is the sum of price x quantity of what we have. */
export function inferredPrice(
  order: LocalOrder,
  report: VenueOrderReport,
  missingUnits: number,
  ourValueUnits: Decimal,
): number | undefined {
  const average = usable(report.averagePriceUnits)
  if (average !== undefined) {
    const missingValue = new Decimal(average).times(report.cumulativeUnits).minus(ourValueUnits)
    const price = againstUs(missingValue.div(missingUnits), order.side === 'buy')
    // Averages are rounded by venues: a result on the other side of zero says more about their digits than about a price.
    const isPlausible = Number.isSafeInteger(price) && Math.sign(price) === Math.sign(average)
    return isPlausible ? price : againstUs(new Decimal(average), order.side === 'buy')
  }
  return usable(report.priceUnits) ?? usable(order.priceUnits)
}

function usable(price: number | undefined): number | undefined {
  return price !== undefined && Number.isFinite(price) && price !== 0 ? price : undefined
}

function againstUs(price: Decimal, isBuy: boolean): number {
  return price.toDecimalPlaces(0, isBuy ? ROUND_CEIL : ROUND_FLOOR).toNumber()
}

/** Liquidity of a fill that nobody reported: taker for orders that trade at the market, maker for post-only, else unknown. */
export function inferredLiquidity(type: OrderType, postOnly: boolean): number {
  if (postOnly) return Liquidity.maker
  const takes: readonly OrderType[] = ['MARKET', 'STOP', 'TRAILING_STOP', 'MARKET_IF_TOUCHED']
  return takes.includes(type) ? Liquidity.taker : Liquidity.unknown
}

/** A stable id made of parts: 106 bits of two independent multiplicative hashes, safe against accident, not against malice. */
export function deterministicId(prefix: string, parts: readonly (string | number)[]): string {
  const text = parts.map((part) => String(part)).join('\u0000')
  return `${prefix}-${hash53(text, 0x9e3779b9)}${hash53(text, 0x85ebca6b)}`
}

function hash53(text: string, seed: number): string {
  let first = 0xdeadbeef ^ seed
  let second = 0x41c6ce57 ^ seed
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    first = Math.imul(first ^ code, 0x9e3779b1)
    second = Math.imul(second ^ code, 0x5f356495)
  }
  first = Math.imul(first ^ (first >>> 16), 0x85ebca6b) ^ Math.imul(second ^ (second >>> 13), 0xc2b2ae35)
  second = Math.imul(second ^ (second >>> 16), 0x85ebca6b) ^ Math.imul(first ^ (first >>> 13), 0xc2b2ae35)
  return ((second >>> 11) * 4294967296 + (first >>> 0)).toString(36).padStart(11, '0')
}
