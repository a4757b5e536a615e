/**
 * An order gateway: one process owns order management and risk, others submit through it over ZeroMQ.
 *
 *   strategy process: TradingSystem ─ ZmqConnector ══ DEALER/ROUTER ══ ZmqOrderGateway ─ OrderManager ─ venues
 *
 * - Every order of a client ends in `OrderManager.submit`: gate, journal, venue, as if it were submitted here. Its strategy is
 *   the client's name, its id the client's id behind that name.
 * - The same id again is the same order: nothing is sent twice, and the client is told where it stands.
 * - What happened while a client was away is in the answers to its questions: it asks when it is back, before it trades.
 *   That holds over a crash of either side, as far as the journal of this system holds it.
 */

import { amountOf, type Message, textOf } from '../../connectors/zmq/orders/messages.js'
import { checkClients, type GatewayClient, OrderServer } from '../../connectors/zmq/orders/order-server.js'
import type { ZmqLimits, ZmqSecurity } from '../../connectors/zmq/security.js'
import { NS_PER_US } from '../../core/clock.js'
import { messageOf, TradewireError } from '../../core/errors.js'
import { type Logger, silentLogger } from '../../core/logger.js'
import type { Time } from '../../core/time.js'
import type { Instrument } from '../../model/instrument.js'
import type { InstrumentRegistry } from '../../model/instrument-registry.js'
import type { OrderChange, OrderRequest } from '../../model/order.js'
import { orderTypes, timesInForce } from '../../model/order-types.js'
import type { OrderEvent } from '../../oms/order-event.js'
import type { OrderHandle } from '../../oms/order-handle.js'
import type { OrderManager } from '../../oms/order-manager.js'
import type { Portfolio } from '../../portfolio/portfolio.js'
import { refuseUnknownOptions } from '../../ring/options.js'
import { fillRow, orderRow, venueOrderId } from './rows.js'

/** What of a trading system the gateway works with: pass the system. */
export interface GatewaySystem {
  /** Its mode says where orders end; `paper` unless given. */
  readonly config: { readonly mode?: 'simulation' | 'paper' | 'live' }
  readonly orders: OrderManager
  readonly instruments: InstrumentRegistry
  readonly portfolio: Portfolio
  readonly time: Time
  /** What its journal held at the start; nothing is taken to be known of earlier lives where it is absent. */
  readonly recovery?: { readonly records: number }
}

/** What a gateway is given. */
export interface ZmqOrderGatewayOptions extends ZmqLimits {
  /** Where clients connect. */
  bind: string
  system: GatewaySystem
  /** Who may submit, by name; others are refused. */
  clients: Readonly<Record<string, GatewayClient>>
  security?: ZmqSecurity
  /** Between heartbeats; 1,000 ms unless given. Three missed end a session. */
  heartbeatMs?: number
  logger?: Logger
}

/** An order of a client, with the requests that wait for an answer. */
interface Tracked {
  readonly client: string
  readonly id: string
  readonly handle: OrderHandle
  readonly instrument: Instrument
  /** Changes of the client, in the order in which they came: by the number that they have here, the client's own. */
  readonly changes: Map<number, number>
  /** Cancels of the client by its own numbers: one cancel at a time is under way here, and its refusal answers all of them. */
  readonly cancels: number[]
  /** Events that come before a change has its number here; undefined while none is being asked for. */
  early: OrderEvent[] | undefined
  /** When it was last heard of, on the monotonic clock; the start of the gateway for what came before. */
  heardNs: number
}

const optionNames: readonly (keyof ZmqOrderGatewayOptions)[] = [
  'bind',
  'system',
  'clients',
  'security',
  'heartbeatMs',
  'logger',
  'highWaterMark',
  'allowUnbounded',
  'maxMessageBytes',
]
/** Rows in one part of an answer. */
const rowsAPart = 500
/** Orders that are tracked before those that the system has forgotten are looked for. */
const fewOrders = 1_024
/** Requests of one order that wait for an answer, of each kind. */
const mostRequests = 64

/** Takes orders of other processes. */
export class ZmqOrderGateway {
  readonly #options: ZmqOrderGatewayOptions
  readonly #system: GatewaySystem
  readonly #server: OrderServer
  readonly #logger: Logger
  readonly #tracked = new Map<number, Tracked>()
  /** At so many the table is looked through. */
  #most = fewOrders
  /** When the latest of the orders that are gone was last heard of; -Infinity while none is. */
  #forgottenNs: number
  #stopListening: (() => void) | undefined

  /** @throws TradewireError `TW_INVALID_CONFIG`, `TW_INVALID_ARGUMENT` naming the option. */
  constructor(options: ZmqOrderGatewayOptions) {
    refuseUnknownOptions('ZmqOrderGateway', options, optionNames)
    const { system, bind, clients, security = {}, heartbeatMs = 1_000, logger = silentLogger } = options
    checkClients(clients, security)
    this.#options = options
    this.#system = system
    this.#logger = logger
    // Without a journal of an earlier life, or where it has already forgotten some, nobody knows what was there before.
    const isWhole = (system.recovery?.records ?? 0) > 0 && !system.orders.hasForgotten
    this.#forgottenNs = isWhole ? Number.NEGATIVE_INFINITY : system.time.monotonicNs()
    const { mode = 'paper' } = system.config
    this.#server = new OrderServer(
      {
        bind,
        clients,
        security,
        heartbeatMs,
        logger,
        time: system.time,
        environment: mode === 'simulation' ? 'simulated' : mode,
        ...(options.highWaterMark === undefined ? {} : { highWaterMark: options.highWaterMark }),
        ...(options.allowUnbounded === undefined ? {} : { allowUnbounded: options.allowUnbounded }),
      },
      {
        message: (client, message) => this.#message(client, message),
        session: (client, isOpen) => logger.info({ client, isOpen }, 'order gateway session'),
      },
    )
  }

  /** Where it listens, with the port that was taken. */
  get endpoint(): string {
    return this.#server.endpoint
  }

  /** Clients that have a session now. */
  get connected(): string[] {
    return this.#server.connected
  }

  get counters(): Readonly<OrderServer['counters']> {
    return this.#server.counters
  }

  /** Begins to listen. What the journal held of clients' orders is known from the start. */
  async start(): Promise<void> {
    for (const client of Object.keys(this.#options.clients))
      for (const handle of this.#system.orders.list({ strategy: client })) this.#track(client, handle)
    this.#stopListening = this.#system.orders.events.on('order', (event) => this.#event(event))
    await this.#server.open()
  }

  /** Ends all sessions. Orders stay as they are. */
  async stop(): Promise<void> {
    this.#stopListening?.()
    this.#stopListening = undefined
    this.#server.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Ends the sessions of all clients, who connect anew. */
  dropSessions(): void {
    this.#server.dropAll()
  }

  // ---- What clients say ------------------------------------------------------------------------------------------------

  #message(client: string, message: Message): void {
    try {
      if (message.t === 'new') this.#new(client, message)
      else if (message.t === 'cancel') this.#cancel(client, message)
      else if (message.t === 'replace') this.#replace(client, message)
      else if (message.t === 'ask') this.#ask(client, message)
    } catch (error) {
      this.#logger.warn({ client, error: messageOf(error) }, 'order gateway: a message was refused')
    }
  }

  #new(client: string, message: Message): void {
    const id = textOf(message.id)
    if (id === undefined) return
    const known = this.#find(client, id)
    if (known !== undefined && isSame(known, message)) {
      this.#stand(known)
      return
    }
    try {
      this.#system.orders.submit(this.#request(client, id, message))
    } catch (error) {
      this.#reject(client, id, messageOf(error))
    }
  }

  #request(client: string, id: string, message: Message): OrderRequest {
    const { side, type, timeInForce } = message
    const account = textOf(message.account) ?? 'PAPER'
    const { accounts = ['PAPER'] } = this.#options.clients[client] as GatewayClient
    if (!accounts.includes(account))
      throw new TradewireError('TW_INVALID_ARGUMENT', `Client ${client} may not trade for account ${account}`)
    const instrument = this.#system.instruments.get(textOf(message.symbol) ?? '')
    if (side !== 'buy' && side !== 'sell') throw unusable('side')
    if (!orderTypes.includes(type as (typeof orderTypes)[number])) throw unusable('type')
    if (!timesInForce.includes(timeInForce as (typeof timesInForce)[number])) throw unusable('timeInForce')
    const units = (field: string) => {
      const amount = amountOf(message[field])
      if (amount === undefined || (!Number.isNaN(amount) && !Number.isSafeInteger(amount))) throw unusable(field)
      return amount
    }
    const price = (field: string) => (Number.isNaN(units(field)) ? undefined : instrument.priceFromUnits(units(field)))
    const quantity = (field: string) =>
      Number.isNaN(units(field)) ? undefined : instrument.quantityFromUnits(units(field))
    const wanted = quantity('quantity')
    if (wanted === undefined) throw unusable('quantity')
    const trailing = trailingOf(price('trailingAmount'), amountOf(message.trailingBasisPoints) ?? Number.NaN)
    return {
      symbol: instrument.id,
      side,
      type: type as NonNullable<OrderRequest['type']>,
      timeInForce: timeInForce as NonNullable<OrderRequest['timeInForce']>,
      quantity: wanted,
      clientOrderId: `${client}/${id}`,
      strategy: client,
      account,
      ...optional('price', price('price')),
      ...optional('triggerPrice', price('trigger')),
      ...optional('displayQuantity', quantity('display')),
      ...optional('expireTimeUs', numberOrNothing(message.expireUs)),
      ...(trailing === undefined ? {} : { trailing }),
      ...(message.postOnly === true ? { postOnly: true } : {}),
      ...(message.reduceOnly === true ? { reduceOnly: true } : {}),
      ...(message.trigger !== null && (message.triggerSource === 'bid_ask' || message.triggerSource === 'mid')
        ? { triggerSource: message.triggerSource }
        : {}),
    }
  }

  #cancel(client: string, message: Message): void {
    const { id, generation } = message
    const tracked = this.#find(client, String(id))
    if (tracked === undefined || tracked.handle.isClosed) {
      const reason = tracked === undefined ? 'UNKNOWN_ORDER' : 'TOO_LATE'
      this.#report(client, { kind: 'cancelRejected', id, generation, reason })
      return
    }
    if (tracked.cancels.length < mostRequests) tracked.cancels.push(generation as number)
    tracked.handle.cancel()
  }

  #replace(client: string, message: Message): void {
    const { id, generation } = message
    const tracked = this.#find(client, String(id))
    const refuse = (reason: string) => this.#report(client, { kind: 'replaceRejected', id, generation, reason })
    if (tracked === undefined) {
      refuse('UNKNOWN_ORDER')
      return
    }
    const { instrument, handle, changes } = tracked
    if (changes.size >= mostRequests) {
      refuse('TOO_MANY_REQUESTS')
      return
    }
    const early: OrderEvent[] = []
    tracked.early = early
    try {
      const request = this.#system.orders.modify(handle.number, changeOf(instrument, handle, message))
      changes.set(request, generation as number)
    } catch (error) {
      refuse(messageOf(error))
    } finally {
      tracked.early = undefined
      for (const event of early) this.#event(event)
    }
  }

  #ask(client: string, { question, what, since }: Message): void {
    let rows: unknown[] | undefined
    if (what === 'ping') rows = []
    else if (what === 'instruments') rows = [...this.#system.instruments].map(({ definition }) => definition)
    else if (what === 'orders') rows = this.#ordersOf(client).map((tracked) => orderRow(tracked))
    else if (what === 'fills') rows = this.#fillsOf(client, typeof since === 'number' ? since : 0)
    else if (what === 'positions') rows = this.#positionsOf(client)
    if (rows === undefined) {
      this.#server.send(client, { t: 'answer', question, error: 'unknown question' })
      return
    }
    const reach = what === 'orders' || what === 'fills' ? { reachUs: this.#reachUs() } : {}
    for (let from = 0; from === 0 || from < rows.length; from += rowsAPart) {
      const more = from + rowsAPart < rows.length
      this.#server.send(client, { t: 'answer', question, rows: rows.slice(from, from + rowsAPart), more, ...reach })
    }
  }

  #ordersOf(client: string): Tracked[] {
    return [...this.#tracked.values()].filter(
      (tracked) => tracked.client === client && tracked.handle.status !== 'DENIED',
    )
  }

  #fillsOf(client: string, sinceUs: number): unknown[] {
    const rows: unknown[] = []
    for (const tracked of this.#ordersOf(client))
      for (const execution of this.#executions(tracked))
        if (execution.tsUs >= sinceUs) rows.push(fillRow(tracked, execution))
    return rows
  }

  #executions({ handle }: Tracked) {
    try {
      return this.#system.orders.executions(handle.number)
    } catch {
      return [] // beyond the history: its quantities are in the order's row
    }
  }

  #positionsOf(client: string): unknown[] {
    const { portfolio, instruments } = this.#system
    const { accounts = ['PAPER'] } = this.#options.clients[client] as GatewayClient
    const strategy = portfolio.strategies.find(client)
    const rows: unknown[] = []
    for (const account of accounts) {
      const index = portfolio.accounts.find(account)
      for (const instrument of instruments) {
        const quantity = index < 0 || strategy < 0 ? 0 : portfolio.quantityUnits(index, strategy, instrument.index)
        if (quantity !== 0) rows.push({ account, symbol: instrument.id, quantity })
      }
    }
    return rows
  }

  // ---- What happens to orders ------------------------------------------------------------------------------------------

  #event(event: OrderEvent): void {
    const tracked = this.#tracked.get(event.order.number) ?? this.#meet(event.order)
    if (tracked === undefined) return
    if (tracked.early !== undefined) {
      tracked.early.push(event)
      return
    }
    tracked.heardNs = this.#system.time.monotonicNs()
    const { client, id, handle, instrument } = tracked
    const base = { id, venueOrderId: venueOrderId(handle), tsUs: event.tsEventUs }
    const report = (kind: string, more: object = {}) => this.#report(client, { kind, ...base, ...more })
    const filled = () => instrument.quantityUnits(handle.filledQuantity)
    const { reason = '' } = event
    switch (event.type) {
      case 'accepted':
      case 'triggered':
        report(event.type)
        break
      case 'rejected':
      case 'denied':
        report('rejected', { reason })
        break
      case 'canceled':
      case 'expired':
        report(event.type, { filled: filled(), reason })
        break
      case 'updated':
        for (const generation of answered(tracked, event.request))
          report('replaced', { generation, ...termsOf(tracked) })
        break
      case 'update_rejected': {
        const generation = tracked.changes.get(event.request)
        tracked.changes.delete(event.request)
        // What somebody else asked for is not the client's to know of: nothing came of it.
        if (generation !== undefined) report('replaceRejected', { generation, reason })
        break
      }
      case 'cancel_rejected':
        for (const generation of tracked.cancels.splice(0)) report('cancelRejected', { generation, reason })
        break
      case 'filled':
        report('filled', { ...fillRow(tracked, executionOf(event)), ...base })
        break
      case 'fill_corrected':
        report('corrected', { exec: event.execId, quantity: event.quantityUnits, price: event.priceUnits })
        break
      case 'fill_busted':
        report('busted', { exec: event.execId })
        break
      case 'unknown':
        report('unknown', { reason })
        break
      default:
        break
    }
  }

  /** Where an order stands, as reports: for a client that sent it again. */
  #stand(tracked: Tracked): void {
    const { client, id, handle } = tracked
    const tsUs = handle.snapshot.tsUpdatedUs
    const report = (kind: string, more: object = {}) =>
      this.#report(client, { kind, id, venueOrderId: venueOrderId(handle), tsUs, ...more })
    const { status, reason = '' } = handle
    if (status === 'DENIED' || status === 'REJECTED') report('rejected', { reason })
    if (status === 'DENIED' || status === 'REJECTED' || status === 'SUBMITTED' || status === 'UNKNOWN') return
    report('accepted')
    for (const execution of this.#executions(tracked)) report('filled', { ...fillRow(tracked, execution) })
    const filled = tracked.instrument.quantityUnits(handle.filledQuantity)
    if (status === 'CANCELED' || status === 'EXPIRED') report(status.toLowerCase(), { filled, reason })
  }

  #reject(client: string, id: string, reason: string): void {
    this.#report(client, { kind: 'rejected', id, reason })
  }

  #report(client: string, report: object): void {
    this.#server.send(client, { t: 'report', tsUs: this.#system.time.wallUs(), ...report })
  }

  #find(client: string, id: string): Tracked | undefined {
    const handle = this.#system.orders.get(`${client}/${id}`)
    return handle === undefined ? undefined : this.#track(client, handle)
  }

  /** An order that an event tells of before its submission has returned. */
  #meet(handle: OrderHandle): Tracked | undefined {
    const { strategy } = handle.snapshot
    return Object.hasOwn(this.#options.clients, strategy) ? this.#track(strategy, handle) : undefined
  }

  /** Remembers an order of a client; undefined for one whose id is not of our making. */
  #track(client: string, handle: OrderHandle): Tracked | undefined {
    const known = this.#tracked.get(handle.number)
    if (known !== undefined) return known
    const { clientOrderId, instrument } = handle.snapshot
    if (!clientOrderId.startsWith(`${client}/`)) return undefined
    const tracked = {
      client,
      id: clientOrderId.slice(client.length + 1),
      handle,
      instrument: this.#system.instruments.get(instrument),
      changes: new Map<number, number>(),
      cancels: [],
      early: undefined,
      heardNs: this.#system.time.monotonicNs(),
    }
    if (this.#tracked.size >= this.#most) this.#forget()
    this.#tracked.set(handle.number, tracked)
    return tracked
  }

  /** Drops the orders that the system does not know any more: the table is at most twice as large as what it keeps. */
  #forget(): void {
    for (const tracked of this.#gone()) {
      this.#tracked.delete(tracked.handle.number)
      this.#forgottenNs = Math.max(this.#forgottenNs, tracked.heardNs)
    }
    this.#most = Math.max(fewOrders, 2 * this.#tracked.size)
  }

  /** Orders of clients that the system does not know any more: their executions are gone. */
  #gone(): Tracked[] {
    const { orders } = this.#system
    return [...this.#tracked.values()].filter(
      ({ handle }) => orders.get(handle.clientOrderId)?.number !== handle.number,
    )
  }

  /** How far back nothing is forgotten, in microseconds; null for ever. */
  #reachUs(): number | null {
    const latestNs = this.#gone().reduce((latest, { heardNs }) => Math.max(latest, heardNs), this.#forgottenNs)
    if (latestNs === Number.NEGATIVE_INFINITY) return null
    return Math.floor((this.#system.time.monotonicNs() - latestNs) / NS_PER_US)
  }

  /** Orders that are known of clients. */
  get trackedOrders(): number {
    return this.#tracked.size
  }
}

/** Whether a message asks for the order that there is. */
function isSame({ handle, instrument }: Tracked, message: Message): boolean {
  const { side, type, instrument: id } = handle.snapshot
  return message.side === side && message.type === type && message.symbol === id && instrument.id === id
}

/**
 * The client's numbers of the changes that a confirmation answers, the newest first; 0, nobody's, for one that the client did
 * not ask for. The newest terms hold: changes before it are over.
 */
function answered({ changes }: Tracked, request: number): number[] {
  const own = changes.get(request) ?? 0
  const earlier = [...changes].filter(([each]) => each < request)
  for (const [each] of earlier) changes.delete(each)
  changes.delete(request)
  return [own, ...earlier.map(([, generation]) => generation)]
}

/** The terms that a message changes: those it repeats are left out. */
function changeOf(instrument: Instrument, handle: OrderHandle, message: Message): OrderChange {
  const { quantity, price, triggerPrice } = handle.snapshot
  const amount = (field: string) => {
    const value = amountOf(message[field])
    if (value === undefined) throw unusable(field)
    return value
  }
  const units = amount('quantity')
  const wanted = Number.isNaN(units) ? undefined : instrument.quantityFromUnits(units)
  const limit = Number.isNaN(amount('price')) ? undefined : instrument.priceFromUnits(amount('price'))
  const trigger = Number.isNaN(amount('trigger')) ? undefined : instrument.priceFromUnits(amount('trigger'))
  return {
    ...(wanted === undefined || wanted.eq(quantity) ? {} : { quantity: wanted }),
    ...(limit === undefined || price?.eq(limit) === true ? {} : { price: limit }),
    ...(trigger === undefined || triggerPrice?.eq(trigger) === true ? {} : { triggerPrice: trigger }),
  }
}

function termsOf({ handle, instrument }: Tracked): object {
  const { quantity, price, triggerPrice } = handle.snapshot
  return {
    quantity: instrument.quantityUnits(quantity),
    price: price === undefined ? null : instrument.priceUnits(price),
    trigger: triggerPrice === undefined ? null : instrument.priceUnits(triggerPrice),
  }
}

function executionOf(event: OrderEvent) {
  return {
    exec: event.execId ?? '',
    quantityUnits: event.quantityUnits,
    priceUnits: event.priceUnits,
    feeUnits: event.feeUnits,
    feeCurrency: event.feeCurrency ?? '',
    liquidity: event.liquidity,
    tsUs: event.tsEventUs,
  }
}

function trailingOf(
  amount: NonNullable<OrderRequest['price']> | undefined,
  basisPoints: number,
): OrderRequest['trailing'] {
  if (amount !== undefined) return { amount }
  return Number.isNaN(basisPoints) ? undefined : { basisPoints }
}

function numberOrNothing(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function optional<K extends string, V>(name: K, value: V | undefined): { [Name in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { [Name in K]?: V }
}

function unusable(field: string): TradewireError {
  return new TradewireError('TW_INVALID_MODEL', `The order has no usable ${field}`, { details: { field } })
}
