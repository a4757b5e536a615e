import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { settlePromises, VirtualTime } from '../core/virtual-time.js'
import { TradingSystem } from './trading-system.js'

describe('ConnectorHub', () => {
  it('gives a reconciliation up that waits for its next question when the system stops', async () => {
    const time = new VirtualTime()
    const venue = new EchoConnector()
    const system = await TradingSystem.start({
      mode: 'simulation',
      time,
      closeTimeoutMs: 0,
      connectors: { echo: venue },
      reconciliation: { venueGraceMs: 60_000 },
    })
    venue.venue = { orders: [], fills: [], account: { positions: [] } }
    venue.quote(99.99, 100.01)
    const order = system.orders.submit({ symbol: 'IBM', side: 'buy', quantity: 100, price: '100.00' })
    // The venue never heard of the order: it is asked once more after its time of grace.
    await time.advanceMsAsync(30_000)
    const reconciled = system.reconcile()
    const failure = reconciled.then(
      () => 'none',
      (error: { code?: string }) => error.code,
    )
    await settlePromises()
    expect(order.isClosed).toBe(false)
    await system.stop()
    expect(await failure).toBe('TW_ABORTED')
    expect(time.pendingTimers).toBe(0)
  })
})
