/**
 * json-decode: quotes in JSON, 157 bytes each, from the bytes of a message to the columns of a ring, against JSON.parse of
 * the same bytes; and what ours leaves on the heap.
 */
import { FeedDecoder } from '../../src/connectors/zmq/feed/feed-decoder.js'
import { SlowGate } from '../../src/connectors/zmq/feed/slow-gate.js'
import { BodyFormat } from '../../src/connectors/zmq/wire/frame.js'
import type { InstrumentDefinition } from '../../src/model/instrument.js'
import { InstrumentRegistry } from '../../src/model/instrument-registry.js'
import { IngestRing } from '../../src/ring/index.js'
import { heapBytesOf, pause } from '../harness/heap.js'
import type { Benchmark, Variant } from '../types.js'

const count = 20_000
const rounds = 5
const policies = {
  quotes: 'conflate',
  trades: 'dropOldest',
  book: 'disconnect',
  bars: 'dropOldest',
  status: 'dropOldest',
  news: 'dropOldest',
} as const

/** Quotes of 20 instruments, each different. */
const bodies = Array.from({ length: count }, (_, index) => {
  const bid = Math.round(18_942 + (index % 500)) / 100
  return Buffer.from(
    `{"kind":"quote","instrument":"SYM${index % 20}.XNAS","tsEventUs":${1_718_035_200_123_456 + index},"sequence":${123_456_789 + index},"bid":${bid},"ask":${(bid + 0.02).toFixed(2)},"bidSize":${100 + (index % 900)},"askSize":1200}`,
  )
})

function definition(symbol: string): InstrumentDefinition {
  return {
    id: `${symbol}.XNAS` as InstrumentDefinition['id'],
    symbol,
    venue: 'XNAS',
    assetClass: 'equity',
    currency: 'USD',
    priceIncrement: '0.01',
    sizeIncrement: '1',
  }
}

function ourDecoder() {
  const instruments = new InstrumentRegistry()
  for (let index = 0; index < 20; index++) instruments.add(definition(`SYM${index}`))
  const ring = new IngestRing({ capacity: 65_536 })
  const seen = { quotes: 0, sum: new Float64Array(1) }
  ring.addConsumer({
    name: 'bench',
    policy: 'backpressure',
    handlers: {
      onQuotes({ quotes }, from, to) {
        // A sum in a local: one in a field of an object would be the bench's own garbage.
        let sum = 0
        for (let row = from; row < to; row++) sum += quotes.bid[row] as number
        seen.quotes += to - from
        seen.sum[0] += sum
      },
    },
  })
  const gate = new SlowGate(ring, () => 0, policies, 65_536, { onOutOfStep: () => {} })
  const decoder = new FeedDecoder(gate, instruments, new Map())
  for (let index = 0; index < 20; index++) decoder.want('quotes', index, true)
  const names = { epoch: 0, version: 0, indices: new Int32Array(0) }
  const views = bodies.map((body) => new DataView(body.buffer, body.byteOffset, body.byteLength))
  const decode = () => {
    for (let at = 0; at < count; at++) {
      const body = bodies[at] as Buffer
      decoder.decode(BodyFormat.json, body, views[at] as DataView, 0, body.length, names, 0, false)
      if ((at & 63) === 63) ring.drain()
    }
    ring.drain()
  }
  return { decode, seen, decoder }
}

function timed(action: () => void): number {
  const startNs = process.hrtime.bigint()
  for (let round = 0; round < rounds; round++) action()
  return Number(process.hrtime.bigint() - startNs)
}

const ours: Variant = {
  name: 'tradewire',
  async prepare() {
    const { decode, seen, decoder } = ourDecoder()
    decode()
    if (seen.quotes !== count || decoder.counters.malformed > 0) throw new Error('not all quotes were read')
    for (let warmUp = 0; warmUp < 20; warmUp++) decode()
    return { operations: count * rounds, run: () => timed(decode) }
  },
}

const allocation: Variant = {
  name: 'tradewire',
  async prepare() {
    const { decode } = ourDecoder()
    // The compiler works in a thread of its own: on a busy machine it needs time, not only calls.
    for (let warmUp = 0; warmUp < 100; warmUp++) {
      decode()
      await pause()
    }
    return { operations: count, run: () => heapBytesOf(decode) }
  },
}

/** What a handler would do with what JSON.parse gives: keep the price. */
function parseAll(): number {
  let sum = 0
  for (const body of bodies) sum += (JSON.parse(body as unknown as string) as { bid: number }).bid
  return sum
}

const parse: Variant = {
  name: 'JSON.parse',
  async prepare() {
    parseAll()
    return { operations: count * rounds, run: () => timed(parseAll) }
  },
}

/** JSON. */
export const benchmark: Benchmark = {
  name: 'json-decode',
  cases: () => [
    {
      case: 'quotes, bytes to ring',
      unit: 'ops/s',
      better: 'higher',
      ours,
      peers: [parse],
      floor: { peer: 'JSON.parse', ratio: 2 },
    },
    { case: 'garbage', unit: 'bytes/op', better: 'lower', ours: allocation, peers: [] },
  ],
}
