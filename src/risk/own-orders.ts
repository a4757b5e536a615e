/** Open orders by account, instrument and side, as lists in flat arrays: who stands on the other side is found without a search. */
import * as Field from '../orders/order-fields.js'
import { RECORD_BITS } from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'

/** See the file's header. Rows of the order table by list. */
export class OwnOrders {
  readonly #cells: Float64Array
  readonly #first: Int32Array
  readonly #next: Int32Array
  readonly #before: Int32Array
  readonly #listOf: Int32Array
  readonly #instruments: number

  constructor(table: OrderTable, accounts: number, instruments: number) {
    const records = table.capacity + 1
    this.#cells = table.cells
    this.#instruments = instruments
    this.#first = new Int32Array(accounts * instruments * 2).fill(-1)
    this.#next = new Int32Array(records).fill(-1)
    this.#before = new Int32Array(records).fill(-1)
    this.#listOf = new Int32Array(records).fill(-1)
  }

  /** The list of a side (1 or -1). */
  listOf(account: number, instrument: number, side: number): number {
    return (account * this.#instruments + instrument) * 2 + (side > 0 ? 0 : 1)
  }

  /** The order is open from now on. */
  add(row: number): void {
    const cells = this.#cells
    const index = row >> RECORD_BITS
    if (this.#listOf[index] >= 0) return
    const list = this.listOf(cells[row + Field.account], cells[row + Field.instrument], cells[row + Field.side])
    const first = this.#first[list]
    this.#listOf[index] = list
    this.#before[index] = -1
    this.#next[index] = first
    if (first >= 0) this.#before[first] = index
    this.#first[list] = index
  }

  /** The order is closed. */
  remove(row: number): void {
    const index = row >> RECORD_BITS
    const list = this.#listOf[index]
    if (list < 0) return
    const before = this.#before[index]
    const next = this.#next[index]
    if (before >= 0) this.#next[before] = next
    else this.#first[list] = next
    if (next >= 0) this.#before[next] = before
    this.#listOf[index] = -1
  }

  /** Row of the first order of a list, or -1. */
  first(list: number): number {
    const index = this.#first[list]
    return index < 0 ? -1 : index << RECORD_BITS
  }

  /** Row of the order after this one, or -1. */
  after(row: number): number {
    const index = this.#next[row >> RECORD_BITS]
    return index < 0 ? -1 : index << RECORD_BITS
  }
}
