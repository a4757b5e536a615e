/**
 * kill-switch: 1,000 open orders over 4 connectors: from the call to the last cancel handed to a connector, and to the last
 * moment at which a new order could have passed.
 */
import { VirtualTime } from '../../src/core/virtual-time.js'
import type { ApprovedOrder } from '../../src/orders/approved-order.js'
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

/** See the file's header. */
export const benchmark: Benchmark = {
  name: 'kill-switch',
  cases: () => [
    ...(['blockedMs', 'canceledMs'] as const).map((figure) => ({
      case: figure === 'blockedMs' ? 'new orders blocked' : '1,000 cancels over 4 connectors handed over',
      unit: 'ns',
      better: 'lower' as const,
      most: figure === 'blockedMs' ? 1e6 : 100e6,
      ours: {
        name: 'tradewire',
        prepare: async () => ({ operations: 1, run: async () => (await kill())[figure] * 1e6 }),
      },
      peers: [],
    })),
  ],
}
