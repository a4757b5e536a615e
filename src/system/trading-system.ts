/**
 * The whole system in one object: composes connectors, risk, orders, journal, portfolio, market data and strategies from
 * one configuration. It owns no process: no signal handlers, no exit, no global state; many can live side by side.
 */
import type { BaseConnector } from '../connector/base-connector.js'
import type { DataKind } from '../connector/capabilities.js'
import { DisposalStack } from '../core/disposal.js'
import { TypedEmitter } from '../core/emitter.js'
import { messageOf, TradewireError } from '../core/errors.js'
import { type Logger, silentLogger } from '../core/logger.js'
import { RealTime } from '../core/real-time.js'
import type { StandstillWatch } from '../core/standstill.js'
import type { Time } from '../core/time.js'
import { VirtualTime } from '../core/virtual-time.js'
import type { ExecutionDesk } from '../execution/desk.js'
import type { Journal } from '../journal/journal.js'
import { BarAggregator } from '../market/bar-aggregator.js'
import type { BookStore } from '../market/book-store.js'
import type { DataQualityMonitor } from '../market/quality/quality-monitor.js'
import { QuoteCache } from '../market/quote-cache.js'
import type { InstrumentDefinition } from '../model/instrument.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import type { OrderSnapshot } from '../model/order.js'
import type { DriftReport } from '../oms/drift.js'
import type { DropCopyDesk } from '../oms/drop-copy/drop-copy-desk.js'
import type { OrderCore } from '../oms/order-core.js'
import { OrderManager } from '../oms/order-manager.js'
import type { ReconciliationReport } from '../oms/reconciler.js'
import { Recovery, type RecoveryReport } from '../oms/recovery.js'
import type { Portfolio } from '../portfolio/portfolio.js'
import { type PortfolioSnapshot, portfolioSnapshot } from '../portfolio/snapshot.js'
import type { IngestRing } from '../ring/ingest-ring.js'
import type { RiskGate } from '../risk/gate.js'
import type { Scope, TradingStateName } from '../risk/trading-state.js'
import type { FeedLineReport } from '../routing/feed.js'
import type { FeedRouter } from '../routing/feed-router.js'
import { composeBooks } from './book-desk.js'
import { closeOrders, type StopReport } from './closing.js'
import {
  composeConnectorChanges,
  composeConnectorHub,
  composeExecution,
  composeFeeds,
  composeJournal,
  composePaper,
  composeRing,
  composeRiskDesk,
  composeRouting,
  composeShadow,
  composeStrategyDesk,
  composeWatchdog,
  extraChecks,
  orderDefaults,
  type Surroundings,
  snapshotOptions,
} from './compose.js'
import { requireOwnLimits, type TradingSystemConfig } from './config.js'
import type { ConnectorChanges } from './connector-changes.js'
import type { ConnectorHub } from './connector-hub.js'
import { composeDropCopies } from './drop-copies.js'
import { composeFeedDesk } from './feed-desk.js'
import { KillDesk, type KillOptions } from './kill-desk.js'
import { OperatorDesk } from './operator-desk.js'
import {
  type Connectors,
  requireAccounts,
  requireLiveStart,
  type TradingSystemOptions,
  takeOptions,
} from './options.js'
import { composeOrderPlane, composeValidator } from './order-plane.js'
import { type Problem, ProblemLog } from './problems.js'
import type { RiskDesk } from './risk-desk.js'
import type { RouteReport, RoutingDesk } from './routing-desk.js'
import { checkRunOptions, moveMarkets, type RunOptions } from './run.js'
import type { ShadowDesk } from './shadow-desk.js'
import { composeStandstillWatch } from './standstill-watch.js'
import { exportState, memoryUse, type SystemState } from './state.js'
import type { Strategy } from './strategy.js'
import type { StrategyDesk } from './strategy-desk.js'
import { Streams } from './streams.js'
import { systemEventNames, type TradingSystemEvents } from './system-events.js'
import type { Watchdog } from './watchdog.js'

export type { StopReport } from './closing.js'
export type { Connectors, TradingSystemOptions, TradingSystemParts } from './options.js'
export type { TradingSystemEvents } from './system-events.js'

/** The life of a system; nothing comes twice. */
export type SystemPhase = 'created' | 'starting' | 'running' | 'stopping' | 'stopped'

/** Unless `closeTimeoutMs` says otherwise. */
const defaultCloseTimeoutMs = 10_000

/**
 * A trading system. {@link TradingSystem.start} makes and starts one. Where listeners are wanted from the first moment on,
 * {@link TradingSystem.create} makes it, and its own `start` starts it. {@link stop} ends it.
 */
export class TradingSystem<C extends Connectors = Connectors> {
  readonly config: Readonly<TradingSystemConfig>
  readonly time: Time
  readonly instruments: InstrumentRegistry
  readonly orders: OrderManager<C>
  /** Orders that an algorithm works. */
  readonly execution: ExecutionDesk
  readonly portfolio: Portfolio
  readonly gate: RiskGate
  /** What operators say about the world outside: stock splits. */
  readonly operator: OperatorDesk
  /** Circuit breakers, alerts, and limits that change while the system runs. */
  readonly risk: RiskDesk
  readonly quotes = new QuoteCache()
  readonly bars = new BarAggregator({})
  readonly ring: IngestRing
  /** Order books, where the option `books` wants them kept. */
  readonly books: BookStore
  /** How good the market data are: scores, counts and a report; its issues are events of `feed`, too. */
  readonly quality: DataQualityMonitor
  readonly journal: Journal
  /** Executions against those that a second line tells, see the option `dropCopy`. */
  readonly dropCopy: DropCopyDesk
  /** What the journal held at the start. */
  readonly recovery: RecoveryReport
  /** What a simulated venue makes of the same orders; undefined without `shadow`. */
  readonly shadow: ShadowDesk | undefined
  readonly events = new TypedEmitter<TradingSystemEvents>(systemEventNames)
  readonly #core: OrderCore
  readonly #hub: ConnectorHub
  readonly #feeds: FeedRouter
  readonly #routing: RoutingDesk
  readonly #streams: Streams
  readonly #desk: StrategyDesk
  readonly #changes: ConnectorChanges
  readonly #resources: DisposalStack
  readonly #logger: Logger
  readonly #hasLogger: boolean
  readonly #problems = new ProblemLog()
  readonly #strategies: Strategy[]
  readonly #watch: StandstillWatch | undefined
  /** Fires when the system is told to stop. */
  readonly #life = new AbortController()
  #phase: SystemPhase = 'created'
  #started: Promise<void> | undefined
  #stopped: Promise<StopReport> | undefined
  readonly #hurry = new AbortController()
  #closed: StopReport = { canceled: 0, leftOpen: [], isTimedOut: false, elapsedMs: 0, unprotected: [] }
  readonly #runs = new Set<Promise<void>>()
  readonly #kills: KillDesk
  #watchdog: Watchdog | undefined

  private constructor(options: TradingSystemOptions<C>, resources: DisposalStack) {
    this.#resources = resources
    const { config, parts } = takeOptions(options)
    const { connectors = {}, strategies = [], instruments = [], logger, algorithms, calendars, smartRouting } = parts
    this.config = config
    const paper = composePaper(parts)
    requireLiveStart(config, parts)
    this.#logger = logger ?? silentLogger
    this.#hasLogger = logger !== undefined
    this.time =
      parts.time ??
      (config.mode === 'simulation' ? new VirtualTime() : new RealTime((error) => this.#problem('timer', error)))
    this.#core = composeOrderPlane(config, {
      clock: this.time,
      logger: this.#logger,
      marks: { bid: (i) => this.quotes.bid(i), ask: (i) => this.quotes.ask(i), last: (i) => this.quotes.last(i) },
      rates: parts.rates,
      extra: extraChecks(parts),
    })
    this.#core.isReadOnly = config.readOnly ?? false
    this.risk = composeRiskDesk(config, parts, this.#core, this.time, this.#logger, (where, error) =>
      this.#problem(where, error),
    )
    this.risk.alerts.onTold = (alert) => this.events.emit('alert', alert)
    composeValidator(this.#core, config, parts, this.quotes, (...order) => this.execution.displayed(...order))
    this.instruments = this.#core.instruments
    this.portfolio = this.#core.ledger.portfolio
    this.gate = this.#core.gate
    this.operator = new OperatorDesk(this.#core, this)
    const saved = new Map<string, unknown>()
    this.instruments.restate(instruments)
    const recovery = new Recovery(this.#core, (strategy, state) => saved.set(strategy, JSON.parse(state)))
    const surroundings = this.#surroundings()
    this.journal = composeJournal(surroundings, parts, recovery)
    this.#core.open(this.journal, config.idPrefix ?? 'T', recovery.session + 1, snapshotOptions(config, parts))
    this.ring = composeRing(config)
    const defaults = orderDefaults(surroundings, this.quotes, (i, account, urgent) =>
      this.#routing.route(i, account, urgent),
    )
    this.orders = new OrderManager<C>(this.#core, defaults)
    this.#kills = new KillDesk(this.#core, this.orders, this.time, this.risk.groups, (e) => this.#problem('flatten', e))
    resources.defer(() => this.#kills.close())
    this.orders.events.on('listenerError', ({ event, error }) => this.#problem(`a listener of ${event}`, error))
    this.#watch = composeStandstillWatch(surroundings, () => this.#runs.size === 0 && this.#phase === 'running')
    this.#feeds = composeFeeds(surroundings, this.ring, () => this.#hub.wake())
    this.#core.drift.onDrift = (drift) => this.events.emit('drift', drift)
    this.dropCopy = composeDropCopies(surroundings, (report) => this.events.emit('dropCopy', report))
    this.#hub = this.#composeHub(surroundings, connectors, paper)
    this.#routing = composeRouting(surroundings, this.#feeds, this.#hub.byName, (event) =>
      this.events.emit('routing', event),
    )
    this.#streams = new Streams(this.instruments, this.#hub, this.#routing)
    this.#desk = composeStrategyDesk(surroundings, {
      ring: this.ring,
      quotes: this.quotes,
      bars: this.bars,
      wake: () => this.#hub.wake(),
      orders: this.orders,
      connectors: this.#hub.byName,
      sourcesOf: (subscription) => this.#routing.sourcesOf(subscription),
      history: parts.history,
      saved,
      onFailed: (failure) => this.events.emit('strategyFailed', failure),
      execution: () => this.execution,
    })
    this.#changes = composeConnectorChanges(surroundings, parts, this.#hub, this.#routing, this.#desk)
    this.books = composeBooks(surroundings, this.ring, this.#hub)
    this.quality = composeFeedDesk(surroundings, this.ring, this.#hub, (event) => {
      this.events.emit('feed', event)
      this.#desk.feed(event)
    })
    this.execution = composeExecution(surroundings, {
      ...{ ring: this.ring, orders: this.orders, quotes: this.quotes, defaults, algorithms, calendars },
      smartRouting: { score: (connector) => this.scoreOf(connector), ...smartRouting },
    })
    this.#deferEnd()
    for (const definition of instruments) this.addInstrument(definition)
    this.#routing.open()
    if (paper !== undefined) resources.defer(paper.follow(this.ring))
    this.shadow = composeShadow(surroundings, parts, this.ring, this.orders, (comparison) =>
      this.events.emit('shadow', comparison),
    )
    for (const strategy of strategies) this.#desk.add(strategy)
    this.#strategies = [...strategies]
    this.recovery = recovery.finish(recovery.session > 0)
  }

  #composeHub(
    surroundings: Surroundings,
    connectors: Connectors,
    paper: ReturnType<typeof composePaper>,
  ): ConnectorHub {
    return composeConnectorHub(surroundings, this.ring, this.#feeds, connectors, paper, this.dropCopy, {
      onInstrument: (index) => {
        this.risk.groups.apply()
        this.#routing.instrumentsAdded(index)
      },
      onConnection: (event) => {
        this.events.emit('connection', event)
        this.execution.wake()
        this.#desk.connection(event)
      },
      onReconciled: (report) => this.events.emit('reconciled', report),
    })
  }

  #surroundings(): Surroundings {
    const problem: Surroundings['problem'] = (where, error, strategy) => this.#problem(where, error, strategy)
    const resources = this.#resources
    return { config: this.config, core: this.#core, time: this.time, logger: this.#logger, resources, problem }
  }

  /**
   * Composes a system and recovers its journal, without connecting: for listeners that must not miss the start. Call its
   * own `start` then; `stop` ends it in any case.
   *
   * @throws TradewireError as {@link TradingSystem.start} before anything is connected. Nothing is left behind then.
   */
  static async create<C extends Connectors = Connectors>(options: TradingSystemOptions<C>): Promise<TradingSystem<C>> {
    const resources = new DisposalStack()
    try {
      return new TradingSystem<C>(options, resources)
    } catch (error) {
      await resources
        .dispose()
        .catch((cause) =>
          (options.logger ?? silentLogger).error({ error: messageOf(cause) }, 'cleaning up a failed start failed'),
        )
      throw error
    }
  }

  /**
   * Composes a system, recovers its journal, connects and reconciles, warms strategies up and starts them.
   *
   * @throws TradewireError `TW_INVALID_CONFIG`, `TW_LIVE_REFUSED`, `TW_JOURNAL_LOCKED`, `TW_JOURNAL_CORRUPT`, and whatever
   * keeps a connector or strategy from starting. Nothing is left behind then.
   */
  static async start<C extends Connectors = Connectors>(
    options: TradingSystemOptions<C>,
    how: { signal?: AbortSignal } = {},
  ): Promise<TradingSystem<C>> {
    const system = await TradingSystem.create(options)
    await system.start(how)
    return system
  }

  /**
   * Connects and reconciles, warms strategies up and starts them. Resolves when all of it is done.
   *
   * @throws TradewireError `TW_INVALID_STATE` when it was started before; `TW_DISPOSED` when it is stopped meanwhile; what
   * keeps a connector or strategy from starting, and the system is stopped then.
   */
  async start({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    if (this.#phase !== 'created')
      throw new TradewireError('TW_INVALID_STATE', `The system is ${this.#phase}; each can be started once`)
    this.#phase = 'starting'
    const both = signal === undefined ? this.#life.signal : AbortSignal.any([signal, this.#life.signal])
    this.#started = this.#connectAndStart(both)
    try {
      // Nothing moves virtual time before the market runs: connecting over a simulated line takes time all the same.
      await this.#settled(this.#started)
      this.#phase = 'running'
    } catch (error) {
      await this.#end().catch((cause) =>
        this.#logger.error({ error: messageOf(cause) }, 'cleaning up a failed start failed'),
      )
      throw this.#life.signal.aborted ? this.#life.signal.reason : error
    }
  }

  async #connectAndStart(signal: AbortSignal): Promise<void> {
    await this.#hub.startAll(signal, this.config.routing?.startWith)
    requireAccounts(this.config, this.#hub.reportedAccounts)
    this.execution.restore()
    await this.#desk.startAll(this.#strategies, signal)
    this.#hub.watch(this.config.reconciliation)
    this.dropCopy.start()
    this.risk.start(this.#hub.reportedAccounts)
    this.#kills.resume()
    this.#watchdog = composeWatchdog(this.#surroundings())
  }

  /** Whether a watchdog runs. */
  get hasWatchdog(): boolean {
    return this.#watchdog !== undefined
  }

  /** Where in its life the system is. */
  get phase(): SystemPhase {
    return this.#phase
  }

  /** Connectors by name. */
  get connectors(): ReadonlyMap<string, BaseConnector> {
    return this.#hub.byName
  }

  /** Names of the strategies that have not ended. */
  get strategies(): readonly string[] {
    return this.#desk.names
  }

  /** Reports of the reconciliations so far, by connector: the latest of each. */
  get reconciliations(): ReadonlyMap<string, ReconciliationReport> {
    return this.#hub.reports
  }

  /** What our books and somebody else's told differently so far: positions, balances, executions. */
  get drift(): DriftReport {
    return this.#core.drift.report()
  }

  /** What went wrong so far and was dealt with: how often, and the latest of it. */
  get problems(): { readonly count: number; readonly latest: readonly Problem[] } {
    return this.#problems
  }

  /** Registers an instrument, on record. The same again changes nothing. */
  addInstrument(definition: InstrumentDefinition): void {
    this.#hub.addInstrument(definition)
  }

  /**
   * Subscribes to streams: of the connector that is named, or else of all sources of the instrument's feed, or else of the
   * first connector that has such data.
   *
   * @throws TradewireError `TW_UNKNOWN_INSTRUMENT`, `TW_NOT_SUPPORTED`, `TW_INVALID_ARGUMENT`.
   */
  async subscribe(symbols: readonly string[], kinds: readonly DataKind[], connector?: string): Promise<void> {
    await this.#streams.each(symbols, kinds, connector, (source, stream) => source.subscribeTo(stream))
  }

  /** Ends what {@link subscribe} began; a stream that others use goes on. */
  async unsubscribe(symbols: readonly string[], kinds: readonly DataKind[], connector?: string): Promise<void> {
    await this.#streams.each(symbols, kinds, connector, (source, stream) => source.unsubscribeFrom(stream))
  }

  /** Routes of orders as they stand, the most particular first. */
  get routes(): RouteReport[] {
    return this.#routing.report()
  }

  /** Health score of a connector, 0 to 100; 0 for one that is not there. */
  scoreOf(connector: string): number {
    return this.#routing.health.score(this.#hub.byName.get(connector)?.source ?? -1)
  }

  /** What the sources of an instrument's feed brought; undefined for an instrument without one. */
  feedOf(symbol: string): FeedLineReport[] | undefined {
    return this.#feeds.feed(this.instruments.get(symbol).index)?.report()
  }

  /** Compares our books with a connector's venue now, and folds what follows. */
  reconcile(connector?: string, signal?: AbortSignal): Promise<ReconciliationReport> {
    return this.#hub.reconcileNow(this.#hub.get(connector), signal)
  }

  /**
   * Adds a connector. To a running system: it is connected and reconciled when this resolves, brings data to the feeds that
   * name it (`routing.later`), and takes orders by the routes. What fails leaves everything as it was.
   *
   * @throws TradewireError `TW_INVALID_CONFIG`, `TW_DUPLICATE`, `TW_CAPACITY`, `TW_INVALID_STATE`, `TW_LIVE_REFUSED`, and
   * whatever keeps the connector from starting.
   */
  async addConnector(name: string, connector: BaseConnector, how: { signal?: AbortSignal } = {}): Promise<void> {
    this.#requirePhase('connectors')
    await this.#settled(this.#changes.add(name, connector, this.#phase === 'running', how.signal))
  }

  /**
   * Takes a connector out: routes and feeds go on without it, what only it brings is asked for elsewhere, and it ends. The
   * name may be used again, for a connector to the same venue.
   *
   * @throws TradewireError `TW_INVALID_STATE` while an order is open there or its fate is not known; `TW_INVALID_ARGUMENT`.
   */
  async removeConnector(name: string): Promise<void> {
    this.#requirePhase('connectors')
    await this.#settled(this.#changes.remove(name))
  }

  /** Adds a strategy, with the state it saved before, and starts it when the system runs. @throws TradewireError as `start`. */
  async addStrategy(strategy: Strategy): Promise<void> {
    this.#requirePhase('strategies')
    requireOwnLimits(this.config, this.risk.limits.limits, strategy.name)
    this.#desk.add(strategy)
    if (this.#phase === 'created') this.#strategies.push(strategy)
    else await this.#settled(this.#desk.startAll([strategy], this.#life.signal))
  }

  #requirePhase(what: string): void {
    if (this.#phase === 'created' || this.#phase === 'running') return
    throw new TradewireError('TW_INVALID_STATE', `The system is ${this.#phase}; its ${what} cannot be changed now`)
  }

  /** Ends one strategy; with `cancel` (the default) its open orders are canceled. Returns how many cancels were asked for. */
  async removeStrategy(strategy: Strategy, { cancel = true }: { cancel?: boolean } = {}): Promise<number> {
    const { name } = strategy
    await this.#settled(this.#desk.stop(strategy))
    return cancel ? this.orders.cancelAll({ strategy: name }) : 0
  }

  /**
   * Runs the market of a simulation, or waits on real time, until the data end, `durationMs` is over or the signal fires.
   * Several markets on virtual time run as one. An abort ends it in an orderly way; it does not throw.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT`; `TW_INVALID_STATE` when it does not run, or a run is under way; `TW_BAD_ROW`,
   * `TW_FILE` from recordings; `TW_STRATEGY_FAILED` at the end of a simulation in which a hook threw and nobody listened.
   */
  async run(options: RunOptions = {}): Promise<void> {
    const { drivers } = this.#hub
    checkRunOptions(options, drivers)
    if (this.#phase !== 'running')
      throw new TradewireError('TW_INVALID_STATE', `The system is ${this.#phase}; it runs between start and stop`)
    if (this.#runs.size > 0 && this.time instanceof VirtualTime)
      throw new TradewireError('TW_INVALID_STATE', 'A run is under way; one at a time moves virtual time')
    const { signal } = options
    const both = signal === undefined ? this.#life.signal : AbortSignal.any([signal, this.#life.signal])
    const run = moveMarkets(this.time, drivers, { ...options, signal: both })
    this.#runs.add(run)
    try {
      await run
      this.#hub.drain()
    } finally {
      this.#runs.delete(run)
      if (this.#core.hasWaits) this.#watch?.begin()
    }
    if (this.time instanceof VirtualTime) this.#problems.throwUnheard()
  }

  /** Positions, exposure, profit and loss now. */
  snapshot(): PortfolioSnapshot {
    return portfolioSnapshot(this.portfolio, this.time.wallUs())
  }

  /** The state of the order plane as plain data: orders, reservations, positions, limits used. */
  exportState(): SystemState {
    return exportState(this.#core)
  }

  /** Sets a trading state, on record. @throws TradewireError `TW_INVALID_ARGUMENT`, `TW_UNAUTHORIZED`. */
  setTradingState(scope: Scope | 'group', name: string, state: TradingStateName, actor: string, reason: string): void {
    this.#kills.setState(scope, name, state, { actor, reason })
  }

  /**
   * Throws the kill switch: no new orders in the scope from this moment on, latched over restarts. `level`: only that
   * (`halt`); its open orders are canceled too (`cancel`, the default); then its positions are closed by market orders that
   * only reduce (`flatten`, for the scopes global, account, strategy and instrument). Returns how many cancels were asked
   * for; see {@link unconfirmedCancels} for those whose outcome is not known. `cancel: false` means `halt`.
   *
   * @throws TradewireError `TW_NOT_SUPPORTED` for closing the positions of a connector, which has none.
   */
  kill(options: KillOptions): number {
    return this.#kills.kill(options)
  }

  /** Open orders that a kill switch wants canceled and whose venue has not confirmed it: asked again when it comes back. */
  unconfirmedCancels(): OrderSnapshot[] {
    return this.#kills.unconfirmed()
  }

  /** Takes a kill switch back. Only a person does this. */
  releaseKill(options: { scope?: Scope | 'group'; name?: string; actor: string; reason: string }): void {
    this.#kills.release(options)
  }

  /** Bytes held by preallocated tables and buffers, by name. */
  getMemoryUse(): Record<string, number> {
    return memoryUse(this.#core, this.ring, this.quality)
  }

  /**
   * Ends the system: strategies first, then open orders by policy (with a bounded wait for the outcome of cancels), then
   * connections, then the journal. Everything it took is given back. The report says which orders stay open; they are
   * announced as a problem, too, where they should have been canceled. Calling it again gives the same report. `signal`
   * ends that wait at once, also from a later call: for a second Ctrl-C.
   */
  stop({ signal }: { signal?: AbortSignal } = {}): Promise<StopReport> {
    if (signal?.aborted) this.#hurry.abort()
    const hurry = () => this.#hurry.abort()
    signal?.addEventListener('abort', hurry, { once: true })
    this.#stopped ??= this.#stop()
    return this.#stopped.finally(() => signal?.removeEventListener('abort', hurry))
  }

  async #stop(): Promise<StopReport> {
    this.#life.abort(new TradewireError('TW_DISPOSED', 'The system was stopped'))
    if (this.#phase === 'starting') await this.#started?.catch(() => {})
    await Promise.allSettled(this.#runs)
    await this.#end()
    return this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #end(): Promise<void> {
    if (this.#phase === 'stopping' || this.#phase === 'stopped') return
    this.#phase = 'stopping'
    // Connectors that stop are no failover.
    this.#routing.close()
    try {
      await this.#settled(this.#resources.dispose())
    } finally {
      this.#phase = 'stopped'
      this.events.removeAllListeners()
      this.orders.events.removeAllListeners()
    }
  }

  /** Awaits something that virtual time has to bring about, while nobody runs the market. */
  #settled<T>(promise: Promise<T>): Promise<T> {
    return this.time instanceof VirtualTime && this.#runs.size === 0 ? this.time.settle(promise) : promise
  }

  /** Open orders at the end, by policy; then nothing waits for anything any more. */
  #deferEnd(): void {
    const { config, orders, time } = this
    const core = this.#core
    this.#resources.defer(() => this.risk.stop())
    this.#resources.defer(async () => {
      await this.#hub.stopAll()
      core.abandonWaits(new TradewireError('TW_DISPOSED', 'The system was stopped'))
    })
    const policy = config.onClose ?? (config.mode === 'live' ? 'leave' : 'cancel')
    this.#resources.defer(async () => {
      this.#closed = await closeOrders({
        orders,
        execution: this.execution,
        time,
        logger: this.#logger,
        policy,
        timeoutMs: config.closeTimeoutMs ?? defaultCloseTimeoutMs,
        signal: this.#hurry.signal,
        onProblem: (where, error) => this.#problem(where, error),
      })
    })
    this.#resources.defer(() => this.#desk.stopAll())
  }

  #problem(where: string, error: unknown, strategy?: string): void {
    const problem: Problem = { where, error, ...(strategy === undefined ? {} : { strategy }), tsUs: this.time.wallUs() }
    this.#problems.add(problem, this.#hasLogger || this.events.listenerCount('problem') > 0)
    this.#logger.error({ where, error: messageOf(error) }, 'problem')
    this.events.emit('problem', problem)
  }
}
