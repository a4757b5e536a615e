/** Positions of a portfolio as model objects, made on demand: in the settlement currency, and in the base currency as far as rates allow. */
import type { Position } from '../model/account.js'
import type { Decimal } from '../model/decimal.js'
import type { AccountId, StrategyId } from '../model/ids.js'
import { zero } from './base-currency.js'
import type { Portfolio } from './portfolio.js'
import { QUANTITY, STRIDE, TOTAL, TS_UPDATED } from './position-fields.js'
import { markPrice, realizedGross, rowFigures, signedValueAt, unrealizedAt } from './valuation.js'

/** An amount of money. */
export interface MoneyAmount {
  currency: string
  amount: Decimal
}

/** Figures of a position in the base currency. Absent while a conversion rate or a price is missing. */
export interface BaseFigures {
  realizedGross?: Decimal
  realizedNet?: Decimal
  unrealized?: Decimal
  fees?: Decimal
  /** Signed value at the mark. */
  marketValue?: Decimal
}

/** A position with all that is known about its worth. */
export interface PositionView {
  position: Position
  /** Present where positions are hedged. */
  positionId?: string
  /** Realised since the position was last opened from flat, before fees. */
  realizedInCycle: Decimal
  /** The price it is marked with, by the portfolio's method. */
  mark?: Decimal
  /** Signed value at the mark in the settlement currency. */
  marketValue?: Decimal
  /** All fees by currency, those in the settlement currency included. */
  feesByCurrency: MoneyAmount[]
  base: BaseFigures
}

/** The position in a row of the portfolio. `position.fees` and `realizedNet` count fees in the settlement currency; others are in `feesByCurrency` and `base`. */
export function positionAt(portfolio: Portfolio, slot: number): PositionView {
  const { table } = portfolio
  const instrument = table.instrumentOf(slot)
  const strategy = table.strategyOf(slot)
  const positionId = portfolio.positionIds.name(table.positionOf(slot))
  const figures = rowFigures(table, portfolio.fees, slot)
  const { mark, marketValue, unrealized } = worthAt(portfolio, slot)
  return {
    position: {
      instrument: instrument.id,
      account: portfolio.accounts.name(table.accountOf(slot)) as AccountId,
      ...(strategy === TOTAL ? {} : { strategy: portfolio.strategies.name(strategy) as StrategyId }),
      ...(positionId === '' ? {} : { positionId }),
      quantity: figures.quantity,
      ...(figures.averagePrice === undefined ? {} : { averagePrice: figures.averagePrice }),
      realizedGross: figures.realizedGross,
      realizedNet: figures.realizedGross.minus(figures.fees),
      ...(unrealized === undefined ? {} : { unrealized }),
      fees: figures.fees,
      currency: instrument.settlementCurrency,
      tsUpdatedUs: table.cells[slot * STRIDE + TS_UPDATED] as number,
    },
    ...(positionId === '' ? {} : { positionId }),
    realizedInCycle: figures.realizedInCycle,
    ...(mark === undefined ? {} : { mark }),
    ...(marketValue === undefined ? {} : { marketValue }),
    feesByCurrency: feesByCurrency(portfolio, slot, figures.fees),
    base: baseFigures(portfolio, slot, figures.realizedGross, figures.fees, unrealized, marketValue),
  }
}

/** What a position is worth at the mark of now, in the settlement currency; absent without a price. A flat one is worth 0. */
function worthAt(
  portfolio: Portfolio,
  slot: number,
): Pick<PositionView, 'mark' | 'marketValue'> & { unrealized?: Decimal } {
  const { table } = portfolio
  const quantity = table.cells[slot * STRIDE + QUANTITY] as number
  if (quantity === 0) return { marketValue: zero, unrealized: zero }
  const mark = markPrice(portfolio.marks, portfolio.markBy, table.instrumentOf(slot).index, quantity > 0)
  if (mark === undefined) return {}
  return { mark, marketValue: signedValueAt(table, slot, mark), unrealized: unrealizedAt(table, slot, mark) }
}

/** The figures of a row in the base currency alone: the same as those of {@link positionAt}. */
export function baseFiguresAt(portfolio: Portfolio, slot: number): BaseFigures {
  const { table, fees } = portfolio
  const { marketValue, unrealized } = worthAt(portfolio, slot)
  return baseFigures(portfolio, slot, realizedGross(table, slot), fees.settlementFees(slot), unrealized, marketValue)
}

/** The position of an account in an instrument, of one strategy or in total; undefined when there never was one. */
export function findPosition(
  portfolio: Portfolio,
  account: string,
  instrumentIndex: number,
  strategy?: string,
  positionId = '',
): PositionView | undefined {
  const accountIndex = portfolio.accounts.find(account)
  const strategyIndex = strategy === undefined ? TOTAL : portfolio.strategies.find(strategy)
  const positionIndex = portfolio.positionIds.find(positionId)
  if (accountIndex < 0 || (strategy !== undefined && strategyIndex < 0) || positionIndex < 0) return undefined
  const slot = portfolio.slotOf(accountIndex, strategyIndex, instrumentIndex, positionIndex)
  return slot < 0 ? undefined : positionAt(portfolio, slot)
}

/** All rows in the order of account, instrument, strategy and position id (totals first): the same for the same positions, however they came about. */
export function sortedSlots(portfolio: Portfolio): number[] {
  const { table, accounts, strategies, positionIds } = portfolio
  const keys = Array.from({ length: table.size }, (_, slot) => [
    accounts.name(table.accountOf(slot)),
    table.instrumentOf(slot).id,
    table.strategyOf(slot) === TOTAL ? '' : `=${strategies.name(table.strategyOf(slot))}`,
    positionIds.name(table.positionOf(slot)),
  ])
  return keys.map((_, slot) => slot).sort((a, b) => compareKeys(keys[a] as string[], keys[b] as string[]))
}

function compareKeys(a: string[], b: string[]): number {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return (a[i] as string) < (b[i] as string) ? -1 : 1
  }
  return 0
}

function feesByCurrency(portfolio: Portfolio, slot: number, settlementFees: Decimal): MoneyAmount[] {
  const others = [...(portfolio.fees.others.get(slot) ?? [])].map(([currency, amount]) => ({ currency, amount }))
  const own = settlementFees.isZero()
    ? []
    : [{ currency: portfolio.table.instrumentOf(slot).settlementCurrency, amount: settlementFees }]
  return [...own, ...others].sort((a, b) => (a.currency < b.currency ? -1 : 1))
}

function baseFigures(
  portfolio: Portfolio,
  slot: number,
  gross: Decimal,
  settlementFees: Decimal,
  unrealized: Decimal | undefined,
  marketValue: Decimal | undefined,
): BaseFigures {
  const { base } = portfolio
  const currency = portfolio.table.instrumentOf(slot).settlementCurrency
  const foreign = base.pnl[slot]
  const figures: BaseFigures = {}
  if (foreign === undefined) figures.realizedGross = gross
  else if (foreign.pending.isZero()) figures.realizedGross = foreign.realized
  if (!base.pendingFees.has(slot)) {
    const converted = base.fees.get(slot) ?? zero
    figures.fees = foreign === undefined ? converted.plus(settlementFees) : converted
  }
  if (figures.realizedGross !== undefined && figures.fees !== undefined)
    figures.realizedNet = figures.realizedGross.minus(figures.fees)
  const unrealizedInBase = unrealized === undefined ? undefined : base.convert(unrealized, currency)
  if (unrealizedInBase !== undefined) figures.unrealized = unrealizedInBase
  const valueInBase = marketValue === undefined ? undefined : base.convert(marketValue, currency)
  if (valueInBase !== undefined) figures.marketValue = valueInBase
  return figures
}
