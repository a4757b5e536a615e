/** What others traded since an order began, pauses left out, and what its share of that allows it. */
import type { ParentView } from './algorithm.js'
import type { ChildBook } from './child-book.js'
import type { ParentTerms } from './parent-terms.js'
import { ParticipationRate } from './participation.js'

/** Volume of the market and of one order. */
export class MarketShare {
  readonly #tapeUnits: () => number
  readonly #book: ChildBook
  readonly #ownPrintsInFeed: boolean
  readonly #rate: ParticipationRate | undefined
  #tapeBase = 0
  #tapeAtPause = Number.NaN
  #filledBase = 0

  constructor(terms: ParentTerms, book: ChildBook, tapeUnits: () => number) {
    const { maxParticipationRate: rate } = terms
    this.#tapeUnits = tapeUnits
    this.#book = book
    this.#ownPrintsInFeed = terms.ownPrintsInFeed
    this.#rate = rate === undefined ? undefined : new ParticipationRate(rate, 'inclusive', 'algo.maxParticipationRate')
  }

  /** Counts from now on. After a restart only what trades from there on counts, on both sides. */
  start(): void {
    this.#tapeBase = this.#tapeUnits()
    this.#filledBase = this.#book.filledUnits
  }

  pause(): void {
    this.#tapeAtPause = this.#tapeUnits()
  }

  /** What traded during the pause is nobody's share. */
  resume(): void {
    if (!Number.isNaN(this.#tapeAtPause)) this.#tapeBase += this.#tapeUnits() - this.#tapeAtPause
    this.#tapeAtPause = Number.NaN
  }

  /** Writes both volumes into the view. */
  read(view: ParentView): void {
    const tape = this.#tapeUnits() - this.#tapeBase
    const filled = this.#book.filledUnits - this.#filledBase
    view.externalUnits = Math.max(0, this.#ownPrintsInFeed ? tape - filled : tape)
    view.ownUnits = filled + this.#book.workingUnits
  }

  /** What the ceiling leaves to be sent; Infinity without one. */
  allowance(view: ParentView): number {
    return this.#rate === undefined
      ? Number.POSITIVE_INFINITY
      : this.#rate.allowedUnits(view.externalUnits) - view.ownUnits
  }
}
