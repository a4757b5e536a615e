/**
 * Fees of positions, exact and by currency. Positive is a cost, negative a rebate.
 *
 * Fees in the settlement currency with up to 8 digits lie in the position table; this book holds the rest: finer digits,
 * other currencies, inventory given up as a fee, and what has to be undone when a trade is busted.
 */
import { AMOUNT_CELLS } from '../math/amount.js'
import { addSafe, LIMB, wideToNumber } from '../math/wide.js'
import { Decimal, decimalPowerOfTen } from '../model/decimal.js'
import { zero } from './base-currency.js'
import { FEES, STRIDE } from './position-fields.js'
import type { PositionTable } from './position-table.js'

/** Digits behind the point of fees in integer units. */
export const FEE_SCALE = 8
const FEE_POWER = new Decimal(100_000_000)

/** What a fee of a trade did, so that a bust can undo it. */
export interface FeeRecord {
  currency: string
  amount: Decimal
  /** The same in the base currency, where the position has books there and a rate was known. */
  inBase?: Decimal
  /** Set when the fee was taken out of the inventory: then `amount` is its value in the settlement currency. */
  inventory?: Decimal
}

/** The book. Slots are those of the position table. */
export class FeeBook {
  readonly #table: PositionTable
  /** What is finer than 8 digits, by slot. */
  readonly fine = new Map<number, Decimal>()
  /** Fees in other than the settlement currency, by slot and currency. */
  readonly others = new Map<number, Map<string, Decimal>>()
  /** Inventory fees below one quantity unit that wait until they make up one, by slot. */
  readonly carry = new Map<number, Decimal>()
  /** By trade number. */
  readonly records = new Map<number, FeeRecord[]>()

  constructor(table: PositionTable) {
    this.#table = table
  }

  /** Adds a fee in the settlement currency. */
  addSettlement(slot: number, fee: Decimal): void {
    const scaled = fee.times(FEE_POWER)
    const whole = scaled.truncated()
    const units = whole.toNumber()
    if (!Number.isSafeInteger(units)) {
      addTo(this.fine, slot, fee)
      return
    }
    addSafe(this.#table.cells, slot * STRIDE + FEES, units)
    if (!whole.equals(scaled)) addTo(this.fine, slot, scaled.minus(whole).div(FEE_POWER))
  }

  /** Adds a fee in another currency. */
  addOther(slot: number, currency: string, fee: Decimal): void {
    const fees = this.others.get(slot) ?? new Map<string, Decimal>()
    const sum = (fees.get(currency) ?? zero).plus(fee)
    if (sum.isZero()) fees.delete(currency)
    else fees.set(currency, sum)
    if (fees.size > 0) this.others.set(slot, fees)
    else this.others.delete(slot)
  }

  /** Adds to the inventory fees that wait and takes out the whole quantity units among them. */
  takeWholeUnits(slot: number, quantity: Decimal, sizeScale: number): number {
    const waiting = (this.carry.get(slot) ?? zero).plus(quantity).times(decimalPowerOfTen(sizeScale))
    const whole = waiting.truncated()
    const rest = waiting.minus(whole).div(decimalPowerOfTen(sizeScale))
    if (rest.isZero()) this.carry.delete(slot)
    else this.carry.set(slot, rest)
    return whole.toNumber()
  }

  /** Changes what waits in the inventory without taking units out. */
  addCarry(slot: number, quantity: Decimal): void {
    addTo(this.carry, slot, quantity)
  }

  /** Remembers what a fee did. */
  remember(trade: number, record: FeeRecord): void {
    const records = this.records.get(trade)
    if (records === undefined) this.records.set(trade, [record])
    else records.push(record)
  }

  /** Forgets the records of trades that are no longer in the history. */
  forgetBefore(trade: number): void {
    for (const known of this.records.keys()) if (known < trade) this.records.delete(known)
  }

  /** Fees in the settlement currency. */
  settlementFees(slot: number): Decimal {
    const fees = wideToDecimal(this.#table.cells, slot * STRIDE + FEES).div(FEE_POWER)
    const fine = this.fine.get(slot)
    return fine === undefined ? fees : fees.plus(fine)
  }
}

/** Adds to a sum in a map; a sum of zero is no entry. */
function addTo(sums: Map<number, Decimal>, slot: number, amount: Decimal): void {
  const sum = (sums.get(slot) ?? zero).plus(amount)
  if (sum.isZero()) sums.delete(slot)
  else sums.set(slot, sum)
}

/** The wide integer in two cells as a Decimal. */
function wideToDecimal(cells: Float64Array, at: number): Decimal {
  const whole = wideToNumber(cells, at)
  return Number.isSafeInteger(whole)
    ? new Decimal(whole)
    : new Decimal(cells[at] as number).times(LIMB).plus(cells[at + 1] as number)
}

/** The amount in three cells as a Decimal. */
export function amountToDecimal(cells: Float64Array, at: number): Decimal {
  const whole = wideToDecimal(cells, at)
  const fraction = cells[at + AMOUNT_CELLS - 1] as number
  return fraction === 0 ? whole : whole.plus(new Decimal(fraction).div(LIMB))
}
