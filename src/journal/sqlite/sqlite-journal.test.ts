import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { differences, recoverState, SimulatedConnector, type SystemState, TradingSystem } from 'tradewire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeFileSystem } from '../../core/node-file-system.js'
import { RealTime } from '../../core/real-time.js'
import {
  openSqliteJournal,
  readSqliteJournal,
  type SqliteDatabase,
  type SqliteJournalOptions,
  sqliteStore,
} from './index.js'

let folder: string
let count = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tradewire-sqlite-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const newPath = () => join(folder, `${++count}.db`)
const handle = (path: string) => new Database(path) as unknown as SqliteDatabase & { close(): void }

function open(path: string, options: Partial<SqliteJournalOptions> = {}) {
  const database = options.database ?? handle(path)
  return openSqliteJournal({
    database,
    path,
    account: 'A1',
    fileSystem: nodeFileSystem,
    scheduler: new RealTime(),
    ...options,
  })
}

function append(journal: ReturnType<typeof open>, text: string): number {
  journal.begin(1).string(text)
  return journal.commit()
}

function texts(path: string, account = 'A1'): string[] {
  const found: string[] = []
  readSqliteJournal(handle(path), account, (_type, seq, record) => found.push(`${seq}:${record.string()}`))
  return found
}

describe('SqliteJournal', () => {
  it.each(['none', 'os', 'fsync'] as const)('keeps records in groups, in order (%s)', async (durability) => {
    const path = newPath()
    const journal = open(path, { durability })
    expect(append(journal, 'a')).toBe(1)
    append(journal, 'b')
    expect(texts(path), 'nothing before a flush').toEqual([])
    journal.flush()
    expect(texts(path), 'seen by another connection, so written').toEqual(['1:a', '2:b'])
    append(journal, 'c')
    await journal.durable()
    expect(journal.durableSeq).toBe(durability === 'none' ? 0 : 3)
    expect(journal.counters()).toMatchObject({ records: 3, writes: 2, failures: 0 })
    await journal.close()
    const found: string[] = []
    const again = open(path, { durability, onRecord: (_t, seq, record) => found.push(`${seq}:${record.string()}`) })
    expect(found).toEqual(['1:a', '2:b', '3:c'])
    expect(append(again, 'd')).toBe(4)
    await again.close()
  })

  it('shares a sync among all that wait, and syncs by itself in mode os', async () => {
    const path = newPath()
    const journal = open(path, { maxSyncDelayMs: 1 })
    const waits = []
    for (let n = 0; n < 50; n++) {
      append(journal, String(n))
      waits.push(journal.durable())
    }
    await Promise.all(waits)
    expect(journal.counters().syncs).toBeLessThanOrEqual(2)
    append(journal, 'later')
    journal.flush()
    while (journal.durableSeq < journal.lastSeq) await new Promise((resolve) => setTimeout(resolve, 2))
    await journal.close()
  })

  it('starts a restart at the newest snapshot, and removes history where it is told to', async () => {
    const path = newPath()
    const journal = open(path, { keepSegments: 0 })
    append(journal, 'before')
    expect(journal.writeSnapshot((writer) => writer.string('state'))).toBe(2)
    append(journal, 'after')
    await journal.close()
    expect(texts(path)).toEqual(['2:state', '3:after'])
    const rows = handle(path).prepare('SELECT first_seq FROM tradewire_batches ORDER BY 1').all()
    expect(rows).toHaveLength(2)
  })

  it('keeps accounts apart', async () => {
    const path = newPath()
    const database = handle(path)
    const [one, two] = [open(path, { database }), open(path, { database, account: 'B2' })]
    append(one, 'one')
    append(two, 'two')
    await one.close()
    await two.close()
    expect(texts(path)).toEqual(['1:one'])
    expect(texts(path, 'B2')).toEqual(['1:two'])
  })

  it('has one writer: a second one is refused', async () => {
    const path = newPath()
    const journal = open(path)
    expect(() => open(path)).toThrow(expect.objectContaining({ code: 'TW_JOURNAL_LOCKED' }))
    await journal.close()
    await open(path).close()
  })

  it('is fenced off by who takes the account over, whatever it believes', async () => {
    const path = newPath()
    const failures: string[] = []
    const stale = open(path, { onFailure: ({ error }) => failures.push(error.code) })
    append(stale, 'mine')
    stale.flush()
    // Another process that does not see the claim: another host, or one that removed it.
    handle(path).exec("UPDATE tradewire_journals SET epoch = epoch + 1 WHERE account = 'A1'")
    append(stale, 'too late')
    expect(stale.tryFlush()).toBe(false)
    expect(failures).toEqual(['TW_JOURNAL_FENCED'])
    expect(stale.state).toBe('failed')
    expect(stale.tryResume(), 'for ever').toBe(false)
    await expect(stale.durable()).rejects.toMatchObject({ code: 'TW_JOURNAL_FAILED' })
    expect(texts(path)).toEqual(['1:mine'])
    await expect(stale.close()).rejects.toMatchObject({ code: 'TW_JOURNAL_FAILED', details: { recordsNotSafe: 1 } })
  })

  it('refuses while another writer holds the database, keeps what happened, and goes on', async () => {
    const path = newPath()
    const journal = open(path, { busyTimeoutMs: 0 })
    const other = handle(path)
    other.exec('BEGIN IMMEDIATE')
    append(journal, 'waits')
    expect(() => journal.flush()).toThrow(expect.objectContaining({ code: 'TW_JOURNAL_FAILED' }))
    expect(journal.failure?.error.details.errno).toBe('EBUSY')
    append(journal, 'too')
    other.exec('COMMIT')
    expect(journal.tryResume()).toBe(true)
    expect(texts(path)).toEqual(['1:waits', '2:too'])
    await journal.close()
  })

  it('stands still after a failed sync: only a restart helps', async () => {
    const path = newPath()
    const broken = {
      ...nodeFileSystem,
      open: (name: string, mode: 'read' | 'write' | 'create') => {
        const file = nodeFileSystem.open(name, mode)
        return { ...file, close: () => file.close(), dataSync: () => Promise.reject(new Error('EIO')) }
      },
      lock: (name: string) => nodeFileSystem.lock(name),
    }
    const journal = open(path, { durability: 'fsync', fileSystem: broken })
    append(journal, 'a')
    await expect(journal.durable()).rejects.toMatchObject({ code: 'TW_JOURNAL_FAILED' })
    expect(journal.tryResume()).toBe(false)
    expect(() => journal.flush()).toThrow()
    await expect(journal.close()).rejects.toMatchObject({ code: 'TW_JOURNAL_FAILED' })
    await open(path).close()
    expect(texts(path)).toEqual(['1:a'])
  })

  it('finds damage and holes', async () => {
    for (const harm of [
      'DELETE FROM tradewire_batches WHERE first_seq = 2',
      'UPDATE tradewire_batches SET frames = zeroblob(length(frames)) WHERE first_seq = 2',
      'UPDATE tradewire_batches SET frames = substr(frames, 1, length(frames) - 1) WHERE first_seq = 3',
      'UPDATE tradewire_batches SET last_seq = 5 WHERE first_seq = 3',
    ]) {
      const path = newPath()
      const journal = open(path)
      for (const text of ['a', 'b', 'c']) {
        append(journal, text)
        journal.flush()
      }
      await journal.close()
      handle(path).exec(harm)
      expect(() => open(path), harm).toThrow(expect.objectContaining({ code: 'TW_JOURNAL_CORRUPT' }))
    }
  })

  it('refuses tables of a newer release, and options that make no sense', async () => {
    const path = newPath()
    await open(path).close()
    handle(path).exec('INSERT INTO tradewire_schema VALUES (999, 0)')
    expect(() => open(path)).toThrow(expect.objectContaining({ code: 'TW_JOURNAL_VERSION' }))
    const database = handle(newPath())
    const bad = (options: object) => () =>
      openSqliteJournal({ database, path: newPath(), account: 'A', fileSystem: nodeFileSystem, ...options })
    for (const options of [
      { path: '' },
      {},
      { account: '', durability: 'fsync' },
      { path: ':memory:', durability: 'fsync' },
    ])
      expect(bad(options)).toThrow(expect.objectContaining({ code: 'TW_INVALID_CONFIG' }))
  })
})

describe('a system on a SQLite store', () => {
  it.each(['os', 'fsync'] as const)('finds exactly the state it left, killed or stopped (%s)', async (durability) => {
    const path = newPath()
    const start = (account: string, database = handle(path)) =>
      TradingSystem.start({
        mode: 'simulation',
        durability,
        onClose: 'leave',
        journalStore: sqliteStore({ database, account }),
        connectors: { sim: new SimulatedConnector({ synthetic: {}, seed: 3 }) },
      })
    const system = await start('A1')
    await system.run({ durationMs: 500 })
    for (let n = 0; n < 20; n++)
      system.orders.submit({
        symbol: 'ACME',
        side: n % 3 ? 'buy' : 'sell',
        quantity: 100,
        ...(n % 2 ? { price: '1' } : {}),
      })
    await system.journal.durable()
    await system.run({ durationMs: 500 })
    await system.journal.durable()
    const live = system.exportState()
    expect(live.orders.filter(({ status }) => status === 'FILLED').length).toBeGreaterThan(3)
    // As after a kill: the records as they are, without the snapshot of an orderly end.
    expect(recovered(path, live)).toEqual([])
    await system.stop()
    const again = await TradingSystem.create({
      mode: 'simulation',
      durability,
      journalStore: sqliteStore({ database: handle(path), path, account: 'A1' }),
      connectors: { sim: new SimulatedConnector({ synthetic: {}, seed: 3 }) },
    })
    expect(differences(live, again.exportState())).toEqual([])
    await again.stop()
  })

  it('is not there beside a directory', async () => {
    const journalStore = sqliteStore({ database: handle(newPath()), account: 'A' })
    await expect(TradingSystem.create({ journal: './x', journalStore })).rejects.toMatchObject({
      code: 'TW_INVALID_CONFIG',
    })
  })
})

/** Differences between a state and the one that the records give. */
function recovered(path: string, live: SystemState): string[] {
  const { state } = recoverState({
    records: (onRecord) => readSqliteJournal(handle(path), 'A1', onRecord),
    config: { mode: 'simulation' },
  })
  return differences(live, state)
}
