import { describe, expect, it } from 'vitest'
import { FrameBuffer } from './frame-buffer.js'

function frame(length: number): Uint8Array {
  const bytes = new Uint8Array(4 + length)
  new DataView(bytes.buffer).setUint32(0, length)
  for (let at = 0; at < length; at++) bytes[4 + at] = (at * 7) & 255
  return bytes
}

describe('FrameBuffer', () => {
  it.each([0, 1, 3, 65_535, 65_536, 65_537, 200_000])(
    'gathers a message of %i bytes from pieces of any size',
    (length) => {
      const bytes = frame(length)
      for (const piece of [1_000, 65_540, 100_003]) {
        const found: Uint8Array[] = []
        const buffer = new FrameBuffer((from, start, end) => void found.push(from.slice(start, end)))
        for (let round = 0; round < 2; round++)
          for (let at = 0; at < bytes.length; at += piece) buffer.push(bytes.subarray(at, at + piece))
        expect(found.map((each) => Buffer.compare(each, bytes.subarray(4)))).toEqual([0, 0])
      }
    },
  )

  it('takes no memory for a length that was only announced', () => {
    const before = process.memoryUsage().arrayBuffers
    const buffers = Array.from({ length: 64 }, () => {
      const buffer = new FrameBuffer(() => {})
      buffer.push(Uint8Array.of(0x0f, 0xff, 0xff, 0xff, 1))
      return buffer
    })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024)
    expect(buffers).toHaveLength(64)
    expect(() => new FrameBuffer(() => {}).push(Uint8Array.of(0x10, 0, 0, 0))).toThrow('that is no message')
  })
})
