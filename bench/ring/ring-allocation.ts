/**
 * ring-allocation: bytes of heap per event from publish to handler: quotes, trades and book messages, three consumers with
 * one policy each, read through columns and views. The emitters carry fresh quotes to one listener.
 *
 *   rows in place    the decoders claim rows and write them: nothing to allocate
 *   publish calls    the decoders call publish, which boxes fractional arguments where the compiler does not inline it
 */
import { IngestRing, QuoteView } from '../../src/ring/index.js'
import { heapBytesOf } from '../harness/heap.js'
import type { Benchmark, BenchmarkCase, Variant } from '../types.js'
import { objectHandlers } from './handlers.js'
import { buses, type OpenBus } from './peers.js'
import { burst, instrumentCount, quoteObject } from './quotes.js'

/** Events to warm up with. */
const warmUp = 3 * 2 ** 20

/** A decoder of quotes, trades and books, each by a count. */
interface Decoder {
  quote(count: number): void
  trade(count: number): void
  book(count: number): void
}

const openRing = (): IngestRing => {
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
  return ring
}

/** Writes rows in place. */
const claims = (ring: IngestRing): Decoder => ({
  quote(count) {
    const row = ring.claimQuote(count & 63, 0)
    const { bid, ask, bidSize, askSize, tsEventUs, tsRecvUs, sequence, flags } = ring.quotes
    bid[row] = 100 + (count & 1023) * 0.25
    ask[row] = bid[row] + 0.25
    bidSize[row] = 100.5
    askSize[row] = 200.5
    tsEventUs[row] = 1.7e15 + count
    tsRecvUs[row] = tsEventUs[row] + 150
    sequence[row] = count
    flags[row] = 0
  },
  trade(count) {
    const row = ring.claimTrade(count & 63, 0)
    const { price, size, aggressor, tsEventUs, tsRecvUs, sequence, tradeId, condition } = ring.trades
    price[row] = 100 + (count & 1023) * 0.25
    size[row] = 100.5
    aggressor[row] = 1
    tsEventUs[row] = 1.7e15 + count
    tsRecvUs[row] = tsEventUs[row] + 150
    sequence[row] = count
    tradeId[row] = count
    condition[row] = 0
  },
  book(count) {
    const row = ring.claimBook(count & 63, 0, false)
    const { tsEventUs, tsRecvUs, sequence, previousSequence } = ring.books
    tsEventUs[row] = 1.7e15 + count
    tsRecvUs[row] = tsEventUs[row] + 150
    sequence[row] = count
    previousSequence[row] = count - 1
    const { levelSide, levelPrice, levelSize, levelOrderId, levelAction } = ring.books
    for (let side = 0; side < 2; side++) {
      const index = ring.claimLevel()
      levelSide[index] = side
      levelPrice[index] = 100 + (count & 1023) * 0.25 + side
      levelSize[index] = 100.5
      levelOrderId[index] = 0
      levelAction[index] = 0
    }
    ring.commitBook()
  },
})

/** Calls publish. */
const calls = (ring: IngestRing): Decoder => ({
  quote(count) {
    const bid = 100 + (count & 1023) * 0.25
    const timeUs = 1.7e15 + count
    ring.publishQuote(count & 63, 0, bid, bid + 0.25, 100.5, 200.5, timeUs, timeUs + 150, count, 0)
  },
  trade(count) {
    const timeUs = 1.7e15 + count
    const price = 100 + (count & 1023) * 0.25
    ring.publishTrade(count & 63, 0, price, 100.5, 1, timeUs, timeUs + 150, count, count, 0)
  },
  book(count) {
    const bid = 100 + (count & 1023) * 0.25
    const timeUs = 1.7e15 + count
    ring.beginBook(count & 63, 0, false, timeUs, timeUs + 150, count, count - 1)
    ring.addLevel(0, bid, 100.5)
    ring.addLevel(1, bid + 1, 100.5)
    ring.commitBook()
  },
})

/** Of 32 events 24 are quotes, 4 trades and 4 books. */
function publishAll(ring: IngestRing, decoder: Decoder, operations: number): void {
  for (let start = 0; start < operations; start += burst) {
    for (let count = start; count < start + burst; count++) {
      const share = count & 31
      if (share < 24) decoder.quote(count)
      else if (share < 28) decoder.trade(count)
      else decoder.book(count)
    }
    ring.drain()
  }
}

function ours(open: (ring: IngestRing) => Decoder, operations: number): Variant {
  return {
    name: 'tradewire',
    async prepare() {
      const ring = openRing()
      const decoder = open(ring)
      publishAll(ring, decoder, warmUp)
      const delivered = ring.consumers.every((consumer) => consumer.counters.dropped === 0)
      if (!delivered || ring.head !== warmUp) throw new Error('tradewire: events were lost')
      return { operations, run: () => heapBytesOf(() => publishAll(ring, decoder, operations)) }
    },
  }
}

function peer(name: string, open: OpenBus): Variant {
  return {
    name,
    async prepare() {
      const bus = await open(1)
      bus.on(0, objectHandlers().handlers[0])
      const emitAll = (count: number): void => {
        for (let index = 0; index < count; index++) bus.emit(0, quoteObject(index))
      }
      emitAll(warmUp)
      const measured = 2_000
      return { operations: measured, run: () => heapBytesOf(() => emitAll(measured)) }
    },
  }
}

function allocationCase(title: string, open: (ring: IngestRing) => Decoder, operations: number): BenchmarkCase {
  return {
    case: title,
    unit: 'bytes/op',
    better: 'lower',
    ours: ours(open, operations),
    peers: buses.map(([name, openBus]) => peer(name, openBus)),
  }
}

/** Heap bytes per event from publish to handler. */
export const benchmark: Benchmark = {
  name: 'ring-allocation',
  cases: () => [allocationCase('rows in place', claims, 2 ** 20), allocationCase('publish calls', calls, 2 ** 15)],
}
