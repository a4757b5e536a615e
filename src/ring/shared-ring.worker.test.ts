/** The shared ring between real threads: a million records, every one checked, with each way of waiting. */
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { type SharedOverflow, SharedRing } from './shared-ring.js'

const layout = { id: 'f64', twice: 'f64', low: 'i32', parity: 'u8' } as const

const records = runs({ ci: 1_000_000, full: 20_000_000 })

/** Starts a worker that runs `body` with `SharedRing` and `workerData` in scope. */
const start = (body: string, workerData: unknown): { worker: Worker; exited: Promise<number> } => {
  const url = new URL('./shared-ring.ts', import.meta.url).href
  const code = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(url)}) })
    .then(({ SharedRing }) => { const { workerData } = require('node:worker_threads'); ${body} })`
  const worker = new Worker(code, { eval: true, workerData })
  const exited = new Promise<number>((resolve, reject) => {
    worker.once('error', reject)
    worker.once('exit', resolve)
  })
  return { worker, exited }
}

const produce = `
  const producer = SharedRing.attach(workerData.handle).producer({ commitEvery: workerData.commitEvery })
  const { id, twice, low, parity } = producer.columns
  for (let count = 0; count < workerData.records; count++) {
    const row = producer.claim()
    if (row < 0) continue
    id[row] = count; twice[row] = count * 2; low[row] = count | 0; parity[row] = count & 1
  }
  producer.close()`

/** Drains until the producer has closed; checks each record against its id. */
const consume = async (
  ring: SharedRing<typeof layout>,
  pause: (consumer: ReturnType<SharedRing<typeof layout>['consumer']>) => unknown,
) => {
  const consumer = ring.consumer()
  let count = 0
  let wrong = 0
  let last = -1
  while (!consumer.isFinished) {
    consumer.drain(({ columns: { id, twice, low, parity } }, from, to) => {
      for (let row = from; row < to; row++) {
        const value = id[row]
        const isWhole = twice[row] === value * 2 && low[row] === value && parity[row] === (value & 1)
        if (!isWhole || value <= last) wrong++
        last = value
        count++
      }
    })
    await pause(consumer)
  }
  return { count, wrong, last, counters: consumer.counters }
}

describe('a worker that produces', () => {
  it.each<[string, number, number, SharedOverflow]>([
    ['waitAsync', 4096, 64, 'block'],
    ['wait', 1024, 16, 'block'],
    ['spin', 64, 64, 'block'],
    ['turn', 8, 1, 'drop'],
  ])(
    'main thread uses %s, %i records, commit every %i, overflow %s',
    { timeout: 120_000 },
    async (way, size, commitEvery, overflow) => {
      const ring = SharedRing.create({ records: size, layout, overflow })
      const { exited } = start(produce, { handle: ring.handle, commitEvery, records })
      const result = await consume(ring, (consumer) => {
        if (way === 'waitAsync') return consumer.waitAsync(1_000)
        if (way === 'wait') return consumer.wait(1_000)
        if (way === 'spin') return consumer.spin(1_000)
        return new Promise((resolve) => setImmediate(resolve))
      })
      expect(await exited).toBe(0)
      expect(result.wrong).toBe(0)
      expect(result.counters).toEqual({
        offered: records,
        delivered: result.count,
        dropped: records - result.count,
        queued: 0,
      })
      if (overflow === 'block') expect([result.count, result.last]).toEqual([records, records - 1])
    },
  )
})

describe('a worker that consumes', () => {
  it('sleeps and is woken, and loses nothing', { timeout: 120_000 }, async () => {
    const ring = SharedRing.create({ records: 1024, layout })
    const results = SharedRing.create({ records: 2, layout: { count: 'f64', sum: 'f64' } as const })
    const { exited } = start(
      `const consumer = SharedRing.attach(workerData.handle).consumer()
       const results = SharedRing.attach(workerData.results).producer({ commitEvery: 1 })
       let count = 0, sum = 0
       while (!consumer.isFinished) {
         consumer.drain(({ columns }, from, to) => {
           for (let row = from; row < to; row++) { count++; sum += columns.id[row] }
         })
         consumer.wait(10000)
       }
       const row = results.claim()
       results.columns.count[row] = count
       results.columns.sum[row] = sum
       results.close()`,
      { handle: ring.handle, results: results.handle },
    )
    const sent = 100_000
    const producer = ring.producer({ commitEvery: 64, blockTimeoutMs: 60_000 })
    for (let id = 0; id < sent; id++) {
      producer.columns.id[producer.claim()] = id
      if (id % 10_000 === 0) producer.flush()
    }
    producer.close()
    const consumer = results.consumer()
    expect(await consumer.waitAsync(60_000)).toBe(true)
    consumer.drain(({ columns }, from) => {
      expect([columns.count[from], columns.sum[from]]).toEqual([sent, (sent * (sent - 1)) / 2])
    })
    expect(producer.counters).toMatchObject({ offered: sent, published: sent, refused: 0, queued: 0 })
    expect(await exited).toBe(0)
  })
})

describe('a worker that is killed', () => {
  it('while it writes: what it had not flushed is never seen, and its side stays taken', {
    timeout: 60_000,
  }, async () => {
    const ring = SharedRing.create({ records: 64, layout })
    const { worker, exited } = start(
      `const producer = SharedRing.attach(workerData.handle).producer()
       for (let id = 0; id < 5; id++) {
         producer.columns.id[producer.claim()] = id
         if (id === 2) producer.flush()
       }
       for (;;) {}`,
      { handle: ring.handle },
    )
    const consumer = ring.consumer()
    expect(await consumer.waitAsync(30_000)).toBe(true)
    await worker.terminate()
    await exited
    const seen: number[] = []
    const take = () => consumer.drain(({ columns }, from, to) => seen.push(...columns.id.subarray(from, to)))
    expect([take(), consumer.wait(1), take(), seen]).toEqual([3, false, 0, [0, 1, 2]])
    expect(() => SharedRing.attach(ring.handle).producer()).toThrow('taken')
    expect(consumer.isFinished).toBe(false)
    consumer.close()
    expect([consumer.isFinished, consumer.counters.queued]).toEqual([true, 0])
  })

  it('in the middle of a batch: the producer waits no longer than it was told to', { timeout: 60_000 }, async () => {
    const ring = SharedRing.create({ records: 4, layout })
    const results = SharedRing.create({ records: 2, layout: { from: 'f64' } as const })
    const { worker, exited } = start(
      `const consumer = SharedRing.attach(workerData.handle).consumer()
       const results = SharedRing.attach(workerData.results).producer({ commitEvery: 1 })
       consumer.wait(30000)
       consumer.drain((_, from) => {
         results.columns.from[results.claim()] = from
         results.flush()
         for (;;) {}
       })`,
      { handle: ring.handle, results: results.handle },
    )
    const producer = ring.producer({ commitEvery: 1, blockTimeoutMs: 20 })
    for (let id = 0; id < 4; id++) producer.columns.id[producer.claim()] = id
    producer.flush()
    const begun = results.consumer()
    expect(await begun.waitAsync(30_000)).toBe(true)
    await worker.terminate()
    await exited
    expect([producer.claim(), producer.isConsumerClosed]).toEqual([-1, false])
    expect(producer.counters).toMatchObject({ offered: 4, published: 4, refused: 1, queued: 4 })
  })
})
