/**
 * The journal in a SQLite database: the same port, records and promises as the segment files, in a file that other tools can
 * open.
 *
 * A group of records is one row, written by one statement that is its own transaction: when it returns, the operating system
 * has it (write-ahead log of SQLite), so that it survives the death of the process. What makes it durable is a sync of that
 * log, made in the thread pool and shared by all that wait; SQLite's own syncs would block the event loop.
 *
 * Every write carries the epoch in which this process took the account. Who takes it over raises the epoch, and a write of
 * the process before then finds no row to match: it is refused, in the database, whatever that process believes.
 */
import { TradewireError } from '../../core/errors.js'
import type { FileLock, FileSystem, OpenFile } from '../../core/file-system.js'
import type { Durability, JournalFailure, JournalScheduler, RecordHandler } from '../journal.js'
import { type Batch, BatchReader } from '../sql/batches.js'
import { checkAccount, fencedError, SqlJournal, type SqlJournalOptions } from '../sql/sql-journal.js'
import { bytesOf, databaseError, inTransaction, numberOf, type SqliteDatabase, type SqliteStatement } from './handle.js'
import { migrateSqlite } from './migrate.js'

/** Options of {@link openSqliteJournal}. */
export interface SqliteJournalOptions extends SqlJournalOptions {
  /** The handle. Nobody else writes through it while the journal is open, and the host closes it afterwards. */
  readonly database: SqliteDatabase
  /** Path of the database's file; what SQLite says unless given. `:memory:` goes with durability `none` alone. */
  readonly path?: string
  /** Where that file lies: for the claim on the account and for syncs. */
  readonly fileSystem: FileSystem
  /** Default `os`. */
  readonly durability?: Durability
  /** Timers for background syncs. Required for `os`. */
  readonly scheduler?: JournalScheduler
  /** Longest time from a write to the start of its sync, in milliseconds. Default 5. */
  readonly maxSyncDelayMs?: number
  /** How long a write waits for another writer of the same database, in milliseconds. It blocks the event loop. Default 20. */
  readonly busyTimeoutMs?: number
  /** How many snapshots before the newest are kept with what follows them. Default: all. */
  readonly keepSegments?: number
  /** Wall time, Unix epoch microseconds, for the note of who took the account when. */
  readonly nowUs?: () => number
  readonly onRecord?: RecordHandler
  readonly onFailure?: (failure: JournalFailure) => void
}

/** Rows read at a time: together they are in memory. */
const rowsAtATime = 256

/**
 * Opens (or starts) the journal of an account in a SQLite database: claims the account, makes or migrates the tables, reads
 * what is there, makes it durable, and stands ready to append.
 *
 * Throws `TW_JOURNAL_LOCKED` where another process has the account, `TW_JOURNAL_CORRUPT` and `TW_JOURNAL_VERSION` as
 * `readJournal`, `TW_INVALID_CONFIG` for bad options, `TW_FILE` where the database fails.
 */
export function openSqliteJournal(options: SqliteJournalOptions): SqliteJournal {
  const account = checkAccount(options.account)
  const path = checkPath(options)
  const { fileSystem, database } = options
  const lock = path === ':memory:' ? undefined : fileSystem.lock(`${path}.${encodeURIComponent(account)}.lock`)
  try {
    prepare(options, path)
    const epoch = take(database, account, lock?.path ?? 'memory', options.nowUs?.() ?? 0)
    const reader = new BatchReader(account, options.onRecord ?? (() => {}))
    readBatches(database, account, reader)
    if (path !== ':memory:') {
      // What a dead process wrote may not have reached the disk: a checkpoint writes it again, to another file, and syncs that.
      database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
      database.exec('PRAGMA synchronous=NORMAL')
    }
    return new SqliteJournal(options, path, lock, epoch, reader)
  } catch (error) {
    lock?.release()
    throw error instanceof TradewireError ? error : databaseError('open', path, error)
  }
}

/** Reads the journal of an account without claiming or writing anything. Returns the number of records. */
export function readSqliteJournal(
  database: SqliteDatabase,
  account: string,
  onRecord: RecordHandler,
  from: 'snapshot' | 'start' = 'snapshot',
): number {
  const reader = new BatchReader(account, onRecord)
  readBatches(database, account, reader, from)
  return reader.records
}

function checkPath({ path, database, durability = 'os', scheduler }: SqliteJournalOptions): string {
  const given = path ?? pathOf(database)
  if (given === '')
    throw new TradewireError('TW_INVALID_CONFIG', 'journal option path must not be empty', {
      details: { option: 'path' },
    })
  if (given === ':memory:' && durability !== 'none')
    throw new TradewireError('TW_INVALID_CONFIG', "a database in memory survives nothing: use durability 'none'")
  if (durability === 'os' && scheduler === undefined)
    throw new TradewireError('TW_INVALID_CONFIG', "journal option scheduler is required for durability 'os'")
  return given
}

/** Where the main database lies, as SQLite itself says. */
function pathOf(database: SqliteDatabase): string {
  const rows = database.prepare('PRAGMA database_list').all() as { name?: string; file?: string | null }[]
  return rows.find(({ name }) => name === 'main')?.file || ':memory:'
}

/** Modes and tables. Everything that is written here is synced by SQLite itself. */
function prepare({ database, busyTimeoutMs = 20 }: SqliteJournalOptions, path: string): void {
  if (!(Number.isSafeInteger(busyTimeoutMs) && busyTimeoutMs >= 0 && busyTimeoutMs <= 60_000))
    throw new TradewireError(
      'TW_INVALID_CONFIG',
      `journal option busyTimeoutMs is ${busyTimeoutMs}, not from 0 to 60000`,
    )
  database.exec(`PRAGMA busy_timeout=${Math.max(busyTimeoutMs, 1_000)}`)
  if (path !== ':memory:') {
    const [mode] = database.prepare('PRAGMA journal_mode=WAL').all() as { journal_mode?: string }[]
    if (mode?.journal_mode !== 'wal')
      throw new TradewireError(
        'TW_INVALID_CONFIG',
        `the database ${path} does not take a write-ahead log (journal_mode is ${mode?.journal_mode})`,
      )
    // Said on every open: builds differ in what they start with.
    database.exec('PRAGMA synchronous=FULL')
  }
  migrateSqlite(database)
  database.exec(`PRAGMA busy_timeout=${busyTimeoutMs}`)
}

/** Raises the epoch: whoever had the account writes nothing any more. */
function take(database: SqliteDatabase, account: string, owner: string, nowUs: number): number {
  return inTransaction(database, () => {
    database
      .prepare(
        `INSERT INTO tradewire_journals (account, epoch, owner, taken_us) VALUES (?, 1, ?, ?)
         ON CONFLICT (account) DO UPDATE SET epoch = epoch + 1, owner = excluded.owner, taken_us = excluded.taken_us`,
      )
      .run(account, owner, nowUs)
    return numberOf(database.prepare('SELECT epoch FROM tradewire_journals WHERE account = ?').get(account), 'epoch')
  })
}

function readBatches(
  database: SqliteDatabase,
  account: string,
  reader: BatchReader,
  how: 'snapshot' | 'start' = 'snapshot',
): void {
  const newest = database
    .prepare('SELECT MAX(first_seq) AS seq FROM tradewire_batches WHERE account = ? AND is_snapshot = 1')
    .get(account)
  const start = how === 'start' ? 0 : numberOf(newest, 'seq') || 0
  const select = database.prepare(
    `SELECT first_seq, last_seq, is_snapshot, frames FROM tradewire_batches
     WHERE account = ? AND first_seq >= ? ORDER BY first_seq LIMIT ${rowsAtATime}`,
  )
  for (let from = start; ; from = reader.lastSeq + 1) {
    const rows = select.all(account, from)
    for (const row of rows)
      reader.add({
        firstSeq: numberOf(row, 'first_seq'),
        lastSeq: numberOf(row, 'last_seq'),
        isSnapshot: numberOf(row, 'is_snapshot') === 1,
        frames: bytesOf(row, 'frames'),
      })
    if (rows.length < rowsAtATime) return
  }
}

/** See {@link openSqliteJournal}. */
export class SqliteJournal extends SqlJournal {
  /** The epoch in which this process has the account. */
  readonly epoch: number
  /** Records that were read when it was opened. */
  readonly recovered: number
  readonly #path: string
  readonly #database: SqliteDatabase
  readonly #lock: FileLock | undefined
  readonly #insert: SqliteStatement
  readonly #options: SqliteJournalOptions
  readonly #onTimer = (): void => {
    this.#timer = undefined
    this.startSync()
  }
  #log: OpenFile | undefined
  #timer: { cancel(): void } | undefined
  #sync: Promise<void> | undefined
  #isSyncAsked = false
  /** Never takes records again: fenced off, or a sync failed. */
  #isFinal = false
  /** Never syncs again: a sync failed. */
  #isBroken = false
  #closing: Promise<void> | undefined

  /** Use {@link openSqliteJournal}. */
  constructor(
    options: SqliteJournalOptions,
    path: string,
    lock: FileLock | undefined,
    epoch: number,
    reader: BatchReader,
  ) {
    super(options.durability ?? 'os', options, reader.lastSeq, options.onFailure)
    this.epoch = epoch
    this.recovered = reader.records
    this.#options = options
    this.#path = path
    this.#database = options.database
    this.#lock = lock
    // One statement, so one transaction: the row appears only where the epoch still is ours.
    this.#insert = this.#database.prepare(
      `INSERT INTO tradewire_batches (account, first_seq, last_seq, epoch, is_snapshot, frames)
       SELECT account, ?, ?, epoch, ?, ? FROM tradewire_journals WHERE account = ? AND epoch = ?`,
    )
  }

  tryFlush(): boolean {
    if (this.state === 'closed' || this.#isFinal) return false
    const batch = this.frames()
    if (batch === undefined) return true
    const error = this.#write(batch)
    if (error !== undefined) {
      this.fail('write', error)
      return false
    }
    this.release(batch)
    this.#scheduleSync()
    return true
  }

  tryResume(): boolean {
    if (this.state !== 'failed') return this.state === 'open'
    // A failed statement has left nothing behind, so the same records may be written again.
    if (this.#isFinal || !this.tryFlush()) return false
    this.resumed()
    return true
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  protected override reclaim(): void {
    this.tryFlush()
  }

  protected override store(snapshot: Batch): void {
    const { keepSegments } = this.#options
    try {
      if (this.durability !== 'none') this.#database.exec('PRAGMA synchronous=FULL')
      const error = this.#write(snapshot)
      if (error !== undefined) {
        this.fail('write', error)
        throw this.refusal()
      }
      if (this.durability !== 'none') this.madeDurable(snapshot.lastSeq)
      if (keepSegments !== undefined) this.#removeBefore(keepSegments)
    } finally {
      if (this.durability !== 'none') this.#database.exec('PRAGMA synchronous=NORMAL')
    }
  }

  protected override startSync(): void {
    if (this.#isSyncAsked) return
    // One microtask later, so that all records of this turn share the sync.
    this.#isSyncAsked = true
    queueMicrotask(() => {
      this.#isSyncAsked = false
      this.#syncNow()
    })
  }

  #write(batch: Batch): TradewireError | undefined {
    const { account, epoch } = this
    try {
      const { firstSeq, lastSeq, isSnapshot, frames } = batch
      const { changes } = this.#insert.run(firstSeq, lastSeq, isSnapshot ? 1 : 0, frames, account, epoch)
      if (Number(changes) === 1) {
        this.totals.writes++
        this.totals.bytes += frames.length
        return undefined
      }
      this.#isFinal = true
      return fencedError(account, epoch)
    } catch (error) {
      return databaseError('write', this.#path, error)
    }
  }

  /** Keeps so many snapshots before the newest, and what follows them. */
  #removeBefore(keep: number): void {
    try {
      const row = this.#database
        .prepare(
          `SELECT first_seq AS seq FROM tradewire_batches WHERE account = ? AND is_snapshot = 1
           ORDER BY first_seq DESC LIMIT 1 OFFSET ${Math.trunc(keep)}`,
        )
        .get(this.account)
      if (row === undefined) return
      this.#database
        .prepare('DELETE FROM tradewire_batches WHERE account = ? AND first_seq < ?')
        .run(this.account, numberOf(row, 'seq'))
    } catch {
      // They only cost space; the next snapshot tries again.
      this.totals.failures++
    }
  }

  // ---- syncing

  #scheduleSync(): void {
    if (this.durability !== 'os' || this.#timer !== undefined || this.#sync !== undefined) return
    const { scheduler, maxSyncDelayMs = 5 } = this.#options
    this.#timer = (scheduler as JournalScheduler).after(maxSyncDelayMs, this.#onTimer)
  }

  /** Syncs the write-ahead log, unless a sync runs. */
  #syncNow(): void {
    if (this.#sync !== undefined || this.#isBroken || this.state === 'closed') return
    this.#timer?.cancel()
    this.#timer = undefined
    const seq = this.takenSeq
    if (seq <= this.durableSeq) return
    try {
      this.#log ??= this.#options.fileSystem.open(`${this.#path}-wal`, 'write')
      this.#sync = this.#log.dataSync().then(
        () => {
          this.#sync = undefined
          this.totals.syncs++
          this.madeDurable(seq)
          if (this.hasWaiters) this.#syncNow()
          else if (this.takenSeq > this.durableSeq) this.#scheduleSync()
        },
        (error: TradewireError) => this.#syncFailed(error),
      )
    } catch (error) {
      this.#syncFailed(error as TradewireError)
    }
  }

  /** The kernel may have marked the lost pages clean: a second sync would prove nothing. Only a restart helps. */
  #syncFailed(error: TradewireError): void {
    this.#sync = undefined
    this.#isFinal = true
    this.#isBroken = true
    this.fail('sync', error)
  }

  async #close(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.window.open) this.window.discard()
    if (this.state === 'failed') this.tryResume()
    this.tryFlush()
    while (this.#sync !== undefined) await this.#sync
    if (this.durability !== 'none') this.#syncNow()
    while (this.#sync !== undefined) await this.#sync
    this.#log?.close()
    this.#lock?.release()
    this.closed(this.durability === 'none' ? this.takenSeq : this.durableSeq)
  }
}
