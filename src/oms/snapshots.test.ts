/** Snapshots: a restart from one finds what a replay of everything finds, and a failed one costs nothing. */
import { describe, expect, it } from 'vitest'
import { buy, type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import { silentLogger } from '../core/logger.js'
import { VirtualTime } from '../core/virtual-time.js'
import { readJournal } from '../journal/read-journal.js'
import { listSegments } from '../journal/segment-files.js'
import * as Field from '../orders/order-fields.js'
import * as TradeField from '../orders/trade-fields.js'
import type { TradingSystemConfig } from '../system/config.js'
import { composeOrderPlane } from '../system/order-plane.js'
import { recoverState } from '../system/recover-state.js'
import { differences, exportState } from '../system/state.js'
import { snapshotVersion } from './core-snapshot.js'
import { Recovery } from './recovery.js'
import { restartEcho } from './restart.test-support.js'

const noMarks = { bid: () => Number.NaN, ask: () => Number.NaN, last: () => Number.NaN }

/** The state that a journal gives, read from the newest snapshot or from its first record. */
function stateFrom({ disk }: EchoSystem, from: 'snapshot' | 'start', config: TradingSystemConfig = {}) {
  const core = composeOrderPlane(config, { clock: new VirtualTime(), logger: silentLogger, marks: noMarks })
  const recovery = new Recovery(core)
  let snapshots = 0
  readJournal(
    disk,
    'journal',
    (type, seq, record) => {
      if (type === 255) snapshots++
      recovery.apply(type, seq, record)
    },
    { from },
  )
  recovery.finish(false)
  return { state: exportState(core), snapshots }
}

/** Orders of every kind: filled, corrected, busted, inferred, changed, canceling, refused, external, of unknown fate. */
function trade({ system, venue }: EchoSystem, offset: number): void {
  const { reports } = venue
  const submit = (change: Record<string, unknown> = {}) => system.orders.submit(buy(change)).number
  const at = Array.from({ length: 8 }, (_, i) => submit({ quantity: 10 + i, tag: `tag ${i}`, strategy: `s${i % 3}` }))
  const n = (i: number) => at[i] as number
  for (let i = 0; i < 8; i++) reports.accepted(n(i), `${offset}-${i}`, 1)
  reports.filled(n(0), `e0-${offset}`, 10, 1_000_000, 12_345_678, 'USD', 1, 2)
  reports.filled(n(1), offset + 1, 5, 999_900, Number.NaN, '', 2, 3)
  reports.canceled(n(2), 4, 'by hand', 4)
  reports.filled(n(3), 'c', 3, 1_000_000, 5, 'EUR', 1, 8)
  reports.corrected(n(3), 'c', 'c2', 4, 1_000_100, false, 9)
  reports.corrected(n(3), 'c2', 'c3', 2, 1_000_200, false, 10)
  reports.filled(n(4), 'b', 14, 1_000_000, 5, 'USD', 1, 8)
  reports.busted(n(4), 'b', true, 9)
  system.orders.modify(n(5), { quantity: 20, price: '99.99' })
  system.orders.modify(n(5), { quantity: 25 })
  system.orders.cancel(n(6))
  reports.outcomeUnknown(n(7), 'line cut')
  submit({ price: '500.00' })
  submit({ clientOrderId: `mine-${offset}`, quantity: 3, account: 'SECOND' })
  reports.externalFill(venue.source, {
    exec: `x${offset}`,
    instrument: 0,
    account: 'PAPER',
    side: 'sell',
    quantityUnits: 3,
    priceUnits: 1_000_000,
    liquidity: 0,
    tsUs: 11,
  })
  system.setTradingState('instrument', 'IBM', 'ACTIVE', 'test', 'go on')
}

describe('snapshots', () => {
  it('give what the whole journal gives, and what came after them', async () => {
    const echo = await startEcho({ risk: { duplicates: false, throttle: false } })
    trade(echo, 100)
    echo.system.orders.resolveUnknown(8, { kind: 'filled', quantity: 5, price: 99, rest: 'canceled' }, who)
    echo.system.kill({ scope: 'account', name: 'SECOND', actor: 'risk', reason: 'test', cancel: false })
    expect(echo.system.orders.saveSnapshot()).toBe(true)
    expect(stateFrom(echo, 'snapshot').snapshots).toBe(1)
    for (const from of ['start', 'snapshot'] as const)
      expect(differences(echo.system.exportState(), stateFrom(echo, from).state), from).toEqual([])
    trade(echo, 200)
    echo.venue.reports.filled(4, 'c3', 1, 1, 0, 'USD', 1, 20)
    echo.venue.reports.busted(4, 'c2', false, 21)
    echo.venue.reports.filled(3, 'late', 4, 1_000_100, 7, 'USD', 1, 22)
    echo.venue.reports.busted(1, 'e0-100', false, 23)
    for (const from of ['start', 'snapshot'] as const)
      expect(differences(echo.system.exportState(), stateFrom(echo, from).state), from).toEqual([])
    await echo.system.stop()
  })

  it('are written at a clean end, and the next start needs no other record', async () => {
    const options = { risk: { duplicates: false, throttle: false } } as const
    const first = await startEcho(options)
    trade(first, 100)
    const explained = first.system.orders.get('mine-100')?.explain()
    const live = first.system.exportState()
    await first.system.stop()
    expect(recoverState({ fileSystem: first.disk, directory: 'journal' }).journal.records).toBe(1)
    const second = await startEcho({ ...options, externalOrders: 'ignore' }, { time: first.time, disk: first.disk })
    expect(second.system.recovery).toMatchObject({ records: 1, orders: 11 })
    const again = second.system.exportState()
    // Afterwards the venue was asked: what it does not know of is another matter.
    for (const part of ['highWater', 'limitsUsed', 'portfolio'] as const)
      expect(differences(live[part], again[part]), part).toEqual([])
    expect(second.system.orders.get('mine-100')?.explain()[0]).toEqual(explained?.[0])
    expect(second.system.orders.submit(buy({ clientOrderId: 'mine-100', quantity: 9 })).reason).toBe('DUPLICATE')
    await second.system.stop()
  })

  it('are written after so many records, and old segments go where that was asked for', async () => {
    const options = {
      limits: { orders: 16 },
      risk: { duplicates: false, throttle: false },
      snapshots: { everyRecords: 40, keepSegments: 1 },
    } as const
    const echo = await startEcho(options)
    for (let i = 0; i < 200; i++) {
      const { number } = echo.system.orders.submit(buy({ quantity: 1 + (i % 7) }))
      echo.venue.reports.accepted(number, number, 1)
      echo.venue.reports.filled(number, `e${i}`, 1 + (i % 7), 1_000_000, 1, 'USD', 1, 2)
    }
    expect(listSegments(echo.disk, 'journal').length).toBeLessThanOrEqual(2)
    const config = { limits: { orders: 16 }, risk: { duplicates: false, throttle: false } } as const
    const { state, snapshots } = stateFrom(echo, 'snapshot', config)
    expect(snapshots).toBe(1)
    expect(differences(echo.system.exportState(), state)).toEqual([])
    // Executions of orders that were pushed out long before the snapshot are known after it.
    const second = await restartEcho(echo, options)
    const before = second.system.portfolio.totalQuantityUnits(0, 0)
    second.venue.reports.filled(100, 'e99', 1, 1_000_000, 1, 'USD', 1, 2)
    expect(second.system.portfolio.totalQuantityUnits(0, 0)).toBe(before)
    second.venue.reports.filled(100, 'new', 1, 1_000_000, 1, 'USD', 1, 2)
    expect(second.system.portfolio.totalQuantityUnits(0, 0)).toBe(before + 1)
    await second.system.stop()
  })

  it('hold what the record says that they follow: halts, kill switches and their release', async () => {
    const options = { snapshots: { everyRecords: 1 } }
    const echo = await startEcho(options)
    const by = { actor: 'test', reason: 'test' }
    const acts = [
      () => echo.system.kill({ scope: 'instrument', name: 'IBM', ...by }),
      () => echo.system.kill(by),
      () => echo.system.releaseKill({ scope: 'instrument', name: 'IBM', ...by }),
      () => echo.system.releaseKill(by),
    ]
    for (const act of acts) {
      act()
      const { state, snapshots } = stateFrom(echo, 'snapshot')
      expect([snapshots, differences(echo.system.exportState(), state)]).toEqual([1, []])
    }
    await echo.system.stop()
  })

  it('that fail are told of and cost nothing', async () => {
    const echo = await startEcho()
    trade(echo, 100)
    echo.disk.limitSpace(0)
    const written = echo.system.orders.saveSnapshot()
    echo.disk.heal()
    expect(written).toBe(false)
    expect(echo.anomalies).toContain('SNAPSHOT_FAILED')
    echo.system.journal.tryResume()
    expect(differences(echo.system.exportState(), stateFrom(echo, 'snapshot').state)).toEqual([])
    expect(echo.system.orders.submit(buy({ quantity: 77 })).status).toBe('SUBMITTED')
    await echo.system.stop()
  })

  it('that fail when they are due are tried again later, not at once', async () => {
    const echo = await startEcho({ risk: { duplicates: false, throttle: false }, snapshots: { everyRecords: 20 } })
    const { journal } = echo.system
    let attempts = 0
    journal.writeSnapshot = () => {
      attempts++
      throw new Error('too large')
    }
    for (let i = 0; i < 100; i++) echo.system.orders.cancel(echo.system.orders.submit(buy({ quantity: 1 + i })).number)
    expect(attempts).toBeGreaterThan(2)
    expect(attempts).toBeLessThan(25)
    expect(echo.anomalies.filter((kind) => kind === 'SNAPSHOT_FAILED')).toHaveLength(attempts)
    await echo.system.stop()
  })

  it('of another version, or too large for the tables, are refused', async () => {
    const echo = await startEcho({ risk: { duplicates: false, throttle: false } })
    for (let i = 0; i < 30; i++) echo.system.orders.submit(buy({ quantity: 1 + i }))
    expect(echo.system.orders.saveSnapshot()).toBe(true)
    echo.disk.crash({ powerCut: false })
    const small = { limits: { orders: 16 }, risk: { duplicates: false } } as const
    await expect(startEcho(small, { time: echo.time, disk: echo.disk })).rejects.toThrow('TW_CAPACITY')
    const few = { limits: { orders: 64, trades: 16 } }
    const second = await startEcho(few, { time: echo.time, disk: echo.disk })
    second.system.journal.writeSnapshot((writer) => writer.u16(snapshotVersion + 1))
    second.disk.crash({ powerCut: false })
    await expect(startEcho({}, { time: echo.time, disk: echo.disk })).rejects.toThrow('TW_JOURNAL_VERSION')
  })

  it('change their version with the fields of orders and trades', () => {
    const fields = (module: object) =>
      Object.entries(module)
        .filter(([, value]) => typeof value === 'number')
        .map(([name, value]) => `${name}=${value}`)
        .sort()
        .join(' ')
    expect([snapshotVersion, fields(Field), fields(TradeField)]).toMatchInlineSnapshot(`
      [
        6,
        "OFFSET=1073741823 RECORD_BITS=6 acceptedSeq=18 account=3 bustSeq=35 canceledTs=39 closedInferredSeq=33 closedSeq=38 connector=5 createdUs=26 display=52 expireUs=53 expiredTs=40 facts=15 filled=13 firstRequest=30 firstTrade=20 flags=9 hasAdjustments=23 hasEnding=28 instrument=2 isCounted=25 isIndexed=29 isOpen=1 isStaged=58 lastSeq=19 lastTrade=21 nextGeneration=44 number=0 position=59 positionRow=57 price=11 quantity=10 reasonCode=55 rejectedInferredSeq=32 rejectedSeq=37 requestBase=45 requestIsCancel=48 requestOpened=46 requestResolved=47 reserved=24 selfTrade=54 sentNs=56 side=6 strategy=4 submittedSeq=17 termGeneration=41 termSeq=43 termTs=42 timeInForce=8 tradeCount=22 traded=14 trailingAmount=50 trailingBasisPoints=51 trigger=12 triggeredSeq=36 type=7 unknownSeq=31 updatedUs=27 venueSeq=16 worksSeq=34",
        "LONG_LIST=16 TRADE_BITS=5 basis=14 bookedFee=12 bookedPrice=9 bookedQuantity=8 bookedTrade=15 bustSeq=21 bustTs=20 correctedPrice=17 correctedQuantity=16 correctedSeq=19 correctedTs=18 effective=7 facts=2 fee=10 feeCurrency=11 liquidity=13 next=1 owner=0 price=4 quantity=3 seq=5 ts=6",
      ]
    `)
  })
})

const who = { actor: 'anna', reason: 'called' }
