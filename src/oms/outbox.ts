/** What waits to be handed to connectors until the journal holds it: a bounded queue of plain numbers, first in, first out. */

/** Kinds of entries. */
export const Outgoing = { order: 0, replace: 1, cancel: 2 } as const

const fields = 6

/** Orders, changes and cancels of one turn. */
export class Outbox {
  readonly #cells: Float64Array
  readonly #capacity: number
  #head = 0
  #size = 0
  /** The entry that {@link take} made current. */
  kind = 0
  row = 0
  generation = 0
  quantity = Number.NaN
  price = Number.NaN
  trigger = Number.NaN

  constructor(capacity = 4_096) {
    this.#capacity = capacity
    this.#cells = new Float64Array(capacity * fields)
  }

  get isEmpty(): boolean {
    return this.#size === 0
  }

  get size(): number {
    return this.#size
  }

  /** Whether the next entry must wait until something was taken. */
  get isFull(): boolean {
    return this.#size === this.#capacity
  }

  put(kind: number, row: number, generation: number, quantity: number, price: number, trigger: number): void {
    const at = ((this.#head + this.#size++) % this.#capacity) * fields
    const cells = this.#cells
    cells[at] = kind
    cells[at + 1] = row
    cells[at + 2] = generation
    cells[at + 3] = quantity
    cells[at + 4] = price
    cells[at + 5] = trigger
  }

  /** Makes the oldest entry current and removes it. False when there is none. */
  take(): boolean {
    if (this.#size === 0) return false
    const at = this.#head * fields
    const cells = this.#cells
    this.kind = cells[at]
    this.row = cells[at + 1]
    this.generation = cells[at + 2]
    this.quantity = cells[at + 3]
    this.price = cells[at + 4]
    this.trigger = cells[at + 5]
    this.#head = (this.#head + 1) % this.#capacity
    this.#size--
    return true
  }
}
