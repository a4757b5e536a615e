/** One instrument at the venue: its phase, its matcher, and the orders that wait for a trigger or an auction. */
import type { Instrument } from '../../model/instrument.js'
import { TradingStatus } from '../../ring/kinds.js'
import type { BookMatcher } from './book-matcher.js'
import type { MarketMatcher } from './market-matcher.js'
import type { Matcher } from './matcher.js'
import { TriggerDesk } from './trigger-desk.js'
import type { VenueOrder } from './venue-order.js'

/** Where fills come from: a recorded or live `market` that does not know the orders, or a `book` of the venue's own. */
export type MatchingMode = 'market' | 'book'

/** An instrument that can be traded at the venue. */
export class Listing {
  readonly instrument: Instrument
  readonly mode: MatchingMode
  readonly matcher: Matcher
  /** The matcher again, where it is of that kind. */
  readonly market: MarketMatcher | undefined
  readonly book: BookMatcher | undefined
  readonly triggers: TriggerDesk
  /** Orders that wait for an auction, or for trading to begin, in order of arrival. */
  readonly waiting: VenueOrder[] = []
  phase: TradingStatus = TradingStatus.open
  /** Trading has begun, and the first trade gives the opening price. */
  awaitsOpening = false
  /** Orders that are live here. */
  liveOrders = 0

  constructor(instrument: Instrument, market: MarketMatcher | undefined, book: BookMatcher | undefined) {
    this.instrument = instrument
    this.market = market
    this.book = book
    this.mode = book === undefined ? 'market' : 'book'
    this.matcher = (book ?? market) as Matcher
    this.triggers = new TriggerDesk((units) => instrument.priceStepAt(units))
  }

  /** The price an order without a limit would get, roughly: the opposite touch, or the last trade. NaN where nothing is known. */
  referenceUnits(order: VenueOrder): number {
    const touch = order.sideSign > 0 ? this.matcher.askUnits : this.matcher.bidUnits
    return !Number.isNaN(touch) ? touch : this.matcher.lastUnits
  }

  /** Removes an order from wherever it waits. */
  withdraw(order: VenueOrder): void {
    if (order.place === 'dormant') this.triggers.remove(order)
    else if (order.place === 'auction') {
      const at = this.waiting.indexOf(order)
      if (at >= 0) this.waiting.splice(at, 1)
    } else if (order.place === 'book') this.matcher.remove(order)
  }
}
