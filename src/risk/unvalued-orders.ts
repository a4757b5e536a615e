/**
 * Orders of the day that a journal tells of and that cannot be valued yet: market orders, before the first quote after a
 * restart. They count as soon as there is a price; until then nobody knows how much of a limit on value is left.
 */
import type { ScopeBook } from './scope-book.js'
import type { ScopeBooks } from './scope-books.js'
import type { Subject } from './subject.js'
import type { Valuer } from './valuer.js'

interface Waiting {
  readonly account: number
  readonly instrument: number
  readonly strategy: number
  readonly connector: number
  /** The only book it counts in; undefined = all. */
  readonly book: ScopeBook | undefined
  units: number
}

/** See the file's header. One entry for all orders that count alike: as many as there are combinations, however many orders. */
export class UnvaluedOrders {
  readonly #books: ScopeBooks
  readonly #valuer: Valuer
  readonly #waiting = new Map<string, Waiting>()

  constructor(books: ScopeBooks, valuer: Valuer) {
    this.#books = books
    this.#valuer = valuer
  }

  /** Whether there is none. */
  get isEmpty(): boolean {
    return this.#waiting.size === 0
  }

  /** Another day, other counts: nothing waits. */
  clear(): void {
    this.#waiting.clear()
  }

  /** An order waits for a price; `book`: the only one it counts in. */
  add({ account, instrument, strategy, connector, quantity }: Subject, book?: ScopeBook): void {
    const key = `${account} ${instrument} ${strategy} ${connector} ${book?.key ?? ''}`
    const known = this.#waiting.get(key)
    if (known !== undefined) known.units += quantity
    else this.#waiting.set(key, { account, instrument, strategy, connector, book, units: quantity })
  }

  /** Counts those that have a price by now: `count` is told the book, the entry and the value. */
  settle(count: (book: ScopeBook, entry: number, value: number) => void): void {
    for (const [key, waiting] of this.#waiting) {
      const value = waiting.units * this.#valuer.atReference(waiting.instrument)
      if (Number.isNaN(value)) continue
      this.#visit(waiting, (book, entry) => count(book, entry, value))
      this.#waiting.delete(key)
    }
  }

  /** Whether any counts in an entry of a book. */
  has(wanted: ScopeBook, entry: number): boolean {
    let found = false
    for (const waiting of this.#waiting.values())
      this.#visit(waiting, (book, at) => {
        if (book === wanted && at === entry) found = true
      })
    return found
  }

  #visit(
    { account, instrument, strategy, connector, book: only }: Waiting,
    visit: (book: ScopeBook, entry: number) => void,
  ): void {
    for (const [i, book] of this.#books.books.entries()) {
      if (only !== undefined && book !== only) continue
      const entry = this.#books.entryFor(i, account, instrument, strategy, connector)
      if (entry >= 0) visit(book, entry)
    }
  }
}
