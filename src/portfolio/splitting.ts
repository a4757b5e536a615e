/**
 * What a stock split does to positions: quantity times the ratio, at unchanged value.
 *
 * A venue rounds the total of an account toward zero and pays for the rest. So the total of an account and instrument is
 * rounded first, and the units it has are dealt out among its positions by largest remainder: they add up to the total, and
 * none is a whole unit or more from its exact share. What rounding takes from a position, or gives to it, is settled at the
 * price of the cash in lieu, like a sale or a purchase of that part of a unit: its cost leaves with it, and the average price
 * is the old one over the ratio. Without such a price (NaN) all cost stays in the position.
 */
import { TradewireError } from '../core/errors.js'
import { AMOUNT_CELLS, addAmount, clearAmount, setAmountProduct, takeShare } from '../math/amount.js'
import { Decimal } from '../model/decimal.js'
import type { Instrument } from '../model/instrument.js'
import { outOfRange } from './accounting.js'
import type { LotPool } from './lots.js'
import { BASIS, BASIS_QUANTITY, FLOW, QUANTITY, STRIDE } from './position-fields.js'
import type { PositionTable } from './position-table.js'

/** So many new units for so many old ones. */
export interface SplitRatio {
  readonly numerator: number
  readonly denominator: number
}

/** What a split makes of one row. */
export interface RowSplit extends SplitRatio {
  /** Signed quantity units afterwards. */
  readonly units: number
  /** Price of the cash in lieu in price units after the split, not always whole; NaN: cost stays in the position. */
  readonly cashPrice: number
  /** Cash received for what rounding took, in price units times quantity units; negative where rounding gave. NaN without a price. */
  readonly cash: number
}

/** What a split will do to a row. */
export interface PlannedSplit extends RowSplit {
  readonly slot: number
  /** What rounding takes from the exact share, in parts of 1/denominator unit, signed as the position. */
  readonly cutParts: number
}

const value = new Float64Array(AMOUNT_CELLS)
const ROUND_HALF_EVEN = 6

/** A ratio in lowest terms. */
export function reducedRatio(numerator: number, denominator: number): SplitRatio {
  let a = numerator
  let b = denominator
  while (b !== 0) [a, b] = [b, a % b]
  return { numerator: numerator / a, denominator: denominator / a }
}

/** Refuses a ratio that is none. @throws TradewireError `TW_INVALID_ARGUMENT`. */
export function checkRatio(instrument: Instrument, numerator: number, denominator: number): void {
  const isWhole = (each: number) => Number.isSafeInteger(each) && each > 0
  if (isWhole(numerator) && isWhole(denominator) && !instrument.isInverse) return
  throw new TradewireError(
    'TW_INVALID_ARGUMENT',
    `A split of ${instrument.id} needs two whole numbers above 0 and a linear contract, got ${numerator}:${denominator}`,
    { details: { instrument: instrument.id, numerator, denominator } },
  )
}

/**
 * What a split does to the rows of an instrument, in the order in which it is booked: the positions of an account, then its
 * total. `slots`: all rows, in an order that follows from names alone. Nothing is changed.
 *
 * @throws TradewireError `TW_OUT_OF_RANGE` for a position that leaves the safe integers.
 */
export function planSplit(
  table: PositionTable,
  slots: readonly number[],
  instrument: Instrument,
  ratio: SplitRatio,
  cashPrice: number,
): PlannedSplit[] {
  const own = slots.filter((slot) => table.instrumentOf(slot).index === instrument.index)
  const members = new Map<number, number[]>(own.filter((slot) => table.totals[slot] < 0).map((slot) => [slot, []]))
  for (const slot of own) members.get(table.totals[slot])?.push(slot)
  return [...members].flatMap(([total, positions]) => planAccount(table, total, positions, ratio, cashPrice))
}

function planAccount(
  table: PositionTable,
  total: number,
  positions: readonly number[],
  ratio: SplitRatio,
  cashPrice: number,
): PlannedSplit[] {
  const { numerator, denominator } = ratio
  const shares = positions.map((slot) => {
    const parts = partsOf(table, slot, numerator)
    const rest = parts % denominator
    return { slot, rest, units: (parts - rest) / denominator }
  })
  const parts = partsOf(table, total, numerator)
  let left = (parts - (parts % denominator)) / denominator - shares.reduce((sum, { units }) => sum + units, 0)
  const step = Math.sign(left)
  // The largest remainders first; of equal ones the first by name.
  for (const share of [...shares].sort((a, b) => step * (b.rest - a.rest))) {
    if (left === 0 || step * share.rest <= 0) break
    share.units += step
    left -= step
  }
  const planned = shares.map(({ slot, units }) => planRow(table, slot, units + 0, ratio, cashPrice))
  const units = planned.reduce((sum, row) => sum + row.units, 0)
  const cash = planned.reduce((sum, row) => sum + row.cash, Number.isNaN(cashPrice) ? Number.NaN : 0)
  return [...planned, { ...planRow(table, total, units, ratio, Number.NaN), cashPrice, cash }]
}

function planRow(
  table: PositionTable,
  slot: number,
  units: number,
  { numerator, denominator }: SplitRatio,
  cashPrice: number,
): PlannedSplit {
  const cutParts = partsOf(table, slot, numerator) - units * denominator
  const cash = cashFor(table, slot, cutParts, denominator, cashPrice)
  return { slot, numerator, denominator, units, cutParts, cashPrice, cash }
}

/** Signed quantity of a row in parts of 1/denominator of a new unit. */
function partsOf(table: PositionTable, slot: number, numerator: number): number {
  const parts = (table.cells[slot * STRIDE + QUANTITY] as number) * numerator
  if (!Number.isSafeInteger(parts)) throw outOfRange(table, slot)
  return parts + 0
}

/** What parts of a unit are worth, to the nearest unit of money. */
function cashFor(table: PositionTable, slot: number, parts: number, denominator: number, price: number): number {
  if (Number.isNaN(price)) return Number.NaN
  const cash = new Decimal(parts).times(price).div(denominator).toDecimalPlaces(0, ROUND_HALF_EVEN).toNumber()
  if (!Number.isSafeInteger(cash)) throw outOfRange(table, slot)
  return cash + 0
}

/**
 * A split booked again over a position that another quantity lead to: the rounding that was stands where it still is one,
 * and else it is toward zero.
 */
export function splitAgain(table: PositionTable, slot: number, before: RowSplit): RowSplit {
  const { numerator, denominator, cashPrice } = before
  const parts = partsOf(table, slot, numerator)
  const units =
    Math.abs(parts - before.units * denominator) < denominator
      ? before.units
      : (parts - (parts % denominator)) / denominator
  return planRow(table, slot, units + 0, before, cashPrice)
}

/** Books a split into a row. @throws TradewireError `TW_OUT_OF_RANGE`. */
export function applySplit(table: PositionTable, lots: LotPool | undefined, slot: number, split: RowSplit): void {
  const { cells } = table
  const at = slot * STRIDE
  const { numerator, denominator, units, cash } = split
  const quantity = cells[at + QUANTITY] as number
  const isSettled = !Number.isNaN(cash)
  if (quantity === 0 && units === 0) return
  const parts = Math.abs(partsOf(table, slot, numerator))
  const wanted = Math.abs(units) * denominator
  if (!Number.isSafeInteger(wanted)) throw outOfRange(table, slot)
  const basisQuantity = cells[at + BASIS_QUANTITY] as number
  if (quantity !== basisQuantity) takeShare(cells, at + BASIS, Math.abs(quantity), Math.abs(basisQuantity), false)
  setAmountProduct(value, 0, isSettled ? -cash : 0, 1)
  if (!addAmount(cells, at + FLOW, value, 0)) throw outOfRange(table, slot)
  if (quantity === 0 || units === 0 || quantity > 0 !== units > 0) {
    reopen(table, lots, slot, units)
    return
  }
  if (isSettled && parts < wanted) addAmount(cells, at + BASIS, value, 0)
  if (lots !== undefined) lots.split(slot, Math.sign(quantity), numerator, denominator, wanted, cash, cells, at + BASIS)
  else if (isSettled && parts > wanted) takeShare(cells, at + BASIS, wanted, parts, false)
  cells[at + QUANTITY] = units
  cells[at + BASIS_QUANTITY] = units
}

/** Ends what a split leaves nothing of; what it makes of nothing opens at what was paid for it. */
function reopen(table: PositionTable, lots: LotPool | undefined, slot: number, units: number): void {
  const { cells } = table
  const at = slot * STRIDE
  if (cells[at + QUANTITY] !== 0) {
    lots?.clear(slot)
    table.closeCycle(at)
    clearAmount(value, 0)
  }
  if (units === 0) return
  addAmount(cells, at + BASIS, value, 0)
  cells[at + QUANTITY] = units
  cells[at + BASIS_QUANTITY] = units
  lots?.restore(
    slot,
    [[Math.abs(units), null, value[0] as number, value[1] as number, value[2] as number]],
    units < 0,
    false,
  )
}
