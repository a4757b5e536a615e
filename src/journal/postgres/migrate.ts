/** Brings the tables of a PostgreSQL database to the newest version. */
import { TradewireError } from '../../core/errors.js'
import { migrations, newestSchema, postgresDialect, versionTable } from '../sql/schema.js'
import type { Session } from './connection.js'

/** Serialises migrations of several processes: any number that others do not use. */
const migrationLock = 7_201_947_339

/**
 * Makes or migrates the tables, all of it or nothing; returns their version.
 *
 * @throws TradewireError `TW_JOURNAL_VERSION` where a newer release made them.
 */
export async function migratePostgres(session: Session): Promise<number> {
  await session.query('BEGIN')
  try {
    await session.query('SELECT pg_advisory_xact_lock($1)', [migrationLock])
    await session.query(versionTable(postgresDialect))
    const { rows } = await session.query('SELECT COALESCE(MAX(version), 0) AS version FROM tradewire_schema')
    const version = Number(rows[0]?.version)
    if (version > newestSchema)
      throw new TradewireError(
        'TW_JOURNAL_VERSION',
        `the tables of the database are of version ${version}, this release knows up to ${newestSchema}`,
        { details: { version, newest: newestSchema } },
      )
    for (const migration of migrations(postgresDialect)) {
      if (migration.version <= version) continue
      for (const statement of migration.statements) await session.query(statement)
      await session.query('INSERT INTO tradewire_schema (version, applied_us) VALUES ($1, 0)', [migration.version])
    }
    await session.query('COMMIT')
    return newestSchema
  } catch (error) {
    await session.query('ROLLBACK').catch(() => {})
    throw error
  }
}
