/** What a venue remembers of orders and executions: by number, for as long as there is room, and the numbers themselves. */
import type { VenueExecution, VenueOrder } from './venue-order.js'

/** Empty places that the list of closed orders may begin with, however short it is. */
const leastGap = 1_024

/** Orders and executions by number. */
export class OrderRecords {
  /** Every order that is remembered, by venue order id. */
  readonly orders = new Map<number, VenueOrder>()
  readonly executions = new Map<number, VenueExecution>()
  readonly counters = { orders: 0, rejected: 0, executions: 0, forgotten: 0 }
  /** Closed orders kept; older ones are forgotten and counted. */
  readonly #historyLimit: number
  /** Hears of every order that is forgotten, so that nobody else keeps it. */
  onForgotten: (order: VenueOrder) => void = () => {}
  /** Monotonic time at which the latest order that is forgotten had ended; -Infinity while nothing is. */
  forgottenNs = Number.NEGATIVE_INFINITY
  readonly #nowNs: () => number
  /** Closed orders by age; empty before `#firstClosed`. */
  #closed: (VenueOrder | undefined)[] = []
  #firstClosed = 0
  #lastOrderId = 0
  #lastExec = 0

  constructor(historyLimit: number, nowNs: () => number) {
    this.#historyLimit = historyLimit
    this.#nowNs = nowNs
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
    order.closedNs = this.#nowNs()
    this.#closed.push(order)
    if (this.#closed.length - this.#firstClosed <= this.#historyLimit) return
    const oldest = this.#closed[this.#firstClosed] as VenueOrder
    this.#closed[this.#firstClosed++] = undefined
    this.orders.delete(oldest.venueOrderId)
    for (const execution of oldest.executions) this.executions.delete(execution.exec as number)
    this.counters.forgotten++
    this.forgottenNs = oldest.closedNs
    this.onForgotten(oldest)
    if (this.#firstClosed > leastGap && this.#firstClosed * 2 > this.#closed.length) {
      this.#closed = this.#closed.slice(this.#firstClosed)
      this.#firstClosed = 0
    }
  }
}
