/**
 * An order of ours that the venue does not show.
 *
 * | we believe | evidence | outcome |
 * |---|---|---|
 * | never sent, or closed | any | nothing: normal |
 * | any | only open orders were listed, or the list does not reach back to its submission | a single-order query |
 * | sent, no acknowledgement in time | no answer about it | UNKNOWN (NO_ACKNOWLEDGEMENT), and the query |
 * | never acknowledged | not found once | UNKNOWN (NOT_FOUND), asked again after the venue's grace |
 * | never acknowledged | not found twice, a grace apart, complete fills without a fill, position as ours | REJECTED (inferred) |
 * | acknowledged | not found twice, a grace apart, or by a single-order query | UNKNOWN (LOST_AT_VENUE), instrument halted, alert; CANCELED (inferred) only where the venue's policy is to infer |
 * | cancel or update under way | any of it | as above; the request stays in flight, nothing is asserted about it |
 */
import type { UnknownReason } from './actions.js'
import { find, halt, isClosedStatus, type Round } from './found-order.js'
import type { LocalOrder, ReconcileMemory } from './inputs.js'
import type { OrderEvidence } from './venue-view.js'

type Absence = { readonly count: number; readonly firstAtUs: number; readonly lastAtUs: number }

const neverSent: ReadonlySet<string> = new Set(['INITIALIZED', 'DENIED', 'EMULATED', 'RELEASED'])

/** What the answers say about an order without a report: that it is absent, or nothing. */
type Silence = 'absent_asked' | 'absent_listed' | 'not_covered' | 'not_answered'

/** Whether an order can be expected at the venue at all. */
export function isExpectedAtVenue(order: LocalOrder): boolean {
  return !neverSent.has(order.status) && !isClosedStatus(order.status)
}

function silenceOf(round: Round, order: LocalOrder): Silence {
  const { orders, notFound } = round.answers
  if (notFound?.includes(order.clientOrderId)) return 'absent_asked'
  if (orders === undefined) return 'not_answered'
  return orders.coverage === 'history' && orders.sinceUs <= order.submittedAtUs ? 'absent_listed' : 'not_covered'
}

/** Resolves an order that was not found, as far as the evidence goes. Returns what to remember about it. */
export function reconcileAbsentOrder(
  round: Round,
  order: LocalOrder,
  evidence: OrderEvidence | undefined,
  memory: ReconcileMemory,
  isPositionAsOurs: boolean,
): Absence | undefined {
  if (!isExpectedAtVenue(order) || isFilledBy(order, evidence)) return undefined
  const known = memory.absences.get(order.clientOrderId)
  const silence = silenceOf(round, order)
  if (silence === 'not_covered' || silence === 'not_answered') {
    declareUnacknowledged(round, order)
    ask(round, order, round.answers.answeredAtUs)
    return known
  }
  const now = round.answers.askedAtUs
  const absence: Absence = { count: (known?.count ?? 0) + 1, firstAtUs: known?.firstAtUs ?? now, lastAtUs: now }
  const grace = round.policy.venueGraceUs ?? 5_000_000
  const isTwice = absence.count >= 2 && absence.lastAtUs - absence.firstAtUs >= grace
  const isKnownToVenue = order.venueFacts.accepted || order.tradedUnits > 0 || (evidence?.fills.length ?? 0) > 0
  if (isKnownToVenue) resolveLost(round, order, isTwice, silence === 'absent_asked')
  else resolveUnacknowledged(round, order, isTwice && isWithoutFill(round, order) && isPositionAsOurs)
  if (!isTwice || round.policy.notFound !== 'infer') ask(round, order, absence.firstAtUs + grace)
  return absence
}

/** Whether fills without a report complete the order: then it is gone from the book because it is filled. */
function isFilledBy(order: LocalOrder, evidence: OrderEvidence | undefined): boolean {
  const known = new Set(order.trades.flatMap((trade) => [trade.exec, ...(trade.aliases ?? [])]))
  const fills = evidence?.fills.filter((fill) => fill.side === order.side && !known.has(fill.exec)) ?? []
  const newUnits = fills.reduce((sum, fill) => sum + fill.quantityUnits, 0)
  return order.filledUnits + Math.max(0, newUnits - order.inferredUnits) >= order.quantityUnits
}

/** Whether the venue vouches that the order has no fill: it has none among complete fills since its submission. */
function isWithoutFill(round: Round, order: LocalOrder): boolean {
  const { fills } = round.answers
  return fills?.complete === true && fills.sinceUs <= order.submittedAtUs
}

function declareUnacknowledged(round: Round, order: LocalOrder): void {
  const age = round.answers.askedAtUs - order.submittedAtUs
  if (order.status !== 'SUBMITTED' || age < (round.policy.overdueUs ?? 5_000_000)) return
  declareUnknown(round, order, 'NO_ACKNOWLEDGEMENT')
  find(round, 'not_acknowledged', 'alert', order, { ageUs: age })
}

function resolveUnacknowledged(round: Round, order: LocalOrder, isProven: boolean): void {
  if (!isProven) {
    declareUnknown(round, order, 'NOT_FOUND')
    return
  }
  find(round, 'proven_absent', 'info', order)
  const reason = 'never reached the venue: not found twice in complete answers, no fill, position unchanged'
  round.draft.actions.push({
    kind: 'rejected',
    order: order.clientOrderId,
    source: 'inferred',
    reason,
    tsUs: round.answers.answeredAtUs,
  })
}

function resolveLost(round: Round, order: LocalOrder, isTwice: boolean, wasAsked: boolean): void {
  if (!isTwice && !wasAsked) return
  if (round.policy.notFound === 'infer') {
    if (!isTwice) return
    const reason = 'gone from the book of a venue that is known to purge it'
    const cumulativeUnits = order.filledUnits
    round.draft.actions.push({
      kind: 'canceled',
      order: order.clientOrderId,
      source: 'inferred',
      cumulativeUnits,
      reason,
      tsUs: round.answers.answeredAtUs,
    })
    return
  }
  find(round, 'lost_at_venue', 'alert', order, { venueOrderId: order.venueOrderIds.at(-1) ?? '' })
  halt(round, order.account, order.instrument, 'lost_at_venue')
  declareUnknown(round, order, 'LOST_AT_VENUE')
}

function declareUnknown(round: Round, order: LocalOrder, reason: UnknownReason): void {
  // Executions taken over in this round are venue facts that would end an UNKNOWN: then it is said again, after them.
  const hasNews = round.draft.actions.some((action) => action.kind === 'filled' && action.order === order.clientOrderId)
  if (order.status === 'UNKNOWN' && !hasNews) return
  round.draft.actions.push({ kind: 'unknown', order: order.clientOrderId, reason, tsUs: round.answers.answeredAtUs })
}

/** Asks for one order, within the bound of a round. */
export function ask(round: Round, order: LocalOrder, notBeforeUs: number): void {
  const asked = round.draft.followUps.filter((followUp) => followUp.kind === 'order')
  if (
    asked.length >= (round.policy.maxOrderQueries ?? 10) ||
    asked.some((followUp) => followUp.order === order.clientOrderId)
  )
    return
  const venueOrderId = order.venueOrderIds.at(-1)
  round.draft.followUps.push({
    kind: 'order',
    order: order.clientOrderId,
    ...(venueOrderId === undefined ? {} : { venueOrderId }),
    notBeforeUs,
  })
}
