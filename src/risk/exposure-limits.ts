/**
 * Limits on values of positions by scope: of one position, of all together (gross), of their signed sum (net), and the
 * share that one position has of equity. Everything counts at its worst: working orders, and orders of unknown fate, may
 * fill or not. An order that makes none of it larger passes. What cannot be valued is refused.
 *
 * Sums are made when an order asks, over the instruments that the scope ever held, at the prices of now: a few nanoseconds
 * an instrument, and no drift.
 */
import { hasLimit } from '../orders/codes.js'
import { Verdict } from './controls.js'
import type { GateCheck, GateParts } from './gate-check.js'
import { CONCENTRATION, DAY_ORDERS, GROSS, NET, ORDER_VALUE, POSITION_VALUE, type ScopeBook } from './scope-book.js'
import type { ScopeBooks } from './scope-books.js'
import type { Subject } from './subject.js'
import { valuationUnits } from './valuation.js'
import { isAbove, type Valuer } from './valuer.js'

/** Equity that limits as shares of it are taken of. */
export interface EquitySource {
  /** In the base currency; NaN when it is not known, or too old. */
  equityNow(nowNs: number): number
}

/** Value of one unit of an order: its own price, or that of the reference where it is higher. NaN when it cannot be valued. */
export function unitValueOf(order: Subject, valuer: Valuer): number {
  const { instrument, type } = order
  const own = valuer.atPrice(instrument, hasLimit(type) ? order.price : valuationUnits(order, valuer.collarParts))
  const reference = valuer.atReference(instrument)
  return reference > own ? reference : own
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

  check(_row: number, order: Subject): number {
    const { books } = this.#books
    const unitValue = unitValueOf(order, this.#valuer)
    if (Number.isNaN(unitValue)) return Verdict.noReference
    for (let i = 0; i < books.length; i++) {
      const entry = this.#books.entryOf(i, order)
      if (entry < 0) continue
      const verdict = this.#checkEntry(books[i] as ScopeBook, entry, order, unitValue)
      if (verdict !== 0) return verdict
    }
    return 0
  }

  #checkEntry(book: ScopeBook, entry: number, order: Subject, unitValue: number): number {
    const { limits } = book
    const at = book.limitsAt(entry)
    if (limits[at + DAY_ORDERS] === 0) return Verdict.dailyOrders
    if (isAbove(order.quantity * unitValue, limits[at + ORDER_VALUE])) return Verdict.maxOrderNotional
    const key = book.keyOf(entry, order.instrument)
    const wanted = Math.max(0, order.quantity - order.filled - order.reserved)
    const long = book.position[key] + book.buying[key]
    const short = book.selling[key] - book.position[key]
    const before = Math.max(Math.abs(long), Math.abs(short))
    const after =
      order.side > 0
        ? Math.max(Math.abs(long + wanted), Math.abs(short))
        : Math.max(Math.abs(long), Math.abs(short + wanted))
    if (after > before) {
      if (isAbove(after * unitValue, limits[at + POSITION_VALUE])) return Verdict.positionValue
      const share = limits[at + CONCENTRATION]
      if (share < Number.POSITIVE_INFINITY && isAbove(after * unitValue, share * this.#equity.equityNow(order.nowNs)))
        return Verdict.concentration
      if (limits[at + GROSS] < Number.POSITIVE_INFINITY) {
        const gross = this.#gross(book, entry, order.instrument) + after * unitValue
        if (isAbove(gross, limits[at + GROSS])) return Verdict.grossExposure
      }
    }
    if (limits[at + NET] === Number.POSITIVE_INFINITY) return 0
    const own = ((order.side > 0 ? long : short) + wanted) * unitValue
    const net = this.#net(book, entry, order) + own
    return isAbove(net, limits[at + NET]) ? Verdict.netExposure : 0
  }

  /** Worst-case gross value of all instruments but one. NaN when one of them has no price. */
  #gross(book: ScopeBook, entry: number, without: number): number {
    let sum = 0
    for (let i = 0; i < book.activeCount[entry]; i++) {
      const instrument = book.active[book.keyOf(entry, i)]
      if (instrument === without) continue
      const key = book.keyOf(entry, instrument)
      const size = Math.max(
        Math.abs(book.position[key] + book.buying[key]),
        Math.abs(book.position[key] - book.selling[key]),
      )
      if (size !== 0) sum += size * this.#valuer.atReference(instrument)
    }
    return sum
  }

  /** Worst-case net value on the side of an order, of all instruments but its own: bought, or sold. */
  #net(book: ScopeBook, entry: number, order: Subject): number {
    let sum = 0
    for (let i = 0; i < book.activeCount[entry]; i++) {
      const instrument = book.active[book.keyOf(entry, i)]
      if (instrument === order.instrument) continue
      const key = book.keyOf(entry, instrument)
      const units = order.side > 0 ? book.position[key] + book.buying[key] : book.selling[key] - book.position[key]
      if (units !== 0) sum += units * this.#valuer.atReference(instrument)
    }
    return sum
  }

  /** Worst-case gross and net values of an entry now, for displays: NaN where something has no price. */
  use(book: ScopeBook, entry: number): { gross: number; net: number } {
    let net = 0
    for (let i = 0; i < book.activeCount[entry]; i++) {
      const instrument = book.active[book.keyOf(entry, i)]
      const units = book.position[book.keyOf(entry, instrument)]
      if (units !== 0) net += units * this.#valuer.atReference(instrument)
    }
    return { gross: this.#gross(book, entry, -1), net }
  }
}
