/** Brings the tables of a SQLite database to the newest version. */
import { TradewireError } from '../../core/errors.js'
import { migrations, newestSchema, sqliteDialect, versionTable } from '../sql/schema.js'
import { inTransaction, numberOf, type SqliteDatabase } from './handle.js'

/**
 * Makes or migrates the tables, all of it or nothing; returns their version.
 *
 * @throws TradewireError `TW_JOURNAL_VERSION` where a newer release made them.
 */
export function migrateSqlite(database: SqliteDatabase): number {
  return inTransaction(database, () => {
    database.exec(versionTable(sqliteDialect))
    const version =
      numberOf(database.prepare('SELECT MAX(version) AS version FROM tradewire_schema').get(), 'version') || 0
    if (version > newestSchema)
      throw new TradewireError(
        'TW_JOURNAL_VERSION',
        `the tables of the database are of version ${version}, this release knows up to ${newestSchema}`,
        { details: { version, newest: newestSchema } },
      )
    for (const migration of migrations(sqliteDialect)) {
      if (migration.version <= version) continue
      for (const statement of migration.statements) database.exec(statement)
      database.prepare('INSERT INTO tradewire_schema (version, applied_us) VALUES (?, 0)').run(migration.version)
    }
    return newestSchema
  })
}
