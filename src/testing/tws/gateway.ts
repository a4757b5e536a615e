/**
 * A simulated TWS: a TCP server that speaks the TWS protocol of server versions 157 to 193 over the simulated venue.
 *
 *   client ─► Session ─► requests ─► OrderDesk ─► SimulatedVenue        MarketBoard moves prices: fills, ticks, bars
 *      ▲                                 │               │
 *      └──────── openOrder, orderStatus, execDetails … ◄─┘
 *
 * It quotes its listings by itself and fills what crosses. Everything that goes wrong with a real one can be asked for:
 * resets, farm breaks, restarts, half-open lines, a client id that lingers, messages lost, doubled or late.
 */
import { perShareFees } from '../../connectors/sim/fees.js'
import { SimulatedVenue } from '../../connectors/sim/venue.js'
import type { Connection, Listener, Network } from '../../core/network.js'
import { nodeNetwork } from '../../core/node-network.js'
import { RealTime } from '../../core/real-time.js'
import type { TimerHandle } from '../../core/scheduler.js'
import type { Time } from '../../core/time.js'
import { AccountBook } from './account-book.js'
import { tellAccounts, tellPosition, tellProfits } from './account-requests.js'
import { defaultListings, definitionOf, type TwsListing } from './catalogue.js'
import type { TwsContract } from './contract-fields.js'
import { HistoryPacing } from './history-pacing.js'
import { MarketBoard } from './market-board.js'
import { TwsOrderDesk } from './order-desk.js'
import { sendCommission, sendExecution, sendOrder, sendPreview } from './order-requests.js'
import { ProfitLedger } from './profit-ledger.js'
import type { Fields } from './replies.js'
import { type MessageFate, TwsSession } from './session.js'
import type { SlowLink } from './slow-line.js'

/** What a gateway may be given. */
export interface TwsGatewayOptions {
  /** 0 takes any free port. */
  port?: number
  host?: string
  /** The highest version it speaks, 157 to 193; 193 unless given. */
  maxServerVersion?: number
  /** Accounts that every client may trade; the first is meant where a request names none. */
  accounts?: readonly string[]
  /** Cash of each account in USD; 1,000,000 unless given. */
  cash?: string
  listings?: readonly TwsListing[]
  /** Milliseconds between two steps of all markets; 250 unless given, 0 leaves them to {@link TwsGateway.board}. */
  quoteIntervalMs?: number
  /** Messages a client may send in a second; 50 unless given. */
  messagesPerSecond?: number
  /** Streams of market data a client may have; 100 unless given. */
  marketDataLines?: number
  /** Whether the limits of historical data are enforced; false unless given. */
  historyPacing?: boolean
  /** The first permId; text, for it may pass 2^53. */
  firstPermId?: string
  seed?: number
  time?: Time
  network?: Network
}

/** What a gateway has counted. */
export interface TwsGatewayCounters {
  connections: number
  /** placeOrder and cancelOrder messages that arrived. */
  orderMessages: number
  dataRequests: number
  /** The most messages that one client sent within a second. */
  busiestSecond: number
  pacingViolations: number
}

const firstFarms: readonly (readonly [number, string])[] = [
  [2104, 'usfarm'],
  [2104, 'usfuture'],
  [2106, 'ushmds'],
  [2158, 'secdefil'],
]

/** A simulated TWS. Made by {@link TwsGateway.open}. */
export class TwsGateway {
  readonly options: Required<
    Pick<TwsGatewayOptions, 'accounts' | 'messagesPerSecond' | 'marketDataLines' | 'maxServerVersion'>
  > & {
    readonly minServerVersion: number
  }
  readonly time: Time
  readonly board: MarketBoard
  readonly venue: SimulatedVenue
  readonly orders: TwsOrderDesk
  readonly accountBook: AccountBook
  readonly historyPacing: HistoryPacing
  readonly listings: TwsListing[]
  readonly sessions = new Set<TwsSession>()
  readonly counters: TwsGatewayCounters = {
    connections: 0,
    orderMessages: 0,
    dataRequests: 0,
    busiestSecond: 0,
    pacingViolations: 0,
  }
  /** Contracts whose data the user has not subscribed to: error 354. */
  readonly unsubscribed = new Set<number>()
  /** What a session is told about the data farms when it starts. */
  farms: readonly (readonly [number, string])[] = firstFarms
  /** Takes connections and answers nothing. */
  isHanging = false
  /** Sees every message, and may drop, double or delay it. */
  tamper: ((way: 'in' | 'out', session: TwsSession, fields: Fields) => MessageFate) | undefined
  /** Sees every byte of every session. */
  tape: ((way: 'in' | 'out', session: TwsSession, bytes: Uint8Array) => void) | undefined
  /** How slow the link is: see {@link TwsGateway.slow}. */
  link: SlowLink = { delayMs: 0 }
  /** The next rejection carries this text as its advanced reject, valid JSON or not. */
  advancedReject = ''
  readonly #network: Network
  readonly #address: { host: string; port: number }
  readonly #timers: TimerHandle[] = []
  readonly #lingering = new Map<number, number>()
  #listener: Listener | undefined
  #isRefusing = false

  private constructor(options: TwsGatewayOptions) {
    const { accounts = ['DU1234567', 'DU1234568'], maxServerVersion = 193, seed = 1 } = options
    this.options = {
      accounts,
      maxServerVersion: Math.min(193, maxServerVersion),
      minServerVersion: Math.min(157, maxServerVersion),
      messagesPerSecond: options.messagesPerSecond ?? 50,
      marketDataLines: options.marketDataLines ?? 100,
    }
    this.time = options.time ?? new RealTime()
    this.#network = options.network ?? nodeNetwork
    this.#address = { host: options.host ?? '127.0.0.1', port: options.port ?? 0 }
    this.listings = [...(options.listings ?? defaultListings)]
    this.historyPacing = new HistoryPacing(options.historyPacing ?? false)
    const cash = Object.fromEntries(accounts.map((account) => [account, { USD: options.cash ?? '1000000' }]))
    const fees = perShareFees({ perShare: '0.005', minimum: '1' })
    this.venue = new SimulatedVenue({ time: this.time, seed, dayEnd: false, balances: cash, fees })
    this.board = new MarketBoard(seed, () => this.nowMs)
    const profits = new ProfitLedger()
    this.accountBook = new AccountBook(this.venue, this.board, profits)
    this.orders = new TwsOrderDesk({
      venue: this.venue,
      board: this.board,
      time: this.time,
      accounts,
      profits,
      cushionPercent: (account) => this.accountBook.cushionPercent(account),
      firstPermId: BigInt(options.firstPermId ?? '1640000001'),
      events: this.#orderEvents(),
    })
    for (const listing of this.listings) this.#list(listing)
    this.board.listen({
      onQuote: (market) => {
        const listing = this.venue.listing(`${market.listing.contract.conId}.TWS`)
        if (listing !== undefined)
          this.venue.onQuote(listing, market.bid, market.ask, market.bidSize, market.askSize, this.time.wallUs())
        this.orders.onMarket()
        for (const session of this.sessions) session.streams.onQuote(market)
      },
      onTrade: (market, price, size, aggressor) => {
        const listing = this.venue.listing(`${market.listing.contract.conId}.TWS`)
        if (listing !== undefined) this.venue.onTrade(listing, price, size, aggressor, this.time.wallUs())
        this.orders.onMarket()
        for (const session of this.sessions) session.streams.onTrade(market, price, size)
      },
    })
    this.#arm(options.quoteIntervalMs ?? 250)
  }

  /** Opens a gateway: it listens when this resolves. @throws TradewireError `TW_NETWORK` when the port is taken. */
  static async open(options: TwsGatewayOptions = {}): Promise<TwsGateway> {
    const gateway = new TwsGateway(options)
    await gateway.#listen()
    return gateway
  }

  get port(): number {
    return this.#address.port
  }

  get nowMs(): number {
    return Math.floor(this.time.wallUs() / 1_000)
  }

  async close(): Promise<void> {
    for (const timer of this.#timers.splice(0)) timer.cancel()
    for (const session of [...this.sessions]) session.cut()
    this.venue[Symbol.dispose]()
    await this.#listener?.close()
    this.#listener = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** A combination of listed contracts as a listing of its own: the sum of its legs. Undefined for legs that are not listed. */
  comboOf(contract: TwsContract): TwsListing | undefined {
    let price = 0
    const legs: TwsListing[] = []
    for (const leg of contract.legs) {
      const listing = this.listings.find((each) => each.contract.conId === Number(leg.conId))
      if (listing === undefined) return undefined
      legs.push(listing)
      price +=
        (leg.action === 'BUY' ? 1 : -1) *
        Number(leg.ratio) *
        (this.board.markets.get(listing.contract.conId)?.last ?? 0)
    }
    const [first] = legs
    if (first === undefined) return undefined
    const conId =
      900_000_000 +
      contract.legs.reduce((sum, leg) => (sum * 31 + Number(leg.conId) * Number(leg.ratio)) % 90_000_000, 7)
    const known = this.listings.find((each) => each.contract.conId === conId)
    if (known !== undefined) return known
    const combo: TwsListing = {
      ...first,
      contract: {
        ...contract,
        conId,
        secType: 'BAG',
        exchange: contract.exchange || 'SMART',
        localSymbol: contract.symbol,
        tradingClass: 'COMB',
        multiplier: '',
      },
      longName: `${contract.symbol} combination`,
      marketRule: 200,
      minTick: '0.01',
      price: Number(price.toFixed(2)),
    }
    this.listings.push(combo)
    this.#list(combo)
    return combo
  }

  #list(listing: TwsListing): void {
    const { instrument } = this.venue.list(definitionOf(listing), 'market')
    const market = this.board.add(listing)
    const venueListing = this.venue.listing(instrument.id)
    if (venueListing !== undefined)
      this.venue.onQuote(venueListing, market.bid, market.ask, market.bidSize, market.askSize, this.time.wallUs())
  }

  #orderEvents() {
    const own = (clientId: number, send: (session: TwsSession) => void) => {
      for (const session of this.sessions) if (session.isStarted && session.clientId === clientId) send(session)
    }
    return {
      changed: (order: Parameters<typeof sendOrder>[1]) => own(order.clientId, (session) => sendOrder(session, order)),
      previewed: (order: Parameters<typeof sendOrder>[1]) =>
        own(order.clientId, (session) => sendPreview(session, order)),
      refused: (who: { clientId: number; orderId: number }, refusal: { code: number; details: readonly string[] }) =>
        own(who.clientId, (session) => session.error(who.orderId, refusal.code, ...refusal.details)),
      executed: (execution: Parameters<typeof sendExecution>[1]) =>
        own(execution.order.clientId, (session) => {
          sendExecution(session, execution)
          sendCommission(session, execution)
        }),
      positionMoved: (account: string, listing: TwsListing) => {
        for (const session of this.sessions) tellPosition(session, account, listing.contract.conId)
      },
    }
  }

  #arm(quoteIntervalMs: number): void {
    if (quoteIntervalMs > 0) this.#timers.push(this.time.every(quoteIntervalMs, () => this.board.step()))
    this.#timers.push(
      this.time.every(1_000, () => {
        const seconds = Math.floor(this.nowMs / 1_000)
        this.orders.onMarket()
        for (const session of this.sessions) {
          tellProfits(session)
          if (seconds % 180 === 0) tellAccounts(session)
          if (seconds % 5 === 0) session.streams.closeBars(seconds - 5)
          if (!session.streams.isDead) for (const history of session.histories.values()) history.update()
        }
      }),
    )
  }

  // ---- Sessions ----------------------------------------------------------------------------------------------------------

  async #listen(): Promise<void> {
    this.#listener = await this.#network.listen(this.#address, (connection) => this.#accept(connection))
    this.#address.port = this.#listener.port
  }

  #accept(connection: Connection): void {
    if (this.#isRefusing) {
      connection.destroy()
      return
    }
    this.counters.connections++
    this.sessions.add(new TwsSession(this, connection))
  }

  /** Whether the client id of a session that wants to start belongs to another. */
  isClientIdTaken(asking: TwsSession): boolean {
    const lingersUntilMs = this.#lingering.get(asking.clientId)
    if (lingersUntilMs !== undefined && this.nowMs < lingersUntilMs) return true
    for (const session of this.sessions)
      if (session !== asking && session.isStarted && session.clientId === asking.clientId && !session.isOver)
        return true
    return false
  }

  sessionStarted(session: TwsSession): void {
    this.#lingering.delete(session.clientId)
  }

  sessionEnded(session: TwsSession): void {
    this.sessions.delete(session)
  }

  /** The text for the next rejection; used up by it. */
  takeAdvancedReject(id: number, code: number): string {
    if (id < 0 || (code !== 201 && code !== 110 && code !== 10_006)) return ''
    const text = this.advancedReject
    this.advancedReject = ''
    return text
  }

  // ---- What markets do ---------------------------------------------------------------------------------------------------

  /** Uncrosses the closing auction at the last price: MOC and LOC orders trade, and the market goes on as on the next day. */
  closingAuction(conId: number): void {
    const market = this.board.markets.get(conId)
    const id = `${conId}.TWS`
    const listing = this.venue.listing(id)
    if (market === undefined || listing === undefined) return
    this.venue.closeMarket(id, listing.instrument.nearestPriceUnits(market.last))
    this.venue.openMarket(id)
  }

  /** Uncrosses the opening auction at the last price: OPG orders trade. */
  openingAuction(conId: number): void {
    const market = this.board.markets.get(conId)
    const id = `${conId}.TWS`
    const listing = this.venue.listing(id)
    if (market !== undefined && listing !== undefined)
      this.venue.openMarket(id, listing.instrument.nearestPriceUnits(market.last))
  }

  // ---- What goes wrong ---------------------------------------------------------------------------------------------------

  /** Sends information, a warning or an error that belongs to no request to everybody. */
  announce(code: number, ...details: string[]): void {
    for (const session of this.sessions) if (session.isStarted) session.error(-1, code, ...details)
  }

  /** The servers of IBKR are gone: TWS stays, nothing comes, nothing is lost yet. */
  loseServers(): void {
    this.announce(1100)
    for (const session of this.sessions) session.streams.isDead = true
  }

  /** They are back. `losesData`: every stream has to be asked for anew (1101); otherwise they go on (1102). */
  restoreServers(losesData: boolean): void {
    for (const session of this.sessions) {
      session.streams.isDead = false
      if (losesData) session.streams.clear()
    }
    if (losesData) this.announce(1101)
    else this.announce(1102, 'usfarm; ushmds; secdefil')
  }

  /** The reset of every night: 1100, farms break and come back, then 1101 or 1102; the connection stays. */
  async nightlyReset(options: { durationMs: number; losesData: boolean }): Promise<void> {
    const pause = () => new Promise<void>((resolve) => void this.time.after(options.durationMs / 4, resolve))
    this.loseServers()
    await pause()
    this.announce(1100)
    this.breakFarm('usfarm')
    await pause()
    this.announce(2105, 'ushmds')
    await pause()
    this.announce(2104, 'usfarm')
    this.announce(2106, 'ushmds')
    await pause()
    this.restoreServers(options.losesData)
  }

  /** A market data farm breaks: its streams fall silent; orders go on. */
  breakFarm(farm = 'usfarm'): void {
    this.announce(2103, farm)
    for (const session of this.sessions) session.streams.isDead = true
  }

  /** It is back; streams go on, or stay dead until they are asked for anew. */
  restoreFarm(farm = 'usfarm', options: { staysDead?: boolean } = {}): void {
    this.announce(2104, farm)
    for (const session of this.sessions) {
      session.streams.isDead = false
      if (options.staysDead === true) session.streams.clear()
    }
  }

  /** Somebody else uses the account's data: streams end with 10197. */
  compete(): void {
    this.announce(10_197)
    for (const session of this.sessions) session.streams.isDead = true
  }

  /** Breaks every connection. `lingerMs`: for so long the client ids still count as used (326). */
  cut(options: { lingerMs?: number } = {}): void {
    for (const session of [...this.sessions]) {
      if (options.lingerMs !== undefined) this.#lingering.set(session.clientId, this.nowMs + options.lingerMs)
      session.cut()
      session.isOver = true
      this.sessions.delete(session)
    }
  }

  /** The connections that there are stay, and nothing passes over them any more. */
  silence(): void {
    for (const session of this.sessions) session.isSilent = true
  }

  /**
   * A slow link: whatever passes in either direction arrives `delayMs` later, and no faster than `bytesPerSecond`. Nothing
   * overtakes. Connections made later are slow as well; `{ delayMs: 0 }` ends it.
   */
  slow(link: SlowLink): void {
    this.link = link
  }

  /** Refuses connections, or takes them again. */
  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing
  }

  /**
   * The gateway restarts: connections break, the port refuses for a while, client ids linger. `rollsBack`: order ids are
   * given a second time, as after a loss of orders.
   */
  async restart(options: { downMs?: number; lingerMs?: number; rollsBack?: number } = {}): Promise<void> {
    this.cut(options.lingerMs === undefined ? {} : { lingerMs: (options.downMs ?? 0) + options.lingerMs })
    await this.#listener?.close()
    this.#listener = undefined
    if (options.rollsBack !== undefined)
      for (const clientId of new Set(this.orders.orders.map((order) => order.clientId)))
        this.orders.rollBack(clientId, options.rollsBack)
    await new Promise<void>((resolve) => void this.time.after(options.downMs ?? 0, resolve))
    await this.#listen()
  }
}
