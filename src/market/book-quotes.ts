/**
 * Best prices of books as quotes, for feeds that send books only: strategies, the quote cache and the references of risk
 * then have quotes all the same.
 *
 *   book message ──► book ──best price or size changed──► publishQuote
 *                     └────stale─────────────────────────► publishQuote of two absent sides: nobody trades on old prices
 */
import type { MarketSink } from '../ring/sink.js'
import { BookState } from './book.js'
import type { MessageRows } from './level-rows.js'
import type { SequencedBook } from './sequenced-book.js'

/** Takes quotes. */
export type QuoteSink = Pick<MarketSink, 'publishQuote'>

/** Indices of what was published last for a book. */
const Top = { bid: 0, ask: 1, bidSize: 2, askSize: 3 } as const

/** Publishes the best prices of books where they changed. */
export class BookQuotes {
  /** Quotes that the sink refused. The next message of the book tries again. */
  refused = 0
  readonly #sink: QuoteSink
  readonly #tops = new Map<SequencedBook, Float64Array>()

  constructor(sink: QuoteSink) {
    this.#sink = sink
  }

  /** Looks at a book after the message at `row`, whose times the quote gets. Between messages of one update, see `isLast`. */
  update(book: SequencedBook, rows: Pick<MessageRows, 'tsEventUs' | 'tsRecvUs'>, row: number, isLast: boolean): void {
    const isLive = book.isLive
    if (!isLast && book.state !== BookState.stale) return
    const top = this.#topOf(book)
    const bid = isLive ? book.bestBid : Number.NaN
    const ask = isLive ? book.bestAsk : Number.NaN
    const bidSize = Number.isNaN(bid) ? 0 : book.bestBidSize
    const askSize = Number.isNaN(ask) ? 0 : book.bestAskSize
    const isSame = isEqual(bid, top[Top.bid]) && isEqual(ask, top[Top.ask])
    if (isSame && bidSize === top[Top.bidSize] && askSize === top[Top.askSize]) return
    // Books number their messages, not the changes of their best prices: a number would look like a loss.
    const { instrument, source } = book
    const { tsEventUs, tsRecvUs } = rows
    const sequence = Number.NaN
    if (
      !this.#sink.publishQuote(
        instrument,
        source,
        bid,
        ask,
        bidSize,
        askSize,
        tsEventUs[row],
        tsRecvUs[row],
        sequence,
        0,
      )
    ) {
      this.refused++
      return
    }
    top[Top.bid] = bid
    top[Top.ask] = ask
    top[Top.bidSize] = bidSize
    top[Top.askSize] = askSize
  }

  /** Forgets what was published for a book: its next live message is published whatever it says. */
  forget(book: SequencedBook): void {
    this.#tops.delete(book)
  }

  #topOf(book: SequencedBook): Float64Array {
    const known = this.#tops.get(book)
    if (known !== undefined) return known
    const top = new Float64Array([Number.NaN, Number.NaN, 0, 0])
    this.#tops.set(book, top)
    return top
  }
}

function isEqual(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b))
}
