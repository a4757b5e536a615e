/**
 * Performance statistics: of a series of equities (returns, volatility, Sharpe, Sortino, drawdown) and of closed trades (hit
 * rate, profit factor). Doubles: statistics, not accounts.
 *
 * What there is too little data for is null, never 0.
 *
 * Sources: W. Sharpe, "The Sharpe Ratio" (1994), sample standard deviation; F. Sortino and R. van der Meer (1991), downside
 * deviation over all periods.
 */

import { TradewireError } from '../core/errors.js'
import { extentOf } from '../math/extent.js'

/** Equity at one moment. */
export interface EquityPoint {
  /** Unix epoch microseconds. */
  readonly tsUs: number
  readonly equity: number
  /** Deposits less withdrawals since the point before: no profit. 0 unless given. */
  readonly flow?: number
}

/** Options of {@link equityStatistics}. */
export interface EquityStatisticsOptions {
  /** Points in a year: 252 for trading days, 365 for days of a market that never rests. 252 unless given. */
  readonly periodsPerYear?: number
  /** Riskless return of a year as a fraction; 0 unless given. */
  readonly riskFreeRate?: number
  /** Return of a period below which Sortino counts a shortfall; the riskless return of a period unless given. */
  readonly target?: number
}

/** The deepest fall of an equity from its high. */
export interface Drawdown {
  /** Positive: 0.1 is 10 % below the high. */
  readonly fraction: number
  readonly amount: number
  readonly peakUs: number
  readonly troughUs: number
  /** When the high was reached again; null while it was not. */
  readonly recoveredUs: number | null
}

/** Figures of an equity series. */
export interface EquityStatistics {
  /** Returns of the periods, one less than points. */
  readonly returns: readonly number[]
  /** Product of the returns, less 1; null without a period. */
  readonly totalReturn: number | null
  /** Mean return of a period times periods of a year: arithmetic. */
  readonly annualReturn: number | null
  /** Sample standard deviation of the returns times the square root of the periods of a year; null below two returns. */
  readonly volatility: number | null
  readonly sharpe: number | null
  readonly sortino: number | null
  /** Null without points. */
  readonly maxDrawdown: Drawdown | null
  /** Annual return over the deepest drawdown; null without one. */
  readonly calmar: number | null
  readonly bestReturn: number | null
  readonly worstReturn: number | null
  /** Share of the periods with a gain. */
  readonly winningPeriods: number | null
}

/**
 * Statistics of equities in order of time.
 *
 * @throws TradewireError `TW_INVALID_ARGUMENT` for equities that are no numbers or not above 0 where a return is taken from
 * them, times that go back, or options that are none.
 */
export function equityStatistics(
  points: readonly EquityPoint[],
  options: EquityStatisticsOptions = {},
): EquityStatistics {
  const { periodsPerYear = 252, riskFreeRate = 0 } = options
  if (!(periodsPerYear > 0 && Number.isFinite(periodsPerYear) && Number.isFinite(riskFreeRate)))
    throw invalid('periodsPerYear must be above 0 and riskFreeRate a number')
  const returns = returnsOf(points)
  const riskless = riskFreeRate / periodsPerYear
  const { target = riskless } = options
  const mean = meanOf(returns)
  const deviation = deviationOf(returns, mean)
  const downside = Math.sqrt(meanOf(returns.map((each) => Math.min(0, each - target) ** 2)))
  const year = Math.sqrt(periodsPerYear)
  const maxDrawdown = drawdownOf(points)
  const annualReturn = returns.length === 0 ? null : mean * periodsPerYear
  return {
    returns,
    totalReturn: returns.length === 0 ? null : returns.reduce((product, each) => product * (1 + each), 1) - 1,
    annualReturn,
    volatility: finiteOrNull(deviation * year),
    sharpe: deviation > 0 ? ((mean - riskless) / deviation) * year : null,
    sortino: downside > 0 ? ((mean - target) / downside) * year : null,
    maxDrawdown,
    calmar:
      maxDrawdown === null || maxDrawdown.fraction === 0 || annualReturn === null
        ? null
        : annualReturn / maxDrawdown.fraction,
    bestReturn: returns.length === 0 ? null : extentOf(returns).greatest,
    worstReturn: returns.length === 0 ? null : extentOf(returns).least,
    winningPeriods: returns.length === 0 ? null : returns.filter((each) => each > 0).length / returns.length,
  }
}

function returnsOf(points: readonly EquityPoint[]): number[] {
  const returns: number[] = []
  for (const [i, { equity, tsUs, flow = 0 }] of points.entries()) {
    if (!Number.isFinite(equity) || !Number.isFinite(flow)) throw invalid(`point ${i} has no equity`)
    const before = points[i - 1]
    if (before === undefined) continue
    if (!(tsUs >= before.tsUs)) throw invalid(`point ${i} is older than the one before`)
    if (!(before.equity > 0))
      throw invalid(`no return can be taken from an equity of ${before.equity} at point ${i - 1}`)
    returns.push((equity - flow) / before.equity - 1)
  }
  return returns
}

/** Drawdown of the price of a share in the equity: flows buy and redeem shares, they are no gain and no loss. */
function drawdownOf(points: readonly EquityPoint[]): Drawdown | null {
  if (points.length === 0) return null
  const prices: number[] = []
  let shares = 1
  for (const [i, { equity, flow = 0 }] of points.entries()) {
    const price = i === 0 ? equity : (equity - flow) / shares
    if (i > 0 && flow !== 0) shares = equity / price
    prices.push(price)
  }
  let highAt = 0
  let worst = { fraction: 0, peak: 0, trough: 0 }
  for (const [i, price] of prices.entries()) {
    const high = prices[highAt] as number
    if (price > high) highAt = i
    else if ((high - price) / high > worst.fraction)
      worst = { fraction: (high - price) / high, peak: highAt, trough: i }
  }
  const high = prices[worst.peak] as number
  const recovered = worst.fraction === 0 ? 0 : prices.findIndex((price, i) => i > worst.trough && price >= high)
  const at = (i: number) => points[i] as EquityPoint
  return {
    fraction: worst.fraction,
    amount: worst.fraction * at(worst.peak).equity,
    peakUs: at(worst.peak).tsUs,
    troughUs: at(worst.trough).tsUs,
    recoveredUs: recovered < 0 ? null : at(recovered).tsUs,
  }
}

/** Figures of closed trades. */
export interface TradeStatistics {
  readonly trades: number
  readonly wins: number
  readonly losses: number
  /** Wins as a share of trades; null without trades. */
  readonly hitRate: number | null
  /** Gains over losses; null without losses. */
  readonly profitFactor: number | null
  readonly grossProfit: number
  /** Positive. */
  readonly grossLoss: number
  readonly averageWin: number | null
  /** Positive. */
  readonly averageLoss: number | null
  /** Mean result of a trade. */
  readonly expectancy: number | null
  readonly largestWin: number
  readonly largestLoss: number
  readonly longestLosingRun: number
}

/** Statistics of the results of closed trades, after fees. @throws TradewireError `TW_INVALID_ARGUMENT` for one that is no number. */
export function tradeStatistics(results: readonly number[]): TradeStatistics {
  let [wins, losses, grossProfit, grossLoss, largestWin, largestLoss, run, longest] = [0, 0, 0, 0, 0, 0, 0, 0]
  for (const result of results) {
    if (!Number.isFinite(result)) throw invalid(`a trade has the result ${result}`)
    if (result > 0) {
      wins++
      grossProfit += result
      largestWin = Math.max(largestWin, result)
    } else if (result < 0) {
      losses++
      grossLoss -= result
      largestLoss = Math.max(largestLoss, -result)
    }
    run = result < 0 ? run + 1 : 0
    longest = Math.max(longest, run)
  }
  const trades = results.length
  return {
    trades,
    wins,
    losses,
    hitRate: trades === 0 ? null : wins / trades,
    profitFactor: grossLoss > 0 ? grossProfit / grossLoss : null,
    grossProfit,
    grossLoss,
    averageWin: wins === 0 ? null : grossProfit / wins,
    averageLoss: losses === 0 ? null : grossLoss / losses,
    expectancy: trades === 0 ? null : (grossProfit - grossLoss) / trades,
    largestWin,
    largestLoss,
    longestLosingRun: longest,
  }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Sample standard deviation; NaN below two values. */
function deviationOf(values: readonly number[], mean: number): number {
  if (values.length < 2) return Number.NaN
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

function invalid(problem: string): TradewireError {
  return new TradewireError('TW_INVALID_ARGUMENT', `Performance statistics: ${problem}`)
}
