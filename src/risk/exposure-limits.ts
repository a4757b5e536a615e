/**
 * Limits on values of positions by scope: of one position, of all together (gross), of their signed sum (net), and the
 * share that one position has of equity. Everything counts at its worst: working orders, and orders of unknown fate, may
 * fill or not. An order that makes none of it larger passes. What cannot be valued is refused.
 *
 * Whether an order exceeds a sum is decided by adding up, at the prices of now, over the instruments that the scope ever held:
 * no drift. An order that is far from its limits needs no such care: there the sums that books keep up decide.
 */
import { Verdict } from './controls.js'
import type { GateCheck, GateParts } from './gate-check.js'
import type { ScopeBook } from './scope-book.js'
import * as Book from './scope-book-fields.js'
import type { ScopeBooks } from './scope-books.js'
import type { Subject } from './subject.js'
import { isAbove, type Valuer } from './valuer.js'

/** Equity that limits as shares of it are taken of: the amount in the base currency, and the monotonic time it is from. */
export interface EquitySource {
  readonly cells: Float64Array
  readonly maxAgeNs: number
}

/** Sums that are kept up decide below this share of a limit: they are better than that by far. */
const FAR = 0.99

/** See the file's header. */
export class ExposureLimits implements GateCheck {
  readonly needsPrices = true
  readonly #books: ScopeBooks
  readonly #valuer: Valuer
  readonly #equity: EquitySource

  constructor(books: ScopeBooks, { valuer }: GateParts, equity: EquitySource) {
    this.#books = books
    this.#valuer = valuer
    this.#equity = equity
  }

  check(_row: number, order: Subject, isNew: boolean): number {
    const books = this.#books
    const { unitValue, side, quantity } = order
    if (Number.isNaN(unitValue)) return Verdict.noReference
    books.resolveOrder(order)
    books.compile()
    const { cells, rows, entries, cellAt, rowAt } = books
    const { changes } = this.#valuer.references
    const orderValue = quantity * unitValue
    const wanted = Math.max(0, quantity - order.filled - order.reserved)
    const ownSide = (1 - side) >> 1
    for (let i = 0; i < entries.length; i++) {
      if (entries[i] < 0) continue
      const at = cellAt[i]
      const row = rowAt[i]
      if (cells[at + Book.DAY_ORDERS] === 0) return Verdict.dailyOrders
      if (isNew && cells[at + Book.OPEN] >= cells[at + Book.OPEN_ORDERS]) return Verdict.openOrders
      if (isAbove(orderValue, cells[at + Book.ORDER_VALUE])) return Verdict.maxOrderNotional
      const own = rows[row + Book.LONG + ownSide]
      const before = rows[row + Book.SIZE]
      const ownAfter = own + wanted
      const after = Math.max(Math.abs(ownAfter), Math.abs(rows[row + Book.SHORT - ownSide]))
      const afterValue = after * unitValue
      if (after > before) {
        if (isAbove(afterValue, cells[at + Book.POSITION_VALUE])) return Verdict.positionValue
        const share = cells[at + Book.CONCENTRATION]
        if (share < Number.POSITIVE_INFINITY && this.#isConcentrated(order, after, share)) return Verdict.concentration
      }
      const mostGross = cells[at + Book.GROSS]
      const mostNet = cells[at + Book.NET]
      if (mostGross === Number.POSITIVE_INFINITY && mostNet === Number.POSITIVE_INFINITY) continue
      if (cells[at + Book.SUMMED_AT] !== changes || Number.isNaN(cells[at + Book.SUM_GROSS])) this.#sumUp(i)
      const value = before === 0 ? 0 : rows[row + Book.UNIT_VALUE]
      const gross = cells[at + Book.SUM_GROSS] - before * value + afterValue
      const net = cells[at + Book.SUM_LONG + ownSide] - own * value + ownAfter * unitValue
      if (gross < FAR * mostGross && net < FAR * mostNet) continue
      const verdict = this.#addUp(i, order, after, ownAfter, after > before)
      if (verdict !== 0) return verdict
    }
    return 0
  }

  /** Whether a position is more than its share of equity; of what is not known nothing is a share. */
  #isConcentrated({ nowNs, unitValue }: Subject, after: number, share: number): boolean {
    const { cells, maxAgeNs } = this.#equity
    return !(nowNs - cells[1] <= maxAgeNs) || isAbove(after * unitValue, share * cells[0])
  }

  /** Makes the sums of an entry anew: prices changed since, or one was missing. */
  #sumUp(i: number): void {
    const books = this.#books
    const book = books.books[i] as ScopeBook
    const entry = books.entries[i]
    const { cells, rows } = book
    const at = book.entryAt(entry)
    const count = book.activeCount(entry)
    let gross = 0
    let long = 0
    let short = 0
    for (let n = 0; n < count; n++) {
      const instrument = book.activeAt(entry, n)
      const row = book.rowAt(entry, instrument)
      const value = this.#valuer.atReference(instrument)
      const size = rows[row + Book.SIZE]
      rows[row + Book.UNIT_VALUE] = value
      // Nothing of it has no value, even where nothing of it could be valued.
      if (size === 0) continue
      gross += size * value
      long += rows[row + Book.LONG] * value
      short += rows[row + Book.SHORT] * value
    }
    cells[at + Book.SUM_GROSS] = gross
    cells[at + Book.SUM_LONG] = long
    cells[at + Book.SUM_LONG + 1] = short
    cells[at + Book.SUMMED_AT] = this.#valuer.references.changes
  }

  /** Adds up what is held of all other instruments, and the order's own as it would be. */
  #addUp(i: number, order: Subject, after: number, ownAfter: number, grows: boolean): number {
    const books = this.#books
    const book = books.books[i] as ScopeBook
    const entry = books.entries[i]
    const { cells, rows } = book
    const { instrument, unitValue, side } = order
    const at = book.entryAt(entry)
    const worst = side > 0 ? Book.LONG : Book.SHORT
    const count = book.activeCount(entry)
    let gross = after * unitValue
    let net = ownAfter * unitValue
    for (let n = 0; n < count; n++) {
      const other = book.activeAt(entry, n)
      const row = book.rowAt(entry, other)
      const size = rows[row + Book.SIZE]
      if (size === 0 || other === instrument) continue
      const value = this.#valuer.atReference(other)
      gross += size * value
      net += rows[row + worst] * value
    }
    if (grows && isAbove(gross, cells[at + Book.GROSS])) return Verdict.grossExposure
    return isAbove(net, cells[at + Book.NET]) ? Verdict.netExposure : 0
  }

  /** Worst-case gross and net values of an entry now, for displays: NaN where something has no price. */
  use(book: ScopeBook, entry: number): { gross: number; net: number } {
    const { rows } = book
    let gross = 0
    let bought = 0
    let sold = 0
    for (let i = 0; i < book.activeCount(entry); i++) {
      const instrument = book.activeAt(entry, i)
      const row = book.rowAt(entry, instrument)
      if (rows[row + Book.SIZE] === 0) continue
      const value = this.#valuer.atReference(instrument)
      gross += rows[row + Book.SIZE] * value
      bought += rows[row + Book.LONG] * value
      sold += rows[row + Book.SHORT] * value
    }
    return { gross, net: Math.max(bought, sold) }
  }

  /** Worst-case value of an entry's position in an instrument now, for displays. */
  valueOf(book: ScopeBook, entry: number, instrument: number): number {
    const size = book.rows[book.rowAt(entry, instrument) + Book.SIZE]
    return size === 0 ? 0 : size * this.#valuer.atReference(instrument)
  }
}
