/**
 * The journal on disk: append-only segment files, one writer, group commit.
 *
 * What happens to a record: `begin`/`commit` frame it in the {@link FrameWindow}; `flush` writes all new frames with one
 * call; a sync (started by `durable`, or by a timer at most `maxSyncDelayMs` after the write) makes them durable, and only
 * then are they released from memory. So whatever fails, everything that may be lost is still at hand.
 *
 * What happens on a failure (state `failed` until `tryResume`, `onFailure` called in the same turn):
 * - a write fails or falls short: the file is cut back to its last whole frame, so that nothing is ever appended behind a
 *   torn one; records queue in memory. Where the cut fails too, the next attempt starts a new segment.
 * - a sync fails: the kernel may have marked the lost pages clean, so a second sync of that file proves nothing. It is never
 *   synced again; all records not known to be durable go to a new segment, and that is synced.
 *
 * A blocking sync is never made beside one that runs in the thread pool: of two syncs of one file, only one is told of an
 * error. Where that would be needed, records move to a new segment instead.
 */
import { TradewireError } from '../core/errors.js'
import type { FileLock, OpenFile } from '../core/file-system.js'
import { firstReservedType, snapshotType, syncMarkType } from './frame.js'
import { FrameWindow } from './frame-window.js'
import type { Durability, Journal, JournalCounters, JournalFailure, JournalState, RecordWriter } from './journal.js'
import { type JournalReadResult, readJournal } from './read-journal.js'
import { type End, endOf } from './segment-end.js'
import { draftPath, lockPath } from './segment-files.js'
import { type CheckedOptions, checkOptions, type SegmentJournalOptions } from './segment-journal-options.js'
import { SegmentWriter } from './segment-writer.js'
import { UnprovenFrames } from './unproven-frames.js'

/** Places in the array of totals, which holds doubles so that counting allocates nothing. */
const records = 0
const syncs = 1
const failures = 2
const abandoned = 3

interface Waiter {
  readonly seq: number
  resolve(): void
  reject(error: TradewireError): void
}

/**
 * Opens (or starts) the journal in a directory for writing: claims the directory, reads what is there (giving every record
 * to `onRecord`), cuts off a torn tail, and stands ready to append.
 *
 * Throws `TW_JOURNAL_LOCKED` where another writer has it, `TW_JOURNAL_CORRUPT` and `TW_JOURNAL_VERSION` as `readJournal`,
 * `TW_INVALID_CONFIG` for bad options, `TW_FILE` where the disk fails. A journal that is refused is left as it is.
 *
 * @example
 * ```ts
 * import { nodeFileSystem } from 'tradewire'
 *
 * const journal = openSegmentJournal({ fileSystem: nodeFileSystem, directory: './journal', scheduler })
 * const writer = journal.begin(1)
 * writer.string('order-1')
 * writer.f64(100.25)
 * journal.commit()
 * journal.flush()
 * ```
 */
export function openSegmentJournal(options: SegmentJournalOptions): SegmentJournal {
  const checked = checkOptions(options)
  const { fileSystem, directory } = checked
  fileSystem.makeDirectory(directory)
  const lock = fileSystem.lock(lockPath(directory))
  let end: End | undefined
  try {
    const unproven = new UnprovenFrames(checked.maxBufferBytes)
    const recovery = readJournal(fileSystem, directory, checked.onRecord, { unproven })
    if (fileSystem.exists(draftPath(directory))) fileSystem.remove(draftPath(directory))
    end = endOf(checked, recovery, unproven)
    if (checked.durability !== 'none') fileSystem.syncDirectory(directory)
    return new SegmentJournal(checked, lock, recovery, end)
  } catch (error) {
    end?.file?.close()
    lock.release()
    throw error
  }
}

/** See {@link openSegmentJournal}. */
export class SegmentJournal implements Journal {
  readonly durability: Durability
  /** What was found when the journal was opened. */
  readonly recovery: JournalReadResult
  readonly #options: CheckedOptions
  readonly #lock: FileLock
  readonly #window: FrameWindow
  readonly #segment: SegmentWriter
  readonly #totals = new Float64Array(4)
  readonly #waiters: Waiter[] = []
  readonly #onTimer = (): void => {
    this.#timer = undefined
    this.#startSync()
  }
  #state: JournalState = 'open'
  #failure: JournalFailure | undefined
  /** Whether the current file takes writes: in state `failed` it may again, after the records moved to a new segment. */
  #writable = true
  #snapshotting = false
  #reclaiming = false
  #closing: Promise<void> | undefined
  #type = 0
  #lastSeq: number
  #writtenSeq: number
  #syncingSeq = 0
  #durableSeq: number
  #markedSeq: number
  #timer: { cancel(): void } | undefined
  #sync: Promise<void> | undefined
  #groupSyncAsked = false

  /** Use {@link openSegmentJournal}. */
  constructor(options: CheckedOptions, lock: FileLock, recovery: JournalReadResult, end: End) {
    this.durability = options.durability
    this.recovery = recovery
    this.#options = options
    this.#lock = lock
    lock.onLost = () => this.#fence()
    this.#segment = new SegmentWriter(options, end)
    this.#lastSeq = recovery.lastSeq
    this.#writtenSeq = recovery.lastSeq
    this.#durableSeq = options.durability === 'none' ? 0 : recovery.lastSeq
    this.#markedSeq = this.#durableSeq
    this.#window = new FrameWindow(options.bufferBytes, options.maxBufferBytes, () => {
      this.#reclaiming = true
      this.#settle()
      this.#reclaiming = false
    })
  }

  get state(): JournalState {
    return this.#state
  }

  get failure(): JournalFailure | undefined {
    return this.#failure
  }

  get lastSeq(): number {
    return this.#lastSeq
  }

  get durableSeq(): number {
    return this.#durableSeq
  }

  begin(type: number): RecordWriter {
    if (this.#closing !== undefined || this.#snapshotting) throw this.#refusal()
    if ((type | 0) !== type || type < 0 || type >= firstReservedType) {
      throw new TradewireError(
        'TW_INVALID_ARGUMENT',
        `record type ${type} is not an integer from 0 to ${firstReservedType - 1}`,
      )
    }
    const window = this.#window
    if (window.open) this.#abandon()
    if (this.#durableSeq > this.#markedSeq) this.#appendMark()
    this.#type = type
    window.begin()
    return window
  }

  commit(): number {
    if (!this.#window.open) throw new TradewireError('TW_INVALID_STATE', 'commit without begin: no record is open')
    const seq = this.#lastSeq + 1
    this.#window.commit(this.#type, seq)
    this.#lastSeq = seq
    this.#totals[records]++
    return seq
  }

  flush(): void {
    if (!this.tryFlush() || this.#state !== 'open') throw this.#refusal()
  }

  tryFlush(): boolean {
    if (!this.#writable) return false
    const count = this.#window.committed - this.#window.written
    if (count === 0) return true
    // Where it is lost, onLost has fenced this journal off.
    if (!this.#lock.isHeld) return false
    if (this.#sync === undefined && this.#segment.needsSegmentFor(count)) return this.#rotate()
    const error = this.#writeOut()
    if (error !== undefined) {
      this.#fail('write', error, false)
      return false
    }
    this.#afterWrite()
    return true
  }

  durable(): Promise<void> {
    if (!this.tryFlush() || this.#state !== 'open') return Promise.reject(this.#refusal())
    if (this.durability === 'none' || this.#durableSeq >= this.#lastSeq) return Promise.resolve()
    if (!this.#groupSyncAsked) {
      // One microtask later, so that all records of this turn share the sync.
      this.#groupSyncAsked = true
      queueMicrotask(() => {
        this.#groupSyncAsked = false
        this.#startSync()
      })
    }
    const seq = this.#lastSeq
    return new Promise((resolve, reject) => {
      this.#waiters.push({ seq, resolve, reject })
    })
  }

  tryResume(): boolean {
    if (this.#state !== 'failed') return this.#state === 'open'
    if (!this.#lock.isHeld) return false
    if (this.#window.open) this.#abandon()
    if (!this.#repair()) {
      if (this.#moveToNewSegment() !== undefined) return false
    } else {
      if (this.#writeOut() !== undefined) return false
      this.#writable = true
      this.#afterWrite()
    }
    this.#state = 'open'
    this.#failure = undefined
    return true
  }

  writeSnapshot(write: (writer: RecordWriter) => void): number {
    if (this.#state !== 'open' || this.#snapshotting) throw this.#refusal()
    if (!this.#lock.isHeld || !this.#settle()) throw this.#refusal()
    const seq = this.#lastSeq + 1
    const draft = new FrameWindow(this.#options.bufferBytes, this.#options.maxSnapshotBytes, () => {})
    this.#snapshotting = true
    try {
      draft.begin()
      write(draft)
      draft.commit(snapshotType, seq)
    } finally {
      this.#snapshotting = false
    }
    const error = this.#startWithSnapshot(draft, seq)
    if (error !== undefined) throw error
    this.#totals[records]++
    this.#removeOldSegments()
    return seq
  }

  counters(): JournalCounters {
    const totals = this.#totals
    return {
      records: totals[records],
      bytes: this.#segment.bytes,
      writes: this.#segment.writes,
      syncs: totals[syncs],
      failures: totals[failures],
      abandoned: totals[abandoned],
      dropped: 0,
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#window.open) this.#window.discard()
    while (this.#sync !== undefined) await this.#sync
    if (this.#state === 'failed') this.tryResume()
    let complete = this.#settle()
    if (complete && this.durability !== 'none' && this.#lastSeq > this.recovery.lastSeq) {
      // A last note that everything was durable: from now on even damage to the last record cannot pass for a torn write.
      this.#appendMark()
      complete = this.#settle()
    }
    this.#state = 'closed'
    this.#writable = false
    try {
      this.#segment.finish()
    } finally {
      this.#lock.release()
    }
    this.#rejectUnwritten()
    if (complete) return
    const lost = this.#lastSeq - (this.durability === 'none' ? this.#writtenSeq : this.#durableSeq)
    throw new TradewireError('TW_JOURNAL_FAILED', `the journal was closed with its last ${lost} records not safe`, {
      cause: this.#failure?.error,
      details: { recordsNotSafe: lost },
    })
  }

  // ---- writing

  /** Writes all new frames; returns the error where that fails. */
  #writeOut(): TradewireError | undefined {
    const error = this.#segment.append(this.#window)
    if (error === undefined) {
      this.#writtenSeq = this.#lastSeq
    } else {
      this.#totals[failures]++
      this.#writable = false
    }
    return error
  }

  #afterWrite(): void {
    const window = this.#window
    if (this.durability === 'none') {
      window.release(window.written)
    } else if (this.#sync === undefined) {
      if (window.written - window.released > this.#options.maxBufferBytes / 2) this.#startSync()
      else this.#scheduleSync()
    }
  }

  /** Gives up a record that was begun. */
  #abandon(): void {
    this.#window.discard()
    this.#totals[abandoned]++
  }

  #appendMark(): void {
    const window = this.#window
    const durable = this.#durableSeq
    window.begin()
    const high = Math.floor(durable / 0x1_0000_0000)
    window.u32(durable - high * 0x1_0000_0000)
    window.u32(high)
    this.#lastSeq++
    window.commit(syncMarkType, this.#lastSeq)
    this.#markedSeq = durable
  }

  // ---- syncing

  #scheduleSync(): void {
    if (this.#timer === undefined && this.#options.scheduler !== undefined) {
      this.#timer = this.#options.scheduler.after(this.#options.maxSyncDelayMs, this.#onTimer)
    }
  }

  /** Starts a sync of everything committed, unless one runs. */
  #startSync(): void {
    if (this.#sync !== undefined || this.#state === 'closed') return
    if (!this.tryFlush()) {
      this.#rejectUnwritten()
      if (this.#segment.broken) return
    }
    const window = this.#window
    if (window.released === window.written) {
      this.#resolveWaiters()
      return
    }
    this.#timer?.cancel()
    this.#timer = undefined
    window.syncing = window.written
    this.#syncingSeq = this.#writtenSeq
    const { file } = this.#segment
    this.#sync = file.dataSync().then(
      () => this.#syncDone(file),
      (error: TradewireError) => this.#syncFailed(file, error),
    )
  }

  #syncDone(file: OpenFile): void {
    if (file !== this.#segment.file) return
    this.#sync = undefined
    this.#totals[syncs]++
    this.#durableSeq = this.#syncingSeq
    this.#window.release(this.#window.syncing)
    this.#resolveWaiters()
    if (this.#waiters.length > 0) this.#startSync()
    else if (this.#window.written > this.#window.released) this.#scheduleSync()
  }

  #syncFailed(file: OpenFile, error: TradewireError): void {
    if (file !== this.#segment.file) return
    this.#sync = undefined
    this.#totals[failures]++
    this.#segment.broken = true
    const rewritten = this.#moveToNewSegment() === undefined
    this.#fail('sync', error, rewritten)
  }

  /** Makes everything committed durable (mode `none`: written) before it returns; false where it cannot. */
  #settle(): boolean {
    if (!this.tryFlush()) return false
    if (this.durability === 'none') return true
    if (this.#sync !== undefined) {
      const error = this.#moveToNewSegment()
      if (error !== undefined) this.#fail('sync', error, false)
      return error === undefined
    }
    if (this.#window.released === this.#window.written) return true
    try {
      this.#segment.file.dataSyncNow()
    } catch (error) {
      this.#syncFailed(this.#segment.file, error as TradewireError)
      return this.#writable
    }
    this.#allDurable()
    return true
  }

  #allDurable(): void {
    this.#totals[syncs]++
    this.#durableSeq = this.#writtenSeq
    this.#window.release(this.#window.written)
    this.#timer?.cancel()
    this.#timer = undefined
    this.#resolveWaiters()
  }

  // ---- segments

  /** Makes the current segment fit for writing after a failed write; false where only a new one helps. */
  #repair(): boolean {
    const segment = this.#segment
    if (segment.broken || !segment.torn) return !segment.broken
    if (this.#sync !== undefined) return false
    try {
      segment.repair()
    } catch {
      this.#totals[failures]++
    }
    return !segment.broken
  }

  /** Ends the current segment, durably, and starts the next with all new frames. */
  #rotate(): boolean {
    if (this.durability !== 'none' && this.#window.released < this.#window.written) {
      try {
        this.#segment.file.dataSyncNow()
      } catch (error) {
        this.#syncFailed(this.#segment.file, error as TradewireError)
        return this.#writable
      }
      this.#allDurable()
    }
    try {
      this.#startSegment(this.#window.written)
    } catch (error) {
      this.#totals[failures]++
      const rewritten = this.#moveToNewSegment() === undefined
      this.#fail('rotate', error as TradewireError, rewritten)
      return rewritten
    }
    return true
  }

  /** Writes everything not known to be durable to a new segment and syncs it. Returns the error where that fails. */
  #moveToNewSegment(): TradewireError | undefined {
    const window = this.#window
    this.#writable = false
    this.#segment.broken = true
    // A segment begins with a record; where there is none to begin with, with a note.
    if (window.released === window.committed) this.#appendMark()
    try {
      this.#startSegment(window.released)
    } catch (error) {
      this.#totals[failures]++
      return error as TradewireError
    }
    this.#writable = true
    return undefined
  }

  /** Goes on in a new segment with all frames of the window from `from` on: they are durable then. */
  #startSegment(from: number): void {
    const segment = this.#segment
    const { ordinal } = segment
    try {
      segment.startSegment(this.#window, from)
    } finally {
      // A sync of the old file that still runs is of no interest any more.
      if (segment.ordinal > ordinal) this.#sync = undefined
    }
    this.#writtenSeq = this.#lastSeq
    if (this.durability === 'none') this.#window.release(this.#window.written)
    else this.#allDurable()
  }

  #startWithSnapshot(draft: FrameWindow, seq: number): TradewireError | undefined {
    const segment = this.#segment
    const { ordinal } = segment
    let cause: TradewireError | undefined
    try {
      segment.startSegment(draft, 0)
    } catch (error) {
      cause = error as TradewireError
      this.#totals[failures]++
    }
    if (segment.ordinal > ordinal) {
      this.#lastSeq = seq
      this.#writtenSeq = seq
      if (this.durability !== 'none') this.#durableSeq = seq
    }
    if (cause === undefined) return undefined
    if (segment.broken) {
      // The snapshot may be in place, but not for certain: the next segment, made durably, follows it or replaces it.
      this.#writable = false
      this.#fail('rotate', cause, false)
    }
    return new TradewireError('TW_JOURNAL_FAILED', `the snapshot was not written: ${cause.message}`, { cause })
  }

  #removeOldSegments(): void {
    const { keepSegments } = this.#options
    if (keepSegments === undefined || this.#state !== 'open') return
    try {
      this.#segment.removeOldSegments(keepSegments)
    } catch {
      // They only cost space; the next snapshot tries again.
      this.#totals[failures]++
    }
  }

  // ---- failing

  /** The claim on the directory is gone: this process stood still for so long that another took it for dead, or a person did. */
  #fence(): void {
    const { directory } = this.#options
    this.#segment.broken = true
    this.#writable = false
    const message = `the claim on the journal in ${directory} is gone: another process may own it, and this one writes nothing any more`
    this.#fail('write', new TradewireError('TW_JOURNAL_FENCED', message, { details: { directory } }), false)
  }

  #fail(operation: JournalFailure['operation'], error: TradewireError, rewritten: boolean): void {
    this.#failure = { operation, error, rewritten }
    if (this.#state === 'open') this.#state = 'failed'
    if (!this.#writable) this.#rejectUnwritten()
    // While a record is open the host may not append, and it will want to: it is told as soon as this turn ends.
    if (this.#reclaiming) queueMicrotask(() => this.#report())
    else this.#report()
  }

  #report(): void {
    if (this.#failure === undefined) return
    try {
      this.#options.onFailure?.(this.#failure)
    } catch {
      this.#totals[failures]++
    }
  }

  #refusal(): TradewireError {
    if (this.#closing !== undefined) {
      return new TradewireError('TW_DISPOSED', `the journal in ${this.#options.directory} is closed`)
    }
    if (this.#snapshotting)
      return new TradewireError('TW_INVALID_STATE', 'a snapshot is being written: append after it')
    const why = this.#failure === undefined ? 'it failed' : this.#failure.error.message
    return new TradewireError(
      'TW_JOURNAL_FAILED',
      `the journal in ${this.#options.directory} does not take records: ${why}`,
      {
        cause: this.#failure?.error,
      },
    )
  }

  #resolveWaiters(): void {
    let done = 0
    while (done < this.#waiters.length && this.#waiters[done].seq <= this.#durableSeq) done++
    for (const waiter of this.#waiters.splice(0, done)) waiter.resolve()
  }

  /** Rejects those whose records are not in the file; with a broken file, or a closed journal, everybody. */
  #rejectUnwritten(): void {
    const safe = this.#segment.broken || this.#state === 'closed' ? 0 : this.#writtenSeq
    let kept = 0
    while (kept < this.#waiters.length && this.#waiters[kept].seq <= safe) kept++
    if (kept === this.#waiters.length) return
    const refusal = this.#refusal()
    for (const waiter of this.#waiters.splice(kept)) waiter.reject(refusal)
  }
}
