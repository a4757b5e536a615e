/**
 * The rows of a portfolio, and fills and fees booked into them: what happens on the hot path, with small integers and
 * integer units, and without an allocation where a trade is plain.
 *
 * A trade is booked into two rows: the position of the strategy and the total of account and instrument. It is plain when
 * average cost in doubles is enough (see plain-trade.ts), which the flags of its row say beforehand. All others take the
 * general path, with lots, conversion and Decimals; both give the same rows.
 */
import { TradewireError } from '../core/errors.js'
import { addSafe } from '../math/wide.js'
import type { Instrument } from '../model/instrument.js'
import { applyTrade } from './accounting.js'
import { BaseCurrencyBooks } from './base-currency.js'
import { FeeBook } from './fee-book.js'
import * as Row from './history-fields.js'
import { LotPool } from './lots.js'
import { NameTable } from './names.js'
import { applyPlainTrade } from './plain-trade.js'
import type { PortfolioOptions } from './portfolio-options.js'
import {
  FEES,
  FOREIGN,
  INVERSE,
  OFFSET,
  PLAIN_VALUE,
  QUANTITY,
  STRIDE,
  TS_UPDATED,
  WITH_LOTS,
} from './position-fields.js'
import { PositionTable } from './position-table.js'
import { applySplit, type PlannedSplit, type RowSplit, type SplitRatio } from './splitting.js'
import { TradeHistory, TradeKind } from './trade-history.js'
import { realizedGross } from './valuation.js'

/** The trade number of "no trade". */
export const NO_TRADE = -1

/** Rows, lots, fees and history of one portfolio. */
export class PositionBooks {
  readonly table: PositionTable
  readonly fees: FeeBook
  readonly base: BaseCurrencyBooks
  readonly lots: LotPool | undefined
  readonly history: TradeHistory
  readonly currencies: NameTable
  /** What splits in the history made of their rows, by trade number. */
  readonly splits = new Map<number, RowSplit>()
  /** All splits so far: of which instrument (by index), and the number of the first trade after it. */
  readonly ratios: (SplitRatio & { readonly instrument: number; readonly trade: number })[] = []
  /** Index of the settlement currency, by row. */
  readonly settlement: number[] = []

  constructor(options: PortfolioOptions) {
    const { accounting = 'average' } = options
    this.currencies = options.currencies ?? new NameTable()
    this.table = new PositionTable(options.initialPositions ?? 256, options.maxPositions ?? 65_536)
    this.fees = new FeeBook(this.table)
    this.base = new BaseCurrencyBooks(options.baseCurrency, options.rates)
    if (accounting !== 'average') {
      this.lots = new LotPool(
        accounting === 'lifo',
        options.initialLots ?? 1024,
        options.maxLots ?? 1_048_576,
        this.table.capacity,
      )
    }
    this.history = new TradeHistory(options.historyTrades ?? 8192)
  }

  /** The row of a key, made when it is new. @throws TradewireError `TW_CAPACITY`. */
  slot(accountIndex: number, strategyIndex: number, instrument: Instrument, positionIndex: number): number {
    const slot = this.table.ensure(accountIndex, strategyIndex, instrument, positionIndex)
    if (this.settlement.length !== this.table.size) this.#adoptNewRows()
    return slot
  }

  #adoptNewRows(): void {
    const { table, lots, base } = this
    for (let slot = this.settlement.length; slot < table.size; slot++) {
      const currency = table.instrumentOf(slot).settlementCurrency
      this.settlement.push(this.currencies.intern(currency))
      base.addSlot(currency)
      if (currency !== base.currency) table.flags[slot] = table.flags[slot] | FOREIGN
      if (lots !== undefined) table.flags[slot] = table.flags[slot] | WITH_LOTS
    }
    lots?.growPositions(table.capacity)
  }

  /** @throws TradewireError `TW_INVALID_ARGUMENT` for a row that is no position of a strategy. */
  checkSlot(slot: number): void {
    if (slot >= 0 && slot < this.table.size && this.table.totals[slot] >= 0) return
    throw new TradewireError(
      'TW_INVALID_ARGUMENT',
      `Row ${slot} is no position of a strategy; use ensurePosition to get one`,
    )
  }

  /**
   * Books a plain trade with its fee, NaN for one that is not known yet. Returns its number; {@link NO_TRADE}, with nothing
   * changed, when the trade is not plain.
   */
  bookPlain(
    slot: number,
    sideSign: number,
    quantityUnits: number,
    priceUnits: number,
    currencyIndex: number,
    feeUnits: number,
    tsUs: number,
  ): number {
    const { table, history } = this
    const { cells } = table
    // Flags of a row that is none are not 0.
    if (table.flags[slot] !== 0) return NO_TRADE
    const total = table.totals[slot]
    const own = (slot * STRIDE) & OFFSET
    const sum = (total * STRIDE) & OFFSET
    const signedUnits = sideSign * quantityUnits
    if (
      !(quantityUnits > 0) ||
      (sideSign !== 1 && sideSign !== -1) ||
      !Number.isSafeInteger(quantityUnits) ||
      !Number.isSafeInteger(priceUnits) ||
      !(Math.abs(cells[own + QUANTITY] + signedUnits) <= Number.MAX_SAFE_INTEGER) ||
      !(Math.abs(cells[sum + QUANTITY] + signedUnits) <= Number.MAX_SAFE_INTEGER)
    )
      return NO_TRADE
    // A fee that is not plain is booked apart.
    const isFeePlain = currencyIndex === this.settlement[slot] && Number.isSafeInteger(feeUnits)
    if (!isFeePlain && !Number.isNaN(feeUnits)) return NO_TRADE
    if (history.isFull) this.#rotate()
    const fee = isFeePlain ? feeUnits : 0
    const trade = history.appendFill(slot, signedUnits, priceUnits, fee)
    const value = signedUnits * priceUnits
    const isSmall = Math.abs(value) < PLAIN_VALUE && Math.abs(fee) < PLAIN_VALUE
    for (let row = own; ; row = sum) {
      if (!(isSmall && applyPlainTrade(cells, row, signedUnits, priceUnits, value, fee, tsUs)))
        this.#applyWide(row / STRIDE, trade, tsUs)
      if (row === sum) return trade
    }
  }

  /** Books a plain trade into a row where a sum of it has more than one limb. */
  #applyWide(row: number, trade: number, tsUs: number): void {
    const { table, history } = this
    const from = history.offsetOf(trade)
    applyTrade(table, undefined, row, history.cells[from + Row.QUANTITY], history.cells[from + Row.PRICE], false)
    addSafe(table.cells, row * STRIDE + FEES, history.cells[from + Row.FEE])
    this.touch(row, -1, tsUs)
  }

  /**
   * Books a trade of valid units into a row and its total. Returns its number.
   *
   * @throws TradewireError `TW_OUT_OF_RANGE` when a position would leave the safe integers. Nothing is booked then.
   */
  book(slot: number, signedUnits: number, priceUnits: number, kind: TradeKind, parent: number, tsUs: number): number {
    const { table } = this
    const { cells } = table
    const total = table.totals[slot]
    const after = cells[slot * STRIDE + QUANTITY] + signedUnits
    const totalAfter = cells[total * STRIDE + QUANTITY] + signedUnits
    if (!Number.isSafeInteger(after) || !Number.isSafeInteger(totalAfter)) {
      throw new TradewireError(
        'TW_OUT_OF_RANGE',
        `The position in ${table.instrumentOf(slot).id} leaves the safe integers`,
      )
    }
    let bid = Number.NaN
    let ask = Number.NaN
    if ((table.flags[slot] & FOREIGN) !== 0) {
      const rate = this.base.rate(table.instrumentOf(slot).settlementCurrency)
      if (rate !== undefined) {
        bid = rate.bid
        ask = rate.ask
      }
    }
    const trade = this.remember(slot, kind, signedUnits, priceUnits, parent, bid, ask)
    this.apply(slot, signedUnits, priceUnits, bid, ask)
    this.apply(total, signedUnits, priceUnits, bid, ask)
    this.touch(slot, total, tsUs)
    return trade
  }

  /** Writes a row of the history. */
  remember(
    slot: number,
    kind: TradeKind,
    quantity: number,
    price: number,
    parent: number,
    bid: number,
    ask: number,
  ): number {
    if (this.history.isFull) this.#rotate()
    return this.history.append(slot, kind, quantity, price, parent, bid, ask)
  }

  #rotate(): void {
    this.history.rotate(this.table, this.lots, this.base.pnl)
    this.fees.forgetBefore(this.history.first)
    for (const trade of this.splits.keys()) if (trade < this.history.first) this.splits.delete(trade)
  }

  /** Books a split into the rows that it was planned for, with those that hold nothing: a bust may give them something. */
  bookSplit(instrument: Instrument, ratio: SplitRatio, rows: readonly PlannedSplit[], tsUs: number): void {
    const { bid = Number.NaN, ask = Number.NaN } =
      instrument.settlementCurrency === this.base.currency ? {} : (this.base.rate(instrument.settlementCurrency) ?? {})
    const { numerator, denominator } = ratio
    for (const row of rows) {
      const { slot, units, cashPrice, cash } = row
      const trade = this.remember(slot, TradeKind.SPLIT, numerator, denominator, NO_TRADE, bid, ask)
      if (this.history.start !== undefined) this.splits.set(trade, { numerator, denominator, units, cashPrice, cash })
      this.applySplit(slot, row, bid, ask)
      this.touch(slot, -1, tsUs)
    }
    // Without a row there is nothing of before it that could be restated.
    if (rows.length > 0)
      this.ratios.push({ numerator, denominator, instrument: instrument.index, trade: this.history.next })
  }

  /** Applies a split to one row, at the conversion rates of its time. */
  applySplit(slot: number, split: RowSplit, bid: number, ask: number): void {
    const isForeign = (this.table.flags[slot] & FOREIGN) !== 0
    const before = isForeign ? realizedGross(this.table, slot) : undefined
    applySplit(this.table, this.lots, slot, split)
    if (before !== undefined) this.base.addRealized(slot, realizedGross(this.table, slot).minus(before), bid, ask)
  }

  /** Applies a trade to one row, at the conversion rates of its fill. */
  apply(slot: number, signedUnits: number, priceUnits: number, bid: number, ask: number): void {
    const flags = this.table.flags[slot]
    const isInverse = (flags & INVERSE) !== 0
    if ((flags & FOREIGN) === 0) {
      applyTrade(this.table, this.lots, slot, signedUnits, priceUnits, isInverse)
      return
    }
    const before = realizedGross(this.table, slot)
    applyTrade(this.table, this.lots, slot, signedUnits, priceUnits, isInverse)
    this.base.addRealized(slot, realizedGross(this.table, slot).minus(before), bid, ask)
  }

  /** Notes the time of the latest change of a row, and of its total unless that is -1. */
  touch(slot: number, total: number, tsUs: number): void {
    const { cells } = this.table
    if (tsUs > cells[slot * STRIDE + TS_UPDATED]) cells[slot * STRIDE + TS_UPDATED] = tsUs
    if (total >= 0 && tsUs > cells[total * STRIDE + TS_UPDATED]) cells[total * STRIDE + TS_UPDATED] = tsUs
  }

  /** Adds a whole fee in the settlement currency to a row, its total and its trade. */
  addFeeUnits(slot: number, feeUnits: number, trade: number): void {
    const { cells, totals } = this.table
    addSafe(cells, slot * STRIDE + FEES, feeUnits)
    addSafe(cells, totals[slot] * STRIDE + FEES, feeUnits)
    const row = this.history.rowOf(trade)
    if (row < 0) return
    const at = row * Row.STRIDE + Row.FEE
    this.history.cells[at] = this.history.cells[at] + feeUnits
  }
}

/** @throws TradewireError `TW_INVALID_ARGUMENT` for a fill that is none. */
export function checkFill(instrument: Instrument, sideSign: number, quantityUnits: number, priceUnits: number): void {
  if (
    (sideSign === 1 || sideSign === -1) &&
    Number.isSafeInteger(quantityUnits) &&
    quantityUnits > 0 &&
    Number.isSafeInteger(priceUnits) &&
    (priceUnits > 0 || !instrument.isInverse)
  ) {
    return
  }
  throw new TradewireError(
    'TW_INVALID_ARGUMENT',
    `A fill needs side 1 or -1 and whole units (quantity above 0${instrument.isInverse ? ', price above 0' : ''}), got side ${sideSign}, quantity ${quantityUnits}, price ${priceUnits} in ${instrument.id}`,
    { details: { instrument: instrument.id, sideSign, quantityUnits, priceUnits } },
  )
}

/** @throws TradewireError `TW_INVALID_ARGUMENT` for a fee that is no whole number of 10^-8. */
export function checkFee(feeUnits: number): void {
  if (Number.isSafeInteger(feeUnits)) return
  throw new TradewireError(
    'TW_INVALID_ARGUMENT',
    `feeUnits must be a whole number of 10^-8, got ${feeUnits}; use applyFeeAmount for other amounts`,
  )
}
