/**
 * Where market data passes on its way from a recording or generator to the host: each event goes to the host's ring, and to
 * the venue, whose orders it fills and triggers. Events of instruments that have a book of the venue's own go to its
 * crowd instead, and what that book does goes to the ring.
 */
import { TradewireError } from '../../core/errors.js'
import { OrderBook } from '../../market/order-book.js'
import { OrderByOrderBook } from '../../market/order-by-order-book.js'
import type { Instrument } from '../../model/instrument.js'
import type { InstrumentRegistry } from '../../model/instrument-registry.js'
import { type AggressorSign, type BookSide, LevelAction, type TradingStatus } from '../../ring/kinds.js'
import type { MarketSink } from '../../ring/sink.js'
import { Crowd } from './crowd.js'
import type { Listing, MatchingMode } from './listing.js'
import type { SimulatedVenue } from './venue.js'
import type { VenueTape } from './venue-market.js'

/** What a tap connects. */
export interface MarketTapOptions {
  venue: SimulatedVenue
  instruments: InstrumentRegistry
  /** Takes the events: the host's ring, or what delays them on the way there. */
  out: MarketSink
  /** Index of the connector in the rings. */
  source: number
  /** How instruments are matched that the venue does not list yet. */
  mode: MatchingMode
}

/** A level of a book message under way. */
interface LevelRow {
  action: LevelAction
  side: BookSide
  price: number
  size: number
  orderId: number
}

/** Splits market data between host and venue. */
export class MarketTap implements MarketSink, VenueTape {
  /** Events that passed, and the venue and receive times of the latest. */
  events = 0
  tsEventUs = 0
  tsRecvUs = 0
  /** Events of the venue's own books for which the ring had no room. */
  dropped = 0
  /** Whether the client's line is down: the venue's market goes on, and the client does not hear of it. */
  isCut = false
  /** Events that the client did not hear of. */
  unheard = 0
  readonly #options: MarketTapOptions
  readonly #out: MarketSink
  readonly #venue: SimulatedVenue
  readonly #crowd: Crowd
  /** Listings by the host's instrument index, and back. */
  readonly #listings: (Listing | undefined)[] = []
  readonly #indices = new Map<Instrument, number>()
  // The book message under way.
  #bookListing: Listing | undefined
  /** Called when the venue's own books were published: outside of a replay nobody else wakes the handlers. */
  onPublished: (() => void) | undefined
  #isSnapshot = false
  #isForCrowd = false
  #sequence = Number.NaN
  #previousSequence = Number.NaN
  #bookEventUs = 0
  #bookRecvUs = 0
  readonly #levels: LevelRow[] = []
  #levelCount = 0

  constructor(options: MarketTapOptions) {
    this.#options = options
    this.#out = options.out
    this.#venue = options.venue
    this.#crowd = new Crowd(options.venue)
  }

  publishQuote(
    instrument: number,
    source: number,
    bid: number,
    ask: number,
    bidSize: number,
    askSize: number,
    tsEventUs: number,
    tsRecvUs: number,
    sequence: number,
    flags: number,
  ): boolean {
    const listing = this.#listings[instrument] ?? this.#list(instrument)
    if (listing.book !== undefined) {
      this.#count(tsEventUs, tsRecvUs)
      this.#crowd.quote(listing, bid, ask, bidSize, askSize)
      return true
    }
    if (
      !this.isCut &&
      !this.#out.publishQuote(instrument, source, bid, ask, bidSize, askSize, tsEventUs, tsRecvUs, sequence, flags)
    )
      return false
    this.#count(tsEventUs, tsRecvUs)
    this.#venue.onQuote(listing, bid, ask, bidSize, askSize, tsRecvUs)
    return true
  }

  publishTrade(
    instrument: number,
    source: number,
    price: number,
    size: number,
    aggressor: AggressorSign,
    tsEventUs: number,
    tsRecvUs: number,
    sequence: number,
    tradeId: number,
    condition: number,
  ): boolean {
    const listing = this.#listings[instrument] ?? this.#list(instrument)
    if (listing.book !== undefined) {
      this.#count(tsEventUs, tsRecvUs)
      this.#crowd.trade(listing, price, size, aggressor)
      return true
    }
    if (
      !this.isCut &&
      !this.#out.publishTrade(
        instrument,
        source,
        price,
        size,
        aggressor,
        tsEventUs,
        tsRecvUs,
        sequence,
        tradeId,
        condition,
      )
    )
      return false
    this.#count(tsEventUs, tsRecvUs)
    this.#venue.onTrade(listing, price, size, aggressor, tsRecvUs)
    return true
  }

  beginBook(
    instrument: number,
    source: number,
    isSnapshot: boolean,
    tsEventUs: number,
    tsRecvUs: number,
    sequence: number,
    previousSequence: number,
  ): boolean {
    const listing = this.#listings[instrument] ?? this.#list(instrument)
    this.#levelCount = 0
    this.#bookListing = listing
    this.#isSnapshot = isSnapshot
    this.#isForCrowd = listing.book !== undefined
    this.#sequence = sequence
    this.#previousSequence = previousSequence
    this.#bookEventUs = tsEventUs
    this.#bookRecvUs = tsRecvUs
    // A book of the venue's own makes its own depth.
    return (
      this.#isForCrowd ||
      this.isCut ||
      this.#out.beginBook(instrument, source, isSnapshot, tsEventUs, tsRecvUs, sequence, previousSequence)
    )
  }

  addLevel(side: BookSide, price: number, size: number): void {
    if (!this.#isForCrowd && !this.isCut) this.#out.addLevel(side, price, size)
    this.#keep(LevelAction.setLevel, side, price, size, 0)
  }

  addOrder(action: LevelAction, side: BookSide, price: number, size: number, orderId: number): void {
    if (!this.#isForCrowd && !this.isCut) this.#out.addOrder(action, side, price, size, orderId)
    this.#keep(action, side, price, size, orderId)
  }

  commitBook(isLast = true): boolean {
    if (this.#isForCrowd) return true
    if (!this.isCut && !this.#out.commitBook(isLast)) return false
    this.#count(this.#bookEventUs, this.#bookRecvUs)
    this.#applyBook(this.#bookListing as Listing, isLast)
    return true
  }

  publishBar(
    instrument: number,
    source: number,
    intervalUs: number,
    open: number,
    high: number,
    low: number,
    close: number,
    volume: number,
    count: number,
    vwap: number,
    tsOpenUs: number,
    tsEventUs: number,
    tsRecvUs: number,
    isClosed: boolean,
  ): boolean {
    if (
      !this.isCut &&
      !this.#out.publishBar(
        instrument,
        source,
        intervalUs,
        open,
        high,
        low,
        close,
        volume,
        count,
        vwap,
        tsOpenUs,
        tsEventUs,
        tsRecvUs,
        isClosed,
      )
    )
      return false
    this.#count(tsEventUs, tsRecvUs)
    if (this.#listings[instrument] === undefined) this.#list(instrument)
    return true
  }

  publishStatus(
    instrument: number,
    source: number,
    status: TradingStatus,
    tsEventUs: number,
    tsRecvUs: number,
  ): boolean {
    if (!this.isCut && !this.#out.publishStatus(instrument, source, status, tsEventUs, tsRecvUs)) return false
    this.#count(tsEventUs, tsRecvUs)
    this.#venue.setPhase(this.#listings[instrument] ?? this.#list(instrument), status)
    return true
  }

  publishNote(instrument: number, source: number, note: object, tsEventUs: number, tsRecvUs: number): boolean {
    if (!this.isCut && !this.#out.publishNote(instrument, source, note, tsEventUs, tsRecvUs)) return false
    this.#count(tsEventUs, tsRecvUs)
    return true
  }

  // ---- What the venue's own books do -----------------------------------------------------------------------------------

  quote(listing: Listing, tsUs: number): void {
    const { instrument, book } = listing
    const index = this.#indices.get(instrument)
    if (index === undefined || book === undefined) return
    const { engine } = book
    const bid = instrument.priceNumber(book.bidUnits)
    const ask = instrument.priceNumber(book.askUnits)
    const bidSize = instrument.quantityNumber(engine.bestBidQuantity)
    const askSize = instrument.quantityNumber(engine.bestAskQuantity)
    this.#push(() =>
      this.#out.publishQuote(index, this.#options.source, bid, ask, bidSize, askSize, tsUs, tsUs, Number.NaN, 0),
    )
  }

  trade(listing: Listing, priceUnits: number, quantityUnits: number, takerSide: number, tsUs: number): void {
    const { instrument } = listing
    const index = this.#indices.get(instrument)
    if (index === undefined) return
    const price = instrument.priceNumber(priceUnits)
    const size = instrument.quantityNumber(quantityUnits)
    const aggressor = takerSide as AggressorSign
    this.#push(() =>
      this.#out.publishTrade(
        index,
        this.#options.source,
        price,
        size,
        aggressor,
        tsUs,
        tsUs,
        Number.NaN,
        Number.NaN,
        0,
      ),
    )
  }

  level(listing: Listing, bookSide: 0 | 1, priceUnits: number, quantityUnits: number, tsUs: number): void {
    const { instrument } = listing
    const index = this.#indices.get(instrument)
    if (index === undefined) return
    this.#push(() => {
      if (!this.#out.beginBook(index, this.#options.source, false, tsUs, tsUs, Number.NaN, Number.NaN)) return false
      this.#out.addLevel(bookSide, instrument.priceNumber(priceUnits), instrument.quantityNumber(quantityUnits))
      return this.#out.commitBook()
    })
  }

  /** Publishes what cannot wait. Inside an operation of the venue nothing may be drained: what finds no room is counted. */
  #push(publish: () => boolean): void {
    if (this.isCut) this.unheard++
    else if (!publish()) this.dropped++
    else this.onPublished?.()
  }

  // --------------------------------------------------------------------------------------------------------------------

  /** The listing of an instrument that has data: it is listed now if it was not. */
  #list(index: number): Listing {
    const instrument = this.#options.instruments.at(index)
    if (instrument === undefined)
      throw new TradewireError('TW_UNKNOWN_INSTRUMENT', `There is no instrument with index ${index}`)
    const listing = this.#venue.list(instrument.definition, this.#options.mode)
    while (this.#listings.length <= index) this.#listings.push(undefined)
    this.#listings[index] = listing
    this.#indices.set(listing.instrument, index)
    return listing
  }

  /** Makes an instrument of the host known to the tap. */
  learn(index: number): Listing {
    return this.#listings[index] ?? this.#list(index)
  }

  #count(tsEventUs: number, tsRecvUs: number): void {
    if (this.isCut) {
      this.unheard++
      return
    }
    this.events++
    this.tsEventUs = tsEventUs
    this.tsRecvUs = tsRecvUs
  }

  #keep(action: LevelAction, side: BookSide, price: number, size: number, orderId: number): void {
    const row = this.#levels[this.#levelCount]
    if (row === undefined) this.#levels.push({ action, side, price, size, orderId })
    else {
      row.action = action
      row.side = side
      row.price = price
      row.size = size
      row.orderId = orderId
    }
    this.#levelCount++
  }

  /** Brings the venue's picture of the recorded book up to date. */
  #applyBook(listing: Listing, isLast: boolean): void {
    const { market } = listing
    if (market === undefined) return
    const book = market.book ?? market.useBook(this.#makeBook(listing))
    book.beginMessage(this.#isSnapshot, this.#bookEventUs, this.#bookRecvUs, this.#sequence, this.#previousSequence)
    for (let i = 0; i < this.#levelCount; i++) {
      const row = this.#levels[i] as LevelRow
      book.level(row.action, row.side, row.price, row.size, row.orderId)
    }
    book.endMessage(isLast)
    if (isLast) this.#venue.onBook(listing, this.#bookRecvUs)
  }

  #makeBook(listing: Listing): OrderBook | OrderByOrderBook {
    const isByOrder = this.#levelCount > 0 && (this.#levels[0] as LevelRow).action !== LevelAction.setLevel
    if (isByOrder) return new OrderByOrderBook()
    return new OrderBook({ priceStep: listing.instrument.definition.priceIncrement, crossed: 'uncross' })
  }
}
