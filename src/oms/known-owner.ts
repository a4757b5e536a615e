/**
 * Whose an execution is that a venue tells under an order id of its own which nobody here has heard of: the acknowledgement of
 * an order of ours was missed, and the execution is known from a report that named the order.
 */
import { OrderFlag, sideSign } from '../orders/codes.js'
import * as Field from '../orders/order-fields.js'
import * as TradeField from '../orders/trade-fields.js'
import { findTrade } from '../orders/trade-list.js'
import type { VenueFillReport } from '../orders/venue-reports.js'
import type { OrderCore } from './order-core.js'

/** Rows of our own orders at a connector whose id at the venue is not known, among `rows`. */
export function namelessRows({ table }: OrderCore, source: number, rows: readonly number[]): number[] {
  return rows.filter(
    (row) =>
      table.cells[row + Field.connector] === source &&
      table.venueOrderId(row) === undefined &&
      (table.cells[row + Field.flags] & OrderFlag.external) === 0,
  )
}

/** Number of the order of ours, on record among `nameless` or forgotten; 0 when there is none. */
export function knownOwner(
  core: OrderCore,
  source: number,
  nameless: readonly number[],
  fill: VenueFillReport,
): number {
  const { table, identities } = core
  const own = nameless.find((row) => isOf(core, row, fill))
  return own === undefined ? identities.ownerOf(source, fill) : table.cells[own]
}

/** Whether an order has an execution, in all of its terms. */
function isOf({ table }: OrderCore, row: number, fill: VenueFillReport): boolean {
  const { cells, trades } = table
  if (cells[row + Field.instrument] !== fill.instrument || cells[row + Field.side] !== sideSign(fill.side)) return false
  const trade = findTrade(table, row, fill.exec)
  return (
    trade >= 0 &&
    trades.cells[trade + TradeField.quantity] === fill.quantityUnits &&
    trades.cells[trade + TradeField.price] === fill.priceUnits
  )
}
