/**
 * Executions into facts. An execution counts once, in every state of its order, whenever it comes.
 */
import { countTrades } from './count-trades.js'
import { mayGrow, worstCaseQuantity } from './derive.js'
import * as Fact from './facts.js'
import * as Field from './order-fields.js'
import type { OrderTable } from './order-table.js'
import * as Outcome from './outcome.js'
import { raise, settle } from './settle.js'
import * as TradeFact from './trade-facts.js'
import * as TradeField from './trade-fields.js'
import { announceTrade, findTrade, setTrade } from './trade-list.js'
import type { ExecKey } from './trade-pool.js'

/**
 * An execution. `basis` is 0 for a real one; for an inferred one it is the traded total up to which it reaches, so that
 * real executions that arrive later consume it from below.
 */
export function foldTrade(
  table: OrderTable,
  row: number,
  exec: ExecKey,
  quantity: number,
  price: number,
  fee: number,
  feeCurrency: number,
  liquidity: number,
  basis: number,
  tsUs: number,
  seq: number,
): number {
  const { trades, cells } = table
  const at = row & Field.OFFSET
  const count = cells[at + Field.tradeCount]
  const isPlain =
    cells[at + Field.isOpen] === 1 &&
    cells[at + Field.hasAdjustments] + cells[at + Field.hasEnding] + basis === 0 &&
    count < TradeField.LONG_LIST &&
    (count === 0 || findTrade(table, row, exec) < 0)
  if (!isPlain) return foldAnyTrade(table, row, exec, quantity, price, fee, feeCurrency, liquidity, basis, tsUs, seq)
  // What nearly all executions are: new, of an open order of which nothing was corrected, concluded or ended.
  const taken = trades.take(exec)
  if (taken < 0) return Outcome.poolFull
  const trade = taken & Field.OFFSET
  const record = trades.cells
  record[trade + TradeField.owner] = cells[at]
  record[trade + TradeField.next] = -1
  record[trade + TradeField.facts] = TradeFact.reported
  record[trade + TradeField.quantity] = quantity
  record[trade + TradeField.price] = price
  record[trade + TradeField.seq] = seq
  record[trade + TradeField.ts] = tsUs
  record[trade + TradeField.effective] = quantity
  record[trade + TradeField.bookedQuantity] = 0
  record[trade + TradeField.bookedPrice] = 0
  record[trade + TradeField.fee] = fee
  record[trade + TradeField.feeCurrency] = feeCurrency
  record[trade + TradeField.bookedFee] = 0
  record[trade + TradeField.liquidity] = liquidity
  record[trade + TradeField.basis] = 0
  record[trade + TradeField.bookedTrade] = 0
  if (count === 0) cells[at + Field.firstTrade] = trade
  else record[(cells[at + Field.lastTrade] & Field.OFFSET) + TradeField.next] = trade
  cells[at + Field.lastTrade] = trade
  cells[at + Field.tradeCount] = count + 1
  if (seq > cells[at + Field.venueSeq]) cells[at + Field.venueSeq] = seq
  if (seq > cells[at + Field.lastSeq]) cells[at + Field.lastSeq] = seq
  const filled = cells[at + Field.filled] + quantity
  const wanted = cells[at + Field.quantity]
  cells[at + Field.filled] = filled
  cells[at + Field.traded] += quantity
  if (filled < wanted) return Outcome.changed
  if (cells[at + Field.firstRequest] >= 0 && mayGrow(table, at)) return Outcome.changed
  if (wanted > 0) cells[at + Field.isOpen] = 0
  return isOverfilled(table, at) ? Outcome.changed | Outcome.overfill : Outcome.changed
}

/** Whether more is filled than the venue was ever asked for. */
function isOverfilled(table: OrderTable, row: number): boolean {
  const filled = table.cells[row + Field.filled]
  return filled > table.cells[row + Field.quantity] && filled > worstCaseQuantity(table, row)
}

/** As {@link foldTrade}, for every execution and order. */
function foldAnyTrade(
  table: OrderTable,
  row: number,
  exec: ExecKey,
  quantity: number,
  price: number,
  fee: number,
  feeCurrency: number,
  liquidity: number,
  basis: number,
  tsUs: number,
  seq: number,
): number {
  const { trades, cells } = table
  const before = anomaliesBefore(table, row)
  const known = findTrade(table, row, exec)
  if (known >= 0 && (trades.cells[known + TradeField.facts] & TradeFact.reported) !== 0)
    return repeatedTrade(table, row, known, quantity, price, fee, feeCurrency, liquidity, tsUs, seq)
  // A bust or a correction may have named it before it came.
  const trade = known >= 0 ? known : announceTrade(table, row, exec)
  if (trade < 0) return Outcome.poolFull
  setTrade(table, trade, quantity, price, fee, feeCurrency, liquidity, tsUs, seq)
  const facts = trades.cells[trade + TradeField.facts] | TradeFact.reported
  trades.cells[trade + TradeField.facts] = basis > 0 ? facts | TradeFact.inferred : facts
  trades.cells[trade + TradeField.effective] = quantity
  trades.cells[trade + TradeField.basis] = basis
  if (basis > 0) cells[row + Field.hasAdjustments] = 1
  else raise(cells, row + Field.venueSeq, seq)
  if (cells[row + Field.hasAdjustments] === 0) {
    cells[row + Field.filled] += quantity
    cells[row + Field.traded] += quantity
  } else countTrades(table, row)
  settle(table, row, seq)
  return Outcome.changed | before | (isOverfilled(table, row) ? Outcome.overfill : 0)
}

function anomaliesBefore(table: OrderTable, row: number): number {
  if (table.cells[row + Field.isOpen] === 1 || table.cells[row + Field.lastSeq] === 0) return 0
  return Outcome.lateFill | ((table.cells[row + Field.facts] & Fact.rejected) !== 0 ? Outcome.afterReject : 0)
}

/** The same execution again: nothing new, unless its terms differ; then the report with the lowest sequence stands. */
function repeatedTrade(
  table: OrderTable,
  row: number,
  trade: number,
  quantity: number,
  price: number,
  fee: number,
  feeCurrency: number,
  liquidity: number,
  tsUs: number,
  seq: number,
): number {
  const { trades } = table
  if (trades.cells[trade + TradeField.quantity] === quantity && trades.cells[trade + TradeField.price] === price) {
    // A commission often follows its execution in a report of its own.
    const isFeeNew = Number.isNaN(trades.cells[trade + TradeField.fee]) && !Number.isNaN(fee)
    if (isFeeNew) {
      trades.cells[trade + TradeField.fee] = fee
      trades.cells[trade + TradeField.feeCurrency] = feeCurrency
    }
    if (seq < trades.cells[trade + TradeField.seq]) {
      trades.cells[trade + TradeField.seq] = seq
      trades.cells[trade + TradeField.ts] = tsUs
    }
    settle(table, row, seq)
    return isFeeNew ? Outcome.changed | Outcome.duplicate : Outcome.duplicate
  }
  const facts = trades.cells[trade + TradeField.facts]
  trades.cells[trade + TradeField.facts] = facts | TradeFact.conflict
  if ((facts & TradeFact.inferred) === 0) raise(table.cells, row + Field.venueSeq, seq)
  if (seq < trades.cells[trade + TradeField.seq]) {
    setTrade(table, trade, quantity, price, fee, feeCurrency, liquidity, tsUs, seq)
    countTrades(table, row)
  }
  settle(table, row, seq)
  return Outcome.fillConflict
}
