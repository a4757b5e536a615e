import { describe, expect, it } from 'vitest'
import { RealTime } from '../../core/real-time.js'
import { VirtualTime } from '../../core/virtual-time.js'
import { Strategy } from '../../system/strategy.js'
import { TradingSystem, type TradingSystemOptions } from '../../system/trading-system.js'
import type { QuoteView } from '../../system/views.js'
import { testShare } from '../../testing/builders.js'
import { SimulatedDisk } from '../../testing/simulated-disk.js'
import { TestHost } from '../../testing/test-host.js'
import { makerTakerFees } from './fees.js'
import { constantLatency, normalLatency } from './latency.js'
import { SimulatedConnector, type SimulatedConnectorOptions } from './simulated-connector.js'
import { randomSlippage } from './slippage.js'

/** Buys and sells at the touch, changes its mind, and writes everything down. */
class Chatter extends Strategy {
  override get name(): string {
    return 'Chatter'
  }
  readonly log: string[] = []
  #seen = 0
  #working: ReturnType<Chatter['submit']> | undefined

  override onQuote(quote: QuoteView): void {
    this.#seen++
    this.log.push(`q ${quote.symbol} ${quote.bid} ${quote.ask} ${quote.tsRecvUs}`)
    if (this.#seen % 40 !== 0) return
    if (this.#working?.isClosed === false) this.#working.cancel()
    const side = this.#seen % 80 === 0 ? 'buy' : 'sell'
    if (Number.isNaN(side === 'buy' ? quote.bid : quote.ask)) return // a side without orders
    this.#working = this.submit({
      symbol: quote.symbol,
      side,
      quantity: 1_000,
      type: 'LIMIT',
      price: side === 'buy' ? quote.bid : quote.ask,
    })
    if (this.#seen % 200 === 0) this.submit({ symbol: quote.symbol, side, quantity: 1_000 })
  }

  override onOrderEvent(event: Parameters<Strategy['onOrderEvent']>[0]): void {
    this.log.push(
      JSON.stringify([
        event.type,
        event.order.number,
        event.status,
        event.tsEventUs,
        event.quantityUnits,
        event.priceUnits,
        event.reason,
      ]),
    )
  }
}

async function session(
  options: SimulatedConnectorOptions,
  durationMs: number,
  more: Partial<TradingSystemOptions> = {},
) {
  const connector = new SimulatedConnector(options)
  const strategy = new Chatter()
  const system = await TradingSystem.start({
    mode: 'simulation',
    connectors: { sim: connector },
    strategies: [strategy],
    risk: { throttle: false, duplicates: false, maxOrderNotional: '1000000000' },
    ...more,
  })
  await system.run({ durationMs })
  return { connector, strategy, system }
}

const lively: SimulatedConnectorOptions = {
  synthetic: { seed: 11 },
  fees: makerTakerFees({ maker: '-0.00002', taker: '0.0003' }),
  slippage: randomSlippage({ probability: 0.3 }),
  latency: {
    orders: normalLatency({ meanMs: 3, deviationMs: 1 }),
    reports: constantLatency(1),
    marketData: constantLatency(2),
  },
}

describe('a system on a synthetic market', () => {
  it('trades, agrees with the venue, and leaves nothing behind', async () => {
    const { connector, system } = await session(lively, 60_000)
    const { venue } = connector
    expect(system.orders.counters.fills).toBeGreaterThan(20)
    system.orders.cancelAll()
    ;(system.time as VirtualTime).advanceMs(100)
    const account = venue.account('PAPER')
    for (const { instrument, quantityUnits } of account.positions.values()) {
      const index = system.instruments.get(instrument.id).index
      expect(system.portfolio.quantityUnits(0, 0, index) + system.portfolio.quantityUnits(0, 1, index)).toBe(
        quantityUnits,
      )
    }
    const report = await (system.time as VirtualTime).runUntil(system.reconcile())
    expect(report.actions).toBe(0)
    await (system.time as VirtualTime).runUntil(system.stop())
    expect(system.time.pendingTimers).toBe(0)
  })

  it('is the same to the byte for the same seed, and another for another', async () => {
    const first = await session(lively, 30_000)
    const second = await session(lively, 30_000)
    expect(first.strategy.log.length).toBeGreaterThan(1_000)
    expect(second.strategy.log).toEqual(first.strategy.log)
    expect(JSON.stringify(second.system.exportState())).toBe(JSON.stringify(first.system.exportState()))
    const other = await session({ ...lively, synthetic: { seed: 12 } }, 30_000)
    expect(other.strategy.log).not.toEqual(first.strategy.log)
  })

  it('delays what the strategy sees, not what the venue knows', async () => {
    const host = new TestHost()
    const seen: number[] = []
    host.market.addConsumer({
      name: 'seen',
      policy: 'backpressure',
      handlers: { onQuotes: ({ quotes }, from, to) => void seen.push(...quotes.tsRecvUs.slice(from, to)) },
    })
    const connector = new SimulatedConnector({ synthetic: { seed: 1 }, latency: { marketData: constantLatency(250) } })
    await host.start(connector)
    const startUs = host.time.wallUs()
    await connector.drive({ untilUs: startUs + 1_000_000 })
    expect(seen.length).toBeGreaterThan(10)
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(startUs + 250_000)
    expect(connector.venue.listing('ACME')?.matcher.bidUnits).toBeGreaterThan(0)
  })

  it('makes a market of its own orders where books match', async () => {
    const { connector, strategy, system } = await session({ synthetic: { seed: 4 }, matching: 'book' }, 30_000)
    expect(strategy.log.filter((line) => line.startsWith('q')).length).toBeGreaterThan(500)
    expect(system.orders.counters.fills).toBeGreaterThan(3)
    expect(connector.venue.listing('ACME')?.book?.engine.tradeCount).toBeGreaterThan(10)
    const held = connector.venue
      .executions()
      .reduce((sum, { order, quantityUnits }) => sum + order.sideSign * quantityUnits, 0)
    expect(held).toBe(
      [...connector.venue.account('PAPER').positions.values()].reduce(
        (sum, position) => sum + position.quantityUnits,
        0,
      ),
    )
    await system.stop()
  })

  it('stops cleanly on a signal, tells its progress, and goes on', async () => {
    const host = new TestHost()
    const connector = new SimulatedConnector({ synthetic: { seed: 1, rate: 50 } })
    await host.start(connector)
    const shares: number[] = []
    const startUs = host.time.wallUs()
    await connector.drive({ untilUs: startUs + 5_000_000, onProgress: (share) => shares.push(share) })
    expect(shares.length).toBeGreaterThan(0)
    expect(shares.every((share) => share > 0 && share <= 1)).toBe(true)
    expect(host.time.wallUs()).toBe(startUs + 5_000_000)
    const stop = new AbortController()
    await connector.drive({ untilUs: startUs + 500_000_000, signal: stop.signal, onProgress: () => stop.abort() })
    expect(host.time.wallUs()).toBeLessThan(startUs + 100_000_000)
    const before = connector.statistics.updates
    await connector.drive({ untilUs: host.time.wallUs() + 1_000_000 })
    expect(connector.statistics.updates).toBeGreaterThan(before)
    await expect(connector.drive({})).rejects.toThrow('TW_INVALID_ARGUMENT')
  })

  it('plays on real time at its own pace', async () => {
    const time = new RealTime()
    const { system, strategy } = await session({ synthetic: { seed: 1, rate: 20 } }, 150, { mode: 'paper', time })
    expect(strategy.log.length).toBeGreaterThan(20)
    await system.stop()
    expect(time.pendingTimers).toBe(0)
  })
})

const rows = `instrument,ts_event_us,ts_recv_us,bid,ask,bid_size,ask_size
IBM.XNYS,1700000000000000,1700000000000100,100.00,100.02,500,300
IBM.XNYS,1700000001000000,1700000001000100,100.01,100.03,500,300
IBM.XNYS,1700000002000000,1700000002000100,100.05,100.07,500,300
`

describe('a replay', () => {
  async function disk(text: string) {
    const files = new SimulatedDisk({ seed: 1 }).mount()
    files.writeFileAtomic('quotes.csv', new TextEncoder().encode(text))
    return files
  }

  it('of a file of our own format trades end to end', async () => {
    const seen: string[] = []
    class Buyer extends Strategy {
      override get name(): string {
        return 'Buyer'
      }
      override onQuote(quote: QuoteView): void {
        seen.push(`${quote.symbol} ${quote.bid} ${quote.ask}`)
        if (seen.length === 1) {
          this.submit({ symbol: 'IBM', side: 'buy', quantity: 100 })
          this.submit({ symbol: 'IBM', side: 'sell', quantity: 50, price: '100.05' })
        }
      }
    }
    const fileSystem = await disk(rows)
    const connector = new SimulatedConnector({ replay: 'quotes.csv', fileSystem, instruments: [testShare] })
    const system = await TradingSystem.start({
      mode: 'simulation',
      connectors: { sim: connector },
      strategies: [new Buyer()],
    })
    expect(system.time.wallUs()).toBe(1_700_000_000_000_100)
    await system.run()
    expect(seen).toEqual(['IBM 100 100.02', 'IBM 100.01 100.03', 'IBM 100.05 100.07'])
    expect(connector.venue.executions().map(({ quantityUnits, priceUnits }) => [quantityUnits, priceUnits])).toEqual([
      [100, 1_000_200],
      [50, 1_000_500],
    ])
    expect(connector.dataCounters).toMatchObject({ rows: 3, events: 3 })
    expect(system.time.wallUs()).toBe(1_700_000_002_000_100)
    await system.stop()
    expect(system.time.pendingTimers).toBe(0)
  })

  it('of a bad file says where', async () => {
    const fileSystem = await disk(`${rows}IBM.XNYS,1700000003000000,1700000003000100,cheap,100.07,500,300\n`)
    const start = (more: object) =>
      TradingSystem.start({
        mode: 'simulation',
        connectors: {
          sim: new SimulatedConnector({
            replay: { path: 'quotes.csv', ...more },
            fileSystem,
            instruments: [testShare],
          }),
        },
      })
    await expect(start({})).rejects.toThrow(/quotes\.csv.*5/)
    const system = await start({ onBadRow: 'skip' })
    await system.run()
    expect((system.connectors.get('sim') as SimulatedConnector).dataCounters).toMatchObject({ badRows: 1, events: 3 })
    expect((system.connectors.get('sim') as SimulatedConnector).dataProblems[0]).toContain('quotes.csv')
    await system.stop()
  })
})

describe('paper trading', () => {
  it('fills against the data of another connector', async () => {
    const time = new VirtualTime()
    const data = new SimulatedConnector({ synthetic: { seed: 2 } })
    const paper = new SimulatedConnector({ accounts: ['PAPER'] })
    const system = await TradingSystem.start({ mode: 'simulation', time, connectors: { paper, data } })
    const end = paper.follow(system.ring)
    await data.drive({ untilUs: time.wallUs() + 2_000_000 })
    const order = system.orders.submit({ symbol: 'ACME', side: 'buy', quantity: 100 })
    expect(order.status).toBe('FILLED')
    expect(paper.venue.account('PAPER').positions.size).toBe(1)
    expect(data.venue.account('PAPER').positions.size).toBe(0)
    end()
    await system.stop()
  })
})

describe('options', () => {
  it('are checked by name and value', () => {
    for (const options of [
      { nonsense: 1 },
      { synthetic: {}, replay: 'x' },
      { queue: 'best' },
      { liquidity: 'all' },
      { fees: 0.1 },
      { latency: { orders: 5 } },
      { latency: { order: constantLatency(1) } },
      { faults: { drop: 1 } },
      { matching: 'magic' },
      { accounts: [] },
      { dayEnd: '25:00' },
      { historyLimit: 0 },
      { connection: { retries: 3 } },
      { cancelOnDisconnect: true },
    ]) {
      expect(() => new SimulatedConnector(options as never), JSON.stringify(options)).toThrow('TW_INVALID_CONFIG')
    }
  })
})
