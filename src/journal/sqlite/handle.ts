/**
 * SQLite as this library uses it: the part that libsql, better-sqlite3 and node:sqlite have in common. The host makes the
 * handle, and closes it; nothing is imported here.
 */
import { messageOf, TradewireError } from '../../core/errors.js'
import { fileError } from '../../core/file-system.js'

/** What a statement is given. */
export type SqliteValue = string | number | null | Uint8Array

/** A prepared statement. */
export interface SqliteStatement {
  run(...values: SqliteValue[]): { changes: number | bigint }
  get(...values: SqliteValue[]): unknown
  all(...values: SqliteValue[]): unknown[]
}

/** An open database: `new Database(path)` of libsql or better-sqlite3, `new DatabaseSync(path)` of node:sqlite. */
export interface SqliteDatabase {
  prepare(sql: string): SqliteStatement
  exec(sql: string): unknown
}

/** A row with a column. */
export function numberOf(row: unknown, column: string): number {
  const value = (row as Record<string, unknown> | undefined)?.[column]
  return typeof value === 'bigint' ? Number(value) : (value as number)
}

/** The bytes of a column: drivers give a Buffer, a Uint8Array or an ArrayBuffer. */
export function bytesOf(row: unknown, column: string): Uint8Array {
  const value = (row as Record<string, unknown>)[column]
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (value instanceof Uint8Array) return value
  throw new TradewireError('TW_JOURNAL_CORRUPT', `column ${column} of the database holds ${typeof value}, not bytes`)
}

/** Result codes of SQLite that mean something to the order path, as the names that files would give. */
const errnos: readonly (readonly [name: string, code: number, errno: string])[] = [
  ['SQLITE_FULL', 13, 'ENOSPC'],
  ['SQLITE_BUSY', 5, 'EBUSY'],
  ['SQLITE_LOCKED', 6, 'EBUSY'],
  ['SQLITE_READONLY', 8, 'EROFS'],
]

/** An error of a driver as one of ours: `details.errno` is ENOSPC for a full disk, EBUSY for a lock, else EIO. */
export function databaseError(operation: string, path: string, thrown: unknown): TradewireError {
  const { code, errcode } = (thrown ?? {}) as { code?: unknown; errcode?: unknown }
  const known = errnos.find(
    ([name, number]) =>
      (typeof code === 'string' && code.startsWith(name)) ||
      (typeof errcode === 'number' && (errcode & 0xff) === number),
  )
  return fileError(operation, path, known?.[2] ?? 'EIO', new Error(messageOf(thrown)))
}

/** Runs work in one transaction. @throws what `work` throws, with nothing of it done. */
export function inTransaction<T>(database: SqliteDatabase, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    try {
      database.exec('ROLLBACK')
    } catch {
      // SQLite has rolled back by itself.
    }
    throw error
  }
}
