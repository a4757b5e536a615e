/**
 * Reconciliation: what we believe against what the venue says, as one pure function from both to the events that bring us
 * in line. Nothing is sent, nothing is stored; the same inputs give the same result.
 *
 * What always holds:
 * - No closing without evidence: a venue's report, or the proofs named in absent-order.ts. A time-out proves nothing.
 * - An execution is never dropped, and the venue's silence never means zero.
 * - After the actions are folded, the filled quantity of an order is the venue's total, unless the venue has less.
 * - A second round over the same answers has no actions.
 */
import type { VenueOrderReport } from '../orders/venue-reports.js'
import { ask, isExpectedAtVenue, reconcileAbsentOrder } from './absent-order.js'
import type { ReconcileResult } from './actions.js'
import { compareBalances } from './balances.js'
import { bookExternally, find, halt, ownerOf, type Round, reconcileFoundOrder } from './found-order.js'
import {
  type BalanceMemory,
  emptyMemory,
  haltKey,
  type LocalOrder,
  type LocalState,
  type ReconcileMemory,
  type ReconcilePolicy,
  type VenueAnswers,
} from './inputs.js'
import { comparePositions, reconcilePositions } from './positions.js'
import { postponeUnclear } from './unclear-fills.js'
import { executionKey, type VenueView, venueKey, viewOf } from './venue-view.js'

/** Compares our side with the venue's answers. */
export function reconcile(
  local: LocalState,
  answers: VenueAnswers,
  policy: ReconcilePolicy,
  memory: ReconcileMemory = emptyMemory,
): ReconcileResult {
  const round: Round = { local, answers, policy, draft: { actions: [], findings: [], followUps: [] } }
  const inScope = local.orders.filter((order) => answers.accounts.includes(order.account))
  const view = viewOf(inScope, answers)
  const skipped: string[] = []
  const absent: LocalOrder[] = []
  for (const order of inScope) {
    const evidence = view.byOrder.get(order.clientOrderId)
    const isQuiet = isQuietOrder(round, order)
    if (!isQuiet) skipped.push(order.clientOrderId)
    if (!isQuiet) {
      if (evidence !== undefined) reconcileFoundOrder(round, order, evidence, isQuiet)
      continue
    }
    const filledUnits = reconcileFoundOrder(round, order, evidence ?? { report: undefined, fills: [] }, isQuiet)
    if (evidence?.report === undefined) absent.push(order)
    tellOverdueRequests(round, order)
    endMootRequests(round, order, filledUnits, evidence?.report)
  }
  const before = view.externalFills
  const unclear = postponeUnclear(round, view, memory)
  reconcileExternal(round, view)
  tellFailedQueries(round)
  const moving = new Set(
    inScope.filter((order) => !isQuietOrder(round, order)).map((order) => haltKey(order.account, order.instrument)),
  )
  for (const fill of before) if (unclear.has(executionKey(fill))) moving.add(haltKey(fill.account, fill.instrument))
  const compared = comparePositions(round, round.draft.actions)
  // Where something moves right now, the two sides are not of one moment.
  for (const key of moving) compared?.delete(key)
  const absences = reconcileAbsent(round, view, absent, memory, (order) => {
    const key = haltKey(order.account, order.instrument)
    const row = compared?.get(key)
    return compared !== undefined && !moving.has(key) && (row === undefined || row.oursUnits === row.venueUnits)
  })
  for (const order of skipped) keep(absences, order, memory)
  const mismatches = reconcilePositions(round, compared, memory)
  const balances = reconcileBalances(round, memory, skipped.length === 0)
  return {
    ...round.draft,
    memory: { absences, mismatches, balances, unclear },
    comparedOrders: inScope.length - skipped.length,
    skippedOrders: skipped,
  }
}

/** Looks at balances where our books are the venue's: nothing moves, and nothing is left to be booked. */
function reconcileBalances(round: Round, memory: ReconcileMemory, isQuiet: boolean): BalanceMemory {
  const known = memory.balances ?? new Map()
  const { answers, local, policy, draft } = round
  if (answers.account?.balances === undefined || local.cash === undefined) return known
  const reports = answers.account.balances.filter(
    ({ account, currency }) => answers.accounts.includes(account) && local.untrackedCurrencies?.has(currency) !== true,
  )
  const isSettled = isQuiet && draft.actions.length === 0
  const result = compareBalances(reports, local.cash, known, isSettled, policy.balanceTolerance)
  for (const finding of result.findings) draft.findings.push(finding)
  return result.memory
}

type Absences = Map<string, { readonly count: number; readonly firstAtUs: number; readonly lastAtUs: number }>

function keep(absences: Absences, order: string, memory: ReconcileMemory): void {
  const known = memory.absences.get(order)
  if (known !== undefined) absences.set(order, known)
}

function reconcileAbsent(
  round: Round,
  view: VenueView,
  absent: readonly LocalOrder[],
  memory: ReconcileMemory,
  isPositionAsOurs: (order: LocalOrder) => boolean,
): Absences {
  const absences: Absences = new Map()
  for (const order of absent) {
    const absence = reconcileAbsentOrder(
      round,
      order,
      view.byOrder.get(order.clientOrderId),
      memory,
      isPositionAsOurs(order),
    )
    if (absence !== undefined) absences.set(order.clientOrderId, absence)
  }
  return absences
}

/** Whether an order has been left alone long enough for the answers to be about the state that we see. */
function isQuietOrder(round: Round, order: LocalOrder): boolean {
  if (round.policy.phase === 'startup') return true
  return round.answers.askedAtUs - order.lastActivityUs >= (round.policy.activityThresholdUs ?? 5_000_000)
}

/** Requests without an answer stay in flight, whatever their age: only the venue ends them. */
function tellOverdueRequests(round: Round, order: LocalOrder): void {
  if (!isExpectedAtVenue(order)) return
  for (const request of order.requests) {
    const age = round.answers.askedAtUs - request.sentAtUs
    if (age < (round.policy.overdueUs ?? 5_000_000)) continue
    find(round, 'request_overdue', 'alert', order, {
      request: request.kind,
      generation: request.generation,
      ageUs: age,
    })
    ask(round, order, round.answers.answeredAtUs)
  }
}

/**
 * A filled order keeps its reservation while a change to more is under way. Where the venue lists its orders and this one
 * does not work there, it was filled as it was, and the change has nothing left to change.
 */
function endMootRequests(
  round: Round,
  order: LocalOrder,
  filledUnits: number,
  report: VenueOrderReport | undefined,
): void {
  const { answers, draft } = round
  if (
    answers.orders === undefined ||
    (report === undefined ? filledUnits < order.quantityUnits : report.state !== 'filled')
  )
    return
  const isAsking = order.requests.some(
    ({ kind, quantityUnits = 0 }) => kind === 'update' && quantityUnits > filledUnits,
  )
  if (!isAsking) return
  draft.actions.push({ kind: 'requests_over', order: order.clientOrderId, tsUs: report?.tsUs ?? answers.answeredAtUs })
}

function tellFailedQueries(round: Round): void {
  for (const query of ['orders', 'fills'] as const) {
    if (round.answers[query] !== undefined) continue
    round.draft.findings.push({
      kind: 'query_failed',
      severity: 'alert',
      details: { connector: round.answers.connector, query },
    })
  }
}

/** Orders and executions that are not ours. */
function reconcileExternal(round: Round, view: VenueView): void {
  const policy = round.policy.externalOrders ?? 'observe'
  const adopted = new Set<string>()
  for (const [key, report] of view.externalOrders) {
    const fills = view.externalFills.filter(
      (fill) => fill.venueOrderId !== undefined && venueKey(fill.account, fill.venueOrderId) === key,
    )
    const isOpen = report.state === 'working' || report.state === 'triggered'
    if (isOpen || fills.length > 0) tellExternalOrder(round, report, policy)
    const isKnown = fills.some((fill) => round.local.externalExecs?.has(fill.exec))
    if (policy !== 'adopt' || !isOpen || isKnown) continue
    adopted.add(key)
    const order = externalOrder(report)
    round.draft.actions.push({
      kind: 'adopt',
      order: order.clientOrderId,
      owner: ownerOf(round, report.instrument, report.account),
      report,
    })
    reconcileFoundOrder(round, order, { report, fills }, true)
  }
  for (const fill of view.externalFills) {
    const key = fill.venueOrderId === undefined ? undefined : venueKey(fill.account, fill.venueOrderId)
    if (key !== undefined && adopted.has(key)) continue
    const isOfKnownOrder = key !== undefined && view.externalOrders.has(key)
    const isNew = round.local.externalExecs?.has(fill.exec) !== true
    if (isNew) tellExternalFill(round, fill, isOfKnownOrder)
    // An order that the venue does not list either is nobody's choice to ignore: it is booked and looked at.
    if (policy !== 'ignore' || !isOfKnownOrder) bookExternally(round, fill)
    if (isNew && !isOfKnownOrder && round.answers.orders !== undefined)
      halt(round, fill.account, fill.instrument, 'unknown_order_fill')
  }
}

function tellExternalOrder(round: Round, report: VenueOrderReport, policy: string): void {
  round.draft.findings.push({
    kind: 'external_order',
    severity: 'info',
    account: report.account,
    instrument: report.instrument,
    details: { venueOrderId: report.venueOrderId, side: report.side, quantityUnits: report.quantityUnits, policy },
  })
}

function tellExternalFill(round: Round, fill: VenueView['externalFills'][number], isOfKnownOrder: boolean): void {
  round.draft.findings.push({
    kind: isOfKnownOrder ? 'external_fill' : 'unknown_order_fill',
    severity: isOfKnownOrder ? 'info' : 'alert',
    account: fill.account,
    instrument: fill.instrument,
    details: { exec: fill.exec, side: fill.side, quantityUnits: fill.quantityUnits, priceUnits: fill.priceUnits },
  })
}

/** The id under which an external order is adopted: from the venue's, so that it is the same after a restart. */
export function externalOrderId(account: string, venueOrderId: string | number): string {
  return `EXT-${account}-${venueOrderId}`
}

/** An external order as if it were ours and we knew nothing of it yet. */
function externalOrder(report: VenueOrderReport): LocalOrder {
  return {
    clientOrderId: externalOrderId(report.account, report.venueOrderId),
    venueOrderIds: [],
    account: report.account,
    instrument: report.instrument,
    side: report.side,
    type: report.type,
    postOnly: false,
    status: 'SUBMITTED',
    isClosedByInference: false,
    venueFacts: { accepted: false, triggered: false, rejected: false, canceled: false, expired: false },
    quantityUnits: report.quantityUnits,
    ...(report.priceUnits === undefined ? {} : { priceUnits: report.priceUnits }),
    ...(report.triggerUnits === undefined ? {} : { triggerUnits: report.triggerUnits }),
    termGeneration: 0,
    termTsUs: 0,
    filledUnits: 0,
    tradedUnits: 0,
    inferredUnits: 0,
    trades: [],
    requests: [],
    submittedAtUs: report.tsUs,
    lastActivityUs: 0,
  }
}
