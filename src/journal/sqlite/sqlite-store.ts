/** A SQLite database as the journal of a system. */
import type { FileSystem } from '../../core/file-system.js'
import { nodeFileSystem } from '../../core/node-file-system.js'
import type { JournalStore } from '../journal-store.js'
import type { SqliteDatabase } from './handle.js'
import { openSqliteJournal, type SqliteJournalOptions } from './sqlite-journal.js'

/** Options of {@link sqliteStore}. */
export interface SqliteStoreOptions
  extends Pick<
    SqliteJournalOptions,
    'maxBufferBytes' | 'maxSnapshotBytes' | 'maxSyncDelayMs' | 'busyTimeoutMs' | 'path'
  > {
  /** The handle: `new Database(path)` of libsql or better-sqlite3, `new DatabaseSync(path)` of node:sqlite. The host closes it. */
  readonly database: SqliteDatabase
  /** What is traded on it: each account has one journal, with one writer. */
  readonly account: string
  /** The real disk unless given. */
  readonly fileSystem?: FileSystem
}

/**
 * The journal of an account in a SQLite database, for the option `journalStore` of a system.
 *
 * @example
 * ```ts
 * import Database from 'libsql'
 * import { TradingSystem } from 'tradewire'
 * import { sqliteStore } from 'tradewire/journal/sqlite'
 *
 * const database = new Database('./trading.db')
 * const system = await TradingSystem.start({ journalStore: sqliteStore({ database, account: 'U1234567' }), connectors })
 * ```
 */
export function sqliteStore({ fileSystem = nodeFileSystem, ...options }: SqliteStoreOptions): JournalStore {
  return { open: (opening) => openSqliteJournal({ ...options, ...opening, fileSystem }) }
}
