/** Paper trading in one switch: the data of a connector, and none of its orders. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy, startEcho } from '../../test/support/echo-system.js'
import type { SimulatedConnectorOptions } from '../connectors/sim/connector-options.js'
import { perShareFees } from '../connectors/sim/fees.js'
import { TradingSystem } from './trading-system.js'

async function startPaper(paper: true | SimulatedConnectorOptions = true) {
  const live = new EchoConnector()
  const { orders } = live.capabilities
  Object.assign(orders as object, { environment: 'live' })
  // What the account of the connector holds is not looked at.
  live.venue.account = { positions: [{ account: 'U1', instrument: 0, quantityUnits: 500 }] }
  const started = await startEcho({ connectors: { live }, paper, mode: 'paper' }, { venue: live })
  return { ...started, live }
}

describe('paper', () => {
  it('fills at the prices of a connector whose orders are real, and sends it none', async () => {
    const { system, live } = await startPaper({ fees: perShareFees({ perShare: '0.01' }) })
    live.quote(99.99, 100.01)
    const order = system.orders.submit(buy({ quantity: 10, price: '100.05' }))
    expect(order.snapshot).toMatchObject({ status: 'FILLED', connector: 'paper' })
    expect(order.averagePrice?.toString()).toBe('100.01')
    expect(live.sent).toEqual([])
    expect(system.snapshot().positions).toMatchObject([{ quantity: expect.anything() }])
    await system.stop()
  })

  it('refuses an order that names the connector itself', async () => {
    const { system, live } = await startPaper()
    live.quote(99.99, 100.01)
    const order = system.orders.submit(buy({ connector: 'live' }))
    expect(order.status).toBe('DENIED')
    expect(live.sent).toEqual([])
    await system.stop()
  })

  it('is a mode, with a market of the connectors', async () => {
    const refused = (options: object) => expect(TradingSystem.create(options as never)).rejects
    await refused({ paper: true, mode: 'live' }).toThrow(/paper is for mode paper/)
    await refused({ paper: true, mode: 'simulation' }).toThrow(/paper is for mode paper/)
    await refused({ paper: { synthetic: {} } }).toThrow(/no market of its own/)
    await refused({ paper: 1 }).toThrow(/paper must be true or options/)
    await refused({ paper: true, connectors: { paper: new EchoConnector() } }).toThrow(/connectors.paper/)
  })
})
