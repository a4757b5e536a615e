/**
 * A portfolio at one moment, in its base currency: exposure, concentration, P&L by account, strategy and instrument, fees,
 * equity, drawdown.
 *
 * A figure that cannot be computed (a position without a price, a currency without a rate) is absent, with the reason in
 * `problems`; it is never replaced by zero. Sums by strategy and in total can differ by the spread where strategies hold
 * opposite positions and marks are conservative: the total is flat and costs nothing to close.
 */
import type { Position } from '../model/account.js'
import { Decimal } from '../model/decimal.js'
import type { InstrumentId } from '../model/ids.js'
import { zero } from './base-currency.js'
import type { Portfolio } from './portfolio.js'
import { type MoneyAmount, type PositionView, positionAt, sortedSlots } from './position-view.js'

/** Profit and loss in the base currency. Absent where a price or a rate is missing. */
export interface PnlFigures {
  realizedGross?: Decimal
  fees?: Decimal
  realizedNet?: Decimal
  unrealized?: Decimal
  /** Realised net plus unrealised. */
  total?: Decimal
}

/** {@link PnlFigures} of one account, strategy or instrument. */
export interface NamedPnl extends PnlFigures {
  name: string
}

/** How much of the book is in one instrument. */
export interface Concentration {
  instrument: InstrumentId
  /** Signed value over all accounts. */
  marketValue: Decimal
  /** Absolute value as a fraction of the equity; absent when that is not known or not above 0. */
  shareOfEquity?: Decimal
}

/** Why a figure is absent. */
export interface PortfolioProblem {
  kind: 'no_price' | 'no_rate'
  instrument: InstrumentId
  currency: string
}

/** See the head of this file. */
export interface PortfolioSnapshot {
  tsUs: number
  baseCurrency: string
  /** Totals over strategies, per account and instrument. */
  positions: Position[]
  strategyPositions: Position[]
  long?: Decimal
  /** Positive. */
  short?: Decimal
  gross?: Decimal
  net?: Decimal
  /** Largest first. */
  concentration: Concentration[]
  /** Sum of squared shares of gross exposure: 1 when everything is in one instrument. Absent without exposure. */
  herfindahl?: Decimal
  pnl: PnlFigures
  byAccount: NamedPnl[]
  byStrategy: NamedPnl[]
  byInstrument: NamedPnl[]
  feesByCurrency: MoneyAmount[]
  capital: Decimal
  /** Capital plus P&L. */
  equity?: Decimal
  peakEquity?: Decimal
  /** Peak less equity, and as a fraction of the peak. */
  drawdown?: Decimal
  drawdownFraction?: Decimal
  problems: PortfolioProblem[]
}

/** Takes a snapshot. Changes nothing: pass its equity to `portfolio.observeEquity` to move the peak. */
export function portfolioSnapshot(portfolio: Portfolio, tsUs: number): PortfolioSnapshot {
  const views = sortedSlots(portfolio).map((slot) => positionAt(portfolio, slot))
  const totals = views.filter((view) => view.position.strategy === undefined)
  const strategies = views.filter((view) => view.position.strategy !== undefined)
  const pnl = sumPnl(totals)
  const equity = pnl.total === undefined ? undefined : portfolio.capital.plus(pnl.total)
  return {
    tsUs,
    baseCurrency: portfolio.baseCurrency,
    positions: totals.map((view) => view.position),
    strategyPositions: strategies.map((view) => view.position),
    ...exposure(totals),
    ...concentrationOf(totals, equity),
    pnl,
    byAccount: grouped(totals, (view) => view.position.account),
    byStrategy: grouped(strategies, (view) => view.position.strategy as string),
    byInstrument: grouped(totals, (view) => view.position.instrument),
    feesByCurrency: sumFees(totals),
    capital: portfolio.capital,
    ...drawdownOf(portfolio, equity),
    problems: problemsOf(portfolio, totals),
  }
}

function sumOf(views: readonly PositionView[], pick: (view: PositionView) => Decimal | undefined): Decimal | undefined {
  let sum: Decimal | undefined = zero
  for (const view of views) {
    const value = pick(view)
    if (value === undefined) return undefined
    sum = sum.plus(value)
  }
  return sum
}

function sumPnl(views: readonly PositionView[]): PnlFigures {
  const realizedGross = sumOf(views, (view) => view.base.realizedGross)
  const fees = sumOf(views, (view) => view.base.fees)
  const realizedNet = sumOf(views, (view) => view.base.realizedNet)
  const unrealized = sumOf(views, (view) => view.base.unrealized)
  const total = realizedNet === undefined || unrealized === undefined ? undefined : realizedNet.plus(unrealized)
  return {
    ...(realizedGross === undefined ? {} : { realizedGross }),
    ...(fees === undefined ? {} : { fees }),
    ...(realizedNet === undefined ? {} : { realizedNet }),
    ...(unrealized === undefined ? {} : { unrealized }),
    ...(total === undefined ? {} : { total }),
  }
}

function grouped(views: readonly PositionView[], nameOf: (view: PositionView) => string): NamedPnl[] {
  const groups = new Map<string, PositionView[]>()
  for (const view of views) {
    const group = groups.get(nameOf(view))
    if (group === undefined) groups.set(nameOf(view), [view])
    else group.push(view)
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, members]) => ({ name, ...sumPnl(members) }))
}

function exposure(totals: readonly PositionView[]): Pick<PortfolioSnapshot, 'long' | 'short' | 'gross' | 'net'> {
  const net = sumOf(totals, (view) => view.base.marketValue)
  const gross = sumOf(totals, (view) => view.base.marketValue?.abs())
  if (net === undefined || gross === undefined) return {}
  return { long: gross.plus(net).div(2), short: gross.minus(net).div(2), gross, net }
}

function concentrationOf(
  totals: readonly PositionView[],
  equity: Decimal | undefined,
): Pick<PortfolioSnapshot, 'concentration' | 'herfindahl'> {
  const values = new Map<InstrumentId, Decimal>()
  for (const view of totals) {
    const value = view.base.marketValue
    if (value === undefined || value.isZero()) continue
    values.set(view.position.instrument, (values.get(view.position.instrument) ?? zero).plus(value))
  }
  const concentration = [...values].map(([instrument, marketValue]) => ({
    instrument,
    marketValue,
    ...(equity?.greaterThan(0) ? { shareOfEquity: marketValue.abs().div(equity) } : {}),
  }))
  concentration.sort(
    (a, b) => b.marketValue.abs().comparedTo(a.marketValue.abs()) || (a.instrument < b.instrument ? -1 : 1),
  )
  const gross = concentration.reduce((sum, part) => sum.plus(part.marketValue.abs()), zero)
  if (gross.isZero()) return { concentration }
  const squares = concentration.reduce((sum, part) => sum.plus(part.marketValue.div(gross).pow(2)), zero)
  return { concentration, herfindahl: squares }
}

function sumFees(totals: readonly PositionView[]): MoneyAmount[] {
  const sums = new Map<string, Decimal>()
  for (const view of totals) {
    for (const { currency, amount } of view.feesByCurrency)
      sums.set(currency, (sums.get(currency) ?? zero).plus(amount))
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([currency, amount]) => ({ currency, amount }))
}

function drawdownOf(
  portfolio: Portfolio,
  equity: Decimal | undefined,
): Pick<PortfolioSnapshot, 'equity' | 'peakEquity' | 'drawdown' | 'drawdownFraction'> {
  const observed = portfolio.peakEquity ?? portfolio.capital
  if (equity === undefined) return { peakEquity: observed }
  const peakEquity = Decimal.max(observed, equity)
  const drawdown = peakEquity.minus(equity)
  return {
    equity,
    peakEquity,
    drawdown,
    ...(peakEquity.greaterThan(0) ? { drawdownFraction: drawdown.div(peakEquity) } : {}),
  }
}

function problemsOf(portfolio: Portfolio, totals: readonly PositionView[]): PortfolioProblem[] {
  const problems: PortfolioProblem[] = []
  for (const { position, base, marketValue, feesByCurrency } of totals) {
    const about = { instrument: position.instrument, currency: position.currency }
    if (marketValue === undefined) problems.push({ kind: 'no_price', ...about })
    else if (base.marketValue === undefined || base.realizedGross === undefined)
      problems.push({ kind: 'no_rate', ...about })
    if (base.fees !== undefined) continue
    for (const { currency } of feesByCurrency) {
      if (currency !== portfolio.baseCurrency && portfolio.base.rate(currency) === undefined)
        problems.push({ kind: 'no_rate', instrument: position.instrument, currency })
    }
  }
  return problems
}
