/**
 * A FIX venue: an acceptor over the simulated matching engine, to paper-trade any FIX client against, and to test one with.
 *
 *   const venue = await FixVenue.open({ instruments: [share], sessions: [{ beginString: 'FIX.4.4', senderCompId: 'VENUE', targetCompId: 'ME' }] })
 *   venue.quote('IBM', 99.99, 100.01, 500)
 *   // a client connects to venue.port as ME
 *
 * It takes D, F, G, q, H, AF, V, e, g, AD, AN and BB, and answers with 8, 9, r, W, X, Y, f, h, AE, AP, BA, j and 3. Reports
 * that are made while a client is away are kept and sent when it comes back. Drop copy sessions hear of every order.
 */

import { FixAcceptor } from '../../connectors/fix/acceptor/acceptor.js'
import { MessageRules } from '../../connectors/fix/connector/message-rules.js'
import { orderWordsOf } from '../../connectors/fix/connector/order-words.js'
import { Outgoing } from '../../connectors/fix/connector/outgoing.js'
import { Symbology, type SymbologyProfile } from '../../connectors/fix/connector/symbology.js'
import { type FixVersion, loadFixDictionary } from '../../connectors/fix/dictionary/built-in.js'
import type { FixDictionary } from '../../connectors/fix/dictionary/dictionary.js'
import { FixValidator } from '../../connectors/fix/dictionary/validator.js'
import type { FixSessionConfig } from '../../connectors/fix/session/config.js'
import { FixSession } from '../../connectors/fix/session/fix-session.js'
import { identityFileName } from '../../connectors/fix/session/identity.js'
import { applVerIds } from '../../connectors/fix/session/version.js'
import { FileStore } from '../../connectors/fix/store/file-store.js'
import { MemoryStore } from '../../connectors/fix/store/memory-store.js'
import type { MessageStore } from '../../connectors/fix/store/message-store.js'
import type { Listing } from '../../connectors/sim/listing.js'
import { SimulatedVenue } from '../../connectors/sim/venue.js'
import { TradewireError } from '../../core/errors.js'
import { type Logger, silentLogger } from '../../core/logger.js'
import type { ListenOptions, Network } from '../../core/network.js'
import { nodeFileSystem } from '../../core/node-file-system.js'
import { nodeNetwork } from '../../core/node-network.js'
import { RealTime } from '../../core/real-time.js'
import type { SecretInput } from '../../core/secret.js'
import type { Time } from '../../core/time.js'
import type { InstrumentDefinition } from '../../model/instrument.js'
import { type SideSign, TifCode, TypeCode } from '../../orders/codes.js'
import { VenueFaults } from './faults.js'
import { FixOrders } from './fix-orders.js'
import { ReportIds } from './report-writer.js'
import { TappedNetwork } from './tapped-network.js'
import { VenueApplication } from './venue-application.js'

/** A client that the venue knows. Names are from the venue's side: `senderCompId` is the venue's. */
export interface FixVenueSession extends Omit<FixSessionConfig, 'role'> {
  /** `dropCopy` sessions hear of every order and send none; `trading` unless given. */
  readonly kind?: 'trading' | 'dropCopy'
  /** Accounts of the client; orders may name others. Its CompID unless given. */
  readonly accounts?: readonly string[]
  /** What its Logon has to say; anything unless given. */
  readonly logon?: { readonly username?: string; readonly password?: SecretInput }
  /** How instruments are named; by Symbol (55) unless given. */
  readonly symbology?: SymbologyProfile
  /** Whether its orders are cancelled when the session ends; false unless given. */
  readonly cancelOnDisconnect?: boolean
  /** What OrderMassStatusRequest lists: `all` orders that are remembered, or the `open` ones. `all` unless given. */
  readonly massStatus?: 'all' | 'open'
  /** Its dictionary; the built-in one of the version unless given. */
  readonly dictionary?: FixDictionary
}

/** How a venue is set up. */
export interface FixVenueOptions {
  /** The clients that it knows. */
  readonly sessions: readonly FixVenueSession[]
  /** The exchange behind it; a new one unless given. */
  readonly market?: SimulatedVenue
  /** Instruments to list, with a book of their own each. */
  readonly instruments?: readonly InstrumentDefinition[]
  /** Address; `127.0.0.1` unless given. */
  readonly host?: string
  /** Port; any free one unless given. */
  readonly port?: number
  /** TLS of the acceptor; none unless given. */
  readonly tls?: ListenOptions['tls']
  /** Folder of the message stores; in memory unless given. */
  readonly store?: string
  /** Clock and timers; real ones unless given. */
  readonly time?: Time
  /** Real sockets unless given. */
  readonly network?: Network
  /** Hears of connections that were refused; nobody unless given. */
  readonly logger?: Logger
}

const names: ReadonlySet<string> = new Set([
  ...['sessions', 'market', 'instruments', 'host', 'port', 'tls', 'store', 'time', 'network', 'logger'],
])
/** Account of those who make the market. */
const MAKER = 'MAKER'
const TAKER = 'TAKER'

/** A venue that listens. Made by {@link FixVenue.open}. */
export class FixVenue {
  /** The exchange: what is true about orders, executions and positions. */
  readonly market: SimulatedVenue
  /** What goes wrong on demand, message by message. */
  readonly faults = new VenueFaults()
  /** Requests about orders that arrived. */
  readonly counters = { requests: 0 }
  /** The lines to the clients, to be cut, silenced, fed with garbage. */
  readonly network: TappedNetwork
  readonly #acceptor: FixAcceptor
  readonly #applications: VenueApplication[] = []
  readonly #dropCopies: VenueApplication[] = []
  readonly #stores: MessageStore[] = []
  readonly #accounts = new Set<string>()
  readonly #makers = new Map<string, number[]>()

  /**
   * Loads what the sessions need and begins to listen.
   *
   * @throws TradewireError `TW_INVALID_CONFIG` for an unknown option or a session that is not usable, `TW_NETWORK` when the
   * port cannot be had.
   */
  static async open(options: FixVenueOptions): Promise<FixVenue> {
    for (const name of Object.keys(options))
      if (!names.has(name)) throw new TradewireError('TW_INVALID_CONFIG', `Option ${name} of a FixVenue is not known`)
    const dictionaries = new Map<string, FixDictionary>()
    for (const session of options.sessions) {
      const version = versionOf(session)
      if (session.dictionary === undefined && !dictionaries.has(version))
        dictionaries.set(version, await loadFixDictionary(version))
    }
    const venue = new FixVenue(
      options,
      (session) => session.dictionary ?? (dictionaries.get(versionOf(session)) as FixDictionary),
    )
    try {
      await venue.#acceptor.start()
    } catch (error) {
      await venue.close()
      throw error
    }
    return venue
  }

  private constructor(options: FixVenueOptions, dictionaryOf: (session: FixVenueSession) => FixDictionary) {
    const { time = new RealTime(), network = nodeNetwork, host, port = 0, tls, logger = silentLogger } = options
    this.market = options.market ?? new SimulatedVenue({ time })
    for (const definition of options.instruments ?? []) this.market.list(definition, 'book')
    const { refuses } = this.market
    this.market.refuses = (order) =>
      refuses?.(order) || (order.tagOwner instanceof VenueApplication ? this.faults.refusal() : '')
    this.network = new TappedNetwork(network)
    this.#acceptor = new FixAcceptor({
      time,
      network: this.network,
      port,
      logger,
      ...(host === undefined ? {} : { host }),
      ...(tls === undefined ? {} : { tls }),
    })
    const shared = { orders: new FixOrders(), ids: new ReportIds(time.wallUs()), time }
    for (const session of options.sessions) this.#add(session, dictionaryOf(session), options.store, shared)
  }

  #add(
    options: FixVenueSession,
    dictionary: FixDictionary,
    folder: string | undefined,
    shared: { orders: FixOrders; ids: ReportIds; time: Time },
  ): void {
    const { kind, accounts, logon, symbology, cancelOnDisconnect, massStatus, dictionary: _, ...config } = options
    const rules = new MessageRules(dictionary)
    const clientName = config.targetCompId
    const isDropCopy = kind === 'dropCopy'
    const store =
      folder === undefined ? new MemoryStore() : new FileStore(nodeFileSystem, `${folder}/${identityFileName(config)}`)
    this.#stores.push(store)
    const application = new VenueApplication({
      ...shared,
      market: this.market,
      rules,
      words: orderWordsOf(rules),
      symbology: new Symbology(symbology ?? {}, 'fix', this.market.instruments),
      faults: this.faults,
      clientName: isDropCopy ? `${clientName} (drop copy)` : clientName,
      accounts: isDropCopy ? [...this.#accounts] : (accounts ?? [clientName]),
      isDropCopy,
      listsAll: massStatus !== 'open',
      cancelsOnDisconnect: cancelOnDisconnect ?? false,
      credentials: logon,
      onRequest: () => {
        this.counters.requests++
      },
      onAccount: (account) => this.#onAccount(account),
    })
    const session = new FixSession({
      config: { ...config, role: 'acceptor' },
      store,
      clock: shared.time,
      application,
      validator: new FixValidator(dictionary),
      messageOptions: { dataTags: dictionary.dataTags },
    })
    this.#applications.push(application)
    if (isDropCopy) this.#dropCopies.push(application)
    application.start(session, new Outgoing(session, rules))
    this.#acceptor.add(session)
    if (!isDropCopy) for (const account of accounts ?? [clientName]) this.#onAccount(account)
  }

  #onAccount(account: string): void {
    if (this.#accounts.has(account)) return
    this.#accounts.add(account)
    for (const dropCopy of this.#dropCopies) dropCopy.hearOf(account)
  }

  /** The port that is listened on. */
  get port(): number {
    return this.#acceptor.port
  }

  /** The sessions, in the order of the options. */
  get sessions(): readonly FixSession[] {
    return this.#acceptor.sessions
  }

  /** The applications behind the sessions, in the same order. */
  get applications(): readonly VenueApplication[] {
    return this.#applications
  }

  // ---- The market ----------------------------------------------------------------------------------------------------------

  /** Best bid and offer of a market maker from now on, each of a size, in place of its earlier ones. */
  quote(symbol: string, bid: number, ask: number, size: number): void {
    this.withdraw(symbol)
    this.#makers.set(symbol, [this.order(MAKER, symbol, 1, size, bid), this.order(MAKER, symbol, -1, size, ask)])
    this.#show(symbol)
  }

  /** The market maker leaves. */
  withdraw(symbol: string): void {
    for (const id of this.#makers.get(symbol) ?? []) this.market.cancelByVenue(id)
    this.#makers.delete(symbol)
  }

  /** Two others trade at a price between bid and offer. */
  trade(symbol: string, price: number, size: number): void {
    this.order(MAKER, symbol, -1, size, price)
    this.order(TAKER, symbol, 1, size, price, TifCode.IOC)
    this.#show(symbol)
  }

  /** Somebody takes of what stands at a price, or better, on the other side. */
  take(symbol: string, sideSign: SideSign, size: number, price: number): void {
    this.order(TAKER, symbol, sideSign, size, price, TifCode.IOC)
    this.#show(symbol)
  }

  /** An order of somebody who is no FIX client. Returns the venue's number for it. */
  order(
    account: string,
    symbol: string,
    sideSign: SideSign,
    size: number,
    price: number,
    timeInForce: number = TifCode.GTC,
  ): number {
    const { instrument } = this.#listed(symbol)
    return this.market.submitManual(account, symbol, {
      sideSign,
      type: TypeCode.LIMIT,
      timeInForce,
      quantityUnits: instrument.makeQuantityUnits(size, 'nearest'),
      priceUnits: instrument.makePriceUnits(price, 'nearest'),
    }).venueOrderId
  }

  #show(symbol: string): void {
    this.market.operate(this.#listed(symbol), () => {})
  }

  #listed(symbol: string): Listing {
    const listing = this.market.listing(symbol)
    if (listing === undefined) throw new TradewireError('TW_UNKNOWN_INSTRUMENT', `${symbol} is not listed at the venue`)
    return listing
  }

  /** Logs everybody out and stops listening. */
  async close(): Promise<void> {
    for (const application of this.#applications) application.stop()
    await this.#acceptor.stop()
    for (const store of this.#stores.splice(0)) store.close()
    this.market[Symbol.dispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** The application version of a session. */
function versionOf({ beginString, defaultApplVerId = 'FIX.5.0SP2' }: FixVenueSession): FixVersion {
  if (beginString !== 'FIXT.1.1') return beginString as FixVersion
  const named = Object.entries(applVerIds).find(([, id]) => id === defaultApplVerId)
  return (named?.[0] ?? defaultApplVerId) as FixVersion
}
