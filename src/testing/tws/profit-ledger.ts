/**
 * What closing positions has brought: profit by account and contract, at average cost. The venue keeps positions and cash;
 * what TWS calls realized profit is counted here, execution by execution.
 */
import type { Instrument } from '../../model/instrument.js'

interface Entry {
  quantity: number
  average: number
  realized: number
}

/** Realized profit of the accounts of a gateway, in the currency of each contract. */
export class ProfitLedger {
  readonly #entries = new Map<string, Map<Instrument, Entry>>()

  /** Books an execution. `quantity` is negative for a sale. Returns what it closed brought; undefined where it only opened. */
  book(account: string, instrument: Instrument, quantity: number, price: number): number | undefined {
    const entry = this.#entry(account, instrument)
    const held = entry.quantity
    const next = held + quantity
    const closes = held !== 0 && Math.sign(held) !== Math.sign(quantity)
    const closed = closes ? Math.min(Math.abs(held), Math.abs(quantity)) * Math.sign(held) : 0
    const profit = closed * (price - entry.average) * instrument.multiplierNumber
    if (Math.abs(next) < 1e-9) entry.average = 0
    else if (held === 0 || Math.sign(next) !== Math.sign(held)) entry.average = price
    else if (!closes) entry.average = (entry.average * held + price * quantity) / next
    entry.quantity = Math.abs(next) < 1e-9 ? 0 : next
    entry.realized += profit
    return closes ? profit : undefined
  }

  /** Counts a contract anew, oldest execution first: one of them was restated. */
  restate(account: string, instrument: Instrument, all: Iterable<{ quantity: number; price: number }>): void {
    this.#entries.get(account)?.delete(instrument)
    for (const { quantity, price } of all) this.book(account, instrument, quantity, price)
  }

  realizedOf(account: string, instrument: Instrument): number {
    return this.#entries.get(account)?.get(instrument)?.realized ?? 0
  }

  #entry(account: string, instrument: Instrument): Entry {
    let own = this.#entries.get(account)
    if (own === undefined) {
      own = new Map()
      this.#entries.set(account, own)
    }
    let entry = own.get(instrument)
    if (entry === undefined) {
      entry = { quantity: 0, average: 0, realized: 0 }
      own.set(instrument, entry)
    }
    return entry
  }
}
