/**
 * WHERE RISK IS CHECKED: one synchronous gate directly before the wire.
 *
 * Every new and every changed order passes here, whoever asks for it: strategies, algorithms, routers, reconciliation.
 * The gate checks, reserves and mints in one step, so two approvals can never exceed a limit together. It allocates
 * nothing while it accepts. What it cannot decide (no price, no rate, an exception in a check) it refuses.
 *
 * Cancels do not come here: nothing may stand between an order and its cancellation.
 */

import type { OrderSupport } from '../connector/capabilities.js'
import type { Clock } from '../core/clock.js'
import { LIMB } from '../math/wide.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import { ApprovedOrder, ApprovedReplace, claimMintingRight, type OrderNames } from '../orders/approved-order.js'
import { isPureDecrease } from '../orders/derive.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import { type Breach, describeBreach } from './breach.js'
import { ClockGuard } from './clock-guard.js'
import { controls } from './controls.js'
import { DuplicateGuard, fingerprintOf } from './duplicate-guard.js'
import { Exposure } from './exposure.js'
import { ExtraChecks, type ExtraOptions } from './extra-checks.js'
import { fillFault } from './fill-check.js'
import type { GateActions, GateCheck, GateParts } from './gate-check.js'
import { CompiledLimits, PARTS, type RiskLimits } from './limits.js'
import type { SquareMatrix } from './measures/covariance.js'
import { OutputAudit } from './output-audit.js'
import type { ParentLimits } from './parent-limits.js'
import { PlainCheck } from './plain-check.js'
import { GatePlan } from './plan.js'
import * as Plan from './plan-fields.js'
import { ReferencePrices } from './reference-prices.js'
import { SlidingWindow } from './sliding-window.js'
import { StandardControls } from './standard-controls.js'
import { Subject } from './subject.js'
import { type ScopeSizes, TradingStates } from './trading-state.js'
import { Valuer } from './valuer.js'

const right = claimMintingRight('risk gate')

/** What the gate must know about the venue an order goes to. */
export interface Venue {
  /** Connected and reconciled. */
  readonly isReady: boolean
  readonly support: OrderSupport
}

/** What a gate is made of. */
export interface RiskGateOptions extends ExtraOptions {
  table: OrderTable
  instruments: InstrumentRegistry
  names: OrderNames
  clock: Clock
  /** The venue behind a connector index. */
  venue(connector: number): Venue
  /**
   * Whether the venue's message limit has room for one more order, counting those that are about to leave. `isUrgent`: it
   * only takes risk away. Always, unless given.
   */
  hasSlot?(connector: number, isUrgent: boolean): boolean
  sizes: ScopeSizes
  limits?: RiskLimits
}

/** The pre-trade risk gate of one system. */
export class RiskGate {
  readonly exposure: Exposure
  readonly states: TradingStates
  readonly references: ReferencePrices
  /** How far the clocks of venues are from ours; undefined where nobody watches them. */
  readonly clocks: ClockGuard | undefined
  /** What leaves, counted at the connectors. */
  readonly audit: OutputAudit
  /** Orders refused, by verdict. */
  readonly denials: Float64Array
  /** Orders and changes approved. */
  approvals = 0
  /** Orders that passed and reached a soft level. */
  warnings = 0
  /** What sizes of opening orders are multiplied with, from above 0 to 1; see `CircuitBreakers`. */
  sizeMultiplier = 1
  /** Raised with every change of limits. */
  limitVersion = 1
  /** What controls ask for beside refusing. Its owner replaces it; by itself the gate halts and cancels nothing. */
  actions: GateActions = {
    halt: (scope, index) => this.states.set(scope, index, 'HALTED'),
    cancel: () => {},
    warn: () => {},
  }
  /** The configured controls; see extra-checks.ts. */
  readonly extras: ExtraChecks
  readonly #table: OrderTable
  readonly #cells: Float64Array
  readonly #instruments: InstrumentRegistry
  readonly #clock: Clock
  readonly #venue: (connector: number) => Venue
  readonly #hasSlot: (connector: number, isUrgent: boolean) => boolean
  readonly #throttles: (SlidingWindow | undefined)[]
  readonly #duplicates: DuplicateGuard | undefined
  readonly #phases: Int8Array
  #controls: StandardControls
  #plain: PlainCheck
  #hasExtras: boolean
  readonly #valuer: Valuer
  readonly #equity = new Float64Array([Number.NaN, Number.NEGATIVE_INFINITY])
  readonly #sizes: ScopeSizes
  readonly #approved: ApprovedOrder
  readonly #approvedChange: ApprovedReplace
  readonly #subject = new Subject()

  constructor(options: RiskGateOptions) {
    const { table, instruments, names, sizes, limits = {} } = options
    this.#table = table
    this.#cells = table.cells
    this.#instruments = instruments
    this.#clock = options.clock
    this.#venue = options.venue
    this.#hasSlot = options.hasSlot ?? (() => true)
    this.#sizes = sizes
    const compiled = new CompiledLimits(limits)
    this.exposure = new Exposure(table, sizes)
    this.states = new TradingStates(sizes)
    this.references = new ReferencePrices(sizes.instrument, limits.marketData === false ? {} : limits.marketData)
    this.denials = new Float64Array(Object.keys(controls).length + 1)
    const throttle = limits.throttle ?? { limit: 100, windowMs: 1_000 }
    this.#throttles = Array.from({ length: sizes.connector }, () =>
      throttle === false ? undefined : new SlidingWindow(throttle.limit, throttle.windowMs),
    )
    const duplicates = limits.duplicates ?? { limit: 10, windowMs: 1_000 }
    this.#duplicates = duplicates === false ? undefined : new DuplicateGuard(duplicates.limit, duplicates.windowMs)
    this.#phases = new Int8Array(sizes.instrument).fill(-1)
    this.#valuer = new Valuer(sizes.instrument, instruments, this.references, limits)
    this.clocks = limits.clock ? new ClockGuard(sizes.connector, limits.clock) : undefined
    this.#controls = this.#makeControls(compiled)
    this.#plain = this.#makePlainCheck()
    this.extras = this.#makeExtras(options, limits)
    this.#hasExtras = !this.extras.isEmpty
    this.audit = new OutputAudit({
      table,
      actions: { halt: (...args) => this.actions.halt(...args) },
      parents: () => (this.hasParents ? this.extras.parents : undefined),
    })
    this.#approved = ApprovedOrder.mint(right, table, instruments, names)
    this.#approvedChange = ApprovedReplace.mint(right, table, instruments, names)
  }

  /** The limits of now. */
  get limits(): CompiledLimits {
    return this.#controls.limits
  }

  #makeControls(limits: CompiledLimits): StandardControls {
    const { collarParts, orderWarnAt } = limits
    this.#valuer.collarParts = collarParts
    return new StandardControls(limits, new GatePlan(this.#sizes.instrument, collarParts, orderWarnAt), {
      table: this.#table,
      instruments: this.#instruments,
      exposure: this.exposure,
      states: this.states,
      references: this.references,
      phases: this.#phases,
      throttles: this.#throttles,
      duplicates: this.#duplicates,
      clocks: this.clocks,
      venue: this.#venue,
      hasSlot: this.#hasSlot,
    })
  }

  #makePlainCheck(): PlainCheck {
    return new PlainCheck({
      table: this.#table,
      plan: this.#controls.plan,
      limits: this.#controls.limits,
      exposure: this.exposure,
      states: this.states,
      references: this.references,
    })
  }

  #makeExtras(options: RiskGateOptions, limits: RiskLimits): ExtraChecks {
    const { table, instruments, names, clock, sizes } = options
    const { exposure, references } = this
    const actions: GateParts['actions'] = {
      halt: (...args) => this.actions.halt(...args),
      cancel: (row) => this.actions.cancel(row),
    }
    const parts = { table, instruments, names, exposure, references, clock, sizes, valuer: this.#valuer, actions }
    const maxAgeNs = (limits.maxEquityAgeMs ?? 5_000) * 1_000_000
    const extras = new ExtraChecks(parts, limits, options, { cells: this.#equity, maxAgeNs })
    if (extras.needsWatch) exposure.watch = extras
    const { priceWindow } = extras
    if (priceWindow !== undefined)
      references.onAccepted = (instrument, price, tsUs) => priceWindow.note(instrument, price, tsUs)
    return extras
  }

  /** Equity now, in the base currency, for limits that are shares of it; NaN when it is not known. */
  setEquity(amount: number): void {
    this.#equity[0] = amount
    this.#equity[1] = this.#clock.monotonicNs()
  }

  /** What an account has now; see `BuyingPower`. Without that control nothing happens. */
  setFunds(account: number, amount: number): void {
    this.extras.funds?.setFunds(account, amount, this.#clock.monotonicNs())
  }

  /** Covariance of daily returns of instruments (by index), for the limit on value at risk. Without that control nothing happens. */
  setCovariance(instruments: readonly number[], covariance: SquareMatrix): void {
    this.extras.varLimit?.setCovariance(instruments, covariance, this.#clock.monotonicNs())
  }

  /** Whether any parent order was ever opened. */
  hasParents = false

  /** Parent orders whose children are held against them. */
  get parents(): ParentLimits {
    this.#hasExtras = true
    this.hasParents = true
    return this.extras.parents
  }

  /** Adds a control of the host to those that every order passes. */
  addCheck(check: GateCheck): void {
    this.extras.add(check)
    this.#hasExtras = true
  }

  /**
   * Puts other amounts in the place of those of now, all at once: the next order is checked against the new ones. Scopes
   * may get their first limits; other controls that were not configured when the gate was made stay away, and those that were
   * stay. See `LimitBook` for who may do this.
   *
   * @throws TradewireError `TW_INVALID_CONFIG`, and nothing has changed then.
   */
  setLimits(limits: RiskLimits): void {
    const compiled = new CompiledLimits(limits)
    this.extras.setLimits(limits, (row) => this.#read(row))
    this.#controls = this.#makeControls(compiled)
    this.#plain = this.#makePlainCheck()
    if (this.extras.needsWatch) this.exposure.watch = this.extras
    this.#hasExtras = !this.extras.isEmpty
    this.limitVersion++
  }

  /** The trading phase of an instrument as its venue last said; see `TradingStatus` of the ring. */
  setPhase(instrument: number, phase: number): void {
    this.#phases[instrument] = phase
  }

  /** The trading phase of an instrument as its venue last said; -1 where it said none. */
  phaseOf(instrument: number): number {
    return this.#phases[instrument]
  }

  /**
   * Checks a new order and, when all controls pass, reserves it. Returns 0, or the verdict of the first control that
   * failed. The order is approved from then on: send it, or give the reservation back by folding what happened.
   */
  check(row: number): number {
    const now = this.#now()
    const isPlain = this.#isPlainlyGood(row, now)
    if (!isPlain || this.#hasExtras) {
      const order = this.#read(row)
      let verdict = isPlain ? 0 : this.#controls.verdict(row, order, true)
      if (this.#hasExtras) verdict = this.extras.judge(row, order, verdict, true)
      if (verdict !== 0) {
        this.denials[verdict] += 1
        return verdict
      }
    }
    const cells = this.#cells
    const at = row & Field.OFFSET
    this.#throttles[cells[at + Field.connector] | 0]?.take(now)
    this.#duplicates?.take(now)
    this.exposure.reserve(row)
    this.approvals++
    const warnValue = this.#controls.plan.cells[(cells[at + Field.instrument] | 0) * Plan.STRIDE + Plan.WARN_VALUE]
    if (cells[at + Field.quantity] * Math.abs(cells[at + Field.price]) >= warnValue) this.#warnOfValue(row)
    return 0
  }

  #warnOfValue(row: number): void {
    this.warnings++
    const reason = `more than ${this.limits.orderWarnAt * 100} % of the limit`
    this.actions.warn('maxOrderNotional', this.#read(row), reason)
  }

  /** Whether all controls let a new order pass, found out in the short way; false says nothing. */
  #isPlainlyGood(row: number, now: Subject): boolean {
    const cells = this.#cells
    const at = row & Field.OFFSET
    const connector = cells[at + Field.connector] | 0
    const venue = this.#venue(connector)
    const phase = this.#phases[cells[at + Field.instrument] | 0]
    return (
      venue.isReady &&
      (this.clocks === undefined || this.clocks.isSane(connector)) &&
      phase !== Plan.CLOSED_PHASE &&
      phase !== Plan.HALTED_PHASE &&
      this.#plain.passes(row, now, venue.support) &&
      (this.#duplicates === undefined || this.#duplicates.hasRoom(fingerprintOf(cells, row), now)) &&
      this.#throttles[connector]?.hasRoom(now) !== false &&
      this.#hasSlot(connector, false)
    )
  }

  /** The approval of an order that {@link check} let pass, to be handed to its connector in the same turn. */
  approved(row: number): ApprovedOrder {
    return this.#approved.approve(right, row)
  }

  /** Monotonic time of the latest check. */
  get checkedAtNs(): number {
    return this.#subject.nowNs
  }

  /** Whether a view is this gate's own: what connectors ask before they send. */
  isOwn(view: ApprovedOrder | ApprovedReplace): boolean {
    return view === this.#approved || view === this.#approvedChange
  }

  /** An approved order or change is about to leave. @throws TradewireError where it must not; see {@link OutputAudit}. */
  leaving(view: ApprovedOrder | ApprovedReplace): void {
    if (view === this.#approved) this.audit.order(view as ApprovedOrder)
    else this.audit.change(view as ApprovedReplace)
  }

  /**
   * What is wrong with the price of an execution, in price units: see {@link FillFault}. `wallUs`: when it is looked at, epoch
   * microseconds. Without a reference that is good then only the limit of the order counts, and not while a change of it is
   * under way.
   */
  fillFault(row: number, priceUnits: number, wallUs: number): number {
    const order = this.#read(row)
    order.wallUs = wallUs
    const isChanging = this.#table.cells[row + Field.firstRequest] >= 0
    const controls = this.#controls
    controls.referenceVerdict(order, controls.limitsOf(order))
    const { side, price, highestUnits, lowestUnits } = order
    return fillFault(side, priceUnits, isChanging ? Number.NaN : price, highestUnits, lowestUnits)
  }

  /** Worst-case value of an order with this quantity and price, in units, in the base currency; NaN when it cannot be valued. */
  valueOf(row: number, quantity: number, price: number): number {
    const order = this.#readNow(row)
    order.quantity = quantity
    order.price = price
    const controls = this.#controls
    controls.referenceVerdict(order, controls.limitsOf(order))
    this.#valuer.value(order)
    return quantity * order.unitValue
  }

  /** Checks a change of a working order as the order it would become, and reserves the larger of old and new. */
  checkReplace(row: number, quantity: number, price: number, trigger: number): number {
    const order = this.#readNow(row)
    order.quantity = quantity
    order.price = price
    order.trigger = trigger
    let verdict = 0
    if (isPureDecrease(this.#table, row, quantity, price, trigger)) verdict = this.#controls.decreaseVerdict(order)
    else {
      verdict = this.#controls.verdict(row, order, false)
      if (this.#hasExtras) verdict = this.extras.judge(row, order, verdict, false)
    }
    if (verdict !== 0) {
      this.denials[verdict] += 1
      return verdict
    }
    this.#throttles[order.connector]?.take(order)
    this.exposure.reserveAtLeast(row, Math.max(0, quantity - order.filled))
    this.approvals++
    return 0
  }

  /** The approval of a change that {@link checkReplace} let pass. */
  approvedReplace(row: number, generation: number, quantity: number, price: number, trigger: number): ApprovedReplace {
    return this.#approvedChange.approve(right, row, generation, quantity, price, trigger)
  }

  /** Whether an approved order may still be sent, later in time: the kill switch, the states and the venue are asked again. */
  recheck(row: number, quantity: number = this.#table.cells[row + Field.quantity]): number {
    const order = this.#read(row)
    order.quantity = quantity
    return this.#controls.stateVerdict(order) || this.#controls.tradableVerdict(order)
  }

  /**
   * What was approved a while ago leaves now, when the disk has it: 0, or the verdict where the price that it was checked
   * against is no longer good. Now is when it counts for the throttle.
   */
  departs(row: number): number {
    const order = this.#readNow(row)
    const verdict = this.#controls.referenceVerdict(order, this.#controls.limitsOf(order))
    if (verdict === 0) this.#throttles[order.connector]?.delay(order)
    return verdict
  }

  /** The largest market order in an instrument that its limits of quantity and value let pass at the reference of now, in quantity units; 0 without one. */
  largestOrder(instrument: number): number {
    const definition = this.#instruments.at(instrument)
    const limits = this.limits.of(definition)
    const reference = definition.nearestPriceUnits(this.references.reference[instrument])
    const most = limits.maxNotionalHigh * LIMB + limits.maxNotionalLow
    const worst = limits.isInverse
      ? 1
      : Math.ceil(Math.abs(reference) * (1 + Math.max(0, this.limits.collarParts) / PARTS))
    const units = Math.min(limits.maxQuantityUnits, limits.mostQuantityUnits, worst > 0 ? Math.floor(most / worst) : 0)
    return Math.max(0, Math.floor(units / limits.sizeStepUnits) * limits.sizeStepUnits)
  }

  /** Whether a new order, with all that works on its side, can only make the position smaller. */
  onlyReduces(row: number): boolean {
    return this.#controls.shrinks(this.#read(row))
  }

  /** An order that a journal tells of was sent: it counts for the day it was made in. */
  replayed(row: number): void {
    this.extras.daily.replay(this.#read(row), this.#table.cells[row + Field.createdUs])
  }

  /** All controls that an order fails now, with limits and what was seen. Reserves nothing. */
  explain(row: number): Breach[] {
    const order = this.#readNow(row)
    const breaches: Breach[] = []
    const seen = new Set<number>()
    const add = (verdict: number) => {
      if (verdict === 0 || seen.has(verdict)) return
      seen.add(verdict)
      breaches.push(this.describe(row, verdict))
    }
    for (const check of this.#controls.checks(row, order)) add(check())
    for (const verdict of this.extras.verdicts(row, order)) add(verdict)
    return breaches
  }

  /** A verdict on the order that was checked last, in words. */
  describe(row: number, verdict: number): Breach {
    const { limits } = this
    const own = limits.of(this.#instruments.at(this.#table.cells[row + Field.instrument]))
    const breach = describeBreach(verdict, this.#subject, own, limits)
    return { ...breach, ...this.extras.describe(row, this.#subject, verdict) }
  }

  /** As {@link #read}, with the time of now. */
  #readNow(row: number): Subject {
    this.#now()
    return this.#read(row)
  }

  /** The time of now; the order is still the one that was read last. */
  #now(): Subject {
    const order = this.#subject
    order.nowNs = this.#clock.monotonicNs()
    order.wallUs = this.#clock.wallUs()
    return order
  }

  /** The order as it is now. Terms are not passed as arguments: a double, or NaN, would cost an allocation. */
  #read(row: number): Subject {
    const cells = this.#cells
    const at = row & Field.OFFSET
    const order = this.#subject
    const account = cells[at + Field.account] | 0
    const instrument = cells[at + Field.instrument] | 0
    order.account = account
    order.instrument = instrument
    order.connector = cells[at + Field.connector] | 0
    order.strategy = cells[at + Field.strategy] | 0
    order.side = cells[at + Field.side] | 0
    order.type = cells[at + Field.type] | 0
    order.timeInForce = cells[at + Field.timeInForce] | 0
    order.flags = cells[at + Field.flags] | 0
    order.quantity = cells[at + Field.quantity]
    order.price = cells[at + Field.price]
    order.trigger = cells[at + Field.trigger]
    order.filled = cells[at + Field.filled]
    order.reserved = cells[at + Field.reserved]
    order.key = this.exposure.keyOf(account, instrument)
    return order
  }
}
