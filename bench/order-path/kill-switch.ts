/**
 * kill-switch: 1,000 open orders over 4 connectors: from the call to the last cancel handed to a connector, and to the last
 * moment at which a new order could have passed. Milliseconds. And portfolio risk: covariance of 500 days of 50 assets with
 * historical value at risk.
 */
import { SeededRandom } from '../../src/core/random.js'
import { VirtualTime } from '../../src/core/virtual-time.js'
import { NormalDraws } from '../../src/math/normal.js'
import type { ApprovedOrder } from '../../src/orders/approved-order.js'
import { covarianceOf } from '../../src/risk/measures/covariance.js'
import { simulatedProfits } from '../../src/risk/measures/portfolio-risk.js'
import { historicalRisk } from '../../src/risk/measures/value-at-risk.js'
import { TradingSystem } from '../../src/system/trading-system.js'
import { makeWorkload } from '../orders/workload.js'
import type { Benchmark } from '../types.js'
import { BenchVenue, symbols } from './bench-venue.js'

const orders = 1_000
const names = ['a', 'b', 'c', 'd']

/** Takes orders and leaves them open; counts the cancels that reach it. */
class RestingVenue extends BenchVenue {
  cancels = 0

  protected override sendNew(order: ApprovedOrder): void {
    this.host.reports.accepted(order.number, order.number, 1)
  }

  protected override sendCancel(): void {
    this.cancels++
  }
}

/** Opens the orders, throws the switch, and says how long it took. */
async function kill(): Promise<{ blockedMs: number; canceledMs: number }> {
  const workload = makeWorkload()
  const venues = Object.fromEntries(names.map((name) => [name, new RestingVenue(workload, 'numbers')]))
  const time = new VirtualTime()
  const system = await time.runUntil(
    TradingSystem.start({
      mode: 'simulation',
      onClose: 'leave',
      connectors: venues,
      time,
      risk: { throttle: false, duplicates: false, marketData: { maxAgeMs: 1_000_000 } },
    }),
  )
  for (const venue of Object.values(venues)) venue.quoteAll()
  const price = system.quotes.bid(0).toFixed(2)
  for (let i = 0; i < orders; i++) {
    const connector = names[i % names.length] as string
    const order = system.orders.submit({ symbol: symbols[0] as string, side: 'buy', quantity: 1, price, connector })
    if (order.status !== 'ACCEPTED') throw new Error(`order ${i} is ${order.status}: ${order.snapshot.reason}`)
  }
  const start = process.hrtime.bigint()
  system.gate.states.kill('global')
  const blocked = process.hrtime.bigint()
  const asked = system.kill({ actor: 'bench', reason: 'bench' })
  const end = process.hrtime.bigint()
  const sent = Object.values(venues).reduce((sum, { cancels }) => sum + cancels, 0)
  if (asked !== orders || sent !== orders) throw new Error(`${asked} cancels asked for, ${sent} sent`)
  await time.runUntil(system.stop())
  return { blockedMs: Number(blocked - start) / 1e6, canceledMs: Number(end - start) / 1e6 }
}

function portfolio(): () => number {
  const days = 500
  const assets = 50
  const draws = new NormalDraws(new SeededRandom(1))
  const matrix = { assets, days, values: Float64Array.from({ length: days * assets }, () => draws.next() / 100) }
  const exposures = Array.from({ length: assets }, (_, i) => (i % 3 === 0 ? -1 : 1) * 10_000)
  return () => {
    const start = process.hrtime.bigint()
    const { values } = covarianceOf(matrix)
    const { valueAtRisk } = historicalRisk(simulatedProfits(exposures, matrix), 0.95)
    if (!(valueAtRisk > 0 && (values[0] as number) > 0)) throw new Error('no risk')
    return Number(process.hrtime.bigint() - start)
  }
}

/** See the file's header. */
export const benchmark: Benchmark = {
  name: 'kill-switch',
  cases: () => [
    ...(['blockedMs', 'canceledMs'] as const).map((figure) => ({
      case: figure === 'blockedMs' ? 'new orders blocked' : '1,000 cancels over 4 connectors handed over',
      unit: 'ns',
      better: 'lower' as const,
      ours: {
        name: 'tradewire',
        prepare: async () => ({ operations: 1, run: async () => (await kill())[figure] * 1e6 }),
      },
      peers: [],
    })),
    {
      case: 'covariance of 500 x 50 and historical value at risk',
      unit: 'ns',
      better: 'lower',
      ours: { name: 'tradewire', prepare: async () => ({ operations: 1, run: portfolio() }) },
      peers: [],
    },
  ],
}
