/** Orders and streams through one connector by name, at run time; what may not compile is in typed-orders.test-d.ts. */
import { describe, expect, it } from 'vitest'
import type { ConnectorCapabilities } from '../../src/connector/capabilities.js'
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

  it('emulates what the venue lacks over that venue, as far as the venue takes what it ends in', async () => {
    const time = new VirtualTime()
    class Markets extends ToldVenue {
      override readonly capabilities = {
        data: ['quotes'],
        orders: {
          types: ['MARKET'],
          timeInForce: ['DAY'],
          postOnly: false,
          reduceOnly: false,
          iceberg: false,
          replace: false,
          environment: 'simulated',
          cancelOnDisconnect: 'none',
          fullHistory: true,
        },
      } as const satisfies ConnectorCapabilities
    }
    const connectors = { first: new ToldVenue(), second: new Markets() }
    const system = await TradingSystem.start({ mode: 'simulation', time, connectors })
    const { first, second } = connectors
    second.quote(99.99, 100.01)
    const route = system.orders.via('second')
    const stop = { symbol: 'IBM', side: 'buy', quantity: 1, triggerPrice: '100.5' } as const
    // @ts-expect-error: the venue has no stops
    const refused = route.submit({ ...stop, type: 'STOP' })
    expect([refused.status, refused.reason]).toEqual(['DENIED', 'INVALID_ORDER'])
    const worked = route.submit({ ...stop, type: 'STOP', algo: { type: 'emulate' } })
    const limit = { ...stop, type: 'STOP_LIMIT', price: '100.6', algo: { type: 'emulate' } } as const
    // @ts-expect-error: nor what a stop with a limit ends in
    expect(() => route.submit(limit)).toThrow(/STOP_LIMIT cannot be emulated over second: it ends in a LIMIT order/)
    expect(second.sent).toEqual([])
    second.quote(100.5, 100.52)
    await time.advanceMsAsync(10)
    expect(worked.children).toHaveLength(1)
    expect([first.sent.length, second.sent.length]).toEqual([0, 1])
    await system.stop()
  })

  it('is of no use for a connector that was taken out', async () => {
    const time = new VirtualTime()
    const connectors = { first: new ToldVenue(), second: new ToldVenue() }
    const system = await TradingSystem.start({ mode: 'simulation', time, connectors })
    const route = system.orders.via('second')
    await time.runUntil(system.removeConnector('second'))
    await expect(route.subscribe(['IBM'], ['quotes'])).rejects.toThrow('TW_INVALID_ARGUMENT')
    expect(route.submit({ symbol: 'IBM', side: 'buy', quantity: 1, price: '100' }).reason).toBe('NOT_TRADABLE')
    await system.stop()
  })
})
