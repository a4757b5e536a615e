/**
 * Buying power: what an account has against what its positions and working orders tie up at worst. Everything that may fill
 * is reserved from its approval on, UNKNOWN orders included; a snapshot of the account that is too old refuses what opens.
 *
 * Funds are those of the whole account (its equity; its cash for the cash model), not what a venue says is left after its
 * own holds: what our orders tie up is counted here.
 */

import { powerOfTen } from '../model/decimal.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import { Verdict } from './controls.js'
import type { Exposure } from './exposure.js'
import { unitValueOf } from './exposure-limits.js'
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

/** See the file's header. */
export class BuyingPower implements GateCheck {
  readonly #funds: Float64Array
  readonly #fundsNs: Float64Array
  readonly #model: MarginModel
  readonly #maxAgeNs: number
  readonly #exposure: Exposure
  readonly #instruments: InstrumentRegistry
  readonly #valuer: Valuer
  /** Reused for every question to the model. */
  readonly #asked = { symbol: '', quantity: 0, marketValue: 0 }

  constructor({ exposure, instruments, valuer, sizes }: GateParts, options: BuyingPowerOptions) {
    this.#funds = new Float64Array(sizes.account).fill(Number.NaN)
    this.#fundsNs = new Float64Array(sizes.account).fill(Number.NEGATIVE_INFINITY)
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
    const { account } = order
    const after = this.#initial(order, true)
    // An order that ties up no more than is tied up anyway needs no funds.
    if (after <= this.#initial(order, false)) return 0
    if (!(order.nowNs - this.#fundsNs[account] <= this.#maxAgeNs)) return Verdict.credit
    let total = after
    for (let instrument = 0; instrument < this.#instruments.size; instrument++)
      if (instrument !== order.instrument) total += this.#initialOf(account, instrument)
    return isAbove(total, this.#funds[account]) ? Verdict.credit : 0
  }

  describe(_verdict: number, order: Subject): { limit: string; observed: string } {
    const age = order.nowNs - this.#fundsNs[order.account]
    return {
      limit: `funds ${this.#funds[order.account]}${age <= this.#maxAgeNs ? '' : ', which are too old'}`,
      observed: `the order's instrument would tie up ${this.#initial(order, true)}`,
    }
  }

  /** What the instrument of an order ties up, with or without it. */
  #initial(order: Subject, isWith: boolean): number {
    const exposure = this.#exposure
    const { key, side, instrument } = order
    const wanted = isWith ? Math.max(0, order.quantity - order.filled - order.reserved) : 0
    const long = exposure.position[key] + exposure.buying[key] + (side > 0 ? wanted : 0)
    const short = exposure.position[key] - exposure.selling[key] - (side > 0 ? 0 : wanted)
    return this.#worst(instrument, long, short, unitValueOf(order, this.#valuer))
  }

  #initialOf(account: number, instrument: number): number {
    const exposure = this.#exposure
    const key = exposure.keyOf(account, instrument)
    const position = exposure.position[key]
    const long = position + exposure.buying[key]
    const short = position - exposure.selling[key]
    if (long === 0 && short === 0) return 0
    return this.#worst(instrument, long, short, this.#valuer.atReference(instrument))
  }

  /** The larger margin of what the position could become. NaN, which fails every comparison, where it is not known. */
  #worst(instrument: number, long: number, short: number, unitValue: number): number {
    const most = long > 0 ? this.#ask(instrument, long, unitValue) : 0
    const least = short < 0 ? this.#ask(instrument, short, unitValue) : 0
    return Math.max(most, least)
  }

  #ask(index: number, units: number, unitValue: number): number {
    const asked = this.#asked
    const instrument = this.#instruments.at(index)
    asked.symbol = instrument.symbol
    asked.quantity = units / powerOfTen(instrument.sizeScale)
    asked.marketValue = units * unitValue
    const margin: Margin | undefined = this.#model.margin(asked)
    return margin === undefined ? Number.NaN : margin.initial
  }
}
