/** The numbers of one bar of quotes while it forms. */
import type { QuoteColumns } from '../ring/columns.js'
import type { QuoteBar } from './bars.js'

/** A bar whose fields are written in place; what callbacks get to see is its {@link QuoteBar} half. */
export class QuoteBarState implements QuoteBar {
  readonly instrument: number
  readonly step: number
  source = 0
  tsOpenUs = Number.NaN
  tsEventUs = Number.NaN
  tsRecvUs = Number.NaN
  bidOpen = Number.NaN
  bidHigh = Number.NaN
  bidLow = Number.NaN
  bidClose = Number.NaN
  bidSizeClose = Number.NaN
  askOpen = Number.NaN
  askHigh = Number.NaN
  askLow = Number.NaN
  askClose = Number.NaN
  askSizeClose = Number.NaN
  count = 0
  isClosed = false
  #isBidUpdated = false
  #isAskUpdated = false

  constructor(instrument: number, step: number) {
    this.instrument = instrument
    this.step = step
  }

  /** Starts anew at the prices that stand. */
  begin(tsOpenUs: number, tsEventUs: number): void {
    this.tsOpenUs = tsOpenUs
    this.tsEventUs = tsEventUs
    this.bidOpen = this.bidClose
    this.bidHigh = this.bidClose
    this.bidLow = this.bidClose
    this.askOpen = this.askClose
    this.askHigh = this.askClose
    this.askLow = this.askClose
    this.count = 0
    this.isClosed = false
    this.#isBidUpdated = false
    this.#isAskUpdated = false
  }

  /** A split: prices are multiplied, and sizes divided. */
  rescale(factor: number): void {
    this.bidOpen *= factor
    this.bidHigh *= factor
    this.bidLow *= factor
    this.bidClose *= factor
    this.bidSizeClose /= factor
    this.askOpen *= factor
    this.askHigh *= factor
    this.askLow *= factor
    this.askClose *= factor
    this.askSizeClose /= factor
  }

  /** Takes the quote at a row of ring columns; a side whose price is NaN stands. */
  add(quotes: QuoteColumns, row: number): void {
    if (!Number.isNaN(quotes.bid[row])) this.#bid(quotes, row)
    if (!Number.isNaN(quotes.ask[row])) this.#ask(quotes, row)
    this.count++
    this.source = quotes.source[row]
    this.tsRecvUs = quotes.tsRecvUs[row]
  }

  #bid(quotes: QuoteColumns, row: number): void {
    const price = quotes.bid[row]
    if (!this.#isBidUpdated) {
      this.#isBidUpdated = true
      this.bidOpen = price
      this.bidHigh = price
      this.bidLow = price
    }
    if (price > this.bidHigh) this.bidHigh = price
    if (price < this.bidLow) this.bidLow = price
    this.bidClose = price
    this.bidSizeClose = quotes.bidSize[row]
  }

  #ask(quotes: QuoteColumns, row: number): void {
    const price = quotes.ask[row]
    if (!this.#isAskUpdated) {
      this.#isAskUpdated = true
      this.askOpen = price
      this.askHigh = price
      this.askLow = price
    }
    if (price > this.askHigh) this.askHigh = price
    if (price < this.askLow) this.askLow = price
    this.askClose = price
    this.askSizeClose = quotes.askSize[row]
  }
}
