/**
 * A portfolio as plain JSON data and back, exactly: for journal snapshots and for comparing two portfolios field by field.
 *
 * Rows are named, not numbered, and sorted, so that two portfolios that hold the same give the same text, whatever order
 * their accounts, strategies and instruments were first seen in. All numbers are safe integers; decimals are text.
 */

import { TradewireError } from '../core/errors.js'
import { Decimal } from '../model/decimal.js'
import type { Instrument } from '../model/instrument.js'
import { type ConvertedPnl, zero } from './base-currency.js'
import type { FeeRecord } from './fee-book.js'
import * as Row from './history-fields.js'
import type { LotState } from './lots.js'
import type { Portfolio } from './portfolio.js'
import {
  BASIS,
  BASIS_QUANTITY,
  CYCLE,
  CYCLES,
  FEES,
  FLOW,
  QUANTITY,
  STRIDE,
  TOTAL,
  TS_UPDATED,
} from './position-fields.js'
import { sortedSlots } from './position-view.js'
import type { SavedState, TradeKind } from './trade-history.js'

type Limbs = [number, number, number]

/** What fills make of a position: see position-table.ts for the columns. */
export interface FillState {
  quantityUnits: number
  basisQuantityUnits: number
  basis: Limbs
  flow: Limbs
  cycle: Limbs
  cycles: number
  lots?: LotState[]
  /** In the base currency, where the position settles in another. */
  realizedInBase?: string
  pendingForBase?: string
}

/** One row. */
export interface PositionState extends FillState {
  account: string
  instrument: string
  /** Null for the total. */
  strategy: string | null
  positionId: string
  feeLimbs: [number, number]
  fineFees?: string
  otherFees?: [currency: string, amount: string][]
  feesInBase?: string
  pendingFees?: [currency: string, amount: string][]
  inventoryCarry?: string
  tsUpdatedUs: number
}

/** A row of the history: number, position (index into `positions`), kind, signed quantity, price, parent, bid, ask, fee, keys. */
export type TradeState = [
  number,
  number,
  number,
  number,
  number,
  number,
  number | null,
  number | null,
  number,
  string[],
]

/** The history of trades with the states its generations start from. */
export interface HistoryState {
  next: number
  generations: { firstTrade: number; positions: FillState[] }[]
  trades: TradeState[]
  feeRecords: [trade: number, records: { currency: string; amount: string; inBase?: string; inventory?: string }[]][]
  /** What splits made of their rows; prices and cash are null where there was no cash in lieu. */
  splits?: [trade: number, units: number, cashPrice: number | null, cash: number | null][]
}

/** A whole portfolio. */
export interface PortfolioState {
  version: 1
  accounting: string
  baseCurrency: string
  capital: string
  peakEquity: string | null
  positions: PositionState[]
  history: HistoryState
  /** All splits so far; absent where there were none. `trade`: the number of the first one after it. */
  splits?: [instrument: string, trade: number, numerator: number, denominator: number][]
}

/** The state of a portfolio. */
export function portfolioToState(portfolio: Portfolio): PortfolioState {
  const slots = sortedSlots(portfolio)
  return {
    version: 1,
    accounting: portfolio.accounting,
    baseCurrency: portfolio.baseCurrency,
    capital: portfolio.capital.toFixed(),
    peakEquity: portfolio.peakEquity?.toFixed() ?? null,
    positions: slots.map((slot) => positionState(portfolio, slot)),
    history: historyState(portfolio, slots),
    ...splitState(portfolio),
  }
}

function splitState({ splits, table }: Portfolio): Pick<PortfolioState, 'splits'> {
  const ids = new Map<number, string>()
  for (let slot = 0; slot < table.size; slot++) ids.set(table.instrumentOf(slot).index, table.instrumentOf(slot).id)
  const list = splits.ratios.flatMap(({ instrument, trade, numerator, denominator }) => {
    const id = ids.get(instrument)
    return id === undefined ? [] : [[id, trade, numerator, denominator] as [string, number, number, number]]
  })
  return list.length === 0 ? {} : { splits: list }
}

function limbs(cells: Float64Array, at: number): Limbs {
  return [cells[at] as number, cells[at + 1] as number, cells[at + 2] as number]
}

function fillState(
  cells: Float64Array,
  at: number,
  lots: LotState[] | undefined,
  pnl: ConvertedPnl | undefined,
): FillState {
  return {
    quantityUnits: cells[at + QUANTITY] as number,
    basisQuantityUnits: cells[at + BASIS_QUANTITY] as number,
    basis: limbs(cells, at + BASIS),
    flow: limbs(cells, at + FLOW),
    cycle: limbs(cells, at + CYCLE),
    cycles: cells[at + CYCLES] as number,
    ...(lots === undefined ? {} : { lots }),
    ...(pnl === undefined ? {} : { realizedInBase: pnl.realized.toFixed(), pendingForBase: pnl.pending.toFixed() }),
  }
}

function sortedAmounts(amounts: ReadonlyMap<string, Decimal>): [string, string][] {
  return [...amounts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([currency, amount]) => [currency, amount.toFixed()])
}

function positionState(portfolio: Portfolio, slot: number): PositionState {
  const { table, fees, base } = portfolio
  const at = slot * STRIDE
  const strategy = table.strategyOf(slot)
  const fine = fees.fine.get(slot)
  const others = fees.others.get(slot)
  const inBase = base.fees.get(slot)
  const pending = base.pendingFees.get(slot)
  const carry = fees.carry.get(slot)
  return {
    account: portfolio.accounts.name(table.accountOf(slot)),
    instrument: table.instrumentOf(slot).id,
    strategy: strategy === TOTAL ? null : portfolio.strategies.name(strategy),
    positionId: portfolio.positionIds.name(table.positionOf(slot)),
    ...fillState(table.cells, at, portfolio.lots?.toState(slot), base.pnl[slot]),
    feeLimbs: [table.cells[at + FEES] as number, table.cells[at + FEES + 1] as number],
    ...(fine === undefined ? {} : { fineFees: fine.toFixed() }),
    ...(others === undefined ? {} : { otherFees: sortedAmounts(others) }),
    ...(inBase === undefined || inBase.isZero() ? {} : { feesInBase: inBase.toFixed() }),
    ...(pending === undefined ? {} : { pendingFees: sortedAmounts(pending) }),
    ...(carry === undefined ? {} : { inventoryCarry: carry.toFixed() }),
    tsUpdatedUs: table.cells[at + TS_UPDATED] as number,
  }
}

function historyState(portfolio: Portfolio, slots: readonly number[]): HistoryState {
  const { history } = portfolio
  const places = new Map(slots.map((slot, place) => [slot, place]))
  const trades: TradeState[] = []
  for (let trade = history.first; trade < history.next; trade++) {
    const row = history.rowOf(trade)
    if (row < 0) continue
    trades.push([
      trade,
      places.get(history.cells[row * Row.STRIDE + Row.SLOT] as number) as number,
      history.cells[row * Row.STRIDE + Row.KIND] as number,
      history.cells[row * Row.STRIDE + Row.QUANTITY] as number,
      history.cells[row * Row.STRIDE + Row.PRICE] as number,
      history.cells[row * Row.STRIDE + Row.PARENT] as number,
      orNull(history.cells[row * Row.STRIDE + Row.BID] as number),
      orNull(history.cells[row * Row.STRIDE + Row.ASK] as number),
      history.cells[row * Row.STRIDE + Row.FEE] as number,
      history.keys[row]?.slice() ?? [],
    ])
  }
  return {
    next: history.next,
    generations: [history.older, history.newer]
      .filter((saved) => saved !== undefined)
      .map((saved) => ({
        firstTrade: saved.firstTrade,
        positions: slots.map((slot) => savedFillState(portfolio, saved, slot)),
      })),
    trades,
    feeRecords: [...portfolio.fees.records]
      .sort(([a], [b]) => a - b)
      .map(([trade, records]) => [trade, records.map(recordState)]),
    ...(portfolio.splits.splits.size === 0
      ? {}
      : {
          splits: [...portfolio.splits.splits].map(([trade, { units, cashPrice, cash }]) => [
            trade,
            units,
            orNull(cashPrice),
            orNull(cash),
          ]),
        }),
  }
}

const nothing = new Float64Array(STRIDE)

function savedFillState(portfolio: Portfolio, saved: SavedState, slot: number): FillState {
  const isForeign = portfolio.base.pnl[slot] !== undefined
  const pnl = isForeign ? (saved.converted[slot] ?? { realized: zero, pending: zero }) : undefined
  if (slot >= saved.size) return fillState(nothing, 0, portfolio.lots === undefined ? undefined : [], pnl)
  return fillState(saved.cells, slot * STRIDE, saved.lots?.toState(slot), pnl)
}

function orNull(rate: number): number | null {
  return Number.isNaN(rate) ? null : rate
}

function recordState(record: FeeRecord) {
  return {
    currency: record.currency,
    amount: record.amount.toFixed(),
    ...(record.inBase === undefined ? {} : { inBase: record.inBase.toFixed() }),
    ...(record.inventory === undefined ? {} : { inventory: record.inventory.toFixed() }),
  }
}

/**
 * Fills an empty portfolio with a state. `instrumentOf` finds instruments by id and throws for unknown ones.
 *
 * @throws TradewireError `TW_INVALID_STATE` unless the portfolio is empty and has the accounting, base currency and
 * history bound that the state was made with.
 */
export function restorePortfolio(
  portfolio: Portfolio,
  state: PortfolioState,
  instrumentOf: (id: string) => Instrument,
): void {
  if (
    state.version !== 1 ||
    portfolio.table.size > 0 ||
    state.accounting !== portfolio.accounting ||
    state.baseCurrency !== portfolio.baseCurrency
  ) {
    throw new TradewireError(
      'TW_INVALID_STATE',
      'A state is restored into an empty portfolio with the same accounting and base currency',
      {
        details: {
          version: state.version,
          accounting: state.accounting,
          baseCurrency: state.baseCurrency,
          positions: portfolio.table.size,
        },
      },
    )
  }
  portfolio.setCapital(state.capital)
  portfolio.restorePeakEquity(state.peakEquity === null ? undefined : new Decimal(state.peakEquity))
  const slots = state.positions.map((position) =>
    restorePosition(portfolio, position, instrumentOf(position.instrument)),
  )
  restoreHistory(portfolio, state.history, slots)
  for (const [id, trade, numerator, denominator] of state.splits ?? [])
    portfolio.splits.ratios.push({ instrument: instrumentOf(id).index, trade, numerator, denominator })
}

function restorePosition(portfolio: Portfolio, state: PositionState, instrument: Instrument): number {
  const account = portfolio.accounts.intern(state.account)
  const slot =
    state.strategy === null
      ? portfolio.ensureTotal(account, instrument)
      : portfolio.ensurePosition(
          account,
          portfolio.strategies.intern(state.strategy),
          instrument,
          portfolio.positionIds.intern(state.positionId),
        )
  const { table, fees, base } = portfolio
  restoreFills(table.cells, slot, state)
  portfolio.lots?.restore(slot, state.lots ?? [], state.quantityUnits < 0, instrument.isInverse)
  table.cells.set(state.feeLimbs, slot * STRIDE + FEES)
  table.cells[slot * STRIDE + TS_UPDATED] = state.tsUpdatedUs
  if (base.pnl[slot] !== undefined) base.pnl[slot] = pnlOf(state)
  if (state.fineFees !== undefined) fees.fine.set(slot, new Decimal(state.fineFees))
  for (const [currency, amount] of state.otherFees ?? []) fees.addOther(slot, currency, new Decimal(amount))
  if (state.feesInBase !== undefined) base.fees.set(slot, new Decimal(state.feesInBase))
  for (const [currency, amount] of state.pendingFees ?? []) base.addPendingFee(slot, currency, new Decimal(amount))
  if (state.inventoryCarry !== undefined) fees.carry.set(slot, new Decimal(state.inventoryCarry))
  return slot
}

function pnlOf(state: FillState): ConvertedPnl {
  return { realized: new Decimal(state.realizedInBase ?? 0), pending: new Decimal(state.pendingForBase ?? 0) }
}

function restoreFills(cells: Float64Array, slot: number, state: FillState): void {
  const at = slot * STRIDE
  cells[at + QUANTITY] = state.quantityUnits
  cells[at + BASIS_QUANTITY] = state.basisQuantityUnits
  cells.set(state.basis, at + BASIS)
  cells.set(state.flow, at + FLOW)
  cells.set(state.cycle, at + CYCLE)
  cells[at + CYCLES] = state.cycles
}

function restoreHistory(portfolio: Portfolio, state: HistoryState, slots: readonly number[]): void {
  const { history } = portfolio
  const generations = state.generations.map((generation) => restoreSaved(portfolio, generation, slots))
  history.newer = generations.pop()
  history.older = generations.pop()
  if (state.next - history.first > history.rows) {
    throw new TradewireError(
      'TW_INVALID_STATE',
      `The state holds ${state.trades.length} trades, more than historyTrades allows; restore it with the same option`,
    )
  }
  history.next = state.trades[0]?.[0] ?? state.next
  for (const [, place, kind, quantity, price, parent, bid, ask, fee, keys] of state.trades) {
    const trade = history.append(
      slots[place] as number,
      kind as TradeKind,
      quantity,
      price,
      parent,
      bid ?? Number.NaN,
      ask ?? Number.NaN,
    )
    history.cells[history.rowOf(trade) * Row.STRIDE + Row.FEE] = fee
    for (const key of keys) history.addKey(trade, key)
  }
  history.next = state.next
  for (const [trade, units, cashPrice, cash] of state.splits ?? []) {
    const at = history.rowOf(trade) * Row.STRIDE
    portfolio.splits.splits.set(trade, {
      numerator: history.cells[at + Row.QUANTITY] as number,
      denominator: history.cells[at + Row.PRICE] as number,
      units,
      cashPrice: cashPrice ?? Number.NaN,
      cash: cash ?? Number.NaN,
    })
  }
  for (const [trade, records] of state.feeRecords) {
    for (const record of records) {
      portfolio.fees.remember(trade, {
        currency: record.currency,
        amount: new Decimal(record.amount),
        ...(record.inBase === undefined ? {} : { inBase: new Decimal(record.inBase) }),
        ...(record.inventory === undefined ? {} : { inventory: new Decimal(record.inventory) }),
      })
    }
  }
}

function restoreSaved(
  portfolio: Portfolio,
  generation: HistoryState['generations'][number],
  slots: readonly number[],
): SavedState {
  const { table } = portfolio
  const cells = new Float64Array(table.cells.length)
  const lots = portfolio.lots?.emptyCopy()
  lots?.growPositions(table.capacity)
  const converted: (ConvertedPnl | undefined)[] = new Array(table.size).fill(undefined)
  generation.positions.forEach((state, place) => {
    const slot = slots[place] as number
    restoreFills(cells, slot, state)
    lots?.restore(slot, state.lots ?? [], state.quantityUnits < 0, table.instrumentOf(slot).isInverse)
    if (portfolio.base.pnl[slot] !== undefined) converted[slot] = pnlOf(state)
  })
  return { firstTrade: generation.firstTrade, size: table.size, cells, lots, converted }
}
