import { describe, expect, it, vi } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { SimulatedDisk } from '../testing/simulated-disk.js'
import { differences } from './state.js'
import { TradingSystem } from './trading-system.js'

async function startEcho(disk?: SimulatedDisk) {
  const venue = new EchoConnector()
  const system = await TradingSystem.start({
    mode: 'simulation',
    closeTimeoutMs: 0,
    connectors: { echo: venue },
    ...(disk === undefined ? {} : { journal: 'journal', fileSystem: disk.mount() }),
  })
  venue.quote(99.99, 100.01)
  return { venue, system }
}

describe('TradingSystem', () => {
  it('takes an order through gate, journal, venue and back', async () => {
    const { venue, system } = await startEcho()
    const types: string[] = []
    system.orders.events.on('order', (event) => types.push(event.type))
    const order = system.orders.submit({ symbol: 'IBM', side: 'buy', quantity: 100, price: '100.00' })
    expect(order.status).toBe('SUBMITTED')
    expect(venue.sent).toHaveLength(1)
    const { reports } = venue
    reports.accepted(order.number, 'v1', 1)
    expect(order.status).toBe('ACCEPTED')
    reports.filled(order.number, 'e1', 40, 1_000_000, 100_000_000, 'USD', 1, 2)
    expect(order.status).toBe('PARTIALLY_FILLED')
    reports.filled(order.number, 'e2', 60, 999_900, 100_000_000, 'USD', 1, 3)
    const done = await order.done()
    expect(done.status).toBe('FILLED')
    expect(done.averagePrice?.toString()).toBe('99.994')
    expect(types).toEqual(['submitted', 'accepted', 'filled', 'filled'])
    expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(100)
    expect(system.exportState().limitsUsed).toEqual([
      { account: 'PAPER', instrument: 'IBM.XNYS', position: 100, buying: 0, selling: 0, open: 0 },
    ])
    await system.stop()
  })

  it('recovers from its journal to the same state', async () => {
    const disk = new SimulatedDisk({ seed: 1 })
    const { venue, system } = await startEcho(disk)
    const filled = system.orders.submit({ symbol: 'IBM', side: 'buy', quantity: 100, price: '100.00' })
    venue.reports.accepted(filled.number, 'v1', 1)
    venue.reports.filled(filled.number, 'e1', 100, 1_000_000, 100_000_000, 'USD', 1, 2)
    const open = system.orders.submit({
      symbol: 'IBM',
      side: 'sell',
      quantity: 50,
      price: '100.10',
      clientOrderId: 'mine',
    })
    venue.reports.accepted(open.number, 7, 3)
    system.orders.submit({ symbol: 'IBM', side: 'buy', quantity: 5, price: '200.00' })
    open.modify({ quantity: 60 })
    const before = system.exportState()
    disk.crash({ powerCut: false })
    const again = new EchoConnector()
    again.venue.orders = [venue.report(open.number, { side: 'sell' })]
    const second = await TradingSystem.start({
      mode: 'simulation',
      closeTimeoutMs: 0,
      connectors: { echo: again },
      journal: 'journal',
      fileSystem: disk.mount(),
    })
    expect(differences(before, second.exportState())).toEqual([])
    expect(
      second.orders.submit({ symbol: 'IBM', side: 'sell', quantity: 50, price: '100.10', clientOrderId: 'mine' })
        .status,
    ).toBe('PENDING_UPDATE')
    await second.stop()
  })

  it('refuses a connector with real orders unless it is told to trade live', async () => {
    const venue = new EchoConnector()
    Object.assign(venue.capabilities.orders as object, { environment: 'live' })
    await expect(TradingSystem.start({ connectors: { broker: venue } })).rejects.toMatchObject({
      code: 'TW_LIVE_REFUSED',
    })
    await expect(TradingSystem.start({ mode: 'simulation', connectors: { broker: venue } })).rejects.toMatchObject({
      code: 'TW_LIVE_REFUSED',
    })
    await expect(TradingSystem.start({ mode: 'live', connectors: { broker: venue } })).rejects.toMatchObject({
      code: 'TW_LIVE_REFUSED',
      details: {
        missing: expect.arrayContaining(['journal: a directory, or journalStore: a database', 'risk.maxPosition']),
      },
    })
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    await expect(TradingSystem.start({ mode: 'live', connectors: { broker: venue } })).rejects.toMatchObject({
      details: { missing: expect.arrayContaining([expect.stringContaining('NODE_TLS_REJECT_UNAUTHORIZED')]) },
    })
    vi.unstubAllEnvs()
  })
})
