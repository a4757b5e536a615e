/**
 * Several connectors as one: orders and subscriptions go where the routes say, and elsewhere when a connector fails. A
 * facade over a {@link TradingSystem} without strategies, for hosts that bring their own loop.
 *
 * By default it trades on paper, keeps its journal in memory, and lets every order pass the risk gate of a paper account.
 */
import type { BaseConnector } from '../connector/base-connector.js'
import { type DataKind, dataKinds } from '../connector/capabilities.js'
import type { ConnectorHealth } from '../connector/connector-health.js'
import type { ConnectorStatisticsReport } from '../connector/statistics.js'
import { TypedEmitter } from '../core/emitter.js'
import { TradewireError } from '../core/errors.js'
import type { Position } from '../model/account.js'
import type { OrderChange, OrderRequest, OrderSnapshot } from '../model/order.js'
import type { OrderHandle } from '../oms/order-handle.js'
import { checkFilter } from '../ring/filter.js'
import type { IngestRing } from '../ring/ingest-ring.js'
import { refuseUnknownOptions } from '../ring/options.js'
import type { FeedLineReport } from '../routing/feed.js'
import { requireConnector } from '../system/options.js'
import type { RouteReport } from '../system/routing-desk.js'
import { requireSymbols } from '../system/symbol-list.js'
import { systemEventNames, type TradingSystemEvents } from '../system/system-events.js'
import { type StopReport, TradingSystem, type TradingSystemOptions } from '../system/trading-system.js'
import {
  type BarHandler,
  type BookHandler,
  type PriceHandler,
  type StatusHandler,
  type Stream,
  type StreamHandler,
  type StreamOptions,
  streamConsumer,
  streams,
  type TradeHandler,
} from './market-streams.js'

/** Options of a manager: those of a system, without connectors and strategies. */
export type ExchangeManagerOptions = Omit<TradingSystemOptions, 'connectors' | 'strategies'>

/** How a connector takes part. */
export interface AddConnectorOptions {
  /** It comes first in the default route. */
  primary?: boolean
}

/** A connector at one moment. */
export interface ConnectorReport {
  health: ConnectorHealth
  /** 0 to 100; see `routing/health.ts`. */
  score: number
  statistics: ConnectorStatisticsReport
}

/** Prices of an instrument; NaN for what is not known. */
export interface ManagerPrice {
  symbol: string
  bid: number
  ask: number
  mid: number
  last: number
}

/** What somebody subscribed to. */
interface ManagerSubscription {
  readonly kind: DataKind
  symbols: readonly string[]
  /** Ends it for these symbols. */
  end(symbols: readonly string[]): Promise<void>
}

/** What a manager has done so far. */
export interface ManagerStatistics {
  connectors: Record<string, ConnectorReport>
  /** Sums over all connectors. */
  total: { updates: number; ordersSent: number; cancelsSent: number; errors: number; disconnects: number; gaps: number }
  orders: ReturnType<TradingSystem['orders']['statistics']>
  routes: RouteReport[]
}

/** Connectors, routes and failover behind one interface. */
export class ExchangeManager {
  /** As those of a system; they can be listened to before {@link startAll}. */
  readonly events = new TypedEmitter<TradingSystemEvents>(systemEventNames)
  readonly #options: ExchangeManagerOptions
  readonly #waiting: { name: string; connector: BaseConnector; isPrimary: boolean }[] = []
  readonly #subscriptions = new Set<ManagerSubscription>()
  #system: TradingSystem | undefined

  constructor(options: ExchangeManagerOptions = {}) {
    this.#options = options
  }

  /**
   * Adds a connector, before {@link startAll}; later {@link startConnector} does. Without a name it gets that of its class, numbered.
   *
   * @throws TradewireError `TW_DUPLICATE` for a name, `TW_INVALID_STATE` once started, `TW_INVALID_CONFIG` for a second primary
   * and for what is no connector.
   */
  addConnector(connector: BaseConnector, name?: string, { primary = false }: AddConnectorOptions = {}): this {
    if (this.#system !== undefined)
      throw new TradewireError(
        'TW_INVALID_STATE',
        'The manager is started; use startConnector(connector, name), which connects it, too',
      )
    requireConnector(name ?? 'connector', connector)
    const given = name ?? this.#nameFor(connector)
    if (this.#waiting.some((each) => each.name === given))
      throw new TradewireError('TW_DUPLICATE', `There is a connector named "${given}" already`)
    if (primary && this.#waiting.some(({ isPrimary }) => isPrimary))
      throw new TradewireError('TW_INVALID_CONFIG', `"${given}" would be the second primary connector; there is one`)
    this.#waiting.push({ name: given, connector, isPrimary: primary })
    return this
  }

  /**
   * Connects and reconciles all connectors. It waits for all of them, or with `routing.startWith: 'any'` for the first; the
   * others go on trying.
   *
   * @throws TradewireError as {@link TradingSystem.start}; `TW_INVALID_STATE` when it is started already.
   */
  async startAll(how: { signal?: AbortSignal } = {}): Promise<void> {
    if (this.#system !== undefined) throw new TradewireError('TW_INVALID_STATE', 'The manager is started already')
    if (this.#waiting.length === 0)
      throw new TradewireError('TW_INVALID_CONFIG', 'The manager has no connector; call addConnector(connector) first')
    const ordered = [...this.#waiting].sort((first, second) => Number(second.isPrimary) - Number(first.isPrimary))
    const connectors = Object.fromEntries(ordered.map(({ name, connector }) => [name, connector]))
    const system = await TradingSystem.create({ ...this.#options, connectors })
    this.#system = system
    for (const name of systemEventNames) system.events.on(name, (event) => this.events.emit(name, event as never))
    try {
      await system.start(how)
    } catch (error) {
      this.#system = undefined
      throw error
    }
  }

  /**
   * Adds a connector to a started manager: when this resolves it is connected and reconciled, and takes part. Returns its
   * name. What fails leaves everything as it was.
   *
   * @throws TradewireError as {@link TradingSystem.addConnector}.
   */
  async startConnector(connector: BaseConnector, name?: string, how: { signal?: AbortSignal } = {}): Promise<string> {
    const { system } = this
    const given = name ?? this.#nameFor(connector)
    await system.addConnector(given, connector, how)
    return given
  }

  /**
   * Takes a connector out; in a started manager as {@link TradingSystem.removeConnector}.
   *
   * @throws TradewireError `TW_INVALID_STATE` while an order is open there or its fate is not known; `TW_INVALID_ARGUMENT`.
   */
  async removeConnector(name: string): Promise<void> {
    if (this.#system !== undefined) return this.#system.removeConnector(name)
    const at = this.#waiting.findIndex((each) => each.name === name)
    if (at < 0) throw new TradewireError('TW_INVALID_ARGUMENT', `There is no connector named "${name}"`)
    this.#waiting.splice(at, 1)
  }

  /** Ends everything, as {@link TradingSystem.stop}. */
  async stopAll(): Promise<StopReport | undefined> {
    const report = await this.#system?.stop()
    this.events.removeAllListeners()
    return report
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAll()
  }

  /** The system underneath. @throws TradewireError `TW_INVALID_STATE` before {@link startAll}. */
  get system(): TradingSystem {
    if (this.#system !== undefined) return this.#system
    throw new TradewireError('TW_INVALID_STATE', 'The manager is not started; call startAll() first')
  }

  /**
   * Subscribes to quotes. The handler, where one is given, gets batches of views that are valid during the call; the latest
   * prices can be asked for in any case ({@link getPrice}). With `options.filter` it gets what passes. Returns the end of it.
   *
   * @throws TradewireError `TW_UNKNOWN_INSTRUMENT`, `TW_NOT_SUPPORTED`.
   *
   * @example
   * ```ts
   * import { ExchangeManager, SimulatedConnector } from 'tradewire'
   *
   * const manager = new ExchangeManager({ mode: 'simulation' })
   * manager.addConnector(new SimulatedConnector({ synthetic: {} }))
   * await manager.startAll()
   * const unsubscribe = await manager.subscribePrice(['ACME'], (quotes) => {
   *   for (const quote of quotes) console.log(quote.symbol, quote.bid, quote.ask)
   * })
   * await manager.system.run({ durationMs: 20 })
   * await unsubscribe()
   * await manager.stopAll()
   * ```
   */
  async subscribePrice(
    symbols: readonly string[],
    onQuotes?: PriceHandler,
    options: StreamOptions = {},
  ): Promise<() => Promise<void>> {
    return this.#subscribe(symbols, streams.quotes, onQuotes, options)
  }

  /** As {@link subscribePrice}, for trades. */
  async subscribeTrades(
    symbols: readonly string[],
    onTrades?: TradeHandler,
    options: StreamOptions = {},
  ): Promise<() => Promise<void>> {
    return this.#subscribe(symbols, streams.trades, onTrades, options)
  }

  /** As {@link subscribePrice}, for order books: snapshots and changes as the venue sends them. */
  async subscribeBook(
    symbols: readonly string[],
    onBooks?: BookHandler,
    options: StreamOptions = {},
  ): Promise<() => Promise<void>> {
    return this.#subscribe(symbols, streams.books, onBooks, options)
  }

  /** As {@link subscribePrice}, for bars that a source makes itself; bars of any length are made by `system.bars`. */
  async subscribeBars(
    symbols: readonly string[],
    onBars?: BarHandler,
    options: StreamOptions = {},
  ): Promise<() => Promise<void>> {
    return this.#subscribe(symbols, streams.bars, onBars, options)
  }

  /** As {@link subscribePrice}, for halts, openings and closes. */
  async subscribeStatus(
    symbols: readonly string[],
    onStatuses?: StatusHandler,
    options: StreamOptions = {},
  ): Promise<() => Promise<void>> {
    return this.#subscribe(symbols, streams.statuses, onStatuses, options)
  }

  /** Ends the subscriptions made here to these symbols, of these kinds or of all. */
  async unsubscribe(symbols: readonly string[], kinds: readonly DataKind[] = dataKinds): Promise<void> {
    requireSymbols(symbols)
    const unknown = kinds.find((kind) => !dataKinds.includes(kind))
    if (unknown !== undefined)
      throw new TradewireError('TW_INVALID_ARGUMENT', `kinds has "${unknown}"; known are ${dataKinds.join(', ')}`)
    const ends = [...this.#subscriptions].filter(
      (each) => kinds.includes(each.kind) && each.symbols.some((symbol) => symbols.includes(symbol)),
    )
    for (const each of ends) await each.end(symbols)
  }

  /** The latest bid, ask and trade of an instrument over all its sources; NaN for what is not known. @throws TradewireError `TW_UNKNOWN_INSTRUMENT`. */
  getPrice(symbol: string): ManagerPrice {
    const { instruments, quotes } = this.system
    const { index } = instruments.get(symbol)
    return { symbol, bid: quotes.bid(index), ask: quotes.ask(index), mid: quotes.mid(index), last: quotes.last(index) }
  }

  /** Submits an order over the route that fits it. @throws TradewireError as `OrderManager.submit`. */
  sendOrder(request: OrderRequest): OrderHandle {
    return this.system.orders.submit(request)
  }

  /** Asks for the cancel of an order. @throws TradewireError `TW_UNKNOWN_ORDER`. */
  cancelOrder(clientOrderId: string): void {
    this.#orderOf(clientOrderId).cancel()
  }

  /** Asks for a change of an order. @throws TradewireError `TW_UNKNOWN_ORDER`, and as `OrderManager.modify`. */
  modifyOrder(clientOrderId: string, change: OrderChange): void {
    this.#orderOf(clientOrderId).modify(change)
  }

  /** An order as it stands. @throws TradewireError `TW_UNKNOWN_ORDER`. */
  getOrderStatus(clientOrderId: string): OrderSnapshot {
    return this.#orderOf(clientOrderId).snapshot
  }

  /** Positions that are not flat, over all accounts. */
  getPositions(): Position[] {
    return this.system.snapshot().positions.filter(({ quantity }) => !quantity.isZero())
  }

  /** What was done so far, by connector and in all. */
  getStats(): ManagerStatistics {
    const { system } = this
    const total = { updates: 0, ordersSent: 0, cancelsSent: 0, errors: 0, disconnects: 0, gaps: 0 }
    const connectors: Record<string, ConnectorReport> = {}
    for (const [name, connector] of system.connectors) {
      const statistics = connector.statistics.report()
      connectors[name] = { health: connector.health, score: system.scoreOf(name), statistics }
      for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += statistics[key]
    }
    return { connectors, total, orders: system.orders.statistics(), routes: system.routes }
  }

  /** What the sources of an instrument's feed brought; undefined without a feed. */
  getFeed(symbol: string): FeedLineReport[] | undefined {
    return this.system.feedOf(symbol)
  }

  #orderOf(clientOrderId: string): OrderHandle {
    const order = this.system.orders.get(clientOrderId)
    if (order !== undefined) return order
    throw new TradewireError('TW_UNKNOWN_ORDER', `There is no order with client order id "${clientOrderId}"`)
  }

  async #subscribe<View extends { at(ring: IngestRing, row: number): View }>(
    symbols: readonly string[],
    stream: Stream<View>,
    handler: StreamHandler<View> | undefined,
    options: StreamOptions,
  ): Promise<() => Promise<void>> {
    const { system } = this
    refuseUnknownOptions('subscribe', options, ['filter'])
    const { filter } = options
    if (filter !== undefined) checkFilter(filter)
    const onError = (error: unknown) => this.#failed(`the subscription to ${stream.kind}`, error)
    const { kind } = stream
    requireSymbols(symbols)
    if (handler !== undefined && typeof handler !== 'function')
      throw new TradewireError(
        'TW_INVALID_ARGUMENT',
        `The handler of ${kind} must be a function, got ${typeof handler}`,
      )
    let left = [...new Set(symbols)]
    for (const symbol of left) system.instruments.get(symbol)
    const listen = () =>
      handler === undefined || left.length === 0
        ? undefined
        : streamConsumer(system, stream, left, handler, onError, filter)
    let consumer = listen()
    try {
      await system.subscribe(left, [kind])
    } catch (error) {
      consumer?.close()
      throw error
    }
    const end = async (over: readonly string[]) => {
      const ended = left.filter((symbol) => over.includes(symbol))
      if (ended.length === 0) return
      left = left.filter((symbol) => !over.includes(symbol))
      subscription.symbols = left
      consumer?.close()
      consumer = listen()
      if (left.length === 0) this.#subscriptions.delete(subscription)
      if (system.phase === 'running') await system.unsubscribe(ended, [kind])
    }
    const subscription: ManagerSubscription = { kind, symbols: left, end }
    this.#subscriptions.add(subscription)
    return () => end(symbols)
  }

  #failed(where: string, error: unknown): void {
    this.events.emit('problem', { where, error, tsUs: this.system.time.wallUs() })
  }

  #nameFor(connector: BaseConnector): string {
    const base = connector.constructor.name.replace(/Connector$/, '').toLowerCase() || 'connector'
    const isTaken = (name: string) =>
      this.#system?.connectors.has(name) ?? this.#waiting.some((each) => each.name === name)
    if (!isTaken(base)) return base
    let number = 2
    while (isTaken(`${base}-${number}`)) number++
    return `${base}-${number}`
  }
}
