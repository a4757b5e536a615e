/**
 * What leaves, counted where it leaves: an independent tally of orders and quantity at the connector's border, compared with
 * what was entered. An order leaves once, with the quantity that it was approved with; the children of a parent never take
 * more out than the parent asks for. What does not fit is not sent, and the strategy is halted (C36).
 *
 * It shares no counter with the gate, the router or the algorithms: a fault in one of those shows here.
 */
import { TradewireError } from '../core/errors.js'
import type { ApprovedOrder, ApprovedReplace } from '../orders/approved-order.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import type { GateActions } from './gate-check.js'
import type { ParentLimits } from './parent-limits.js'

/** What an audit works with. */
export interface OutputAuditParts {
  table: OrderTable
  actions: Pick<GateActions, 'halt'>
  /** The parents there are; undefined while there are none. */
  parents(): ParentLimits | undefined
}

/** See the file's header. */
export class OutputAudit {
  readonly #parts: OutputAuditParts
  /** Number of the order that left last from each record: a record is used again by later orders. */
  readonly #left: Float64Array
  /** Largest quantity that left for it. */
  readonly #units: Float64Array
  /** Orders and changes that left, and those that were held back. */
  readonly counters = { orders: 0, changes: 0, refused: 0 }

  constructor(parts: OutputAuditParts) {
    this.#parts = parts
    this.#left = new Float64Array(parts.table.capacity)
    this.#units = new Float64Array(parts.table.capacity)
  }

  /**
   * A new order is about to leave.
   *
   * @throws TradewireError `TW_NOT_APPROVED` where it must not: nothing was sent; `TW_DUPLICATE` where it left before, so that
   * nobody takes it for an order that was not sent.
   */
  order(view: ApprovedOrder): void {
    const { table } = this.#parts
    const { number } = view
    const row = table.rowOf(number)
    const index = table.indexOf(row)
    if (this.#left[index] === number) this.#refuse(row, 'has left already', 'TW_DUPLICATE')
    const units = table.cells[row + Field.quantity]
    if (units > table.cells[row + Field.reserved] + table.cells[row + Field.filled])
      this.#refuse(row, `asks for ${units} and was approved for less`)
    this.#requireOfParent(row, units)
    this.#left[index] = number
    this.#units[index] = units
    this.counters.orders++
  }

  /** A change is about to leave. @throws TradewireError as {@link order}. */
  change(view: ApprovedReplace): void {
    const { table } = this.#parts
    const row = table.rowOf(view.number)
    const index = table.indexOf(row)
    const units = view.newQuantityUnits
    if (units > table.cells[row + Field.reserved] + table.cells[row + Field.filled])
      this.#refuse(row, `is changed to ${units} and was approved for less`)
    const before = this.#left[index] === table.cells[row] ? this.#units[index] : 0
    const most = Math.max(before, units)
    this.#requireOfParent(row, most)
    this.#left[index] = table.cells[row]
    this.#units[index] = most
    this.counters.changes++
  }

  #requireOfParent(row: number, units: number): void {
    const parents = this.#parts.parents()
    const family = parents?.familyOf(row)
    if (family === undefined) return
    const { table } = this.#parts
    let out = units + family.pastUnits
    for (const number of family.children) {
      const other = table.rowOf(number)
      if (other < 0 || other === row) continue
      out += this.#out(other)
    }
    if (out > family.quantityUnits)
      this.#refuse(row, `takes ${out} out for parent ${family.id}, which asks for ${family.quantityUnits}`)
  }

  /** What left for an order and may have traded, or did. */
  #out(row: number): number {
    const { table } = this.#parts
    const { cells } = table
    const filled = cells[row + Field.filled]
    if (cells[row + Field.isOpen] === 0) return filled
    const index = table.indexOf(row)
    // An order of an earlier session left with what its record says.
    return this.#left[index] === cells[row] ? Math.max(filled, this.#units[index]) : cells[row + Field.quantity]
  }

  #refuse(row: number, reason: string, code: 'TW_NOT_APPROVED' | 'TW_DUPLICATE' = 'TW_NOT_APPROVED'): never {
    const { table, actions } = this.#parts
    this.counters.refused++
    const problem = `order ${table.cells[row]} ${reason}`
    actions.halt('strategy', table.cells[row + Field.strategy], 'output', problem)
    throw new TradewireError(code, `Nothing was sent: ${problem}`)
  }
}
