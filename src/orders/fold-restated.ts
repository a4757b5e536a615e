/**
 * Corrections and busts into facts: what the venue said later about an execution. They may come before the execution that
 * they name; a correction may have an id of its own, by which a later one names it.
 */
import { countTrades } from './count-trades.js'
import * as Field from './order-fields.js'
import type { OrderTable } from './order-table.js'
import * as Outcome from './outcome.js'
import { raise, settle } from './settle.js'
import * as TradeFact from './trade-facts.js'
import * as TradeField from './trade-fields.js'
import { announceTrade, indexTrades, setTrade, unlinkTrade } from './trade-list.js'
import type { ExecKey } from './trade-pool.js'

/**
 * The venue replaced the terms of an execution. `exec` is the correction's own id where it has one (later corrections may
 * name it). `works` says that the report itself shows the order as working.
 */
export function foldCorrected(
  table: OrderTable,
  row: number,
  reference: ExecKey,
  exec: ExecKey | undefined,
  quantity: number,
  price: number,
  works: boolean,
  tsUs: number,
  seq: number,
): number {
  const trade = recordFor(table, row, reference, exec)
  if (trade < 0) return Outcome.poolFull
  const { cells } = table.trades
  const isFirst = (cells[trade + TradeField.facts] & TradeFact.corrected) === 0
  const isKnown =
    !isFirst &&
    tsUs === cells[trade + TradeField.correctedTs] &&
    quantity === cells[trade + TradeField.correctedQuantity] &&
    price === cells[trade + TradeField.correctedPrice]
  const isLater =
    isFirst ||
    tsUs > cells[trade + TradeField.correctedTs] ||
    (tsUs === cells[trade + TradeField.correctedTs] && !isKnown && seq > cells[trade + TradeField.correctedSeq])
  if (isLater) {
    cells[trade + TradeField.facts] = cells[trade + TradeField.facts] | TradeFact.corrected
    cells[trade + TradeField.correctedQuantity] = quantity
    cells[trade + TradeField.correctedPrice] = price
    cells[trade + TradeField.correctedTs] = tsUs
    cells[trade + TradeField.correctedSeq] = seq
  }
  adjusted(table, row, !isKnown, works, seq)
  return isKnown ? Outcome.duplicate : Outcome.changed
}

/** The venue took an execution back. */
export function foldBusted(
  table: OrderTable,
  row: number,
  reference: ExecKey,
  works: boolean,
  tsUs: number,
  seq: number,
): number {
  const { trades } = table
  const trade = recordFor(table, row, reference, undefined)
  if (trade < 0) return Outcome.poolFull
  const isNew = (trades.cells[trade + TradeField.facts] & TradeFact.busted) === 0
  if (isNew || tsUs < trades.cells[trade + TradeField.bustTs]) trades.cells[trade + TradeField.bustTs] = tsUs
  if (isNew || seq < trades.cells[trade + TradeField.bustSeq]) trades.cells[trade + TradeField.bustSeq] = seq
  trades.cells[trade + TradeField.facts] = trades.cells[trade + TradeField.facts] | TradeFact.busted
  adjusted(table, row, isNew, works, seq)
  return isNew ? Outcome.changed : Outcome.duplicate
}

/** A bust or correction that is only repeated says nothing new, unless it says that the order works. */
function adjusted(table: OrderTable, row: number, isNews: boolean, works: boolean, seq: number): void {
  table.cells[row + Field.hasAdjustments] = 1
  table.cells[row + Field.hasEnding] = 1
  if (isNews) raise(table.cells, row + Field.bustSeq, seq)
  if (isNews || works) raise(table.cells, row + Field.venueSeq, seq)
  if (works) raise(table.cells, row + Field.worksSeq, seq)
  countTrades(table, row)
  settle(table, row, seq)
}

/** The record that a reference leads to, made if need be; a correction's own id becomes a further name of it. */
function recordFor(table: OrderTable, row: number, reference: ExecKey, exec: ExecKey | undefined): number {
  const { trades } = table
  const owner = table.cells[row + Field.number]
  indexTrades(table, row)
  let trade = trades.find(owner, reference)
  if (trade < 0) trade = announceTrade(table, row, reference)
  if (trade < 0 || exec === undefined || exec === reference) return trade
  const other = trades.find(owner, exec)
  if (other < 0) trades.alias(owner, exec, trade)
  else if (other !== trade) joinRecords(table, row, other, trade)
  return trade
}

/** Two records turn out to be one execution: the later correction and any bust of the second move to the first. */
function joinRecords(table: OrderTable, row: number, from: number, to: number): void {
  const { trades } = table
  const facts = trades.cells[from + TradeField.facts]
  if ((facts & TradeFact.corrected) !== 0) {
    const isLater =
      (trades.cells[to + TradeField.facts] & TradeFact.corrected) === 0 ||
      trades.cells[from + TradeField.correctedTs] > trades.cells[to + TradeField.correctedTs] ||
      (trades.cells[from + TradeField.correctedTs] === trades.cells[to + TradeField.correctedTs] &&
        trades.cells[from + TradeField.correctedSeq] > trades.cells[to + TradeField.correctedSeq])
    if (isLater) {
      trades.cells[to + TradeField.correctedQuantity] = trades.cells[from + TradeField.correctedQuantity]
      trades.cells[to + TradeField.correctedPrice] = trades.cells[from + TradeField.correctedPrice]
      trades.cells[to + TradeField.correctedTs] = trades.cells[from + TradeField.correctedTs]
      trades.cells[to + TradeField.correctedSeq] = trades.cells[from + TradeField.correctedSeq]
    }
  }
  if ((facts & TradeFact.busted) !== 0) {
    const known = (trades.cells[to + TradeField.facts] & TradeFact.busted) !== 0
    trades.cells[to + TradeField.bustTs] = known
      ? Math.min(trades.cells[to + TradeField.bustTs], trades.cells[from + TradeField.bustTs])
      : trades.cells[from + TradeField.bustTs]
    const seq = trades.cells[from + TradeField.bustSeq]
    if (!known || seq < trades.cells[to + TradeField.bustSeq]) trades.cells[to + TradeField.bustSeq] = seq
  }
  if ((facts & TradeFact.reported) !== 0) joinReports(table, from, to)
  trades.cells[to + TradeField.facts] = trades.cells[to + TradeField.facts] | facts
  trades.cells[to + TradeField.bookedQuantity] =
    trades.cells[to + TradeField.bookedQuantity] + trades.cells[from + TradeField.bookedQuantity]
  if (trades.cells[from + TradeField.bookedQuantity] !== 0)
    trades.cells[to + TradeField.bookedPrice] = trades.cells[from + TradeField.bookedPrice]
  unlinkTrade(table, row, from)
  trades.merge(from, to)
}

/** The earlier of two reports of one execution stands; terms that differ are a conflict. */
function joinReports(table: OrderTable, from: number, to: number): void {
  const { cells } = table.trades
  const isKnown = (cells[to + TradeField.facts] & TradeFact.reported) !== 0
  if (
    isKnown &&
    (cells[to + TradeField.quantity] !== cells[from + TradeField.quantity] ||
      cells[to + TradeField.price] !== cells[from + TradeField.price])
  ) {
    cells[to + TradeField.facts] = cells[to + TradeField.facts] | TradeFact.conflict
  }
  if (isKnown && cells[to + TradeField.seq] < cells[from + TradeField.seq]) return
  setTrade(
    table,
    to,
    cells[from + TradeField.quantity],
    cells[from + TradeField.price],
    cells[from + TradeField.fee],
    cells[from + TradeField.feeCurrency],
    cells[from + TradeField.liquidity],
    cells[from + TradeField.ts],
    cells[from + TradeField.seq],
  )
}
