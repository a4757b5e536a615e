/**
 * What happens when a consumer is slower than the producer. The policy and its accounting belong to the consumer, so one
 * ring can feed a strategy that must see everything, a recorder that must not stop the feed, and a screen that only wants
 * the latest value.
 *
 *   backpressure   nothing is lost: publish returns false while the consumer's oldest event would be overwritten.
 *   dropOldest     the producer never waits: the oldest queued events are lost and counted.
 *   conflate       a quote, bar or trading status that a newer one of its key replaced while queued is skipped. Trades,
 *                  books and notes are never conflated. What still does not fit is dropped, the oldest first.
 *
 * Keys: quotes and statuses conflate per instrument and source. Bars conflate per instrument, source, interval and open
 * time: a newer state of the same bar replaces an older one, and the final state of a bar is never replaced by the next
 * bar. The newest value keeps its own place in the total order.
 *
 * One rule stands above the policies: rows that a handler is looking at are never overwritten. A handler that publishes
 * so much that its own batch would be hit is refused (publish returns false) whatever the policy.
 */

/** Overflow policies by name. */
export const overflowPolicies = ['backpressure', 'dropOldest', 'conflate'] as const

/** Overflow policy of a consumer. */
export type OverflowPolicy = (typeof overflowPolicies)[number]

/**
 * Counters of a consumer. At every instant `offered = delivered + dropped + conflated + filtered + queued`.
 * All are exact integers up to 2^53.
 */
export interface ConsumerCounters {
  /** Events published since the consumer was added (until it was closed). */
  readonly offered: number
  /** Events that went through the handlers, and events of kinds without a handler that were passed over. */
  readonly delivered: number
  /** Events lost because the ring overran the consumer, or because it was closed with events still queued. */
  readonly dropped: number
  /** Events skipped because a newer one of the same key replaced them. */
  readonly conflated: number
  /** Events that did not pass the consumer's filter; there only where it has one. */
  readonly filtered?: number
  /** Events waiting. A replaced event counts here until the consumer passes it: conflation is lazy. */
  readonly queued: number
}
