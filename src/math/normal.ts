/**
 * The normal distribution: density, distribution, quantile and random draws. Digits are the same on every platform.
 *
 * erfc by its Maclaurin series near 0 and by its continued fraction beyond (Abramowitz and Stegun, 7.1.6 and 7.1.14); the
 * quantile by the rational approximation 26.2.23 of the same book, made exact by Halley steps.
 */
import type { Random } from '../core/random.js'
import { expOf, logOf } from './elementary.js'

const SQRT_PI = 1.772453850905516
const SQRT_TWO_PI = 2.5066282746310007

/** The complementary error function, to about 14 digits. */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x)
  if (x > 27) return 0
  return x < 2 ? 1 - erfSeries(x) : erfcFraction(x)
}

/** erf(x) = 2/sqrt(pi) e^(-x^2) sum of 2^n x^(2n+1) / (2n+1)!!: all terms have one sign, nothing cancels. */
function erfSeries(x: number): number {
  let term = x
  let sum = x
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / SQRT_PI) * expOf(-x * x) * sum
}

/** Backward evaluation of the continued fraction; 100 terms are enough from 2 on. */
function erfcFraction(x: number): number {
  let value = x
  for (let n = 100; n >= 1; n--) value = x + n / 2 / value
  return expOf(-x * x) / (SQRT_PI * value)
}

/** The density of the standard normal distribution. */
export function normalDensity(z: number): number {
  return expOf((-z * z) / 2) / SQRT_TWO_PI
}

/** The probability of a value up to `z`. */
export function normalDistribution(z: number): number {
  return erfc(-z / Math.SQRT2) / 2
}

/** The value that is not passed with a probability; infinite at 0 and 1, NaN outside. */
export function normalQuantile(probability: number): number {
  if (!(probability >= 0 && probability <= 1)) return Number.NaN
  if (probability > 0.5) return -normalQuantile(1 - probability)
  if (probability === 0) return Number.NEGATIVE_INFINITY
  if (probability === 0.5) return 0
  const t = Math.sqrt(-2 * logOf(probability))
  let z = -t + (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
  for (let step = 0; step < 3; step++) {
    const error = (normalDistribution(z) - probability) / normalDensity(z)
    z -= error / (1 + (z * error) / 2)
  }
  return z
}

/** Probability that a chi-square variable with one degree of freedom is at least `value`. */
export function chiSquareTail(value: number): number {
  return value <= 0 ? 1 : erfc(Math.sqrt(value / 2))
}

/** Normal draws by the polar method (G. Marsaglia, 1964): with tails, unlike a sum of uniforms. */
export class NormalDraws {
  readonly #random: Random
  #spare = Number.NaN

  constructor(random: Random) {
    this.#random = random
  }

  /** One draw with mean 0 and deviation 1. */
  next(): number {
    const spare = this.#spare
    if (!Number.isNaN(spare)) {
      this.#spare = Number.NaN
      return spare
    }
    for (;;) {
      const u = 2 * this.#random.next() - 1
      const v = 2 * this.#random.next() - 1
      const square = u * u + v * v
      if (square >= 1 || square === 0) continue
      const factor = Math.sqrt((-2 * logOf(square)) / square)
      this.#spare = v * factor
      return u * factor
    }
  }
}
