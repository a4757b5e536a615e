/**
 * The memory of a journal: one buffer in which records are framed, from which they are written, and in which they stay
 * until they are durable. It is the group buffer, the window of un-synced records that a failed sync makes the journal
 * write again, and the queue of records while the disk is full.
 *
 * ```
 *   0        released       synced to       written        committed      at        capacity
 *   |  free   |  being synced  |  written only  |  to be written  |  open frame  |   free   |
 * ```
 *
 * Marks only move right, except when the live part is moved to the front (or to a larger buffer) to make room.
 */
import { TradewireError } from '../core/errors.js'
import { frameHeaderBytes, frameMinLength, labelFrame, sealFrame } from './frame.js'
import type { RecordWriter } from './journal.js'
import { longString } from './record-reader.js'

/** What a window does when it is full and may not grow: get records written and synced, then release them. */
export type Reclaim = () => void

/** What it begins with at most: it grows to `initialBytes` where that is needed, and few journals are busy from the start. */
const firstBytes = 16_384

const outOfRange = (field: string, value: number): TradewireError =>
  new TradewireError('TW_INVALID_ARGUMENT', `${value} does not fit a ${field} field of a journal record`)

/** Frames records in a growing, bounded buffer. See the drawing in the file. */
export class FrameWindow implements RecordWriter {
  /** The buffer; replaced when it grows. */
  memory: Uint8Array
  /** A view of the buffer. */
  view: DataView
  /** End of what is durable or given up: the room before it is free. */
  released = 0
  /** End of what the sync under way covers. */
  syncing = 0
  /** End of what the operating system has. */
  written = 0
  /** End of the committed frames. */
  committed = 0
  /** Whether a frame is open behind `committed`. */
  open = false
  #at = 0
  #limit: number
  readonly #initialBytes: number
  readonly #maxBytes: number
  readonly #reclaim: Reclaim

  constructor(initialBytes: number, maxBytes: number, reclaim: Reclaim) {
    this.memory = new Uint8Array(Math.min(firstBytes, initialBytes))
    this.view = new DataView(this.memory.buffer)
    this.#limit = this.memory.length
    this.#initialBytes = initialBytes
    this.#maxBytes = maxBytes
    this.#reclaim = reclaim
  }

  /** Opens a frame; its payload follows. */
  begin(): void {
    this.#at = this.committed
    this.#take(frameHeaderBytes)
    this.open = true
  }

  /** Seals the open frame. */
  commit(type: number, seq: number): void {
    const end = this.#at
    sealFrame(this.view, this.committed, end, type, seq)
    this.committed = end
    this.open = false
  }

  /** Seals the open frame without a checksum, for frames that never leave memory. */
  commitUnchecked(type: number, seq: number): void {
    const end = this.#at
    labelFrame(this.view, this.committed, end, type, seq)
    this.committed = end
    this.open = false
  }

  /** Discards the open frame. */
  discard(): void {
    this.#at = this.committed
    this.open = false
  }

  /** Gives up everything before `end`. */
  release(end: number): void {
    this.released = end
    if (this.syncing < end) this.syncing = end
    if (this.written < end) this.written = end
    if (end === this.committed && !this.open) {
      this.released = 0
      this.syncing = 0
      this.written = 0
      this.committed = 0
      this.#at = 0
      if (this.memory.length > this.#initialBytes * 4) this.#move(new Uint8Array(this.#initialBytes))
    }
  }

  u8(value: number): void {
    if ((value & 0xff) !== value) throw outOfRange('u8', value)
    const at = this.#take(1)
    this.memory[at] = value
  }

  u16(value: number): void {
    if ((value & 0xffff) !== value) throw outOfRange('u16', value)
    const at = this.#take(2)
    this.view.setUint16(at, value, true)
  }

  i32(value: number): void {
    if ((value | 0) !== value) throw outOfRange('i32', value)
    const at = this.#take(4)
    this.view.setInt32(at, value, true)
  }

  u32(value: number): void {
    if (value >>> 0 !== value) throw outOfRange('u32', value)
    const at = this.#take(4)
    this.view.setUint32(at, value, true)
  }

  f64(value: number): void {
    const at = this.#take(8)
    this.view.setFloat64(at, value, true)
  }

  bool(value: boolean): void {
    const at = this.#take(1)
    this.memory[at] = value ? 1 : 0
  }

  string(value: string): void {
    const longest = value.length * 3
    if (longest < longString) {
      const lengthAt = this.#take(2 + longest)
      const end = this.#utf8(value, lengthAt + 2)
      this.view.setUint16(lengthAt, end - lengthAt - 2, true)
      this.#at = end
      return
    }
    const lengthAt = this.#take(6 + longest)
    const end = this.#utf8(value, lengthAt + 6)
    this.view.setUint16(lengthAt, longString, true)
    this.view.setUint32(lengthAt + 2, end - lengthAt - 6, true)
    this.#at = end
  }

  bytes(value: Uint8Array): void {
    const at = this.#take(4 + value.length)
    this.view.setUint32(at, value.length, true)
    this.memory.set(value, at + 4)
  }

  /** Encodes by hand: TextEncoder would allocate a view and a result per call. Returns the end. */
  #utf8(value: string, start: number): number {
    const memory = this.memory
    let at = start
    for (let index = 0; index < value.length; index++) {
      let code = value.charCodeAt(index)
      if (code < 0x80) {
        memory[at++] = code
      } else if (code < 0x800) {
        memory[at++] = 0xc0 | (code >> 6)
        memory[at++] = 0x80 | (code & 63)
      } else {
        const next = code >= 0xd800 && code < 0xdc00 ? value.charCodeAt(index + 1) : 0
        if (next >= 0xdc00 && next < 0xe000) {
          code = 0x10000 + ((code - 0xd800) << 10) + (next - 0xdc00)
          index++
          memory[at++] = 0xf0 | (code >> 18)
          memory[at++] = 0x80 | ((code >> 12) & 63)
        } else {
          if (code >= 0xd800 && code < 0xe000) code = 0xfffd
          memory[at++] = 0xe0 | (code >> 12)
        }
        memory[at++] = 0x80 | ((code >> 6) & 63)
        memory[at++] = 0x80 | (code & 63)
      }
    }
    return at
  }

  /** Makes room for `count` bytes at the cursor, moves the cursor past them and returns where they start. */
  #take(count: number): number {
    if (count > this.#limit - this.#at) this.#makeRoom(count)
    const at = this.#at
    this.#at = at + count
    return at
  }

  /** Moves the live part to the front, grows, or has records written and released; in this order. */
  #makeRoom(count: number): void {
    const needed = (): number => this.#at - this.released + count
    if (needed() > this.#maxBytes) this.#reclaim()
    const bytes = needed()
    if (bytes > this.#maxBytes) {
      throw new TradewireError(
        'TW_CAPACITY',
        `the journal's memory of ${this.#maxBytes} bytes (maxBufferBytes) cannot take ${count} bytes more: ` +
          `${this.#at - this.released} bytes in it are not durable yet`,
        { details: { maxBufferBytes: this.#maxBytes, needed: bytes, smallestFrame: frameMinLength } },
      )
    }
    const roomy = bytes * 2 <= this.memory.length
    if (roomy || this.memory.length === this.#maxBytes) this.#move(this.memory)
    else this.#move(new Uint8Array(Math.min(this.#maxBytes, Math.max(this.memory.length * 2, bytes))))
  }

  #move(target: Uint8Array): void {
    const from = this.released
    if (target === this.memory) target.copyWithin(0, from, this.#at)
    else target.set(this.memory.subarray(from, this.#at))
    this.memory = target
    this.view = new DataView(target.buffer)
    this.#limit = target.length
    this.syncing -= from
    this.written -= from
    this.committed -= from
    this.#at -= from
    this.released = 0
  }
}
