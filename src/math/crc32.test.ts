import * as zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { crc32, crc32Start, crc32Update, crc32UpdateWord } from './crc32.js'

const bitwise = (bytes: Uint8Array): number => {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return ~crc >>> 0
}

const sample = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => (index * 2654435761) >>> 7)

describe('crc32', () => {
  it('gives the check value of the standard', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
    expect(crc32(new Uint8Array(0))).toBe(0)
  })

  it('agrees with the bit-by-bit definition for every length and alignment', () => {
    for (let length = 0; length < 80; length++) {
      for (let offset = 0; offset < 5; offset++) {
        const bytes = sample(length + offset + 3)
        expect(crc32(bytes, offset, offset + length)).toBe(bitwise(bytes.subarray(offset, offset + length)))
      }
    }
  })

  it('agrees with zlib on large input and respects the offset of a view', () => {
    const bytes = sample(100_003).subarray(3)
    const native = (zlib as { crc32?: (data: Uint8Array) => number }).crc32
    expect(crc32(bytes)).toBe(native === undefined ? bitwise(bytes) : native(bytes))
  })

  it('can be fed a word', () => {
    const bytes = sample(4)
    const view = new DataView(bytes.buffer)
    expect(~crc32UpdateWord(view.getInt32(0, true), crc32Start) >>> 0).toBe(crc32(bytes))
  })

  it('can be fed in pieces', () => {
    const bytes = sample(131)
    const view = new DataView(bytes.buffer)
    for (let cut = 0; cut <= bytes.length; cut++) {
      const state = crc32Update(view, cut, bytes.length, crc32Update(view, 0, cut, crc32Start))
      expect(~state >>> 0).toBe(crc32(bytes))
    }
  })
})
