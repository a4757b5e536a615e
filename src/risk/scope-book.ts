/**
 * Positions and working orders by the entries of a scope: a strategy, a connector, an account, the whole system, a group of
 * instruments. Kept in step with the exposure by its hooks; only where limits of the scope are configured.
 *
 * Books do not own their memory: all of a gate lie in two arrays (see scope-books.ts), so that an order finds its limits and
 * counts in every book without going from object to object.
 */
import * as Book from './scope-book-fields.js'
import type { ScopeLimits } from './scope-limits.js'

/** What scope limits can be of. */
export type BookKind = 'global' | 'account' | 'connector' | 'strategy' | 'group'

/** See the file's header, and scope-book-fields.ts for the columns. Quantities are units of the instruments. */
export class ScopeBook {
  readonly kind: BookKind
  /** The kind, and the name of a group: the same over restarts. */
  readonly key: string
  readonly entries: number
  /** Records of the entries. */
  cells: Float64Array = new Float64Array(0)
  /** Rows of the instruments of the entries. */
  rows: Float64Array = new Float64Array(0)
  /** Instruments that an entry ever had to do with, in the order of their appearance. */
  readonly active: Int32Array
  readonly #instruments: number
  readonly #limitsOf: (entry: number) => ScopeLimits | undefined

  /** `limitsOf`: what is configured for an entry; undefined = nothing of it may be traded. */
  constructor(
    kind: BookKind,
    entries: number,
    instruments: number,
    limitsOf: (entry: number) => ScopeLimits | undefined,
    group = '',
  ) {
    this.kind = kind
    this.key = kind === 'group' ? `group ${group}` : kind
    this.entries = entries
    this.#instruments = instruments
    this.active = new Int32Array(entries * instruments)
    this.#limitsOf = limitsOf
  }

  /** Moves into other memory, with all that it holds; memory that is taken for the first time is made ready. */
  moveTo(cells: Float64Array, rows: Float64Array): void {
    if (this.cells.length > 0) {
      cells.set(this.cells)
      rows.set(this.rows)
    } else {
      for (let at = 0; at < cells.length; at += Book.ENTRY) cells[at + Book.SUMMED_AT] = -1
      for (let at = 0; at < rows.length; at += Book.ROW) rows[at + Book.UNIT_VALUE] = Number.NaN
    }
    this.cells = cells
    this.rows = rows
  }

  /** First cell of an entry. */
  entryAt(entry: number): number {
    return entry * Book.ENTRY
  }

  /** First cell of an entry's instrument. */
  rowAt(entry: number, instrument: number): number {
    return (entry * this.#instruments + instrument) * Book.ROW
  }

  /** How many instruments an entry ever had to do with. */
  activeCount(entry: number): number {
    return this.cells[entry * Book.ENTRY + Book.ACTIVE]
  }

  /** One of them, in the order of their appearance. */
  activeAt(entry: number, i: number): number {
    return this.active[entry * this.#instruments + i]
  }

  /** First cell of an entry, its limits looked up when first asked for. */
  limitsAt(entry: number): number {
    const at = entry * Book.ENTRY
    if (this.cells[at + Book.IS_RESOLVED] === 0) this.compile(entry)
    return at
  }

  /** The soft level of an entry's limits, as a share of them; undefined where it has none of its own. */
  warnAtOf(entry: number): number | undefined {
    return this.#limitsOf(entry)?.warnAt
  }

  /** The limits changed: they are looked up anew. */
  invalidate(): void {
    for (let entry = 0; entry < this.entries; entry++) this.cells[entry * Book.ENTRY + Book.IS_RESOLVED] = 0
  }

  /** What was ordered is of another day: counts are 0. */
  clearCounts(): void {
    for (let at = 0; at < this.cells.length; at += Book.ENTRY)
      this.cells.fill(0, at + Book.ORDERS, at + Book.QUANTITY + 1)
  }

  /** Looks the limits of an entry up. */
  compile(entry: number): void {
    const { cells } = this
    const at = entry * Book.ENTRY
    const limits = this.#limitsOf(entry)
    cells[at + Book.IS_RESOLVED] = 1
    // An entry that a table of limits leaves out may have nothing.
    if (limits === undefined) {
      cells.fill(0, at, at + Book.LIMITS)
      return
    }
    const amount = (value: ScopeLimits[keyof ScopeLimits]) =>
      value === undefined ? Number.POSITIVE_INFINITY : Number(value)
    cells[at + Book.GROSS] = amount(limits.maxGross)
    cells[at + Book.NET] = amount(limits.maxNet)
    cells[at + Book.POSITION_VALUE] = amount(limits.maxPositionValue)
    cells[at + Book.CONCENTRATION] = amount(limits.concentrationPercent) / 100
    cells[at + Book.ORDER_VALUE] = amount(limits.maxOrderNotional)
    cells[at + Book.DAY_ORDERS] = amount(limits.maxOrdersPerDay)
    cells[at + Book.DAY_VALUE] = amount(limits.maxNotionalPerDay)
    cells[at + Book.DAY_QUANTITY] = amount(limits.maxQuantityPerDay)
    cells[at + Book.OPEN_ORDERS] = amount(limits.maxOpenOrders)
  }

  /** What works changed by so many units. */
  addWorking(entry: number, instrument: number, side: number, units: number): void {
    const row = this.touch(entry, instrument)
    const { rows } = this
    const column = row + (side > 0 ? Book.BUYING : Book.SELLING)
    rows[column] = rows[column] + units
    this.#sum(entry, row)
  }

  /** The position changed by so many units. */
  addPosition(entry: number, instrument: number, units: number): void {
    const row = this.touch(entry, instrument)
    const { rows } = this
    rows[row + Book.POSITION] = rows[row + Book.POSITION] + units
    this.#sum(entry, row)
  }

  /** A split: multiplies what every entry holds of an instrument, to whole units toward zero. */
  scale(instrument: number, numerator: number, denominator: number): void {
    for (let entry = 0; entry < this.entries; entry++) {
      const units = this.rows[this.rowAt(entry, instrument) + Book.POSITION] as number
      if (units !== 0) this.addPosition(entry, instrument, Math.trunc((units * numerator) / denominator) - units)
    }
  }

  #sum(entry: number, row: number): void {
    const { cells, rows } = this
    const long = rows[row + Book.POSITION] + rows[row + Book.BUYING]
    const short = rows[row + Book.SELLING] - rows[row + Book.POSITION]
    const size = Math.max(Math.abs(long), Math.abs(short))
    const value = rows[row + Book.UNIT_VALUE]
    const at = entry * Book.ENTRY
    cells[at + Book.SUM_GROSS] = cells[at + Book.SUM_GROSS] + (size - rows[row + Book.SIZE]) * value
    cells[at + Book.SUM_LONG] = cells[at + Book.SUM_LONG] + (long - rows[row + Book.LONG]) * value
    cells[at + Book.SUM_LONG + 1] = cells[at + Book.SUM_LONG + 1] + (short - rows[row + Book.SHORT]) * value
    rows[row + Book.LONG] = long
    rows[row + Book.SHORT] = short
    rows[row + Book.SIZE] = size
  }

  /** The row of an entry's instrument, which is active from now on. */
  touch(entry: number, instrument: number): number {
    const { cells, rows } = this
    const row = this.rowAt(entry, instrument)
    if (rows[row + Book.IS_ACTIVE] === 1) return row
    const count = entry * Book.ENTRY + Book.ACTIVE
    rows[row + Book.IS_ACTIVE] = 1
    this.active[entry * this.#instruments + cells[count]] = instrument
    cells[count] = cells[count] + 1
    return row
  }

  /** Positions that are not 0, as `[entry, instrument, units]`: what a restart has to find again. */
  positions(): [number, number, number][] {
    const found: [number, number, number][] = []
    for (let entry = 0; entry < this.entries; entry++) {
      for (let i = 0; i < this.activeCount(entry); i++) {
        const instrument = this.activeAt(entry, i)
        const units = this.rows[this.rowAt(entry, instrument) + Book.POSITION]
        if (units !== 0) found.push([entry, instrument, units])
      }
    }
    return found
  }

  /** Takes what {@link positions} gave, in place of what there is. */
  setPositions(positions: readonly (readonly [number, number, number])[]): void {
    for (const [entry, instrument, units] of this.positions()) this.addPosition(entry, instrument, -units)
    for (const [entry, instrument, units] of positions) this.addPosition(entry, instrument, units)
  }
}
