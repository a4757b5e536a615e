/**
 * portfolio-risk: covariance of 500 days of 50 assets with historical value at risk; the optimal trajectory of Almgren and
 * Chriss in 390 slices; equity after a fill among 500 positions, beside a snapshot of everything. Nanoseconds.
 */
import { SeededRandom } from '../../src/core/random.js'
import { almgrenChriss } from '../../src/execution/implementation-shortfall.js'
import { NormalDraws } from '../../src/math/normal.js'
import type { InstrumentId } from '../../src/model/ids.js'
import { Instrument } from '../../src/model/instrument.js'
import { Portfolio } from '../../src/portfolio/portfolio.js'
import { portfolioSnapshot } from '../../src/portfolio/snapshot.js'
import { PortfolioStanding } from '../../src/portfolio/standing.js'
import { covarianceOf } from '../../src/risk/measures/covariance.js'
import { simulatedProfits } from '../../src/risk/measures/portfolio-risk.js'
import { historicalRisk } from '../../src/risk/measures/value-at-risk.js'
import type { Benchmark, BenchmarkCase, Variant } from '../types.js'

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

/** A fill in one of 500 positions, all of them with a price, and what `look` makes of it. */
function afterFill(look: (portfolio: Portfolio) => () => number): () => void {
  const positions = 500
  const marks = { bid: () => 100, ask: () => 100.01, last: () => 100 }
  const portfolio = new Portfolio({ baseCurrency: 'USD', capital: 1_000_000, marks })
  const account = portfolio.accounts.intern('main')
  const strategy = portfolio.strategies.intern('mean reversion')
  const plain = {
    venue: 'XNYS',
    assetClass: 'equity',
    currency: 'USD',
    priceIncrement: '0.01',
    sizeIncrement: '1',
  } as const
  const instruments = Array.from({ length: positions }, (_, index) => {
    const symbol = `S${index}`
    return new Instrument({ id: `${symbol}.XNYS` as InstrumentId, symbol, ...plain }, index)
  })
  for (const instrument of instruments) portfolio.applyFill(account, strategy, instrument, 1, 100, 990_000)
  const equity = look(portfolio)
  let fills = 0
  return () => {
    const instrument = instruments[fills++ % positions] as Instrument
    portfolio.applyFill(account, strategy, instrument, fills % 2 === 0 ? 1 : -1, 10, 1_000_000)
    if (!(equity() > 1_000_000)) throw new Error('no equity')
  }
}

function standing(portfolio: Portfolio): () => number {
  const known = new PortfolioStanding(portfolio)
  return () => {
    known.look()
    return Number(known.equity)
  }
}

/** A case of so many calls in a row. `most`: nanoseconds of one. */
function caseOf(title: string, most: number, calls: number, make: () => () => void): BenchmarkCase {
  return { case: title, unit: 'ns', better: 'lower', most, ours: variantOf('tradewire', calls, make), peers: [] }
}

function variantOf(name: string, calls: number, make: () => () => void): Variant {
  return {
    name,
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
  }
}

/** See the file's header. */
export const benchmark: Benchmark = {
  name: 'portfolio-risk',
  cases: () => [
    caseOf('covariance of 500 x 50 and historical value at risk', 20e6, 20, covariance),
    caseOf('Almgren-Chriss, 390 slices', 0.1e6, 500, trajectory),
    {
      ...caseOf('equity after a fill, 500 positions', 100e3, 500, () => afterFill(standing)),
      peers: [
        variantOf('snapshot', 20, () => afterFill((portfolio) => () => Number(portfolioSnapshot(portfolio, 0).equity))),
      ],
      floor: { peer: 'snapshot', ratio: 50 },
    },
  ],
}
