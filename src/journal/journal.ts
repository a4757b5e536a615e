/**
 * The journal port: what the order path needs of a write-ahead log, whatever stores it.
 *
 * Writing is in three steps, each cheaper than the next is rare. `begin` and `commit` frame a record in memory (about
 * 100 ns). `flush` hands all framed records to the operating system in one write: from then on they survive the death of
 * the process. `durable` resolves when they are on the disk: from then on they survive a power cut.
 *
 * Two ways to flush, for two needs. `flush` and `durable` fail closed: they throw (reject) unless the journal is healthy, so
 * a new order behind them is never sent unrecorded. `tryFlush` never throws: facts that have happened (fills, cancels) are
 * recorded as well as can be, and kept in memory while the disk is full.
 */
import type { TradewireError } from '../core/errors.js'
import type { RecordReader } from './record-reader.js'

/**
 * What a record survives before the host may act on it: `none` nothing (paper, backtests), `os` the death of the process
 * (written before the send, synced within `maxSyncDelayMs`), `fsync` a power cut.
 */
export type Durability = 'none' | 'os' | 'fsync'

/**
 * `open`: healthy. `failed`: a write or sync failed; records are accepted into a bounded memory queue, `flush` and `durable`
 * refuse, and `tryResume` brings it back. `closed`: final.
 */
export type JournalState = 'open' | 'failed' | 'closed'

/** Totals since the journal was opened. */
export interface JournalCounters {
  /** Records committed, the journal's own marks left out. */
  readonly records: number
  /** Bytes handed to the operating system, frame headers and rewrites included. */
  readonly bytes: number
  /** Write calls that did their work. */
  readonly writes: number
  /** Syncs that succeeded. */
  readonly syncs: number
  /** Failed writes, syncs and rotations. */
  readonly failures: number
  /** Records begun but never committed: their encoder threw. */
  readonly abandoned: number
  /** Records no longer held by a bounded in-memory journal. */
  readonly dropped: number
}

/** What went wrong, for {@link JournalOptions.onFailure}. */
export interface JournalFailure {
  /** The step that failed. */
  readonly operation: 'write' | 'sync' | 'rotate'
  /** The file system's error. */
  readonly error: TradewireError
  /**
   * Whether every record is nevertheless in place: after a failed sync those not known to be durable were written again to
   * a new segment, and that was synced.
   */
  readonly rewritten: boolean
}

/** Timers for background syncs; the engine's scheduler fits. */
export interface JournalScheduler {
  /** Calls back once, after a delay on the monotonic clock. */
  after(delayMs: number, callback: () => void): { cancel(): void }
}

/**
 * Writes the payload of the record being framed, field after field. Valid from `begin` to `commit`. A value outside its
 * field's range throws `TW_INVALID_ARGUMENT`; a record that outgrows the buffer's bound throws `TW_CAPACITY`.
 */
export interface RecordWriter {
  /** 0 to 255. */
  u8(value: number): void
  /** 0 to 65,535. */
  u16(value: number): void
  /** -2^31 to 2^31 - 1. */
  i32(value: number): void
  /** 0 to 2^32 - 1. */
  u32(value: number): void
  /** Any double, bit for bit but for the payload of a NaN. Safe integers are kept exactly. */
  f64(value: number): void
  /** One byte, 0 or 1. */
  bool(value: boolean): void
  /** UTF-8 after its length; a lone surrogate becomes U+FFFD. */
  string(value: string): void
  /** Bytes after their length (u32). */
  bytes(value: Uint8Array): void
}

/** Receives a record while a journal is read. The reader is valid during the call only. */
export type RecordHandler = (type: number, seq: number, record: RecordReader) => void

/** A write-ahead log with one writer. */
export interface Journal {
  /** What `flush` promises. */
  readonly durability: Durability
  /** New orders are to be refused unless it is `open`. */
  readonly state: JournalState
  /** Why the state is `failed`. */
  readonly failure: JournalFailure | undefined
  /** Sequence number of the last committed record, 0 before the first. */
  readonly lastSeq: number
  /** Sequence number up to which everything survives a power cut, as far as is known. */
  readonly durableSeq: number

  /**
   * Starts a record of a type from 0 to 239 and returns the writer for its payload. A record begun before and never
   * committed is discarded and counted. Throws `TW_CAPACITY` where the memory queue is full and cannot be emptied.
   */
  begin(type: number): RecordWriter
  /** Closes the record and returns its sequence number: rising, not always by one (the journal numbers its own marks too). */
  commit(): number
  /** Hands all committed records to the operating system; throws `TW_JOURNAL_FAILED` unless the journal is healthy. */
  flush(): void
  /** As {@link Journal.flush} but never throws: whether all committed records are with the operating system. */
  tryFlush(): boolean
  /** Flushes, then resolves when everything committed so far is durable; concurrent calls share a sync. Rejects with `TW_JOURNAL_FAILED`. */
  durable(): Promise<void>
  /** Tries to leave the state `failed`: repairs the file or starts a new one, and writes and syncs what is queued. */
  tryResume(): boolean
  /**
   * Starts a new segment with a snapshot of the host's state as its first record, durably; older segments beyond
   * `keepSegments` are then removed. Returns its sequence number. Throws `TW_JOURNAL_FAILED`.
   */
  writeSnapshot(write: (writer: RecordWriter) => void): number
  /** Totals so far; makes an object, so read it at scrape time. */
  counters(): JournalCounters
  /** Flushes, syncs and closes; releases the directory. Throws `TW_JOURNAL_FAILED` where records could not be written. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Options common to journals. */
export interface JournalOptions {
  /** Called on every failure, in the same turn, after the journal has done what it can. The host halts new orders and alerts. */
  onFailure?: (failure: JournalFailure) => void
}
