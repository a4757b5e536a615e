import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EchoConnector, ibm } from '../../test/support/echo-connector.js'
import { nodeFileSystem } from '../core/node-file-system.js'
import { RealTime } from '../core/real-time.js'
import { VirtualTime } from '../core/virtual-time.js'
import { readJournal } from '../journal/index.js'
import { Liquidity } from '../orders/codes.js'
import { TradingSystem } from '../system/trading-system.js'

const risk = {
  throttle: false,
  duplicates: false,
  maxOrderNotional: '1000000000000000',
  priceCollarPercent: false,
  marketData: false,
} as const

describe('a handle whose record was taken over', () => {
  it('shows the order as it was', async () => {
    const venue = new EchoConnector()
    const time = new VirtualTime()
    const system = await TradingSystem.start({
      connectors: { venue },
      instruments: [ibm],
      time,
      risk,
      limits: { orders: 16 },
    })
    const orders = system.orders
    const request = { symbol: 'IBM', side: 'buy', quantity: 300, price: '100.10' } as const
    const fill = (number: number, exec: number, quantity: number, price: number) =>
      venue.reports.filled(number, exec, quantity, price, 0, 'USD', Liquidity.taker, time.wallUs())

    const plain = orders.submit({ ...request, tag: 'first' })
    venue.reports.accepted(plain.number, 4711, time.wallUs())
    fill(plain.number, 1, 100, 1_001_000)
    fill(plain.number, 2, 200, 1_000_100)
    const named = orders.submit({ ...request, clientOrderId: 'mine', account: 'PAPER' })
    venue.reports.accepted(named.number, 'V-1', time.wallUs())
    venue.reports.canceled(named.number, 0, 'asked for', time.wallUs())
    const untold = orders.submit(request)
    venue.reports.rejected(untold.number, 'no', time.wallUs())
    const huge = orders.submit({ ...request, quantity: 9_000_000_000, price: 300 })
    venue.reports.accepted(huge.number, 4712, time.wallUs())
    fill(huge.number, 3, 8_999_999_999, 2_999_900)
    fill(huge.number, 4, 1, 2_999_800)

    const handles = [plain, named, untold, huge]
    const before = handles.map((handle) => JSON.stringify(handle.snapshot))
    expect(plain.averagePrice?.toFixed(2)).toBe('100.04')
    expect(huge.averagePrice?.toNumber()).toBeCloseTo(299.99)
    for (let i = 0; i < 200; i++) {
      const other = orders.submit(request)
      venue.reports.rejected(other.number, 'no', time.wallUs())
    }
    expect(orders.get('mine')).toBeUndefined()
    expect(handles.map((handle) => JSON.stringify(handle.snapshot))).toEqual(before)
    expect(handles.map((handle) => handle.status)).toEqual(['FILLED', 'CANCELED', 'REJECTED', 'FILLED'])
    await system.stop()
  })
})

describe('a turn in which the venue answers at once', () => {
  it('delivers no event before the journal is written', async () => {
    const journal = mkdtempSync(join(tmpdir(), 'tradewire-'))
    const venue = new EchoConnector()
    const system = await TradingSystem.start({
      connectors: { venue },
      instruments: [ibm],
      time: new RealTime(),
      journal,
      risk,
    })
    venue.onNew = ({ number }) => {
      venue.reports.accepted(number, number, 1)
      venue.reports.filled(number, number, 100, 1_000_000, 0, 'USD', Liquidity.taker, 1)
    }
    const unwritten: string[] = []
    const seen: string[] = []
    system.orders.events.on('order', ({ type, seq }) => {
      seen.push(type)
      let lastWritten = 0
      readJournal(nodeFileSystem, journal, (_type, written) => {
        lastWritten = written
      })
      if (seq > lastWritten) unwritten.push(type)
    })
    system.orders.submit({ symbol: 'IBM', side: 'buy', quantity: 100, price: 100 })
    expect(seen).toEqual(['submitted', 'accepted', 'filled'])
    expect(unwritten).toEqual([])
    await system.stop()
    rmSync(journal, { recursive: true })
  })
})
