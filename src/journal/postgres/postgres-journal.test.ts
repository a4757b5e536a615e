/** Against a real server, which the test starts; skipped where none is installed. */
import { differences, recoverState, SimulatedConnector, TradingSystem } from 'tradewire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, postgresPrograms, startPostgres } from '../../../test/support/postgres.js'
import type { JournalOpening } from '../journal-store.js'
import { openSession, type Session } from './connection.js'
import { type PostgresJournal, type PostgresStoreOptions, postgresStore, readPostgresJournal } from './index.js'

const none = { after: () => ({ cancel: () => {} }) }
let server: PostgresServer
let count = 0

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 2_000; tries++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('waited in vain')
}

const newAccount = () => `A${++count}`

async function open(account: string, options: Partial<PostgresStoreOptions & JournalOpening> = {}) {
  const store = await postgresStore({ connection: server.connection, account, ...options })
  return store.open({ scheduler: none, onRecord: () => {}, ...options })
}

function append(journal: PostgresJournal, text: string): number {
  journal.begin(1).string(text)
  return journal.commit()
}

async function texts(account: string, from: 'snapshot' | 'start' = 'snapshot'): Promise<string[]> {
  const found: string[] = []
  const read = await readPostgresJournal(server.connection, account, from)
  read((_type, seq, record) => found.push(`${seq}:${record.string()}`))
  return found
}

describe.skipIf(postgresPrograms() === undefined)('PostgresJournal', () => {
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  it('keeps records in groups, in order, and shares commits', async () => {
    const account = newAccount()
    const journal = await open(account)
    const waits = []
    for (let n = 1; n <= 100; n++) {
      expect(append(journal, `r${n}`)).toBe(n)
      waits.push(journal.durable())
    }
    await Promise.all(waits)
    expect(journal.durableSeq).toBe(100)
    expect(journal.counters().writes).toBeLessThan(10)
    append(journal, 'last')
    await journal.close()
    const found = await texts(account)
    expect(found).toHaveLength(101)
    expect(found[100]).toBe('101:last')
    const seen: number[] = []
    const again = await open(account, { onRecord: (_type, seq) => seen.push(seq) })
    expect(seen).toHaveLength(101)
    expect([again.recovered, again.lastSeq, again.epoch]).toEqual([101, 101, 2])
    expect(append(again, 'more')).toBe(102)
    await again.close()
  })

  it('starts a restart at the newest snapshot, and removes history where it is told to', async () => {
    const account = newAccount()
    const journal = await open(account, { keepSegments: 0 })
    append(journal, 'before')
    expect(journal.writeSnapshot((writer) => writer.string('state'))).toBe(2)
    append(journal, 'after')
    await journal.durable()
    await until(async () => (await texts(account, 'start')).length === 2)
    expect(await texts(account)).toEqual(['2:state', '3:after'])
    await journal.close()
  })

  it('promises nothing but fsync', async () => {
    const store = await postgresStore({ connection: server.connection, account: newAccount() })
    const opening = { scheduler: none, onRecord: () => {} }
    expect(() => store.open({ ...opening, durability: 'os' })).toThrow(
      expect.objectContaining({ code: 'TW_INVALID_CONFIG' }),
    )
    const journal = store.open(opening)
    expect(() => store.open(opening)).toThrow(expect.objectContaining({ code: 'TW_INVALID_STATE' }))
    await journal.close()
  })

  it('has one writer: a second one is refused, unless it is told to take over, which fences the first off', async () => {
    const account = newAccount()
    const failures: string[] = []
    const first = await open(account, { owner: 'one', onFailure: ({ error }) => failures.push(error.code) })
    append(first, 'mine')
    await first.durable()
    await expect(open(account)).rejects.toMatchObject({ code: 'TW_JOURNAL_LOCKED', details: { owner: 'one' } })
    const second = await open(account, { takeOver: true })
    append(first, 'too late')
    await expect(first.durable()).rejects.toMatchObject({ code: 'TW_JOURNAL_FAILED' })
    expect(failures).toEqual(['TW_JOURNAL_FENCED'])
    expect(first.tryResume()).toBe(false)
    append(second, 'new owner')
    await second.durable()
    expect(await texts(account)).toEqual(['1:mine', '2:new owner'])
    await expect(first.close()).rejects.toMatchObject({ code: 'TW_JOURNAL_FAILED' })
    await second.close()
    await (await open(account)).close()
  })

  it('fails closed when the server dies, keeps what happened, and goes on when it is back', async () => {
    const account = newAccount()
    const failures: unknown[] = []
    const journal = await open(account, { onFailure: ({ error }) => failures.push(error.details.errno) })
    append(journal, 'a')
    await journal.durable()
    server.restart('immediate')
    append(journal, 'b')
    await journal.durable().catch(() => {})
    await until(() => journal.state === 'failed')
    expect(() => journal.flush()).toThrow(expect.objectContaining({ code: 'TW_JOURNAL_FAILED' }))
    expect(failures[0]).toBe('ENOTCONN')
    append(journal, 'c')
    await until(() => journal.tryResume())
    append(journal, 'd')
    await journal.durable()
    expect(await texts(account)).toEqual(['1:a', '2:b', '3:c', '4:d'])
    await until(async () => (await open(account).catch((error) => error.code)) === 'TW_JOURNAL_LOCKED')
    await journal.close()
  })

  it('writes nothing twice where a commit came through and its answer did not', async () => {
    const account = newAccount()
    let isDeaf = false
    const connect = async (connection: Parameters<typeof openSession>[0]): Promise<Session> => {
      const session = await openSession(connection)
      const query = session.query
      session.query = async (text, values) => {
        const result = await query(text, values)
        if (isDeaf && text.includes('INSERT')) {
          isDeaf = false
          throw Object.assign(new Error('the connection ended'), { code: '08006' })
        }
        return result
      }
      return session
    }
    const journal = await open(account, { connect })
    append(journal, 'a')
    await journal.durable()
    isDeaf = true
    append(journal, 'b')
    await expect(journal.durable()).rejects.toMatchObject({ code: 'TW_JOURNAL_FAILED' })
    await until(() => journal.tryResume())
    append(journal, 'c')
    await journal.close()
    expect(await texts(account)).toEqual(['1:a', '2:b', '3:c'])
  })

  it('finds damage, holes, and tables of a newer release', async () => {
    const account = newAccount()
    const journal = await open(account)
    for (const text of ['a', 'b', 'c']) {
      append(journal, text)
      await journal.durable()
    }
    await journal.close()
    server.psql(`DELETE FROM tradewire_batches WHERE account = '${account}' AND first_seq = 2`)
    await expect(open(account)).rejects.toMatchObject({ code: 'TW_JOURNAL_CORRUPT' })
    server.psql('INSERT INTO tradewire_schema VALUES (999, 0)')
    await expect(open(newAccount())).rejects.toMatchObject({ code: 'TW_JOURNAL_VERSION' })
    server.psql('DELETE FROM tradewire_schema WHERE version = 999')
    await expect(postgresStore({ connection: server.connection, account: '' })).rejects.toMatchObject({
      code: 'TW_INVALID_CONFIG',
    })
    await expect(postgresStore({ connection: { host: '127.0.0.1', port: 1 }, account })).rejects.toMatchObject({
      code: 'TW_FILE',
    })
  })

  it('is the journal of a system, which finds exactly the state it left, killed or stopped', async () => {
    const account = newAccount()
    const start = async () =>
      TradingSystem.start({
        mode: 'simulation',
        onClose: 'leave',
        journalStore: await postgresStore({ connection: server.connection, account }),
        connectors: { sim: new SimulatedConnector({ synthetic: {}, seed: 3 }) },
      })
    const system = await start()
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
    const records = await readPostgresJournal(server.connection, account)
    const { state } = recoverState({ records, config: { mode: 'simulation' } })
    expect(differences(live, state)).toEqual([])
    await system.stop()
    const again = await TradingSystem.create({
      mode: 'simulation',
      journalStore: await postgresStore({ connection: server.connection, account }),
    })
    expect(differences(live, again.exportState())).toEqual([])
    await again.stop()
  })
})
