/**
 * An order of ours that the venue reports on: what has to be folded so that we agree.
 *
 * Only what the venue said, or what follows from its totals, becomes an event; what contradicts us without saying how it
 * came about becomes a finding. Reports of pending states say nothing about the outcome and change nothing.
 */
import { Decimal } from '../model/decimal.js'
import type { ExecKey } from '../orders/trade-pool.js'
import type { VenueFillReport, VenueOrderReport } from '../orders/venue-reports.js'
import type { Draft, FindingKind } from './actions.js'
import { deterministicId, inferredLiquidity, inferredPrice } from './inferred-fill.js'
import {
  haltKey,
  type LocalOrder,
  type LocalRequest,
  type LocalState,
  type LocalTrade,
  type ReconcilePolicy,
  type VenueAnswers,
} from './inputs.js'
import type { OrderEvidence } from './venue-view.js'

/** What a round works with. */
export interface Round {
  readonly local: LocalState
  readonly answers: VenueAnswers
  readonly policy: ReconcilePolicy
  readonly draft: Draft
}

/** Quantities of an order while its fills are gone through. */
interface Filled {
  filledUnits: number
  tradedUnits: number
  inferredUnits: number
  valueUnits: Decimal
  /** Inferences that were taken back, in this round and before. */
  takenBack: number
}

const closedStatuses: ReadonlySet<string> = new Set(['DENIED', 'FILLED', 'CANCELED', 'REJECTED', 'EXPIRED'])

/** Whether a status is final. */
export function isClosedStatus(status: string): boolean {
  return closedStatuses.has(status)
}

/** Adds a finding about an order. */
export function find(
  round: Round,
  kind: FindingKind,
  severity: 'info' | 'alert',
  order: LocalOrder,
  details: Record<string, string | number> = {},
): void {
  round.draft.findings.push({
    kind,
    severity,
    order: order.clientOrderId,
    account: order.account,
    instrument: order.instrument,
    details,
  })
}

/** Halts an instrument for an account, once. */
export function halt(round: Round, account: string, instrument: number, reason: FindingKind): void {
  if (round.local.halted?.has(haltKey(account, instrument))) return
  const known = round.draft.actions.some(
    (action) => action.kind === 'halt' && action.account === account && action.instrument === instrument,
  )
  if (!known) round.draft.actions.push({ kind: 'halt', account, instrument, reason })
}

/**
 * Compares an order with its evidence. `isQuiet` is false when it moved just now: then only real fills are taken over.
 * Returns what is filled of it after that.
 */
export function reconcileFoundOrder(
  round: Round,
  order: LocalOrder,
  evidence: OrderEvidence,
  isQuiet: boolean,
): number {
  const { report } = evidence
  const isSaying = report !== undefined && report.state !== 'pending' && isQuiet
  if (isSaying) foldState(round, order, report)
  const filled = foldFills(round, order, evidence.fills)
  if (!isQuiet) return filled.filledUnits
  if (isSaying) {
    const isTakenBack = foldUnsupportedInferences(round, order, report, evidence.fills, filled)
    foldGap(round, order, report, filled)
    const isBusted = foldMissingExecutions(round, order, report, evidence.fills, filled)
    foldWorks(round, order, report, filled, isBusted || isTakenBack)
    foldClosing(round, order, report)
  } else foldMissingExecutions(round, order, undefined, evidence.fills, filled)
  return filled.filledUnits
}

/** Acknowledgement, terms and trigger. */
function foldState(round: Round, order: LocalOrder, report: VenueOrderReport): void {
  const { actions } = round.draft
  if (report.state === 'rejected') return
  if (!order.venueFacts.accepted)
    actions.push({ kind: 'accepted', order: order.clientOrderId, venueOrderId: report.venueOrderId, tsUs: report.tsUs })
  foldTerms(round, order, report)
  if (report.state === 'triggered' && !order.venueFacts.triggered)
    actions.push({ kind: 'triggered', order: order.clientOrderId, tsUs: report.tsUs })
}

/** Terms that differ: the confirmation of a request that asks for them, or a change that nobody here asked for. */
function foldTerms(round: Round, order: LocalOrder, report: VenueOrderReport): void {
  const differs =
    report.quantityUnits !== order.quantityUnits ||
    (report.priceUnits !== undefined && report.priceUnits !== order.priceUnits) ||
    (report.triggerUnits !== undefined && report.triggerUnits !== order.triggerUnits)
  if (!differs) return
  const request = order.requests.findLast((candidate) => isAnsweredBy(candidate, order, report))
  if (request === undefined && report.tsUs < order.termTsUs) return
  round.draft.actions.push({
    kind: 'updated',
    order: order.clientOrderId,
    generation: request?.generation ?? order.termGeneration,
    quantityUnits: report.quantityUnits,
    priceUnits: report.priceUnits ?? order.priceUnits ?? Number.NaN,
    triggerUnits: report.triggerUnits ?? order.triggerUnits ?? Number.NaN,
    venueOrderId: report.venueOrderId,
    tsUs: report.tsUs,
  })
}

function isAnsweredBy(request: LocalRequest, order: LocalOrder, report: VenueOrderReport): boolean {
  if (request.kind !== 'update') return false
  return (
    (request.quantityUnits ?? order.quantityUnits) === report.quantityUnits &&
    (report.priceUnits === undefined || (request.priceUnits ?? order.priceUnits) === report.priceUnits) &&
    (report.triggerUnits === undefined || (request.triggerUnits ?? order.triggerUnits) === report.triggerUnits)
  )
}

/** Real executions that we lack. They take the place of inferred ones, from below. */
function foldFills(round: Round, order: LocalOrder, fills: readonly VenueFillReport[]): Filled {
  const known = new Map(order.trades.flatMap((trade) => namesOf(trade).map((name) => [name, trade] as const)))
  const basisUnits = order.tradedUnits + order.inferredUnits
  const filled: Filled = {
    filledUnits: order.filledUnits - order.inferredUnits,
    tradedUnits: order.tradedUnits,
    inferredUnits: order.inferredUnits,
    valueUnits: new Decimal(order.averagePriceUnits ?? 0).times(order.filledUnits),
    takenBack: order.trades.filter((trade) => trade.isInferred && trade.isBusted).length,
  }
  for (const fill of fills) {
    const trade = known.get(fill.exec)
    if (trade !== undefined) {
      checkTerms(round, order, trade, fill)
      continue
    }
    if (fill.side !== order.side) {
      find(round, 'side_mismatch', 'alert', order, { exec: fill.exec, side: fill.side })
      bookExternally(round, fill)
      halt(round, fill.account, fill.instrument, 'side_mismatch')
      continue
    }
    round.draft.actions.push({ kind: 'filled', order: order.clientOrderId, fill })
    filled.filledUnits += fill.quantityUnits
    filled.tradedUnits += fill.quantityUnits
    filled.valueUnits = filled.valueUnits.plus(new Decimal(fill.priceUnits).times(fill.quantityUnits))
  }
  const left = Math.max(0, basisUnits - Math.max(filled.tradedUnits, order.tradedUnits))
  filled.inferredUnits = order.inferredUnits === 0 ? 0 : Math.min(order.inferredUnits, left)
  filled.filledUnits += filled.inferredUnits
  return filled
}

function namesOf(trade: LocalTrade): readonly ExecKey[] {
  return trade.aliases === undefined ? [trade.exec] : [trade.exec, ...trade.aliases]
}

function checkTerms(round: Round, order: LocalOrder, trade: LocalTrade, fill: VenueFillReport): void {
  if (trade.isCorrected || (trade.quantityUnits === fill.quantityUnits && trade.priceUnits === fill.priceUnits)) return
  find(round, 'fill_conflict', 'alert', order, {
    exec: fill.exec,
    quantityUnits: trade.quantityUnits,
    priceUnits: trade.priceUnits,
    venueQuantityUnits: fill.quantityUnits,
    venuePriceUnits: fill.priceUnits,
  })
}

/** An execution that fits none of our orders: booked for its owner, once. */
export function bookExternally(round: Round, fill: VenueFillReport): void {
  if (round.local.externalExecs?.has(fill.exec)) return
  round.draft.actions.push({ kind: 'external_fill', owner: ownerOf(round, fill.instrument, fill.account), fill })
}

/** Who owns what comes from outside. */
export function ownerOf(round: Round, instrument: number, account: string): string {
  return round.policy.claims?.(instrument, account) ?? 'EXTERNAL'
}

/** The venue's total against ours: an inferred fill when it has more, a finding when it has less, be it one unit. */
function foldGap(round: Round, order: LocalOrder, report: VenueOrderReport, filled: Filled): void {
  const missing = report.cumulativeUnits - filled.filledUnits
  if (missing === 0) return
  if (missing < 0) {
    find(round, 'venue_behind', 'alert', order, { filledUnits: filled.filledUnits, venueUnits: report.cumulativeUnits })
    return
  }
  if (round.answers.fills === undefined) {
    // The executions themselves may be had: ask for them before making one up.
    askForFills(round, order)
    return
  }
  const replacesInferred = filled.inferredUnits !== order.inferredUnits
  const value = replacesInferred
    ? new Decimal(report.averagePriceUnits ?? 0).times(filled.filledUnits)
    : filled.valueUnits
  const priceUnits = inferredPrice(order, report, missing, value)
  if (priceUnits === undefined) {
    find(round, 'fill_without_price', 'alert', order, { missingUnits: missing })
    askForFills(round, order)
    return
  }
  const parts = [order.account, order.instrument, order.clientOrderId, report.venueOrderId, order.side, order.type]
  round.draft.actions.push({
    kind: 'inferred_fill',
    order: order.clientOrderId,
    // What was taken back once and holds after all is another conclusion.
    exec: deterministicId('INF', [
      ...parts,
      report.cumulativeUnits,
      missing,
      priceUnits,
      report.tsUs,
      ...(filled.takenBack === 0 ? [] : [filled.takenBack]),
    ]),
    quantityUnits: missing,
    priceUnits,
    basisUnits: filled.tradedUnits + filled.inferredUnits + missing,
    liquidity: inferredLiquidity(order.type, order.postOnly),
    tsUs: report.tsUs,
  })
}

function askForFills(round: Round, order: LocalOrder): void {
  const { followUps } = round.draft
  const known = followUps.findIndex((followUp) => followUp.kind === 'fills')
  const sinceUs = Math.min(
    order.submittedAtUs,
    ...followUps.filter((followUp) => followUp.kind === 'fills').map((followUp) => followUp.sinceUs),
  )
  if (known < 0) followUps.push({ kind: 'fills', sinceUs })
  else followUps[known] = { kind: 'fills', sinceUs }
}

/**
 * A fill that was concluded from a total, where neither the venue's total nor its complete history holds it any more: the
 * execution was busted before anybody heard of it. Whether any was taken back.
 */
function foldUnsupportedInferences(
  round: Round,
  order: LocalOrder,
  report: VenueOrderReport,
  fills: readonly VenueFillReport[],
  filled: Filled,
): boolean {
  if (filled.inferredUnits === 0 || round.answers.fills?.complete !== true) return false
  // Executions with an id that the venue lacks explain a difference first.
  const missingUnits = missingExecutions(round, order, fills).reduce((sum, trade) => sum + trade.quantityUnits, 0)
  if (filled.filledUnits - missingUnits <= report.cumulativeUnits) return false
  const inferences = order.trades.filter((trade) => trade.isInferred && !trade.isBusted)
  for (const { exec, quantityUnits } of inferences) {
    find(round, 'missing_execution', 'alert', order, { exec, quantityUnits, supportedByTotal: 'no' })
    round.draft.actions.push({
      kind: 'inferred_bust',
      order: order.clientOrderId,
      exec,
      tsUs: round.answers.answeredAtUs,
    })
  }
  filled.filledUnits -= filled.inferredUnits
  filled.inferredUnits = 0
  filled.takenBack += inferences.length
  halt(round, order.account, order.instrument, 'missing_execution')
  return true
}

/** Executions that we booked and that the venue's complete history lacks. */
function missingExecutions(round: Round, order: LocalOrder, fills: readonly VenueFillReport[]): LocalTrade[] {
  const answer = round.answers.fills
  if (answer === undefined || !answer.complete) return []
  const listed = new Set(fills.map((fill) => fill.exec))
  return order.trades.filter(
    (trade) =>
      !trade.isInferred &&
      !trade.isBusted &&
      trade.tsUs > answer.sinceUs &&
      !namesOf(trade).some((name) => listed.has(name)),
  )
}

/** Executions that we booked and that the venue's complete history lacks, unless its own total supports us. Whether any was busted. */
function foldMissingExecutions(
  round: Round,
  order: LocalOrder,
  report: VenueOrderReport | undefined,
  fills: readonly VenueFillReport[],
  filled: Filled,
): boolean {
  const missing = missingExecutions(round, order, fills)
  if (missing.length === 0) return false
  const isSupported = report !== undefined && report.cumulativeUnits >= filled.filledUnits
  for (const trade of missing) {
    find(round, 'missing_execution', 'alert', order, {
      exec: trade.exec,
      quantityUnits: trade.quantityUnits,
      supportedByTotal: isSupported ? 'yes' : 'no',
    })
    if (isSupported) continue
    filled.filledUnits -= trade.quantityUnits
    round.draft.actions.push({
      kind: 'inferred_bust',
      order: order.clientOrderId,
      exec: trade.exec,
      tsUs: round.answers.answeredAtUs,
    })
  }
  if (!isSupported) halt(round, order.account, order.instrument, 'missing_execution')
  return !isSupported
}

/** The venue says that the order works: news if its fate was unknown or its end only concluded, a contradiction if the venue had closed it. */
function foldWorks(round: Round, order: LocalOrder, report: VenueOrderReport, filled: Filled, isBusted: boolean): void {
  if (report.state !== 'working' && report.state !== 'triggered') return
  const { accepted, rejected, canceled, expired } = order.venueFacts
  if (rejected || canceled || expired) {
    find(round, 'closed_but_works_at_venue', 'alert', order, {
      status: order.status,
      venueOrderId: report.venueOrderId,
    })
    return
  }
  if (order.status === 'FILLED' && !isBusted && filled.filledUnits > report.cumulativeUnits) {
    find(round, 'filled_but_open_at_venue', 'alert', order, {
      filledUnits: filled.filledUnits,
      venueUnits: report.cumulativeUnits,
    })
    return
  }
  const isReopened = isBusted || (isClosedStatus(order.status) && order.isClosedByInference)
  // An acknowledgement in this round already says that its fate is known.
  const isFound = order.status === 'UNKNOWN' && accepted
  if (isReopened || isFound) round.draft.actions.push({ kind: 'works', order: order.clientOrderId, tsUs: report.tsUs })
}

/** What closes the order, last. A venue fact is told also when we had concluded the same. */
function foldClosing(round: Round, order: LocalOrder, report: VenueOrderReport): void {
  const { state, tsUs } = report
  const reason = report.reason ?? ''
  const { rejected, canceled, expired } = order.venueFacts
  if (state === 'rejected') {
    if (!rejected)
      round.draft.actions.push({ kind: 'rejected', order: order.clientOrderId, source: 'venue', reason, tsUs })
  } else if ((state === 'canceled' || state === 'expired') && !canceled && !expired && !isDone(order, report)) {
    round.draft.actions.push({
      kind: state,
      order: order.clientOrderId,
      source: 'venue',
      cumulativeUnits: report.cumulativeUnits,
      reason,
      tsUs,
    })
  }
}

/** Whether there is nothing left that could be canceled: not where the venue had made a change to more. */
function isDone(order: LocalOrder, report: VenueOrderReport): boolean {
  const isGrown = report.quantityUnits > order.quantityUnits && report.quantityUnits > order.filledUnits
  return order.status === 'FILLED' && report.cumulativeUnits >= order.filledUnits && !isGrown
}
