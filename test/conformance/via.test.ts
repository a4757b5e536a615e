/** Orders and streams through one connector by name, at run time; what may not compile is in typed-orders.test-d.ts. */
import { describe, expect, it } from 'vitest'
import { VirtualTime } from '../../src/core/virtual-time.js'
import { TradingSystem } from '../../src/system/trading-system.js'
import { EchoConnector as ToldVenue } from '../support/echo-connector.js'

describe('orders.via', () => {
  it('sends to the connector that is named, whatever the route says', async () => {
    const time = new VirtualTime()
    const first = new ToldVenue()
    const second = new ToldVenue()
    const system = await TradingSystem.start({ mode: 'simulation', time, connectors: { first, second } })
    second.quote(99.99, 100.01)
    const route = system.orders.via('second')
    const order = route.submit({ symbol: 'IBM', side: 'buy', quantity: 1, price: '100' })
    expect([route.connector, order.status, first.sent.length, second.sent.length]).toEqual([
      'second',
      'SUBMITTED',
      0,
      1,
    ])
    await route.subscribe(['IBM'], ['trades'])
    expect(second.subscriptions).toEqual([{ kind: 'trades', instrument: 0 }])
    expect(route.cancelAll()).toBe(1)
    expect(() => system.orders.via('third' as 'first')).toThrow('TW_INVALID_ARGUMENT')
    await system.stop()
  })
})
