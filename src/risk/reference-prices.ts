/**
 * The prices that orders are checked against: the last usable quote of each instrument, and whether it may be believed.
 *
 * Fed from the ring in batches; a quote that is crossed, too wide, or a jump that later quotes have not confirmed does not
 * become a reference. Age is judged when it is asked for: a market that is empty for a moment has the reference of before.
 */
import type { QuoteColumns } from '../ring/columns.js'
import type { IngestRing } from '../ring/ingest-ring.js'

/** What makes a quote unusable. */
export interface MarketDataLimits {
  /** A reference older than this is stale. Milliseconds; 5,000 unless given. */
  maxAgeMs?: number
  /** Widest spread, in percent of the mid; 10 unless given. */
  maxSpreadPercent?: number
  /** Largest move from the last reference that is believed at once, in percent; 10 unless given. */
  maxJumpPercent?: number
  /** So many quotes in a row near the new price confirm a jump; 3 unless given. */
  jumpConfirmations?: number
  /** Whether bid = ask is usable; true unless given. */
  allowLocked?: boolean
}

/** Why there is no usable reference, as small integers; 0 means that there is one. */
export const ReferenceFault = { none: 0, missing: 1, stale: 2, crossed: 3, wide: 4, jump: 5 } as const

/** Reference prices of all instruments, by index. */
export class ReferencePrices {
  readonly bid: Float64Array
  readonly ask: Float64Array
  /** Mid of the last usable quote, or the last trade where no quote ever came; NaN when there is neither. */
  readonly reference: Float64Array
  readonly tsRecvUs: Float64Array
  /** Raised when any reference becomes another. */
  changes = 0
  /** Told of every reference that is taken over. */
  onAccepted: ((instrument: number, price: number, tsUs: number) => void) | undefined
  readonly #fault: Uint8Array
  readonly #candidate: Float64Array
  readonly #confirmations: Int32Array
  readonly #maxAgeUs: number
  readonly #maxSpread: number
  readonly #maxJump: number
  readonly #needed: number
  readonly #allowLocked: boolean

  constructor(instruments: number, limits: MarketDataLimits = {}) {
    this.bid = new Float64Array(instruments).fill(Number.NaN)
    this.ask = new Float64Array(instruments).fill(Number.NaN)
    this.reference = new Float64Array(instruments).fill(Number.NaN)
    this.tsRecvUs = new Float64Array(instruments).fill(Number.NEGATIVE_INFINITY)
    this.#fault = new Uint8Array(instruments).fill(ReferenceFault.missing)
    this.#candidate = new Float64Array(instruments)
    this.#confirmations = new Int32Array(instruments)
    this.#maxAgeUs = (limits.maxAgeMs ?? 5_000) * 1_000
    this.#maxSpread = (limits.maxSpreadPercent ?? 10) / 100
    this.#maxJump = (limits.maxJumpPercent ?? 10) / 100
    this.#needed = limits.jumpConfirmations ?? 3
    this.#allowLocked = limits.allowLocked ?? true
  }

  /** Batch handler of the ring. */
  readonly onQuotes = (ring: IngestRing, from: number, to: number): void => {
    const { quotes } = ring
    for (let slot = from; slot < to; slot++) this.#quote(quotes, slot)
  }

  /** Batch handler of the ring. */
  readonly onTrades = (ring: IngestRing, from: number, to: number): void => {
    const { instrument, price, tsRecvUs } = ring.trades
    for (let slot = from; slot < to; slot++) {
      const i = instrument[slot]
      // A tape without quotes still gives a reference; where there are quotes, they lead.
      if (Number.isNaN(this.bid[i]) && Number.isNaN(this.ask[i])) this.#believe(i, price[slot], tsRecvUs[slot])
    }
  }

  /** The fault of an instrument's reference at a wall time. */
  faultAt(instrument: number, wallUs: number): number {
    const fault = this.#fault[instrument]
    if (fault !== 0) return fault
    return Math.abs(wallUs - this.tsRecvUs[instrument]) <= this.#maxAgeUs ? 0 : ReferenceFault.stale
  }

  /** Sets a reference from elsewhere: a previous close, a price from another source. It ages like a quote. */
  set(instrument: number, price: number, tsRecvUs: number): void {
    this.#believe(instrument, price, tsRecvUs)
  }

  /** A split: what was received before a time is put into the terms of after it. */
  rescale(i: number, factor: number, beforeUs: number): void {
    if (!(this.tsRecvUs[i] < beforeUs)) return
    this.bid[i] = this.bid[i] * factor
    this.ask[i] = this.ask[i] * factor
    this.reference[i] = this.reference[i] * factor
    this.#confirmations[i] = 0
    this.changes++
  }

  #quote(quotes: QuoteColumns, slot: number): void {
    const i = quotes.instrument[slot]
    const bid = quotes.bid[slot]
    const ask = quotes.ask[slot]
    this.bid[i] = bid
    this.ask[i] = ask
    if (!(bid > Number.NEGATIVE_INFINITY && ask < Number.POSITIVE_INFINITY)) return
    if (bid > ask || (bid === ask && !this.#allowLocked)) {
      this.#fault[i] = ReferenceFault.crossed
      return
    }
    const mid = (bid + ask) / 2
    if (ask - bid > Math.abs(mid) * this.#maxSpread) {
      this.#fault[i] = ReferenceFault.wide
      return
    }
    this.#believe(i, mid, quotes.tsRecvUs[slot])
  }

  /** Takes a price as reference unless it is a jump; a jump waits until enough prices in a row stay near it. */
  #believe(i: number, price: number, tsRecvUs: number): void {
    if (!Number.isFinite(price)) return
    const known = this.reference[i]
    if (Number.isNaN(known) || Math.abs(price - known) <= Math.abs(known) * this.#maxJump) {
      this.#confirmations[i] = 0
      this.#accept(i, price, tsRecvUs)
      return
    }
    const candidate = this.#candidate[i]
    const isNear = this.#confirmations[i] > 0 && Math.abs(price - candidate) <= Math.abs(candidate) * this.#maxJump
    this.#candidate[i] = price
    this.#confirmations[i] = isNear ? this.#confirmations[i] + 1 : 1
    if (this.#confirmations[i] > this.#needed) {
      this.#confirmations[i] = 0
      this.#accept(i, price, tsRecvUs)
    } else this.#fault[i] = ReferenceFault.jump
  }

  #accept(i: number, price: number, tsRecvUs: number): void {
    if (price !== this.reference[i]) this.changes++
    this.reference[i] = price
    // One that nobody can tell the age of is as old as any.
    this.tsRecvUs[i] = Number.isFinite(tsRecvUs) ? tsRecvUs : Number.NEGATIVE_INFINITY
    this.#fault[i] = ReferenceFault.none
    this.onAccepted?.(i, price, tsRecvUs)
  }
}
