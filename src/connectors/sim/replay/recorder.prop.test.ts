import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { captureInto, type Row } from '../../../../test/recorded/capture.js'
import { memoryFiles } from '../../../../test/recorded/memory-files.js'
import { runs } from '../../../../test/support/runs.js'
import { fileError } from '../../../core/file-system.js'
import type { InstrumentId } from '../../../model/ids.js'
import { InstrumentRegistry } from '../../../model/instrument-registry.js'
import { IngestRing } from '../../../ring/ingest-ring.js'
import type { AggressorSign, BookSide, LevelAction, TradingStatus } from '../../../ring/kinds.js'
import { openDataset } from './open-dataset.js'
import { Recorder } from './recorder.js'

function registryOf(count: number): InstrumentRegistry {
  const registry = new InstrumentRegistry()
  for (let i = 0; i < count; i++) add(registry, i)
  return registry
}

function add(registry: InstrumentRegistry, i: number): void {
  registry.add({
    id: `S"${i}ü.X` as InstrumentId,
    symbol: `S${i}`,
    venue: 'X',
    assetClass: 'equity',
    currency: 'USD',
    priceIncrement: '0.01',
    sizeIncrement: '1',
  })
}

const real = fc.double({ noNaN: true, noDefaultInfinity: true })
const maybe = fc.oneof(real, fc.constant(Number.NaN), fc.maxSafeInteger())
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const instrument = fc.nat(2)
const times = fc.record({ stepUs: fc.nat(1_000), lagUs: fc.integer({ min: -2_000_000, max: 2_000_000 }) })
const level = fc.record({
  action: fc.constantFrom<LevelAction>(0, 1, 2, 3),
  side: fc.constantFrom<BookSide>(0, 1),
  price: real,
  size: real,
  id: fc.maxSafeNat(),
})

const event = fc.oneof(
  fc.record({
    kind: fc.constant('quote' as const),
    times,
    instrument,
    values: fc.array(maybe, { minLength: 5, maxLength: 5 }),
    flags: int32,
  }),
  fc.record({
    kind: fc.constant('trade' as const),
    times,
    instrument,
    price: real,
    size: real,
    values: fc.array(maybe, { minLength: 2, maxLength: 2 }),
    aggressor: fc.constantFrom<AggressorSign>(1, -1, 0),
    condition: int32,
  }),
  fc.record({
    kind: fc.constant('book' as const),
    times,
    instrument,
    isSnapshot: fc.boolean(),
    isLast: fc.boolean(),
    values: fc.array(maybe, { minLength: 2, maxLength: 2 }),
    levels: fc.array(level, { maxLength: 6 }),
  }),
  fc.record({
    kind: fc.constant('bar' as const),
    times,
    instrument,
    prices: fc.array(real, { minLength: 5, maxLength: 5 }),
    tsOpenUs: fc.nat(),
    values: fc.array(maybe, { minLength: 3, maxLength: 3 }),
    isClosed: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('status' as const),
    times,
    instrument,
    status: fc.constantFrom<TradingStatus>(0, 1, 2, 3, 4),
  }),
  fc.record({
    kind: fc.constant('note' as const),
    times,
    instrument: fc.integer({ min: -1, max: 2 }),
    note: fc.dictionary(fc.string(), fc.string()),
  }),
)

type Event = typeof event extends fc.Arbitrary<infer T> ? T : never

function publish(ring: IngestRing, e: Event, recvUs: number): void {
  const eventUs = recvUs + e.times.lagUs
  if (e.kind === 'quote') {
    const [bid, ask, bidSize, askSize, sequence] = e.values as [number, number, number, number, number]
    ring.publishQuote(e.instrument, 0, bid, ask, bidSize, askSize, eventUs, recvUs, sequence, e.flags)
  } else if (e.kind === 'trade') {
    const [sequence, tradeId] = e.values as [number, number]
    ring.publishTrade(e.instrument, 0, e.price, e.size, e.aggressor, eventUs, recvUs, sequence, tradeId, e.condition)
  } else if (e.kind === 'book') {
    const [sequence, previous] = e.values as [number, number]
    ring.beginBook(e.instrument, 0, e.isSnapshot, eventUs, recvUs, sequence, previous)
    for (const { action, side, price, size, id } of e.levels) {
      if (action === 0) ring.addLevel(side, price, size)
      else ring.addOrder(action, side, price, size, id)
    }
    ring.commitBook(e.isLast)
  } else if (e.kind === 'bar') {
    const [interval, open, high, low, close] = e.prices as [number, number, number, number, number]
    const [volume, count, vwap] = e.values as [number, number, number]
    ring.publishBar(
      e.instrument,
      0,
      interval,
      open,
      high,
      low,
      close,
      volume,
      count,
      vwap,
      e.tsOpenUs,
      eventUs,
      recvUs,
      e.isClosed,
    )
  } else if (e.kind === 'status') ring.publishStatus(e.instrument, 0, e.status, eventUs, recvUs)
  else ring.publishNote(e.instrument, 0, JSON.parse(JSON.stringify(e.note)) as object, eventUs, recvUs)
}

async function replay(files: Map<string, Uint8Array>): Promise<{ rows: Row[]; ids: string[] }> {
  const registry = new InstrumentRegistry()
  const source = await openDataset('f.ndjson', { fileSystem: memoryFiles(files, 777), registry })
  const ring = new IngestRing({ capacity: 256 })
  const rows: Row[] = []
  ring.addConsumer({ name: 'rows', policy: 'backpressure', handlers: captureInto(rows) })
  for (let next = source.peekTsUs(); next !== Number.POSITIVE_INFINITY; next = source.peekTsUs()) {
    if (Number.isNaN(next)) await source.refill()
    else if (!source.emit(ring, 0)) ring.drain()
  }
  ring.drain()
  await source.close()
  return { rows, ids: [...registry].map(({ id }) => id) }
}

describe('a recording', () => {
  it('replays to exactly what was recorded: every kind, every column, in the total order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 40 }),
        fc.integer({ min: 1, max: 3_000 }),
        async (events, bufferCharacters) => {
          const files = new Map<string, Uint8Array>()
          const registry = registryOf(3)
          const recorder = new Recorder({
            fileSystem: memoryFiles(files),
            path: 'f.ndjson',
            registry,
            bufferCharacters,
          })
          const ring = new IngestRing({ capacity: 64 })
          const rows: Row[] = []
          ring.addConsumer({ name: 'rows', policy: 'backpressure', handlers: captureInto(rows) })
          ring.addConsumer({ name: 'recorder', policy: 'backpressure', handlers: recorder.handlers })
          let recvUs = 1_700_000_000_000_000
          for (const e of events) {
            recvUs += e.times.stepUs
            publish(ring, e, recvUs)
          }
          ring.drain()
          await recorder.close()
          const replayed = await replay(files)
          expect(replayed.rows).toEqual(rows)
          expect(replayed.ids).toEqual([...registry].map(({ id }) => id))
          expect([recorder.recorded, recorder.lost]).toEqual([events.length, 0])
        },
      ),
      { numRuns: runs({ ci: 300, full: 20_000 }) },
    )
  })

  it('defines instruments that come later where they come', async () => {
    const files = new Map<string, Uint8Array>()
    const registry = registryOf(1)
    const recorder = new Recorder({ fileSystem: memoryFiles(files), path: 'f.ndjson', registry })
    const ring = new IngestRing({ capacity: 64 })
    ring.addConsumer({ name: 'recorder', policy: 'backpressure', handlers: recorder.handlers })
    ring.publishStatus(0, 0, 2, 1, 1)
    ring.drain()
    add(registry, 1)
    ring.publishStatus(1, 0, 2, 2, 2)
    ring.drain()
    await recorder.close()
    expect((await replay(files)).ids).toEqual([...registry].map(({ id }) => id))
  })

  it('a disk that fails ends the recording, not the feed', async () => {
    const files = memoryFiles(new Map())
    const failing = {
      ...files,
      open: (...args: Parameters<typeof files.open>) => ({
        ...files.open(...args),
        write: () => {
          throw fileError('write', 'f.ndjson', 'ENOSPC')
        },
      }),
    }
    const failures: unknown[] = []
    const registry = registryOf(1)
    const options = { fileSystem: failing, path: 'f.ndjson', registry, bufferCharacters: 1 }
    const recorder = new Recorder({ ...options, onFailure: (error) => failures.push(error) })
    const ring = new IngestRing({ capacity: 64 })
    const consumer = ring.addConsumer({ name: 'recorder', policy: 'dropOldest', handlers: recorder.handlers })
    for (let i = 0; i < 5; i++) ring.publishStatus(0, 0, 2, i, i)
    ring.drain()
    expect([consumer.counters.delivered, failures.length]).toEqual([5, 1])
    expect(recorder.recorded + recorder.lost).toBe(5)
    expect(recorder.lost).toBeGreaterThan(0)
    await expect(recorder.close()).rejects.toMatchObject({ code: 'TW_FILE' })
  })
})
