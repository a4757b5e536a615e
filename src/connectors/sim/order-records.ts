/** What a venue remembers of orders and executions: by number, for as long as there is room, and the numbers themselves. */
import type { VenueExecution, VenueOrder } from './venue-order.js'

/** Forgotten orders that the list of closed ones may carry along. */
const maxForgotten = 65_536

/** Orders and executions by number. */
export class OrderRecords {
  /** Every order that is remembered, by venue order id. */
  readonly orders = new Map<number, VenueOrder>()
  readonly executions = new Map<number, VenueExecution>()
  readonly counters = { orders: 0, rejected: 0, executions: 0, forgotten: 0 }
  /** Closed orders kept; older ones are forgotten and counted. */
  readonly #historyLimit: number
  readonly #closed: VenueOrder[] = []
  #firstClosed = 0
  #lastOrderId = 0
  #lastExec = 0

  constructor(historyLimit: number) {
    this.#historyLimit = historyLimit
  }

  /** Numbers up to here were given by a venue that is gone. */
  startNumbersAfter(highWater: number): void {
    this.#lastOrderId = Math.max(this.#lastOrderId, highWater)
    this.#lastExec = Math.max(this.#lastExec, highWater)
  }

  /** An order that has come. */
  enter(order: VenueOrder): void {
    this.counters.orders++
    order.venueOrderId = ++this.#lastOrderId
    this.orders.set(order.venueOrderId, order)
  }

  /** An order of a venue that is gone, with its executions. Ids that are no numbers of a venue get one to be found by. */
  adopt(order: VenueOrder): void {
    if (order.venueOrderId === 0) order.venueOrderId = ++this.#lastOrderId
    this.orders.set(order.venueOrderId, order)
    for (const execution of order.executions)
      this.executions.set(typeof execution.exec === 'number' ? execution.exec : ++this.#lastExec, execution)
  }

  /** Number of the next execution. */
  nextExec(): number {
    this.counters.executions++
    return ++this.#lastExec
  }

  /** The order is over. */
  close(order: VenueOrder): void {
    this.#closed.push(order)
    if (this.#closed.length - this.#firstClosed <= this.#historyLimit) return
    const oldest = this.#closed[this.#firstClosed++] as VenueOrder
    this.orders.delete(oldest.venueOrderId)
    for (const execution of oldest.executions) this.executions.delete(execution.exec as number)
    this.counters.forgotten++
    if (this.#firstClosed > maxForgotten) {
      this.#closed.splice(0, this.#firstClosed)
      this.#firstClosed = 0
    }
  }
}
