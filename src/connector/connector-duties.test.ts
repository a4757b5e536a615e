/** What the base class does beside the life of the connection: streams, gaps, limits, health, history. */
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../core/logger.js'
import { SeededRandom } from '../core/random.js'
import { VirtualTime } from '../core/virtual-time.js'
import type { InstrumentDefinition } from '../model/instrument.js'
import { InstrumentRegistry } from '../model/instrument-registry.js'
import type { MarketEvent } from '../model/market-data.js'
import type { CancelRequest } from '../orders/approved-order.js'
import { IngestRing } from '../ring/ingest-ring.js'
import { testShare } from '../testing/builders.js'
import { RecordingReports } from '../testing/recording-reports.js'
import { BaseConnector, type ConnectorOptions } from './base-connector.js'
import type { ConnectorCapabilities } from './capabilities.js'
import type { ConnectorHost } from './connector-host.js'
import type { HistoryRequest } from './history.js'
import type { SequenceTracker } from './sequence-tracker.js'
import { ratesBetween } from './statistics.js'
import type { Subscription } from './subscriptions.js'

const quotes: Subscription = { kind: 'quotes', instrument: 0 }
const trades: Subscription = { kind: 'trades', instrument: 0 }

class Dutiful extends BaseConnector {
  capabilities: ConnectorCapabilities = { data: ['quotes', 'trades', 'book', 'bars', 'status', 'news'] }
  readonly calls: string[] = []
  onSubscribe: (subscription: Subscription, signal: AbortSignal) => Promise<void> = async () => {}
  onProbe: () => Promise<void> = async () => {}

  lose(reason = 'cable'): void {
    this.connectionLost(reason)
  }
  quote(sequence = Number.NaN): void {
    this.host.market.publishQuote(0, this.source, 1, 2, 3, 4, 5, 6, sequence, 0)
    this.published(1, 5, 6)
  }
  everything(): void {
    const { market } = this.host
    this.quote()
    market.publishTrade(0, 0, 1, 1, 0, 5, 6, Number.NaN, Number.NaN, 0)
    market.beginBook(0, 0, true, 5, 6, Number.NaN, Number.NaN)
    market.addLevel(0, 1, 1)
    market.commitBook()
    market.publishBar(0, 0, 60e6, 1, 1, 1, 1, 1, 1, 1, 0, 5, 6, true)
    market.publishStatus(0, 0, 2, 5, 6)
    market.publishNote(0, 0, {}, 5, 6)
  }
  track(): SequenceTracker {
    return this.sequence('feed', { instrument: 0, stream: 'quotes' })
  }
  suspect(reason: string, isMeant?: (subscription: Subscription) => boolean): void {
    this.streamsSuspect(reason, isMeant)
  }
  page(signal: AbortSignal): Promise<string> {
    return this.paced('query', 1, signal, async () => 'page')
  }

  protected async connect(): Promise<void> {}
  protected async disconnect(): Promise<void> {}
  protected probe(): Promise<void> {
    return this.onProbe()
  }
  protected async loadInstruments(): Promise<InstrumentDefinition[]> {
    return [testShare]
  }
  protected subscribe(subscription: Subscription, signal: AbortSignal): Promise<void> {
    this.calls.push(`+${subscription.kind}`)
    return this.onSubscribe(subscription, signal)
  }
  protected async unsubscribe({ kind }: Subscription): Promise<void> {
    this.calls.push(`-${kind}`)
  }
  protected sendNew(): void {}
  protected sendReplace(): void {}
  protected sendCancel({ number }: CancelRequest): void {
    this.calls.push(`cancel ${number}`)
  }
  protected fetchOrders = async () => []
  protected fetchFills = async () => []
  protected fetchAccountState = async () => ({})
}

class Historic extends Dutiful {
  override capabilities: ConnectorCapabilities = { data: [], history: ['trades'] }
  protected override async fetchHistory(request: HistoryRequest): Promise<MarketEvent[]> {
    this.calls.push(`history ${request.fromUs}`)
    return []
  }
}

async function setUp<C extends Dutiful = Dutiful>(
  options: ConnectorOptions = {},
  make: (options: ConnectorOptions) => C = (given) => new Dutiful(given) as C,
) {
  const time = new VirtualTime()
  const connector = make({ healthIntervalMs: 0, reconnect: { firstDelayMs: 10, maxDelayMs: 10 }, ...options })
  const market = new IngestRing({ capacity: 1_024 })
  const reports = new RecordingReports()
  const host: ConnectorHost = {
    time,
    random: new SeededRandom(1),
    seed: 1,
    logger: silentLogger,
    instruments: new InstrumentRegistry(),
    market,
    reports,
    isApproved: () => true,
    wake: () => {},
    drain: () => {},
    reconcile: async () => {},
    disconnected: () => {},
  }
  const events: string[] = []
  connector.events.on('stream', ({ kind, state }) => events.push(`${kind} ${state}`))
  connector.events.on('gap', ({ stream, from, to }) => events.push(`gap ${stream} ${from}-${to}`))
  connector.events.on('health', ({ isHealthy }) => events.push(isHealthy ? 'healthy' : 'sick'))
  connector.events.on('reconnecting', ({ attempt }) => events.push(`attempt ${attempt} failed`))
  connector.attach(host, 'dutiful', 0)
  await time.runUntil(connector.start())
  return { time, connector, market, reports, events }
}

const never = () => new Promise<never>(() => {})

describe('streams', () => {
  it('are told stale when nothing comes, and live again, each by itself', async () => {
    const { time, connector, events } = await setUp({ staleAfterMs: { quotes: 400 } })
    await connector.subscribeTo(quotes)
    await connector.subscribeTo(trades)
    await time.advanceMsAsync(150)
    connector.quote()
    await time.advanceMsAsync(200)
    expect(connector.streams.map(({ state }) => state)).toEqual(['live', 'asked'])
    await time.advanceMsAsync(500)
    expect(events).toEqual(['quotes asked', 'trades asked', 'quotes live', 'quotes stale'])
    expect(connector.health).toMatchObject({ isReady: true, streams: 2, staleStreams: 1 })
    connector.quote()
    expect(connector.streams.map(({ state }) => state)).toEqual(['live', 'asked'])
    expect(connector.statistics.staleStreams).toBe(1)
    connector.lose()
    expect(connector.streams.map(({ state }) => state)).toEqual(['waiting', 'waiting'])
    await connector.stop()
    expect(time.pendingTimers).toBe(0)
  })

  it('are stale at once when the venue says that they may be dead, and live with the next event', async () => {
    const { time, connector } = await setUp({ staleAfterMs: 0 })
    const told: string[] = []
    connector.events.on('stream', ({ kind, state, reason }) => told.push(`${kind} ${state} ${reason ?? ''}`.trim()))
    await connector.subscribeTo(quotes)
    await connector.subscribeTo(trades)
    connector.quote()
    connector.suspect('a farm broke', ({ kind }) => kind === 'quotes')
    // What came before that was seen first.
    expect(told).toEqual(['quotes asked', 'trades asked', 'quotes live', 'quotes stale a farm broke'])
    await time.advanceMsAsync(10_000)
    connector.quote()
    await time.advanceMsAsync(10_000)
    expect(told.slice(4)).toEqual(['quotes live'])
    connector.suspect('all of them')
    expect(connector.streams.map(({ state }) => state)).toEqual(['stale', 'stale'])
    await connector.stop()
    expect(time.pendingTimers).toBe(0)
  })

  it('count every kind of data', async () => {
    const { connector } = await setUp({ staleAfterMs: 1_000 })
    for (const kind of ['quotes', 'trades', 'book', 'bars', 'status', 'news'] as const)
      await connector.subscribeTo({ kind, instrument: 0 })
    connector.everything()
    expect(connector.streams.map(({ state }) => state)).toEqual(Array(6).fill('live'))
    await connector.stop()
  })

  it('are shared: users who come while the venue is asked wait for the one answer', async () => {
    const { connector } = await setUp()
    let refuse: (error: Error) => void = () => {}
    connector.onSubscribe = () => new Promise((_, reject) => (refuse = reject))
    const both = [connector.subscribeTo(quotes), connector.subscribeTo(quotes)]
    refuse(new Error('no such symbol'))
    const outcomes = await Promise.allSettled(both)
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect([connector.calls, connector.subscriptions]).toEqual([['+quotes'], []])
    await connector.stop()
  })

  it('whose question has not left yet are given up without a message', async () => {
    const { time, connector } = await setUp({ pacing: { windows: [{ limit: 2, windowMs: 100 }] } })
    // The slot of the instruments is still in the window.
    const asked = connector.subscribeTo(quotes)
    asked.catch(() => {})
    await connector.unsubscribeFrom(quotes)
    await expect(asked).rejects.toThrow('TW_ABORTED')
    await time.advanceMsAsync(1_000)
    expect(connector.calls).toEqual([])
    await connector.stop()
  })

  it('that are wanted no more while the venue is asked are ended after its answer', async () => {
    const { connector } = await setUp()
    let answer = () => {}
    connector.onSubscribe = () => new Promise((resolve) => (answer = resolve))
    const asked = connector.subscribeTo(quotes)
    const ended = connector.unsubscribeFrom(quotes)
    answer()
    await asked
    await ended
    expect(connector.calls).toEqual(['+quotes', '-quotes'])
    await connector.stop()
  })

  it('are given up by the signal of their only user', async () => {
    const { connector } = await setUp()
    connector.onSubscribe = () => new Promise((resolve) => setImmediate(resolve))
    const controller = new AbortController()
    const asked = connector.subscribeTo(quotes, controller.signal)
    controller.abort()
    await expect(asked).rejects.toThrow('TW_ABORTED')
    expect(connector.subscriptions).toEqual([])
    await connector.stop()
  })

  it('are asked for side by side over a new connection, and none holds up trading', async () => {
    const { time, connector } = await setUp()
    for (let i = 0; i < 40; i++) await connector.subscribeTo({ kind: 'quotes', instrument: i })
    connector.calls.length = 0
    connector.onSubscribe = never
    connector.lose()
    await time.advanceMsAsync(50)
    expect(connector.isReady).toBe(true)
    expect(connector.calls).toHaveLength(16)
    connector.lose()
    connector.onSubscribe = async () => {}
    await time.advanceMsAsync(50)
    expect(connector.calls).toHaveLength(16 + 40)
    expect(connector.streams.every(({ state }) => state === 'asked')).toBe(true)
    await connector.stop()
    expect(time.pendingTimers).toBe(0)
  })
})

describe('sequences', () => {
  it('tell a gap before the message that comes after it, and start anew with every connection', async () => {
    const { time, connector, market, events } = await setUp()
    const notes: unknown[] = []
    market.addConsumer({
      name: 'notes',
      policy: 'backpressure',
      handlers: {
        onNotes: (ring, from, to) => {
          for (let row = from; row < to; row++) notes.push(ring.notes.note[row])
        },
      },
    })
    for (const sequence of [1, 2, 5, 5]) connector.track().track(sequence)
    market.drain()
    expect(notes).toMatchObject([{ kind: 'discontinuity', stream: 'quotes', reason: 'missing', missing: 2 }])
    expect(events).toEqual(['gap feed 3-4'])
    expect(connector.statistics.report()).toMatchObject({ gaps: 1, missed: 2 })
    connector.lose()
    await time.advanceMsAsync(50)
    connector.track().track(100)
    expect(connector.statistics.gaps).toBe(1)
    await connector.stop()
  })
})

describe('limits', () => {
  it('hold a page of a longer answer back as any other message', async () => {
    const { time, connector } = await setUp({ pacing: { windows: [{ limit: 2, windowMs: 100 }] } })
    const page = connector.page(new AbortController().signal)
    expect(connector.hasRoomFor('query')).toBe(false)
    expect(connector.health.waitingMessages).toBe(1)
    expect(await time.runUntil(page)).toBe('page')
    expect(connector.statistics.report()).toMatchObject({ pacingWaitNs: { count: 1 }, pacing: { sent: { query: 2 } } })
    await connector.stop()
  })

  it('do not hold back a connector that has none', async () => {
    const { connector } = await setUp()
    expect(connector.hasRoomFor('history')).toBe(true)
    expect(await connector.page(new AbortController().signal)).toBe('page')
    expect(connector.statistics.report().pacing).toBeUndefined()
    await connector.stop()
  })

  it('end a question in line when the connection goes', async () => {
    const { connector } = await setUp({ pacing: { windows: [{ limit: 2, windowMs: 1_000 }] } })
    const question = connector.queryOrders()
    connector.lose()
    await expect(question).rejects.toThrow(/TW_(NOT_CONNECTED|ABORTED)/)
    await connector.stop()
  })
})

describe('health', () => {
  it('is told with every check, and measured', async () => {
    const { time, connector, events } = await setUp({ healthIntervalMs: 100, staleAfterMs: 0 })
    await time.advanceMsAsync(250)
    expect(events).toEqual(['healthy', 'healthy'])
    expect(connector.health.probeAgeMs).toBe(50)
    expect(connector.statistics.report().probeLatencyNs.count).toBe(2)
    connector.onProbe = () => Promise.reject(new Error('sick'))
    await time.advanceMsAsync(60)
    expect(events.at(-1)).toBe('sick')
    expect(connector.statistics.disconnects).toBe(1)
    await connector.stop()
  })

  it('ends a question that is under way with the connection', async () => {
    const { connector } = await setUp()
    Object.assign(connector, { fetchOrders: never })
    const question = connector.queryOrders()
    connector.lose()
    await expect(question).rejects.toThrow('TW_ABORTED')
    await connector.stop()
  })
})

describe('history', () => {
  it('is asked for where the venue has it, and refused where it has not', async () => {
    const request: HistoryRequest = { kind: 'trades', instrument: 0, fromUs: 7, toUs: 9 }
    const { connector } = await setUp({}, (given) => new Historic(given))
    expect(await connector.queryHistory(request)).toEqual([])
    expect(connector.calls).toEqual(['history 7'])
    await expect(connector.queryHistory({ ...request, kind: 'bars' })).rejects.toThrow('TW_NOT_SUPPORTED')
    await connector.stop()
    const { connector: plain } = await setUp()
    plain.capabilities = { data: [], history: ['trades'] }
    await expect(plain.queryHistory(request)).rejects.toThrow('names history of trades and has none')
    await plain.stop()
  })
})

describe('options', () => {
  it.each<[string, object]>([
    ['connectTimeoutMs', { connectTimeoutMs: 0 }],
    ['queryTimeoutMs', { queryTimeoutMs: Number.NaN }],
    ['healthIntervalMs', { healthIntervalMs: -1 }],
    ['staleAfterMs.quotes', { staleAfterMs: { quotes: -1 } }],
    ['staleAfterMs.quote', { staleAfterMs: { quote: 1 } }],
    ['reconnect.firstDelayMs', { reconnect: { firstDelayMs: 0 } }],
    ['reconnect.maxDelayMs', { reconnect: { firstDelayMs: 10, maxDelayMs: 5 } }],
    ['reconnect.maxAttempts', { reconnect: { maxAttempts: 0 } }],
    ['reconnect.attempts', { reconnect: { attempts: 3 } }],
    ['pacing.windows', { pacing: { windows: [] } }],
  ])('that are not usable are refused by name: %s', (field, options) => {
    expect(() => new Dutiful(options)).toThrow(field)
  })
})

describe('rates', () => {
  it('come from two readings', async () => {
    const { time, connector } = await setUp()
    const before = connector.statistics.report()
    for (let i = 0; i < 10; i++) connector.quote()
    await time.advanceMsAsync(2_000)
    expect(ratesBetween(before, connector.statistics.report(), 2_000)).toMatchObject({ updates: 5, errors: 0 })
    await connector.stop()
  })
})
