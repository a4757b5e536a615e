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
    const { cells } = this.#table
    const account = cells[row + Field.account]
    const key = account * this.#instruments + cells[row + Field.instrument]
    this.#count(row, key, account, 1)
    this.#set(row, key, cells[row + Field.quantity])
  }

  /** Raises the reservation of a working order for a change that was approved and not confirmed yet. */
  reserveAtLeast(row: number, leavesUnits: number): void {
    const { cells } = this.#table
    if (leavesUnits <= cells[row + Field.reserved]) return
    this.#set(row, this.keyOf(cells[row + Field.account], cells[row + Field.instrument]), leavesUnits)
  }

  /** Brings the reservation of an order in line with its facts. Called after every fold. */
  sync(row: number): void {
    const { cells } = this.#table
    const isOpen = cells[row + Field.isOpen]
    const target = isOpen === 1 ? this.#worstCase(row) : 0
    const isCounted = cells[row + Field.isCounted]
    if (isOpen === isCounted && target === cells[row + Field.reserved]) return
    const account = cells[row + Field.account]
    const key = account * this.#instruments + cells[row + Field.instrument]
    if (isOpen !== isCounted) this.#count(row, key, account, isOpen === 1 ? 1 : -1)
    if (target !== cells[row + Field.reserved]) this.#set(row, key, target)
  }

  /** A fill, or its reversal with a negative quantity: moves the position. */
  applyFill(account: number, instrument: number, signedUnits: number): void {
    const key = this.keyOf(account, instrument)
    this.position[key] = this.position[key] + signedUnits
  }

  #worstCase(row: number): number {
    const { cells } = this.#table
    if (cells[row + Field.firstRequest] >= 0) return worstCaseLeaves(this.#table, row)
    const leaves = cells[row + Field.quantity] - cells[row + Field.filled]
    return leaves > 0 ? leaves : 0
  }

  #set(row: number, key: number, units: number): void {
    const { cells } = this.#table
    const side = cells[row + Field.side] > 0 ? this.buying : this.selling
    side[key] = side[key] + units - cells[row + Field.reserved]
    cells[row + Field.reserved] = units
  }

  #count(row: number, key: number, account: number, change: number): void {
    const { cells } = this.#table
    const strategy = cells[row + Field.strategy]
    const connector = cells[row + Field.connector]
    cells[row + Field.isCounted] = change > 0 ? 1 : 0
    this.openByInstrument[key] = this.openByInstrument[key] + change
    this.openByAccount[account] = this.openByAccount[account] + change
    this.openByStrategy[strategy] = this.openByStrategy[strategy] + change
    this.openByConnector[connector] = this.openByConnector[connector] + change
  }
}
