/**
 * order-path-core: an order from the gate to its second fill, by ids, without handles and journal. Eleven controls, order
 * facts, an ack, two fills, reservations, positions and profit, against a plain implementation with objects (see
 * plain-path.ts). Both run the same orders and have to agree on fills and profit.
 */
import { heapBytesOf } from '../harness/heap.js'
import type { Benchmark, Variant } from '../types.js'
import { type OrderPath, openCorePath } from './core-path.js'
import { openPlainPath } from './plain-path.js'
import { makeWorkload, type Workload, workloadSize } from './workload.js'

type Open = (workload: Workload) => OrderPath

const warmUpOrders = workloadSize * 8

/** Opens a path, warms it up, and makes sure that it did what it was asked to. */
function prepared(open: Open): OrderPath {
  const path = open(makeWorkload())
  path.run(warmUpOrders)
  const { denied, filledOrders, realized, fees } = path.outcome()
  if (denied !== 0 || filledOrders !== warmUpOrders) throw new Error(`${denied} denied, ${filledOrders} filled`)
  const expected = openPlainPath(makeWorkload())
  expected.run(warmUpOrders)
  const other = expected.outcome()
  if (Math.abs(realized - other.realized) > 1e-6 * Math.abs(realized) || Math.abs(fees - other.fees) > 1) {
    throw new Error(`profit ${realized} and fees ${fees}, expected ${other.realized} and ${other.fees}`)
  }
  return path
}

function throughput(name: string, open: Open, operations: number): Variant {
  return {
    name,
    async prepare() {
      const path = prepared(open)
      const run = () => {
        const start = process.hrtime.bigint()
        path.run(operations)
        return Number(process.hrtime.bigint() - start)
      }
      return { operations, run }
    },
  }
}

function allocation(name: string, open: Open, operations: number): Variant {
  return {
    name,
    async prepare() {
      const path = prepared(open)
      path.run(warmUpOrders * 4)
      return { operations, run: () => heapBytesOf(() => path.run(operations)) }
    },
  }
}

/** The order path by ids. */
export const benchmark: Benchmark = {
  name: 'order-path-core',
  cases: () => [
    {
      case: 'submit, ack, two fills',
      unit: 'ops/s',
      better: 'higher',
      ours: throughput('tradewire', openCorePath, workloadSize * 64),
      peers: [throughput('objects, Map, eventemitter3', openPlainPath, workloadSize * 16)],
      floor: { peer: 'objects, Map, eventemitter3', ratio: 10 },
    },
    {
      case: 'allocation',
      unit: 'bytes/op',
      better: 'lower',
      ours: allocation('tradewire', openCorePath, workloadSize * 16),
      peers: [allocation('objects, Map, eventemitter3', openPlainPath, 2_000)],
      floor: { peer: 'objects, Map, eventemitter3', ratio: 100 },
    },
  ],
}
