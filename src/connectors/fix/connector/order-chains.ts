/**
 * The ids of an order on the wire: its own, and one for each change and cancel, each naming the one before it (OrigClOrdID).
 *
 *   D 11=A ─ G 11=B 41=A ─ G 11=C 41=B ─ F 11=X 41=C        what a venue sees while nothing is refused
 *
 * Kept for open orders and for the latest closed ones. An order of an earlier life of the process has no entry until the venue
 * tells of it; it is then known by the id of the order itself, which the wire id can be made from again.
 */
import type { Instrument } from '../../../model/instrument.js'
import type { SideSign } from '../../../orders/codes.js'

/** A change or cancel without an answer. */
export interface ChainRequest {
  readonly clOrdId: string
  readonly generation: number
  readonly isReplace: boolean
  /** Terms asked for; NaN for cancels and where there is no such term. */
  readonly quantityUnits: number
  readonly priceUnits: number
  readonly triggerUnits: number
}

/** An order and its ids. */
export interface ChainedOrder {
  readonly number: number
  readonly instrument: Instrument
  readonly account: string
  readonly sideSign: SideSign
  /** Codes of type and time in force; -1 where the order was not sent by this process. */
  readonly type: number
  readonly timeInForce: number
  /** OrderID (37), once the venue has told it. */
  orderId: string | undefined
  /** ClOrdID of the order as the venue holds it. */
  accepted: string
  quantityUnits: number
  priceUnits: number
  triggerUnits: number
  isAcknowledged: boolean
  isTriggered: boolean
  isClosed: boolean
  /** Oldest first. */
  readonly requests: ChainRequest[]
  /** When the order was sent, monotonic nanoseconds; NaN when it was not this process that did. */
  readonly sentNs: number
}

/** Closed orders that are still known, for reports that come late. */
const CLOSED_KEPT = 10_000

/** Keeps the orders of one connector. */
export class OrderChains {
  readonly #orders = new Map<number, ChainedOrder>()
  readonly #byOrderId = new Map<string, ChainedOrder>()
  readonly #closed: number[] = []

  get size(): number {
    return this.#orders.size
  }

  add(order: ChainedOrder): ChainedOrder {
    this.#orders.set(order.number, order)
    if (order.orderId !== undefined) this.#byOrderId.set(order.orderId, order)
    return order
  }

  get(number: number): ChainedOrder | undefined {
    return this.#orders.get(number)
  }

  byOrderId(orderId: string): ChainedOrder | undefined {
    return this.#byOrderId.get(orderId)
  }

  /** Orders that may still trade, oldest first. */
  *open(): Iterable<ChainedOrder> {
    for (const order of this.#orders.values()) if (!order.isClosed) yield order
  }

  /** The venue's id of an order. */
  learn(order: ChainedOrder, orderId: string): void {
    if (order.orderId === orderId) return
    if (order.orderId !== undefined) this.#byOrderId.delete(order.orderId)
    order.orderId = orderId
    this.#byOrderId.set(orderId, order)
  }

  /** What the next request of an order names as OrigClOrdID. */
  previous(order: ChainedOrder, latest: boolean): string {
    if (latest)
      for (let i = order.requests.length - 1; i >= 0; i--)
        if (order.requests[i]?.isReplace) return (order.requests[i] as ChainRequest).clOrdId
    return order.accepted
  }

  /** Takes a request that was answered out of those under way. */
  answered(order: ChainedOrder, clOrdId: string): ChainRequest | undefined {
    const at = order.requests.findIndex((request) => request.clOrdId === clOrdId)
    return at < 0 ? undefined : order.requests.splice(at, 1)[0]
  }

  /** The order is over; it is forgotten after many others. */
  close(order: ChainedOrder): void {
    if (order.isClosed) return
    order.isClosed = true
    this.#closed.push(order.number)
    if (this.#closed.length <= CLOSED_KEPT) return
    const oldest = this.#orders.get(this.#closed.shift() as number)
    if (oldest === undefined) return
    this.#orders.delete(oldest.number)
    if (oldest.orderId !== undefined) this.#byOrderId.delete(oldest.orderId)
  }
}
