/**
 * From the columns of one order to what they mean: the facts as bits, the life cycle, the status, the quantities.
 * Nothing here changes an order.
 */
import { StatusCode } from './codes.js'
import { Fact, isClosed, lifecycleOf } from './lifecycle.js'
import type { OrderTable } from './order-table.js'
import { TradeFact } from './trade-pool.js'

const plainFacts =
  Fact.denied | Fact.emulated | Fact.released | Fact.submitted | Fact.accepted | Fact.triggered | Fact.rejected | Fact.canceled | Fact.expired

/** The facts of an order as bits for {@link lifecycleOf}. */
export function factsOf(table: OrderTable, row: number): number {
  let facts = (table.facts[row] as number) & plainFacts
  if ((facts & Fact.canceled) !== 0 && (facts & Fact.expired) !== 0) {
    facts &= (table.expiredTs[row] as number) < (table.canceledTs[row] as number) ? ~Fact.canceled : ~Fact.expired
  }
  const venueSeq = table.venueSeq[row] as number
  if ((table.unknownSeq[row] as number) > venueSeq) facts |= Fact.unknown
  if ((table.rejectedInferredSeq[row] as number) > venueSeq) facts |= Fact.rejectedByInference
  const raw = (table.facts[row] as number) & (Fact.canceledByInference | Fact.expiredByInference)
  facts |= raw
  const worksSeq = table.worksSeq[row] as number
  const bustSeq = table.bustSeq[row] as number
  if (worksSeq > 0 && worksSeq > (table.closedInferredSeq[row] as number) && worksSeq >= bustSeq) facts |= Fact.works
  const filled = table.filled[row] as number
  if (filled > 0) facts |= Fact.filledSome
  const quantity = table.quantity[row] as number
  if (quantity > 0 && filled >= quantity) facts |= Fact.filledAll
  else if (bustSeq > 0) facts |= unfilledFact(table, row, quantity)
  return facts
}

/** The life cycle of an order, requests under way aside. */
export function lifecycle(table: OrderTable, row: number): StatusCode {
  return lifecycleOf(factsOf(table, row))
}

/** The status of an order: its life cycle, overlaid by a cancel or an update under way while it is open at the venue. */
export function status(table: OrderTable, row: number): StatusCode {
  const cycle = lifecycle(table, row)
  const inFlight = inFlightRequests(table, row)
  if (inFlight === 0 || isClosed(cycle)) return cycle
  return (inFlight & (table.requestIsCancel[row] as number)) !== 0 ? StatusCode.PENDING_CANCEL : StatusCode.PENDING_UPDATE
}

/** Requests under way as bits, counted from the order's `requestBase`. Those from before a re-opening do not count. */
export function inFlightRequests(table: OrderTable, row: number): number {
  const inFlight = (table.requestOpened[row] as number) & ~(table.requestResolved[row] as number)
  return inFlight !== 0 && (table.worksSeq[row] as number) > (table.requestSeq[row] as number) && (table.closedSeq[row] as number) + (table.bustSeq[row] as number) + (table.closedInferredSeq[row] as number) > 0 ? 0 : inFlight
}

/** What is still open of the confirmed quantity, never below zero. */
export function leaves(table: OrderTable, row: number): number {
  return Math.max(0, (table.quantity[row] as number) - (table.filled[row] as number))
}

/**
 * What the order may still trade at worst: the larger of the confirmed quantity and any that an update under way asks
 * for, less what is filled; nothing once it is closed.
 */
export function worstCaseLeaves(table: OrderTable, row: number): number {
  if (table.isOpen[row] === 0) return 0
  let quantity = table.quantity[row] as number
  for (let request = table.firstRequest[row] as number; request >= 0; request = table.requests.next[request] as number) {
    quantity = Math.max(quantity, table.requests.quantity[request] as number)
  }
  return Math.max(0, quantity - (table.filled[row] as number))
}

/**
 * Whether trades had reached the quantity before a bust or correction took them below it. Decided by the order of venue
 * times (sequence numbers where they are equal), so it does not depend on the order of arrival. Rare: it may allocate.
 */
function unfilledFact(table: OrderTable, row: number, quantity: number): number {
  const { trades } = table
  const steps: { ts: number; seq: number; change: number; fact: number }[] = []
  for (let trade = table.firstTrade[row] as number; trade >= 0; trade = trades.next[trade] as number) {
    const facts = trades.facts[trade] as number
    if ((facts & TradeFact.inferred) !== 0) {
      steps.push({ ts: trades.ts[trade] as number, seq: trades.seq[trade] as number, change: trades.effective[trade] as number, fact: 0 })
      continue
    }
    let counted = 0
    if ((facts & TradeFact.reported) !== 0) {
      counted = trades.quantity[trade] as number
      steps.push({ ts: trades.ts[trade] as number, seq: trades.seq[trade] as number, change: counted, fact: 0 })
    }
    if ((facts & TradeFact.corrected) !== 0) {
      const corrected = trades.correctedQuantity[trade] as number
      steps.push({ ts: trades.correctedTs[trade] as number, seq: trades.correctedSeq[trade] as number, change: corrected - counted, fact: Fact.unfilledByCorrection })
      counted = corrected
    }
    if ((facts & TradeFact.busted) !== 0) {
      steps.push({ ts: trades.bustTs[trade] as number, seq: trades.bustSeq[trade] as number, change: -counted, fact: Fact.unfilledByBust })
    }
  }
  steps.sort((a, b) => a.ts - b.ts || a.seq - b.seq)
  let filled = 0
  let reached = false
  let fact = 0
  for (const step of steps) {
    filled += step.change
    if (filled >= quantity) reached = true
    else if (reached && step.fact !== 0) {
      fact = step.fact
      reached = false
    }
  }
  return fact
}
