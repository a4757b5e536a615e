/**
 * The books of many instruments and sources, fed from the ring. Register `store.applyBatch` as the `onBooks` handler of
 * a consumer; a book is made when its first message arrives. `store.applyNotes`, as its `onNotes` handler, makes books stale
 * whose messages are missing, where it was noticed before them: by a connector, or in a recording. So does a change of the
 * source of an instrument's data to the book of the source before, where `sourceOf` tells its number.
 */
import { TradewireError } from '../core/errors.js'
import type { BrokenStream, Discontinuity } from '../model/market-data.js'
import type { IngestRing } from '../ring/ingest-ring.js'
import { integerBetween, refuseUnknownOptions } from '../ring/options.js'
import { MessageVerdict } from './book.js'
import { BookQuotes, type QuoteSink } from './book-quotes.js'
import { OrderBook, type OrderBookOptions } from './order-book.js'
import { OrderByOrderBook, type OrderByOrderBookOptions } from './order-by-order-book.js'
import type { GapListener, SequencedBook } from './sequenced-book.js'

/** What kind of book an instrument has, and its options. */
export type BookDefinition = ({ kind: 'level2' } & OrderBookOptions) | ({ kind: 'level3' } & OrderByOrderBookOptions)

/** Options of a store. */
export interface BookStoreOptions {
  /** Tells how the book of an instrument at a source is kept; undefined for instruments without one. Called once each. */
  define(instrument: number, source: number): BookDefinition | undefined
  /** Called after every message that changed a book and left it consistent. */
  onBook?: (book: SequencedBook) => void
  /** Called when a book becomes stale by a gap. */
  onGap?: GapListener
  /** Where best prices go as quotes when they changed, for feeds without quotes of their own; nowhere unless given. */
  quotes?: QuoteSink
  /** Number of the source of a name, as discontinuities have it; -1 where there is none. Without it a change of source makes no book stale. */
  sourceOf?: (name: string) => number
  /** Bound of books; messages for more are ignored and counted. 65,536 unless given. */
  maxBooks?: number
}

const optionNames = [
  'define',
  'onBook',
  'onGap',
  'quotes',
  'sourceOf',
  'maxBooks',
] as const satisfies readonly (keyof BookStoreOptions)[]

/** Where a loss may be one of book messages. */
const streamsWithBooks: ReadonlySet<BrokenStream | undefined> = new Set(['all', 'book', 'orders'])

/** Holds one book per instrument and source. */
export class BookStore {
  /** Messages without a book: the instrument has none by definition, or the bound is reached. */
  ignoredMessages = 0
  /** By source, then instrument; null where the definition says that there is none. */
  readonly #books: (SequencedBook | null | undefined)[][] = []
  readonly #options: BookStoreOptions
  readonly #maxBooks: number
  readonly #quotes: BookQuotes | null
  #count = 0

  /** Handler for `RingHandlers.onBooks`. */
  readonly applyBatch = (ring: IngestRing, from: number, to: number): void => {
    const columns = ring.books
    const onBook = this.#options.onBook
    const quotes = this.#quotes
    for (let row = from; row < to; row++) {
      const instrument = columns.instrument[row]
      const source = columns.source[row]
      const book = this.#books[source]?.[instrument] ?? this.#open(instrument, source)
      if (book === null) {
        this.ignoredMessages++
        continue
      }
      const verdict = book.applyMessage(columns, row)
      const isLast = columns.isLast[row] === 1
      if (quotes !== null && verdict !== MessageVerdict.dropped) quotes.update(book, columns, row, isLast)
      if (onBook !== undefined && verdict === MessageVerdict.applied && isLast) onBook(book)
    }
  }

  /** Handler for `RingHandlers.onNotes`: a told loss makes the book stale until its next snapshot, and withdraws its quotes. */
  readonly applyNotes = ({ notes }: IngestRing, from: number, to: number): void => {
    for (let row = from; row < to; row++) {
      const note = notes.note[row] as Partial<Discontinuity> | null | undefined
      if (note?.kind !== 'discontinuity' || !streamsWithBooks.has(note.stream)) continue
      const instrument = notes.instrument[row]
      if (note.reason === 'missing' || note.reason === 'lost') {
        const book = this.#books[notes.source[row]]?.[instrument]
        if (!book) continue
        book.markStale()
        this.#quotes?.update(book, notes, row, true)
      } else if (note.previousSource !== undefined) this.#leave(instrument, note.previousSource)
    }
  }

  /** @throws TradewireError `TW_INVALID_ARGUMENT` naming the option that is unknown or out of range. */
  constructor(options: BookStoreOptions) {
    refuseUnknownOptions('BookStore', options, optionNames)
    this.#options = options
    this.#maxBooks = integerBetween('maxBooks', options.maxBooks ?? 65_536, 1, 2 ** 24)
    this.#quotes = options.quotes === undefined ? null : new BookQuotes(options.quotes)
  }

  /** Quotes made from books that their sink refused; the next message of the book tries again. */
  get refusedQuotes(): number {
    return this.#quotes?.refused ?? 0
  }

  /** Number of books. */
  get size(): number {
    return this.#count
  }

  /** The book of an instrument at a source, made when it is not there yet; undefined where the definition has none. */
  book(instrument: number, source = 0): SequencedBook | undefined {
    return this.#books[source]?.[instrument] ?? this.#open(instrument, source) ?? undefined
  }

  /**
   * As {@link book}, for level 2.
   *
   * @throws TradewireError `TW_NOT_SUPPORTED` when the instrument has no level-2 book.
   */
  level2(instrument: number, source = 0): OrderBook {
    const book = this.book(instrument, source)
    if (book instanceof OrderBook) return book
    throw new TradewireError('TW_NOT_SUPPORTED', `Instrument ${instrument} at source ${source} has no level-2 book`)
  }

  /** As {@link level2}, for level 3. */
  level3(instrument: number, source = 0): OrderByOrderBook {
    const book = this.book(instrument, source)
    if (book instanceof OrderByOrderBook) return book
    throw new TradewireError('TW_NOT_SUPPORTED', `Instrument ${instrument} at source ${source} has no level-3 book`)
  }

  /** All books, by source, then instrument. */
  *books(): IterableIterator<SequencedBook> {
    for (const row of this.#books) {
      for (const book of row ?? []) if (book) yield book
    }
  }

  /** Empties every book of a source: its connection was lost, and only new snapshots help. No quotes are published. */
  clearSource(source: number): void {
    for (const book of this.#books[source] ?? []) {
      if (!book) continue
      book.clear()
      this.#quotes?.forget(book)
    }
  }

  /**
   * Empties the books of an instrument that were changed last before a time, at all sources: their prices mean another thing
   * after a stock split, and only new snapshots help. No quotes are published. Returns how many were emptied.
   */
  clearInstrument(instrument: number, beforeUs = Number.POSITIVE_INFINITY): number {
    let cleared = 0
    for (const row of this.#books) {
      const book = row?.[instrument]
      if (!book || !(book.tsRecvUs < beforeUs)) continue
      book.clear()
      this.#quotes?.forget(book)
      cleared++
    }
    return cleared
  }

  /** Nobody hands on what the source says of the instrument any more. The quotes are those of the next one already. */
  #leave(instrument: number, source: string): void {
    const book = this.#books[this.#options.sourceOf?.(source) ?? -1]?.[instrument]
    if (!book) return
    book.markStale()
    this.#quotes?.forget(book)
  }

  #open(instrument: number, source: number): SequencedBook | null {
    const known = this.#books[source]?.[instrument]
    if (known !== undefined) return known
    if (this.#count >= this.#maxBooks) return null
    const definition = this.#options.define(instrument, source)
    const book = definition === undefined ? null : this.#create(definition, instrument, source)
    let row = this.#books[source]
    if (row === undefined) {
      row = []
      while (this.#books.length < source) this.#books.push([])
      this.#books[source] = row
    }
    while (row.length < instrument) row.push(undefined)
    row[instrument] = book
    if (book !== null) this.#count++
    return book
  }

  #create(definition: BookDefinition, instrument: number, source: number): SequencedBook {
    const { kind: _, ...options } = definition
    const onGap = definition.onGap ?? this.#options.onGap
    const common = onGap === undefined ? { instrument, source } : { instrument, source, onGap }
    if (definition.kind === 'level3') return new OrderByOrderBook({ ...options, ...common })
    const { kind, ...level2 } = definition
    return new OrderBook({ ...level2, ...common })
  }
}
