import { afterEach, describe, expect, it } from 'vitest'
import { TradewireError } from '../core/errors.js'
import type { FileSystem } from '../core/file-system.js'
import { VirtualTime } from '../core/virtual-time.js'
import { SimulatedDisk } from '../testing/simulated-disk.js'
import type { JournalFailure } from './journal.js'
import { readJournal } from './read-journal.js'
import { openSegmentJournal, type SegmentJournal } from './segment-journal.js'
import type { SegmentJournalOptions } from './segment-journal-options.js'

const directory = 'journal'
let disk = new SimulatedDisk({ seed: 1 })
let time = new VirtualTime()
let failures: JournalFailure[] = []

afterEach(() => {
  disk = new SimulatedDisk({ seed: 1 })
  time = new VirtualTime()
  failures = []
})

function open(options: Partial<SegmentJournalOptions> = {}): SegmentJournal {
  return openSegmentJournal({
    fileSystem: disk.mount(),
    directory,
    scheduler: time,
    onFailure: (failure) => failures.push(failure),
    ...options,
  })
}

function append(journal: SegmentJournal, text: string): number {
  journal.begin(1).string(text)
  return journal.commit()
}

function texts(from: 'start' | 'snapshot' = 'snapshot'): string[] {
  const found: string[] = []
  readJournal(disk, directory, (_type, _seq, record) => found.push(record.string()), { from })
  return found
}

const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof TradewireError) return error.code
    throw error
  }
  return 'none'
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

const numbered = (count: number, from = 0): string[] => Array.from({ length: count }, (_, index) => `r${from + index}`)

describe('writing and reading back', () => {
  it('gives every field type back exactly', async () => {
    const journal = open()
    const writer = journal.begin(7)
    writer.u8(255)
    writer.u16(65_535)
    writer.i32(-2_147_483_648)
    writer.u32(4_294_967_295)
    writer.f64(Number.MAX_SAFE_INTEGER)
    writer.f64(-0)
    writer.f64(Number.NaN)
    writer.bool(true)
    writer.bool(false)
    writer.string('plain, ä, 漢, 😀, lone \ud800 end')
    writer.string('')
    writer.string('x'.repeat(70_000))
    writer.bytes(Uint8Array.of(1, 0, 255))
    expect(journal.commit()).toBe(1)
    await journal.close()
    let seen = 0
    readJournal(disk, directory, (type, seq, record) => {
      seen++
      expect([type, seq]).toEqual([7, 1])
      expect([record.u8(), record.u16(), record.i32(), record.u32()]).toEqual([
        255, 65_535, -2_147_483_648, 4_294_967_295,
      ])
      expect([record.f64(), record.f64(), record.f64()]).toEqual([Number.MAX_SAFE_INTEGER, -0, Number.NaN])
      expect([record.bool(), record.bool()]).toEqual([true, false])
      expect(record.string()).toBe('plain, ä, 漢, 😀, lone \ufffd end')
      expect(record.string()).toBe('')
      expect(record.string()).toBe('x'.repeat(70_000))
      expect([...record.bytes()]).toEqual([1, 0, 255])
      expect(record.remaining).toBe(0)
      expect(codeOf(() => record.u8())).toBe('TW_JOURNAL_CORRUPT')
    })
    expect(seen).toBe(1)
  })

  it('refuses values outside their field and record types of its own', () => {
    const journal = open()
    const writer = journal.begin(1)
    expect(codeOf(() => writer.u8(256))).toBe('TW_INVALID_ARGUMENT')
    expect(codeOf(() => writer.u8(1.5))).toBe('TW_INVALID_ARGUMENT')
    expect(codeOf(() => writer.u16(-1))).toBe('TW_INVALID_ARGUMENT')
    expect(codeOf(() => writer.i32(2 ** 31))).toBe('TW_INVALID_ARGUMENT')
    expect(codeOf(() => writer.u32(Number.NaN))).toBe('TW_INVALID_ARGUMENT')
    expect(codeOf(() => journal.begin(240))).toBe('TW_INVALID_ARGUMENT')
    expect(codeOf(() => journal.begin(-1))).toBe('TW_INVALID_ARGUMENT')
    expect(codeOf(() => journal.begin(1.5))).toBe('TW_INVALID_ARGUMENT')
  })

  it('lays a frame out as documented', () => {
    const journal = open()
    journal.begin(9).u16(0x0201)
    journal.commit()
    journal.flush()
    const bytes = disk.readFile(`${directory}/segment-00000001.journal`)
    expect([...bytes.subarray(0, 4)]).toEqual([12, 0, 0, 0])
    expect([...bytes.subarray(8)]).toEqual([1, 9, 1, 0, 0, 0, 0, 0, 0, 0, 1, 2])
  })

  it('makes one write of all committed records, and none of an open one', () => {
    const journal = open()
    for (const text of numbered(32)) append(journal, text)
    journal.begin(1).string('never committed')
    journal.flush()
    expect(journal.counters()).toMatchObject({ records: 32, writes: 1, abandoned: 0 })
    append(journal, 'after')
    journal.flush()
    expect(journal.counters()).toMatchObject({ records: 33, writes: 2, abandoned: 1 })
    expect(texts()).toEqual([...numbered(32), 'after'])
    expect(codeOf(() => journal.commit())).toBe('TW_INVALID_STATE')
  })

  it('continues after a restart, giving what is there to onRecord', async () => {
    const first = open()
    for (const text of numbered(3)) append(first, text)
    await first.close()
    const found: string[] = []
    const second = open({ onRecord: (_type, _seq, record) => found.push(record.string()) })
    expect(found).toEqual(numbered(3))
    expect(second.recovery.droppedBytes).toBe(0)
    expect(second.lastSeq).toBe(second.recovery.lastSeq)
    append(second, 'r3')
    await second.close()
    expect(texts()).toEqual(numbered(4))
  })

  it('rotates segments and reads over them', async () => {
    const journal = open({ segmentBytes: 200 })
    for (const text of numbered(50)) {
      append(journal, text)
      journal.flush()
    }
    await journal.close()
    expect(disk.list(directory).length).toBeGreaterThan(5)
    expect(texts()).toEqual(numbered(50))
    const again = open({ segmentBytes: 200 })
    append(again, 'r50')
    await again.close()
    expect(texts()).toEqual(numbered(51))
  })

  it('preallocates with zeros and ends at them', async () => {
    const journal = open({ durability: 'fsync', preallocateBytes: 10_000 })
    for (const text of ['a', 'b']) {
      append(journal, text)
      await journal.durable()
    }
    const path = `${directory}/segment-00000001.journal`
    expect(disk.readFile(path).length).toBeGreaterThan(10_000)
    expect(texts()).toEqual(['a', 'b'])
    await journal.close()
    expect(disk.readFile(path).length).toBeLessThan(200)
    expect(texts()).toEqual(['a', 'b'])
  })

  it('names the option that is wrong', () => {
    expect(codeOf(() => open({ fooBar: 1 } as Partial<SegmentJournalOptions>))).toBe('TW_INVALID_CONFIG')
    expect(() => open({ segmentBytes: 1.5 })).toThrow(/segmentBytes/)
    expect(() => open({ bufferBytes: 2 ** 25 })).toThrow(/bufferBytes/)
    expect(() => open({ maxSyncDelayMs: Number.NaN })).toThrow(/maxSyncDelayMs/)
    expect(() => open({ durability: 'sync' as 'os' })).toThrow(/durability/)
    expect(() => open({ directory: '' })).toThrow(/directory/)
    expect(() => openSegmentJournal({ fileSystem: disk, directory })).toThrow(/scheduler/)
  })

  it('refuses a second writer, and lets the next one in after a close', async () => {
    const journal = open()
    expect(codeOf(() => open())).toBe('TW_JOURNAL_LOCKED')
    await journal.close()
    await journal.close()
    await open().close()
  })

  it('refuses everything once closed', async () => {
    const journal = open()
    await journal.close()
    expect(journal.state).toBe('closed')
    expect(codeOf(() => journal.begin(1))).toBe('TW_DISPOSED')
    expect(codeOf(() => journal.flush())).toBe('TW_DISPOSED')
    expect(journal.tryFlush()).toBe(false)
    expect(journal.tryResume()).toBe(false)
    await expect(journal.durable()).rejects.toMatchObject({ code: 'TW_DISPOSED' })
  })
})

describe('syncing', () => {
  it('os: syncs in the background within the delay, and releases memory', async () => {
    const journal = open({ maxSyncDelayMs: 5 })
    append(journal, 'a segment begins with records that are durable')
    journal.flush()
    expect([journal.durableSeq, disk.syncs]).toEqual([1, 1])
    append(journal, 'a')
    journal.flush()
    append(journal, 'b')
    journal.flush()
    expect(journal.durableSeq).toBe(1)
    time.advanceMs(4)
    await settle()
    expect(disk.syncs).toBe(1)
    time.advanceMs(1)
    await settle()
    expect(disk.syncs).toBe(2)
    expect(journal.durableSeq).toBe(journal.lastSeq)
    time.advanceMs(100)
    await settle()
    expect(disk.syncs).toBe(2)
  })

  it('fsync: all records of a turn share one sync, those of the next turns another', async () => {
    const journal = open({ durability: 'fsync' })
    append(journal, 'the first of a segment')
    await journal.durable()
    expect(disk.syncs).toBe(1)
    const first: Promise<void>[] = []
    for (const text of numbered(32)) {
      append(journal, text)
      first.push(journal.durable())
    }
    const lastOfTurn = journal.lastSeq
    await Promise.resolve()
    append(journal, 'late')
    const late = journal.durable()
    await first[0]
    expect(journal.durableSeq).toBe(lastOfTurn)
    await Promise.all(first)
    await late
    expect(disk.syncs).toBe(3)
    await journal.durable()
    expect(disk.syncs).toBe(3)
  })

  it('none: never syncs', async () => {
    const journal = open({ durability: 'none' })
    append(journal, 'a')
    await journal.durable()
    await journal.close()
    expect(disk.syncs).toBe(0)
    expect(texts()).toEqual(['a'])
  })

  it('syncs by itself when memory runs full, and refuses only a record larger than it', async () => {
    const journal = open({ durability: 'fsync', bufferBytes: 256, maxBufferBytes: 4096 })
    for (const text of numbered(1000)) append(journal, text)
    await journal.close()
    expect(texts()).toEqual(numbered(1000))
    const again = open({ bufferBytes: 256, maxBufferBytes: 4096 })
    expect(codeOf(() => append(again, 'x'.repeat(5000)))).toBe('TW_CAPACITY')
    append(again, 'small')
    again.flush()
    expect(texts()).toEqual([...numbered(1000), 'small'])
  })

  it('moves records on, rather than trusting two syncs at once, when memory runs full during a sync', async () => {
    const journal = open({ bufferBytes: 256, maxBufferBytes: 1024 })
    append(journal, 'r0')
    journal.durable().catch(() => {})
    await Promise.resolve()
    for (const text of numbered(100, 1)) append(journal, text)
    await settle()
    await journal.close()
    expect(texts()).toEqual(numbered(101))
    expect(disk.list(directory).filter((name) => name.startsWith('segment')).length).toBeGreaterThan(1)
  })

  it('finishes the sync under way before it closes', async () => {
    const journal = open({ durability: 'fsync' })
    append(journal, 'a')
    const durable = journal.durable()
    await Promise.resolve()
    const closed = journal.close()
    expect(codeOf(() => journal.begin(1))).toBe('TW_DISPOSED')
    await durable
    await closed
    disk.crash({ powerCut: true })
    expect(texts()).toEqual(['a'])
  })
})

describe('a full disk', () => {
  it('refuses, keeps records in memory, and writes them when space returns', async () => {
    const journal = open()
    append(journal, 'r0')
    journal.flush()
    disk.limitSpace(10)
    append(journal, 'r1')
    expect(codeOf(() => journal.flush())).toBe('TW_JOURNAL_FAILED')
    expect(journal.state).toBe('failed')
    expect(failures).toMatchObject([{ operation: 'write', rewritten: false }])
    expect(journal.failure?.error.details.errno).toBe('ENOSPC')
    for (const text of numbered(10, 2)) append(journal, text)
    expect(journal.tryFlush()).toBe(false)
    await expect(journal.durable()).rejects.toMatchObject({ code: 'TW_JOURNAL_FAILED' })
    expect(journal.tryResume()).toBe(false)
    expect(failures.length).toBe(1)
    disk.heal()
    expect(journal.tryResume()).toBe(true)
    expect(journal.state).toBe('open')
    expect(journal.failure).toBeUndefined()
    journal.flush()
    expect(texts()).toEqual(numbered(12))
    expect(disk.list(directory)).toEqual(['segment-00000001.journal'])
    await journal.close()
  })

  it('leaves no torn frame behind, so that a crash then loses nothing that was flushed', () => {
    const journal = open()
    append(journal, 'r0')
    journal.flush()
    disk.limitSpace(7)
    append(journal, 'r1')
    expect(journal.tryFlush()).toBe(false)
    disk.crash({ powerCut: false })
    disk.heal()
    const next = open()
    expect(next.recovery).toMatchObject({ records: 1, droppedBytes: 0 })
  })

  it('still syncs what was written before the disk was full, and tells who waits for it', async () => {
    const journal = open({ durability: 'fsync', preallocateBytes: 0 })
    append(journal, 'r0')
    const first = journal.durable()
    disk.limitSpace(0)
    append(journal, 'r1')
    await expect(journal.durable()).rejects.toMatchObject({ code: 'TW_JOURNAL_FAILED' })
    await first
    expect(journal.durableSeq).toBe(1)
  })

  it('bounds the queue', () => {
    const journal = open({ bufferBytes: 256, maxBufferBytes: 1024 })
    disk.limitSpace(0)
    let accepted = 0
    const code = codeOf(() => {
      for (; accepted < 1000; accepted++) append(journal, `r${accepted}`)
    })
    expect(code).toBe('TW_CAPACITY')
    disk.heal()
    expect(journal.tryResume()).toBe(true)
    append(journal, 'on')
    journal.flush()
    expect(texts()).toEqual([...numbered(accepted), 'on'])
  })

  it('says on close how many records are not safe', async () => {
    const journal = open()
    disk.limitSpace(0)
    append(journal, 'r0')
    append(journal, 'r1')
    await expect(journal.close()).rejects.toMatchObject({ code: 'TW_JOURNAL_FAILED', details: { recordsNotSafe: 2 } })
    disk.heal()
    await open().close()
  })

  it('tries a last time on close', async () => {
    const journal = open()
    disk.limitSpace(0)
    append(journal, 'r0')
    expect(journal.tryFlush()).toBe(false)
    disk.heal()
    await journal.close()
    expect(texts()).toEqual(['r0'])
  })
})

describe('a failing sync', () => {
  it('is not repeated on that file: un-synced records move to a new segment, and new orders are refused', async () => {
    const journal = open({ durability: 'fsync' })
    append(journal, 'r0')
    await journal.durable()
    disk.failSync(1)
    append(journal, 'r1')
    append(journal, 'r2')
    await journal.durable()
    expect(failures).toMatchObject([{ operation: 'sync', rewritten: true }])
    expect(journal.state).toBe('failed')
    expect(codeOf(() => journal.flush())).toBe('TW_JOURNAL_FAILED')
    append(journal, 'r3')
    expect(journal.tryFlush()).toBe(true)
    expect(journal.tryResume()).toBe(true)
    await journal.durable()
    disk.crash({ powerCut: true })
    expect(texts()).toEqual(numbered(4))
  })

  it('stays failed while the new segment fails too, and loses nothing once one works', async () => {
    const journal = open({ durability: 'fsync' })
    append(journal, 'r')
    await journal.durable()
    append(journal, 'r0')
    disk.failSync(1)
    disk.failSync(2)
    disk.failSync(3)
    await expect(journal.durable()).rejects.toMatchObject({ code: 'TW_JOURNAL_FAILED' })
    expect(failures).toMatchObject([{ operation: 'sync', rewritten: false }])
    append(journal, 'r1')
    expect(journal.tryFlush()).toBe(false)
    expect(journal.tryResume()).toBe(false)
    expect(journal.tryResume()).toBe(true)
    disk.crash({ powerCut: true })
    expect(texts()).toEqual(['r', ...numbered(2)])
  })

  it('is handled when it happens in a blocking sync', async () => {
    const journal = open({ segmentBytes: 100 })
    for (const text of ['r', 'r0']) {
      append(journal, text)
      journal.flush()
    }
    disk.failSync(1)
    append(journal, 'x'.repeat(80))
    expect(codeOf(() => journal.flush())).toBe('TW_JOURNAL_FAILED')
    expect(failures).toMatchObject([{ operation: 'sync', rewritten: true }])
    disk.crash({ powerCut: true })
    expect(texts()).toEqual(['r', 'r0', 'x'.repeat(80)])
  })

  it('reports after the record is complete when it happens in the middle of one', async () => {
    const journal: SegmentJournal = open({
      bufferBytes: 256,
      maxBufferBytes: 512,
      onFailure: (failure) => {
        failures.push(failure)
        append(journal, 'halt')
      },
    })
    append(journal, 'r')
    journal.flush()
    append(journal, 'x'.repeat(150))
    disk.failSync(1)
    const writer = journal.begin(1)
    writer.string('y'.repeat(120))
    journal.commit()
    await settle()
    expect(failures.length).toBe(1)
    expect(journal.tryFlush()).toBe(true)
    expect(texts()).toEqual(['r', 'x'.repeat(150), 'y'.repeat(120), 'halt'])
  })

  it('counts a listener that throws and goes on', () => {
    const journal = open({
      onFailure: () => {
        throw new Error('listener')
      },
    })
    append(journal, 'a')
    journal.flush()
    disk.limitSpace(0)
    append(journal, 'b')
    expect(journal.tryFlush()).toBe(false)
    expect(journal.counters().failures).toBe(2)
  })
})

describe('failing rotation', () => {
  it('refuses until a segment can be made', async () => {
    const journal = open({ segmentBytes: 100 })
    append(journal, 'r0')
    await journal.durable()
    append(journal, 'x'.repeat(90))
    disk.limitSpace(0)
    expect(journal.tryFlush()).toBe(false)
    expect(failures).toMatchObject([{ operation: 'rotate', rewritten: false }])
    expect(disk.list(directory)).toEqual(['segment-00000001.journal'])
    expect(journal.tryResume()).toBe(false)
    disk.heal()
    expect(journal.tryResume()).toBe(true)
    await journal.close()
    expect(texts()).toEqual(['r0', 'x'.repeat(90)])
  })

  it('records facts all the same where a second attempt works', async () => {
    const journal = open({ segmentBytes: 100 })
    append(journal, 'r0')
    await journal.durable()
    append(journal, 'x'.repeat(90))
    disk.failCall(1, 'EIO')
    expect(codeOf(() => journal.flush())).toBe('TW_JOURNAL_FAILED')
    expect(failures).toMatchObject([{ operation: 'rotate', rewritten: true }])
    disk.crash({ powerCut: true })
    expect(texts()).toEqual(['r0', 'x'.repeat(90)])
  })

  it('closes where the new segment is in place, but not for certain, while a sync of the old one runs', async () => {
    const journal = open({ durability: 'fsync', preallocateBytes: 0 })
    for (const text of ['r0', 'r1']) {
      append(journal, text)
      await journal.durable().catch(() => {})
    }
    append(journal, 'r2')
    void journal.durable().catch(() => {})
    await Promise.resolve()
    append(journal, 'r3')
    disk.limitSpace(0)
    expect(journal.tryFlush()).toBe(false)
    disk.heal()
    disk.failCall(6, 'EIO') // exists, open, write, sync, rename, sync directory
    expect(journal.tryResume()).toBe(false)
    await journal.close()
    expect(texts()).toEqual(['r0', 'r1', 'r2', 'r3'])
  })

  it('starts a new segment after a write error that is not a lack of space', async () => {
    const journal = open()
    append(journal, 'r0')
    journal.flush()
    append(journal, 'r1')
    disk.failCall(1, 'EIO')
    expect(journal.tryFlush()).toBe(false)
    expect(journal.tryResume()).toBe(true)
    await journal.close()
    expect(texts()).toEqual(['r0', 'r1'])
    expect(disk.list(directory).length).toBe(2)
  })

  it('starts a new segment where the torn frame cannot be cut off', async () => {
    const journal = open()
    append(journal, 'r0')
    journal.flush()
    append(journal, 'r1')
    disk.failCall(1, 'ENOSPC')
    disk.failCall(2, 'EIO')
    expect(journal.tryFlush()).toBe(false)
    expect(journal.tryResume()).toBe(true)
    await journal.close()
    expect(texts()).toEqual(['r0', 'r1'])
    expect(disk.list(directory).length).toBe(2)
  })
})

describe('snapshots', () => {
  const snapshot = (journal: SegmentJournal, text: string): number => journal.writeSnapshot((w) => w.string(text))

  it('begin a segment; reading starts there, or at the start when asked', async () => {
    const journal = open()
    append(journal, 'r0')
    snapshot(journal, 's')
    append(journal, 'r1')
    await journal.close()
    expect(texts()).toEqual(['s', 'r1'])
    expect(texts('start')).toEqual(['r0', 's', 'r1'])
    expect(disk.list(directory).length).toBe(2)
  })

  it('drop older segments beyond keepSegments, durably before they do', async () => {
    const journal = open({ keepSegments: 1 })
    for (let round = 0; round < 4; round++) {
      append(journal, `r${round}`)
      snapshot(journal, `s${round}`)
    }
    expect(disk.list(directory).length).toBe(2)
    expect(texts('start')).toEqual(['s2', 'r3', 's3'])
    disk.crash({ powerCut: true })
    expect(texts()).toEqual(['s3'])
    const next = open({ keepSegments: 0 })
    snapshot(next, 's4')
    await next.close()
    expect(disk.list(directory)).toEqual(['segment-00000006.journal'])
    expect(texts()).toEqual(['s4'])
  })

  it('may be larger than the memory for records', async () => {
    const journal = open({ bufferBytes: 256, maxBufferBytes: 1024 })
    snapshot(journal, 'x'.repeat(3_000_000))
    append(journal, 'r')
    await journal.close()
    expect(texts()).toEqual(['x'.repeat(3_000_000), 'r'])
  })

  it('change nothing where the encoder throws or the disk is full', async () => {
    const journal = open()
    append(journal, 'r0')
    expect(() =>
      journal.writeSnapshot((writer) => {
        writer.u8(1)
        expect(codeOf(() => journal.begin(1))).toBe('TW_INVALID_STATE')
        throw new Error('no state')
      }),
    ).toThrow('no state')
    disk.limitSpace(20)
    expect(codeOf(() => snapshot(journal, 'x'.repeat(100)))).toBe('TW_JOURNAL_FAILED')
    disk.heal()
    expect(journal.state).toBe('open')
    append(journal, 'r1')
    await journal.close()
    expect(texts()).toEqual(['r0', 'r1'])
    await open().close()
    expect(disk.list(directory)).toEqual(['segment-00000001.journal'])
  })

  it('lose nothing where the rename cannot be made durable', async () => {
    const journal = open()
    append(journal, 'r0')
    await journal.durable()
    disk.failCall(6, 'EIO') // exists, open, write, sync, rename, sync directory
    expect(codeOf(() => snapshot(journal, 's'))).toBe('TW_JOURNAL_FAILED')
    expect(failures).toMatchObject([{ operation: 'rotate' }])
    append(journal, 'r1')
    expect(journal.tryResume()).toBe(true)
    disk.crash({ powerCut: true })
    expect(texts()).toEqual(['s', 'r1'])
  })
})

describe('without durability', () => {
  const none = { durability: 'none' } as const

  it('goes on in a new segment after a write error, and in the same after a lack of space', async () => {
    const journal = open(none)
    append(journal, 'r')
    journal.flush()
    append(journal, 'r0')
    disk.failCall(1, 'EIO')
    expect(journal.tryFlush()).toBe(false)
    expect(journal.tryResume()).toBe(true)
    append(journal, 'r1')
    disk.limitSpace(5)
    expect(journal.tryFlush()).toBe(false)
    disk.heal()
    expect(journal.tryResume()).toBe(true)
    journal.writeSnapshot((writer) => writer.string('s'))
    append(journal, 'r2')
    await journal.close()
    expect(texts('start')).toEqual(['r', 'r0', 'r1', 's', 'r2'])
    expect(disk.syncs).toBe(0)
  })

  it('says on close how many records were not written', async () => {
    const journal = open(none)
    append(journal, 'r0')
    journal.flush()
    disk.limitSpace(0)
    append(journal, 'r1')
    await expect(journal.close()).rejects.toMatchObject({ details: { recordsNotSafe: 1 } })
  })
})

describe('odd moments', () => {
  it('closes with a record open, and by await using', async () => {
    {
      await using journal = open()
      append(journal, 'r0')
      journal.begin(1).string('never committed')
    }
    expect(texts()).toEqual(['r0'])
  })

  it('takes a write that writes nothing for a full disk', () => {
    const real = disk.mount()
    let stuck = false
    const fileSystem: FileSystem = {
      ...real,
      open: (path, mode) => {
        const file = real.open(path, mode)
        return { ...file, write: (...call) => (stuck ? 0 : file.write(...call)) }
      },
    }
    const journal = open({ fileSystem, preallocateBytes: 1_000 })
    append(journal, 'r0')
    stuck = true
    expect(journal.tryFlush()).toBe(false)
    expect(journal.failure?.error.details.errno).toBe('ENOSPC')
    stuck = false
    expect(journal.tryResume()).toBe(true)
    expect(texts()).toEqual(['r0'])
  })

  it('refuses a snapshot of a failed journal', () => {
    const journal = open()
    append(journal, 'r0')
    disk.limitSpace(0)
    expect(codeOf(() => journal.writeSnapshot((writer) => writer.u8(1)))).toBe('TW_JOURNAL_FAILED')
    expect(codeOf(() => journal.writeSnapshot((writer) => writer.u8(1)))).toBe('TW_JOURNAL_FAILED')
  })

  it('moves on after a failed write while a sync runs', async () => {
    const journal = open({ durability: 'fsync', preallocateBytes: 0 })
    append(journal, 'r')
    await journal.durable()
    append(journal, 'r0')
    const durable = journal.durable()
    await Promise.resolve()
    append(journal, 'r1')
    disk.limitSpace(0)
    expect(journal.tryFlush()).toBe(false)
    disk.heal()
    expect(journal.tryResume()).toBe(true)
    await durable
    disk.crash({ powerCut: true })
    expect(texts()).toEqual(['r', 'r0', 'r1'])
  })

  it('does not take any byte for a flag', async () => {
    const journal = open()
    journal.begin(1).u8(2)
    journal.commit()
    await journal.close()
    expect(codeOf(() => readJournal(disk, directory, (_type, _seq, record) => record.bool()))).toBe(
      'TW_JOURNAL_CORRUPT',
    )
  })
})
