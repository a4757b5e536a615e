/** Test doubles of the matching engine: a listener that writes everything down, and short forms of orders. */
import { OrderKind } from './codes.js'
import type { MatchingEngine } from './matching-engine.js'
import type { MatchingListener } from './matching-listener.js'
import { OrderEntry } from './order-entry.js'

/** Writes events as lines of text; book levels are kept apart, as the book they describe. */
export class RecordingListener implements MatchingListener {
  readonly events: string[] = []
  /** Levels by book side as the level events tell. */
  readonly shadow: readonly [Map<number, number>, Map<number, number>] = [new Map(), new Map()]

  onAccepted(orderNumber: number, side: number, price: number, quantity: number): void {
    this.events.push(`accepted ${orderNumber} ${side} ${price} ${quantity}`)
  }

  onRejected(orderNumber: number, reason: number): void {
    this.events.push(`rejected ${orderNumber} ${reason}`)
  }

  onRequestRejected(orderNumber: number, reason: number): void {
    this.events.push(`refused ${orderNumber} ${reason}`)
  }

  onTrade(trade: number, resting: number, taker: number, price: number, quantity: number, side: number): void {
    this.events.push(`trade ${trade} ${resting} ${taker} ${price} ${quantity} ${side}`)
  }

  onCanceled(orderNumber: number, quantity: number, reason: number): void {
    this.events.push(`canceled ${orderNumber} ${quantity} ${reason}`)
  }

  onExpired(orderNumber: number, quantity: number): void {
    this.events.push(`expired ${orderNumber} ${quantity}`)
  }

  onReplaced(orderNumber: number, price: number, quantity: number): void {
    this.events.push(`replaced ${orderNumber} ${price} ${quantity}`)
  }

  onTriggered(orderNumber: number): void {
    this.events.push(`triggered ${orderNumber}`)
  }

  onBookLevel(bookSide: number, price: number, quantity: number): void {
    const levels = this.shadow[bookSide as 0 | 1]
    if (quantity === 0) levels.delete(price)
    else levels.set(price, quantity)
  }

  /** The events since the last call. */
  take(): string[] {
    return this.events.splice(0)
  }
}

/** Options of an order beside number, side, kind and quantity. */
export type EntryOptions = Partial<Omit<OrderEntry, 'reset'>>

/** A new entry; a limit order when a price is given and no kind, else a market order. */
export function entryOf(orderNumber: number, side: number, quantity: number, options: EntryOptions = {}): OrderEntry {
  const kind = options.price === undefined ? OrderKind.market : OrderKind.limit
  return Object.assign(new OrderEntry().reset(orderNumber, side, kind, quantity), options)
}

/** Levels of a book side as [price, quantity] pairs, best first. */
export function levelsOf(engine: MatchingEngine, bookSide: number): [number, number][] {
  const prices: number[] = []
  const quantities: number[] = []
  engine.levels(bookSide, prices, quantities, Number.POSITIVE_INFINITY)
  return prices.map((price, index) => [price, quantities[index]])
}

/** Orders of a level as [number, shown] pairs, first in time first. */
export function queueOf(engine: MatchingEngine, bookSide: number, price: number): [number, number][] {
  const numbers: number[] = []
  const quantities: number[] = []
  engine.ordersAt(bookSide, price, numbers, quantities, Number.POSITIVE_INFINITY)
  return numbers.map((orderNumber, index) => [orderNumber, quantities[index]])
}
