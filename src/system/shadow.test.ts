/** Shadow mode: the same orders at a venue and in a simulation on the same data, compared. */
import { describe, expect, it } from 'vitest'
import { buy, startEcho } from '../../test/support/echo-system.js'
import { constantLatency } from '../connectors/sim/latency.js'
import { SimulatedConnector } from '../connectors/sim/simulated-connector.js'
import { VirtualTime } from '../core/virtual-time.js'
import type { ShadowComparison, ShadowOptions } from './shadow-desk.js'
import { TradingSystem } from './trading-system.js'

async function startShadow(shadow: true | ShadowOptions = true) {
  const echo = await startEcho({ shadow })
  const compared: ShadowComparison[] = []
  echo.system.events.on('shadow', (comparison) => compared.push(comparison))
  /** The venue fills an order in full. */
  const fill = (number: number, quantity: number, priceUnits: number) =>
    echo.venue.reports.filled(number, `e${number}`, quantity, priceUnits, 0, 'USD', 1, echo.time.wallUs())
  return { ...echo, compared, fill }
}

describe('shadow mode', () => {
  it('finds no difference where the venue is the same simulation', async () => {
    const time = new VirtualTime()
    const sim = new SimulatedConnector({ synthetic: { seed: 5, durationMs: 60_000 } })
    const system = await time.runUntil(
      TradingSystem.start({ mode: 'simulation', connectors: { sim }, time, shadow: true }),
    )
    const symbol = system.instruments.at(0).symbol
    await system.subscribe([symbol], ['quotes'])
    for (let round = 0; round < 20; round++) {
      await system.run({ durationMs: 1_000 })
      system.orders.submit({ symbol, side: round % 2 === 0 ? 'buy' : 'sell', type: 'MARKET', quantity: 1 })
    }
    const report = system.shadow?.report()
    expect(report).toMatchObject({ orders: 20, compared: 20, working: 0, same: 20, meanCostBps: 0, differences: [] })
    expect([report?.liveFillRate, report?.shadowFillRate]).toEqual([1, 1])
    await system.stop()
  })

  it('says how much worse or better the venue filled, and how long both took', async () => {
    const { system, fill, compared, time } = await startShadow()
    const bought = system.orders.submit(buy({ quantity: 10, price: '100.05' }))
    await time.advanceMsAsync(20)
    fill(bought.number, 10, 1_000_300)
    expect(compared).toHaveLength(1)
    const [first] = compared as [ShadowComparison]
    expect([first.live.averagePrice?.toString(), first.shadow.averagePrice?.toString()]).toEqual(['100.03', '100.01'])
    expect([first.priceDifference?.toString(), first.filledDifference.toString()]).toEqual(['0.02', '0'])
    expect([first.live.firstFillMs, first.shadow.firstFillMs]).toEqual([20, 0])
    const sold = system.orders.submit(buy({ side: 'sell', quantity: 10, price: '99.90' }))
    fill(sold.number, 10, 1_000_000)
    expect(compared[1]?.priceDifference?.toString()).toBe('-0.01')
    const report = system.shadow?.report()
    expect(report).toMatchObject({ orders: 2, compared: 2, same: 0, filledLiveOnly: 0, filledShadowOnly: 0 })
    expect(report?.meanCostBps).toBeCloseTo((0.02 / 100.01 - 0.01 / 99.99) * 5_000, 9)
    await system.stop()
  })

  it('gives the shadow time to fill once the venue has, and no more', async () => {
    const { system, fill, compared, venue, time } = await startShadow({ graceMs: 500 })
    const rest = () => system.orders.submit(buy({ quantity: 10, price: '99.50' }))
    const late = rest()
    fill(late.number, 10, 995_000)
    expect(compared).toEqual([])
    venue.quote(99.48, 99.49)
    expect(compared).toMatchObject([{ isSame: true }])
    expect(compared[0]?.shadow.filled.toString()).toBe('10')
    venue.quote(99.99, 100.01)
    const never = rest()
    fill(never.number, 10, 995_000)
    await time.advanceMsAsync(499)
    expect(compared).toHaveLength(1)
    await time.advanceMsAsync(2)
    expect(compared[1]?.shadow.filled.toString()).toBe('0')
    expect(system.shadow?.report()).toMatchObject({ filledLiveOnly: 1, working: 0 })
    await system.stop()
  })

  it('follows changes and cancels, and ends with an order that the venue refuses', async () => {
    const { system, venue, compared, time } = await startShadow()
    const order = system.orders.submit(buy({ quantity: 10, price: '99.50' }))
    venue.reports.accepted(order.number, 'v1', time.wallUs())
    order.modify({ quantity: 20, price: '100.01' })
    await time.advanceMsAsync(1)
    order.cancel()
    await time.advanceMsAsync(1)
    venue.reports.canceled(order.number, 0, '', time.wallUs())
    expect(compared).toHaveLength(1)
    // The shadow had made the change at once, and was filled by it.
    expect(compared[0]?.shadow.filled.toString()).toBe('20')
    const refused = system.orders.submit(buy({ quantity: 10, price: '99.50' }))
    venue.reports.rejected(refused.number, 'no', time.wallUs())
    expect(compared[1]).toMatchObject({ status: 'REJECTED', isSame: true })
    expect(system.shadow?.report()).toMatchObject({ filledShadowOnly: 1, same: 1, working: 0 })
    await system.stop()
  })

  it('sends orders to the shadow with a latency, in their order', async () => {
    const { system, fill, compared, venue, time } = await startShadow({ latency: constantLatency(50) })
    const order = system.orders.submit(buy({ quantity: 10, price: '100.05' }))
    fill(order.number, 10, 1_000_100)
    await time.advanceMsAsync(40)
    venue.quote(100.02, 100.04)
    await time.advanceMsAsync(20)
    expect(compared.map(({ shadow }) => shadow.averagePrice?.toString())).toEqual(['100.04'])
    await system.stop()
  })

  it('keeps the latest differences, counts all, and counts orders that it never saw', async () => {
    const { system, fill, venue, time } = await startShadow({ keep: 2, graceMs: 0 })
    for (let i = 0; i < 5; i++)
      fill(system.orders.submit(buy({ quantity: i + 1, price: '99.50' })).number, i + 1, 995_000)
    const report = system.shadow?.report()
    expect(report).toMatchObject({ compared: 5, filledLiveOnly: 5 })
    expect(report?.differences.map(({ quantity }) => quantity.toString())).toEqual(['4', '5'])
    expect(venue.sent.length).toBe(5)
    venue.reports.externalOrder(venue.source, {
      ...venue.report(1, { venueOrderId: 'hand', quantityUnits: 7, tsUs: time.wallUs() }),
      clientOrderId: 'hand',
    })
    expect(system.shadow?.report().unmirrored).toBe(1)
    await system.stop()
  })

  it('is refused where it makes no sense, and says why', async () => {
    const refused = (options: object) => expect(TradingSystem.create(options as never)).rejects
    await refused({ shadow: 1 }).toThrow(/shadow must be true or options/)
    await refused({ shadow: { graceMs: -1 } }).toThrow(/shadow is not usable.*graceMs/)
    await refused({ shadow: { speed: 1 } }).toThrow(/speed.*not known/)
    await refused({ shadow: true, paper: true }).toThrow(/paper is a simulated one itself/)
  })
})
