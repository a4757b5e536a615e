/** The words of orders: sides, types, times in force, statuses. SPEC MOD-4 and MOD-5; meanings as in FIX 5.0 SP2 tags 54, 40, 59, 39. */

/** Buy or sell. Selling short is a property of the position, not of the word. */
export type Side = 'buy' | 'sell'

/** All order types. */
export const orderTypes = [
  'MARKET',
  'LIMIT',
  'STOP',
  'STOP_LIMIT',
  'TRAILING_STOP',
  'TRAILING_STOP_LIMIT',
  'MARKET_IF_TOUCHED',
  'LIMIT_IF_TOUCHED',
  'MARKET_TO_LIMIT',
] as const
/** How an order is priced and triggered. */
export type OrderType = (typeof orderTypes)[number]

/** All names of auction orders. */
export const auctionTypeNames = ['MOO', 'LOO', 'MOC', 'LOC'] as const
/** MARKET or LIMIT with OPG or CLO under one name. */
export type AuctionTypeName = (typeof auctionTypeNames)[number]

/** All times in force. */
export const timesInForce = ['DAY', 'GTC', 'IOC', 'FOK', 'GTD', 'OPG', 'CLO'] as const
/** How long an order works. OPG and CLO take part in the opening and closing auction. */
export type TimeInForce = (typeof timesInForce)[number]

/** All statuses, SEMANTICS §2.2b. */
export const orderStatuses = [
  'INITIALIZED',
  'DENIED',
  'EMULATED',
  'RELEASED',
  'SUBMITTED',
  'UNKNOWN',
  'ACCEPTED',
  'TRIGGERED',
  'PARTIALLY_FILLED',
  'FILLED',
  'CANCELED',
  'REJECTED',
  'EXPIRED',
  'PENDING_UPDATE',
  'PENDING_CANCEL',
] as const
/**
 * Where an order stands, computed from the facts known about it. DENIED was refused on our own side and never sent;
 * UNKNOWN means that the venue has not told its fate: it counts against limits until it does.
 */
export type OrderStatus = (typeof orderStatuses)[number]

/** All prices that may move a trigger. */
export const triggerSources = ['last', 'bid_ask', 'mid'] as const
/** Which price moves a trigger. */
export type TriggerSource = (typeof triggerSources)[number]

/** All ways to keep own orders apart. */
export const selfTradePreventions = ['none', 'cancel_newest', 'cancel_oldest', 'cancel_both', 'decrement'] as const
/** What happens when an own order would trade with an own order. */
export type SelfTradePrevention = (typeof selfTradePreventions)[number]

/** Whether a fill added or took liquidity. */
export type LiquidityFlag = 'maker' | 'taker' | 'auction' | 'unknown'
