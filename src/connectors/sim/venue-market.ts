/**
 * The market half of the simulated venue: what is listed, what the recorded or own markets do, phases, auctions, and the
 * orders that end with the clock.
 */
import { NS_PER_US } from '../../core/clock.js'
import { TradewireError } from '../../core/errors.js'
import { SeededRandom } from '../../core/random.js'
import type { TimerHandle } from '../../core/scheduler.js'
import type { Time } from '../../core/time.js'
import { MarketState } from '../../matching/codes.js'
import type { Instrument, InstrumentDefinition } from '../../model/instrument.js'
import { InstrumentRegistry } from '../../model/instrument-registry.js'
import { TifCode } from '../../orders/codes.js'
import { TradingStatus } from '../../ring/kinds.js'
import { BookMatcher, type BookTape } from './book-matcher.js'
import { noFees } from './fees.js'
import { Listing, type MatchingMode } from './listing.js'
import { MarketMatcher, type MarketMatcherOptions } from './market-matcher.js'
import { OrderDesk } from './order-desk.js'
import { ReportOutbox } from './report-outbox.js'
import { noSlippage } from './slippage.js'
import type { VenueAccount } from './venue-accounts.js'
import { dayEndUs, type SimulatedVenueOptions } from './venue-options.js'
import type { VenueOrder } from './venue-order.js'

const dayUs = 86_400_000_000

/** Hears what the venue's own books do: quotes, trades and levels in price and quantity units. */
export interface VenueTape {
  quote(listing: Listing, tsUs: number): void
  trade(listing: Listing, priceUnits: number, quantityUnits: number, takerSide: number, tsUs: number): void
  level(listing: Listing, bookSide: 0 | 1, priceUnits: number, quantityUnits: number, tsUs: number): void
  /** The trading phase of a listing changed. */
  phase?(listing: Listing, tsUs: number): void
}

/** Lists instruments and moves their markets. */
export abstract class VenueMarket {
  readonly instruments = new InstrumentRegistry()
  /** Sees order by order whether it is refused for a reason of its own; for tests and fault plans. */
  refuses: ((order: VenueOrder) => string) | undefined
  protected readonly time: Time
  protected readonly outbox = new ReportOutbox()
  protected readonly desk: OrderDesk
  readonly #options: SimulatedVenueOptions
  readonly #random: SeededRandom
  readonly #listings: Listing[] = []
  readonly #byInstrument = new Map<Instrument, Listing>()
  readonly #tapes: VenueTape[] = []
  readonly #accountNumbers = new Map<VenueAccount, number>()
  readonly #dayEndUs: number
  #nextDayEndUs = Number.NaN
  #expiryTimer: TimerHandle | undefined
  #timerUs = Number.POSITIVE_INFINITY

  constructor(options: SimulatedVenueOptions) {
    this.time = options.time
    this.#options = options
    this.#random = new SeededRandom(options.seed ?? 1)
    this.#dayEndUs = dayEndUs(options.dayEnd)
    this.desk = new OrderDesk({
      outbox: this.outbox,
      fees: options.fees ?? noFees,
      checksBalances: options.checksBalances ?? false,
      historyLimit: options.historyLimit ?? 1_000_000,
      nowUs: () => this.time.wallUs(),
      nowNs: () => this.time.monotonicNs(),
      listingOf: (order) => this.#byInstrument.get(order.instrument),
      refuses: (order) => this.refuses?.(order) ?? '',
    })
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
        : new Listing(instrument, new MarketMatcher(instrument, this.desk, this.#matching()), undefined)
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
        for (const each of this.#tapes) each.trade(listing, priceUnits, quantityUnits, takerSide, this.time.wallUs())
      },
      level: (bookSide, priceUnits, quantityUnits) => {
        for (const each of this.#tapes) each.level(listing, bookSide, priceUnits, quantityUnits, this.time.wallUs())
      },
    }
    const matcher = new BookMatcher(
      instrument,
      this.desk,
      tape,
      (number) => this.desk.orders.get(number),
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

  // ---- The market moves ----------------------------------------------------------------------------------------------

  /** A quote of a recorded or live market. Absent values are NaN. */
  onQuote(listing: Listing, bid: number, ask: number, bidSize: number, askSize: number, tsUs: number): void {
    if (tsUs >= this.#nextMomentUs) this.#atMoment(tsUs)
    const { market } = listing
    if (market === undefined || !market.setTouch(bid, ask, bidSize, askSize) || listing.liveOrders === 0) return
    this.outbox.begin()
    market.onTouch()
    this.desk.settle(listing)
    this.outbox.end()
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
    this.outbox.begin()
    market.onTrade(price, size, aggressor)
    if (listing.awaitsOpening) {
      listing.awaitsOpening = false
      this.desk.auction(listing, TifCode.OPG, market.lastUnits)
    }
    this.desk.settle(listing)
    this.outbox.end()
  }

  /** The recorded book of a listing changed; its touch is read from `listing.market.book`. */
  onBook(listing: Listing, tsUs: number): void {
    if (tsUs >= this.#nextMomentUs) this.#atMoment(tsUs)
    const { market } = listing
    const book = market?.book
    if (market === undefined || book === undefined) return
    const isMoved = market.setTouch(book.bestBid, book.bestAsk, book.bestBidSize, book.bestAskSize)
    if (listing.liveOrders === 0 || (!isMoved && market.restingCount === 0)) return
    this.outbox.begin()
    market.onTouch()
    this.desk.settle(listing)
    this.outbox.end()
  }

  /** Changes the trading phase: recorded status events come here, and tests call it. */
  setPhase(listing: Listing, phase: TradingStatus): void {
    if (listing.phase === phase) return
    this.outbox.begin()
    const before = listing.phase
    listing.phase = phase
    listing.book?.setState(engineStates[phase] as MarketState)
    if (phase === TradingStatus.open) {
      if (listing.market !== undefined && before !== TradingStatus.halted) listing.awaitsOpening = true
      this.desk.release(listing)
    }
    if (phase === TradingStatus.closed) {
      const last = listing.matcher.lastUnits
      const price = !Number.isNaN(last) ? last : (listing.matcher.bidUnits + listing.matcher.askUnits) / 2
      if (!Number.isNaN(price) && listing.market !== undefined)
        this.desk.auction(listing, TifCode.CLO, Math.round(price))
      this.desk.endDay(listing)
    }
    this.outbox.end()
    for (const tape of this.#tapes) tape.phase?.(listing, this.time.wallUs())
  }

  /** Halts an instrument: orders stay, nothing trades, new orders are refused. */
  halt(symbol: string): void {
    this.setPhase(this.listed(symbol), TradingStatus.halted)
  }

  /** Ends a halt. */
  resume(symbol: string): void {
    this.setPhase(this.listed(symbol), TradingStatus.open)
  }

  /** Opens trading. In a recorded market the opening price is `priceUnits`, or the next trade; a book uncrosses. */
  openMarket(symbol: string, priceUnits = Number.NaN): void {
    const listing = this.listed(symbol)
    this.outbox.begin()
    if (listing.book !== undefined) {
      listing.book.beginAuction()
      listing.book.endAuction('opening')
    }
    this.setPhase(listing, TradingStatus.open)
    if (listing.market !== undefined) listing.awaitsOpening = true
    if (!Number.isNaN(priceUnits)) {
      listing.awaitsOpening = false
      this.desk.auction(listing, TifCode.OPG, priceUnits)
    }
    this.outbox.end()
  }

  /** Closes trading: closing auction (at `priceUnits`, else the last price; a book uncrosses), then DAY orders end. */
  closeMarket(symbol: string, priceUnits = Number.NaN): void {
    const listing = this.listed(symbol)
    this.outbox.begin()
    if (listing.book !== undefined) {
      listing.book.beginAuction()
      listing.book.endAuction('closing')
    } else if (!Number.isNaN(priceUnits)) this.desk.auction(listing, TifCode.CLO, priceUnits)
    this.setPhase(listing, TradingStatus.closed)
    this.outbox.end()
  }

  /** Whether a trading day has ended since a time. */
  hasDayEnded(sinceUs: number): boolean {
    if (this.#dayEndUs < 0) return false
    const dayOf = (us: number) => Math.floor((us - this.#dayEndUs) / dayUs)
    return dayOf(this.time.wallUs()) > dayOf(sinceUs)
  }

  /** Ends DAY orders now. */
  endDay(): void {
    this.outbox.begin()
    this.desk.endDay()
    this.outbox.end()
  }

  /** Runs an operation on the venue's books; reports go out when it is over. For markets of the venue's own. */
  operate(listing: Listing, operation: () => void): void {
    this.outbox.begin()
    try {
      operation()
      this.desk.settle(listing)
    } finally {
      this.outbox.end()
    }
    for (const tape of this.#tapes) tape.quote(listing, this.time.wallUs())
  }

  // ---- Time ----------------------------------------------------------------------------------------------------------

  /** Earliest time at which something ends by the clock. */
  get #nextMomentUs(): number {
    const day = this.#dayEndUs < 0 ? Number.POSITIVE_INFINITY : this.#nextDayEndUs
    const next = Math.min(day, this.desk.nextExpiryUs)
    return !Number.isNaN(next) ? next : Number.NEGATIVE_INFINITY
  }

  #atMoment(tsUs: number): void {
    this.outbox.begin()
    this.passTime(tsUs)
    this.outbox.end()
  }

  /** Ends what is due. The wall clock may have been set back, by the start of a replay: the day is then found anew. */
  protected passTime(nowUs: number): void {
    if (this.desk.nextExpiryUs <= nowUs) this.desk.expireDue(nowUs)
    if (this.#dayEndUs < 0 || (nowUs < this.#nextDayEndUs && nowUs >= this.#nextDayEndUs - dayUs)) return
    const isOver = nowUs >= this.#nextDayEndUs
    this.#nextDayEndUs = Math.floor((nowUs - this.#dayEndUs) / dayUs) * dayUs + this.#dayEndUs + dayUs
    if (isOver) this.desk.endDay()
  }

  /** One timer for the next good-till-date order, for markets in which nothing happens. */
  protected armExpiry(): void {
    const next = this.desk.nextExpiryUs
    if (next === this.#timerUs) return
    this.#expiryTimer?.cancel()
    this.#expiryTimer = undefined
    this.#timerUs = next
    if (next === Number.POSITIVE_INFINITY) return
    const delayNs = Math.max(0, next - this.time.wallUs()) * NS_PER_US
    this.#expiryTimer = this.time.at(this.time.monotonicNs() + delayNs, () => {
      this.#timerUs = Number.POSITIVE_INFINITY
      this.#atMoment(this.time.wallUs())
      this.armExpiry()
    })
  }

  protected listed(symbol: string): Listing {
    const listing = this.listing(symbol)
    if (listing !== undefined) return listing
    throw new TradewireError('TW_UNKNOWN_INSTRUMENT', `Instrument ${symbol} is not listed at the simulated venue`)
  }

  /** Gives timers back. The venue itself has no end. */
  [Symbol.dispose](): void {
    this.#expiryTimer?.cancel()
    this.#expiryTimer = undefined
    this.#timerUs = Number.POSITIVE_INFINITY
  }
}

const engineStates: Readonly<Record<number, MarketState>> = {
  [TradingStatus.closed]: MarketState.closed,
  [TradingStatus.preOpen]: MarketState.auction,
  [TradingStatus.open]: MarketState.open,
  [TradingStatus.halted]: MarketState.halted,
  [TradingStatus.auction]: MarketState.auction,
}
