/**
 * What the engine tells its venue: plain numbers through a fixed interface, so that an event costs a call and no object.
 *
 * An order that is being executed has no place yet: queries know nothing of it until it rests.
 * Calls come in the order in which things happen, during the operation that causes them. A listener may read the
 * orders of the engine; it may not call an operation (`TW_INVALID_STATE`) and must not throw: an engine whose listener
 * threw refuses everything afterwards, because its book is half way through an operation.
 * V8 boxes numbers beyond 2^31 that are passed to a call it does not inline (16 bytes each): keep order numbers small.
 */

/** Receiver of the engine's events. Sides are 1 buy and -1 sell, prices ticks, quantities integer units. */
export interface MatchingListener {
  /** A new order is in; `price` is where it will rest (a repriced post-only order differs from its request), {@link NO_PRICE} for none. */
  onAccepted(orderNumber: number, side: number, price: number, quantity: number): void
  /** A new order was refused and never existed; `reason` is a {@link RejectReason}. */
  onRejected(orderNumber: number, reason: number): void
  /** A cancel or replace was refused; the order, if there is one, stays as it was. */
  onRequestRejected(orderNumber: number, reason: number): void
  /** Two orders traded. In auctions `takerSide` is 0, `restingOrder` the buy and `takerOrder` the sell. Trade numbers count from 1 without gaps. */
  onTrade(
    tradeNumber: number,
    restingOrder: number,
    takerOrder: number,
    price: number,
    quantity: number,
    takerSide: number,
  ): void
  /** `canceledQuantity` left the market without a trade and the order is gone; `reason` is a {@link CancelReason}. */
  onCanceled(orderNumber: number, canceledQuantity: number, reason: number): void
  /** The order's time in force ended with `expiredQuantity` open. */
  onExpired(orderNumber: number, expiredQuantity: number): void
  /** The order now stands at `price` for a total of `quantity` (filled included): a replace, a self-trade decrement or a priced market-to-limit rest. */
  onReplaced(orderNumber: number, price: number, quantity: number): void
  /** A dormant order's trigger was reached; it executes next. */
  onTriggered(orderNumber: number): void
  /** The displayed quantity at a price is now `quantity` (0: the level is gone). `bookSide` is 0 bid, 1 ask. */
  onBookLevel(bookSide: number, price: number, quantity: number): void
}

/** A listener that ignores everything: extend it and override what matters. */
export class SilentListener implements MatchingListener {
  onAccepted(_orderNumber: number, _side: number, _price: number, _quantity: number): void {}
  onRejected(_orderNumber: number, _reason: number): void {}
  onRequestRejected(_orderNumber: number, _reason: number): void {}
  onTrade(_trade: number, _resting: number, _taker: number, _price: number, _quantity: number, _side: number): void {}
  onCanceled(_orderNumber: number, _canceledQuantity: number, _reason: number): void {}
  onExpired(_orderNumber: number, _expiredQuantity: number): void {}
  onReplaced(_orderNumber: number, _price: number, _quantity: number): void {}
  onTriggered(_orderNumber: number): void {}
  onBookLevel(_bookSide: number, _price: number, _quantity: number): void {}
}
