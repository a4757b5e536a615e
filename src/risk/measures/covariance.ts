/**
 * Covariance and correlation of several assets: at once, and kept up day by day over a moving window or with exponential
 * weights. Matrices are square and flat: `values[i * size + j]`.
 */
import { TradewireError } from '../../core/errors.js'
import type { ReturnMatrix } from './returns.js'
import { requireLambda } from './value-at-risk.js'

/** A symmetric matrix. */
export interface SquareMatrix {
  readonly size: number
  readonly values: Float64Array
}

/** Covariance with n - 1 (`sample`, the default) or n. @throws TradewireError `TW_INSUFFICIENT_SAMPLE` below two days. */
export function covarianceOf(
  { assets, days, values }: ReturnMatrix,
  deviation: 'sample' | 'population' = 'sample',
): SquareMatrix {
  if (days < 2)
    throw new TradewireError('TW_INSUFFICIENT_SAMPLE', `Covariance needs at least 2 days, got ${days}`, {
      details: { reason: 'INSUFFICIENT_SAMPLE', minimum: 2, count: days },
    })
  const means = meansOf({ assets, days, values })
  // Column by column: the inner loop then reads memory in a row.
  const columns = new Float64Array(assets * days)
  for (let day = 0; day < days; day++)
    for (let asset = 0; asset < assets; asset++)
      columns[asset * days + day] = values[day * assets + asset] - means[asset]
  const covariance = new Float64Array(assets * assets)
  const divisor = deviation === 'sample' ? days - 1 : days
  for (let i = 0; i < assets; i++) {
    for (let j = i; j < assets; j++) {
      let sum = 0
      const a = i * days
      const b = j * days
      for (let day = 0; day < days; day++) sum += columns[a + day] * columns[b + day]
      covariance[i * assets + j] = sum / divisor
      covariance[j * assets + i] = sum / divisor
    }
  }
  return { size: assets, values: covariance }
}

/** Mean return of each asset. */
export function meansOf({ assets, days, values }: ReturnMatrix): Float64Array {
  const means = new Float64Array(assets)
  for (let day = 0; day < days; day++)
    for (let asset = 0; asset < assets; asset++) means[asset] = means[asset] + values[day * assets + asset]
  for (let asset = 0; asset < assets; asset++) means[asset] = means[asset] / days
  return means
}

/** Covariance with exponential weights and mean 0, begun with the first day's products. */
export function ewmaCovarianceOf({ assets, days, values }: ReturnMatrix, lambda = 0.94): SquareMatrix {
  const running = new EwmaCovariance(assets, lambda)
  for (let day = 0; day < days; day++) running.add(values.subarray(day * assets, (day + 1) * assets))
  return running.covariance()
}

/** Correlation of a covariance; NaN with an asset that never moved. */
export function correlationOf({ size, values }: SquareMatrix): SquareMatrix {
  const correlation = new Float64Array(size * size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++)
      correlation[i * size + j] =
        values[i * size + j] / Math.sqrt(values[i * size + i]) / Math.sqrt(values[j * size + j])
  return { size, values: correlation }
}

/** Covariance of known deviations and correlations. @throws TradewireError `TW_INVALID_ARGUMENT` for sizes that do not fit, a deviation that is none, and a correlation outside of -1 to 1. */
export function covarianceFrom(deviations: ArrayLike<number>, correlation: readonly ArrayLike<number>[]): SquareMatrix {
  const size = deviations.length
  if (correlation.length !== size || correlation.some((row) => row.length !== size))
    throw new TradewireError('TW_INVALID_ARGUMENT', `correlation must be ${size} x ${size}`)
  const values = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    if (!(deviations[i] >= 0 && deviations[i] < Number.POSITIVE_INFINITY))
      throw new TradewireError('TW_INVALID_ARGUMENT', `deviations[${i}] must be a number from 0, got ${deviations[i]}`)
    for (let j = 0; j < size; j++) {
      if (!(Math.abs(correlation[i][j]) <= 1 + 1e-9))
        throw new TradewireError(
          'TW_INVALID_ARGUMENT',
          `correlation[${i}][${j}] must be a number from -1 to 1, got ${correlation[i][j]}`,
        )
      values[i * size + j] = correlation[i][j] * deviations[i] * deviations[j]
    }
  }
  return { size, values }
}

/** A square matrix as rows. */
export function rowsOf({ size, values }: SquareMatrix): number[][] {
  return Array.from({ length: size }, (_, i) => Array.from(values.subarray(i * size, (i + 1) * size)))
}

/**
 * Covariance with exponential weights and mean 0, day by day: `S = lambda S + (1 - lambda) r r'`. Adding a day allocates
 * nothing.
 */
export class EwmaCovariance {
  readonly assets: number
  readonly lambda: number
  readonly #values: Float64Array
  #days = 0

  /** @throws TradewireError `TW_INVALID_ARGUMENT` unless 0 < lambda < 1. */
  constructor(assets: number, lambda = 0.94) {
    requireLambda(lambda)
    this.assets = assets
    this.lambda = lambda
    this.#values = new Float64Array(assets * assets)
  }

  /** Adds the returns of a day. */
  add(returns: ArrayLike<number>): void {
    const { assets, lambda } = this
    requireRow(returns, assets)
    const values = this.#values
    const kept = this.#days === 0 ? 0 : lambda
    const share = this.#days === 0 ? 1 : 1 - lambda
    for (let i = 0; i < assets; i++)
      for (let j = 0; j < assets; j++)
        values[i * assets + j] = kept * values[i * assets + j] + share * returns[i] * returns[j]
    this.#days++
  }

  /** The covariance now: a copy. @throws TradewireError `TW_INSUFFICIENT_SAMPLE` before the first day. */
  covariance(): SquareMatrix {
    if (this.#days === 0)
      throw new TradewireError('TW_INSUFFICIENT_SAMPLE', 'Covariance needs at least 1 day, got 0', {
        details: { reason: 'INSUFFICIENT_SAMPLE', minimum: 1, count: 0 },
      })
    return { size: this.assets, values: this.#values.slice() }
  }
}

/**
 * The returns of the latest days of several assets, and their covariance, kept up as days come and go. Sums are made anew
 * each time the window has gone round, so that rounding does not pile up. Adding a day allocates nothing.
 */
export class ReturnWindow {
  readonly assets: number
  readonly capacity: number
  readonly #rows: Float64Array
  readonly #sums: Float64Array
  readonly #products: Float64Array
  #days = 0
  #next = 0

  /** `capacity`: days in the window, from 2. */
  constructor(assets: number, capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 2)
      throw new TradewireError('TW_INVALID_ARGUMENT', `capacity must be a whole number from 2, got ${capacity}`)
    this.assets = assets
    this.capacity = capacity
    this.#rows = new Float64Array(assets * capacity)
    this.#sums = new Float64Array(assets)
    this.#products = new Float64Array(assets * assets)
  }

  /** Days in the window. */
  get days(): number {
    return this.#days
  }

  /** Adds the returns of a day; the oldest day leaves a full window. @throws TradewireError `TW_INVALID_ARGUMENT` for a missing return. */
  add(returns: ArrayLike<number>): void {
    const { assets, capacity } = this
    requireRow(returns, assets)
    const at = this.#next * assets
    if (this.#days === capacity) this.#book(at, -1)
    else this.#days++
    for (let i = 0; i < assets; i++) this.#rows[at + i] = returns[i]
    this.#next = this.#next + 1 === capacity ? 0 : this.#next + 1
    if (this.#next === 0) this.#rebuild()
    else this.#book(at, 1)
  }

  #book(at: number, sign: number): void {
    const { assets } = this
    const rows = this.#rows
    for (let i = 0; i < assets; i++) {
      const value = sign * rows[at + i]
      this.#sums[i] = this.#sums[i] + value
      const row = i * assets
      for (let j = i; j < assets; j++) this.#products[row + j] = this.#products[row + j] + value * rows[at + j]
    }
  }

  #rebuild(): void {
    this.#sums.fill(0)
    this.#products.fill(0)
    for (let day = 0; day < this.#days; day++) this.#book(day * this.assets, 1)
  }

  /** Sample covariance of the window. @throws TradewireError `TW_INSUFFICIENT_SAMPLE` below two days. */
  covariance(): SquareMatrix {
    const { assets } = this
    const days = this.#days
    if (days < 2)
      throw new TradewireError('TW_INSUFFICIENT_SAMPLE', `Covariance needs at least 2 days, got ${days}`, {
        details: { reason: 'INSUFFICIENT_SAMPLE', minimum: 2, count: days },
      })
    const values = new Float64Array(assets * assets)
    for (let i = 0; i < assets; i++) {
      for (let j = i; j < assets; j++) {
        const sum = this.#products[i * assets + j] - (this.#sums[i] * this.#sums[j]) / days
        values[i * assets + j] = sum / (days - 1)
        values[j * assets + i] = sum / (days - 1)
      }
    }
    return { size: assets, values }
  }

  /** The days of the window, oldest first: a copy. */
  returns(): ReturnMatrix {
    const { assets, capacity } = this
    const days = this.#days
    const values = new Float64Array(days * assets)
    const oldest = days === capacity ? this.#next : 0
    const first = this.#rows.subarray(oldest * assets, days * assets)
    values.set(first)
    values.set(this.#rows.subarray(0, oldest * assets), first.length)
    return { assets, days, values }
  }
}

function requireRow(returns: ArrayLike<number>, assets: number): void {
  if (returns.length !== assets)
    throw new TradewireError('TW_INVALID_ARGUMENT', `A day must have ${assets} returns, got ${returns.length}`)
  for (let i = 0; i < assets; i++)
    if (!Number.isFinite(returns[i]))
      throw new TradewireError('TW_INVALID_ARGUMENT', `returns[${i}] must be a number, got ${returns[i]}`)
}
