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

/** Told of every change when it is made; only where a control asks for it. `at`: the record of the order. */
export interface ExposureWatch {
  /** An order was approved: it is open, and may trade so many units more. In place of the two below. */
  onReserved(at: number, units: number): void
  /** What an order may still trade changed by so many units. */
  onWorking(at: number, units: number): void
  /** An order was filled, or a fill taken back with the sign turned. */
  onTraded(at: number, signedUnits: number): void
  /** The position of an account changed without an order of ours. */
  onAdjusted(account: number, instrument: number, signedUnits: number): void
  /** A split changed the positions in an instrument. */
  onSplit(split: ExposureSplit): void
  /** An order is open from now on, or no longer. */
  onOpen(at: number, isOpen: boolean): void
}

/** A split as it changes what is held, in quantity units. */
export interface ExposureSplit {
  readonly instrument: number
  readonly numerator: number
  readonly denominator: number
  /** By account: how much more is held, signed. */
  readonly accounts: readonly (readonly [account: number, signedUnits: number])[]
  /** The same by strategy, over all accounts. */
  readonly strategies: readonly (readonly [strategy: number, signedUnits: number])[]
}

/** Exposure by (account, instrument), and open-order counts. All quantities in instrument units. */
export class Exposure {
  /** Net position, signed. */
  readonly position: Float64Array
  /** What working orders may still trade, by {@link sideKey}: {@link buying} and {@link selling} in one. */
  readonly working: Float64Array
  /** What buy orders may still add. */
  readonly buying: Float64Array
  /** What sell orders may still take away. */
  readonly selling: Float64Array
  readonly openByInstrument: Int32Array
  readonly openByAccount: Int32Array
  readonly openByStrategy: Int32Array
  readonly openByConnector: Int32Array
  readonly #table: OrderTable
  readonly #cells: Float64Array
  readonly #instruments: number
  readonly #keys: number
  #watch: ExposureWatch | undefined

  constructor(table: OrderTable, sizes: { account: number; instrument: number; strategy: number; connector: number }) {
    const keys = sizes.account * sizes.instrument
    this.#table = table
    this.#cells = table.cells
    this.#instruments = sizes.instrument
    this.position = new Float64Array(keys)
    this.#keys = keys
    this.working = new Float64Array(keys * 2)
    this.buying = this.working.subarray(0, keys)
    this.selling = this.working.subarray(keys)
    this.openByInstrument = new Int32Array(keys)
    this.openByAccount = new Int32Array(sizes.account)
    this.openByStrategy = new Int32Array(sizes.strategy)
    this.openByConnector = new Int32Array(sizes.connector)
  }

  /** Tells a watch of every change from now on. */
  set watch(watch: ExposureWatch | undefined) {
    this.#watch = watch
  }

  /** Index of an (account, instrument) pair in the columns. */
  keyOf(account: number, instrument: number): number {
    return account * this.#instruments + instrument
  }

  /** Index of a side (1 or -1) of a pair in {@link working}. Computed: which side it is cannot be foreseen. */
  sideKey(key: number, side: number): number {
    return key + this.#keys * ((1 - side) >> 1)
  }

  /** Reserves a new order at its approval: all of its quantity. */
  reserve(row: number): void {
    const cells = this.#cells
    const at = row & Field.OFFSET
    const account = cells[at + Field.account] | 0
    const key = account * this.#instruments + (cells[at + Field.instrument] | 0)
    const side = this.sideKey(key, cells[at + Field.side] | 0)
    const quantity = cells[at + Field.quantity]
    const units = quantity - cells[at + Field.reserved]
    this.#count(at, key, account, 1)
    this.working[side] += units
    cells[at + Field.reserved] = quantity
    this.#watch?.onReserved(at, units)
  }

  /** Raises the reservation of a working order for a change that was approved and not confirmed yet. */
  reserveAtLeast(row: number, leavesUnits: number): void {
    const cells = this.#cells
    if (leavesUnits <= cells[row + Field.reserved]) return
    this.#set(row, this.keyOf(cells[row + Field.account], cells[row + Field.instrument]), leavesUnits)
  }

  /** Brings the reservation of an order in line with its facts. Called after every fold. */
  sync(row: number): void {
    const cells = this.#cells
    const at = row & Field.OFFSET
    const isOpen = cells[at + Field.isOpen]
    const isCounted = cells[at + Field.isCounted]
    const target = isOpen === 1 ? this.#worstCase(at) : 0
    if (isOpen === isCounted && target === cells[at + Field.reserved]) return
    const account = cells[at + Field.account] | 0
    const key = account * this.#instruments + (cells[at + Field.instrument] | 0)
    if (isOpen !== isCounted) {
      this.#watch?.onOpen(at, isOpen === 1)
      this.#count(at, key, account, isOpen === 1 ? 1 : -1)
    }
    this.#set(at, key, target)
  }

  /** A fill of an order, after its fold: moves the position, and takes what was filled out of the reservation. */
  traded(row: number, signedUnits: number): void {
    const cells = this.#cells
    const at = row & Field.OFFSET
    const account = cells[at + Field.account] | 0
    const key = account * this.#instruments + (cells[at + Field.instrument] | 0)
    this.position[key] += signedUnits
    this.#watch?.onTraded(at, signedUnits)
    if (cells[at + Field.firstRequest] >= 0) {
      this.sync(at)
      return
    }
    const isOpen = cells[at + Field.isOpen]
    if (isOpen !== cells[at + Field.isCounted]) {
      this.#watch?.onOpen(at, isOpen === 1)
      this.#count(at, key, account, isOpen === 1 ? 1 : -1)
    }
    const leaves = cells[at + Field.quantity] - cells[at + Field.filled]
    this.#set(at, key, isOpen === 1 && leaves > 0 ? leaves : 0)
  }

  /** A fill, or its reversal with a negative quantity: moves the position. */
  applyFill(account: number, instrument: number, signedUnits: number): void {
    const key = this.keyOf(account, instrument)
    this.position[key] += signedUnits
    this.#watch?.onAdjusted(account, instrument, signedUnits)
  }

  /** A split: moves the positions of all accounts. No order of the instrument is open. */
  applySplit(split: ExposureSplit): void {
    for (const [account, signedUnits] of split.accounts) {
      const key = this.keyOf(account, split.instrument)
      this.position[key] += signedUnits
    }
    this.#watch?.onSplit(split)
  }

  #worstCase(at: number): number {
    const cells = this.#cells
    if (cells[at + Field.firstRequest] >= 0) return worstCaseLeaves(this.#table, at)
    return Math.max(0, cells[at + Field.quantity] - cells[at + Field.filled])
  }

  #set(row: number, key: number, units: number): void {
    const cells = this.#cells
    const at = this.sideKey(key, cells[row + Field.side] | 0)
    const change = units - cells[row + Field.reserved]
    this.working[at] += change
    cells[row + Field.reserved] = units
    this.#watch?.onWorking(row, change)
  }

  #count(row: number, key: number, account: number, change: number): void {
    const cells = this.#cells
    const strategy = cells[row + Field.strategy] | 0
    const connector = cells[row + Field.connector] | 0
    cells[row + Field.isCounted] = change > 0 ? 1 : 0
    this.openByInstrument[key] += change
    this.openByAccount[account] += change
    this.openByStrategy[strategy] += change
    this.openByConnector[connector] += change
  }
}
