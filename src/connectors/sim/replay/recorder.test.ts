/** What a recorder is given that no feed should give: it is written and replayed as it came, or counted as lost; the rest goes on. */
import { describe, expect, it } from 'vitest'
import { captureInto, type Row } from '../../../../test/recorded/capture.js'
import { memoryFiles } from '../../../../test/recorded/memory-files.js'
import { play } from '../../../../test/recorded/support.js'
import { fileError } from '../../../core/file-system.js'
import type { InstrumentId } from '../../../model/ids.js'
import { InstrumentRegistry } from '../../../model/instrument-registry.js'
import { IngestRing } from '../../../ring/ingest-ring.js'
import { Recorder, type RecorderOptions } from './recorder.js'

const [nan, infinite] = [Number.NaN, Number.POSITIVE_INFINITY]
const tsUs = 1_700_000_000_000_000

function setUp(options: Partial<RecorderOptions> = {}) {
  const files = new Map<string, Uint8Array>()
  const registry = new InstrumentRegistry()
  registry.add({
    id: 'A.X' as InstrumentId,
    symbol: 'A',
    venue: 'X',
    assetClass: 'equity',
    currency: 'USD',
    priceIncrement: '0.01',
    sizeIncrement: '1',
  })
  const fileSystem = memoryFiles(files)
  const recorder = new Recorder({ fileSystem, path: 'f.ndjson', registry, ...options })
  const ring = new IngestRing({ capacity: 256 })
  const recorded: Row[] = []
  ring.addConsumer({ name: 'rows', policy: 'backpressure', handlers: captureInto(recorded) })
  const consumer = ring.addConsumer({ name: 'recorder', policy: 'backpressure', handlers: recorder.handlers })
  const replayed = async () => {
    ring.drain()
    await recorder.close()
    const rows: Row[] = []
    await play('f.ndjson', captureInto(rows), { fileSystem })
    return rows
  }
  return { recorder, ring, recorded, consumer, fileSystem, replayed }
}

describe('numbers that are none', () => {
  it('replay as they came: in ticks, levels and bars', async () => {
    const { ring, recorded, replayed } = setUp()
    ring.publishTrade(0, 0, nan, 5, 1, tsUs, tsUs, nan, nan, 0)
    ring.publishTrade(0, 0, 10, nan, 0, tsUs, tsUs, nan, nan, 0)
    ring.publishTrade(0, 0, infinite, -infinite, -1, tsUs, tsUs, 3, 4, 5)
    ring.publishQuote(0, 0, -infinite, infinite, infinite, nan, tsUs, tsUs, nan, 0)
    ring.beginBook(0, 0, false, tsUs, tsUs, 8, 7)
    ring.addLevel(0, nan, 1)
    ring.addLevel(1, infinite, nan)
    ring.addOrder(3, 0, nan, nan, 17)
    ring.commitBook()
    ring.publishBar(0, 0, 60e6, nan, infinite, -infinite, nan, infinite, nan, nan, tsUs - 60e6, tsUs, tsUs, true)
    ring.publishStatus(0, 0, 2, tsUs, tsUs)
    const rows = await replayed()
    expect(recorded.length).toBe(7)
    expect(rows).toEqual(recorded)
  })

  it('times that are none, or finer than a microsecond, end no replay', async () => {
    const { ring, recorded, replayed } = setUp()
    ring.publishTrade(0, 0, 10, 5, 1, nan, tsUs, nan, nan, 0)
    ring.publishTrade(0, 0, 10, 5, 1, tsUs + 0.25, tsUs + 0.5, nan, nan, 0)
    ring.publishTrade(0, 0, 10, 5, 1, -5, tsUs + 1, nan, nan, 0)
    ring.publishStatus(0, 0, 2, infinite, tsUs + 2)
    const rows = await replayed()
    expect(rows).toEqual(recorded)
  })
})

describe('sources', () => {
  const publishAll = (ring: IngestRing, source: number, at: number) => {
    ring.publishQuote(0, source, 9, 10, 1, 1, at, at, nan, 0)
    ring.publishTrade(0, source, 10, 1, 1, at, at, nan, nan, 0)
    ring.beginBook(0, source, true, at, at, nan, nan)
    ring.addLevel(0, 9 + source, 1)
    ring.commitBook()
    ring.publishBar(0, source, 60e6, 9, 10, 9, 10, 1, 1, 10, at - 60e6, at, at, true)
    ring.publishStatus(0, source, 2, at, at)
    ring.publishNote(0, source, { source }, at, at)
  }
  const recordTwo = async () => {
    const { ring, recorder, recorded, fileSystem } = setUp()
    for (const at of [tsUs, tsUs + 1]) for (const source of [0, 3]) publishAll(ring, source, at)
    ring.drain()
    await recorder.close()
    return { recorded, fileSystem }
  }

  it.each([0, 3])('are told apart: %i replays as it came', async (source) => {
    const { recorded, fileSystem } = await recordTwo()
    const rows: Row[] = []
    const { counters } = await play('f.ndjson', captureInto(rows), { fileSystem, recordedSource: source })
    // Six events of the one, then six of the other, twice.
    expect(rows).toEqual(recorded.filter((_, i) => Math.floor(i / 6) % 2 === (source === 0 ? 0 : 1)))
    expect([rows.length, counters.ignored]).toEqual([12, 12])
  })

  it('do not become one book', async () => {
    const { fileSystem } = await recordTwo()
    const rows: Row[] = []
    await expect(play('f.ndjson', captureInto(rows), { fileSystem })).rejects.toMatchObject({
      code: 'TW_BAD_ROW',
      message: expect.stringContaining('recordedSource'),
    })
    await expect(play('f.ndjson', captureInto(rows), { fileSystem, recordedSource: -1 })).rejects.toMatchObject({
      code: 'TW_INVALID_CONFIG',
    })
  })
})

describe('notes', () => {
  it('those that JSON cannot carry are counted as lost, and what comes behind them is recorded', async () => {
    const { ring, recorder, consumer, replayed } = setUp()
    const circular: Record<string, unknown> = {}
    circular.self = circular
    ring.publishNote(0, 0, { kind: 'news', at: 1n }, tsUs, tsUs)
    ring.publishNote(0, 0, circular, tsUs, tsUs)
    ring.publishNote(0, 0, { toJSON: () => undefined }, tsUs, tsUs)
    ring.publishNote(0, 0, { kind: 'news', text: 'plain' }, tsUs, tsUs)
    const rows = await replayed()
    expect(rows.length).toBe(1)
    expect(JSON.stringify(rows)).toContain('plain')
    expect([recorder.recorded, recorder.lost, recorder.failure]).toEqual([1, 3, undefined])
    expect(consumer.errors).toBe(0)
  })
})

describe('a disk that fails', () => {
  it('what was collected and not written is lost, not recorded', async () => {
    const files = memoryFiles(new Map())
    let writes = 0
    const fileSystem: typeof files = {
      ...files,
      open: (...args) => {
        const file = files.open(...args)
        return {
          ...file,
          write: (bytes: Uint8Array, offset: number, length: number, position: number) => {
            if (++writes > 1) throw fileError('write', 'f.ndjson', 'ENOSPC')
            return file.write(bytes, offset, length, position)
          },
        } as typeof file
      },
    }
    const { ring, recorder } = setUp({ fileSystem })
    for (let i = 0; i < 4; i++) ring.publishStatus(0, 0, 2, tsUs, tsUs + i)
    ring.drain()
    recorder.flush()
    for (let i = 0; i < 6; i++) ring.publishStatus(0, 0, 2, tsUs, tsUs + i)
    ring.drain()
    recorder.flush()
    ring.publishStatus(0, 0, 2, tsUs, tsUs)
    ring.drain()
    expect([recorder.recorded, recorder.lost]).toEqual([4, 7])
    await expect(recorder.close()).rejects.toMatchObject({ code: 'TW_FILE' })
  })
})
