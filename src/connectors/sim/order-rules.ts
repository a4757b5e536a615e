/** Why the venue refuses an order, a change or a cancel, in the words its clients get to read. */

import { isMultiple } from '../../model/decimal.js'
import type { Instrument } from '../../model/instrument.js'
import { hasLimit, hasTrigger, OrderFlag, TifCode, TypeCode } from '../../orders/codes.js'
import { TradingStatus } from '../../ring/kinds.js'
import type { Listing } from './listing.js'
import { MONEY, notionalUnits } from './money.js'
import type { VenueAccount } from './venue-accounts.js'
import { isContract } from './venue-accounts.js'
import type { VenueOrder } from './venue-order.js'

/** Why an order is refused whatever the market does; empty when it is not. */
export function termsFault(order: VenueOrder, instrument: Instrument): string {
  const { quantityUnits, priceUnits, triggerUnits, type } = order
  if (!(quantityUnits > 0) || !isMultiple(quantityUnits, instrument.sizeStepUnits)) return 'quantity off the grid'
  if (quantityUnits < instrument.minQuantityUnits) return 'quantity below the minimum'
  if (quantityUnits > instrument.maxQuantityUnits) return 'quantity above the maximum'
  if (hasLimit(type)) {
    if (Number.isNaN(priceUnits) || !instrument.isPriceOnGrid(priceUnits)) return 'price off the grid'
    if (priceUnits < instrument.minPriceUnits || priceUnits > instrument.maxPriceUnits) return 'price out of range'
  }
  const isTrailing = type === TypeCode.TRAILING_STOP || type === TypeCode.TRAILING_STOP_LIMIT
  if (hasTrigger(type) && !isTrailing && Number.isNaN(triggerUnits)) return 'trigger price missing'
  if (isTrailing && !(order.trailingAmountUnits > 0) && !(order.trailingBasisPoints > 0))
    return 'trailing offset missing'
  const isAuction = order.timeInForce === TifCode.OPG || order.timeInForce === TifCode.CLO
  if (isAuction && type !== TypeCode.MARKET && type !== TypeCode.LIMIT)
    return 'only market and limit orders take part in auctions'
  return ''
}

/** Why an order is refused in the market as it is; empty when it is not. */
export function marketFault(order: VenueOrder, listing: Listing, nowUs: number): string {
  const isAuction = order.timeInForce === TifCode.OPG || order.timeInForce === TifCode.CLO
  if (listing.phase === TradingStatus.halted) return 'market halted'
  if (listing.phase === TradingStatus.closed && !isAuction) return 'market closed'
  if (order.timeInForce === TifCode.GTD && order.expireTimeUs <= nowUs) return 'already expired'
  const isImmediate = order.timeInForce === TifCode.IOC || order.timeInForce === TifCode.FOK
  if (listing.phase !== TradingStatus.open && isImmediate && !isAuction)
    return 'immediate orders need continuous trading'
  if (listing.phase !== TradingStatus.open || hasTrigger(order.type) || isAuction) return ''
  if (isPostOnly(order) && listing.matcher.wouldTake(order.sideSign, order.priceUnits)) return postOnlyReason
  return ''
}

/** What a post-only order hears that would take liquidity. */
export const postOnlyReason = 'post-only order would take liquidity'

/** Whether an order may only rest. */
export function isPostOnly(order: VenueOrder): boolean {
  return (order.flags & OrderFlag.postOnly) !== 0
}

/** Whether an order may only bring its position nearer to zero. */
export function isReduceOnly(order: VenueOrder): boolean {
  return (order.flags & OrderFlag.reduceOnly) !== 0
}

/** What a reduce-only order on a side may still take from the position. */
export function reducibleUnits(account: VenueAccount, instrument: Instrument, sideSign: number): number {
  return reducibleOf(account.quantityUnits(instrument), sideSign)
}

/** What a reduce-only order on a side may take from a position of a size. */
export function reducibleOf(heldUnits: number, sideSign: number): number {
  return Math.max(0, -sideSign * heldUnits)
}

/** Why a reduce-only order ends when its position does. */
export const nothingToReduce = 'reduce-only: there is nothing left to reduce'

/** Why a reduce-only order is refused; empty when it is not. */
export function reduceOnlyFault(order: VenueOrder, account: VenueAccount): string {
  if (!isReduceOnly(order)) return ''
  const reducible = reducibleUnits(account, order.instrument, order.sideSign)
  if (reducible === 0) return 'reduce-only order has no position to reduce'
  return order.quantityUnits > reducible ? 'reduce-only order is larger than the position' : ''
}

/** Why a change of a live order is refused; empty when it is not. */
export function changeFault(order: VenueOrder, listing: Listing, quantityUnits: number, priceUnits: number): string {
  const { instrument } = listing
  if (listing.phase === TradingStatus.halted) return 'market halted'
  if (listing.phase === TradingStatus.closed) return 'market closed'
  if (quantityUnits <= order.cumulativeUnits) return 'quantity is not above what is filled'
  if (quantityUnits > instrument.maxQuantityUnits || quantityUnits % instrument.sizeStepUnits !== 0)
    return 'quantity off the grid'
  if (hasLimit(order.activeType) && !instrument.isPriceOnGrid(priceUnits)) return 'price off the grid'
  const isPlaced = order.place === 'book' && listing.phase === TradingStatus.open
  if (
    isPlaced &&
    isPostOnly(order) &&
    priceUnits !== order.priceUnits &&
    listing.matcher.wouldTake(order.sideSign, priceUnits)
  ) {
    return postOnlyReason
  }
  const account = order.account as VenueAccount
  const open = quantityUnits - order.cumulativeUnits
  if (isReduceOnly(order) && open > reducibleUnits(account, instrument, order.sideSign))
    return 'reduce-only order is larger than the position'
  return ''
}

/** Money that an order sets aside while it is open, in 10^-8 of the settlement currency: the value of what a buy pays, the margin of a contract. */
export function requiredUnits(order: VenueOrder, listing: Listing): number {
  if (isReduceOnly(order) || !order.isLive) return 0
  const { instrument } = order
  const price = hasLimit(order.activeType) ? order.priceUnits : listing.referenceUnits(order)
  if (Number.isNaN(price)) return 0
  const value = Math.abs(notionalUnits(instrument, price, order.openUnits))
  if (isContract(instrument)) {
    return Math.ceil((value * Math.round(Number(instrument.definition.marginInitial ?? '1') * MONEY)) / MONEY)
  }
  return order.sideSign > 0 ? value : 0
}
