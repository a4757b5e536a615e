/** The words of orders as small integers, for tables and journal frames. A number never changes its meaning: frames of old journals hold it. */
import {
  type LiquidityFlag,
  type OrderStatus,
  type OrderType,
  orderStatuses,
  orderTypes,
  type SelfTradePrevention,
  type Side,
  type TimeInForce,
  timesInForce,
} from '../model/order-types.js'

/** 1 buys, -1 sells. */
export type SideSign = 1 | -1

/** Sign of a side. */
export function sideSign(side: Side): SideSign {
  return side === 'buy' ? 1 : -1
}

/** Side of a sign. */
export function sideOf(sign: number): Side {
  return sign > 0 ? 'buy' : 'sell'
}

/** Order types by code: the index in the list of the model. */
export const TypeCode = {
  MARKET: 0,
  LIMIT: 1,
  STOP: 2,
  STOP_LIMIT: 3,
  TRAILING_STOP: 4,
  TRAILING_STOP_LIMIT: 5,
  MARKET_IF_TOUCHED: 6,
  LIMIT_IF_TOUCHED: 7,
  MARKET_TO_LIMIT: 8,
} as const satisfies Record<OrderType, number>

/** Times in force by code. */
export const TifCode = { DAY: 0, GTC: 1, IOC: 2, FOK: 3, GTD: 4, OPG: 5, CLO: 6 } as const satisfies Record<
  TimeInForce,
  number
>

/** Statuses by code. */
export const StatusCode = {
  INITIALIZED: 0,
  DENIED: 1,
  EMULATED: 2,
  RELEASED: 3,
  SUBMITTED: 4,
  UNKNOWN: 5,
  ACCEPTED: 6,
  TRIGGERED: 7,
  PARTIALLY_FILLED: 8,
  FILLED: 9,
  CANCELED: 10,
  REJECTED: 11,
  EXPIRED: 12,
  PENDING_UPDATE: 13,
  PENDING_CANCEL: 14,
} as const satisfies Record<OrderStatus, number>
/** A status as a number. */
export type StatusCode = (typeof StatusCode)[OrderStatus]

/** Order type of a code. */
export function typeOf(code: number): OrderType {
  return orderTypes[code] as OrderType
}

/** Time in force of a code. */
export function tifOf(code: number): TimeInForce {
  return timesInForce[code] as TimeInForce
}

/** Status of a code. */
export function statusOf(code: number): OrderStatus {
  return orderStatuses[code] as OrderStatus
}

/** Who says so. */
export const FactSource = { venue: 0, local: 1, inferred: 2, operator: 3 } as const
/** Who says so, as a number. */
export type FactSource = (typeof FactSource)[keyof typeof FactSource]
/** Who says so, as a word. */
export type FactSourceName = keyof typeof FactSource
const sourceNames: readonly FactSourceName[] = ['venue', 'local', 'inferred', 'operator']
/** The word of a source. */
export function sourceName(source: number): FactSourceName {
  return sourceNames[source] as FactSourceName
}

/** Liquidity flags by code. */
export const Liquidity = { unknown: 0, maker: 1, taker: 2, auction: 3 } as const satisfies Record<LiquidityFlag, number>
const liquidityNames: readonly LiquidityFlag[] = ['unknown', 'maker', 'taker', 'auction']
/** The word of a liquidity code. */
export function liquidityOf(code: number): LiquidityFlag {
  return liquidityNames[code] as LiquidityFlag
}

/** Self-trade prevention modes by code. */
export const StpCode = {
  none: 0,
  cancel_newest: 1,
  cancel_oldest: 2,
  cancel_both: 3,
  decrement: 4,
} as const satisfies Record<SelfTradePrevention, number>

/** Properties of an order, as bits. */
export const OrderFlag = {
  postOnly: 1,
  reduceOnly: 2,
  /** Not sent by this system: found at the venue. */
  external: 4,
  /** Protects a position: passes a halt as long as the worst case shrinks. */
  protective: 8,
  triggerBidAsk: 16,
  triggerMid: 32,
  /** Only reduces the hedged position that it names: ours to see to, for the venue nets. */
  reducesPosition: 64,
} as const

const limitTypes =
  (1 << TypeCode.LIMIT) |
  (1 << TypeCode.STOP_LIMIT) |
  (1 << TypeCode.TRAILING_STOP_LIMIT) |
  (1 << TypeCode.LIMIT_IF_TOUCHED)

/** Whether orders of a type carry a limit price. */
export function hasLimit(type: number): boolean {
  return ((limitTypes >> type) & 1) === 1
}

/** Whether orders of a type wait for a trigger. */
export function hasTrigger(type: number): boolean {
  return type >= TypeCode.STOP && type <= TypeCode.LIMIT_IF_TOUCHED
}
