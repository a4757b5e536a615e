/**
 * validation: an order that passes all seven stages of the pipeline, in regular hours, with a quote and figures of liquidity.
 * Time an order, and bytes an order. What it costs when it is off is one comparison, in `order-path`.
 */
import { OrderSupport } from '../../src/connector/capabilities.js'
import type { InstrumentDefinition } from '../../src/model/instrument.js'
import { InstrumentRegistry } from '../../src/model/instrument-registry.js'
import { composeValidation } from '../../src/oms/validation/config.js'
import { OrderUnderValidation } from '../../src/oms/validation/order-under-validation.js'
import { OrderTable } from '../../src/orders/order-table.js'
import { RiskGate } from '../../src/risk/gate.js'
import { heapBytesOf } from '../harness/heap.js'
import { workloadSize } from '../orders/workload.js'
import type { Benchmark } from '../types.js'

const instrumentCount = 64

/** Returns a function that has so many orders checked. */
function openPipeline(): (orders: number) => void {
  const instruments = new InstrumentRegistry()
  const figures: Record<string, { averageDailyVolume: number; dailyVolatility: number }> = {}
  for (let index = 0; index < instrumentCount; index++) {
    const symbol = `S${index}`
    figures[symbol] = { averageDailyVolume: 1_000_000, dailyVolatility: 0.02 }
    instruments.add({
      id: `${symbol}.XNYS` as InstrumentDefinition['id'],
      symbol,
      venue: 'XNYS',
      assetClass: 'equity',
      currency: 'USD',
      priceIncrement: '0.01',
      sizeIncrement: '1',
      calendar: 'XNYS',
    })
  }
  const gate = new RiskGate({
    table: new OrderTable({ capacity: 1_024 }),
    instruments,
    names: { account: String, strategy: String, connector: String, clientOrderId: String },
    clock: { wallUs: () => 0, monotonicNs: () => 0 },
    venue: () => ({ isReady: true, support: new OrderSupport(undefined) }),
    sizes: { account: 1, connector: 1, strategy: 8, instrument: instrumentCount },
    limits: { maxOrderQuantity: 10_000, maxPosition: 1_000_000 },
  })
  const pipeline = composeValidation(
    {
      liquidity: { figures },
      fatFinger: { duplicateWindowMs: 0 },
      authorization: { strategies: { S: { sides: ['buy', 'sell'] } } },
    },
    { gate },
  )
  const order = new OrderUnderValidation()
  order.account = 'A'
  order.strategy = 'S'
  order.type = 'LIMIT'
  let sent = 0
  // Monday 2026-01-05, noon in New York.
  const noonUs = Date.parse('2026-01-05T17:00:00Z') * 1_000
  return (orders) => {
    for (let i = 0; i < orders; i++) {
      const index = sent++ % instrumentCount
      order.instrument = instruments.at(index)
      order.strategyIndex = sent & 7
      order.side = (sent & 1) === 0 ? 1 : -1
      order.quantity = 100
      order.quantityUnits = 100
      order.price = 100
      order.priceUnits = 1_000_000
      order.nowUs = noonUs + (sent & 0xffff)
      order.bid = 99.99
      order.ask = 100.01
      order.bidSize = 500
      order.askSize = 500
      if (pipeline.check(order) !== 'pass') throw new Error(`not passed: ${pipeline.report(order).code}`)
      pipeline.accepted(order)
    }
  }
}

const warmUpOrders = workloadSize * 16

/** See the file's header. */
export const benchmark: Benchmark = {
  name: 'validation',
  cases: () => [
    {
      case: 'accept',
      unit: 'ns',
      better: 'lower',
      ours: {
        name: 'tradewire',
        async prepare() {
          const check = openPipeline()
          check(warmUpOrders)
          const operations = workloadSize * 64
          return {
            operations,
            run() {
              const start = process.hrtime.bigint()
              check(operations)
              return Number(process.hrtime.bigint() - start)
            },
          }
        },
      },
      peers: [],
    },
    {
      case: 'accept: allocation',
      unit: 'bytes/op',
      better: 'lower',
      ours: {
        name: 'tradewire',
        async prepare() {
          const check = openPipeline()
          check(warmUpOrders * 4)
          const operations = 2_048
          return { operations, run: () => heapBytesOf(() => check(operations)) }
        },
      },
      peers: [],
    },
  ],
}
