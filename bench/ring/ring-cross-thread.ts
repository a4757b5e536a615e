/**
 * ring-cross-thread: 64-byte records from a worker to the main thread, against `postMessage` of one object a record.
 * The worker is started once and waits between runs; a run lasts until the main thread has handled every record.
 */
import { type MessagePort, Worker } from 'node:worker_threads'
import { SharedRing } from '../../src/ring/index.js'
import type { Benchmark, Variant } from '../types.js'

const layout = {
  instrument: 'f64',
  bid: 'f64',
  ask: 'f64',
  bidSize: 'f64',
  askSize: 'f64',
  tsEventUs: 'f64',
  tsRecvUs: 'f64',
  sequence: 'f64',
} as const

/** Starts a worker that runs `body` with `workerData`, `parentPort` and the ring module in scope. */
function startWorker(body: string, workerData: unknown): Worker {
  const url = new URL('../../src/ring/index.ts', import.meta.url).href
  const code = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(url)}) })
    .then(({ SharedRing }) => { const { parentPort, workerData } = require('node:worker_threads'); ${body} })`
  return new Worker(code, { eval: true, workerData })
}

const produceRecords = `
  const producer = SharedRing.attach(workerData).producer()
  const { instrument, bid, ask, bidSize, askSize, tsEventUs, tsRecvUs, sequence } = producer.columns
  const produce = (count) => {
    for (let at = 0; at < count; at++) {
      const row = producer.claim()
      if (row < 0) throw new Error('the consumer is gone')
      instrument[row] = at & 63; bid[row] = at + 0.25; ask[row] = at + 0.5; bidSize[row] = 100; askSize[row] = 200
      tsEventUs[row] = 1.7e15 + at; tsRecvUs[row] = 1.7e15 + at + 150; sequence[row] = at
    }
    producer.flush()
  }
  parentPort.on('message', produce)
  parentPort.postMessage('ready')`

const produceObjects = `
  parentPort.on('message', (count) => {
    for (let at = 0; at < count; at++) {
      parentPort.postMessage({ instrument: at & 63, bid: at + 0.25, ask: at + 0.5, bidSize: 100, askSize: 200,
        tsEventUs: 1.7e15 + at, tsRecvUs: 1.7e15 + at + 150, sequence: at })
    }
  })
  parentPort.postMessage('ready')`

const ready = (worker: Worker): Promise<unknown> =>
  new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })

const mids = new Float64Array(64)

type Wait = 'spin' | 'turn'

function ours(name: string, wait: Wait): Variant {
  return {
    name,
    async prepare() {
      const ring = SharedRing.create({ records: 262_144, layout })
      const consumer = ring.consumer()
      const worker = startWorker(produceRecords, ring.handle)
      await ready(worker)
      let handled = 0
      const handle = ({ columns: { instrument, bid, ask } }: typeof consumer, from: number, to: number): void => {
        for (let row = from; row < to; row++) mids[instrument[row]] = (bid[row] + ask[row]) * 0.5
        handled += to - from
      }
      const run = async (count: number): Promise<number> => {
        handled = 0
        const start = process.hrtime.bigint()
        worker.postMessage(count)
        while (handled < count) {
          consumer.drain(handle)
          if (wait === 'turn') await new Promise((resolve) => setImmediate(resolve))
        }
        return Number(process.hrtime.bigint() - start)
      }
      await run(5_000_000)
      const operations = 10_000_000
      return { operations, run: () => run(operations), dispose: () => void worker.terminate() }
    },
  }
}

const postMessage: Variant = {
  name: 'postMessage per object',
  async prepare() {
    const worker = startWorker(produceObjects, null)
    await ready(worker)
    let handled = 0
    let expected = 0
    let finish: (() => void) | undefined
    const port = worker as unknown as MessagePort
    port.on('message', (quote: { instrument: number; bid: number; ask: number }) => {
      mids[quote.instrument] = (quote.bid + quote.ask) * 0.5
      if (++handled === expected) finish?.()
    })
    const run = async (count: number): Promise<number> => {
      handled = 0
      expected = count
      const start = process.hrtime.bigint()
      await new Promise<void>((resolve) => {
        finish = resolve
        worker.postMessage(count)
      })
      return Number(process.hrtime.bigint() - start)
    }
    await run(20_000)
    const operations = 100_000
    return { operations, run: () => run(operations), dispose: () => void worker.terminate() }
  },
}

/** Records from a worker to the main thread. */
export const benchmark: Benchmark = {
  name: 'ring-cross-thread',
  cases: () => [
    {
      case: 'consumer spins',
      unit: 'ops/s',
      better: 'higher',
      ours: ours('tradewire', 'spin'),
      peers: [postMessage],
      floor: { peer: postMessage.name, ratio: 100 },
    },
    {
      case: 'one drain a turn of the loop',
      unit: 'ops/s',
      better: 'higher',
      ours: ours('tradewire', 'turn'),
      peers: [postMessage],
      floor: { peer: postMessage.name, ratio: 100 },
    },
  ],
}
