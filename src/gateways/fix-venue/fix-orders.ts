/**
 * What FIX adds to the venue's orders: the ids of their requests, and the running sums that reports carry. One book for all
 * sessions, for an order is reported to its own session and to drop copies.
 */
import type { VenueOrder } from '../../connectors/sim/venue-order.js'

/** A change or cancel under way. */
export interface PendingRequest {
  readonly clOrdId: string
  readonly original: string
}

/** An order as FIX sees it. */
export class FixOrder {
  readonly order: VenueOrder
  /** ClOrdID (11) of the order, or of the last change that was made. */
  clOrdId: string
  /** Sums over the executions reported so far: reports tell what was true when they were made. */
  cumulativeUnits = 0
  valueUnits = 0
  /** Requests that the venue is working on: changes by their number, and a cancel. */
  readonly changes = new Map<number, PendingRequest>()
  cancel: PendingRequest | undefined

  constructor(order: VenueOrder, clOrdId: string) {
    this.order = order
    this.clOrdId = clOrdId
  }

  /** Average price in price units; 0 without executions. */
  get averageUnits(): number {
    return this.cumulativeUnits === 0 ? 0 : this.valueUnits / this.cumulativeUnits
  }
}

/** Ids that are remembered for each client. */
const IDS_KEPT = 1_000_000

/** Finds orders by the ids of FIX. */
export class FixOrders {
  readonly #orders = new WeakMap<VenueOrder, FixOrder>()
  readonly #byId = new Map<string, Map<string, FixOrder>>()

  /** The order that an id of a client stands for, whatever request of it. */
  find(clientName: string, clOrdId: string): FixOrder | undefined {
    return this.#byId.get(clientName)?.get(clOrdId)
  }

  /** An id is used up, whether or not its request was granted. */
  remember(clientName: string, clOrdId: string, order: FixOrder): void {
    let ids = this.#byId.get(clientName)
    if (ids === undefined) {
      ids = new Map()
      this.#byId.set(clientName, ids)
    }
    ids.set(clOrdId, order)
    if (ids.size <= IDS_KEPT) return
    for (const oldest of ids.keys()) {
      ids.delete(oldest)
      return
    }
  }

  /** What FIX knows of an order of the venue; orders that came another way are known by the venue's number. */
  of(order: VenueOrder): FixOrder {
    let known = this.#orders.get(order)
    if (known === undefined) {
      known = new FixOrder(order, order.clientOrderId)
      for (const execution of order.executions) {
        if (execution.isBusted) continue
        known.cumulativeUnits += execution.quantityUnits
        known.valueUnits += execution.quantityUnits * execution.priceUnits
      }
      this.#orders.set(order, known)
    }
    return known
  }
}
