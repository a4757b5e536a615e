/**
 * risk-gate: an order that passes: all controls, the reservation and the approval. Median time an order, and bytes an order.
 *
 * Orders come in short batches, and what is told is the median batch: the time that the machine gives to others, or a
 * collection takes, is in few of them. Outside of the time their records are written, as the order entry does it a moment
 * before the check, and their reservations are given back.
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
import {
  counts,
  limits,
  makeWorkload,
  priceUnit,
  quoteEvery,
  reference,
  stepUs,
  workloadSize,
} from '../orders/workload.js'
import type { Benchmark, BenchmarkCase } from '../types.js'

/** Orders between two looks at the clock: their records fit into the nearest cache, as a record does that was just written. */
const batch = 32

/** Price units of a tick. */
const tick = priceUnit / 100

/**
 * Returns a function that has so many orders checked, against `more` limits beside the usual ones; it returns the nanoseconds
 * that an order took, the median of the batches.
 */
function openGate(more: RiskLimits = {}): (orders: number, isTimed: boolean) => number {
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
    cells[row + Field.type] = TypeCode.LIMIT
    cells[row + Field.timeInForce] = TifCode.DAY
  }
  const enter = (index: number): void => {
    const row = rows[index] as number
    cells[row + Field.instrument] = workload.instrument[index] as number
    cells[row + Field.strategy] = workload.strategy[index] as number
    const side = workload.side[index] as number
    const away = Math.abs((workload.price[index] as number) - reference * priceUnit) + tick
    cells[row + Field.side] = side
    cells[row + Field.quantity] = workload.quantity[index] as number
    // Buys below the reference and sells above it: what works on one side does not meet the other.
    cells[row + Field.price] = reference * priceUnit - side * away
  }
  let sent = 0
  const check = (first: number): void => {
    for (let i = 0; i < batch; i++) {
      nowUs += stepUs
      const row = rows[first + i] as number
      const verdict = gate.check(row)
      if (verdict !== 0) throw new Error(`an order was refused: verdict ${verdict}`)
      gate.approved(row).consume()
    }
  }
  return (orders, isTimed) => {
    const times = new Float64Array(isTimed ? orders / batch : 0)
    for (let done = 0; done < orders; done += batch) {
      // Quotes are not what is measured: where it is memory, they come as rarely as may be.
      if (sent % (isTimed ? quoteEvery : workloadSize * 32) === 0) {
        for (let at = 0; at < counts.instruments; at++) gate.references.set(at, reference, nowUs)
      }
      const first = sent & (workloadSize - 1)
      for (let i = 0; i < batch; i++) enter(first + i)
      if (isTimed) times[done / batch] = timeOf(check, first)
      else check(first)
      // Nothing was ever folded for these orders, so they are not open: their reservations go back.
      for (let i = 0; i < batch; i++) gate.exposure.sync(rows[first + i] as number)
      sent += batch
    }
    if (gate.approvals !== sent) throw new Error(`${gate.approvals} approvals of ${sent} orders`)
    return (times.sort()[times.length >> 1] as number) / batch
  }
}

/** Nanoseconds of a call. By itself, since the clock allocates. */
function timeOf(check: (first: number) => void, first: number): number {
  const start = process.hrtime.bigint()
  check(first)
  return Number(process.hrtime.bigint() - start)
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
      most: 1_000,
      ours: {
        name: 'tradewire',
        async prepare() {
          const check = openGate(more)
          check(warmUpOrders, true)
          const operations = workloadSize * 128
          return { operations, run: () => check(operations, true) * operations }
        },
      },
      peers: [],
    },
    {
      case: `${name}: allocation`,
      unit: 'bytes/op',
      better: 'lower',
      most: 0.01,
      ours: {
        name: 'tradewire',
        async prepare() {
          const check = openGate(more)
          check(warmUpOrders * 4, false)
          const operations = workloadSize * 64
          return { operations, run: () => heapBytesOf(() => void check(operations, false)) }
        },
      },
      peers: [],
    },
  ]
}
