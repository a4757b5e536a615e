/**
 * Events into facts. Each function adds what one event says to the columns of one order and returns what was remarkable
 * about it. Facts are never taken back, so events may come late, twice, or in another order, and the result is the same.
 *
 * Every event carries `seq`, its number in the journal: the order in which this system learned things. Venue times
 * (`tsUs`) decide where the venue's own order of events matters.
 */
import { FactSource } from './codes.js'
import { lifecycle } from './derive.js'
import { Fact, isClosed } from './lifecycle.js'
import type { OrderTable } from './order-table.js'
import { type ExecKey, TradeFact } from './trade-pool.js'

/** What a fold found, as bits. Anything but `changed` and `duplicate` is an anomaly: told to the host, never dropped. */
export const Outcome = {
  /** The event told something new. */
  changed: 1,
  /** All of it was known. */
  duplicate: 2,
  /** A fill after the order was closed. It counts. */
  lateFill: 4,
  /** More was filled than the order asked for. It counts. */
  overfill: 8,
  /** The same execution id with other terms; the first stands until the venue is asked. */
  fillConflict: 16,
  /** Accepted or filled after the venue had rejected it. */
  afterReject: 32,
  /** A request generation outside the window of requests that can be under way. */
  requestWindow: 64,
  /** The trade pool is full: the caller must not go on trading. */
  poolFull: 128,
} as const

/** Brings the derived columns up to date after facts changed. */
function settle(table: OrderTable, row: number, seq: number): void {
  if (seq > (table.lastSeq[row] as number)) table.lastSeq[row] = seq
  table.isOpen[row] = isClosed(lifecycle(table, row)) ? 0 : 1
}

function addFact(table: OrderTable, row: number, fact: number): number {
  const before = table.facts[row] as number
  table.facts[row] = before | fact
  return (before & fact) === fact ? Outcome.duplicate : Outcome.changed
}

function raise(column: Float64Array, row: number, seq: number): void {
  if (seq > (column[row] as number)) column[row] = seq
}

/** Keeps the lowest sequence number: the one under which a fact was first known. */
function first(column: Float64Array, row: number, seq: number): void {
  const known = column[row] as number
  if (known === 0 || seq < known) column[row] = seq
}

/** Our own side refused it. */
export function foldDenied(table: OrderTable, row: number, reasonCode: number, seq: number): number {
  table.reasonCode[row] = reasonCode
  first(table.closedSeq, row, seq)
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
  first(table.submittedSeq, row, seq)
  const outcome = addFact(table, row, Fact.submitted)
  settle(table, row, seq)
  return outcome
}

/** The venue acknowledged it. */
export function foldAccepted(table: OrderTable, row: number, venueOrderId: string | number | undefined, seq: number): number {
  const wasRejected = ((table.facts[row] as number) & Fact.rejected) !== 0
  first(table.acceptedSeq, row, seq)
  raise(table.venueSeq, row, seq)
  const isFirst = table.acceptedSeq[row] === seq && table.termGeneration[row] === 0
  if (venueOrderId !== undefined && (isFirst || table.venueOrderId[row] === undefined)) table.venueOrderId[row] = venueOrderId
  const outcome = addFact(table, row, Fact.accepted)
  settle(table, row, seq)
  return wasRejected ? outcome | Outcome.afterReject : outcome
}

/** Its trigger was hit. */
export function foldTriggered(table: OrderTable, row: number, seq: number): number {
  first(table.triggeredSeq, row, seq)
  raise(table.venueSeq, row, seq)
  const outcome = addFact(table, row, Fact.triggered)
  settle(table, row, seq)
  return outcome
}

/** Rejected by the venue, or concluded never to have reached it. */
export function foldRejected(table: OrderTable, row: number, source: number, seq: number): number {
  if (source === FactSource.inferred) {
    const isNew = seq > (table.rejectedInferredSeq[row] as number)
    raise(table.rejectedInferredSeq, row, seq)
    settle(table, row, seq)
    return isNew ? Outcome.changed : Outcome.duplicate
  }
  first(table.rejectedSeq, row, seq)
  first(table.closedSeq, row, seq)
  raise(table.venueSeq, row, seq)
  const outcome = addFact(table, row, Fact.rejected)
  settle(table, row, seq)
  return outcome
}

/** Canceled or expired at the venue, or concluded to be. */
export function foldClosed(table: OrderTable, row: number, isExpiry: boolean, source: number, tsUs: number, seq: number): number {
  let outcome: number
  if (source === FactSource.inferred) {
    const isNew = seq > (table.closedInferredSeq[row] as number)
    raise(table.closedInferredSeq, row, seq)
    outcome = addFact(table, row, isExpiry ? Fact.expiredByInference : Fact.canceledByInference)
    if (isNew) outcome = Outcome.changed
  } else {
    const times = isExpiry ? table.expiredTs : table.canceledTs
    const fact = isExpiry ? Fact.expired : Fact.canceled
    outcome = addFact(table, row, fact)
    if (outcome === Outcome.changed || tsUs < (times[row] as number)) times[row] = tsUs
    first(table.closedSeq, row, seq)
    raise(table.venueSeq, row, seq)
  }
  settle(table, row, seq)
  return outcome
}

/** Its fate is not known from now on. */
export function foldUnknown(table: OrderTable, row: number, reasonCode: number, seq: number): number {
  const isNew = seq > (table.unknownSeq[row] as number)
  if (isNew) {
    table.unknownSeq[row] = seq
    table.reasonCode[row] = reasonCode
  }
  settle(table, row, seq)
  return isNew ? Outcome.changed : Outcome.duplicate
}

/** The venue says that it works. Re-opens what was closed by a bust or by inference before, nothing else. */
export function foldWorks(table: OrderTable, row: number, seq: number): number {
  const isNew = seq > (table.worksSeq[row] as number)
  raise(table.worksSeq, row, seq)
  raise(table.venueSeq, row, seq)
  settle(table, row, seq)
  return isNew ? Outcome.changed : Outcome.duplicate
}

/** A cancel or an update was sent. `quantity`, `price` and `trigger` are the terms an update asks for. */
export function foldRequest(table: OrderTable, row: number, generation: number, isCancel: boolean, quantity: number, price: number, trigger: number, seq: number): number {
  if (generation >= (table.nextGeneration[row] as number)) table.nextGeneration[row] = generation + 1
  const bit = requestBit(table, row, generation)
  if (bit <= 0) return bit === 0 ? Outcome.duplicate : Outcome.requestWindow
  const isNew = ((table.requestOpened[row] as number) & bit) === 0
  table.requestOpened[row] = (table.requestOpened[row] as number) | bit
  if (isCancel) table.requestIsCancel[row] = (table.requestIsCancel[row] as number) | bit
  raise(table.requestSeq, row, seq)
  const isResolved = ((table.requestResolved[row] as number) & bit) !== 0
  if (isNew && !isResolved && !isCancel) {
    table.firstRequest[row] = table.requests.add(table.firstRequest[row] as number, generation, quantity, price, trigger)
  }
  slideRequests(table, row)
  settle(table, row, seq)
  return isNew ? Outcome.changed : Outcome.duplicate
}

/** A request was refused, or found to be over without effect. */
export function foldRequestRejected(table: OrderTable, row: number, generation: number, seq: number): number {
  const outcome = resolveRequest(table, row, generation)
  settle(table, row, seq)
  return outcome
}

/** The venue confirmed terms. Of several confirmations the highest generation holds, then the later venue time. */
export function foldUpdated(
  table: OrderTable,
  row: number,
  generation: number,
  quantity: number,
  price: number,
  trigger: number,
  venueOrderId: string | number | undefined,
  tsUs: number,
  seq: number,
): number {
  resolveRequest(table, row, generation)
  raise(table.venueSeq, row, seq)
  const known = table.termGeneration[row] as number
  const isLater =
    generation > known ||
    (generation === known &&
      (tsUs > (table.termTs[row] as number) || (tsUs === (table.termTs[row] as number) && seq > (table.termSeq[row] as number))))
  if (isLater) {
    table.termGeneration[row] = generation
    table.termTs[row] = tsUs
    table.termSeq[row] = seq
    table.quantity[row] = quantity
    table.price[row] = price
    table.trigger[row] = trigger
    if (venueOrderId !== undefined) table.venueOrderId[row] = venueOrderId
  }
  settle(table, row, seq)
  return isLater ? Outcome.changed : Outcome.duplicate
}

/** -1 beyond the window, 0 for a generation that is over, else its bit. */
function requestBit(table: OrderTable, row: number, generation: number): number {
  const offset = generation - (table.requestBase[row] as number)
  return offset < 0 ? 0 : offset > 30 ? -1 : 1 << offset
}

function resolveRequest(table: OrderTable, row: number, generation: number): number {
  if (generation >= (table.nextGeneration[row] as number)) table.nextGeneration[row] = generation + 1
  const bit = requestBit(table, row, generation)
  if (bit <= 0) return bit === 0 ? Outcome.duplicate : Outcome.requestWindow
  const isNew = ((table.requestResolved[row] as number) & bit) === 0
  table.requestResolved[row] = (table.requestResolved[row] as number) | bit
  table.firstRequest[row] = table.requests.remove(table.firstRequest[row] as number, generation)
  slideRequests(table, row)
  return isNew ? Outcome.changed : Outcome.duplicate
}

/** Moves the window past requests that were both sent and answered. */
function slideRequests(table: OrderTable, row: number): void {
  let opened = table.requestOpened[row] as number
  let resolved = table.requestResolved[row] as number
  let cancels = table.requestIsCancel[row] as number
  let base = table.requestBase[row] as number
  while ((opened & resolved & 1) !== 0) {
    opened >>>= 1
    resolved >>>= 1
    cancels >>>= 1
    base++
  }
  table.requestOpened[row] = opened
  table.requestResolved[row] = resolved
  table.requestIsCancel[row] = cancels
  table.requestBase[row] = base
}

/**
 * An execution. `basis` is 0 for a real one; for an inferred one it is the traded total up to which it reaches, so that
 * real executions that arrive later consume it from below.
 */
export function foldTrade(
  table: OrderTable,
  row: number,
  exec: ExecKey,
  quantity: number,
  price: number,
  fee: number,
  feeCurrency: number,
  liquidity: number,
  basis: number,
  tsUs: number,
  seq: number,
): number {
  const { trades } = table
  const owner = table.number[row] as number
  const before = anomaliesBefore(table, row)
  let trade = trades.find(owner, exec)
  if (trade < 0) {
    trade = linkTrade(table, row, exec)
    if (trade < 0) return Outcome.poolFull
  } else if (((trades.facts[trade] as number) & TradeFact.reported) !== 0) {
    return repeatedTrade(table, row, trade, quantity, price, fee, feeCurrency, liquidity, tsUs, seq)
  }
  trades.facts[trade] = (trades.facts[trade] as number) | TradeFact.reported | (basis > 0 ? TradeFact.inferred : 0)
  setTrade(table, trade, quantity, price, fee, feeCurrency, liquidity, tsUs, seq)
  trades.basis[trade] = basis
  if (basis > 0) table.hasAdjustments[row] = 1
  else raise(table.venueSeq, row, seq)
  if (table.hasAdjustments[row] === 0) {
    trades.effective[trade] = quantity
    table.filled[row] = (table.filled[row] as number) + quantity
    table.traded[row] = (table.traded[row] as number) + quantity
  } else {
    recountTrades(table, row)
  }
  settle(table, row, seq)
  const overfill = (table.filled[row] as number) > (table.quantity[row] as number) ? Outcome.overfill : 0
  return Outcome.changed | before | overfill
}

function anomaliesBefore(table: OrderTable, row: number): number {
  if (table.isOpen[row] === 1 || table.lastSeq[row] === 0) return 0
  return Outcome.lateFill | (((table.facts[row] as number) & Fact.rejected) !== 0 ? Outcome.afterReject : 0)
}

/** The same execution again: nothing new, unless its terms differ; then the report with the lowest sequence stands. */
function repeatedTrade(
  table: OrderTable,
  row: number,
  trade: number,
  quantity: number,
  price: number,
  fee: number,
  feeCurrency: number,
  liquidity: number,
  tsUs: number,
  seq: number,
): number {
  const { trades } = table
  if (trades.quantity[trade] === quantity && trades.price[trade] === price) {
    // A commission often follows its execution in a report of its own.
    const isFeeNew = Number.isNaN(trades.fee[trade] as number) && !Number.isNaN(fee)
    if (isFeeNew) {
      trades.fee[trade] = fee
      trades.feeCurrency[trade] = feeCurrency
    }
    if (seq < (trades.seq[trade] as number)) {
      trades.seq[trade] = seq
      trades.ts[trade] = tsUs
    }
    raise(table.venueSeq, row, seq)
    settle(table, row, seq)
    return isFeeNew ? Outcome.changed | Outcome.duplicate : Outcome.duplicate
  }
  trades.facts[trade] = (trades.facts[trade] as number) | TradeFact.conflict
  raise(table.venueSeq, row, seq)
  if (seq < (trades.seq[trade] as number)) {
    setTrade(table, trade, quantity, price, fee, feeCurrency, liquidity, tsUs, seq)
    recountTrades(table, row)
  }
  settle(table, row, seq)
  return Outcome.fillConflict
}

function setTrade(table: OrderTable, trade: number, quantity: number, price: number, fee: number, feeCurrency: number, liquidity: number, tsUs: number, seq: number): void {
  const { trades } = table
  trades.quantity[trade] = quantity
  trades.price[trade] = price
  trades.liquidity[trade] = liquidity
  trades.ts[trade] = tsUs
  trades.seq[trade] = seq
  if (Number.isNaN(fee)) return
  trades.fee[trade] = fee
  trades.feeCurrency[trade] = feeCurrency
}

function linkTrade(table: OrderTable, row: number, exec: ExecKey): number {
  const { trades } = table
  const trade = trades.add(table.number[row] as number, exec)
  if (trade < 0) return trade
  const last = table.lastTrade[row] as number
  if (last < 0) table.firstTrade[row] = trade
  else trades.next[last] = trade
  table.lastTrade[row] = trade
  return trade
}

function unlinkTrade(table: OrderTable, row: number, gone: number): void {
  const { trades } = table
  let before = -1
  for (let trade = table.firstTrade[row] as number; trade !== gone; trade = trades.next[trade] as number) before = trade
  const next = trades.next[gone] as number
  if (before < 0) table.firstTrade[row] = next
  else trades.next[before] = next
  if (table.lastTrade[row] === gone) table.lastTrade[row] = before
}

/**
 * The venue replaced the terms of an execution. `exec` is the correction's own id where it has one (later corrections may
 * name it). `works` says that the report itself shows the order as working.
 */
export function foldCorrected(
  table: OrderTable,
  row: number,
  reference: ExecKey,
  exec: ExecKey | undefined,
  quantity: number,
  price: number,
  works: boolean,
  tsUs: number,
  seq: number,
): number {
  const { trades } = table
  const trade = recordFor(table, row, reference, exec)
  if (trade < 0) return Outcome.poolFull
  const isLater =
    tsUs > (trades.correctedTs[trade] as number) || (tsUs === trades.correctedTs[trade] && seq > (trades.correctedSeq[trade] as number))
  if (isLater) {
    trades.facts[trade] = (trades.facts[trade] as number) | TradeFact.corrected
    trades.correctedQuantity[trade] = quantity
    trades.correctedPrice[trade] = price
    trades.correctedTs[trade] = tsUs
    trades.correctedSeq[trade] = seq
  }
  adjusted(table, row, works, seq)
  return isLater ? Outcome.changed : Outcome.duplicate
}

/** The venue took an execution back. */
export function foldBusted(table: OrderTable, row: number, reference: ExecKey, works: boolean, tsUs: number, seq: number): number {
  const { trades } = table
  const trade = recordFor(table, row, reference, undefined)
  if (trade < 0) return Outcome.poolFull
  const isNew = ((trades.facts[trade] as number) & TradeFact.busted) === 0
  if (isNew || tsUs < (trades.bustTs[trade] as number)) trades.bustTs[trade] = tsUs
  first(trades.bustSeq, trade, seq)
  trades.facts[trade] = (trades.facts[trade] as number) | TradeFact.busted
  adjusted(table, row, works, seq)
  return isNew ? Outcome.changed : Outcome.duplicate
}

function adjusted(table: OrderTable, row: number, works: boolean, seq: number): void {
  table.hasAdjustments[row] = 1
  raise(table.bustSeq, row, seq)
  raise(table.venueSeq, row, seq)
  if (works) raise(table.worksSeq, row, seq)
  recountTrades(table, row)
  settle(table, row, seq)
}

/** The record that a reference leads to, made if need be; a correction's own id becomes a further name of it. */
function recordFor(table: OrderTable, row: number, reference: ExecKey, exec: ExecKey | undefined): number {
  const { trades } = table
  const owner = table.number[row] as number
  let trade = trades.find(owner, reference)
  if (trade < 0) trade = linkTrade(table, row, reference)
  if (trade < 0 || exec === undefined || exec === reference) return trade
  const other = trades.find(owner, exec)
  if (other < 0) trades.alias(owner, exec, trade)
  else if (other !== trade) joinRecords(table, row, other, trade)
  return trade
}

/** Two records turn out to be one execution: the later correction and any bust of the second move to the first. */
function joinRecords(table: OrderTable, row: number, from: number, to: number): void {
  const { trades } = table
  const facts = trades.facts[from] as number
  if ((facts & TradeFact.corrected) !== 0) {
    const isLater =
      (trades.correctedTs[from] as number) > (trades.correctedTs[to] as number) ||
      (trades.correctedTs[from] === trades.correctedTs[to] && (trades.correctedSeq[from] as number) > (trades.correctedSeq[to] as number))
    if (isLater) {
      trades.correctedQuantity[to] = trades.correctedQuantity[from] as number
      trades.correctedPrice[to] = trades.correctedPrice[from] as number
      trades.correctedTs[to] = trades.correctedTs[from] as number
      trades.correctedSeq[to] = trades.correctedSeq[from] as number
    }
  }
  if ((facts & TradeFact.busted) !== 0) {
    const known = ((trades.facts[to] as number) & TradeFact.busted) !== 0
    trades.bustTs[to] = known ? Math.min(trades.bustTs[to] as number, trades.bustTs[from] as number) : (trades.bustTs[from] as number)
    first(trades.bustSeq, to, trades.bustSeq[from] as number)
  }
  if ((facts & TradeFact.reported) !== 0 && ((trades.facts[to] as number) & TradeFact.reported) === 0) {
    setTrade(table, to, trades.quantity[from] as number, trades.price[from] as number, trades.fee[from] as number, trades.feeCurrency[from] as number, trades.liquidity[from] as number, trades.ts[from] as number, trades.seq[from] as number)
  }
  trades.facts[to] = (trades.facts[to] as number) | facts
  trades.bookedQuantity[to] = (trades.bookedQuantity[to] as number) + (trades.bookedQuantity[from] as number)
  if ((trades.bookedQuantity[from] as number) !== 0) trades.bookedPrice[to] = trades.bookedPrice[from] as number
  unlinkTrade(table, row, from)
  trades.merge(from, to)
}

/**
 * Counts all trades of an order anew, corrections, busts and inferences included.
 *
 * `traded` is what the venue ever executed, busted or not: it is what inferences were measured against. An inference
 * reaches from `basis - quantity` to `basis` on that scale; what real trades have not covered of it still counts.
 */
function recountTrades(table: OrderTable, row: number): void {
  const { trades } = table
  let filled = 0
  let traded = 0
  let inferences = 0
  for (let trade = table.firstTrade[row] as number; trade >= 0; trade = trades.next[trade] as number) {
    const facts = trades.facts[trade] as number
    if ((facts & TradeFact.inferred) !== 0) {
      inferences++
      trades.effective[trade] = 0
      continue
    }
    const isCorrected = (facts & TradeFact.corrected) !== 0
    const reported = (facts & TradeFact.reported) !== 0
    const original = reported ? (trades.quantity[trade] as number) : isCorrected ? (trades.correctedQuantity[trade] as number) : 0
    const current = isCorrected ? (trades.correctedQuantity[trade] as number) : original
    const effective = (facts & TradeFact.busted) !== 0 ? 0 : current
    trades.effective[trade] = effective
    traded += original
    filled += effective
  }
  table.traded[row] = traded
  table.filled[row] = filled + (inferences === 0 ? 0 : countInferences(table, row, traded))
}

/** Adds up inferences from the lowest basis upwards, each from where real trades and lower inferences end. */
function countInferences(table: OrderTable, row: number, traded: number): number {
  const { trades } = table
  let covered = traded
  let total = 0
  for (;;) {
    let lowest = -1
    for (let trade = table.firstTrade[row] as number; trade >= 0; trade = trades.next[trade] as number) {
      const facts = trades.facts[trade] as number
      if ((facts & TradeFact.inferred) === 0 || (facts & TradeFact.busted) !== 0 || (trades.basis[trade] as number) <= covered) continue
      if (lowest < 0 || (trades.basis[trade] as number) < (trades.basis[lowest] as number)) lowest = trade
    }
    if (lowest < 0) return total
    const basis = trades.basis[lowest] as number
    const from = Math.max(basis - (trades.quantity[lowest] as number), covered)
    trades.effective[lowest] = basis - from
    total += basis - from
    covered = basis
  }
}
