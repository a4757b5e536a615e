/**
 * What every fold ends with: the columns that are derived from the facts are brought up to date. And the three ways a fact
 * is written, none of which takes one back.
 */
import { StatusCode } from './codes.js'
import { lifecycle, mayGrow } from './derive.js'
import { isClosed } from './lifecycle.js'
import * as Field from './order-fields.js'
import type { OrderTable } from './order-table.js'
import * as Outcome from './outcome.js'

/** Brings the derived columns up to date after facts changed. */
export function settle(table: OrderTable, row: number, seq: number): void {
  const { cells } = table
  const at = row & Field.OFFSET
  if (seq > cells[at + Field.lastSeq]) cells[at + Field.lastSeq] = seq
  if (cells[at + Field.hasEnding] === 0) {
    const quantity = cells[at + Field.quantity]
    const isFilled = quantity > 0 && cells[at + Field.filled] >= quantity
    cells[at + Field.isOpen] = isFilled && !mayGrow(table, at) ? 0 : 1
  } else {
    const cycle = lifecycle(table, at)
    cells[at + Field.isOpen] = isClosed(cycle) && !(cycle === StatusCode.FILLED && mayGrow(table, at)) ? 0 : 1
  }
}

/** As {@link settle}, after a fact that neither ends an order nor changes its quantities: one that is open stays so. */
export function settleNews(table: OrderTable, row: number, seq: number): void {
  const { cells } = table
  const at = row & Field.OFFSET
  if (cells[at + Field.isOpen] !== 1 || cells[at + Field.hasEnding] !== 0) settle(table, at, seq)
  else if (seq > cells[at + Field.lastSeq]) cells[at + Field.lastSeq] = seq
}

/** Adds a plain fact. */
export function addFact(table: OrderTable, row: number, fact: number): number {
  const before = table.cells[row + Field.facts]
  table.cells[row + Field.facts] = before | fact
  return (before & fact) === fact ? Outcome.duplicate : Outcome.changed
}

/** Keeps the highest sequence number: the latest time a thing was said. */
export function raise(column: Float64Array, row: number, seq: number): void {
  if (seq > column[row]) column[row] = seq
}

/** Keeps the lowest sequence number: the one under which a fact was first known. */
export function first(column: Float64Array, row: number, seq: number): void {
  const known = column[row]
  if (known === 0 || seq < known) column[row] = seq
}
