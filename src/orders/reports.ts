/**
 * What connectors report: the outcome of orders, by order number, as plain arguments.
 *
 * Calls are synchronous and in the order in which the venue's messages arrived. Numbers are in the instrument's units.
 * Times are venue times in epoch microseconds; where the venue gives none, the connector passes its time of receipt.
 */
import type { ExecKey } from './trade-pool.js'
import type { VenueFillReport, VenueOrderReport } from './venue-reports.js'

/** Takes the reports of connectors. Implemented by the order manager. */
export interface OrderReports {
  /** The venue holds the order. */
  accepted(orderNumber: number, venueOrderId: string | number | undefined, tsUs: number): void
  /** The venue refused the order, definitively. Never for a time-out or a lost connection. */
  rejected(orderNumber: number, reason: string, tsUs: number): void
  /** The trigger of a stop or touched order was hit. */
  triggered(orderNumber: number, tsUs: number): void
  /** A change took effect. `generation` 0 means that nobody here asked for it. NaN = the term did not change. */
  replaced(
    orderNumber: number,
    generation: number,
    quantityUnits: number,
    priceUnits: number,
    triggerUnits: number,
    venueOrderId: string | number | undefined,
    tsUs: number,
  ): void
  replaceRejected(orderNumber: number, generation: number, reason: string, tsUs: number): void
  cancelRejected(orderNumber: number, generation: number, reason: string, tsUs: number): void
  /** The order is off the book. `cumulativeUnits`: what the venue says was filled in all; NaN when it does not say. */
  canceled(orderNumber: number, cumulativeUnits: number, reason: string, tsUs: number): void
  expired(orderNumber: number, cumulativeUnits: number, tsUs: number): void
  /**
   * An execution. `feeUnits` in 10^-8 of `feeCurrency` (positive is a cost), NaN when not known yet.
   * `liquidity` as in `Liquidity`.
   */
  filled(
    orderNumber: number,
    exec: ExecKey,
    quantityUnits: number,
    priceUnits: number,
    feeUnits: number,
    feeCurrency: string,
    liquidity: number,
    tsUs: number,
  ): void
  /** Replaces an execution. `works`: the report says that the order is working. */
  corrected(
    orderNumber: number,
    reference: ExecKey,
    exec: ExecKey | undefined,
    quantityUnits: number,
    priceUnits: number,
    works: boolean,
    tsUs: number,
  ): void
  /** Takes an execution back. */
  busted(orderNumber: number, reference: ExecKey, works: boolean, tsUs: number): void
  /** The order may or may not have reached the venue: a failed write, a time-out, a lost connection. */
  outcomeUnknown(orderNumber: number, reason: string): void
  /** An order that nobody here sent: placed by hand, by another program, by the broker. `source` is the connector's. */
  externalOrder(source: number, report: VenueOrderReport): void
  /** An execution of an order that nobody here knows. It is booked, whatever else happens. */
  externalFill(source: number, report: VenueFillReport): void
  /** The order's number for an id as sent on the wire; 0 when no order here has it. */
  numberOf(clientOrderId: string): number
  /** The host's id of an order, for connectors whose ids on the wire carry the number; undefined when it is not known any more. */
  clientOrderIdOf(orderNumber: number): string | undefined
  /** Opens and closes a batch: the journal is written once for all reports in between, before anything is delivered. */
  beginTurn(): void
  endTurn(): void
}
