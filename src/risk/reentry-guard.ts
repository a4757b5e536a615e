/**
 * Repeated automated execution: a strategy that enters the same instrument on the same side again after it was filled, more
 * often than allowed within a window, is halted until a named operator re-enables it (RTS 6 Art. 15(3)).
 */
import * as Field from '../orders/order-fields.js'
import { Verdict } from './controls.js'
import type { GateCheck, GateParts } from './gate-check.js'
import { SlidingWindow } from './sliding-window.js'
import type { Subject } from './subject.js'

/** So many entries after a fill a window, by strategy, instrument and side. */
export interface ReentryOptions {
  limit: number
  windowMs: number
}

/** Triples of strategy, instrument and side that are watched at once; orders of one more are refused. */
const mostTriples = 65_536

interface Watched {
  readonly window: SlidingWindow
  /** A fill came since the last entry. */
  isFilled: boolean
}

/** See the file's header. */
export class ReentryGuard implements GateCheck {
  readonly #cells: Float64Array
  readonly #instruments: number
  readonly #options: ReentryOptions
  readonly #actions: GateParts['actions']
  readonly #watched = new Map<number, Watched>()
  /** What was looked up last: an order is asked about more than once on its way. */
  #key = -1
  #found: Watched | undefined

  constructor({ table, sizes, actions }: GateParts, options: ReentryOptions) {
    new SlidingWindow(options.limit, options.windowMs)
    this.#cells = table.cells
    this.#instruments = sizes.instrument
    this.#options = options
    this.#actions = actions
  }

  check(_row: number, order: Subject, isNew: boolean): number {
    if (!isNew) return 0
    const watched = this.#watchedOf(this.#keyOf(order.strategy, order.instrument, order.side))
    if (watched === undefined) return this.#watched.size < mostTriples ? 0 : Verdict.reentry
    if (!watched.isFilled || watched.window.hasRoom(order)) return 0
    return Verdict.reentry
  }

  seen(_row: number, order: Subject, verdict: number, isNew: boolean): void {
    if (!isNew) return
    const key = this.#keyOf(order.strategy, order.instrument, order.side)
    if (verdict === Verdict.reentry) {
      const { limit, windowMs } = this.#options
      const reason = `more than ${limit} entries after fills in ${windowMs} ms`
      this.#actions.halt('strategy', order.strategy, 'reentry', reason)
    }
    if (verdict !== 0) return
    let watched = this.#watchedOf(key)
    if (watched === undefined) {
      watched = { window: new SlidingWindow(this.#options.limit, this.#options.windowMs), isFilled: false }
      this.#watched.set(key, watched)
      this.#found = watched
    }
    if (!watched.isFilled) return
    watched.window.take(order)
    watched.isFilled = false
  }

  /** An order was filled. */
  filled(row: number): void {
    const cells = this.#cells
    const key = this.#keyOf(cells[row + Field.strategy], cells[row + Field.instrument], cells[row + Field.side])
    const watched = this.#watchedOf(key)
    if (watched !== undefined) watched.isFilled = true
  }

  #watchedOf(key: number): Watched | undefined {
    if (key !== this.#key) {
      this.#key = key
      this.#found = this.#watched.get(key)
    }
    return this.#found
  }

  #keyOf(strategy: number, instrument: number, side: number): number {
    return (strategy * this.#instruments + instrument) * 2 + (side > 0 ? 0 : 1)
  }
}
