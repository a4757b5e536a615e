/** The router over several venues: what goes where, and what must not. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { VirtualTime } from '../core/virtual-time.js'
import { TradingSystem } from '../system/trading-system.js'
import type { SmartRoutingOptions } from './venue-board.js'

async function startVenues(smartRouting: SmartRoutingOptions = {}) {
  const time = new VirtualTime()
  const a = new EchoConnector()
  const b = new EchoConnector()
  const c = new EchoConnector()
  const system = await time.runUntil(
    TradingSystem.start({ mode: 'simulation', onClose: 'leave', time, connectors: { a, b, c }, smartRouting }),
  )
  return { time, system, a, b, c }
}

const sent = (venue: EchoConnector) =>
  venue.sent.flatMap((each) => (each.kind === 'new' ? [[each.quantityUnits, each.priceUnits / 100]] : []))

/** Acknowledges an order and fills so much of it; the rest of an immediate order is canceled. */
function answer(venue: EchoConnector, filled: number) {
  const order = venue.sent.findLast((each) => each.kind === 'new')
  if (order?.kind !== 'new') throw new Error('nothing was sent')
  venue.reports.accepted(order.number, `v${order.number}`, 1)
  if (filled > 0)
    venue.reports.filled(order.number, `e${order.number}-${filled}`, filled, order.priceUnits, 0, 'USD', 2, 2)
  if (filled < order.quantityUnits) venue.reports.canceled(order.number, Number.NaN, 'IOC', 3)
}

const order = (change: Record<string, unknown> = {}) =>
  ({ symbol: 'IBM', side: 'buy', quantity: 250, price: '100.05', algo: { type: 'sor', ...change } }) as const

describe('smart order router', () => {
  it('splits over venues by all-in price and sends one shot to each', async () => {
    const { system, a, b, c } = await startVenues({ venues: { a: { takerFee: '0.05' }, c: { takerFee: '-0.01' } } })
    a.quote(99.98, 100.0)
    b.quote(99.98, 100.01)
    c.quote(99.98, 100.01)
    const parent = system.orders.submit(order())
    // c: 100.00 all in, b: 100.01, a: 100.05
    expect([sent(a), sent(b), sent(c)]).toEqual([[[50, 10_000]], [[100, 10_001]], [[100, 10_001]]])
    answer(a, 50)
    answer(b, 100)
    answer(c, 100)
    expect(parent.status).toBe('FILLED')
    await system.stop()
  })

  it('sends nothing after quantity that it was after already, until the venue quotes again', async () => {
    const { system, a } = await startVenues()
    a.quote(99.98, 100.01)
    system.orders.submit(order())
    const other = system.orders.submit(order({ venues: ['a'] }))
    expect(sent(a)).toEqual([[100, 10_001]])
    answer(a, 0)
    expect(sent(a)).toHaveLength(1)
    a.quote(99.98, 100.01)
    expect(sent(a)).toHaveLength(2)
    expect(other.filledQuantity.toString()).toBe('0')
    await system.stop()
  })

  it('leaves out venues that are stale, disconnected, halted, beyond the limit, or would hit an order of our own', async () => {
    const { system, time, a, b, c } = await startVenues({ maxQuoteAgeMs: 1_000 })
    a.quote(99.98, 100.0)
    b.quote(99.98, 100.0)
    await time.advanceMs(1_500)
    c.quote(99.98, 100.06)
    const parent = system.orders.submit(order())
    expect([sent(a), sent(b), sent(c)]).toEqual([[], [], []])
    const resting = system.orders.submit({ symbol: 'IBM', side: 'sell', quantity: 10, price: '100.02', connector: 'b' })
    b.reports.accepted(resting.number, 'r', 1)
    b.quote(99.98, 100.0)
    expect(sent(b)).toHaveLength(1)
    system.setTradingState('connector', 'a', 'HALTED', 'test', 'test')
    a.quote(99.98, 100.0)
    expect(sent(a)).toEqual([])
    system.setTradingState('connector', 'a', 'ACTIVE', 'test', 'test')
    a.quote(99.98, 100.0)
    expect(sent(a)).toEqual([[100, 10_000]])
    parent.cancel()
    await system.stop()
  })

  it('believes what a venue quotes after a loss of its connection, wherever the clock is set', async () => {
    const { system, time, c } = await startVenues()
    c.quote(99.98, 100.0)
    c.drop()
    time.stepWallClock(-300 * 86_400_000_000)
    await time.advanceMsAsync(5_000)
    expect(c.isReady).toBe(true)
    system.orders.submit(order({ venues: ['c'] }))
    expect(sent(c)).toEqual([])
    c.quote(99.98, 100.0)
    expect(sent(c)).toEqual([[100, 10_000]])
    await system.stop()
  })

  it('sends nothing elsewhere while the fate of an order at one venue is not known', async () => {
    const { system, a, b } = await startVenues()
    a.quote(99.98, 100.0)
    a.failsToSend = new Error('the line broke')
    const lost = system.orders.submit({ symbol: 'IBM', side: 'buy', quantity: 10, price: '99.90', connector: 'a' })
    expect(lost.status).toBe('UNKNOWN')
    b.quote(99.98, 100.0)
    system.orders.submit(order())
    expect(sent(b)).toEqual([])
    await system.stop()
  })

  it('posts the rest where resting costs least, and takes it back for a better route', async () => {
    const { system, time, a, b } = await startVenues({ venues: { b: { makerFee: '-0.002' } } })
    a.quote(99.98, 100.01)
    b.quote(99.98, 100.1)
    const parent = system.orders.submit(order({ rest: 'post' }))
    expect(sent(a)).toEqual([[100, 10_001]])
    answer(a, 100)
    expect(sent(b)).toEqual([[150, 10_005]])
    const posted = b.sent.at(-1)
    if (posted?.kind === 'new') b.reports.accepted(posted.number, 'p', 1)
    await time.advanceMs(1_100)
    a.quote(99.98, 100.02)
    expect(b.sent.at(-1)).toMatchObject({ kind: 'cancel' })
    if (posted?.kind === 'new') b.reports.canceled(posted.number, Number.NaN, 'USER', 4)
    expect(sent(a)).toEqual([
      [100, 10_001],
      [100, 10_002],
    ])
    expect(parent.status).toBe('RUNNING')
    await system.stop()
  })

  it('a sweep ends when nothing is left to be taken', async () => {
    const { system, a } = await startVenues()
    a.quote(99.98, 100.01)
    const parent = system.orders.submit(order({ rest: 'cancel' }))
    answer(a, 60)
    expect(parent.status).toBe('EXPIRED')
    expect(parent.filledQuantity.toString()).toBe('60')
    await system.stop()
  })

  it('refuses venues that there are not', async () => {
    const { system } = await startVenues()
    expect(() => system.orders.submit(order({ venues: ['x'] }))).toThrow(
      expect.objectContaining({ code: 'TW_INVALID_ALGO', details: expect.objectContaining({ reason: 'NO_VENUE' }) }),
    )
    await system.stop()
  })
})
