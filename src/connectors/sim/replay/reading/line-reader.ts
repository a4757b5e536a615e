/**
 * Lines of a stream of bytes, as ranges of one window: nothing is copied but the rest of the last chunk.
 *
 * `advance()` goes to the next line; where it returns false, `await fill()` brings more bytes, until `isEnded`. Line ends
 * are LF or CRLF, the last may be missing; a byte-order mark is skipped; empty lines are passed over but counted.
 */
import { BadRow, badRowError } from './bad-row.js'

const lineFeed = 10
const carriageReturn = 13

/** How far a file has been read, in bytes of the file (compressed where it is). */
export interface ReadProgress {
  read: number
  /** NaN while it is not known. */
  total: number
}

/** Reads lines. After a successful {@link advance} the line is `bytes[start, end)`, valid until the next {@link fill}. */
export class LineReader {
  readonly path: string
  readonly progress: Readonly<ReadProgress>
  bytes = new Uint8Array(64 * 1024)
  /** The same bytes as words. */
  view = new DataView(this.bytes.buffer)
  start = 0
  end = 0
  /** Number of the current line, from 1. */
  line = 0
  /** Bytes of all chunks so far. */
  #received = 0
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #maxLineBytes: number
  #next = 0
  #scanned = 0
  #filled = 0
  #isComplete = false
  #isFirst = true

  constructor(
    path: string,
    chunks: AsyncIterable<Uint8Array>,
    maxLineBytes: number,
    progress: ReadProgress = { read: Number.NaN, total: Number.NaN },
  ) {
    this.path = path
    this.progress = progress
    this.#chunks = chunks[Symbol.asyncIterator]()
    this.#maxLineBytes = maxLineBytes
  }

  /** Share of the bytes received that were gone through, 0 to 1; 1 where none came. */
  get shareUsed(): number {
    return this.#received === 0 ? 1 : 1 - (this.#filled - this.#next) / this.#received
  }

  /** Whether every line has been read. */
  get isEnded(): boolean {
    return this.#isComplete && this.#next >= this.#filled
  }

  /** Whether the whole stream lies in the window. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Goes to the next line that is not empty; false when more bytes are needed or none are left. */
  advance(): boolean {
    const bytes = this.bytes
    const filled = this.#filled
    for (;;) {
      const found = bytes.indexOf(lineFeed, this.#scanned)
      const stop = found < 0 || found > filled ? filled : found
      if (stop >= filled && !(this.#isComplete && this.#next < filled)) {
        this.#scanned = stop
        return false
      }
      this.start = this.#next
      this.end = stop > this.start && bytes[stop - 1] === carriageReturn ? stop - 1 : stop
      this.line++
      this.#next = stop + 1
      this.#scanned = this.#next
      if (this.end > this.start) return true
    }
  }

  /**
   * Appends the next chunk of the stream.
   *
   * @throws TradewireError `TW_FILE` when it cannot be read, `TW_BAD_ROW` when a line is longer than the bound.
   */
  async fill(): Promise<void> {
    if (this.#isComplete) return
    const result = await this.#chunks.next()
    if (result.done === true) {
      this.#isComplete = true
      return
    }
    this.#append(result.value)
    if (this.#isFirst && this.#filled >= 3) this.#skipByteOrderMark()
  }

  /** The bytes that wait, for a look ahead before the first {@link advance}. */
  waiting(): Uint8Array {
    return this.bytes.subarray(this.#next, this.#filled)
  }

  /** Gives the stream back. */
  async close(): Promise<void> {
    this.#isComplete = true
    this.#next = this.#filled
    await this.#chunks.return?.()
  }

  #append(chunk: Uint8Array): void {
    this.#received += chunk.length
    const rest = this.#filled - this.#next
    if (rest > this.#maxLineBytes) {
      const bad = new BadRow('(row)', `the line is longer than maxLineBytes (${this.#maxLineBytes})`)
      throw badRowError(this.path, this.line + 1, bad)
    }
    if (rest + chunk.length > this.bytes.length) {
      const wider = new Uint8Array(Math.max(this.bytes.length * 2, rest + chunk.length))
      wider.set(this.bytes.subarray(this.#next, this.#filled))
      this.bytes = wider
      this.view = new DataView(wider.buffer)
    } else this.bytes.copyWithin(0, this.#next, this.#filled)
    this.#scanned -= this.#next
    this.#next = 0
    this.bytes.set(chunk, rest)
    this.#filled = rest + chunk.length
  }

  #skipByteOrderMark(): void {
    this.#isFirst = false
    if (this.bytes[0] !== 0xef || this.bytes[1] !== 0xbb || this.bytes[2] !== 0xbf) return
    this.#next = 3
    this.#scanned = Math.max(this.#scanned, 3)
  }
}
