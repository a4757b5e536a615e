/**
 * Execution reports booked into a portfolio: each execution counts once, busts and corrections restate.
 *
 * For hosts that use the portfolio without the order manager, and for tools. An execution is known by account, instrument,
 * side and execution id for as long as the portfolio's history remembers its trade.
 */

import { type Decimal, toUnits } from '../model/decimal.js'
import type { ExecutionReport } from '../model/execution.js'
import type { Instrument } from '../model/instrument.js'
import * as Row from './history-fields.js'
import type { Portfolio } from './portfolio.js'
import { TradeKind } from './trade-history.js'

/**
 * What became of a report. `duplicate`: known, nothing changed. `conflict`: known with another quantity or price, the first
 * one stays. `restated`: a bust or correction was replayed. `unknown_reference`: it refers to an execution that is not (or
 * no longer) known; nothing changed, the caller decides.
 */
export type BookingResult = 'booked' | 'duplicate' | 'conflict' | 'restated' | 'unknown_reference'

/** The strategy that executions without one are booked for. */
export const EXTERNAL_STRATEGY = 'EXTERNAL'

const ROUND_CEIL = 2
const ROUND_FLOOR = 3

/**
 * Books a report. A price finer than the instrument's scale is rounded against us: up when bought, down when sold.
 *
 * @throws TradewireError `TW_OFF_GRID`, `TW_OUT_OF_RANGE` for quantities that the instrument cannot express, and as
 * `Portfolio.applyFill`.
 */
export function bookExecution(portfolio: Portfolio, report: ExecutionReport, instrument: Instrument): BookingResult {
  const key = keyOf(report, report.execId)
  const quantityUnits = toUnits(report.quantity, instrument.sizeScale, 'quantity')
  const priceUnits = priceAgainstUs(report.price, instrument, report.side === 'buy')
  const known = portfolio.history.tradeOf(key)
  if (report.kind !== 'fill') return restate(portfolio, report, known, quantityUnits, priceUnits)
  if (known >= 0) return isSame(portfolio, known, quantityUnits, priceUnits) ? 'duplicate' : 'conflict'
  const account = portfolio.accounts.intern(report.account)
  const strategy = portfolio.strategies.intern(report.strategy ?? EXTERNAL_STRATEGY)
  const trade = portfolio.applyFill(
    account,
    strategy,
    instrument,
    report.side === 'buy' ? 1 : -1,
    quantityUnits,
    priceUnits,
    report.tsEventUs,
  )
  portfolio.history.addKey(trade, key)
  if (report.commission !== undefined) {
    const currency = report.commissionCurrency ?? instrument.settlementCurrency
    portfolio.applyFeeAmount(account, strategy, instrument, currency, report.commission, trade, report.tsEventUs)
  }
  return 'booked'
}

function restate(
  portfolio: Portfolio,
  report: ExecutionReport,
  known: number,
  quantityUnits: number,
  priceUnits: number,
): BookingResult {
  const referenced =
    report.referenceExecId === undefined ? known : portfolio.history.tradeOf(keyOf(report, report.referenceExecId))
  const row = portfolio.history.rowOf(referenced)
  if (row < 0) return 'unknown_reference'
  const isVoid = portfolio.history.cells[row * Row.STRIDE + Row.KIND] === TradeKind.VOID
  if (report.kind === 'bust') {
    if (isVoid) return 'duplicate'
    portfolio.bustFill(referenced, report.tsEventUs)
    return 'restated'
  }
  if (!isVoid && isSame(portfolio, referenced, quantityUnits, priceUnits)) return 'duplicate'
  portfolio.correctFill(referenced, quantityUnits, priceUnits, report.tsEventUs)
  // A later bust or correction may refer to the corrected execution by its new id.
  if (known < 0) portfolio.history.addKey(referenced, keyOf(report, report.execId))
  return 'restated'
}

function keyOf(report: ExecutionReport, execId: string): string {
  return `${report.account}\u0000${report.instrument}\u0000${report.side}\u0000${execId}`
}

function isSame(portfolio: Portfolio, trade: number, quantityUnits: number, priceUnits: number): boolean {
  const row = portfolio.history.rowOf(trade)
  return (
    Math.abs(portfolio.history.cells[row * Row.STRIDE + Row.QUANTITY] as number) === quantityUnits &&
    portfolio.history.cells[row * Row.STRIDE + Row.PRICE] === priceUnits
  )
}

function priceAgainstUs(price: Decimal, instrument: Instrument, isBuy: boolean): number {
  const rounded =
    price.decimalPlaces() > instrument.priceScale
      ? price.toDecimalPlaces(instrument.priceScale, isBuy ? ROUND_CEIL : ROUND_FLOOR)
      : price
  return toUnits(rounded, instrument.priceScale, 'price')
}
