/**
 * How a message file looks, byte for byte. All numbers are little-endian; every part has a CRC-32 of its own.
 *
 *   0     header: magic, version, generation, time of the reset, first numbers      one sector, written once, synced
 *   512   mark A ┐ the next expected number; written in turn, so that a torn write
 *   1024  mark B ┘ leaves the other; each in a sector of its own
 *   4096  records, one after the other: 40 bytes of head, then the message as it was sent
 *
 * Each mark and each record carries a stamp that grows by one from write to write. The next expected number is the one with
 * the highest stamp; the next outgoing number is one more than that of the last record.
 */
import { crc32Start, crc32Update } from '../../../math/crc32.js'

/** Where the first record begins. */
export const recordsOffset = 4096
/** Bytes of a record before its message. */
export const recordHeadBytes = 40
/** Bytes of a mark. */
export const markBytes = 32
/** Bytes of a file header. */
export const headerBytes = 64

const fileMagic = [0x54, 0x57, 0x46, 0x49, 0x58, 0x4d, 0x53, 0x47]
const formatVersion = 1
const recordMagic = 0x5245_4346
const markMagic = 0x4d41_524b

/** A record keeps a message with its bytes, or only says that a number is used. */
export const RecordKind = { message: 1, number: 2 } as const

/** What a file header says. */
export interface FileHeader {
  generation: number
  createdUs: number
  firstOutgoing: number
  firstIncoming: number
}

/** Offset of the mark that the stamp-th write goes to. */
export function markOffset(stamp: number): number {
  return stamp % 2 === 0 ? 512 : 1024
}

/** Fills `bytes` (64) with a header. */
export function writeHeader(bytes: Uint8Array, header: FileHeader): void {
  bytes.fill(0, 0, headerBytes)
  bytes.set(fileMagic, 0)
  const view = viewOf(bytes)
  view.setUint32(8, formatVersion, true)
  view.setFloat64(16, header.generation, true)
  view.setFloat64(24, header.createdUs, true)
  view.setFloat64(32, header.firstOutgoing, true)
  view.setFloat64(40, header.firstIncoming, true)
  view.setInt32(60, ~crc32Update(view, 0, 60, crc32Start), true)
}

/** Reads a header; undefined where there is none that is whole. */
export function readHeader(bytes: Uint8Array, length: number): FileHeader | undefined {
  if (length < headerBytes || fileMagic.some((byte, i) => bytes[i] !== byte)) return undefined
  const view = viewOf(bytes)
  if (view.getUint32(8, true) !== formatVersion) return undefined
  if (view.getInt32(60, true) !== ~crc32Update(view, 0, 60, crc32Start)) return undefined
  return {
    generation: view.getFloat64(16, true),
    createdUs: view.getFloat64(24, true),
    firstOutgoing: view.getFloat64(32, true),
    firstIncoming: view.getFloat64(40, true),
  }
}

/** Fills `view` with a mark of 32 bytes. */
export function writeMark(view: DataView, stamp: number, nextIncoming: number): void {
  view.setInt32(0, markMagic, true)
  view.setFloat64(8, stamp, true)
  view.setFloat64(16, nextIncoming, true)
  view.setInt32(24, 0, true)
  view.setInt32(28, ~crc32Update(view, 0, 28, crc32Start), true)
}

/** Whether `view` holds a whole mark at `at`. Its stamp lies at +8, the next expected number at +16. */
export function isMark(view: DataView, at: number): boolean {
  if (at + markBytes > view.byteLength || view.getInt32(at, true) !== markMagic) return false
  return view.getInt32(at + 28, true) === ~crc32Update(view, at, at + 28, crc32Start)
}

/**
 * Completes a record in `view`, whose message of `length` bytes lies already at {@link recordHeadBytes}: head and checksum.
 *
 *   0 magic  4 length  8 number  16 next expected number  24 stamp  32 kind  36 CRC of the rest
 */
export function writeRecordHead(
  view: DataView,
  kind: number,
  number: number,
  nextIncoming: number,
  stamp: number,
  length: number,
): void {
  view.setInt32(0, recordMagic, true)
  view.setInt32(4, length, true)
  view.setFloat64(8, number, true)
  view.setFloat64(16, nextIncoming, true)
  view.setFloat64(24, stamp, true)
  view.setInt32(32, kind, true)
  const head = crc32Update(view, 0, 36, crc32Start)
  view.setInt32(36, ~crc32Update(view, recordHeadBytes, recordHeadBytes + length, head), true)
}

/**
 * The whole length of the record at `at`; 0 where no whole one is, -1 where it may be whole but `end` comes first.
 * `maxLength`: the longest message.
 */
export function recordLength(view: DataView, at: number, end: number, maxLength: number): number {
  if (at + recordHeadBytes > end) return -1
  if (view.getInt32(at, true) !== recordMagic) return 0
  const length = view.getInt32(at + 4, true)
  if (length < 0 || length > maxLength) return 0
  const next = at + recordHeadBytes + length
  if (next > end) return -1
  const head = crc32Update(view, at, at + 36, crc32Start)
  if (view.getInt32(at + 36, true) !== ~crc32Update(view, at + recordHeadBytes, next, head)) return 0
  return next - at
}

/** Number of the record at `at`. */
export function recordNumber(view: DataView, at: number): number {
  return view.getFloat64(at + 8, true)
}

/** The next expected number when the record at `at` was written. */
export function recordNextIncoming(view: DataView, at: number): number {
  return view.getFloat64(at + 16, true)
}

/** Stamp of the record at `at`. */
export function recordStamp(view: DataView, at: number): number {
  return view.getFloat64(at + 24, true)
}

/** Kind of the record at `at`. */
export function recordKind(view: DataView, at: number): number {
  return view.getInt32(at + 32, true)
}

/** A view over the same bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
