/**
 * Reads a journal: every record of every segment in order, each exactly once, or an error that says where it is damaged.
 *
 * Segments may overlap. After a failed sync or a torn write the writer starts a new segment with all records not known to be
 * durable, so a segment may begin with records that the one before already gave; what the earlier one holds from there on
 * does not matter any more. A segment that begins later than expected, on the other hand, means that records are missing.
 */
import { TradewireError } from '../core/errors.js'
import type { FileSystem } from '../core/file-system.js'
import { frameHeaderBytes, frameVersion, getU64, snapshotType, syncMarkType } from './frame.js'
import type { RecordHandler } from './journal.js'
import { RecordReader } from './record-reader.js'
import { listSegments, type SegmentName } from './segment-files.js'
import { judgeTail, SegmentScan } from './segment-scan.js'
import type { UnprovenFrames } from './unproven-frames.js'

/** How many checksums are remembered, to check that a record written twice is the same both times. */
const rememberedChecksums = 1 << 16
/** For so many there is room from the start. */
const firstChecksums = 1 << 8

/** What was read. */
export interface JournalReadResult {
  /** Records given to the handler, snapshots included. */
  readonly records: number
  /** Sequence number of the first frame read, 0 for an empty journal. */
  readonly firstSeq: number
  /** Sequence number of the last good frame, 0 for an empty journal. */
  readonly lastSeq: number
  /** Segment files read. */
  readonly segments: number
  /** Bytes of good frames read. */
  readonly bytes: number
  /** Bytes of torn writes behind the last good frame: records that were never acknowledged as written. */
  readonly droppedBytes: number
  /** The segment that the next record may be appended to; undefined where it needs a new one. */
  readonly tail: { readonly segment: SegmentName; readonly validBytes: number } | undefined
  /** Ordinal of the newest segment, 0 without any. */
  readonly lastOrdinal: number
}

/** Where reading starts: at the newest whole `snapshot` (default; at the first record where there is none), or at the `start` of what is kept. */
export interface JournalReadOptions {
  from?: 'snapshot' | 'start'
}

/** What a writer wants to know beside the records. */
export interface WriterReadOptions extends JournalReadOptions {
  /** Collects the frames at the end that no note vouches for. */
  unproven: UnprovenFrames
}

interface Suspect {
  readonly segment: SegmentName
  readonly offset: number
}

/**
 * Reads the journal in a directory without writing to it; a writer may have it open.
 *
 * Throws `TW_JOURNAL_CORRUPT` where a record is damaged or missing although later ones are there (`details: { path, offset,
 * expectedSeq, lastSeq }`), `TW_JOURNAL_VERSION` where a newer release wrote it, `TW_FILE` where it cannot be read.
 *
 * @example
 * ```ts
 * import { nodeFileSystem } from 'tradewire'
 *
 * const result = readJournal(nodeFileSystem, './journal', (type, seq, record) => {
 *   if (type === 1) console.log(seq, record.string(), record.f64())
 * })
 * ```
 */
export function readJournal(
  fileSystem: FileSystem,
  directory: string,
  onRecord: RecordHandler,
  options: JournalReadOptions | WriterReadOptions = {},
): JournalReadResult {
  const segments = listSegments(fileSystem, directory)
  const pass = new JournalPass(fileSystem, onRecord, 'unproven' in options ? options.unproven : undefined)
  const snapshot = pass.newestSnapshot(segments)
  const first = options.from === 'start' || snapshot < 0 ? 0 : snapshot
  // What was before the first segment that is kept was removed after a snapshot; before the very first there was nothing.
  if (snapshot >= 0 && segments[first].ordinal > 1) pass.startAt(pass.firstSeqOf(segments[first]))
  return pass.read(segments.slice(first))
}

/** One reading of a journal. */
class JournalPass {
  readonly #fileSystem: FileSystem
  readonly #onRecord: RecordHandler
  readonly #scan = new SegmentScan()
  readonly #reader = new RecordReader()
  readonly #unproven: UnprovenFrames | undefined
  #checksums = new Int32Array(0)
  /** Places where a segment stopped before its end, for as long as no later segment begins at or before that record. */
  #suspects: Suspect[] = []
  #expected = 1
  #firstSeq = 0
  #records = 0
  #bytes = 0

  constructor(fileSystem: FileSystem, onRecord: RecordHandler, unproven: UnprovenFrames | undefined) {
    this.#fileSystem = fileSystem
    this.#onRecord = onRecord
    this.#unproven = unproven
  }

  /** Says which record comes first. */
  startAt(seq: number): void {
    this.#expected = seq
  }

  /** Index of the newest segment that begins with a whole snapshot, -1 for none. */
  newestSnapshot(segments: readonly SegmentName[]): number {
    for (let index = segments.length - 1; index >= 0; index--) {
      const first = this.#firstFrame(segments[index])
      if (first !== undefined && first.type === snapshotType) return index
    }
    return -1
  }

  /** Sequence number of the first frame of a segment, 1 where there is none. */
  firstSeqOf(segment: SegmentName): number {
    return this.#firstFrame(segment)?.seq ?? 1
  }

  /** Reads segments in order. */
  read(segments: readonly SegmentName[]): JournalReadResult {
    let tail: JournalReadResult['tail']
    if (segments.length > 1) this.#checksums = new Int32Array(firstChecksums)
    for (const segment of segments) {
      const nextSeq = this.#readSegment(segment)
      tail = nextSeq === this.#expected ? { segment, validBytes: this.#scan.validBytes } : undefined
    }
    return {
      records: this.#records,
      firstSeq: this.#firstSeq,
      lastSeq: this.#expected - 1,
      segments: segments.length,
      bytes: this.#bytes,
      droppedBytes: this.#judgeSuspects(),
      tail,
      lastOrdinal: segments.length === 0 ? 0 : segments[segments.length - 1].ordinal,
    }
  }

  /** Gives the new records of a segment to the handler; returns the number after its last record, 0 where it has none. */
  #readSegment(segment: SegmentName): number {
    const file = this.#fileSystem.open(segment.path, 'read')
    try {
      const scan = this.#scan
      scan.open(file)
      let attached: Uint8Array | undefined
      let nextSeq = 0
      while (scan.next()) {
        const seq = scan.seq
        this.#checkFrame(segment, seq, nextSeq)
        nextSeq = seq + 1
        if (seq < this.#expected) {
          this.#checkRewritten(segment, seq)
          continue
        }
        this.#expected = nextSeq
        this.#remember(seq, scan.crc)
        if (this.#firstSeq === 0) this.#firstSeq = seq
        const type = scan.type
        this.#unproven?.add(scan.bytes, scan.start, scan.end, seq, type)
        // A snapshot gets its name only when it is durable.
        if (type === snapshotType) this.#unproven?.prove(seq)
        if (type === syncMarkType) continue
        if (attached !== scan.bytes) {
          attached = scan.bytes
          this.#reader.attach(attached.buffer, attached.byteOffset, attached.byteLength)
        }
        this.#reader.seek(scan.start + frameHeaderBytes, scan.end)
        this.#records++
        this.#onRecord(type, seq, this.#reader)
      }
      this.#bytes += scan.validBytes
      this.#unproven?.ends.push({ path: segment.path, validBytes: scan.validBytes })
      if (scan.validBytes < scan.fileBytes || nextSeq === 0) this.#suspects.push({ segment, offset: scan.validBytes })
      return nextSeq
    } finally {
      file.close()
    }
  }

  /** Checks version and order of the current frame. `nextSeq` is what its segment continues with, 0 at its first frame. */
  #checkFrame(segment: SegmentName, seq: number, nextSeq: number): void {
    const version = this.#scan.version
    if (version > frameVersion) {
      throw new TradewireError(
        'TW_JOURNAL_VERSION',
        `${segment.path} holds frames of version ${version}, this release reads up to ${frameVersion}`,
        { details: { path: segment.path, version, newestReadable: frameVersion } },
      )
    }
    const frameAt = this.#scan.validBytes - (this.#scan.end - this.#scan.start)
    if (version < 1) throw this.#corrupt(segment, frameAt, this.#expected, `has a frame of version ${version}`)
    if (nextSeq === 0) {
      if (seq > this.#expected) {
        const suspect = this.#suspects[0] ?? { segment, offset: frameAt }
        throw this.#corrupt(
          suspect.segment,
          suspect.offset,
          this.#expected,
          `lacks records ${this.#expected} to ${seq - 1}`,
        )
      }
      this.#suspects = []
    } else if (seq !== nextSeq) {
      throw this.#corrupt(segment, frameAt, nextSeq, `has record ${seq} where ${nextSeq} belongs`)
    }
  }

  /** Keeps a checksum, where more than one segment is read. The memory for them grows with what is there. */
  #remember(seq: number, crc: number): void {
    const old = this.#checksums
    const { length } = old
    if (length === 0) return
    if (length < rememberedChecksums && this.#firstSeq !== 0 && seq - this.#firstSeq >= length) {
      this.#checksums = new Int32Array(length * 2)
      for (let each = seq - length; each < seq; each++)
        this.#checksums[each % this.#checksums.length] = old[each % length] as number
    }
    this.#checksums[seq % this.#checksums.length] = crc
  }

  #checkRewritten(segment: SegmentName, seq: number): void {
    const remembered = seq >= this.#firstSeq && seq >= this.#expected - rememberedChecksums
    if (remembered && this.#checksums[seq % this.#checksums.length] !== this.#scan.crc) {
      const frameAt = this.#scan.validBytes - (this.#scan.end - this.#scan.start)
      throw this.#corrupt(segment, frameAt, seq, `has another record ${seq} than the segment before it`)
    }
  }

  /** Tells torn writes from damage, now that no later segment makes up for them; returns the bytes torn. */
  #judgeSuspects(): number {
    let dropped = 0
    for (const { segment, offset } of this.#suspects) {
      const file = this.#fileSystem.open(segment.path, 'read')
      try {
        const verdict = judgeTail(file, offset, this.#expected)
        if (verdict.kind === 'corrupt')
          throw this.#corrupt(segment, offset, this.#expected, whyCorrupt(verdict.laterFrameAt, offset))
        dropped += verdict.droppedBytes
      } finally {
        file.close()
      }
    }
    return dropped
  }

  /** `lastSeq` of the details is the last record that holds. */
  #corrupt({ path }: SegmentName, offset: number, expectedSeq: number, what: string): TradewireError {
    return new TradewireError(
      'TW_JOURNAL_CORRUPT',
      `${path} ${what} (record ${expectedSeq} expected at byte ${offset})`,
      { details: { path, offset, expectedSeq, lastSeq: this.#expected - 1 } },
    )
  }

  #firstFrame(segment: SegmentName): { type: number; seq: number } | undefined {
    const file = this.#fileSystem.open(segment.path, 'read')
    try {
      this.#scan.open(file)
      if (!this.#scan.next()) return undefined
      return { type: this.#scan.type, seq: getU64(this.#scan.view, this.#scan.start + 10) }
    } finally {
      file.close()
    }
  }
}

function whyCorrupt(laterFrameAt: number, offset: number): string {
  if (offset === 0) return 'does not begin with a whole record, as every segment does: it lost what was in it'
  return laterFrameAt >= 0
    ? `is damaged before an intact frame at byte ${laterFrameAt}`
    : 'is damaged in its last record'
}
