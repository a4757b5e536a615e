/**
 * A journal in memory for paper trading and backtests: the newest records, up to a bound, and nothing survives the process.
 *
 * Records lie framed in chunks of a fixed size; when the bound is reached the oldest chunk is cleared and used again, so that
 * a backtest of any length takes the same memory, and its records are counted as dropped.
 */
import { TradewireError } from '../core/errors.js'
import { firstReservedType, frameHeaderBytes, framePrefixBytes, getU64, snapshotType } from './frame.js'
import { FrameWindow } from './frame-window.js'
import type { Journal, JournalCounters, JournalState, RecordHandler, RecordWriter } from './journal.js'
import { RecordReader } from './record-reader.js'

/** Options of {@link MemoryJournal}. */
export interface MemoryJournalOptions {
  /** Records kept, in bytes of frames; dropped by chunks of 256 KiB; at least two are kept. Default 16 MiB. */
  keepBytes?: number
  /** Bound of one record and of a snapshot. Default 8 MiB. */
  maxRecordBytes?: number
}

interface Chunk {
  readonly window: FrameWindow
  records: number
}

const chunkBytes = 256 * 1024
const MiB = 1024 * 1024

/** See the file's header. Never fails, never holds the caller up; `durability` is `none`. */
export class MemoryJournal implements Journal {
  readonly durability = 'none'
  readonly failure = undefined
  readonly durableSeq = 0
  readonly #maxRecordBytes: number
  readonly #keepBytes: number
  readonly #chunks: Chunk[] = []
  #chunk: Chunk
  #state: JournalState = 'open'
  #type = 0
  #lastSeq = 0
  readonly #totals = new Float64Array(4)

  /** Throws `TW_INVALID_CONFIG`. */
  constructor(options: MemoryJournalOptions = {}) {
    for (const [name, value] of Object.entries(options)) {
      const isKnown = name === 'keepBytes' || name === 'maxRecordBytes'
      if (!isKnown || !(Number.isSafeInteger(value) && value > 0)) {
        throw new TradewireError(
          'TW_INVALID_CONFIG',
          `memory journal option ${name} is ${isKnown ? 'not a positive integer' : 'unknown'}`,
        )
      }
    }
    this.#maxRecordBytes = Math.max(chunkBytes, options.maxRecordBytes ?? 8 * MiB)
    this.#keepBytes = Math.max(2 * chunkBytes, options.keepBytes ?? 16 * MiB)
    this.#chunk = this.#addChunk()
  }

  get state(): JournalState {
    return this.#state
  }

  get lastSeq(): number {
    return this.#lastSeq
  }

  begin(type: number): RecordWriter {
    if ((type | 0) !== type || type < 0 || type >= firstReservedType) {
      throw new TradewireError(
        'TW_INVALID_ARGUMENT',
        `record type ${type} is not an integer from 0 to ${firstReservedType - 1}`,
      )
    }
    return this.#begin(type)
  }

  commit(): number {
    const { window } = this.#chunk
    if (!window.open) throw new TradewireError('TW_INVALID_STATE', 'commit without begin: no record is open')
    this.#lastSeq++
    const before = window.committed
    window.commitUnchecked(this.#type, this.#lastSeq)
    this.#chunk.records++
    this.#totals[0]++
    this.#totals[1] += window.committed - before
    return this.#lastSeq
  }

  flush(): void {
    if (this.#state === 'closed') throw this.#disposed()
  }

  tryFlush(): boolean {
    return this.#state === 'open'
  }

  durable(): Promise<void> {
    return this.#state === 'open' ? Promise.resolve() : Promise.reject(this.#disposed())
  }

  tryResume(): boolean {
    return this.#state === 'open'
  }

  /** Records before the snapshot are dropped. */
  writeSnapshot(write: (writer: RecordWriter) => void): number {
    const writer = this.#begin(snapshotType)
    write(writer)
    const seq = this.commit()
    while (this.#chunks[0] !== this.#chunk) this.#totals[3] += (this.#chunks.shift() as Chunk).records
    return seq
  }

  /** Gives the records still held to a handler, oldest first; returns how many. */
  replay(onRecord: RecordHandler): number {
    const reader = new RecordReader()
    let count = 0
    for (const { window } of this.#chunks) {
      const { memory, view, committed } = window
      reader.attach(view.buffer, memory.byteOffset, memory.byteLength)
      for (let at = 0; at < committed; ) {
        const end = at + framePrefixBytes + view.getUint32(at, true)
        reader.seek(at + frameHeaderBytes, end)
        onRecord(view.getUint8(at + 9), getU64(view, at + 10), reader)
        count++
        at = end
      }
    }
    return count
  }

  counters(): JournalCounters {
    const [records, bytes, abandoned, dropped] = this.#totals
    return { records, bytes, writes: 0, syncs: 0, failures: 0, abandoned, dropped }
  }

  close(): Promise<void> {
    this.#state = 'closed'
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #begin(type: number): RecordWriter {
    if (this.#state === 'closed') throw this.#disposed()
    if (this.#chunk.window.open) {
      this.#chunk.window.discard()
      this.#totals[2]++
    }
    if (this.#chunk.window.committed > chunkBytes - 4096 || type === snapshotType) this.#chunk = this.#addChunk()
    this.#type = type
    this.#chunk.window.begin()
    return this.#chunk.window
  }

  #addChunk(): Chunk {
    let held = 0
    for (const { window } of this.#chunks) held += window.committed
    let free: Chunk | undefined
    while (this.#chunks.length > 1 && held > this.#keepBytes - chunkBytes) {
      free = this.#chunks.shift() as Chunk
      held -= free.window.committed
      this.#totals[3] += free.records
    }
    free?.window.release(free.window.committed)
    const window = free?.window ?? new FrameWindow(chunkBytes, chunkBytes + this.#maxRecordBytes, () => {})
    const chunk = { window, records: 0 }
    this.#chunks.push(chunk)
    return chunk
  }

  #disposed(): TradewireError {
    return new TradewireError('TW_DISPOSED', 'the journal is closed')
  }
}
