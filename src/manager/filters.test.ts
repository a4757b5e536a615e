/** Filters of strategies and of subscriptions: they see what passes, prices of the system are what they were, all is counted. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { VirtualTime } from '../core/virtual-time.js'
import type { MarketFilter } from '../ring/filter.js'
import { Strategy } from '../system/strategy.js'
import { TradingSystem } from '../system/trading-system.js'
import type { QuoteView } from '../system/views.js'
import { ExchangeManager } from './exchange-manager.js'

class Watcher extends Strategy {
  override readonly filter: MarketFilter
  readonly bids: number[] = []

  constructor(filter: MarketFilter) {
    super()
    this.filter = filter
  }

  override onQuote(quote: QuoteView) {
    this.bids.push(quote.bid)
  }
}

async function start(strategy: Strategy) {
  const time = new VirtualTime()
  const connector = new EchoConnector()
  const system = await time.runUntil(
    TradingSystem.start({ mode: 'simulation', time, connectors: { echo: connector }, strategies: [strategy] }),
  )
  return { system, connector, time }
}

describe('the filter of a strategy', () => {
  it('keeps from its hooks what does not pass, and is in the counters of its consumer', async () => {
    const strategy = new Watcher({ minPrice: 10 })
    const { system, connector, time } = await start(strategy)
    for (const bid of [9, 10, 11]) connector.quote(bid, bid + 1)
    expect(strategy.bids).toEqual([10, 11])
    expect(system.quotes.quoteCount(system.instruments.get('IBM').index)).toBe(3)
    const consumer = system.ring.consumers.find(({ name }) => name === 'strategy Watcher')
    expect(consumer?.counters).toMatchObject({ delivered: 2, filtered: 1, queued: 0 })
    await time.runUntil(system.stop())
  })

  it('is checked when the strategy is added', async () => {
    await expect(start(new Watcher({ minSize: Number.NaN }))).rejects.toMatchObject({
      code: 'TW_INVALID_ARGUMENT',
      details: { field: 'filter.minSize' },
    })
  })
})

describe('the filter of a subscription', () => {
  it('keeps from its callback what does not pass', async () => {
    const time = new VirtualTime()
    const connector = new EchoConnector()
    const manager = new ExchangeManager({ mode: 'simulation', time })
    manager.addConnector(connector)
    await time.runUntil(manager.startAll())
    const bids: number[] = []
    const filter: MarketFilter = { accept: ({ quotes }, kind, row) => kind === 'quotes' && quotes.bid[row] !== 10 }
    const listen = (options: object) =>
      manager.subscribePrice(
        ['IBM'],
        (quotes) => {
          for (const quote of quotes) bids.push(quote.bid)
        },
        options,
      )
    await listen({ filter })
    for (const bid of [9, 10, 11]) connector.quote(bid, bid + 1)
    expect(bids).toEqual([9, 11])
    await expect(listen({ filter: { minPrice: 2, maxPrice: 1 } })).rejects.toMatchObject({
      code: 'TW_INVALID_ARGUMENT',
    })
    await expect(listen({ filters: filter })).rejects.toMatchObject({ code: 'TW_INVALID_ARGUMENT' })
    await time.runUntil(manager.stopAll())
  })
})
