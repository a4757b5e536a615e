/** A client dies while the venue goes on: what it journaled and what the venue tells it bring it back to the truth. */
import { describe, expect, it } from 'vitest'
import { VirtualTime } from '../../core/virtual-time.js'
import { TradingSystem } from '../../system/trading-system.js'
import { testShare } from '../../testing/builders.js'
import { SimulatedDisk } from '../../testing/simulated-disk.js'
import type { Listing } from './listing.js'
import { SimulatedConnector } from './simulated-connector.js'
import { SimulatedVenue } from './venue.js'

async function world() {
  const time = new VirtualTime()
  const disk = new SimulatedDisk({ seed: 1 })
  const venue = new SimulatedVenue({ time })
  const listing = venue.list(testShare)
  const begin = async () => {
    const connector = new SimulatedConnector({ venue })
    const system = await TradingSystem.start({
      mode: 'simulation',
      time,
      connectors: { sim: connector },
      journal: 'journal',
      fileSystem: disk.mount(),
      risk: { marketData: false, priceCollarPercent: false },
    })
    return { connector, system }
  }
  return { time, disk, venue, listing, begin }
}

function quote(venue: SimulatedVenue, listing: Listing, time: VirtualTime, bid: number, ask: number): void {
  venue.onQuote(listing, bid, ask, 500, 500, time.wallUs())
}

describe('a client that dies and comes back', () => {
  it.each([
    ['before the acknowledgement was heard', 'accepted'],
    ['before the fill was heard', 'fill'],
    ['with everything heard', undefined],
  ] as const)('%s finds its order and its fill, once', async (_when, lost) => {
    const { time, disk, venue, listing, begin } = await world()
    const first = await begin()
    quote(venue, listing, time, 100, 100.02)
    if (lost !== undefined) first.connector.faults.dropNext(lost)
    first.system.orders.submit({ symbol: 'IBM', side: 'buy', quantity: 100, price: '100.02', clientOrderId: 'mine' })
    first.system.orders.submit({ symbol: 'IBM', side: 'sell', quantity: 50, price: '100.10', clientOrderId: 'rests' })
    first.connector.crash()
    disk.crash({ powerCut: false })
    quote(venue, listing, time, 100.1, 100.12)

    const second = await begin()
    expect(second.system.orders.get('mine')?.status).toBe('FILLED')
    expect(second.system.orders.get('rests')?.status).toBe('FILLED')
    const index = second.system.instruments.get('IBM').index
    expect(second.system.portfolio.quantityUnits(0, 0, index)).toBe(50)
    expect(venue.account('PAPER').quantityUnits(listing.instrument)).toBe(50)
    expect(venue.totals.orders).toBe(2)
    expect(second.system.orders.counters.anomalies).toBe(0)
    await second.system.stop()
  })

  it('learns that an order never arrived', async () => {
    const { time, disk, venue, listing, begin } = await world()
    const first = await begin()
    quote(venue, listing, time, 100, 100.02)
    first.connector.faults.dropNext('new')
    first.system.orders.submit({ symbol: 'IBM', side: 'buy', quantity: 100, price: '99', clientOrderId: 'lost' })
    first.connector.crash()
    disk.crash({ powerCut: false })
    const second = await begin()
    expect(second.system.orders.get('lost')?.status).toBe('REJECTED')
    expect(venue.totals.orders).toBe(0)
    await second.system.stop()
  })
})
