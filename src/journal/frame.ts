/**
 * The frame: how one record lies in a journal segment. All integers are little endian.
 *
 * ```
 *   0      4      8    9     10        18
 *   | len  | crc  | ver | type | seq    | payload ...
 *   | u32  | u32  | u8  | u8   | u64    | len - 10 bytes
 * ```
 *
 * `len` counts the bytes after the crc field; `crc` is the CRC-32 of the len field followed by everything after the crc
 * field, so a frame vouches for its own length. `seq` counts from 1 over all segments without a hole. A `len` of zero ends
 * a segment: files are preallocated with zeros.
 */
import { crc32Start, crc32Update, crc32UpdateWord } from '../math/crc32.js'

/** The version this release writes, and the newest it reads. */
export const frameVersion = 1

/** Bytes before the `ver` field, which `len` does not count. */
export const framePrefixBytes = 8

/** Where the version of a frame lies. */
export const versionAt = 8
/** Where its record type lies. */
export const typeAt = 9
/** Where its sequence number lies. */
export const seqAt = 10

/**
 * In the place of a version: what begins here was cut off by a writer, with all that follows. It is one byte, so that it is
 * written or not, and no version turns into it by a flipped bit.
 */
export const sealedVersion = 0xff

/** Bytes of a frame with an empty payload. */
export const frameHeaderBytes = 18

/** The smallest `len`: version, type and sequence number. */
export const frameMinLength = frameHeaderBytes - framePrefixBytes

/** Record types from here on are the journal's own; those of the host lie below. */
export const firstReservedType = 240

/** A snapshot of the host's state: the first record of its segment. Readers see it. */
export const snapshotType = 255

/**
 * A note that everything up to the sequence number in its payload (u64) was durable when it was written. Readers do not see
 * it; recovery uses it to tell records that never reached the disk from records that were damaged there.
 */
export const syncMarkType = 254

/** Payload bytes of a sync mark. */
export const syncMarkBytes = 8

/** Writes a u64 from a safe integer. */
export function putU64(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000)
  view.setInt32(at, (value - high * 0x1_0000_0000) | 0, true)
  view.setInt32(at + 4, high, true)
}

/** Reads a u64 as a double; exact up to 2^53. */
export function getU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000
}

/** The CRC of the frame at `[start, end)` as int32, leaving out its crc field. */
export function frameCrc(view: DataView, start: number, end: number): number {
  const bodyAt = start + framePrefixBytes
  return ~crc32Update(view, bodyAt, end, crc32UpdateWord(end - bodyAt, crc32Start))
}

/** Fills the header of the frame at `[start, end)`, but for its checksum. */
export function labelFrame(view: DataView, start: number, end: number, type: number, seq: number): void {
  view.setInt32(start, end - start - framePrefixBytes, true)
  view.setUint8(start + 8, frameVersion)
  view.setUint8(start + 9, type)
  putU64(view, start + 10, seq)
}

/** Fills the header of the frame at `[start, end)` around a payload that is in place. */
export function sealFrame(view: DataView, start: number, end: number, type: number, seq: number): void {
  labelFrame(view, start, end, type, seq)
  view.setInt32(start + 4, frameCrc(view, start, end), true)
}

/**
 * The end of the whole and intact frame at `start`, or 0 where there is none: the length is impossible, the frame reaches
 * beyond `limit`, or its checksum differs. The version is not looked at. The caller guarantees that a header fits.
 */
export function intactFrameEnd(view: DataView, start: number, limit: number): number {
  const length = view.getUint32(start, true)
  if (length < frameMinLength || length > limit - start - framePrefixBytes) return 0
  const end = start + framePrefixBytes + length
  return view.getInt32(start + 4, true) === frameCrc(view, start, end) ? end : 0
}
