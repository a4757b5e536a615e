/**
 * From the columns of one order to what they mean: the facts as bits, the life cycle, the status, the quantities.
 * Nothing here changes an order.
 */
import { StatusCode } from './codes.js'
import * as Fact from './facts.js'
import { isClosed, lifecycleOf } from './lifecycle.js'
import * as Field from './order-fields.js'
import type { OrderTable } from './order-table.js'
import * as TradeFact from './trade-facts.js'
import * as TradeField from './trade-fields.js'

const plainFacts =
  Fact.denied |
  Fact.emulated |
  Fact.released |
  Fact.submitted |
  Fact.accepted |
  Fact.triggered |
  Fact.rejected |
  Fact.canceled |
  Fact.expired

/** The facts of an order as bits for {@link lifecycleOf}. */
export function factsOf(table: OrderTable, row: number): number {
  let facts = table.cells[row + Field.facts] & plainFacts
  if ((facts & Fact.canceled) !== 0 && (facts & Fact.expired) !== 0) {
    facts &= table.cells[row + Field.expiredTs] < table.cells[row + Field.canceledTs] ? ~Fact.canceled : ~Fact.expired
  }
  const venueSeq = table.cells[row + Field.venueSeq]
  if (table.cells[row + Field.unknownSeq] > venueSeq) facts |= Fact.unknown
  if (table.cells[row + Field.rejectedInferredSeq] > venueSeq) facts |= Fact.rejectedByInference
  const worksSeq = table.cells[row + Field.worksSeq]
  const bustSeq = table.cells[row + Field.bustSeq]
  const closedInferredSeq = table.cells[row + Field.closedInferredSeq]
  // The venue's word that it works outranks what was concluded or taken back before.
  if (worksSeq <= closedInferredSeq)
    facts |= table.cells[row + Field.facts] & (Fact.canceledByInference | Fact.expiredByInference)
  if (worksSeq > 0)
    facts |= worksSeq > closedInferredSeq && worksSeq >= bustSeq ? Fact.accepted | Fact.works : Fact.accepted
  const filled = table.cells[row + Field.filled]
  if (filled > 0) facts |= Fact.filledSome
  const quantity = table.cells[row + Field.quantity]
  if (quantity > 0 && filled >= quantity) facts |= Fact.filledAll
  else if (bustSeq > worksSeq) facts |= unfilledFact(table, row, quantity)
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
  return (inFlight & table.cells[row + Field.requestIsCancel]) !== 0
    ? StatusCode.PENDING_CANCEL
    : StatusCode.PENDING_UPDATE
}

/** Requests under way as bits, counted from the order's `requestBase`. Those from before a re-opening do not count. */
export function inFlightRequests(table: OrderTable, row: number): number {
  const { cells, requests } = table
  let inFlight = cells[row + Field.requestOpened] & ~cells[row + Field.requestResolved]
  if (inFlight === 0 || cells[row + Field.worksSeq] === 0 || cells[row + Field.hasEnding] === 0) return inFlight
  for (let request = cells[row + Field.firstRequest]; request >= 0; request = requests.next[request]) {
    if (requests.seq[request] > cells[row + Field.worksSeq]) continue
    inFlight &= ~(1 << (requests.generation[request] - cells[row + Field.requestBase]))
  }
  return inFlight
}

/** What is still open of the confirmed quantity, never below zero. */
export function leaves(table: OrderTable, row: number): number {
  return Math.max(0, table.cells[row + Field.quantity] - table.cells[row + Field.filled])
}

/**
 * What the order may still trade at worst: the larger of the confirmed quantity and any that an update under way asks
 * for, less what is filled; nothing once it is closed.
 */
export function worstCaseLeaves(table: OrderTable, row: number): number {
  if (table.cells[row + Field.isOpen] === 0) return 0
  return Math.max(0, worstCaseQuantity(table, row) - table.cells[row + Field.filled])
}

/** The largest quantity the venue may know: the confirmed one, or any that an update under way asks for. */
export function worstCaseQuantity(table: OrderTable, row: number): number {
  let quantity = table.cells[row + Field.quantity]
  for (let request = table.cells[row + Field.firstRequest]; request >= 0; request = table.requests.next[request]) {
    quantity = Math.max(quantity, table.requests.quantity[request])
  }
  return quantity
}

/**
 * Whether a change of an order only takes quantity away: neither price nor trigger becomes another. It has to be so against
 * what the venue has confirmed and against every change that is under way, of those before generation `before`: giving back
 * what an earlier change takes is an increase.
 */
export function isPureDecrease(
  table: OrderTable,
  row: number,
  quantity: number,
  price: number,
  trigger: number,
  before = Number.POSITIVE_INFINITY,
): boolean {
  const { cells, requests } = table
  let request = cells[row + Field.firstRequest]
  let isDecrease =
    quantity <= cells[row + Field.quantity] &&
    Object.is(price, cells[row + Field.price]) &&
    Object.is(trigger, cells[row + Field.trigger])
  for (; isDecrease && request >= 0; request = requests.next[request])
    isDecrease =
      requests.generation[request] >= before ||
      (quantity <= requests.quantity[request] &&
        Object.is(price, requests.price[request]) &&
        Object.is(trigger, requests.trigger[request]))
  return isDecrease
}

/** What says that nothing of an order is left, whatever is still asked of it. */
const endsForGood =
  Fact.denied |
  Fact.unfilledByBust |
  Fact.unfilledByCorrection |
  Fact.canceled |
  Fact.expired |
  Fact.rejected |
  Fact.canceledByInference |
  Fact.expiredByInference |
  Fact.rejectedByInference

/**
 * Whether an order that is filled by its confirmed quantity may trade on: a change to more than it has filled is under
 * way, and the venue may have made it already. Its status is FILLED, as its facts say; its record, its reservation and the
 * questions about it stay until the change is answered.
 */
export function mayGrow(table: OrderTable, row: number): boolean {
  const { cells, requests } = table
  let request = cells[row + Field.firstRequest]
  if (request < 0 || (cells[row + Field.hasEnding] !== 0 && (factsOf(table, row) & endsForGood) !== 0)) return false
  const inFlight = inFlightRequests(table, row)
  for (; request >= 0; request = requests.next[request]) {
    const isInFlight = (inFlight & (1 << (requests.generation[request] - cells[row + Field.requestBase]))) !== 0
    if (isInFlight && requests.quantity[request] > cells[row + Field.filled]) return true
  }
  return false
}

/** A moment at which what a trade counts changed. */
interface Step {
  readonly ts: number
  readonly seq: number
  /** Place of the trade among those of the order. */
  readonly trade: number
  /** The fact that it is when it takes a reached quantity away; 0 for the trade itself. */
  readonly fact: number
}

/**
 * Whether trades had reached the quantity before a bust or correction took them below it. Decided by the order of venue
 * times (sequence numbers where they are equal), so it does not depend on the order of arrival. Rare: it may allocate.
 */
function unfilledFact(table: OrderTable, row: number, quantity: number): number {
  const { cells } = table.trades
  const steps: Step[] = []
  const records: number[] = []
  for (let trade = table.cells[row + Field.firstTrade]; trade >= 0; trade = cells[trade + TradeField.next]) {
    const facts = cells[trade + TradeField.facts]
    const add = (bit: number, ts: number, seq: number, fact: number) => {
      if ((facts & bit) !== 0)
        steps.push({ ts: cells[trade + ts], seq: cells[trade + seq], trade: records.length, fact })
    }
    add(TradeFact.reported, TradeField.ts, TradeField.seq, 0)
    add(TradeFact.corrected, TradeField.correctedTs, TradeField.correctedSeq, Fact.unfilledByCorrection)
    add(TradeFact.busted, TradeField.bustTs, TradeField.bustSeq, Fact.unfilledByBust)
    records.push(trade)
  }
  steps.sort((a, b) => a.ts - b.ts || a.seq - b.seq)
  const known = new Array<number>(records.length).fill(0)
  const counted = new Array<number>(records.length).fill(0)
  let filled = 0
  let unfilledBy = 0
  let hasReached = false
  for (const { trade, fact } of steps) {
    known[trade] |=
      fact === 0 ? TradeFact.reported : fact === Fact.unfilledByBust ? TradeFact.busted : TradeFact.corrected
    const counts = countedWhen(cells, records[trade], known[trade])
    filled += counts - counted[trade]
    counted[trade] = counts
    if (filled >= quantity) hasReached = true
    else if (hasReached && fact !== 0) {
      unfilledBy = fact
      hasReached = false
    }
  }
  return unfilledBy
}

/** What a trade counted when so much was known about it. */
function countedWhen(cells: Float64Array, trade: number, known: number): number {
  if ((known & TradeFact.busted) !== 0) return 0
  if ((known & TradeFact.corrected) !== 0) return cells[trade + TradeField.correctedQuantity]
  // An inference counts what real trades leave of it; one that was taken back counted in full before.
  const facts = cells[trade + TradeField.facts] & (TradeFact.inferred | TradeFact.busted)
  return cells[trade + (facts === TradeFact.inferred ? TradeField.effective : TradeField.quantity)]
}
