/**
 * Changes and cancels that were asked for, and the terms that came of them.
 *
 * Each request of an order has a generation, its number within the order. Which were sent and which are answered are bits in
 * a window that starts at `requestBase`; what a change asks for lies in the request pool while it is under way.
 */
import { worstCaseQuantity } from './derive.js'
import * as Field from './order-fields.js'
import type { OrderTable } from './order-table.js'
import * as Outcome from './outcome.js'
import { raise, settle } from './settle.js'

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
  const wasWithin = table.cells[row + Field.filled] <= worstCaseQuantity(table, row)
  const outcome = resolveRequest(table, row, generation)
  settle(table, row, seq)
  // What was filled of a change that the venue then says it refused.
  const isBeyond = table.cells[row + Field.filled] > worstCaseQuantity(table, row)
  return wasWithin && isBeyond ? outcome | Outcome.overfill : outcome
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
