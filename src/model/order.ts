/** Orders as plain data: what a strategy asks for, and what is known about an order at one moment. */
import type { Decimal, DecimalInput } from './decimal.js'
import type { AccountId, ClientOrderId, ConnectorId, InstrumentId, StrategyId, VenueOrderId } from './ids.js'
import type {
  AuctionTypeName,
  OrderStatus,
  OrderType,
  SelfTradePrevention,
  Side,
  TimeInForce,
  TriggerSource,
} from './order-types.js'

/** Names taken for an order type: upper or lower case, and the auction names of market and limit orders. */
export type OrderTypeInput = OrderType | Lowercase<OrderType> | AuctionTypeName | Lowercase<AuctionTypeName>
/** Names taken for a time in force. */
export type TimeInForceInput = TimeInForce | Lowercase<TimeInForce>

/** How far a trailing stop follows: an amount of price, or basis points of it. Exactly one. */
export interface TrailingOffset {
  amount?: DecimalInput
  basisPoints?: number
}

/** An order that a strategy asks for. Unknown fields are refused. */
export interface OrderRequest {
  /** Symbol or `SYMBOL.VENUE`. */
  symbol: string
  side: Side
  quantity: DecimalInput
  /** `LIMIT` when a price is given, else `MARKET`. */
  type?: OrderTypeInput
  /** Limit price; required for the types with a limit. */
  price?: DecimalInput
  /** Trigger price; required for STOP, STOP_LIMIT, MARKET_IF_TOUCHED and LIMIT_IF_TOUCHED. */
  triggerPrice?: DecimalInput
  /** Which prices trigger it: `last` unless given, `bid_ask` for fx, cfd and bond, which have no tape of trades. */
  triggerSource?: TriggerSource
  /** Trailing distance; required for the trailing types. */
  trailing?: TrailingOffset
  /** `DAY` unless given. */
  timeInForce?: TimeInForceInput
  /** Unix epoch microseconds; required for GTD. */
  expireTimeUs?: number
  /** Refused rather than taking liquidity. */
  postOnly?: boolean
  /** May only reduce the position. */
  reduceOnly?: boolean
  /** Iceberg: the part that is shown. */
  displayQuantity?: DecimalInput
  selfTradePrevention?: SelfTradePrevention
  /** The host's id; made by the system when absent. Unique for ever per account. */
  clientOrderId?: string
  account?: string
  strategy?: string
  /**
   * Which position it opens, adds to or closes, where positions are hedged; one of its own, named by its client order id, unless
   * given. Refused where positions are netted.
   */
  positionId?: string
  /** The connector to send it to; chosen by the route when absent. */
  connector?: string
  /** Free text that travels with the order into journal and reports. */
  tag?: string
}

/** A change of a working order; absent fields stay. */
export interface OrderChange {
  quantity?: DecimalInput
  price?: DecimalInput
  triggerPrice?: DecimalInput
}

/** What is known about an order at one moment. */
export interface OrderSnapshot {
  clientOrderId: ClientOrderId
  venueOrderId?: VenueOrderId
  instrument: InstrumentId
  account: AccountId
  strategy: StrategyId
  connector: ConnectorId
  side: Side
  type: OrderType
  timeInForce: TimeInForce
  quantity: Decimal
  price?: Decimal
  triggerPrice?: Decimal
  displayQuantity?: Decimal
  expireTimeUs?: number
  postOnly: boolean
  reduceOnly: boolean
  status: OrderStatus
  filledQuantity: Decimal
  leavesQuantity: Decimal
  averagePrice?: Decimal
  /** Why it was denied, rejected or canceled. */
  reason?: string
  /** Whether the closing fact was inferred rather than said by the venue. */
  isInferred: boolean
  /** Where positions are hedged. */
  positionId?: string
  tag?: string
  tsCreatedUs: number
  tsUpdatedUs: number
}
