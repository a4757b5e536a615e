/** Connectors that come and go while a system runs. */
import { describe, expect, it } from 'vitest'
import { EchoConnector, ibm } from '../../test/support/echo-connector.js'
import { buy, startEcho } from '../../test/support/echo-system.js'
import { runs } from '../../test/support/runs.js'
import { VirtualTime } from '../core/virtual-time.js'
import { ExchangeManager } from '../manager/exchange-manager.js'
import type { Discontinuity } from '../model/market-data.js'
import type { RoutingConfig } from './routing-config.js'
import { Strategy } from './strategy.js'
import { TradingSystem, type TradingSystemOptions } from './trading-system.js'
import type { QuoteView } from './views.js'

const calm = { failbackAfterMs: 1_000, minDwellMs: 100, checkIntervalMs: 50 } satisfies RoutingConfig

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

async function startOne(options: TradingSystemOptions = {}) {
  const a = new EchoConnector()
  const started = await startEcho({ connectors: { a }, routing: calm, ...options }, { venue: a })
  return { ...started, a }
}

describe('a connector that is added to a running system', () => {
  it('is reconciled before it takes orders, and takes part in routes', async () => {
    const { system, time, a } = await startOne({ routing: { ...calm, strategy: 'round-robin' } })
    const b = new EchoConnector()
    const states: string[] = []
    system.events.on('connection', ({ connector, to }) => states.push(`${connector} ${to}`))
    const adding = system.addConnector('b', b)
    const early = system.orders.submit(buy({ connector: 'b' }))
    expect([early.status, early.reason]).toEqual(['DENIED', 'NOT_TRADABLE'])
    await time.runUntil(adding)
    expect(states).toEqual(['b connecting', 'b reconciling', 'b ready'])
    expect(system.reconciliations.has('b')).toBe(true)
    expect([...system.connectors.keys()]).toEqual(['a', 'b'])
    for (const quantity of [1, 2, 3, 4]) system.orders.submit(buy({ quantity }))
    expect([a.sent.length, b.sent.length]).toEqual([2, 2])
    await system.stop()
    expect(b.state).toBe('stopped')
  })

  it('leaves the choices of routes as they stand', async () => {
    const { system, time, a } = await startOne()
    const [b, c] = [new EchoConnector(), new EchoConnector()]
    await time.runUntil(system.addConnector('b', b))
    a.drop()
    expect(system.routes[0]).toMatchObject({ current: 'b' })
    const { epoch } = system.routes[0] as { epoch: number }
    await time.runUntil(system.addConnector('c', c))
    expect(system.routes[0]).toMatchObject({ connectors: ['a', 'b', 'c'], current: 'b', epoch })
    await system.stop()
  })

  it('brings what its feeds are subscribed to, where the configuration names it for later', async () => {
    const strategy = new Recorder()
    const feeds = [{ connectors: ['a', 'b'], mode: 'failover' as const }]
    const { system, time, a } = await startOne({ routing: { ...calm, later: ['b'], feeds }, strategies: [strategy] })
    const b = new EchoConnector()
    await time.runUntil(system.addConnector('b', b))
    expect(b.streams).toMatchObject([{ subscription: { kind: 'quotes', instrument: 0 }, users: 1 }])
    strategy.seen.length = 0
    b.quote(1, 100.01)
    a.drop()
    b.quote(2, 100.01)
    expect(strategy.seen).toEqual(['! failover b', '2'])
    await system.stop()
  })

  it('that cannot start leaves nothing behind', async () => {
    const { system, time } = await startOne()
    class Refused extends EchoConnector {
      protected override connect(): Promise<void> {
        return Promise.reject(new Error('no such user'))
      }
    }
    const b = new Refused({ reconnect: { maxAttempts: 2 } })
    const before = time.pendingTimers
    await expect(time.runUntil(system.addConnector('b', b))).rejects.toThrow(/no such user/)
    expect([...system.connectors.keys()]).toEqual(['a'])
    expect(system.routes[0]).toMatchObject({ connectors: ['a'] })
    expect(time.pendingTimers).toBeLessThanOrEqual(before + 1)
    await time.runUntil(system.addConnector('b', new EchoConnector()))
    expect(system.connectors.get('b')?.isReady).toBe(true)
    await system.stop()
  })

  it('can be given up with a signal', async () => {
    const { system, time } = await startOne()
    class Slow extends EchoConnector {
      protected override connect(): Promise<void> {
        return new Promise(() => undefined)
      }
    }
    const controller = new AbortController()
    const adding = system.addConnector('b', new Slow(), { signal: controller.signal })
    controller.abort()
    await expect(time.runUntil(adding)).rejects.toThrow('TW_ABORTED')
    expect([...system.connectors.keys()]).toEqual(['a'])
    await system.stop()
  })

  it.each([
    ['a name that is taken', 'a', new EchoConnector(), 'TW_DUPLICATE'],
    ['no name', '', new EchoConnector(), 'TW_INVALID_CONFIG'],
    ['a name that is no text', 5, new EchoConnector(), 'TW_INVALID_CONFIG'],
    ['a class', 'b', EchoConnector, /new EchoConnector\(\)/],
    ['what is no connector', 'b', {}, /connectors\.b must be a BaseConnector/],
  ])('is refused with %s', async (_, name, connector, problem) => {
    const { system } = await startOne()
    await expect(system.addConnector(name as string, connector as EchoConnector)).rejects.toThrow(problem)
    expect([...system.connectors.keys()]).toEqual(['a'])
    await system.stop()
  })

  it('is refused where its orders are live and the system is not, and beyond the room there is', async () => {
    class Live extends EchoConnector {
      override readonly capabilities = {
        data: [],
        orders: { ...(new EchoConnector().capabilities.orders as object), environment: 'live' },
      } as never
    }
    const { system } = await startOne({ limits: { connectors: 1 } })
    await expect(system.addConnector('b', new Live())).rejects.toThrow('TW_LIVE_REFUSED')
    await expect(system.addConnector('b', new EchoConnector())).rejects.toThrow('TW_CAPACITY')
    await system.stop()
    await expect(system.addConnector('b', new EchoConnector())).rejects.toThrow('TW_INVALID_STATE')
  })

  it('may come before the start, which connects it with the others', async () => {
    const time = new VirtualTime()
    const system = await TradingSystem.create({ mode: 'simulation', time, connectors: { a: new EchoConnector() } })
    await system.addConnector('b', new EchoConnector())
    await time.runUntil(system.start())
    expect(system.connectors.get('b')?.isReady).toBe(true)
    await system.stop()
  })
})

describe('a connector that is removed', () => {
  async function startTwo(options: TradingSystemOptions = {}) {
    const started = await startOne(options)
    const b = new EchoConnector()
    await started.time.runUntil(started.system.addConnector('b', b))
    return { ...started, b }
  }

  it('is refused while orders are open there or their fate is unknown, and goes then', async () => {
    const { system, time, a, b } = await startTwo()
    const order = system.orders.submit(buy({ clientOrderId: 'mine' }))
    await expect(system.removeConnector('a')).rejects.toThrow(/mine SUBMITTED.*resolveUnknown/)
    a.drop()
    await expect(system.removeConnector('a')).rejects.toThrow(/mine UNKNOWN/)
    await time.advanceMsAsync(2_000)
    a.reports.rejected(order.number, 'no such instrument', time.wallUs())
    expect(order.status).toBe('REJECTED')
    await time.runUntil(system.removeConnector('a'))
    expect(a.state).toBe('stopped')
    expect([...system.connectors.keys()]).toEqual(['b'])
    b.quote(99.99, 100.01)
    expect(system.orders.submit(buy()).status).toBe('SUBMITTED')
    expect(b.sent).toHaveLength(1)
    expect(system.orders.submit(buy({ connector: 'a' })).reason).toBe('NOT_TRADABLE')
    expect(() => system.orders.via('a')).toThrow('TW_INVALID_ARGUMENT')
    await expect(system.removeConnector('a')).rejects.toThrow('TW_INVALID_ARGUMENT')
    await system.stop()
  })

  it('takes no order from the moment it is asked to go, while its streams still move', async () => {
    const { system, time, b } = await startTwo({ strategies: [new Recorder()] })
    const removing = system.removeConnector('a')
    await Promise.resolve()
    expect(system.orders.submit(buy({ connector: 'a' })).reason).toBe('NOT_TRADABLE')
    b.quote(99.99, 100.01)
    expect(system.orders.submit(buy()).status).toBe('SUBMITTED')
    expect(b.sent).toHaveLength(1)
    await expect(system.removeConnector('a')).rejects.toThrow('TW_INVALID_ARGUMENT')
    await time.runUntil(removing)
    await system.stop()
  })

  it('hands its streams to another one, marked, and to nobody where nobody has them', async () => {
    const strategy = new Recorder()
    const { system, time, a, b } = await startTwo({ strategies: [strategy] })
    a.quote(1, 100.01)
    strategy.seen.length = 0
    await time.runUntil(system.removeConnector('a'))
    expect(b.streams).toMatchObject([{ subscription: { kind: 'quotes' }, users: 1 }])
    b.quote(2, 100.01)
    expect(strategy.seen).toEqual(['! failover b', '2'])
    await time.runUntil(system.removeConnector('b'))
    await time.advanceMsAsync(10)
    expect(strategy.seen.slice(2)).toEqual(['! lost b'])
    expect(system.problems.latest.at(-1)?.where).toContain('quotes of IBM.XNYS at b')
    await system.stop()
  })

  it('leaves feeds with their other sources', async () => {
    for (const feed of [
      { mode: 'failover' },
      { mode: 'failover', standby: 'cold' },
      { mode: 'consolidate' },
    ] as const) {
      const strategy = new Recorder()
      const feeds = [{ ...feed, connectors: ['a', 'b'] }]
      const { system, time, a, b } = await startTwo({
        routing: { ...calm, later: ['b'], feeds },
        strategies: [strategy],
      })
      a.quote(1, 100.01)
      await time.runUntil(system.removeConnector('a'))
      expect(b.streams).toMatchObject([{ subscription: { kind: 'quotes' }, users: 1 }])
      strategy.seen.length = 0
      b.quote(2, 100.01)
      expect(strategy.seen.at(-1)).toBe('2')
      // Another one to the same venue takes the place.
      const again = new EchoConnector()
      await time.runUntil(system.addConnector('a', again))
      expect(again.source).toBe(a.source)
      await time.advanceMsAsync(10_000)
      again.quote(3, 100.01)
      expect(strategy.seen.at(-1)).toBe('3')
      await system.stop()
    }
  })

  it('is bound by the order of an algorithm that names it', async () => {
    const { system, time, a, b } = await startTwo()
    const parent = system.orders.submit({
      symbol: 'IBM',
      side: 'buy',
      quantity: 100,
      type: 'STOP',
      triggerPrice: '101',
      connector: 'a',
      algo: { type: 'emulate' },
    })
    await expect(system.removeConnector('a')).rejects.toThrow(/an algorithm's order/)
    parent.cancel()
    await time.advanceMsAsync(100)
    await time.runUntil(system.removeConnector('a'))
    expect([a.state, b.isReady]).toEqual(['stopped', true])
    await system.stop()
  })

  it('is one of paper trading that brings data, and never its venue', async () => {
    const time = new VirtualTime()
    const connectors = { a: new EchoConnector(), b: new EchoConnector() }
    const system = await time.runUntil(TradingSystem.start({ mode: 'paper', paper: true, time, connectors }))
    await expect(system.removeConnector('paper')).rejects.toThrow('TW_INVALID_STATE')
    await time.runUntil(system.removeConnector('a'))
    await time.runUntil(system.addConnector('c', new EchoConnector()))
    expect([...system.connectors.keys()]).toEqual(['b', 'paper', 'c'])
    expect(system.connectors.get('c')?.orderCapabilities).toBeUndefined()
    await system.stop()
  })

  it('comes and goes again and again without a timer, listener or name more', async () => {
    const cycles = runs({ ci: 100, full: 1_000 })
    const strategy = new Recorder()
    const feeds = [{ connectors: ['a', 'b'], mode: 'failover' as const }]
    const { system, time, a } = await startOne({
      routing: { ...calm, later: ['b'], feeds },
      strategies: [strategy],
      risk: { duplicates: false, throttle: false },
    })
    const turn = async () => {
      const b = new EchoConnector({ healthIntervalMs: 1_000 })
      await time.runUntil(system.addConnector('b', b))
      system.orders.submit(buy({ connector: 'b', quantity: 1 }))
      await expect(system.removeConnector('b')).rejects.toThrow('TW_INVALID_STATE')
      b.reports.canceled(b.sent[0]?.kind === 'new' ? b.sent[0].number : 0, 0, '', time.wallUs())
      await time.runUntil(system.removeConnector('b'))
      a.quote(99.99, 100.01)
      return b
    }
    await turn()
    const before = { timers: time.pendingTimers, listeners: a.events.listenerCount('state'), memory: memory() }
    for (let i = 0; i < cycles; i++) {
      const b = await turn()
      expect(b.events.listenerCount('state') + b.events.listenerCount('stream')).toBe(0)
    }
    expect({ timers: time.pendingTimers, listeners: a.events.listenerCount('state'), memory: memory() }).toEqual(before)
    expect([...system.connectors.keys()]).toEqual(['a'])
    expect(system.orders.openOrders()).toEqual([])
    await system.stop()
    expect(time.pendingTimers).toBe(0)

    function memory() {
      return system.exportState().names.connectors
    }
  })
})

describe('a manager', () => {
  it('takes connectors in and lets them go, named after their class unless told', async () => {
    const time = new VirtualTime()
    const manager = new ExchangeManager({ mode: 'simulation', time, onClose: 'leave' })
    manager.addConnector(new EchoConnector()).addConnector(new EchoConnector(), 'gone')
    await manager.removeConnector('gone')
    await expect(manager.removeConnector('gone')).rejects.toThrow('TW_INVALID_ARGUMENT')
    await time.runUntil(manager.startAll())
    expect(() => manager.addConnector(new EchoConnector())).toThrow(/startConnector/)
    expect(await time.runUntil(manager.startConnector(new EchoConnector()))).toBe('echo-2')
    expect(await time.runUntil(manager.startConnector(new EchoConnector(), 'third'))).toBe('third')
    expect(Object.keys(manager.getStats().connectors)).toEqual(['echo', 'echo-2', 'third'])
    await time.runUntil(manager.removeConnector('echo'))
    expect(Object.keys(manager.getStats().connectors)).toEqual(['echo-2', 'third'])
    expect(manager.system.instruments.get(ibm.symbol).symbol).toBe('IBM')
    await manager.stopAll()
  })

  it('refuses what is no connector by name', () => {
    const manager = new ExchangeManager()
    expect(() => manager.addConnector(EchoConnector as never)).toThrow(/new EchoConnector\(\)/)
    expect(() => manager.addConnector(undefined as never)).toThrow('TW_INVALID_CONFIG')
  })
})
