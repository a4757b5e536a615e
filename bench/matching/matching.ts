/**
 * matching: a price-time-priority engine under a mixed stream of limit orders, cancels and immediate-or-cancel orders, every
 * event told to a listener that keeps the last trades.
 *
 *   3 million operations    against the two C++ engines: std::map + std::list + hash table, and flat arrays without one
 *   200,000 operations      the beginning of the same stream, against the npm package nodejs-order-book
 *   500 engines             the stream dealt out to 500 instruments, so that none is hot
 *   allocation              bytes per operation
 *
 * All engines have to make the same trades of the same volume and refuse the same cancels.
 */

import { MatchingEngine } from '../../src/matching/matching-engine.js'
import { heapBytesOf } from '../harness/heap.js'
import type { Benchmark, Variant } from '../types.js'
import { cppPeer } from './cpp-peer.js'
import { applyStream, CountingListener, dealStream, runEngine } from './engine-run.js'
import { npmPeer } from './npm-peer.js'
import { makeOrderStream } from './order-stream.js'

const LONG = 3_000_000
const SHORT = 200_000
const INSTRUMENTS = 500

function ours(operations: number): Variant {
  return {
    name: 'tradewire',
    async prepare() {
      const stream = makeOrderStream(operations)
      // It takes about four runs of 0.2 s until V8 has compiled everything for the last time.
      for (let warmUp = 0; warmUp < 4; warmUp++) runEngine(stream)
      return { operations, run: () => runEngine(stream).elapsedNs }
    },
  }
}

/** Order i belongs to engine i % 500. */
const manyEngines: Variant = {
  name: 'tradewire',
  async prepare() {
    const stream = makeOrderStream(LONG)
    const run = (): number => {
      const listener = new CountingListener()
      const engines = Array.from({ length: INSTRUMENTS }, () => new MatchingEngine(listener))
      const start = process.hrtime.bigint()
      dealStream(stream, engines)
      return Number(process.hrtime.bigint() - start)
    }
    return { operations: LONG, run }
  },
}

const allocation: Variant = {
  name: 'tradewire',
  async prepare() {
    const operations = 500_000
    const stream = makeOrderStream(operations)
    const engine = new MatchingEngine(new CountingListener(), { initialOrders: 1 << 18 })
    const applyAll = (): void => {
      applyStream(stream, engine)
      engine.cancelAll()
    }
    for (let warmUp = 0; warmUp < 10; warmUp++) applyAll()
    return { operations, run: () => heapBytesOf(applyAll) }
  },
}

/** The matching engine. */
export const benchmark: Benchmark = {
  name: 'matching',
  cases: () => [
    {
      case: '3 million operations',
      unit: 'ops/s',
      better: 'higher',
      ours: ours(LONG),
      peers: [cppPeer('C++ map and list', 'cpp_tree', LONG), cppPeer('C++ flat arrays', 'cpp_flat', LONG)],
      floor: { peer: 'C++ map and list', ratio: 1 },
    },
    {
      case: '200,000 operations',
      unit: 'ops/s',
      better: 'higher',
      ours: ours(SHORT),
      peers: [npmPeer(SHORT)],
      floor: { peer: 'nodejs-order-book', ratio: 50 },
    },
    {
      case: '500 engines',
      unit: 'ops/s',
      better: 'higher',
      ours: manyEngines,
      peers: [],
    },
    { case: 'allocation', unit: 'bytes/op', better: 'lower', ours: allocation, peers: [] },
  ],
}
