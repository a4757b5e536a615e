/**
 * Positions against the venue's: net quantity per account and instrument, tolerance zero.
 *
 * A venue that did not answer says nothing: its positions are skipped, never taken for flat. What the round itself is about
 * to book counts as booked. Where a difference remains, the instrument is halted, or an adjustment is proposed if the host
 * chose so. Price of an adjustment from (current quantity Qc, price Pc) to (target Qt, Pt): to flat the current average;
 * from flat the venue's average; through zero two adjustments, one of each; else (Qt x Pt - Qc x Pc) / (Qt - Qc) if above
 * zero, else the middle of the market, else the current average, else none.
 */
import type { ReconcileAction } from './actions.js'
import { halt, ownerOf, type Round } from './found-order.js'
import { deterministicId } from './inferred-fill.js'
import { haltKey, type LocalOrder, type LocalPosition, type ReconcileMemory } from './inputs.js'

interface Compared {
  account: string
  instrument: number
  oursUnits: number
  venueUnits: number
  ours: LocalPosition | undefined
  venueAverageUnits: number | undefined
}

/** Positions by account and instrument on both sides; undefined when the venue did not answer for positions. */
export function comparePositions(round: Round, actions: readonly ReconcileAction[]): Map<string, Compared> | undefined {
  const reports = round.answers.account?.positions
  if (reports === undefined) return undefined
  const compared = new Map<string, Compared>()
  const at = (account: string, instrument: number): Compared => {
    const key = haltKey(account, instrument)
    const known = compared.get(key)
    if (known !== undefined) return known
    const made: Compared = {
      account,
      instrument,
      oursUnits: 0,
      venueUnits: 0,
      ours: undefined,
      venueAverageUnits: undefined,
    }
    compared.set(key, made)
    return made
  }
  for (const position of round.local.positions) {
    if (!round.answers.accounts.includes(position.account)) continue
    const row = at(position.account, position.instrument)
    row.oursUnits += position.quantityUnits
    row.ours = position
  }
  for (const report of reports) {
    if (!round.answers.accounts.includes(report.account)) continue
    const row = at(report.account, report.instrument)
    row.venueUnits += report.quantityUnits
    row.venueAverageUnits = report.averagePriceUnits
  }
  for (const [account, instrument, units] of bookings(round, actions)) at(account, instrument).oursUnits += units
  return compared
}

type BookedOrder = Pick<LocalOrder, 'clientOrderId' | 'account' | 'instrument' | 'side' | 'inferredUnits' | 'trades'>

/** What the actions of the round are going to book: account, instrument, signed units. */
function* bookings(round: Round, actions: readonly ReconcileAction[]): Generator<[string, number, number]> {
  const orders = new Map<string, BookedOrder>(round.local.orders.map((order) => [order.clientOrderId, order]))
  const consumed = new Map<string, number>()
  for (const action of actions) {
    if (action.kind === 'adopt')
      orders.set(action.order, { ...action.report, clientOrderId: action.order, inferredUnits: 0, trades: [] })
    else if (action.kind === 'external_fill' || action.kind === 'filled') {
      const { fill } = action
      const order = action.kind === 'filled' ? orders.get(action.order) : undefined
      // A real fill first takes the place of what was inferred; only the rest is new.
      const left = order === undefined ? 0 : order.inferredUnits - (consumed.get(order.clientOrderId) ?? 0)
      const taken = Math.min(left, fill.quantityUnits)
      if (order !== undefined) consumed.set(order.clientOrderId, (consumed.get(order.clientOrderId) ?? 0) + taken)
      yield [fill.account, fill.instrument, signed(fill.side, fill.quantityUnits - taken)]
    } else if (action.kind === 'inferred_fill') {
      const order = orders.get(action.order)
      if (order !== undefined) yield [order.account, order.instrument, signed(order.side, action.quantityUnits)]
    } else if (action.kind === 'inferred_bust') {
      const order = orders.get(action.order)
      const trade = order?.trades.find((candidate) => candidate.exec === action.exec)
      if (order === undefined || trade === undefined) continue
      // All inferences of an order are taken back together: what real fills have left of them.
      const { inferredUnits } = order
      const units = trade.isInferred ? inferredUnits - (consumed.get(order.clientOrderId) ?? 0) : trade.quantityUnits
      if (trade.isInferred) consumed.set(order.clientOrderId, inferredUnits)
      yield [order.account, order.instrument, -signed(order.side, units)]
    }
  }
}

function signed(side: 'buy' | 'sell', units: number): number {
  return side === 'buy' ? units : -units
}

/** Tells differences and acts on them by policy. Returns the rounds in a row in which each position differed. */
export function reconcilePositions(
  round: Round,
  compared: Map<string, Compared> | undefined,
  memory: ReconcileMemory,
): Map<string, number> {
  if (compared === undefined) {
    round.draft.findings.push({
      kind: 'query_failed',
      severity: 'alert',
      details: { connector: round.answers.connector, query: 'positions' },
    })
    round.draft.followUps.push({ kind: 'account' })
    return new Map(memory.mismatches)
  }
  const mismatches = new Map<string, number>()
  for (const [key, row] of compared) {
    if (row.oursUnits === row.venueUnits) continue
    const rounds = (memory.mismatches.get(key) ?? 0) + 1
    mismatches.set(key, rounds)
    const isDue = round.policy.phase === 'startup' || rounds >= (round.policy.mismatchRounds ?? 3)
    round.draft.findings.push({
      kind: 'position_mismatch',
      severity: isDue ? 'alert' : 'info',
      account: row.account,
      instrument: row.instrument,
      details: { oursUnits: row.oursUnits, venueUnits: row.venueUnits, rounds },
    })
    if (!isDue) round.draft.followUps.push({ kind: 'account' })
    else if (round.policy.positionMismatch === 'adjust') adjust(round, row)
    else halt(round, row.account, row.instrument, 'position_mismatch')
  }
  return mismatches
}

function adjust(round: Round, row: Compared): void {
  const { oursUnits, venueUnits } = row
  const crosses = oursUnits !== 0 && venueUnits !== 0 && oursUnits > 0 !== venueUnits > 0
  if (crosses) {
    propose(round, row, oursUnits, 0, row.ours?.averagePriceUnits)
    propose(round, row, 0, venueUnits, row.venueAverageUnits)
  } else propose(round, row, oursUnits, venueUnits, adjustmentPrice(row))
}

function propose(round: Round, row: Compared, from: number, to: number, priceUnits: number | undefined): void {
  const { account, instrument } = row
  round.draft.actions.push({
    kind: 'adjust_position',
    account,
    instrument,
    owner: ownerOf(round, instrument, account),
    exec: deterministicId('RECONCILIATION', [
      account,
      instrument,
      from,
      to,
      priceUnits ?? '',
      round.answers.connector,
      round.answers.askedAtUs,
    ]),
    side: to > from ? 'buy' : 'sell',
    quantityUnits: Math.abs(to - from),
    ...(priceUnits === undefined ? {} : { priceUnits: to > from ? Math.ceil(priceUnits) : Math.floor(priceUnits) }),
  })
}

/** Price units of an adjustment that does not cross zero; undefined when no rule gives one. */
export function adjustmentPrice(
  row: Pick<Compared, 'oursUnits' | 'venueUnits' | 'ours' | 'venueAverageUnits'>,
): number | undefined {
  const { oursUnits, venueUnits, ours, venueAverageUnits } = row
  const current = ours?.averagePriceUnits
  if (venueUnits === 0) return current
  if (oursUnits === 0) return venueAverageUnits
  if (current !== undefined && venueAverageUnits !== undefined) {
    const price = (venueUnits * venueAverageUnits - oursUnits * current) / (venueUnits - oursUnits)
    if (price > 0) return price
  }
  return ours?.midPriceUnits ?? current
}
