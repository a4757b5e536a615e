/**
 * How a portfolio stands: equity, profit and loss of accounts and strategies, and what is held of each instrument, in the
 * base currency. The same figures as those of a snapshot (snapshot.ts), for who asks again and again.
 *
 * A look compares the cells, the price and the rate of every row with those of the look before, which are doubles side by
 * side. Figures are computed for rows that moved, from integers where nothing has to be converted; sums take the difference.
 * So a look after a fill costs a few microseconds, and some ten nanoseconds for every other row.
 *
 * Profit counts exactly. A snapshot rounds realised and unrealised profit down on their own, by less than 10^-18 each.
 */
import { wideToNumber } from '../math/wide.js'
import { type Decimal, numberToNearestUnits, unitsToDecimal, unitsToNumber } from '../model/decimal.js'
import { type ConvertedPnl, zero } from './base-currency.js'
import { FEE_SCALE } from './fee-book.js'
import type { Portfolio } from './portfolio.js'
import { FEES, FLOW, FOREIGN, INVERSE, QUANTITY, STRIDE, TOTAL } from './position-fields.js'
import { baseFiguresAt } from './position-view.js'

/** Profit and loss of one account or strategy; undefined while a price or a rate is missing. */
export interface NamedTotal {
  readonly name: string
  readonly total: Decimal | undefined
}

/** Cells of a row that figures come from: quantity, cost, flow and fees. */
const WATCHED = FEES + 2
/** Beside them: two prices and two rates. */
const SEEN = WATCHED + 4

/** A sum of amounts of which some may not be known. */
class Sum {
  #known: Decimal = zero
  #unknown = 0

  /** Undefined while any part is. */
  get value(): Decimal | undefined {
    return this.#unknown > 0 ? undefined : this.#known
  }

  add(amount: Decimal | undefined): void {
    if (amount === undefined) this.#unknown++
    else if (!amount.isZero()) this.#known = this.#known.plus(amount)
  }

  take(amount: Decimal | undefined): void {
    if (amount === undefined) this.#unknown--
    else if (!amount.isZero()) this.#known = this.#known.minus(amount)
  }
}

/** What a row adds to the sums, and the decimals it was made from besides its cells. */
interface Part {
  pnl: Decimal | undefined
  value: Decimal | undefined
  foreign: ConvertedPnl | undefined
  fine: Decimal | undefined
  fees: Decimal | undefined
  isPending: boolean
}

/** See the file's header. Owned by whoever looks; nothing of the portfolio is changed. */
export class PortfolioStanding {
  readonly #portfolio: Portfolio
  #seen = new Float64Array(0)
  readonly #parts: Part[] = []
  readonly #all = new Sum()
  readonly #accounts = new Map<string, Sum>()
  readonly #strategies = new Map<string, Sum>()
  readonly #instruments = new Map<string, Sum>()

  constructor(portfolio: Portfolio) {
    this.#portfolio = portfolio
  }

  /** Capital and all profit and loss; undefined while a price or a rate is missing. */
  get equity(): Decimal | undefined {
    const { total } = this
    return total === undefined ? undefined : this.#portfolio.capital.plus(total)
  }

  /** Profit and loss of everything: realised less fees, plus unrealised. */
  get total(): Decimal | undefined {
    return this.#all.value
  }

  /** By name. */
  get byAccount(): NamedTotal[] {
    return named(this.#accounts)
  }

  /** By name. */
  get byStrategy(): NamedTotal[] {
    return named(this.#strategies)
  }

  /** Signed value at the mark by instrument id, over all accounts; undefined where a price or a rate is missing. What is flat is absent. */
  values(): Record<string, Decimal | undefined> {
    const values: Record<string, Decimal | undefined> = {}
    for (const [instrument, { value }] of this.#instruments) if (value?.isZero() !== true) values[instrument] = value
    return values
  }

  /** Brings everything up to now. */
  look(): void {
    const { table } = this.#portfolio
    const { size } = table
    if (this.#seen.length < size * SEEN) {
      const grown = new Float64Array(table.capacity * SEEN)
      grown.set(this.#seen)
      this.#seen = grown
    }
    for (let slot = 0; slot < size; slot++) this.#lookAt(slot)
  }

  #lookAt(slot: number): void {
    const known = this.#parts[slot]
    const isMoved = this.#note(slot)
    if (known !== undefined && !isMoved && this.#isSame(slot, known)) return
    const { table } = this.#portfolio
    const isTotal = table.strategyOf(slot) === TOTAL
    const part = this.#plainPart(slot, isTotal) ?? this.#anyPart(slot)
    this.#parts[slot] = part
    for (const sum of this.#pnlSums(slot, isTotal)) {
      if (known !== undefined) sum.take(known.pnl)
      sum.add(part.pnl)
    }
    if (!isTotal) return
    const held = sumOf(this.#instruments, table.instrumentOf(slot).id)
    if (known !== undefined) held.take(known.value)
    held.add(part.value)
  }

  /** What any row adds. */
  #anyPart(slot: number): Part {
    const { fees, base } = this.#portfolio
    const { realizedNet, unrealized, marketValue } = baseFiguresAt(this.#portfolio, slot)
    return {
      pnl: realizedNet === undefined || unrealized === undefined ? undefined : realizedNet.plus(unrealized),
      value: marketValue,
      foreign: base.pnl[slot],
      fine: fees.fine.get(slot),
      fees: base.fees.get(slot),
      isPending: base.pendingFees.has(slot),
    }
  }

  /**
   * What a row adds that needs no conversion and whose amounts are safe integers, as nearly all are: its value at the price of
   * now less all that was ever paid for it. Undefined for other rows.
   */
  #plainPart(slot: number, isTotal: boolean): Part | undefined {
    const { table, marks, markBy, fees, base } = this.#portfolio
    if (((table.flags[slot] as number) & (INVERSE | FOREIGN)) !== 0 || marks === undefined || markBy === 'mid') return
    if (fees.fine.has(slot) || base.fees.has(slot) || base.pendingFees.has(slot)) return
    const { cells } = table
    const at = slot * STRIDE
    const { index, priceScale, sizeScale, multiplier } = table.instrumentOf(slot)
    const quantity = cells[at + QUANTITY] as number
    const rest = { foreign: undefined, fine: undefined, fees: undefined, isPending: false }
    let value = 0
    if (quantity !== 0) {
      const price = markBy === 'last' ? marks.last(index) : quantity > 0 ? marks.bid(index) : marks.ask(index)
      if (!Number.isFinite(price)) return { pnl: undefined, value: undefined, ...rest }
      const units = numberToNearestUnits(price, priceScale)
      // Then the price is no other than these units, see toUnits.
      if (!(Math.abs(units) < 1e15) || unitsToNumber(units, priceScale) !== price) return
      value = quantity * units
    }
    const flow = wideToNumber(cells, at + FLOW)
    const paid = wideToNumber(cells, at + FEES)
    const profit = value - flow
    if (![value, flow, profit, paid].every(Number.isSafeInteger) || cells[at + FLOW + 2] !== 0) return
    const money = (units: number): Decimal => {
      const amount = unitsToDecimal(units, priceScale + sizeScale)
      return multiplier.eq(1) ? amount : amount.times(multiplier)
    }
    const pnl = paid === 0 ? money(profit) : money(profit).minus(unitsToDecimal(paid, FEE_SCALE))
    return { pnl, value: isTotal ? money(value) : zero, ...rest }
  }

  /** Sums that the profit and loss of a row is part of. */
  #pnlSums(slot: number, isTotal: boolean): Sum[] {
    const { table, accounts, strategies } = this.#portfolio
    if (!isTotal) return [sumOf(this.#strategies, strategies.name(table.strategyOf(slot)))]
    return [this.#all, sumOf(this.#accounts, accounts.name(table.accountOf(slot)))]
  }

  /** Takes down cells, prices and rates of a row. Returns whether any is another than before. */
  #note(slot: number): boolean {
    const { table, marks, markBy, base, baseCurrency } = this.#portfolio
    const { cells } = table
    const seen = this.#seen
    const from = slot * STRIDE
    const to = slot * SEEN
    let isMoved = false
    for (let i = 0; i < WATCHED; i++) {
      if (seen[to + i] === cells[from + i]) continue
      seen[to + i] = cells[from + i] as number
      isMoved = true
    }
    const quantity = cells[from + QUANTITY] as number
    if (quantity === 0) return isMoved
    const { index, settlementCurrency } = table.instrumentOf(slot)
    if (marks !== undefined) {
      const isMid = markBy === 'mid'
      if (markBy === 'last') isMoved = this.#noteAt(to + WATCHED, marks.last(index)) || isMoved
      else if (isMid || quantity > 0) isMoved = this.#noteAt(to + WATCHED, marks.bid(index)) || isMoved
      if (isMid || (markBy === 'conservative' && quantity < 0))
        isMoved = this.#noteAt(to + WATCHED + 1, marks.ask(index)) || isMoved
    }
    if (settlementCurrency === baseCurrency) return isMoved
    const rate = base.rate(settlementCurrency)
    isMoved = this.#noteAt(to + WATCHED + 2, rate?.bid ?? Number.NaN) || isMoved
    return this.#noteAt(to + WATCHED + 3, rate?.ask ?? Number.NaN) || isMoved
  }

  #noteAt(at: number, value: number): boolean {
    const before = this.#seen[at] as number
    if (Object.is(before, value)) return false
    this.#seen[at] = value
    return true
  }

  /** Whether what is not in the cells is what it was: these decimals are never changed, only replaced. */
  #isSame(slot: number, known: Part): boolean {
    const { fine } = this.#portfolio.fees
    const { pnl, fees, pendingFees } = this.#portfolio.base
    // Books that are empty, as nearly all are, are not searched.
    return (
      known.foreign === pnl[slot] &&
      known.fine === (fine.size === 0 ? undefined : fine.get(slot)) &&
      known.fees === (fees.size === 0 ? undefined : fees.get(slot)) &&
      known.isPending === (pendingFees.size > 0 && pendingFees.has(slot))
    )
  }
}

function sumOf(sums: Map<string, Sum>, name: string): Sum {
  let sum = sums.get(name)
  if (sum === undefined) {
    sum = new Sum()
    sums.set(name, sum)
  }
  return sum
}

function named(sums: ReadonlyMap<string, Sum>): NamedTotal[] {
  return [...sums].map(([name, { value }]) => ({ name, total: value })).sort((a, b) => (a.name < b.name ? -1 : 1))
}
