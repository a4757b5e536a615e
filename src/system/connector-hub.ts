/** The connectors of a system: their surroundings, their start and stop, and the reconciliation before each becomes ready. */

import type { BaseConnector } from '../connector/base-connector.js'
import type { ConnectorHost } from '../connector/connector-host.js'
import type { DropCopySink } from '../connector/drop-copy-sink.js'
import { isMarketDriver, type MarketDriver } from '../connector/market-driver.js'
import { UnbookedReports } from '../connector/unbooked-reports.js'
import { TradewireError } from '../core/errors.js'
import type { Logger } from '../core/logger.js'
import type { Random } from '../core/random.js'
import type { TimerHandle } from '../core/scheduler.js'
import type { Time } from '../core/time.js'
import type { InstrumentDefinition } from '../model/instrument.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import type { OrderCore } from '../oms/order-core.js'
import { recalledBooks } from '../oms/recalled-books.js'
import type { Reconciler, ReconciliationReport } from '../oms/reconciler.js'
import { RecordType } from '../oms/records.js'
import type { ReportIntake } from '../oms/report-intake.js'
import { StatusCode } from '../orders/codes.js'
import { lifecycle } from '../orders/derive.js'
import { Field } from '../orders/order-table.js'
import type { OrderReports } from '../orders/reports.js'
import type { IngestRing } from '../ring/ingest-ring.js'
import type { MarketSink } from '../ring/sink.js'
import { OverdueWatch } from './overdue-watch.js'
import type { ConnectionEvent } from './strategy.js'

/** From a doubt about a venue to the question. */
const doubtDelayMs = 1_000

/** What a hub works with. */
export interface ConnectorHubParts {
  core: OrderCore
  intake: ReportIntake
  reconciler: Reconciler
  ring: IngestRing
  /** Where connectors publish: the ring, or what stands before it. */
  market: MarketSink
  onInstrument: (index: number) => void
  time: Time
  random: Random
  seed: number
  logger: Logger
  instruments: InstrumentRegistry
  /** Whether the orders of a connector that were open when its connection broke are canceled when it is back. */
  cancelsOnReconnect: (connector: BaseConnector) => boolean
  /** All connectors that have to be there are; throws where they must not trade together. */
  onStarted: (connectors: ReadonlyMap<string, BaseConnector>) => void
  onConnection: (event: ConnectionEvent) => void
  onReconciled: (report: ReconciliationReport) => void
  onError: (error: unknown, where: string) => void
}

/** What sets a connector apart from one that trades. */
export interface ConnectorRole {
  /** Nothing is sent over it, and its account is nobody's business: what it reports of orders and executions is not booked. */
  isDataOnly?: boolean
  /** Where its reports go instead of the books. */
  reports?: OrderReports
  /** Where executions go that it hears over a line of its own. */
  dropCopy?: DropCopySink | undefined
}

/** So many orders are named in one message. */
const mostNamed = 20

/** Holds the connectors of one system. */
export class ConnectorHub {
  readonly byName = new Map<string, BaseConnector>()
  readonly reports = new Map<string, ReconciliationReport>()
  /** Accounts that venues have reported. */
  readonly reportedAccounts = new Set<string>()
  readonly #parts: ConnectorHubParts
  readonly #followers: ((connector: BaseConnector) => void)[] = []
  readonly #running = new Map<BaseConnector, { epoch: number; report: Promise<ReconciliationReport> }>()
  /** Indices of the connectors whose venue is to be asked. */
  readonly #doubted = new Set<number>()
  #doubtTimer: TimerHandle | undefined
  #isStopped = false
  /** Ends with the hub: reconciliations that wait for their next question are given up then. */
  readonly #life = new AbortController()
  #wakeUp: TimerHandle | undefined
  #timer: TimerHandle | undefined
  #overdue: OverdueWatch | undefined

  constructor(parts: ConnectorHubParts) {
    this.#parts = parts
    parts.instruments.onAdd = (instrument) => {
      this.#recordInstrument(instrument.definition)
      parts.onInstrument(instrument.index)
    }
  }

  /** The connectors that move a market of their own, in the order they were added. */
  get drivers(): MarketDriver[] {
    const drivers: MarketDriver[] = []
    for (const connector of this.byName.values()) if (isMarketDriver(connector)) drivers.push(connector)
    return drivers
  }

  /** A connector by name, the first one when no name is given. @throws TradewireError `TW_INVALID_ARGUMENT`. */
  get(name?: string): BaseConnector {
    const connector = name === undefined ? this.byName.values().next().value : this.byName.get(name)
    if (connector !== undefined) return connector
    throw new TradewireError(
      'TW_INVALID_ARGUMENT',
      name === undefined ? 'The system has no connector' : `There is no connector named "${name}"`,
    )
  }

  /** Adds a connector under a name. */
  add(name: string, connector: BaseConnector, role: ConnectorRole = {}): void {
    if (this.byName.has(name)) throw new TradewireError('TW_DUPLICATE', `There is a connector named "${name}" already`)
    const { core } = this.#parts
    const index = core.intern('connector', name)
    connector.attach(this.#hostFor(name, role), name, index)
    core.connectors[index] = connector
    this.byName.set(name, connector)
    connector.events.on('state', ({ from, to, reason }) => {
      this.#parts.onConnection({ connector: name, from, to, ...(reason === undefined ? {} : { reason }) })
    })
    connector.events.on('error', ({ error }) => this.#parts.onError(error, `connector ${name}`))
    for (const follower of this.#followers) follower(connector)
  }

  /** Calls `listener` with every connector there is, and with those that are added later. */
  follow(listener: (connector: BaseConnector) => void): void {
    this.#followers.push(listener)
    for (const connector of this.byName.values()) listener(connector)
  }

  /** Connects a connector that came later, as {@link startAll} does for those that were there. */
  async startLater(connector: BaseConnector, signal: AbortSignal | undefined): Promise<void> {
    if (this.#parts.core.wasKilled) this.#oweCancels(connector)
    await this.#parts.core.recorder.journal.durable()
    await connector.start(signal === undefined ? {} : { signal })
    this.#parts.onStarted(new Map([[connector.name, connector]]))
  }

  /** The comparison of a connector's venue with our books that is under way; undefined where none is. */
  comparisonOf(connector: BaseConnector): Promise<ReconciliationReport> | undefined {
    return this.#running.get(connector)?.report
  }

  /** Takes a connector out: nothing is sent over it from here on. Its end is awaited by {@link dispose}. */
  remove(connector: BaseConnector): void {
    const { name, source } = connector
    this.byName.delete(name)
    this.#parts.core.connectors[source] = undefined
    this.#doubted.delete(source)
    this.reports.delete(name)
  }

  /** Ends a connector and everything it took. */
  async dispose(connector: BaseConnector): Promise<void> {
    try {
      await connector[Symbol.asyncDispose]()
    } catch (error) {
      this.#parts.onError(error, `stopping ${connector.name}`)
    }
    this.#running.delete(connector)
  }

  /** Registers an instrument; the registry's listener puts it on record. */
  addInstrument(definition: InstrumentDefinition): void {
    this.#parts.instruments.add(definition)
  }

  /**
   * Starts all connectors at once. Resolves when they are ready, or with `any` when the first one is: the others go on
   * trying then. The journal holds the session for certain before anything is sent in it.
   */
  async startAll(signal: AbortSignal | undefined, enough: 'all' | 'any' = 'all'): Promise<void> {
    this.#tellUnattended()
    // A process that was killed lost all of its connections.
    if (this.#parts.core.wasKilled) for (const connector of this.byName.values()) this.#oweCancels(connector)
    await this.#parts.core.recorder.journal.durable()
    const connectors = [...this.byName.values()]
    const starts = connectors.map((connector) => connector.start(signal === undefined ? {} : { signal }))
    if (enough === 'all' || starts.length === 0) {
      await Promise.all(starts)
      this.#parts.onStarted(this.byName)
      return
    }
    starts.forEach((start, at) => {
      start.catch((error) => {
        if (!this.#isStopped) this.#parts.onError(error, `starting ${connectors[at]?.name}`)
      })
    })
    try {
      await Promise.any(starts)
    } catch (error) {
      throw error instanceof AggregateError ? error.errors[0] : error
    }
    this.#parts.onStarted(this.byName)
  }

  #oweCancels(connector: BaseConnector): void {
    const { core, cancelsOnReconnect } = this.#parts
    if (cancelsOnReconnect(connector)) core.controls.oweCancels(connector.source, core.table.lastNumber)
  }

  /** Stops all connectors and the timers of this hub. A connector that fails to stop harms no other. */
  async stopAll(): Promise<void> {
    this.#isStopped = true
    this.#life.abort(new TradewireError('TW_DISPOSED', 'The system was stopped'))
    this.#timer?.cancel()
    this.#overdue?.close()
    this.#wakeUp?.cancel()
    this.#doubtTimer?.cancel()
    this.drain()
    for (const connector of this.byName.values()) await this.dispose(connector)
    this.#parts.instruments.onAdd = undefined
  }

  /** Orders of an earlier session that nobody attends to in this one: their connector is not there, or here for its data only. */
  #tellUnattended(): void {
    const { core, onError } = this.#parts
    const { cells } = core.table
    const named: string[] = []
    for (const row of core.table.rows()) {
      const connector = core.connectors[cells[row + Field.connector]]
      if (cells[row + Field.isOpen] === 0 || connector?.orderCapabilities !== undefined) continue
      const id = core.names.clientOrderId(row)
      const name = core.names.connector(cells[row + Field.connector])
      const isData = connector !== undefined
      const why = isData ? 'which is used for data only in this system' : 'which is not part of this system'
      named.push(`${id} at ${name} (${core.status(cells[row])})`)
      core.anomaly(
        isData ? 'ORDER_UNATTENDED' : 'CONNECTOR_MISSING',
        cells[row],
        `Order ${id} is open at connector ${name}, ${why}`,
      )
    }
    if (named.length === 0) return
    const more = named.length > mostNamed ? `, and ${named.length - mostNamed} more` : ''
    const message = `${named.length} orders of an earlier session may still trade, and nobody attends to them: ${named.slice(0, mostNamed).join(', ')}${more}; look at their venues`
    onError(new TradewireError('TW_UNATTENDED', message, { details: { orders: named } }), 'start')
  }

  /** Asks the venues of ready connectors from now on: every `intervalMs` where that is given, and for answers that they owe. */
  watch({ intervalMs, answerWithinMs = 5_000 }: { intervalMs?: number; answerWithinMs?: number } = {}): void {
    const { core, time } = this.#parts
    const ask = (connector: BaseConnector) => this.#reconcileSoon(connector)
    this.#overdue = new OverdueWatch({
      table: core.table,
      openByConnector: core.gate.exposure.openByConnector,
      time,
      connectors: this.byName,
      withinMs: answerWithinMs,
      ask,
    })
    if (intervalMs === undefined) return
    this.#timer = time.every(intervalMs, () => {
      for (const connector of this.byName.values())
        if (connector.isReady && connector.orderCapabilities !== undefined) ask(connector)
    })
  }

  /**
   * Something that a venue said does not fit: it is asked about everything, soon. What comes in a burst is asked once.
   * `connector` by index; -1 where it is not known which: all are asked.
   */
  doubt(connector: number): void {
    this.#doubted.add(connector)
    if (this.#isStopped) return
    this.#doubtTimer ??= this.#parts.time.after(doubtDelayMs, () => {
      this.#doubtTimer = undefined
      const asked = [...this.byName.values()].filter((each) => this.#doubted.has(-1) || this.#doubted.has(each.source))
      this.#doubted.clear()
      // One that is not ready is compared with its venue before it becomes so.
      for (const each of asked) if (each.isReady && each.orderCapabilities !== undefined) this.#reconcileSoon(each)
    })
  }

  #reconcileSoon(connector: BaseConnector): void {
    this.reconcileNow(connector).catch((error) => {
      if (!this.#isStopped) this.#parts.onError(error, `reconciling ${connector.name}`)
    })
  }

  /** Compares our books with the venue of a connector now. A run over the same connection that is under way is shared. */
  reconcileNow(connector: BaseConnector, signal: AbortSignal = this.#life.signal): Promise<ReconciliationReport> {
    const { epoch } = connector
    const running = this.#running.get(connector)
    if (running?.epoch === epoch) return running.report
    const phase = connector.isReady ? 'running' : 'startup'
    const finished = () => {
      if (this.#running.get(connector)?.epoch === epoch) this.#running.delete(connector)
    }
    const report = this.#parts.reconciler.run(connector, phase, signal).then(
      (result) => {
        finished()
        this.reports.set(connector.name, result)
        this.#parts.onReconciled(result)
        return result
      },
      (error) => {
        finished()
        throw error
      },
    )
    this.#running.set(connector, { epoch, report })
    return report
  }

  /** Hands published market data to its handlers, as one turn of the order plane. */
  drain(): void {
    const { core, ring } = this.#parts
    core.beginTurn()
    try {
      ring.drain()
    } finally {
      core.endTurn()
    }
  }

  #hostFor(name: string, { isDataOnly = false, reports, dropCopy }: ConnectorRole): ConnectorHost {
    const { core, intake, market, time, random, seed, logger, instruments } = this.#parts
    return {
      time,
      random,
      seed,
      logger,
      instruments,
      market,
      isDataOnly,
      reports: reports ?? (isDataOnly ? unbooked(name, logger) : intake),
      ...(dropCopy === undefined ? {} : { dropCopy }),
      isApproved: (view) => core.gate.isOwn(view),
      leaving: (view) => core.gate.leaving(view),
      wake: () => this.wake(),
      drain: () => this.drain(),
      reconcile: (connector, signal) => this.#reconcileFirst(connector, signal),
      recall: (connector) => recalledBooks(core, connector),
      disconnected: (connector, reason) => this.#disconnected(connector, reason),
    }
  }

  /** Market data was published: its handlers run in the next turn of the loop. */
  wake(): void {
    if (this.#wakeUp !== undefined || this.#isStopped) return
    this.#wakeUp = this.#parts.time.nextTurn(() => {
      this.#wakeUp = undefined
      this.drain()
    })
  }

  async #reconcileFirst(connector: BaseConnector, signal: AbortSignal): Promise<void> {
    this.#parts.core.connected(connector.source)
    this.#parts.core.sendOwedCancels(connector.source)
    const account = await connector.queryAccountState(signal)
    for (const each of [...(account.positions ?? []), ...(account.balances ?? [])])
      this.reportedAccounts.add(each.account)
    await this.reconcileNow(connector, signal)
  }

  /** Whatever was on its way when the connection broke is of unknown fate until the venue has been asked. */
  #disconnected(connector: BaseConnector, reason: string): void {
    const { core, time } = this.#parts
    const { table } = core
    const { cells } = table
    time.requestSettling?.() // what reconnects is code that awaits
    this.#oweCancels(connector)
    core.gate.clocks?.reset(connector.source)
    core.beginTurn()
    try {
      for (const row of table.rows()) {
        if (core.connectors[cells[row + Field.connector]] !== connector || cells[row + Field.isOpen] === 0) continue
        // What is staged has not left: it will be taken back, for the connection it was approved for is gone.
        if (lifecycle(table, row) === StatusCode.SUBMITTED && cells[row + Field.isStaged] === 0)
          core.declareUnknown(row, `disconnected: ${reason}`)
      }
    } finally {
      core.endTurn()
    }
  }

  #recordInstrument(definition: Readonly<InstrumentDefinition>): void {
    const { core } = this.#parts
    core.beginTurn()
    try {
      const writer = core.recorder.begin(RecordType.instrument)
      writer.string(JSON.stringify(definition))
      core.recorder.commit()
      core.touch()
    } finally {
      core.endTurn()
    }
  }
}

function unbooked(connector: string, logger: Logger): OrderReports {
  return new UnbookedReports(() =>
    logger.warn({ connector }, 'orders and executions of a connector that is used for data only are not booked'),
  )
}
