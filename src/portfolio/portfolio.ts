/**
 * Positions, P&L, fees and exposure of a system: what fills do to them, exactly.
 *
 * The hot path ({@link Portfolio.applyFill}, {@link Portfolio.applyFee}) takes small integers and integer units, allocates
 * nothing and updates two rows: the position of the strategy and the total of account and instrument. Decimals are made
 * when somebody asks (`position`, `snapshot.ts`). Each fill gets a trade number; by it a bust or a correction is booked
 * later, by replaying the trades that came after it.
 */

import { TradewireError } from '../core/errors.js'
import { addSafe } from '../math/wide.js'
import { Decimal, type DecimalInput, toDecimal, unitsToDecimal } from '../model/decimal.js'
import type { Instrument } from '../model/instrument.js'
import { applySplit, applyTrade } from './accounting.js'
import { BaseCurrencyBooks, type RateSource, zero } from './base-currency.js'
import { FEE_SCALE, FeeBook, type FeeRecord } from './fee-book.js'
import * as Row from './history-fields.js'
import { LotPool } from './lots.js'
import { NameTable } from './names.js'
import { addWhole, applyPlainTrade } from './plain-trade.js'
import { FEES, FOREIGN, INVERSE, QUANTITY, STRIDE, TOTAL, TS_UPDATED } from './position-fields.js'
import { PositionTable } from './position-table.js'
import { restoreSlot, TradeHistory, TradeKind } from './trade-history.js'
import { type MarkMethod, type MarkSource, realizedGross } from './valuation.js'

/** Which cost leaves a position when a part of it is closed: the average, the oldest lot's or the newest lot's. */
export type AccountingMethod = 'average' | 'fifo' | 'lifo'

/** Options of a portfolio. */
export interface PortfolioOptions {
  /** Currency of the portfolio's own figures. */
  baseCurrency: string
  /** `average` unless given. */
  accounting?: AccountingMethod
  /** Prices to mark with. Without them nothing is unrealised and exposure is unknown. */
  marks?: MarkSource
  /** `conservative` unless given. */
  markBy?: MarkMethod
  /** Rates between currencies; needed once anything settles in another currency than the base. */
  rates?: RateSource
  /** Capital in the base currency that P&L is added to for the equity; 0 unless given. */
  capital?: DecimalInput
  /** Names of accounts, strategies and currencies by index, where the system shares them; own tables otherwise. */
  accounts?: NameTable
  strategies?: NameTable
  currencies?: NameTable
  /** Rows to start with (256) and at most (65,536), totals included. */
  initialPositions?: number
  maxPositions?: number
  /** Open lots to start with (1,024) and at most (1,048,576); beyond it the oldest lots of a position are merged at their summed cost. */
  initialLots?: number
  maxLots?: number
  /** At least so many of the latest trades can be busted or corrected by replay, at most twice as many; 8,192 unless given, 0 for none. */
  historyTrades?: number
}

/** A piece of a position that a reverse split cut off because it is below the size grid. To be paid out in cash. */
export interface SplitFraction {
  account: string
  /** Absent for the total. */
  strategy?: string
  quantity: Decimal
}

/** The trade number of "no trade". */
export const NO_TRADE = -1

/** Positions per account, strategy, instrument and position id, with totals per account and instrument. */
export class Portfolio {
  readonly baseCurrency: string
  readonly accounting: AccountingMethod
  readonly accounts: NameTable
  readonly strategies: NameTable
  readonly currencies: NameTable
  /** Position ids for hedging; index 0 is the net position. */
  readonly positionIds = new NameTable()
  readonly marks: MarkSource | undefined
  readonly markBy: MarkMethod
  /** Rows, books and history: for reading. Written by this class alone. */
  readonly table: PositionTable
  readonly fees: FeeBook
  readonly base: BaseCurrencyBooks
  readonly lots: LotPool | undefined
  readonly history: TradeHistory
  readonly #settlement: number[] = []
  #capital: Decimal
  #peakEquity: Decimal | undefined

  /** @throws TradewireError `TW_INVALID_CONFIG` naming an option that is not usable. */
  constructor(options: PortfolioOptions) {
    checkOptions(options)
    this.baseCurrency = options.baseCurrency
    this.accounting = options.accounting ?? 'average'
    this.accounts = options.accounts ?? new NameTable()
    this.strategies = options.strategies ?? new NameTable()
    this.currencies = options.currencies ?? new NameTable()
    this.positionIds.intern('')
    this.marks = options.marks
    this.markBy = options.markBy ?? 'conservative'
    this.table = new PositionTable(options.initialPositions ?? 256, options.maxPositions ?? 65_536)
    this.fees = new FeeBook(this.table)
    this.base = new BaseCurrencyBooks(options.baseCurrency, options.rates)
    if (this.accounting !== 'average') {
      this.lots = new LotPool(
        this.accounting === 'lifo',
        options.initialLots ?? 1024,
        options.maxLots ?? 1_048_576,
        this.table.capacity,
      )
    }
    this.history = new TradeHistory(options.historyTrades ?? 8192)
    this.#capital = toDecimal(options.capital ?? 0, 'capital')
  }

  /** Capital in the base currency. */
  get capital(): Decimal {
    return this.#capital
  }

  /** Replaces the capital: a deposit or withdrawal also moves the peak, so that it is no drawdown. */
  setCapital(capital: DecimalInput): void {
    const value = toDecimal(capital, 'capital')
    if (this.#peakEquity !== undefined) this.#peakEquity = this.#peakEquity.plus(value).minus(this.#capital)
    this.#capital = value
  }

  /** The highest equity observed, in the base currency; undefined before the first. */
  get peakEquity(): Decimal | undefined {
    return this.#peakEquity
  }

  /** Raises the peak to an equity, if that is higher. */
  observeEquity(equity: Decimal): void {
    if (this.#peakEquity === undefined || equity.greaterThan(this.#peakEquity)) this.#peakEquity = equity
  }

  /** Sets the peak, as a restored state has it. */
  restorePeakEquity(equity: Decimal | undefined): void {
    this.#peakEquity = equity
  }

  /**
   * The row of a position, made when it is new. An order manager calls it before it submits, so that a full table refuses
   * the order and not its fill.
   *
   * @throws TradewireError `TW_CAPACITY` when `maxPositions` rows exist; `TW_INVALID_ARGUMENT` for a negative index.
   */
  ensurePosition(accountIndex: number, strategyIndex: number, instrument: Instrument, positionIndex = 0): number {
    if (!(accountIndex >= 0 && strategyIndex >= 0 && positionIndex >= 0)) {
      throw new TradewireError(
        'TW_INVALID_ARGUMENT',
        `Account, strategy and position must be interned indices, got ${accountIndex}, ${strategyIndex}, ${positionIndex}`,
      )
    }
    return this.#slot(accountIndex, strategyIndex, instrument, positionIndex)
  }

  /** The row of a total over strategies, made when it is new. */
  ensureTotal(accountIndex: number, instrument: Instrument): number {
    return this.#slot(accountIndex, TOTAL, instrument, 0)
  }

  #slot(accountIndex: number, strategyIndex: number, instrument: Instrument, positionIndex: number): number {
    const slot = this.table.ensure(accountIndex, strategyIndex, instrument, positionIndex)
    if (this.#settlement.length !== this.table.size) this.#adoptNewRows()
    return slot
  }

  #adoptNewRows(): void {
    for (let slot = this.#settlement.length; slot < this.table.size; slot++) {
      const currency = this.table.instrumentOf(slot).settlementCurrency
      this.#settlement.push(this.currencies.intern(currency))
      this.base.addSlot(currency)
      if (currency !== this.baseCurrency) this.table.flags[slot] = (this.table.flags[slot] as number) | FOREIGN
    }
    this.lots?.growPositions(this.table.capacity)
  }

  /**
   * Books a fill. `sideSign` is 1 for bought and -1 for sold, quantity and price are units of the instrument.
   * Returns the number of the trade, which later names it to {@link bustFill} and {@link correctFill}.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` for units that are no whole numbers (quantity above 0; price above 0 for
   * inverse contracts), `TW_OUT_OF_RANGE` when the position would leave the safe integers, `TW_CAPACITY` as
   * {@link ensurePosition}. Nothing is booked then.
   */
  applyFill(
    accountIndex: number,
    strategyIndex: number,
    instrument: Instrument,
    sideSign: number,
    quantityUnits: number,
    priceUnits: number,
    tsUs = 0,
    positionIndex = 0,
  ): number {
    checkFill(instrument, sideSign, quantityUnits, priceUnits)
    const slot = this.ensurePosition(accountIndex, strategyIndex, instrument, positionIndex)
    return this.#book(slot, sideSign * quantityUnits, priceUnits, TradeKind.FILL, NO_TRADE, tsUs)
  }

  /** As {@link applyFill}, for a row that {@link ensurePosition} gave: without the search. */
  applyFillAt(slot: number, sideSign: number, quantityUnits: number, priceUnits: number, tsUs = 0): number {
    this.#checkSlot(slot)
    checkFill(this.table.instrumentOf(slot), sideSign, quantityUnits, priceUnits)
    return this.#book(slot, sideSign * quantityUnits, priceUnits, TradeKind.FILL, NO_TRADE, tsUs)
  }

  /**
   * A fill and its fee at once, as {@link applyFillAt} and {@link applyFeeAt} book them: the hot path of an order manager.
   * A fee that is not known yet is NaN.
   */
  applyTradeAt(
    slot: number,
    sideSign: number,
    quantityUnits: number,
    priceUnits: number,
    currencyIndex: number,
    feeUnits: number,
    tsUs: number,
  ): number {
    if (!this.#isPlain(slot, sideSign, quantityUnits, priceUnits)) {
      const trade = this.applyFillAt(slot, sideSign, quantityUnits, priceUnits, tsUs)
      if (!Number.isNaN(feeUnits)) this.applyFeeAt(slot, currencyIndex, feeUnits, trade, tsUs)
      return trade
    }
    const { cells } = this.table
    const total = this.table.totals[slot]
    const signedUnits = sideSign * quantityUnits
    const trade = this.#remember(slot, TradeKind.FILL, signedUnits, priceUnits, NO_TRADE, Number.NaN, Number.NaN)
    if (!applyPlainTrade(cells, slot * STRIDE, signedUnits, priceUnits)) {
      applyTrade(this.table, undefined, slot, signedUnits, priceUnits, false)
    }
    if (!applyPlainTrade(cells, total * STRIDE, signedUnits, priceUnits)) {
      applyTrade(this.table, undefined, total, signedUnits, priceUnits, false)
    }
    this.#touch(slot, total, tsUs)
    if (!Number.isNaN(feeUnits)) this.#bookFeeAt(slot, total, currencyIndex, feeUnits, trade, tsUs)
    return trade
  }

  /** Whether a trade needs no more than average cost in doubles: see plain-trade.ts. */
  #isPlain(slot: number, sideSign: number, quantityUnits: number, priceUnits: number): boolean {
    const { table } = this
    const total = table.totals[slot]
    return (
      total >= 0 &&
      slot < table.size &&
      this.lots === undefined &&
      table.flags[slot] === 0 &&
      (sideSign === 1 || sideSign === -1) &&
      quantityUnits > 0 &&
      Number.isSafeInteger(quantityUnits) &&
      Number.isSafeInteger(priceUnits) &&
      Math.abs(table.cells[slot * STRIDE + QUANTITY]) + quantityUnits <= Number.MAX_SAFE_INTEGER &&
      Math.abs(table.cells[total * STRIDE + QUANTITY]) + quantityUnits <= Number.MAX_SAFE_INTEGER
    )
  }

  #bookFeeAt(slot: number, total: number, currencyIndex: number, feeUnits: number, trade: number, tsUs: number): void {
    const { cells } = this.table
    const row = this.history.rowOf(trade)
    if (row < 0 || currencyIndex !== this.#settlement[slot] || !Number.isSafeInteger(feeUnits)) {
      this.applyFeeAt(slot, currencyIndex, feeUnits, trade, tsUs)
      return
    }
    if (!addWhole(cells, slot * STRIDE + FEES, feeUnits)) addSafe(cells, slot * STRIDE + FEES, feeUnits)
    if (!addWhole(cells, total * STRIDE + FEES, feeUnits)) addSafe(cells, total * STRIDE + FEES, feeUnits)
    this.history.cells[row * Row.STRIDE + Row.FEE] = feeUnits
  }

  #checkSlot(slot: number): void {
    if (slot >= 0 && slot < this.table.size && (this.table.totals[slot] as number) >= 0) return
    throw new TradewireError(
      'TW_INVALID_ARGUMENT',
      `Row ${slot} is no position of a strategy; use ensurePosition to get one`,
    )
  }

  #book(slot: number, signedUnits: number, priceUnits: number, kind: TradeKind, parent: number, tsUs: number): number {
    const { cells, totals } = this.table
    const total = totals[slot] as number
    const after = (cells[slot * STRIDE + QUANTITY] as number) + signedUnits
    const totalAfter = (cells[total * STRIDE + QUANTITY] as number) + signedUnits
    if (!Number.isSafeInteger(after) || !Number.isSafeInteger(totalAfter)) {
      throw new TradewireError(
        'TW_OUT_OF_RANGE',
        `The position in ${this.table.instrumentOf(slot).id} leaves the safe integers`,
      )
    }
    let bid = Number.NaN
    let ask = Number.NaN
    if (((this.table.flags[slot] as number) & FOREIGN) !== 0) {
      const rate = this.base.rate(this.table.instrumentOf(slot).settlementCurrency)
      if (rate !== undefined) {
        bid = rate.bid
        ask = rate.ask
      }
    }
    const trade = this.#remember(slot, kind, signedUnits, priceUnits, parent, bid, ask)
    this.#apply(slot, signedUnits, priceUnits, bid, ask)
    this.#apply(total, signedUnits, priceUnits, bid, ask)
    this.#touch(slot, total, tsUs)
    return trade
  }

  #remember(
    slot: number,
    kind: TradeKind,
    quantity: number,
    price: number,
    parent: number,
    bid: number,
    ask: number,
  ): number {
    const history = this.history
    if (history.generation === 0) return history.next++
    if (history.isFull) {
      history.rotate(this.table, this.lots, this.base.pnl)
      this.fees.forgetBefore(history.first)
    }
    return history.append(slot, kind, quantity, price, parent, bid, ask)
  }

  #apply(slot: number, signedUnits: number, priceUnits: number, bid: number, ask: number): void {
    const flags = this.table.flags[slot] as number
    const isInverse = (flags & INVERSE) !== 0
    if ((flags & FOREIGN) === 0) {
      applyTrade(this.table, this.lots, slot, signedUnits, priceUnits, isInverse)
      return
    }
    const before = realizedGross(this.table, slot)
    applyTrade(this.table, this.lots, slot, signedUnits, priceUnits, isInverse)
    this.base.addRealized(slot, realizedGross(this.table, slot).minus(before), bid, ask)
  }

  #touch(slot: number, total: number, tsUs: number): void {
    const cells = this.table.cells
    if (tsUs > (cells[slot * STRIDE + TS_UPDATED] as number)) cells[slot * STRIDE + TS_UPDATED] = tsUs
    if (total >= 0 && tsUs > (cells[total * STRIDE + TS_UPDATED] as number)) cells[total * STRIDE + TS_UPDATED] = tsUs
  }

  /**
   * Books a fee in units of 10^-8 of a currency (index of `currencies`); positive is a cost. With the number of its trade
   * it is undone when the trade is busted.
   */
  applyFee(
    accountIndex: number,
    strategyIndex: number,
    instrument: Instrument,
    currencyIndex: number,
    feeUnits: number,
    trade = NO_TRADE,
    tsUs = 0,
    positionIndex = 0,
  ): void {
    const slot = this.ensurePosition(accountIndex, strategyIndex, instrument, positionIndex)
    this.applyFeeAt(slot, currencyIndex, feeUnits, trade, tsUs)
  }

  /** As {@link applyFee}, for a row that {@link ensurePosition} gave: without the search. */
  applyFeeAt(slot: number, currencyIndex: number, feeUnits: number, trade = NO_TRADE, tsUs = 0): void {
    this.#checkSlot(slot)
    const isForeign = ((this.table.flags[slot] as number) & FOREIGN) !== 0
    if (isForeign || currencyIndex !== this.#settlement[slot] || !Number.isSafeInteger(feeUnits)) {
      this.#bookFee(
        slot,
        this.currencies.name(currencyIndex),
        unitsToDecimal(checkedFee(feeUnits), FEE_SCALE),
        trade,
        tsUs,
      )
      return
    }
    const total = this.table.totals[slot] as number
    addSafe(this.table.cells, slot * STRIDE + FEES, feeUnits)
    addSafe(this.table.cells, total * STRIDE + FEES, feeUnits)
    const row = this.history.rowOf(trade)
    if (row >= 0)
      this.history.cells[row * Row.STRIDE + Row.FEE] =
        (this.history.cells[row * Row.STRIDE + Row.FEE] as number) + feeUnits
    this.#touch(slot, total, tsUs)
  }

  /**
   * Books a fee of any precision in any currency. A fee in the base coin of a spot pair is taken out of the position at
   * the price of its trade and counts as that value in the settlement currency; without a known trade it is kept as a fee
   * in its own currency.
   */
  applyFeeAmount(
    accountIndex: number,
    strategyIndex: number,
    instrument: Instrument,
    currency: string,
    amount: DecimalInput,
    trade = NO_TRADE,
    tsUs = 0,
    positionIndex = 0,
  ): void {
    const fee = toDecimal(amount, 'fee')
    this.#bookFee(
      this.ensurePosition(accountIndex, strategyIndex, instrument, positionIndex),
      currency,
      fee,
      trade,
      tsUs,
    )
  }

  #bookFee(slot: number, currency: string, amount: Decimal, trade: number, tsUs: number): void {
    if (amount.isZero()) return
    const instrument = this.table.instrumentOf(slot)
    const row = this.history.rowOf(trade)
    const record: FeeRecord = { currency, amount }
    const definition = instrument.definition
    if (
      row >= 0 &&
      currency !== instrument.settlementCurrency &&
      definition.assetClass === 'crypto_spot' &&
      currency === definition.baseCurrency
    ) {
      const price = this.history.cells[row * Row.STRIDE + Row.PRICE] as number
      record.currency = instrument.settlementCurrency
      record.amount = amount.times(instrument.priceFromUnits(price)).times(instrument.multiplier)
      record.inventory = amount
      const units = this.fees.takeWholeUnits(slot, amount, instrument.sizeScale)
      if (units !== 0) this.#book(slot, -units, price, TradeKind.INVENTORY_FEE, trade, tsUs)
    }
    this.#addFee(slot, record, record.amount)
    if (row >= 0) this.fees.remember(trade, record)
    this.#touch(slot, this.table.totals[slot] as number, tsUs)
  }

  #addFee(slot: number, record: FeeRecord, amount: Decimal): void {
    const isSettlement = record.currency === this.table.instrumentOf(slot).settlementCurrency
    for (const row of [slot, this.table.totals[slot] as number]) {
      if (isSettlement) this.fees.addSettlement(row, amount)
      else this.fees.addOther(row, record.currency, amount)
      if (isSettlement && this.base.pnl[row] === undefined) continue
      const inBase = this.base.addFee(row, record.currency, amount)
      if (inBase !== undefined) record.inBase = inBase
    }
  }

  #undoFees(slot: number, trade: number, row: number): void {
    const total = this.table.totals[slot] as number
    const units = this.history.cells[row * Row.STRIDE + Row.FEE] as number
    addSafe(this.table.cells, slot * STRIDE + FEES, -units)
    addSafe(this.table.cells, total * STRIDE + FEES, -units)
    this.history.cells[row * Row.STRIDE + Row.FEE] = 0
    for (const record of this.fees.records.get(trade) ?? []) {
      const isSettlement = record.currency === this.table.instrumentOf(slot).settlementCurrency
      for (const at of [slot, total]) {
        if (isSettlement) this.fees.addSettlement(at, record.amount.negated())
        else this.fees.addOther(at, record.currency, record.amount.negated())
        if (record.inBase !== undefined) this.base.fees.set(at, (this.base.fees.get(at) ?? zero).minus(record.inBase))
        else if (!isSettlement || this.base.pnl[at] !== undefined)
          this.base.addPendingFee(at, record.currency, record.amount.negated())
      }
      if (record.inventory !== undefined) this.fees.addCarry(slot, record.inventory.negated())
    }
    this.fees.records.delete(trade)
  }

  /**
   * Undoes a trade as if it had never been, with its fees. Busting it again changes nothing.
   * False when the trade is older than the history: book its opposite with {@link applyFill} then, which keeps the total
   * P&L exact and only moves some of it between realised and unrealised.
   */
  bustFill(trade: number, tsUs = 0): boolean {
    const history = this.history
    const row = history.rowOf(trade)
    if (row < 0 || history.cells[row * Row.STRIDE + Row.KIND] === TradeKind.SPLIT) return false
    if (history.cells[row * Row.STRIDE + Row.KIND] === TradeKind.VOID) return true
    const slot = history.cells[row * Row.STRIDE + Row.SLOT] as number
    const sizeScale = this.table.instrumentOf(slot).sizeScale
    this.#undoFees(slot, trade, row)
    history.cells[row * Row.STRIDE + Row.KIND] = TradeKind.VOID
    for (let later = trade + 1; later < history.next; later++) {
      const child = history.rowOf(later)
      if (
        history.cells[child * Row.STRIDE + Row.PARENT] !== trade ||
        history.cells[child * Row.STRIDE + Row.KIND] !== TradeKind.INVENTORY_FEE
      )
        continue
      history.cells[child * Row.STRIDE + Row.KIND] = TradeKind.VOID
      this.fees.addCarry(slot, unitsToDecimal(-(history.cells[child * Row.STRIDE + Row.QUANTITY] as number), sizeScale))
    }
    this.#replay(slot, tsUs)
    return true
  }

  /**
   * Replaces quantity and price of a trade as if it had always been so; its fees stay. A busted trade comes back to life, without the fees that its bust undid.
   * False when the trade is older than the history.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` as {@link applyFill}.
   */
  correctFill(trade: number, quantityUnits: number, priceUnits: number, tsUs = 0): boolean {
    const history = this.history
    const row = history.rowOf(trade)
    if (row < 0 || history.cells[row * Row.STRIDE + Row.KIND] === TradeKind.SPLIT) return false
    const slot = history.cells[row * Row.STRIDE + Row.SLOT] as number
    checkFill(this.table.instrumentOf(slot), 1, quantityUnits, priceUnits)
    history.cells[row * Row.STRIDE + Row.KIND] = TradeKind.FILL
    history.cells[row * Row.STRIDE + Row.QUANTITY] =
      Math.sign(history.cells[row * Row.STRIDE + Row.QUANTITY] as number) * quantityUnits
    history.cells[row * Row.STRIDE + Row.PRICE] = priceUnits
    this.#replay(slot, tsUs)
    return true
  }

  #replay(slot: number, tsUs: number): void {
    const total = this.table.totals[slot] as number
    for (const row of [slot, total]) this.#replayRow(row)
    this.#touch(slot, total, tsUs)
  }

  #replayRow(target: number): void {
    const { history, table } = this
    const start = history.start
    if (start === undefined) return
    restoreSlot(target, start, table, this.lots)
    if (this.base.pnl[target] !== undefined)
      this.base.pnl[target] = start.converted[target] ?? { realized: zero, pending: zero }
    for (let trade = start.firstTrade; trade < history.next; trade++) {
      const row = history.rowOf(trade)
      const slot = history.cells[row * Row.STRIDE + Row.SLOT] as number
      const kind = history.cells[row * Row.STRIDE + Row.KIND] as TradeKind
      if (kind === TradeKind.VOID || (slot !== target && table.totals[slot] !== target)) continue
      const quantity = history.cells[row * Row.STRIDE + Row.QUANTITY] as number
      const price = history.cells[row * Row.STRIDE + Row.PRICE] as number
      if (kind !== TradeKind.SPLIT)
        this.#apply(
          target,
          quantity,
          price,
          history.cells[row * Row.STRIDE + Row.BID] as number,
          history.cells[row * Row.STRIDE + Row.ASK] as number,
        )
      else if (slot === target) applySplit(table, this.lots, target, quantity, price)
    }
  }

  /**
   * Books a split: 4:1 makes four of one at a quarter of the price. Open orders are not touched. Returns what a reverse
   * split cut off because it is below the size grid.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` unless both are whole numbers above 0 and the contract is linear.
   */
  applySplit(instrument: Instrument, numerator: number, denominator: number, tsUs = 0): SplitFraction[] {
    if (
      !(Number.isSafeInteger(numerator) && Number.isSafeInteger(denominator) && numerator > 0 && denominator > 0) ||
      instrument.isInverse
    ) {
      throw new TradewireError(
        'TW_INVALID_ARGUMENT',
        `A split of ${instrument.id} needs two whole numbers above 0 and a linear contract, got ${numerator}:${denominator}`,
      )
    }
    const fractions: SplitFraction[] = []
    for (let slot = 0; slot < this.table.size; slot++) {
      if (this.table.instrumentOf(slot).index !== instrument.index || this.quantityAt(slot) === 0) continue
      const sign = Math.sign(this.quantityAt(slot))
      this.#remember(slot, TradeKind.SPLIT, numerator, denominator, NO_TRADE, Number.NaN, Number.NaN)
      const cut = applySplit(this.table, this.lots, slot, numerator, denominator)
      this.#touch(slot, -1, tsUs)
      if (cut === 0) continue
      const strategy = this.table.strategyOf(slot)
      fractions.push({
        account: this.accounts.name(this.table.accountOf(slot)),
        ...(strategy === TOTAL ? {} : { strategy: this.strategies.name(strategy) }),
        quantity: unitsToDecimal(cut * sign, instrument.sizeScale).div(new Decimal(denominator)),
      })
    }
    return fractions
  }

  /** The row of a position; -1 when there never was one. `strategyIndex` `TOTAL` asks for the total. */
  slotOf(accountIndex: number, strategyIndex: number, instrumentIndex: number, positionIndex = 0): number {
    return this.table.find(accountIndex, strategyIndex, instrumentIndex, positionIndex)
  }

  /** Signed quantity units of a row. */
  quantityAt(slot: number): number {
    return this.table.cells[slot * STRIDE + QUANTITY] as number
  }

  /** Signed quantity units of a strategy's position; 0 when there never was one. */
  quantityUnits(accountIndex: number, strategyIndex: number, instrumentIndex: number, positionIndex = 0): number {
    const slot = this.table.find(accountIndex, strategyIndex, instrumentIndex, positionIndex)
    return slot < 0 ? 0 : this.quantityAt(slot)
  }

  /** Signed quantity units over all strategies of an account. */
  totalQuantityUnits(accountIndex: number, instrumentIndex: number): number {
    return this.quantityUnits(accountIndex, TOTAL, instrumentIndex)
  }

  /** Converts what waits for a conversion rate, at the rates of now. Returns the currencies that still have none. */
  settlePendingConversions(): string[] {
    return this.base.settlePending((slot) => this.table.instrumentOf(slot).settlementCurrency)
  }
}

function checkFill(instrument: Instrument, sideSign: number, quantityUnits: number, priceUnits: number): void {
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

function checkedFee(feeUnits: number): number {
  if (Number.isSafeInteger(feeUnits)) return feeUnits
  throw new TradewireError(
    'TW_INVALID_ARGUMENT',
    `feeUnits must be a whole number of 10^-8, got ${feeUnits}; use applyFeeAmount for other amounts`,
  )
}

function checkOptions(options: PortfolioOptions): void {
  const bounds = { initialPositions: 1, maxPositions: 2, initialLots: 1, maxLots: 2, historyTrades: 0 } as const
  for (const name of Object.keys(bounds) as (keyof typeof bounds)[]) {
    const value = options[name]
    if (value === undefined || (Number.isSafeInteger(value) && value >= bounds[name])) continue
    throw new TradewireError('TW_INVALID_CONFIG', `${name} must be a whole number from ${bounds[name]}, got ${value}`)
  }
  if (options.baseCurrency === '') throw new TradewireError('TW_INVALID_CONFIG', 'baseCurrency must not be empty')
}
