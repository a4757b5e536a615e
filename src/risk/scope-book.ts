/**
 * Positions and working orders by the entries of a scope: a strategy, a connector, an account, the whole system, a group of
 * instruments. Kept in step with the exposure by its hooks; only where limits of the scope are configured.
 */
import type { ScopeLimits } from './scope-limits.js'

/** Columns of the limits of an entry. */
export const GROSS = 0,
  NET = 1,
  POSITION_VALUE = 2,
  /** Share of equity. */
  CONCENTRATION = 3,
  ORDER_VALUE = 4,
  DAY_ORDERS = 5,
  DAY_VALUE = 6,
  DAY_QUANTITY = 7,
  OPEN_ORDERS = 8
/** Columns of a row. */
export const LIMIT_FIELDS = 9
/** Columns of what was ordered in a day. */
export const ORDERS = 0,
  VALUE = 1,
  QUANTITY = 2
/** Columns of a row. */
export const COUNT_FIELDS = 3

/** Columns of the values of all positions of an entry, at their worst. */
export const SUM_GROSS = 0,
  SUM_LONG = 1,
  SUM_SHORT = 2
/** Columns of a row. */
export const SUM_FIELDS = 3

/** What scope limits can be of. */
export type BookKind = 'global' | 'account' | 'connector' | 'strategy' | 'group'

/** See the file's header. Quantities are units of the instruments. */
export class ScopeBook {
  readonly kind: BookKind
  /** The kind, and the name of a group: the same over restarts. */
  readonly key: string
  readonly entries: number
  /** What was ordered since the trading day began, by entry, {@link COUNT_FIELDS} columns. */
  readonly counts: Float64Array
  readonly position: Float64Array
  readonly buying: Float64Array
  readonly selling: Float64Array
  /** What a key could come to hold on either side, and the larger of the two: kept beside the columns they are sums of. */
  readonly long: Float64Array
  readonly short: Float64Array
  readonly size: Float64Array
  /**
   * Values of all positions together, by entry, {@link SUM_FIELDS} columns: kept up with every change, at the prices in
   * `values`. Good to ten digits or so, as long as prices are those of `summedAt`; NaN where something has no price.
   */
  readonly sums: Float64Array
  /** Value of one unit, by key, that the sums are made with. NaN: none yet. */
  readonly values: Float64Array
  /** By entry: which prices the sums are made with; see `ReferencePrices.changes`. */
  readonly summedAt: Float64Array
  /** Orders that may be working, by entry. */
  readonly open: Int32Array
  /** Limits by entry, {@link LIMIT_FIELDS} columns; Infinity = none. */
  readonly limits: Float64Array
  /** Instruments that an entry ever had to do with, in the order of their appearance. */
  readonly active: Int32Array
  readonly activeCount: Int32Array
  readonly #isActive: Uint8Array
  readonly #isResolved: Uint8Array
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
    const cells = entries * instruments
    this.kind = kind
    this.key = kind === 'group' ? `group ${group}` : kind
    this.counts = new Float64Array(entries * COUNT_FIELDS)
    this.entries = entries
    this.open = new Int32Array(entries)
    this.#instruments = instruments
    this.position = new Float64Array(cells)
    this.buying = new Float64Array(cells)
    this.selling = new Float64Array(cells)
    this.long = new Float64Array(cells)
    this.short = new Float64Array(cells)
    this.size = new Float64Array(cells)
    this.sums = new Float64Array(entries * SUM_FIELDS)
    this.values = new Float64Array(cells).fill(Number.NaN)
    this.summedAt = new Float64Array(entries).fill(-1)
    this.active = new Int32Array(cells)
    this.activeCount = new Int32Array(entries)
    this.#isActive = new Uint8Array(cells)
    this.#isResolved = new Uint8Array(entries)
    this.limits = new Float64Array(entries * LIMIT_FIELDS).fill(Number.POSITIVE_INFINITY)
    this.#limitsOf = limitsOf
  }

  /** Index of an entry's instrument in the columns. */
  keyOf(entry: number, instrument: number): number {
    return entry * this.#instruments + instrument
  }

  /** First column of an entry's limits, looked up when first asked for. */
  limitsAt(entry: number): number {
    const at = entry * LIMIT_FIELDS
    if (this.#isResolved[entry] === 0) {
      this.#isResolved[entry] = 1
      this.#compile(at, this.#limitsOf(entry))
    }
    return at
  }

  /** The soft level of an entry's limits, as a share of them; undefined where it has none of its own. */
  warnAtOf(entry: number): number | undefined {
    return this.#limitsOf(entry)?.warnAt
  }

  /** The limits changed: they are looked up anew. */
  invalidate(): void {
    this.#isResolved.fill(0)
  }

  #compile(at: number, limits: ScopeLimits | undefined): void {
    const { limits: cells } = this
    // An entry that a table of limits leaves out may have nothing.
    if (limits === undefined) {
      cells.fill(0, at, at + LIMIT_FIELDS)
      return
    }
    const amount = (value: ScopeLimits[keyof ScopeLimits]) =>
      value === undefined ? Number.POSITIVE_INFINITY : Number(value)
    cells[at + GROSS] = amount(limits.maxGross)
    cells[at + NET] = amount(limits.maxNet)
    cells[at + POSITION_VALUE] = amount(limits.maxPositionValue)
    cells[at + CONCENTRATION] = amount(limits.concentrationPercent) / 100
    cells[at + ORDER_VALUE] = amount(limits.maxOrderNotional)
    cells[at + DAY_ORDERS] = amount(limits.maxOrdersPerDay)
    cells[at + DAY_VALUE] = amount(limits.maxNotionalPerDay)
    cells[at + DAY_QUANTITY] = amount(limits.maxQuantityPerDay)
    cells[at + OPEN_ORDERS] = amount(limits.maxOpenOrders)
  }

  /** What works changed by so many units. */
  addWorking(entry: number, instrument: number, side: number, units: number): void {
    const key = this.#touch(entry, instrument)
    const column = side > 0 ? this.buying : this.selling
    column[key] = column[key] + units
    this.#sum(entry, key)
  }

  /** The position changed by so many units. */
  addPosition(entry: number, instrument: number, units: number): void {
    const key = this.#touch(entry, instrument)
    this.position[key] = this.position[key] + units
    this.#sum(entry, key)
  }

  /** A split: multiplies what every entry holds of an instrument, to whole units toward zero. */
  scale(instrument: number, numerator: number, denominator: number): void {
    for (let entry = 0; entry < this.entries; entry++) {
      const units = this.position[entry * this.#instruments + instrument]
      if (units !== 0) this.addPosition(entry, instrument, Math.trunc((units * numerator) / denominator) - units)
    }
  }

  #sum(entry: number, key: number): void {
    const { sums } = this
    const position = this.position[key]
    const long = position + this.buying[key]
    const short = this.selling[key] - position
    const size = Math.max(Math.abs(long), Math.abs(short))
    const value = this.values[key]
    const at = entry * SUM_FIELDS
    sums[at + SUM_GROSS] = sums[at + SUM_GROSS] + (size - this.size[key]) * value
    sums[at + SUM_LONG] = sums[at + SUM_LONG] + (long - this.long[key]) * value
    sums[at + SUM_SHORT] = sums[at + SUM_SHORT] + (short - this.short[key]) * value
    this.long[key] = long
    this.short[key] = short
    this.size[key] = size
  }

  #touch(entry: number, instrument: number): number {
    const key = entry * this.#instruments + instrument
    if (this.#isActive[key] === 0) {
      this.#isActive[key] = 1
      this.active[entry * this.#instruments + this.activeCount[entry]] = instrument
      this.activeCount[entry] = this.activeCount[entry] + 1
    }
    return key
  }

  /** Positions that are not 0, as `[entry, instrument, units]`: what a restart has to find again. */
  positions(): [number, number, number][] {
    const found: [number, number, number][] = []
    for (let entry = 0; entry < this.entries; entry++) {
      for (let i = 0; i < this.activeCount[entry]; i++) {
        const instrument = this.active[entry * this.#instruments + i]
        const units = this.position[entry * this.#instruments + instrument]
        if (units !== 0) found.push([entry, instrument, units])
      }
    }
    return found
  }

  /** Takes what {@link positions} gave, in place of what there is. */
  setPositions(positions: readonly (readonly [number, number, number])[]): void {
    this.position.fill(0)
    for (let entry = 0; entry < this.entries; entry++)
      for (let i = 0; i < this.#instruments; i++) this.#sum(entry, this.keyOf(entry, i))
    for (const [entry, instrument, units] of positions) this.addPosition(entry, instrument, units)
  }
}
