/** A venue that forgets what is long over: what it does not list any more may have been there all the same. */
import { describe, expect, it } from 'vitest'
import { VirtualTime } from '../../core/virtual-time.js'
import { TradingSystem } from '../../system/trading-system.js'
import { testShare } from '../../testing/builders.js'
import { constantLatency } from './latency.js'
import { SimulatedConnector } from './simulated-connector.js'
import { SimulatedVenue } from './venue.js'

/**
 * Sends an order whose answer is lost with the line, lets others trade at the venue, and comes back. `others` orders of
 * somebody else end before that, and one of ours after it.
 */
async function lostAnswer(historyLimit: number, others: number) {
  const time = new VirtualTime()
  const venue = new SimulatedVenue({ time, historyLimit })
  const connectorOf = (clientName: string) =>
    new SimulatedConnector({
      venue,
      clientName,
      accounts: [clientName],
      instruments: [testShare],
      matching: 'book',
      latency: { orders: constantLatency(1), reports: constantLatency(5) },
      connection: { reconnect: { firstDelayMs: 400, maxDelayMs: 400 } },
    })
  const start = (connector: SimulatedConnector, account: string) =>
    TradingSystem.start({
      mode: 'simulation',
      time,
      account,
      connectors: { sim: connector },
      risk: { throttle: false, duplicates: false },
      reconciliation: { venueGraceMs: 1_000, intervalMs: 500 },
    })
  const connector = connectorOf('US')
  const ours = await start(connector, 'US')
  const theirs = await start(connectorOf('THEM'), 'THEM')
  const ioc = {
    symbol: testShare.symbol,
    side: 'buy',
    quantity: 100,
    type: 'LIMIT',
    price: 10,
    timeInForce: 'IOC',
  } as const

  const submit = (system: TradingSystem) => {
    const now = time.wallUs()
    system.ring.publishQuote(0, 0, 9.99, 10.01, 100, 100, now, now, Number.NaN, 0)
    system.ring.drain()
    return system.orders.submit(ioc)
  }
  const order = submit(ours)
  await time.advanceMsAsync(3)
  connector.breakConnection()
  for (let count = 0; count < others; count++) submit(theirs)
  await time.advanceMsAsync(8_000)
  const late = submit(ours)
  await time.advanceMsAsync(1_000)
  const [status, lateStatus] = [order.status, late.status]
  const reach = connector.historyReachUs
  await Promise.all([ours.stop(), theirs.stop()])
  return { status, lateStatus, reach }
}

describe('a venue that forgets closed orders', () => {
  it('tells how an order ended that it remembers', async () => {
    expect(await lostAnswer(10, 3)).toEqual({
      status: 'CANCELED',
      lateStatus: 'CANCELED',
      reach: Number.POSITIVE_INFINITY,
    })
  })

  it('proves nothing about an order that it may have forgotten', async () => {
    const { status, lateStatus, reach } = await lostAnswer(2, 3)
    expect([status, lateStatus]).toEqual(['UNKNOWN', 'CANCELED'])
    expect(reach).toBeGreaterThan(1_000_000)
    expect(reach).toBeLessThan(10_000_000)
  })
})
