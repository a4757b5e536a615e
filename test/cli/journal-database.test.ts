/** `tradewire journal …` against journals in databases: SQLite files, and a PostgreSQL server that the test starts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { differences, SimulatedConnector, type SystemState, TradingSystem } from 'tradewire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { journalCommand } from '../../scripts/cli/journal.js'
import { explain } from '../../scripts/cli/support.js'
import type { JournalStore } from '../../src/journal/journal-store.js'
import { postgresStore } from '../../src/journal/postgres/index.js'
import { type SqliteDatabase, sqliteStore } from '../../src/journal/sqlite/index.js'
import { type PostgresServer, postgresPrograms, startPostgres } from '../support/postgres.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tradewire-cli-database-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a command in this process. */
async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: '', err: '' }
  const console = {
    out: (text: string) => {
      texts.out += `${text}\n`
    },
    error: (text: string) => {
      texts.err += `${text}\n`
    },
  }
  try {
    return { code: await journalCommand(args, console), ...texts }
  } catch (error) {
    return { code: explain(error, console, args.includes('--json')), ...texts }
  }
}

const json = async (...args: string[]) => JSON.parse((await cli(...args, '--json')).out)

/** Trades on a store; returns the state at its end. */
async function trade(journalStore: JournalStore, durability: 'os' | 'fsync'): Promise<SystemState> {
  const system = await TradingSystem.start({
    ...{ mode: 'simulation', onClose: 'leave', durability, journalStore },
    connectors: { sim: new SimulatedConnector({ synthetic: {}, seed: 5 }) },
  })
  await system.run({ durationMs: 500 })
  for (let n = 0; n < 6; n++)
    system.orders.submit({ symbol: 'ACME', side: 'buy', quantity: 100, clientOrderId: `o${n}` })
  await system.journal.durable()
  await system.run({ durationMs: 500 })
  await system.journal.durable()
  const state = system.exportState()
  await system.stop()
  return state
}

/** What every database answers to. */
async function answers(place: string, live: SystemState, ...account: string[]): Promise<void> {
  const verdict = await json('verify', place, ...account)
  expect(verdict).toMatchObject({ state: 'sound', account: 'A1' })
  expect(verdict.records).toBe(verdict.lastSeq)
  const { state } = await json('replay', place, '--all', ...account)
  expect(differences(JSON.parse(JSON.stringify(live)) as SystemState, state)).toEqual([])
  const { out } = await cli('export', place, '--type', 'intent', ...account)
  expect(out.trim().split('\n')).toHaveLength(6)
  expect(out).toContain('o5')
  const early = await json('replay', place, '--until', '2', ...account)
  expect(early.state.orders).toEqual([])
  const repair = await cli('repair', place)
  expect([repair.code, repair.err]).toEqual([2, expect.stringContaining('repair is for segment files')])
}

describe('a SQLite database', () => {
  const open = (path: string) => new Database(path) as unknown as SqliteDatabase & { close(): void }

  it('is listed, verified, replayed and exported by its file, beside its owner', async () => {
    const path = join(folder, 'trading.db')
    const database = open(path)
    const live = await trade(sqliteStore({ database, account: 'A1' }), 'os')
    const { journals } = await json('list', path)
    expect(journals).toMatchObject([{ account: 'A1', epoch: 1, firstSeq: 1, snapshots: 1 }])
    await answers(path, live)
    await trade(sqliteStore({ database, account: 'A2' }), 'os')
    expect(
      (await cli('list', path)).out
        .split('\n')
        .slice(1, 3)
        .map((line) => line.slice(0, 2)),
    ).toEqual(['A1', 'A2'])
    const unnamed = await cli('verify', path)
    expect([unnamed.code, unnamed.err]).toEqual([2, expect.stringContaining('--account NAME; there are A1, A2')])
    expect((await cli('verify', path, '--account', 'B')).err).toContain('has no journal B')
    await answers(path, live, '--account', 'A1')
    database.close()
  })

  it('whose bytes were changed is damaged', async () => {
    const path = join(folder, 'damaged.db')
    const database = open(path)
    await trade(sqliteStore({ database, account: 'A1' }), 'os')
    database.exec(
      "UPDATE tradewire_batches SET frames = CAST(substr(frames, 1, 10) || x'5a' || substr(frames, 12) AS BLOB) WHERE first_seq = 1",
    )
    database.close()
    expect((await cli('verify', path)).code).toBe(1)
  })

  it('is refused where it is none, or holds none', async () => {
    const text = join(folder, 'notes.txt')
    writeFileSync(text, 'not a database')
    expect((await cli('list', text)).err).toContain('neither the directory of a journal nor a SQLite database')
    const empty = join(folder, 'empty.db')
    const database = open(empty)
    database.exec('CREATE TABLE t (x)')
    database.close()
    expect(await cli('list', empty)).toMatchObject({ code: 2, err: expect.stringContaining('there is no journal in') })
  })
})

describe('a PostgreSQL database', () => {
  it('is not taken with a password in its address, which nothing shows', async () => {
    for (const address of ['postgres://me:hunter2@localhost/x', 'postgresql://me@localhost/x?password=hunter2']) {
      const { code, out, err } = await cli('list', address)
      expect(code).toBe(2)
      expect(err).toContain('PGPASSWORD')
      expect(out + err).not.toContain('hunter2')
    }
    const gone = await cli('list', 'postgres://me@127.0.0.1:1/x')
    expect(gone.code).toBe(3)
  })

  describe.skipIf(postgresPrograms() === undefined)('on a server', () => {
    let server: PostgresServer
    beforeAll(async () => {
      server = await startPostgres()
    })
    afterAll(() => server.stop())

    it('is listed, verified, replayed and exported by its address', async () => {
      const { connection } = server
      const { user, host, port, database } = connection
      const address = `postgres://${user}@${host}:${port}/${database}`
      expect((await cli('list', address)).err).toContain('there is no journal in')
      const live = await trade(await postgresStore({ connection, account: 'A1' }), 'fsync')
      const { journals } = await json('list', address)
      expect(journals).toMatchObject([{ account: 'A1', epoch: 1, firstSeq: 1 }])
      await answers(address, live)
    })
  })
})
