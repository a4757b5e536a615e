/**
 * Takes what a recording or a connector brings of one instrument and hands on the pieces of its bars: the kind that is
 * wanted, adjusted, and nothing that cannot be a price.
 */
import type { Instrument } from '../../model/instrument.js'
import type { InstrumentRegistry } from '../../model/instrument-registry.js'
import type { MarketSink } from '../../ring/sink.js'
import type { BarBuilder, BarPiece } from './bar-builder.js'
import type { BarOrigin, CheckedRequest } from './bar-request.js'

/** What a split or a dividend does to the numbers of before it. */
export interface PriceAdjustment {
  /** From this time on (epoch microseconds) prices are in the new terms. */
  readonly exUs: number
  /** Prices of before are multiplied by it: 1/7 for a split of 7 for 1. */
  readonly priceFactor: number
  /** Sizes of before are multiplied by it: 7 for a split of 7 for 1; 1 unless given. */
  readonly sizeFactor?: number
}

/** See the file's header. */
export class PieceSink implements MarketSink {
  /** The instrument that is meant, once it has been seen. */
  instrument: Instrument | undefined
  /** Length of the bars that are used; NaN before the first. */
  intervalUs = Number.NaN
  /** Lengths of bars that do not fit into those asked for. */
  readonly unfit = new Set<number>()
  readonly #request: CheckedRequest
  readonly #registry: InstrumentRegistry
  readonly #of: BarOrigin
  readonly #builder: BarBuilder
  readonly #adjustmentsOf: (instrument: Instrument) => readonly PriceAdjustment[]
  #adjustments: readonly PriceAdjustment[] = []
  /** By instrument: 1 meant, -1 another, 0 not looked at. */
  readonly #isMeant: number[] = []
  readonly #piece: BarPiece = {
    tsUs: 0,
    tsEndUs: 0,
    open: Number.NaN,
    high: Number.NaN,
    low: Number.NaN,
    close: Number.NaN,
    volume: Number.NaN,
    count: 0,
    vwap: Number.NaN,
  }

  constructor(
    request: CheckedRequest,
    registry: InstrumentRegistry,
    of: BarOrigin,
    builder: BarBuilder,
    adjustmentsOf: (instrument: Instrument) => readonly PriceAdjustment[],
  ) {
    this.#request = request
    this.#registry = registry
    this.#of = of
    this.#builder = builder
    this.#adjustmentsOf = adjustmentsOf
  }

  publishQuote(instrument: number, _source: number, bid: number, ask: number, _b: number, _a: number, tsUs: number) {
    if (this.#of === 'quotes' && this.#is(instrument)) this.#point((bid + ask) / 2, 0, tsUs)
    return true
  }

  publishTrade(
    instrument: number,
    _source: number,
    price: number,
    size: number,
    _aggressor: number,
    tsUs: number,
  ): boolean {
    if (this.#of === 'trades' && this.#is(instrument))
      this.#point(price, size >= 0 && size <= Number.MAX_VALUE ? size : 0, tsUs)
    return true
  }

  publishBar(
    instrument: number,
    _source: number,
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
    _tsRecvUs: number,
    isClosed: boolean,
  ): boolean {
    if (this.#of !== 'bars' || !isClosed || !this.#is(instrument)) return true
    if (!(intervalUs > 0) || this.#request.stepUs % intervalUs !== 0) {
      this.unfit.add(intervalUs)
      return true
    }
    if (Number.isNaN(this.intervalUs)) this.intervalUs = intervalUs
    if (intervalUs !== this.intervalUs) return true
    const piece = this.#piece
    piece.tsUs = tsOpenUs
    piece.tsEndUs = tsEventUs > tsOpenUs ? tsEventUs : tsOpenUs + intervalUs
    piece.open = open
    piece.high = high
    piece.low = low
    piece.close = close
    piece.volume = volume
    piece.count = count
    piece.vwap = vwap
    this.#hand(intervalUs === this.#request.stepUs && this.#request.session === undefined)
    return true
  }

  beginBook(): boolean {
    return true
  }
  addLevel(): void {}
  addOrder(): void {}
  commitBook(): boolean {
    return true
  }
  publishStatus(): boolean {
    return true
  }
  publishNote(): boolean {
    return true
  }

  #point(price: number, size: number, tsUs: number): void {
    const piece = this.#piece
    piece.tsUs = tsUs
    piece.tsEndUs = tsUs
    piece.open = price
    piece.high = price
    piece.low = price
    piece.close = price
    piece.volume = size
    piece.count = 1
    piece.vwap = price
    this.#hand(false)
  }

  #hand(isWhole: boolean): void {
    const piece = this.#piece
    if (!Number.isFinite(piece.tsUs) || !Number.isFinite(piece.open + piece.high + piece.low + piece.close)) return
    for (const { exUs, priceFactor, sizeFactor = 1 } of this.#adjustments) {
      if (piece.tsUs >= exUs) continue
      piece.open *= priceFactor
      piece.high *= priceFactor
      piece.low *= priceFactor
      piece.close *= priceFactor
      piece.vwap *= priceFactor
      piece.volume *= sizeFactor
    }
    if (isWhole) this.#builder.whole(piece)
    else this.#builder.take(piece)
  }

  #is(index: number): boolean {
    const known = this.#isMeant[index]
    if (known !== undefined) return known === 1
    const instrument = this.#registry.at(index)
    const { symbol } = this.#request
    const isMeant = instrument.symbol === symbol || instrument.id === symbol
    this.#isMeant[index] = isMeant ? 1 : -1
    if (isMeant && this.instrument === undefined) {
      this.instrument = instrument
      if (this.#request.adjust) this.#adjustments = this.#adjustmentsOf(instrument)
    }
    return isMeant
  }
}
