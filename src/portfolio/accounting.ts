/**
 * What a fill does to a position: exact, in integer units, without allocation.
 *
 * | fill | effect |
 * |---|---|
 * | from flat | opens a cycle: basis = value of the fill |
 * | same side | adds its value to the basis (average) or a lot (FIFO, LIFO) |
 * | opposite, up to the open quantity | average: only the quantity shrinks, the average stays; lots: their cost leaves the basis |
 * | opposite, beyond it | closes the cycle, then opens the other side with the rest at the price of the fill |
 *
 * Every fill adds its signed value to `flow`; realised P&L is read from basis and flow. Rounding happens in one place,
 * when a position that was partly closed is increased: the cost of what is open is rounded by less than 2^-53 of a unit so
 * that realised P&L is never overstated.
 */
import { TradewireError } from '../core/errors.js'
import { AMOUNT_CELLS, addAmount, clearAmount, copyAmount, takeShare } from '../math/amount.js'
import { type LotPool, setTradeValue } from './lots.js'
import { BASIS, BASIS_QUANTITY, CYCLE, FLOW, QUANTITY, STRIDE } from './position-fields.js'
import type { PositionTable } from './position-table.js'

const value = new Float64Array(AMOUNT_CELLS)

/** Books a fill of `signedUnits` (positive bought, negative sold) into a slot. Arguments are valid. Returns the units it closed. */
export function applyTrade(
  table: PositionTable,
  lots: LotPool | undefined,
  slot: number,
  signedUnits: number,
  priceUnits: number,
  isInverse: boolean,
): number {
  const cells = table.cells
  const at = slot * STRIDE
  const quantity = cells[at + QUANTITY] as number
  setTradeValue(value, 0, signedUnits, priceUnits, isInverse)
  if (!addAmount(cells, at + FLOW, value, 0)) throw outOfRange(table, slot)
  if (quantity === 0 || quantity > 0 === signedUnits > 0) {
    increase(table, lots, slot, signedUnits, priceUnits, isInverse)
    return 0
  }
  const rest = quantity + signedUnits
  if (rest !== 0 && rest > 0 === quantity > 0) {
    reduce(table, lots, slot, rest, isInverse)
    return Math.abs(signedUnits)
  }
  lots?.clear(slot)
  table.closeCycle(at)
  if (rest !== 0) flip(table, lots, slot, rest, priceUnits, isInverse)
  return Math.abs(quantity)
}

/** Adds the fill, whose value lies in `value`, to what is open. */
function increase(
  table: PositionTable,
  lots: LotPool | undefined,
  slot: number,
  signedUnits: number,
  priceUnits: number,
  isInverse: boolean,
): void {
  const cells = table.cells
  const at = slot * STRIDE
  const quantity = cells[at + QUANTITY] as number
  const basisQuantity = cells[at + BASIS_QUANTITY] as number
  if (quantity !== basisQuantity) takeShare(cells, at + BASIS, Math.abs(quantity), Math.abs(basisQuantity), isInverse)
  addAmount(cells, at + BASIS, value, 0)
  cells[at + QUANTITY] = quantity + signedUnits
  cells[at + BASIS_QUANTITY] = quantity + signedUnits
  lots?.open(slot, Math.abs(signedUnits), priceUnits, signedUnits < 0, isInverse)
}

/** Takes what was closed out of the lots; by average cost there is nothing to do but to count. */
function reduce(table: PositionTable, lots: LotPool | undefined, slot: number, rest: number, isInverse: boolean): void {
  const cells = table.cells
  const at = slot * STRIDE
  if (lots !== undefined) {
    lots.close(slot, Math.abs((cells[at + QUANTITY] as number) - rest), rest > 0 ? 1 : -1, isInverse, cells, at + BASIS)
    cells[at + BASIS_QUANTITY] = rest
  }
  cells[at + QUANTITY] = rest
}

/** Opens the other side with what a closing fill left over. The new cycle starts where the old one ended. */
function flip(
  table: PositionTable,
  lots: LotPool | undefined,
  slot: number,
  rest: number,
  priceUnits: number,
  isInverse: boolean,
): void {
  const cells = table.cells
  const at = slot * STRIDE
  // closeCycle took the flow after the whole fill; the opening half belongs to the new cycle.
  setTradeValue(value, 0, -rest, priceUnits, isInverse)
  addAmount(cells, at + CYCLE, value, 0)
  setTradeValue(value, 0, rest, priceUnits, isInverse)
  increase(table, lots, slot, rest, priceUnits, isInverse)
}

/** The cost of what is open, into `out`: the basis, or the share of it that is still open. */
export function setOpenCost(table: PositionTable, slot: number, out: Float64Array): void {
  const at = slot * STRIDE
  const cells = table.cells
  const basisQuantity = cells[at + BASIS_QUANTITY] as number
  if (basisQuantity === 0) {
    clearAmount(out, 0)
    return
  }
  copyAmount(out, 0, cells, at + BASIS)
  takeShare(
    out,
    0,
    Math.abs(cells[at + QUANTITY] as number),
    Math.abs(basisQuantity),
    table.instrumentOf(slot).isInverse,
  )
}

/** The error for a position that cannot be summed exactly any more. */
export function outOfRange(table: PositionTable, slot: number): TradewireError {
  return new TradewireError(
    'TW_OUT_OF_RANGE',
    `The position in ${table.instrumentOf(slot).id} leaves the range of exact sums`,
  )
}
