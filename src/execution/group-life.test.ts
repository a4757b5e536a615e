/** What a bracket holds on to: fills after its end, fills while nobody was there, entries that have left the history. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { startEcho } from '../../test/support/echo-system.js'
import { restartEcho } from '../oms/restart.test-support.js'
import { TradingSystem } from '../system/trading-system.js'

type Echo = Awaited<ReturnType<typeof startEcho>>

const bracket = {
  symbol: 'IBM',
  side: 'buy',
  quantity: 100,
  price: '100.00',
  clientOrderId: 'b',
  takeProfit: { price: '101.00' },
  stopLoss: { triggerPrice: '99.00' },
} as const

/** What was sent, in order. */
const sent = ({ venue }: Echo) =>
  venue.sent.map((each) => (each.kind === 'new' ? `${each.clientOrderId} ${each.quantityUnits}` : each.kind))

function numberOf({ venue }: Echo, id: string): number {
  const order = venue.sent.find((each) => each.kind === 'new' && each.clientOrderId === id)
  if (order === undefined) throw new Error(`${id} was not sent`)
  return order.number
}

const accept = (echo: Echo, id: string) => echo.venue.reports.accepted(numberOf(echo, id), `v-${id}`, 1)
const fill = (echo: Echo, id: string, units: number, exec: string, price = 1_000_000) =>
  echo.venue.reports.filled(numberOf(echo, id), exec, units, price, 0, 'USD', 1, 2)
const canceled = (echo: Echo, id: string) => echo.venue.reports.canceled(numberOf(echo, id), Number.NaN, 'asked for', 3)

/** A bracket whose entry was canceled with nothing filled, as far as its venue said. */
async function ended(options: Parameters<typeof startEcho>[0] = {}) {
  const echo = await startEcho(options)
  const group = echo.system.execution.submitBracket(bracket)
  accept(echo, 'b-E1')
  group.cancel()
  canceled(echo, 'b-E1')
  expect([group.status, sent(echo)]).toEqual(['CANCELED', ['b-E1 100', 'cancel']])
  return { echo, group }
}

describe('a bracket that is over', () => {
  it('protects an entry that fills after all, and is over again when that is sold', async () => {
    const { echo, group } = await ended()
    const types: string[] = []
    group.onEvent(({ type }) => types.push(type))
    fill(echo, 'b-E1', 40, 'late')
    expect(sent(echo).slice(2)).toEqual(['b-E2 40', 'b-E3 40'])
    expect(group.status).toBe('FINISHING')
    expect(echo.anomalies.slice(0, 2)).toEqual(['LATE_FILL', 'REOPENED'])
    expect(group.snapshot.unprotectedQuantity?.toString()).toBe('40')
    accept(echo, 'b-E2')
    accept(echo, 'b-E3')
    expect(group.snapshot.unprotectedQuantity?.toString()).toBe('0')
    // More of it: the exits follow.
    fill(echo, 'b-E1', 10, 'later')
    expect(sent(echo).slice(4)).toEqual(['replace', 'replace'])
    for (const each of echo.venue.sent)
      if (each.kind === 'replace')
        echo.venue.reports.replaced(each.number, each.generation, 50, Number.NaN, Number.NaN, undefined, 5)
    fill(echo, 'b-E2', 50, 'stopped', 990_000)
    canceled(echo, 'b-E3')
    expect([group.status, group.isClosed]).toEqual(['PARTIALLY_CANCELED', true])
    expect(types).toEqual(['alert', 'finishing', 'done'])
    await echo.system.stop()
  })

  it('protects again what an exit did not sell after all: its execution was busted', async () => {
    const echo = await startEcho()
    const group = echo.system.execution.submitBracket(bracket)
    accept(echo, 'b-E1')
    fill(echo, 'b-E1', 100, 'in')
    accept(echo, 'b-E2')
    accept(echo, 'b-E3')
    fill(echo, 'b-E2', 100, 'out', 990_000)
    canceled(echo, 'b-E3')
    expect([group.status, sent(echo)]).toEqual(['FILLED', ['b-E1 100', 'b-E2 100', 'b-E3 100', 'cancel']])
    echo.venue.reports.busted(numberOf(echo, 'b-E2'), 'out', false, 9)
    expect([group.isClosed, sent(echo).slice(4)]).toEqual([false, ['b-E5 100', 'b-E6 100']])
    expect(group.snapshot.unprotectedQuantity?.toString()).toBe('100')
    await echo.system.stop()
  })

  it('protects an entry that filled while nobody was there', async () => {
    const { echo } = await ended()
    const next = await restartEcho(echo, {}, ({ venue }) => {
      const who = {
        clientOrderId: 'b-E1',
        venueOrderId: 'v-b-E1',
        instrument: 0,
        account: 'PAPER',
        side: 'buy',
      } as const
      venue.fills = [
        { ...who, exec: 'away', quantityUnits: 40, priceUnits: 1_000_000, liquidity: 1, tsUs: echo.time.wallUs() },
      ]
    })
    const group = next.system.execution.get('b')
    expect(group?.filledQuantity.toString()).toBe('40')
    expect([group?.status, sent(next)]).toEqual(['FINISHING', ['b-E2 40', 'b-E3 40']])
    await next.system.stop()
  })

  it('stays as it is over restarts where nothing came after it', async () => {
    const { echo, group } = await ended()
    fill(echo, 'b-E1', 40, 'late')
    accept(echo, 'b-E2')
    accept(echo, 'b-E3')
    fill(echo, 'b-E2', 40, 'out', 990_000)
    canceled(echo, 'b-E3')
    expect(group.status).toBe('PARTIALLY_CANCELED')
    const second = await restartEcho(echo)
    const third = await restartEcho(second)
    for (const each of [second, third]) {
      expect([each.system.execution.get('b')?.status, sent(each)]).toEqual(['PARTIALLY_CANCELED', []])
      expect(each.anomalies).toEqual([])
    }
    await third.system.stop()
  })

  it('only tells what nothing protects where its exits were taken off with all orders', async () => {
    const echo = await startEcho()
    const group = echo.system.execution.submitBracket(bracket)
    accept(echo, 'b-E1')
    echo.system.orders.cancelAll()
    canceled(echo, 'b-E1')
    expect(group.status).toBe('CANCELED')
    fill(echo, 'b-E1', 40, 'late')
    expect([sent(echo), echo.anomalies]).toEqual([
      ['b-E1 100', 'cancel'],
      ['LATE_FILL', 'UNPROTECTED'],
    ])
    expect(group.isClosed).toBe(true)
    await echo.system.stop()
  })

  it('only tells at the end of the system, when nothing is sent any more', async () => {
    const { echo, group } = await ended({ onClose: 'cancel' })
    const working = echo.system.orders.submit({ symbol: 'IBM', side: 'buy', quantity: 1, price: '99' })
    echo.venue.reports.accepted(working.number, 'w', 1)
    const told: string[] = []
    echo.system.orders.events.on('anomaly', ({ kind }) => told.push(kind))
    const stopped = echo.system.stop()
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
    const before = sent(echo)
    expect(before.at(-1)).toBe('cancel')
    fill(echo, 'b-E1', 40, 'late')
    expect([sent(echo), told]).toEqual([before, ['LATE_FILL', 'UNPROTECTED']])
    expect(group.isClosed).toBe(true)
    echo.venue.reports.canceled(working.number, Number.NaN, '', 9)
    await echo.time.runUntil(stopped)
  })
})

describe('brackets that are over', () => {
  it('are told of once, not at every start', async () => {
    const echo = await startEcho()
    const group = echo.system.execution.submitBracket(bracket)
    for (const id of ['b-E1', 'b-E2', 'b-E3']) {
      if (id !== 'b-E1') fill(echo, 'b-E1', 50, `in ${id}`)
      accept(echo, id)
    }
    fill(echo, 'b-E2', 100, 'stopped', 990_000)
    fill(echo, 'b-E3', 60, 'sold, too', 1_010_000)
    canceled(echo, 'b-E3')
    expect([group.isClosed, echo.anomalies.filter((kind) => kind === 'EXITS_OVERFILLED')]).toHaveProperty('1.length', 1)
    echo.venue.drop()
    await echo.venue.stop()
    echo.disk.crash({ powerCut: false })
    const connectors = { echo: new EchoConnector() }
    const { time, disk } = echo
    const journal = { journal: 'journal', fileSystem: disk.mount() }
    const next = await TradingSystem.create({ mode: 'simulation', onClose: 'leave', ...journal, connectors, time })
    const told: string[] = []
    next.orders.events.on('anomaly', ({ kind }) => told.push(kind))
    await time.runUntil(next.start())
    expect([next.execution.get('b')?.isClosed, next.execution.open]).toEqual([true, []])
    expect(told).not.toContain('EXITS_OVERFILLED')
    await next.stop()
  })

  it('are forgotten with the books of the order plane', async () => {
    const echo = await startEcho({ risk: { duplicates: false, throttle: { limit: 100_000, windowMs: 1_000 } } })
    const entries: number[] = []
    for (let n = 0; n < 1_300; n++) {
      echo.system.execution.submitBracket({ ...bracket, clientOrderId: `b${n}` })
      entries.push(numberOf(echo, `b${n}-E1`))
      echo.venue.reports.rejected(entries[n] as number, 'NO', 1)
      echo.venue.sent.length = 0
    }
    const { execution } = echo.system
    expect([execution.get('b0'), execution.get('b1299')?.status]).toEqual([undefined, 'FAILED'])
    // One that is not on record any more cannot be taken up again: a restart would not know its exits.
    echo.venue.reports.filled(entries[0] as number, 'late', 40, 1_000_000, 0, 'USD', 1, 2)
    expect([sent(echo), echo.anomalies]).toEqual([[], expect.arrayContaining(['UNPROTECTED'])])
    echo.venue.reports.filled(entries[1_299] as number, 'late, too', 40, 1_000_000, 0, 'USD', 1, 2)
    expect(sent(echo).slice(0, 2)).toEqual(['b1299-E2 40', 'b1299-E3 40'])
    await echo.system.stop()
  })
})

describe('a bracket that is old', () => {
  it('keeps its exits over a restart when its entry has left the history', async () => {
    const options = { limits: { orders: 64 }, risk: { duplicates: false } } as const
    const echo = await startEcho(options)
    echo.system.execution.submitBracket(bracket)
    accept(echo, 'b-E1')
    fill(echo, 'b-E1', 100, 'in')
    accept(echo, 'b-E2')
    accept(echo, 'b-E3')
    const exits = ['b-E2', 'b-E3'].map((id) => numberOf(echo, id))
    for (let n = 0; n < 200; n++) {
      const { number } = echo.system.orders.submit({ symbol: 'IBM', side: 'buy', quantity: 1, price: '100.00' })
      echo.venue.reports.rejected(number, 'NO', 1)
    }
    expect(echo.system.orders.get('b-E1')).toBeUndefined()
    expect(echo.system.execution.get('b')?.snapshot.unprotectedQuantity?.toString()).toBe('0')
    const next = await restartEcho(echo, options, (connector) => {
      const base = { instrument: 0, account: 'PAPER', side: 'sell', timeInForce: 'GTC', quantityUnits: 100 } as const
      connector.venue.orders = exits.map((number, at) => ({
        ...{ ...base, number, clientOrderId: `b-E${at + 2}`, venueOrderId: `v-b-E${at + 2}` },
        ...{ cumulativeUnits: 0, state: 'working', tsUs: 1 },
        ...(at === 0 ? { type: 'STOP', triggerPriceUnits: 990_000 } : { type: 'LIMIT', priceUnits: 1_010_000 }),
      })) as never
    })
    const group = next.system.execution.get('b')
    expect([group?.status, sent(next)]).toEqual(['RUNNING', []])
    expect(group?.snapshot.unprotectedQuantity?.toString()).toBe('0')
    expect(next.system.orders.openOrders()).toHaveLength(2)
    await next.system.stop()
  })

  it('that filled more than was asked for ends all the same', async () => {
    const echo = await startEcho()
    const { takeProfit: _, ...rest } = bracket
    const group = echo.system.execution.submitBracket(rest)
    accept(echo, 'b-E1')
    fill(echo, 'b-E1', 110, 'in')
    accept(echo, 'b-E2')
    fill(echo, 'b-E2', 110, 'out', 990_000)
    expect(group.status).toBe('FILLED')
    await echo.system.stop()
  })
})
