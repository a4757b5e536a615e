/**
 * Market data over several connections: up to 32, to one or more gateways, each with a client id of its own. Every stream
 * runs over one of them: the ready one with the fewest streams takes a new one, and when a connection is lost its streams
 * move to those that are left. Orders are not its business: they belong to one client id, that of an `IbkrConnector`.
 */
import { BaseConnector } from '../../connector/base-connector.js'
import { type ConnectorCapabilities, dataKinds } from '../../connector/capabilities.js'
import type { ConnectorHost } from '../../connector/connector-host.js'
import type { ConnectorOptions } from '../../connector/connector-options.js'
import type { HistoryRequest } from '../../connector/history.js'
import { keyOf, type Subscription } from '../../connector/subscriptions.js'
import { TradewireError } from '../../core/errors.js'
import type { ConnectorId } from '../../model/ids.js'
import type { InstrumentDefinition } from '../../model/instrument.js'
import type { MarketEvent } from '../../model/market-data.js'
import type { IbkrContract } from './contracts.js'
import { IbkrConnector } from './ibkr-connector.js'
import type { IbkrConnectorOptions } from './ibkr-options.js'

/** A gateway of a pool. */
export interface PoolGateway {
  readonly host?: string
  readonly port: number
  /** Connections to it, each with the next client id; 1 unless given. */
  readonly connections?: number
  /** Client id of the first; 100 unless given. */
  readonly firstClientId?: number
}

/** Options of a pool. */
export interface IbkrDataPoolOptions extends ConnectorOptions {
  readonly gateways: readonly PoolGateway[]
  readonly contracts: readonly (IbkrContract | string)[]
  /** Streams a connection takes at most; 100 (the lines of a plain login) unless given. */
  readonly streamsPerConnection?: number
  /** For all connections: kind of quotes, rows of books, delayed data, pacing, heartbeats, … */
  readonly member?: Pick<
    IbkrConnectorOptions,
    | 'quotes'
    | 'allTrades'
    | 'bookRows'
    | 'marketDataType'
    | 'environment'
    | 'transport'
    | 'resubscribeAfterMs'
    | 'pacing'
    | 'pacingMarginMs'
    | 'reconnect'
    | 'healthIntervalMs'
    | 'probeTimeoutMs'
    | 'codes'
  >
}

/** How one connection of a pool does. */
export interface PoolMemberReport {
  readonly host: string
  readonly port: number
  readonly clientId: number
  readonly isReady: boolean
  readonly streams: number
  readonly updates: number
  readonly disconnects: number
}

interface Member {
  readonly connector: IbkrConnector
  readonly host: string
  readonly port: number
  readonly clientId: number
  readonly streams: Map<string, Subscription>
}

const mostConnections = 32

/** Market data of IBKR over several connections. */
export class IbkrDataPool extends BaseConnector {
  readonly capabilities: ConnectorCapabilities = {
    data: dataKinds.filter((kind) => kind !== 'orders'),
    history: ['bars', 'trades', 'quotes'],
  }
  /** Streams that moved to another connection so far. */
  moved = 0
  readonly #options: IbkrDataPoolOptions
  #members: Member[] = []
  /** Streams that no connection has now. */
  readonly #homeless = new Map<string, Subscription>()

  /** @throws TradewireError `TW_INVALID_CONFIG` for no gateway, or more than 32 connections. */
  constructor(options: IbkrDataPoolOptions) {
    const { gateways, contracts: _, streamsPerConnection: __, member: ___, ...base } = options
    super(base)
    const count = gateways.reduce((sum, { connections = 1 }) => sum + connections, 0)
    if (!(count >= 1 && count <= mostConnections))
      throw new TradewireError(
        'TW_INVALID_CONFIG',
        `Option gateways of an IBKR pool must make 1 to ${mostConnections} connections, got ${count}`,
        { details: { field: 'gateways' } },
      )
    this.#options = options
  }

  /** Each connection with its streams and counts. */
  get members(): PoolMemberReport[] {
    return this.#members.map(({ connector, host, port, clientId, streams }) => ({
      host,
      port,
      clientId,
      isReady: connector.isReady,
      streams: streams.size,
      updates: connector.statistics.updates,
      disconnects: connector.statistics.disconnects,
    }))
  }

  /** Ready as soon as one connection is; the others join when they can. */
  protected async connect(signal: AbortSignal): Promise<void> {
    this.#members = this.#make()
    const starts = this.#members.map((member) => {
      const { connector } = member
      connector.events.on('ready', () => this.#onReady())
      connector.events.on('disconnected', ({ reason }) => this.#onLost(member, reason))
      connector.events.on('error', ({ error }) => this.problem(error))
      connector.events.on('stream', ({ kind, instrument, state, reason }) => {
        // What TWS says of a stream at one connection is news to all who read the pool.
        if (state === 'stale' && reason !== undefined && member.streams.has(keyOf({ kind, instrument })))
          this.streamsSuspect(reason, (stream) => stream.kind === kind && stream.instrument === instrument)
      })
      return connector.start({ signal })
    })
    for (const start of starts) start.catch(() => {})
    try {
      await Promise.any(starts)
    } catch (error) {
      throw (error as AggregateError).errors?.[0] ?? error
    }
  }

  #make(): Member[] {
    const { gateways, contracts, profile, member = {} } = this.#options
    const own = profile === undefined ? member : { profile, ...member }
    const inner = this.#innerHost()
    return gateways.flatMap(({ host = '127.0.0.1', port, connections = 1, firstClientId = 100 }) =>
      Array.from({ length: connections }, (_, i) => {
        const clientId = firstClientId + i
        const connector = new IbkrConnector({ ...own, host, port, clientId, contracts, readOnly: true })
        connector.attach(inner, `${this.name}/${port}/${clientId}`, this.source)
        return { connector, host, port, clientId, streams: new Map<string, Subscription>() }
      }),
    )
  }

  /** The pool's surroundings for its connections: what they lose is the pool's to mend. */
  #innerHost(): ConnectorHost {
    const { host } = this
    return {
      time: host.time,
      random: host.random,
      seed: host.seed,
      logger: host.logger,
      instruments: host.instruments,
      market: host.market,
      reports: host.reports,
      isApproved: () => false,
      wake: () => {
        this.statistics.updates++
        host.wake()
      },
      drain: () => host.drain(),
      reconcile: async () => {},
      disconnected: () => {},
    }
  }

  protected async disconnect(): Promise<void> {
    const members = this.#members
    this.#members = []
    this.#homeless.clear()
    await Promise.all(members.map(({ connector }) => connector[Symbol.asyncDispose]()))
  }

  protected async probe(): Promise<void> {
    if (!this.#members.some(({ connector }) => connector.isReady))
      throw new TradewireError('TW_NOT_CONNECTED', 'No connection of the pool is ready')
  }

  /** Its connections load what the pool was given. */
  protected async loadInstruments(): Promise<InstrumentDefinition[]> {
    return []
  }

  // ---- Streams -----------------------------------------------------------------------------------------------------------------

  protected async subscribe(subscription: Subscription, signal: AbortSignal): Promise<void> {
    const member = this.#leastLoaded()
    if (member === undefined)
      throw new TradewireError(
        'TW_CAPACITY',
        'No connection of the pool is ready and has a line left; raise gateways.connections',
      )
    member.streams.set(keyOf(subscription), subscription)
    try {
      await member.connector.subscribeTo(subscription, signal)
    } catch (error) {
      member.streams.delete(keyOf(subscription))
      throw error
    }
  }

  #leastLoaded(): Member | undefined {
    const { streamsPerConnection = 100 } = this.#options
    let best: Member | undefined
    for (const member of this.#members) {
      const isUsable = member.connector.isReady && member.streams.size < streamsPerConnection
      if (isUsable && (best === undefined || member.streams.size < best.streams.size)) best = member
    }
    return best
  }

  protected async unsubscribe(subscription: Subscription, signal: AbortSignal): Promise<void> {
    const key = keyOf(subscription)
    this.#homeless.delete(key)
    for (const { streams, connector } of this.#members)
      if (streams.delete(key)) await connector.unsubscribeFrom(subscription, signal)
  }

  /** A connection is gone: its streams move, and whoever reads them is told that there may be a gap. */
  #onLost(member: Member, reason: string): void {
    if (!this.#members.includes(member)) return
    for (const [key, subscription] of member.streams) {
      this.#homeless.set(key, subscription)
      // It must not come back by itself over a stream that runs elsewhere by then.
      member.connector.unsubscribeFrom(subscription).catch(() => {})
    }
    member.streams.clear()
    if (this.#members.every(({ connector }) => !connector.isReady))
      this.connectionLost(`every connection of the pool is lost; the last: ${reason}`)
    else this.#house()
  }

  #onReady(): void {
    if (this.isReady) this.#house()
  }

  #house(): void {
    for (const [key, subscription] of [...this.#homeless]) {
      const member = this.#leastLoaded()
      if (member === undefined) return
      this.#homeless.delete(key)
      member.streams.set(key, subscription)
      this.moved++
      member.connector.subscribeTo(subscription).then(
        () => this.#tellFailover(subscription),
        (error: unknown) => this.problem(error),
      )
    }
  }

  #tellFailover({ kind, instrument }: Subscription): void {
    const { instruments, market, time } = this.host
    const tsUs = time.wallUs()
    const source = this.name as ConnectorId
    const note = {
      kind: 'discontinuity',
      instrument: instruments.at(instrument).id,
      source,
      stream: kind,
      reason: 'failover',
      tsEventUs: tsUs,
      tsRecvUs: tsUs,
    } as const
    market.publishNote(instrument, this.source, note, tsUs, tsUs)
  }

  protected override fetchHistory(request: HistoryRequest, signal: AbortSignal): Promise<MarketEvent[]> {
    const member = this.#leastLoaded() ?? this.#members.find(({ connector }) => connector.isReady)
    if (member === undefined)
      return Promise.reject(new TradewireError('TW_NOT_CONNECTED', 'No connection of the pool is ready'))
    return member.connector.queryHistory(request, signal)
  }

  // ---- It takes no orders --------------------------------------------------------------------------------------------------------

  protected sendNew(): never {
    throw noOrders()
  }
  protected sendReplace(): never {
    throw noOrders()
  }
  protected sendCancel(): never {
    throw noOrders()
  }
  protected fetchOrders(): Promise<never> {
    return Promise.reject(noOrders())
  }
  protected fetchFills(): Promise<never> {
    return Promise.reject(noOrders())
  }
  protected fetchAccountState(): Promise<never> {
    return Promise.reject(noOrders())
  }
}

function noOrders(): TradewireError {
  return new TradewireError(
    'TW_NOT_SUPPORTED',
    'A pool brings market data; orders go through an IbkrConnector with a client id of its own',
  )
}
