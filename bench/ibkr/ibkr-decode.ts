/** Ticks of TWS from the bytes of a socket to the ring, against @stoqey/ib up to its events. */
// biome-ignore lint/correctness/noUndeclaredDependencies: the optional peer of the package itself, installed with it.
import { IBApi } from '@stoqey/ib'
import { FieldCursor } from '../../src/connectors/ibkr/field-cursor.js'
import { FrameBuffer } from '../../src/connectors/ibkr/frame-buffer.js'
import { firstRequestId } from '../../src/connectors/ibkr/order-ids.js'
import { Stream, Streams } from '../../src/connectors/ibkr/streams.js'
import { IngestRing } from '../../src/ring/ingest-ring.js'
import type { Benchmark, Variant } from '../types.js'

const ticks = 20_000

/** A chunk as sockets bring it: some 1,000 bytes each. */
function chunksOf(): Uint8Array[] {
  const chunks: Uint8Array[] = []
  let pending: Buffer[] = []
  let size = 0
  for (let i = 0; i < ticks; i++) {
    const price = (227 + (i % 100) / 100).toFixed(2)
    const fields = [1, 6, firstRequestId, 1 + (i % 2), price, 100 + (i % 900), 1]
    const body = Buffer.from(`${fields.join('\0')}\0`)
    const head = Buffer.alloc(4)
    head.writeUInt32BE(body.length)
    pending.push(head, body)
    size += 4 + body.length
    if (size < 1_400 && i < ticks - 1) continue
    chunks.push(Buffer.concat(pending))
    pending = []
    size = 0
  }
  return chunks
}

const ours: Variant = {
  name: 'tradewire',
  prepare: async () => {
    const chunks = chunksOf()
    const ring = new IngestRing({ capacity: 65_536 })
    let seen = 0
    ring.addConsumer({
      name: 'bench',
      policy: 'backpressure',
      handlers: {
        onQuotes: (_ring, from, to) => {
          seen += to - from
        },
      },
    })
    const target = { market: ring, source: 0, nowUs: 1_795_000_000_000_000, published: 0, dropped: 0 }
    const streams = new Streams(target)
    streams.add(new Stream('quotes', 0, firstRequestId))
    const cursor = new FieldCursor()
    const frames = new FrameBuffer((bytes, from, to) => {
      cursor.point(bytes, from, to)
      if (cursor.int() === 1) streams.tickPrice(cursor)
    })
    return {
      operations: ticks,
      run: () => {
        seen = 0
        const start = process.hrtime.bigint()
        for (const chunk of chunks) {
          frames.push(chunk)
          ring.drain()
        }
        const elapsed = Number(process.hrtime.bigint() - start)
        if (seen !== ticks) throw new Error(`${seen} of ${ticks} ticks reached the ring`)
        return elapsed
      },
    }
  },
}

const stoqey: Variant = {
  name: '@stoqey/ib',
  prepare: async () => {
    const chunks = chunksOf()
    const api = new IBApi({ host: '127.0.0.1', port: 1, clientId: 1, maxReqPerSec: 1_000_000 })
    const { socket } = (
      api as unknown as { controller: { socket: Record<string, unknown> & { onData(chunk: Uint8Array): void } } }
    ).controller
    Object.assign(socket, { neverReceived: false, _serverVersion: 193 })
    let seen = 0
    api.on('tickPrice' as never, () => {
      seen++
    })
    return {
      operations: ticks,
      run: () => {
        seen = 0
        const start = process.hrtime.bigint()
        for (const chunk of chunks) socket.onData(chunk)
        const elapsed = Number(process.hrtime.bigint() - start)
        if (seen !== ticks) throw new Error(`${seen} of ${ticks} ticks were decoded`)
        return elapsed
      },
    }
  },
}

/** The benchmark. */
export const benchmark: Benchmark = {
  name: 'ibkr-decode',
  cases: () => [
    {
      case: 'tickPrice, bytes to ring',
      unit: 'ops/s',
      better: 'higher',
      ours,
      peers: [stoqey],
      floor: { peer: '@stoqey/ib', ratio: 1 },
    },
  ],
}
