/** For tests of reconciliation: orders of ours, reports and answers of a venue. */
import type { VenueFillReport, VenueOrderReport } from '../orders/venue-reports.js'
import {
  emptyMemory,
  type LocalOrder,
  type LocalState,
  type ReconcileMemory,
  type ReconcilePolicy,
  type VenueAnswers,
} from './inputs.js'
import { reconcile } from './reconcile.js'

/** A second in microseconds. */
export const second = 1_000_000
/** Nothing was heard of an order. */
export const noFacts = { accepted: false, triggered: false, rejected: false, canceled: false, expired: false }

/** An order of ours that was sent: buy 10 at 100. */
export const orderOf = (changes: Partial<LocalOrder> = {}): LocalOrder => ({
  clientOrderId: 'O1',
  venueOrderIds: [],
  account: 'A',
  instrument: 0,
  side: 'buy',
  type: 'LIMIT',
  postOnly: false,
  status: 'SUBMITTED',
  isClosedByInference: false,
  venueFacts: noFacts,
  quantityUnits: 10,
  priceUnits: 100,
  termGeneration: 0,
  termTsUs: 0,
  filledUnits: 0,
  tradedUnits: 0,
  inferredUnits: 0,
  trades: [],
  requests: [],
  submittedAtUs: 1000 * second,
  lastActivityUs: 1000 * second,
  ...changes,
})

/** The same with its acknowledgement. */
export const accepted = (changes: Partial<LocalOrder> = {}) =>
  orderOf({ status: 'ACCEPTED', venueOrderIds: ['V1'], venueFacts: { ...noFacts, accepted: true }, ...changes })

/** What a venue tells of that order: it works. */
export const reportOf = (changes: Partial<VenueOrderReport> = {}): VenueOrderReport => ({
  clientOrderId: 'O1',
  venueOrderId: 'V1',
  instrument: 0,
  account: 'A',
  side: 'buy',
  type: 'LIMIT',
  timeInForce: 'DAY',
  quantityUnits: 10,
  priceUnits: 100,
  cumulativeUnits: 0,
  state: 'working',
  tsUs: 1001 * second,
  ...changes,
})

/** An execution of 4 of it at 99. */
export const fillOf = (changes: Partial<VenueFillReport> = {}): VenueFillReport => ({
  exec: 'E1',
  clientOrderId: 'O1',
  venueOrderId: 'V1',
  instrument: 0,
  account: 'A',
  side: 'buy',
  quantityUnits: 4,
  priceUnits: 99,
  liquidity: 2,
  tsUs: 1002 * second,
  ...changes,
})

/** An execution of which the venue gives its own order id alone. */
export const nameless = (changes: Partial<VenueFillReport> = {}): VenueFillReport => {
  const { clientOrderId: _, ...fill } = fillOf(changes)
  return fill
}

/** Complete answers of a venue. */
export const answersOf = (
  changes: Partial<VenueAnswers> = {},
  orders: VenueOrderReport[] = [],
  fills: VenueFillReport[] = [],
): VenueAnswers => ({
  connector: 'C',
  accounts: ['A'],
  askedAtUs: 2000 * second,
  answeredAtUs: 2000 * second,
  orders: { reports: orders, coverage: 'history', sinceUs: 0 },
  fills: { reports: fills, sinceUs: 0, complete: true },
  account: { positions: [] },
  ...changes,
})

/** The policy while a system runs. */
export const running: ReconcilePolicy = { phase: 'running' }
/** Compares orders of ours with answers. */
export const run = (
  order: LocalOrder | LocalOrder[],
  answers: VenueAnswers,
  policy: ReconcilePolicy = running,
  memory: ReconcileMemory = emptyMemory,
  local: Partial<LocalState> = {},
) => reconcile({ orders: Array.isArray(order) ? order : [order], positions: [], ...local }, answers, policy, memory)
/** What is to be done. */
export const kinds = (result: { actions: readonly { kind: string }[] }) => result.actions.map((action) => action.kind)
/** What was found. */
export const found = (result: { findings: readonly { kind: string }[] }) =>
  result.findings.map((finding) => finding.kind)
