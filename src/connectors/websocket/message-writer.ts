/** What a feed writes to while it reads a message: checks every number and turns it into events. */
import type { BrokenStream } from '../../model/market-data.js'
import type { TradingStatus } from '../../ring/kinds.js'
import type { CheckedBook } from './book-stream.js'
import type { FeedBar, FeedBook, FeedLevel, FeedQuote, FeedTrade, FeedWriter } from './feed.js'
import { decimalOf, integerOf, optionalOf, sizeOf } from './numbers.js'
import type { Publication } from './outbox.js'

/** What the writer tells the connector. */
export interface WriterTarget {
  readonly source: number
  /** The index behind a symbol. @throws TradewireError `TW_UNKNOWN_INSTRUMENT`. */
  indexOf(symbol: string): number
  publish(tsEventUs: number, publication: Publication): void
  book(instrument: number, book: CheckedBook): void
  sequence(stream: string, sequence: number, instrument: number | undefined, kind: BrokenStream): void
  confirmed(key: string): void
  refused(key: string, reason: string): void
  alive(): void
  problem(reason: string): void
}

/** Writes what one message after another says. */
export class MessageWriter implements FeedWriter {
  readonly #target: WriterTarget
  /** Time of receipt of the current message. */
  tsRecvUs = 0

  constructor(target: WriterTarget) {
    this.#target = target
  }

  quote(symbol: string, quote: FeedQuote): void {
    const { source } = this.#target
    const { tsRecvUs } = this
    const index = this.#target.indexOf(symbol)
    const bidSize = optionalOf('bidSize', quote.bidSize, sizeOf)
    const askSize = optionalOf('askSize', quote.askSize, sizeOf)
    const bid = standing(decimalOf('bid', quote.bid), bidSize)
    const ask = standing(decimalOf('ask', quote.ask), askSize)
    const tsUs = this.#timeOf(quote.tsEventUs)
    const sequence = integerOf('sequence', quote.sequence)
    this.#target.publish(tsUs, (sink) =>
      sink.publishQuote(index, source, bid, ask, bidSize, askSize, tsUs, tsRecvUs, sequence, 0),
    )
  }

  trade(symbol: string, trade: FeedTrade): void {
    const { source } = this.#target
    const { tsRecvUs } = this
    const index = this.#target.indexOf(symbol)
    const price = decimalOf('price', trade.price)
    const size = sizeOf('size', trade.size)
    const aggressor = trade.aggressor === undefined ? 0 : trade.aggressor === 'buy' ? 1 : -1
    const tsUs = this.#timeOf(trade.tsEventUs)
    const sequence = integerOf('sequence', trade.sequence)
    const tradeId = integerOf('tradeId', trade.tradeId)
    this.#target.publish(tsUs, (sink) =>
      sink.publishTrade(index, source, price, size, aggressor, tsUs, tsRecvUs, sequence, tradeId, 0),
    )
  }

  book(symbol: string, book: FeedBook): void {
    this.#target.book(this.#target.indexOf(symbol), this.checked(book))
  }

  /** A book message with its numbers checked. */
  checked(book: FeedBook): CheckedBook {
    return {
      isSnapshot: book.isSnapshot,
      bids: levelsOf('bids', book.bids),
      asks: levelsOf('asks', book.asks),
      tsEventUs: this.#timeOf(book.tsEventUs),
      tsRecvUs: this.tsRecvUs,
      sequence: integerOf('sequence', book.sequence),
      previousSequence: integerOf('previousSequence', book.previousSequence),
      checksum: integerOf('checksum', book.checksum),
    }
  }

  bar(symbol: string, bar: FeedBar): void {
    const { source } = this.#target
    const { tsRecvUs } = this
    const index = this.#target.indexOf(symbol)
    const { isClosed } = bar
    const intervalUs = integerOf('intervalUs', bar.intervalUs)
    const tsOpenUs = integerOf('tsOpenUs', bar.tsOpenUs)
    const open = decimalOf('open', bar.open)
    const high = decimalOf('high', bar.high)
    const low = decimalOf('low', bar.low)
    const close = decimalOf('close', bar.close)
    const volume = sizeOf('volume', bar.volume)
    const unknown = Number.NaN
    const tsUs = this.#timeOf(bar.tsEventUs)
    this.#target.publish(tsUs, (sink) =>
      sink.publishBar(
        index,
        source,
        intervalUs,
        open,
        high,
        low,
        close,
        volume,
        unknown,
        unknown,
        tsOpenUs,
        tsUs,
        tsRecvUs,
        isClosed,
      ),
    )
  }

  status(symbol: string, status: TradingStatus): void {
    const { source } = this.#target
    const { tsRecvUs } = this
    const index = this.#target.indexOf(symbol)
    this.#target.publish(tsRecvUs, (sink) => sink.publishStatus(index, source, status, tsRecvUs, tsRecvUs))
  }

  sequence(stream: string, sequence: number, symbol?: string, kind: BrokenStream = 'all'): void {
    const number = integerOf('sequence', sequence)
    this.#target.sequence(stream, number, symbol === undefined ? undefined : this.#target.indexOf(symbol), kind)
  }

  confirmed(key: string): void {
    this.#target.confirmed(key)
  }

  refused(key: string, reason: string): void {
    this.#target.refused(key, reason)
  }

  alive(): void {
    this.#target.alive()
  }

  problem(reason: string): void {
    this.#target.problem(reason)
  }

  #timeOf(tsEventUs: number | undefined): number {
    return tsEventUs === undefined ? this.tsRecvUs : integerOf('tsEventUs', tsEventUs)
  }
}

/** Best price of a side; absent where nobody stands, whatever price is written there. */
function standing(price: number, size: number): number {
  return size === 0 ? Number.NaN : price
}

function levelsOf(field: string, levels: readonly FeedLevel[]): number[] {
  const flat: number[] = []
  for (const level of levels) {
    flat.push(decimalOf(`${field}: price`, level[0] as FeedLevel[number]))
    flat.push(sizeOf(`${field}: size`, level[1] as FeedLevel[number]))
  }
  return flat
}
