import { describe, expect, it } from 'vitest'
import { SimulatedConnector } from '../connectors/sim/simulated-connector.js'
import { TradingSystem } from '../system/trading-system.js'

describe('lists of orders and executions', () => {
  it('have closed orders, too, and what was executed', async () => {
    const connectors = { sim: new SimulatedConnector({ synthetic: { seed: 3 } }) }
    await using system = await TradingSystem.start({ mode: 'simulation', connectors })
    await system.run({ durationMs: 1_000 })
    const [{ symbol } = { symbol: '' }] = system.instruments
    const taken = system.orders.submit({ symbol, side: 'buy', quantity: 100, strategy: 'alpha' })
    const resting = system.orders.submit({ symbol, side: 'buy', quantity: 100, price: '1.00', strategy: 'beta' })
    await system.run({ durationMs: 1_000 })
    expect(taken.status).toBe('FILLED')
    expect(system.orders.list().map(({ number }) => number)).toEqual([taken.number, resting.number])
    expect(system.orders.list({ strategy: 'beta' }).map(({ number }) => number)).toEqual([resting.number])
    const executions = system.orders.executions(taken.number)
    const instrument = system.instruments.get(symbol)
    expect(executions.reduce((sum, { quantityUnits }) => sum + quantityUnits, 0)).toBe(instrument.quantityUnits('100'))
    expect(executions[0]?.liquidity).toBe('taker')
    expect(system.orders.executions(resting.number)).toEqual([])
    expect(() => system.orders.executions(99_999)).toThrowError(/TW_UNKNOWN_ORDER/)
  })
})
