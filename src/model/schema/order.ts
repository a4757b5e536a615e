/**
 * Orders in JSON. What is checked here is the form of each field; the rules between them (which type needs which price)
 * are those of `normalizeOrderRequest`, through which every order goes.
 */
import type { AccountId, ClientOrderId, ConnectorId, InstrumentId, StrategyId, VenueOrderId } from '../ids.js'
import { MAX_ID_LENGTH, MAX_LINE_LENGTH, MAX_TAG_LENGTH, MAX_TRAILING_BASIS_POINTS } from '../limits.js'
import type { OrderChange, OrderRequest, OrderSnapshot, TrailingOffset } from '../order.js'
import {
  auctionTypeNames,
  orderStatuses,
  orderTypes,
  selfTradePreventions,
  timesInForce,
  triggerSources,
} from '../order-types.js'
import { amount, decimal, double, flag, longText, oneOf, optional, record, text, timeUs } from './codec.js'
import { id, side } from './market-data.js'

const lowercase = <Word extends string>(words: readonly Word[]) =>
  words.map((word) => word.toLowerCase() as Lowercase<Word>)
const anyCase = <Word extends string>(words: readonly Word[]) => oneOf([...words, ...lowercase(words)])

const trailing = record<TrailingOffset>({
  amount: optional(amount({ min: 0, isAbove: true })),
  basisPoints: optional(double({ min: 0, max: MAX_TRAILING_BASIS_POINTS, isAbove: true })),
})

/** Schema and codec of an order request. */
export const orderRequest = record<OrderRequest>({
  symbol: text(MAX_ID_LENGTH),
  side,
  quantity: amount({ min: 0, isAbove: true }),
  type: optional(anyCase([...orderTypes, ...auctionTypeNames])),
  price: optional(amount()),
  triggerPrice: optional(amount()),
  triggerSource: optional(oneOf(triggerSources)),
  trailing: optional(trailing),
  timeInForce: optional(anyCase(timesInForce)),
  expireTimeUs: optional(timeUs),
  postOnly: optional(flag),
  reduceOnly: optional(flag),
  displayQuantity: optional(amount({ min: 0, isAbove: true })),
  selfTradePrevention: optional(oneOf(selfTradePreventions)),
  clientOrderId: optional(text(MAX_ID_LENGTH)),
  account: optional(text(MAX_ID_LENGTH)),
  strategy: optional(text(MAX_ID_LENGTH)),
  connector: optional(text(MAX_ID_LENGTH)),
  positionId: optional(text(MAX_ID_LENGTH)),
  tag: optional(text(MAX_TAG_LENGTH, 0)),
})

/** Schema and codec of a change of an order. */
export const orderChange = record<OrderChange>({
  quantity: optional(amount({ min: 0, isAbove: true })),
  price: optional(amount()),
  triggerPrice: optional(amount()),
})

const quantity = decimal({ min: 0 })
const price = decimal()

/** Schema and codec of an order snapshot. */
export const orderSnapshot = record<OrderSnapshot>({
  clientOrderId: id<ClientOrderId>(),
  venueOrderId: optional(id<VenueOrderId>()),
  instrument: id<InstrumentId>(),
  account: id<AccountId>(),
  strategy: id<StrategyId>(),
  connector: id<ConnectorId>(),
  side,
  type: oneOf(orderTypes),
  timeInForce: oneOf(timesInForce),
  quantity,
  price: optional(price),
  triggerPrice: optional(price),
  displayQuantity: optional(quantity),
  expireTimeUs: optional(timeUs),
  postOnly: flag,
  reduceOnly: flag,
  status: oneOf(orderStatuses),
  filledQuantity: quantity,
  leavesQuantity: quantity,
  averagePrice: optional(price),
  reason: optional(longText(MAX_LINE_LENGTH)),
  isInferred: flag,
  positionId: optional(text(MAX_ID_LENGTH)),
  tag: optional(text(MAX_TAG_LENGTH, 0)),
  tsCreatedUs: timeUs,
  tsUpdatedUs: timeUs,
})
