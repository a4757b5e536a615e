/** A paper account over restarts: the venue ends with the process, the account lives on from the journal. */
import { describe, expect, it } from 'vitest'
import { VirtualTime } from '../../core/virtual-time.js'
import { TradingSystem, type TradingSystemOptions } from '../../system/trading-system.js'
import { testShare } from '../../testing/builders.js'
import { SimulatedDisk } from '../../testing/simulated-disk.js'
import type { SimulatedConnectorOptions } from './connector-options.js'
import { SimulatedConnector } from './simulated-connector.js'

/** Starts and kills processes that trade on paper, each with a venue of its own. */
class Paper {
  readonly time = new VirtualTime()
  readonly disk = new SimulatedDisk({ seed: 1 })
  readonly problems: string[] = []
  readonly #options: SimulatedConnectorOptions
  connector!: SimulatedConnector
  system!: TradingSystem

  constructor(options: SimulatedConnectorOptions = {}) {
    this.#options = options
  }

  async start(options: TradingSystemOptions = {}): Promise<void> {
    this.connector = new SimulatedConnector({ instruments: [testShare], ...this.#options })
    this.system = await TradingSystem.start({
      mode: 'simulation',
      time: this.time,
      connectors: { paper: this.connector },
      journal: 'journal',
      fileSystem: this.disk.mount(),
      onClose: 'leave',
      risk: { marketData: false, priceCollarPercent: false },
      ...options,
    })
    this.system.orders.events.on('anomaly', ({ kind, message }) => this.problems.push(`${kind}: ${message}`))
    const found = [...this.system.reconciliations.values()].flatMap(({ findings }) => findings)
    this.problems.push(...found.filter(({ severity }) => severity === 'alert').map(({ kind }) => kind))
  }

  quote(bid: number, ask: number): void {
    const { venue } = this.connector
    const listing = venue.listing('IBM')
    if (listing !== undefined) venue.onQuote(listing, bid, ask, 500, 500, this.time.wallUs())
  }

  trade(price: number): void {
    const { venue } = this.connector
    const listing = venue.listing('IBM')
    if (listing !== undefined) venue.onTrade(listing, price, 1, -1, this.time.wallUs())
  }

  kill(): void {
    this.connector.crash()
    this.disk.crash({ powerCut: false })
  }

  order(clientOrderId: string, terms: Record<string, unknown>) {
    return this.system.orders.submit({ symbol: 'IBM', clientOrderId, timeInForce: 'gtc', ...terms } as Parameters<
      TradingSystem['orders']['submit']
    >[0])
  }

  get account() {
    const account = this.connector.venue.account('PAPER')
    const position = [...account.positions.values()][0]
    return {
      quantity: position?.quantityUnits ?? 0,
      average: position?.averagePriceUnits,
      cash: account.cash.get('USD') ?? 0,
    }
  }
}

describe('a paper account over a restart', () => {
  it.each([['killed'], ['stopped']])('lives on: orders, fills, position and cash; %s', async (how) => {
    const paper = new Paper({
      fees: ({ quantityUnits }) => quantityUnits * 1_000_000,
      balances: { PAPER: { USD: 100_000 } },
      checksBalances: true,
    })
    await paper.start()
    paper.quote(100, 100.02)
    paper.order('bought', { side: 'buy', quantity: 100, price: '100.02' })
    paper.order('sold', { side: 'sell', quantity: 40, price: '100.00' })
    paper.order('rests', { side: 'sell', quantity: 60, price: '101.00' })
    paper.order('bid', { side: 'buy', quantity: 30, price: '99.00' })
    paper.order('stop', { side: 'sell', quantity: 10, type: 'stop_limit', triggerPrice: '95.00', price: '94.00' })
    const before = paper.account
    if (how === 'killed') paper.kill()
    else await paper.system.stop()

    await paper.start()
    expect(paper.problems).toEqual([])
    expect(paper.account).toEqual(before)
    const { orders } = paper.system
    expect(['bought', 'sold', 'rests', 'bid', 'stop'].map((id) => orders.get(id)?.status)).toEqual([
      'FILLED',
      'FILLED',
      'ACCEPTED',
      'ACCEPTED',
      'ACCEPTED',
    ])
    expect(paper.connector.venue.orders({ live: true })).toHaveLength(3)
    paper.quote(101, 101.02)
    expect(orders.get('rests')?.status).toBe('FILLED')
    paper.quote(94.99, 95)
    paper.trade(95)
    expect([orders.get('stop')?.status, orders.get('bid')?.status]).toEqual(['FILLED', 'FILLED'])
    expect(paper.account.quantity).toBe(20)
    expect(paper.system.portfolio.totalQuantityUnits(0, 0)).toBe(20)
    const after = paper.account
    paper.kill()

    await paper.start()
    expect(paper.problems).toEqual([])
    expect(paper.account).toEqual(after)
    await paper.system.stop()
  })

  it('gives no number twice', async () => {
    const paper = new Paper()
    const seen = new Set<unknown>()
    for (let life = 0; life < 4; life++) {
      await paper.start()
      paper.quote(100, 100.02)
      const order = paper.order(`order ${life}`, { side: 'buy', quantity: 10, price: '100.02' })
      const { venueOrderId } = order.snapshot
      const execs = paper.connector.venue.executions().map(({ exec }) => exec)
      expect(order.status).toBe('FILLED')
      expect(seen.has(venueOrderId)).toBe(false)
      seen.add(venueOrderId)
      expect(new Set(execs).size).toBe(life + 1)
      paper.kill()
    }
  })

  it('rejects what was sent and not confirmed, carries out cancels, and makes no change that was not answered', async () => {
    const paper = new Paper()
    await paper.start()
    paper.quote(100, 100.02)
    const canceled = paper.order('canceled', { side: 'buy', quantity: 10, price: '99.00' })
    const changed = paper.order('changed', { side: 'buy', quantity: 10, price: '99.00' })
    paper.connector.faults.dropNext('new')
    paper.order('lost', { side: 'buy', quantity: 10, price: '99.00' })
    paper.connector.faults.dropNext('cancel')
    canceled.cancel()
    paper.connector.faults.dropNext('replace')
    changed.modify({ quantity: 20 })
    paper.kill()

    await paper.start()
    const { orders } = paper.system
    expect([orders.get('canceled')?.status, orders.get('lost')?.status]).toEqual(['CANCELED', 'REJECTED'])
    expect([orders.get('changed')?.status, orders.get('changed')?.snapshot.quantity.toString()]).toEqual([
      'ACCEPTED',
      '10',
    ])
    await paper.system.stop()
  })

  it('ends DAY orders whose day is over, and GTD orders whose time is', async () => {
    const paper = new Paper()
    await paper.start()
    paper.quote(100, 100.02)
    paper.order('day', { side: 'buy', quantity: 10, price: '99.00', timeInForce: 'day' })
    paper.order('gtd', {
      side: 'buy',
      quantity: 10,
      price: '99.00',
      timeInForce: 'gtd',
      expireTimeUs: paper.time.wallUs() + 3_600_000_000,
    })
    paper.order('gtc', { side: 'buy', quantity: 10, price: '99.00' })
    paper.kill()
    paper.time.advanceMs(30 * 3_600_000)
    await paper.start()
    paper.quote(100, 100.02)
    const { orders } = paper.system
    expect(['day', 'gtd', 'gtc'].map((id) => orders.get(id)?.status)).toEqual(['EXPIRED', 'EXPIRED', 'ACCEPTED'])
    await paper.system.stop()
  })

  it('is of no concern to a venue that was given: that one remembers by itself', async () => {
    const paper = new Paper()
    await paper.start()
    paper.quote(100, 100.02)
    const { venue } = paper.connector
    paper.order('rests', { side: 'buy', quantity: 10, price: '99.00' })
    paper.kill()
    const again = new SimulatedConnector({ venue })
    await paper.start({ connectors: { paper: again } })
    expect([again.venue.orders({ live: true }).length, paper.system.orders.get('rests')?.status]).toEqual([
      1,
      'ACCEPTED',
    ])
    await paper.system.stop()
  })
})
