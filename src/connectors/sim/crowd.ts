/**
 * The crowd of a synthetic book: turns generated quotes and trades into orders in a book of the venue's own, so that
 * simulated participants and clients meet each other there.
 *
 * A quote becomes one resting order a side, which takes the place of the one before; a trade becomes an order that takes
 * what it can at once. Orders of the crowd belong to no account.
 */
import { CROWD } from './book-matcher.js'
import type { Listing } from './listing.js'
import type { SimulatedVenue } from './venue.js'

interface Quoter {
  bid: number
  ask: number
  bidPrice: number
  askPrice: number
  bidSize: number
  askSize: number
}

/** Makes the market of books from generated prices. */
export class Crowd {
  readonly #venue: SimulatedVenue
  readonly #quoters = new Map<Listing, Quoter>()
  #next = CROWD

  constructor(venue: SimulatedVenue) {
    this.#venue = venue
  }

  /** Quotes anew around a generated touch. */
  quote(listing: Listing, bid: number, ask: number, bidSize: number, askSize: number): void {
    const { book, instrument } = listing
    if (book === undefined) return
    const quoter = this.#quoterOf(listing)
    const bidUnits = instrument.nearestPriceUnits(bid)
    const askUnits = instrument.nearestPriceUnits(ask)
    const bidQuantity = instrument.nearestQuantityUnits(bidSize)
    const askQuantity = instrument.nearestQuantityUnits(askSize)
    this.#venue.operate(listing, () => {
      const bidChanges = bidUnits !== quoter.bidPrice || bidQuantity !== quoter.bidSize
      const askChanges = askUnits !== quoter.askPrice || askQuantity !== quoter.askSize
      if (bidChanges) book.cancelCrowd(quoter.bid)
      if (askChanges) book.cancelCrowd(quoter.ask)
      if (bidChanges && bidQuantity > 0) {
        quoter.bid = this.#number()
        book.submitCrowd(quoter.bid, 1, bidUnits, bidQuantity, false)
      }
      if (askChanges && askQuantity > 0) {
        quoter.ask = this.#number()
        book.submitCrowd(quoter.ask, -1, askUnits, askQuantity, false)
      }
      quoter.bidPrice = bidUnits
      quoter.askPrice = askUnits
      quoter.bidSize = bidQuantity
      quoter.askSize = askQuantity
    })
  }

  /** Somebody takes what rests at a price or better. */
  trade(listing: Listing, price: number, size: number, aggressor: number): void {
    const { book, instrument } = listing
    if (book === undefined || aggressor === 0) return
    const priceUnits = instrument.nearestPriceUnits(price)
    const quantity = instrument.nearestQuantityUnits(size)
    if (quantity > 0)
      this.#venue.operate(listing, () => book.submitCrowd(this.#number(), aggressor, priceUnits, quantity, true))
  }

  #quoterOf(listing: Listing): Quoter {
    let quoter = this.#quoters.get(listing)
    if (quoter === undefined) {
      quoter = { bid: 0, ask: 0, bidPrice: Number.NaN, askPrice: Number.NaN, bidSize: 0, askSize: 0 }
      this.#quoters.set(listing, quoter)
    }
    return quoter
  }

  /** Numbers are used in a circle of a billion: no order of the crowd lives that long. */
  #number(): number {
    this.#next = this.#next >= 2 * CROWD ? CROWD : this.#next + 1
    return this.#next
  }
}
