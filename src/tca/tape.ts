/**
 * What the market did, for comparison: quotes and trades of each instrument in order of time, with running sums, so that the
 * quote at an instant, and average prices and volume of any interval, are found by binary search.
 *
 * Bounded: when a series is full its older half is given up (`dropped`). An event older than the one before it is left out
 * (`late`): venue clocks that go back are no reason to search a series that is not in order.
 */
import type { IngestRing } from '../ring/ingest-ring.js'

/** Bounds of a tape. */
export interface TapeOptions {
  /** Most quotes and most trades kept of one instrument; 4,194,304 unless given. */
  maxEvents?: number
  /** Most instruments; 65,536 unless given. */
  maxInstruments?: number
}

/** Kinds of questions that remember their latest answer: the quote before a fill, and up to 16 markouts. */
const searchSlots = 17

/** One series: two columns by time, with running sums. */
class Series {
  size = 0
  dropped = 0
  late = 0
  ts = new Float64Array(256)
  a = new Float64Array(256)
  b = new Float64Array(256)
  /** Running sums up to (not including) a row. */
  sumA = new Float64Array(256)
  sumB = new Float64Array(256)
  /** The latest answers, by slot. */
  readonly hints = new Int32Array(searchSlots).fill(-1)
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  /** Makes room for a row; false for one that is late. */
  admit(tsUs: number): boolean {
    if (this.size > 0 && !(tsUs >= (this.ts[this.size - 1] as number))) {
      this.late++
      return false
    }
    if (this.size === this.ts.length) this.#grow()
    return true
  }

  #grow(): void {
    if (this.size >= this.#most) {
      const half = this.size >> 1
      for (const column of this.#columns()) column.copyWithin(0, half, this.size)
      this.size -= half
      this.dropped += half
      return
    }
    const length = Math.min(this.ts.length * 2, this.#most)
    const grown = this.#columns().map((column) => {
      const copy = new Float64Array(length)
      copy.set(column)
      return copy
    })
    ;[this.ts, this.a, this.b, this.sumA, this.sumB] = grown as [
      Float64Array<ArrayBuffer>,
      Float64Array<ArrayBuffer>,
      Float64Array<ArrayBuffer>,
      Float64Array<ArrayBuffer>,
      Float64Array<ArrayBuffer>,
    ]
  }

  #columns(): Float64Array[] {
    return [this.ts, this.a, this.b, this.sumA, this.sumB]
  }

  /** The last row at or before an instant; -1 for none. */
  rowAt(tsUs: number): number {
    return this.#search(tsUs, 0, this.size)
  }

  /** The last row before an instant; -1 for none. */
  rowBefore(tsUs: number): number {
    let row = this.rowAt(tsUs)
    while (row >= 0 && this.ts[row] === tsUs) row--
    return row
  }

  /**
   * As {@link rowAt}, for questions that come in order of time, each kind in a slot of its own: the search starts from the
   * answer before and doubles its steps.
   */
  rowNear(tsUs: number, slot: number): number {
    const { ts, size, hints } = this
    const hint = Math.min(hints[slot] as number, size - 1)
    let low = 0
    let high = size
    if (hint >= 0) {
      if ((ts[hint] as number) <= tsUs) {
        low = hint + 1
        for (let step = 1; ; step *= 2) {
          const at = hint + step
          if (at >= size) break
          if ((ts[at] as number) > tsUs) {
            high = at
            break
          }
          low = at + 1
        }
      } else {
        high = hint
        for (let step = 1; ; step *= 2) {
          const at = hint - step
          if (at < 0) break
          if ((ts[at] as number) <= tsUs) {
            low = at + 1
            break
          }
          high = at
        }
      }
    }
    const row = this.#search(tsUs, low, high)
    hints[slot] = row
    return row
  }

  /** The last row at or before an instant, known to lie in `low - 1` to `high - 1`. */
  #search(tsUs: number, from: number, to: number): number {
    const { ts } = this
    let low = from
    let high = to
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ts[middle] as number) <= tsUs) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

/** Quotes and trades of all instruments of an analysis. Instruments are small integers; times Unix epoch microseconds. */
export class MarketTape {
  /** Events of instruments beyond the bound. */
  ignored = 0
  readonly #quotes: (Series | undefined)[] = []
  readonly #trades: (Series | undefined)[] = []
  readonly #maxEvents: number
  readonly #maxInstruments: number

  constructor({ maxEvents = 4_194_304, maxInstruments = 65_536 }: TapeOptions = {}) {
    this.#maxEvents = Math.max(256, maxEvents)
    this.#maxInstruments = maxInstruments
  }

  /** Handlers for a consumer of a ring. Venue times count, and ours where a venue gives none. */
  readonly handlers = {
    onQuotes: (ring: IngestRing, from: number, to: number): void => {
      const { instrument, bid, ask, tsEventUs, tsRecvUs } = ring.quotes
      for (let row = from; row < to; row++)
        this.quote(
          instrument[row] as number,
          timeOf(tsEventUs[row] as number, tsRecvUs[row] as number),
          bid[row] as number,
          ask[row] as number,
        )
    },
    onTrades: (ring: IngestRing, from: number, to: number): void => {
      const { instrument, price, size, tsEventUs, tsRecvUs } = ring.trades
      for (let row = from; row < to; row++)
        this.trade(
          instrument[row] as number,
          timeOf(tsEventUs[row] as number, tsRecvUs[row] as number),
          price[row] as number,
          size[row] as number,
        )
    },
  }

  /** Events left out or given up so far. */
  get losses(): { late: number; dropped: number; ignored: number } {
    let late = 0
    let dropped = 0
    for (const series of [...this.#quotes, ...this.#trades]) {
      late += series?.late ?? 0
      dropped += series?.dropped ?? 0
    }
    return { late, dropped, ignored: this.ignored }
  }

  /** Adds a quote. One without both sides is left out: it has no mid. */
  quote(instrument: number, tsUs: number, bid: number, ask: number): void {
    if (!Number.isFinite(bid) || !Number.isFinite(ask) || !Number.isFinite(tsUs)) return
    const series = this.#series(this.#quotes, instrument)
    if (series === undefined || !series.admit(tsUs)) return
    const row = series.size++
    series.ts[row] = tsUs
    series.a[row] = bid
    series.b[row] = ask
    // The running sum is the integral of the mid over time.
    series.sumA[row] =
      row === 0
        ? 0
        : (series.sumA[row - 1] as number) +
          (((series.a[row - 1] as number) + (series.b[row - 1] as number)) / 2) *
            (tsUs - (series.ts[row - 1] as number))
  }

  /** Adds a trade; one without price or volume is left out. */
  trade(instrument: number, tsUs: number, price: number, size: number): void {
    if (!Number.isFinite(price) || !(size > 0) || !Number.isFinite(tsUs)) return
    const series = this.#series(this.#trades, instrument)
    if (series === undefined || !series.admit(tsUs)) return
    const row = series.size++
    series.ts[row] = tsUs
    series.a[row] = price
    series.b[row] = size
    const before = row - 1
    series.sumA[row] =
      row === 0 ? 0 : (series.sumA[before] as number) + (series.a[before] as number) * (series.b[before] as number)
    series.sumB[row] = row === 0 ? 0 : (series.sumB[before] as number) + (series.b[before] as number)
  }

  /** Row of the quote that held just before an instant, or else the first at it; -1 for none. */
  quoteBefore(instrument: number, tsUs: number): number {
    const series = this.#quotes[instrument]
    if (series === undefined) return -1
    const { ts } = series
    const last = series.rowNear(tsUs, 0)
    let row = last
    while (row >= 0 && ts[row] === tsUs) row--
    return row >= 0 ? row : Math.min(last, 0)
  }

  /** Best bid of a quote by its row. */
  bidAt(instrument: number, row: number): number {
    return this.#quotes[instrument]?.a[row] ?? Number.NaN
  }

  /** Best ask of a quote by its row. */
  askAt(instrument: number, row: number): number {
    return this.#quotes[instrument]?.b[row] ?? Number.NaN
  }

  /** The mid that holds at an instant, after the last quote the last one; NaN before the first. */
  midAt(instrument: number, tsUs: number): number {
    const series = this.#quotes[instrument]
    return series === undefined ? Number.NaN : midOf(series, series.rowAt(tsUs))
  }

  /** As {@link midAt}, NaN after the last quote, for questions in order of time: each `slot` (1 to 16) remembers its latest. */
  midLater(instrument: number, tsUs: number, slot: number): number {
    const series = this.#quotes[instrument]
    if (series === undefined || tsUs > (series.ts[series.size - 1] as number)) return Number.NaN
    return midOf(series, series.rowNear(tsUs, slot))
  }

  /** Volume-weighted average price of the trades from an instant (included) to another (not); NaN without trades. */
  vwap(instrument: number, fromUs: number, toUs: number): number {
    const volume = this.volume(instrument, fromUs, toUs)
    const series = this.#trades[instrument]
    if (series === undefined || !(volume > 0)) return Number.NaN
    return (
      this.#between(series, series.sumA, fromUs, toUs, (row) => (series.a[row] as number) * (series.b[row] as number)) /
      volume
    )
  }

  /** Volume traded from an instant (included) to another (not). */
  volume(instrument: number, fromUs: number, toUs: number): number {
    const series = this.#trades[instrument]
    if (series === undefined) return 0
    return this.#between(series, series.sumB, fromUs, toUs, (row) => series.b[row] as number)
  }

  /** Time-weighted average mid between two instants, as far as quotes are known; the mid where they are the same. */
  twap(instrument: number, fromUs: number, toUs: number): number {
    const series = this.#quotes[instrument]
    if (series === undefined || series.size === 0) return Number.NaN
    const from = Math.max(fromUs, series.ts[0] as number)
    if (!(toUs > from)) return this.midAt(instrument, toUs)
    return (integralAt(series, toUs) - integralAt(series, from)) / (toUs - from)
  }

  #between(series: Series, sums: Float64Array, fromUs: number, toUs: number, last: (row: number) => number): number {
    const first = series.rowBefore(fromUs) + 1
    const end = series.rowBefore(toUs)
    if (end < first) return 0
    return (sums[end] as number) - (sums[first] as number) + last(end)
  }

  #series(all: (Series | undefined)[], instrument: number): Series | undefined {
    const known = all[instrument]
    if (known !== undefined) return known
    if (!(instrument >= 0 && instrument < this.#maxInstruments)) {
      this.ignored++
      return undefined
    }
    while (all.length <= instrument) all.push(undefined)
    const series = new Series(this.#maxEvents)
    all[instrument] = series
    return series
  }
}

/** Integral of the mid from the first quote to an instant at or after it. */
function integralAt(series: Series, tsUs: number): number {
  const row = series.rowAt(tsUs)
  return (series.sumA[row] as number) + midOf(series, row) * (tsUs - (series.ts[row] as number))
}

function midOf(series: Series, row: number): number {
  return row < 0 ? Number.NaN : ((series.a[row] as number) + (series.b[row] as number)) / 2
}

function timeOf(tsEventUs: number, tsRecvUs: number): number {
  return tsEventUs > 0 ? tsEventUs : tsRecvUs
}
