/** What a router learns from an analysis: how much of what it sends to a venue is filled there. */
import type { TcaReport } from './report.js'

/**
 * Fill rates by venue for the `fillRate` option of a smart order router; undefined for venues with fewer orders than
 * `leastOrders` (20 unless given), of which nothing is known yet.
 */
export function fillRateFeedback(
  report: Pick<TcaReport, 'venues'>,
  { leastOrders = 20 }: { leastOrders?: number } = {},
): (venue: string) => number | undefined {
  const rates = new Map<string, number>()
  for (const { venue, ordersSent, fillRate } of report.venues)
    if (fillRate !== null && ordersSent >= leastOrders) rates.set(venue, fillRate)
  return (venue) => rates.get(venue)
}
