/**
 * Implementation shortfall after Almgren and Chriss ("Optimal execution of portfolio transactions", 2000): trades faster the
 * more the risk of waiting weighs against the impact of hurrying.
 *
 *   tau = T/N, etaTilde = eta - gamma tau / 2, kappaTilde^2 = lambda sigma^2 / etaTilde
 *   kappa = acosh(1 + kappaTilde^2 tau^2 / 2) / tau,  x_j = X sinh(kappa (T - t_j)) / sinh(kappa T)
 *
 * The trajectory needs exp and sinh, whose last digit may differ between Node versions; lots are cut with a guard of 1e-9 of
 * a lot, so sizes are the same.
 */
import type { ImplementationShortfallParameters } from '../model/algo.js'
import { algoError, requireNumber, requireWhole } from '../model/algo-error.js'
import type { PlanContext } from './algorithm.js'
import { ScheduledAlgorithm } from './scheduled-algorithm.js'
import type { SlicePlan } from './slice-plan.js'
import { maxSlices, releaseOffset, slicesOf, twapPlan } from './twap.js'
import { floorLot } from './units.js'

/** Inputs of the model. T, sigma and alpha share one unit of time. */
export interface AlmgrenChrissOptions {
  /** Shares to be traded, above 0. */
  X: number
  /** Length of the window. */
  T: number
  /** Slices. */
  N: number
  /** Volatility: price per share and square root of time, absolute. */
  sigma: number
  /** Temporary impact. */
  eta: number
  /** Permanent impact. */
  gamma: number
  /** Fixed cost per share: half the spread. */
  eps: number
  /** Risk aversion, from 0. */
  lambda: number
  /** Drift of the price; 0 unless given. */
  alpha?: number
  /** 1 unless given. */
  lot?: number
}

/** The optimal trajectory. */
export interface AlmgrenChrissTrajectory {
  kappaTilde: number
  kappa: number
  /** 1/kappa: the time in which a holding falls to 1/e; undefined without risk aversion. */
  halfLife: number | undefined
  etaTilde: number
  /** Shares left at the N + 1 times. */
  holdings: number[]
  tradeList: number[]
  /** Whole lots; the last slice completes. */
  tradeListLots: number[]
  expectedShortfall: number
  variance: number
  stdDev: number
  utility: number
}

// biome-ignore lint/plugin: lots are cut with a guard, see the header
const exp = (x: number): number => Math.exp(x)
// biome-ignore lint/plugin: as above
const expm1 = (x: number): number => Math.expm1(x)
// biome-ignore lint/plugin: as above
const asinh = (x: number): number => Math.asinh(x)

/** sinh(a)/sinh(b) for 0 <= a <= b, without overflow. */
function sinhRatio(a: number, b: number): number {
  if (b === 0) return 0
  return (exp(a - b) * -expm1(-2 * a)) / -expm1(-2 * b)
}

/**
 * The optimal trajectory of a program with linear impact.
 *
 * @throws TradewireError `TW_INVALID_ALGO` with reason `ETA_TILDE_NOT_POSITIVE`, `INVALID_SLICES`, `INVALID_PARAMETER`.
 */
export function almgrenChriss(options: AlmgrenChrissOptions): AlmgrenChrissTrajectory {
  const { X, T, N, sigma, eta, gamma, eps, lambda, alpha = 0, lot = 1 } = options
  requireWhole(N, 'N', 1, maxSlices, 'INVALID_SLICES')
  for (const [name, value] of Object.entries({ X, T, lot })) requireNumber(value, name, Number.MIN_VALUE)
  for (const [name, value] of Object.entries({ sigma, eta, gamma, eps, lambda })) requireNumber(value, name, 0)
  requireNumber(alpha, 'alpha', -Number.MAX_VALUE)
  const tau = T / N
  const etaTilde = eta - (gamma * tau) / 2
  if (!(etaTilde > 0))
    throw algoError('ETA_TILDE_NOT_POSITIVE', 'eta', `must be above gamma * tau / 2 = ${(gamma * tau) / 2}`)
  const kappaTilde = Math.sqrt((lambda * sigma * sigma) / etaTilde)
  // acosh(1 + z) as a form that keeps its digits for small z.
  const kappa = (2 * asinh((kappaTilde * tau) / 2)) / tau
  const holdings = optimalHoldings(X, T, N, kappa)
  if (alpha !== 0) addDrift(holdings, T, kappa, kappaTilde, alpha / (2 * etaTilde))
  const tradeList = holdings.slice(1).map((after, j) => (holdings[j] as number) - after)
  let squares = 0
  let risk = 0
  let drift = 0
  let traded = 0
  for (let k = 0; k < N; k++) {
    const n = tradeList[k] as number
    const x = holdings[k + 1] as number
    squares += n * n
    traded += Math.abs(n)
    risk += tau * x * x
    drift += tau * x
  }
  const expectedShortfall = (gamma * X * X) / 2 + eps * traded + (etaTilde / tau) * squares - alpha * drift
  const variance = sigma * sigma * risk
  return {
    kappaTilde,
    kappa,
    halfLife: kappa === 0 ? undefined : 1 / kappa,
    etaTilde,
    holdings,
    tradeList,
    tradeListLots: wholeLots(holdings, lot),
    expectedShortfall,
    variance,
    stdDev: Math.sqrt(variance),
    utility: expectedShortfall + lambda * variance,
  }
}

/** Shares left at each time: X sinh(kappa (T - t)) / sinh(kappa T), a straight line for kappa 0. */
function optimalHoldings(X: number, T: number, N: number, kappa: number): number[] {
  return Array.from({ length: N + 1 }, (_, j) => {
    if (j === 0) return X
    if (j === N) return 0
    return kappa === 0 ? (X * (N - j)) / N : X * sinhRatio((kappa * T * (N - j)) / N, kappa * T)
  })
}

/**
 * A drift moves the holdings towards alpha / (2 lambda sigma^2), here `pull` / kappaTilde^2:
 *
 *   1 - (sinh(kappa (T - t)) + sinh(kappa t)) / sinh(kappa T) = (1 - e^(-kappa (T - t))) (1 - e^(-kappa t)) / (1 + e^(-kappa T))
 *
 * The right side keeps its digits where kappa is small; without risk aversion what it tends to is `pull` t (T - t) / 2.
 */
function addDrift(holdings: number[], T: number, kappa: number, kappaTilde: number, pull: number): void {
  const N = holdings.length - 1
  for (let j = 1; j < N; j++) {
    const t = (T * j) / N
    const moved =
      kappa === 0
        ? (t * (T - t)) / 2
        : (expm1(-kappa * (T - t)) * expm1(-kappa * t)) / (1 + exp(-kappa * T)) / (kappaTilde * kappaTilde)
    holdings[j] = (holdings[j] as number) + moved * pull
  }
}

/** What is traded in each slice, in whole lots; the last completes. */
function wholeLots(holdings: readonly number[], lot: number): number[] {
  const X = holdings[0] as number
  let before = 0
  return holdings.slice(1).map((left, j) => {
    const isLast = j === holdings.length - 2
    const cumulative = isLast ? X : Math.max(before, Math.floor((X - left) / lot + 1e-9) * lot)
    const size = cumulative - before
    before = cumulative
    return size
  })
}

/** kappa times the window by urgency. */
const urgencies = { passive: 1, neutral: 3, aggressive: 6 } as const

/** Impact parameters by the rule of thumb of the paper: half the spread, the spread for 1 % and for 10 % of a day's volume. */
export function impactParameters(spread: number, dailyVolume: number): { eps: number; eta: number; gamma: number } {
  requireNumber(spread, 'spread', Number.MIN_VALUE)
  requireNumber(dailyVolume, 'dailyVolume', Number.MIN_VALUE)
  return { eps: spread / 2, eta: spread / (0.01 * dailyVolume), gamma: spread / (0.1 * dailyVolume) }
}

/** The algorithm `is`. */
export class ImplementationShortfall extends ScheduledAlgorithm<ImplementationShortfallParameters> {
  override check(windowMs: number): void {
    const { urgency, lambda, sigma, eta, gamma, epsilon } = this.parameters
    this.#slices(windowMs)
    for (const [name, value] of Object.entries({ lambda, sigma, eta, gamma, epsilon }))
      if (value !== undefined) requireNumber(value, `algo.${name}`, 0)
    if (lambda !== undefined && urgency !== undefined)
      throw algoError('CONTRADICTION', 'algo.urgency', 'and lambda contradict each other; give one')
    if (
      typeof urgency === 'string'
        ? !Object.hasOwn(urgencies, urgency)
        : urgency !== undefined && !(urgency >= 0 && urgency <= 700)
    )
      throw algoError(
        'INVALID_PARAMETER',
        'algo.urgency',
        'must be passive, neutral, aggressive or a number from 0 to 700',
      )
    this.#kappaT(this.#slices(windowMs))
  }

  #slices(windowMs: number): number {
    const { slices } = this.parameters
    return slicesOf(slices === undefined ? {} : { slices }, windowMs)
  }

  /** kappa times the window; 0, equal slices, where sigma or eta is missing. */
  #kappaT(N: number): number {
    const { urgency = 'neutral', lambda, sigma, eta, gamma = 0 } = this.parameters
    if (lambda === undefined) return typeof urgency === 'number' ? urgency : urgencies[urgency]
    if (sigma === undefined || eta === undefined) return 0
    return almgrenChriss({ X: 1, T: 1, N, sigma, eta, gamma, eps: 0, lambda }).kappa
  }

  protected override plan({ quantityUnits, windowUs, fullWindowUs, lotUnits, minSliceUnits }: PlanContext): SlicePlan {
    const asked = this.#slices(fullWindowUs / 1_000)
    const N = Math.max(1, Math.round((asked * windowUs) / fullWindowUs))
    const kappaT = this.#kappaT(asked) * (windowUs / fullWindowUs)
    const offsetsUs = Array.from({ length: N }, (_, k) => releaseOffset(k, N, windowUs))
    if (kappaT === 0) {
      const sizes = twapPlan({ quantityUnits, slices: N, lotUnits, minSliceUnits })
      return { sizes, offsetsUs: sizes.map((_, k) => releaseOffset(k, sizes.length, windowUs)) }
    }
    return {
      offsetsUs,
      sizes: heldBack(wholeLots(optimalHoldings(quantityUnits, 1, N, kappaT), lotUnits), minSliceUnits),
    }
  }
}

/** Slices below the smallest wait for the next; what the end would leave too small goes before. */
export function heldBack(sizes: readonly number[], minSliceUnits: number): number[] {
  const out = new Array<number>(sizes.length).fill(0)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  let waiting = 0
  let released = 0
  for (let k = 0; k < sizes.length; k++) {
    waiting += sizes[k] as number
    const rest = total - released - waiting
    const isLast = k === sizes.length - 1
    if (!isLast && (waiting < minSliceUnits || (rest > 0 && rest < minSliceUnits))) continue
    out[k] = waiting
    released += waiting
    waiting = 0
  }
  return out
}

/** Sizes of a program that trades the more the later: the optimal one, backwards. */
export function backLoaded(quantityUnits: number, N: number, kappaT: number, lotUnits: number): number[] {
  const holdings = optimalHoldings(quantityUnits, 1, N, kappaT)
  let before = 0
  return Array.from({ length: N }, (_, k) => {
    const done = k === N - 1 ? quantityUnits : floorLot(Math.floor((holdings[N - 1 - k] as number) + 1e-9), lotUnits)
    const size = Math.max(0, done - before)
    before += size
    return size
  })
}
