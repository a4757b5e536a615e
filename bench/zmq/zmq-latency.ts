/**
 * zmq-latency: quotes from one process to the handler of a strategy in a system in another, over a TCP socket, at a steady
 * 100,000 quotes a second. The peer hears the same publisher with a socket of zeromq.js and no more: what is beyond it is
 * ours, the rest are the threads and sockets of libzmq and the wake-ups of four threads in turn.
 *
 *   socket to strategy    the clock of a frame begins at the call of `send` of a socket of zeromq.js: its quotes are those
 *                         that were due, written before, as a publisher in another language would write them
 *   publish to strategy   the clock of a quote begins when it is handed to a ZmqPublisher: its work and the end of its turn
 *                         are in the figure
 *
 * The publishing process sleeps between quotes, as one does that waits for a venue: a process that spins takes the processor
 * that the threads of the sockets need, and what is measured then is the scheduler's slice of some milliseconds. It must keep
 * the rate, or the run fails.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
// biome-ignore lint/correctness/noUndeclaredDependencies: the peer package of the library itself, of which this is a benchmark
import { Publisher, Subscriber } from 'zeromq'
import { BodyFormat, buildFrame, FrameType } from '../../src/connectors/zmq/wire/frame.js'
import { PackedWriter, QUOTE_BYTES } from '../../src/connectors/zmq/wire/packed.js'
import { ZmqConnector } from '../../src/connectors/zmq/zmq-connector.js'
import { ZmqPublisher } from '../../src/connectors/zmq/zmq-publisher.js'
import type { InstrumentDefinition } from '../../src/model/instrument.js'
import { Strategy } from '../../src/system/strategy.js'
import { TradingSystem } from '../../src/system/trading-system.js'
import type { QuoteView } from '../../src/system/views.js'
import type { Benchmark, BenchmarkCase, Variant } from '../types.js'

const perSecond = 100_000
const seconds = 1
const total = perSecond * seconds
/** How long the publisher sleeps at least, and how long the last quotes may take. */
const sleepMs = 0.05
const graceMs = 3_000
/** Share of the time by which a run may last longer before its rate does not count. */
const leeway = 0.05
const senderName = 'zmq-latency-publisher'
const instruments: InstrumentDefinition[] = Array.from({ length: 20 }, (_, index) => ({
  id: `SYM${index}.XNAS` as InstrumentDefinition['id'],
  symbol: `SYM${index}`,
  venue: 'XNAS',
  assetClass: 'equity',
  currency: 'USD',
  priceIncrement: '0.01',
  sizeIncrement: '1',
}))

/** The monotonic clock, which is the same in all processes, in microseconds. */
function nowUs(): number {
  const [whole, nanoseconds] = process.hrtime()
  return whole * 1e6 + nanoseconds / 1e3
}

/** Where a publishing process sends from. */
type Way = 'socket' | 'publisher'

/** Sends quotes; they are numbered from 0 in each run. */
interface Sender {
  readonly endpoint: string
  send(first: number, end: number): void
  close(): unknown
}

const group = 'all'
const groups = { [group]: instruments.map(({ id }) => id) }

async function publisherSender(): Promise<Sender> {
  const publisher = new ZmqPublisher({ bind: 'tcp://127.0.0.1:*', instruments, groups })
  await publisher.start()
  return {
    endpoint: publisher.endpoints[0] as string,
    send(first, end) {
      for (let quote = first; quote < end; quote++)
        publisher.publishQuote(quote % instruments.length, 0, 100, 100.01, 1, 1, nowUs(), 0, quote, 0)
    },
    close: () => publisher.stop(),
  }
}

/** Frames are ready but for the time, which is written when nothing but the call of `send` is left. */
async function socketSender(): Promise<Sender> {
  const socket = new Publisher({ sendHighWaterMark: 100_000, linger: 0 })
  await socket.bind('tcp://127.0.0.1:*')
  const writer = new PackedWriter()
  for (const [index, id] of groups[group]?.entries() ?? []) writer.nameOf(index, id)
  const fields = { type: FrameType.data, format: BodyFormat.packed, flags: 0, publisher: 1, epoch: 1, stream: 1 }
  let sequence = 0
  return {
    endpoint: socket.lastEndpoint as string,
    send(first, end) {
      writer.clear()
      for (let quote = first; quote < end; quote++)
        writer.quote(quote % instruments.length, 100, 100.01, 1, 1, 0, quote, 0)
      const body = new Uint8Array(writer.byteLength)
      writer.writeTo(body, new DataView(body.buffer), 0)
      const frame = Buffer.from(
        buildFrame(`group/${group}`, { ...fields, sequence: ++sequence, sentUs: 1 }, body).buffer,
      )
      const sentUs = nowUs()
      for (let at = frame.length - QUOTE_BYTES; at >= frame.length - (end - first) * QUOTE_BYTES; at -= QUOTE_BYTES)
        frame.writeDoubleLE(sentUs, at + 40)
      void socket.send(frame)
    },
    close: () => socket.close(),
  }
}

/** The publishing process: what is due goes out, then it sleeps. */
async function publish(way: Way): Promise<void> {
  const sender = await (way === 'socket' ? socketSender() : publisherSender())
  process.send?.(sender.endpoint)
  const cell = new Int32Array(new SharedArrayBuffer(4))
  for (;;) {
    const [message] = (await once(process, 'message')) as ['go' | 'end']
    if (message === 'end') break
    const startUs = nowUs()
    for (let sent = 0; sent < total; ) {
      const due = Math.min(total, Math.floor(((nowUs() - startUs) * perSecond) / 1e6))
      if (due > sent) sender.send(sent, due)
      sent = due
      await new Promise<void>((resolve) => setImmediate(resolve))
      Atomics.wait(cell, 0, 0, sleepMs)
    }
    process.send?.({ tookUs: nowUs() - startUs })
  }
  await sender.close()
  process.disconnect()
}

/** Delays of one run. */
class Stopwatch {
  readonly delays = new Float64Array(total)
  count = 0
  onFull = (): void => {}

  take(publishedUs: number): void {
    if (this.count < total) this.delays[this.count++] = nowUs() - publishedUs
    if (this.count === total) this.onFull()
  }

  quantile(share: number): number {
    return this.delays.slice(0, this.count).sort()[Math.floor(this.count * share)] as number
  }
}

class Listener extends Strategy {
  override readonly symbols = instruments.map(({ symbol }) => symbol)
  readonly watch = new Stopwatch()

  override onQuote(quote: QuoteView): void {
    this.watch.take(quote.tsEventUs)
  }
}

/** Begins to hear a publisher; returns what ends it. */
type Hear = (watch: Stopwatch, endpoint: string) => Promise<() => unknown>

async function hearInSystem(watch: Stopwatch, endpoint: string) {
  const listener = new Listener()
  const system = await TradingSystem.start({
    mode: 'paper',
    overflow: 'backpressure',
    connectors: { feed: new ZmqConnector({ endpoint, instruments, groups, slow: { quotes: 'dropOldest' } }) },
    strategies: [listener],
  })
  listener.watch.take = (publishedUs) => watch.take(publishedUs)
  return () => system.stop()
}

/** Reads the times of the quotes off the frames, by docs/zmq.md. */
async function hearAlone(watch: Stopwatch, endpoint: string) {
  const socket = new Subscriber({ linger: 0, receiveHighWaterMark: 100_000 })
  const connected = new Promise((resolve) => socket.events.on('handshake', resolve))
  socket.connect(endpoint)
  socket.subscribe()
  const receive = async () => {
    for await (const [frame] of socket) {
      const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
      const header = frame.indexOf(0) + 1
      if (view.getUint8(header + 3) !== 1) continue
      const body = header + view.getUint16(header + 6, true)
      const records = view.getUint32(body + 12, true)
      const first = body + 16 + view.getUint32(body + 8, true)
      for (let record = 0; record < records; record++) watch.take(view.getFloat64(first + record * 56 + 40, true))
    }
  }
  void receive()
  await connected
  return () => socket.close()
}

function variant(name: string, way: Way, share: number, hear: Hear): Variant {
  return {
    name,
    async prepare() {
      const child = fork(fileURLToPath(import.meta.url), [senderName, way], { execArgv: [] })
      const [endpoint] = (await once(child, 'message')) as [string]
      const watch = new Stopwatch()
      const end = await hear(watch, endpoint)
      const run = async (): Promise<number> => {
        watch.count = 0
        const full = new Promise<void>((resolve) => {
          watch.onFull = resolve
        })
        child.send('go')
        const [{ tookUs }] = (await once(child, 'message')) as [{ tookUs: number }]
        await Promise.race([full, new Promise((resolve) => setTimeout(resolve, graceMs))])
        if (watch.count < 0.9 * total || tookUs > (1 + leeway) * seconds * 1e6)
          throw new Error(`${watch.count} of ${total} quotes in ${Math.round(tookUs / 1e3)} ms: the machine is busy`)
        return watch.quantile(share)
      }
      await run()
      return {
        operations: 1,
        run,
        async dispose() {
          child.send('end')
          await once(child, 'exit')
          await end()
        },
      }
    },
  }
}

function latencyCase(way: Way, share: number, goals: Pick<BenchmarkCase, 'most' | 'floor'>): BenchmarkCase {
  return {
    case: `${way === 'socket' ? way : 'publish'} to strategy, p${share * 100} at 100,000 quotes/s`,
    unit: 'us',
    better: 'lower',
    ours: variant('tradewire', way, share, hearInSystem),
    peers: [variant('zeromq.js alone', way, share, hearAlone)],
    ...goals,
  }
}

if (process.argv[2] === senderName && process.send !== undefined) await publish(process.argv[3] as Way)

const floor = { peer: 'zeromq.js alone', ratio: 0.7 }

/** Latency over a socket. */
export const benchmark: Benchmark = {
  name: 'zmq-latency',
  cases: () => [
    latencyCase('socket', 0.5, { most: 100, floor }),
    latencyCase('socket', 0.99, {}),
    latencyCase('publisher', 0.5, { floor }),
    latencyCase('publisher', 0.99, {}),
  ],
}
