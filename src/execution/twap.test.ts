/** TWAP through the whole system: the first thin slice of an algorithm, from submit to fills and over a crash. */
import { describe, expect, it } from 'vitest'
import { startEcho } from '../../test/support/echo-system.js'
import { SimulatedConnector } from '../connectors/sim/simulated-connector.js'
import { restartEcho } from '../oms/restart.test-support.js'
import { TradingSystem } from '../system/trading-system.js'

const order = (change: Record<string, unknown> = {}) =>
  ({
    symbol: 'IBM',
    side: 'buy',
    quantity: 1_000,
    algo: { type: 'twap', durationMs: 10_000, slices: 5 },
    ...change,
  }) as const

/** Acknowledges and fills every order that arrives, at its price. */
function fillAll(venue: Awaited<ReturnType<typeof startEcho>>['venue']) {
  venue.onNew = ({ number, quantityUnits }) => {
    venue.reports.accepted(number, `v${number}`, 1)
    venue.reports.filled(number, `e${number}`, quantityUnits, 100_010_000, 100_000, 'USD', 1, 2)
  }
}

describe('TWAP', () => {
  it('sends equal slices at equal times and is filled', async () => {
    const { system, venue, time } = await startEcho()
    fillAll(venue)
    time.every(1_000, () => venue.quote(99.99, 100.01))
    const at: number[] = []
    const startUs = time.wallUs()
    const parent = system.orders.submit(order({ clientOrderId: 'big' }))
    parent.onEvent(({ type }) => {
      if (type === 'child') at.push((time.wallUs() - startUs) / 1_000)
    })
    expect(parent.status).toBe('RUNNING')
    await time.advanceMs(10_000)
    expect(parent.status).toBe('FILLED')
    expect(venue.sent.map((sent) => (sent.kind === 'new' ? [sent.clientOrderId, sent.quantityUnits] : sent))).toEqual([
      ['big-E1', 200],
      ['big-E2', 200],
      ['big-E3', 200],
      ['big-E4', 200],
      ['big-E5', 200],
    ])
    expect(at).toEqual([2_000, 4_000, 6_000, 8_000])
    const done = await parent.done()
    expect(done.status).toBe('FILLED')
    expect(done.filledQuantity.toString()).toBe('1000')
    expect(done.averagePrice?.toString()).toBe('10001')
    expect(parent.children).toHaveLength(5)
    await system.stop()
  })

  it('goes on where it was after a crash in the middle, and sends nothing twice', async () => {
    const first = await startEcho()
    fillAll(first.venue)
    first.system.orders.submit(order({ clientOrderId: 'big' }))
    await first.time.advanceMs(5_000)
    expect(first.venue.sent).toHaveLength(3)
    const second = await restartEcho(first, {}, fillAll)
    second.time.every(1_000, () => second.venue.quote(99.99, 100.01))
    const parent = second.system.execution.get('big')
    expect(parent?.status).toBe('RUNNING')
    expect(parent?.filledQuantity.toString()).toBe('600')
    await second.time.advanceMs(10_000)
    expect(parent?.status).toBe('FILLED')
    expect(second.venue.sent.map((sent) => sent.kind === 'new' && sent.clientOrderId)).toEqual(['big-E4', 'big-E5'])
    expect(parent?.filledQuantity.toString()).toBe('1000')
    await second.system.stop()
  })

  it('runs on the simulated venue in virtual time', async () => {
    const system = await TradingSystem.start({
      mode: 'simulation',
      connectors: { sim: new SimulatedConnector({ synthetic: {} }) },
    })
    await system.subscribe(['ACME'], ['quotes', 'trades'])
    await system.run({ durationMs: 5_000 })
    const parent = system.orders.submit({
      symbol: 'ACME',
      side: 'buy',
      quantity: 1_000,
      algo: { type: 'twap', durationMs: 60_000, endPolicy: 'complete' },
    })
    const [, result] = await Promise.all([system.run({ durationMs: 90_000 }), parent.done()])
    expect(result.status).toBe('FILLED')
    expect(result.filledQuantity.toString()).toBe('1000')
    expect(result.slippageBps).toBeDefined()
    expect(system.snapshot().positions[0]?.quantity.toString()).toBe('1000')
    await system.stop()
  })
})
