/**
 * Interactive Brokers over the TWS API.
 *
 *   base class ─► twelve methods ─► TwsTransport ─► TWS          what TWS sends:  frame ─► Streams (ticks, straight to the ring)
 *                                                                                      ─► OrderReporter (orders, executions)
 *                                                                                      ─► Questions (answers)
 *
 * Ready means: TWS gave the next order id and the accounts, and open orders, completed orders, executions and positions agree
 * with ours. A code of TWS is what its class says (codes.ts): information and warnings end nothing.
 */
import { BaseConnector } from '../../connector/base-connector.js'
import { type ConnectorCapabilities, type DataKind, dataKinds } from '../../connector/capabilities.js'
import type { HistoryRequest } from '../../connector/history.js'
import type { Subscription } from '../../connector/subscriptions.js'
import { WireIds } from '../../connector/wire-ids.js'
import { TypedEmitter } from '../../core/emitter.js'
import { TradewireError } from '../../core/errors.js'
import { sleep, withTimeout } from '../../core/time.js'
import type { ConnectorId } from '../../model/ids.js'
import type { Instrument, InstrumentDefinition } from '../../model/instrument.js'
import type { MarketEvent } from '../../model/market-data.js'
import { orderTypes } from '../../model/order-types.js'
import type { ApprovedOrder, ApprovedReplace, CancelRequest, OrderView } from '../../orders/approved-order.js'
import type {
  VenueAccountReport,
  VenueBalanceReport,
  VenueFillReport,
  VenueOrderReport,
  VenuePositionReport,
} from '../../orders/venue-reports.js'
import { AccountStreams } from './account-streams.js'
import { classOf } from './codes.js'
import { ContractBook, contractFrom } from './contract-book.js'
import type { IbkrContract } from './contracts.js'
import { DataWatch } from './data-watch.js'
import { FieldCursor } from './field-cursor.js'
import { historyPieces, readBars, readTicks } from './history.js'
import { baseOptions, type CheckedIbkrOptions, checkIbkrOptions, type IbkrConnectorOptions } from './ibkr-options.js'
import {
  Incoming,
  readCompletedOrder,
  readDetails,
  readExecution,
  readOpenOrder,
  readPosition,
  splitExecId,
  type ToldContract,
  type ToldDetails,
  type ToldExecution,
  type ToldOrder,
  type ToldPosition,
} from './messages.js'
import type { IbkrNotice, IbkrPreview } from './notices.js'
import { firstRequestId, MemoryOrderIds, OrderIds } from './order-ids.js'
import { changedOrder, type IbkrOrderExtras, libraryContract, newOrder } from './order-mapping.js'
import { OrderReporter, type ToldStatus, unitsOf } from './order-reporter.js'
import { BoundedMap, OwnOrder, OwnOrders } from './own-orders.js'
import { Questions } from './questions.js'
import { StoqeyTransport } from './stoqey-transport.js'
import { Stream, Streams, type StreamTarget } from './streams.js'
import type { TwsApi, TwsTransport } from './transport.js'
import { utcText } from './tws-times.js'

/** What an IBKR connector tells beside what every connector does. */
export interface IbkrEvents {
  notice: IbkrNotice
  /** Accounts of the login, when it is known. */
  accounts: { accounts: readonly string[] }
}

const ledgerTags = '$LEDGER:ALL'

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
  readonly #rules = new Map<number, readonly (readonly [string, string])[]>()
  #transport: TwsTransport | undefined
  #questions = new Questions()
  #parts:
    | { reporter: OrderReporter; streams: Streams; watch: DataWatch; account: AccountStreams; target: StreamTarget }
    | undefined
  #accounts: readonly string[] = []
  #nextRequest = firstRequestId
  #refusal: TradewireError | undefined
  /** Executions of contracts that are being asked about. */
  readonly #unresolved: ToldExecution[] = []
  readonly #statuses = new BoundedMap<string, ToldStatus>(20_000)

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
    return this.#transport?.serverVersion ?? 0
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
    const { target } = this.#assembled
    this.#forget()
    this.#refusal = undefined
    const connection = transport(
      { host, port, clientId },
      {
        onFrame: (bytes, from, to) => this.#receive(this.#cursor.point(bytes, from, to)),
        onBatch: (handle) => this.#batch(handle, target),
        onClose: (reason) => {
          if (this.#transport !== connection) return
          this.#questions.failAll(notConnected(reason))
          this.connectionLost(reason)
        },
        onProblem: (error) => this.problem(error),
        ...(recorder === undefined
          ? {}
          : { onBytes: (way: 'in' | 'out', bytes: Uint8Array) => recorder.record(way, bytes) }),
      },
    )
    this.#transport = connection
    // Asked for before the greeting is over: TWS tells both by itself as soon as it has begun.
    const accounts = this.#questions.ask<string>('accounts', signal, () => {})
    const nextId = this.#questions.ask<number>('next id', signal, () => {})
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
    if (marketDataType !== undefined) this.#send((api) => api.reqMarketDataType(marketDataType))
  }

  protected async disconnect(): Promise<void> {
    const transport = this.#transport
    this.#transport = undefined
    transport?.close()
    this.#forget()
  }

  #forget(): void {
    this.#questions.failAll(notConnected('the connection ended'))
    this.#questions = new Questions()
    this.#orders.forgetRequests()
    this.#nextRequest = firstRequestId
    this.#unresolved.length = 0
    const parts = this.#parts
    parts?.streams.clear()
    parts?.watch.stop()
    parts?.account.connectionEnded()
  }

  protected async probe(signal: AbortSignal): Promise<void> {
    await this.#questions.askInTurn('time', signal, () => this.#send((api) => api.reqCurrentTime()))
  }

  get #assembled() {
    this.#parts ??= this.#assemble()
    return this.#parts
  }

  #assemble() {
    const { host, source } = this
    const { reports, instruments, time } = host
    const target: StreamTarget = { market: host.market, source, nowUs: 0, published: 0, dropped: 0 }
    const streams = new Streams(target)
    const reporter = new OrderReporter({
      reports,
      orders: this.#orders,
      contracts: this.#contracts,
      clientId: this.#options.clientId,
      source,
      nowUs: () => time.wallUs(),
      numberOf: (orderRef) => this.#wireIds.numberOf(orderRef, reports),
      instrumentOf: (conId) => this.#contracts.instrumentOf(conId, instruments),
      learn: (execution) => this.#learn(execution),
      problem: (error) => this.problem(error),
    })
    const watch = new DataWatch({
      time,
      afterMs: this.#options.resubscribeAfterMs,
      streams,
      ask: (stream) => this.#askAnew(stream),
      onProblem: (error) => this.problem(error),
    })
    const account = new AccountStreams({
      send: (request) => this.#send(request),
      nextRequest: () => this.#nextRequest++,
      isConnected: () => this.#transport !== undefined && this.isReady,
    })
    return { reporter, streams, watch, account, target }
  }

  #send(request: (api: TwsApi) => void): void {
    if (this.#transport === undefined) throw notConnected('there is none')
    this.#transport.send(request)
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

  #receive(cursor: FieldCursor): void {
    const { streams, reporter } = this.#assembled
    const id = cursor.int()
    switch (id) {
      case Incoming.tickPrice:
        streams.tickPrice(cursor)
        return
      case Incoming.tickSize:
        streams.tickSize(cursor)
        return
      case Incoming.tickByTick:
        streams.tickByTick(cursor)
        return
      case Incoming.depth:
      case Incoming.depthLevel2:
        streams.depth(cursor, id === Incoming.depthLevel2)
        return
      case Incoming.tickGeneric:
        streams.tickGeneric(cursor)
        return
      case Incoming.realTimeBar:
        streams.realTimeBar(cursor)
        return
      case Incoming.openOrder: {
        const told = readOpenOrder(cursor, this.serverVersion)
        this.#openOrder(told, reporter)
        return
      }
      case Incoming.orderStatus:
        this.#status(cursor, reporter)
        return
      case Incoming.execution: {
        const told = readExecution(cursor)
        if (told.reqId < 0 || !this.#questions.add(told.reqId, told)) reporter.execution(told)
        return
      }
      case Incoming.commissionReport: {
        cursor.skip()
        const execId = cursor.text()
        reporter.commission(splitExecId(execId).base, cursor.text(), cursor.text())
        return
      }
      case Incoming.error:
        this.#code(cursor)
        return
      default:
        this.#receiveRest(id, cursor)
    }
  }

  #receiveRest(id: number, cursor: FieldCursor): void {
    const questions = this.#questions
    const { streams, account } = this.#assembled
    switch (id) {
      case Incoming.nextValidId: {
        cursor.skip()
        const next = cursor.int()
        if (questions.add('next id', next)) questions.end('next id')
        else this.#orderIds.noteUsed(next - 1)
        return
      }
      case Incoming.managedAccounts:
        cursor.skip()
        questions.add('accounts', cursor.text())
        questions.end('accounts')
        return
      case Incoming.currentTime:
        questions.end('time')
        return
      case Incoming.openOrderEnd:
        questions.end('orders')
        return
      case Incoming.completedOrder:
        questions.add('completed', readCompletedOrder(cursor, this.serverVersion))
        return
      case Incoming.completedOrdersEnd:
        questions.end('completed')
        return
      case Incoming.executionsEnd:
      case Incoming.contractDetailsEnd:
      case Incoming.accountSummaryEnd:
        cursor.skip()
        questions.end(cursor.int())
        return
      case Incoming.contractDetails: {
        const { reqId, details } = readDetails(cursor, this.serverVersion)
        questions.add(reqId, details)
        return
      }
      case Incoming.position:
        questions.add('positions', readPosition(cursor))
        return
      case Incoming.positionEnd:
        questions.end('positions')
        return
      case Incoming.marketRule:
        this.#rule(cursor)
        return
      case Incoming.accountSummary:
        this.#summary(cursor)
        return
      case Incoming.history:
      case Incoming.historicalTicksBidAsk:
      case Incoming.historicalTicksLast: {
        const reqId = cursor.int()
        questions.add(reqId, cursor.detach())
        questions.end(reqId)
        return
      }
      case Incoming.marketDataType:
        streams.marketDataType(cursor)
        return
      case Incoming.tickRequestParameters:
        streams.tickRequestParameters(cursor)
        return
      case Incoming.tickNews:
        this.#news(cursor)
        return
      default:
        account.receive(id, cursor)
    }
  }

  #openOrder(told: ToldOrder, reporter: OrderReporter): void {
    if (told.whatIf) {
      const key = `preview ${told.orderId}`
      if (this.#questions.add(key, told)) this.#questions.end(key)
      return
    }
    if (told.clientId === this.#options.clientId && told.orderId > 0) this.#orderIds.noteUsed(told.orderId)
    this.#questions.add('orders', told)
    reporter.openOrder(told)
  }

  #status(cursor: FieldCursor, reporter: OrderReporter): void {
    const orderId = cursor.int()
    const [status, filled] = [cursor.text(), cursor.text()] as [string, string]
    cursor.skip(2)
    const permId = cursor.text()
    cursor.skip(2)
    const told = { orderId, status, filled, permId, clientId: cursor.int() }
    this.#statuses.set(permId, told)
    reporter.status(told)
  }

  // ---- Codes -----------------------------------------------------------------------------------------------------------------

  #code(cursor: FieldCursor): void {
    cursor.skip()
    const id = cursor.int()
    const code = cursor.int()
    const text = cursor.unescaped()
    // Kept as text: whoever wants its structure parses it where a fault harms nobody.
    const advancedReject = cursor.isAtEnd ? '' : cursor.unescaped()
    const order = id > 0 && id < firstRequestId ? this.#orders.byOrderId(id) : undefined
    const kind = classOf(code, id, order !== undefined, this.#options.codes)
    const notice: IbkrNotice = { code, class: kind, text, id, ...(advancedReject === '' ? {} : { advancedReject }) }
    if (order !== undefined) this.#assembled.reporter.code(order, code, kind, `${code}: ${text}`)
    else if (id >= firstRequestId) this.#requestCode(id, code, kind, text)
    else if (id > 0 && id < firstRequestId) this.#questions.fail(`preview ${id}`, refused(code, text))
    else this.#sessionCode(code, kind, text)
    this.notices.emit('notice', notice)
  }

  #requestCode(id: number, code: number, kind: string, text: string): void {
    const { streams, watch } = this.#assembled
    const stream = streams.find(id)
    if (stream !== undefined && code === 317) streams.resetBook(stream)
    if (kind === 'information' || kind === 'warning') return
    const error = refused(code, text)
    if (this.#questions.fail(id, error) || stream === undefined) return
    const { onAnswer } = stream
    stream.onAnswer = undefined
    if (onAnswer !== undefined) onAnswer(error)
    else if (kind === 'connectivity') watch.suspect(code, stream)
    else this.problem(error)
  }

  /** A code that belongs to no request: the session, its servers and farms. */
  #sessionCode(code: number, kind: string, text: string): void {
    const { watch } = this.#assembled
    const error = new TradewireError('TW_NETWORK', `TWS: ${text} (${code})`, { details: { code } })
    if (kind === 'fatal') {
      this.#refusal = error
      this.#questions.fail('next id', error)
      this.#questions.fail('accounts', error)
      if (this.isReady) this.connectionLost(error.message)
    } else if (code === 1_300) this.connectionLost(`TWS: ${text}`)
    else if (code === 1_101) watch.dataLost()
    else if (code === 1_102 || code === 2_104) watch.mayBeDead()
    else if (code === 10_197) watch.suspectAll()
    if (code === 1_101 || code === 1_102) this.#recover()
  }

  /** The servers were away: what happened meanwhile is asked for, as after a lost connection. */
  #recover(): void {
    if (!this.isReady || this.capabilities.orders === undefined) return
    this.#fillsSinceRecovery().catch((error: unknown) => this.problem(error))
  }

  /** Executions and orders of the time without servers, as reports: TWS does not repeat them by itself. */
  async #fillsSinceRecovery(): Promise<void> {
    const { reporter } = this.#assembled
    const signal = new AbortController().signal
    const reqId = this.#nextRequest++
    const told = await this.paced('query', 1, signal, () =>
      this.#questions.ask<ToldExecution>(reqId, signal, () => this.#send((api) => api.reqExecutions(reqId, {}))),
    )
    for (const each of told) reporter.execution(each)
    reporter.flush()
    await this.paced('query', 1, signal, () =>
      this.#questions.askInTurn('orders', signal, () => this.#send((api) => api.reqAllOpenOrders())),
    )
  }

  // ---- Contracts ---------------------------------------------------------------------------------------------------------------

  protected async loadInstruments(signal: AbortSignal): Promise<InstrumentDefinition[]> {
    const definitions: InstrumentDefinition[] = []
    let isFirst = true
    for (const wanted of this.#options.wanted) {
      const definition = await this.#define(wanted, signal, isFirst)
      isFirst = false
      if (definition !== undefined) definitions.push(definition)
    }
    return definitions
  }

  /** Asks what a contract is; undefined, and a problem, where TWS knows none or several. */
  async #define(wanted: IbkrContract, signal: AbortSignal, hasSlot = false): Promise<InstrumentDefinition | undefined> {
    if (wanted.secType === 'BAG') return this.#defineCombo(wanted)
    let found: ToldDetails[]
    const ask = () => {
      const reqId = this.#nextRequest++
      return this.#questions.ask<ToldDetails>(reqId, signal, () =>
        this.#send((api) => api.reqContractDetails(reqId, libraryContract(wanted))),
      )
    }
    try {
      found = await (hasSlot ? ask() : this.paced('query', 1, signal, ask))
    } catch (error) {
      if (signal.aborted || !(error instanceof TradewireError && error.code === 'TW_NOT_SUPPORTED')) throw error
      this.problem(
        new TradewireError(
          'TW_UNKNOWN_INSTRUMENT',
          `IBKR has no contract ${wanted.secType} ${wanted.symbol}: ${error.message}`,
        ),
      )
      return undefined
    }
    const [details] = found
    if (details === undefined || found.length > 1) {
      this.problem(
        new TradewireError(
          'TW_UNKNOWN_INSTRUMENT',
          `${found.length} contracts of IBKR fit ${wanted.secType} ${wanted.symbol}; name exchange, currency and expiry so that one does`,
        ),
      )
      return undefined
    }
    const at = Math.max(0, details.validExchanges.indexOf(wanted.exchange))
    const rule = await this.#ruleOf(details.marketRuleIds[at], signal)
    return this.#contracts.add(wanted, details, rule, this.name)
  }

  #defineCombo(wanted: IbkrContract): InstrumentDefinition {
    const contract: ToldContract = {
      conId: 0,
      symbol: wanted.symbol,
      secType: 'BAG',
      expiry: '',
      strike: Number.NaN,
      right: '',
      multiplier: '',
      exchange: wanted.exchange,
      currency: wanted.currency,
      localSymbol: '',
      tradingClass: '',
    }
    const details: ToldDetails = {
      contract,
      primaryExchange: '',
      minTick: '0.01',
      orderTypes: [],
      validExchanges: [wanted.exchange],
      longName: '',
      timeZone: '',
      tradingHours: '',
      marketRuleIds: [],
      underlyingSymbol: '',
      minSize: '1',
      sizeIncrement: '1',
      suggestedSize: '1',
    }
    return this.#contracts.add(wanted, details, undefined, this.name)
  }

  async #ruleOf(
    id: number | undefined,
    signal: AbortSignal,
  ): Promise<readonly (readonly [string, string])[] | undefined> {
    if (id === undefined) return undefined
    const known = this.#rules.get(id)
    if (known !== undefined) return known
    const [rule] = await this.paced('query', 1, signal, () =>
      this.#questions.askInTurn<readonly (readonly [string, string])[]>('rule', signal, () =>
        this.#send((api) => api.reqMarketRule(id)),
      ),
    )
    if (rule !== undefined) this.#rules.set(id, rule)
    return rule
  }

  #rule(cursor: FieldCursor): void {
    cursor.skip()
    const count = cursor.int()
    const steps = Array.from({ length: count }, () => [cursor.text(), cursor.text()] as const)
    this.#questions.add('rule', steps)
    this.#questions.end('rule')
  }

  /** The instrument of a contract that TWS names; asks about it where it is new. */
  async #instrumentFor(told: ToldContract, signal: AbortSignal): Promise<Instrument | undefined> {
    const { instruments } = this.host
    const known = this.#contracts.instrumentOf(told.conId, instruments)
    if (known !== undefined || told.secType === 'BAG') return known
    const definition = await this.#define(contractFrom(told), signal)
    return definition === undefined ? undefined : instruments.add(definition)
  }

  /** An execution in a contract that was never loaded, by hand or by another program: asked about, then told. */
  #learn(execution: ToldExecution): void {
    this.#unresolved.push(execution)
    if (this.#unresolved.length > 1) return
    const signal = new AbortController().signal
    const work = async () => {
      for (;;) {
        const [next] = this.#unresolved
        if (next === undefined) return
        const instrument = await this.#instrumentFor(next.contract, signal)
        this.#unresolved.shift()
        if (instrument === undefined) continue
        this.#assembled.reporter.execution(next)
        this.#assembled.reporter.flush()
      }
    }
    work().catch((error: unknown) => {
      this.#unresolved.length = 0
      this.problem(error)
    })
  }

  // ---- Market data ---------------------------------------------------------------------------------------------------------------

  protected async subscribe(subscription: Subscription, signal: AbortSignal): Promise<void> {
    const stream = new Stream(subscription.kind, subscription.instrument, this.#nextRequest++)
    await this.#ask(stream, signal)
  }

  /** Asks for a stream; resolves with its first message, or when TWS did not refuse it for a while. */
  async #ask(stream: Stream, signal: AbortSignal): Promise<void> {
    const { streams } = this.#assembled
    streams.add(stream)
    const answer = new Promise<void>((resolve, reject) => {
      stream.onAnswer = (error) => (error === undefined ? resolve() : reject(error))
    })
    try {
      this.#request(stream)
      const patience = new AbortController()
      const quiet = sleep(this.host.time, refusalsComeWithinMs, AbortSignal.any([signal, patience.signal])).catch(
        () => {},
      )
      try {
        await Promise.race([answer, quiet])
      } finally {
        patience.abort()
      }
    } catch (error) {
      streams.remove(stream)
      throw error
    } finally {
      answer.catch(() => {})
      stream.onAnswer = undefined
    }
  }

  #request(stream: Stream): void {
    const { quotes = 'level1', allTrades = false, bookRows = 10 } = this.#options
    const instrument = this.host.instruments.at(stream.instrument)
    const { contract } = this.#contracts.of(instrument)
    const asked = libraryContract(contract)
    const { reqId, kind } = stream
    this.#send((api) => {
      if (kind === 'quotes' && quotes === 'tickByTick') api.reqTickByTickData(reqId, asked, 'BidAsk' as never, 0, false)
      else if (kind === 'quotes' || kind === 'status') api.reqMktData(reqId, asked, '', false, false)
      else if (kind === 'news') api.reqMktData(reqId, asked, 'mdoff,292', false, false)
      else if (kind === 'trades')
        api.reqTickByTickData(reqId, asked, (allTrades ? 'AllLast' : 'Last') as never, 0, false)
      else if (kind === 'bars') api.reqRealTimeBars(reqId, asked, 5, barsOf(contract) as never, false)
      else api.reqMktDepth(reqId, asked, bookRows, contract.exchange === 'SMART')
    })
  }

  protected async unsubscribe({ kind, instrument }: Subscription): Promise<void> {
    const { streams } = this.#assembled
    for (const stream of streams.list())
      if (stream.kind === kind && stream.instrument === instrument) {
        streams.remove(stream)
        this.#cancelStream(stream)
      }
  }

  #cancelStream({ reqId, kind, instrument }: Stream): void {
    const { quotes = 'level1' } = this.#options
    const { contract } = this.#contracts.of(this.host.instruments.at(instrument))
    this.#send((api) => {
      if (kind === 'trades' || (kind === 'quotes' && quotes === 'tickByTick')) api.cancelTickByTickData(reqId)
      else if (kind === 'bars') api.cancelRealTimeBars(reqId)
      else if (kind === 'book') api.cancelMktDepth(reqId, contract.exchange === 'SMART')
      else api.cancelMktData(reqId)
    })
  }

  /** A stream that died at TWS, under a new number: what may still come under the old one is nobody's. */
  async #askAnew(dead: Stream): Promise<void> {
    const { streams } = this.#assembled
    if (streams.find(dead.reqId) !== dead) return
    const signal = new AbortController().signal
    streams.remove(dead)
    const stream = new Stream(dead.kind, dead.instrument, dead.reqId)
    await this.paced('subscription', 1, signal, async () => this.#cancelStream(dead))
    stream.reqId = this.#nextRequest++
    await this.paced('subscription', 1, signal, () => this.#ask(stream, signal))
    this.#tellDiscontinuity(stream)
  }

  #tellDiscontinuity({ instrument, kind }: Stream): void {
    const { instruments, market, time } = this.host
    const tsUs = time.wallUs()
    const stream = kind === 'quotes' || kind === 'trades' || kind === 'book' ? kind : 'all'
    const note = {
      kind: 'discontinuity',
      instrument: instruments.at(instrument).id,
      source: this.name as ConnectorId,
      stream,
      reason: 'missing',
      tsEventUs: tsUs,
      tsRecvUs: tsUs,
    } as const
    market.publishNote(instrument, this.source, note, tsUs, tsUs)
  }

  #news(cursor: FieldCursor): void {
    const { streams, target } = this.#assembled
    const stream = streams.find(cursor.int())
    if (stream === undefined || stream.kind !== 'news') return
    stream.messages++
    const tsEventUs = cursor.int() * 1_000
    const provider = cursor.text()
    cursor.skip()
    const headline = cursor.unescaped()
    const { instruments, market } = this.host
    const note = {
      kind: 'news',
      source: this.name as ConnectorId,
      tsEventUs,
      tsRecvUs: target.nowUs,
      headline,
      provider,
      symbols: [instruments.at(stream.instrument).symbol],
    } as const
    if (market.publishNote(stream.instrument, this.source, note, tsEventUs, target.nowUs)) target.published++
    else target.dropped++
  }

  // ---- History -----------------------------------------------------------------------------------------------------------------

  protected override async fetchHistory(request: HistoryRequest, signal: AbortSignal): Promise<MarketEvent[]> {
    return request.kind === 'bars' ? this.#bars(request, signal) : this.#ticks(request, signal)
  }

  async #bars(request: HistoryRequest, signal: AbortSignal): Promise<MarketEvent[]> {
    const instrument = this.host.instruments.at(request.instrument)
    const { contract, details } = this.#contracts.of(instrument)
    const { intervalUs = 60_000_000 } = request
    const context = {
      instrument,
      source: this.name as ConnectorId,
      intervalUs,
      zone: details.timeZone || 'UTC',
      time: this.host.time,
    }
    const events: MarketEvent[] = []
    let isFirst = true
    let lastUs = Number.NEGATIVE_INFINITY
    for (const { barSize, duration, endUs } of historyPieces(request)) {
      const ask = () => {
        const reqId = this.#nextRequest++
        return this.#questions.ask<FieldCursor>(reqId, signal, () =>
          this.#send((api) =>
            api.reqHistoricalData(
              reqId,
              libraryContract(contract),
              utcText(endUs),
              duration,
              barSize as never,
              barsOf(contract) as never,
              0,
              2,
              false,
            ),
          ),
        )
      }
      let answer: FieldCursor | undefined
      try {
        ;[answer] = await (isFirst ? ask() : this.paced('history', 1, signal, ask))
      } catch (error) {
        if (!isNoData(error)) throw error
      }
      isFirst = false
      if (answer === undefined) continue
      for (const bar of await readBars(answer, context, signal)) {
        const isWanted = bar.tsOpenUs >= request.fromUs && bar.tsOpenUs < request.toUs
        if (isWanted && bar.tsOpenUs > lastUs) {
          events.push(bar)
          lastUs = bar.tsOpenUs
        }
      }
    }
    return events
  }

  async #ticks(request: HistoryRequest, signal: AbortSignal): Promise<MarketEvent[]> {
    const instrument = this.host.instruments.at(request.instrument)
    const { contract } = this.#contracts.of(instrument)
    const { source, what } = {
      source: this.name as ConnectorId,
      what: request.kind === 'trades' ? 'TRADES' : 'BID_ASK',
    }
    const events: MarketEvent[] = []
    let isFirst = true
    for (let fromUs = request.fromUs; fromUs < request.toUs; ) {
      const ask = () => {
        const reqId = this.#nextRequest++
        return this.#questions.ask<FieldCursor>(reqId, signal, () =>
          this.#send((api) =>
            api.reqHistoricalTicks(
              reqId,
              libraryContract(contract),
              utcText(fromUs),
              '',
              1_000,
              what as never,
              0,
              false,
            ),
          ),
        )
      }
      const [answer] = await (isFirst ? ask() : this.paced('history', 1, signal, ask))
      isFirst = false
      if (answer === undefined) break
      const ticks = readTicks(answer, request.kind === 'trades' ? 'trades' : 'quotes', {
        instrument,
        source,
        time: this.host.time,
      })
      const last = ticks.at(-1)
      for (const tick of ticks) if (tick.tsEventUs >= fromUs && tick.tsEventUs < request.toUs) events.push(tick)
      if (ticks.length < 1_000 || last === undefined) break
      // TWS completes the last second, so the next piece begins behind it.
      fromUs = last.tsEventUs + 1_000_000
    }
    return events
  }

  // ---- Orders --------------------------------------------------------------------------------------------------------------------

  protected sendNew(order: ApprovedOrder): void {
    const { instrument, number, clientOrderId } = order
    const { contract } = this.#contracts.of(instrument)
    const extras = this.#extras.get(clientOrderId) ?? this.#options.extras?.(order) ?? {}
    const own = new OwnOrder(number, this.#orderIds.take())
    own.extras = extras
    const wire = newOrder(order, this.#mapping(order, extras))
    this.#orders.add(own)
    this.#assembled.reporter.sent(own, instrument)
    this.#send((api) => api.placeOrder(own.orderId, libraryContract(routed(contract, extras)), wire))
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
    const wire = changedOrder(change, this.#mapping(change, own.extras))
    own.changes.push({
      generation,
      quantity: String(wire.totalQuantity ?? ''),
      limit: String(wire.lmtPrice ?? ''),
      aux: String(wire.auxPrice ?? ''),
      quantityUnits: newQuantityUnits,
      priceUnits: newPriceUnits,
      triggerUnits: newTriggerUnits,
    })
    this.#send((api) => api.placeOrder(own.orderId, libraryContract(routed(contract, own.extras)), wire))
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
    this.#send((api) => api.cancelOrder(own.orderId, ''))
  }

  #mapping(order: OrderView, extras: IbkrOrderExtras) {
    const parent = extras.parent === undefined ? 0 : this.host.reports.numberOf(extras.parent)
    return {
      orderRef: this.#wireIds.idOf(order),
      extras,
      outsideRth: this.#options.outsideRth ?? false,
      parentId: this.#orders.byNumber(parent)?.orderId ?? 0,
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
    const instrument = this.host.instruments.get(order.symbol)
    const { contract } = this.#contracts.of(instrument)
    const quantity = instrument.quantityText(instrument.quantityUnits(order.quantity))
    const price = order.price === undefined ? undefined : instrument.priceText(instrument.priceUnits(order.price))
    const orderId = this.#orderIds.take()
    const wire = {
      action: order.side === 'buy' ? 'BUY' : 'SELL',
      orderType: price === undefined ? 'MKT' : 'LMT',
      totalQuantity: quantity,
      ...(price === undefined ? {} : { lmtPrice: price }),
      tif: 'DAY',
      account: order.account ?? this.#options.account ?? this.#accounts[0],
      transmit: true,
      whatIf: true,
    }
    const { time } = this.host
    const [told] = await withTimeout(time, { timeoutMs: previewTimeoutMs, what: 'preview', signal }, (inner) =>
      this.paced('query', 1, inner, () =>
        this.#questions.ask<ToldOrder>(`preview ${orderId}`, inner, () =>
          this.#send((api) => api.placeOrder(orderId, libraryContract(contract), wire as never)),
        ),
      ),
    )
    if (told === undefined) throw new TradewireError('TW_TIMEOUT', 'TWS gave no preview')
    const { margins, commission, commissionCurrency, warning } = told
    const [
      initialBefore,
      maintenanceBefore,
      equityBefore,
      initialChange,
      maintenanceChange,
      equityChange,
      initialAfter,
      maintenanceAfter,
      equityAfter,
    ] = margins
    return {
      initialMargin: { before: initialBefore ?? '', change: initialChange ?? '', after: initialAfter ?? '' },
      maintenanceMargin: {
        before: maintenanceBefore ?? '',
        change: maintenanceChange ?? '',
        after: maintenanceAfter ?? '',
      },
      equityWithLoan: { before: equityBefore ?? '', change: equityChange ?? '', after: equityAfter ?? '' },
      commission,
      commissionCurrency,
      warning,
    }
  }

  // ---- What TWS holds --------------------------------------------------------------------------------------------------------------

  protected async fetchOrders(signal: AbortSignal): Promise<VenueOrderReport[]> {
    const { reporter } = this.#assembled
    const open = await this.#inTurn<ToldOrder>('orders', signal, (api) => api.reqAllOpenOrders())
    const completed = await this.paced('query', 1, signal, () =>
      this.#inTurn<ToldOrder>('completed', signal, (api) => api.reqCompletedOrders(false)),
    )
    const found = new Map<string, VenueOrderReport>()
    for (const told of completed) {
      const instrument = await this.#instrumentFor(told.contract, signal)
      if (instrument !== undefined) found.set(told.permId, reporter.orderReport(told, told.filled, instrument))
    }
    for (const told of open) {
      const instrument = await this.#instrumentFor(told.contract, signal)
      if (instrument === undefined) continue
      reporter.recognise(told, instrument)
      const status = this.#statuses.get(told.permId)
      // Over since it was listed: the newer word counts.
      const now = status !== undefined && isOver(status.status) ? { ...told, status: status.status } : told
      if (!found.has(told.permId)) found.set(told.permId, reporter.orderReport(now, status?.filled ?? '', instrument))
    }
    return [...found.values()].filter(({ account }) => this.#isMine(account))
  }

  protected async fetchFills(sinceUs: number, signal: AbortSignal): Promise<VenueFillReport[]> {
    const { reporter } = this.#assembled
    const reqId = this.#nextRequest++
    const filter = sinceUs > 0 ? { time: utcText(sinceUs) } : {}
    const told = await this.#questions.ask<ToldExecution>(reqId, signal, () =>
      this.#send((api) => api.reqExecutions(reqId, filter)),
    )
    const known: { told: ToldExecution; instrument: Instrument }[] = []
    for (const each of told) {
      const instrument = await this.#instrumentFor(each.contract, signal)
      if (instrument !== undefined && this.#isMine(each.account)) known.push({ told: each, instrument })
    }
    return reporter.listed(known, sinceUs)
  }

  protected async fetchAccountState(signal: AbortSignal): Promise<VenueAccountReport> {
    const held = await this.#inTurn<ToldPosition>('positions', signal, (api) => api.reqPositions())
    await this.paced('query', 1, signal, async () => this.#send((api) => api.cancelPositions()))
    const reqId = this.#nextRequest++
    const ledger = await this.paced('query', 1, signal, () =>
      this.#questions.ask<LedgerLine>(reqId, signal, () =>
        this.#send((api) => api.reqAccountSummary(reqId, 'All', ledgerTags)),
      ),
    )
    await this.paced('query', 1, signal, async () => this.#send((api) => api.cancelAccountSummary(reqId)))
    const positions: VenuePositionReport[] = []
    for (const { account, contract, quantity, averageCost } of held) {
      if (!this.#isMine(account)) continue
      const instrument = await this.#instrumentFor(contract, signal)
      if (instrument === undefined) continue
      const { costPerPoint } = this.#contracts.of(instrument)
      const quantityUnits = unitsOf(quantity, instrument.sizeScale)
      const averagePriceUnits = Math.round((Number(averageCost) / costPerPoint) * 10 ** instrument.priceScale)
      positions.push({
        instrument: instrument.index,
        account,
        quantityUnits,
        ...(quantityUnits === 0 ? {} : { averagePriceUnits }),
      })
    }
    return { positions, balances: this.#balances(ledger) }
  }

  #balances(ledger: readonly LedgerLine[]): VenueBalanceReport[] {
    return ledger
      .filter(
        ({ tag, currency, account }) =>
          (tag === 'CashBalance' || tag === 'TotalCashBalance') && currency !== 'BASE' && this.#isMine(account),
      )
      .filter(
        ({ account, currency }, i, all) =>
          all.findIndex((each) => each.account === account && each.currency === currency) === i,
      )
      .map(({ account, currency, value }) => ({ account, currency, total: value, locked: '0' }))
  }

  #summary(cursor: FieldCursor): void {
    cursor.skip()
    const reqId = cursor.int()
    const [account, tag, value, currency] = [cursor.text(), cursor.text(), cursor.text(), cursor.text()] as [
      string,
      string,
      string,
      string,
    ]
    this.#questions.add(reqId, { account, tag, value, currency } satisfies LedgerLine)
  }

  #isMine(account: string): boolean {
    const { account: wanted } = this.#options
    return wanted === undefined || account === wanted
  }

  /**
   * A question whose answer carries no number. One that is not answered in time leaves an answer under way that the next
   * question would take for its own, so the connection has to go.
   */
  async #inTurn<T>(key: string, signal: AbortSignal, request: (api: TwsApi) => void): Promise<T[]> {
    const transport = this.#transport
    let isSent = false
    try {
      return await this.#questions.askInTurn<T>(key, signal, () => {
        isSent = true
        this.#send(request)
      })
    } catch (error) {
      if (signal.aborted && isSent && transport === this.#transport)
        this.connectionLost(`TWS did not answer the question for ${key}`)
      throw error
    }
  }
}

interface LedgerLine {
  readonly account: string
  readonly tag: string
  readonly value: string
  readonly currency: string
}

/** A refusal of a stream comes within milliseconds; what was not refused for so long stands. */
const refusalsComeWithinMs = 250

/** The answer to a what-if order. */
const previewTimeoutMs = 10_000

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
    },
  }
}

/** The contract with the route of one order. */
function routed(contract: IbkrContract, { exchange }: IbkrOrderExtras): IbkrContract {
  return exchange === undefined ? contract : { ...contract, exchange }
}

/** What bars of a contract are made from: pairs have no trades. */
function barsOf(contract: IbkrContract): string {
  return contract.secType === 'CASH' || contract.secType === 'CFD'
    ? 'MIDPOINT'
    : contract.secType === 'CRYPTO'
      ? 'AGGTRADES'
      : 'TRADES'
}

function isOver(status: string): boolean {
  return status === 'Filled' || status === 'Cancelled' || status === 'ApiCancelled'
}

function isNoData(error: unknown): boolean {
  return error instanceof TradewireError && error.details.code === 162 && /no data/i.test(error.message)
}

function refused(code: number, text: string): TradewireError {
  return new TradewireError('TW_NOT_SUPPORTED', `TWS refused it: ${text} (${code})`, { details: { code } })
}

function notConnected(reason: string): TradewireError {
  return new TradewireError('TW_NOT_CONNECTED', `There is no connection to TWS: ${reason}`)
}

/** An account number is nobody's business in a message. */
function masked(account: string): string {
  return `${account.slice(0, 2)}…${account.slice(-2)}`
}
