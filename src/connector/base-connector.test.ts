import { describe, expect, it } from 'vitest'
import { TradewireError } from '../core/errors.js'
import { silentLogger } from '../core/logger.js'
import { SeededRandom } from '../core/random.js'
import { VirtualTime } from '../core/virtual-time.js'
import type { InstrumentDefinition } from '../model/instrument.js'
import { InstrumentRegistry } from '../model/instrument-registry.js'
import type { ApprovedOrder } from '../orders/approved-order.js'
import { TifCode, TypeCode } from '../orders/codes.js'
import { BaseConnector, type ConnectorOptions } from './base-connector.js'
import type { ConnectorCapabilities } from './capabilities.js'
import type { ConnectorHost } from './connector-host.js'
import type { Subscription } from './subscriptions.js'

const never = new Promise<never>(() => {})

const trading: ConnectorCapabilities = {
  data: ['quotes', 'trades'],
  orders: {
    environment: 'simulated',
    types: ['LIMIT'],
    timeInForce: ['DAY'],
    postOnly: false,
    reduceOnly: false,
    iceberg: false,
    replace: false,
    cancelOnDisconnect: 'none',
    fullHistory: false,
  },
}

/** A connector whose every step is decided by the test. */
class Scripted extends BaseConnector {
  capabilities: ConnectorCapabilities = { data: ['quotes', 'trades'] }
  readonly calls: string[] = []
  onConnect: (attempt: number, signal: AbortSignal) => Promise<void> = async () => {}
  onProbe: () => Promise<void> = async () => {}
  onSubscribe: (subscription: Subscription) => Promise<void> = async () => {}
  onDisconnect: () => Promise<void> = async () => {}
  #attempts = 0

  lose(reason: string): void {
    this.connectionLost(reason)
  }

  protected connect(signal: AbortSignal): Promise<void> {
    this.calls.push('connect')
    return this.onConnect(++this.#attempts, signal)
  }
  protected disconnect(): Promise<void> {
    this.calls.push('disconnect')
    return this.onDisconnect()
  }
  protected probe(): Promise<void> {
    this.calls.push('probe')
    return this.onProbe()
  }
  protected async loadInstruments(): Promise<InstrumentDefinition[]> {
    return []
  }
  protected subscribe(subscription: Subscription): Promise<void> {
    this.calls.push(`subscribe ${subscription.kind}`)
    return this.onSubscribe(subscription)
  }
  protected async unsubscribe({ kind }: Subscription): Promise<void> {
    this.calls.push(`unsubscribe ${kind}`)
  }
  protected sendNew(): void {}
  protected sendReplace(): void {}
  protected sendCancel(): void {}
  protected fetchOrders = async () => []
  protected fetchFills = async () => []
  protected fetchAccountState = async () => ({})
}

function setUp(options: ConnectorOptions = {}) {
  const time = new VirtualTime()
  const connector = new Scripted({ reconnect: { firstDelayMs: 100, maxDelayMs: 1_000 }, ...options })
  const disconnected: string[] = []
  const state = { reconcile: async (): Promise<void> => {} }
  const host: ConnectorHost = {
    time,
    random: new SeededRandom(1),
    seed: 1,
    logger: silentLogger,
    instruments: new InstrumentRegistry(),
    market: undefined as never,
    reports: undefined as never,
    isApproved: () => true,
    wake: () => {},
    drain: () => {},
    reconcile: () => state.reconcile(),
    disconnected: (_, reason) => disconnected.push(reason),
  }
  connector.attach(host, 'test', 0)
  const states: string[] = []
  connector.events.on('state', ({ to }) => states.push(to))
  return { time, connector, states, disconnected, state }
}

const order = {
  type: TypeCode.LIMIT,
  timeInForce: TifCode.DAY,
  postOnly: false,
  displayUnits: Number.NaN,
  flags: 0,
  consume: () => {},
} as unknown as ApprovedOrder

describe('BaseConnector', () => {
  it('connects, gets ready, and leaves nothing behind when it is stopped', async () => {
    const { time, connector, states, disconnected } = setUp()
    await time.runUntil(connector.start())
    expect(connector.isReady).toBe(true)
    expect(connector.epoch).toBe(1)
    await connector[Symbol.asyncDispose]()
    expect(states).toEqual(['connecting', 'reconciling', 'ready', 'stopping', 'stopped'])
    expect(connector.calls).toEqual(['connect', 'disconnect'])
    expect(disconnected).toEqual(['stopped'])
    expect(time.pendingTimers).toBe(0)
    expect(connector.events.totalListeners()).toBe(0)
  })

  it('tries again with growing delays, and hangs up what was half open before each attempt', async () => {
    const { time, connector } = setUp()
    connector.onConnect = async (attempt) => {
      if (attempt < 5) throw new TradewireError('TW_NETWORK', 'refused')
    }
    await time.runUntil(connector.start())
    expect(connector.calls.filter((call) => call === 'connect')).toHaveLength(5)
    expect(connector.calls.filter((call) => call === 'disconnect')).toHaveLength(4)
    expect(connector.statistics.errors).toBe(4)
    expect(time.monotonicNs()).toBeGreaterThan(0)
    await connector.stop()
    expect(time.pendingTimers).toBe(0)
  })

  it('fails for good when the attempts are used up, and can be started anew', async () => {
    const { time, connector, states } = setUp({ reconnect: { firstDelayMs: 10, maxDelayMs: 10, maxAttempts: 2 } })
    connector.onConnect = async (attempt) => {
      if (attempt < 3) throw new TradewireError('TW_NETWORK', 'refused')
    }
    await expect(time.runUntil(connector.start())).rejects.toThrow('refused')
    expect(states.at(-1)).toBe('failed')
    await time.runUntil(connector.start())
    expect(connector.isReady).toBe(true)
    await connector.stop()
  })

  it('bounds an attempt that hangs', async () => {
    const { time, connector } = setUp({ connectTimeoutMs: 500 })
    connector.onConnect = (attempt) => (attempt === 1 ? never : Promise.resolve())
    await time.runUntil(connector.start())
    expect(connector.calls).toEqual(['connect', 'disconnect', 'connect'])
    expect(time.monotonicNs()).toBeGreaterThanOrEqual(500_000_000)
    await connector.stop()
  })

  it('is not ready from the very call that reports a loss', async () => {
    const { time, connector, disconnected } = setUp()
    await time.runUntil(connector.start())
    connector.lose('cable')
    expect(connector.state).toBe('waiting')
    expect(disconnected).toEqual(['cable'])
    expect(() => connector.submit(order)).toThrow('TW_NOT_READY')
    connector.lose('again')
    expect(disconnected).toEqual(['cable'])
    await connector.stop()
  })

  it('is not ready while a slow hang-up lasts', async () => {
    const { time, connector } = setUp()
    await time.runUntil(connector.start())
    connector.onDisconnect = () => never
    connector.lose('cable')
    await time.advanceMsAsync(5_000)
    expect(connector.isReady).toBe(false)
    expect(() => connector.submit(order)).toThrow('TW_NOT_READY')
    const stopped = connector.stop()
    await time.advanceMsAsync(10_000)
    await stopped
    expect(connector.state).toBe('stopped')
  })

  it('reconnects with a delay, so that flapping is no busy loop', async () => {
    const { time, connector } = setUp()
    await time.runUntil(connector.start())
    connector.onConnect = async () => {
      time.nextTurn(() => connector.lose('flap'))
    }
    connector.lose('first')
    await time.advanceMsAsync(10_000)
    const { connects } = connector.statistics
    expect(connects).toBeGreaterThan(5)
    expect(connects).toBeLessThan(80)
    connector.onConnect = async () => {}
    await time.advanceMsAsync(2_000)
    expect(connector.isReady).toBe(true)
    await connector.stop()
    expect(time.pendingTimers).toBe(0)
  })

  it('does not spin when reconciling fails at once', async () => {
    const { time, connector, state } = setUp()
    connector.capabilities = trading
    state.reconcile = () => Promise.reject(new TradewireError('TW_TIMEOUT', 'no answer'))
    const started = connector.start()
    started.catch(() => {})
    await time.advanceMsAsync(5_000)
    expect(connector.statistics.connects).toBeLessThan(60)
    state.reconcile = async () => {}
    await time.runUntil(started)
    expect(connector.isReady).toBe(true)
    await connector.stop()
  })

  it('takes a loss between the answer and the start of the connection for a failed attempt', async () => {
    const { time, connector } = setUp()
    connector.onConnect = async (attempt) => {
      if (attempt === 1) connector.lose('closed at once')
    }
    await time.runUntil(connector.start())
    expect(connector.calls.filter((call) => call === 'connect')).toHaveLength(2)
    await connector.stop()
  })

  it('ends a start that is stopped while connecting, waiting or reconciling', async () => {
    for (const phase of ['connecting', 'waiting', 'reconciling'] as const) {
      const { time, connector, state } = setUp()
      if (phase === 'connecting') connector.onConnect = () => never
      if (phase === 'waiting') connector.onConnect = () => Promise.reject(new TradewireError('TW_NETWORK', 'refused'))
      if (phase === 'reconciling') {
        connector.capabilities = trading
        state.reconcile = () => never
      }
      const started = connector.start()
      const outcome = started.then(
        () => 'ready',
        (error: TradewireError) => error.code,
      )
      await time.advanceMsAsync(1)
      expect(connector.state).toBe(phase)
      await connector.stop()
      expect(await outcome).toBe('TW_ABORTED')
      expect(connector.state).toBe('stopped')
      expect(time.pendingTimers).toBe(0)
      if (phase !== 'waiting') expect(connector.calls.at(-1)).toBe('disconnect')
    }
  })

  it('ends a start whose signal fires', async () => {
    const { time, connector } = setUp()
    connector.onConnect = () => never
    const controller = new AbortController()
    const started = connector.start({ signal: controller.signal })
    controller.abort()
    await expect(started).rejects.toThrow('TW_ABORTED')
    expect(connector.state).toBe('stopped')
    expect(time.pendingTimers).toBe(0)
  })

  it('refuses a second start, and to belong to two systems', async () => {
    const { time, connector } = setUp()
    await time.runUntil(connector.start())
    await expect(connector.start()).rejects.toThrow('TW_INVALID_STATE')
    expect(() => connector.attach({} as ConnectorHost, 'other', 1)).toThrow('TW_INVALID_STATE')
    await connector.stop()
  })

  it('drops a connection whose health check fails or hangs', async () => {
    const { time, connector, disconnected } = setUp({ healthIntervalMs: 1_000, queryTimeoutMs: 300 })
    await time.runUntil(connector.start())
    connector.onProbe = () => never
    await time.advanceMsAsync(1_250)
    expect(connector.isReady).toBe(true)
    await time.advanceMsAsync(100)
    expect(disconnected).toHaveLength(1)
    expect(disconnected[0]).toContain('health check failed')
    connector.onProbe = async () => {}
    await time.advanceMsAsync(3_000)
    expect(connector.isReady).toBe(true)
    await connector.stop()
    expect(time.pendingTimers).toBe(0)
  })

  it('does not end a new connection for a probe of the old one', async () => {
    const { time, connector, disconnected } = setUp({ healthIntervalMs: 1_000, queryTimeoutMs: 5_000 })
    let fail: (error: Error) => void = () => {}
    connector.onProbe = () => new Promise((_, reject) => (fail = reject))
    await time.runUntil(connector.start())
    await time.advanceMsAsync(1_001)
    connector.lose('cable')
    connector.onProbe = async () => {}
    await time.advanceMsAsync(500)
    expect(connector.isReady).toBe(true)
    fail(new Error('late'))
    await time.advanceMsAsync(10)
    expect(connector.isReady).toBe(true)
    expect(disconnected).toEqual(['cable'])
    await connector.stop()
  })

  it('asks for its streams over every connection, each once', async () => {
    const { time, connector } = setUp()
    const quotes: Subscription = { kind: 'quotes', instrument: 0 }
    await connector.subscribeTo(quotes)
    await connector.subscribeTo(quotes)
    expect(connector.calls).toEqual([])
    await time.runUntil(connector.start())
    await connector.subscribeTo({ kind: 'trades', instrument: 0 })
    connector.lose('cable')
    await time.advanceMsAsync(500)
    expect(connector.calls.filter((call) => call.startsWith('subscribe'))).toEqual([
      'subscribe quotes',
      'subscribe trades',
      'subscribe quotes',
      'subscribe trades',
    ])
    await connector.unsubscribeFrom(quotes)
    expect(connector.calls.at(-1)).toBe('subscribe trades')
    await connector.unsubscribeFrom(quotes)
    expect(connector.calls.at(-1)).toBe('unsubscribe quotes')
    await expect(connector.subscribeTo({ kind: 'news', instrument: 0 })).rejects.toThrow('TW_NOT_SUPPORTED')
    await connector.stop()
  })

  it('becomes ready although the venue refuses a stream, and forgets one that it refused to begin with', async () => {
    const { time, connector } = setUp()
    connector.onSubscribe = () => Promise.reject(new Error('no such symbol'))
    await connector.subscribeTo({ kind: 'quotes', instrument: 0 })
    await time.runUntil(connector.start())
    expect(connector.isReady).toBe(true)
    expect(connector.statistics.errors).toBe(1)
    await expect(connector.subscribeTo({ kind: 'trades', instrument: 0 })).rejects.toThrow('no such symbol')
    expect(connector.subscriptions).toEqual([{ kind: 'quotes', instrument: 0 }])
    await connector.stop()
  })

  it('answers queries only while it is connected, within the time-out', async () => {
    const { time, connector } = setUp({ queryTimeoutMs: 200 })
    await expect(connector.queryOrders()).rejects.toThrow('TW_NOT_CONNECTED')
    await time.runUntil(connector.start())
    expect(await connector.queryOrders()).toEqual([])
    Object.assign(connector, { fetchOrders: () => never })
    await expect(time.runUntil(connector.queryOrders())).rejects.toThrow('TW_TIMEOUT')
    await connector.stop()
    expect(connector.statistics.report()).toMatchObject({ queries: 2, connects: 1, disconnects: 1 })
  })

  it('never says that nothing was sent once the subclass had the order', async () => {
    const { time, connector } = setUp()
    connector.capabilities = trading
    await time.runUntil(connector.start())
    Object.assign(connector, {
      sendNew: () => {
        throw new TradewireError('TW_NOT_CONNECTED', 'half of it was written')
      },
    })
    expect(() => connector.submit(order)).toThrow('TW_NETWORK')
    await connector.stop()
  })
})
