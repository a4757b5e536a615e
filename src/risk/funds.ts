/**
 * Buying power: what an account has against what its positions and working orders tie up at worst. Everything that may fill
 * is reserved from its approval on, UNKNOWN orders included; a snapshot of the account that is too old refuses what opens.
 *
 * Funds are those of the whole account (its equity; its cash for the cash model), not what a venue says is left after its
 * own holds: what our orders tie up is counted here.
 *
 * What is tied up is added up over everything that is held or works, at the prices of now. Under a model that is all rates an
 * order that is far from the funds needs no such care: there the sum that is kept up decides.
 */

import type { InstrumentRegistry } from '../model/instrument-registry.js'
import { Verdict } from './controls.js'
import type { Exposure } from './exposure.js'
import type { GateCheck, GateParts } from './gate-check.js'
import type { Margin, MarginModel } from './measures/margin.js'
import type { Subject } from './subject.js'
import { isAbove, type Valuer } from './valuer.js'

/** How buying power is checked. */
export interface BuyingPowerOptions {
  model: MarginModel
  /** Funds older than this are not known; 60,000 unless given. */
  maxAgeMs?: number
}

/** The sum that is kept up decides below this share of the funds: it is better than that by far. */
const FAR = 0.99

/** See the file's header. */
export class BuyingPower implements GateCheck {
  readonly needsPrices = true
  readonly #funds: Float64Array
  readonly #fundsNs: Float64Array
  readonly #model: MarginModel
  readonly #maxAgeNs: number
  readonly #exposure: Exposure
  readonly #instruments: InstrumentRegistry
  readonly #valuer: Valuer
  /** What is tied up by account, and by account and instrument, at the prices of {@link #tiedAt}. */
  readonly #tied: Float64Array
  readonly #tiedBy: Float64Array
  readonly #tiedAt: Float64Array
  /** Reused for every question to the model. */
  readonly #found = new Float64Array(1)
  readonly #asked = { symbol: '', quantity: 0, marketValue: 0 }

  constructor({ exposure, instruments, valuer, sizes }: GateParts, options: BuyingPowerOptions) {
    this.#funds = new Float64Array(sizes.account).fill(Number.NaN)
    this.#fundsNs = new Float64Array(sizes.account).fill(Number.NEGATIVE_INFINITY)
    this.#tied = new Float64Array(sizes.account)
    this.#tiedBy = new Float64Array(sizes.account * sizes.instrument)
    this.#tiedAt = new Float64Array(sizes.account).fill(-1)
    this.#model = options.model
    this.#maxAgeNs = (options.maxAgeMs ?? 60_000) * 1_000_000
    this.#exposure = exposure
    this.#instruments = instruments
    this.#valuer = valuer
  }

  /** What an account has now, in the base currency. */
  setFunds(account: number, amount: number, nowNs: number): void {
    this.#funds[account] = amount
    this.#fundsNs[account] = nowNs
  }

  check(_row: number, order: Subject): number {
    const { account, instrument, side, key, unitValue } = order
    const { position, buying, selling } = this.#exposure
    const wanted = Math.max(0, order.quantity - order.filled - order.reserved)
    const long = position[key] + buying[key]
    const short = position[key] - selling[key]
    const found = this.#found
    this.#worst(instrument, long, short, unitValue)
    const before = found[0]
    this.#worst(instrument, side > 0 ? long + wanted : long, side > 0 ? short : short - wanted, unitValue)
    let total = found[0]
    // An order that ties up no more than is tied up anyway needs no funds; where nothing is enough, only what closes passes.
    if (total < Number.POSITIVE_INFINITY ? total <= before : side > 0 && long + wanted <= 0) return 0
    if (!(order.nowNs - this.#fundsNs[account] <= this.#maxAgeNs)) return Verdict.credit
    if (this.#model.rates !== undefined) {
      if (this.#tiedAt[account] !== this.#valuer.references.changes || Number.isNaN(this.#tied[account]))
        this.#tieUp(account)
      if (total + this.#tied[account] - this.#tiedBy[key] < FAR * this.#funds[account]) return 0
    }
    const first = this.#exposure.keyOf(account, 0)
    for (let i = 0; i < this.#instruments.size; i++) {
      if (i === instrument) continue
      this.#worstOf(first + i, i)
      total += found[0]
    }
    return isAbove(total, this.#funds[account]) ? Verdict.credit : 0
  }

  /** What an account has of an instrument, or has working in it, changed. */
  changed(account: number, instrument: number): void {
    // Sums of other prices are made anew anyway.
    if (this.#model.rates === undefined || this.#tiedAt[account] !== this.#valuer.references.changes) return
    const key = this.#exposure.keyOf(account, instrument)
    this.#worstOf(key, instrument)
    this.#tied[account] = this.#tied[account] + this.#found[0] - this.#tiedBy[key]
    this.#tiedBy[key] = this.#found[0]
  }

  /** Adds up what an account ties up: prices changed since, or one was missing. */
  #tieUp(account: number): void {
    const first = this.#exposure.keyOf(account, 0)
    let total = 0
    for (let i = 0; i < this.#instruments.size; i++) {
      this.#worstOf(first + i, i)
      this.#tiedBy[first + i] = this.#found[0]
      total += this.#found[0]
    }
    this.#tied[account] = total
    this.#tiedAt[account] = this.#valuer.references.changes
  }

  /** As {@link #worst} for what is held and works now. Nothing ties nothing up, even where it could not be valued. */
  #worstOf(key: number, instrument: number): void {
    const { position, buying, selling } = this.#exposure
    const held = position[key]
    if (held === 0 && buying[key] === 0 && selling[key] === 0) this.#found[0] = 0
    else this.#worst(instrument, held + buying[key], held - selling[key], this.#valuer.atReference(instrument))
  }

  describe(_verdict: number, order: Subject): { limit: string; observed: string } {
    const age = order.nowNs - this.#fundsNs[order.account]
    return {
      limit: `funds ${this.#funds[order.account]}${age <= this.#maxAgeNs ? '' : ', which are too old'}`,
      observed: 'positions and working orders would tie up more',
    }
  }

  /** Finds the larger margin of what the position could become. NaN, which fails every comparison, where it is not known. */
  #worst(instrument: number, long: number, short: number, unitValue: number): void {
    const { rates } = this.#model
    const found = this.#found
    if (rates !== undefined) {
      const most = long > 0 ? long * unitValue * rates.long : 0
      const least = short < 0 ? -short * unitValue * rates.short : 0
      found[0] = most > least ? most : least
      return
    }
    const most = long > 0 ? this.#ask(instrument, long, unitValue) : 0
    const least = short < 0 ? this.#ask(instrument, short, unitValue) : 0
    found[0] = Math.max(most, least)
  }

  #ask(index: number, units: number, unitValue: number): number {
    const asked = this.#asked
    const instrument = this.#instruments.at(index)
    asked.symbol = instrument.symbol
    asked.quantity = units * this.#valuer.sizeUnit[index]
    asked.marketValue = units * unitValue
    const margin: Margin | undefined = this.#model.margin(asked)
    return margin === undefined ? Number.NaN : margin.initial
  }
}
