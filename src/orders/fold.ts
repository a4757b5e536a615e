/**
 * Events into facts: what happens to an order as a whole. Each function adds what one event says to the columns of one
 * order and returns what was remarkable about it. Facts are never taken back, so events may come late, twice, or in another
 * order, and the result is the same.
 *
 * Every event carries `seq`, its number in the journal: the order in which this system learned things. Venue times
 * (`tsUs`) decide where the venue's own order of events matters.
 *
 * Changes and cancels asked for: fold-requests.ts. Executions: fold-trades.ts. Corrections and busts: fold-restated.ts.
 */
import { FactSource } from './codes.js'
import * as Fact from './facts.js'
import * as Field from './order-fields.js'
import type { OrderTable } from './order-table.js'
import * as Outcome from './outcome.js'
import { addFact, first, raise, settle, settleNews } from './settle.js'

/** Our own side refused it. */
export function foldDenied(table: OrderTable, row: number, reasonCode: number, seq: number): number {
  table.cells[row + Field.reasonCode] = reasonCode
  table.cells[row + Field.hasEnding] = 1
  first(table.cells, row + Field.closedSeq, seq)
  const outcome = addFact(table, row, Fact.denied)
  settle(table, row, seq)
  return outcome
}

/** Held locally until its trigger. */
export function foldEmulated(table: OrderTable, row: number, seq: number): number {
  const outcome = addFact(table, row, Fact.emulated)
  settle(table, row, seq)
  return outcome
}

/** Let go by its local emulation. */
export function foldReleased(table: OrderTable, row: number, seq: number): number {
  const outcome = addFact(table, row, Fact.released)
  settle(table, row, seq)
  return outcome
}

/** Handed to the connector; the journal held the intent before. */
export function foldSubmitted(table: OrderTable, row: number, seq: number): number {
  const { cells } = table
  const at = row & Field.OFFSET
  const known = cells[at + Field.submittedSeq]
  const facts = cells[at + Field.facts] | 0
  if (known === 0 || seq < known) cells[at + Field.submittedSeq] = seq
  cells[at + Field.facts] = facts | Fact.submitted
  settle(table, at, seq)
  return (facts & Fact.submitted) !== 0 ? Outcome.duplicate : Outcome.changed
}

/** The venue acknowledged it. */
export function foldAccepted(
  table: OrderTable,
  row: number,
  venueOrderId: string | number | undefined,
  seq: number,
): number {
  const { cells } = table
  const at = row & Field.OFFSET
  const known = cells[at + Field.acceptedSeq]
  const facts = cells[at + Field.facts] | 0
  const isFirst = known === 0 || seq <= known
  if (isFirst) cells[at + Field.acceptedSeq] = seq
  if (seq > cells[at + Field.venueSeq]) cells[at + Field.venueSeq] = seq
  if (venueOrderId !== undefined) {
    const isOfTerms = isFirst && cells[at + Field.termGeneration] === 0
    if (isOfTerms || table.venueOrderId(at) === undefined) table.setVenueOrderId(at, venueOrderId)
  }
  cells[at + Field.facts] = facts | Fact.accepted
  settleNews(table, at, seq)
  const outcome = (facts & Fact.accepted) !== 0 ? Outcome.duplicate : Outcome.changed
  return (facts & Fact.rejected) !== 0 ? outcome | Outcome.afterReject : outcome
}

/** Its trigger was hit. */
export function foldTriggered(table: OrderTable, row: number, seq: number): number {
  first(table.cells, row + Field.triggeredSeq, seq)
  raise(table.cells, row + Field.venueSeq, seq)
  const outcome = addFact(table, row, Fact.triggered)
  settle(table, row, seq)
  return outcome
}

/** Rejected by the venue, or concluded never to have reached it. */
export function foldRejected(table: OrderTable, row: number, source: number, seq: number): number {
  table.cells[row + Field.hasEnding] = 1
  if (source === FactSource.inferred) {
    const isNew = seq > table.cells[row + Field.rejectedInferredSeq]
    raise(table.cells, row + Field.rejectedInferredSeq, seq)
    settle(table, row, seq)
    return isNew ? Outcome.changed : Outcome.duplicate
  }
  first(table.cells, row + Field.rejectedSeq, seq)
  first(table.cells, row + Field.closedSeq, seq)
  raise(table.cells, row + Field.venueSeq, seq)
  const outcome = addFact(table, row, Fact.rejected)
  settle(table, row, seq)
  return outcome
}

/** Canceled or expired at the venue, or concluded to be. */
export function foldClosed(
  table: OrderTable,
  row: number,
  isExpiry: boolean,
  source: number,
  tsUs: number,
  seq: number,
): number {
  table.cells[row + Field.hasEnding] = 1
  let outcome: number
  if (source === FactSource.inferred) {
    const isNew = seq > table.cells[row + Field.closedInferredSeq]
    raise(table.cells, row + Field.closedInferredSeq, seq)
    outcome = addFact(table, row, isExpiry ? Fact.expiredByInference : Fact.canceledByInference)
    if (isNew) outcome = Outcome.changed
  } else {
    const time = row + (isExpiry ? Field.expiredTs : Field.canceledTs)
    const fact = isExpiry ? Fact.expired : Fact.canceled
    outcome = addFact(table, row, fact)
    if (outcome === Outcome.changed || tsUs < table.cells[time]) table.cells[time] = tsUs
    first(table.cells, row + Field.closedSeq, seq)
    raise(table.cells, row + Field.venueSeq, seq)
  }
  settle(table, row, seq)
  return outcome
}

/** Its fate is not known from now on. */
export function foldUnknown(table: OrderTable, row: number, reasonCode: number, seq: number): number {
  const isNew = seq > table.cells[row + Field.unknownSeq]
  if (isNew) {
    table.cells[row + Field.unknownSeq] = seq
    table.cells[row + Field.reasonCode] = reasonCode
  }
  settle(table, row, seq)
  return isNew ? Outcome.changed : Outcome.duplicate
}

/** The venue says that it works. Re-opens what was closed by a bust or by inference before, nothing else. */
export function foldWorks(table: OrderTable, row: number, seq: number): number {
  const isNew = seq > table.cells[row + Field.worksSeq]
  raise(table.cells, row + Field.worksSeq, seq)
  raise(table.cells, row + Field.venueSeq, seq)
  settle(table, row, seq)
  return isNew ? Outcome.changed : Outcome.duplicate
}
