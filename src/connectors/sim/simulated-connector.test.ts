import { describe, expect, it } from 'vitest'
import { TradingSystem } from '../../system/trading-system.js'
import { SimulatedConnector } from './simulated-connector.js'

describe('a system on a synthetic market', () => {
  it('trades', async () => {
    const connector = new SimulatedConnector({ synthetic: { seed: 7 } })
    const system = await TradingSystem.start({ mode: 'simulation', connectors: { sim: connector } })
    await system.run({ durationMs: 60_000 })
    console.log(connector.statistics.report())
    const order = system.orders.submit({ symbol: 'ACME', side: 'buy', quantity: 100 })
    console.log(order.status)
    const resting = system.orders.submit({ symbol: 'ACME', side: 'sell', quantity: 100, price: '187.90' })
    console.log(resting.status)
    await system.run({ durationMs: 600_000 })
    console.log(resting.status, system.snapshot())
    expect(order.status).toBe('FILLED')
    await system.stop()
    expect(system.time.pendingTimers).toBe(0)
  })
})
