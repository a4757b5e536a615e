/** What reaches the quote cache and the bars of a system, and what a fault of one listener takes from the others. */
import { expect, it } from 'vitest'
import { SimulatedConnector } from '../connectors/sim/simulated-connector.js'
import { Strategy } from './strategy.js'
import { TradingSystem } from './trading-system.js'
import type { QuoteView } from './views.js'

const second = 1_000_000

async function start() {
  return TradingSystem.start({ mode: 'simulation', connectors: { sim: new SimulatedConnector({ synthetic: {} }) } })
}

it('quotes reach the bars that are made of them', async () => {
  await using system = await start()
  const { index } = system.instruments.get('ACME')
  const series = system.bars.addQuoteBars({ instrument: index, step: second })
  await system.run({ durationMs: 10_000 })
  expect(series.counters.used).toBe(system.quotes.quoteCount(index))
  expect(series.counters.closed).toBeGreaterThanOrEqual(8)
})

it('a listener of bars that throws takes no trade from other series, and is told', async () => {
  await using system = await start()
  const { index } = system.instruments.get('ACME')
  const problems: string[] = []
  system.events.on('problem', ({ error }) => problems.push(String(error)))
  system.bars.addTradeBars({ instrument: index, unit: 'tick', step: 1 }, () => {
    throw new RangeError('a bug of the host')
  })
  const others = [0, 1].map(() => system.bars.addTradeBars({ instrument: index, unit: 'tick', step: 1 }))
  for (let i = 0; i < 3; i++) system.ring.publishTrade(index, 0, 100, 1, 1, i, i, Number.NaN, i, 0)
  system.ring.drain()
  expect(others.map(({ counters }) => counters.closed)).toEqual([3, 3])
  expect(problems).toEqual(['RangeError: a bug of the host'])
})

it('a strategy that ends within one of its hooks sees nothing more of the batch at hand', async () => {
  class Failing extends Strategy {
    seen = { quotes: 0, news: 0 }
    override onQuote({ symbol }: QuoteView): void {
      this.seen.quotes++
      // Its events are delivered before the call returns.
      this.submit({ symbol, side: 'buy', quantity: 100, price: '0.01' })
    }
    override onNews(): void {
      this.seen.news++
      this.submit({ symbol: 'ACME', side: 'buy', quantity: 100, price: '0.01' })
    }
    override onOrderEvent(): void {
      throw new Error('a bug')
    }
  }
  for (const kind of ['quotes', 'news'] as const) {
    const failing = new Failing()
    const connectors = { sim: new SimulatedConnector({ synthetic: {} }) }
    await using system = await TradingSystem.start({ mode: 'simulation', connectors, strategies: [failing] })
    system.events.on('problem', () => {})
    const { index, id } = system.instruments.get('ACME')
    for (let i = 0; i < 5; i++)
      if (kind === 'quotes') system.ring.publishQuote(index, 0, 99, 101, 1, 1, i, i, Number.NaN, 0)
      else system.ring.publishNote(index, 0, { kind: 'news', instruments: [id] }, i, i)
    system.ring.drain()
    expect(system.strategies).toEqual([])
    expect(failing.seen[kind]).toBe(1)
  }
})
