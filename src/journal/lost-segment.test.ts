/**
 * Segments whose contents were lost: a file that is empty, zeroed, or does not begin with a record is never taken for one
 * that nothing was written to, for a segment gets its name only when its first records are durable.
 */
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { TradewireError } from '../core/errors.js'
import type { FileSystem } from '../core/file-system.js'
import { SeededRandom } from '../core/random.js'
import { SimulatedCrash, SimulatedDisk } from '../testing/simulated-disk.js'
import { cutJournal } from './cut-journal.js'
import { frameCrc } from './frame.js'
import { verifyJournal } from './inspect-journal.js'
import type { RecordWriter } from './journal.js'
import { readJournal } from './read-journal.js'
import { openSegmentJournal, type SegmentJournal } from './segment-journal.js'
import type { SegmentJournalOptions } from './segment-journal-options.js'

const directory = 'journal'

function open(disk: SimulatedDisk, options: Partial<SegmentJournalOptions> = {}): SegmentJournal {
  return openSegmentJournal({
    fileSystem: disk.mount(),
    directory,
    durability: 'fsync',
    preallocateBytes: 0,
    ...options,
  })
}

function append(journal: SegmentJournal, text: string): void {
  journal.begin(1).string(text)
  journal.commit()
}

function texts(disk: SimulatedDisk, from: 'start' | 'snapshot' = 'snapshot'): string[] {
  const found: string[] = []
  readJournal(disk, directory, (_type, _seq, record) => found.push(record.string()), { from })
  return found
}

/** A disk with a closed journal of several segments. `snapshots`: after how many records one is written. */
async function written(options: Partial<SegmentJournalOptions> = {}, snapshots = 1_000): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk({ seed: 1 })
  const journal = open(disk, { segmentBytes: 300, ...options })
  for (let n = 1; n <= 40; n++) {
    append(journal, `r${n}`)
    journal.flush()
    if (n % snapshots === 0) journal.writeSnapshot((writer) => writer.string(`s${n}`))
  }
  await journal.close()
  return disk
}

const segments = (disk: SimulatedDisk): string[] => disk.list(directory).map((name) => `${directory}/${name}`)

/** Expects that reader and writer refuse a journal, and that both leave every file as it is. */
function expectRefused(disk: SimulatedDisk, message: RegExp): void {
  const before = segments(disk).map((path) => [path, [...disk.readFile(path)]])
  for (const attempt of [() => texts(disk), () => open(disk)]) {
    expect(attempt).toThrow(expect.objectContaining({ code: 'TW_JOURNAL_CORRUPT' }))
    expect(attempt).toThrow(message)
  }
  expect(segments(disk).map((path) => [path, [...disk.readFile(path)]])).toEqual(before)
}

/** What may be left of a file: nothing, zeros, garbage, zeros with something behind, less than a header, a first frame that is not whole. */
const leftovers: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  nothing: () => new Uint8Array(0),
  zeros: (bytes) => new Uint8Array(bytes.length),
  garbage: (bytes) => bytes.map((_, index) => 1 + ((index * 73) % 255)),
  'zeros and garbage': (bytes) => bytes.map((_, index) => (index < 100 ? 0 : 7)),
  'a part of a header': (bytes) => bytes.slice(0, 11),
  'a part of the first frame': (bytes) => bytes.slice(0, 19),
  'a first frame with a wrong checksum': (bytes) => bytes.slice(0, 22).map((byte, at) => (at === 5 ? ~byte : byte)),
}

describe.each(Object.keys(leftovers))('a segment of which is left: %s', (name) => {
  const damage = (disk: SimulatedDisk, path: string): void =>
    disk.install(path, (leftovers[name] as (bytes: Uint8Array) => Uint8Array)(disk.readFile(path)))

  it('is refused where it is the only one', async () => {
    const disk = await written({ segmentBytes: 100_000 })
    expect(segments(disk).length).toBe(1)
    damage(disk, segments(disk)[0] as string)
    expectRefused(disk, /does not begin with a whole record/)
  })

  it('is refused where it is the last one, and can be cut off', async () => {
    const disk = await written()
    const before = texts(disk)
    const last = segments(disk).at(-1) as string
    damage(disk, last)
    expectRefused(disk, /does not begin with a whole record/)
    const next = { type: 1, write: (writer: RecordWriter) => writer.string('next') }
    expect(cutJournal(disk, directory, 'backup', () => next)).toMatchObject({ path: last, offset: 0 })
    const kept = texts(disk)
    expect(kept.pop()).toBe('next')
    expect(kept.length).toBeGreaterThan(20)
    expect(kept).toEqual(before.slice(0, kept.length))
  })

  it('is refused in the middle', async () => {
    const disk = await written()
    damage(disk, segments(disk)[2] as string)
    expectRefused(disk, /lacks records/)
  })

  it('is refused where everything before it was removed after a snapshot', async () => {
    const disk = await written({ keepSegments: 0 }, 40)
    expect(segments(disk).length).toBe(1)
    damage(disk, segments(disk)[0] as string)
    expectRefused(disk, /does not begin with a whole record/)
  })

  it('is no reason to go back to the snapshot before it', async () => {
    const disk = await written({}, 20)
    damage(disk, segments(disk).at(-1) as string)
    expectRefused(disk, /does not begin with a whole record/)
  })

  it('is told where it is history before a snapshot', async () => {
    const disk = await written({}, 40)
    damage(disk, segments(disk)[0] as string)
    expect(texts(disk)).toEqual(['s40'])
    expect(verifyJournal(disk, directory).state).toBe('damaged-history')
    const kept = await written({ keepSegments: 2 }, 40)
    expect(segments(kept).length).toBe(3)
    damage(kept, segments(kept)[0] as string)
    expect(verifyJournal(kept, directory).state).toBe('damaged-history')
  })
})

describe('two histories', () => {
  it('are cut where they part, and go on behind all that holds', async () => {
    const disk = await written({ segmentBytes: 100_000 })
    const before = texts(disk)
    const first = disk.readFile(segments(disk)[0] as string)
    const view = new DataView(first.buffer, first.byteOffset, first.byteLength)
    const [second, third] = [22, 48]
    const other = first.slice(0, third)
    other[third - 1] = 'x'.charCodeAt(0)
    new DataView(other.buffer).setInt32(second + 4, frameCrc(new DataView(other.buffer), second, third), true)
    expect(view.getUint32(second, true)).toBe(third - second - 8)
    disk.install(`${directory}/segment-00000002.journal`, other)
    expectRefused(disk, /has another record 2 than the segment before it/)
    const next = { type: 1, write: (writer: RecordWriter) => writer.string('next') }
    cutJournal(disk, directory, 'backup', () => next)
    expect(texts(disk)).toEqual([...before, 'next'])
    const journal = open(disk)
    append(journal, 'more')
    await journal.close()
    expect(texts(disk)).toEqual([...before, 'next', 'more'])
  })
})

describe('a segment has its name only when its first records are durable', () => {
  const isCrash = (error: unknown): boolean =>
    error instanceof SimulatedCrash || (error instanceof TradewireError && error.cause instanceof SimulatedCrash)

  it('at every crash point, with whatever faults before it', async () => {
    for (let seed = 1; seed <= runs({ ci: 500, full: 20_000 }); seed++) {
      const random = new SeededRandom(seed)
      const disk = new SimulatedDisk({ seed })
      disk.makeDirectory(directory)
      for (let life = 0; life < 3; life++) {
        disk.failCall(1 + random.below(50), 'crash')
        if (random.chance(0.3)) disk.failSync(1 + random.below(3))
        if (random.chance(0.3)) disk.failCall(1 + random.below(40), random.chance(0.5) ? 'ENOSPC' : 'EIO')
        try {
          const journal = open(disk, { segmentBytes: 400, preallocateBytes: random.chance(0.5) ? 500 : 0 })
          for (let n = 0; n < 40; n++) {
            append(journal, `${life} ${n}`)
            if (random.chance(0.2)) await journal.durable().catch(() => {})
            if (random.chance(0.1) && journal.state === 'open') journal.writeSnapshot((w) => w.string('s'))
            if (!journal.tryFlush()) journal.tryResume()
          }
        } catch (error) {
          if (!isCrash(error) && !(error instanceof TradewireError)) throw error
        }
        disk.crash({ powerCut: random.chance(0.7) })
        disk.heal()
        for (const path of disk.list(directory).filter((each) => each.startsWith('segment-'))) {
          const bytes = disk.readFile(`${directory}/${path}`)
          const alone = new SimulatedDisk({ seed })
          alone.makeDirectory(directory)
          alone.install(`${directory}/segment-00000001.journal`, bytes)
          const found = verifyJournal(alone, directory)
          const isWhole = found.problem === undefined || /lacks records/.test(found.problem.message)
          expect([seed, life, path, isWhole, found.problem?.message]).toEqual([
            seed,
            life,
            path,
            true,
            found.problem?.message,
          ])
        }
      }
    }
  })

  it('and a rename that took place although it failed costs nothing', async () => {
    for (const isSnapshot of [false, true]) {
      const disk = new SimulatedDisk({ seed: 1 })
      let isLying = false
      const real = disk.mount()
      const fileSystem: FileSystem = {
        ...real,
        rename: (from, to) => {
          real.rename(from, to)
          if (isLying) throw new TradewireError('TW_FILE', 'no answer', { details: { errno: 'EIO' } })
        },
      }
      const journal = open(disk, { fileSystem, segmentBytes: 100 })
      append(journal, 'r1')
      await journal.durable()
      isLying = true
      if (isSnapshot) expect(() => journal.writeSnapshot((writer) => writer.string('s'))).toThrow(/not written/)
      else {
        append(journal, `r2 ${'x'.repeat(90)}`)
        expect(journal.tryFlush()).toBe(false)
      }
      expect(journal.state).toBe('failed')
      isLying = false
      append(journal, 'r3')
      expect(journal.tryResume()).toBe(true)
      append(journal, 'r4')
      await journal.durable()
      disk.crash({ powerCut: true })
      expect(texts(disk).map((text) => text.slice(0, 2))).toEqual(
        isSnapshot ? ['r1', 'r3', 'r4'] : ['r1', 'r2', 'r3', 'r4'],
      )
    }
  })
})
