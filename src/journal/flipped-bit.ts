/**
 * Tells a frame that was damaged after it was written from one that was never written whole: a write cut short differs from
 * what was meant in many bits, a bit that flipped on the disk or in memory in one.
 *
 * A checksum is linear: what one flipped bit does to it depends on its distance to the end of the frame alone. So every bit
 * is tried in one walk from the end to the start.
 */
import { crc32ZeroByte } from '../math/crc32.js'
import { frameCrc, frameHeaderBytes, frameMinLength, framePrefixBytes, intactFrameEnd } from './frame.js'

const lengthBits = 32
const crcAt = 4

/** The byte in which a bit flipped, and the bit of it as a mask. */
export interface FlippedBit {
  readonly at: number
  readonly mask: number
}

/**
 * The bit that, flipped back, makes the frame at the start of `view` whole; undefined where no single bit does. Changes
 * `view` while it looks, and leaves it as it was.
 */
export function findFlippedBit(view: DataView): FlippedBit | undefined {
  const limit = view.byteLength
  if (frameHeaderBytes > limit) return undefined
  const length = view.getUint32(0, true)
  for (let bit = 0; bit < lengthBits; bit++) {
    view.setUint32(0, length ^ (1 << bit), true)
    const end = intactFrameEnd(view, 0, limit)
    view.setUint32(0, length, true)
    if (end !== 0) return bitAt(0, bit)
  }
  if (length < frameMinLength || length > limit - framePrefixBytes) return undefined
  return findBehindLength(view, framePrefixBytes + length)
}

/** The same for a frame whose length is right. */
function findBehindLength(view: DataView, end: number): FlippedBit | undefined {
  const difference = view.getInt32(crcAt, true) ^ frameCrc(view, 0, end)
  if ((difference & (difference - 1)) === 0) return bitAt(crcAt, 31 - Math.clz32(difference))
  const effects = new Int32Array(8)
  for (let bit = 0; bit < 8; bit++) effects[bit] = crc32ZeroByte(1 << bit)
  for (let at = end - 1; at >= framePrefixBytes; at--) {
    for (let bit = 0; bit < 8; bit++) {
      const effect = effects[bit] as number
      if (effect === difference) return { at, mask: 1 << bit }
      effects[bit] = crc32ZeroByte(effect)
    }
  }
  return undefined
}

function bitAt(start: number, bit: number): FlippedBit {
  return { at: start + (bit >> 3), mask: 1 << (bit & 7) }
}
