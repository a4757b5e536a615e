/**
 * Walks the frames of one segment file in chunks, and judges what lies behind the last good one.
 *
 * The walk stops at the first frame that is not whole and intact. Whether that is the end, a write that never finished, or
 * damage, is decided by {@link judgeTail} from what follows:
 *
 * | behind the last good frame | verdict |
 * |---|---|
 * | nothing, or zeros | `clean`: preallocated. Records that were there and lost cannot be told from that, but for those that a later one proves |
 * | bytes, but no intact frame of a later record | `torn`: a write cut short |
 * | a seal ({@link sealedVersion}) | `torn`: a writer cut off what follows |
 * | one frame that a single flipped bit makes whole | `corrupt`; `torn` where it is but a note of the journal's own |
 * | anything at the start of a segment, or nothing | `corrupt`: a segment gets its name only when its first record is durable |
 * | intact frames, none of them a note that the missing record had been durable, and a lost sector before them | `torn`: a power cut kept some sectors of un-synced writes and not others |
 * | intact frames otherwise | `corrupt`: the file was damaged after it was written |
 */
import type { OpenFile } from '../core/file-system.js'
import { findFlippedBit } from './flipped-bit.js'
import {
  frameHeaderBytes,
  frameMinLength,
  framePrefixBytes,
  getU64,
  intactFrameEnd,
  sealedVersion,
  syncMarkType,
  typeAt,
  versionAt,
} from './frame.js'

const chunkBytes = 1024 * 1024
/** Disks write sectors of 512 or 4096 bytes; the smaller one divides the larger. */
const sectorBytes = 512

/** A cursor over the frames of a segment. One scan serves many files, so that its chunk is allocated once. */
export class SegmentScan {
  /** The chunk. Replaced when a frame is larger than it. */
  bytes = new Uint8Array(0)
  /** A view of the chunk. */
  view = new DataView(this.bytes.buffer)
  /** Start of the current frame in the chunk. */
  start = 0
  /** End of the current frame in the chunk. */
  end = 0
  /** Bytes of the file in good frames so far. */
  validBytes = 0
  /** Size of the file when it was opened. */
  fileBytes = 0
  #file: OpenFile | undefined
  #limit = 0
  #nextRead = 0

  /** Starts over on another file, or at a frame of it. */
  open(file: OpenFile, offset = 0): void {
    this.#file = file
    this.fileBytes = file.size()
    const wanted = Math.min(chunkBytes, this.fileBytes)
    if (this.bytes.length < wanted) this.#replace(new Uint8Array(wanted))
    this.validBytes = offset
    this.start = 0
    this.end = 0
    this.#limit = 0
    this.#nextRead = offset
  }

  /** Moves to the next frame; false where none that is whole and intact follows. */
  next(): boolean {
    let start = this.end
    if (this.#limit - start < frameHeaderBytes) {
      this.#fill(frameHeaderBytes)
      start = this.end
      if (this.#limit - start < frameHeaderBytes) return false
    }
    const length = this.view.getUint32(start, true)
    if (length < frameMinLength || length > this.fileBytes - this.validBytes - framePrefixBytes) return false
    if (this.#limit - start < framePrefixBytes + length) {
      this.#fill(framePrefixBytes + length)
      start = this.end
    }
    const end = intactFrameEnd(this.view, start, this.#limit)
    if (end === 0) return false
    this.start = start
    this.end = end
    this.validBytes += end - start
    return true
  }

  /** Frame version of the current frame. */
  get version(): number {
    return this.view.getUint8(this.start + 8)
  }

  /** Record type of the current frame. */
  get type(): number {
    return this.view.getUint8(this.start + 9)
  }

  /** Sequence number of the current frame. */
  get seq(): number {
    return getU64(this.view, this.start + 10)
  }

  /** The checksum of the current frame, as int32. */
  get crc(): number {
    return this.view.getInt32(this.start + 4, true)
  }

  #replace(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer)
  }

  /** Keeps the bytes from `end` on and reads until `needed` are there or the file ends. */
  #fill(needed: number): void {
    const rest = this.#limit - this.end
    const source = this.bytes
    if (needed > source.length) this.#replace(new Uint8Array(Math.max(needed, source.length * 2)))
    this.bytes.set(source.subarray(this.end, this.#limit))
    this.end = 0
    this.#limit = rest
    while (this.#limit < this.bytes.length) {
      const file = this.#file as OpenFile
      const count = file.read(this.bytes, this.#limit, this.bytes.length - this.#limit, this.#nextRead)
      if (count === 0) return
      this.#limit += count
      this.#nextRead += count
    }
  }
}

/** What {@link judgeTail} found. */
export interface TailVerdict {
  /** See the table in the file. */
  readonly kind: 'clean' | 'torn' | 'corrupt'
  /** Bytes behind the last good frame, trailing zeros left out. */
  readonly droppedBytes: number
  /** Where the first intact frame behind the damage starts, in bytes from the start of the file; -1 for none. */
  readonly laterFrameAt: number
}

/** Judges the bytes of `file` from `offset` on, where a frame of record `expectedSeq` should have been. */
export function judgeTail(file: OpenFile, offset: number, expectedSeq: number): TailVerdict {
  if (offset === 0) return { kind: 'corrupt', droppedBytes: 0, laterFrameAt: -1 }
  const tail = readTail(file, offset)
  if (tail.length === 0) return { kind: 'clean', droppedBytes: 0, laterFrameAt: -1 }
  const droppedBytes = lastNonZero(tail) + 1
  const view = new DataView(tail.buffer)
  if (tail[versionAt] === sealedVersion) return { kind: 'torn', droppedBytes, laterFrameAt: -1 }
  const highestSeq = expectedSeq + tail.length / frameHeaderBytes
  let firstAt = -1
  let durableSeq = 0
  for (let at = 0; at < droppedBytes; ) {
    const end = laterFrameEnd(view, at, expectedSeq, highestSeq)
    if (end === 0) {
      at++
      continue
    }
    if (firstAt < 0) firstAt = at
    if (view.getUint8(at + typeAt) === syncMarkType)
      durableSeq = Math.max(durableSeq, getU64(view, at + frameHeaderBytes))
    at = end
  }
  if (firstAt < 0) {
    return { kind: hasFlippedBit(tail, view) ? 'corrupt' : 'torn', droppedBytes, laterFrameAt: -1 }
  }
  const lostInPowerCut = durableSeq < expectedSeq && hasLostSector(tail, offset, firstAt)
  return { kind: lostInPowerCut ? 'torn' : 'corrupt', droppedBytes, laterFrameAt: offset + firstAt }
}

/**
 * Whether the tail begins with a record that one flipped bit makes whole. A note of the journal's own costs nothing. A bit
 * that is missing before nothing but zeros is what a write cut short right there leaves, too.
 */
function hasFlippedBit(tail: Uint8Array, view: DataView): boolean {
  const flipped = findFlippedBit(view)
  if (flipped === undefined) return false
  const type = view.getUint8(typeAt) ^ (flipped.at === typeAt ? flipped.mask : 0)
  return type !== syncMarkType && lastNonZero(tail) >= flipped.at
}

/** The end of an intact frame at `at` whose sequence number fits behind the damage, or 0. */
function laterFrameEnd(view: DataView, at: number, lowestSeq: number, highestSeq: number): number {
  if (at + frameHeaderBytes > view.byteLength) return 0
  if (view.getUint32(at, true) > view.byteLength - at) return 0
  const seq = getU64(view, at + 10)
  return seq >= lowestSeq && seq <= highestSeq ? intactFrameEnd(view, at, view.byteLength) : 0
}

/** Whether a sector that starts or continues in `[0, end)` of the tail reads as zeros from there to its end. */
function hasLostSector(tail: Uint8Array, offset: number, end: number): boolean {
  let from = 0
  while (from < end) {
    const to = from + sectorBytes - ((offset + from) % sectorBytes)
    if (to > end) return false
    if (lastNonZero(tail.subarray(from, to)) < 0) return true
    from = to
  }
  return false
}

function lastNonZero(bytes: Uint8Array): number {
  let at = bytes.length - 1
  while (at >= 0 && bytes[at] === 0) at--
  return at
}

/** The file from `offset` to its end; empty where it holds only zeros (read in chunks: it may be preallocated). */
function readTail(file: OpenFile, offset: number): Uint8Array {
  const size = file.size()
  const chunk = new Uint8Array(Math.min(chunkBytes, Math.max(0, size - offset)))
  for (let at = offset; at < size; ) {
    const count = file.read(chunk, 0, chunk.length, at)
    if (count === 0) break
    if (lastNonZero(chunk.subarray(0, count)) >= 0) return readFully(file, offset, size - offset)
    at += count
  }
  return new Uint8Array(0)
}

function readFully(file: OpenFile, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let filled = 0
  while (filled < length) {
    const count = file.read(bytes, filled, length - filled, offset + filled)
    if (count === 0) break
    filled += count
  }
  return bytes
}
