/**
 * What the journal of a system tells of the orders and positions at one connector, for venues that live in the process and
 * end with it: paper accounts go on from here after a restart. A real venue remembers by itself and is asked.
 */
import type { SideSign } from '../orders/codes.js'
import type { ExecKey } from '../orders/trade-pool.js'

/** An execution that counts. */
export interface RecalledFill {
  readonly exec: ExecKey
  readonly quantityUnits: number
  readonly priceUnits: number
  /** 10^-8 of the fee's currency; NaN = not known. */
  readonly feeUnits: number
  readonly feeCurrency: string
  readonly liquidity: number
  readonly tsUs: number
}

/** An order that the venue is known to have had, with its terms as they were confirmed last. NaN where there is no such term. */
export interface RecalledOrder {
  /** Our number. */
  readonly number: number
  readonly clientOrderId: string
  readonly venueOrderId: string | number | undefined
  /** Index in the instrument registry. */
  readonly instrument: number
  readonly account: string
  readonly sideSign: SideSign
  /** Code of the type, see `TypeCode`. */
  readonly type: number
  /** Code of the time in force, see `TifCode`. */
  readonly timeInForce: number
  readonly quantityUnits: number
  readonly priceUnits: number
  readonly triggerUnits: number
  readonly trailingAmountUnits: number
  readonly trailingBasisPoints: number
  readonly displayUnits: number
  readonly expireTimeUs: number
  readonly flags: number
  readonly selfTradePrevention: number
  readonly isTriggered: boolean
  /** Whether it may still trade. */
  readonly isOpen: boolean
  /** How it ended, where it did. */
  readonly state: 'working' | 'filled' | 'canceled' | 'expired' | 'rejected'
  readonly createdUs: number
  readonly fills: readonly RecalledFill[]
  /** Requests that nobody answered: generations of changes, and whether a cancel is among them. */
  readonly changes: readonly number[]
  readonly isCancelAsked: boolean
}

/** A position, and what it has cost and paid so far. */
export interface RecalledPosition {
  readonly account: string
  readonly instrument: number
  readonly quantityUnits: number
  /** NaN when flat. */
  readonly averagePriceUnits: number
  /** Profit taken, before fees, in 10^-8 of the settlement currency. */
  readonly realizedUnits: number
  /** Fees in 10^-8 by currency. */
  readonly fees: readonly { readonly currency: string; readonly units: number }[]
}

/** Everything at one connector. */
export interface RecalledBooks {
  readonly orders: readonly RecalledOrder[]
  readonly positions: readonly RecalledPosition[]
  /** No number that a venue of this process gave to an order or execution was higher. */
  readonly highWater: number
}
