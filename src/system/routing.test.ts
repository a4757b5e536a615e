/** Orders and market data over several connectors: what moves when one is lost, and what must not. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy, startEcho } from '../../test/support/echo-system.js'
import type { Discontinuity } from '../model/market-data.js'
import { testShare } from '../testing/builders.js'
import type { TradingSystemConfig } from './config.js'
import type { RoutingConfig } from './routing-config.js'
import type { RoutingEvent } from './routing-desk.js'
import { Strategy } from './strategy.js'
import type { QuoteView } from './views.js'

const calm = { failbackAfterMs: 1_000, minDwellMs: 100, checkIntervalMs: 50 } satisfies RoutingConfig

async function startTwo(
  routing: RoutingConfig = calm,
  strategies: Strategy[] = [],
  config: Partial<TradingSystemConfig> = {},
) {
  const reconnect = { firstDelayMs: 200, maxDelayMs: 200 }
  const a = new EchoConnector({ reconnect })
  const b = new EchoConnector({ reconnect })
  const started = await startEcho({ ...config, connectors: { a, b }, routing, strategies }, { venue: a })
  const switches: string[] = []
  started.system.events.on('routing', ({ kind, name, from, to, reason }: RoutingEvent) =>
    switches.push(`${kind} ${name}: ${from ?? '-'} to ${to ?? '-'} (${reason})`),
  )
  return { ...started, a, b, switches }
}

describe('orders', () => {
  it('go to the primary, to the backup while it is away, and back once it held', async () => {
    const { system, a, b, time, switches } = await startTwo()
    expect(system.orders.submit(buy()).status).toBe('SUBMITTED')
    a.reports.accepted(1, 1, time.wallUs())
    a.venue.orders = [a.report(1)]
    a.drop()
    expect(system.orders.submit(buy({ quantity: 90 })).status).toBe('SUBMITTED')
    expect([a.sent.length, b.sent.length]).toEqual([1, 1])
    await time.advanceMsAsync(500)
    expect(a.isReady).toBe(true)
    // It is back, and not yet trusted.
    system.orders.submit(buy({ quantity: 80 }))
    await time.advanceMsAsync(5_000)
    b.quote(99.99, 100.01)
    system.orders.submit(buy({ quantity: 70 }))
    expect([a.sent.length, b.sent.length]).toEqual([2, 2])
    expect(switches).toEqual(['route default: a to b (failover)', 'route default: b to a (failback)'])
    expect(system.routes).toMatchObject([{ name: 'default', connectors: ['a', 'b'], current: 'a', epoch: 3 }])
    await system.stop()
  })

  it('stay with the connector they were sent over', async () => {
    const { system, a, b, time } = await startTwo()
    const order = system.orders.submit(buy())
    a.reports.accepted(order.number, 1, time.wallUs())
    a.drop()
    expect(order.status).toBe('ACCEPTED')
    expect(() => order.cancel()).not.toThrow()
    expect(b.sent).toEqual([])
    await system.stop()
  })

  it('are not sent elsewhere while the fate of one is unknown', async () => {
    const { system, a, b, time } = await startTwo()
    const lost = system.orders.submit(buy())
    a.drop()
    expect(lost.status).toBe('UNKNOWN')
    const next = system.orders.submit(buy({ quantity: 90 }))
    expect([next.status, next.reason]).toEqual(['DENIED', 'UNKNOWN_ELSEWHERE'])
    expect(system.orders.explain(buy({ quantity: 91 })).map(({ code }) => code)).toEqual(['UNKNOWN_ELSEWHERE'])
    expect(b.sent).toEqual([])
    // The venue comes back and says that it has the order: nothing is unknown any more.
    a.venue.orders = [a.report(lost.number)]
    await time.advanceMsAsync(500)
    expect(lost.status).toBe('ACCEPTED')
    b.quote(99.99, 100.01)
    expect(system.orders.submit(buy({ quantity: 92 })).status).toBe('SUBMITTED')
    expect(b.sent).toHaveLength(1)
    await system.stop()
  })

  it('take the connector that they name, whatever the routes say', async () => {
    const { system, b } = await startTwo()
    system.orders.submit(buy({ connector: 'b' }))
    expect(b.sent).toHaveLength(1)
    await system.stop()
  })

  it('follow routes by symbol and account, and rotate where asked', async () => {
    const { system, a, b } = await startTwo({
      ...calm,
      strategy: 'round-robin',
      routes: [{ accounts: ['U2'], connectors: ['b'] }],
    })
    for (const quantity of [10, 20, 30, 40]) system.orders.submit(buy({ quantity }))
    expect([a.sent.length, b.sent.length]).toEqual([2, 2])
    system.orders.submit(buy({ account: 'U2' }))
    expect(b.sent).toHaveLength(3)
    await system.stop()
  })
})

describe('market data', () => {
  class Recorder extends Strategy {
    override readonly symbols = ['IBM']
    readonly seen: string[] = []
    override onQuote(quote: QuoteView): void {
      this.seen.push(`${quote.bid}`)
    }
    override onDiscontinuity({ reason, source }: Discontinuity): void {
      this.seen.push(`! ${reason} ${source}`)
    }
  }

  it('come from one source at a time, and a change of it is marked', async () => {
    const strategy = new Recorder()
    const { system, a, b, time, switches } = await startTwo(
      { ...calm, feeds: [{ connectors: ['a', 'b'], mode: 'failover', staleAfterMs: 400 }] },
      [strategy],
    )
    strategy.seen.length = 0
    a.quote(1, 100.01)
    b.quote(2, 100.01)
    a.drop()
    b.quote(3, 100.01)
    expect(strategy.seen).toEqual(['1', '! failover b', '3'])
    expect(switches).toContain('feed IBM.XNYS: a to b (failover)')
    expect(system.feedOf('IBM')).toMatchObject([{ suppressed: 0 }, { suppressed: 1 }])
    // The source is connected and silent while the other is not.
    await time.advanceMsAsync(3_000)
    expect(a.isReady).toBe(true)
    a.quote(4, 100.01)
    await time.advanceMsAsync(100)
    strategy.seen.length = 0
    for (let i = 0; i < 12; i++) {
      await time.advanceMsAsync(50)
      b.quote(10 + i, 100.01)
    }
    expect(system.feedOf('IBM')).toMatchObject([{ source: 0 }, { source: 1 }])
    expect(strategy.seen).toContain('21')
    await system.stop()
  })

  it.each([1_000, 5_000, 30_000])(
    'move within two heartbeats of %i ms when a line goes silent, whenever that is',
    async (healthIntervalMs) => {
      class Line extends EchoConnector {
        isSilent = false
        protected override async connect(): Promise<void> {
          if (this.isSilent) throw new Error('no route to host')
        }
        protected override async probe(): Promise<void> {
          if (this.isSilent) await new Promise(() => undefined)
        }
      }
      for (const share of [0, 0.01, 0.3, 0.5, 0.99]) {
        const strategy = new Recorder()
        const [a, b] = [new Line({ healthIntervalMs }), new Line({ healthIntervalMs })]
        const feeds = [{ connectors: ['a', 'b'], mode: 'failover' as const }]
        const { system, time } = await startEcho(
          { connectors: { a, b }, routing: { feeds }, strategies: [strategy] },
          { venue: a },
        )
        await time.advanceMsAsync(healthIntervalMs * (3 + share))
        a.isSilent = true
        const silentUs = time.wallUs()
        let switchedUs = Number.NaN
        system.events.on('routing', ({ kind }) => {
          if (kind === 'feed' && Number.isNaN(switchedUs)) switchedUs = time.wallUs()
        })
        strategy.seen.length = 0
        await time.advanceMsAsync(2 * healthIntervalMs)
        expect((switchedUs - silentUs) / 1_000).toBeLessThanOrEqual(2 * healthIntervalMs)
        b.quote(7, 100.01)
        expect(strategy.seen).toEqual(['! failover b', '7'])
        await system.stop()
      }
    },
  )

  it('of lines that carry the same numbers are taken once', async () => {
    const strategy = new Recorder()
    const { system, a, b } = await startTwo(
      { ...calm, feeds: [{ symbols: ['IBM'], connectors: ['a', 'b'], mode: 'arbitrate', identity: 'sequence' }] },
      [strategy],
    )
    expect([a.subscriptions.length, b.subscriptions.length]).toEqual([1, 1])
    await system.stop()
  })
})

it.each([
  [{ routes: [{ connectors: ['c'] }] }, '"c"'],
  [{ routes: [{ connectors: [] }] }, 'routing.routes.0.connectors'],
  [{ feeds: [{ connectors: ['c'], mode: 'failover' }] }, '"c"'],
  [{ feeds: [{ connectors: ['a'], mode: 'both' }] }, 'routing.feeds.0.mode'],
  [{ strategy: 'fastest' }, 'routing.strategy'],
  [{ health: { latencyWeight: 0.9 } }, 'add up to'],
  [{ failback: 1 }, 'routing.failback'],
])('refuses routing %j', async (routing, named) => {
  await expect(startTwo(routing as unknown as RoutingConfig)).rejects.toThrow(named)
})

describe('accounts', () => {
  const accounts = { a: 'U1', b: 'X9' }

  it('of orders that name none are those of the connector that they take', async () => {
    const { system, a, b, time } = await startTwo(calm, [], { accounts })
    const first = system.orders.submit(buy())
    a.reports.accepted(first.number, 1, time.wallUs())
    a.venue.orders = [{ ...a.report(first.number), account: 'U1' }]
    a.drop()
    const second = system.orders.submit(buy({ quantity: 90 }))
    const named = system.orders.submit(buy({ quantity: 80, account: 'Z' }))
    expect([first.snapshot.account, second.snapshot.account, named.snapshot.account]).toEqual(['U1', 'X9', 'Z'])
    expect(b.sent).toHaveLength(2)
    await system.stop()
  })

  it('keep the books of connectors apart: each is compared with its own venue', async () => {
    const { system, a, b, time } = await startTwo({ ...calm, strategy: 'round-robin' }, [], { accounts })
    const alerts: string[] = []
    system.orders.events.on('anomaly', ({ kind }) => alerts.push(kind))
    for (const [connector, account, units] of [
      [a, 'U1', 100],
      [b, 'X9', 100],
    ] as const) {
      const { number } = system.orders.submit(buy())
      connector.reports.accepted(number, number, time.wallUs())
      connector.reports.filled(number, 1, units, 1_000_000, Number.NaN, '', 0, time.wallUs())
      connector.venue.orders = [{ ...connector.report(number), account, cumulativeUnits: units, state: 'filled' }]
      connector.venue.fills = [
        {
          exec: 1,
          venueOrderId: number,
          clientOrderId: connector.report(number).clientOrderId as string,
          instrument: 0,
          account,
          side: 'buy',
          quantityUnits: units,
          priceUnits: 1_000_000,
          liquidity: 0,
          tsUs: time.wallUs(),
        },
      ]
      connector.venue.account = { positions: [{ account, instrument: 0, quantityUnits: units }] }
    }
    for (const connector of [a, b]) connector.drop()
    await time.advanceMsAsync(20_000)
    expect([a.isReady, b.isReady]).toEqual([true, true])
    expect(alerts).toEqual([])
    await system.stop()
  })

  it('name connectors that there are', async () => {
    await expect(startTwo(calm, [], { accounts: { c: 'U1' } })).rejects.toThrow(/accounts\.c/)
  })
})

describe('a pool of gateways', () => {
  const symbols = ['A', 'B', 'C', 'D', 'E', 'F']
  const definitions = symbols.map((symbol) => ({ ...testShare, id: `${symbol}.XNYS`, symbol }))

  async function startPool(count: number) {
    const members = Array.from(
      { length: count },
      () => new EchoConnector({ reconnect: { firstDelayMs: 60_000, maxDelayMs: 60_000 } }),
    )
    const names = members.map((_, index) => `g${index}`)
    const seen: string[] = []
    class Reader extends Strategy {
      override readonly symbols = symbols
      override onQuote(quote: QuoteView): void {
        seen.push(`${quote.symbol} ${quote.bid}`)
      }
      override onDiscontinuity({ reason, instrument, source }: Discontinuity): void {
        seen.push(`! ${instrument} ${reason} ${source}`)
      }
    }
    const started = await startEcho(
      {
        connectors: Object.fromEntries(members.map((member, index) => [names[index], member])),
        instruments: definitions,
        routing: { ...calm, feeds: [{ connectors: names, mode: 'failover', balance: true, symbols }] },
        strategies: [new Reader()],
        limits: { connectors: 40 },
      },
      { venue: members[0] as EchoConnector },
    )
    // The first gateway that was ready took everything; the others take over what is theirs.
    await started.time.advanceMsAsync(3_000)
    for (const member of members) for (const symbol of symbols) member.quote(99.99, 100.01, symbol)
    seen.length = 0
    const load = () => members.map((member) => member.subscriptions.filter(({ kind }) => kind === 'quotes').length)
    return { ...started, members, seen, load }
  }

  it('shares the subscriptions out', async () => {
    for (const count of [2, 3, 32]) {
      const { system, load } = await startPool(count)
      const loads = load()
      expect(loads.reduce((sum, each) => sum + each)).toBe(symbols.length)
      expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(count > symbols.length ? 1 : 0)
      await system.stop()
    }
  })

  it('moves those of a lost gateway to the others, spread and marked', async () => {
    const { system, members, load, seen, time } = await startPool(3)
    const [lost] = members
    const moved = (lost as EchoConnector).subscriptions.map(({ instrument }) => system.instruments.at(instrument).id)
    lost?.drop()
    await time.advanceMsAsync(1_000)
    expect(load()).toEqual([0, 3, 3])
    for (const member of members.slice(1)) for (const symbol of symbols) member.quote(99.99, 100.01, symbol)
    expect(seen.filter((line) => line.startsWith('!')).map((line) => line.split(' ').slice(1, 3))).toEqual(
      moved.map((id) => [id, 'failover']),
    )
    await system.stop()
  })

  it('is of at most 32, for failover', async () => {
    const start = (feed: object) => startTwo({ feeds: [feed] } as never)
    await expect(start({ connectors: Array.from({ length: 33 }, () => 'a'), mode: 'failover' })).rejects.toThrow(/32/)
    await expect(start({ connectors: ['a', 'b'], mode: 'consolidate', balance: true })).rejects.toThrow(
      /balance is for mode failover/,
    )
  })
})
