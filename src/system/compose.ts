/** The parts of a system, put together from its configuration: journal, connectors, strategies. */
import type { Calendars } from '../calendar/calendars.js'
import type { BaseConnector } from '../connector/base-connector.js'
import { SimulatedConnector } from '../connectors/sim/simulated-connector.js'
import { canonicalJson } from '../core/digest.js'
import type { DisposalStack } from '../core/disposal.js'
import type { Logger } from '../core/logger.js'
import { nodeFileSystem } from '../core/node-file-system.js'
import { SeededRandom } from '../core/random.js'
import type { TimerHandle } from '../core/scheduler.js'
import type { Time } from '../core/time.js'
import { VirtualTime } from '../core/virtual-time.js'
import type { AlgorithmFactories } from '../execution/algorithms.js'
import { ExecutionDesk } from '../execution/desk.js'
import type { SmartRoutingOptions } from '../execution/venue-board.js'
import type { Journal } from '../journal/journal.js'
import type { JournalOpening } from '../journal/journal-store.js'
import { MemoryJournal } from '../journal/memory-journal.js'
import { openSegmentJournal } from '../journal/segment-journal.js'
import type { BarAggregator } from '../market/bar-aggregator.js'
import type { QuoteCache } from '../market/quote-cache.js'
import type { ConnectorId } from '../model/ids.js'
import type { DropCopyDesk } from '../oms/drop-copy/drop-copy-desk.js'
import type { PositionMode } from '../oms/hedging.js'
import type { OrderCore } from '../oms/order-core.js'
import type { OrderDefaults } from '../oms/order-entry.js'
import type { OrderManager } from '../oms/order-manager.js'
import { Reconciler } from '../oms/reconciler.js'
import type { Recovery } from '../oms/recovery.js'
import { ReportIntake } from '../oms/report-intake.js'
import type { SnapshotOptions } from '../oms/snapshots.js'
import { IngestRing } from '../ring/ingest-ring.js'
import { profileOf } from '../ring/profiles.js'
import type { ExtraOptions } from '../risk/extra-checks.js'
import { FeedRouter } from '../routing/feed-router.js'
import { requireEnvironment, type TradingSystemConfig } from './config.js'
import { ConnectorChanges } from './connector-changes.js'
import { ConnectorHub, type ConnectorHubParts } from './connector-hub.js'
import { deploymentOf, requireSameDeployment } from './deployment.js'
import { copiedBy, watchLine } from './drop-copies.js'
import { MarketHub } from './market-hub.js'
import { paperName, requireLiveStart, type TradingSystemParts } from './options.js'
import { powerOfTwo, sizesOf } from './order-plane.js'
import { withPreset } from './risk-config.js'
import { RiskDesk } from './risk-desk.js'
import { RoutingDesk, type RoutingEvent } from './routing-desk.js'
import { type ShadowComparison, ShadowDesk } from './shadow-desk.js'
import { StrategyDesk, type StrategyDeskParts } from './strategy-desk.js'
import type { HistoryProvider } from './warm-up.js'
import { Watchdog } from './watchdog.js'

/** What all parts of a system share. */
export interface Surroundings {
  readonly config: TradingSystemConfig
  readonly core: OrderCore
  readonly time: Time
  readonly logger: Logger
  /** Takes what has to be given back at the end. */
  readonly resources: DisposalStack
  /** Told of what went wrong and was dealt with. */
  problem(where: string, error: unknown, strategy?: string): void
}

/** How often a journal that failed is tried again where nothing else happens. */
const journalRetryMs = 1_000

/** The journal of a configuration: read into `recovery`, and open for more. */
export function composeJournal(
  surroundings: Surroundings,
  { fileSystem = nodeFileSystem, journalStore }: Pick<TradingSystemParts, 'fileSystem' | 'journalStore'>,
  recovery: Recovery,
): Journal {
  const { config, core, time, resources, problem } = surroundings
  const { journal: directory, durability, snapshots } = config
  if (directory === undefined && journalStore === undefined) {
    const memory = new MemoryJournal()
    resources.defer(() => memory.close())
    return memory
  }
  let retry: TimerHandle | undefined
  const retryLater = (): void => {
    retry ??= time.after(journalRetryMs, () => {
      retry = undefined
      if (core.turn.isOpen && core.turn.retryJournal()) retryLater()
    })
  }
  resources.defer(() => retry?.cancel())
  const opening: JournalOpening = {
    scheduler: time,
    onRecord: (type, seq, record) => recovery.apply(type, seq, record),
    onFailure: (failure) => {
      problem('journal', failure.error)
      retryLater()
    },
    ...(durability === undefined ? {} : { durability }),
    ...(snapshots?.keepSegments === undefined ? {} : { keepSegments: snapshots.keepSegments }),
  }
  const journal =
    journalStore?.open(opening) ?? openSegmentJournal({ ...opening, fileSystem, directory: directory as string })
  resources.defer(() => {
    // At a clean end the next start finds all of it in one record.
    core.writeSnapshot()
    return journal.close()
  })
  return journal
}

/** When the order plane writes snapshots; undefined where the journal is in memory. */
export function snapshotOptions(
  { journal, snapshots = {} }: TradingSystemConfig,
  { journalStore }: Pick<TradingSystemParts, 'journalStore'>,
): SnapshotOptions | undefined {
  if (journal === undefined && journalStore === undefined) return undefined
  const { everyRecords, everyMegabytes } = snapshots
  return {
    ...(everyRecords === undefined ? {} : { everyRecords }),
    ...(everyMegabytes === undefined ? {} : { everyBytes: everyMegabytes * 1_048_576 }),
  }
}

/** The connectors of a system, with the intake of their reports and the reconciliation with their venues. */
export function composeConnectorHub(
  { config, core, time, logger, problem }: Surroundings,
  ring: IngestRing,
  feeds: FeedRouter,
  connectors: Readonly<Record<string, BaseConnector>>,
  paper: SimulatedConnector | undefined,
  dropCopies: DropCopyDesk,
  listeners: Pick<ConnectorHubParts, 'onConnection' | 'onReconciled' | 'onInstrument'>,
): ConnectorHub {
  const { reconciliation = {}, onOverfill = 'halt', externalOrders = 'adopt', seed = 1 } = config
  const { notFound, positionMismatch, venueGraceMs, onDrift, balanceTolerance } = reconciliation
  const intake = new ReportIntake(core, { onOverfill, external: externalOrders })
  const reconciler = new Reconciler(core, intake, time, {
    ...(notFound === undefined ? {} : { notFound }),
    ...(positionMismatch === undefined ? {} : { positionMismatch }),
    ...(venueGraceMs === undefined ? {} : { venueGraceUs: venueGraceMs * 1_000 }),
    ...(onDrift === undefined ? {} : { onDrift }),
    ...(balanceTolerance === undefined ? {} : { balanceTolerance: String(balanceTolerance) }),
    ...(config.accounts === undefined ? {} : { accountOf: (name: string) => accountOver(config, name) }),
  })
  const hub = new ConnectorHub({
    core,
    intake,
    reconciler,
    ring,
    // Without feeds nothing stands between the connectors and the ring.
    market: config.routing?.feeds === undefined ? ring : feeds,
    time,
    random: new SeededRandom(seed),
    seed,
    logger,
    instruments: core.instruments,
    cancelsOnReconnect: (connector) => cancelsOnReconnect(config, connector),
    onStarted: (byName) => requireSameDeployment(deploymentOf(config), config.deployment, byName),
    ...listeners,
    onError: (error, where) => problem(where, error),
  })
  core.onDoubt = (connector) => hub.doubt(connector)
  const all = paper === undefined ? connectors : { ...connectors, [paperName]: paper }
  for (const [name, connector] of Object.entries(all)) {
    const copied = copiedBy(config.dropCopy?.lines, name)
    const isDataOnly = (paper !== undefined && connector !== paper) || copied !== undefined
    if (!isDataOnly) requireEnvironment(config, name, connector.capabilities.orders?.environment)
    hub.add(name, connector, {
      isDataOnly,
      ...(copied === undefined ? { dropCopy: dropCopies.sink(name) } : { reports: dropCopies.reportsOf(copied) }),
    })
    if (copied !== undefined) watchLine(dropCopies, copied, connector, time, (error, where) => problem(where, error))
  }
  return hub
}

/** Who adds and removes connectors while the system runs. */
export function composeConnectorChanges(
  { config, core }: Surroundings,
  parts: TradingSystemParts,
  hub: ConnectorHub,
  routing: RoutingDesk,
  desk: StrategyDesk,
): ConnectorChanges {
  return new ConnectorChanges({
    config,
    core,
    hub,
    routing,
    desk,
    isPaper: parts.paper !== undefined,
    requireLive: (name, connector) => requireLiveStart(config, { ...parts, connectors: { [name]: connector } }),
  })
}

/** Shadow mode; undefined where it is not asked for. */
export function composeShadow(
  { core, time, config, resources }: Surroundings,
  { shadow }: TradingSystemParts,
  ring: IngestRing,
  orders: OrderManager,
  onCompared: (comparison: ShadowComparison) => void,
): ShadowDesk | undefined {
  if (shadow === undefined) return undefined
  const desk = new ShadowDesk(core, time, config.seed ?? 1, shadow === true ? {} : shadow)
  desk.onCompared = onCompared
  resources.defer(() => desk.close())
  desk.follow(ring, orders)
  return desk
}

/** By policy, unless the venue cancels by itself when the connection breaks. */
function cancelsOnReconnect({ onDisconnect = 'leave' }: TradingSystemConfig, connector: BaseConnector): boolean {
  const policy = typeof onDisconnect === 'string' ? onDisconnect : (onDisconnect[connector.name] ?? onDisconnect['*'])
  return policy === 'cancelOnReconnect' && connector.orderCapabilities?.cancelOnDisconnect !== 'venue'
}

/** A watchdog, where one is asked for and time is real. */
export function composeWatchdog({ config, core, time, resources, problem }: Surroundings): Watchdog | undefined {
  const { watchdog } = config
  if (watchdog === undefined || watchdog === false || time instanceof VirtualTime) return undefined
  const dog = new Watchdog(core, time, watchdog, (error) => problem('watchdog', error))
  resources.defer(() => dog.stop())
  return dog
}

/** The simulated venue of paper trading; undefined where orders go to the connectors. */
export function composePaper({ paper }: TradingSystemParts): SimulatedConnector | undefined {
  return paper === undefined ? undefined : new SimulatedConnector(paper === true ? {} : paper)
}

/** What stands between the connectors and the ring. */
export function composeFeeds({ core, time }: Surroundings, ring: IngestRing, wake: () => void): FeedRouter {
  const { instruments, names } = core
  return new FeedRouter({
    sink: ring,
    time,
    instrumentId: (instrument) => instruments.at(instrument).id,
    sourceId: (source) => names.connector(source) as ConnectorId,
    wake,
  })
}

/** Where orders go, and whose market data are listened to. */
export function composeRouting(
  { config, core, time, resources, problem }: Surroundings,
  feeds: FeedRouter,
  connectors: ReadonlyMap<string, BaseConnector>,
  onSwitch: (event: RoutingEvent) => void,
): RoutingDesk {
  const desk = new RoutingDesk({
    core,
    feeds,
    connectors,
    time,
    config: config.routing ?? {},
    onSwitch,
    onError: (error, where) => problem(where, error),
  })
  resources.defer(() => desk.close())
  return desk
}

/** Who works orders that have an algorithm. */
export function composeExecution(
  { config, core, time, problem }: Surroundings,
  parts: {
    ring: IngestRing
    orders: OrderManager
    quotes: QuoteCache
    defaults: OrderDefaults
    algorithms: AlgorithmFactories | undefined
    calendars: Pick<Calendars, 'has'> | undefined
    smartRouting: SmartRoutingOptions | undefined
  },
): ExecutionDesk {
  const { ring, algorithms, calendars, smartRouting, defaults, ...rest } = parts
  const { account, strategy, route } = defaults
  const desk = new ExecutionDesk({
    ...rest,
    account,
    strategy,
    route,
    core,
    time,
    seed: config.seed ?? 1,
    ...(algorithms === undefined ? {} : { algorithms }),
    ...(calendars === undefined ? {} : { calendars }),
    ...(smartRouting === undefined ? {} : { smartRouting }),
    onError: (error, where) => problem(where, error),
  })
  desk.attach(ring)
  return desk
}

/** What {@link composeStrategyDesk} works with. */
export interface StrategyParts
  extends Pick<StrategyDeskParts, 'connectors' | 'sourcesOf' | 'saved' | 'onFailed' | 'execution'> {
  ring: IngestRing
  quotes: QuoteCache
  bars: BarAggregator
  orders: OrderManager
  history: HistoryProvider | undefined
  /** Has the ring drained in the next turn. */
  wake: () => void
}

/** The strategies of a system, and the market data they see. */
export function composeStrategyDesk(
  { config, core, time, logger, problem }: Surroundings,
  { ring, history, wake, ...parts }: StrategyParts,
): StrategyDesk {
  const hub = new MarketHub({
    ring,
    gate: core.gate,
    quotes: parts.quotes,
    bars: parts.bars,
    instruments: core.instruments,
    policy: config.overflow ?? (config.mode === 'simulation' ? 'backpressure' : 'conflate'),
    time,
    // On virtual time an event is handled at its own time; there is no load to trade delay for.
    conflationMs:
      config.profile === undefined || time instanceof VirtualTime ? 0 : profileOf(config.profile).conflationMs,
    wake,
    onError: (error, where) => problem(where, error),
  })
  return new StrategyDesk({
    ...parts,
    ...(history === undefined ? {} : { history }),
    core,
    hub,
    time,
    random: new SeededRandom(config.seed ?? 1),
    logger,
    policy: config.onStrategyError ?? 'stop-strategy',
    onError: (error, where, strategy) => problem(where, error, strategy),
  })
}

/** Where orders go that do not say it themselves. */
export function orderDefaults(
  { config, core }: Pick<Surroundings, 'config' | 'core'>,
  quotes: QuoteCache,
  route: OrderDefaults['route'],
): OrderDefaults {
  const { accounts } = config
  return {
    account: config.account ?? config.live?.account ?? 'PAPER',
    ...(accounts === undefined
      ? {}
      : { accountOf: (connector) => accountOver(config, core.names.connector(connector) ?? '') }),
    strategy: 'HOST',
    ...(config.positionMode === undefined ? {} : { positionModeOf: (strategy) => positionModeOf(config, strategy) }),
    route,
    lacksTrades: (i) => Number.isNaN(quotes.last(i)) && !(Number.isNaN(quotes.bid(i)) && Number.isNaN(quotes.ask(i))),
  }
}

function positionModeOf({ positionMode = 'netting' }: TradingSystemConfig, strategy: string): PositionMode {
  if (typeof positionMode === 'string') return positionMode
  const named = Object.hasOwn(positionMode, strategy) ? positionMode[strategy] : positionMode['*']
  return named ?? 'netting'
}

/** The account of orders over a connector that name none. */
function accountOver(config: TradingSystemConfig, connector: string): string {
  return config.accounts?.[connector] ?? config.account ?? config.live?.account ?? 'PAPER'
}

/** Every account that a configuration names. */
function accountsOf(config: TradingSystemConfig): string[] {
  return [accountOver(config, ''), ...Object.values(config.accounts ?? {}), ...(config.live?.accounts ?? [])]
}

/** Breakers, alerts and changing limits of a configuration. Before the journal is read: it tells them what they were. */
export function composeRiskDesk(
  config: TradingSystemConfig,
  {
    alertSinks = [],
    authorizeLimits,
    riskRules = [],
  }: Pick<TradingSystemParts, 'alertSinks' | 'authorizeLimits' | 'riskRules'>,
  core: OrderCore,
  time: Time,
  logger: Logger,
  onProblem: (where: string, error: unknown) => void,
): RiskDesk {
  const { risk, breakers } = withPreset(config)
  const { baseCurrency = 'USD' } = config
  const deployment = deploymentOf(config)
  core.deployment = canonicalJson(deployment)
  return new RiskDesk({
    core,
    time,
    logger,
    limits: { baseCurrency, ...risk },
    breakers,
    deployment,
    isAlwaysOn: config.mode === 'live',
    sinks: alertSinks,
    rules: riskRules,
    largeOrders: config.largeOrders,
    governance: {
      ...(config.riskCeilings === undefined ? {} : { ceilings: config.riskCeilings }),
      ...(authorizeLimits === undefined ? {} : { authorize: authorizeLimits }),
    },
    configured: { accounts: accountsOf(config), connectors: config.routing?.later ?? [] },
    onProblem,
  })
}

/** Controls of the host. */
export function extraChecks({ riskChecks, marginModel }: TradingSystemParts): ExtraOptions {
  return {
    ...(riskChecks === undefined ? {} : { checks: riskChecks }),
    ...(marginModel === undefined ? {} : { marginModel }),
  }
}

/** The ring that market data pass. */
export function composeRing(config: TradingSystemConfig): IngestRing {
  const { instrument: instruments, connector: sources } = sizesOf(config)
  const usual = config.profile === undefined ? 65_536 : profileOf(config.profile).ring
  return new IngestRing({ capacity: powerOfTwo(config.limits?.ring ?? usual), instruments, sources })
}
