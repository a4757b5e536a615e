/**
 * What was ordered since the trading day began, by the entries of scopes: orders, value, quantity. Counted when an order is
 * approved; nothing is taken back when it is canceled. The owner says when a day begins, and saves the counts with its
 * state: a restart does not begin a new day.
 */
import { Verdict } from './controls.js'
import type { GateCheck, GateParts } from './gate-check.js'
import type { ScopeBook } from './scope-book.js'
import * as Book from './scope-book-fields.js'
import type { ScopeBooks } from './scope-books.js'
import type { Subject } from './subject.js'
import { UnvaluedOrders } from './unvalued-orders.js'
import { isAbove, type Valuer } from './valuer.js'

/** See the file's header. */
export class DailyCounts implements GateCheck {
  readonly #books: ScopeBooks
  readonly #valuer: Valuer
  readonly #unvalued: UnvaluedOrders
  #day = ''

  constructor(books: ScopeBooks, { valuer }: GateParts) {
    this.#books = books
    this.#valuer = valuer
    this.#unvalued = new UnvaluedOrders(books, valuer)
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
    this.#unvalued.clear()
    for (const book of this.#books.books) book.clearCounts()
    return true
  }

  check(_row: number, order: Subject, isNew: boolean): number {
    const added = this.#added(order, isNew)
    if (added === 0) return 0
    if (!this.#unvalued.isEmpty) this.#settle()
    const value = added * order.unitValue
    const quantity = added * this.#valuer.sizeUnit[order.instrument]
    const books = this.#books
    books.resolveOrder(order)
    books.compile()
    const { cells, entries, cellAt } = books
    for (let i = 0; i < entries.length; i++) {
      if (entries[i] < 0) continue
      const at = cellAt[i]
      if (isNew && cells[at + Book.ORDERS] + 1 > cells[at + Book.DAY_ORDERS]) return Verdict.dailyOrders
      if (isAbove(cells[at + Book.VALUE] + value, cells[at + Book.DAY_VALUE])) return Verdict.dailyNotional
      if (!this.#unvalued.isEmpty && this.#isUnknown(i)) return Verdict.dailyNotional
      if (isAbove(cells[at + Book.QUANTITY] + quantity, cells[at + Book.DAY_QUANTITY])) return Verdict.dailyQuantity
    }
    return 0
  }

  /** Whether nobody knows what of a limit on the value of the day is used. */
  #isUnknown(i: number): boolean {
    const { books, cells, entries, cellAt } = this.#books
    return (
      cells[cellAt[i] + Book.DAY_VALUE] < Number.POSITIVE_INFINITY &&
      this.#unvalued.has(books[i] as ScopeBook, entries[i])
    )
  }

  /** Counts past orders that have a price by now. */
  #settle(): void {
    this.#unvalued.settle(({ cells }, entry, value) => {
      const at = entry * Book.ENTRY + Book.VALUE
      cells[at] = cells[at] + value
    })
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
    const orders = isNew ? 1 : 0
    this.#books.resolveOrder(order)
    const { cells, entries, cellAt } = this.#books
    for (let i = 0; i < entries.length; i++) {
      if (entries[i] < 0) continue
      const at = cellAt[i]
      cells[at + Book.ORDERS] = cells[at + Book.ORDERS] + orders
      cells[at + Book.VALUE] = cells[at + Book.VALUE] + value
      cells[at + Book.QUANTITY] = cells[at + Book.QUANTITY] + quantity
    }
  }

  /** Counts an order that a journal tells of, made at a wall time, in the day it belongs to. */
  replay(order: Subject, createdUs: number): void {
    const day = this.dayOf?.(createdUs) ?? this.#day
    this.roll(day)
    if (day !== this.#day) return
    if (!this.#valuePast(order)) this.#unvalued.add(order)
    this.#count(order, order.quantity, true)
  }

  /** Values an order of the past: at its own price, else at the reference of now. False, with a value of 0, where there is none. */
  #valuePast(order: Subject): boolean {
    order.referenceUnits = Number.NaN
    this.#valuer.value(order)
    if (Number.isNaN(order.unitValue)) order.unitValue = this.#valuer.atReference(order.instrument)
    if (!Number.isNaN(order.unitValue)) return true
    order.unitValue = 0
    return false
  }

  /** Counts an order that was made at a wall time in a book that came later, where it is of the day. */
  recount(book: number, order: Subject, createdUs: number): void {
    if ((this.dayOf?.(createdUs) ?? this.#day) !== this.#day) return
    const entry = this.#books.entryOf(book, order)
    if (entry < 0) return
    const own = this.#books.books[book] as ScopeBook
    if (!this.#valuePast(order)) this.#unvalued.add(order, own)
    const { cells } = own
    const at = own.entryAt(entry)
    cells[at + Book.ORDERS] = cells[at + Book.ORDERS] + 1
    cells[at + Book.VALUE] = cells[at + Book.VALUE] + order.quantity * order.unitValue
    cells[at + Book.QUANTITY] = cells[at + Book.QUANTITY] + order.quantity * this.#valuer.sizeUnit[order.instrument]
  }

  /** Orders, value and quantity of an entry since the day began. */
  of(book: number, entry: number): { orders: number; value: number; quantity: number } {
    const own = this.#books.books[book] as ScopeBook
    const at = own.entryAt(entry)
    const { cells } = own
    return { orders: cells[at + Book.ORDERS], value: cells[at + Book.VALUE], quantity: cells[at + Book.QUANTITY] }
  }

  /** The day and all counts that are not 0, as `[key of the book, entry, orders, value, quantity]`. */
  save(): DailyMemory {
    const found: [string, ...number[]][] = []
    for (const [book, { key, entries }] of this.#books.books.entries())
      for (let entry = 0; entry < entries; entry++) {
        const { orders, value, quantity } = this.of(book, entry)
        if (orders !== 0 || quantity !== 0) found.push([key, entry, orders, value, quantity])
      }
    return { day: this.#day, counts: found }
  }

  /** Takes what {@link save} gave, in place of what there is. Books were once told apart by their position. */
  restore({ day, counts }: DailyMemory): void {
    this.#day = day
    this.#unvalued.clear()
    const { books } = this.#books
    for (const book of books) book.clearCounts()
    for (const [book, entry = 0, ...values] of counts) {
      const known = typeof book === 'number' ? books[book] : books.find(({ key }) => key === book)
      known?.cells.set(values, known.entryAt(entry) + Book.ORDERS)
    }
  }
}

/** What {@link DailyCounts.save} gives. */
export interface DailyMemory {
  day: string
  counts: readonly (readonly [string | number, ...number[]])[]
}
