/** What venues tell of orders that were closed so long ago that not even their names are remembered. */
import { describe, expect, it } from 'vitest'
import { buy, type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import type { VenueFillReport } from '../orders/venue-reports.js'
import type { TradingSystemOptions } from '../system/trading-system.js'
import { OrderIdentities } from './identities.js'
import { restartEcho } from './restart.test-support.js'

const options: TradingSystemOptions = {
  limits: { orders: 16 },
  risk: { duplicates: false, throttle: false, marketData: false, priceCollarPercent: false },
}
/** 16 on record, 128 more by name. */
const traded = 300

/** A venue that knows orders by its own ids alone, as seen from a system that has traded for long. Returns all of its executions. */
function trade({ system, venue, time }: EchoSystem, count: number, from = 0): VenueFillReport[] {
  return Array.from({ length: count }, (_, each) => {
    time.advanceMs(1)
    const at = from + each
    const { number } = system.orders.submit(buy({ quantity: 1, side: at % 3 === 0 ? 'sell' : 'buy' }))
    const tsUs = time.wallUs()
    venue.reports.accepted(number, `v${at}`, tsUs)
    venue.reports.filled(number, `x${at}`, 1, 1_000_000, 0, 'USD', 1, tsUs)
    return execution(at, at % 3 === 0 ? 'sell' : 'buy', tsUs)
  })
}

function execution(at: number, side: 'buy' | 'sell', tsUs: number): VenueFillReport {
  const ids = { exec: `x${at}`, venueOrderId: `v${at}` }
  const terms = { instrument: 0, account: 'PAPER', side, quantityUnits: 1, priceUnits: 1_000_000 }
  return { ...ids, ...terms, feeUnits: 0, feeCurrency: 'USD', liquidity: 1, tsUs }
}

const held = ({ system }: EchoSystem) => Number(system.snapshot().positions[0]?.quantity ?? 0)
const state = ({ system }: EchoSystem) => system.gate.states.get('instrument', 0)
const lines = ({ system }: EchoSystem) => system.reconciliations.get('echo')?.lines ?? []

describe('executions of orders that are forgotten', () => {
  it.each([
    ['all records', {}],
    ['snapshots', { snapshots: { everyRecords: 100 } }],
  ] as const)('are booked once, whenever the venue tells of the whole day, over restarts from %s', async (_, more) => {
    let echo = await startEcho({ ...options, ...more })
    const fills = trade(echo, traded)
    expect(held(echo)).toBe(100)
    echo.venue.venue = { orders: [], fills, account: {} }
    await echo.time.runUntil(echo.system.reconcile())
    expect([held(echo), state(echo)]).toEqual([100, 'ACTIVE'])
    expect(lines(echo).join()).toMatch(/executions are from before 20.*limits\.orders/)
    expect(echo.anomalies).toEqual([])
    for (let life = 0; life < 3; life++) {
      echo = await restartEcho(echo, { ...options, ...more }, (venue) => {
        venue.venue = { orders: [], fills, account: {} }
      })
      expect([held(echo), state(echo)]).toEqual([100, 'ACTIVE'])
      expect(lines(echo).join()).toMatch(/executions are from before 20.*limits\.orders/)
    }
    await echo.system.stop()
  })

  it('are told live once more, and not booked', async () => {
    const echo = await startEcho(options)
    const fills = trade(echo, traded)
    const source = 0
    for (const fill of fills) {
      echo.venue.reports.externalFill(source, fill)
      const { instrument, account, side, venueOrderId = '', tsUs } = fill
      const terms = { type: 'LIMIT', timeInForce: 'DAY', quantityUnits: 1, priceUnits: 1_000_000 } as const
      const order = {
        ...terms,
        instrument,
        account,
        side,
        venueOrderId,
        tsUs,
        cumulativeUnits: 1,
        state: 'filled',
      } as const
      echo.venue.reports.externalOrder(source, order)
    }
    expect([held(echo), state(echo)]).toEqual([100, 'ACTIVE'])
    expect(echo.system.orders.list().filter(({ snapshot }) => snapshot.strategy === 'EXTERNAL')).toEqual([])
    expect(new Set(echo.anomalies)).toEqual(new Set(['UNKNOWN_ORDER_FILL']))
    await echo.system.stop()
  })

  it('are not confused with those of others, nor with one that was missed', async () => {
    const echo = await startEcho(options)
    const { system, venue, time } = echo
    const fills = trade(echo, traded)
    // One that nobody heard of, of the order before the last: its name is remembered.
    const missed = { ...execution(traded - 2, 'buy', time.wallUs()), exec: 'missed' }
    const others = { ...execution(900, 'buy', time.wallUs()), exec: 'theirs', venueOrderId: 'theirs' }
    venue.venue = { orders: [], fills: [...fills, missed, others], account: {} }
    await time.runUntil(system.reconcile())
    expect(held(echo)).toBe(102)
    // It came unannounced.
    expect(state(echo)).toBe('HALTED')
    await system.stop()
  })

  it('leave what is not forgotten to be judged: a short day has no line about it', async () => {
    const echo = await startEcho(options)
    echo.venue.venue = { orders: [], fills: trade(echo, 100), account: {} }
    await echo.time.runUntil(echo.system.reconcile())
    expect([held(echo), state(echo)]).toEqual([32, 'ACTIVE'])
    expect(lines(echo).join()).not.toMatch(/limits\.orders/)
    await echo.system.stop()
  })

  it.each([
    ['all records', {}],
    ['snapshots', { snapshots: { everyRecords: 10 } }],
  ] as const)('that came when their record was gone are booked once, over restarts from %s', async (_, more) => {
    let echo = await startEcho({ ...options, ...more })
    const { system, venue, time } = echo
    const { number, clientOrderId } = system.orders.submit(buy({ quantity: 5 }))
    venue.reports.accepted(number, 'v', time.wallUs())
    venue.reports.canceled(number, Number.NaN, '', time.wallUs())
    const later = trade(echo, 20)
    const late = { ...execution(0, 'buy', time.wallUs()), exec: 'late', venueOrderId: 'v', clientOrderId }
    venue.reports.filled(number, 'late', 1, 1_000_000, 0, 'USD', 1, late.tsUs)
    const total = held(echo)
    for (let life = 0; life < 3; life++) {
      echo = await restartEcho(echo, { ...options, ...more }, (next) => {
        next.venue = { orders: [], fills: [...later, late], account: {} }
      })
      echo.venue.reports.filled(number, 'late', 1, 1_000_000, 0, 'USD', 1, late.tsUs)
      expect([held(echo), echo.anomalies]).toEqual([total, []])
    }
    await echo.system.stop()
  })

  it.each([
    ['all records', {}],
    ['snapshots', { snapshots: { everyRecords: 10 } }],
  ] as const)(
    'do not count beside what was concluded before they were told, over restarts from %s',
    async (_, more) => {
      let echo = await startEcho({ ...options, ...more })
      const { system, venue, time } = echo
      const { number, clientOrderId } = system.orders.submit(buy({ quantity: 10 }))
      venue.reports.accepted(number, 'v', time.wallUs())
      // Seven are filled, and nobody has told how.
      venue.reports.canceled(number, 7, '', time.wallUs())
      expect(held(echo)).toBe(7)
      const later = trade(echo, 20)
      const told: VenueFillReport[] = []
      const tell = (exec: string, quantityUnits: number): number => {
        told.push({ ...execution(0, 'buy', time.wallUs()), exec, venueOrderId: 'v', clientOrderId, quantityUnits })
        const before = held(echo)
        for (let copy = 0; copy < 2; copy++)
          echo.venue.reports.filled(number, exec, quantityUnits, 1_000_000, 0, 'USD', 1, time.wallUs())
        return held(echo) - before
      }
      const restart = async (): Promise<number> => {
        const before = held(echo)
        echo = await restartEcho(echo, { ...options, ...more }, (next) => {
          next.venue = { orders: [], fills: [...later, ...told], account: {} }
        })
        return held(echo) - before
      }
      // Three and three were counted, and one of the next four.
      expect([tell('r1', 3), await restart(), tell('r2', 3), tell('r3', 4)]).toEqual([0, 0, 0, 3])
      expect([await restart(), tell('r4', 2), await restart(), await restart()]).toEqual([0, 2, 0, 0])
      expect(echo.anomalies).toEqual([])
      await echo.system.stop()
    },
  )

  it('are known where the acknowledgement of their order was missed: by themselves, and then by the id of the venue', async () => {
    const echo = await startEcho(options)
    const { system, venue, time } = echo
    const { number } = system.orders.submit(buy({ quantity: 5 }))
    venue.reports.filled(number, 'first', 2, 1_000_000, 0, 'USD', 1, time.wallUs())
    venue.reports.canceled(number, Number.NaN, '', time.wallUs())
    const first = { ...execution(0, 'buy', time.wallUs()), exec: 'first', venueOrderId: 'v', quantityUnits: 2 }
    const second = { ...first, exec: 'second', quantityUnits: 3 }
    const reconcile = async (fills: VenueFillReport[]) => {
      venue.venue = { orders: [], fills, account: {} }
      await time.runUntil(system.reconcile())
      return [held(echo), echo.anomalies]
    }
    expect(await reconcile([first])).toEqual([2, []])
    venue.reports.externalFill(0, first)
    expect([held(echo), echo.anomalies]).toEqual([2, []])
    const later = trade(echo, 20)
    const total = held(echo)
    expect(await reconcile([...later, first])).toEqual([total, []])
    venue.reports.externalFill(0, first)
    expect([held(echo), echo.anomalies]).toEqual([total, []])
    expect(await reconcile([...later, second, first])).toEqual([total + 3, ['LATE_FILL']])
    await system.stop()
  })

  it('that are of orders beyond all memory, and came after all that was forgotten, are booked once as those of others', async () => {
    let echo = await startEcho(options)
    const { system, venue, time } = echo
    const { number, clientOrderId } = system.orders.submit(buy({ quantity: 5 }))
    venue.reports.accepted(number, 'v', time.wallUs())
    venue.reports.canceled(number, Number.NaN, '', time.wallUs())
    const fills = trade(echo, 200)
    const total = held(echo)
    fills.push({ ...execution(0, 'buy', time.wallUs()), exec: 'late', venueOrderId: 'v', clientOrderId })
    venue.reports.filled(number, 'late', 1, 1_000_000, 0, 'USD', 1, time.wallUs())
    expect([held(echo), echo.anomalies]).toEqual([total, ['UNBOOKED']])
    venue.venue = { orders: [], fills, account: {} }
    await time.runUntil(system.reconcile())
    expect([held(echo), echo.anomalies]).toEqual([
      total + 1,
      ['UNBOOKED', 'EXTERNAL_FILL', 'RECONCILE_UNKNOWN_ORDER_FILL'],
    ])
    await time.runUntil(system.reconcile())
    for (let life = 0; life < 2; life++) {
      echo = await restartEcho(echo, options, (next) => {
        next.venue = { orders: [], fills, account: {} }
      })
      expect([held(echo), echo.anomalies]).toEqual([total + 1, []])
    }
    await echo.system.stop()
  })

  it.each([
    ['with our ids', true],
    ['without', false],
  ])('that are of orders beyond all memory do not bring back those that were booked, told %s', async (_, isNamed) => {
    const echo = await startEcho(options)
    const { system, venue, time } = echo
    const { number, clientOrderId } = system.orders.submit(buy({ quantity: 5 }))
    venue.reports.accepted(number, 'v', time.wallUs())
    venue.reports.filled(number, 'early', 2, 1_000_000, 0, 'USD', 1, time.wallUs())
    venue.reports.canceled(number, Number.NaN, '', time.wallUs())
    const ids = { venueOrderId: 'v', ...(isNamed ? { clientOrderId } : {}) }
    const early = { ...execution(0, 'buy', time.wallUs()), ...ids, exec: 'early', quantityUnits: 2 }
    const fills = trade(echo, 200)
    const total = held(echo)
    venue.venue = {
      orders: [],
      fills: [early, ...fills, { ...execution(0, 'buy', time.wallUs()), ...ids, exec: 'late' }],
      account: {},
    }
    for (let run = 0; run < 3; run++) await time.runUntil(system.reconcile())
    expect([held(echo), echo.anomalies]).toEqual([total + 1, ['EXTERNAL_FILL', 'RECONCILE_UNKNOWN_ORDER_FILL']])
    await system.stop()
  })

  it('of others are booked once, though an old list has their order working when it is over and forgotten', async () => {
    const echo = await startEcho(options)
    const { system, venue, time } = echo
    const terms = { instrument: 0, account: 'PAPER', side: 'buy' as const, venueOrderId: 'theirs' }
    const working = { ...terms, type: 'LIMIT', timeInForce: 'DAY', quantityUnits: 5, cumulativeUnits: 0 } as const
    const listed = { ...working, state: 'working' as const, tsUs: time.wallUs() }
    venue.reports.externalOrder(0, listed)
    await time.advanceMs(5)
    const fill = { ...terms, exec: 'y', quantityUnits: 5, priceUnits: 1_000_000, liquidity: 1, tsUs: time.wallUs() }
    venue.reports.externalFill(0, fill)
    const later = trade(echo, 20)
    const total = held(echo)
    venue.venue = { orders: [listed], fills: [...later, fill], account: {} }
    for (let run = 0; run < 2; run++) await time.runUntil(system.reconcile())
    venue.reports.externalOrder(0, listed)
    for (let run = 0; run < 2; run++) await time.runUntil(system.reconcile())
    expect([held(echo), echo.anomalies]).toEqual([total, ['EXTERNAL_ORDER']])
    expect(system.orders.openOrders()).toEqual([])
    await system.stop()
  })

  it('are told by venue: what one had forgotten says nothing about another', () => {
    const identities = new OrderIdentities(4)
    for (let number = 1; number <= 6; number++) identities.keep(number, 0, 0, 0, 0, 1, number * 10, 0, `v${number}`)
    expect([identities.reachUs(0), identities.reachUs(1)]).toEqual([20, Number.NEGATIVE_INFINITY])
    expect([identities.numberOf(0, 'v2'), identities.numberOf(0, 'v3'), identities.numberOf(1, 'v3')]).toEqual([
      0, 3, 0,
    ])
  })
})
