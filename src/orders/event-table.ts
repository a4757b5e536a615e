/**
 * Which event adds which fact to an order, and what happens beside it: the other half of the order machine's
 * specification, next to `lifecycleRules`. docs/order-states.md is made from both.
 */

/** One kind of event. */
export interface EventRow {
  readonly event: string
  /** The function that applies it: of fold.ts, fold-requests.ts, fold-trades.ts or fold-restated.ts. */
  readonly fold: string
  /** The fact it adds. */
  readonly fact: string
  /** What else holds. */
  readonly beside: string
}

const row = (event: string, fold: string, fact: string, beside: string): EventRow => ({ event, fold, fact, beside })

/** All kinds of events, in the order in which an order may meet them. */
export const eventTable: readonly EventRow[] = [
  row('Denied', 'foldDenied', 'denied', 'Our own side refused it; it was never sent.'),
  row('Emulated', 'foldEmulated', 'emulated', 'It is held here until its trigger.'),
  row('Released', 'foldReleased', 'released', 'Its local trigger was hit.'),
  row('Submitted', 'foldSubmitted', 'submitted', 'The journal holds the intent before the connector is called.'),
  row(
    'OutcomeUnknown',
    'foldUnknown',
    'unknown, as of now',
    'It counts fully in exposure; a cancel or a query is possible, sending it again is not. Any later venue fact ends it.',
  ),
  row('Accepted', 'foldAccepted', 'accepted', 'Never moves a status backwards. The venue order id is kept.'),
  row(
    'Rejected',
    'foldRejected',
    'rejected',
    'Concluded (never found at the venue), it yields to any later venue fact.',
  ),
  row('Triggered', 'foldTriggered', 'triggered', 'For types with a trigger.'),
  row(
    'Works',
    'foldWorks',
    'works, as of now',
    'A venue report that it works: outranks earlier conclusions, busts and corrections.',
  ),
  row(
    'UpdateRequested, CancelRequested',
    'foldRequest',
    'a request under way',
    'While an update is under way the larger of old and new quantity counts in exposure.',
  ),
  row('UpdateRejected, CancelRejected', 'foldRequestRejected', 'that request is over', 'Never an error.'),
  row(
    'Updated',
    'foldUpdated',
    'terms of its generation',
    'Of several confirmations the highest generation holds, then the later venue time. May carry a new venue order id.',
  ),
  row(
    'Filled',
    'foldTrade',
    'a trade, by execution id',
    'Counts in every state and once. The same id with other terms is a conflict: the first stands until the venue is asked.',
  ),
  row(
    'Filled (inferred)',
    'foldTrade',
    'a trade up to a total',
    'Real trades that come later take its place, from below.',
  ),
  row(
    'FillCorrected',
    'foldCorrected',
    'other terms of a trade',
    'Kept even when it comes before its trade. Of several the latest by venue time holds.',
  ),
  row('FillBusted', 'foldBusted', 'a trade is void', 'Kept even when it comes before its trade.'),
  row(
    'Canceled, Expired',
    'foldClosed',
    'canceled or expired',
    'If both are reported, the earlier by venue time names it. Concluded, it yields to a later report that the order works.',
  ),
]
