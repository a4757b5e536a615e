/** The tables of a journal in a SQLite database: any file, also that of the journal itself while the follower is in its process. */
import { checkAccount } from '../sql/sql-journal.js'
import { cellsOf, journalTables, type SqlTables, type TableName, upsertText } from '../sql/tables.js'
import { databaseError, inTransaction, numberOf, type SqliteDatabase, type SqliteStatement } from './handle.js'
import { migrateSqlite } from './migrate.js'

/**
 * Makes or migrates the tables, and writes those of one journal.
 *
 * @throws TradewireError `TW_JOURNAL_VERSION` where a newer release made them; `TW_INVALID_CONFIG`; `TW_FILE`.
 */
export function sqliteTables(database: SqliteDatabase, journal: string): SqlTables {
  checkAccount(journal)
  migrateSqlite(database)
  const statements = new Map<TableName, SqliteStatement>()
  const statementOf = (table: TableName): SqliteStatement => {
    const statement = statements.get(table) ?? database.prepare(upsertText(table, () => '?'))
    statements.set(table, statement)
    return statement
  }
  const setPosition = database.prepare(
    'INSERT INTO tradewire_projections (journal, seq) VALUES (?, ?) ON CONFLICT (journal) DO UPDATE SET seq = excluded.seq',
  )
  const told = async <T>(operation: string, work: () => T): Promise<T> => {
    try {
      return work()
    } catch (error) {
      throw databaseError(operation, 'the database', error)
    }
  }
  return {
    position: () =>
      told('read', () =>
        numberOf(
          database
            .prepare('SELECT COALESCE(MAX(seq), 0) AS seq FROM tradewire_projections WHERE journal = ?')
            .get(journal),
          'seq',
        ),
      ),
    write: (rows, seq) =>
      told('write', () =>
        inTransaction(database, () => {
          for (const row of rows) statementOf(row.table).run(...cellsOf(journal, row))
          if (seq !== undefined) setPosition.run(journal, seq)
        }),
      ),
    clear: () =>
      told('write', () =>
        inTransaction(database, () => {
          for (const table of [...journalTables, 'projections'])
            database.prepare(`DELETE FROM tradewire_${table} WHERE journal = ?`).run(journal)
        }),
      ),
  }
}
