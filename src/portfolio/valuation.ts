/**
 * Positions as people read them: exact decimals made from the integer rows on demand, marked at a price.
 *
 * Marks are conservative unless asked otherwise: a long position is worth the bid, a short one costs the ask. A position
 * without a usable price has no unrealised P&L; it is never marked at 0.
 */
import { AMOUNT_CELLS, subtractAmount } from '../math/amount.js'
import { LIMB } from '../math/wide.js'
import { Decimal, decimalPowerOfTen, toDecimal } from '../model/decimal.js'
import { setOpenCost } from './accounting.js'
import { zero } from './base-currency.js'
import { amountToDecimal, type FeeBook } from './fee-book.js'
import { BASIS, BASIS_QUANTITY, CYCLE, FLOW, QUANTITY, STRIDE } from './position-fields.js'
import type { PositionTable } from './position-table.js'

/** Where prices to mark with come from; NaN where there is none. Prices are doubles of the data plane and count as their shortest decimal text. */
export interface MarkSource {
  bid(instrumentIndex: number): number
  ask(instrumentIndex: number): number
  last(instrumentIndex: number): number
}

/** How positions are marked: long at bid and short at ask, at the mid, or at the last price. */
export type MarkMethod = 'conservative' | 'mid' | 'last'

/** The figures of one row in the settlement currency. */
export interface RowFigures {
  quantity: Decimal
  averagePrice: Decimal | undefined
  realizedGross: Decimal
  /** Realised since the position was last opened from flat. */
  realizedInCycle: Decimal
  fees: Decimal
}

/** Digits behind the point of money and prices that come out of a division. */
const MONEY_DIGITS = 18
const ROUND_FLOOR = 3
const cost = new Float64Array(AMOUNT_CELLS)
const limb = new Decimal(LIMB)
const one = new Decimal(1)

/** The price to mark a position of this sign with; undefined when there is none. */
export function markPrice(
  marks: MarkSource | undefined,
  method: MarkMethod,
  instrumentIndex: number,
  isLong: boolean,
): Decimal | undefined {
  if (marks === undefined) return undefined
  if (method === 'last') return finite(marks.last(instrumentIndex))
  if (method === 'conservative') return finite(isLong ? marks.bid(instrumentIndex) : marks.ask(instrumentIndex))
  const bid = finite(marks.bid(instrumentIndex))
  const ask = finite(marks.ask(instrumentIndex))
  return bid === undefined || ask === undefined ? undefined : bid.plus(ask).div(2)
}

function finite(price: number): Decimal | undefined {
  return Number.isFinite(price) ? toDecimal(price) : undefined
}

/** Turns a value in price units x quantity units into money. */
function money(table: PositionTable, slot: number, value: Decimal): Decimal {
  const { priceScale, sizeScale, isInverse, multiplier } = table.instrumentOf(slot)
  const scaled = isInverse
    ? value.div(limb).times(decimalPowerOfTen(priceScale - sizeScale))
    : value.times(decimalPowerOfTen(-priceScale - sizeScale))
  return multiplier.eq(one) ? scaled : scaled.times(multiplier)
}

/** Cost of what is open less the value traded since `flowAt`, rounded so that profit is never overstated. */
function realizedSince(table: PositionTable, slot: number, flowAt: number): Decimal {
  setOpenCost(table, slot, cost)
  subtractAmount(cost, 0, table.cells, slot * STRIDE + FLOW)
  let value = amountToDecimal(cost, 0)
  if (flowAt >= 0) value = value.plus(amountToDecimal(table.cells, slot * STRIDE + flowAt))
  const amount = money(table, slot, value)
  return (table.instrumentOf(slot).isInverse ? amount.negated() : amount).toDecimalPlaces(MONEY_DIGITS, ROUND_FLOOR)
}

/** Realised P&L before fees. */
export function realizedGross(table: PositionTable, slot: number): Decimal {
  return realizedSince(table, slot, -1)
}

/** All figures of a row that need no price. */
export function rowFigures(table: PositionTable, fees: FeeBook, slot: number): RowFigures {
  return {
    quantity: table.instrumentOf(slot).quantityFromUnits(table.cells[slot * STRIDE + QUANTITY] as number),
    averagePrice: averagePrice(table, slot),
    realizedGross: realizedGross(table, slot),
    realizedInCycle: realizedSince(table, slot, CYCLE),
    fees: fees.settlementFees(slot),
  }
}

/** Average entry price, arithmetic for linear and harmonic for inverse contracts; undefined when flat. */
export function averagePrice(table: PositionTable, slot: number): Decimal | undefined {
  const cells = table.cells
  const at = slot * STRIDE
  if (cells[at + QUANTITY] === 0) return undefined
  const { priceScale, isInverse } = table.instrumentOf(slot)
  const basis = amountToDecimal(cells, at + BASIS)
  const quantity = new Decimal(cells[at + BASIS_QUANTITY] as number)
  const units = isInverse ? quantity.times(limb).div(basis) : basis.div(quantity)
  return units.times(decimalPowerOfTen(-priceScale)).toDecimalPlaces(MONEY_DIGITS)
}

/** Unrealised P&L at a price. */
export function unrealizedAt(table: PositionTable, slot: number, mark: Decimal): Decimal {
  if (table.cells[slot * STRIDE + QUANTITY] === 0) return zero
  setOpenCost(table, slot, cost)
  const open = money(table, slot, amountToDecimal(cost, 0))
  const value = signedValueAt(table, slot, mark)
  return (table.instrumentOf(slot).isInverse ? open.minus(value) : value.minus(open)).toDecimalPlaces(
    MONEY_DIGITS,
    ROUND_FLOOR,
  )
}

/** Signed value of a position at a price in the settlement currency: quantity x multiplier x price, divided by it for inverse contracts. */
export function signedValueAt(table: PositionTable, slot: number, mark: Decimal): Decimal {
  const instrument = table.instrumentOf(slot)
  const size = instrument
    .quantityFromUnits(table.cells[slot * STRIDE + QUANTITY] as number)
    .times(instrument.multiplier)
  return instrument.isInverse ? size.div(mark) : size.times(mark)
}
