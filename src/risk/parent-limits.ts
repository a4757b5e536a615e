/**
 * Parent and child: the children of an order never ask for more than it. What they filled and may still fill is summed over
 * the order table, independently of what the algorithm believes; whoever tries to pass it is halted.
 *
 * Children are known by their client order ids, `<parent>-E<n>`, or by being assigned.
 */
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import { Verdict } from './controls.js'
import type { GateCheck, GateParts } from './gate-check.js'
import type { Subject } from './subject.js'

/** A parent as the gate knows it. */
export interface Family {
  readonly id: string
  quantityUnits: number
  readonly instrument: number
  readonly side: number
  /** Order numbers of its children that are in the table. */
  readonly children: Set<number>
  /** What children filled whose record was taken over. */
  pastUnits: number
}

/** See the file's header. */
export class ParentLimits implements GateCheck {
  readonly #table: OrderTable
  readonly #actions: GateParts['actions']
  readonly #families = new Map<string, Family>()
  readonly #familyOf = new Map<number, Family>()

  constructor({ table, actions }: GateParts) {
    this.#table = table
    this.#actions = actions
  }

  /**
   * A parent begins: its children may fill this much, in quantity units of its instrument. `pastUnits`: what children filled
   * whose record was taken over before, where it goes on after a restart.
   */
  open(id: string, instrument: number, side: 1 | -1, quantityUnits: number, pastUnits = 0): void {
    this.forget(id)
    this.#families.set(id, { id, instrument, side, quantityUnits, children: new Set(), pastUnits })
  }

  /** The parent asks for another quantity now. */
  change(id: string, quantityUnits: number): void {
    const family = this.#families.get(id)
    if (family !== undefined) family.quantityUnits = quantityUnits
  }

  /** The parent is over: it may have nothing more. It is forgotten when {@link forget} says so. */
  close(id: string): void {
    const family = this.#families.get(id)
    if (family !== undefined) family.quantityUnits = Math.min(family.quantityUnits, this.#used(family, -1))
  }

  /** Forgets a parent and whose children there were. */
  forget(id: string): void {
    const family = this.#families.get(id)
    if (family === undefined) return
    for (const number of family.children) this.#familyOf.delete(number)
    this.#families.delete(id)
  }

  /** An order is a child, whatever its id. */
  assign(number: number, id: string): void {
    const family = this.#families.get(id)
    if (family === undefined) return
    family.children.add(number)
    this.#familyOf.set(number, family)
  }

  /** Parents that are known. */
  get size(): number {
    return this.#families.size
  }

  /** What the children of a parent filled and may still fill; undefined for a parent that is not known. */
  usedBy(id: string): number | undefined {
    const family = this.#families.get(id)
    return family === undefined ? undefined : this.#used(family, -1)
  }

  /** The record of an order is about to be taken over. */
  evict(number: number, row: number): void {
    const family = this.#familyOf.get(number)
    if (family === undefined) return
    this.#familyOf.delete(number)
    family.children.delete(number)
    family.pastUnits += this.#table.cells[row + Field.filled]
  }

  /** The parent that an order is a child of; undefined for any other order. */
  familyOf(row: number): Readonly<Family> | undefined {
    return this.#families.size === 0 ? undefined : this.#find(row)
  }

  check(row: number, order: Subject, isNew: boolean): number {
    if (this.#families.size === 0) return 0
    const family = this.#find(row)
    if (family === undefined) return 0
    if (family.instrument !== order.instrument || family.side !== order.side) return Verdict.parent
    // Another price for what it may fill already takes nothing from the parent, one that was made smaller included.
    if (!isNew && order.quantity <= order.filled + order.reserved) return 0
    const own = Math.max(order.quantity, order.filled + order.reserved)
    return this.#used(family, row) + own > family.quantityUnits ? Verdict.parent : 0
  }

  seen(row: number, order: Subject, verdict: number): void {
    if (verdict !== Verdict.parent) return
    const reason = `order ${this.#table.cells[row]} asks for more than what is left of its parent`
    this.#actions.halt('strategy', order.strategy, 'parent', reason)
  }

  describe(): { limit: string; observed: string } {
    return { limit: 'what is left of the parent', observed: 'more' }
  }

  #find(row: number): Family | undefined {
    const number = this.#table.cells[row]
    const known = this.#familyOf.get(number)
    if (known !== undefined) return known
    const id = this.#table.clientOrderId(row)
    const cut = id === undefined ? -1 : id.lastIndexOf('-E')
    const family = cut < 0 ? undefined : this.#families.get((id as string).slice(0, cut))
    // An order that is only thought of, for an explanation, is no child yet.
    if (family !== undefined && this.#table.rowOf(number) === row) this.assign(number, family.id)
    return family
  }

  /** Filled and reserved by all children but one. */
  #used(family: Family, without: number): number {
    const table = this.#table
    let units = family.pastUnits
    for (const number of family.children) {
      const row = table.rowOf(number)
      if (row < 0 || row === without) continue
      units += table.cells[row + Field.filled] + table.cells[row + Field.reserved]
    }
    return units
  }
}
