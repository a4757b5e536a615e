/**
 * The trades of one order: a list of records in the trade pool, and for orders with many trades the pool's index.
 */
import * as Field from './order-fields.js'
import type { OrderTable } from './order-table.js'
import * as TradeField from './trade-fields.js'
import type { ExecKey } from './trade-pool.js'

/** Writes the terms of a report into a record. A fee that is not known (NaN) leaves what is there. */
export function setTrade(
  table: OrderTable,
  trade: number,
  quantity: number,
  price: number,
  fee: number,
  feeCurrency: number,
  liquidity: number,
  tsUs: number,
  seq: number,
): void {
  const { cells } = table.trades
  cells[trade + TradeField.quantity] = quantity
  cells[trade + TradeField.price] = price
  cells[trade + TradeField.liquidity] = liquidity
  cells[trade + TradeField.ts] = tsUs
  cells[trade + TradeField.seq] = seq
  if (Number.isNaN(fee)) return
  cells[trade + TradeField.fee] = fee
  cells[trade + TradeField.feeCurrency] = feeCurrency
}

/** The trade of an execution id, or -1. */
export function findTrade(table: OrderTable, row: number, exec: ExecKey): number {
  const { trades, cells } = table
  const at = row & Field.OFFSET
  if (cells[at + Field.isIndexed] === 1) return trades.find(cells[at + Field.number], exec)
  let trade = cells[at + Field.firstTrade] | 0
  while (trade >= 0 && trades.exec(trade) !== exec) trade = trades.cells[trade + TradeField.next] | 0
  return trade
}

/** Enters the trades of an order into the index: when they become many, or when corrections give them further names. */
export function indexTrades(table: OrderTable, row: number): void {
  const { trades, cells } = table
  if (cells[row + Field.isIndexed] === 1) return
  cells[row + Field.isIndexed] = 1
  for (let trade = cells[row + Field.firstTrade]; trade >= 0; trade = trades.cells[trade + TradeField.next]) {
    trades.alias(cells[row + Field.number], trades.exec(trade), trade)
  }
}

/** Puts a new record at the end of an order's list. */
export function linkTrade(table: OrderTable, row: number, trade: number, exec: ExecKey): void {
  const { trades, cells } = table
  const last = cells[row + Field.lastTrade] | 0
  if (last < 0) cells[row + Field.firstTrade] = trade
  else trades.cells[last + TradeField.next] = trade
  cells[row + Field.lastTrade] = trade
  const count = (cells[row + Field.tradeCount] | 0) + 1
  cells[row + Field.tradeCount] = count
  if (cells[row + Field.isIndexed] === 1) trades.alias(cells[row + Field.number], exec, trade)
  else if (count > TradeField.LONG_LIST) indexTrades(table, row)
}

/** A record for a trade that is not reported yet; -1 when the pool is full. */
export function announceTrade(table: OrderTable, row: number, exec: ExecKey): number {
  const trade = table.trades.add(table.cells[row + Field.number], exec)
  if (trade >= 0) linkTrade(table, row, trade, exec)
  return trade
}

/** Takes a record out of the list. */
export function unlinkTrade(table: OrderTable, row: number, gone: number): void {
  const { trades } = table
  let before = -1
  for (let trade = table.cells[row + Field.firstTrade]; trade !== gone; trade = trades.cells[trade + TradeField.next])
    before = trade
  table.cells[row + Field.tradeCount] = table.cells[row + Field.tradeCount] - 1
  const next = trades.cells[gone + TradeField.next]
  if (before < 0) table.cells[row + Field.firstTrade] = next
  else trades.cells[before + TradeField.next] = next
  if (table.cells[row + Field.lastTrade] === gone) table.cells[row + Field.lastTrade] = before
}
