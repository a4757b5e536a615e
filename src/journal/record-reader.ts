/**
 * Reads the payload of a record, field after field, in the order in which they were written. One reader serves all records
 * of a journal: it is valid during the callback that was given it.
 */
import { TradewireError } from '../core/errors.js'

/** Length that announces a longer length (u32) behind it. */
export const longString = 0xffff

/** A cursor over a record's payload. Reading past its end throws `TW_JOURNAL_CORRUPT`. */
export class RecordReader {
  #bytes: Buffer = Buffer.alloc(0)
  #view: DataView = new DataView(new ArrayBuffer(0))
  #at = 0
  #end = 0

  /** Puts another buffer under the cursor. For readers of journals. */
  attach(buffer: ArrayBufferLike, byteOffset: number, byteLength: number): void {
    this.#bytes = Buffer.from(buffer, byteOffset, byteLength)
    this.#view = new DataView(buffer, byteOffset, byteLength)
    this.#at = 0
    this.#end = 0
  }

  /** Moves the cursor to the payload at `[start, end)` of the buffer. For readers of journals. */
  seek(start: number, end: number): void {
    this.#at = start
    this.#end = end
  }

  /** Where the cursor stands; set it to a place it was at in the same record to read from there again. */
  get position(): number {
    return this.#at
  }

  set position(at: number) {
    this.#at = at
  }

  /** Bytes not yet read. */
  get remaining(): number {
    return this.#end - this.#at
  }

  /** See `RecordWriter.u8`. */
  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  /** See `RecordWriter.u16`. */
  u16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }

  /** See `RecordWriter.i32`. */
  i32(): number {
    return this.#view.getInt32(this.#take(4), true)
  }

  /** See `RecordWriter.u32`. */
  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  /** See `RecordWriter.f64`. */
  f64(): number {
    return this.#view.getFloat64(this.#take(8), true)
  }

  /** See `RecordWriter.bool`; any other byte than 0 or 1 throws `TW_JOURNAL_CORRUPT`. */
  bool(): boolean {
    const value = this.u8()
    if (value > 1) throw new TradewireError('TW_JOURNAL_CORRUPT', `a flag of a record holds ${value}, not 0 or 1`)
    return value === 1
  }

  /** See `RecordWriter.string`. */
  string(): string {
    const short = this.u16()
    const length = short === longString ? this.u32() : short
    const at = this.#take(length)
    return this.#bytes.toString('utf8', at, at + length)
  }

  /** See `RecordWriter.bytes`; a copy, the caller's to keep. */
  bytes(): Uint8Array {
    const length = this.u32()
    const at = this.#take(length)
    return new Uint8Array(this.#bytes.subarray(at, at + length))
  }

  #take(count: number): number {
    const at = this.#at
    if (count > this.#end - at) {
      throw new TradewireError(
        'TW_JOURNAL_CORRUPT',
        `a record ends ${count - (this.#end - at)} bytes before its last field`,
      )
    }
    this.#at = at + count
    return at
  }
}
