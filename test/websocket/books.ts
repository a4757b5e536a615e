/** Books and events of a stream of market data, to compare one way of reading a recording with another. */
import { BookStore } from '../../src/market/book-store.js'
import type { InstrumentRegistry } from '../../src/model/instrument-registry.js'
import type { RingHandlers } from '../../src/ring/kinds.js'
import { captureInto, type Row } from '../recorded/capture.js'

/** What came, by symbol, without times of receipt. */
export class Seen {
  readonly quotes: Row[] = []
  readonly trades: Row[] = []
  readonly notes: Row[] = []
  bookMessages = 0
  readonly store: BookStore
  readonly #registry: InstrumentRegistry

  constructor(registry: InstrumentRegistry, options: { rule?: 'range' | 'chained'; depth?: number }) {
    const { rule, depth } = options
    this.#registry = registry
    this.store = new BookStore({
      define: (index) => ({
        kind: 'level2',
        priceStep: registry.at(index).definition.priceIncrement,
        ...(rule === undefined ? {} : { sequenceRule: rule }),
        ...(depth === undefined ? {} : { depth }),
      }),
    })
  }

  get handlers(): RingHandlers {
    const rows: Row[] = []
    const { onQuotes, onTrades, onNotes } = captureInto(rows)
    const into =
      (target: Row[], take: NonNullable<RingHandlers['onQuotes']>): NonNullable<RingHandlers['onQuotes']> =>
      (ring, from, to) => {
        take(ring, from, to)
        for (const [kind, instrument, , ...rest] of rows.splice(0))
          target.push([kind, this.#registry.at(instrument as number).symbol, ...rest])
      }
    return {
      onQuotes: into(this.quotes, onQuotes),
      onTrades: into(this.trades, onTrades),
      onNotes: into(this.notes, onNotes),
      onBooks: (ring, from, to) => {
        this.bookMessages += to - from
        this.store.applyBatch(ring, from, to)
      },
    }
  }

  /** Every level of a book: side, price, size. */
  book(symbol: string): number[][] {
    const book = this.store.level2(this.#registry.get(symbol).index)
    return ([0, 1] as const).flatMap((side) => {
      const prices = new Float64Array(book.levelCount(side))
      const sizes = new Float64Array(book.levelCount(side))
      const count = book.depth(side, prices.length, prices, sizes)
      return Array.from({ length: count }, (_, i) => [side, prices[i] as number, sizes[i] as number])
    })
  }
}
