/**
 * Watches prices for a trigger.
 *
 *   buy stop: price at or above the level    buy if touched: at or below    (sell: the other way)
 *   source bid_ask: a buy watches the ask, a sell the bid; last: trades; mid: the middle of the quotes
 */
import type { TriggerTerms } from './parent-terms.js'

/** What a restart must know. */
export interface TriggerMemo {
  isTriggered: boolean
  levelUnits: number | null
}

/** One trigger of one order. */
export class TriggerWatch {
  readonly terms: TriggerTerms
  readonly #side: 1 | -1
  isTriggered: boolean
  /** Price at which it is triggered; NaN before a trailing one has seen a price. */
  levelUnits: number
  /** Whether a trailing level has moved since this was last set to false. */
  hasMoved = false

  constructor(terms: TriggerTerms, side: 1 | -1) {
    this.terms = terms
    this.#side = side
    this.isTriggered = terms.kind === 'none'
    this.levelUnits = terms.triggerUnits ?? Number.NaN
  }

  get memo(): TriggerMemo {
    return { isTriggered: this.isTriggered, levelUnits: Number.isNaN(this.levelUnits) ? null : this.levelUnits }
  }

  recall({ isTriggered, levelUnits }: TriggerMemo): void {
    this.isTriggered = isTriggered
    if (levelUnits !== null) this.levelUnits = levelUnits
  }

  /** Whether it watches trades; quotes otherwise. */
  get watchesTrades(): boolean {
    return this.terms.source === 'last'
  }

  /** Takes a quote (bid, ask) or a trade (price), in price units. */
  observe(kind: 'quote' | 'trade', first: number, second: number): void {
    if ((kind === 'trade') !== this.watchesTrades) return
    const { source } = this.terms
    this.see(source === 'last' ? first : source === 'mid' ? (first + second) / 2 : this.#side > 0 ? second : first)
  }

  /** Takes a price of its source. Every price counts, however short it was there. */
  see(price: number): void {
    if (Number.isNaN(price) || this.isTriggered) return
    this.#trail(price)
    const away = this.#side * (price - this.levelUnits)
    if (this.terms.kind === 'touched' ? away <= 0 : away >= 0) this.isTriggered = true
  }

  /** The level of a trailing stop follows the price on its good side, and never goes back. */
  #trail(price: number): void {
    const { kind, trailingUnits, trailingBasisPoints } = this.terms
    if (kind !== 'trailing') return
    const distance = trailingUnits ?? Math.round((Math.abs(price) * (trailingBasisPoints ?? 0)) / 10_000)
    const level = price + this.#side * distance
    if (this.#side * (level - this.levelUnits) >= 0) return
    this.levelUnits = level
    this.hasMoved = true
  }
}
