/** The numbers of one bar of trades while it forms. A series has two: the current one and the one closed last. */
import type { BarUnit } from '../model/market-data.js'
import type { TradeColumns } from '../ring/columns.js'
import type { TradeBar } from './bars.js'

/** A bar whose fields are written in place; what callbacks get to see is its {@link TradeBar} half. */
export class TradeBarState implements TradeBar {
  readonly instrument: number
  readonly unit: BarUnit
  readonly step: number
  source = 0
  tsOpenUs = Number.NaN
  tsEventUs = Number.NaN
  tsRecvUs = Number.NaN
  open = Number.NaN
  high = Number.NaN
  low = Number.NaN
  close = Number.NaN
  volume = Number.NaN
  value = Number.NaN
  count = 0
  isClosed = false
  isAmended = false
  /** Venue times of the trades that gave open and close. */
  firstTsUs = Number.NaN
  lastTsUs = Number.NaN

  constructor(instrument: number, unit: BarUnit, step: number) {
    this.instrument = instrument
    this.unit = unit
    this.step = step
  }

  get vwap(): number {
    return this.value / this.volume
  }

  /** Starts anew, without a trade. `tsEventUs` is the end of a time bar, NaN for other bars. */
  begin(tsOpenUs: number, tsEventUs: number): void {
    this.tsOpenUs = tsOpenUs
    this.tsEventUs = tsEventUs
    this.open = Number.NaN
    this.high = Number.NaN
    this.low = Number.NaN
    this.close = Number.NaN
    this.volume = 0
    this.value = 0
    this.count = 0
    this.isClosed = false
    this.isAmended = false
    this.firstTsUs = Number.POSITIVE_INFINITY
    this.lastTsUs = Number.NEGATIVE_INFINITY
  }

  /** Starts anew as a bar without trades at one price. */
  beginFlat(tsOpenUs: number, tsEventUs: number, price: number, tsRecvUs: number): void {
    this.begin(tsOpenUs, tsEventUs)
    this.open = price
    this.high = price
    this.low = price
    this.close = price
    this.tsRecvUs = tsRecvUs
  }

  /** A split: prices are multiplied, and sizes divided; what was paid stays. */
  rescale(factor: number): void {
    this.open *= factor
    this.high *= factor
    this.low *= factor
    this.close *= factor
    this.volume /= factor
  }

  /** Adds a trade that belongs to the bar. */
  add(trades: TradeColumns, row: number): void {
    const tsUs = trades.tsEventUs[row]
    if (tsUs < this.firstTsUs) {
      this.firstTsUs = tsUs
      this.open = trades.price[row]
    }
    if (tsUs >= this.lastTsUs) {
      this.lastTsUs = tsUs
      this.close = trades.price[row]
    }
    this.#count(trades, row)
  }

  /** Adds a trade that belongs to an earlier bar: it moves neither open nor close, unless there is no other trade. */
  addLate(trades: TradeColumns, row: number): void {
    if (this.count === 0) {
      this.open = trades.price[row]
      this.close = trades.price[row]
    }
    this.#count(trades, row)
  }

  #count(trades: TradeColumns, row: number): void {
    const price = trades.price[row]
    const size = trades.size[row]
    if (this.count === 0) {
      this.high = price
      this.low = price
    } else {
      if (price > this.high) this.high = price
      if (price < this.low) this.low = price
    }
    this.volume += size
    this.value += price * size
    this.count++
    this.source = trades.source[row]
    this.tsRecvUs = trades.tsRecvUs[row]
  }
}
