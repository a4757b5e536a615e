/**
 * The whole system in one object: composes connectors, risk, orders, journal, portfolio, market data and strategies from
 * one configuration. It owns no process: no signal handlers, no exit, no global state; many can live side by side.
 */

import type { BaseConnector } from '../connector/base-connector.js'
import type { Subscription } from '../connector/subscriptions.js'
import { DisposalStack } from '../core/disposal.js'
import { TypedEmitter } from '../core/emitter.js'
import { messageOf, TradewireError } from '../core/errors.js'
import type { FileSystem } from '../core/file-system.js'
import { type Logger, silentLogger } from '../core/logger.js'
import { nodeFileSystem } from '../core/node-file-system.js'
import { type Random, SeededRandom } from '../core/random.js'
import { RealTime } from '../core/real-time.js'
import type { Time } from '../core/time.js'
import { VirtualTime } from '../core/virtual-time.js'
import type { Journal } from '../journal/journal.js'
import { MemoryJournal } from '../journal/memory-journal.js'
import { openSegmentJournal, type SegmentJournal } from '../journal/segment-journal.js'
import { BarAggregator } from '../market/bar-aggregator.js'
import { QuoteCache } from '../market/quote-cache.js'
import type { InstrumentDefinition } from '../model/instrument.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import type { OrderCore } from '../oms/order-core.js'
import { OrderManager } from '../oms/order-manager.js'
import { Reconciler, type ReconciliationReport } from '../oms/reconciler.js'
import { Recovery, type RecoveryReport } from '../oms/recovery.js'
import { ReportIntake } from '../oms/report-intake.js'
import type { RateSource } from '../portfolio/base-currency.js'
import type { Portfolio } from '../portfolio/portfolio.js'
import { type PortfolioSnapshot, portfolioSnapshot } from '../portfolio/snapshot.js'
import { IngestRing } from '../ring/ingest-ring.js'
import type { RiskGate } from '../risk/gate.js'
import { checkConfig, requireEnvironment, requireLive, type TradingSystemConfig } from './config.js'
import { ConnectorHub } from './connector-hub.js'
import { MarketHub } from './market-hub.js'
import { composeOrderPlane, sizesOf } from './order-plane.js'
import { type RunOptions, run } from './run.js'
import { exportState, type SystemState } from './state.js'
import type { ConnectionEvent, Strategy } from './strategy.js'
import { type HistoryProvider, StrategyDesk } from './strategy-desk.js'

/** What a system is made of: the plain-data configuration, and what is not data. */
export interface TradingSystemOptions extends TradingSystemConfig {
  /** Connectors by name; the first is where orders go that name none. */
  connectors?: Readonly<Record<string, BaseConnector>>
  strategies?: readonly Strategy[]
  /** Instruments beside those that connectors and journal bring. */
  instruments?: readonly InstrumentDefinition[]
  /** Where history for the warm-up of strategies comes from. */
  history?: HistoryProvider
  /** Rates between currencies for figures in the base currency. */
  rates?: RateSource
  /** Clock and timers; real time, and virtual time in simulation, unless given. */
  time?: Time
  fileSystem?: FileSystem
  logger?: Logger
}

/** What a system announces, beside the events of its orders (`system.orders.events`). */
export interface TradingSystemEvents {
  connection: ConnectionEvent
  reconciled: ReconciliationReport
  problem: { where: string; error: unknown }
}

/** A running trading system. Made by {@link TradingSystem.start}, ended by {@link stop}. */
export class TradingSystem {
  readonly config: Readonly<TradingSystemConfig>
  readonly time: Time
  readonly instruments: InstrumentRegistry
  readonly orders: OrderManager
  readonly portfolio: Portfolio
  readonly gate: RiskGate
  readonly quotes: QuoteCache
  readonly bars: BarAggregator
  readonly ring: IngestRing
  readonly journal: Journal
  /** What the journal held at the start. */
  readonly recovery: RecoveryReport
  readonly events = new TypedEmitter<TradingSystemEvents>()
  readonly #core: OrderCore
  readonly #hub: ConnectorHub
  readonly #desk: StrategyDesk
  readonly #resources: DisposalStack
  readonly #logger: Logger
  #isStopped = false

  private constructor(options: TradingSystemOptions, resources: DisposalStack) {
    this.#resources = resources
    const {
      connectors = {},
      strategies = [],
      instruments = [],
      history,
      rates,
      time,
      fileSystem,
      logger,
      ...config
    } = options
    this.config = checkConfig(config)
    requireLive(this.config)
    this.#logger = logger ?? silentLogger
    this.time =
      time ??
      (this.config.mode === 'simulation' ? new VirtualTime() : new RealTime((error) => this.#problem('timer', error)))
    this.quotes = new QuoteCache()
    this.#core = composeOrderPlane(this.config, {
      clock: this.time,
      logger: this.#logger,
      marks: { bid: (i) => this.quotes.bid(i), ask: (i) => this.quotes.ask(i), last: (i) => this.quotes.last(i) },
      rates,
    })
    this.instruments = this.#core.instruments
    this.portfolio = this.#core.ledger.portfolio
    this.gate = this.#core.gate
    const sizes = sizesOf(this.config)
    const saved = new Map<string, unknown>()
    const recovery = new Recovery(this.#core, (strategy, state) => saved.set(strategy, JSON.parse(state)))
    this.journal = this.#openJournal(fileSystem ?? nodeFileSystem, recovery)
    this.#core.open(this.journal, this.config.idPrefix ?? 'T', recovery.session + 1)
    this.ring = new IngestRing({
      capacity: this.config.limits?.ring ?? 65_536,
      instruments: sizes.instrument,
      sources: sizes.connector,
    })
    this.bars = new BarAggregator({})
    this.orders = new OrderManager(this.#core, {
      account: this.config.account ?? this.config.live?.account ?? 'PAPER',
      strategy: 'HOST',
      route: () => Object.keys(connectors)[0],
    })
    const random = new SeededRandom(this.config.seed ?? 1)
    const intake = new ReportIntake(this.#core, {
      onOverfill: this.config.onOverfill ?? 'halt',
      external: this.config.externalOrders ?? 'adopt',
    })
    const hub = this.#marketHub()
    this.#hub = this.#connectorHub(connectors, intake, random)
    this.#desk = new StrategyDesk({
      core: this.#core,
      orders: this.orders,
      hub,
      bars: this.bars,
      quotes: this.quotes,
      time: this.time,
      random,
      logger: this.#logger,
      ...(history === undefined ? {} : { history }),
      onError: (error, where) => this.#problem(where, error),
    })
    for (const definition of instruments) this.addInstrument(definition)
    for (const strategy of strategies) this.#desk.add(strategy, saved.get(strategy.name))
    this.recovery = recovery.finish(recovery.session > 0)
  }

  /**
   * Composes a system, recovers its journal, connects and reconciles, warms strategies up and starts them.
   *
   * @throws TradewireError `TW_INVALID_CONFIG`, `TW_LIVE_REFUSED`, `TW_JOURNAL_LOCKED`, `TW_JOURNAL_CORRUPT`, and whatever
   * keeps a connector from becoming ready. Nothing is left behind then.
   */
  static async start(options: TradingSystemOptions, { signal }: { signal?: AbortSignal } = {}): Promise<TradingSystem> {
    const resources = new DisposalStack()
    try {
      const system = new TradingSystem(options, resources)
      const started = system.#start(options, signal)
      // Nothing moves virtual time before the market runs: connecting over a simulated line takes time all the same.
      await (system.time instanceof VirtualTime ? system.time.settle(started) : started)
      return system
    } catch (error) {
      await resources
        .dispose()
        .catch((cause) =>
          (options.logger ?? silentLogger).error({ error: messageOf(cause) }, 'cleaning up a failed start failed'),
        )
      throw error
    }
  }

  async #start(options: TradingSystemOptions, signal: AbortSignal | undefined): Promise<void> {
    await this.#hub.startAll(signal)
    this.#requireAccount()
    await this.#desk.startAll(options.strategies ?? [], signal)
    this.#resources.defer(() => this.#desk.stopAll())
    const { intervalMs } = this.config.reconciliation ?? {}
    if (intervalMs !== undefined) this.#hub.reconcileEvery(intervalMs)
  }

  /** Connectors by name. */
  get connectors(): ReadonlyMap<string, BaseConnector> {
    return this.#hub.byName
  }

  /** Reports of the reconciliations so far, by connector: the latest of each. */
  get reconciliations(): ReadonlyMap<string, ReconciliationReport> {
    return this.#hub.reports
  }

  /** Registers an instrument, on record. The same again changes nothing. */
  addInstrument(definition: InstrumentDefinition): void {
    this.#hub.addInstrument(definition)
  }

  /** Subscribes to streams of a connector (the first unless named). */
  async subscribe(
    symbols: readonly string[],
    kinds: readonly Subscription['kind'][],
    connector?: string,
  ): Promise<void> {
    const target = this.#hub.get(connector)
    for (const symbol of symbols) {
      for (const kind of kinds) await target.subscribeTo({ kind, instrument: this.instruments.get(symbol).index })
    }
  }

  /** Compares our books with a connector's venue now, and folds what follows. */
  reconcile(connector?: string, signal?: AbortSignal): Promise<ReconciliationReport> {
    return this.#hub.reconcileNow(this.#hub.get(connector), signal)
  }

  /** Adds a strategy to the running system and starts it. */
  async addStrategy(strategy: Strategy): Promise<void> {
    this.#desk.add(strategy, undefined)
    await this.#desk.startAll([strategy], undefined)
  }

  /**
   * Runs the market of a simulation, or waits on real time, until the data end, `durationMs` is over or the signal fires.
   * An abort ends it in an orderly way; it does not throw.
   */
  run(options: RunOptions = {}): Promise<void> {
    return run(this.time, this.#hub, options)
  }

  /** Positions, exposure, profit and loss now. */
  snapshot(): PortfolioSnapshot {
    return portfolioSnapshot(this.portfolio, this.time.wallUs())
  }

  /** The state of the order plane as plain data: orders, reservations, positions, limits used. */
  exportState(): SystemState {
    return exportState(this.#core)
  }

  /** Sets a trading state, on record. */
  setTradingState(
    scope: Parameters<OrderCore['setTradingState']>[0],
    name: string,
    state: 'ACTIVE' | 'REDUCING' | 'HALTED',
    actor: string,
    reason: string,
  ): void {
    this.#core.setTradingState(scope, this.#scopeIndex(scope, name), state, actor, reason)
  }

  /** Throws the kill switch: no new orders in the scope, latched over restarts; with `cancel` all its open orders are canceled. Returns how many cancels were asked for. */
  kill(options: {
    scope?: Parameters<OrderCore['kill']>[0]
    name?: string
    cancel?: boolean
    actor: string
    reason: string
  }): number {
    const { scope = 'global', name = '', cancel = true, actor, reason } = options
    this.#core.kill(scope, this.#scopeIndex(scope, name), actor, reason)
    if (!cancel) return 0
    const filter = scope === 'global' ? {} : scope === 'instrument' ? { symbol: name } : { [scope]: name }
    return this.orders.cancelAll(filter)
  }

  /** Takes a kill switch back. Only a person does this. */
  releaseKill(options: {
    scope?: Parameters<OrderCore['kill']>[0]
    name?: string
    actor: string
    reason: string
  }): void {
    const { scope = 'global', name = '', actor, reason } = options
    this.#core.releaseKill(scope, this.#scopeIndex(scope, name), actor, reason)
  }

  /** Bytes held by preallocated tables and buffers, by name. */
  getMemoryUse(): Record<string, number> {
    const { table } = this.#core
    return {
      orders: table.cells.byteLength,
      trades: table.trades.cells.byteLength,
      ring: this.ring.byteLength,
      tradingStates: this.gate.states.words.byteLength,
    }
  }

  /**
   * Ends the system: strategies first, then open orders by policy, then connections, then the journal. Everything it took
   * is given back. Calling it again does nothing.
   */
  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    const given = this.#resources.dispose()
    await (this.time instanceof VirtualTime ? this.time.settle(given) : given)
    this.events.removeAllListeners()
    this.orders.events.removeAllListeners()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #openJournal(fileSystem: FileSystem, recovery: Recovery): Journal {
    const { journal: directory, durability } = this.config
    if (directory === undefined) {
      const memory = new MemoryJournal()
      this.#resources.defer(() => memory.close())
      return memory
    }
    const journal: SegmentJournal = openSegmentJournal({
      fileSystem,
      directory,
      durability: durability ?? 'os',
      scheduler: this.time,
      onRecord: (type, seq, record) => recovery.apply(type, seq, record),
      onFailure: (failure) => this.#problem('journal', failure.error),
    })
    this.#resources.defer(() => journal.close())
    return journal
  }

  #marketHub(): MarketHub {
    return new MarketHub({
      ring: this.ring,
      gate: this.gate,
      quotes: this.quotes,
      bars: this.bars,
      instruments: this.instruments,
      policy: this.config.overflow ?? (this.config.mode === 'simulation' ? 'backpressure' : 'conflate'),
      onError: (error, where) => this.#problem(where, error),
    })
  }

  #connectorHub(
    connectors: Readonly<Record<string, BaseConnector>>,
    intake: ReportIntake,
    random: Random,
  ): ConnectorHub {
    const { reconciliation } = this.config
    const reconciler = new Reconciler(this.#core, intake, this.time, {
      ...(reconciliation?.notFound === undefined ? {} : { notFound: reconciliation.notFound }),
      ...(reconciliation?.positionMismatch === undefined ? {} : { positionMismatch: reconciliation.positionMismatch }),
      ...(reconciliation?.venueGraceMs === undefined ? {} : { venueGraceUs: reconciliation.venueGraceMs * 1_000 }),
    })
    const hub = new ConnectorHub({
      core: this.#core,
      intake,
      reconciler,
      ring: this.ring,
      time: this.time,
      random,
      logger: this.#logger,
      instruments: this.instruments,
      onConnection: (event) => {
        this.events.emit('connection', event)
        this.#desk.connection(event)
      },
      onReconciled: (report) => this.events.emit('reconciled', report),
      onError: (error, where) => this.#problem(where, error),
    })
    for (const [name, connector] of Object.entries(connectors)) {
      requireEnvironment(this.config, name, connector.capabilities.orders?.environment)
      hub.add(name, connector)
    }
    this.#resources.defer(async () => {
      this.#closeOrders()
      await hub.stopAll()
      this.#core.abandonWaits(new TradewireError('TW_DISPOSED', 'The system was stopped'))
    })
    return hub
  }

  /** Open orders at the end, by policy: canceled, or left with a warning that names them. */
  #closeOrders(): void {
    const policy = this.config.onClose ?? (this.config.mode === 'live' ? 'leave' : 'cancel')
    const open = this.orders.openOrders()
    if (open.length === 0) return
    if (policy === 'cancel') this.orders.cancelAll()
    else
      this.#logger.warn(
        { orders: open.map((order) => order.clientOrderId) },
        `${open.length} orders are left open at the venue`,
      )
  }

  /** Live: the venue must report the account that was named. */
  #requireAccount(): void {
    if (this.config.mode !== 'live') return
    const account = this.config.live?.account as string
    if (this.#hub.reportedAccounts.has(account)) return
    throw new TradewireError(
      'TW_LIVE_REFUSED',
      `No connector reports account ${account}; reported are: ${[...this.#hub.reportedAccounts].join(', ') || 'none'}`,
    )
  }

  #scopeIndex(scope: string, name: string): number {
    if (scope === 'global') return 0
    if (scope === 'instrument') return this.instruments.get(name).index
    const tables = {
      account: this.#core.names.accounts,
      connector: this.#core.names.connectors,
      strategy: this.#core.names.strategies,
    }
    const index = tables[scope as keyof typeof tables]?.find(name) ?? -1
    if (index >= 0) return index
    throw new TradewireError('TW_INVALID_ARGUMENT', `There is no ${scope} named "${name}"`)
  }

  #problem(where: string, error: unknown): void {
    this.#logger.error({ where, error: messageOf(error) }, 'problem')
    this.events.emit('problem', { where, error })
  }
}
