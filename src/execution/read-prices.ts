/** Prices and sizes of now, from the quote cache into the view of an order. */
import type { QuoteCache } from '../market/quote-cache.js'
import type { ParentView } from './algorithm.js'

/** Writes the best quote and the last trade of the view's instrument into it, in units. */
export function readPrices(view: ParentView, quotes: QuoteCache): void {
  const { instrument } = view
  const { index } = instrument
  const units = (price: number) => (Number.isNaN(price) ? Number.NaN : instrument.nearestPriceUnits(price))
  view.bidUnits = units(quotes.bid(index))
  view.askUnits = units(quotes.ask(index))
  view.lastUnits = units(quotes.last(index))
  const bidSize = quotes.bidSize(index)
  const askSize = quotes.askSize(index)
  view.bidSizeUnits = bidSize > 0 ? instrument.nearestQuantityUnits(bidSize) : 0
  view.askSizeUnits = askSize > 0 ? instrument.nearestQuantityUnits(askSize) : 0
}
