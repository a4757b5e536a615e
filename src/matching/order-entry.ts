/**
 * The form in which an order enters the engine: one reusable record, so that submitting allocates nothing.
 */
import {
  MAX_PRICE_TICKS,
  NO_PRICE,
  OrderKind,
  PostOnly,
  RejectReason,
  SelfTradeMode,
  TimeInForce,
  TrailUnit,
  TriggerSource,
} from './codes.js'

/**
 * A new order. The caller owns it and may reuse it at once: the engine copies what it needs during `submit`.
 */
export class OrderEntry {
  /** The caller's handle: an integer from 0 to 2^53 - 1, unique among the live orders of an engine. */
  orderNumber = 0
  /** 1 buy, -1 sell. */
  side = 1
  kind: OrderKind = OrderKind.limit
  /** Integer units, above 0. */
  quantity = 0
  /** Limit price in ticks, for the limit kinds. */
  price = 0
  timeInForce: TimeInForce = TimeInForce.day
  postOnly: PostOnly = PostOnly.off
  /** Iceberg: how much is shown at a time; 0 shows everything. */
  displayQuantity = 0
  /** For self-trade prevention; 0 is nobody in particular and never prevented. */
  owner = 0
  selfTrade: SelfTradeMode = SelfTradeMode.none
  /** Trigger in ticks, for the dormant kinds; trailing stops may leave it at {@link NO_PRICE} and start from the market. */
  triggerPrice = NO_PRICE
  triggerSource: TriggerSource = TriggerSource.last
  /** Distance of a trailing stop, in `trailUnit`. */
  trailOffset = 0
  trailUnit: TrailUnit = TrailUnit.ticks
  /** Trailing stop-limit: how many ticks beyond the trigger the limit lies. */
  limitOffset = 0
  /** Good-till-date expiry, epoch microseconds. */
  expireUs = 0

  /** Sets the four fields every order has and everything else to its default; returns itself. */
  reset(orderNumber: number, side: number, kind: OrderKind, quantity: number): this {
    this.orderNumber = orderNumber
    this.side = side
    this.kind = kind
    this.quantity = quantity
    this.price = 0
    this.timeInForce = TimeInForce.day
    this.postOnly = PostOnly.off
    this.displayQuantity = 0
    this.owner = 0
    this.selfTrade = SelfTradeMode.none
    this.triggerPrice = NO_PRICE
    this.triggerSource = TriggerSource.last
    this.trailOffset = 0
    this.trailUnit = TrailUnit.ticks
    this.limitOffset = 0
    this.expireUs = 0
    return this
  }
}

/** True for the kinds that wait for a trigger. */
export function isDormantKind(kind: number): boolean {
  return kind >= OrderKind.stop
}

/** True for the trailing kinds. */
export function isTrailingKind(kind: number): boolean {
  return kind === OrderKind.trailingStop || kind === OrderKind.trailingStopLimit
}

/** True for the kinds whose `price` field is a limit. */
export function hasLimitPrice(kind: number): boolean {
  return kind === OrderKind.limit || kind === OrderKind.stopLimit || kind === OrderKind.limitIfTouched
}

/** True for an integer price in ticks within the engine's range. */
export function isPrice(value: number): boolean {
  return value >= -1_000_000_000 && value <= 1_000_000_000 && (value | 0) === value
}

/** True for an integer quantity above 0 that a double holds exactly. */
export function isQuantity(value: number): boolean {
  return value > 0 && Number.isSafeInteger(value)
}

function isCode(value: number, largest: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= largest
}

/** What is wrong with an order in itself, whatever the state of the market: a {@link RejectReason}, `none` when nothing is. */
export function entryFault(entry: OrderEntry): RejectReason {
  const kind = entry.kind
  if (!Number.isSafeInteger(entry.orderNumber) || entry.orderNumber < 0) return RejectReason.invalidOrderNumber
  if (entry.side !== 1 && entry.side !== -1) return RejectReason.invalidSide
  if (!isQuantity(entry.quantity)) return RejectReason.invalidQuantity
  if (!isCode(kind, OrderKind.limitIfTouched)) return RejectReason.invalidKind
  if (!isCode(entry.timeInForce, TimeInForce.closing)) return RejectReason.invalidTimeInForce
  if (hasLimitPrice(kind) && !isPrice(entry.price)) return RejectReason.invalidPrice
  if (entry.owner !== 0 && (entry.owner | 0) !== entry.owner) return RejectReason.invalidOption
  if (!isCode(entry.selfTrade, SelfTradeMode.decrement)) return RejectReason.invalidOption
  if (entry.timeInForce === TimeInForce.gtd && !(entry.expireUs > 0 && Number.isSafeInteger(entry.expireUs))) {
    return RejectReason.invalidExpiry
  }
  if (entry.postOnly !== PostOnly.off || entry.displayQuantity !== 0) {
    const fault = restingOptionFault(entry)
    if (fault !== RejectReason.none) return fault
  }
  return isDormantKind(kind) ? dormantFault(entry) : RejectReason.none
}

/** True for a faultless limit order, DAY, GTC or IOC, without any option: one look at what almost all orders are. */
export function isPlainLimit(entry: OrderEntry): boolean {
  const { timeInForce, side, quantity, owner, orderNumber } = entry
  // Plain numbers instead of the named codes: limit 1, DAY 0, GTC 1, IOC 2, and 0 for each option that is off.
  if (entry.kind !== 1 || entry.postOnly !== 0 || entry.displayQuantity !== 0 || entry.selfTrade !== 0) return false
  if (timeInForce !== 0 && timeInForce !== 1 && timeInForce !== 2) return false
  if ((side !== 1 && side !== -1) || !isPrice(entry.price) || (owner | 0) !== owner) return false
  return quantity > 0 && Number.isSafeInteger(quantity) && orderNumber >= 0 && Number.isSafeInteger(orderNumber)
}

/** Post-only and icebergs: for orders that rest at a price. */
function restingOptionFault(entry: OrderEntry): RejectReason {
  const { displayQuantity, timeInForce } = entry
  if (!isCode(entry.postOnly, PostOnly.reprice)) return RejectReason.invalidOption
  if (displayQuantity !== 0 && !isQuantity(displayQuantity)) return RejectReason.invalidDisplayQuantity
  const rests = timeInForce === TimeInForce.day || timeInForce === TimeInForce.gtc || timeInForce === TimeInForce.gtd
  const priced = hasLimitPrice(entry.kind) || entry.kind === OrderKind.trailingStopLimit
  return rests && priced ? RejectReason.none : RejectReason.contradictoryOptions
}

/** Stops, trailing stops and if-touched orders. */
function dormantFault(entry: OrderEntry): RejectReason {
  if (!isCode(entry.triggerSource, TriggerSource.quote)) return RejectReason.invalidOption
  if (entry.timeInForce === TimeInForce.opening || entry.timeInForce === TimeInForce.closing) {
    return RejectReason.contradictoryOptions
  }
  const trailing = isTrailingKind(entry.kind)
  if (!isPrice(entry.triggerPrice) && !(trailing && entry.triggerPrice === NO_PRICE)) {
    return RejectReason.invalidTriggerPrice
  }
  if (!trailing) return RejectReason.none
  if (!isCode(entry.trailUnit, TrailUnit.basisPoints)) return RejectReason.invalidOption
  const largest = entry.trailUnit === TrailUnit.ticks ? MAX_PRICE_TICKS : 1_000_000
  if (!Number.isInteger(entry.trailOffset) || entry.trailOffset < 1 || entry.trailOffset > largest) {
    return RejectReason.invalidTrailingOffset
  }
  if (entry.kind !== OrderKind.trailingStopLimit) return RejectReason.none
  const validOffset = Number.isInteger(entry.limitOffset) && Math.abs(entry.limitOffset) <= MAX_PRICE_TICKS
  return validOffset ? RejectReason.none : RejectReason.invalidPrice
}
