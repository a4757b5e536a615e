/**
 * The controls that every order passes, one by one: what a gate asks where the short way (plain-check.ts) does not say yes.
 * They read and change nothing; the gate reserves, counts and mints.
 */
import { compareProductToLimbs } from '../math/wide.js'
import { isMultiple } from '../model/decimal.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import { hasLimit, hasTrigger, OrderFlag, TifCode } from '../orders/codes.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import type { ClockGuard } from './clock-guard.js'
import { Verdict } from './controls.js'
import { type DuplicateGuard, fingerprintOf } from './duplicate-guard.js'
import type { Exposure } from './exposure.js'
import type { Venue } from './gate.js'
import type { CompiledLimits, InstrumentLimits } from './limits.js'
import type { GatePlan } from './plan.js'
import * as Plan from './plan-fields.js'
import { isProtectiveExit, opposesPosition } from './protective-exit.js'
import { ReferenceFault, type ReferencePrices } from './reference-prices.js'
import type { SlidingWindow } from './sliding-window.js'
import type { Subject } from './subject.js'
import { isBreakerWord, isKillWord, stateOfWord, TradingState, type TradingStates } from './trading-state.js'
import { valuationUnits } from './valuation.js'

/** What the controls look at. */
export interface StandardControlsParts {
  readonly table: OrderTable
  readonly instruments: InstrumentRegistry
  readonly exposure: Exposure
  readonly states: TradingStates
  readonly references: ReferencePrices
  /** Trading phases by instrument. */
  readonly phases: Int8Array
  readonly throttles: readonly (SlidingWindow | undefined)[]
  readonly duplicates: DuplicateGuard | undefined
  readonly clocks: ClockGuard | undefined
  venue(connector: number): Venue
  hasSlot(connector: number, isUrgent: boolean): boolean
}

/** See the file's header. */
export class StandardControls {
  readonly limits: CompiledLimits
  readonly plan: GatePlan
  readonly #parts: StandardControlsParts

  constructor(limits: CompiledLimits, plan: GatePlan, parts: StandardControlsParts) {
    this.limits = limits
    this.plan = plan
    this.#parts = parts
  }

  /** The limits of the instrument of an order, and its plan made from them at the first order. */
  limitsOf({ instrument }: Subject): InstrumentLimits {
    const known = this.limits.at(instrument)
    if (known !== undefined) return known
    const limits = this.limits.of(this.#parts.instruments.at(instrument))
    this.plan.compile(limits)
    return limits
  }

  /** The first control that fails, cheap ones and stops first. */
  verdict(row: number, order: Subject, isNew: boolean): number {
    const limits = this.limitsOf(order)
    return (
      this.stateVerdict(order) ||
      this.tradableVerdict(order) ||
      this.#validityVerdict(row, order, limits) ||
      (order.quantity > limits.maxQuantityUnits ? Verdict.maxOrderQuantity : 0) ||
      this.referenceVerdict(order, limits) ||
      this.#collarVerdict(order) ||
      this.#notionalVerdict(order, limits) ||
      this.#positionVerdict(order, limits) ||
      (isNew ? this.#countVerdict(order) || this.#duplicateVerdict(row, order) : 0) ||
      this.throttleVerdict(order)
    )
  }

  /** All controls, each as a question: for explanations. */
  checks(row: number, order: Subject): (() => number)[] {
    const limits = this.limitsOf(order)
    return [
      () => this.stateVerdict(order),
      () => this.tradableVerdict(order),
      () => this.#validityVerdict(row, order, limits),
      () => (order.quantity > limits.maxQuantityUnits ? Verdict.maxOrderQuantity : 0),
      () => this.referenceVerdict(order, limits),
      () => this.#collarVerdict(order),
      () => this.#notionalVerdict(order, limits),
      () => this.#positionVerdict(order, limits),
      () => this.#countVerdict(order),
      () => this.#duplicateVerdict(row, order),
      () => this.throttleVerdict(order),
    ]
  }

  /** Trading states, the kill switch, and what reduce-only means. */
  stateVerdict(order: Subject): number {
    const word = this.#parts.states.strictest(order.account, order.connector, order.strategy, order.instrument)
    const { flags } = order
    if (word === 0 && (flags & OrderFlag.reduceOnly) === 0) return 0
    const state = stateOfWord(word)
    const shrinks = this.shrinks(order)
    if (state === TradingState.HALTED && !((flags & OrderFlag.protective) !== 0 && shrinks))
      return isKillWord(word) ? Verdict.killSwitch : isBreakerWord(word) ? Verdict.breaker : Verdict.halted
    if (state === TradingState.REDUCING && !shrinks) return isBreakerWord(word) ? Verdict.breaker : Verdict.reducing
    const isTooMuch = (flags & OrderFlag.reduceOnly) !== 0 && !opposesPosition(order, this.#parts.exposure)
    return isTooMuch ? Verdict.reducing : 0
  }

  /** Whether the order, together with all that works on its side, can only make the position smaller and not turn it. */
  shrinks(order: Subject): boolean {
    const { exposure } = this.#parts
    const position = exposure.position[order.key]
    const wanted = order.quantity - order.filled - order.reserved
    return order.side > 0
      ? position < 0 && exposure.buying[order.key] + wanted <= -position
      : position > 0 && exposure.selling[order.key] + wanted <= position
  }

  /** Whether the venue takes orders in the instrument now, and its clock can be believed. */
  tradableVerdict(order: Subject): number {
    if (!this.#parts.venue(order.connector).isReady) return Verdict.notTradable
    if (this.#parts.clocks !== undefined && !this.#parts.clocks.isSane(order.connector)) return Verdict.clock
    const phase = this.#parts.phases[order.instrument]
    return phase === Plan.CLOSED_PHASE || phase === Plan.HALTED_PHASE ? Verdict.notTradable : 0
  }

  #validityVerdict(row: number, order: Subject, limits: InstrumentLimits): number {
    const { quantity, price, trigger, type, timeInForce } = order
    const { support } = this.#parts.venue(order.connector)
    const isValid =
      quantity >= limits.leastQuantityUnits &&
      quantity <= limits.mostQuantityUnits &&
      isMultiple(quantity, limits.sizeStepUnits) &&
      (hasLimit(type) ? isPriceValid(limits, price) : Number.isNaN(price)) &&
      (Number.isNaN(trigger) || (hasTrigger(type) && isPriceValid(limits, trigger))) &&
      support.takesType(type) &&
      support.takesTimeInForce(timeInForce) &&
      (timeInForce !== TifCode.GTD || this.#parts.table.cells[row + Field.expireUs] > order.wallUs) &&
      ((order.flags & OrderFlag.postOnly) === 0 || support.postOnly) &&
      (support.iceberg || Number.isNaN(this.#parts.table.cells[row + Field.display]))
    return isValid ? 0 : Verdict.invalidOrder
  }

  /** Finds the reference in price units, or says why there is none. It is needed unless nothing asks for it, or the order protects. */
  referenceVerdict(order: Subject, limits: InstrumentLimits): number {
    const index = order.instrument
    const fault = this.#parts.references.faultAt(index, order.wallUs)
    if (fault === ReferenceFault.none) {
      const price = this.#parts.references.reference[index]
      const plan = this.plan.cells
      const at = index * Plan.STRIDE
      // Prices in doubles are converted once, when they change.
      if (price !== plan[at + Plan.REFERENCE]) this.plan.convertReference(limits.instrument, price)
      order.referenceUnits = plan[at + Plan.REFERENCE_UNITS]
      order.highestUnits = plan[at + Plan.BOUND]
      order.lowestUnits = -plan[at + Plan.BOUND + 1]
      return Number.isNaN(order.referenceUnits) ? Verdict.marketData : 0
    }
    order.referenceUnits = Number.NaN
    order.highestUnits = Number.POSITIVE_INFINITY
    order.lowestUnits = Number.NEGATIVE_INFINITY
    if (!this.limits.needsMarketData && hasLimit(order.type) && this.limits.collarParts < 0) return 0
    if (isProtectiveExit(order, this.#parts.exposure)) return 0
    return fault === ReferenceFault.missing ? Verdict.noReference : Verdict.marketData
  }

  /** A limit price beyond the collar on its aggressive side; a price that is not there (NaN) is beyond nothing. */
  #collarVerdict({ side, price, highestUnits, lowestUnits }: Subject): number {
    return (side > 0 ? price > highestUnits : price < lowestUnits) ? Verdict.priceCollar : 0
  }

  #notionalVerdict(order: Subject, limits: InstrumentLimits): number {
    if (limits.maxNotionalHigh < 0) return Verdict.noReference
    const { quantity } = order
    const price = limits.isInverse ? 1 : Math.abs(valuationUnits(order, this.limits.collarParts))
    if (Number.isNaN(price)) return isProtectiveExit(order, this.#parts.exposure) ? 0 : Verdict.noReference
    if (!isValueInBounds(order, limits)) return Verdict.invalidOrder
    const product = quantity * price
    // Below 2^53 the product of doubles is exact; beyond, limbs decide.
    if (product < Number.MAX_SAFE_INTEGER && (limits.maxNotionalHigh > 0 || product <= limits.maxNotionalLow)) return 0
    return compareProductToLimbs(quantity, price, limits.maxNotionalHigh, limits.maxNotionalLow) > 0
      ? Verdict.maxOrderNotional
      : 0
  }

  #positionVerdict(order: Subject, limits: InstrumentLimits): number {
    const { exposure } = this.#parts
    const { key, side } = order
    // What the order has reserved already is part of what works on its side.
    const wanted = Math.max(0, order.quantity - order.filled - order.reserved)
    const worst =
      side > 0
        ? exposure.position[key] + exposure.buying[key] + wanted
        : exposure.selling[key] + wanted - exposure.position[key]
    return worst > limits.maxPositionUnits ? Verdict.maxPosition : 0
  }

  #countVerdict(order: Subject): number {
    const { exposure } = this.#parts
    const { maxOpen } = this.limits
    const isFull =
      exposure.openByInstrument[order.key] >= maxOpen.instrument ||
      exposure.openByStrategy[order.strategy] >= maxOpen.strategy ||
      exposure.openByAccount[order.account] >= maxOpen.account ||
      exposure.openByConnector[order.connector] >= maxOpen.connector
    return isFull ? Verdict.openOrders : 0
  }

  #duplicateVerdict(row: number, order: Subject): number {
    const { duplicates, table } = this.#parts
    return duplicates === undefined || duplicates.hasRoom(fingerprintOf(table.cells, row), order)
      ? 0
      : Verdict.duplicate
  }

  /** The message limit of the connector, and that of its venue. */
  throttleVerdict(order: Subject): number {
    const throttle = this.#parts.throttles[order.connector]
    return (throttle === undefined || throttle.hasRoom(order)) &&
      this.#parts.hasSlot(order.connector, isUrgent(order.flags))
      ? 0
      : Verdict.throttle
  }

  /** A pure decrease passes every limit; it still has to be a valid order at a venue that can be reached. */
  decreaseVerdict(order: Subject): number {
    const { connector, quantity } = order
    if (!this.#parts.venue(connector).isReady) return Verdict.notTradable
    if (!this.#parts.hasSlot(connector, true)) return Verdict.throttle
    return quantity > 0 && isMultiple(quantity, this.limitsOf(order).sizeStepUnits) ? 0 : Verdict.invalidOrder
  }
}

/** Whether its venue's message limit keeps a share for orders like this one: it only takes risk away. */
export function isUrgent(flags: number): boolean {
  return (flags & (OrderFlag.reduceOnly | OrderFlag.protective)) !== 0
}

/** Whether the venue takes an order of this value. What only reduces may be smaller: the rest of a position has to be closed, too. */
function isValueInBounds(order: Subject, { instrument, leastValueUnits, mostValueUnits }: InstrumentLimits): boolean {
  if (leastValueUnits <= 0 && mostValueUnits === Number.POSITIVE_INFINITY) return true
  const { type, price, trigger, referenceUnits, quantity, flags } = order
  const at = hasLimit(type) ? price : Number.isNaN(trigger) ? referenceUnits : trigger
  const value = instrument.valueUnits(quantity, at)
  return value <= mostValueUnits && (value >= leastValueUnits || isUrgent(flags))
}

function isPriceValid(limits: InstrumentLimits, units: number): boolean {
  return units >= limits.leastPriceUnits && units <= limits.mostPriceUnits && limits.instrument.isPriceOnGrid(units)
}
