/** An order and an execution as the simulated TWS keeps them. */
import type { VenueOrder } from '../../connectors/sim/venue-order.js'
import type { Instrument } from '../../model/instrument.js'
import type { TwsListing } from './catalogue.js'
import type { TwsContract } from './contract-fields.js'
import { numberText } from './market-board.js'
import type { OrderFields } from './order-fields.js'

/** The statuses of TWS. */
export type TwsStatus =
  | 'PendingSubmit'
  | 'PendingCancel'
  | 'PreSubmitted'
  | 'Submitted'
  | 'ApiCancelled'
  | 'Cancelled'
  | 'Filled'
  | 'Inactive'

/**
 * Where an order is: `held` on the user's side (not transmitted), `waiting` for its parent, its time or its conditions, at
 * the `venue`, or `done`.
 */
export type TwsPlace = 'held' | 'waiting' | 'venue' | 'done'

/** One execution. A correction makes its id end in `.02`, `.03` and so on. */
export interface TwsExecution {
  /** The id without its last part. */
  readonly base: string
  revision: number
  readonly order: TwsOrder
  /** Number at the venue. */
  readonly number: number | string
  readonly quantityUnits: number
  priceUnits: number
  readonly timeMs: number
  /** After this execution. */
  readonly cumulativeUnits: number
  averagePrice: string
  readonly commission: string
  /** What it closed brought; empty where it only opened. */
  realized: string
  /** 1 added liquidity, 2 removed it. */
  readonly liquidity: number
  readonly exchange: string
}

/** Id of an execution as messages carry it. */
export function execIdOf({ base, revision }: TwsExecution): string {
  return `${base}.${String(revision).padStart(2, '0')}`
}

/** One order. */
export class TwsOrder {
  readonly clientId: number
  readonly orderId: number
  readonly permId: string
  readonly listing: TwsListing
  readonly instrument: Instrument
  contract: TwsContract
  fields: OrderFields
  place: TwsPlace = 'held'
  status: TwsStatus = 'PendingSubmit'
  filledUnits = 0
  /** Sum of price units times quantity units. */
  valueUnits = 0
  lastPriceUnits = Number.NaN
  whyHeld = ''
  parent: TwsOrder | undefined
  readonly children: TwsOrder[] = []
  readonly executions: TwsExecution[] = []
  venueOrder: VenueOrder | undefined
  /** Epoch milliseconds of its end; NaN while it lives. */
  doneMs = Number.NaN
  /** How it ended, in words. */
  endText = ''

  constructor(
    identity: { clientId: number; orderId: number; permId: string },
    listing: TwsListing,
    instrument: Instrument,
    contract: TwsContract,
    fields: OrderFields,
  ) {
    this.clientId = identity.clientId
    this.orderId = identity.orderId
    this.permId = identity.permId
    this.listing = listing
    this.instrument = instrument
    this.contract = contract
    this.fields = fields
  }

  get isDone(): boolean {
    return this.place === 'done'
  }

  get quantityUnits(): number {
    const { totalQuantity, cashQty } = this.fields
    return this.instrument.quantityUnits(totalQuantity === '' ? cashQty || '0' : totalQuantity)
  }

  get remainingUnits(): number {
    return Math.max(0, this.quantityUnits - this.filledUnits)
  }

  get averagePrice(): string {
    if (this.filledUnits === 0) return '0'
    return averageText(this.instrument, this.valueUnits, this.filledUnits)
  }
}

/** An average price: the exact one where it has few digits, else rounded to eight behind the point. */
export function averageText(instrument: Instrument, valueUnits: number, quantityUnits: number): string {
  return numberText(Number((valueUnits / quantityUnits / 10 ** instrument.priceScale).toFixed(8)))
}
