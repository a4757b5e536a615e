/**
 * Recovery under damage: whatever is cut off, flipped, torn or lost, a reader gets a prefix of what was written that holds
 * everything acknowledged, or an error. Never a wrong record, never a hole.
 */
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { TradewireError } from '../core/errors.js'
import { SeededRandom } from '../core/random.js'
import { SimulatedCrash, SimulatedDisk } from '../testing/simulated-disk.js'
import { snapshotType } from './frame.js'
import { readJournal } from './read-journal.js'
import { openSegmentJournal, type SegmentJournal } from './segment-journal.js'
import type { SegmentJournalOptions } from './segment-journal-options.js'

const directory = 'journal'
const firstSegment = `${directory}/segment-00000001.journal`

function open(disk: SimulatedDisk, options: Partial<SegmentJournalOptions> = {}): SegmentJournal {
  return openSegmentJournal({
    fileSystem: disk.mount(),
    directory,
    durability: 'fsync',
    preallocateBytes: 0,
    ...options,
  })
}

/** Record `n`: its number, the life it was written in, and a payload of varying length that depends on it. */
function append(journal: SegmentJournal, n: number, life = 0): void {
  const writer = journal.begin(1 + (n % 5))
  writer.u32(n)
  writer.u8(life)
  const length = (n * 37) % 90
  for (let at = 0; at < length; at++) writer.u8((n * 31 + at * 7) & 255)
  journal.commit()
}

interface Found {
  /** Records read or summed up by a snapshot, which are 0 to count - 1: anything else throws. */
  count: number
  droppedBytes: number
}

/** Reads the journal and checks every byte of every record. Throws what the reader throws. */
function recover(disk: SimulatedDisk, lives: readonly number[] = []): Found {
  disk.makeDirectory(directory)
  let count = 0
  const result = readJournal(disk, directory, (type, _seq, record) => {
    const n = record.u32()
    if (type === snapshotType) {
      count = n
      return
    }
    const length = (n * 37) % 90
    if (record.u8() !== (lives[n] ?? 0)) throw new Error(`record ${n} of another life`)
    if (n !== count || type !== 1 + (n % 5) || record.remaining !== length) throw new Error(`wrong record ${n}`)
    for (let at = 0; at < length; at++)
      if (record.u8() !== ((n * 31 + at * 7) & 255)) throw new Error(`wrong byte in ${n}`)
    count++
  })
  return { count, droppedBytes: result.droppedBytes }
}

const refusal = (error: unknown): string => {
  if (error instanceof TradewireError) return error.code
  throw error
}

/** A journal of about 5 KB as it lies on the disk, and where its frames end. */
async function sample(clean: boolean): Promise<{ bytes: Uint8Array; ends: number[]; count: number }> {
  const disk = new SimulatedDisk({ seed: 3 })
  const journal = open(disk)
  const count = 80
  for (let n = 0; n < count; n++) {
    append(journal, n)
    if (n % 7 === 0) journal.flush()
    if (n % 20 === 0) await journal.durable()
  }
  journal.flush()
  if (clean) await journal.close()
  const bytes = disk.readFile(firstSegment)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const ends: number[] = []
  for (let at = 0; at < bytes.length; ) {
    at += 8 + view.getUint32(at, true)
    // Marks of the journal's own count with the record before them.
    if (view.getUint8(ends.at(-1) ?? 9) !== 0) ends.push(at)
  }
  return { bytes, ends, count }
}

function diskWith(bytes: Uint8Array): SimulatedDisk {
  const disk = new SimulatedDisk({ seed: 1 })
  disk.makeDirectory(directory)
  disk.install(firstSegment, bytes)
  return disk
}

/** Frames of the host that end at or before `size`. */
function recordsWithin(bytes: Uint8Array, size: number): { records: number; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  let records = 0
  let at = 0
  while (at < bytes.length) {
    const end = at + 8 + view.getUint32(at, true)
    if (end > size) break
    if (view.getUint8(at + 9) < 240) records++
    at = end
  }
  return { records, end: at }
}

describe('every truncation', () => {
  it('gives exactly the whole frames before it, and the writer goes on from there; without one it is refused', async () => {
    const { bytes } = await sample(true)
    expect(bytes.length).toBeGreaterThan(4_500)
    for (let size = 0; size <= bytes.length; size++) {
      const disk = diskWith(bytes.subarray(0, size))
      const { records, end } = recordsWithin(bytes, size)
      if (end === 0) {
        for (const attempt of [() => recover(disk), () => open(disk)])
          expect(attempt).toThrow(expect.objectContaining({ code: 'TW_JOURNAL_CORRUPT' }))
        continue
      }
      let used = size
      while (used > end && bytes[used - 1] === 0) used--
      expect(recover(disk)).toEqual({ count: records, droppedBytes: used - end })
      if (size % 13 !== 0) continue
      const journal = open(disk)
      expect(journal.recovery.droppedBytes).toBe(used - end)
      append(journal, records)
      await journal.close()
      expect(recover(disk)).toEqual({ count: records + 1, droppedBytes: 0 })
    }
  })

  it('with zeros or garbage in place of the rest never gives a wrong record', async () => {
    const { bytes } = await sample(false)
    const random = new SeededRandom(11)
    for (let run = 0; run < runs({ ci: 500, full: 2_000 }); run++) {
      let size = bytes[0] + 8 + random.below(bytes.length - bytes[0] - 8)
      const tail = new Uint8Array(bytes.length + 600)
      tail.set(bytes.subarray(0, size))
      if (run % 2 === 1) for (let at = size; at < tail.length; at++) tail[at] = random.below(256)
      // They may happen to be just what was cut off.
      while (size < bytes.length && tail[size] === bytes[size]) size++
      expect(recover(diskWith(tail)).count).toBe(recordsWithin(bytes, size).records)
    }
  })
})

describe('every single-bit flip', () => {
  it('after a clean close is refused as corrupt, or drops no record', async () => {
    const { bytes, count } = await sample(true)
    const outcomes = { corrupt: 0, harmless: 0 }
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3] ^= 1 << (bit & 7)
      let code = ''
      try {
        const found = recover(diskWith(bytes))
        if (found.count !== count || found.droppedBytes === 0) throw new Error(`bit ${bit}: ${found.count} records`)
      } catch (error) {
        code = refusal(error)
      }
      bytes[bit >> 3] ^= 1 << (bit & 7)
      if (code === '') outcomes.harmless++
      else if (code === 'TW_JOURNAL_CORRUPT') outcomes.corrupt++
      else throw new Error(`bit ${bit}: ${code}`)
    }
    // Only the closing note itself may be damaged without a word: 26 bytes.
    expect(outcomes).toEqual({ corrupt: (bytes.length - 26) * 8, harmless: 26 * 8 })
  })

  it('after a crash is refused, in whichever record', async () => {
    const { bytes } = await sample(false)
    const step = runs({ ci: 3, full: 1 })
    for (let bit = 0; bit < bytes.length * 8; bit += step) {
      bytes[bit >> 3] ^= 1 << (bit & 7)
      expect(() => recover(diskWith(bytes)), `bit ${bit}`).toThrow(
        expect.objectContaining({ code: 'TW_JOURNAL_CORRUPT' }),
      )
      bytes[bit >> 3] ^= 1 << (bit & 7)
    }
  })

  it('in the last record is refused however long it is, and whatever zeros follow', async () => {
    const disk = new SimulatedDisk({ seed: 3 })
    const journal = open(disk)
    append(journal, 0)
    const long = journal.begin(2)
    for (let at = 0; at < 3_000; at++) long.u8(at % 251 < 120 ? 0 : at & 255)
    journal.commit()
    journal.flush()
    const written = disk.readFile(firstSegment)
    const bytes = new Uint8Array(written.length + 2_000)
    bytes.set(written)
    const second = 8 + new DataView(bytes.buffer).getUint32(0, true)
    for (let bit = second * 8; bit < written.length * 8; bit += runs({ ci: 31, full: 1 })) {
      bytes[bit >> 3] ^= 1 << (bit & 7)
      expect(() => readJournal(diskWith(bytes), directory, () => {}), `bit ${bit}`).toThrow(
        /damaged in its last record/,
      )
      bytes[bit >> 3] ^= 1 << (bit & 7)
    }
  })
})

describe('what is refused', () => {
  it('a missing segment, a missing start, a newer version, two histories', async () => {
    const disk = new SimulatedDisk({ seed: 1 })
    const journal = open(disk, { segmentBytes: 200 })
    for (let n = 0; n < 30; n++) {
      append(journal, n)
      journal.flush()
    }
    await journal.close()
    const contents = new Map(disk.list(directory).map((name) => [name, disk.readFile(`${directory}/${name}`)]))
    const without = (missing: (name: string, index: number) => boolean): string => {
      const copy = new SimulatedDisk({ seed: 1 })
      copy.makeDirectory(directory)
      let index = 0
      for (const [name, bytes] of contents) if (!missing(name, index++)) copy.install(`${directory}/${name}`, bytes)
      try {
        recover(copy)
      } catch (error) {
        return refusal(error)
      }
      return 'none'
    }
    expect(without(() => false)).toBe('none')
    expect(without((_, index) => index === 2)).toBe('TW_JOURNAL_CORRUPT')
    expect(without((_, index) => index === 0)).toBe('TW_JOURNAL_CORRUPT')
    expect(() => readJournal(disk, 'elsewhere', () => {})).toThrow(/elsewhere/)

    const { bytes } = await sample(false)
    bytes[8] = 2
    expect(() => recover(diskWith(reseal(bytes)))).toThrow(expect.objectContaining({ code: 'TW_JOURNAL_VERSION' }))
    bytes[8] = 0
    expect(() => recover(diskWith(reseal(bytes)))).toThrow(expect.objectContaining({ code: 'TW_JOURNAL_CORRUPT' }))
    bytes[8] = 1

    const twice = diskWith(reseal(bytes))
    const other = bytes.slice(0, recordsWithin(bytes, 200).end)
    other[18] ^= 1
    twice.install(`${directory}/segment-00000002.journal`, reseal(other))
    expect(() => recover(twice)).toThrow(/another record 1/)

    const skipping = reseal(bytes)
    const second = 8 + new DataView(skipping.buffer).getUint32(0, true)
    skipping[second + 10] += 1
    expect(() => recover(diskWith(reseal(skipping, second)))).toThrow(/has record 3 where 2 belongs/)
  })

  it('a file that is no journal, rather than taking it for a first write cut short', () => {
    const random = new SeededRandom(5)
    for (const size of [18, 100, 4_096]) {
      const bytes = Uint8Array.from({ length: size }, () => 1 + random.below(255))
      const disk = diskWith(bytes)
      expect(() => open(disk)).toThrow(/does not begin with a whole record/)
      expect(disk.readFile(firstSegment)).toEqual(bytes)
    }
  })

  it('leaves the directory unlocked and unchanged', async () => {
    const { bytes } = await sample(false)
    bytes[300] ^= 4
    const disk = diskWith(bytes)
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(() => open(disk)).toThrow(expect.objectContaining({ code: 'TW_JOURNAL_CORRUPT' }))
      expect(disk.readFile(firstSegment)).toEqual(bytes)
    }
  })

  it('a lost sector only where later notes prove that it had been written', async () => {
    const { bytes } = await sample(true)
    const lost = bytes.slice().fill(0, 1024, 1536)
    expect(() => recover(diskWith(lost))).toThrow(expect.objectContaining({ code: 'TW_JOURNAL_CORRUPT' }))
    const unsynced = new SimulatedDisk({ seed: 1 })
    const journal = open(unsynced)
    for (let n = 0; n < 60; n++) append(journal, n)
    journal.flush()
    const content = unsynced.readFile(firstSegment).fill(0, 1024, 1536)
    const disk = diskWith(content)
    expect(recover(disk).count).toBe(recordsWithin(unsynced.readFile(firstSegment), 1024).records)
    const next = open(disk)
    expect(next.recovery.droppedBytes).toBeGreaterThan(512)
  })
})

/** Makes the checksum of the frame at `start` right again. */
function reseal(bytes: Uint8Array, start = 0): Uint8Array {
  const copy = bytes.slice()
  const view = new DataView(copy.buffer)
  const end = start + 8 + view.getUint32(start, true)
  let crc = -1
  const feed = (byte: number): void => {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  for (let at = start; at < start + 4; at++) feed(copy[at])
  for (let at = start + 8; at < end; at++) feed(copy[at])
  view.setInt32(start + 4, ~crc, true)
  return copy
}

/** What a process did to a journal before it ended. */
interface Life {
  /** In which life each record was last written. */
  lives: number[]
  /** Number of this life. */
  number: number
  /** Records committed, in this life and before. */
  committed: number
  /** Records that `flush` (`os`) or `durable` (`fsync`) acknowledged. */
  acknowledged: number
}

/** Appends, flushes, waits and takes snapshots at random until the process is crashed, or it has done enough. */
async function live(journal: SegmentJournal, life: Life, random: SeededRandom, steps: number): Promise<void> {
  const acknowledge = (count: number): void => {
    life.acknowledged = Math.max(life.acknowledged, count)
  }
  for (let step = 0; step < steps; step++) {
    for (let count = 1 + random.below(12); count > 0; count--) {
      append(journal, life.committed, life.number)
      life.lives[life.committed++] = life.number
    }
    const committed = life.committed
    const choice = random.below(10)
    try {
      if (choice < 4) {
        await journal.durable()
        acknowledge(committed)
      } else if (choice < 7) {
        const durable = journal.durable().then(
          () => acknowledge(committed),
          () => {},
        )
        if (choice < 5) await durable
      } else if (choice < 9) {
        journal.flush()
      } else {
        journal.writeSnapshot((writer) => writer.u32(committed))
        acknowledge(committed)
      }
    } catch (error) {
      if (refusal(error) !== 'TW_JOURNAL_FAILED') throw error
      journal.tryResume()
    }
  }
}

const isCrash = (error: unknown): boolean =>
  error instanceof SimulatedCrash || (error instanceof TradewireError && error.cause instanceof SimulatedCrash)

describe('crash points', () => {
  /** Crashes at a random call in each of several lives of one journal; returns how often, or throws at the first loss. */
  async function crashes(seed: number, lives: number): Promise<number> {
    const random = new SeededRandom(seed)
    const disk = new SimulatedDisk({ seed })
    const preallocateBytes = random.chance(0.5) ? 2_000 : 0
    const segmentBytes = random.chance(0.5) ? 2_000 : 50_000
    const keepSegments = random.below(3)
    const life: Life = { lives: [], number: 0, committed: 0, acknowledged: 0 }
    let crashed = 0
    // What was cut off may come back until a writer stands ready again: it makes the cut durable before it is.
    let possible = 0
    for (life.number = 1; life.number <= lives; life.number++) {
      disk.failCall(1 + random.below(60), 'crash')
      if (random.chance(0.2)) disk.failSync(1 + random.below(4))
      if (random.chance(0.2)) disk.failCall(1 + random.below(40), random.chance(0.5) ? 'ENOSPC' : 'EIO')
      try {
        const journal = open(disk, { preallocateBytes, segmentBytes, keepSegments })
        // What it has read it vouches for.
        life.acknowledged = life.committed
        possible = 0
        await live(journal, life, random, 1 + random.below(12))
      } catch (error) {
        if (!isCrash(error) && refusal(error) !== 'TW_FILE' && refusal(error) !== 'TW_CAPACITY') throw error
      }
      crashed++
      const powerCut = random.chance(0.7)
      disk.crash({ powerCut })
      disk.heal()
      const { count } = recover(disk, life.lives)
      if (count < life.acknowledged)
        throw new Error(`${life.acknowledged - count} of ${life.acknowledged} acknowledged records lost`)
      possible = Math.max(possible, life.committed)
      if (count > possible) throw new Error(`${count} records found, ${possible} written`)
      life.committed = count
      // A process that dies leaves more to be read than is on the disk.
      if (powerCut) life.acknowledged = count
    }
    return crashed
  }

  it('with a power cut lose nothing that durable() acknowledged', async () => {
    const target = runs({ ci: 2_000, full: 100_000 })
    let points = 0
    for (let seed = 1; points < target; seed++) {
      try {
        points += await crashes(seed, 5)
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
      }
    }
    expect(points).toBeGreaterThanOrEqual(target)
  }, 600_000)

  it('lose nothing over a failed sync whose pages went on to be read, and were never on the disk', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const disk = new SimulatedDisk({ seed })
      let acknowledged = 0
      const append20 = async (journal: SegmentJournal): Promise<void> => {
        for (let n = 0; n < 20; n++) {
          append(journal, acknowledged + n)
          journal.flush()
        }
        await journal.durable()
        acknowledged += 20
      }
      await append20(open(disk))
      disk.crash({ powerCut: false })
      const second = open(disk)
      disk.failSync(1)
      // Nor can a new segment be made.
      disk.failCall(22 + (seed % 3), seed % 2 === 0 ? 'crash' : 'EIO')
      await append20(second).catch(() => {})
      disk.crash({ powerCut: false })
      disk.heal()
      // What the reader sees now is what the system acts on.
      const { count } = recover(disk)
      acknowledged = count
      await append20(open(disk))
      disk.crash({ powerCut: true })
      expect([seed, recover(disk).count]).toEqual([seed, acknowledged])
    }
  })

  it('would be noticed: acknowledging after flush() alone loses records', async () => {
    let lossy = 0
    for (let seed = 1; seed <= 50; seed++) {
      const disk = new SimulatedDisk({ seed })
      const journal = open(disk)
      for (let n = 0; n < 20; n++) {
        append(journal, n)
        journal.flush()
      }
      disk.crash({ powerCut: true })
      if (recover(disk).count < 20) lossy++
    }
    expect(lossy).toBeGreaterThan(25)
  })

  /** A journal with so many records on the platter. */
  async function withDurable(disk: SimulatedDisk, count: number): Promise<SegmentJournal> {
    const journal = open(disk)
    for (let n = 0; n < count; n++) append(journal, n)
    await journal.durable()
    return journal
  }

  /** A disk that is full takes whole records and a torn one, which are cut off again; the cut is in the cache only. */
  function writeOnFullDisk(journal: SegmentJournal, disk: SimulatedDisk, random: SeededRandom): void {
    disk.limitSpace(random.below(200))
    for (let n = 3; n < 8; n++) append(journal, n, 1)
    expect(journal.tryFlush()).toBe(false)
  }

  it('of the process, then of the power: what was cut off in between does not come back, whatever segment it was in', async () => {
    for (let seed = 1; seed <= runs({ ci: 300, full: 5_000 }); seed++) {
      const random = new SeededRandom(seed)
      const disk = new SimulatedDisk({ seed })
      const lives = [0, 0, 0]
      const first = await withDurable(disk, lives.length)
      writeOnFullDisk(first, disk, random)
      if (random.chance(0.5)) {
        // The cut cannot be made durable: the records move to a new segment, which the disk does not take either.
        disk.failSync(1)
        disk.limitSpace(random.below(200))
        expect(first.tryResume()).toBe(false)
      }
      disk.crash({ powerCut: false })
      disk.heal()
      const second = open(disk)
      while (lives.length < second.recovery.records) lives.push(1)
      for (let n = lives.length; n < 10; n++) {
        append(second, n, 2)
        lives.push(2)
      }
      await second.durable()
      disk.crash({ powerCut: true })
      expect(recover(disk, lives).count).toBe(lives.length)
    }
  })

  it('of the power while a writer cuts off what another left leave a journal that opens', async () => {
    for (let seed = 1; seed <= runs({ ci: 600, full: 20_000 }); seed++) {
      const random = new SeededRandom(seed)
      const disk = new SimulatedDisk({ seed })
      const lives = [0, 0, 0]
      const first = await withDurable(disk, lives.length)
      if (random.chance(0.5)) {
        // A record that is given up leaves the note before it alone at the end.
        first.begin(1)
        first.begin(1)
        first.flush()
        await first.durable()
      }
      writeOnFullDisk(first, disk, random)
      disk.failSync(1)
      disk.limitSpace(random.below(200))
      expect(first.tryResume()).toBe(false)
      disk.crash({ powerCut: false })
      disk.heal()
      if (random.chance(0.7)) {
        disk.failCall(1 + random.below(40), 'crash')
        try {
          append(open(disk), 3, 1)
        } catch (error) {
          if (!isCrash(error)) throw error
        }
        disk.crash({ powerCut: true })
        disk.heal()
      }
      const last = open(disk)
      const found = last.recovery.records
      expect(found).toBeGreaterThanOrEqual(3)
      while (lives.length < found) lives.push(1)
      for (let n = found; n < 10; n++) {
        append(last, n, 2)
        lives.push(2)
      }
      await last.durable()
      disk.crash({ powerCut: true })
      expect([seed, recover(disk, lives).count]).toEqual([seed, lives.length])
    }
  })

  it('of the process, behind a note that no sync came to, then of the power: the note at the end does not prove itself', async () => {
    for (let length = 380; length < 480; length++) {
      const disk = new SimulatedDisk({ seed: length })
      const first = open(disk)
      first.begin(1).bytes(new Uint8Array(length).fill(7))
      first.commit()
      first.flush()
      // A record that is given up leaves the note before it alone at the end; its sync fails, and no new segment can be made.
      first.begin(1)
      first.begin(1)
      first.flush()
      disk.failSync(1)
      disk.limitSpace(0)
      await first.durable().catch(() => {})
      expect(first.state).toBe('failed')
      disk.crash({ powerCut: false })
      disk.heal()
      const second = open(disk)
      second.begin(1).bytes(Uint8Array.of(1))
      second.commit()
      await second.durable()
      disk.crash({ powerCut: true })
      expect([length, readJournal(disk, directory, () => {}).records]).toEqual([length, 2])
    }
  })

  it('of the process alone lose nothing that flush() acknowledged', () => {
    for (let seed = 1; seed <= runs({ ci: 300, full: 5_000 }); seed++) {
      const random = new SeededRandom(seed)
      const disk = new SimulatedDisk({ seed })
      let flushed = 0
      let committed = 0
      disk.failCall(5 + random.below(60), 'crash')
      try {
        const journal = open(disk, { segmentBytes: 500 })
        for (let step = 0; step < 60; step++) {
          append(journal, committed++)
          journal.flush()
          flushed = committed
        }
      } catch (error) {
        if (!isCrash(error)) refusal(error)
      }
      disk.crash({ powerCut: false })
      const { count } = recover(disk)
      expect(count).toBeGreaterThanOrEqual(flushed)
      expect(count).toBeLessThanOrEqual(committed)
    }
  })
})

describe('what recovery reports', () => {
  it('is durable before anybody acts on it', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const disk = new SimulatedDisk({ seed })
      const journal = open(disk)
      for (let n = 0; n < 20; n++) append(journal, n)
      journal.flush()
      disk.crash({ powerCut: false })
      expect(open(disk).recovery.records).toBe(20)
      disk.crash({ powerCut: true })
      expect(recover(disk).count).toBe(20)
    }
  })

  it('streams a journal larger than its buffers, and a record larger than a chunk', async () => {
    const disk = new SimulatedDisk({ seed: 1 })
    const journal = open(disk, { segmentBytes: 3_000_000 })
    const sizes = Array.from({ length: 400 }, (_, index) => (index % 97 === 0 ? 2_500_000 : (index * 997) % 20_000))
    for (const size of sizes) {
      journal.begin(1).bytes(new Uint8Array(size).fill(size & 255))
      journal.commit()
      journal.flush()
    }
    await journal.close()
    let index = 0
    readJournal(disk, directory, (_type, _seq, record) => {
      const bytes = record.bytes()
      const size = sizes[index++]
      if (bytes.length !== size || bytes.some((byte) => byte !== (size & 255))) throw new Error(`record ${index}`)
    })
    expect(index).toBe(sizes.length)
  })
})

describe('failing the n-th call', () => {
  for (const fault of ['EIO', 'ENOSPC'] as const) {
    it(`with ${fault}, for every n, loses nothing acknowledged`, async () => {
      let n = 1
      for (; ; n++) {
        const disk = new SimulatedDisk({ seed: n })
        disk.failCall(n, fault)
        const life: Life = { lives: [], number: 0, committed: 0, acknowledged: 0 }
        try {
          const journal = open(disk, { segmentBytes: 600 })
          await live(journal, life, new SeededRandom(5), 25)
          await journal.close()
          life.acknowledged = life.committed
        } catch (error) {
          const code = refusal(error)
          expect(['TW_FILE', 'TW_JOURNAL_FAILED']).toContain(code)
        }
        const fired = disk.injected > 0
        disk.crash({ powerCut: true })
        disk.heal()
        disk.makeDirectory(directory)
        const { count } = recover(disk)
        expect(count).toBeGreaterThanOrEqual(life.acknowledged)
        expect(count).toBeLessThanOrEqual(life.committed)
        if (!fired) break
      }
      expect(n).toBeGreaterThan(50)
    })
  }
})
