/**
 * zmq-latency: from publishing a quote in one process, over a TCP socket, to the handler of a strategy in a system in another,
 * at a steady 100,000 quotes a second. The peer hears the same publisher with a socket of zeromq.js and no more: what is
 * beyond it is ours, the rest are the threads and sockets of libzmq.
 *
 * The clock of a quote begins when it is handed to the publisher. The publishing process sleeps between quotes, as one
 * does that waits for a venue: a process that spins takes the processor that the threads of the sockets need, and what is
 * measured then is the scheduler's slice of some milliseconds. It must keep the rate, or the run fails.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
// biome-ignore lint/correctness/noUndeclaredDependencies: the peer package of the library itself, of which this is a benchmark
import { Subscriber } from 'zeromq'
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

/** The publishing process: what is due goes out, then it sleeps. */
async function publish(): Promise<void> {
  const publisher = new ZmqPublisher({
    bind: 'tcp://127.0.0.1:*',
    service: 'tcp://127.0.0.1:*',
    instruments,
    groups: { all: instruments.map(({ id }) => id) },
  })
  await publisher.start()
  process.send?.({ endpoint: publisher.endpoints[0], service: publisher.serviceEndpoint })
  const cell = new Int32Array(new SharedArrayBuffer(4))
  for (;;) {
    const [message] = (await once(process, 'message')) as ['go' | 'end']
    if (message === 'end') break
    const startUs = nowUs()
    for (let sent = 0; sent < total; ) {
      const due = Math.min(total, Math.floor(((nowUs() - startUs) * perSecond) / 1e6))
      for (; sent < due; sent++) publisher.publishQuote(sent % 20, 0, 100, 100.01, 1, 1, nowUs(), 0, sent, 0)
      await new Promise<void>((resolve) => setImmediate(resolve))
      Atomics.wait(cell, 0, 0, sleepMs)
    }
    process.send?.({ tookUs: nowUs() - startUs })
  }
  await publisher.stop()
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
type Hear = (watch: Stopwatch, endpoint: string, service: string) => Promise<() => unknown>

async function hearInSystem(watch: Stopwatch, endpoint: string, service: string) {
  const listener = new Listener()
  const system = await TradingSystem.start({
    mode: 'paper',
    overflow: 'backpressure',
    connectors: { feed: new ZmqConnector({ endpoint, service, slow: { quotes: 'dropOldest' } }) },
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

function variant(name: string, share: number, hear: Hear): Variant {
  return {
    name,
    async prepare() {
      const child = fork(fileURLToPath(import.meta.url), [senderName], { execArgv: [] })
      const [{ endpoint, service }] = (await once(child, 'message')) as [{ endpoint: string; service: string }]
      const watch = new Stopwatch()
      const end = await hear(watch, endpoint, service)
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

function latencyCase(title: string, share: number, goals: Pick<BenchmarkCase, 'most' | 'floor'>): BenchmarkCase {
  return {
    case: `publish to strategy, ${title} at 100,000 quotes/s`,
    unit: 'us',
    better: 'lower',
    ours: variant('tradewire', share, hearInSystem),
    peers: [variant('zeromq.js alone', share, hearAlone)],
    ...goals,
  }
}

if (process.argv[2] === senderName && process.send !== undefined) await publish()

/** Latency over a socket. */
export const benchmark: Benchmark = {
  name: 'zmq-latency',
  cases: () => [
    latencyCase('p50', 0.5, { most: 100, floor: { peer: 'zeromq.js alone', ratio: 0.7 } }),
    latencyCase('p99', 0.99, {}),
  ],
}
