/** Columns of last quotes and trades, one row per instrument; rows grow by doubling. Used by the quote cache only. */
import type { QuoteColumns, TradeColumns } from '../ring/columns.js'

/** Which sides are older than the last quote. */
const bidKept = 1
const askKept = 2

type Doubles = Float64Array<ArrayBuffer>

/** One table: all sources together, or one of them. */
export class QuoteTable {
  capacity: number
  bid!: Doubles
  ask!: Doubles
  bidSize!: Doubles
  askSize!: Doubles
  tsEventUs!: Doubles
  tsRecvUs!: Doubles
  last!: Doubles
  lastSize!: Doubles
  lastTsEventUs!: Doubles
  lastTsRecvUs!: Doubles
  quotes!: Doubles
  trades!: Doubles
  /** Source of the last quote, and of the one that set each side; -1 where there was none. */
  source!: Int32Array<ArrayBuffer>
  bidSource!: Int32Array<ArrayBuffer>
  askSource!: Int32Array<ArrayBuffer>
  #kept!: Uint8Array<ArrayBuffer>

  constructor(capacity: number) {
    this.capacity = capacity
    this.#allocate(capacity)
  }

  /**
   * A split: prices that were received before a time are multiplied, and sizes divided. A side that the last quote kept may be
   * of before or after that time: it is given up.
   */
  rescale(row: number, factor: number, beforeUs: number): void {
    if (row >= this.capacity) return
    if (this.tsRecvUs[row] >= beforeUs) {
      if (this.isBidKept(row)) {
        this.bid[row] = Number.NaN
        this.bidSize[row] = Number.NaN
      }
      if (this.isAskKept(row)) {
        this.ask[row] = Number.NaN
        this.askSize[row] = Number.NaN
      }
    }
    if (this.tsRecvUs[row] < beforeUs) {
      this.bid[row] = this.bid[row] * factor
      this.ask[row] = this.ask[row] * factor
      this.bidSize[row] = this.bidSize[row] / factor
      this.askSize[row] = this.askSize[row] / factor
    }
    if (this.lastTsRecvUs[row] < beforeUs) {
      this.last[row] = this.last[row] * factor
      this.lastSize[row] = this.lastSize[row] / factor
    }
  }

  /** Takes the quote at `from` of ring columns; see the quote cache for the meaning of absent values. */
  quote(row: number, columns: QuoteColumns, from: number): void {
    if (row >= this.capacity) this.#grow(row)
    const source = columns.source[from]
    const bid = columns.bid[from]
    const ask = columns.ask[from]
    let kept = 0
    if (!Number.isNaN(bid) || columns.bidSize[from] === 0) {
      this.bid[row] = bid
      this.bidSize[row] = columns.bidSize[from]
      this.bidSource[row] = source
    } else {
      kept = bidKept
    }
    if (!Number.isNaN(ask) || columns.askSize[from] === 0) {
      this.ask[row] = ask
      this.askSize[row] = columns.askSize[from]
      this.askSource[row] = source
    } else {
      kept |= askKept
    }
    this.#kept[row] = kept
    this.source[row] = source
    this.tsEventUs[row] = columns.tsEventUs[from]
    this.tsRecvUs[row] = columns.tsRecvUs[from]
    this.quotes[row]++
  }

  /** Takes the trade at `from` of ring columns. */
  trade(row: number, columns: TradeColumns, from: number): void {
    if (row >= this.capacity) this.#grow(row)
    this.last[row] = columns.price[from]
    this.lastSize[row] = columns.size[from]
    this.lastTsEventUs[row] = columns.tsEventUs[from]
    this.lastTsRecvUs[row] = columns.tsRecvUs[from]
    this.trades[row]++
  }

  isBidKept(row: number): boolean {
    return row < this.capacity && (this.#kept[row] & bidKept) !== 0
  }

  isAskKept(row: number): boolean {
    return row < this.capacity && (this.#kept[row] & askKept) !== 0
  }

  clear(): void {
    this.#allocate(this.capacity)
  }

  /** Forgets the sides that `source` set, and its quote times. */
  clearSource(source: number): void {
    for (let row = 0; row < this.capacity; row++) {
      if (this.bidSource[row] === source) {
        this.bid[row] = Number.NaN
        this.bidSize[row] = Number.NaN
        this.bidSource[row] = -1
      }
      if (this.askSource[row] === source) {
        this.ask[row] = Number.NaN
        this.askSize[row] = Number.NaN
        this.askSource[row] = -1
      }
      if (this.source[row] === source) {
        this.tsEventUs[row] = Number.NaN
        this.tsRecvUs[row] = Number.NaN
        this.source[row] = -1
        this.#kept[row] = 0
      }
    }
  }

  #allocate(capacity: number): void {
    const absent = () => new Float64Array(capacity).fill(Number.NaN)
    this.capacity = capacity
    this.bid = absent()
    this.ask = absent()
    this.bidSize = absent()
    this.askSize = absent()
    this.tsEventUs = absent()
    this.tsRecvUs = absent()
    this.last = absent()
    this.lastSize = absent()
    this.lastTsEventUs = absent()
    this.lastTsRecvUs = absent()
    this.quotes = new Float64Array(capacity)
    this.trades = new Float64Array(capacity)
    this.source = new Int32Array(capacity).fill(-1)
    this.bidSource = new Int32Array(capacity).fill(-1)
    this.askSource = new Int32Array(capacity).fill(-1)
    this.#kept = new Uint8Array(capacity)
  }

  #grow(row: number): void {
    const old = { ...this }
    const kept = this.#kept
    this.#allocate(Math.max(16, this.capacity * 2, 2 ** (32 - Math.clz32(row))))
    this.bid.set(old.bid)
    this.ask.set(old.ask)
    this.bidSize.set(old.bidSize)
    this.askSize.set(old.askSize)
    this.tsEventUs.set(old.tsEventUs)
    this.tsRecvUs.set(old.tsRecvUs)
    this.last.set(old.last)
    this.lastSize.set(old.lastSize)
    this.lastTsEventUs.set(old.lastTsEventUs)
    this.lastTsRecvUs.set(old.lastTsRecvUs)
    this.quotes.set(old.quotes)
    this.trades.set(old.trades)
    this.source.set(old.source)
    this.bidSource.set(old.bidSource)
    this.askSource.set(old.askSource)
    this.#kept.set(kept)
  }
}
