/**
 * The base of every connector. A new venue is a subclass that implements the twelve methods at the end of the class; all
 * else is done here, each concern in a file of its own:
 *
 *   connection.ts      the life of the connection: reconnecting, and what a loss means
 *   order-sender.ts    the last steps of an order before the wire
 *   venue-calls.ts     questions: in their turn, within their time
 *   subscriptions.ts   streams, asked for anew over every connection
 *   health-watch.ts    finds half-open lines          freshness.ts      finds streams that went quiet
 *   pacing/            the venue's message limits, cancels before everything else
 *   wire-ids.ts, sequence-tracker.ts                  for subclasses to use
 *
 * And the rule that no subclass can break: nothing is sent to a venue but orders a risk gate approved, and none before the
 * venue has been reconciled.
 */
import { TypedEmitter } from '../core/emitter.js'
import { messageOf, TradewireError } from '../core/errors.js'
import type { BrokerOrder } from '../model/algo.js'
import { algoError } from '../model/algo-error.js'
import type { ConnectorId } from '../model/ids.js'
import type { InstrumentDefinition } from '../model/instrument.js'
import type { Discontinuity, MarketEvent } from '../model/market-data.js'
import type { ApprovedOrder, ApprovedReplace, CancelRequest } from '../orders/approved-order.js'
import type { VenueAccountReport, VenueFillReport, VenueOrderReport } from '../orders/venue-reports.js'
import { type ConnectorCapabilities, type OrderCapabilities, OrderSupport } from './capabilities.js'
import { ConnectionLoop } from './connection.js'
import type { ConnectionState } from './connection-state.js'
import type { ConnectorEvents } from './connector-events.js'
import type { ConnectorHealth } from './connector-health.js'
import type { ConnectorHost } from './connector-host.js'
import { type CheckedConnectorOptions, type ConnectorOptions, checkConnectorOptions } from './connector-options.js'
import { FreshnessWatch, type Stream, type StreamReport } from './freshness.js'
import { HealthWatch } from './health-watch.js'
import type { HistoryRequest } from './history.js'
import { hostWithMarket } from './host-view.js'
import { MonitoredSink } from './monitored-sink.js'
import { OrderSender } from './order-sender.js'
import { Pacer, PacingRank } from './pacing/pacer.js'
import type { PacingClass } from './pacing/pacing-options.js'
import { SequenceTracker } from './sequence-tracker.js'
import { ConnectorStatistics } from './statistics.js'
import { type Subscription, SubscriptionDesk } from './subscriptions.js'
import { VenueCalls } from './venue-calls.js'

export type { ConnectorEvents } from './connector-events.js'
export type { ConnectorOptions } from './connector-options.js'

/** What exists once the connector belongs to a system. */
interface Parts {
  readonly host: ConnectorHost
  readonly pacer: Pacer | undefined
  readonly sender: OrderSender
  readonly calls: VenueCalls
  readonly health: HealthWatch
  readonly freshness: FreshnessWatch
  readonly desk: SubscriptionDesk
}

/** Abstract base of all connectors. */
export abstract class BaseConnector {
  /** What the venue can do. Constant over the life of the connector. */
  abstract readonly capabilities: ConnectorCapabilities

  readonly events = new TypedEmitter<ConnectorEvents>()
  readonly statistics = new ConnectorStatistics()
  readonly #options: CheckedConnectorOptions
  readonly #loop: ConnectionLoop
  readonly #sequences = new Map<string, SequenceTracker>()
  #parts: Parts | undefined
  #name = ''
  #source = -1
  #support: OrderSupport | undefined
  #attemptNs = 0
  #probedNs = Number.NaN

  /** @throws TradewireError `TW_INVALID_CONFIG` naming the option. */
  constructor(options: ConnectorOptions = {}) {
    this.#options = checkConnectorOptions(options)
    this.#loop = new ConnectionLoop(
      {
        open: (signal) => this.#open(signal),
        close: () => this.disconnect(),
        prepare: (signal) => this.#prepare(signal),
        onState: (from, to, reason) =>
          this.events.emit('state', { connector: this.#name, from, to, ...(reason === undefined ? {} : { reason }) }),
        onFailedAttempt: (attempt, delayMs, error) => this.#onFailedAttempt(attempt, delayMs, error),
        onReady: () => this.#onReady(),
        onLost: (reason) => this.#onLost(reason),
        onProblem: (error) => this.problem(error),
      },
      this.#options,
    )
  }

  /** The name it was added under; empty before that. */
  get name(): string {
    return this.#name
  }

  /** Small integer that stands for the connector in rings and tables; -1 before it was added. */
  get source(): number {
    return this.#source
  }

  get state(): ConnectionState {
    return this.#loop.state
  }

  /** Whether it takes new orders: connected and reconciled. */
  get isReady(): boolean {
    return this.#loop.state === 'ready'
  }

  /** Counts connections; a late success of an earlier connection shows an older number. */
  get epoch(): number {
    return this.#loop.epoch
  }

  /** What it takes as orders here: nothing where its host wants its data only. */
  get orderCapabilities(): OrderCapabilities | undefined {
    return this.#parts?.host.isDataOnly === true ? undefined : this.capabilities.orders
  }

  /** Its order capabilities in the form the risk gate checks. */
  get support(): OrderSupport {
    this.#support ??= new OrderSupport(this.orderCapabilities)
    return this.#support
  }

  /** Streams it is subscribed to. */
  get subscriptions(): Subscription[] {
    return this.#parts?.desk.list() ?? []
  }

  /** The same with the state of each stream, and how long nothing came. */
  get streams(): StreamReport[] {
    return this.#parts?.desk.report() ?? []
  }

  /** Health now, from what is known already: asks nobody. */
  get health(): ConnectorHealth {
    const nowNs = this.#parts?.host.time.monotonicNs() ?? Number.NaN
    const streams = this.streams
    return {
      state: this.state,
      isReady: this.isReady,
      epoch: this.epoch,
      readyForMs: this.isReady ? (nowNs - this.#loop.readyAtNs) / 1e6 : Number.NaN,
      probeAgeMs: (nowNs - this.#probedNs) / 1e6,
      streams: streams.length,
      staleStreams: streams.filter(({ state }) => state === 'stale').length,
      waitingMessages: this.#parts?.pacer?.waiting ?? 0,
    }
  }

  /** Gives the connector its surroundings. Called once, by the system it is added to. */
  attach(host: ConnectorHost, name: string, source: number): void {
    if (this.#parts !== undefined)
      throw new TradewireError(
        'TW_INVALID_STATE',
        `Connector ${this.#name} belongs to a system already; make one connector for each`,
      )
    this.#name = name
    this.#source = source
    this.#parts = this.#assemble(host)
    this.#support = undefined
    this.#loop.attach(name, host.time, host.random)
    this.events.onListenerError = (error) =>
      host.logger.error({ connector: name, error: messageOf(error) }, 'a listener threw')
  }

  /** Connects, reconciles, and stays connected until {@link stop}. Resolves when it is ready for the first time. */
  async start(options: { signal?: AbortSignal } = {}): Promise<void> {
    this.#assembled
    await this.#loop.start(options.signal)
  }

  /** Disconnects for good. Orders at the venue stay as they are; the system decides about them before. */
  stop(): Promise<void> {
    return this.#loop.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    this.events.removeAllListeners()
  }

  // ---- Data ------------------------------------------------------------------------------------------------------------

  /**
   * Subscribes to a stream, now if connected and after every reconnect. Resolves when the venue was asked; when the venue
   * refuses, the subscription does not stand.
   *
   * @throws TradewireError `TW_NOT_SUPPORTED` for a kind of data that the venue does not have; `TW_TIMEOUT`, `TW_ABORTED`.
   */
  async subscribeTo(subscription: Subscription, signal?: AbortSignal): Promise<void> {
    const { data } = this.capabilities
    if (!data.includes(subscription.kind))
      throw new TradewireError(
        'TW_NOT_SUPPORTED',
        `Connector ${this.#name} has no ${subscription.kind}; it has ${data.join(', ') || 'no data'}`,
      )
    await this.#assembled.desk.add(subscription, signal)
  }

  /** Ends one use of a stream; the venue is told after the last. */
  async unsubscribeFrom(subscription: Subscription, signal?: AbortSignal): Promise<void> {
    await this.#assembled.desk.remove(subscription, signal)
  }

  /** History, in its turn and within its time-out. @throws TradewireError `TW_NOT_SUPPORTED` where the venue has none of the kind. */
  queryHistory(request: HistoryRequest, signal?: AbortSignal): Promise<MarketEvent[]> {
    if (this.capabilities.history?.includes(request.kind) !== true)
      return Promise.reject(
        new TradewireError('TW_NOT_SUPPORTED', `Connector ${this.#name} has no history of ${request.kind}`),
      )
    return this.#assembled.calls.query({
      kind: 'history',
      what: `query history of ${request.kind}`,
      timeoutMs: this.#options.historyTimeoutMs,
      signal,
      run: (inner) => this.fetchHistory(request, inner),
    })
  }

  // ---- Orders ----------------------------------------------------------------------------------------------------------

  /**
   * Refuses a broker's algorithm that this connector could not ask for, before there is an order. Connectors whose
   * capabilities name algorithms check the parameters here too.
   *
   * @throws TradewireError `TW_INVALID_ALGO`.
   */
  requireAlgorithm({ algo }: BrokerOrder): void {
    if (this.support.hasAlgorithm(algo.type)) return
    throw algoError('UNKNOWN_ALGORITHM', 'algo.workedBy', `broker is not possible: ${this.name} has no ${algo.type}`)
  }

  /**
   * Sends an approved order. Synchronous: when it returns, the bytes are with the transport.
   *
   * @throws TradewireError `TW_NOT_APPROVED` for anything a gate did not make; `TW_NOT_READY`, `TW_NOT_SUPPORTED`,
   * `TW_THROTTLED` (no pacing slot: orders do not wait): nothing was sent. Any other error means that it may have left.
   */
  submit(order: ApprovedOrder): void {
    this.#assembled.sender.submit(order)
  }

  /** Sends an approved change. Errors as {@link submit}. */
  replace(change: ApprovedReplace): void {
    this.#assembled.sender.replace(change)
  }

  /**
   * Sends a cancel: also while reconciling, for a cancel only ever makes things safer. Where the venue's message limit is
   * used up, it leaves as soon as anything may; when the connection breaks before that, it is reported as rejected.
   *
   * @throws TradewireError `TW_NOT_CONNECTED` when there is no connection, `TW_THROTTLED` when too many cancels wait: it was
   * not sent.
   */
  cancel(request: CancelRequest): void {
    this.#assembled.sender.cancel(request)
  }

  /** Whether so many messages of a class could be sent now. The risk gate asks before it approves an order. Takes nothing. */
  hasRoomFor(kind: PacingClass, messages = 1): boolean {
    return this.#parts?.pacer?.hasRoom(PacingRank[kind], messages) ?? true
  }

  /** An order was refused before its approval, for {@link hasRoomFor} said no: counted and told as if it had come this far. */
  heldBack(kind: 'reduce' | 'order'): void {
    this.#parts?.pacer?.countRefusal(PacingRank[kind])
    this.#parts?.sender.heldBack(PacingRank[kind])
  }

  /** The venue's orders, within the query time-out. */
  queryOrders(signal?: AbortSignal): Promise<VenueOrderReport[]> {
    return this.#query('orders', signal, (inner) => this.fetchOrders(inner))
  }

  /** The venue's executions since a venue time in epoch microseconds. */
  queryFills(sinceUs: number, signal?: AbortSignal): Promise<VenueFillReport[]> {
    return this.#query('fills', signal, (inner) => this.fetchFills(sinceUs, inner))
  }

  /**
   * How far back the venue's lists of orders and executions are complete, in microseconds before now: of what ended earlier
   * it may have forgotten some, and what is not listed may have been there. Infinity: it forgets nothing. Counts only where
   * the capabilities claim `fullHistory`, and is read after the answers have come.
   */
  get historyReachUs(): number {
    return Number.POSITIVE_INFINITY
  }

  /** The venue's positions and balances. */
  queryAccountState(signal?: AbortSignal): Promise<VenueAccountReport> {
    return this.#query('account state', signal, (inner) => this.fetchAccountState(inner))
  }

  // ---- For subclasses --------------------------------------------------------------------------------------------------

  /** The surroundings given by {@link attach}: ports, instruments, where data and reports go. */
  protected get host(): ConnectorHost {
    return this.#assembled.host
  }

  /** Market data was published. Counts it and wakes the handlers. `tsEventUs` and `tsRecvUs` of the newest event. */
  protected published(events: number, tsEventUs: number, tsRecvUs: number): void {
    this.statistics.updates += events
    if (tsEventUs > 0) this.statistics.feedLatency.record(Math.max(0, tsRecvUs - tsEventUs) * 1_000)
    this.host.wake()
  }

  /** The connection broke. Safe to call at any time and more than once. Nothing is sent after it returns. */
  protected connectionLost(reason: string): void {
    this.#loop.lost(reason)
  }

  /** Something went wrong that does not end the connection. */
  protected problem(error: unknown): void {
    this.statistics.errors++
    this.host.logger.warn({ connector: this.#name, error: messageOf(error) }, 'connector problem')
    this.events.emit('error', { connector: this.#name, error })
  }

  /**
   * Follows the sequence numbers of a stream of the venue; they start anew with every connection. A gap is counted and
   * announced; with an `instrument` it is also published as a {@link Discontinuity}, before the message that comes after it.
   */
  protected sequence(
    name: string,
    options: { instrument?: number; stream?: Discontinuity['stream'] } = {},
  ): SequenceTracker {
    let tracker = this.#sequences.get(name)
    if (tracker === undefined) {
      const { instrument, stream = 'all' } = options
      tracker = new SequenceTracker((from, to) => this.#onGap(name, instrument, stream, from, to))
      this.#sequences.set(name, tracker)
    }
    return tracker
  }

  /**
   * Waits for a pacing slot and runs a further request of an operation: a page of a list, say. The first request of every
   * operation has its slot already.
   */
  protected paced<T>(kind: PacingClass, weight: number, signal: AbortSignal, request: () => Promise<T>): Promise<T> {
    const { pacer } = this.#assembled
    return pacer === undefined ? request() : pacer.run(PacingRank[kind], request, { weight, signal })
  }

  /** The venue says that streams may be dead: those that are meant are stale at once, until something comes. */
  protected streamsSuspect(reason: string, isMeant: (subscription: Subscription) => boolean = () => true): void {
    this.#parts?.freshness.suspect(reason, isMeant)
  }

  /** A piece of history, for venues whose capabilities name some. */
  protected fetchHistory(request: HistoryRequest, _signal: AbortSignal): Promise<MarketEvent[]> {
    return Promise.reject(
      new TradewireError('TW_NOT_SUPPORTED', `Connector ${this.#name} names history of ${request.kind} and has none`),
    )
  }

  // ---- Inside ----------------------------------------------------------------------------------------------------------

  get #assembled(): Parts {
    if (this.#parts === undefined)
      throw new TradewireError('TW_INVALID_STATE', 'The connector was not added to a system yet')
    return this.#parts
  }

  #assemble(given: ConnectorHost): Parts {
    const { time } = given
    const { pacing, staleAfterMs, healthIntervalMs } = this.#options
    const sink = new MonitoredSink(given.market)
    const host = hostWithMarket(given, sink)
    const isConnected = () => this.#loop.isConnected
    const pacer = pacing === undefined ? undefined : new Pacer(pacing, time)
    if (pacer !== undefined) {
      pacer.onWaited = (_rank, waitedNs) => this.statistics.pacingWait.record(waitedNs)
      this.statistics.pacing = () => pacer.report()
    }
    const sender = new OrderSender({
      name: this.#name,
      host,
      pacer,
      statistics: this.statistics,
      support: () => this.support,
      state: () => this.#loop.state,
      isConnected,
      sendNew: (order) => this.sendNew(order),
      sendReplace: (change) => this.sendReplace(change),
      sendCancel: (request) => this.sendCancel(request),
      onThrottled: (kind) => this.events.emit('throttled', { connector: this.#name, class: kind }),
      onProblem: (error) => this.problem(error),
    })
    const calls = new VenueCalls(this.#name, time, pacer, this.statistics, isConnected)
    const freshness = new FreshnessWatch(staleAfterMs, sink, time, (stream, ageMs, reason) =>
      this.#onStream(stream, ageMs, reason),
    )
    const desk = this.#subscriptionDesk(calls, freshness, isConnected)
    const health = new HealthWatch(time, healthIntervalMs, {
      // A health check is as urgent as what takes risk away: behind queries it could wait until the line is long dead.
      probe: (onSent) =>
        calls.call({
          kind: 'reduce',
          what: 'probe',
          timeoutMs: this.#options.probeTimeoutMs,
          onSent,
          run: (signal) => this.probe(signal),
        }),
      onAnswer: (latencyNs) => this.#onProbe(latencyNs),
      onFailure: (reason) => this.#onProbeFailed(reason),
    })
    return { host, pacer, sender, calls, health, freshness, desk }
  }

  #subscriptionDesk(calls: VenueCalls, freshness: FreshnessWatch, isConnected: () => boolean): SubscriptionDesk {
    const { subscribeTimeoutMs: timeoutMs } = this.#options
    return new SubscriptionDesk(
      {
        ask: (subscription, signal, onSent) =>
          calls.call({
            kind: 'subscription',
            what: `subscribe to ${subscription.kind}`,
            timeoutMs,
            signal,
            onSent,
            run: (inner) => this.subscribe(subscription, inner),
          }),
        end: (subscription, signal) =>
          calls.call({
            kind: 'subscription',
            what: `unsubscribe from ${subscription.kind}`,
            timeoutMs,
            signal,
            run: (inner) => this.unsubscribe(subscription, inner),
          }),
        isConnected,
        onChange: (stream, ageMs, reason) => this.#onStream(stream, ageMs, reason),
        onProblem: (error) => this.problem(error),
      },
      freshness,
    )
  }

  #query<T>(what: string, signal: AbortSignal | undefined, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { queryTimeoutMs: timeoutMs } = this.#options
    return this.#assembled.calls.query({ kind: 'query', what: `query ${what}`, timeoutMs, signal, run })
  }

  async #open(signal: AbortSignal): Promise<void> {
    this.#attemptNs = this.host.time.monotonicNs()
    await this.connect(signal)
  }

  #onFailedAttempt(attempt: number, delayMs: number, error: unknown): void {
    this.statistics.failedConnects++
    this.problem(error)
    this.events.emit('reconnecting', { connector: this.#name, attempt, delayMs, error })
  }

  /** From connected to agreed with the venue. Streams are asked for meanwhile: trading does not wait for them. */
  async #prepare(signal: AbortSignal): Promise<void> {
    const { host, desk, calls } = this.#assembled
    calls.connection = signal
    this.statistics.connects++
    const definitions = await calls.call({
      kind: 'query',
      what: 'load instruments',
      timeoutMs: this.#options.queryTimeoutMs,
      run: (inner) => this.loadInstruments(inner),
    })
    if (signal.aborted) return
    for (const definition of definitions) host.instruments.add(definition)
    desk.askAll().catch((error: unknown) => this.problem(error))
    if (this.orderCapabilities !== undefined) await host.reconcile(this, signal)
  }

  #onReady(): void {
    const { host, health } = this.#assembled
    this.statistics.connectLatency.record(host.time.monotonicNs() - this.#attemptNs)
    health.start()
    this.events.emit('ready', { connector: this.#name, epoch: this.epoch })
  }

  /** The connection is over from this line on: nothing is sent, and the system knows. */
  #onLost(reason: string): void {
    const { host, pacer, health, desk } = this.#assembled
    health.stop()
    desk.connectionEnded()
    for (const tracker of this.#sequences.values()) tracker.restart()
    this.statistics.disconnects++
    host.disconnected(this, reason)
    pacer?.drop(new TradewireError('TW_NOT_CONNECTED', `Connector ${this.#name} lost its connection: ${reason}`))
    this.events.emit('disconnected', { connector: this.#name, epoch: this.epoch, reason })
  }

  #onProbe(latencyNs: number): void {
    this.#probedNs = this.host.time.monotonicNs()
    this.statistics.probeLatency.record(latencyNs)
    this.events.emit('health', { connector: this.#name, isHealthy: true, latencyMs: latencyNs / 1e6 })
  }

  #onProbeFailed(reason: string): void {
    this.events.emit('health', { connector: this.#name, isHealthy: false, latencyMs: Number.NaN, reason })
    this.connectionLost(`health check failed: ${reason}`)
  }

  #onStream({ subscription, state }: Stream, ageMs: number, reason?: string): void {
    if (state === 'stale') this.statistics.staleStreams++
    const { kind, instrument } = subscription
    const details = reason === undefined ? {} : { reason }
    this.events.emit('stream', { connector: this.#name, kind, instrument, state, ageMs, ...details })
  }

  #onGap(name: string, index: number | undefined, stream: Discontinuity['stream'], from: number, to: number): void {
    const missing = to - from + 1
    this.statistics.gaps++
    this.statistics.missed += missing
    const { market, instruments, time } = this.host
    if (index !== undefined) {
      const tsRecvUs = time.wallUs()
      const note: Discontinuity = {
        kind: 'discontinuity',
        instrument: instruments.at(index).id,
        source: this.#name as ConnectorId,
        stream,
        reason: 'missing',
        missing,
        tsEventUs: tsRecvUs,
        tsRecvUs,
      }
      market.publishNote(index, this.#source, note, tsRecvUs, tsRecvUs)
    }
    this.events.emit('gap', { connector: this.#name, stream: name, from, to })
  }

  // ---- What a venue implements -------------------------------------------------------------------------------------------

  /** Opens the connection and logs on. Called again after a loss. */
  protected abstract connect(signal: AbortSignal): Promise<void>
  /** Closes the connection and forgets everything that belonged to it. Must work on a broken one. */
  protected abstract disconnect(): Promise<void>
  /** A cheap question that proves the venue alive. */
  protected abstract probe(signal: AbortSignal): Promise<void>
  /** The instruments the venue offers, or those the host needs to know. */
  protected abstract loadInstruments(signal: AbortSignal): Promise<InstrumentDefinition[]>
  /** Asks for a stream. Data goes to `host.market`. */
  protected abstract subscribe(subscription: Subscription, signal: AbortSignal): Promise<void>
  /** Ends a stream. */
  protected abstract unsubscribe(subscription: Subscription, signal: AbortSignal): Promise<void>
  /** Hands an order to the transport, at once. Outcomes come as reports. */
  protected abstract sendNew(order: ApprovedOrder): void
  /** Hands a change to the transport, at once. */
  protected abstract sendReplace(change: ApprovedReplace): void
  /** Hands a cancel to the transport, at once. */
  protected abstract sendCancel(request: CancelRequest): void
  /** The venue's open orders, and those closed recently where it tells. */
  protected abstract fetchOrders(signal: AbortSignal): Promise<VenueOrderReport[]>
  /** The venue's executions since a venue time. */
  protected abstract fetchFills(sinceUs: number, signal: AbortSignal): Promise<VenueFillReport[]>
  /** The venue's positions and balances. */
  protected abstract fetchAccountState(signal: AbortSignal): Promise<VenueAccountReport>
}
