/**
 * order-path: the public way for an order, from `orders.submit(request)` to the events of its second fill, in a composed
 * system, against the plain implementation that order-path-core is measured by. Both get fresh requests, keep the same
 * checks, and deliver their events to listeners; both have to agree on fills, fees and profit. The peer's ids are always text;
 * it reads the machine's clock where we do.
 *
 *   journal none   records are framed in memory; on virtual time, as the peer, and on the machine's clock
 *   journal os     records are written to the disk before orders leave and before events are delivered: once and once a
 *                  turn, for a turn of 64 orders (a strategy that answers market data) and for turns of one order
 *   latency        99th percentile from submit to the acknowledgement at the listener (see latency.ts)
 */
import { heapBytesOf } from '../harness/heap.js'
import { openPlainPath } from '../orders/plain-path.js'
import { makeWorkload, workloadSize } from '../orders/workload.js'
import type { Benchmark, BenchmarkCase, Variant } from '../types.js'
import { latencyCase } from './latency.js'
import { openSystemPath, type SystemPath, type SystemPathOptions } from './system-path.js'

const peerName = 'objects, Map, eventemitter3'
const warmUpOrders = workloadSize * 8
/** Orders between two turns of the event loop: timers and file operations get their chance, as in production. */
const turn = workloadSize / 4

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Opens our path, warms it up, and makes sure that it did what it was asked to. */
async function warmSystemPath(options: SystemPathOptions): Promise<SystemPath> {
  const path = await openSystemPath(makeWorkload(), options)
  await runInTurns(path, warmUpOrders)
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

async function runInTurns(path: SystemPath, orders: number): Promise<void> {
  for (let done = 0; done < orders; done += turn) {
    path.run(turn)
    await nextTurn()
  }
}

function ours(options: SystemPathOptions, operations: number): Variant {
  return {
    name: 'tradewire',
    async prepare() {
      const path = await warmSystemPath(options)
      return {
        operations,
        async run() {
          const start = process.hrtime.bigint()
          await runInTurns(path, operations)
          const elapsed = Number(process.hrtime.bigint() - start)
          path.outcome()
          return elapsed
        },
        dispose: () => path.close(),
      }
    },
  }
}

function plain(operations: number, clock: SystemPathOptions['clock']): Variant {
  return {
    name: peerName,
    async prepare() {
      const path = openPlainPath(makeWorkload(), clock === 'real' ? 'real' : 'counted')
      path.run(warmUpOrders)
      return {
        operations,
        run() {
          const start = process.hrtime.bigint()
          path.run(operations)
          return Number(process.hrtime.bigint() - start)
        },
      }
    },
  }
}

function throughputCase(
  title: string,
  options: SystemPathOptions,
  ratio: number,
  orders = workloadSize * 16,
): BenchmarkCase {
  return {
    case: title,
    unit: 'ops/s',
    better: 'higher',
    ours: ours(options, orders),
    peers: [plain(workloadSize * 16, options.clock)],
    floor: { peer: peerName, ratio },
  }
}

function allocationCase(): BenchmarkCase {
  const operations = 2_000
  return {
    case: 'journal none: allocation, request included',
    unit: 'bytes/op',
    better: 'lower',
    ours: {
      name: 'tradewire',
      async prepare() {
        const path = await warmSystemPath({ clock: 'virtual', journal: 'none', perTurn: 1, ids: 'numbers' })
        return { operations, run: () => heapBytesOf(() => path.run(operations)), dispose: () => path.close() }
      },
    },
    peers: [
      {
        name: peerName,
        async prepare() {
          const path = openPlainPath(makeWorkload())
          path.run(warmUpOrders)
          return { operations, run: () => heapBytesOf(() => path.run(operations)) }
        },
      },
    ],
    floor: { peer: peerName, ratio: 1 },
  }
}

/** See the file's header. */
export const benchmark: Benchmark = {
  name: 'order-path',
  cases: () => [
    throughputCase('journal none', { clock: 'virtual', journal: 'none', perTurn: 1, ids: 'numbers' }, 1),
    throughputCase('journal none, real clock', { clock: 'real', journal: 'none', perTurn: 1, ids: 'numbers' }, 1),
    throughputCase('journal none, text ids', { clock: 'virtual', journal: 'none', perTurn: 1, ids: 'text' }, 1),
    throughputCase('journal os, 64 a turn', { clock: 'real', journal: 'os', perTurn: 64, ids: 'numbers' }, 0.3),
    throughputCase(
      'journal os, 1 a turn',
      { clock: 'real', journal: 'os', perTurn: 1, ids: 'numbers' },
      0.3,
      workloadSize * 4,
    ),
    allocationCase(),
    latencyCase(),
  ],
}
