/**
 * The journal in a database of node:sqlite, as a host of the packed package uses it: a system trades, a second one finds
 * exactly what it left, an owner that was replaced writes nothing any more, and the tables tell the orders. Versions of Node
 * without node:sqlite have nothing to show.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  differences,
  followJournal,
  nodeFileSystem,
  RealTime,
  recoverState,
  SimulatedConnector,
  TradingSystem,
} from 'tradewire'
import { openSqliteJournal, readSqliteJournal, sqliteStore, sqliteTables } from 'tradewire/journal/sqlite'

const require = createRequire(import.meta.url)
let DatabaseSync
try {
  ;({ DatabaseSync } = require('node:sqlite'))
} catch {
  process.exit(0)
}
const folder = mkdtempSync(join(tmpdir(), 'tradewire-node-sqlite-'))
const path = join(folder, 'trading.db')
const open = () => new DatabaseSync(path)
const recordsOf = (database) => (onRecord, from) => readSqliteJournal(database, 'A1', onRecord, from)

async function trade(durability) {
  const database = open()
  const system = await TradingSystem.start({
    mode: 'simulation',
    durability,
    journalStore: sqliteStore({ database, account: 'A1' }),
    connectors: { sim: new SimulatedConnector({ synthetic: {}, seed: 3 }) },
    onClose: 'leave',
  })
  await system.run({ durationMs: 200 })
  for (let i = 0; i < 20; i++)
    system.orders.submit({ symbol: 'ACME', side: i % 2 === 0 ? 'buy' : 'sell', quantity: 100 })
  // In fsync mode orders leave when the disk has answered.
  await system.journal.durable()
  await system.run({ durationMs: 200 })
  await system.journal.durable()
  const live = system.exportState()
  const orders = system.orders.list().length
  await system.stop()
  database.close()
  return { live, orders }
}

try {
  for (const durability of ['os', 'fsync']) {
    const { live } = await trade(durability)
    const database = open()
    const { state } = recoverState({ records: recordsOf(database), config: { mode: 'simulation' } })
    assert.deepEqual(differences(live, state), [], `${durability}: the state that was`)
    database.close()
  }
  const { orders } = await trade('os')

  const database = open()
  const reports = new DatabaseSync(join(folder, 'reports.db'))
  const all = []
  readSqliteJournal(database, 'A1', (type, seq) => all.push(seq), 'start')
  assert.deepEqual(
    all,
    all.map((_, at) => at + 1),
    'every record once, in order',
  )
  const tables = sqliteTables(reports, 'A1')
  await tables.write([], 7)
  assert.equal(await tables.position(), 7)
  assert.equal(typeof followJournal, 'function')
  assert.ok(orders > 0)

  // Who takes the account over fences the one before off.
  const journalOf = () =>
    openSqliteJournal({
      database: open(),
      path: join(folder, 'trading.db'),
      account: 'A2',
      fileSystem: { ...nodeFileSystem, lock: () => ({ path: 'none', release() {} }) },
      scheduler: new RealTime(),
      durability: 'fsync',
    })
  const first = journalOf()
  first.begin(1).string('mine')
  first.commit()
  assert.equal(first.tryFlush(), true)
  await first.durable()
  const second = journalOf()
  first.begin(1).string('too late')
  first.commit()
  assert.equal(first.tryFlush(), false, 'a replaced owner writes nothing')
  assert.equal(second.recovered, 1)
  await second.close()
  await first.close().catch(() => {})
} finally {
  rmSync(folder, { recursive: true, force: true })
}
