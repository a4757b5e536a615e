/** Paper trading in one switch: the data of a connector, and none of its orders. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy, startEcho } from '../../test/support/echo-system.js'
import type { SimulatedConnectorOptions } from '../connectors/sim/connector-options.js'
import { perShareFees } from '../connectors/sim/fees.js'
import type { TradewireError } from '../core/errors.js'
import type { Logger } from '../core/logger.js'
import type { VenueFillReport } from '../orders/venue-reports.js'
import { TradingSystem, type TradingSystemOptions } from './trading-system.js'

async function startPaper(paper: true | SimulatedConnectorOptions = true, more: TradingSystemOptions = {}) {
  const live = new EchoConnector()
  const { orders } = live.capabilities
  Object.assign(orders as object, { environment: 'live' })
  // What the account of the connector holds is not looked at.
  live.venue.account = { positions: [{ account: 'U1', instrument: 0, quantityUnits: 500 }] }
  const started = await startEcho({ connectors: { live }, paper, mode: 'paper', ...more }, { venue: live })
  return { ...started, live }
}

const bought = (quantityUnits: number, tsUs: number): VenueFillReport => ({
  exec: 'e1',
  instrument: 0,
  account: 'U1',
  side: 'buy',
  quantityUnits,
  priceUnits: 1_000_000,
  liquidity: 0,
  tsUs,
})

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

  it('books nothing that a connector for data tells of orders, fills and the account', async () => {
    const logged: string[] = []
    const keep = (fields: unknown, text?: string) => void logged.push(text ?? String(fields))
    const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep, child: () => logger }
    const { system, live, anomalies, events } = await startPaper({}, { logger })
    live.quote(99.99, 100.01)
    const own = system.orders.submit(buy({ quantity: 10, price: '99.00' }))
    const tsUs = system.time.wallUs()
    const report = {
      clientOrderId: 'by-hand',
      venueOrderId: 'v1',
      instrument: 0,
      account: 'U1',
      side: 'buy' as const,
      type: 'LIMIT' as const,
      timeInForce: 'DAY' as const,
      quantityUnits: 100,
      priceUnits: 1_000_000,
      cumulativeUnits: 0,
      state: 'working' as const,
      tsUs,
    }
    const fill = bought(100, tsUs)
    const { reports, source } = live
    reports.beginTurn()
    reports.externalOrder(source, report)
    reports.externalFill(source, fill)
    // The number of an order of ours, at another venue.
    expect(reports.numberOf(own.clientOrderId)).toBe(0)
    reports.filled(1, 'e2', 10, 1_000_000, Number.NaN, 'USD', 0, tsUs)
    reports.canceled(1, Number.NaN, 'by hand', tsUs)
    reports.endTurn()
    expect(own.snapshot).toMatchObject({ status: 'ACCEPTED' })
    // Of its own account nothing yet, of the other one not even a row.
    expect(system.snapshot().positions.map(({ account, quantity }) => `${account} ${quantity}`)).toEqual(['PAPER 0'])
    expect(system.orders.openOrders()).toHaveLength(1)
    expect([events.filter((type) => type === 'filled'), anomalies]).toEqual([[], []])
    expect(logged.filter((text) => text.includes('used for data only'))).toHaveLength(1)
    await system.stop()
  })

  it('books nothing of a connector that is added later, either', async () => {
    const { system, time } = await startPaper()
    const later = new EchoConnector()
    await time.runUntil(system.addConnector('later', later))
    later.reports.externalFill(later.source, bought(5, time.wallUs()))
    expect(system.snapshot().positions).toEqual([])
    await system.stop()
  })

  it('tells of orders that are open at the connector from before, at once', async () => {
    for (const without of [false, true]) {
      const live = new EchoConnector()
      const before = await startEcho({ connectors: { live }, risk: { duplicates: false } }, { venue: live })
      const order = before.system.orders.submit(buy({ clientOrderId: 'mine' }))
      live.reports.accepted(order.number, 'v1', 1)
      await before.system.stop()
      const { time, disk } = before
      const data = new EchoConnector()
      const connectors = without ? {} : { live: data }
      const system = await time.runUntil(
        TradingSystem.start({
          ...{ mode: 'paper', paper: true, journal: 'journal', fileSystem: disk.mount(), time, connectors },
        } as TradingSystemOptions),
      )
      const problems = system.problems.latest.map(({ where, error }) => [where, (error as TradewireError).code])
      expect(problems).toContainEqual(['start', 'TW_UNATTENDED'])
      expect(system.orders.statistics().anomaliesByKind).toMatchObject({
        [without ? 'CONNECTOR_MISSING' : 'ORDER_UNATTENDED']: 1,
      })
      expect(system.orders.openOrders().map(({ clientOrderId }) => clientOrderId)).toEqual(['mine'])
      await time.runUntil(system.stop())
      expect(data.sent).toEqual([])
    }
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
