/**
 * ring-allocation: bytes of heap per event from publish to handler. The heap is read before and after a run that is short
 * enough for no collection to fall into it; a run with a collection is repeated.
 */
import { PerformanceObserver } from 'node:perf_hooks'
import { IngestRing, QuoteView } from '../../src/ring/index.js'
import type { Benchmark, Variant } from '../types.js'
import { objectHandlers } from './handlers.js'
import { buses, type OpenBus } from './peers.js'
import { burst, instrumentCount, quoteObject } from './quotes.js'

const warmUpOperations = 2_000_000

/** Bytes that `action` leaves on the heap, garbage included. */
async function bytesOf(action: () => void): Promise<number> {
  let collections = 0
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length
  })
  observer.observe({ entryTypes: ['gc'] })
  try {
    for (let attempt = 0; attempt < 50; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      collections = 0
      const before = process.memoryUsage().heapUsed
      action()
      const bytes = process.memoryUsage().heapUsed - before
      await new Promise((resolve) => setTimeout(resolve, 5))
      if (collections === 0 && bytes >= 0) return bytes
    }
  } finally {
    observer.disconnect()
  }
  throw new Error('a garbage collection fell into each of 50 measurements')
}

/** Publishes quotes, trades and book messages and reads them through views and columns. */
function openRing(): (operations: number) => void {
  const ring = new IngestRing({ capacity: 4096 })
  const mids = new Float64Array(instrumentCount)
  const quote = new QuoteView()
  for (const policy of ['backpressure', 'dropOldest', 'conflate'] as const) {
    ring.addConsumer({
      name: policy,
      policy,
      handlers: {
        onQuotes(ring, from, to) {
          for (let row = from; row < to; row++) mids[quote.at(ring, row).instrument] = quote.mid
        },
        onTrades({ trades: { instrument, price } }, from, to) {
          for (let row = from; row < to; row++) mids[instrument[row]] = price[row]
        },
        onBooks({ books: { instrument, firstLevel, levelPrice, levelMask } }, from, to) {
          for (let row = from; row < to; row++) mids[instrument[row]] = levelPrice[firstLevel[row] & levelMask]
        },
      },
    })
  }
  return (operations) => {
    for (let start = 0; start < operations; start += burst) {
      for (let count = start; count < start + burst; count++) {
        const bid = 100 + (count & 1023) * 0.25
        const time = 1.7e15 + count
        if ((count & 31) < 24) {
          ring.publishQuote(count & 63, 0, bid, bid + 0.25, 100, 200, time, time + 150, count, 0)
        } else if ((count & 31) < 28) {
          ring.publishTrade(count & 63, 0, bid, 100.5, 1, time, time + 150, count, count, 0)
        } else {
          ring.beginBook(count & 63, 0, false, time, time + 150, count, count - 1)
          ring.addLevel(0, bid, 100.5)
          ring.addLevel(1, bid + 0.25, 200.5)
          ring.commitBook()
        }
      }
      ring.drain()
    }
  }
}

const ours: Variant = {
  name: 'tradewire',
  async prepare() {
    const publishAll = openRing()
    publishAll(warmUpOperations)
    const operations = 1_000_000
    return { operations, run: () => bytesOf(() => publishAll(operations)) }
  },
}

function peer(name: string, open: OpenBus): Variant {
  return {
    name,
    async prepare() {
      const bus = await open(1)
      bus.on(0, objectHandlers().handlers[0])
      const emitAll = (operations: number): void => {
        for (let count = 0; count < operations; count++) bus.emit(0, quoteObject(count))
      }
      emitAll(warmUpOperations)
      const operations = 10_000
      return { operations, run: () => bytesOf(() => emitAll(operations)) }
    },
  }
}

/** Heap bytes per event, quotes, trades and books with three consumers for the ring, fresh quotes for the emitters. */
export const benchmark: Benchmark = {
  name: 'ring-allocation',
  cases: () => [
    {
      case: 'tick to handler',
      unit: 'bytes/op',
      better: 'lower',
      ours,
      peers: buses.map(([name, open]) => peer(name, open)),
      floor: { peer: 'eventemitter3', ratio: 100 },
    },
  ],
}
