/**
 * Events into facts. Each function adds what one event says to the columns of one order and returns what was remarkable
 * about it. Facts are never taken back, so events may come late, twice, or in another order, and the result is the same.
 *
 * Every event carries `seq`, its number in the journal: the order in which this system learned things. Venue times
 * (`tsUs`) decide where the venue's own order of events matters.
 */
import { FactSource } from './codes.js'
import { lifecycle } from './derive.js'
import * as Fact from './facts.js'
import { isClosed } from './lifecycle.js'
import * as Field from './order-fields.js'
import type { OrderTable } from './order-table.js'
import * as Outcome from './outcome.js'
import * as TradeFact from './trade-facts.js'
import * as TradeField from './trade-fields.js'
import type { ExecKey } from './trade-pool.js'

export { Outcome }

/** Brings the derived columns up to date after facts changed. */
function settle(table: OrderTable, row: number, seq: number): void {
  const { cells } = table
  if (seq > cells[row + Field.lastSeq]) cells[row + Field.lastSeq] = seq
  if (cells[row + Field.hasEnding] === 0) {
    const quantity = cells[row + Field.quantity]
    cells[row + Field.isOpen] = quantity > 0 && cells[row + Field.filled] >= quantity ? 0 : 1
  } else {
    cells[row + Field.isOpen] = isClosed(lifecycle(table, row)) ? 0 : 1
  }
}

function addFact(table: OrderTable, row: number, fact: number): number {
  const before = table.cells[row + Field.facts]
  table.cells[row + Field.facts] = before | fact
  return (before & fact) === fact ? Outcome.duplicate : Outcome.changed
}

function raise(column: Float64Array, row: number, seq: number): void {
  if (seq > column[row]) column[row] = seq
}

/** Keeps the lowest sequence number: the one under which a fact was first known. */
function first(column: Float64Array, row: number, seq: number): void {
  const known = column[row]
  if (known === 0 || seq < known) column[row] = seq
}

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
  first(table.cells, row + Field.submittedSeq, seq)
  const outcome = addFact(table, row, Fact.submitted)
  settle(table, row, seq)
  return outcome
}

/** The venue acknowledged it. */
export function foldAccepted(
  table: OrderTable,
  row: number,
  venueOrderId: string | number | undefined,
  seq: number,
): number {
  const wasRejected = (table.cells[row + Field.facts] & Fact.rejected) !== 0
  first(table.cells, row + Field.acceptedSeq, seq)
  raise(table.cells, row + Field.venueSeq, seq)
  const isFirst = table.cells[row + Field.acceptedSeq] === seq && table.cells[row + Field.termGeneration] === 0
  if (venueOrderId !== undefined && (isFirst || table.venueOrderId(row) === undefined))
    table.setVenueOrderId(row, venueOrderId)
  const outcome = addFact(table, row, Fact.accepted)
  settle(table, row, seq)
  return wasRejected ? outcome | Outcome.afterReject : outcome
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

/** A cancel or an update was sent. `quantity`, `price` and `trigger` are the terms an update asks for. */
export function foldRequest(
  table: OrderTable,
  row: number,
  generation: number,
  isCancel: boolean,
  quantity: number,
  price: number,
  trigger: number,
  seq: number,
): number {
  if (generation >= table.cells[row + Field.nextGeneration]) table.cells[row + Field.nextGeneration] = generation + 1
  const bit = requestBit(table, row, generation)
  if (bit <= 0) return bit === 0 ? Outcome.duplicate : Outcome.requestWindow
  const isNew = (table.cells[row + Field.requestOpened] & bit) === 0
  table.cells[row + Field.requestOpened] = table.cells[row + Field.requestOpened] | bit
  if (isCancel) table.cells[row + Field.requestIsCancel] = table.cells[row + Field.requestIsCancel] | bit
  const isResolved = (table.cells[row + Field.requestResolved] & bit) !== 0
  if (isNew && !isResolved && !table.requests.isFull) {
    const head = table.cells[row + Field.firstRequest]
    table.cells[row + Field.firstRequest] = table.requests.add(
      head,
      generation,
      seq,
      isCancel ? 0 : quantity,
      price,
      trigger,
    )
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
  raise(table.cells, row + Field.venueSeq, seq)
  const known = table.cells[row + Field.termGeneration]
  const isLater =
    generation > known ||
    (generation === known &&
      (tsUs > table.cells[row + Field.termTs] ||
        (tsUs === table.cells[row + Field.termTs] && seq > table.cells[row + Field.termSeq])))
  if (isLater) {
    table.cells[row + Field.termGeneration] = generation
    table.cells[row + Field.termTs] = tsUs
    table.cells[row + Field.termSeq] = seq
    table.cells[row + Field.quantity] = quantity
    table.cells[row + Field.price] = price
    table.cells[row + Field.trigger] = trigger
    if (venueOrderId !== undefined) table.setVenueOrderId(row, venueOrderId)
  }
  settle(table, row, seq)
  return isLater ? Outcome.changed : Outcome.duplicate
}

/** -1 beyond the window, 0 for a generation that is over, else its bit. */
function requestBit(table: OrderTable, row: number, generation: number): number {
  const offset = generation - table.cells[row + Field.requestBase]
  return offset < 0 ? 0 : offset > 30 ? -1 : 1 << offset
}

function resolveRequest(table: OrderTable, row: number, generation: number): number {
  if (generation >= table.cells[row + Field.nextGeneration]) table.cells[row + Field.nextGeneration] = generation + 1
  const bit = requestBit(table, row, generation)
  if (bit <= 0) return bit === 0 ? Outcome.duplicate : Outcome.requestWindow
  const isNew = (table.cells[row + Field.requestResolved] & bit) === 0
  table.cells[row + Field.requestResolved] = table.cells[row + Field.requestResolved] | bit
  table.cells[row + Field.firstRequest] = table.requests.remove(table.cells[row + Field.firstRequest], generation)
  slideRequests(table, row)
  return isNew ? Outcome.changed : Outcome.duplicate
}

/** Moves the window past requests that were both sent and answered. */
function slideRequests(table: OrderTable, row: number): void {
  let opened = table.cells[row + Field.requestOpened]
  let resolved = table.cells[row + Field.requestResolved]
  let cancels = table.cells[row + Field.requestIsCancel]
  let base = table.cells[row + Field.requestBase]
  while ((opened & resolved & 1) !== 0) {
    opened >>>= 1
    resolved >>>= 1
    cancels >>>= 1
    base++
  }
  table.cells[row + Field.requestOpened] = opened
  table.cells[row + Field.requestResolved] = resolved
  table.cells[row + Field.requestIsCancel] = cancels
  table.cells[row + Field.requestBase] = base
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
  const { trades, cells } = table
  const before = anomaliesBefore(table, row)
  const facts = basis > 0 ? TradeFact.reported | TradeFact.inferred : TradeFact.reported
  let trade = cells[row + Field.tradeCount] === 0 ? -1 : findTrade(table, row, exec)
  if (trade < 0) {
    trade = trades.addReported(
      cells[row + Field.number],
      exec,
      facts,
      quantity,
      price,
      fee,
      feeCurrency,
      liquidity,
      basis,
      tsUs,
      seq,
    )
    if (trade < 0) return Outcome.poolFull
    linkTrade(table, row, trade, exec)
  } else if ((trades.cells[trade + TradeField.facts] & TradeFact.reported) !== 0) {
    return repeatedTrade(table, row, trade, quantity, price, fee, feeCurrency, liquidity, tsUs, seq)
  } else {
    setTrade(table, trade, quantity, price, fee, feeCurrency, liquidity, tsUs, seq)
    trades.cells[trade + TradeField.facts] = trades.cells[trade + TradeField.facts] | facts
    trades.cells[trade + TradeField.basis] = basis
  }
  if (basis > 0) cells[row + Field.hasAdjustments] = 1
  else if (seq > cells[row + Field.venueSeq]) cells[row + Field.venueSeq] = seq
  if (cells[row + Field.hasAdjustments] === 0) {
    cells[row + Field.filled] = cells[row + Field.filled] + quantity
    cells[row + Field.traded] = cells[row + Field.traded] + quantity
  } else {
    recountTrades(table, row)
  }
  settle(table, row, seq)
  const overfill = cells[row + Field.filled] > cells[row + Field.quantity] ? Outcome.overfill : 0
  return Outcome.changed | before | overfill
}

function anomaliesBefore(table: OrderTable, row: number): number {
  if (table.cells[row + Field.isOpen] === 1 || table.cells[row + Field.lastSeq] === 0) return 0
  return Outcome.lateFill | ((table.cells[row + Field.facts] & Fact.rejected) !== 0 ? Outcome.afterReject : 0)
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
  if (trades.cells[trade + TradeField.quantity] === quantity && trades.cells[trade + TradeField.price] === price) {
    // A commission often follows its execution in a report of its own.
    const isFeeNew = Number.isNaN(trades.cells[trade + TradeField.fee]) && !Number.isNaN(fee)
    if (isFeeNew) {
      trades.cells[trade + TradeField.fee] = fee
      trades.cells[trade + TradeField.feeCurrency] = feeCurrency
    }
    if (seq < trades.cells[trade + TradeField.seq]) {
      trades.cells[trade + TradeField.seq] = seq
      trades.cells[trade + TradeField.ts] = tsUs
    }
    settle(table, row, seq)
    return isFeeNew ? Outcome.changed | Outcome.duplicate : Outcome.duplicate
  }
  const facts = trades.cells[trade + TradeField.facts]
  trades.cells[trade + TradeField.facts] = facts | TradeFact.conflict
  if ((facts & TradeFact.inferred) === 0) raise(table.cells, row + Field.venueSeq, seq)
  if (seq < trades.cells[trade + TradeField.seq]) {
    setTrade(table, trade, quantity, price, fee, feeCurrency, liquidity, tsUs, seq)
    recountTrades(table, row)
  }
  settle(table, row, seq)
  return Outcome.fillConflict
}

function setTrade(
  table: OrderTable,
  trade: number,
  quantity: number,
  price: number,
  fee: number,
  feeCurrency: number,
  liquidity: number,
  tsUs: number,
  seq: number,
): void {
  const { cells } = table.trades
  cells[trade + TradeField.quantity] = quantity
  cells[trade + TradeField.price] = price
  cells[trade + TradeField.liquidity] = liquidity
  cells[trade + TradeField.ts] = tsUs
  cells[trade + TradeField.seq] = seq
  if (Number.isNaN(fee)) return
  cells[trade + TradeField.fee] = fee
  cells[trade + TradeField.feeCurrency] = feeCurrency
}

/** Orders with more trades than this find them through the index; the others by walking their list. */
const longList = 16

function findTrade(table: OrderTable, row: number, exec: ExecKey): number {
  const { trades, cells } = table
  if (cells[row + Field.isIndexed] === 1) return trades.find(cells[row + Field.number], exec)
  let trade = cells[row + Field.firstTrade]
  while (trade >= 0 && trades.exec(trade) !== exec) trade = trades.cells[trade + TradeField.next]
  return trade
}

/** Enters the trades of an order into the index: when they become many, or when corrections give them further names. */
function indexTrades(table: OrderTable, row: number): void {
  const { trades, cells } = table
  if (cells[row + Field.isIndexed] === 1) return
  cells[row + Field.isIndexed] = 1
  for (let trade = cells[row + Field.firstTrade]; trade >= 0; trade = trades.cells[trade + TradeField.next]) {
    trades.alias(cells[row + Field.number], trades.exec(trade), trade)
  }
}

/** Puts a new record at the end of an order's list. */
function linkTrade(table: OrderTable, row: number, trade: number, exec: ExecKey): void {
  const { trades, cells } = table
  const last = cells[row + Field.lastTrade]
  if (last < 0) cells[row + Field.firstTrade] = trade
  else trades.cells[last + TradeField.next] = trade
  cells[row + Field.lastTrade] = trade
  const count = cells[row + Field.tradeCount] + 1
  cells[row + Field.tradeCount] = count
  if (cells[row + Field.isIndexed] === 1) trades.alias(cells[row + Field.number], exec, trade)
  else if (count > longList) indexTrades(table, row)
}

/** A record for a trade that is not reported yet; -1 when the pool is full. */
function announceTrade(table: OrderTable, row: number, exec: ExecKey): number {
  const trade = table.trades.add(table.cells[row + Field.number], exec)
  if (trade >= 0) linkTrade(table, row, trade, exec)
  return trade
}

function unlinkTrade(table: OrderTable, row: number, gone: number): void {
  const { trades } = table
  let before = -1
  for (let trade = table.cells[row + Field.firstTrade]; trade !== gone; trade = trades.cells[trade + TradeField.next])
    before = trade
  table.cells[row + Field.tradeCount] = table.cells[row + Field.tradeCount] - 1
  const next = trades.cells[gone + TradeField.next]
  if (before < 0) table.cells[row + Field.firstTrade] = next
  else trades.cells[before + TradeField.next] = next
  if (table.cells[row + Field.lastTrade] === gone) table.cells[row + Field.lastTrade] = before
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
  const trade = recordFor(table, row, reference, exec)
  if (trade < 0) return Outcome.poolFull
  const { cells } = table.trades
  const isFirst = (cells[trade + TradeField.facts] & TradeFact.corrected) === 0
  const isKnown =
    !isFirst &&
    tsUs === cells[trade + TradeField.correctedTs] &&
    quantity === cells[trade + TradeField.correctedQuantity] &&
    price === cells[trade + TradeField.correctedPrice]
  const isLater =
    isFirst ||
    tsUs > cells[trade + TradeField.correctedTs] ||
    (tsUs === cells[trade + TradeField.correctedTs] && !isKnown && seq > cells[trade + TradeField.correctedSeq])
  if (isLater) {
    cells[trade + TradeField.facts] = cells[trade + TradeField.facts] | TradeFact.corrected
    cells[trade + TradeField.correctedQuantity] = quantity
    cells[trade + TradeField.correctedPrice] = price
    cells[trade + TradeField.correctedTs] = tsUs
    cells[trade + TradeField.correctedSeq] = seq
  }
  adjusted(table, row, !isKnown, works, seq)
  return isKnown ? Outcome.duplicate : Outcome.changed
}

/** The venue took an execution back. */
export function foldBusted(
  table: OrderTable,
  row: number,
  reference: ExecKey,
  works: boolean,
  tsUs: number,
  seq: number,
): number {
  const { trades } = table
  const trade = recordFor(table, row, reference, undefined)
  if (trade < 0) return Outcome.poolFull
  const isNew = (trades.cells[trade + TradeField.facts] & TradeFact.busted) === 0
  if (isNew || tsUs < trades.cells[trade + TradeField.bustTs]) trades.cells[trade + TradeField.bustTs] = tsUs
  if (isNew || seq < trades.cells[trade + TradeField.bustSeq]) trades.cells[trade + TradeField.bustSeq] = seq
  trades.cells[trade + TradeField.facts] = trades.cells[trade + TradeField.facts] | TradeFact.busted
  adjusted(table, row, isNew, works, seq)
  return isNew ? Outcome.changed : Outcome.duplicate
}

/** A bust or correction that is only repeated says nothing new, unless it says that the order works. */
function adjusted(table: OrderTable, row: number, isNews: boolean, works: boolean, seq: number): void {
  table.cells[row + Field.hasAdjustments] = 1
  table.cells[row + Field.hasEnding] = 1
  if (isNews) raise(table.cells, row + Field.bustSeq, seq)
  if (isNews || works) raise(table.cells, row + Field.venueSeq, seq)
  if (works) raise(table.cells, row + Field.worksSeq, seq)
  recountTrades(table, row)
  settle(table, row, seq)
}

/** The record that a reference leads to, made if need be; a correction's own id becomes a further name of it. */
function recordFor(table: OrderTable, row: number, reference: ExecKey, exec: ExecKey | undefined): number {
  const { trades } = table
  const owner = table.cells[row + Field.number]
  indexTrades(table, row)
  let trade = trades.find(owner, reference)
  if (trade < 0) trade = announceTrade(table, row, reference)
  if (trade < 0 || exec === undefined || exec === reference) return trade
  const other = trades.find(owner, exec)
  if (other < 0) trades.alias(owner, exec, trade)
  else if (other !== trade) joinRecords(table, row, other, trade)
  return trade
}

/** Two records turn out to be one execution: the later correction and any bust of the second move to the first. */
function joinRecords(table: OrderTable, row: number, from: number, to: number): void {
  const { trades } = table
  const facts = trades.cells[from + TradeField.facts]
  if ((facts & TradeFact.corrected) !== 0) {
    const isLater =
      (trades.cells[to + TradeField.facts] & TradeFact.corrected) === 0 ||
      trades.cells[from + TradeField.correctedTs] > trades.cells[to + TradeField.correctedTs] ||
      (trades.cells[from + TradeField.correctedTs] === trades.cells[to + TradeField.correctedTs] &&
        trades.cells[from + TradeField.correctedSeq] > trades.cells[to + TradeField.correctedSeq])
    if (isLater) {
      trades.cells[to + TradeField.correctedQuantity] = trades.cells[from + TradeField.correctedQuantity]
      trades.cells[to + TradeField.correctedPrice] = trades.cells[from + TradeField.correctedPrice]
      trades.cells[to + TradeField.correctedTs] = trades.cells[from + TradeField.correctedTs]
      trades.cells[to + TradeField.correctedSeq] = trades.cells[from + TradeField.correctedSeq]
    }
  }
  if ((facts & TradeFact.busted) !== 0) {
    const known = (trades.cells[to + TradeField.facts] & TradeFact.busted) !== 0
    trades.cells[to + TradeField.bustTs] = known
      ? Math.min(trades.cells[to + TradeField.bustTs], trades.cells[from + TradeField.bustTs])
      : trades.cells[from + TradeField.bustTs]
    const seq = trades.cells[from + TradeField.bustSeq]
    if (!known || seq < trades.cells[to + TradeField.bustSeq]) trades.cells[to + TradeField.bustSeq] = seq
  }
  if ((facts & TradeFact.reported) !== 0) joinReports(table, from, to)
  trades.cells[to + TradeField.facts] = trades.cells[to + TradeField.facts] | facts
  trades.cells[to + TradeField.bookedQuantity] =
    trades.cells[to + TradeField.bookedQuantity] + trades.cells[from + TradeField.bookedQuantity]
  if (trades.cells[from + TradeField.bookedQuantity] !== 0)
    trades.cells[to + TradeField.bookedPrice] = trades.cells[from + TradeField.bookedPrice]
  unlinkTrade(table, row, from)
  trades.merge(from, to)
}

/** The earlier of two reports of one execution stands; terms that differ are a conflict. */
function joinReports(table: OrderTable, from: number, to: number): void {
  const { cells } = table.trades
  const isKnown = (cells[to + TradeField.facts] & TradeFact.reported) !== 0
  if (
    isKnown &&
    (cells[to + TradeField.quantity] !== cells[from + TradeField.quantity] ||
      cells[to + TradeField.price] !== cells[from + TradeField.price])
  ) {
    cells[to + TradeField.facts] = cells[to + TradeField.facts] | TradeFact.conflict
  }
  if (isKnown && cells[to + TradeField.seq] < cells[from + TradeField.seq]) return
  setTrade(
    table,
    to,
    cells[from + TradeField.quantity],
    cells[from + TradeField.price],
    cells[from + TradeField.fee],
    cells[from + TradeField.feeCurrency],
    cells[from + TradeField.liquidity],
    cells[from + TradeField.ts],
    cells[from + TradeField.seq],
  )
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
  for (let trade = table.cells[row + Field.firstTrade]; trade >= 0; trade = trades.cells[trade + TradeField.next]) {
    const facts = trades.cells[trade + TradeField.facts]
    if ((facts & TradeFact.inferred) !== 0) {
      inferences++
      trades.cells[trade + TradeField.effective] = 0
      continue
    }
    const isCorrected = (facts & TradeFact.corrected) !== 0
    const reported = (facts & TradeFact.reported) !== 0
    const original = reported
      ? trades.cells[trade + TradeField.quantity]
      : isCorrected
        ? trades.cells[trade + TradeField.correctedQuantity]
        : 0
    const current = isCorrected ? trades.cells[trade + TradeField.correctedQuantity] : original
    const effective = (facts & TradeFact.busted) !== 0 ? 0 : current
    trades.cells[trade + TradeField.effective] = effective
    traded += original
    filled += effective
  }
  table.cells[row + Field.traded] = traded
  table.cells[row + Field.filled] = filled + (inferences === 0 ? 0 : countInferences(table, row, traded))
}

/** Adds up inferences from the lowest basis upwards, each from where real trades and lower inferences end. */
function countInferences(table: OrderTable, row: number, traded: number): number {
  const { trades } = table
  let covered = traded
  let total = 0
  for (;;) {
    let lowest = -1
    for (let trade = table.cells[row + Field.firstTrade]; trade >= 0; trade = trades.cells[trade + TradeField.next]) {
      const facts = trades.cells[trade + TradeField.facts]
      if (
        (facts & TradeFact.inferred) === 0 ||
        (facts & TradeFact.busted) !== 0 ||
        trades.cells[trade + TradeField.basis] <= covered
      )
        continue
      if (lowest < 0 || isBelow(trades.cells, trade, lowest)) lowest = trade
    }
    if (lowest < 0) return total
    const basis = trades.cells[lowest + TradeField.basis]
    const from = Math.max(basis - trades.cells[lowest + TradeField.quantity], covered)
    trades.cells[lowest + TradeField.effective] = basis - from
    total += basis - from
    covered = basis
  }
}

/** Order of inferences: by the total they reach, then by when they were made. */
function isBelow(cells: Float64Array, trade: number, other: number): boolean {
  const difference = cells[trade + TradeField.basis] - cells[other + TradeField.basis]
  return difference < 0 || (difference === 0 && cells[trade + TradeField.seq] < cells[other + TradeField.seq])
}
