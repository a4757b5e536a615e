/** The messages between a client and the venue: one fixed record a direction, so that both can be pooled, held back, doubled. */
import type { VenueExecution, VenueOrder } from './venue-order.js'

/** What a client sends. */
export type RequestKind = 'new' | 'replace' | 'cancel'

/** What the venue sends. */
export type ReportKind =
  | 'accepted'
  | 'rejected'
  | 'triggered'
  | 'replaced'
  | 'replace_rejected'
  | 'cancel_rejected'
  | 'canceled'
  | 'expired'
  | 'fill'
  | 'correction'
  | 'bust'

/** Kinds of message in either direction. */
export type MessageKind = RequestKind | ReportKind

/** A request on its way to the venue. */
export class VenueRequest {
  kind: RequestKind = 'new'
  /** The new order; for changes and cancels undefined. */
  order: VenueOrder | undefined
  /** Names the order of a change or cancel. */
  clientOrderId = ''
  venueOrderId: number | string | undefined
  /** The sender's numbers for the order and for the request. */
  number = 0
  generation = 0
  quantityUnits = Number.NaN
  priceUnits = Number.NaN
  triggerUnits = Number.NaN

  /** A copy that lives on. */
  copy(): VenueRequest {
    return Object.assign(new VenueRequest(), this)
  }
}

/** A report on its way to a client. It holds what was true when it was made: the order may have moved on. */
export class VenueReport {
  kind: ReportKind = 'accepted'
  /** The order; undefined where a request named one that the venue does not know. */
  order: VenueOrder | undefined
  execution: VenueExecution | undefined
  /** The session whose request this answers; undefined where nobody asked. */
  requester: object | undefined
  /** The requester's numbers, for refusals of changes and cancels and for changes made. Generation 0: nobody asked. */
  number = 0
  generation = 0
  /** Terms after a change; quantity and price of an execution. */
  quantityUnits = Number.NaN
  priceUnits = Number.NaN
  triggerUnits = Number.NaN
  cumulativeUnits = 0
  /** Whether the order works after a correction or bust. */
  works = false
  reason = ''
  tsUs = 0

  /** A copy that lives on. */
  copy(): VenueReport {
    return Object.assign(new VenueReport(), this)
  }
}

/** Hands out records and takes them back, so that a report costs no memory once the pool has grown. */
export class ReportPool {
  readonly #free: VenueReport[] = []

  take(): VenueReport {
    return this.#free.pop() ?? new VenueReport()
  }

  give(report: VenueReport): void {
    report.order = undefined
    report.execution = undefined
    report.requester = undefined
    this.#free.push(report)
  }
}
