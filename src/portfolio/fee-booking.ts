/**
 * Fees booked into the rows of a portfolio, and undone when their trade is busted. Those in the settlement currency with up
 * to eight digits are whole numbers; all others take Decimals and may have to be converted.
 */
import { type Decimal, unitsToDecimal } from '../model/decimal.js'
import { zero } from './base-currency.js'
import { FEE_SCALE, type FeeRecord } from './fee-book.js'
import * as Row from './history-fields.js'
import { checkFee, type PositionBooks } from './position-books.js'
import { FOREIGN } from './position-fields.js'
import { TradeKind } from './trade-history.js'

/** Books a fee in units of 10^-8. @throws TradewireError `TW_INVALID_ARGUMENT` for units that are no whole number. */
export function bookFeeUnits(
  books: PositionBooks,
  slot: number,
  currencyIndex: number,
  feeUnits: number,
  trade: number,
  tsUs: number,
): void {
  const { table } = books
  const isForeign = (table.flags[slot] & FOREIGN) !== 0
  if (isForeign || currencyIndex !== books.settlement[slot] || !Number.isSafeInteger(feeUnits)) {
    checkFee(feeUnits)
    const amount = unitsToDecimal(feeUnits, FEE_SCALE)
    bookFeeAmount(books, slot, books.currencies.name(currencyIndex), amount, trade, tsUs)
    return
  }
  books.addFeeUnits(slot, feeUnits, trade)
  books.touch(slot, table.totals[slot], tsUs)
}

/** Books a fee of any precision in any currency; see `Portfolio.applyFeeAmount`. */
export function bookFeeAmount(
  books: PositionBooks,
  slot: number,
  currency: string,
  amount: Decimal,
  trade: number,
  tsUs: number,
): void {
  if (amount.isZero()) return
  const { table, history, fees } = books
  const instrument = table.instrumentOf(slot)
  const row = history.rowOf(trade)
  const record: FeeRecord = { currency, amount }
  const { definition } = instrument
  if (
    row >= 0 &&
    currency !== instrument.settlementCurrency &&
    definition.assetClass === 'crypto_spot' &&
    currency === definition.baseCurrency
  ) {
    const price = history.cells[row * Row.STRIDE + Row.PRICE]
    record.currency = instrument.settlementCurrency
    record.amount = amount.times(instrument.priceFromUnits(price)).times(instrument.multiplier)
    record.inventory = amount
    const units = fees.takeWholeUnits(slot, amount, instrument.sizeScale)
    if (units !== 0) books.book(slot, -units, price, TradeKind.INVENTORY_FEE, trade, tsUs)
  }
  addFee(books, slot, record, record.amount)
  if (row >= 0) fees.remember(trade, record)
  books.touch(slot, table.totals[slot], tsUs)
}

function addFee(books: PositionBooks, slot: number, record: FeeRecord, amount: Decimal): void {
  const { table, fees, base } = books
  const isSettlement = record.currency === table.instrumentOf(slot).settlementCurrency
  for (const row of [slot, table.totals[slot]]) {
    if (isSettlement) fees.addSettlement(row, amount)
    else fees.addOther(row, record.currency, amount)
    if (isSettlement && base.pnl[row] === undefined) continue
    const inBase = base.addFee(row, record.currency, amount)
    if (inBase !== undefined) record.inBase = inBase
  }
}

/** Takes back all fees of a trade, whose row in the history is `row`. */
export function undoFees(books: PositionBooks, slot: number, trade: number, row: number): void {
  const { table, history, fees, base } = books
  books.addFeeUnits(slot, -history.cells[row * Row.STRIDE + Row.FEE], trade)
  for (const record of fees.records.get(trade) ?? []) {
    const isSettlement = record.currency === table.instrumentOf(slot).settlementCurrency
    for (const at of [slot, table.totals[slot]]) {
      if (isSettlement) fees.addSettlement(at, record.amount.negated())
      else fees.addOther(at, record.currency, record.amount.negated())
      if (record.inBase !== undefined) base.fees.set(at, (base.fees.get(at) ?? zero).minus(record.inBase))
      else if (!isSettlement || base.pnl[at] !== undefined)
        base.addPendingFee(at, record.currency, record.amount.negated())
    }
    if (record.inventory !== undefined) fees.addCarry(slot, record.inventory.negated())
  }
  fees.records.delete(trade)
}
