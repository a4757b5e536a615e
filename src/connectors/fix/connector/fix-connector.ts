/**
 * A connector to a venue that speaks FIX, 4.0 to 5.0 SP2. What the version says is taken from its dictionary, what the venue does
 * its own way from a profile.
 *
 *   orders ─► OrderWriter ─► D, G, F ─────────────► venue        8, 9, 3, j ─► ReportDesk ─► host.reports
 *   streams ─► MarketDataDesk ─► V ───────────────► venue        W, X, Y ────► MarketDataDesk ─► host.market
 *   statuses ─► StatusDesk ─► e, g ───────────────► venue        f, h ───────► StatusDesk ─► host.market
 *   questions ─► AccountDesk ─► AF, H, AD, AN, BB ► venue        8, AE, AP, BA ─► the answer
 *
 * An order leaves now or not at all: what cannot be sent at once is reported as rejected, never kept for later. What was sent
 * and not answered when the connection breaks is of unknown fate; the session brings the reports that were missed, and the list
 * of orders (AF) settles the rest.
 */
import { BaseConnector } from '../../../connector/base-connector.js'
import type { ConnectorCapabilities, DataKind } from '../../../connector/capabilities.js'
import type { Subscription } from '../../../connector/subscriptions.js'
import { WireIds } from '../../../connector/wire-ids.js'
import { messageOf, TradewireError } from '../../../core/errors.js'
import type { BrokerOrder } from '../../../model/algo.js'
import { fixAlgo, standardStrategies } from '../../../model/broker-algos.js'
import type { InstrumentDefinition } from '../../../model/instrument.js'
import type { ApprovedOrder, ApprovedReplace, CancelRequest, OrderView } from '../../../orders/approved-order.js'
import type { VenueAccountReport, VenueFillReport, VenueOrderReport } from '../../../orders/venue-reports.js'
import { type FixVersion, loadFixDictionary } from '../dictionary/built-in.js'
import type { FixDictionary } from '../dictionary/dictionary.js'
import type { FixSession } from '../session/fix-session.js'
import { AccountDesk } from './account-desk.js'
import { checkFixOptions, type FixConnectorOptions } from './connector-options.js'
import { DropCopyRouter } from './drop-copy-router.js'
import { FillMemory } from './fill-memory.js'
import { FixLink, type LinkSurroundings } from './fix-link.js'
import { MarketDataDesk } from './market-data.js'
import type { MarketStream } from './market-stream.js'
import { MessageRouter, type RouterParts } from './message-router.js'
import { MessageRules } from './message-rules.js'
import { OrderChains } from './order-chains.js'
import { OrderWriter, obstacleOf } from './order-writer.js'
import { type FixProfile, type ResolvedProfile, resolveProfile } from './profile.js'
import { QueryDesk } from './queries.js'
import { ReportDesk, type ReportDeskParts } from './report-desk.js'
import { SentMessages } from './sent-messages.js'
import { Symbology } from './symbology.js'
import { StatusDesk } from './trading-status.js'

/** What exists from the first connection to the stop. */
interface Parts {
  readonly orders: FixLink
  readonly market: FixLink | undefined
  readonly dropCopy: FixLink | undefined
  readonly writer: OrderWriter
  readonly desk: ReportDesk
  readonly data: MarketDataDesk
  readonly status: StatusDesk
  readonly accounts: AccountDesk
  readonly queries: QueryDesk
  readonly sent: SentMessages
}

/** Trades at a venue over FIX. */
export class FixConnector extends BaseConnector {
  readonly capabilities: ConnectorCapabilities
  readonly #options: FixConnectorOptions
  readonly #rules: MessageRules
  readonly #profile: ResolvedProfile
  readonly #ids: WireIds
  readonly #chains = new OrderChains()
  readonly #fills = new FillMemory()
  #parts: Parts | undefined
  #waiting: CancelRequest[] = []
  #isPolling = false
  #probes = 0

  /**
   * A connector with the built-in dictionary of a version, e.g. `FIX.4.4`.
   *
   * @throws TradewireError as the constructor.
   */
  static async of(
    version: Exclude<FixVersion, 'FIXT.1.1'>,
    options: Omit<FixConnectorOptions, 'dictionary'>,
  ): Promise<FixConnector> {
    return new FixConnector({ ...options, dictionary: await loadFixDictionary(version) })
  }

  /** @throws TradewireError `TW_INVALID_CONFIG` naming the option that is unknown or not usable. */
  constructor(options: FixConnectorOptions) {
    checkFixOptions(options)
    super(options.connection)
    this.#options = options
    this.#rules = new MessageRules(options.dictionary)
    checkVersion(options.dictionary, options.session.beginString)
    this.#profile = resolveProfile(options.profile ?? {}, this.#rules)
    const { maxLength = 32, prefix, upperCase } = options.profile?.clOrdId ?? {}
    this.#ids = new WireIds({
      maxLength,
      ...(prefix === undefined ? {} : { prefix }),
      ...(upperCase === undefined ? {} : { upperCase }),
    })
    this.capabilities = capabilitiesOf(options.environment, options.profile ?? {}, this.#profile)
  }

  /** The session that carries orders; undefined before the first connection and after the stop. */
  get session(): FixSession | undefined {
    return this.#parts?.orders.session
  }

  /**
   * Asks the venue to cancel all orders of the session, or those in one instrument, by one message (q). Resolves with the number
   * that the venue names, NaN where it names none; what became of each order comes as its report.
   *
   * @param symbol id or symbol of an instrument; all of them unless given.
   * @throws TradewireError `TW_NOT_SUPPORTED` where the venue does not take it or refuses it, `TW_NOT_CONNECTED` without a
   * connection, `TW_TIMEOUT`, `TW_ABORTED`.
   */
  async massCancel(symbol?: string, signal?: AbortSignal): Promise<number> {
    if (!this.#profile.massCancel)
      throw new TradewireError(
        'TW_NOT_SUPPORTED',
        `Connector ${this.name} has no mass cancel: cancel the orders one by one`,
      )
    const { accounts } = this.#assembled
    const instrument = symbol === undefined ? undefined : this.host.instruments.get(symbol)
    const { queryTimeoutMs = 10_000 } = this.#options.connection ?? {}
    const timeout = new AbortController()
    const timer = this.host.time.after(queryTimeoutMs, () =>
      timeout.abort(new TradewireError('TW_TIMEOUT', `The mass cancel was not answered within ${queryTimeoutMs} ms`)),
    )
    const signals = signal === undefined ? timeout.signal : AbortSignal.any([signal, timeout.signal])
    try {
      return await accounts.massCancel(instrument, signals)
    } catch (error) {
      throw timeout.signal.aborted ? timeout.signal.reason : error
    } finally {
      timer.cancel()
    }
  }

  // ---- The connection --------------------------------------------------------------------------------------------------

  protected async connect(signal: AbortSignal): Promise<void> {
    this.#parts ??= this.#assemble()
    const { orders, market, dropCopy } = this.#parts
    await orders.initiator.connect(signal)
    await market?.initiator.connect(signal)
    dropCopy?.initiator.start()
  }

  protected async disconnect(): Promise<void> {
    const parts = this.#parts
    if (parts === undefined) return
    this.#dropWaiting('the connection ended')
    parts.queries.drop('the connection ended')
    parts.data.clear('the connection ended')
    parts.status.clear('the connection ended')
    if (this.state !== 'stopping') {
      parts.orders.session.disconnect('the connection is given up')
      parts.market?.session.disconnect('the connection is given up')
      return
    }
    this.#parts = undefined
    const links = [parts.orders, parts.market, parts.dropCopy]
    await Promise.all(links.map((link) => link?.initiator.stop()))
    for (const link of links) link?.close()
  }

  protected async probe(signal: AbortSignal): Promise<void> {
    const { orders, market } = this.#assembled
    await Promise.all([this.#prove(orders, signal), market === undefined ? undefined : this.#prove(market, signal)])
  }

  /** A TestRequest (1), answered by a Heartbeat (0) that names it. */
  async #prove({ session }: FixLink, signal: AbortSignal): Promise<void> {
    const { queries } = this.#assembled
    const id = `P${++this.#probes}-${this.epoch}`
    const send = () => {
      session.testRequest(id)
      return session.nextOutgoing - 1
    }
    await queries.ask(id, 'health check', send, signal)
  }

  get #assembled(): Parts {
    if (this.#parts === undefined)
      throw new TradewireError('TW_NOT_CONNECTED', `Connector ${this.name} is not connected`)
    return this.#parts
  }

  #assemble(): Parts {
    const { host, name, source, statistics } = this
    const { time } = host
    const options = this.#options
    const { accounts: accountNames = ['PAPER'] } = options
    const symbology = new Symbology(options.profile?.symbology ?? {}, name, host.instruments)
    const queries = new QueryDesk(time)
    const sent = new SentMessages()
    const desk = new ReportDesk({
      reports: host.reports,
      chains: this.#chains,
      ids: this.#ids,
      profile: this.#profile,
      symbology,
      source,
      time,
      statistics,
      account: accountNames[0] as string,
      problem: (error) => this.problem(error),
      ...this.#memory,
    })
    const surroundings = { time, random: host.random, logger: host.logger, rules: this.#rules, options }
    const router = () =>
      new MessageRouter({
        host,
        desk,
        queries,
        sent,
        data: () => this.#assembled.data,
        status: () => this.#assembled.status,
        accounts: () => this.#assembled.accounts,
        problem: (error) => this.problem(error),
        onDown: (reason) => this.connectionLost(reason),
        // What was sent before is gone from the venue's memory of the session: orders are compared before anything is sent.
        onPeerReset: () => {
          if (this.isReady) this.connectionLost('the venue reset the sequence numbers')
        },
      })
    const orders = new FixLink(options, router(), surroundings)
    const market =
      options.marketData === undefined ? undefined : new FixLink(options.marketData, router(), surroundings)
    const dropCopy = this.#dropCopy(router().parts, symbology, surroundings)
    const dataLink = market ?? orders
    const feed = {
      host,
      out: dataLink.out,
      profile: this.#profile,
      symbology,
      queries,
      source,
      whenFree: (msgType: string, signal: AbortSignal) => dataLink.whenFree(msgType, signal),
      published: (events: number, tsEventUs: number, tsRecvUs: number) => this.published(events, tsEventUs, tsRecvUs),
      problem: (error: unknown) => this.problem(error),
    }
    const status = new StatusDesk(feed)
    const data = new MarketDataDesk({
      ...feed,
      tracker: (stream: MarketStream) =>
        this.sequence(`${stream.kind} ${stream.instrument.id}`, {
          instrument: stream.instrument.index,
          stream: 'book',
        }),
    })
    const accounts = new AccountDesk({
      link: orders,
      desk,
      chains: this.#chains,
      queries,
      profile: this.#profile,
      rules: this.#rules,
      symbology,
      time,
      accounts: accountNames,
      recalled: () => host.recall?.(this),
      prove: (signal) => this.#prove(orders, signal),
      ids: this.#ids,
      instruments: host.instruments,
    })
    const writer = new OrderWriter(orders.out, this.#profile, symbology)
    return { orders, market, dropCopy, writer, desk, data, status, accounts, queries, sent }
  }

  /** A drop copy that breaks comes back by itself; trading goes on without it. */
  #dropCopy(parts: RouterParts, symbology: Symbology, surroundings: LinkSurroundings): FixLink | undefined {
    const { dropCopy, accounts = ['PAPER'] } = this.#options
    if (dropCopy === undefined) return undefined
    const { desk } = parts
    const { dropCopy: sink } = this.host
    const onDown = (reason: string) => {
      // While the connector hangs up, its drop copy does too.
      if (this.isReady) this.problem(new TradewireError('TW_NOT_CONNECTED', `drop copy: ${reason}`))
    }
    const application =
      sink === undefined
        ? new MessageRouter({ ...parts, onDown })
        : new DropCopyRouter({
            ...{ sink, desk, symbology, profile: this.#profile, account: accounts[0] as string, ...this.#memory },
            hostIdOf: (clOrdId) => desk.hostIdOf(this.#ids, clOrdId),
            problem: (error) => this.problem(error),
            onDown,
          })
    return new FixLink(dropCopy, application, surroundings)
  }

  /** Where executions are kept for venues that cannot be asked for them. */
  readonly #memory: Pick<ReportDeskParts, 'onFill' | 'onFillChanged'> = {
    onFill: (fill) => {
      if (!this.#profile.trades) this.#fills.add(fill)
    },
    onFillChanged: (exec, quantityUnits, priceUnits) => this.#fills.change(exec, quantityUnits, priceUnits),
  }

  protected async loadInstruments(): Promise<InstrumentDefinition[]> {
    return [...this.#options.instruments]
  }

  protected subscribe(subscription: Subscription, signal: AbortSignal): Promise<void> {
    const { data, status } = this.#assembled
    if (subscription.kind !== 'status') return data.subscribe(subscription, signal)
    return status.subscribe(this.host.instruments.at(subscription.instrument), signal)
  }

  protected unsubscribe(subscription: Subscription, signal: AbortSignal): Promise<void> {
    const { data, status } = this.#assembled
    if (subscription.kind !== 'status') return data.unsubscribe(subscription, signal)
    return status.unsubscribe(this.host.instruments.at(subscription.instrument), signal)
  }

  // ---- Orders ----------------------------------------------------------------------------------------------------------

  override requireAlgorithm(order: BrokerOrder): void {
    super.requireAlgorithm(order)
    fixAlgo(order.algo, order.window, this.#profile.given.algorithms)
  }

  protected sendNew(order: ApprovedOrder): void {
    const { time, reports } = this.host
    const { orders, writer, sent } = this.#assembled
    const { number } = order
    const nowUs = time.wallUs()
    const obstacle = obstacleOf(order, this.#profile) ?? orders.session.obstacle('D')
    if (obstacle !== undefined) {
      reports.rejected(number, `not sent: ${obstacle}`, nowUs)
      return
    }
    const clOrdId = this.#ids.idOf(order)
    this.#chains.add(chainOf(order, clOrdId, time.monotonicNs()))
    const before = orders.session.nextOutgoing
    try {
      sent.add(writer.order(order, clOrdId, nowUs), 'D', number, 0, clOrdId)
    } catch (error) {
      // Its number is free still: nothing was kept, nothing was sent.
      if (orders.session.nextOutgoing !== before) throw error
      reports.rejected(number, `not sent: ${messageOf(error)}`, nowUs)
    }
  }

  protected sendReplace(change: ApprovedReplace): void {
    const { time, reports } = this.host
    const { orders, writer, sent } = this.#assembled
    const { number, generation } = change
    const nowUs = time.wallUs()
    const obstacle = obstacleOf(change, this.#profile) ?? orders.session.obstacle('G')
    if (obstacle !== undefined) {
      reports.replaceRejected(number, generation, `not sent: ${obstacle}`, nowUs)
      return
    }
    const chain = this.#chainFor(change)
    const clOrdId = this.#ids.idOf(change, generation)
    const original = this.#chains.previous(chain, this.#profile.chainsLatest)
    const terms = {
      quantityUnits: change.newQuantityUnits,
      priceUnits: change.newPriceUnits,
      triggerUnits: change.newTriggerUnits,
    }
    chain.requests.push({ clOrdId, generation, isReplace: true, ...terms })
    const before = orders.session.nextOutgoing
    try {
      sent.add(
        writer.replace(change, terms, { clOrdId, original, orderId: chain.orderId }, nowUs),
        'G',
        number,
        generation,
        clOrdId,
      )
    } catch (error) {
      if (orders.session.nextOutgoing !== before) throw error
      this.#chains.answered(chain, clOrdId)
      reports.replaceRejected(number, generation, `not sent: ${messageOf(error)}`, nowUs)
    }
  }

  protected sendCancel(request: CancelRequest): void {
    const { reports, time } = this.host
    const { session } = this.#assembled.orders
    const obstacle = session.obstacle('F')
    if (obstacle === undefined && this.#waiting.length === 0) {
      this.#cancel(request)
      return
    }
    if (obstacle === 'logged-off' || this.#waiting.length >= MAX_WAITING) {
      reports.cancelRejected(
        request.number,
        request.generation,
        `not sent: ${obstacle ?? 'too many cancels wait'}`,
        time.wallUs(),
      )
      return
    }
    this.#waiting.push(request.copy())
    this.#poll()
  }

  #cancel(request: OrderView & { generation: number }): void {
    const { time, reports } = this.host
    const { orders, writer, sent } = this.#assembled
    const { number, generation } = request
    const chain = this.#chainFor(request)
    const clOrdId = this.#ids.idOf(request, generation)
    const original = this.#chains.previous(chain, this.#profile.chainsLatest)
    const before = orders.session.nextOutgoing
    chain.requests.push({
      clOrdId,
      generation,
      isReplace: false,
      quantityUnits: Number.NaN,
      priceUnits: Number.NaN,
      triggerUnits: Number.NaN,
    })
    try {
      const ids = { clOrdId, original, orderId: chain.orderId }
      sent.add(writer.cancel(request, ids, time.wallUs()), 'F', number, generation, clOrdId)
    } catch (error) {
      if (orders.session.nextOutgoing !== before) throw error
      this.#chains.answered(chain, clOrdId)
      reports.cancelRejected(number, generation, `not sent: ${messageOf(error)}`, time.wallUs())
    }
  }

  /** Cancels that the session had no room for leave as soon as it has. */
  #poll(): void {
    if (this.#isPolling) return
    this.#isPolling = true
    this.host.time.after(POLL_MS, () => {
      this.#isPolling = false
      const session = this.#parts?.orders.session
      while (session !== undefined && this.#waiting.length > 0 && session.obstacle('F') === undefined)
        this.#cancel(this.#waiting.shift() as CancelRequest)
      if (session?.isLoggedOn !== true) this.#dropWaiting('the connection is gone')
      else if (this.#waiting.length > 0) this.#poll()
    })
  }

  #dropWaiting(reason: string): void {
    const { reports, time } = this.host
    for (const { number, generation } of this.#waiting.splice(0))
      reports.cancelRejected(number, generation, `not sent: ${reason}`, time.wallUs())
  }

  /** What is known of an order; of one that an earlier life of the process sent, no more than its own id. */
  #chainFor(order: OrderView): ReturnType<OrderChains['add']> {
    const known = this.#chains.get(order.number)
    if (known !== undefined) return known
    const { venueOrderId } = order
    const chain = chainOf(order, this.#ids.idOf(order), Number.NaN)
    if (venueOrderId !== undefined) chain.orderId = String(venueOrderId)
    return this.#chains.add(chain)
  }

  // ---- Questions -------------------------------------------------------------------------------------------------------

  protected fetchOrders(signal: AbortSignal): Promise<VenueOrderReport[]> {
    return this.#assembled.accounts.orders(signal)
  }

  protected async fetchFills(sinceUs: number, signal: AbortSignal): Promise<VenueFillReport[]> {
    if (this.#profile.trades) return this.#assembled.accounts.fills(sinceUs, signal)
    // What the venue sent before its answer has been seen by then.
    await this.#prove(this.#assembled.orders, signal)
    return this.#fills.since(sinceUs)
  }

  protected fetchAccountState(signal: AbortSignal): Promise<VenueAccountReport> {
    return this.#assembled.accounts.state(signal)
  }
}

/** Cancels that may wait for room. */
const MAX_WAITING = 10_000
const POLL_MS = 2

function chainOf(order: OrderView, clOrdId: string, sentNs: number): ReturnType<OrderChains['add']> {
  return {
    number: order.number,
    instrument: order.instrument,
    account: order.account,
    sideSign: order.sideSign,
    type: order.type,
    timeInForce: order.timeInForce,
    orderId: undefined,
    accepted: clOrdId,
    quantityUnits: order.quantityUnits,
    priceUnits: order.priceUnits,
    triggerUnits: order.triggerUnits,
    isAcknowledged: false,
    isTriggered: false,
    isClosed: false,
    requests: [],
    sentNs,
  }
}

function capabilitiesOf(
  environment: FixConnectorOptions['environment'],
  given: FixProfile,
  profile: ResolvedProfile,
): ConnectorCapabilities {
  const { words, marketData } = profile
  const data: DataKind[] = []
  for (const kind of ['quotes', 'trades', 'book', 'orders'] as const) if (marketData[kind] === true) data.push(kind)
  if (marketData.status !== undefined) data.push('status')
  const timeInForce = [...words.times.keys()]
  if (words.closingTypes.size > 0) timeInForce.push('CLO')
  return {
    data,
    orders: {
      environment,
      types: [...words.types.keys()],
      timeInForce,
      postOnly: profile.postOnly !== undefined,
      reduceOnly: profile.reduceOnly !== undefined,
      iceberg: profile.displayTag !== 0,
      replace: profile.replace,
      cancelOnDisconnect: given.cancelOnDisconnect ?? 'none',
      fullHistory: profile.massStatus === 'all',
      algorithms: algorithmsOf(given),
    },
  }
}

function algorithmsOf({ algorithms }: FixProfile): readonly string[] {
  return algorithms === undefined ? [] : Object.keys({ ...standardStrategies, ...algorithms.strategies })
}

function checkVersion(dictionary: FixDictionary, beginString: string): void {
  if (dictionary.beginString === beginString) return
  const problem = `The dictionary is of ${dictionary.beginString}, session.beginString is ${beginString}`
  throw new TradewireError('TW_INVALID_CONFIG', problem, { details: { field: 'dictionary' } })
}
