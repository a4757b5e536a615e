/** Events that wait for their delivery, first in, first out. Its places are used again: queueing allocates nothing. */
import type { OrderEvent } from './order-event.js'

/** A queue of order events and of notices, each with the index of the strategy that owns it. */
export class EventQueue<Notice> {
  #items: (OrderEvent | Notice | undefined)[]
  #owners: Int32Array
  #mask: number
  #head = 0
  #size = 0
  /** Owner of the item that {@link take} returned last; -1 for nobody. */
  owner = -1

  /** `capacity`: a power of two, to start with. */
  constructor(capacity = 256) {
    this.#items = new Array<OrderEvent | Notice | undefined>(capacity).fill(undefined)
    this.#owners = new Int32Array(capacity)
    this.#mask = capacity - 1
  }

  /** Items that wait. */
  get size(): number {
    return this.#size
  }

  put(item: OrderEvent | Notice, owner: number): void {
    if (this.#size > this.#mask) this.#grow()
    const at = (this.#head + this.#size++) & this.#mask
    this.#items[at] = item
    this.#owners[at] = owner
  }

  /** Removes the oldest item and returns it. The queue must not be empty. */
  take(): OrderEvent | Notice {
    const at = this.#head
    const item = this.#items[at] as OrderEvent | Notice
    this.#items[at] = undefined
    this.owner = this.#owners[at]
    this.#head = (at + 1) & this.#mask
    this.#size--
    return item
  }

  #grow(): void {
    const capacity = this.#items.length
    const items = [...this.#items.slice(this.#head), ...this.#items.slice(0, this.#head)]
    const owners = new Int32Array(capacity * 2)
    for (let i = 0; i < capacity; i++) owners[i] = this.#owners[(this.#head + i) & this.#mask]
    while (items.length < capacity * 2) items.push(undefined)
    this.#items = items
    this.#owners = owners
    this.#mask = capacity * 2 - 1
    this.#head = 0
  }
}
