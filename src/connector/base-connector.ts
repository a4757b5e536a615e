/**
 * The base of every connector. A new venue is a subclass that implements the twelve methods at the end of the class; all
 * else is done here: the life of the connection, reconnecting, subscribing anew, time-outs, health, statistics, and the
 * rule that nothing is sent to a venue but orders a risk gate approved, and none before the venue has been reconciled.
 *
 *   start ─► connecting ─► reconciling ─► ready ─► (lost) waiting ─► connecting …
 *
 * A loss counts from the call that reports it: in the same turn the state leaves `ready`, so nothing more is sent, and the
 * system is told, so that orders under way become of unknown fate. Between two connections there is always a delay, which
 * grows while connections do not last.
 */
import { TypedEmitter } from '../core/emitter.js'
import { messageOf, TradewireError } from '../core/errors.js'
import { type Backoff, backoffDelayMs, defaultBackoff, retry } from '../core/retry.js'
import type { TimerHandle } from '../core/scheduler.js'
import { abortError, sleep, withTimeout } from '../core/time.js'
import type { InstrumentDefinition } from '../model/instrument.js'
import type { ApprovedOrder, ApprovedReplace, CancelRequest } from '../orders/approved-order.js'
import type { VenueAccountReport, VenueFillReport, VenueOrderReport } from '../orders/venue-reports.js'
import { type ConnectorCapabilities, OrderSupport } from './capabilities.js'
import { type ConnectionState, connectionTransitions, isConnected } from './connection-state.js'
import type { ConnectorHost } from './connector-host.js'
import { ConnectorStatistics } from './statistics.js'
import { keyOf, type Subscription, SubscriptionRegistry } from './subscriptions.js'

/** Settings that every connector has. */
export interface ConnectorOptions {
  /** Milliseconds for one attempt to connect; 10,000 unless given. */
  connectTimeoutMs?: number
  /** Milliseconds for one query; 10,000 unless given. */
  queryTimeoutMs?: number
  /** Milliseconds between health checks; 30,000 unless given, 0 switches them off. */
  healthIntervalMs?: number
  /** Reconnect delays: full jitter below an exponential bound, 500 ms to 30 s unless given; without end unless given. */
  reconnect?: { firstDelayMs?: number; maxDelayMs?: number; maxAttempts?: number }
}

/** What a connector announces. */
export interface ConnectorEvents {
  state: { connector: string; from: ConnectionState; to: ConnectionState; reason?: string }
  ready: { connector: string; epoch: number }
  disconnected: { connector: string; epoch: number; reason: string }
  error: { connector: string; error: unknown }
}

/** A connection that was ready for so long starts the reconnect delays anew. */
const stableNs = 10_000_000_000

/** Codes by which {@link BaseConnector.submit} itself says that nothing was sent. */
const notSentCodes: ReadonlySet<string> = new Set(['TW_NOT_APPROVED', 'TW_NOT_READY', 'TW_NOT_CONNECTED'])

/** Abstract base of all connectors. */
export abstract class BaseConnector {
  /** What the venue can do. Constant over the life of the connector. */
  abstract readonly capabilities: ConnectorCapabilities

  readonly events = new TypedEmitter<ConnectorEvents>()
  readonly statistics = new ConnectorStatistics()
  readonly #subscriptions = new SubscriptionRegistry()
  readonly #connectTimeoutMs: number
  readonly #queryTimeoutMs: number
  readonly #healthIntervalMs: number
  readonly #backoff: Backoff
  readonly #maxAttempts: number
  #host: ConnectorHost | undefined
  #name = ''
  #source = -1
  #state: ConnectionState = 'idle'
  #epoch = 0
  #support: OrderSupport | undefined
  #lifetime: AbortController | undefined
  #running: Promise<void> | undefined
  /** Ends the connection that is up; undefined while there is none. */
  #lost: ((reason: string) => void) | undefined
  /** A loss that was reported before the connection counted as up. */
  #lostEarly: string | undefined
  /** Whether `connect` was called and `disconnect` not yet after it. */
  #isHalfOpen = false
  #readyAtNs = Number.NaN
  /** Streams that were asked for over this connection. */
  readonly #asked = new Set<string>()
  #healthTimer: TimerHandle | undefined

  constructor(options: ConnectorOptions = {}) {
    this.#connectTimeoutMs = options.connectTimeoutMs ?? 10_000
    this.#queryTimeoutMs = options.queryTimeoutMs ?? 10_000
    this.#healthIntervalMs = options.healthIntervalMs ?? 30_000
    this.#backoff = {
      firstDelayMs: options.reconnect?.firstDelayMs ?? defaultBackoff.firstDelayMs,
      maxDelayMs: options.reconnect?.maxDelayMs ?? defaultBackoff.maxDelayMs,
    }
    this.#maxAttempts = options.reconnect?.maxAttempts ?? Number.POSITIVE_INFINITY
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
    return this.#state
  }

  /** Whether it takes new orders: connected and reconciled. */
  get isReady(): boolean {
    return this.#state === 'ready'
  }

  /** Counts connections; a late success of an earlier connection shows an older number. */
  get epoch(): number {
    return this.#epoch
  }

  /** Its order capabilities in the form the risk gate checks. */
  get support(): OrderSupport {
    this.#support ??= new OrderSupport(this.capabilities.orders)
    return this.#support
  }

  /** Streams it is subscribed to. */
  get subscriptions(): Subscription[] {
    return this.#subscriptions.list()
  }

  /** Gives the connector its surroundings. Called once, by the system it is added to. */
  attach(host: ConnectorHost, name: string, source: number): void {
    if (this.#host !== undefined) {
      throw new TradewireError(
        'TW_INVALID_STATE',
        `Connector ${this.#name} belongs to a system already; make one connector for each`,
      )
    }
    this.#host = host
    this.#name = name
    this.#source = source
    this.events.onListenerError = (error) =>
      host.logger.error({ connector: name, error: messageOf(error) }, 'a listener threw')
  }

  /** Connects, reconciles, and stays connected until {@link stop}. Resolves when it is ready for the first time. */
  async start(options: { signal?: AbortSignal } = {}): Promise<void> {
    this.host
    if (this.#state !== 'idle' && this.#state !== 'stopped' && this.#state !== 'failed') {
      throw new TradewireError('TW_INVALID_STATE', `Connector ${this.#name} is ${this.#state}; it can be started once`)
    }
    const lifetime = new AbortController()
    this.#lifetime = lifetime
    const { signal } = options
    const onAbort = () => lifetime.abort(signal?.reason)
    if (signal?.aborted) onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      await new Promise<void>((resolve, reject) => {
        this.#running = this.#stayConnected(lifetime.signal, resolve).catch(reject)
      })
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Disconnects for good. Orders at the venue stay as they are; the system decides about them before. */
  async stop(): Promise<void> {
    if (this.#state === 'stopped' || this.#state === 'idle') {
      this.#state = 'stopped'
      return
    }
    if (this.#state !== 'stopping') this.#enter('stopping')
    this.#lifetime?.abort(new TradewireError('TW_DISPOSED', `Connector ${this.#name} was stopped`))
    await this.#running
    if (this.#state === 'stopping') this.#enter('stopped')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    this.events.removeAllListeners()
  }

  /**
   * Subscribes to a stream, now if connected and after every reconnect. Resolves when the venue was asked; when the venue
   * refuses, the subscription does not stand.
   */
  async subscribeTo(subscription: Subscription, signal?: AbortSignal): Promise<void> {
    if (!this.capabilities.data.includes(subscription.kind)) {
      throw new TradewireError(
        'TW_NOT_SUPPORTED',
        `Connector ${this.#name} has no ${subscription.kind}; it has ${this.capabilities.data.join(', ')}`,
      )
    }
    if (!this.#subscriptions.add(subscription) || !isConnected(this.#state)) return
    const epoch = this.#epoch
    try {
      await this.#askFor(subscription, signal)
    } catch (error) {
      // A stream that the lost connection could not give is asked for over the next one.
      if (epoch !== this.#epoch || (!isConnected(this.#state) && signal?.aborted !== true)) return
      this.#subscriptions.remove(subscription)
      throw error
    }
  }

  /** Asks the venue for a stream, once over each connection. */
  async #askFor(subscription: Subscription, signal: AbortSignal | undefined): Promise<void> {
    const key = keyOf(subscription)
    if (this.#asked.has(key)) return
    this.#asked.add(key)
    try {
      await this.#bounded(`subscribe to ${subscription.kind}`, this.#queryTimeoutMs, signal, (inner) =>
        this.subscribe(subscription, inner),
      )
    } catch (error) {
      this.#asked.delete(key)
      throw error
    }
  }

  /** Ends one use of a stream; the venue is told after the last. */
  async unsubscribeFrom(subscription: Subscription, signal?: AbortSignal): Promise<void> {
    if (this.#subscriptions.remove(subscription) && isConnected(this.#state)) {
      this.#asked.delete(keyOf(subscription))
      await this.#bounded(`unsubscribe from ${subscription.kind}`, this.#queryTimeoutMs, signal, (inner) =>
        this.unsubscribe(subscription, inner),
      )
    }
  }

  /**
   * Sends an approved order. Synchronous: when it returns, the bytes are with the transport.
   *
   * @throws TradewireError `TW_NOT_APPROVED` for anything a gate did not make; `TW_NOT_READY` when nothing was sent
   * because the connector is not ready. Any other error means that the order may have left.
   */
  submit(order: ApprovedOrder): void {
    this.#requireApproval(order)
    this.#requireReady()
    order.consume()
    this.statistics.ordersSent++
    try {
      this.sendNew(order)
    } catch (error) {
      throw mayHaveLeft(error)
    }
  }

  /** Sends an approved change. Errors as {@link submit}. */
  replace(change: ApprovedReplace): void {
    this.#requireApproval(change)
    this.#requireReady()
    change.consume()
    this.statistics.replacesSent++
    try {
      this.sendReplace(change)
    } catch (error) {
      throw mayHaveLeft(error)
    }
  }

  /**
   * Sends a cancel: also while reconciling, for a cancel only ever makes things safer.
   *
   * @throws TradewireError `TW_NOT_CONNECTED` when there is no connection.
   */
  cancel(request: CancelRequest): void {
    if (!isConnected(this.#state))
      throw new TradewireError('TW_NOT_CONNECTED', `Connector ${this.#name} is ${this.#state}: the cancel was not sent`)
    this.statistics.cancelsSent++
    try {
      this.sendCancel(request)
    } catch (error) {
      throw mayHaveLeft(error)
    }
  }

  /** The venue's orders, within the query time-out. */
  queryOrders(signal?: AbortSignal): Promise<VenueOrderReport[]> {
    return this.#query('orders', signal, (inner) => this.fetchOrders(inner))
  }

  /** The venue's executions since a venue time in epoch microseconds. */
  queryFills(sinceUs: number, signal?: AbortSignal): Promise<VenueFillReport[]> {
    return this.#query('fills', signal, (inner) => this.fetchFills(sinceUs, inner))
  }

  /** The venue's positions and balances. */
  queryAccountState(signal?: AbortSignal): Promise<VenueAccountReport> {
    return this.#query('account state', signal, (inner) => this.fetchAccountState(inner))
  }

  /** The surroundings given by {@link attach}. For subclasses: ports, instruments, where data and reports go. */
  protected get host(): ConnectorHost {
    if (this.#host === undefined)
      throw new TradewireError('TW_INVALID_STATE', 'The connector was not added to a system yet')
    return this.#host
  }

  /** For subclasses: market data was published. Counts it and wakes the handlers. `tsEventUs` and `tsRecvUs` of the newest event. */
  protected published(events: number, tsEventUs: number, tsRecvUs: number): void {
    this.statistics.updates += events
    if (tsEventUs > 0) this.statistics.feedLatency.record(Math.max(0, tsRecvUs - tsEventUs) * 1_000)
    this.host.wake()
  }

  /** For subclasses: the connection broke. Safe to call at any time and more than once. Nothing is sent after it returns. */
  protected connectionLost(reason: string): void {
    if (this.#state === 'connecting') this.#lostEarly ??= reason
    else this.#lost?.(reason)
  }

  /** For subclasses: something went wrong that does not end the connection. */
  protected problem(error: unknown): void {
    this.statistics.errors++
    this.host.logger.warn({ connector: this.#name, error: messageOf(error) }, 'connector problem')
    this.events.emit('error', { connector: this.#name, error })
  }

  #requireApproval(view: ApprovedOrder | ApprovedReplace): void {
    if (this.host.isApproved(view)) return
    throw new TradewireError(
      'TW_NOT_APPROVED',
      'This order was not approved by the risk gate; submit it through the order manager',
    )
  }

  #requireReady(): void {
    if (this.#state !== 'ready')
      throw new TradewireError('TW_NOT_READY', `Connector ${this.#name} is ${this.#state}: nothing was sent`)
  }

  /** Runs until it is aborted or gives up, and always ends with an error that says why. */
  async #stayConnected(signal: AbortSignal, onFirstReady: () => void): Promise<never> {
    const { time, random } = this.host
    try {
      for (let failures = 0; ; ) {
        await this.#connectWithRetries(signal)
        const reason = await this.#serveOneConnection(signal, onFirstReady)
        await this.#hangUp()
        if (signal.aborted) throw abortError(signal)
        failures = time.monotonicNs() - this.#readyAtNs >= stableNs ? 1 : failures + 1
        if (failures >= this.#maxAttempts)
          throw new TradewireError(
            'TW_NETWORK',
            `Connector ${this.#name} gave up after ${failures} connections that did not last; the last: ${reason}`,
          )
        await sleep(time, backoffDelayMs(failures, this.#backoff, random), signal)
      }
    } catch (error) {
      await this.#hangUp()
      if (!signal.aborted) this.#enter('failed', messageOf(error))
      else {
        if (this.#state !== 'stopping') this.#enter('stopping')
        this.#enter('stopped')
      }
      throw error
    }
  }

  async #connectWithRetries(signal: AbortSignal): Promise<void> {
    const { time, random } = this.host
    await retry(
      {
        time,
        random,
        signal,
        what: `connect ${this.#name}`,
        timeoutMs: this.#connectTimeoutMs,
        backoff: this.#backoff,
        retries: this.#maxAttempts - 1,
        onFailedAttempt: ({ error }) => this.#enterWaiting(error),
      },
      (_attempt, inner) => this.#connectOnce(inner),
    )
    if (signal.aborted) throw abortError(signal)
    this.#epoch++
    this.#asked.clear()
    this.statistics.connects++
    this.#enter('reconciling')
  }

  async #connectOnce(signal: AbortSignal): Promise<void> {
    await this.#hangUp()
    if (signal.aborted) throw abortError(signal)
    this.#enter('connecting')
    this.#lostEarly = undefined
    this.#isHalfOpen = true
    await this.connect(signal)
    if (this.#lostEarly !== undefined)
      throw new TradewireError('TW_NETWORK', `The connection was lost at once: ${this.#lostEarly}`)
  }

  #enterWaiting(error: unknown): void {
    this.problem(error)
    if (this.#state === 'connecting') this.#enter('waiting', messageOf(error))
  }

  /** From connected to disconnected: returns why it ended. */
  async #serveOneConnection(signal: AbortSignal, onFirstReady: () => void): Promise<string> {
    const connection = new AbortController()
    this.#readyAtNs = Number.NaN
    const lost = new Promise<string>((resolve) => {
      this.#lost = (reason) => {
        this.#connectionEnds(signal.aborted, reason)
        connection.abort(new TradewireError('TW_NETWORK', reason))
        resolve(reason)
      }
    })
    const onStop = () => this.#lost?.('stopped')
    signal.addEventListener('abort', onStop, { once: true })
    if (this.#lostEarly !== undefined) this.#lost?.(this.#lostEarly)
    this.#becomeReady(connection.signal).then(
      (isReady) => {
        if (isReady) onFirstReady()
      },
      (error: unknown) => {
        if (connection.signal.aborted) return
        this.problem(error)
        this.#lost?.(`not ready: ${messageOf(error)}`)
      },
    )
    const reason = await lost
    signal.removeEventListener('abort', onStop)
    return reason
  }

  /** The connection is over from this line on: nothing is sent, and the system knows. */
  #connectionEnds(isStopping: boolean, reason: string): void {
    this.#lost = undefined
    this.#healthTimer?.cancel()
    if (isConnected(this.#state)) this.#enter(isStopping ? 'stopping' : 'waiting', reason)
    this.statistics.disconnects++
    this.host.disconnected(this, reason)
    this.events.emit('disconnected', { connector: this.#name, epoch: this.#epoch, reason })
  }

  /** Whether it became ready; false when the connection ended first. */
  async #becomeReady(signal: AbortSignal): Promise<boolean> {
    const { instruments } = this.host
    const definitions = await this.#bounded('load instruments', this.#queryTimeoutMs, signal, (inner) =>
      this.loadInstruments(inner),
    )
    for (const definition of definitions) instruments.add(definition)
    for (const subscription of this.#subscriptions.list()) await this.#resubscribe(subscription, signal)
    if (this.capabilities.orders !== undefined) await this.host.reconcile(this, signal)
    if (signal.aborted || this.#state !== 'reconciling') return false
    this.#readyAtNs = this.host.time.monotonicNs()
    this.#enter('ready')
    // A listener of the change may have stopped it.
    if (!this.isReady) return false
    this.#watchHealth()
    this.events.emit('ready', { connector: this.#name, epoch: this.#epoch })
    return true
  }

  /** A stream that the venue refuses is reported, and keeps nothing else from working. */
  async #resubscribe(subscription: Subscription, signal: AbortSignal): Promise<void> {
    try {
      await this.#askFor(subscription, signal)
    } catch (error) {
      if (signal.aborted) throw error
      this.problem(error)
    }
  }

  /** Lets the subclass forget the connection. What that throws is reported. */
  async #hangUp(): Promise<void> {
    if (!this.#isHalfOpen) return
    this.#isHalfOpen = false
    try {
      await withTimeout(this.host.time, { timeoutMs: this.#connectTimeoutMs, what: `disconnect ${this.#name}` }, () =>
        this.disconnect(),
      )
    } catch (error) {
      this.problem(error)
    }
  }

  #watchHealth(): void {
    if (this.#healthIntervalMs === 0) return
    let isProbing = false
    const epoch = this.#epoch
    this.#healthTimer = this.host.time.every(this.#healthIntervalMs, () => {
      if (isProbing || this.#state !== 'ready') return
      isProbing = true
      this.#bounded('probe', this.#queryTimeoutMs, this.#lifetime?.signal, (inner) => this.probe(inner)).then(
        () => {
          isProbing = false
        },
        (error) => {
          isProbing = false
          if (epoch === this.#epoch) this.connectionLost(`health check failed: ${messageOf(error)}`)
        },
      )
    })
  }

  #query<T>(what: string, signal: AbortSignal | undefined, operation: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (!isConnected(this.#state)) {
      return Promise.reject(
        new TradewireError(
          'TW_NOT_CONNECTED',
          `Connector ${this.#name} is ${this.#state}: ${what} cannot be asked for`,
        ),
      )
    }
    this.statistics.queries++
    return this.#bounded(`query ${what}`, this.#queryTimeoutMs, signal, operation)
  }

  #bounded<T>(
    what: string,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    operation: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return withTimeout(this.host.time, { timeoutMs, what: `${this.#name}: ${what}`, signal }, operation)
  }

  #enter(to: ConnectionState, reason?: string): void {
    const from = this.#state
    if (!connectionTransitions[from].includes(to)) {
      throw new TradewireError(
        'TW_ASSERTION',
        `Invariant broken: connector ${this.#name} cannot go from ${from} to ${to}`,
      )
    }
    this.#state = to
    this.events.emit('state', { connector: this.#name, from, to, ...(reason === undefined ? {} : { reason }) })
  }

  // ---- What a venue implements -------------------------------------------------------------------------------------

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

/** What a send threw, in a form that cannot be taken for "nothing was sent": the order may be with the venue. */
function mayHaveLeft(error: unknown): unknown {
  if (!(error instanceof TradewireError) || !notSentCodes.has(error.code)) return error
  return new TradewireError('TW_NETWORK', `Sending failed on the way: ${error.message}`, { cause: error })
}
