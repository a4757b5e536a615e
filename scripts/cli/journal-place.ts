/**
 * Where a journal lies, as a command line names it: a directory of segment files, a SQLite database (its file), or a PostgreSQL
 * database (its address; the password comes from the environment, as with every tool of PostgreSQL, and is never printed).
 * A database is only read.
 */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { messageOf } from '../../src/core/errors.js'
import { nodeFileSystem } from '../../src/core/node-file-system.js'
import { listJournal } from '../../src/journal/inspect-journal.js'
import { readSqliteJournal, type SqliteDatabase } from '../../src/journal/sqlite/index.js'
import type { RecordSource } from '../../src/system/recover-state.js'
import { UsageError } from './support.js'

/** The journal of one account in a database, as it lies there. */
export interface StoredJournal {
  readonly account: string
  readonly epoch: number
  readonly owner: string
  readonly groups: number
  readonly snapshots: number
  readonly firstSeq: number
  readonly lastSeq: number
  readonly bytes: number
}

/** A database with journals in it. */
export interface JournalDatabase {
  readonly kind: 'database'
  /** For people, without secrets. */
  readonly name: string
  readonly journals: readonly StoredJournal[]
  /** Reads one journal. */
  read(account: string, from: 'snapshot' | 'start'): Promise<RecordSource>
  close(): void
}

/** What a command line names. */
export type JournalPlace = { readonly kind: 'directory'; readonly directory: string } | JournalDatabase

const stockText = `SELECT j.account AS account, j.epoch AS epoch, j.owner AS owner, COUNT(b.first_seq) AS "groups",
  COALESCE(SUM(b.is_snapshot), 0) AS snapshots, COALESCE(MIN(b.first_seq), 0) AS first_seq,
  COALESCE(MAX(b.last_seq), 0) AS last_seq, COALESCE(SUM(LENGTH(b.frames)), 0) AS bytes
  FROM tradewire_journals j LEFT JOIN tradewire_batches b ON b.account = j.account
  GROUP BY j.account, j.epoch, j.owner ORDER BY j.account`

/** The one place of a command line. npm changes the working directory; paths count from where it was called. @throws UsageError. */
export async function placeOf(positionals: readonly string[]): Promise<JournalPlace> {
  const [given, ...others] = positionals
  if (given === undefined)
    throw new UsageError('the directory of the journal is missing (or the file or address of its database)')
  if (others.length > 0) throw new UsageError(`one journal at a time, got ${positionals.map(withoutSecret).join(', ')}`)
  if (/^postgres(ql)?:\/\//i.test(given)) return postgresPlace(given)
  const path = pathOf(given)
  if (existsSync(path) && statSync(path).isFile()) return sqlitePlace(path)
  return { kind: 'directory', directory: directoryOf(path) }
}

/** As {@link placeOf}, for commands that files alone can take. @throws UsageError. */
export async function directoryPlaceOf(positionals: readonly string[], command: string): Promise<string> {
  const place = await placeOf(positionals)
  if (place.kind === 'directory') return place.directory
  place.close()
  throw new UsageError(
    `${command} is for segment files: ${place.name} is a database, whose groups are written whole or not at all; restore a damaged one from its backup`,
  )
}

/** A path as it is meant where the command was called. */
export function pathOf(path: string): string {
  return resolve(process.env.INIT_CWD ?? process.cwd(), path)
}

/** The journal that is meant in a database: the one that is named, or the only one. @throws UsageError. */
export function accountOf({ name, journals }: JournalDatabase, account: string | undefined): string {
  const names = journals.map((each) => each.account)
  if (account !== undefined && names.includes(account)) return account
  const [only, ...others] = names
  if (account === undefined && only !== undefined && others.length === 0) return only
  const there = names.length === 0 ? 'it holds none' : `there are ${names.join(', ')}`
  throw new UsageError(
    account === undefined
      ? `which journal of ${name}: --account NAME; ${there}`
      : `${name} has no journal ${account}; ${there}`,
  )
}

function directoryOf(directory: string): string {
  if (!existsSync(directory)) throw new UsageError(`there is no directory ${directory}`)
  if (listJournal(nodeFileSystem, directory).length === 0)
    throw new UsageError(`there is no journal in ${directory}: it holds no segment-00000001.journal or later`)
  return directory
}

async function sqlitePlace(path: string): Promise<JournalDatabase> {
  if (!isSqlite(path)) throw new UsageError(`${path} is neither the directory of a journal nor a SQLite database`)
  const database = await openSqlite(path)
  const close = () => database.close()
  try {
    // Nothing is written, whoever else has the database open.
    database.exec('PRAGMA query_only=ON')
    const journals = stockOf(() => database.prepare(stockText).all(), path)
    return {
      kind: 'database',
      name: path,
      journals,
      read: async (account) => (onRecord, from) => readSqliteJournal(database, account, onRecord, from),
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}

function stockOf(rows: () => unknown[], name: string): StoredJournal[] {
  let found: unknown[]
  try {
    found = rows()
  } catch (error) {
    throw new UsageError(`there is no journal in ${name}: ${messageOf(error)}`, { cause: error })
  }
  return (found as Record<string, unknown>[]).map((row) => ({
    account: String(row.account),
    epoch: Number(row.epoch),
    owner: String(row.owner),
    groups: Number(row.groups),
    snapshots: Number(row.snapshots),
    firstSeq: Number(row.first_seq),
    lastSeq: Number(row.last_seq),
    bytes: Number(row.bytes),
  }))
}

/** What every SQLite file begins with. */
const magic = 'SQLite format 3\0'

function isSqlite(path: string): boolean {
  const head = Buffer.alloc(magic.length)
  const descriptor = openSync(path, 'r')
  try {
    readSync(descriptor, head, 0, head.length, 0)
  } finally {
    closeSync(descriptor)
  }
  return head.toString('latin1') === magic
}

/** Drivers in the order of preference, with the name of what opens a file. */
const drivers = [
  ['libsql', 'default'],
  ['better-sqlite3', 'default'],
  ['node:sqlite', 'DatabaseSync'],
] as const

async function openSqlite(path: string): Promise<SqliteDatabase & { close(): void }> {
  for (const [driver, name] of drivers) {
    let module: Record<string, new (path: string) => SqliteDatabase & { close(): void }>
    try {
      module = await import(driver)
    } catch {
      continue
    }
    const Database = module[name]
    if (Database !== undefined) return new Database(path)
  }
  throw new UsageError(
    `${path} is a SQLite database: to read it install libsql or better-sqlite3 beside tradewire, or use a version of Node that has node:sqlite`,
  )
}

async function postgresPlace(address: string): Promise<JournalDatabase> {
  const name = withoutSecret(address)
  if (name !== address)
    throw new UsageError(
      `the address ${name} came with a password, which everybody on this machine can see in a command line: give it in the environment variable PGPASSWORD`,
    )
  let postgres: typeof import('../../src/journal/postgres/index.js')
  let sessions: typeof import('../../src/journal/postgres/connection.js')
  try {
    postgres = await import('../../src/journal/postgres/index.js')
    sessions = await import('../../src/journal/postgres/connection.js')
  } catch (error) {
    throw new UsageError(`to read a PostgreSQL database install pg beside tradewire: ${messageOf(error)}`, {
      cause: error,
    })
  }
  const session = await sessions.openSession(address)
  try {
    const { rows } = await session.query(stockText).catch((error: unknown) => {
      throw new UsageError(`there is no journal in ${name}: ${messageOf(error)}`, { cause: error })
    })
    return {
      kind: 'database',
      name,
      journals: stockOf(() => rows, name),
      read: (account, from) => postgres.readPostgresJournal(address, account, from),
      close: () => {},
    }
  } finally {
    await session.end()
  }
}

/** An address without a password, wherever it stands in it. */
function withoutSecret(address: string): string {
  return address.replace(/^([a-z]+:\/\/[^:/?#@]*):[^@/]*@/i, '$1@').replace(/([?&]password=)[^&#]*/gi, '$1')
}
