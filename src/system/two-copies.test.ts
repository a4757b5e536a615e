/** Two copies of the library in one process, as ES modules and CommonJS are: parts of one work in a system of the other. */
import { expect, it, vi } from 'vitest'
import * as one from '../index.js'
import { watchedKinds } from './market-hub.js'

it.each(['one', 'other'])('a simulation made of %s copy runs connectors and strategies of the second', async (of) => {
  vi.resetModules()
  const other = await import('../index.js')
  expect(other.TradingSystem).not.toBe(one.TradingSystem)
  const [system, parts] = of === 'one' ? [one, other] : [other, one]
  class Buyer extends parts.Strategy {
    override readonly symbols = ['ACME']
    override onTrade({ symbol }: one.TradeView): void {
      if (this.position(symbol).isFlat) this.submit({ symbol, side: 'buy', quantity: new parts.Decimal(100) })
    }
  }
  expect(watchedKinds(new Buyer() as never)).toEqual(['trades'])
  await using running = await system.TradingSystem.start({
    mode: 'simulation',
    connectors: { sim: new parts.SimulatedConnector({ synthetic: {} }) as never },
    strategies: [new Buyer() as never],
  })
  await running.run({ durationMs: 3_000 })
  expect(running.snapshot().positions.map(({ quantity }) => String(quantity))).toEqual(['100'])
  expect(running.problems.count).toBe(0)
})

it('a publisher takes the instruments of a system of the other copy', async () => {
  const registry = new one.InstrumentRegistry()
  const terms = {
    venue: 'X',
    assetClass: 'equity',
    currency: 'USD',
    priceIncrement: '0.01',
    sizeIncrement: '1',
  } as const
  for (const symbol of ['A', 'B']) registry.add({ ...terms, symbol, id: `${symbol}.X` as one.InstrumentId })
  vi.resetModules()
  const { ZmqPublisher } = await import('../connectors/zmq/index.js')
  const publisher = new ZmqPublisher({ bind: 'tcp://127.0.0.1:0', instruments: registry })
  expect(publisher.publishQuote(1, 0, 9, 10, 1, 1, 1, 1, Number.NaN, 0)).toBe(true)
  await publisher.stop()
})
