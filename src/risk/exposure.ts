/**
 * What the account could come to hold: positions plus everything that may still fill, by account and instrument.
 *
 * An order reserves what it may still trade from its approval until the venue confirms that it is over; an order of
 * unknown fate keeps its reservation. Reservations are computed from the order's facts, never counted up and down by
 * hand, so a restart that replays the facts gives the same reservations.
 */
import { worstCaseLeaves } from '../orders/derive.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'

/** Exposure by (account, instrument), and open-order counts. All quantities in instrument units. */
export class Exposure {
  /** Net position, signed. */
  readonly position: Float64Array
  /** What buy orders may still add. */
  readonly buying: Float64Array
  /** What sell orders may still take away. */
  readonly selling: Float64Array
  readonly openByInstrument: Int32Array
  readonly openByAccount: Int32Array
  readonly openByStrategy: Int32Array
  readonly openByConnector: Int32Array
  readonly #table: OrderTable
  readonly #instruments: number

  constructor(table: OrderTable, sizes: { account: number; instrument: number; strategy: number; connector: number }) {
    const keys = sizes.account * sizes.instrument
    this.#table = table
    this.#instruments = sizes.instrument
    this.position = new Float64Array(keys)
    this.buying = new Float64Array(keys)
    this.selling = new Float64Array(keys)
    this.openByInstrument = new Int32Array(keys)
    this.openByAccount = new Int32Array(sizes.account)
    this.openByStrategy = new Int32Array(sizes.strategy)
    this.openByConnector = new Int32Array(sizes.connector)
  }

  /** Index of an (account, instrument) pair in the columns. */
  keyOf(account: number, instrument: number): number {
    return account * this.#instruments + instrument
  }

  /** Reserves a new order at its approval. */
  reserve(row: number): void {
    const table = this.#table
    this.#count(row, 1)
    this.#set(row, table.cells[row + Field.quantity])
  }

  /** Raises the reservation of a working order for a change that was approved and not confirmed yet. */
  reserveAtLeast(row: number, leavesUnits: number): void {
    if (leavesUnits > this.#table.cells[row + Field.reserved]) this.#set(row, leavesUnits)
  }

  /** Brings the reservation of an order in line with its facts. Called after every fold. */
  sync(row: number): void {
    const table = this.#table
    const isOpen = table.cells[row + Field.isOpen] === 1
    if (isOpen !== (table.cells[row + Field.isCounted] === 1)) this.#count(row, isOpen ? 1 : -1)
    const target = isOpen ? worstCaseLeaves(this.#table, row) : 0
    if (target !== this.#table.cells[row + Field.reserved]) this.#set(row, target)
  }

  /** A fill, or its reversal with a negative quantity: moves the position. */
  applyFill(account: number, instrument: number, signedUnits: number): void {
    const key = this.keyOf(account, instrument)
    this.position[key] = this.position[key] + signedUnits
  }

  #set(row: number, units: number): void {
    const table = this.#table
    const key = this.keyOf(table.cells[row + Field.account], table.cells[row + Field.instrument])
    const side = table.cells[row + Field.side] > 0 ? this.buying : this.selling
    side[key] = side[key] + units - this.#table.cells[row + Field.reserved]
    this.#table.cells[row + Field.reserved] = units
  }

  #count(row: number, change: number): void {
    const table = this.#table
    table.cells[row + Field.isCounted] = change > 0 ? 1 : 0
    const key = this.keyOf(table.cells[row + Field.account], table.cells[row + Field.instrument])
    this.openByInstrument[key] = this.openByInstrument[key] + change
    const account = table.cells[row + Field.account]
    this.openByAccount[account] = this.openByAccount[account] + change
    const strategy = table.cells[row + Field.strategy]
    this.openByStrategy[strategy] = this.openByStrategy[strategy] + change
    const connector = table.cells[row + Field.connector]
    this.openByConnector[connector] = this.openByConnector[connector] + change
  }
}
