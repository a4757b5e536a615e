/**
 * zmq-packed: packed frames of 256 quotes over TCP, decoded into an ingest ring through the whole receiving end (order, gaps,
 * gate); the peer is libzmq in C receiving frames of the same size and throwing them away. Quotes a second.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
// biome-ignore lint/correctness/noUndeclaredDependencies: the peer package of the library itself, of which this is a benchmark
import { Pull } from 'zeromq'
import { Feed } from '../../src/connectors/zmq/feed/feed.js'
import { FeedDecoder } from '../../src/connectors/zmq/feed/feed-decoder.js'
import { SlowGate } from '../../src/connectors/zmq/feed/slow-gate.js'
import { receiveAll } from '../../src/connectors/zmq/receive-loop.js'
import { BodyFormat, buildFrame, FrameType } from '../../src/connectors/zmq/wire/frame.js'
import { PackedWriter } from '../../src/connectors/zmq/wire/packed.js'
import { RealTime } from '../../src/core/real-time.js'
import type { InstrumentDefinition } from '../../src/model/instrument.js'
import { InstrumentRegistry } from '../../src/model/instrument-registry.js'
import { IngestRing } from '../../src/ring/index.js'
import type { Benchmark, Variant } from '../types.js'
import { czmqPeer } from './czmq-peer.js'

const perFrame = 256
const frames = 4_000
const symbols = 50
const policies = {
  quotes: 'conflate',
  trades: 'dropOldest',
  book: 'disconnect',
  bars: 'dropOldest',
  status: 'dropOldest',
  news: 'dropOldest',
} as const

/** A frame of 256 quotes of 50 instruments. */
function frame(): Uint8Array {
  const writer = new PackedWriter()
  for (let record = 0; record < perFrame; record++) {
    const index = record % symbols
    writer.quote(
      writer.nameOf(index, `SYM${index}.BENCH`),
      100 + index,
      100.01 + index,
      300,
      500,
      1.7e15 + record,
      record,
      0,
    )
  }
  const body = new Uint8Array(writer.byteLength)
  writer.writeTo(body, new DataView(body.buffer), 0)
  const header = {
    type: FrameType.data,
    format: BodyFormat.packed,
    flags: 0,
    publisher: 1,
    epoch: 1,
    stream: 1,
    sequence: 1,
    sentUs: 1,
  }
  return buildFrame('group/bench', header, body)
}

function definition(symbol: string): InstrumentDefinition {
  return {
    id: `${symbol}.BENCH` as InstrumentDefinition['id'],
    symbol,
    venue: 'BENCH',
    assetClass: 'equity',
    currency: 'USD',
    priceIncrement: '0.01',
    sizeIncrement: '1',
  }
}

/** The receiving end without a system. */
function receiver() {
  const instruments = new InstrumentRegistry()
  for (let index = 0; index < symbols; index++) instruments.add(definition(`SYM${index}`))
  const ring = new IngestRing({ capacity: 65_536 })
  const seen = { quotes: 0, sum: 0 }
  ring.addConsumer({
    name: 'bench',
    policy: 'backpressure',
    handlers: {
      onQuotes({ quotes }, from, to) {
        const { bid } = quotes
        seen.quotes += to - from
        for (let row = from; row < to; row++) seen.sum += bid[row] as number
      },
    },
  })
  const gate = new SlowGate(ring, () => 0, policies, 65_536, { onOutOfStep: () => {} })
  const decoder = new FeedDecoder(gate, instruments, new Map())
  for (let index = 0; index < symbols; index++) decoder.want('quotes', index, true)
  const gaps = { count: 0 }
  const feed = new Feed({
    membersOf: () => [],
    lines: 1,
    settings: {
      reorderMax: 64,
      reorderMs: 50,
      lineWaitMs: 500,
      maxReplay: 0,
      recoveryBuffer: 1_000,
      heartbeatMs: 1_000,
      requestTimeoutMs: 1_000,
      tries: 2,
      servers: 0,
      backoffMs: [1, 1],
    },
    gate,
    decoder,
    instruments,
    source: () => 'bench',
    nowNs: () => 0,
    nowUs: () => 0,
    random: () => 0,
    tell: (event) => {
      if (event === 'gap') gaps.count++
    },
    ask: () => {},
  })
  return { ring, feed, seen, gaps }
}

/** Sends the frame again and again, each with its number. */
const senderCode = `
  import { Push } from 'zeromq'
  process.once('message', async ({ endpoint, frame, at, count }) => {
    const socket = new Push({ sendHighWaterMark: 2_000, linger: 5_000 })
    socket.connect(endpoint)
    const bytes = Buffer.from(frame, 'base64')
    await new Promise((resolve) => setTimeout(resolve, 300))
    for (let sequence = 1; sequence <= count; sequence++) {
      const copy = Buffer.from(bytes)
      copy.writeUInt32LE(sequence, at)
      await socket.send(copy)
    }
  })`

async function transfer(sender: string, bytes: Uint8Array): Promise<number> {
  const time = new RealTime()
  const { ring, feed, seen, gaps } = receiver()
  const socket = new Pull({ linger: 0, receiveHighWaterMark: 2_000 })
  await socket.bind('tcp://127.0.0.1:*')
  const child = fork(sender, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const ended = once(child, 'exit')
  const header = bytes.indexOf(0) + 1
  child.send({
    endpoint: socket.lastEndpoint,
    frame: Buffer.from(bytes).toString('base64'),
    at: header + 32,
    count: frames,
  })
  let firstNs = 0n
  let lastNs = 0n
  await new Promise<void>((resolve, reject) => {
    void receiveAll(
      socket,
      {
        begin: () => {
          if (firstNs === 0n) firstNs = process.hrtime.bigint()
        },
        take: (parts) => {
          feed.frame(0, parts[0] as Buffer, 0)
          ring.drain()
        },
        end: () => {
          if (seen.quotes < frames * perFrame) return
          lastNs = process.hrtime.bigint()
          resolve()
        },
        holdUp: () => undefined,
        failed: reject,
      },
      time,
    )
  })
  socket.close()
  // It has sent everything; its context would linger.
  child.kill('SIGKILL')
  await ended
  if (gaps.count > 0 || seen.quotes !== frames * perFrame) throw new Error(`${seen.quotes} quotes, ${gaps.count} gaps`)
  return Number(lastNs - firstNs)
}

const ours: Variant = {
  name: 'tradewire',
  async prepare() {
    const bytes = frame()
    // The script has to lie where it finds zeromq.
    const folder = mkdtempSync(join(import.meta.dirname, 'zmq-packed-'))
    const sender = join(folder, 'sender.mjs')
    writeFileSync(sender, senderCode)
    await transfer(sender, bytes)
    return {
      operations: frames * perFrame,
      run: () => transfer(sender, bytes),
      dispose: () => rmSync(folder, { recursive: true, force: true }),
    }
  },
}

/** The receiving end alone, without a socket: what decoding costs. */
const decodeOnly: Variant = {
  name: 'tradewire',
  async prepare() {
    const bytes = Buffer.from(frame())
    const at = bytes.indexOf(0) + 33
    const { ring, feed, seen } = receiver()
    let sequence = 0
    const run = () => {
      const startNs = process.hrtime.bigint()
      for (let count = 0; count < 4_000; count++) {
        bytes.writeUInt32LE(++sequence, at)
        feed.frame(0, bytes, 0)
        ring.drain()
      }
      return Number(process.hrtime.bigint() - startNs)
    }
    run()
    if (seen.quotes !== 4_000 * perFrame) throw new Error('not all were decoded')
    return { operations: 4_000 * perFrame, run }
  },
}

const parse: Variant = {
  name: 'JSON.parse of the same',
  async prepare() {
    const quotes = Array.from({ length: perFrame }, (_, record) => ({
      kind: 'quote',
      instrument: `SYM${record % symbols}.BENCH`,
      tsEventUs: 1.7e15 + record,
      bid: 100,
      ask: 100.01,
      bidSize: 300,
      askSize: 500,
      sequence: record,
    }))
    const bytes = Buffer.from(JSON.stringify(quotes))
    let sum = 0
    const run = () => {
      const startNs = process.hrtime.bigint()
      for (let count = 0; count < 100; count++)
        for (const { bid } of JSON.parse(bytes.toString()) as { bid: number }[]) sum += bid
      return Number(process.hrtime.bigint() - startNs)
    }
    run()
    if (!(sum > 0)) throw new Error('nothing was parsed')
    return { operations: 100 * perFrame, run }
  },
}

/** Packed frames. */
export const benchmark: Benchmark = {
  name: 'zmq-packed',
  cases: () => [
    {
      case: '256 quotes a frame, socket to ring',
      unit: 'ops/s',
      better: 'higher',
      ours,
      peers: [czmqPeer(frame().length, frames, false, perFrame)],
      floor: { peer: 'libzmq in C', ratio: 0.3 },
    },
    { case: '256 quotes a frame, bytes to ring', unit: 'ops/s', better: 'higher', ours: decodeOnly, peers: [parse] },
  ],
}
