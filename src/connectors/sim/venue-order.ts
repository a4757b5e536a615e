/**
 * An order and an execution as the venue keeps them: one record each, made once, changed in place, kept when it is over.
 *
 * The record is made on the client's side from what is sent, and becomes the venue's when it arrives.
 */

import type { QueuePosition } from '../../matching/queue-models.js'
import type { Instrument } from '../../model/instrument.js'
import type { SideSign } from '../../orders/codes.js'
import type { ExecKey } from '../../orders/trade-pool.js'
import type { VenueOrderState } from '../../orders/venue-reports.js'
import type { VenueAccount } from './venue-accounts.js'

/** The terms of an order as a client sends it; an `OrderView` is one. NaN where the order has no such term. */
export interface OrderTerms {
  readonly sideSign: SideSign
  /** Code of the order type, see `TypeCode`. */
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
  /** Bits of `OrderFlag`. */
  readonly flags: number
  /** Code of the self-trade prevention, see `StpCode`. */
  readonly selfTradePrevention: number
}

/** Where a live order stands: not live, matching or resting, waiting for its trigger, waiting for an auction. */
export type OrderPlace = 'none' | 'book' | 'dormant' | 'auction'

/** One order. Fields that change are written by the venue alone. */
export class VenueOrder {
  /** Number at the venue, from 1; 0 until it arrives. */
  venueOrderId = 0
  readonly clientOrderId: string
  readonly accountName: string
  /** Set when it arrives. */
  account: VenueAccount | undefined
  readonly instrument: Instrument
  readonly sideSign: SideSign
  /** Code of the type; a market-to-limit order that rests, or an order whose trigger was hit, becomes `activeType`. */
  readonly type: number
  activeType: number
  readonly timeInForce: number
  readonly flags: number
  readonly selfTradePrevention: number
  readonly trailingAmountUnits: number
  readonly trailingBasisPoints: number
  readonly displayUnits: number
  readonly expireTimeUs: number
  quantityUnits: number
  priceUnits: number
  triggerUnits: number
  cumulativeUnits = 0
  /** Sum of price units times quantity units of its executions, busts and corrections taken into account. */
  valueUnits = 0
  state: VenueOrderState = 'pending'
  place: OrderPlace = 'none'
  reason = ''
  /** Venue time of the last change, epoch microseconds. */
  tsUs = 0
  /** Monotonic time of its end. */
  closedNs = 0
  /** Time priority: grows with every entry into a queue. */
  sequence = 0
  /** Where it stands in the recorded queue at its price; undefined until it rests in a recorded market. */
  queue: QueuePosition | undefined
  /** Quantity shown at its price when its queue position was last brought up to date; NaN when it is not known. */
  queueDepth = Number.NaN
  /** Shown quantity left of an iceberg before it goes to the back of the queue. */
  shownUnits = Number.NaN
  /** Total quantity that the venue's own book knows of the order. */
  bookUnits = 0
  /** Money set aside for it, in 10^-8 of the settlement currency. */
  lockedUnits = 0
  /** Whether it rests against an opposite price that it has used up. */
  isLocked = false
  /** Whether the stop, trailing or touched trigger was hit. */
  isTriggered = false
  /** The sender's own number for it, and the sender that the number belongs to. */
  tag: number
  tagOwner: object | undefined
  /** Client under whose name it was sent. */
  clientName = ''
  /** Monotonic time of sending, nanoseconds; 0 when it is not known. */
  sentNs = 0
  /** Executions of the order, oldest first. */
  readonly executions: VenueExecution[] = []

  constructor(
    clientOrderId: string,
    accountName: string,
    instrument: Instrument,
    terms: OrderTerms,
    tag: number,
    tagOwner: object | undefined,
  ) {
    this.clientOrderId = clientOrderId
    this.accountName = accountName
    this.instrument = instrument
    this.sideSign = terms.sideSign
    this.type = terms.type
    this.activeType = terms.type
    this.timeInForce = terms.timeInForce
    this.flags = terms.flags
    this.selfTradePrevention = terms.selfTradePrevention
    this.trailingAmountUnits = terms.trailingAmountUnits
    this.trailingBasisPoints = terms.trailingBasisPoints
    this.displayUnits = terms.displayUnits
    this.expireTimeUs = terms.expireTimeUs
    this.quantityUnits = terms.quantityUnits
    this.priceUnits = terms.priceUnits
    this.triggerUnits = terms.triggerUnits
    this.tag = tag
    this.tagOwner = tagOwner
  }

  /** What is not filled yet. */
  get openUnits(): number {
    return this.quantityUnits - this.cumulativeUnits
  }

  get isLive(): boolean {
    return this.place !== 'none'
  }

  /** Average price in price units; NaN without executions. */
  get averagePriceUnits(): number {
    return this.cumulativeUnits === 0 ? Number.NaN : this.valueUnits / this.cumulativeUnits
  }
}

/** One execution. A correction or bust changes it in place and keeps its id. */
export class VenueExecution {
  /** Number of the execution, from 1, unique over the venue's life. */
  readonly exec: ExecKey
  readonly order: VenueOrder
  quantityUnits: number
  priceUnits: number
  /** 10^-8 of the fee currency; positive is a cost. */
  readonly feeUnits: number
  readonly feeCurrency: string
  /** As in `Liquidity`. */
  readonly liquidity: number
  readonly tsUs: number
  isBusted = false

  constructor(
    exec: ExecKey,
    order: VenueOrder,
    quantityUnits: number,
    priceUnits: number,
    feeUnits: number,
    feeCurrency: string,
    liquidity: number,
    tsUs: number,
  ) {
    this.exec = exec
    this.order = order
    this.quantityUnits = quantityUnits
    this.priceUnits = priceUnits
    this.feeUnits = feeUnits
    this.feeCurrency = feeCurrency
    this.liquidity = liquidity
    this.tsUs = tsUs
  }
}
