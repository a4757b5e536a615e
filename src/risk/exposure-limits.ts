/**
 * Limits on values of positions by scope: of one position, of all together (gross), of their signed sum (net), and the
 * share that one position has of equity. Everything counts at its worst: working orders, and orders of unknown fate, may
 * fill or not. An order that makes none of it larger passes. What cannot be valued is refused.
 *
 * Sums are made when an order asks, over the instruments that the scope ever held, at the prices of now: a few nanoseconds
 * an instrument, and no drift.
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
} from './scope-book.js'
import type { ScopeBooks } from './scope-books.js'
import type { Subject } from './subject.js'
import { isAbove, type Valuer } from './valuer.js'

/** Equity that limits as shares of it are taken of: the amount in the base currency, and the monotonic time it is from. */
export interface EquitySource {
  readonly cells: Float64Array
  readonly maxAgeNs: number
}

/** See the file's header. */
export class ExposureLimits implements GateCheck {
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
    for (let i = 0; i < books.length; i++) {
      const entry = this.#books.entryOf(i, order)
      if (entry < 0) continue
      const verdict = this.#checkEntry(books[i] as ScopeBook, entry, order, isNew)
      if (verdict !== 0) return verdict
    }
    return 0
  }

  #checkEntry(book: ScopeBook, entry: number, order: Subject, isNew: boolean): number {
    const { limits, position, buying, selling } = book
    const { instrument, unitValue, side } = order
    const at = book.limitsAt(entry)
    if (limits[at + DAY_ORDERS] === 0) return Verdict.dailyOrders
    if (isNew && book.open[entry] >= limits[at + OPEN_ORDERS]) return Verdict.openOrders
    if (isAbove(order.quantity * unitValue, limits[at + ORDER_VALUE])) return Verdict.maxOrderNotional
    const key = book.keyOf(entry, instrument)
    const wanted = Math.max(0, order.quantity - order.filled - order.reserved)
    const long = position[key] + buying[key]
    const short = selling[key] - position[key]
    const before = Math.max(Math.abs(long), Math.abs(short))
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
    let gross = after * unitValue
    let net = (side > 0 ? longAfter : shortAfter) * unitValue
    const { factor, isInverse, references } = this.#valuer
    const first = book.keyOf(entry, 0)
    for (let i = 0; i < book.activeCount[entry]; i++) {
      const other = book.active[first + i]
      if (other === instrument) continue
      const bought = position[first + other] + buying[first + other]
      const sold = selling[first + other] - position[first + other]
      if (bought === 0 && sold === 0) continue
      if (!(factor[other] > 0)) this.#valuer.resolve(other)
      const value = isInverse[other] === 1 ? factor[other] : factor[other] * Math.abs(references.reference[other])
      gross += Math.max(Math.abs(bought), Math.abs(sold)) * value
      net += (side > 0 ? bought : sold) * value
    }
    if (after > before && isAbove(gross, mostGross)) return Verdict.grossExposure
    return isAbove(net, mostNet) ? Verdict.netExposure : 0
  }

  /** Worst-case gross and net values of an entry now, for displays: NaN where something has no price. */
  use(book: ScopeBook, entry: number): { gross: number; net: number } {
    let gross = 0
    let bought = 0
    let sold = 0
    for (let i = 0; i < book.activeCount[entry]; i++) {
      const instrument = book.active[book.keyOf(entry, i)]
      const key = book.keyOf(entry, instrument)
      const position = book.position[key]
      const long = position + book.buying[key]
      const short = book.selling[key] - position
      if (long === 0 && short === 0) continue
      const value = this.#valuer.atReference(instrument)
      gross += Math.max(Math.abs(long), Math.abs(short)) * value
      bought += long * value
      sold += short * value
    }
    return { gross, net: Math.max(bought, sold) }
  }

  /** Worst-case value of an entry's position in an instrument now, for displays. */
  valueOf(book: ScopeBook, entry: number, instrument: number): number {
    const key = book.keyOf(entry, instrument)
    const position = book.position[key]
    const size = Math.max(Math.abs(position + book.buying[key]), Math.abs(position - book.selling[key]))
    return size === 0 ? 0 : size * this.#valuer.atReference(instrument)
  }
}
