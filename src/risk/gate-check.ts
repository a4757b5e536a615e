/**
 * Controls beside those that every order passes: made only where they are configured, so that what is not asked for costs
 * nothing. A host adds its own by the same interface.
 */
import type { Clock } from '../core/clock.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import type { OrderNames } from '../orders/approved-order.js'
import type { OrderTable } from '../orders/order-table.js'
import type { ControlName } from './controls.js'
import type { Exposure } from './exposure.js'
import type { ReferencePrices } from './reference-prices.js'
import type { Subject } from './subject.js'
import type { Scope, ScopeSizes } from './trading-state.js'
import type { Valuer } from './valuer.js'

/**
 * One control. All methods are synchronous and are called in the turn of the order; what throws refuses the order. They
 * must not keep `order`: it is one object for all orders.
 */
export interface GateCheck {
  /** Whether it compares or sums prices: an order that protects a position is not asked by it while there are none. */
  readonly needsPrices?: boolean
  /** 0, or the verdict of the control that the order fails (see `Verdict`); changes nothing. */
  check(row: number, order: Subject, isNew: boolean): number
  /** Called for every order that came to the gate, also for refused ones, with the verdict on it; 0 = approved and reserved. */
  seen?(row: number, order: Subject, verdict: number, isNew: boolean): void
  /** What the control would say in words: its limit and what was seen. */
  describe?(verdict: number, order: Subject): { limit: string; observed: string }
}

/** A check of the host: says yes by undefined, no by a reason in words. Money and prices are doubles here, for reading. */
export interface OwnCheck {
  readonly name: string
  /** Pure and synchronous. What throws refuses the order. */
  check(order: OwnCheckOrder): string | undefined
}

/** An order as own checks see it: valid during the call. */
export interface OwnCheckOrder {
  readonly symbol: string
  readonly account: string
  readonly strategy: string
  readonly connector: string
  readonly side: 'buy' | 'sell'
  readonly quantity: number
  /** NaN without a limit. */
  readonly price: number
  /** NaN where there is none. */
  readonly reference: number
  /** Position of the account, and what works on both sides. */
  readonly position: number
  readonly workingBuys: number
  readonly workingSells: number
  readonly isNew: boolean
}

/** What controls may ask of whoever owns the gate. */
export interface GateActions {
  /** Halts a scope, on record: nothing new passes from this moment on. */
  halt(scope: Scope, index: number, control: ControlName, reason: string): void
  /** Asks for the cancellation of a resting order, after the turn. */
  cancel(row: number): void
  /** A soft level was reached; the order passes. */
  warn(control: ControlName, order: Subject, reason: string): void
}

/** What controls are made of. */
export interface GateParts {
  readonly table: OrderTable
  readonly instruments: InstrumentRegistry
  readonly names: OrderNames
  readonly exposure: Exposure
  readonly references: ReferencePrices
  readonly clock: Clock
  readonly sizes: ScopeSizes
  readonly valuer: Valuer
  /** What the owner of the gate does for them. */
  readonly actions: Pick<GateActions, 'halt' | 'cancel'>
}
