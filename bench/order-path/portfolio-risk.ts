/**
 * portfolio-risk: covariance of 500 days of 50 assets with historical value at risk; the optimal trajectory of Almgren and
 * Chriss in 390 slices. Nanoseconds.
 */
import { SeededRandom } from '../../src/core/random.js'
import { almgrenChriss } from '../../src/execution/implementation-shortfall.js'
import { NormalDraws } from '../../src/math/normal.js'
import { covarianceOf } from '../../src/risk/measures/covariance.js'
import { simulatedProfits } from '../../src/risk/measures/portfolio-risk.js'
import { historicalRisk } from '../../src/risk/measures/value-at-risk.js'
import type { Benchmark, BenchmarkCase } from '../types.js'

function covariance(): () => void {
  const days = 500
  const assets = 50
  const draws = new NormalDraws(new SeededRandom(1))
  const matrix = { assets, days, values: Float64Array.from({ length: days * assets }, () => draws.next() / 100) }
  const exposures = Array.from({ length: assets }, (_, i) => (i % 3 === 0 ? -1 : 1) * 10_000)
  return () => {
    const { values } = covarianceOf(matrix)
    const { valueAtRisk } = historicalRisk(simulatedProfits(exposures, matrix), 0.95)
    if (!(valueAtRisk > 0 && (values[0] as number) > 0)) throw new Error('no risk')
  }
}

function trajectory(): () => void {
  // Daily volatility of 0.95 a share, 1,000,000 shares in a day of 390 minutes: the parameters of the paper, a slice a minute.
  const program = { X: 1_000_000, T: 1, N: 390, sigma: 0.95, eta: 2.5e-6, gamma: 2.5e-7, eps: 0.0625, lambda: 2e-6 }
  return () => {
    const { holdings } = almgrenChriss(program)
    if (holdings.length !== 391 || holdings[0] !== program.X) throw new Error('no trajectory')
  }
}

/** A case of so many calls in a row. `most`: nanoseconds of one. */
function caseOf(title: string, most: number, calls: number, make: () => () => void): BenchmarkCase {
  return {
    case: title,
    unit: 'ns',
    better: 'lower',
    most,
    ours: {
      name: 'tradewire',
      async prepare() {
        const act = make()
        return {
          operations: calls,
          run() {
            const start = process.hrtime.bigint()
            for (let i = 0; i < calls; i++) act()
            return Number(process.hrtime.bigint() - start)
          },
        }
      },
    },
    peers: [],
  }
}

/** See the file's header. */
export const benchmark: Benchmark = {
  name: 'portfolio-risk',
  cases: () => [
    caseOf('covariance of 500 x 50 and historical value at risk', 20e6, 20, covariance),
    caseOf('Almgren-Chriss, 390 slices', 0.1e6, 500, trajectory),
  ],
}
