/**
 * `tradewire/journal/sqlite`: the journal in a SQLite database, on a handle of libsql, better-sqlite3 or node:sqlite that the
 * host makes.
 */

export type { JournalOpening, JournalStore } from '../journal-store.js'
export {
  type AlertRow,
  alertSink,
  type SettlementRow,
  type SqlTables,
  saveSettlements,
  type TableName,
  type TableRow,
} from '../sql/tables.js'
export type { SqliteDatabase, SqliteStatement, SqliteValue } from './handle.js'
export {
  openSqliteJournal,
  readSqliteJournal,
  type SqliteJournal,
  type SqliteJournalOptions,
} from './sqlite-journal.js'
export { type SqliteStoreOptions, sqliteStore } from './sqlite-store.js'
export { sqliteTables } from './sqlite-tables.js'
