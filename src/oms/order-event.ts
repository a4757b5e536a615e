/** What happened to an order, as it is delivered: after the journal holds it, in the order in which it was learned. */
import type { Decimal } from '../model/decimal.js'
import type { Instrument } from '../model/instrument.js'
import type { LiquidityFlag, OrderStatus, Side } from '../model/order-types.js'
import { type FactSourceName, liquidityOf, sideOf, sourceName } from '../orders/codes.js'
import type { ExecKey } from '../orders/trade-pool.js'
import type { OrderHandle } from './order-handle.js'

/** Kinds of order events. */
export type OrderEventType =
  | 'denied'
  | 'submitted'
  | 'accepted'
  | 'rejected'
  | 'triggered'
  | 'pending_update'
  | 'pending_cancel'
  | 'updated'
  | 'update_rejected'
  | 'cancel_rejected'
  | 'filled'
  | 'fill_corrected'
  | 'fill_busted'
  | 'canceled'
  | 'expired'
  | 'unknown'
  | 'reinstated'
  | 'anomaly'

/** Details of an order event; the manager fills in what its kind has. */
export interface OrderEventDetails {
  exec?: ExecKey
  quantityUnits?: number
  priceUnits?: number
  feeUnits?: number
  feeCurrency?: string
  liquidity?: number
  reason?: string
  request?: number
}

/** One event of one order. Immutable. Amounts are turned into decimals when they are asked for. */
export class OrderEvent {
  readonly type: OrderEventType
  /** Number of the record in the journal: rises over all events of a system. */
  readonly seq: number
  readonly order: OrderHandle
  /** The status of the order once this event counted. */
  readonly status: OrderStatus
  /** Venue time, epoch microseconds; our time for events of our own. */
  readonly tsEventUs: number
  /** When it was learned, epoch microseconds. */
  readonly tsLocalUs: number
  readonly #source: number
  readonly #instrument: Instrument
  readonly #side: number
  readonly #details: OrderEventDetails | undefined

  constructor(
    type: OrderEventType,
    seq: number,
    order: OrderHandle,
    status: OrderStatus,
    instrument: Instrument,
    side: number,
    source: number,
    tsEventUs: number,
    tsLocalUs: number,
    details: OrderEventDetails | undefined,
  ) {
    this.type = type
    this.seq = seq
    this.order = order
    this.status = status
    this.tsEventUs = tsEventUs
    this.tsLocalUs = tsLocalUs
    this.#source = source
    this.#instrument = instrument
    this.#side = side
    this.#details = details
  }

  /** Who says so. */
  get source(): FactSourceName {
    return sourceName(this.#source)
  }

  get symbol(): string {
    return this.#instrument.symbol
  }

  get side(): Side {
    return sideOf(this.#side)
  }

  /** Quantity of the fill, or of the new terms. */
  get quantity(): Decimal | undefined {
    const units = this.#details?.quantityUnits
    return units === undefined || Number.isNaN(units) ? undefined : this.#instrument.quantityFromUnits(units)
  }

  /** Price of the fill, or of the new terms. */
  get price(): Decimal | undefined {
    const units = this.#details?.priceUnits
    return units === undefined || Number.isNaN(units) ? undefined : this.#instrument.priceFromUnits(units)
  }

  /** Quantity as integer units, NaN where there is none: for code that adds up without decimals. */
  get quantityUnits(): number {
    return this.#details?.quantityUnits ?? Number.NaN
  }

  /** Price as integer units, NaN where there is none. */
  get priceUnits(): number {
    return this.#details?.priceUnits ?? Number.NaN
  }

  get execId(): ExecKey | undefined {
    return this.#details?.exec
  }

  /** Fee in 10^-8 of {@link feeCurrency}; NaN when not known. */
  get feeUnits(): number {
    return this.#details?.feeUnits ?? Number.NaN
  }

  get feeCurrency(): string | undefined {
    return this.#details?.feeCurrency
  }

  get liquidity(): LiquidityFlag {
    return liquidityOf(this.#details?.liquidity ?? 0)
  }

  get reason(): string | undefined {
    return this.#details?.reason
  }

  /**
   * Which of the order's requests (changes and cancels, counted from 1) was made or is answered by this event; 0 where it
   * answers none: a venue that changed the order by itself.
   */
  get request(): number {
    return this.#details?.request ?? 0
  }
}
