/**
 * What the account could come to hold: positions plus everything that may still fill, by account and instrument.
 *
 * An order reserves what it may still trade from its approval until the venue confirms that it is over; an order of
 * unknown fate keeps its reservation. Reservations are computed from the order's facts, never counted up and down by
 * hand, so a restart that replays the facts gives the same reservations.
 */
import { worstCaseLeaves } from '../orders/derive.js'
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
  /** What each row has reserved, so that a change is the difference to it. */
  readonly reserved: Float64Array
  readonly #isCounted: Uint8Array

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
    this.reserved = new Float64Array(table.capacity)
    this.#isCounted = new Uint8Array(table.capacity)
  }

  /** Index of an (account, instrument) pair in the columns. */
  keyOf(account: number, instrument: number): number {
    return account * this.#instruments + instrument
  }

  /** Reserves a new order at its approval. */
  reserve(row: number): void {
    const table = this.#table
    this.#count(row, 1)
    this.#set(row, table.quantity[row] as number)
  }

  /** Raises the reservation of a working order for a change that was approved and not confirmed yet. */
  reserveAtLeast(row: number, leavesUnits: number): void {
    if (leavesUnits > (this.reserved[row] as number)) this.#set(row, leavesUnits)
  }

  /** Brings the reservation of an order in line with its facts. Called after every fold. */
  sync(row: number): void {
    const isOpen = this.#table.isOpen[row] === 1
    if (isOpen !== (this.#isCounted[row] === 1)) this.#count(row, isOpen ? 1 : -1)
    const target = isOpen ? worstCaseLeaves(this.#table, row) : 0
    if (target !== this.reserved[row]) this.#set(row, target)
  }

  /** A fill, or its reversal with a negative quantity: moves the position. */
  applyFill(account: number, instrument: number, signedUnits: number): void {
    const key = this.keyOf(account, instrument)
    this.position[key] = (this.position[key] as number) + signedUnits
  }

  #set(row: number, units: number): void {
    const table = this.#table
    const key = this.keyOf(table.account[row] as number, table.instrument[row] as number)
    const side = (table.side[row] as number) > 0 ? this.buying : this.selling
    side[key] = (side[key] as number) + units - (this.reserved[row] as number)
    this.reserved[row] = units
  }

  #count(row: number, change: number): void {
    const table = this.#table
    this.#isCounted[row] = change > 0 ? 1 : 0
    const key = this.keyOf(table.account[row] as number, table.instrument[row] as number)
    this.openByInstrument[key] = (this.openByInstrument[key] as number) + change
    const account = table.account[row] as number
    this.openByAccount[account] = (this.openByAccount[account] as number) + change
    const strategy = table.strategy[row] as number
    this.openByStrategy[strategy] = (this.openByStrategy[strategy] as number) + change
    const connector = table.connector[row] as number
    this.openByConnector[connector] = (this.openByConnector[connector] as number) + change
  }
}
