/**
 * Stands between a connector and the ring, and counts what passes, stream by stream. That is how the base class knows that
 * a stream has gone quiet although the connection is fine. One addition per event; no clock is read.
 */
import type { AggressorSign, BookSide, LevelAction } from '../ring/kinds.js'
import { type MarketSink, publishQuoteRow, publishTradeRow } from '../ring/sink.js'
import { type DataKind, dataKinds } from './capabilities.js'

/** Index of each kind of data in the counters. */
const kindIndex = Object.fromEntries(dataKinds.map((kind, index) => [kind, index])) as Readonly<
  Record<DataKind, number>
>
const [quotes, trades, book, orders, bars, status, news] = dataKinds.map((kind) => kindIndex[kind]) as [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
]

/** A market sink that counts. */
export class MonitoredSink implements MarketSink {
  readonly #out: MarketSink
  /** Events by kind, then instrument. */
  readonly #counts: Float64Array[] = dataKinds.map(() => new Float64Array(64))
  #bookInstrument = 0

  constructor(out: MarketSink) {
    this.#out = out
  }

  /** Events of a stream that were taken so far. Level 2 and level 3 books share their count. */
  count(kind: DataKind, instrument: number): number {
    return this.#counts[kindIndex[kind]]?.[instrument] ?? 0
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
    const isTaken = this.#out.publishQuote(
      instrument,
      source,
      bid,
      ask,
      bidSize,
      askSize,
      tsEventUs,
      tsRecvUs,
      sequence,
      flags,
    )
    if (isTaken) this.#add(quotes, instrument)
    return isTaken
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
    const isTaken = this.#out.publishTrade(
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
    if (isTaken) this.#add(trades, instrument)
    return isTaken
  }

  publishQuoteRow(instrument: number, source: number, flags: number, row: Float64Array): boolean {
    const isTaken = publishQuoteRow(this.#out, instrument, source, flags, row)
    if (isTaken) this.#add(quotes, instrument)
    return isTaken
  }

  publishTradeRow(
    instrument: number,
    source: number,
    aggressor: AggressorSign,
    condition: number,
    row: Float64Array,
  ): boolean {
    const isTaken = publishTradeRow(this.#out, instrument, source, aggressor, condition, row)
    if (isTaken) this.#add(trades, instrument)
    return isTaken
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
    this.#bookInstrument = instrument
    return this.#out.beginBook(instrument, source, isSnapshot, tsEventUs, tsRecvUs, sequence, previousSequence)
  }

  addLevel(side: BookSide, price: number, size: number): void {
    this.#out.addLevel(side, price, size)
  }

  addOrder(action: LevelAction, side: BookSide, price: number, size: number, orderId: number): void {
    this.#out.addOrder(action, side, price, size, orderId)
  }

  commitBook(isLast = true): boolean {
    const isTaken = this.#out.commitBook(isLast)
    if (isTaken) {
      this.#add(book, this.#bookInstrument)
      this.#add(orders, this.#bookInstrument)
    }
    return isTaken
  }

  publishBar(...bar: Parameters<MarketSink['publishBar']>): boolean {
    const isTaken = this.#out.publishBar(...bar)
    if (isTaken) this.#add(bars, bar[0])
    return isTaken
  }

  publishStatus(...event: Parameters<MarketSink['publishStatus']>): boolean {
    const isTaken = this.#out.publishStatus(...event)
    if (isTaken) this.#add(status, event[0])
    return isTaken
  }

  publishNote(...note: Parameters<MarketSink['publishNote']>): boolean {
    const isTaken = this.#out.publishNote(...note)
    if (isTaken) this.#add(news, note[0])
    return isTaken
  }

  #add(kind: number, instrument: number): void {
    const counts = this.#counts[kind] as Float64Array
    if (instrument >= counts.length) this.#grow(kind, instrument)
    ;(this.#counts[kind] as Float64Array)[instrument]++
  }

  #grow(kind: number, instrument: number): void {
    const old = this.#counts[kind] as Float64Array
    let { length } = old
    while (length <= instrument) length *= 2
    const wide = new Float64Array(length)
    wide.set(old)
    this.#counts[kind] = wide
  }
}
