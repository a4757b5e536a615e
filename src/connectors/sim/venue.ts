/**
 * The exchange side of a simulation: instruments, accounts, orders and executions, kept whether or not anybody is connected.
 *
 * ```
 * session ─► receive ─► OrderDesk ─► MarketMatcher (fills against a recording)   ◄─ onQuote, onTrade, book (MarketTap)
 *                           │   └──► BookMatcher   (a book of its own)           ◄─ the crowd of a synthetic market
 *                           ▼
 *                      ReportOutbox ─► every session that sees the account
 * ```
 * It knows nothing of connectors. Clients come, go and crash; the truth stays here and can be asked for at any time.
 */
import { NS_PER_US } from '../../core/clock.js'
import { TradewireError } from '../../core/errors.js'
import { SeededRandom } from '../../core/random.js'
import type { TimerHandle } from '../../core/scheduler.js'
import type { Time } from '../../core/time.js'
import { MarketState } from '../../matching/codes.js'
import { toUnits } from '../../model/decimal.js'
import type { Instrument, InstrumentDefinition } from '../../model/instrument.js'
import { InstrumentRegistry } from '../../model/instrument-registry.js'
import { TifCode } from '../../orders/codes.js'
import { TradingStatus } from '../../ring/kinds.js'
import { BookMatcher, type BookTape } from './book-matcher.js'
import { noFees } from './fees.js'
import { Listing, type MatchingMode } from './listing.js'
import { MarketMatcher, type MarketMatcherOptions } from './market-matcher.js'
import { OrderDesk } from './order-desk.js'
import { ReportOutbox, type VenueClient, VenueSession } from './report-outbox.js'
import { noSlippage } from './slippage.js'
import type { VenueAccount } from './venue-accounts.js'
import type { VenueRequest } from './venue-message.js'
import {
  checkVenueRules,
  dayEndUs,
  refuseUnknown,
  type SimulatedVenueOptions,
  venueRuleNames,
} from './venue-options.js'
import { type OrderTerms, type VenueExecution, VenueOrder } from './venue-order.js'

const dayUs = 86_400_000_000

/** Hears what the venue's own books do: quotes, trades and levels in price and quantity units. */
export interface VenueTape {
  quote(listing: Listing, tsUs: number): void
  trade(listing: Listing, priceUnits: number, quantityUnits: number, takerSide: number, tsUs: number): void
  level(listing: Listing, bookSide: 0 | 1, priceUnits: number, quantityUnits: number, tsUs: number): void
}

/** A simulated exchange. */
export class SimulatedVenue {
  readonly instruments = new InstrumentRegistry()
  readonly counters = { requests: 0, duplicates: 0, lost: 0 }
  /** Sees order by order whether it is refused for a reason of its own; for tests and fault plans. */
  refuses: ((order: VenueOrder) => string) | undefined
  /** Whether the venue is up. */
  isUp = true
  readonly #time: Time
  readonly #options: SimulatedVenueOptions
  readonly #random: SeededRandom
  readonly #outbox = new ReportOutbox()
  readonly #desk: OrderDesk
  readonly #listings: Listing[] = []
  readonly #byInstrument = new Map<Instrument, Listing>()
  /** Orders by client name, then client order id. */
  readonly #clients = new Map<string, Map<string, VenueOrder>>()
  readonly #tapes: VenueTape[] = []
  readonly #accountNumbers = new Map<VenueAccount, number>()
  readonly #dayEndUs: number
  #nextDayEndUs = Number.NaN
  #expiryTimer: TimerHandle | undefined
  #timerUs = Number.POSITIVE_INFINITY

  /** @throws TradewireError `TW_INVALID_CONFIG` for an unknown or impossible option. */
  constructor(options: SimulatedVenueOptions) {
    refuseUnknown('SimulatedVenue', options, ['time', ...venueRuleNames])
    checkVenueRules(options)
    this.#time = options.time
    this.#options = options
    this.#random = new SeededRandom(options.seed ?? 1)
    this.#dayEndUs = dayEndUs(options.dayEnd)
    this.#desk = new OrderDesk({
      outbox: this.#outbox,
      fees: options.fees ?? noFees,
      random: this.#random,
      checksBalances: options.checksBalances ?? false,
      historyLimit: options.historyLimit ?? 1_000_000,
      nowUs: () => this.#time.wallUs(),
      listingOf: (order) => this.#byInstrument.get(order.instrument),
      refuses: (order) => this.refuses?.(order) ?? '',
    })
    for (const [name, balances] of Object.entries(options.balances ?? {})) {
      const account = this.#desk.account(name)
      for (const [currency, amount] of Object.entries(balances))
        account.add(currency, toUnits(amount, 8, `balances.${name}.${currency}`))
    }
  }

  // ---- Instruments ---------------------------------------------------------------------------------------------------

  /** Lists an instrument; the same again gives the listing that is there. */
  list(definition: InstrumentDefinition, mode: MatchingMode = 'market'): Listing {
    const instrument = this.instruments.add(definition)
    const known = this.#byInstrument.get(instrument)
    if (known !== undefined) return known
    const listing =
      mode === 'book'
        ? this.#bookListing(instrument)
        : new Listing(instrument, new MarketMatcher(instrument, this.#desk, this.#matching()), undefined)
    this.#byInstrument.set(instrument, listing)
    this.#listings.push(listing)
    return listing
  }

  #matching(): MarketMatcherOptions {
    const { liquidity = 'shown', queue = 'riskAverse', slippage = noSlippage, fills } = this.#options
    return { liquidity, queue, slippage, fills, random: this.#random }
  }

  #bookListing(instrument: Instrument): Listing {
    const tape: BookTape = {
      trade: (priceUnits, quantityUnits, takerSide) => {
        for (const each of this.#tapes) each.trade(listing, priceUnits, quantityUnits, takerSide, this.#time.wallUs())
      },
      level: (bookSide, priceUnits, quantityUnits) => {
        for (const each of this.#tapes) each.level(listing, bookSide, priceUnits, quantityUnits, this.#time.wallUs())
      },
    }
    const matcher = new BookMatcher(
      instrument,
      this.#desk,
      tape,
      (number) => this.#desk.orders.get(number),
      (order) => this.#ownerNumber(order.account as VenueAccount),
    )
    const listing = new Listing(instrument, undefined, matcher)
    return listing
  }

  #ownerNumber(account: VenueAccount): number {
    const known = this.#accountNumbers.get(account)
    if (known !== undefined) return known
    const number = this.#accountNumbers.size + 1
    this.#accountNumbers.set(account, number)
    return number
  }

  /** The listing of an instrument by id or symbol; undefined where it is not listed. */
  listing(idOrSymbol: string): Listing | undefined {
    const instrument = this.instruments.find(idOrSymbol)
    return instrument === undefined ? undefined : this.#byInstrument.get(instrument)
  }

  /** The listing for a client's instrument: by id, listed on first sight where the rules say so. */
  listingFor(definition: InstrumentDefinition): Listing | undefined {
    return this.listing(definition.id) ?? (this.#options.unlisted === 'list' ? this.list(definition) : undefined)
  }

  /** All listings, in the order in which they were listed. */
  get listings(): readonly Listing[] {
    return this.#listings
  }

  /** Hears what the venue's own books do from now on. Returns the way to stop. */
  addTape(tape: VenueTape): () => void {
    this.#tapes.push(tape)
    return () => {
      const at = this.#tapes.indexOf(tape)
      if (at >= 0) this.#tapes.splice(at, 1)
    }
  }

  // ---- Sessions ------------------------------------------------------------------------------------------------------

  /**
   * Opens a session. Client order ids are unique for a client name, over all of its sessions.
   *
   * @throws TradewireError `TW_NOT_CONNECTED` while the venue is down.
   */
  connect(client: VenueClient, clientName: string, accounts: readonly string[]): VenueSession {
    if (!this.isUp) throw new TradewireError('TW_NOT_CONNECTED', 'The simulated venue is down')
    for (const name of accounts) this.#desk.account(name)
    const session = new VenueSession(client, clientName, accounts)
    this.#outbox.sessions.push(session)
    return session
  }

  /** Closes a session. With `cancelsOrders` the venue cancels what its client has open: cancel on disconnect. */
  disconnect(session: VenueSession, options: { cancelsOrders?: boolean } = {}): void {
    if (!session.isOpen) return
    session.isOpen = false
    const at = this.#outbox.sessions.indexOf(session)
    if (at >= 0) this.#outbox.sessions.splice(at, 1)
    if (options.cancelsOrders !== true) return
    this.#outbox.begin()
    for (const order of this.#clients.get(session.clientName)?.values() ?? [])
      this.#desk.cancel(order, 'cancel on disconnect')
    this.#outbox.end()
  }

  /** A request arrives. */
  receive(session: VenueSession, request: VenueRequest): void {
    if (!this.isUp || !session.isOpen) {
      this.counters.lost++
      return
    }
    this.counters.requests++
    this.#outbox.begin()
    try {
      this.#passTime(this.#time.wallUs())
      if (request.kind === 'new') this.#receiveNew(session, request.order as VenueOrder)
      else if (request.kind === 'replace') this.#receiveReplace(session, request)
      else this.#receiveCancel(session, request)
    } finally {
      this.#outbox.end()
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
    this.#desk.enter(order)
    this.#armExpiry()
  }

  #receiveReplace(session: VenueSession, request: VenueRequest): void {
    const order = this.#find(session, request)
    const { number, generation } = request
    const reason =
      order === undefined
        ? 'unknown order'
        : this.#desk.replace(
            order,
            session,
            number,
            generation,
            request.quantityUnits,
            request.priceUnits,
            request.triggerUnits,
          )
    if (reason !== '')
      this.#outbox.addRefusal('replace_rejected', session, order, number, generation, reason, this.#time.wallUs())
  }

  #receiveCancel(session: VenueSession, request: VenueRequest): void {
    const order = this.#find(session, request)
    const reason = order === undefined ? 'unknown order' : this.#desk.cancel(order)
    if (reason !== '') {
      this.#outbox.addRefusal(
        'cancel_rejected',
        session,
        order,
        request.number,
        request.generation,
        reason,
        this.#time.wallUs(),
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
    if (own !== undefined) return this.#desk.orders.has(own.venueOrderId) ? own : undefined
    const other = typeof request.venueOrderId === 'number' ? this.#desk.orders.get(request.venueOrderId) : undefined
    return other !== undefined && session.sees(other) ? other : undefined
  }

  // ---- The market moves ----------------------------------------------------------------------------------------------

  /** A quote of a recorded or live market. Absent values are NaN. */
  onQuote(listing: Listing, bid: number, ask: number, bidSize: number, askSize: number, tsUs: number): void {
    if (tsUs >= this.#nextMomentUs) this.#atMoment(tsUs)
    const { market } = listing
    if (market === undefined || !market.setTouch(bid, ask, bidSize, askSize) || listing.liveOrders === 0) return
    this.#outbox.begin()
    market.onTouch()
    this.#desk.settle(listing)
    this.#outbox.end()
  }

  /** A trade of a recorded or live market: `aggressor` 1 buyer, -1 seller, 0 unknown. */
  onTrade(listing: Listing, price: number, size: number, aggressor: number, tsUs: number): void {
    if (tsUs >= this.#nextMomentUs) this.#atMoment(tsUs)
    const { market } = listing
    if (market === undefined) return
    if (listing.liveOrders === 0 && !listing.awaitsOpening) {
      market.onTrade(price, size, aggressor)
      return
    }
    this.#outbox.begin()
    market.onTrade(price, size, aggressor)
    if (listing.awaitsOpening) {
      listing.awaitsOpening = false
      this.#desk.auction(listing, TifCode.OPG, market.lastUnits)
    }
    this.#desk.settle(listing)
    this.#outbox.end()
  }

  /** The recorded book of a listing changed; its touch is read from `listing.market.book`. */
  onBook(listing: Listing, tsUs: number): void {
    if (tsUs >= this.#nextMomentUs) this.#atMoment(tsUs)
    const { market } = listing
    const book = market?.book
    if (market === undefined || book === undefined) return
    const isMoved = market.setTouch(book.bestBid, book.bestAsk, book.bestBidSize, book.bestAskSize)
    if (listing.liveOrders === 0 || (!isMoved && market.restingCount === 0)) return
    this.#outbox.begin()
    market.onTouch()
    this.#desk.settle(listing)
    this.#outbox.end()
  }

  /** Changes the trading phase: recorded status events come here, and tests call it. */
  setPhase(listing: Listing, phase: TradingStatus): void {
    if (listing.!Number.isNaN(phase)) return
    this.#outbox.begin()
    const before = listing.phase
    listing.phase = phase
    listing.book?.setState(engineStates[phase] as MarketState)
    if (phase === TradingStatus.open) {
      if (listing.market !== undefined && before !== TradingStatus.halted) listing.awaitsOpening = true
      this.#desk.release(listing)
    }
    if (phase === TradingStatus.closed) {
      const last = listing.matcher.lastUnits
      const price = !Number.isNaN(last) ? last : (listing.matcher.bidUnits + listing.matcher.askUnits) / 2
      if (!Number.isNaN(price) && listing.market !== undefined) this.#desk.auction(listing, TifCode.CLO, Math.round(price))
      this.#desk.endDay(listing)
    }
    this.#outbox.end()
  }

  /** Halts an instrument: orders stay, nothing trades, new orders are refused. */
  halt(symbol: string): void {
    this.setPhase(this.#listed(symbol), TradingStatus.halted)
  }

  /** Ends a halt. */
  resume(symbol: string): void {
    this.setPhase(this.#listed(symbol), TradingStatus.open)
  }

  /** Opens trading. In a recorded market the opening price is `priceUnits`, or the next trade; a book uncrosses. */
  openMarket(symbol: string, priceUnits = Number.NaN): void {
    const listing = this.#listed(symbol)
    this.#outbox.begin()
    if (listing.book !== undefined) {
      listing.book.beginAuction()
      listing.book.endAuction('opening')
    }
    this.setPhase(listing, TradingStatus.open)
    if (listing.market !== undefined) listing.awaitsOpening = true
    if (!Number.isNaN(priceUnits)) {
      listing.awaitsOpening = false
      this.#desk.auction(listing, TifCode.OPG, priceUnits)
    }
    this.#outbox.end()
  }

  /** Closes trading: closing auction (at `priceUnits`, else the last price; a book uncrosses), then DAY orders end. */
  closeMarket(symbol: string, priceUnits = Number.NaN): void {
    const listing = this.#listed(symbol)
    this.#outbox.begin()
    if (listing.book !== undefined) {
      listing.book.beginAuction()
      listing.book.endAuction('closing')
    } else if (!Number.isNaN(priceUnits)) this.#desk.auction(listing, TifCode.CLO, priceUnits)
    this.setPhase(listing, TradingStatus.closed)
    this.#outbox.end()
  }

  /** Ends DAY orders now. */
  endDay(): void {
    this.#outbox.begin()
    this.#desk.endDay()
    this.#outbox.end()
  }

  /** Runs an operation on the venue's books; reports go out when it is over. For markets of the venue's own. */
  operate(listing: Listing, operation: () => void): void {
    this.#outbox.begin()
    try {
      operation()
      this.#desk.settle(listing)
    } finally {
      this.#outbox.end()
    }
    for (const tape of this.#tapes) tape.quote(listing, this.#time.wallUs())
  }

  // ---- Time ----------------------------------------------------------------------------------------------------------

  /** Earliest time at which something ends by the clock. */
  get #nextMomentUs(): number {
    const day = this.#dayEndUs < 0 ? Number.POSITIVE_INFINITY : this.#nextDayEndUs
    const next = Math.min(day, this.#desk.nextExpiryUs)
    return !Number.isNaN(next) ? next : Number.NEGATIVE_INFINITY
  }

  #atMoment(tsUs: number): void {
    this.#outbox.begin()
    this.#passTime(tsUs)
    this.#outbox.end()
  }

  /** Ends what is due. The wall clock may have been set back, by the start of a replay: the day is then found anew. */
  #passTime(nowUs: number): void {
    if (this.#desk.nextExpiryUs <= nowUs) this.#desk.expireDue(nowUs)
    if (this.#dayEndUs < 0 || (nowUs < this.#nextDayEndUs && nowUs >= this.#nextDayEndUs - dayUs)) return
    const isOver = nowUs >= this.#nextDayEndUs
    this.#nextDayEndUs = Math.floor((nowUs - this.#dayEndUs) / dayUs) * dayUs + this.#dayEndUs + dayUs
    if (isOver) this.#desk.endDay()
  }

  /** One timer for the next good-till-date order, for markets in which nothing happens. */
  #armExpiry(): void {
    const next = this.#desk.nextExpiryUs
    if (next === this.#timerUs) return
    this.#expiryTimer?.cancel()
    this.#expiryTimer = undefined
    this.#timerUs = next
    if (next === Number.POSITIVE_INFINITY) return
    const delayNs = Math.max(0, next - this.#time.wallUs()) * NS_PER_US
    this.#expiryTimer = this.#time.at(this.#time.monotonicNs() + delayNs, () => {
      this.#timerUs = Number.POSITIVE_INFINITY
      this.#atMoment(this.#time.wallUs())
      this.#armExpiry()
    })
  }

  // ---- What operators and tests do -----------------------------------------------------------------------------------

  /** Takes an execution back. The order does not come to life again; a live one may fill for the quantity once more. */
  bust(exec: number): void {
    const execution = this.#execution(exec)
    if (execution.isBusted) return
    const { order } = execution
    this.#outbox.begin()
    execution.isBusted = true
    this.#restate(execution, -execution.quantityUnits, -execution.priceUnits * execution.quantityUnits)
    order.account?.book(
      order.instrument,
      order.sideSign,
      -execution.quantityUnits,
      execution.priceUnits,
      -execution.feeUnits,
    )
    const report = this.#outbox.add('bust', order, this.#time.wallUs(), 'busted')
    report.execution = execution
    this.#desk.positionChanged(order)
    this.#outbox.end()
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
    this.#outbox.begin()
    order.account?.book(order.instrument, order.sideSign, -execution.quantityUnits, execution.priceUnits, 0)
    order.account?.book(order.instrument, order.sideSign, quantityUnits, priceUnits, 0)
    this.#restate(
      execution,
      quantityUnits - execution.quantityUnits,
      priceUnits * quantityUnits - execution.priceUnits * execution.quantityUnits,
    )
    execution.quantityUnits = quantityUnits
    execution.priceUnits = priceUnits
    const report = this.#outbox.add('correction', order, this.#time.wallUs(), 'corrected')
    report.execution = execution
    report.quantityUnits = quantityUnits
    report.priceUnits = priceUnits
    this.#desk.positionChanged(order)
    this.#outbox.end()
  }

  #execution(exec: number): VenueExecution {
    const execution = this.#desk.executions.get(exec)
    if (execution !== undefined) return execution
    throw new TradewireError('TW_INVALID_ARGUMENT', `There is no execution ${exec} at the venue`)
  }

  #restate({ order }: VenueExecution, quantityUnits: number, valueUnits: number): void {
    order.cumulativeUnits += quantityUnits
    order.valueUnits += valueUnits
    order.tsUs = this.#time.wallUs()
    if (order.state === 'filled') order.state = 'canceled'
  }

  /** An order that no client of ours sent: by hand, by another program. Sessions that see the account hear of it. */
  submitManual(
    account: string,
    symbol: string,
    terms: Partial<OrderTerms> & Pick<OrderTerms, 'sideSign' | 'quantityUnits' | 'type'>,
  ): VenueOrder {
    const { instrument } = this.#listed(symbol)
    const id = `${this.#desk.counters.orders + 1}`
    const order = new VenueOrder(id, account, instrument, { ...blankTerms, ...terms }, 0, undefined)
    order.clientName = 'manual'
    this.#ordersOf('manual').set(id, order)
    this.#outbox.begin()
    this.#desk.enter(order)
    this.#outbox.end()
    this.#armExpiry()
    return order
  }

  /** Cancels any order, as an operator of the venue would. Returns why not, empty when it was done. */
  cancelByVenue(venueOrderId: number, reason = 'canceled by the venue'): string {
    const order = this.#desk.orders.get(venueOrderId)
    if (order === undefined) return 'unknown order'
    this.#outbox.begin()
    const refusal = this.#desk.cancel(order, reason)
    this.#outbox.end()
    return refusal
  }

  /** The venue goes down: sessions break, requests are lost. */
  crash(reason = 'the venue went down'): void {
    this.isUp = false
    for (const session of [...this.#outbox.sessions]) {
      this.disconnect(session)
      session.client.onClosed(reason)
    }
  }

  /** The venue comes back, with or without its open orders. Executions, positions and cash are never lost. */
  restart(options: { losesBook?: boolean } = {}): void {
    if (options.losesBook === true) this.#desk.loseBook()
    this.isUp = true
  }

  #listed(symbol: string): Listing {
    const listing = this.listing(symbol)
    if (listing !== undefined) return listing
    throw new TradewireError('TW_UNKNOWN_INSTRUMENT', `Instrument ${symbol} is not listed at the simulated venue`)
  }

  // ---- The truth -----------------------------------------------------------------------------------------------------

  /** Orders that a filter lets through, in order of arrival. */
  orders(filter: { account?: string; live?: boolean } = {}): VenueOrder[] {
    const orders: VenueOrder[] = []
    for (const order of filter.live === true ? this.#desk.live : this.#desk.orders.values()) {
      if (filter.account === undefined || order.accountName === filter.account) orders.push(order)
    }
    return orders
  }

  /** An order by its venue order id. */
  order(venueOrderId: number): VenueOrder | undefined {
    return this.#desk.orders.get(venueOrderId)
  }

  /** Executions since a venue time, busted ones left out, in order of time. */
  executions(filter: { account?: string; sinceUs?: number } = {}): VenueExecution[] {
    const { account, sinceUs = Number.NEGATIVE_INFINITY } = filter
    const found: VenueExecution[] = []
    for (const execution of this.#desk.executions.values()) {
      if (execution.isBusted || execution.tsUs < sinceUs) continue
      if (account === undefined || execution.order.accountName === account) found.push(execution)
    }
    return found
  }

  /** An account, made when it is first asked for. */
  account(name: string): VenueAccount {
    return this.#desk.account(name)
  }

  /** Accounts by name. */
  get accounts(): ReadonlyMap<string, VenueAccount> {
    return this.#desk.accounts
  }

  /** Orders, rejections, executions so far, and closed orders forgotten. */
  get totals(): Readonly<OrderDesk['counters']> {
    return this.#desk.counters
  }

  /** Gives timers back. The venue itself has no end. */
  [Symbol.dispose](): void {
    this.#expiryTimer?.cancel()
    this.#expiryTimer = undefined
    this.#timerUs = Number.POSITIVE_INFINITY
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

const engineStates: Readonly<Record<number, MarketState>> = {
  [TradingStatus.closed]: MarketState.closed,
  [TradingStatus.preOpen]: MarketState.auction,
  [TradingStatus.open]: MarketState.open,
  [TradingStatus.halted]: MarketState.halted,
  [TradingStatus.auction]: MarketState.auction,
}
