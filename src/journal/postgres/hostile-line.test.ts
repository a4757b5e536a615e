/** Against a real server over a line that goes silent, and a server that lost what it had confirmed; skipped where none is installed. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, postgresPrograms, startPostgres } from '../../../test/support/postgres.js'
import { FaultProxy } from '../../testing/fault-proxy.js'
import type { JournalFailure } from '../journal.js'
import { openSession } from './connection.js'
import { type PostgresJournal, type PostgresStoreOptions, postgresStore, readPostgresJournal } from './index.js'

const scheduler = { after: () => ({ cancel: () => {} }) }
let server: PostgresServer
let count = 0

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('waited in vain')
}

async function open(account: string, failures: JournalFailure[], options: Partial<PostgresStoreOptions> = {}) {
  const store = await postgresStore({ connection: server.connection, account, answerWithinMs: 300, ...options })
  return store.open({ scheduler, onRecord: () => {}, onFailure: (failure) => failures.push(failure) })
}

function append(journal: PostgresJournal, text: string): void {
  journal.begin(1).string(text)
  journal.commit()
}

async function texts(account: string): Promise<string[]> {
  const found: string[] = []
  const read = await readPostgresJournal(server.connection, account)
  read((_type, _seq, record) => found.push(record.string()))
  return found
}

/** A line to a server that can die as a cut cable does: nothing passes any more, and no end is answered. */
async function deadLine(to: number) {
  let isDead = false
  const sockets: Socket[] = []
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect(to, '127.0.0.1')
    sockets.push(client, upstream)
    client.on('data', (chunk) => isDead || upstream.write(chunk))
    upstream.on('data', (chunk) => isDead || client.write(chunk))
    client.on('end', () => isDead || upstream.end())
    upstream.on('end', () => isDead || client.end())
    for (const socket of [client, upstream]) socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return {
    port: (listener.address() as AddressInfo).port,
    die: () => {
      isDead = true
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}

describe.skipIf(postgresPrograms() === undefined)('a journal in PostgreSQL', () => {
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  it('fails when the line goes silent, without an end or an error, and goes on when it speaks again', async () => {
    const account = `L${++count}`
    await using proxy = await FaultProxy.open({ host: '127.0.0.1', port: server.connection.port })
    const failures: JournalFailure[] = []
    let isSilent = false
    const journal = await open(account, failures, {
      connection: { ...server.connection, port: proxy.port },
      connect: async (connection) => {
        const session = await openSession(connection)
        if (isSilent) proxy.silence()
        return session
      },
    })
    append(journal, 'a')
    await journal.durable()
    isSilent = true
    proxy.silence()
    append(journal, 'b')
    await expect(journal.durable()).rejects.toMatchObject({ code: 'TW_JOURNAL_FAILED' })
    expect(failures.map(({ error }) => error.details.errno)).toEqual(['ENOTCONN'])
    append(journal, 'c')
    // The connections that are made meanwhile go silent, too.
    await until(() => proxy.counters.connections >= 3)
    isSilent = false
    await until(() => journal.tryResume())
    append(journal, 'd')
    await journal.durable()
    await journal.close()
    expect(await texts(account)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('closes over a silent line, and says what is not safe', async () => {
    const account = `L${++count}`
    await using proxy = await FaultProxy.open({ host: '127.0.0.1', port: server.connection.port })
    const journal = await open(account, [], { connection: { ...server.connection, port: proxy.port } })
    append(journal, 'a')
    await journal.durable()
    proxy.silence()
    append(journal, 'b')
    await expect(journal.close()).rejects.toMatchObject({ details: { recordsNotSafe: 1 } })
  })

  it('closes over a line that is gone without a word, where nothing is left to write', async () => {
    const account = `L${++count}`
    await using line = await deadLine(server.connection.port)
    const journal = await open(account, [], { connection: { ...server.connection, port: line.port } })
    append(journal, 'a')
    await journal.durable()
    line.die()
    await journal.close()
    expect(await texts(account)).toEqual(['a'])
  })

  it('writes nothing more where the server has lost what it had confirmed: a replica that was behind took over', async () => {
    const account = `L${++count}`
    let isDown = false
    const failures: JournalFailure[] = []
    const journal = await open(account, failures, {
      connect: (connection) => (isDown ? Promise.reject(new Error('down')) : openSession(connection)),
    })
    for (const text of ['a', 'b', 'c']) {
      append(journal, text)
      await journal.durable()
    }
    isDown = true
    server.psql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tradewire'`)
    await until(() => journal.state === 'failed')
    server.psql(`DELETE FROM tradewire_batches WHERE account = '${account}' AND last_seq = 3`)
    isDown = false
    append(journal, 'd')
    await until(() => failures.length > 1)
    expect(failures.at(-1)?.error).toMatchObject({
      code: 'TW_JOURNAL_CORRUPT',
      details: { confirmedSeq: 3, lastSeq: 2 },
    })
    expect(journal.tryResume()).toBe(false)
    await expect(journal.close()).rejects.toMatchObject({ code: 'TW_JOURNAL_FAILED' })
    expect(await texts(account)).toEqual(['a', 'b'])
  })

  it('is fenced off, and not merely disturbed, whatever isolation the role has by default', async () => {
    const account = `L${++count}`
    server.psql(`ALTER ROLE tradewire SET default_transaction_isolation = 'serializable'`)
    try {
      const failures: JournalFailure[] = []
      const journal = await open(account, failures)
      append(journal, 'a')
      await journal.durable()
      const other = await openSession(server.connection)
      await other.query('BEGIN')
      await other.query('UPDATE tradewire_journals SET epoch = epoch + 1 WHERE account = $1', [account])
      append(journal, 'b')
      const late = journal.durable()
      late.catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, 100))
      await other.query('COMMIT')
      await expect(late).rejects.toMatchObject({ code: 'TW_JOURNAL_FAILED' })
      expect(failures.map(({ error }) => error.code)).toEqual(['TW_JOURNAL_FENCED'])
      await other.end()
      await expect(journal.close()).rejects.toMatchObject({ code: 'TW_JOURNAL_FAILED' })
    } finally {
      server.psql('ALTER ROLE tradewire RESET default_transaction_isolation')
    }
  })
})
