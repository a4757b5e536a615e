/**
 * CRC-32 (ISO-HDLC: reflected polynomial 0xEDB88320, as in zlib, PNG and Ethernet) by slicing-by-16 over a DataView.
 *
 * Sixteen table look-ups per sixteen bytes, about 0.6 ns a byte; nothing is allocated and nothing leaves the int32 range,
 * so no number is boxed. The native `zlib.crc32` takes no offset, so it costs a view per call: it is slower below about
 * 700 bytes, which is above almost every journal record.
 */

const tableCount = 16
const table = new Int32Array(tableCount * 256)
for (let byte = 0; byte < 256; byte++) {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  table[byte] = value
}
for (let byte = 0; byte < 256; byte++) {
  let value = table[byte]
  for (let slice = 1; slice < tableCount; slice++) {
    value = (value >>> 8) ^ table[value & 255]
    table[slice * 256 + byte] = value
  }
}

/** The state before the first byte, for {@link crc32Update}. */
export const crc32Start = -1

/**
 * Feeds the bytes `[start, end)` of `view` into a running CRC and returns the new state (int32). The finished checksum is
 * `~state`. The caller guarantees that the range lies inside the view.
 */
export function crc32Update(view: DataView, start: number, end: number, state: number): number {
  const t = table
  let crc = state
  let at = start
  for (; at + 16 <= end; at += 16) {
    const a = view.getInt32(at, true) ^ crc
    const b = view.getInt32(at + 4, true)
    const c = view.getInt32(at + 8, true)
    const d = view.getInt32(at + 12, true)
    crc =
      t[3840 + (a & 255)] ^
      t[3584 + ((a >>> 8) & 255)] ^
      t[3328 + ((a >>> 16) & 255)] ^
      t[3072 + (a >>> 24)] ^
      t[2816 + (b & 255)] ^
      t[2560 + ((b >>> 8) & 255)] ^
      t[2304 + ((b >>> 16) & 255)] ^
      t[2048 + (b >>> 24)] ^
      t[1792 + (c & 255)] ^
      t[1536 + ((c >>> 8) & 255)] ^
      t[1280 + ((c >>> 16) & 255)] ^
      t[1024 + (c >>> 24)] ^
      t[768 + (d & 255)] ^
      t[512 + ((d >>> 8) & 255)] ^
      t[256 + ((d >>> 16) & 255)] ^
      t[d >>> 24]
  }
  for (; at + 4 <= end; at += 4) {
    const a = view.getInt32(at, true) ^ crc
    crc = t[768 + (a & 255)] ^ t[512 + ((a >>> 8) & 255)] ^ t[256 + ((a >>> 16) & 255)] ^ t[a >>> 24]
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ t[(crc ^ view.getUint8(at)) & 255]
  return crc
}

/** Feeds the four bytes of a little-endian word into a running CRC; see {@link crc32Update}. */
export function crc32UpdateWord(word: number, state: number): number {
  const a = word ^ state
  return table[768 + (a & 255)] ^ table[512 + ((a >>> 8) & 255)] ^ table[256 + ((a >>> 16) & 255)] ^ table[a >>> 24]
}

/**
 * CRC-32 of `bytes[start, end)` as an unsigned integer.
 *
 * @example
 * ```ts
 * crc32(new TextEncoder().encode('123456789')) // 0xcbf43926
 * ```
 */
export function crc32(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return ~crc32Update(view, start, end, crc32Start) >>> 0
}

/** What one zero byte more makes of a difference between two states: the way to the checksum of a message with one bit set. */
export function crc32ZeroByte(difference: number): number {
  return (difference >>> 8) ^ (table[difference & 255] as number)
}
