/** Tables against the system whose journal they come from, in SQLite and in a real PostgreSQL server. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import pg from 'pg'
import { followJournal, SimulatedConnector, TradingSystem } from 'tradewire'
import { directoryTail, type JournalTail } from 'tradewire/journal'
import { postgresTables } from 'tradewire/journal/postgres'
import { alertSink, type SqliteDatabase, type SqlTables, saveSettlements, sqliteTables } from 'tradewire/journal/sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, postgresPrograms, startPostgres } from '../../test/support/postgres.js'
import { nodeFileSystem } from '../core/node-file-system.js'
import { Decimal } from '../model/decimal.js'

interface Backend {
  open(journal: string): Promise<SqlTables & { close?(): Promise<void> }>
  query(sql: string): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tradewire-tables-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const backends: Readonly<Record<string, () => Promise<Backend>>> = {
  sqlite: async () => {
    const database = new Database(join(folder, 'tables.db')) as unknown as SqliteDatabase & { close(): void }
    return {
      open: async (journal) => sqliteTables(database, journal),
      query: async (sql) => database.prepare(sql).all() as Record<string, unknown>[],
      close: async () => database.close(),
    }
  },
  postgres: async () => {
    const server: PostgresServer = await startPostgres()
    const client = new pg.Client(server.connection)
    await client.connect()
    return {
      open: (journal) => postgresTables(server.connection, journal),
      query: async (sql) => (await client.query(sql)).rows,
      close: async () => {
        await client.end()
        server.stop()
      },
    }
  },
}

const config = { mode: 'simulation' as const, seed: 9 }

async function trade(directory: string): Promise<TradingSystem> {
  const system = await TradingSystem.start({
    ...config,
    journal: directory,
    onClose: 'leave',
    connectors: { sim: new SimulatedConnector({ synthetic: {}, seed: 9 }) },
  })
  await system.run({ durationMs: 500 })
  for (let n = 0; n < 40; n++)
    system.orders.submit({
      ...{ symbol: 'ACME', side: n % 3 ? 'buy' : 'sell', quantity: n === 7 ? 1e9 : 100 },
      ...(n % 2 ? { price: '1' } : {}),
    })
  system.setTradingState('global', '', 'REDUCING', 'operator', 'test')
  system.setTradingState('global', '', 'ACTIVE', 'operator', 'test')
  await system.run({ durationMs: 500 })
  return system
}

describe.each(Object.keys(backends))('tables in %s', (name) => {
  const isThere = name === 'sqlite' || postgresPrograms() !== undefined
  let backend: Backend
  let system: TradingSystem
  const directory = () => join(folder, `journal-${name}`)

  beforeAll(async () => {
    if (!isThere) return
    backend = await (backends[name] as () => Promise<Backend>)()
    system = await trade(directory())
  })
  afterAll(async () => {
    if (!isThere) return
    await system.stop()
    await backend.close()
  })

  const dump = async (journal: string): Promise<Record<string, Record<string, unknown>[]>> => {
    const result: Record<string, Record<string, unknown>[]> = {}
    const tables = [
      'sessions',
      'orders',
      'order_events',
      'executions',
      'positions',
      'accounts',
      'risk_decisions',
      'audit',
    ]
    for (const table of tables) {
      const rows = await backend.query(`SELECT * FROM tradewire_${table} WHERE journal = '${journal}' ORDER BY 1, 2`)
      result[table] = rows.map(({ journal: _, ...row }) => row)
    }
    return result
  }

  it.skipIf(!isThere)('hold what the system knows', async () => {
    const tables = await backend.open('J1')
    const follower = followJournal({ tail: directoryTail(nodeFileSystem, directory()), tables, config })
    await follower.catchUp()
    expect(follower.seq).toBeGreaterThan(40)
    const { orders = [], executions = [], positions = [], sessions = [], audit = [], ...others } = await dump('J1')
    const live = system.orders.list()
    expect(orders).toHaveLength(live.length)
    const byId = new Map(orders.map((order) => [order.client_order_id, order]))
    for (const order of live) {
      const row = byId.get(order.clientOrderId)
      expect(row).toMatchObject({
        status: order.status,
        side: order.snapshot.side,
        type: order.snapshot.type,
        instrument: order.snapshot.instrument,
      })
      expect(Number(row?.filled)).toBe(Number(order.filledQuantity))
      expect(Number(row?.quantity)).toBe(Number(order.snapshot.quantity))
    }
    const fills = system.exportState().orders.reduce((sum, { trades }) => sum + (trades as unknown[]).length, 0)
    expect(executions).toHaveLength(fills)
    expect(executions[0]).toMatchObject({ kind: 'trade', instrument: expect.stringMatching(/ACME/) })
    const [position] = system.snapshot().strategyPositions
    expect(Number(positions[0]?.quantity)).toBe(Number(position?.quantity))
    expect(String(positions[0]?.realized_net)).toBe(position?.realizedNet.toFixed())
    expect(sessions).toHaveLength(1)
    expect(audit.map(({ actor, action }) => `${actor} ${action}`)).toEqual([
      'operator tradingState',
      'operator tradingState',
    ])
    const denied = live.filter(({ status }) => status === 'DENIED')
    expect(denied.length).toBeGreaterThan(0)
    expect(others.risk_decisions?.filter(({ decision }) => decision === 'denied')).toHaveLength(denied.length)
    expect(others.accounts).toHaveLength(1)
    await follower.stop()
    await tables.close?.()
  })

  it.skipIf(!isThere)('go on where they are after a stop at any record, and can be made again', async () => {
    await (async () => {
      const tables = await backend.open('J2')
      // A follower that dies again and again, in the middle of its work.
      for (let deaths = 0; deaths < 12; deaths++) {
        const tail = directoryTail(nodeFileSystem, directory())
        let isDead = false
        const dying: JournalTail = {
          read: async (onRecord) => {
            const count = await tail.read(onRecord, 7 + deaths * 3)
            if (follower.seq > deaths * 15) isDead = true
            if (isDead) throw new Error('died')
            return count
          },
        }
        const follower = followJournal({ tail: dying, tables, config, everyMs: 60_000 })
        await follower.catchUp().catch(() => {})
        await follower.stop()
      }
      const last = followJournal({ tail: directoryTail(nodeFileSystem, directory()), tables, config })
      await last.catchUp()
      await last.stop()
      const inPieces = await dump('J2')
      await tables.clear()
      expect(await tables.position()).toBe(0)
      const again = followJournal({ tail: directoryTail(nodeFileSystem, directory()), tables, config })
      await again.catchUp()
      await again.stop()
      const inOne = await dump('J2')
      const settled = (rows: typeof inOne) => ({
        ...rows,
        positions: noSeq(rows.positions),
        accounts: noSeq(rows.accounts),
      })
      expect(settled(inPieces)).toEqual(settled(inOne))
      await tables.close?.()
    })()
  })

  it.skipIf(!isThere)('follow a journal while it grows', async () => {
    const tables = await backend.open('J3')
    const errors: unknown[] = []
    const tail = directoryTail(nodeFileSystem, directory())
    const follower = followJournal({ tail, tables, config, everyMs: 5, onError: (error) => errors.push(error) })
    await follower.catchUp()
    const before = follower.seq
    system.orders.submit({
      symbol: 'ACME',
      side: 'buy',
      quantity: 100,
      price: '1',
      clientOrderId: `late-${name}`,
    })
    system.journal.tryFlush()
    for (let tries = 0; tries < 1_000 && follower.seq === before; tries++)
      await new Promise((done) => setTimeout(done, 5))
    await follower.stop()
    const rows = await backend.query(`SELECT status FROM tradewire_orders WHERE client_order_id = 'late-${name}'`)
    expect(rows).toHaveLength(1)
    expect(errors).toEqual([])
    await tables.close?.()
  })

  it.skipIf(!isThere)('take alerts and settlements, and refuse another journal', async () => {
    const tables = await backend.open('J4')
    const alert = {
      ...{ id: 1, kind: 'limit', key: 'x', severity: 'warning', message: 'near', count: 1, firstUs: 5, lastUs: 5 },
      ...{ acknowledgedBy: undefined, isOpen: true },
    }
    await alertSink(tables).send(alert)
    await alertSink(tables).send({ ...alert, count: 2, isOpen: false })
    const trade = {
      ...{ id: 'c1', version: 1, tradeDate: '2026-03-02', settlementDate: '2026-03-03', account: 'A', strategy: 'S' },
      ...{ instrument: 'ACME', side: 'buy', quantity: new Decimal(5), averagePrice: undefined, currency: 'USD' },
      ...{ netAmount: new Decimal('-500.25'), status: 'open' },
    }
    await saveSettlements(tables, [trade, { ...trade, status: 'settled', version: 2 }])
    const alerts = await backend.query(`SELECT count, is_open FROM tradewire_alerts WHERE journal = 'J4'`)
    expect(alerts.map(({ count, is_open }) => [Number(count), Number(is_open)])).toEqual([[2, 0]])
    const settlements = await backend.query(`SELECT status, net_amount FROM tradewire_settlements WHERE journal = 'J4'`)
    expect(settlements).toHaveLength(1)
    expect(settlements[0]).toMatchObject({ status: 'settled', net_amount: '-500.25' })
    await tables.write([], 1_000_000)
    const tail = directoryTail(nodeFileSystem, directory())
    const follower = followJournal({ tail, tables, config })
    await expect(follower.catchUp()).rejects.toMatchObject({ code: 'TW_INVALID_STATE' })
    await follower.stop()
    await tables.close?.()
  })
})

const noSeq = (rows: Record<string, unknown>[] = []) => rows.map(({ last_seq: _, ...row }) => row)
