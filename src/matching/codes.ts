/**
 * The small integers the matching engine speaks: order kinds, times in force, reasons, market states.
 *
 * They are numbers, not words, because they travel through the hot path; venues translate them at their border.
 */

/** What an order does. The dormant kinds (stop and later, but for `marketToLimit`) wait for their trigger. */
export const OrderKind = {
  market: 0,
  limit: 1,
  /** Takes the best opposite price only; what is left rests there as a limit order. */
  marketToLimit: 2,
  stop: 3,
  stopLimit: 4,
  trailingStop: 5,
  trailingStopLimit: 6,
  marketIfTouched: 7,
  limitIfTouched: 8,
} as const
/** One of {@link OrderKind}. */
export type OrderKind = (typeof OrderKind)[keyof typeof OrderKind]

/** How long an order lives. `opening` (OPG) and `closing` (CLO) take part in that auction only. */
export const TimeInForce = { day: 0, gtc: 1, ioc: 2, fok: 3, gtd: 4, opening: 5, closing: 6 } as const
/** One of {@link TimeInForce}. */
export type TimeInForce = (typeof TimeInForce)[keyof typeof TimeInForce]

/** What a post-only order does when it would take liquidity: be rejected, or rest one tick behind the opposite best. */
export const PostOnly = { off: 0, reject: 1, reprice: 2 } as const
/** One of {@link PostOnly}. */
export type PostOnly = (typeof PostOnly)[keyof typeof PostOnly]

/**
 * What happens when an incoming order meets a resting one of the same owner; the incoming order's mode decides.
 * `decrement` takes the smaller open quantity off both without a trade.
 */
export const SelfTradeMode = { none: 0, cancelNewest: 1, cancelOldest: 2, cancelBoth: 3, decrement: 4 } as const
/** One of {@link SelfTradeMode}. */
export type SelfTradeMode = (typeof SelfTradeMode)[keyof typeof SelfTradeMode]

/** Which price wakes a dormant order: the last trade, or the quote (the ask for buys, the bid for sells). */
export const TriggerSource = { last: 0, quote: 1 } as const
/** One of {@link TriggerSource}. */
export type TriggerSource = (typeof TriggerSource)[keyof typeof TriggerSource]

/** Unit of a trailing offset: price ticks, or basis points of the reference price (rounded up to a whole tick). */
export const TrailUnit = { ticks: 0, basisPoints: 1 } as const
/** One of {@link TrailUnit}. */
export type TrailUnit = (typeof TrailUnit)[keyof typeof TrailUnit]

/** What the market does with orders: see {@link MatchingEngine.setState}. */
export const MarketState = { closed: 0, auction: 1, open: 2, halted: 3 } as const
/** One of {@link MarketState}. */
export type MarketState = (typeof MarketState)[keyof typeof MarketState]

/** Which collected orders take part in an uncross; `reopening` takes neither OPG nor CLO orders. */
export const AuctionKind = { reopening: 0, opening: 5, closing: 6 } as const
/** One of {@link AuctionKind}. */
export type AuctionKind = (typeof AuctionKind)[keyof typeof AuctionKind]

/** Where a live order is. */
export const OrderPlace = { none: 0, book: 1, dormant: 2, collected: 3, active: 4 } as const
/** One of {@link OrderPlace}; `none` = not live, `active` = being executed (queries answer `none` then). */
export type OrderPlace = (typeof OrderPlace)[keyof typeof OrderPlace]

/** Why a new order, a cancel or a replace was refused. */
export const RejectReason = {
  none: 0,
  invalidOrderNumber: 1,
  duplicateOrderNumber: 2,
  invalidSide: 3,
  invalidKind: 4,
  invalidTimeInForce: 5,
  invalidQuantity: 6,
  invalidPrice: 7,
  invalidTriggerPrice: 8,
  invalidTrailingOffset: 9,
  invalidDisplayQuantity: 10,
  invalidExpiry: 11,
  alreadyExpired: 12,
  invalidOption: 13,
  /** A combination that makes no sense: a post-only market order, an iceberg that is IOC. */
  contradictoryOptions: 14,
  marketClosed: 15,
  marketHalted: 16,
  /** IOC, FOK and market-to-limit orders need continuous trading. */
  notInAuction: 17,
  postOnlyWouldTrade: 18,
  capacity: 19,
  unknownOrder: 20,
  /** A replace whose total quantity is not above what is filled already. */
  quantityBelowFilled: 21,
  /** A replace of a price that this kind of order does not have. */
  notReplaceable: 22,
} as const
/** One of {@link RejectReason}. */
export type RejectReason = (typeof RejectReason)[keyof typeof RejectReason]

/** Why an accepted order, or what is left of it, was cancelled. */
export const CancelReason = {
  requested: 1,
  immediateOrCancel: 2,
  fillOrKill: 3,
  /** The rest of a market order found nobody to trade with; market orders never rest. */
  noLiquidity: 4,
  selfTrade: 5,
  /** A triggered post-only order would have taken liquidity. */
  postOnlyWouldTrade: 6,
  massCancel: 7,
} as const
/** One of {@link CancelReason}. */
export type CancelReason = (typeof CancelReason)[keyof typeof CancelReason]

/** Largest absolute price in ticks. */
export const MAX_PRICE_TICKS = 1_000_000_000

/** "No price": what book queries return for an empty side, and what `reference` arguments take for "none". Below every price and key. */
export const NO_PRICE = -2_147_483_648

/** Key of an order without a limit: better than every price. */
export const MARKET_KEY = 2_147_483_647
