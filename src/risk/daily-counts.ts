/**
 * What was ordered since the trading day began, by the entries of scopes: orders, value, quantity. Counted when an order is
 * approved; nothing is taken back when it is canceled. The owner says when a day begins, and saves the counts with its
 * state: a restart does not begin a new day.
 */
import { Verdict } from './controls.js'
import type { GateCheck, GateParts } from './gate-check.js'
import { DAY_ORDERS, DAY_QUANTITY, DAY_VALUE } from './scope-book.js'
import type { ScopeBooks } from './scope-books.js'
import type { Subject } from './subject.js'
import { isAbove, type Valuer } from './valuer.js'

const ORDERS = 0
const VALUE = 1
const QUANTITY = 2
const COLUMNS = 3

/** See the file's header. */
export class DailyCounts implements GateCheck {
  readonly #books: ScopeBooks
  readonly #valuer: Valuer
  /** A table a book: orders, value, quantity by entry. */
  readonly #counts: readonly Float64Array[]
  #day = ''

  constructor(books: ScopeBooks, { valuer }: GateParts) {
    this.#books = books
    this.#valuer = valuer
    this.#counts = books.books.map(({ entries }) => new Float64Array(entries * COLUMNS))
  }

  /** Which trading day an instant belongs to; set by the owner. */
  dayOf: ((tsUs: number) => string) | undefined

  /** The trading day that is counted. */
  get day(): string {
    return this.#day
  }

  /** A trading day begins: counts are 0. A day that is not later is none. */
  roll(day: string): boolean {
    if (day <= this.#day) return false
    this.#day = day
    for (const counts of this.#counts) counts.fill(0)
    return true
  }

  check(_row: number, order: Subject, isNew: boolean): number {
    const { books } = this.#books
    const added = this.#added(order, isNew)
    if (added === 0) return 0
    const value = added * order.unitValue
    const quantity = added * this.#valuer.sizeUnit[order.instrument]
    for (let i = 0; i < books.length; i++) {
      const entry = this.#books.entryOf(i, order)
      if (entry < 0) continue
      const book = books[i]
      const limits = book.limitsAt(entry)
      const counts = this.#counts[i] as Float64Array
      const at = entry * COLUMNS
      if (isNew && counts[at + ORDERS] + 1 > book.limits[limits + DAY_ORDERS]) return Verdict.dailyOrders
      if (isAbove(counts[at + VALUE] + value, book.limits[limits + DAY_VALUE])) return Verdict.dailyNotional
      if (isAbove(counts[at + QUANTITY] + quantity, book.limits[limits + DAY_QUANTITY])) return Verdict.dailyQuantity
    }
    return 0
  }

  seen(_row: number, order: Subject, verdict: number, isNew: boolean): void {
    if (verdict === 0) this.#count(order, this.#added(order, isNew), isNew)
  }

  #added(order: Subject, isNew: boolean): number {
    return isNew ? order.quantity : Math.max(0, order.quantity - order.filled - order.reserved)
  }

  #count(order: Subject, added: number, isNew: boolean): void {
    const value = added * order.unitValue
    const quantity = added * this.#valuer.sizeUnit[order.instrument]
    for (let i = 0; i < this.#counts.length; i++) {
      const entry = this.#books.entryOf(i, order)
      if (entry < 0) continue
      const counts = this.#counts[i] as Float64Array
      const at = entry * COLUMNS
      if (isNew) counts[at + ORDERS] = counts[at + ORDERS] + 1
      counts[at + VALUE] = counts[at + VALUE] + (Number.isNaN(value) ? 0 : value)
      counts[at + QUANTITY] = counts[at + QUANTITY] + quantity
    }
  }

  /** Counts an order that a journal tells of, made at a wall time, in the day it belongs to. */
  replay(order: Subject, createdUs: number): void {
    const day = this.dayOf?.(createdUs) ?? this.#day
    this.roll(day)
    this.#valuer.value(order)
    if (day === this.#day) this.#count(order, order.quantity, true)
  }

  /** Orders, value and quantity of an entry since the day began. */
  of(book: number, entry: number): { orders: number; value: number; quantity: number } {
    const counts = this.#counts[book] as Float64Array
    const at = entry * COLUMNS
    return { orders: counts[at + ORDERS], value: counts[at + VALUE], quantity: counts[at + QUANTITY] }
  }

  /** The day and all counts that are not 0, as `[book, entry, orders, value, quantity]`. */
  save(): { day: string; counts: number[][] } {
    const found: number[][] = []
    for (const [book, counts] of this.#counts.entries())
      for (let at = 0; at < counts.length; at += COLUMNS)
        if (counts[at + ORDERS] !== 0 || counts[at + QUANTITY] !== 0)
          found.push([book, at / COLUMNS, counts[at + ORDERS], counts[at + VALUE], counts[at + QUANTITY]])
    return { day: this.#day, counts: found }
  }

  /** Takes what {@link save} gave, in place of what there is. */
  restore({ day, counts }: { day: string; counts: readonly (readonly number[])[] }): void {
    this.#day = day
    for (const table of this.#counts) table.fill(0)
    for (const [book = 0, entry = 0, ...values] of counts) this.#counts[book]?.set(values, entry * COLUMNS)
  }
}
