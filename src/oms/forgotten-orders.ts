/**
 * What a venue tells of closed orders whose records were taken over by others. Who they were is remembered for a while longer
 * (identities.ts), then not even that. Venues tell of whole days: what they tell of such orders must neither be booked a
 * second time nor be taken for somebody else's.
 *
 *   order remembered, execution booked            known: nothing follows
 *   order remembered, execution new               booked now
 *   nobody known, from before what is remembered  nothing follows; the position tells whether one was missed
 *   nobody known, after that                      somebody else's: left to reconciliation
 */
import type { BaseConnector } from '../connector/base-connector.js'
import type { VenueAnswers } from '../reconcile/inputs.js'
import type { OrderCore } from './order-core.js'
import type { ReportIntake } from './report-intake.js'

/** Answers that speak of known orders, and of those of others; and what is to be said about the rest. */
export interface RememberedAnswers {
  readonly answers: VenueAnswers
  readonly lines: readonly string[]
}

/** Takes out of a venue's answers what is told of forgotten orders. `rows`: the connector's orders that are on record. */
export function withoutForgotten(
  core: OrderCore,
  intake: ReportIntake,
  connector: BaseConnector,
  rows: readonly number[],
  answers: VenueAnswers,
): RememberedAnswers {
  const { identities, ids, table } = core
  if (identities.isEmpty) return { answers, lines: [] }
  const reachUs = identities.reachUs(connector.source)
  const external = core.externalExecs.of(connector.source)
  const onRecord = new Set(rows.map((row) => table.venueOrderId(row)))
  const numberOf = (clientOrderId: string | undefined) =>
    clientOrderId === undefined ? 0 : ids.numberOf(clientOrderId)
  /** Number of an order of ours whose record was taken over; 0 for all others. */
  const forgotten = (clientOrderId: string | undefined, venueOrderId: string | number | undefined): number => {
    const known = numberOf(clientOrderId)
    if (known > 0) return table.rowOf(known) < 0 ? known : 0
    if (venueOrderId === undefined || onRecord.has(venueOrderId)) return 0
    return identities.numberOf(connector.source, venueOrderId)
  }
  const isLongAgo = (clientOrderId: string | undefined, venueOrderId: string | number | undefined, tsUs: number) =>
    tsUs <= reachUs && numberOf(clientOrderId) === 0 && (venueOrderId === undefined || !onRecord.has(venueOrderId))
  let doubtful = 0
  const fills = answers.fills?.reports.filter((fill) => {
    const { clientOrderId, venueOrderId, exec, quantityUnits, priceUnits, liquidity, tsUs } = fill
    const number = forgotten(clientOrderId, venueOrderId)
    if (number === 0) {
      if (external.has(exec) || !isLongAgo(clientOrderId, venueOrderId, tsUs)) return true
      doubtful++
      return false
    }
    const { feeUnits = Number.NaN, feeCurrency = '' } = fill
    if (identities.recall(number, exec) === 'new')
      intake.filled(number, exec, quantityUnits, priceUnits, feeUnits, feeCurrency, liquidity, tsUs)
    return false
  })
  const orders = answers.orders?.reports.filter(
    ({ state, clientOrderId, venueOrderId, tsUs }) =>
      state === 'working' ||
      state === 'triggered' ||
      (forgotten(clientOrderId, venueOrderId) === 0 && !isLongAgo(clientOrderId, venueOrderId, tsUs)),
  )
  return {
    answers: {
      ...answers,
      ...(answers.fills === undefined || fills === undefined ? {} : { fills: { ...answers.fills, reports: fills } }),
      ...(answers.orders === undefined || orders === undefined
        ? {}
        : { orders: { ...answers.orders, reports: orders } }),
    },
    lines:
      doubtful === 0
        ? []
        : [
            `${doubtful} executions are from before ${new Date(reachUs / 1_000).toISOString()}, up to when orders are not remembered (limits.orders): they are taken for our own, and booked`,
          ],
  }
}
