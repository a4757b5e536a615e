/** A strategy in a worker that does what the test says, in its `data`. */

import { BookStore } from '../../market/book-store.js'
import type { Discontinuity } from '../../model/market-data.js'
import type { OrderEvent } from '../../oms/order-event.js'
import type { OrderHandle } from '../../oms/order-handle.js'
import type { SplitReport } from '../../oms/splits.js'
import { IngestRing } from '../../ring/ingest-ring.js'
import { Strategy } from '../strategy.js'
import type { BookView, QuoteView, TradeView } from '../views.js'
import { runWorkerStrategy, workerInput } from './run-worker-strategy.js'

const { behaviour } = workerInput() as { behaviour: string }

/** What it saw and did, saved so that the test can read it. */
const seen = {
  quotes: 0,
  trades: 0,
  books: 0,
  bestBid: 0,
  mids: 0,
  events: [] as string[],
  outcome: '',
  position: 0,
  news: [] as string[],
  lost: 0,
  /** Streams of the breaks that it was told of. */
  streams: [] as string[],
  split: '',
  held: [] as number[],
}

class Behaving extends Strategy {
  #order: OrderHandle | undefined
  readonly #books = new BookStore({ define: () => ({ kind: 'level2', priceStep: '0.01' }) })
  readonly #copy = new IngestRing({ capacity: 64 })

  override onStart(): void {
    this.#copy.addConsumer({ name: 'books', policy: 'backpressure', handlers: { onBooks: this.#books.applyBatch } })
    this.every(50, () => {
      if (behaviour === 'hold') seen.held = ['ACME', 'LAST'].map((symbol) => this.position(symbol).quantity)
      this.persist({ ...seen })
    })
    if (behaviour === 'hold')
      seen.outcome = `at the start ${this.position('LAST').quantity}, ${seen.events.length} events`
    if (behaviour === 'exit') this.after(50, () => process.exit(3))
    if (behaviour === 'crash')
      setImmediate(() => {
        throw new Error('out of the blue')
      })
    if (behaviour === 'hang')
      this.after(50, () => {
        for (;;) if (Date.now() < 0) break
      })
    if (behaviour === 'hook') this.after(20, () => this.#fail())
    if (behaviour === 'start') throw new Error('cannot start')
    if (
      behaviour === 'order' ||
      behaviour === 'exit' ||
      behaviour === 'hang' ||
      behaviour === 'crash' ||
      behaviour === 'modify'
    )
      this.#rest()
  }

  #fail(): void {
    throw new Error('a hook that throws')
  }

  /** An order far from the market, which stays. */
  #rest(): void {
    this.submit({ symbol: 'ACME', side: 'buy', quantity: 10, type: 'limit', price: '1.00', clientOrderId: 'resting' })
  }

  override onQuote(quote: QuoteView): void {
    seen.quotes++
    if (this.quotes.mid(quote.instrument) > 0) seen.mids++
    if (behaviour !== 'trade' || this.#order !== undefined) return
    this.#order = this.submit({ symbol: quote.symbol, side: 'buy', quantity: 100, clientOrderId: 'first' })
    seen.outcome = this.#order.status
    void this.#order.done().then((order) => {
      seen.outcome = `${order.status} ${order.filledQuantity} ${order.clientOrderId}`
      seen.position = this.position(quote.symbol).quantity
      const wrong = this.submit({ symbol: quote.symbol, side: 'buy', quantity: '0.0000001' })
      void wrong.done().then(({ status }) => {
        seen.outcome += `, wrong: ${status}`
      })
    })
  }

  override onTrade(_trade: TradeView): void {
    seen.trades++
  }

  override onBook(book: BookView): void {
    seen.books++
    const { instrument, source, isSnapshot, tsEventUs, tsRecvUs, sequence, previousSequence } = book
    this.#copy.beginBook(instrument, source, isSnapshot, tsEventUs, tsRecvUs, sequence, previousSequence)
    for (let level = 0; level < book.levelCount; level++)
      this.#copy.addLevel(book.side(level), book.price(level), book.size(level))
    this.#copy.commitBook(book.isLast)
    this.#copy.drain()
    seen.bestBid = this.#books.level2(instrument, source).bestBid
  }

  override onNews({ headline }: { headline: string }): void {
    seen.news.push(headline)
  }

  override onDiscontinuity({ missing = 0, stream }: Discontinuity): void {
    seen.lost += missing
    if (!seen.streams.includes(stream)) seen.streams.push(stream)
  }

  override onSplit({ id, positions }: SplitReport): void {
    const after = positions.map((each) => String(each.after))
    const { index } = this.instrument('ACME')
    seen.split = `${id}: ${after} shares, holds ${this.position('ACME').quantity}, bid below 100: ${this.quotes.bid(index) < 100}`
  }

  override onOrderEvent(event: OrderEvent): void {
    seen.events.push(`${event.type} ${event.order.status}`)
    if (behaviour === 'modify' && event.type === 'accepted') event.order.modify({ price: '1.001' })
    if (event.type === 'update_rejected') seen.outcome = String(event.reason)
  }

  override onStop(): void {
    this.persist({ ...seen, stopped: true })
  }
}

if (behaviour === 'never') await new Promise(() => {})
runWorkerStrategy(new Behaving())
