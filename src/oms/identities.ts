/** Who an order was, for orders whose record was taken over: enough to book an execution that comes very late. */

/** Identity of an order. */
export interface OrderIdentity {
  instrument: number
  account: number
  strategy: number
  connector: number
  side: number
}

const fields = 6

/** A bounded ring of identities by order number; the oldest make room. */
export class OrderIdentities {
  readonly #cells: Float64Array
  readonly #mask: number

  /** `capacity`: a power of two. */
  constructor(capacity: number) {
    this.#mask = capacity - 1
    this.#cells = new Float64Array(capacity * fields)
  }

  keep(number: number, instrument: number, account: number, strategy: number, connector: number, side: number): void {
    const at = (number & this.#mask) * fields
    const cells = this.#cells
    cells[at] = number
    cells[at + 1] = instrument
    cells[at + 2] = account
    cells[at + 3] = strategy
    cells[at + 4] = connector
    cells[at + 5] = side
  }

  find(number: number): OrderIdentity | undefined {
    const at = (number & this.#mask) * fields
    const cells = this.#cells
    if (number <= 0 || cells[at] !== number) return undefined
    return { instrument: cells[at + 1], account: cells[at + 2], strategy: cells[at + 3], connector: cells[at + 4], side: cells[at + 5] }
  }
}
