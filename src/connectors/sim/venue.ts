/**
 * The exchange side of a simulation: instruments, accounts, orders and executions, kept whether or not anybody is connected.
 *
 * ```
 * session ─► receive ─► OrderDesk ─► MarketMatcher (fills against a recording)   ◄─ onQuote, onTrade, onBook (MarketTap)
 *                           │   └──► BookMatcher   (a book of its own)           ◄─ the crowd of a synthetic market
 *                           ▼
 *                      ReportOutbox ─► every session that sees the account
 * ```
 * It knows nothing of connectors. Clients come, go and crash; the truth stays here and can be asked for at any time.
 */
import type { RecalledBooks } from '../../connector/recalled-books.js'
import { NS_PER_US } from '../../core/clock.js'
import { TradewireError } from '../../core/errors.js'
import { toUnits } from '../../model/decimal.js'
import type { InstrumentRegistry } from '../../model/instrument-registry.js'
import { TifCode } from '../../orders/codes.js'
import { adoptBooks } from './adoption.js'
import type { OrderDesk } from './order-desk.js'
import { type VenueClient, VenueSession } from './report-outbox.js'
import type { VenueAccount } from './venue-accounts.js'
import { VenueMarket } from './venue-market.js'
import type { VenueRequest } from './venue-message.js'
import { checkVenueRules, refuseUnknown, type SimulatedVenueOptions, venueRuleNames } from './venue-options.js'
import { type OrderTerms, type VenueExecution, VenueOrder } from './venue-order.js'

/** A simulated exchange. */
export class SimulatedVenue extends VenueMarket {
  readonly counters = { requests: 0, duplicates: 0, lost: 0 }
  /** Whether the venue is up. */
  isUp = true
  /** Orders by client name, then client order id. */
  readonly #clients = new Map<string, Map<string, VenueOrder>>()

  /** @throws TradewireError `TW_INVALID_CONFIG` for an unknown or impossible option. */
  constructor(options: SimulatedVenueOptions) {
    refuseUnknown('SimulatedVenue', options, ['time', ...venueRuleNames])
    checkVenueRules(options)
    super(options)
    this.desk.records.onForgotten = (order) => {
      const own = this.#clients.get(order.clientName)
      if (own?.get(order.clientOrderId) === order) own.delete(order.clientOrderId)
    }
    for (const [name, balances] of Object.entries(options.balances ?? {})) {
      const account = this.desk.account(name)
      for (const [currency, amount] of Object.entries(balances)) {
        account.add(currency, toUnits(amount, 8, `balances.${name}.${currency}`))
      }
    }
  }

  /** How far back the lists of orders and executions are complete, in microseconds before now; Infinity: nothing is forgotten. */
  get historyReachUs(): number {
    return (this.time.monotonicNs() - this.desk.records.forgottenNs) / NS_PER_US
  }

  // ---- Sessions ------------------------------------------------------------------------------------------------------

  /**
   * Opens a session. Client order ids are unique for a client name, over all of its sessions.
   *
   * @throws TradewireError `TW_NOT_CONNECTED` while the venue is down.
   */
  connect(client: VenueClient, clientName: string, accounts: readonly string[]): VenueSession {
    if (!this.isUp) throw new TradewireError('TW_NOT_CONNECTED', 'The simulated venue is down')
    for (const name of accounts) this.desk.account(name)
    const session = new VenueSession(client, clientName, accounts)
    this.outbox.sessions.push(session)
    return session
  }

  /** Closes a session. With `cancelsOrders` the venue cancels what its client has open: cancel on disconnect. */
  disconnect(session: VenueSession, options: { cancelsOrders?: boolean } = {}): void {
    if (!session.isOpen) return
    session.isOpen = false
    const at = this.outbox.sessions.indexOf(session)
    if (at >= 0) this.outbox.sessions.splice(at, 1)
    if (options.cancelsOrders !== true) return
    this.outbox.begin()
    for (const order of this.#clients.get(session.clientName)?.values() ?? [])
      this.desk.cancel(order, 'cancel on disconnect')
    this.outbox.end()
  }

  /** A request arrives. */
  receive(session: VenueSession, request: VenueRequest): void {
    if (!this.isUp || !session.isOpen) {
      this.counters.lost++
      return
    }
    this.counters.requests++
    this.outbox.begin()
    try {
      this.passTime(this.time.wallUs())
      if (request.kind === 'new') this.#receiveNew(session, request.order as VenueOrder)
      else if (request.kind === 'replace') this.#receiveReplace(session, request)
      else this.#receiveCancel(session, request)
    } finally {
      this.outbox.end()
    }
  }

  #receiveNew(session: VenueSession, order: VenueOrder): void {
    const orders = this.#ordersOf(session.clientName)
    // The same order again is no new order: the venue answers for the one it has.
    if (orders.has(order.clientOrderId)) {
      this.counters.duplicates++
      return
    }
    orders.set(order.clientOrderId, order)
    session.accounts.add(order.accountName)
    this.desk.enter(order)
    this.armExpiry()
  }

  #receiveReplace(session: VenueSession, request: VenueRequest): void {
    const order = this.#find(session, request)
    const { number, generation } = request
    const reason =
      order === undefined
        ? 'unknown order'
        : this.desk.replace(
            order,
            session,
            number,
            generation,
            request.quantityUnits,
            request.priceUnits,
            request.triggerUnits,
          )
    if (reason !== '')
      this.outbox.addRefusal('replace_rejected', session, order, number, generation, reason, this.time.wallUs())
  }

  #receiveCancel(session: VenueSession, request: VenueRequest): void {
    const order = this.#find(session, request)
    const reason = order === undefined ? 'unknown order' : this.desk.cancel(order)
    if (reason !== '') {
      this.outbox.addRefusal(
        'cancel_rejected',
        session,
        order,
        request.number,
        request.generation,
        reason,
        this.time.wallUs(),
      )
    }
  }

  #ordersOf(clientName: string): Map<string, VenueOrder> {
    let orders = this.#clients.get(clientName)
    if (orders === undefined) {
      orders = new Map()
      this.#clients.set(clientName, orders)
    }
    return orders
  }

  #find(session: VenueSession, request: VenueRequest): VenueOrder | undefined {
    const own = this.#clients.get(session.clientName)?.get(request.clientOrderId)
    if (own !== undefined) return this.desk.orders.has(own.venueOrderId) ? own : undefined
    const other = typeof request.venueOrderId === 'number' ? this.desk.orders.get(request.venueOrderId) : undefined
    return other !== undefined && session.sees(other) ? other : undefined
  }

  /**
   * Goes on from what a client's journal tells, as if the venue had lived on: see `adoption.ts`. For a venue that nobody has
   * traded at yet. `instruments`: the registry of the client.
   */
  adopt(clientName: string, books: RecalledBooks, instruments: InstrumentRegistry): void {
    const orders = this.#ordersOf(clientName)
    this.desk.records.startNumbersAfter(books.highWater)
    this.outbox.begin()
    adoptBooks(books, {
      clientName,
      instrumentOf: (index) => {
        const { definition } = instruments.at(index)
        return this.listingFor(definition)?.instrument ?? this.instruments.add(definition)
      },
      hasDayEnded: (sinceUs) => this.hasDayEnded(sinceUs),
      account: (name) => this.desk.account(name),
      take: (order, isOpen) => {
        orders.set(order.clientOrderId, order)
        this.desk.adopt(order, isOpen)
      },
    })
    this.outbox.end()
    this.armExpiry()
  }

  // ---- What operators and tests do -----------------------------------------------------------------------------------

  /** Takes an execution back. The order does not come to life again; a live one may fill for the quantity once more. */
  bust(exec: number): void {
    const execution = this.#execution(exec)
    if (execution.isBusted) return
    const { order } = execution
    this.outbox.begin()
    execution.isBusted = true
    this.#restate(execution, -execution.quantityUnits, -execution.priceUnits * execution.quantityUnits)
    order.account?.book(
      order.instrument,
      order.sideSign,
      -execution.quantityUnits,
      execution.priceUnits,
      -execution.feeUnits,
    )
    const report = this.outbox.add('bust', order, this.time.wallUs(), 'busted')
    report.execution = execution
    this.desk.positionChanged(order)
    this.outbox.end()
  }

  /** Restates an execution; it keeps its id. The quantity may only become smaller. */
  correct(exec: number, terms: { quantityUnits?: number; priceUnits?: number }): void {
    const execution = this.#execution(exec)
    const { quantityUnits = execution.quantityUnits, priceUnits = execution.priceUnits } = terms
    if (execution.isBusted || !(quantityUnits > 0) || quantityUnits > execution.quantityUnits) {
      throw new TradewireError(
        'TW_INVALID_ARGUMENT',
        `Execution ${exec} cannot be corrected to ${quantityUnits} units: it is busted, or the quantity would grow`,
      )
    }
    const { order } = execution
    this.outbox.begin()
    order.account?.book(order.instrument, order.sideSign, -execution.quantityUnits, execution.priceUnits, 0)
    order.account?.book(order.instrument, order.sideSign, quantityUnits, priceUnits, 0)
    this.#restate(
      execution,
      quantityUnits - execution.quantityUnits,
      priceUnits * quantityUnits - execution.priceUnits * execution.quantityUnits,
    )
    execution.quantityUnits = quantityUnits
    execution.priceUnits = priceUnits
    const report = this.outbox.add('correction', order, this.time.wallUs(), 'corrected')
    report.execution = execution
    report.quantityUnits = quantityUnits
    report.priceUnits = priceUnits
    this.desk.positionChanged(order)
    this.outbox.end()
  }

  #execution(exec: number): VenueExecution {
    const execution = this.desk.records.executions.get(exec)
    if (execution !== undefined) return execution
    throw new TradewireError('TW_INVALID_ARGUMENT', `There is no execution ${exec} at the venue`)
  }

  #restate({ order }: VenueExecution, quantityUnits: number, valueUnits: number): void {
    order.cumulativeUnits += quantityUnits
    order.valueUnits += valueUnits
    order.tsUs = this.time.wallUs()
    if (order.state === 'filled') order.state = 'canceled'
  }

  /** An order that no client of ours sent: by hand, by another program. Sessions that see the account hear of it. */
  submitManual(
    account: string,
    symbol: string,
    terms: Partial<OrderTerms> & Pick<OrderTerms, 'sideSign' | 'quantityUnits' | 'type'>,
  ): VenueOrder {
    const { instrument } = this.listed(symbol)
    const id = `${this.desk.counters.orders + 1}`
    const order = new VenueOrder(id, account, instrument, { ...blankTerms, ...terms }, 0, undefined)
    order.clientName = 'manual'
    this.#ordersOf('manual').set(id, order)
    this.outbox.begin()
    this.desk.enter(order)
    this.outbox.end()
    this.armExpiry()
    return order
  }

  /** Cancels any order, as an operator of the venue would. Returns why not, empty when it was done. */
  cancelByVenue(venueOrderId: number, reason = 'canceled by the venue'): string {
    const order = this.desk.orders.get(venueOrderId)
    if (order === undefined) return 'unknown order'
    this.outbox.begin()
    const refusal = this.desk.cancel(order, reason)
    this.outbox.end()
    return refusal
  }

  /** The venue goes down: sessions break, requests are lost. */
  crash(reason = 'the venue went down'): void {
    this.isUp = false
    for (const session of [...this.outbox.sessions]) {
      this.disconnect(session)
      session.client.onClosed(reason)
    }
  }

  /** The venue comes back, with or without its open orders. Executions, positions and cash are never lost. */
  restart(options: { losesBook?: boolean } = {}): void {
    if (options.losesBook === true) this.desk.loseBook()
    this.isUp = true
  }

  // ---- The truth -----------------------------------------------------------------------------------------------------

  /** Orders that a filter lets through, in order of arrival. */
  orders(filter: { account?: string; live?: boolean } = {}): VenueOrder[] {
    const orders: VenueOrder[] = []
    for (const order of filter.live === true ? this.desk.live : this.desk.orders.values()) {
      if (filter.account === undefined || order.accountName === filter.account) orders.push(order)
    }
    return orders
  }

  /** An order by its venue order id. */
  order(venueOrderId: number): VenueOrder | undefined {
    return this.desk.orders.get(venueOrderId)
  }

  /** Executions since a venue time, busted ones left out, in order of time. */
  executions(filter: { account?: string; sinceUs?: number } = {}): VenueExecution[] {
    const { account, sinceUs = Number.NEGATIVE_INFINITY } = filter
    const found: VenueExecution[] = []
    for (const execution of this.desk.records.executions.values()) {
      if (execution.isBusted || execution.tsUs < sinceUs) continue
      if (account === undefined || execution.order.accountName === account) found.push(execution)
    }
    return found
  }

  /** An account, made when it is first asked for. */
  account(name: string): VenueAccount {
    return this.desk.account(name)
  }

  /** Accounts by name. */
  get accounts(): ReadonlyMap<string, VenueAccount> {
    return this.desk.accounts
  }

  /** Orders, rejections, executions so far, and closed orders forgotten. */
  get totals(): Readonly<OrderDesk['counters']> {
    return this.desk.counters
  }
}

const blankTerms: OrderTerms = {
  sideSign: 1,
  type: 0,
  timeInForce: TifCode.DAY,
  quantityUnits: 0,
  priceUnits: Number.NaN,
  triggerUnits: Number.NaN,
  trailingAmountUnits: Number.NaN,
  trailingBasisPoints: Number.NaN,
  displayUnits: Number.NaN,
  expireTimeUs: Number.NaN,
  flags: 0,
  selfTradePrevention: 0,
}
