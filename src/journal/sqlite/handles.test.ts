/**
 * The handles a host may bring, by the rules that their documentation states: over libsql, which takes more than they do.
 * node:sqlite itself is tested where Node has it (`test/package/sqlite.mjs`).
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { differences, recoverState, SimulatedConnector, TradingSystem } from 'tradewire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeFileSystem } from '../../core/node-file-system.js'
import { RealTime } from '../../core/real-time.js'
import { databaseError } from './handle.js'
import {
  openSqliteJournal,
  readSqliteJournal,
  type SqliteDatabase,
  type SqliteStatement,
  type SqliteValue,
  sqliteStore,
  sqliteTables,
} from './index.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tradewire-handles-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Handle = SqliteDatabase & { close(): void }

/** Statements that give rows, by their first word: better-sqlite3 refuses `run` for these, and `get` and `all` for all others. */
const reads = (sql: string) => /^\s*(SELECT|WITH|PRAGMA)\b/i.test(sql)

/** better-sqlite3: binds numbers, text, bigints, buffers and null, and is strict about what gives rows. */
function betterSqlite3(path: string): Handle {
  const database = new Database(path) as unknown as Handle
  const bound = (values: readonly unknown[]) => {
    for (const value of values) {
      const isBindable =
        ['number', 'string', 'bigint'].includes(typeof value) || value === null || ArrayBuffer.isView(value)
      if (!isBindable) throw new TypeError('SQLite3 can only bind numbers, strings, bigints, buffers, and null')
    }
    return values as SqliteValue[]
  }
  return {
    exec(sql) {
      database.exec(sql)
      return this
    },
    close: () => database.close(),
    prepare(sql): SqliteStatement {
      if (sql.trim().replace(/;$/, '').includes(';'))
        throw new RangeError('The supplied SQL string contains more than one statement')
      const statement = database.prepare(sql)
      const rows = reads(sql)
      const refuse = (): never => {
        throw new TypeError(
          rows
            ? 'This statement returns data. Use get(), all(), or iterate() instead'
            : 'This statement does not return data. Use run() instead',
        )
      }
      return {
        run: (...values) => (rows ? refuse() : { changes: Number(statement.run(...bound(values)).changes) }),
        get: (...values) => (rows ? statement.get(...bound(values)) : refuse()),
        all: (...values) => (rows ? statement.all(...bound(values)) : refuse()),
      }
    },
  }
}

/** node:sqlite: rows without a prototype, blobs as Uint8Array, every number bound as a double, `exec` that gives nothing. */
function nodeSqlite(path: string): Handle {
  const database = new Database(path) as unknown as Handle
  const row = (given: unknown): unknown => {
    if (typeof given !== 'object' || given === null) return given
    const bare = Object.create(null) as Record<string, unknown>
    for (const [name, value] of Object.entries(given)) {
      if (name === '_metadata') continue
      bare[name] =
        value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? new Uint8Array(value as ArrayBuffer) : value
    }
    return bare
  }
  return {
    exec: (sql) => {
      database.exec(sql)
      return undefined
    },
    close: () => database.close(),
    prepare(sql): SqliteStatement {
      const statement = database.prepare(sql)
      return {
        run: (...values) => ({ changes: BigInt(statement.run(...values).changes), lastInsertRowid: 0 }),
        get: (...values) => row(statement.get(...values)),
        all: (...values) => statement.all(...values).map(row),
      }
    },
  }
}

describe.each([
  ['better-sqlite3', betterSqlite3],
  ['node:sqlite', nodeSqlite],
] as const)('a handle of the shape of %s', (name, handle) => {
  const path = (file: string) => join(folder, `${name.replace(':', '-')}-${file}.db`)

  it('carries the journal of a system, and the next one finds exactly the state it left', async () => {
    for (let life = 0; life < 2; life++) {
      const database = handle(path('system'))
      const system = await TradingSystem.start({
        ...{ mode: 'simulation', onClose: 'leave', durability: 'os' },
        journalStore: sqliteStore({ database, account: 'A1' }),
        connectors: { sim: new SimulatedConnector({ synthetic: {}, seed: 3 }) },
        snapshots: { everyRecords: 30, keepSegments: 1 },
      })
      await system.run({ durationMs: 100 })
      for (let i = 0; i < 10; i++) system.orders.submit({ symbol: 'ACME', side: 'buy', quantity: 100 })
      await system.run({ durationMs: 100 })
      system.journal.tryFlush()
      const reader = handle(path('system'))
      const { state } = recoverState({
        records: (onRecord, from) => readSqliteJournal(reader, 'A1', onRecord, from),
        config: { mode: 'simulation' },
      })
      expect(differences(system.exportState(), state)).toEqual([])
      expect(system.recovery.records > 0).toBe(life > 0)
      reader.close()
      await system.stop()
      database.close()
    }
  })

  it('syncs, fences, and fills tables', async () => {
    const scheduler = new RealTime()
    const lock = { path: 'none', isHeld: true, release: () => {} }
    const fileSystem = { ...nodeFileSystem, lock: () => lock }
    const open = () =>
      openSqliteJournal({ database: handle(path('fence')), account: 'A1', fileSystem, scheduler, durability: 'fsync' })
    const first = open()
    first.begin(1).string('a')
    first.commit()
    await first.durable()
    const second = open()
    expect([second.recovered, second.epoch]).toEqual([1, 2])
    first.begin(1).string('b')
    first.commit()
    expect(first.tryFlush()).toBe(false)
    await Promise.allSettled([first.close(), second.close()])
    const tables = sqliteTables(handle(path('tables')), 'A1')
    await tables.write([], 5)
    expect(await tables.position()).toBe(5)
    await tables.clear()
    expect(await tables.position()).toBe(0)
  })
})

describe('errors of drivers', () => {
  it('mean the same whichever way a driver tells them', () => {
    const full = [{ code: 'SQLITE_FULL' }, { code: 'ERR_SQLITE_ERROR', errcode: 13 }, { errcode: 13 | (3 << 8) }]
    for (const error of full) expect(databaseError('write', 'x', error).details.errno).toBe('ENOSPC')
    expect(databaseError('write', 'x', { code: 'SQLITE_BUSY_SNAPSHOT' }).details.errno).toBe('EBUSY')
    expect(databaseError('write', 'x', { errcode: 10 }).details.errno).toBe('EIO')
  })
})
