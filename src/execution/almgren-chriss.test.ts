/** The trajectory with a drift, where the closed form loses its digits or has none: against the conditions that define it. */
import { describe, expect, it } from 'vitest'
import { type AlmgrenChrissOptions, almgrenChriss } from './index.js'

/** What is left of the first-order condition of an optimum at each inner time, relative to its terms. */
function residuals(options: AlmgrenChrissOptions): number[] {
  const { T, N, sigma, eta, gamma, lambda, alpha = 0 } = options
  const tau = T / N
  const etaTilde = eta - (gamma * tau) / 2
  const { holdings: x } = almgrenChriss(options)
  return x.slice(1, -1).map((at, k) => {
    const bend = (etaTilde / tau) * (2 * at - (x[k] as number) - (x[k + 2] as number)) * 2
    const risk = 2 * lambda * sigma * sigma * tau * at
    return (bend + risk - alpha * tau) / Math.max(Math.abs(alpha * tau), Math.abs(risk), Number.MIN_VALUE)
  })
}

describe('almgren-chriss with a drift', () => {
  const base = { X: 100, T: 5, N: 5, sigma: 0.01, eta: 2.5e-6, gamma: 0, eps: 0.01, alpha: -0.01 }
  for (const lambda of [0, 1e-14, 1e-12, 1e-6, 1])
    it(`is optimal at a risk aversion of ${lambda}`, () => {
      for (const residual of residuals({ ...base, lambda })) expect(Math.abs(residual)).toBeLessThan(1e-6)
    })

  it('is the limit of small risk aversion without any', () => {
    const without = almgrenChriss({ ...base, lambda: 0 }).holdings
    const small = almgrenChriss({ ...base, lambda: 1e-15 }).holdings
    for (const [j, left] of without.entries()) expect(small[j]).toBeCloseTo(left, 3)
    // x = X (1 - t/T) + alpha t (T - t) / (4 etaTilde)
    expect(without[1]).toBeCloseTo(100 * 0.8 - (0.01 * 1 * 4) / (4 * 2.5e-6), 6)
  })
})
