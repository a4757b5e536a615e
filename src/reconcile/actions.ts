/** What reconciliation comes to: events to fold, in order; findings to tell; questions to ask the venue next. */
import type { Side } from '../model/order-types.js'
import type { ExecKey } from '../orders/trade-pool.js'
import type { VenueFillReport, VenueOrderReport } from '../orders/venue-reports.js'
import type { ReconcileMemory } from './inputs.js'

/** Who an inference or a closing fact comes from. */
export type ActionSource = 'venue' | 'inferred'

/**
 * One event to fold, named by the client order id it is for. Within an order they come as: accepted, updated, triggered,
 * fills by venue time, inferred fill, inferred busts, works, requests over; what closes it comes last.
 */
export type ReconcileAction =
  | { readonly kind: 'accepted'; readonly order: string; readonly venueOrderId: string | number; readonly tsUs: number }
  | {
      readonly kind: 'updated'
      readonly order: string
      readonly generation: number
      readonly quantityUnits: number
      /** NaN where the order has none. */
      readonly priceUnits: number
      readonly triggerUnits: number
      readonly venueOrderId: string | number
      readonly tsUs: number
    }
  | { readonly kind: 'triggered'; readonly order: string; readonly tsUs: number }
  | { readonly kind: 'filled'; readonly order: string; readonly fill: VenueFillReport }
  | {
      readonly kind: 'inferred_fill'
      readonly order: string
      /** Deterministic: the same conclusion from the same reports has the same id after a restart. */
      readonly exec: string
      readonly quantityUnits: number
      readonly priceUnits: number
      /** The traded total up to which it reaches; real trades beyond what was known consume it from below. */
      readonly basisUnits: number
      /** As in `Liquidity`. Its commission is not known, which is not zero. */
      readonly liquidity: number
      readonly tsUs: number
    }
  /** The venue's complete history lacks an execution that we booked. */
  | { readonly kind: 'inferred_bust'; readonly order: string; readonly exec: ExecKey; readonly tsUs: number }
  /** The venue says that it works, though it was unknown or we had concluded that it was closed. */
  | { readonly kind: 'works'; readonly order: string; readonly tsUs: number }
  | {
      readonly kind: 'canceled' | 'expired'
      readonly order: string
      readonly source: ActionSource
      readonly cumulativeUnits: number
      readonly reason: string
      readonly tsUs: number
    }
  | {
      readonly kind: 'rejected'
      readonly order: string
      readonly source: ActionSource
      readonly reason: string
      readonly tsUs: number
    }
  | { readonly kind: 'unknown'; readonly order: string; readonly reason: UnknownReason; readonly tsUs: number }
  /** An order that is filled has a change to more under way, and the venue does not work it: the change is over. */
  | { readonly kind: 'requests_over'; readonly order: string; readonly tsUs: number }
  /** Makes an order of ours out of one that somebody else sent. The actions after it are for its id. */
  | { readonly kind: 'adopt'; readonly order: string; readonly owner: string; readonly report: VenueOrderReport }
  /** An execution of an order that is not ours and is not adopted: to be booked for its owner. */
  | { readonly kind: 'external_fill'; readonly owner: string; readonly fill: VenueFillReport }
  | {
      readonly kind: 'adjust_position'
      readonly account: string
      readonly instrument: number
      readonly owner: string
      readonly exec: string
      readonly side: Side
      readonly quantityUnits: number
      /** Absent when no rule gives a price: to be booked at the market. */
      readonly priceUnits?: number
    }
  | { readonly kind: 'halt'; readonly account: string; readonly instrument: number; readonly reason: FindingKind }

/** Why an order's fate is not known. */
export type UnknownReason = 'NO_ACKNOWLEDGEMENT' | 'NOT_FOUND' | 'LOST_AT_VENUE'

/** What was found, beside the events. */
export type FindingKind =
  | 'venue_behind'
  | 'fill_conflict'
  | 'fill_without_price'
  | 'closed_but_works_at_venue'
  | 'filled_but_open_at_venue'
  | 'missing_execution'
  | 'lost_at_venue'
  | 'not_acknowledged'
  | 'proven_absent'
  | 'request_overdue'
  | 'external_order'
  | 'external_fill'
  | 'unknown_order_fill'
  | 'position_mismatch'
  | 'balance_drift'
  | 'query_failed'
  | 'side_mismatch'

/** Something to tell the host. `alert` wants somebody to look at it. */
export interface Finding {
  readonly kind: FindingKind
  readonly severity: 'info' | 'alert'
  readonly account?: string
  readonly instrument?: number
  readonly order?: string
  /** Numbers and ids that belong to it. */
  readonly details: Readonly<Record<string, string | number>>
}

/** A question to ask the venue before the next round. */
export type FollowUp =
  | {
      readonly kind: 'order'
      readonly order: string
      readonly venueOrderId?: string | number
      readonly notBeforeUs: number
    }
  | { readonly kind: 'fills'; readonly sinceUs: number }
  | { readonly kind: 'account' }

/** The result of a round. */
export interface ReconcileResult {
  readonly actions: readonly ReconcileAction[]
  readonly findings: readonly Finding[]
  readonly followUps: readonly FollowUp[]
  /** To be handed to the next round. */
  readonly memory: ReconcileMemory
  /** Orders of ours that were compared, and those left alone because they moved just now. */
  readonly comparedOrders: number
  readonly skippedOrders: readonly string[]
}

/** Collects the parts of a result while a round runs. */
export interface Draft {
  readonly actions: ReconcileAction[]
  readonly findings: Finding[]
  readonly followUps: FollowUp[]
}
