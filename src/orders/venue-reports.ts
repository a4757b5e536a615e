/** What a venue says when it is asked: orders, fills, positions and balances, as plain data with amounts in instrument units. */
import type { OrderType, Side, TimeInForce } from '../model/order-types.js'
import type { ExecKey } from './trade-pool.js'

/** How the venue describes an order. `pending` reports say nothing about the outcome and change nothing. */
export type VenueOrderState = 'working' | 'triggered' | 'filled' | 'canceled' | 'expired' | 'rejected' | 'pending'

/** One order as the venue holds it. */
export interface VenueOrderReport {
  /**
   * The host's id of the order, in a connector `reports.clientOrderIdOf(number)`: not what stands on the wire in its place.
   * Orders of others have none.
   */
  clientOrderId?: string
  venueOrderId: string | number
  /** Index in the instrument registry. */
  instrument: number
  account: string
  side: Side
  type: OrderType
  timeInForce: TimeInForce
  quantityUnits: number
  /** Absent = not supplied, which is not a difference. */
  priceUnits?: number
  triggerUnits?: number
  cumulativeUnits: number
  averagePriceUnits?: number
  state: VenueOrderState
  reason?: string
  /** Venue time of the last change, epoch microseconds. */
  tsUs: number
}

/** One execution as the venue holds it. */
export interface VenueFillReport {
  exec: ExecKey
  clientOrderId?: string
  venueOrderId?: string | number
  instrument: number
  account: string
  side: Side
  quantityUnits: number
  priceUnits: number
  /** 10^-8 of the currency; absent = not known yet. */
  feeUnits?: number
  feeCurrency?: string
  liquidity: number
  tsUs: number
}

/** One position as the venue holds it; negative is short. */
export interface VenuePositionReport {
  instrument: number
  account: string
  quantityUnits: number
  averagePriceUnits?: number
}

/** One currency of an account. */
export interface VenueBalanceReport {
  account: string
  currency: string
  /** Decimal text. */
  total: string
  locked: string
}

/** Positions and balances together. A kind that the venue did not answer for is absent: absent is not flat. */
export interface VenueAccountReport {
  positions?: VenuePositionReport[]
  balances?: VenueBalanceReport[]
}
