/** The orders of this client as the connector follows them: the ids of both sides and the requests that have no answer yet. */
import type { IbkrOrderExtras } from './order-mapping.js'

/** A change that was sent and not answered. */
export interface PendingChange {
  readonly generation: number
  /** The new terms as they went over the wire. */
  readonly quantity: string
  readonly limit: string
  readonly aux: string
  readonly quantityUnits: number
  readonly priceUnits: number
  readonly triggerUnits: number
}

/** One order of ours. */
export class OwnOrder {
  /** Number at the host. */
  readonly number: number
  readonly orderId: number
  /** 64 bits: text; empty until TWS tells. */
  permId = ''
  extras: IbkrOrderExtras = {}
  /** Order id of the parent of a bracket; 0 without one. */
  parentId = 0
  isAccepted = false
  isDone = false
  /** It was told as rejected. */
  isRejected = false
  /** What TWS last said was filled, as text. */
  filled = ''
  /** Changes and cancels without an answer, oldest first. */
  readonly changes: PendingChange[] = []
  readonly cancels: number[] = []
  /** Why TWS refused something of an order that it had accepted. */
  lastReason = ''

  constructor(number: number, orderId: number) {
    this.number = number
    this.orderId = orderId
  }
}

/** Orders that are over are remembered so that late words about them find them; so many of them. */
const mostDone = 20_000

/** Finds orders by both their ids. */
export class OwnOrders {
  readonly #byOrderId = new Map<number, OwnOrder>()
  readonly #byNumber = new Map<number, OwnOrder>()
  readonly #done: OwnOrder[] = []

  add(order: OwnOrder): OwnOrder {
    this.#byOrderId.set(order.orderId, order)
    this.#byNumber.set(order.number, order)
    return order
  }

  byOrderId(orderId: number): OwnOrder | undefined {
    return this.#byOrderId.get(orderId)
  }

  byNumber(number: number): OwnOrder | undefined {
    return this.#byNumber.get(number)
  }

  /** Nothing more is expected of an order. */
  finish(order: OwnOrder): void {
    if (order.isDone) return
    order.isDone = true
    this.#done.push(order)
    if (this.#done.length <= mostDone) return
    const oldest = this.#done.shift() as OwnOrder
    if (this.#byOrderId.get(oldest.orderId) === oldest) this.#byOrderId.delete(oldest.orderId)
    if (this.#byNumber.get(oldest.number) === oldest) this.#byNumber.delete(oldest.number)
  }

  /** TWS works an order that was taken for over. */
  revive(order: OwnOrder): void {
    order.isDone = false
    order.isRejected = false
    const at = this.#done.indexOf(order)
    if (at >= 0) this.#done.splice(at, 1)
    this.add(order)
  }

  /** The connection is gone, and with it every answer that was still to come. */
  forgetRequests(): void {
    for (const order of this.#byOrderId.values()) {
      order.changes.length = 0
      order.cancels.length = 0
    }
  }
}

/** The last revision of each execution, and its fee; so many of them. */
const mostExecutions = 50_000

/** What is known of an execution. */
export interface KnownExecution {
  revision: number
  readonly number: number
  readonly quantityUnits: number
  priceUnits: number
  readonly liquidity: number
  readonly tsUs: number
}

/** A map that forgets its oldest entries. */
export class BoundedMap<K, V> {
  readonly #entries = new Map<K, V>()
  readonly #most: number

  constructor(most = mostExecutions) {
    this.#most = most
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)
  }

  set(key: K, value: V): void {
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#most) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      return
    }
  }

  delete(key: K): void {
    this.#entries.delete(key)
  }
}
