/**
 * Positions, P&L, fees and exposure of a system: what fills do to them, exactly.
 *
 * The hot path ({@link Portfolio.applyTradeAt}) takes small integers and integer units, allocates nothing and updates two
 * rows: the position of the strategy and the total of account and instrument (position-books.ts). Decimals are made when
 * somebody asks (`position`, `snapshot.ts`). Each fill gets a trade number; by it a bust or a correction is booked later, by
 * replaying the trades that came after it (restating.ts).
 */

import { TradewireError } from '../core/errors.js'
import { type Decimal, type DecimalInput, toDecimal } from '../model/decimal.js'
import type { Instrument } from '../model/instrument.js'
import type { BaseCurrencyBooks, RateFact } from './base-currency.js'
import type { FeeBook } from './fee-book.js'
import { bookFeeAmount, bookFeeUnits } from './fee-booking.js'
import type { LotPool } from './lots.js'
import { NameTable } from './names.js'
import { type AccountingMethod, checkOptions, type PortfolioOptions } from './portfolio-options.js'
import { checkFee, checkFill, NO_TRADE, PositionBooks } from './position-books.js'
import { QUANTITY, STRIDE, TOTAL } from './position-fields.js'
import type { PositionTable } from './position-table.js'
import { sortedSlots } from './position-view.js'
import { bustTrade, correctTrade } from './restating.js'
import { fractionsOf, type SplitFraction } from './split-report.js'
import { checkRatio, type PlannedSplit, planSplit, reducedRatio, type SplitRatio } from './splitting.js'
import { type TradeHistory, TradeKind } from './trade-history.js'
import type { MarkMethod, MarkSource } from './valuation.js'

export { type AccountingMethod, NO_TRADE, type PortfolioOptions, type SplitFraction }

const unsplit: SplitRatio = { numerator: 1, denominator: 1 }

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
  readonly #books: PositionBooks
  #capital: Decimal
  #peakEquity: Decimal | undefined

  /** @throws TradewireError `TW_INVALID_CONFIG` naming an option that is not usable. */
  constructor(options: PortfolioOptions) {
    checkOptions(options)
    this.baseCurrency = options.baseCurrency
    this.accounting = options.accounting ?? 'average'
    this.accounts = options.accounts ?? new NameTable()
    this.strategies = options.strategies ?? new NameTable()
    this.positionIds.intern('')
    const books = new PositionBooks(options)
    this.#books = books
    this.currencies = books.currencies
    this.table = books.table
    this.fees = books.fees
    this.base = books.base
    this.lots = books.lots
    this.history = books.history
    this.marks = options.marks
    this.markBy = options.markBy ?? 'conservative'
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
    return this.#books.slot(accountIndex, strategyIndex, instrument, positionIndex)
  }

  /** The row of a total over strategies, made when it is new. */
  ensureTotal(accountIndex: number, instrument: Instrument): number {
    return this.#books.slot(accountIndex, TOTAL, instrument, 0)
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
    return this.#books.book(slot, sideSign * quantityUnits, priceUnits, TradeKind.FILL, NO_TRADE, tsUs)
  }

  /** As {@link applyFill}, for a row that {@link ensurePosition} gave: without the search. */
  applyFillAt(slot: number, sideSign: number, quantityUnits: number, priceUnits: number, tsUs = 0): number {
    this.#books.checkSlot(slot)
    checkFill(this.table.instrumentOf(slot), sideSign, quantityUnits, priceUnits)
    return this.#books.book(slot, sideSign * quantityUnits, priceUnits, TradeKind.FILL, NO_TRADE, tsUs)
  }

  /**
   * A fill and its fee at once, as {@link applyFillAt} and {@link applyFeeAt} book them: the hot path of an order manager.
   * A fee that is not known yet is NaN.
   *
   * @throws TradewireError as {@link applyFill}, and `TW_INVALID_ARGUMENT` for a fee that is no whole number. Nothing is
   * booked then.
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
    const plain = this.#books.bookPlain(slot, sideSign, quantityUnits, priceUnits, currencyIndex, feeUnits, tsUs)
    if (plain >= 0) return plain
    if (!Number.isNaN(feeUnits)) checkFee(feeUnits)
    const trade = this.applyFillAt(slot, sideSign, quantityUnits, priceUnits, tsUs)
    if (!Number.isNaN(feeUnits)) bookFeeUnits(this.#books, slot, currencyIndex, feeUnits, trade, tsUs)
    return trade
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
    this.#books.checkSlot(slot)
    bookFeeUnits(this.#books, slot, currencyIndex, feeUnits, trade, tsUs)
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
    const slot = this.ensurePosition(accountIndex, strategyIndex, instrument, positionIndex)
    bookFeeAmount(this.#books, slot, currency, fee, trade, tsUs)
  }

  /**
   * Undoes a trade as if it had never been, with its fees. Busting it again changes nothing.
   * False when the trade is older than the history: book its opposite with {@link applyFill} then, which keeps the total
   * P&L exact and only moves some of it between realised and unrealised.
   */
  bustFill(trade: number, tsUs = 0): boolean {
    return bustTrade(this.#books, trade, tsUs)
  }

  /**
   * Replaces quantity and price of a trade as if it had always been so; its fees stay. A busted trade comes back to life, without the fees that its bust undid.
   * False when the trade is older than the history.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` as {@link applyFill}.
   */
  correctFill(trade: number, quantityUnits: number, priceUnits: number, tsUs = 0): boolean {
    return correctTrade(this.#books, trade, quantityUnits, priceUnits, tsUs)
  }

  /**
   * What a split would do to the positions in an instrument: 4:1 makes four of one at a quarter of the price. Rounding is
   * settled at `cashPrice`, in price units after the split; with NaN its cost stays in the position. See splitting.ts.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` unless both are whole numbers above 0 and the contract is linear;
   * `TW_OUT_OF_RANGE`.
   */
  planSplit(
    instrument: Instrument,
    numerator: number,
    denominator: number,
    cashPrice = Number.NaN,
  ): readonly PlannedSplit[] {
    checkRatio(instrument, numerator, denominator)
    return planSplit(this.table, sortedSlots(this), instrument, { numerator, denominator }, cashPrice)
  }

  /**
   * Books a split as {@link planSplit} plans it. Open orders are not touched. Returns what rounding cut off. The split of a
   * running system is `system.operator.applySplit`: it is on record, and the risk gate follows.
   *
   * @throws TradewireError as {@link planSplit}.
   */
  applySplit(
    instrument: Instrument,
    numerator: number,
    denominator: number,
    tsUs = 0,
    cashPrice = Number.NaN,
  ): SplitFraction[] {
    const rows = this.planSplit(instrument, numerator, denominator, cashPrice)
    this.#books.bookSplit(instrument, { numerator, denominator }, rows, tsUs)
    return fractionsOf(this, rows)
  }

  /** All splits of an instrument since a trade as one ratio; 1:1 where there were none. */
  ratioSince(instrumentIndex: number, trade: number): SplitRatio {
    if (trade < 0 || this.#books.ratios.length === 0) return unsplit
    let ratio = unsplit
    for (const split of this.#books.ratios)
      if (split.instrument === instrumentIndex && split.trade > trade)
        ratio = reducedRatio(ratio.numerator * split.numerator, ratio.denominator * split.denominator)
    return ratio
  }

  /** The splits so far, and what those in the history made of their rows: for the state of the portfolio. */
  get splits(): Pick<PositionBooks, 'splits' | 'ratios'> {
    return this.#books
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

  /** Signed quantity units of a strategy over all its positions in an instrument, where they are hedged. */
  strategyQuantityUnits(accountIndex: number, strategyIndex: number, instrumentIndex: number): number {
    const { table } = this
    if (this.positionIds.size === 1) return this.quantityUnits(accountIndex, strategyIndex, instrumentIndex)
    let units = 0
    for (let slot = 0; slot < table.size; slot++)
      if (
        table.strategyOf(slot) === strategyIndex &&
        table.accountOf(slot) === accountIndex &&
        table.instrumentOf(slot).index === instrumentIndex
      )
        units += this.quantityAt(slot)
    return units
  }

  /** Signed quantity units over all strategies of an account. */
  totalQuantityUnits(accountIndex: number, instrumentIndex: number): number {
    return this.quantityUnits(accountIndex, TOTAL, instrumentIndex)
  }

  /**
   * The conversion rates that booking an event in an instrument, with fees in these currencies, asks for now: facts that
   * belong in the journal with the event, since asking later gives other rates. A currency without a usable rate has none.
   */
  rateFacts(instrument: Instrument, feeCurrencies: readonly number[]): RateFact[] {
    const { base, currencies } = this
    const facts: RateFact[] = []
    // Names are given by positions, and by fees that are on record: asking for a rate gives none.
    const settlement = currencies.find(instrument.settlementCurrency)
    for (const currency of new Set(settlement < 0 ? feeCurrencies : [settlement, ...feeCurrencies])) {
      const name = currencies.name(currency)
      const rate = name === base.currency ? undefined : base.rate(name)
      if (rate !== undefined) facts.push({ currency, bid: rate.bid, ask: rate.ask })
    }
    return facts
  }

  /**
   * From here on events are booked with the rates that a journal states, and with no others; what they lack waits for a
   * rate. Undefined: the source of rates is asked again.
   */
  stateRates(facts: readonly RateFact[] | undefined): void {
    this.base.stateRates(facts && new Map(facts.map((fact) => [this.currencies.name(fact.currency), fact])))
  }

  /** Converts what waits for a conversion rate, at the rates of now. Returns the currencies that still have none. */
  settlePendingConversions(): string[] {
    return this.base.settlePending((slot) => this.table.instrumentOf(slot).settlementCurrency)
  }
}
