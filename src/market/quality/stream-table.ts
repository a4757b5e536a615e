/** What the monitor knows of each stream, an instrument at a source: rows of doubles and flags, made when first seen. */
import { seriesFields } from './price-filter.js'

/** Columns of a row. */
export const Cell = {
  /** When data of each kind came last, by `StreamKind`; NaN where none are expected. */
  seen: 0,
  bid: 4,
  ask: 5,
  mid: 6,
  trade: 6 + seriesFields,
  bar: 6 + 2 * seriesFields,
  /** When each issue was announced last, by its place in `qualityIssues`. */
  told: 6 + 3 * seriesFields,
  crossed: 26,
  locked: 27,
  spikes: 28,
  invalid: 29,
  missing: 30,
  staleBegins: 31,
} as const

/** Doubles of a row. */
export const rowCells = 32

/** Flags of a row; the first four say which kinds are stale. */
export const Flag = { crossed: 16, locked: 32, crossedTold: 64, lockedTold: 128, closed: 256 } as const

/** See the file's header. */
export class StreamTable {
  cells = new Float64Array(64 * rowCells)
  flags = new Uint16Array(64)
  sources = new Int32Array(64)
  instruments = new Int32Array(64)
  size = 0
  readonly #max: number
  /** Row by source, then instrument; -1 for none. */
  readonly #rows: (Int32Array | undefined)[] = []

  constructor(max: number) {
    this.#max = max
  }

  /** The row of a stream; -1 where it was never seen. */
  find(source: number, instrument: number): number {
    const rows = this.#rows[source]
    return rows !== undefined && instrument < rows.length ? (rows[instrument] as number) : -1
  }

  /** The row of a stream, made where it is new; -1 when there are too many, or for an index that is none. */
  open(source: number, instrument: number): number {
    const known = this.find(source, instrument)
    if (known !== -1) return known
    if (this.size === this.#max || !(source >= 0 && instrument >= 0)) return -1
    const row = this.size++
    if (row === this.flags.length) this.#grow()
    this.sources[row] = source
    this.instruments[row] = instrument
    this.cells.fill(Number.NaN, row * rowCells, row * rowCells + Cell.crossed)
    for (const series of [Cell.mid, Cell.trade, Cell.bar]) {
      this.cells[row * rowCells + series + 1] = 0
      this.cells[row * rowCells + series + 3] = 0
    }
    this.#rowsOf(source, instrument)[instrument] = row
    return row
  }

  /** Bytes held. */
  get byteLength(): number {
    let bytes = this.cells.byteLength + this.flags.byteLength + this.sources.byteLength + this.instruments.byteLength
    for (const rows of this.#rows) bytes += rows?.byteLength ?? 0
    return bytes
  }

  #rowsOf(source: number, instrument: number): Int32Array {
    const rows = this.#rows[source]
    if (rows !== undefined && instrument < rows.length) return rows
    const grown = new Int32Array(Math.max(64, 2 * instrument)).fill(-1)
    if (rows !== undefined) grown.set(rows)
    while (this.#rows.length < source) this.#rows.push(undefined)
    this.#rows[source] = grown
    return grown
  }

  #grow(): void {
    const size = 2 * this.flags.length
    const cells = new Float64Array(size * rowCells)
    cells.set(this.cells)
    this.cells = cells
    const flags = new Uint16Array(size)
    flags.set(this.flags)
    this.flags = flags
    const sources = new Int32Array(size)
    sources.set(this.sources)
    this.sources = sources
    const instruments = new Int32Array(size)
    instruments.set(this.instruments)
    this.instruments = instruments
  }
}
