/**
 * risk-gate: an order that passes: all controls, the reservation, the approval, and the reservation given back. Time an
 * order, and bytes an order.
 */
import { OrderSupport } from '../../src/connector/capabilities.js'
import type { InstrumentDefinition } from '../../src/model/instrument.js'
import { InstrumentRegistry } from '../../src/model/instrument-registry.js'
import { TifCode, TypeCode } from '../../src/orders/codes.js'
import * as Field from '../../src/orders/order-fields.js'
import { OrderTable } from '../../src/orders/order-table.js'
import { RiskGate, type Venue } from '../../src/risk/gate.js'
import type { RiskLimits } from '../../src/risk/limits.js'
import { heapBytesOf } from '../harness/heap.js'
import { counts, limits, makeWorkload, quoteEvery, reference, stepUs, workloadSize } from '../orders/workload.js'
import type { Benchmark, BenchmarkCase } from '../types.js'

/** Returns a function that has so many orders checked, against `more` limits beside the usual ones. */
function openGate(more: RiskLimits = {}): (orders: number) => void {
  const workload = makeWorkload()
  const instruments = new InstrumentRegistry()
  for (let index = 0; index < counts.instruments; index++) {
    instruments.add({
      id: `S${index}.XNYS` as InstrumentDefinition['id'],
      symbol: `S${index}`,
      venue: 'XNYS',
      assetClass: 'equity',
      currency: 'USD',
      priceIncrement: '0.01',
      sizeIncrement: '1',
    })
  }
  const table = new OrderTable({ capacity: workloadSize })
  // Virtual time from 0, so that microseconds are small integers: what clocks allocate is not measured here.
  let nowUs = 0
  const venue: Venue = {
    isReady: true,
    support: new OrderSupport({
      types: ['MARKET', 'LIMIT'],
      timeInForce: ['DAY', 'IOC'],
      postOnly: true,
      reduceOnly: true,
      iceberg: true,
      replace: true,
      environment: 'simulated',
      cancelOnDisconnect: 'none',
      fullHistory: true,
    }),
  }
  const gate = new RiskGate({
    table,
    instruments,
    names: { account: String, strategy: String, connector: String, clientOrderId: String },
    clock: { wallUs: () => nowUs, monotonicNs: () => nowUs * 1_000 },
    venue: () => venue,
    sizes: { account: 1, connector: 1, strategy: counts.strategies, instrument: counts.instruments },
    limits: {
      maxOrderQuantity: limits.maxOrderQuantity,
      maxOrderNotional: limits.maxOrderNotional,
      maxPosition: limits.maxPosition,
      priceCollarPercent: limits.collarPercent,
      marketData: { maxAgeMs: limits.maxAgeMs },
      throttle: limits.throttle,
      duplicates: limits.duplicates,
      ...more,
    },
  })
  gate.setEquity(1e12)
  gate.setFunds(0, 1e15)
  const { cells } = table
  const rows = new Int32Array(workloadSize)
  for (let index = 0; index < workloadSize; index++) {
    const row = table.allocate()
    rows[index] = row
    cells[row + Field.instrument] = workload.instrument[index]
    cells[row + Field.strategy] = workload.strategy[index]
    cells[row + Field.side] = workload.side[index]
    cells[row + Field.type] = TypeCode.LIMIT
    cells[row + Field.timeInForce] = TifCode.DAY
    cells[row + Field.quantity] = workload.quantity[index]
    cells[row + Field.price] = workload.price[index]
  }
  let sent = 0
  return (orders) => {
    for (let i = 0; i < orders; i++) {
      nowUs += stepUs
      if ((sent & (quoteEvery - 1)) === 0) {
        for (let at = 0; at < counts.instruments; at++) gate.references.set(at, reference, nowUs)
      }
      const row = rows[sent++ & (workloadSize - 1)]
      const verdict = gate.check(row)
      if (verdict !== 0) throw new Error(`an order was refused: verdict ${verdict}`)
      gate.approved(row).consume()
      // Nothing was ever folded for the order, so it is not open: its reservation goes back.
      gate.exposure.sync(row)
    }
    if (gate.approvals !== sent) throw new Error(`${gate.approvals} approvals of ${sent} orders`)
  }
}

const wide = {
  maxOrderNotional: '1000000000000',
  maxPositionValue: '1000000000000',
  concentrationPercent: 100,
  maxGross: '1000000000000',
  maxNet: '1000000000000',
  maxOrdersPerDay: 1_000_000_000_000,
  maxNotionalPerDay: '1000000000000000',
  maxQuantityPerDay: '1000000000000000',
} as const

/** Five scopes with eight limits each, and every other control that can be configured: more than fifty limits. */
const fiftyLimits: RiskLimits = {
  global: wide,
  accounts: { '*': wide },
  strategies: { '*': wide },
  connectors: { '*': wide },
  groups: { all: { symbols: ['S0', 'S1', 'S2', 'S3'], ...wide } },
  runaway: { limit: 1_000, windowMs: 1 },
  reentry: { limit: 1_000, windowMs: 1_000 },
  selfMatch: {},
  restrictions: { instruments: { '*': 'both' }, shortSale: 'allowed' },
  triggers: {},
  priceWindow: { windowMs: 1_000, maxMovePercent: 50, maxRangePercent: 50 },
  buyingPower: { model: 'reg-t', maxAgeMs: 1_000_000_000 },
  maxEquityAgeMs: 1_000_000_000,
}

const warmUpOrders = workloadSize * 16

/** See the file's header. */
export const benchmark: Benchmark = {
  name: 'risk-gate',
  cases: () => [...gateCases('accept'), ...gateCases('accept, 50 limits', fiftyLimits)],
}

function gateCases(name: string, more: RiskLimits = {}): BenchmarkCase[] {
  return [
    {
      case: name,
      unit: 'ns',
      better: 'lower',
      ours: {
        name: 'tradewire',
        async prepare() {
          const check = openGate(more)
          check(warmUpOrders)
          const operations = workloadSize * 128
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
      case: `${name}: allocation`,
      unit: 'bytes/op',
      better: 'lower',
      ours: {
        name: 'tradewire',
        async prepare() {
          const check = openGate(more)
          check(warmUpOrders * 4)
          const operations = workloadSize * 16
          return { operations, run: () => heapBytesOf(() => check(operations)) }
        },
      },
      peers: [],
    },
  ]
}
