/**
 * Interactive Brokers over the TWS API.
 *
 *   base class ─► twelve methods ─► DataRequests, HistoryRequests, ContractDesk, Holdings, orders ─► TwsLine ─► TWS
 *   TWS ─► frame ─► Inbox ─► Streams (ticks, straight to the ring)
 *                         ─► OrderReporter (orders, executions)
 *                         ─► Questions (answers)
 *                         ─► CodeDesk (what went wrong)
 *
 * Ready means: TWS gave the next order id and the accounts, and open orders, completed orders, executions and positions agree
 * with ours. What a collaborator does is said in its own file; here is how they hang together.
 */
import { BaseConnector } from '../../connector/base-connector.js'
import { type ConnectorCapabilities, type DataKind, dataKinds } from '../../connector/capabilities.js'
import type { HistoryRequest } from '../../connector/history.js'
import type { Subscription } from '../../connector/subscriptions.js'
import { WireIds } from '../../connector/wire-ids.js'
import { TypedEmitter } from '../../core/emitter.js'
import { TradewireError } from '../../core/errors.js'
import type { BrokerOrder } from '../../model/algo.js'
import { ibkrAlgo, ibkrAlgorithms } from '../../model/broker-algos.js'
import type { InstrumentDefinition } from '../../model/instrument.js'
import type { MarketEvent } from '../../model/market-data.js'
import { orderTypes } from '../../model/order-types.js'
import type { ApprovedOrder, ApprovedReplace, CancelRequest, OrderView } from '../../orders/approved-order.js'
import type { VenueAccountReport, VenueFillReport, VenueOrderReport } from '../../orders/venue-reports.js'
import { AccountStreams } from './account-streams.js'
import { CodeDesk, type CodeDeskParts } from './code-desk.js'
import { ContractBook } from './contract-book.js'
import { ContractDesk } from './contract-desk.js'
import type { IbkrContract } from './contracts.js'
import { DataRequests } from './data-requests.js'
import { DataWatch } from './data-watch.js'
import { FieldCursor } from './field-cursor.js'
import { HistoryRequests } from './history-requests.js'
import { Holdings } from './holdings.js'
import type { IbkrContext } from './ibkr-context.js'
import { baseOptions, type CheckedIbkrOptions, checkIbkrOptions, type IbkrConnectorOptions } from './ibkr-options.js'
import { Inbox } from './inbox.js'
import type { IbkrNotice, IbkrPreview } from './notices.js'
import { MemoryOrderIds, OrderIds } from './order-ids.js'
import { changedOrder, type IbkrOrderExtras, libraryContract, newOrder, shownSize } from './order-mapping.js'
import { OrderReporter } from './order-reporter.js'
import { BoundedMap, OwnOrder, OwnOrders } from './own-orders.js'
import { askPreview } from './preview.js'
import { StoqeyTransport } from './stoqey-transport.js'
import { type Stream, Streams, type StreamTarget } from './streams.js'
import { notConnected, TwsLine } from './tws-line.js'

/** What an IBKR connector tells beside what every connector does. */
export interface IbkrEvents {
  notice: IbkrNotice
  /** Accounts of the login, when it is known. */
  accounts: { accounts: readonly string[] }
}

/** The collaborators of a connector that has a host. */
interface IbkrParts {
  readonly context: IbkrContext
  readonly target: StreamTarget
  readonly streams: Streams
  readonly desk: ContractDesk
  readonly reporter: OrderReporter
  readonly holdings: Holdings
  readonly data: DataRequests
  readonly watch: DataWatch
  readonly account: AccountStreams
  readonly inbox: Inbox
  readonly history: HistoryRequests
}

/** Connects to TWS or IB Gateway. */
export class IbkrConnector extends BaseConnector {
  readonly capabilities: ConnectorCapabilities
  /** Codes of TWS, each with what it means. */
  readonly notices = new TypedEmitter<IbkrEvents>()
  readonly #options: CheckedIbkrOptions
  readonly #contracts = new ContractBook()
  readonly #orders = new OwnOrders()
  readonly #wireIds = new WireIds({ maxLength: 32 })
  readonly #orderIds: OrderIds
  readonly #extras = new BoundedMap<string, IbkrOrderExtras>(10_000)
  readonly #cursor = new FieldCursor()
  readonly #line = new TwsLine({
    paced: (kind, weight, signal, request) => this.paced(kind, weight, signal, request),
    connectionLost: (reason) => this.connectionLost(reason),
  })
  #parts: IbkrParts | undefined
  #accounts: readonly string[] = []
  #refusal: TradewireError | undefined
  /** TWS said 1100, and orders and executions were not compared since. Cancels leave all the same. */
  #areServersAway = false
  #outages = 0
  /** What only IBKR knows about the order that is being submitted. */
  #submitted: IbkrOrderExtras = {}

  /** @throws TradewireError `TW_INVALID_CONFIG` naming the option; `TW_LIVE_REFUSED` for a live port that was not meant. */
  constructor(options: IbkrConnectorOptions = {}) {
    const checked = checkIbkrOptions(options)
    super(baseOptions(options))
    this.#options = checked
    this.#orderIds = new OrderIds(
      checked.orderIds ?? new MemoryOrderIds(),
      `${checked.host}:${checked.port}/${checked.clientId}`,
    )
    this.capabilities = capabilitiesOf(checked)
  }

  /** Accounts of the login; empty before the connection. */
  get accounts(): readonly string[] {
    return this.#accounts
  }

  /** Version of the protocol that TWS speaks; 0 without a connection. */
  get serverVersion(): number {
    return this.#line.serverVersion
  }

  /** Values, portfolio and profits of accounts, as they change. */
  get account(): AccountStreams {
    return this.#assembled.account
  }

  /** Gives an order what only IBKR knows about it, before it is submitted: an algorithm, a group, a route. */
  prepare(clientOrderId: string, extras: IbkrOrderExtras): void {
    this.#extras.set(clientOrderId, extras)
  }

  // ---- The connection ------------------------------------------------------------------------------------------------------

  protected async connect(signal: AbortSignal): Promise<void> {
    const { host, port, clientId, recorder, transport = makeStoqey } = this.#options
    const { inbox, target } = this.#assembled
    this.#forget()
    this.#refusal = undefined
    const connection = transport(
      { host, port, clientId },
      {
        onFrame: (bytes, from, to) => inbox.receive(this.#cursor.point(bytes, from, to)),
        onBatch: (handle) => this.#batch(handle, target),
        onClose: (reason) => {
          if (this.#line.transport !== connection) return
          this.#line.questions.failAll(notConnected(reason))
          this.connectionLost(reason)
        },
        onProblem: (error) => this.problem(error),
        ...(recorder === undefined
          ? {}
          : { onBytes: (way: 'in' | 'out', bytes: Uint8Array) => recorder.record(way, bytes) }),
      },
    )
    this.#line.transport = connection
    // Asked for before the greeting is over: TWS tells both by itself as soon as it has begun.
    const accounts = this.#line.questions.ask<string>('accounts', signal, () => {})
    const nextId = this.#line.questions.ask<number>('next id', signal, () => {})
    try {
      await connection.open(signal)
      const [[list = ''], [next = 1]] = await Promise.all([accounts, nextId])
      this.#admit(
        list.split(',').filter((each) => each !== ''),
        next,
      )
    } catch (error) {
      accounts.catch(() => {})
      nextId.catch(() => {})
      connection.close()
      throw this.#refusal ?? error
    }
  }

  /** Whether this login is the one that is meant. */
  #admit(accounts: readonly string[], nextId: number): void {
    const { environment, account, marketDataType, clientId } = this.#options
    const live = accounts.find((each) => !/^D/.test(each))
    if (environment === 'paper' && live !== undefined)
      throw new TradewireError(
        'TW_LIVE_REFUSED',
        `The login has the live account ${masked(live)}; set environment: 'live' to mean it, or log in to a paper account`,
      )
    if (account !== undefined && !accounts.includes(account))
      throw new TradewireError(
        'TW_INVALID_CONFIG',
        `The login has no account ${masked(account)} [client id ${clientId}]`,
      )
    this.#accounts = accounts
    this.#orderIds.begin(nextId)
    this.notices.emit('accounts', { accounts })
    if (marketDataType !== undefined) this.#line.send((api) => api.reqMarketDataType(marketDataType))
  }

  protected async disconnect(): Promise<void> {
    const transport = this.#line.transport
    this.#line.transport = undefined
    transport?.close()
    this.#forget()
  }

  #forget(): void {
    this.#areServersAway = false
    this.#line.forget()
    this.#orders.forgetRequests()
    const parts = this.#parts
    parts?.desk.forget()
    parts?.streams.clear()
    parts?.watch.stop()
    parts?.account.connectionEnded()
  }

  protected async probe(signal: AbortSignal): Promise<void> {
    await this.#line.askInTurn('time', signal, (api) => api.reqCurrentTime())
  }

  // ---- The collaborators -----------------------------------------------------------------------------------------------------

  /** They need the host, so they are made when the connector has one. */
  get #assembled(): IbkrParts {
    this.#parts ??= this.#assemble()
    return this.#parts
  }

  #assemble(): IbkrParts {
    const context = this.#context()
    const { host, line, source, options } = context
    const { clientId } = options
    const target: StreamTarget = { market: host.market, source, nowUs: 0, published: 0, dropped: 0 }
    const { profile } = options
    const streams = new Streams(target, profile === 'balanced' || profile === 'high-throughput')
    const desk: ContractDesk = new ContractDesk(context, (execution) => {
      reporter.execution(execution)
      reporter.flush()
    })
    const reporter = this.#reporter(context, desk)
    const holdings = new Holdings(context, desk, reporter)
    const data = new DataRequests(context, streams, target)
    const watch = new DataWatch({
      time: host.time,
      afterMs: options.resubscribeAfterMs,
      streams,
      ask: (stream) => data.askAnew(stream),
      onProblem: context.problem,
    })
    const account = new AccountStreams({
      send: (request) => {
        const asked = this.paced('query', 1, new AbortController().signal, async () => line.send(request))
        asked.catch((error: unknown) => this.problem(error))
      },
      nextRequest: () => line.nextRequest(),
      isConnected: () => line.transport !== undefined && this.isReady,
    })
    this.events.on('ready', () => account.resume())
    const codes = this.#codeDesk({ line, streams, watch, reporter })
    const orderIds = this.#orderIds
    const inbox = new Inbox({ line, clientId, orderIds, streams, reporter, codes, desk, data, holdings, account })
    const history = new HistoryRequests(context)
    return { context, target, streams, desk, reporter, holdings, data, watch, account, inbox, history }
  }

  #context(): IbkrContext {
    const { host, name, source } = this
    const problem = (error: unknown) => this.problem(error)
    return { host, name, source, options: this.#options, line: this.#line, contracts: this.#contracts, problem }
  }

  #reporter({ host, contracts, source, options, problem }: IbkrContext, desk: ContractDesk): OrderReporter {
    const { reports, instruments, time } = host
    return new OrderReporter({
      reports,
      orders: this.#orders,
      contracts,
      clientId: options.clientId,
      source,
      nowUs: () => time.wallUs(),
      numberOf: (orderRef) => this.#wireIds.numberOf(orderRef, reports),
      instrumentOf: (conId) => contracts.instrumentOf(conId, instruments),
      learn: (execution) => desk.learn(execution),
      problem,
    })
  }

  #codeDesk(parts: Pick<CodeDeskParts, 'line' | 'streams' | 'watch' | 'reporter'>): CodeDesk {
    return new CodeDesk({
      ...parts,
      orders: this.#orders,
      codes: this.#options.codes,
      notice: (notice) => this.notices.emit('notice', notice),
      connector: {
        isReady: () => this.isReady,
        connectionLost: (reason) => this.connectionLost(reason),
        refuse: (error) => {
          this.#refusal = error
        },
        suspect: (reason, isLost, stream) => this.#suspect(reason, isLost, stream),
        accountsLost: () => this.#assembled.account.resume(),
        serversAway: () => {
          this.#areServersAway = true
          this.#outages++
        },
        recover: () => this.#recover(),
        problem: (error) => this.problem(error),
      },
    })
  }

  // ---- What TWS sends --------------------------------------------------------------------------------------------------------

  /** All messages of one chunk are one turn: the journal is written once for them, and one clock reading dates them. */
  #batch(handle: () => void, target: StreamTarget): void {
    const { reports, time } = this.host
    const { streams, reporter } = this.#assembled
    target.nowUs = time.wallUs()
    reports.beginTurn()
    try {
      handle()
      reporter.flush()
    } finally {
      reports.endTurn()
    }
    streams.flush()
    if (target.published === 0 && target.dropped === 0) return
    const { published, dropped } = target
    target.published = 0
    target.dropped = 0
    this.statistics.errors += dropped
    if (published > 0) this.published(published, target.nowUs, target.nowUs)
  }

  #suspect(reason: string, isLost: boolean, stream?: Stream): void {
    this.streamsSuspect(
      reason,
      ({ kind, instrument }) => stream === undefined || (stream.kind === kind && stream.instrument === instrument),
    )
    if (isLost) this.#assembled.data.tellLost(stream)
  }

  /** The servers are back: what happened meanwhile is asked for, as after a lost connection; orders may leave after that. */
  #recover(): void {
    const { transport } = this.#line
    const outages = this.#outages
    if (!this.isReady || this.capabilities.orders === undefined) {
      this.#areServersAway = false
      return
    }
    this.#assembled.holdings.sinceRecovery().then(
      () => {
        if (this.#line.transport === transport && outages === this.#outages) this.#areServersAway = false
      },
      (error: unknown) => {
        this.problem(error)
        if (this.#line.transport === transport)
          this.connectionLost('TWS did not tell what happened without its servers')
      },
    )
  }

  // ---- Contracts, market data, history -----------------------------------------------------------------------------------------

  protected loadInstruments(signal: AbortSignal): Promise<InstrumentDefinition[]> {
    return this.#assembled.desk.loadInstruments(signal)
  }

  protected subscribe(subscription: Subscription, signal: AbortSignal): Promise<void> {
    return this.#assembled.data.subscribe(subscription, signal)
  }

  protected unsubscribe(subscription: Subscription): Promise<void> {
    return this.#assembled.data.unsubscribe(subscription)
  }

  protected override fetchHistory(request: HistoryRequest, signal: AbortSignal): Promise<MarketEvent[]> {
    return this.#assembled.history.fetch(request, signal)
  }

  // ---- What TWS holds ------------------------------------------------------------------------------------------------------------

  protected fetchOrders(signal: AbortSignal): Promise<VenueOrderReport[]> {
    return this.#assembled.holdings.orders(signal)
  }

  protected fetchFills(sinceUs: number, signal: AbortSignal): Promise<VenueFillReport[]> {
    return this.#assembled.holdings.fills(sinceUs, signal)
  }

  protected fetchAccountState(signal: AbortSignal): Promise<VenueAccountReport> {
    return this.#assembled.holdings.accountState(signal)
  }

  // ---- Orders --------------------------------------------------------------------------------------------------------------------

  override requireAlgorithm(order: BrokerOrder): void {
    super.requireAlgorithm(order)
    ibkrAlgo(order.algo, order.window)
  }

  /** As the base's; what TWS would take for something else than what is meant is refused before anything is sent. */
  override submit(order: ApprovedOrder): void {
    this.#requireServers()
    if (!Number.isNaN(order.displayUnits)) shownSize(order.instrument, order.displayUnits)
    const extras = this.#extrasFor(order)
    // Without its parent the child of a bracket would be an order of its own.
    if (extras.parent !== undefined && this.#parentOf(extras) === 0)
      throw new TradewireError(
        'TW_NOT_SUPPORTED',
        `The parent ${extras.parent} of order ${order.clientOrderId} is not at TWS: nothing was sent`,
      )
    this.#submitted = extras
    super.submit(order)
  }

  /** As the base's. @throws TradewireError `TW_NOT_READY` while the servers of IBKR are away: nothing was sent. */
  override replace(change: ApprovedReplace): void {
    this.#requireServers()
    super.replace(change)
  }

  #requireServers(): void {
    if (this.#areServersAway)
      throw new TradewireError(
        'TW_NOT_READY',
        'TWS has lost the servers of IBKR (1100), or what happened meanwhile is not known yet: nothing was sent',
      )
  }

  protected sendNew(order: ApprovedOrder): void {
    const { instrument, number } = order
    const { contract } = this.#contracts.of(instrument)
    const extras = this.#submitted
    const own = new OwnOrder(number, this.#orderIds.take())
    own.extras = extras
    own.parentId = this.#parentOf(extras)
    const wire = newOrder(order, this.#mapping(order, own))
    this.#orders.add(own)
    this.#assembled.reporter.sent(own, instrument)
    this.#line.send((api) => api.placeOrder(own.orderId, libraryContract(routed(contract, extras)), wire))
  }

  protected sendReplace(change: ApprovedReplace): void {
    const { instrument, number, generation, newQuantityUnits, newPriceUnits, newTriggerUnits } = change
    const own = this.#orders.byNumber(number)
    if (own === undefined) {
      this.#later(() =>
        this.host.reports.replaceRejected(number, generation, 'TWS has not listed this order', this.host.time.wallUs()),
      )
      return
    }
    const { contract } = this.#contracts.of(instrument)
    const wire = changedOrder(change, this.#mapping(change, own))
    own.changes.push({
      generation,
      quantity: String(wire.totalQuantity ?? ''),
      limit: String(wire.lmtPrice ?? ''),
      aux: String(wire.auxPrice ?? ''),
      quantityUnits: newQuantityUnits,
      priceUnits: newPriceUnits,
      triggerUnits: newTriggerUnits,
    })
    this.#line.send((api) => api.placeOrder(own.orderId, libraryContract(routed(contract, own.extras)), wire))
  }

  protected sendCancel(request: CancelRequest): void {
    const { number, generation } = request
    const own = this.#orders.byNumber(number)
    if (own === undefined) {
      this.#later(() =>
        this.host.reports.cancelRejected(number, generation, 'TWS has not listed this order', this.host.time.wallUs()),
      )
      return
    }
    own.cancels.push(generation)
    this.#line.send((api) => api.cancelOrder(own.orderId, ''))
  }

  #extrasFor(order: OrderView & { readonly clientOrderId: string }): IbkrOrderExtras {
    return this.#extras.get(order.clientOrderId) ?? this.#options.extras?.(order) ?? {}
  }

  #parentOf({ parent }: IbkrOrderExtras): number {
    const number = parent === undefined ? 0 : this.host.reports.numberOf(parent)
    return this.#orders.byNumber(number)?.orderId ?? 0
  }

  #mapping(order: OrderView, { extras, parentId }: OwnOrder) {
    return {
      orderRef: this.#wireIds.idOf(order),
      extras,
      outsideRth: this.#options.outsideRth ?? false,
      parentId,
    }
  }

  /** An answer of our own, not within the call that it answers. */
  #later(report: () => void): void {
    this.host.time.nextTurn(report)
  }

  /**
   * What an order would cost: margins and commission as TWS computes them. Nothing is placed.
   *
   * @throws TradewireError `TW_NOT_SUPPORTED` with the words of TWS when it refuses; `TW_NOT_READY`, `TW_TIMEOUT`.
   */
  async preview(
    order: { symbol: string; side: 'buy' | 'sell'; quantity: string; price?: string; account?: string },
    signal?: AbortSignal,
  ): Promise<IbkrPreview> {
    if (!this.isReady)
      throw new TradewireError('TW_NOT_READY', `Connector ${this.name} is ${this.state}: nothing was asked`)
    const account = { takeOrderId: () => this.#orderIds.take(), login: this.#accounts[0] }
    return askPreview(this.#assembled.context, order, account, signal)
  }
}

const makeStoqey: NonNullable<IbkrConnectorOptions['transport']> = (address, events) =>
  new StoqeyTransport(address, events)

function capabilitiesOf(options: CheckedIbkrOptions): ConnectorCapabilities {
  const data: readonly DataKind[] = dataKinds.filter((kind) => kind !== 'orders')
  const history = ['bars', 'trades', 'quotes'] as const
  if (options.readOnly === true) return { data, history }
  return {
    data,
    history,
    orders: {
      environment: options.environment,
      types: orderTypes,
      timeInForce: ['DAY', 'GTC', 'IOC', 'FOK', 'GTD', 'OPG', 'CLO'],
      postOnly: false,
      reduceOnly: false,
      iceberg: true,
      replace: true,
      cancelOnDisconnect: 'none',
      fullHistory: false,
      algorithms: ibkrAlgorithms,
    },
  }
}

/** The contract with the route of one order. */
function routed(contract: IbkrContract, { exchange }: IbkrOrderExtras): IbkrContract {
  return exchange === undefined ? contract : { ...contract, exchange }
}

/** An account number is nobody's business in a message. */
function masked(account: string): string {
  return `${account.slice(0, 2)}…${account.slice(-2)}`
}
