/**
 * What waits to be handed to connectors until the journal holds it: a queue of plain numbers, first in, first out.
 *
 * Its size is bounded by the order table: one new order a record, and as many changes and cancels as may be under way. It
 * starts small and grows to what is needed.
 */

/** Kinds of entries. */
export const Outgoing = { order: 0, replace: 1, cancel: 2 } as const

const fields = 9

/** Orders, changes and cancels that the journal does not hold yet. */
export class Outbox {
  #cells: Float64Array
  #capacity: number
  #head = 0
  #size = 0
  /** The entry that {@link take} made current. */
  kind = 0
  /** Row and number of the order: a row may have been given to another order meanwhile. */
  row = 0
  number = 0
  connector = 0
  /** The connection of the connector at which it was approved. */
  epoch = 0
  generation = 0
  quantity = Number.NaN
  price = Number.NaN
  trigger = Number.NaN

  /** `capacity`: a power of two, to start with. */
  constructor(capacity = 256) {
    this.#capacity = capacity
    this.#cells = new Float64Array(capacity * fields)
  }

  get isEmpty(): boolean {
    return this.#size === 0
  }

  /** Entries that wait. */
  get size(): number {
    return this.#size
  }

  put(
    kind: number,
    row: number,
    number: number,
    connector: number,
    epoch: number,
    generation: number,
    quantity: number,
    price: number,
    trigger: number,
  ): void {
    if (this.#size === this.#capacity) this.#grow()
    const at = ((this.#head + this.#size++) & (this.#capacity - 1)) * fields
    const cells = this.#cells
    cells[at] = kind
    cells[at + 1] = row
    cells[at + 2] = number
    cells[at + 3] = connector
    cells[at + 4] = epoch
    cells[at + 5] = generation
    cells[at + 6] = quantity
    cells[at + 7] = price
    cells[at + 8] = trigger
  }

  /** Makes the oldest entry current and removes it. False when there is none. */
  take(): boolean {
    if (this.#size === 0) return false
    const at = this.#head * fields
    const cells = this.#cells
    this.kind = cells[at]
    this.row = cells[at + 1]
    this.number = cells[at + 2]
    this.connector = cells[at + 3]
    this.epoch = cells[at + 4]
    this.generation = cells[at + 5]
    this.quantity = cells[at + 6]
    this.price = cells[at + 7]
    this.trigger = cells[at + 8]
    this.#head = (this.#head + 1) & (this.#capacity - 1)
    this.#size--
    return true
  }

  #grow(): void {
    const cells = new Float64Array(this.#cells.length * 2)
    const tail = this.#cells.subarray(this.#head * fields)
    cells.set(tail)
    cells.set(this.#cells.subarray(0, this.#head * fields), tail.length)
    this.#cells = cells
    this.#capacity *= 2
    this.#head = 0
  }
}
