/**
 * zmq-latency: from publishing a quote in one thread, over a TCP socket, to the handler of a strategy in a system in another,
 * at a steady 100,000 quotes a second. A quote that comes late for whatever reason counts with its delay. The median is what
 * can be compared on a shared machine; both threads need a processor of their own.
 */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { ZmqConnector } from '../../src/connectors/zmq/zmq-connector.js'
import { ZmqPublisher } from '../../src/connectors/zmq/zmq-publisher.js'
import type { InstrumentDefinition } from '../../src/model/instrument.js'
import { Strategy } from '../../src/system/strategy.js'
import { TradingSystem } from '../../src/system/trading-system.js'
import type { QuoteView } from '../../src/system/views.js'
import type { Benchmark, Variant } from '../types.js'

const perSecond = 100_000
const seconds = 2
/** How long the last quotes may take. */
const graceMs = 3_000
const instruments: InstrumentDefinition[] = Array.from({ length: 20 }, (_, index) => ({
  id: `SYM${index}.XNAS` as InstrumentDefinition['id'],
  symbol: `SYM${index}`,
  venue: 'XNAS',
  assetClass: 'equity',
  currency: 'USD',
  priceIncrement: '0.01',
  sizeIncrement: '1',
}))

/** Microseconds since the epoch with a fraction; the same clock in all threads. */
const nowUs = (): number => (performance.timeOrigin + performance.now()) * 1_000

/** The publishing thread: quotes as they fall due, turn by turn of its loop. */
async function publish(port: NonNullable<typeof parentPort>): Promise<void> {
  const publisher = new ZmqPublisher({
    bind: 'tcp://127.0.0.1:*',
    service: 'tcp://127.0.0.1:*',
    instruments,
    groups: { all: instruments.map(({ id }) => id) },
  })
  await publisher.start()
  port.postMessage({ endpoint: publisher.endpoints[0], service: publisher.serviceEndpoint })
  for (;;) {
    const [message] = (await once(port, 'message')) as ['go' | 'end']
    if (message === 'end') break
    const startUs = nowUs()
    for (let sent = 0; sent < perSecond * seconds; ) {
      const due = Math.min(perSecond * seconds, Math.floor(((nowUs() - startUs) * perSecond) / 1e6))
      for (; sent < due; sent++)
        publisher.publishQuote(sent % 20, 0, 100, 100.01, 1, 1, startUs + (sent * 1e6) / perSecond, 0, Number.NaN, 0)
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
    port.postMessage('sent')
  }
  await publisher.stop()
  port.close()
}

class Stopwatch extends Strategy {
  override readonly symbols = instruments.map(({ symbol }) => symbol)
  readonly delays = new Float64Array(perSecond * seconds)
  count = 0
  onFull = (): void => {}

  override onQuote(quote: QuoteView): void {
    if (this.count < this.delays.length) this.delays[this.count++] = nowUs() - quote.tsEventUs
    if (this.count === this.delays.length) this.onFull()
  }
}

const ours: Variant = {
  name: 'tradewire',
  async prepare() {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { zmqLatency: true } })
    const [{ endpoint, service }] = (await once(worker, 'message')) as [{ endpoint: string; service: string }]
    const stopwatch = new Stopwatch()
    const system = await TradingSystem.start({
      mode: 'paper',
      overflow: 'backpressure',
      connectors: { feed: new ZmqConnector({ endpoint, service, slow: { quotes: 'dropOldest' } }) },
      strategies: [stopwatch],
    })
    const run = async (): Promise<number> => {
      stopwatch.count = 0
      const full = new Promise<void>((resolve) => {
        stopwatch.onFull = resolve
      })
      worker.postMessage('go')
      await once(worker, 'message')
      await Promise.race([full, new Promise((resolve) => setTimeout(resolve, graceMs))])
      const { count, delays } = stopwatch
      if (count < 0.9 * delays.length)
        throw new Error(`only ${count} of ${delays.length} quotes came: the machine is busy`)
      return delays.slice(0, count).sort()[Math.floor(count / 2)] as number
    }
    await run()
    return {
      operations: 1,
      run,
      async dispose() {
        worker.postMessage('end')
        await once(worker, 'exit')
        await system.stop()
      },
    }
  },
}

if (!isMainThread && (workerData as { zmqLatency?: boolean } | null)?.zmqLatency === true && parentPort !== null)
  await publish(parentPort)

/** Latency over a socket. */
export const benchmark: Benchmark = {
  name: 'zmq-latency',
  cases: () => [
    { case: 'publish to strategy, p50 at 100,000 quotes/s', unit: 'us', better: 'lower', ours, peers: [], most: 100 },
  ],
}
