/**
 * Facts applied to everything that follows from them: the order's own state, what it reserves, positions and profit.
 *
 * Live events and a replayed journal come through the same methods; that is why a restart finds the state it left.
 */

import type { InstrumentRegistry } from '../model/instrument-registry.js'
import {
  foldAccepted,
  foldClosed,
  foldDenied,
  foldRejected,
  foldSubmitted,
  foldTriggered,
  foldUnknown,
  foldWorks,
} from '../orders/fold.js'
import { foldRequest, foldRequestRejected, foldUpdated } from '../orders/fold-requests.js'
import { foldBusted, foldCorrected } from '../orders/fold-restated.js'
import { foldTrade } from '../orders/fold-trades.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import * as Outcome from '../orders/outcome.js'
import * as TradeField from '../orders/trade-fields.js'
import type { ExecKey } from '../orders/trade-pool.js'
import type { RateFact } from '../portfolio/base-currency.js'
import type { NameTable } from '../portfolio/names.js'
import type { Portfolio } from '../portfolio/portfolio.js'
import { reducedRatio } from '../portfolio/splitting.js'
import type { Exposure } from '../risk/exposure.js'
import { SplitBook, splitPrice, splitUnits } from './split-book.js'

/** What a ledger keeps in step. */
export interface LedgerParts {
  table: OrderTable
  exposure: Exposure
  portfolio: Portfolio
  instruments: InstrumentRegistry
  /** Stock splits that were applied; none unless given. */
  splits?: SplitBook
}

const noRates: readonly RateFact[] = []

/** Applies facts. Every method returns the outcome bits of the fold. */
export class Ledger {
  readonly table: OrderTable
  readonly exposure: Exposure
  readonly portfolio: Portfolio
  readonly #instruments: InstrumentRegistry
  readonly #currencies: NameTable
  readonly #splits: SplitBook
  /** Those of the table: the short way to them. */
  readonly #cells: Float64Array
  readonly #records: Float64Array

  constructor(parts: LedgerParts) {
    this.table = parts.table
    this.exposure = parts.exposure
    this.portfolio = parts.portfolio
    this.#instruments = parts.instruments
    this.#splits = parts.splits ?? new SplitBook()
    this.#currencies = parts.portfolio.currencies
    this.#cells = parts.table.cells
    this.#records = parts.table.trades.cells
  }

  denied(row: number, reason: number, seq: number): number {
    return this.#after(row, foldDenied(this.table, row, reason, seq))
  }

  submitted(row: number, seq: number): number {
    return this.#afterNews(row, foldSubmitted(this.table, row, seq))
  }

  accepted(row: number, venueOrderId: string | number | undefined, nowUs: number, seq: number): number {
    this.#cells[(row & Field.OFFSET) + Field.updatedUs] = nowUs
    return this.#afterNews(row, foldAccepted(this.table, row, venueOrderId, seq))
  }

  triggered(row: number, nowUs: number, seq: number): number {
    this.table.cells[row + Field.updatedUs] = nowUs
    return this.#after(row, foldTriggered(this.table, row, seq))
  }

  rejected(row: number, source: number, reason: string, nowUs: number, seq: number): number {
    this.table.cells[row + Field.updatedUs] = nowUs
    this.table.setReason(row, reason)
    return this.#after(row, foldRejected(this.table, row, source, seq))
  }

  closed(
    row: number,
    isExpiry: boolean,
    source: number,
    reason: string,
    tsUs: number,
    nowUs: number,
    seq: number,
  ): number {
    this.table.cells[row + Field.updatedUs] = nowUs
    if (reason !== '') this.table.setReason(row, reason)
    return this.#after(row, foldClosed(this.table, row, isExpiry, source, tsUs, seq))
  }

  unknown(row: number, reason: string, nowUs: number, seq: number): number {
    this.table.cells[row + Field.updatedUs] = nowUs
    this.table.setReason(row, reason)
    return this.#after(row, foldUnknown(this.table, row, 0, seq))
  }

  works(row: number, nowUs: number, seq: number): number {
    this.table.cells[row + Field.updatedUs] = nowUs
    return this.#after(row, foldWorks(this.table, row, seq))
  }

  request(
    row: number,
    generation: number,
    isCancel: boolean,
    quantity: number,
    price: number,
    trigger: number,
    nowUs: number,
    seq: number,
  ): number {
    this.table.cells[row + Field.updatedUs] = nowUs
    return this.#after(row, foldRequest(this.table, row, generation, isCancel, quantity, price, trigger, seq))
  }

  requestRejected(row: number, generation: number, nowUs: number, seq: number): number {
    this.table.cells[row + Field.updatedUs] = nowUs
    return this.#after(row, foldRequestRejected(this.table, row, generation, seq))
  }

  updated(
    row: number,
    generation: number,
    quantity: number,
    price: number,
    trigger: number,
    venueOrderId: string | number | undefined,
    tsUs: number,
    nowUs: number,
    seq: number,
  ): number {
    this.table.cells[row + Field.updatedUs] = nowUs
    return this.#after(row, foldUpdated(this.table, row, generation, quantity, price, trigger, venueOrderId, tsUs, seq))
  }

  trade(
    row: number,
    exec: ExecKey,
    quantity: number,
    price: number,
    fee: number,
    feeCurrency: number,
    liquidity: number,
    basis: number,
    tsUs: number,
    nowUs: number,
    seq: number,
  ): number {
    if (!this.#isBookable(row, quantity, price)) return Outcome.unbookable
    const { table, exposure } = this
    const cells = this.#cells
    const at = row & Field.OFFSET
    cells[at + Field.updatedUs] = nowUs
    const outcome = foldTrade(table, at, exec, quantity, price, fee, feeCurrency, liquidity, basis, tsUs, seq)
    if (outcome === Outcome.duplicate) return outcome
    if (
      cells[at + Field.hasAdjustments] !== 0 ||
      (outcome & (Outcome.fillConflict | Outcome.duplicate | Outcome.poolFull)) !== 0
    ) {
      this.#bookAll(at, tsUs)
      return this.#after(at, outcome)
    }
    // What nearly all trades are: never booked before, and reported once.
    const side = cells[at + Field.side] | 0
    const position = (cells[at + Field.positionRow] | 0) - 1
    const slot = position >= 0 ? position : this.#positionRow(at)
    let units = quantity
    let priceUnits = price
    if (this.#splits.size > 0) {
      const ratio = this.#splits.lateRatio(table, at, tsUs, seq)
      units = splitUnits(quantity, ratio)
      priceUnits = splitPrice(price, ratio)
    }
    const number = this.portfolio.applyTradeAt(slot, side, units, priceUnits, feeCurrency, fee, tsUs)
    const record = this.#records
    const trade = cells[at + Field.lastTrade] & Field.OFFSET
    record[trade + TradeField.bookedTrade] = number + 1
    record[trade + TradeField.bookedQuantity] = quantity
    record[trade + TradeField.bookedPrice] = price
    record[trade + TradeField.bookedFee] = Number.isNaN(fee) ? 0 : fee
    exposure.traded(at, side * units)
    return outcome
  }

  corrected(
    row: number,
    reference: ExecKey,
    exec: ExecKey | undefined,
    quantity: number,
    price: number,
    works: boolean,
    tsUs: number,
    nowUs: number,
    seq: number,
  ): number {
    if (quantity !== 0 && !this.#isBookable(row, quantity, price)) return Outcome.unbookable
    this.table.cells[row + Field.updatedUs] = nowUs
    const outcome = foldCorrected(this.table, row, reference, exec, quantity, price, works, tsUs, seq)
    this.#bookAll(row, tsUs)
    return this.#after(row, outcome)
  }

  busted(row: number, reference: ExecKey, works: boolean, tsUs: number, nowUs: number, seq: number): number {
    this.table.cells[row + Field.updatedUs] = nowUs
    const outcome = foldBusted(this.table, row, reference, works, tsUs, seq)
    this.#bookAll(row, tsUs)
    return this.#after(row, outcome)
  }

  /**
   * Whether an execution is one that orders and positions can both take: asked before either of them is told, so that they
   * never differ. Reports are refused at the border already; this holds for whatever else comes, a damaged journal say.
   */
  #isBookable(row: number, quantity: number, price: number): boolean {
    if (!(quantity > 0 && Number.isSafeInteger(quantity) && Number.isSafeInteger(price))) return false
    const cells = this.#cells
    const at = row & Field.OFFSET
    const { exposure } = this
    const key = exposure.keyOf(cells[at + Field.account] | 0, cells[at + Field.instrument] | 0)
    // Positions below 2^40 take any quantity below that.
    const isRoomy = Math.abs(exposure.position[key]) + quantity < 0x100_0000_0000
    return (isRoomy && price > 0) || this.#fits(at, quantity, price)
  }

  /** As {@link #isBookable}, where the short answer is not yes. */
  #fits(row: number, quantity: number, price: number): boolean {
    const cells = this.#cells
    const account = cells[row + Field.account]
    const instrument = cells[row + Field.instrument]
    if (price <= 0 && this.#instruments.at(instrument).isInverse) return false
    const total = Math.abs(this.exposure.position[this.exposure.keyOf(account, instrument)])
    // Strategies that hold opposite positions hide each other in the total.
    const own = this.portfolio.quantityUnits(
      account,
      cells[row + Field.strategy],
      instrument,
      cells[row + Field.position],
    )
    return Math.max(total, Math.abs(own)) + cells[row + Field.traded] + quantity <= Number.MAX_SAFE_INTEGER
  }

  #after(row: number, outcome: number): number {
    this.exposure.sync(row)
    return outcome
  }

  /** As {@link #after}, for facts that move nothing unless they say that an order lives which something had ended. */
  #afterNews(row: number, outcome: number): number {
    const cells = this.#cells
    const at = row & Field.OFFSET
    if (cells[at + Field.hasEnding] !== 0 || cells[at + Field.isCounted] === 0) this.exposure.sync(at)
    return outcome
  }

  #bookAll(row: number, tsUs: number): void {
    const { cells } = this.table.trades
    for (let trade = this.table.cells[row + Field.firstTrade]; trade >= 0; trade = cells[trade + TradeField.next])
      this.#book(row, trade, tsUs)
  }

  /**
   * The conversion rates that booking an execution of an order, or a change of one, asks for: part of its record. Until
   * {@link releaseRates} they are the rates of the portfolio, so that it books with those on record and no others. A
   * `feeCurrency` of -1 means that the event brings no fee.
   */
  takeRates(row: number, feeCurrency: number): readonly RateFact[] {
    const { portfolio, table } = this
    const { cells } = table
    const instrument = this.#instruments.at(cells[row + Field.instrument])
    const isHome = instrument.settlementCurrency === portfolio.baseCurrency
    if (isHome && cells[row + Field.hasAdjustments] === 0 && feeCurrency >= 0) {
      if (this.#currencies.name(feeCurrency) === portfolio.baseCurrency) return noRates
    }
    // Whatever is booked anew may have a fee.
    const currencies = feeCurrency < 0 ? [] : [feeCurrency]
    const { cells: record } = table.trades
    for (let trade = cells[row + Field.firstTrade]; trade >= 0; trade = record[trade + TradeField.next])
      if (record[trade + TradeField.feeCurrency] >= 0 && !Number.isNaN(record[trade + TradeField.fee]))
        currencies.push(record[trade + TradeField.feeCurrency])
    const rates = portfolio.rateFacts(instrument, currencies)
    portfolio.stateRates(rates)
    return rates
  }

  /** The event that {@link takeRates} was for is booked. */
  releaseRates(rates: readonly RateFact[] | undefined): void {
    if (rates !== undefined && rates !== noRates) this.portfolio.stateRates(undefined)
  }

  /** Row of the order's position in the portfolio, looked up once an order. */
  #positionRow(row: number): number {
    const cells = this.#cells
    const at = row & Field.OFFSET
    const account = cells[at + Field.account] | 0
    const strategy = cells[at + Field.strategy] | 0
    const instrument = cells[at + Field.instrument] | 0
    const position = cells[at + Field.position] | 0
    const known = this.portfolio.slotOf(account, strategy, instrument, position)
    const found =
      known >= 0 ? known : this.portfolio.ensurePosition(account, strategy, this.#instruments.at(instrument), position)
    cells[at + Field.positionRow] = found + 1
    return found
  }

  /** Brings positions in line with what a trade counts now, and with its fee. */
  #book(row: number, trade: number, tsUs: number): void {
    const { trades, cells: order } = this.table
    const { cells } = trades
    const quantity = cells[trade + TradeField.effective]
    const price = trades.priceOf(trade)
    const booked = cells[trade + TradeField.bookedQuantity]
    if (quantity !== booked || (quantity > 0 && price !== cells[trade + TradeField.bookedPrice]))
      this.#move(row, trade, quantity, price, tsUs)
    const fee = cells[trade + TradeField.fee]
    const bookedFee = cells[trade + TradeField.bookedFee]
    if (Number.isNaN(fee) || fee === bookedFee || quantity === 0) return
    this.portfolio.applyFee(
      order[row + Field.account],
      order[row + Field.strategy],
      this.#instruments.at(order[row + Field.instrument]),
      cells[trade + TradeField.feeCurrency],
      fee - bookedFee,
      cells[trade + TradeField.bookedTrade] - 1,
      tsUs,
      order[row + Field.position],
    )
    cells[trade + TradeField.bookedFee] = fee
  }

  #move(row: number, trade: number, quantity: number, price: number, tsUs: number): void {
    const { trades, cells: order } = this.table
    const { cells } = trades
    const { portfolio } = this
    const account = order[row + Field.account]
    const strategy = order[row + Field.strategy]
    const side = order[row + Field.side]
    const position = order[row + Field.position]
    const instrument = this.#instruments.at(order[row + Field.instrument])
    const booked = cells[trade + TradeField.bookedQuantity]
    // The portfolio numbers trades from 0; 0 here means that it has none for this trade yet.
    const number = cells[trade + TradeField.bookedTrade] - 1
    // What was traded before a split and told after it was booked in the terms of after it, and is restated in those.
    const late = this.#splits.lateRatio(this.table, row, cells[trade + TradeField.ts], cells[trade + TradeField.seq])
    // What was booked before a split is restated in the terms of then, and moves what is held in those of now.
    const since = portfolio.ratioSince(instrument.index, number)
    const ratio = reducedRatio(late.numerator * since.numerator, late.denominator * since.denominator)
    const isSplit = late.numerator !== late.denominator || since.numerator !== since.denominator
    const heldBefore = isSplit ? portfolio.totalQuantityUnits(account, instrument.index) : 0
    const scaled = (units: number) => Math.round(splitUnits(units, ratio))
    const lateUnits = Math.round(splitUnits(quantity, late))
    const latePrice = splitPrice(price, late)
    if (number < 0)
      cells[trade + TradeField.bookedTrade] =
        portfolio.applyFill(account, strategy, instrument, side, lateUnits, latePrice, tsUs, position) + 1
    else {
      const bookedFee = cells[trade + TradeField.bookedFee]
      const isRestated =
        lateUnits === 0 ? portfolio.bustFill(number, tsUs) : portfolio.correctFill(number, lateUnits, latePrice, tsUs)
      if (quantity === 0) cells[trade + TradeField.bookedFee] = 0
      if (!isRestated) {
        // Older than the portfolio's history: its opposite at its own price, without its fee, then what counts now.
        if (quantity === 0 && bookedFee !== 0)
          portfolio.applyFee(
            account,
            strategy,
            instrument,
            cells[trade + TradeField.feeCurrency],
            -bookedFee,
            -1,
            tsUs,
            position,
          )
        const fill = (sign: number, units: number, priceUnits: number) =>
          portfolio.applyFill(
            account,
            strategy,
            instrument,
            sign,
            scaled(units),
            splitPrice(priceUnits, ratio),
            tsUs,
            position,
          )
        if (scaled(booked) > 0) fill(-side, booked, cells[trade + TradeField.bookedPrice])
        if (scaled(quantity) > 0) cells[trade + TradeField.bookedTrade] = fill(side, quantity, price) + 1
      }
    }
    cells[trade + TradeField.bookedQuantity] = quantity
    cells[trade + TradeField.bookedPrice] = price
    const moved = isSplit
      ? portfolio.totalQuantityUnits(account, instrument.index) - heldBefore
      : side * (quantity - booked)
    this.exposure.applyFill(account, instrument.index, moved)
  }

  /** Index of a currency's name. */
  currency(name: string): number {
    return this.#currencies.intern(name)
  }
}
