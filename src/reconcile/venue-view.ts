/** The venue's answers sorted out: which report and which fills belong to which order of ours. */
import type { VenueFillReport, VenueOrderReport, VenueOrderState } from '../orders/venue-reports.js'
import type { LocalOrder, VenueAnswers } from './inputs.js'

/** What the venue says of one order. */
export interface OrderEvidence {
  /** The most advanced report; absent when there is none. */
  report: VenueOrderReport | undefined
  /** By venue time, each execution once. */
  fills: VenueFillReport[]
}

/** All answers by order. */
export interface VenueView {
  byOrder: Map<string, OrderEvidence>
  /** Orders and fills that belong to none of ours. */
  externalOrders: Map<string, VenueOrderReport>
  externalFills: VenueFillReport[]
}

const progress: Record<VenueOrderState, number> = {
  pending: 0,
  working: 1,
  triggered: 2,
  canceled: 3,
  expired: 3,
  rejected: 3,
  filled: 4,
}

/** Whether a report says more than another one of the same order: more filled, then further along, then later. */
function isFurther(report: VenueOrderReport, than: VenueOrderReport): boolean {
  if (report.cumulativeUnits !== than.cumulativeUnits) return report.cumulativeUnits > than.cumulativeUnits
  if (progress[report.state] !== progress[than.state]) return progress[report.state] > progress[than.state]
  return report.tsUs > than.tsUs
}

/** The key of a venue order id within an account: venues count per account. */
export function venueKey(account: string, venueOrderId: string | number): string {
  return `${account}\u0000${venueOrderId}`
}

/** Sorts the answers by order. */
export function viewOf(orders: readonly LocalOrder[], answers: VenueAnswers): VenueView {
  const byClientId = new Map<string, LocalOrder>()
  const byVenueId = new Map<string, LocalOrder>()
  for (const order of orders) {
    byClientId.set(order.clientOrderId, order)
    for (const id of order.venueOrderIds) byVenueId.set(venueKey(order.account, id), order)
  }
  const ownerOf = (
    account: string,
    clientOrderId: string | undefined,
    venueOrderId: string | number | undefined,
  ): LocalOrder | undefined => {
    const byOwnId = clientOrderId === undefined ? undefined : byClientId.get(clientOrderId)
    return byOwnId ?? (venueOrderId === undefined ? undefined : byVenueId.get(venueKey(account, venueOrderId)))
  }
  const view: VenueView = { byOrder: new Map(), externalOrders: new Map(), externalFills: [] }
  const evidenceOf = (order: LocalOrder): OrderEvidence => {
    const known = view.byOrder.get(order.clientOrderId)
    if (known !== undefined) return known
    const made: OrderEvidence = { report: undefined, fills: [] }
    view.byOrder.set(order.clientOrderId, made)
    return made
  }
  for (const report of answers.orders?.reports ?? []) {
    const order = ownerOf(report.account, report.clientOrderId, report.venueOrderId)
    if (order === undefined) keepFurther(view.externalOrders, venueKey(report.account, report.venueOrderId), report)
    else if (!isSuperseded(order, report)) {
      const evidence = evidenceOf(order)
      if (evidence.report === undefined || isFurther(report, evidence.report)) evidence.report = report
    }
  }
  learnVenueIds(orders, answers.fills?.reports ?? [], byVenueId)
  // The same venue order can show up with and without our id: what is ours by one report is ours by all.
  for (const fill of answers.fills?.reports ?? []) {
    const order = ownerOf(fill.account, fill.clientOrderId, fill.venueOrderId) ?? ownerByReport(view, byClientId, fill)
    if (order === undefined) view.externalFills.push(fill)
    else evidenceOf(order).fills.push(fill)
  }
  for (const evidence of view.byOrder.values()) evidence.fills = uniqueInTime(evidence.fills)
  view.externalFills = uniqueInTime(view.externalFills)
  return view
}

/**
 * The venue's ids of orders whose acknowledgement we missed, by the executions that we know of them: an execution is the same
 * one only where all of its terms are.
 */
function learnVenueIds(
  orders: readonly LocalOrder[],
  fills: readonly VenueFillReport[],
  byVenueId: Map<string, LocalOrder>,
): void {
  const isUnclear = ({ account, clientOrderId, venueOrderId }: VenueFillReport) =>
    clientOrderId === undefined && venueOrderId !== undefined && !byVenueId.has(venueKey(account, venueOrderId))
  const unclear = fills.filter(isUnclear)
  if (unclear.length === 0) return
  const byExecution = new Map<string, LocalOrder>()
  for (const order of orders) {
    if (order.venueOrderIds.length > 0) continue
    for (const trade of order.trades) byExecution.set(executionKey({ ...order, ...trade }), order)
  }
  for (const fill of unclear) {
    const order = byExecution.get(executionKey(fill))
    if (order !== undefined) byVenueId.set(venueKey(fill.account, fill.venueOrderId as string | number), order)
  }
}

/** An execution with all that tells it from others. */
export function executionKey({
  account,
  instrument,
  side,
  exec,
  quantityUnits,
  priceUnits,
}: Pick<VenueFillReport, 'account' | 'instrument' | 'side' | 'exec' | 'quantityUnits' | 'priceUnits'>): string {
  return [account, instrument, side, typeof exec, exec, quantityUnits, priceUnits].join('\u0000')
}

/** A fill that only names the venue's id of an order whose acknowledgement we missed. */
function ownerByReport(
  view: VenueView,
  byClientId: ReadonlyMap<string, LocalOrder>,
  fill: VenueFillReport,
): LocalOrder | undefined {
  for (const [clientOrderId, { report }] of view.byOrder) {
    if (report !== undefined && report.venueOrderId === fill.venueOrderId && report.account === fill.account)
      return byClientId.get(clientOrderId)
  }
  return undefined
}

function keepFurther(reports: Map<string, VenueOrderReport>, key: string, report: VenueOrderReport): void {
  const known = reports.get(key)
  if (known === undefined || isFurther(report, known)) reports.set(key, report)
}

/** The cancel of an old leg of a cancel-replace is no cancel of the order. */
function isSuperseded(order: LocalOrder, report: VenueOrderReport): boolean {
  const place = order.venueOrderIds.indexOf(report.venueOrderId)
  return report.state === 'canceled' && place >= 0 && place < order.venueOrderIds.length - 1
}

/** By venue time, then by execution id; the first of several reports of one execution. */
function uniqueInTime(fills: readonly VenueFillReport[]): VenueFillReport[] {
  const seen = new Map<string, VenueFillReport>()
  for (const fill of fills) {
    const key = `${fill.account}\u0000${fill.instrument}\u0000${fill.side}\u0000${fill.exec}`
    if (!seen.has(key)) seen.set(key, fill)
  }
  return [...seen.values()].sort((a, b) => a.tsUs - b.tsUs || compareText(String(a.exec), String(b.exec)))
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
