/** Returns from prices, and what is done about prices that are missing. */
import { TradewireError } from '../../core/errors.js'

/**
 * What happens where a price is missing (NaN): it is an error; the days on which any series lacks a price are left out of all
 * (`drop`); or the last price is carried on, which makes a return of 0 that was none (`carry`). A price is never taken for 0.
 */
export type MissingPrices = 'error' | 'drop' | 'carry'

/** Simple returns of a list of prices: one fewer than prices. @throws TradewireError `TW_INVALID_ARGUMENT` for a price that is missing or not above 0. */
export function simpleReturns(prices: ArrayLike<number>): Float64Array {
  const returns = new Float64Array(Math.max(0, prices.length - 1))
  for (let i = 0; i < prices.length; i++) {
    const price = prices[i]
    if (!(price > 0 && price < Number.POSITIVE_INFINITY))
      throw new TradewireError('TW_INVALID_ARGUMENT', `prices[${i}] must be a number above 0, got ${price}`)
    if (i > 0) returns[i - 1] = price / prices[i - 1] - 1
  }
  return returns
}

/** Returns of several assets over the same days, day after day: `values[day * assets + asset]`. */
export interface ReturnMatrix {
  readonly assets: number
  readonly days: number
  readonly values: Float64Array
}

/**
 * Simple returns of several assets whose prices belong to the same days.
 *
 * @throws TradewireError `TW_INVALID_ARGUMENT` for lists of different lengths, a missing price under the rule `error`, and a
 * series that begins without a price under `carry`.
 */
export function alignReturns(series: readonly ArrayLike<number>[], missing: MissingPrices = 'error'): ReturnMatrix {
  const assets = series.length
  const days = series[0]?.length ?? 0
  for (const prices of series)
    if (prices.length !== days)
      throw new TradewireError('TW_INVALID_ARGUMENT', `All series must have ${days} prices, got ${prices.length}`)
  const rows: Float64Array[] = []
  for (let day = 0; day < days; day++) {
    const row = Float64Array.from(series, (prices) => prices[day])
    if (missing === 'carry') carry(row, rows[rows.length - 1])
    const gap = row.findIndex(Number.isNaN)
    if (gap < 0) rows.push(row)
    else if (missing !== 'drop')
      throw new TradewireError('TW_INVALID_ARGUMENT', `The price of series ${gap} on day ${day} is missing`)
  }
  const columns = series.map((_, asset) => simpleReturns(rows.map((row) => row[asset])))
  const count = Math.max(0, rows.length - 1)
  const values = new Float64Array(count * assets)
  for (let asset = 0; asset < assets; asset++)
    for (let day = 0; day < count; day++) values[day * assets + asset] = columns[asset][day]
  return { assets, days: count, values }
}

function carry(row: Float64Array, before: Float64Array | undefined): void {
  if (before === undefined) return
  for (let i = 0; i < row.length; i++) if (Number.isNaN(row[i])) row[i] = before[i]
}

/** Returns given row by row (one list a day), as a matrix. @throws TradewireError `TW_INVALID_ARGUMENT` for rows of different lengths or a return that is no number. */
export function returnMatrix(rows: readonly ArrayLike<number>[]): ReturnMatrix {
  const assets = rows[0]?.length ?? 0
  const values = new Float64Array(rows.length * assets)
  for (const [day, row] of rows.entries()) {
    if (row.length !== assets)
      throw new TradewireError('TW_INVALID_ARGUMENT', `rows[${day}] must have ${assets} returns, got ${row.length}`)
    for (let asset = 0; asset < assets; asset++) {
      if (!Number.isFinite(row[asset]))
        throw new TradewireError('TW_INVALID_ARGUMENT', `rows[${day}][${asset}] must be a number, got ${row[asset]}`)
      values[day * assets + asset] = row[asset]
    }
  }
  return { assets, days: rows.length, values }
}

/** Mean, deviation and shape of returns. */
export interface ReturnStatistics {
  count: number
  mean: number
  /** With n - 1; NaN below two returns. */
  sampleDeviation: number
  /** With n. */
  populationDeviation: number
  /** Third and fourth standardised population moments; kurtosis less 3. */
  skewness: number
  excessKurtosis: number
  min: number
  max: number
}

/** Statistics of returns. @throws TradewireError `TW_INVALID_ARGUMENT` for a return that is no number. */
export function describeReturns(returns: ArrayLike<number>): ReturnStatistics {
  const count = returns.length
  let sum = 0
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (let i = 0; i < count; i++) {
    const value = returns[i]
    if (!Number.isFinite(value))
      throw new TradewireError('TW_INVALID_ARGUMENT', `returns[${i}] must be a number, got ${value}`)
    sum += value
    min = Math.min(min, value)
    max = Math.max(max, value)
  }
  const mean = sum / count
  let second = 0
  let third = 0
  let fourth = 0
  for (let i = 0; i < count; i++) {
    const distance = returns[i] - mean
    const square = distance * distance
    second += square
    third += square * distance
    fourth += square * square
  }
  const variance = second / count
  return {
    count,
    mean,
    sampleDeviation: count < 2 ? Number.NaN : Math.sqrt(second / (count - 1)),
    populationDeviation: Math.sqrt(variance),
    skewness: third / count / (variance * Math.sqrt(variance)),
    excessKurtosis: fourth / count / (variance * variance) - 3,
    min,
    max,
  }
}
