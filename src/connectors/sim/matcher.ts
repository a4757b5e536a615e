/** What the two ways of matching have in common: a recorded market that is filled against, and a book of the venue's own. */
import type { VenueOrder } from './venue-order.js'

/** What a matcher tells its venue. Calls come while an order is handled; the venue only notes them down. */
export interface MatcherEvents {
  /** How much of a fill may be: all of it, but for reduce-only orders, which stop at a flat position. */
  fillable(order: VenueOrder, quantityUnits: number): number
  /** An execution. `liquidity` as in `Liquidity`. */
  filled(order: VenueOrder, quantityUnits: number, priceUnits: number, liquidity: number): void
  /** The order, or what was left of it, is off the book. */
  ended(order: VenueOrder, state: 'canceled' | 'expired', reason: string): void
  /** Terms changed without a request: a market-to-limit order got its price, self-trade prevention took quantity away. */
  changed(order: VenueOrder): void
  /** Next number of the time priority. */
  nextSequence(): number
}

/** Matches the orders of one instrument. Orders that wait for triggers or auctions are not with the matcher. */
export interface Matcher {
  /** Best prices and last trade in price units, NaN where there is none. */
  readonly bidUnits: number
  readonly askUnits: number
  readonly lastUnits: number
  /** Orders that rest here. */
  readonly restingCount: number
  /** Whether a limit order at this price would take liquidity at once. */
  wouldTake(sideSign: number, priceUnits: number): boolean
  /** An order that may trade now. What cannot, rests or ends, as its type and time in force say. */
  enter(order: VenueOrder): void
  /** Takes a resting order off the book. */
  remove(order: VenueOrder): void
  /** Changes a resting order. A smaller quantity at the same price keeps its place in the queue. */
  change(order: VenueOrder, quantityUnits: number, priceUnits: number): void
  /** Resting orders, best price first, then in order of time. */
  resting(): VenueOrder[]
}
