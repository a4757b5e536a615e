/**
 * The tables of the SQL stores, as migrations: each is applied once, in order, in a transaction, and never changed
 * afterwards. One text for both databases; the words in which they differ are filled in.
 */

/** The words in which databases differ. */
export interface Dialect {
  /** Whole numbers of 64 bits. */
  readonly integer: string
  readonly real: string
  readonly bytes: string
}

/** SQLite and its relatives. */
export const sqliteDialect: Dialect = { integer: 'INTEGER', real: 'REAL', bytes: 'BLOB' }

/** PostgreSQL. */
export const postgresDialect: Dialect = {
  integer: 'BIGINT',
  real: 'DOUBLE PRECISION',
  bytes: 'BYTEA',
}

/** One step from one version of the tables to the next. */
export interface Migration {
  readonly version: number
  readonly statements: readonly string[]
}

/** Makes the table that knows which migrations were applied. */
export function versionTable({ integer }: Dialect): string {
  return `CREATE TABLE IF NOT EXISTS tradewire_schema (version ${integer} PRIMARY KEY, applied_us ${integer} NOT NULL)`
}

/** All migrations in order. */
export function migrations({ integer, bytes }: Dialect): readonly Migration[] {
  return [
    {
      version: 1,
      statements: [
        `CREATE TABLE tradewire_journals (
          account TEXT PRIMARY KEY,
          epoch ${integer} NOT NULL,
          owner TEXT NOT NULL,
          taken_us ${integer} NOT NULL)`,
        `CREATE TABLE tradewire_batches (
          account TEXT NOT NULL,
          first_seq ${integer} NOT NULL,
          last_seq ${integer} NOT NULL,
          epoch ${integer} NOT NULL,
          is_snapshot ${integer} NOT NULL,
          frames ${bytes} NOT NULL,
          PRIMARY KEY (account, first_seq))`,
      ],
    },
  ]
}

/** The newest version of the tables that this release knows. */
export const newestSchema = migrations(sqliteDialect).at(-1)?.version ?? 0
