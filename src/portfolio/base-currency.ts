/**
 * Profit, loss and fees in the base currency of the portfolio, for positions that settle in another one.
 *
 * Realised P&L is converted at the rate of the fill that realised it, fees at the rate of their fill, what is open at the
 * rate of now. Currency gains on the principal are no P&L of the position. Where a rate is missing, the amount waits as
 * pending and every figure that needs it is absent: nothing is ever converted at 0 or 1 for want of a rate.
 */
import { Decimal, toDecimal } from '../model/decimal.js'

/** What one unit of a currency is worth in another: received when sold, paid when bought. */
export interface ConversionRate {
  bid: number
  ask: number
}

/** The rate of a currency (an index of the portfolio's) into the base currency, as it was at one event: for a journal. */
export interface RateFact extends ConversionRate {
  readonly currency: number
}

/** Where conversion rates come from. */
export interface RateSource {
  /** The rate of `from` in units of `to`; undefined when there is none to trust. Called once per fill in a foreign currency. */
  rate(from: string, to: string): ConversionRate | undefined
}

/** Realised P&L of one position in the base currency, and what still waits for a rate in the settlement currency. Immutable. */
export interface ConvertedPnl {
  readonly realized: Decimal
  readonly pending: Decimal
}

/** Zero. */
export const zero: Decimal = new Decimal(0)

/** A rate as it has to be to be used: both sides finite and above zero, not crossed. */
export function usableRate(rate: ConversionRate | undefined): rate is ConversionRate {
  return rate !== undefined && rate.bid > 0 && rate.ask >= rate.bid && rate.ask < Number.POSITIVE_INFINITY
}

/** Converts what we own at the bid and what we owe at the ask. */
export function convertAt(amount: Decimal, bid: number, ask: number): Decimal {
  return amount.times(toDecimal(amount.isNegative() ? ask : bid))
}

/** The books in the base currency, by slot. */
export class BaseCurrencyBooks {
  readonly currency: string
  /** Undefined for positions that settle in the base currency. */
  readonly pnl: (ConvertedPnl | undefined)[] = []
  /** Fees converted so far, by slot, and those that wait, by slot and currency. */
  readonly fees = new Map<number, Decimal>()
  readonly pendingFees = new Map<number, Map<string, Decimal>>()
  readonly #rates: RateSource | undefined
  /** The rates of the event that is being booked, by currency; while there are any, there are no others. */
  #stated: ReadonlyMap<string, ConversionRate> | undefined

  constructor(currency: string, rates: RateSource | undefined) {
    this.currency = currency
    this.#rates = rates
  }

  /** Adds the row of a slot. */
  addSlot(settlementCurrency: string): void {
    this.pnl.push(settlementCurrency === this.currency ? undefined : { realized: zero, pending: zero })
  }

  /** Books with these rates and no others, until it is called with undefined: then the source is asked again. */
  stateRates(rates: ReadonlyMap<string, ConversionRate> | undefined): void {
    this.#stated = rates
  }

  /** The rate into the base currency. */
  rate(from: string): ConversionRate | undefined {
    if (from === this.currency) return { bid: 1, ask: 1 }
    const rate = this.#stated === undefined ? this.#rates?.rate(from, this.currency) : this.#stated.get(from)
    return usableRate(rate) ? rate : undefined
  }

  /** An amount in the base currency: positive at the bid, negative at the ask; undefined without a rate. */
  convert(amount: Decimal, from: string): Decimal | undefined {
    if (from === this.currency) return amount
    if (amount.isZero()) return zero
    const rate = this.rate(from)
    return rate === undefined ? undefined : convertAt(amount, rate.bid, rate.ask)
  }

  /** Books a change of realised P&L at the rate of its fill; NaN rates leave it pending. */
  addRealized(slot: number, amount: Decimal, bid: number, ask: number): void {
    const before = this.pnl[slot]
    if (before === undefined || amount.isZero()) return
    this.pnl[slot] = Number.isNaN(bid)
      ? { realized: before.realized, pending: before.pending.plus(amount) }
      : { realized: before.realized.plus(convertAt(amount, bid, ask)), pending: before.pending }
  }

  /** Books a fee (positive is a cost) and returns what it is in the base currency; undefined when it waits for a rate. */
  addFee(slot: number, currency: string, fee: Decimal): Decimal | undefined {
    const converted = this.convert(fee.negated(), currency)?.negated()
    if (converted === undefined) this.addPendingFee(slot, currency, fee)
    else this.fees.set(slot, (this.fees.get(slot) ?? zero).plus(converted))
    return converted
  }

  /** Lets a fee wait for a rate. */
  addPendingFee(slot: number, currency: string, fee: Decimal): void {
    const waiting = this.pendingFees.get(slot) ?? new Map<string, Decimal>()
    const sum = (waiting.get(currency) ?? zero).plus(fee)
    if (sum.isZero()) waiting.delete(currency)
    else waiting.set(currency, sum)
    if (waiting.size > 0) this.pendingFees.set(slot, waiting)
    else this.pendingFees.delete(slot)
  }

  /** Whether figures of a slot wait for a rate. */
  isPending(slot: number): boolean {
    return this.pendingFees.has(slot) || this.pnl[slot]?.pending.isZero() === false
  }

  /** Converts what waits at the rates of now, as far as there are any. Returns the currencies that still lack one. */
  settlePending(settlementCurrencyOf: (slot: number) => string): string[] {
    const missing = new Set<string>()
    for (let slot = 0; slot < this.pnl.length; slot++) {
      const row = this.pnl[slot]
      if (row === undefined || row.pending.isZero()) continue
      const converted = this.convert(row.pending, settlementCurrencyOf(slot))
      if (converted === undefined) missing.add(settlementCurrencyOf(slot))
      else this.pnl[slot] = { realized: row.realized.plus(converted), pending: zero }
    }
    for (const [slot, waiting] of [...this.pendingFees]) {
      for (const [currency, fee] of [...waiting]) {
        if (this.convert(fee, currency) === undefined) missing.add(currency)
        else {
          this.addPendingFee(slot, currency, fee.negated())
          this.addFee(slot, currency, fee)
        }
      }
    }
    return [...missing].sort()
  }
}
