/**
 * What a venue tells of closed orders whose records were taken over by others. Who they were is remembered for a while longer
 * (identities.ts), then not even that. Venues tell of whole days: what they tell of such orders must neither be booked a
 * second time nor be taken for somebody else's.
 *
 *   order remembered, execution booked            known: nothing follows
 *   order remembered, execution new               booked now
 *   nobody known, from before what is remembered  nothing follows; the position tells whether one was missed
 *   nobody known, after that                      somebody else's: left to reconciliation, which books and tells it
 */
import type { BaseConnector } from '../connector/base-connector.js'
import type { VenueFillReport } from '../orders/venue-reports.js'
import type { VenueAnswers } from '../reconcile/inputs.js'
import { isMadeForFill } from './external-orders.js'
import { knownOwner, namelessRows } from './known-owner.js'
import type { OrderCore } from './order-core.js'
import type { ReportIntake } from './report-intake.js'

/** Answers that speak of known orders, and of those of others; and what is to be said about the rest. */
export interface RememberedAnswers {
  readonly answers: VenueAnswers
  readonly lines: readonly string[]
}

/**
 * Takes out of a venue's answers what is told of forgotten orders, and books what is new of it. `rows`: the connector's orders
 * that are on record now.
 */
export function withoutForgotten(
  core: OrderCore,
  intake: ReportIntake,
  connector: BaseConnector,
  rows: () => readonly number[],
  answers: VenueAnswers,
): RememberedAnswers {
  for (;;) {
    const { lastNumber } = core.table
    const remembered = passOver(core, intake, connector, rows(), answers)
    // What was booked took records: other orders may be forgotten for them.
    if (core.table.lastNumber === lastNumber) return remembered
  }
}

function passOver(
  core: OrderCore,
  intake: ReportIntake,
  connector: BaseConnector,
  rows: readonly number[],
  answers: VenueAnswers,
): RememberedAnswers {
  const { identities, table } = core
  if (identities.isEmpty) return { answers, lines: [] }
  const reachUs = identities.reachUs(connector.source)
  const external = core.externalExecs.of(connector.source)
  const numberOf = ownersIn(core, connector.source, rows, answers)
  const isForgotten = (number: number) => number > 0 && table.rowOf(number) < 0
  const isLongAgo = (number: number, tsUs: number) => number === 0 && tsUs <= reachUs
  let doubtful = 0
  const fills = answers.fills?.reports.flatMap((fill) => {
    const { clientOrderId, venueOrderId, exec, quantityUnits, priceUnits, liquidity, tsUs } = fill
    const number = numberOf(clientOrderId, venueOrderId)
    if (!isForgotten(number)) {
      if (external.has(exec) || !isLongAgo(number, tsUs)) return fill
      doubtful++
      return []
    }
    const memory = identities.recall(number, exec)
    // Nothing that was booked of orders beyond memory is as young.
    if (memory === 'forgotten' && tsUs > reachUs) return external.has(exec) ? [] : unnamed(fill)
    const { feeUnits = Number.NaN, feeCurrency = '' } = fill
    if (memory === 'new') intake.filled(number, exec, quantityUnits, priceUnits, feeUnits, feeCurrency, liquidity, tsUs)
    return []
  })
  const orders = answers.orders?.reports.filter(({ state, clientOrderId, venueOrderId, tsUs }) => {
    const number = numberOf(clientOrderId, venueOrderId)
    if (state !== 'working' && state !== 'triggered') return !isForgotten(number) && !isLongAgo(number, tsUs)
    return !isForgotten(number) || !identities.isOld(number, tsUs)
  })
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

/** An execution by itself: nobody here knows its order any more, and the other executions of that were booked. */
function unnamed({ clientOrderId: _, venueOrderId: __, ...fill }: VenueFillReport): VenueFillReport {
  return fill
}

/** Tells whose a report is, by our id and the venue's: the number of the order of ours, 0 for all others. */
type NumberOf = (clientOrderId: string | undefined, venueOrderId: string | number | undefined) => number

/**
 * Whose the reports of some answers are. An order whose acknowledgement was missed is known by what the answers tell with both
 * ids, or by an execution that we know of it.
 */
function ownersIn(core: OrderCore, source: number, rows: readonly number[], answers: VenueAnswers): NumberOf {
  const { identities, ids, table } = core
  const numbers = new Map<string | number, number>()
  const byClientId = (clientOrderId: string | undefined) =>
    clientOrderId === undefined ? 0 : ids.numberOf(clientOrderId)
  for (const { clientOrderId, venueOrderId } of answers.orders?.reports ?? []) {
    const number = byClientId(clientOrderId)
    if (number > 0) numbers.set(venueOrderId, number)
  }
  for (const row of rows) {
    const venueOrderId = table.venueOrderId(row)
    // A record that was made for an execution knows nothing of those before it.
    if (venueOrderId !== undefined && !isMadeForFill(table, row)) numbers.set(venueOrderId, table.cells[row])
  }
  const nameless = namelessRows(core, source, rows)
  const byVenueId = (id: string | number) => numbers.get(id) ?? identities.numberOf(source, id)
  for (const fill of answers.fills?.reports ?? []) {
    const { clientOrderId, venueOrderId } = fill
    if (byClientId(clientOrderId) > 0 || venueOrderId === undefined || byVenueId(venueOrderId) > 0) continue
    const number = knownOwner(core, source, nameless, fill)
    if (number > 0) numbers.set(venueOrderId, number)
  }
  return (clientOrderId, venueOrderId) => {
    const own = byClientId(clientOrderId)
    return own > 0 || venueOrderId === undefined ? own : byVenueId(venueOrderId)
  }
}
