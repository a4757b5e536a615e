/**
 * How much of an order is filled, counted from all of its trades: for orders with corrections, busts or inferences. All
 * others are counted up as their trades come.
 */
import * as Field from './order-fields.js'
import type { OrderTable } from './order-table.js'
import * as TradeFact from './trade-facts.js'
import * as TradeField from './trade-fields.js'

/**
 * Counts all trades of an order anew, corrections, busts and inferences included.
 *
 * `traded` is what the venue ever executed, busted or not: it is what inferences were measured against. An inference
 * reaches from `basis - quantity` to `basis` on that scale; what real trades have not covered of it still counts.
 */
export function countTrades(table: OrderTable, row: number): void {
  const { trades } = table
  let filled = 0
  let traded = 0
  let inferences = 0
  for (let trade = table.cells[row + Field.firstTrade]; trade >= 0; trade = trades.cells[trade + TradeField.next]) {
    const facts = trades.cells[trade + TradeField.facts]
    if ((facts & TradeFact.inferred) !== 0) {
      inferences++
      trades.cells[trade + TradeField.effective] = 0
      continue
    }
    const isCorrected = (facts & TradeFact.corrected) !== 0
    const reported = (facts & TradeFact.reported) !== 0
    const original = reported
      ? trades.cells[trade + TradeField.quantity]
      : isCorrected
        ? trades.cells[trade + TradeField.correctedQuantity]
        : 0
    const current = isCorrected ? trades.cells[trade + TradeField.correctedQuantity] : original
    const effective = (facts & TradeFact.busted) !== 0 ? 0 : current
    trades.cells[trade + TradeField.effective] = effective
    traded += original
    filled += effective
  }
  table.cells[row + Field.traded] = traded
  table.cells[row + Field.filled] = filled + (inferences === 0 ? 0 : countInferences(table, row, traded))
}

/** Adds up inferences from the lowest basis upwards, each from where real trades and lower inferences end. */
function countInferences(table: OrderTable, row: number, traded: number): number {
  const { trades } = table
  let covered = traded
  let total = 0
  for (;;) {
    let lowest = -1
    for (let trade = table.cells[row + Field.firstTrade]; trade >= 0; trade = trades.cells[trade + TradeField.next]) {
      const facts = trades.cells[trade + TradeField.facts]
      if (
        (facts & TradeFact.inferred) === 0 ||
        (facts & TradeFact.busted) !== 0 ||
        trades.cells[trade + TradeField.basis] <= covered
      )
        continue
      if (lowest < 0 || isBelow(trades.cells, trade, lowest)) lowest = trade
    }
    if (lowest < 0) return total
    const basis = trades.cells[lowest + TradeField.basis]
    const from = Math.max(basis - trades.cells[lowest + TradeField.quantity], covered)
    trades.cells[lowest + TradeField.effective] = basis - from
    total += basis - from
    covered = basis
  }
}

/** Order of inferences: by the total they reach, then by when they were made. */
function isBelow(cells: Float64Array, trade: number, other: number): boolean {
  const difference = cells[trade + TradeField.basis] - cells[other + TradeField.basis]
  return difference < 0 || (difference === 0 && cells[trade + TradeField.seq] < cells[other + TradeField.seq])
}
