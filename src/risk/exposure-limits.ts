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
import {
  CONCENTRATION,
  DAY_ORDERS,
  GROSS,
  NET,
  OPEN_ORDERS,
  ORDER_VALUE,
  POSITION_VALUE,
  type ScopeBook,
  SUM_FIELDS,
  SUM_GROSS,
  SUM_LONG,
  SUM_SHORT,
} from './scope-book.js'
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
    const { books } = this.#books
    if (Number.isNaN(order.unitValue)) return Verdict.noReference
    const entries = this.#books.entriesOf(order)
    for (let i = 0; i < books.length; i++) {
      const entry = entries[i]
      if (entry < 0) continue
      const verdict = this.#checkEntry(books[i] as ScopeBook, entry, order, isNew)
      if (verdict !== 0) return verdict
    }
    return 0
  }

  #checkEntry(book: ScopeBook, entry: number, order: Subject, isNew: boolean): number {
    const { limits, long: longs, short: shorts, size: sizes } = book
    const { instrument, unitValue, side } = order
    const at = book.limitsAt(entry)
    if (limits[at + DAY_ORDERS] === 0) return Verdict.dailyOrders
    if (isNew && book.open[entry] >= limits[at + OPEN_ORDERS]) return Verdict.openOrders
    if (isAbove(order.quantity * unitValue, limits[at + ORDER_VALUE])) return Verdict.maxOrderNotional
    const key = book.keyOf(entry, instrument)
    const wanted = Math.max(0, order.quantity - order.filled - order.reserved)
    const long = longs[key]
    const short = shorts[key]
    const before = sizes[key]
    const longAfter = side > 0 ? long + wanted : long
    const shortAfter = side > 0 ? short : short + wanted
    const after = Math.max(Math.abs(longAfter), Math.abs(shortAfter))
    if (after > before) {
      if (isAbove(after * unitValue, limits[at + POSITION_VALUE])) return Verdict.positionValue
      const share = limits[at + CONCENTRATION]
      if (share < Number.POSITIVE_INFINITY) {
        const { cells, maxAgeNs } = this.#equity
        const isFresh = order.nowNs - cells[1] <= maxAgeNs
        if (!isFresh || isAbove(after * unitValue, share * cells[0])) return Verdict.concentration
      }
    }
    const mostGross = limits[at + GROSS]
    const mostNet = limits[at + NET]
    if (mostGross === Number.POSITIVE_INFINITY && mostNet === Number.POSITIVE_INFINITY) return 0
    const own = side > 0 ? long : short
    const ownAfter = side > 0 ? longAfter : shortAfter
    this.#keepSums(book, entry)
    const value = before === 0 ? 0 : book.values[key]
    const sums = entry * SUM_FIELDS
    const gross = book.sums[sums + SUM_GROSS] - before * value + after * unitValue
    const net = book.sums[sums + (side > 0 ? SUM_LONG : SUM_SHORT)] - own * value + ownAfter * unitValue
    if (gross < FAR * mostGross && net < FAR * mostNet) return 0
    return this.#addUp(book, entry, order, after, ownAfter, after > before)
  }

  /** Makes the sums of an entry anew where prices changed since, or one was missing. */
  #keepSums(book: ScopeBook, entry: number): void {
    const { changes } = this.#valuer.references
    const { sums, values, size: sizes, long: longs, short: shorts } = book
    const at = entry * SUM_FIELDS
    if (book.summedAt[entry] === changes && !Number.isNaN(sums[at + SUM_GROSS])) return
    const first = book.keyOf(entry, 0)
    const end = first + book.activeCount[entry]
    let gross = 0
    let long = 0
    let short = 0
    for (let i = first; i < end; i++) {
      const instrument = book.active[i]
      const key = first + instrument
      const value = this.#valuer.atReference(instrument)
      const size = sizes[key]
      values[key] = value
      // Nothing of it has no value, even where nothing of it could be valued.
      if (size === 0) continue
      gross += size * value
      long += longs[key] * value
      short += shorts[key] * value
    }
    sums[at + SUM_GROSS] = gross
    sums[at + SUM_LONG] = long
    sums[at + SUM_SHORT] = short
    book.summedAt[entry] = changes
  }

  /** Adds up what is held of all other instruments, and the order's own as it would be. */
  #addUp(book: ScopeBook, entry: number, order: Subject, after: number, ownAfter: number, grows: boolean): number {
    const { limits, size: sizes, active } = book
    const { instrument, unitValue, side } = order
    const at = book.limitsAt(entry)
    let gross = after * unitValue
    let net = ownAfter * unitValue
    const first = book.keyOf(entry, 0)
    const worst = side > 0 ? book.long : book.short
    const end = first + book.activeCount[entry]
    for (let i = first; i < end; i++) {
      const other = active[i]
      const size = sizes[first + other]
      if (size === 0 || other === instrument) continue
      const value = this.#valuer.atReference(other)
      gross += size * value
      net += worst[first + other] * value
    }
    if (grows && isAbove(gross, limits[at + GROSS])) return Verdict.grossExposure
    return isAbove(net, limits[at + NET]) ? Verdict.netExposure : 0
  }

  /** Worst-case gross and net values of an entry now, for displays: NaN where something has no price. */
  use(book: ScopeBook, entry: number): { gross: number; net: number } {
    let gross = 0
    let bought = 0
    let sold = 0
    for (let i = 0; i < book.activeCount[entry]; i++) {
      const instrument = book.active[book.keyOf(entry, i)]
      const key = book.keyOf(entry, instrument)
      if (book.size[key] === 0) continue
      const value = this.#valuer.atReference(instrument)
      gross += book.size[key] * value
      bought += book.long[key] * value
      sold += book.short[key] * value
    }
    return { gross, net: Math.max(bought, sold) }
  }

  /** Worst-case value of an entry's position in an instrument now, for displays. */
  valueOf(book: ScopeBook, entry: number, instrument: number): number {
    const key = book.keyOf(entry, instrument)
    const size = book.size[key]
    return size === 0 ? 0 : size * this.#valuer.atReference(instrument)
  }
}
