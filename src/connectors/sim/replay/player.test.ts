import { describe, expect, it } from 'vitest'
import { textFiles } from '../../../../test/recorded/memory-files.js'
import { RealTime } from '../../../core/real-time.js'
import { VirtualTime } from '../../../core/virtual-time.js'
import { InstrumentRegistry } from '../../../model/instrument-registry.js'
import { IngestRing } from '../../../ring/ingest-ring.js'
import { type Dataset, openDataset } from './open-dataset.js'
import { ReplayPlayer, type ReplayPlayerOptions } from './player.js'

const startUs = 1_700_000_000_000_000
const row = (offsetUs: number, status = 'open') =>
  JSON.stringify({
    kind: 'status',
    instrument: null,
    tsRecvUs: startUs + offsetUs,
    tsEventUs: startUs + offsetUs - 7,
    status,
  })

async function open(offsets: readonly number[], lastRow = ''): Promise<Dataset> {
  const text = [...offsets.map((offset) => row(offset)), ...(lastRow === '' ? [] : [lastRow])].join('\n')
  return openDataset('f', { fileSystem: textFiles({ f: text }), registry: new InstrumentRegistry() })
}

function ringInto(seen: number[], capacity = 64): IngestRing {
  const ring = new IngestRing({ capacity })
  ring.addConsumer({
    name: 'seen',
    policy: 'backpressure',
    handlers: {
      onStatuses: ({ statuses }, from, to) => {
        for (let i = from; i < to; i++) seen.push(statuses.tsRecvUs[i] - startUs)
      },
    },
  })
  return ring
}

describe('on virtual time', () => {
  it('the clock is set to the first event and jumps from moment to moment; timers run in between', async () => {
    const time = new VirtualTime()
    const log: string[] = []
    const ring = ringInto([])
    const now = () => time.wallUs() - startUs
    const player = new ReplayPlayer({
      source: await open([0, 0, 5_000, 20_000]),
      sink: ring,
      time,
      onBatch: (tsUs) => {
        ring.drain()
        log.push(`batch ${tsUs - startUs} at ${now()}`)
        if (tsUs === startUs) time.after(10, () => log.push(`timer at ${now()}`))
      },
    })
    await player.run()
    expect(log).toEqual(['batch 0 at 0', 'batch 5000 at 5000', 'timer at 10000', 'batch 20000 at 20000'])
    expect([player.moments, player.events, time.monotonicNs()]).toEqual([3, 4, 20_000_000])
  })

  it('the wall clock shows every receive time exactly, over years', async () => {
    const dayUs = 86_400_000_000
    const offsets = Array.from({ length: 400 }, (_, i) => i * (31 * dayUs + 12_345_677))
    const time = new VirtualTime()
    const wrong: number[] = []
    const ring = ringInto([])
    const onBatch = (tsUs: number) => {
      ring.drain()
      if (time.wallUs() !== tsUs) wrong.push(tsUs)
    }
    await new ReplayPlayer({ source: await open(offsets), sink: ring, time, onBatch }).run()
    expect(wrong).toEqual([])
  })

  it('a moment is one batch, also across the batches of the reader', async () => {
    const offsets = [...Array.from({ length: 4_090 }, (_, i) => i), ...Array.from({ length: 20 }, () => 4_090)]
    const batches: number[] = []
    const seen: number[] = []
    const ring = ringInto(seen, 8192)
    const onBatch = () => {
      batches.push(ring.drain())
    }
    await new ReplayPlayer({ source: await open(offsets), sink: ring, time: new VirtualTime(), onBatch }).run()
    expect(batches.length).toBe(4_091)
    expect(batches[batches.length - 1]).toBe(20)
    expect(seen).toEqual(offsets)
  })

  it('goes on where it stopped', async () => {
    const seen: number[] = []
    const ring = ringInto(seen)
    const time = new VirtualTime()
    const player = new ReplayPlayer({
      source: await open([0, 10, 20, 30]),
      sink: ring,
      time,
      onBatch: () => void ring.drain(),
    })
    await player.run({ untilUs: startUs + 20 })
    expect(seen).toEqual([0, 10])
    await player.run()
    expect(seen).toEqual([0, 10, 20, 30])
  })

  it('a full sink is drained through the callback; one that stays full ends the replay', async () => {
    const seen: number[] = []
    const ring = ringInto(seen, 4)
    const offsets = Array.from({ length: 50 }, () => 0)
    const common = { sink: ring, time: new VirtualTime() }
    await new ReplayPlayer({ ...common, source: await open(offsets), onBatch: () => void ring.drain() }).run()
    expect(seen.length).toBe(50)
    const stuck = new ReplayPlayer({ ...common, source: await open(offsets) })
    await expect(stuck.run()).rejects.toMatchObject({ code: 'TW_CAPACITY' })
  })

  it('with settled promises, what awaits runs between the moments and timers', async () => {
    const time = new VirtualTime()
    const log: string[] = []
    const ring = ringInto([])
    const later = async (name: string) => {
      for (let i = 0; i < 10; i++) await Promise.resolve()
      log.push(name)
    }
    const onBatch = (tsUs: number) => {
      ring.drain()
      log.push(`batch ${tsUs - startUs}`)
      void later(`after ${tsUs - startUs}`)
      if (tsUs === startUs) time.after(1, () => void later('after timer'))
    }
    await new ReplayPlayer({
      source: await open([0, 2_000, 3_000]),
      sink: ring,
      time,
      onBatch,
      settlesPromises: true,
    }).run()
    expect(log).toEqual(['batch 0', 'after 0', 'after timer', 'batch 2000', 'after 2000', 'batch 3000', 'after 3000'])
  })

  it('waits for a promise of the callback', async () => {
    const log: string[] = []
    const ring = ringInto([])
    const onBatch = async (tsUs: number) => {
      ring.drain()
      await new Promise((resolve) => setTimeout(resolve, 1))
      log.push(`${tsUs - startUs}`)
    }
    await new ReplayPlayer({ source: await open([0, 1, 2]), sink: ring, time: new VirtualTime(), onBatch }).run()
    expect(log).toEqual(['0', '1', '2'])
  })
})

describe('on real time', () => {
  it('plays at a multiple of the recorded pace, with times moved to the wall clock', async () => {
    const time = new RealTime()
    const seen: number[] = []
    const ring = ringInto(seen)
    const begin = time.wallUs()
    const options: ReplayPlayerOptions = {
      source: await open([0, 100_000, 400_000]),
      sink: ring,
      time,
      pace: 10,
      stamps: 'wall',
    }
    await new ReplayPlayer({ ...options, onBatch: () => void ring.drain() }).run()
    const sinceBegin = seen.map((tsUs) => tsUs + startUs - begin)
    expect(sinceBegin[0]).toBeGreaterThanOrEqual(0)
    expect((seen[1] as number) - (seen[0] as number)).toBeGreaterThanOrEqual(9_000)
    expect((seen[2] as number) - (seen[0] as number)).toBeGreaterThanOrEqual(39_000)
    expect(time.pendingTimers).toBe(0)
  })

  it('as fast as possible it gives the event loop its turns', async () => {
    let turns = 0
    let isOver = false
    const count = () => {
      turns++
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    const seen: number[] = []
    const ring = ringInto(seen)
    const offsets = Array.from({ length: 20_000 }, (_, i) => i)
    const onBatch = () => void ring.drain()
    await new ReplayPlayer({ source: await open(offsets), sink: ring, time: new RealTime(), onBatch }).run()
    isOver = true
    expect(seen).toEqual(offsets)
    expect(turns).toBeGreaterThan(15)
  })

  it('an abort ends the wait at once and leaves no timer', async () => {
    const time = new RealTime()
    const ring = ringInto([])
    const controller = new AbortController()
    const onBatch = () => {
      ring.drain()
      controller.abort()
    }
    const player = new ReplayPlayer({
      source: await open([0, 3_600_000_000]),
      sink: ring,
      time,
      pace: 'recorded',
      onBatch,
    })
    await expect(player.run({ signal: controller.signal })).rejects.toMatchObject({ code: 'TW_ABORTED' })
    expect([player.events, time.pendingTimers]).toEqual([1, 0])
  })
})

describe('mistakes', () => {
  it('a second run beside the first, an unknown option and a pace of nothing are refused', async () => {
    const source = await open([0, 1])
    const common = { source, sink: ringInto([]), time: new VirtualTime() }
    const player = new ReplayPlayer({ ...common, onBatch: () => Promise.resolve() })
    const first = player.run()
    await expect(player.run()).rejects.toMatchObject({ code: 'TW_INVALID_STATE' })
    await first
    expect(() => new ReplayPlayer({ ...common, pace: 0 })).toThrow(/pace/)
    expect(() => new ReplayPlayer({ ...common, speed: 2 } as ReplayPlayerOptions)).toThrow(
      /speed of ReplayPlayer is not known/,
    )
  })

  it('a bad row ends the run with its error', async () => {
    const offsets = Array.from({ length: 5_000 }, (_, i) => i)
    const ring = ringInto([], 8192)
    const source = await open(offsets, '{"kind":"status"}')
    const player = new ReplayPlayer({ source, sink: ring, time: new VirtualTime(), onBatch: () => void ring.drain() })
    await expect(player.run()).rejects.toMatchObject({ code: 'TW_BAD_ROW', details: { line: 5_001 } })
  })
})
