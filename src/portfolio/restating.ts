/**
 * Busts and corrections: the trades that came after the one that changed are booked again, from the state that the history
 * saved. Each at the conversion rates of its own fill.
 */
import { unitsToDecimal } from '../model/decimal.js'
import { zero } from './base-currency.js'
import { undoFees } from './fee-booking.js'
import * as Row from './history-fields.js'
import { checkFill, type PositionBooks } from './position-books.js'
import { splitAgain } from './splitting.js'
import { restoreSlot, TradeKind } from './trade-history.js'

/** Undoes a trade with its fees; false when it is older than the history. See `Portfolio.bustFill`. */
export function bustTrade(books: PositionBooks, trade: number, tsUs: number): boolean {
  const { history, fees, table } = books
  const { cells } = history
  const row = history.rowOf(trade)
  const at = row * Row.STRIDE
  if (row < 0 || cells[at + Row.KIND] === TradeKind.SPLIT) return false
  if (cells[at + Row.KIND] === TradeKind.VOID) return true
  const slot = cells[at + Row.SLOT]
  const { sizeScale } = table.instrumentOf(slot)
  undoFees(books, slot, trade, row)
  cells[at + Row.KIND] = TradeKind.VOID
  for (let later = trade + 1; later < history.next; later++) {
    const child = history.rowOf(later) * Row.STRIDE
    if (cells[child + Row.PARENT] !== trade || cells[child + Row.KIND] !== TradeKind.INVENTORY_FEE) continue
    cells[child + Row.KIND] = TradeKind.VOID
    fees.addCarry(slot, unitsToDecimal(-cells[child + Row.QUANTITY], sizeScale))
  }
  replay(books, slot, tsUs)
  return true
}

/** Replaces quantity and price of a trade; false when it is older than the history. See `Portfolio.correctFill`. */
export function correctTrade(
  books: PositionBooks,
  trade: number,
  quantityUnits: number,
  priceUnits: number,
  tsUs: number,
): boolean {
  const { history } = books
  const { cells } = history
  const row = history.rowOf(trade)
  const at = row * Row.STRIDE
  if (row < 0 || cells[at + Row.KIND] === TradeKind.SPLIT) return false
  checkFill(books.table.instrumentOf(cells[at + Row.SLOT]), 1, quantityUnits, priceUnits)
  cells[at + Row.KIND] = TradeKind.FILL
  cells[at + Row.QUANTITY] = Math.sign(cells[at + Row.QUANTITY]) * quantityUnits
  cells[at + Row.PRICE] = priceUnits
  replay(books, cells[at + Row.SLOT], tsUs)
  return true
}

function replay(books: PositionBooks, slot: number, tsUs: number): void {
  const total = books.table.totals[slot]
  for (const row of [slot, total]) replayRow(books, row)
  books.touch(slot, total, tsUs)
}

function replayRow(books: PositionBooks, target: number): void {
  const { history, table, lots, base } = books
  const { cells, start } = history
  if (start === undefined) return
  restoreSlot(target, start, table, lots)
  if (base.pnl[target] !== undefined) base.pnl[target] = start.converted[target] ?? { realized: zero, pending: zero }
  for (let trade = start.firstTrade; trade < history.next; trade++) {
    const at = history.rowOf(trade) * Row.STRIDE
    const slot = cells[at + Row.SLOT]
    const kind = cells[at + Row.KIND]
    if (kind === TradeKind.VOID || (slot !== target && table.totals[slot] !== target)) continue
    const quantity = cells[at + Row.QUANTITY]
    const price = cells[at + Row.PRICE]
    if (kind !== TradeKind.SPLIT) books.apply(target, quantity, price, cells[at + Row.BID], cells[at + Row.ASK])
    else if (slot === target) replaySplit(books, trade, target)
  }
}

/** Of a position that is another one now, the split makes another one, too, and the total follows: it is replayed later. */
function replaySplit(books: PositionBooks, trade: number, slot: number): void {
  const { history, table, splits } = books
  const { cells } = history
  const at = history.rowOf(trade) * Row.STRIDE
  const known = splits.get(trade)
  const total = table.totals[slot]
  const numerator = cells[at + Row.QUANTITY]
  const denominator = cells[at + Row.PRICE]
  const before = known ?? { numerator, denominator, units: Number.NaN, cashPrice: Number.NaN, cash: Number.NaN }
  const after = known !== undefined && total < 0 ? known : splitAgain(table, slot, before)
  if (known !== undefined && total >= 0) {
    splits.set(trade, after)
    const sum = totalOf(books, trade, total)
    const inSum = splits.get(sum)
    if (inSum !== undefined)
      splits.set(sum, {
        ...inSum,
        units: inSum.units + after.units - known.units,
        cash: inSum.cash + after.cash - known.cash,
      })
  }
  books.applySplit(slot, after, cells[at + Row.BID], cells[at + Row.ASK])
}

/** The part of a split that stands for the total of a position: the next one, since totals are booked last. */
function totalOf({ history }: PositionBooks, from: number, total: number): number {
  for (let trade = from + 1; trade < history.next; trade++)
    if (history.cells[history.rowOf(trade) * Row.STRIDE + Row.SLOT] === total) return trade
  return -1
}
