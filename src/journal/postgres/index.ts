/**
 * `tradewire/journal/postgres`: the journal in a PostgreSQL database, over the package `pg`.
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
export type { OpenSession, PostgresConnection, Session } from './connection.js'
export type { PostgresJournal } from './postgres-journal.js'
export { type PostgresStore, type PostgresStoreOptions, postgresStore, readPostgresJournal } from './postgres-store.js'
export { type PostgresTables, postgresTables } from './postgres-tables.js'
