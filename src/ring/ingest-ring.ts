/**
 * The ingest ring: where ticks enter. One ring fixes the total order of all market events; payloads lie in columns per
 * kind; consumers read them in batches, each with its own overflow policy.
 *
 *   connectors ──publish──► [ quote | trade | quote | book | ... ]  entries: the total order
 *                              │       │       │       └─► books + level arena
 *                              │       └───────┼─────────► trades
 *                              └───────────────┴─────────► quotes        ──batches──► consumers
 *
 * Nothing is allocated per event: prices, sizes and times go straight into typed arrays. A publish call that the
 * compiler does not inline has to box its fractional arguments, 16 bytes each; decoders in which that shows write rows in
 * place with `claimQuote`, `claimTrade`, `claimBook` and `claimLevel`, or frames with `reserveQuotes`, which take and give
 * small integers only.
 */
import { TradewireError } from '../core/errors.js'
import { BookPublisher } from './book-publisher.js'
import {
  type BarColumns,
  createBarColumns,
  createNoteColumns,
  createQuoteColumns,
  createStatusColumns,
  createTradeColumns,
  type NoteColumns,
  type QuoteColumns,
  type StatusColumns,
  type TradeColumns,
} from './columns.js'
import { ConflationTable, noKey } from './conflation.js'
import { RingConsumer, type RingConsumerOptions } from './consumer.js'
import type { AggressorSign, TradingStatus } from './kinds.js'
import { integerBetween, powerOfTwo, refuseUnknownOptions } from './options.js'
import { TickAt } from './tick-row.js'

/** Sizes of an ingest ring. */
export interface IngestRingOptions {
  /** Events held, a power of two from 2 to 2^24, default 65,536. */
  readonly capacity?: number
  /** Book levels held, a power of two from 2 to 2^28, default four times the capacity. */
  readonly levelCapacity?: number
  /** Instruments 0 to `instruments - 1` take part in conflation, default 4096; times `sources` at most 2^22. */
  readonly instruments?: number
  /** Sources 0 to `sources - 1` take part in conflation, default 16. */
  readonly sources?: number
}

const optionNames = ['capacity', 'levelCapacity', 'instruments', 'sources'] as const

/**
 * A ring of market events, single producer thread, any number of consumers on the same thread.
 *
 * Every publish method returns false, and writes nothing, while a `backpressure` consumer would be overrun.
 *
 * @example
 * ```ts
 * import { IngestRing } from 'tradewire/ring'
 *
 * const ring = new IngestRing({ capacity: 4096 })
 * let mid = Number.NaN
 * ring.addConsumer({
 *   name: 'mid',
 *   policy: 'backpressure',
 *   handlers: {
 *     onQuotes(ring, from, to) {
 *       const { bid, ask } = ring.quotes
 *       for (let row = from; row < to; row++) mid = (bid[row] + ask[row]) / 2
 *     },
 *   },
 * })
 * ring.publishQuote(0, 0, 100.01, 100.02, 300, 500, 1_700_000_000_000_000, 1_700_000_000_000_150, Number.NaN, 0)
 * ring.drain()
 * console.log(mid)
 * ```
 */
export class IngestRing extends BookPublisher {
  /** Columns of quotes. */
  declare readonly quotes: QuoteColumns
  /** Columns of trades. */
  declare readonly trades: TradeColumns
  /** Columns of bars. */
  declare readonly bars: BarColumns
  /** Columns of trading status changes. */
  declare readonly statuses: StatusColumns
  /** Columns of notes. */
  declare readonly notes: NoteColumns
  readonly #instruments: number
  readonly #sources: number

  constructor(options: IngestRingOptions = {}) {
    refuseUnknownOptions('IngestRing', options, optionNames)
    const capacity = powerOfTwo('capacity', options.capacity ?? 65_536, 2, 2 ** 24)
    super(capacity, powerOfTwo('levelCapacity', options.levelCapacity ?? capacity * 4, 2, 2 ** 28))
    this.#instruments = integerBetween('instruments', options.instruments ?? 4096, 1, 2 ** 20)
    this.#sources = integerBetween('sources', options.sources ?? 16, 1, 256)
    integerBetween('instruments x sources', this.#instruments * this.#sources, 1, 2 ** 22)
    this.quotes = createQuoteColumns(capacity)
    this.trades = createTradeColumns(capacity)
    this.bars = createBarColumns(capacity)
    this.statuses = createStatusColumns(capacity)
    this.notes = createNoteColumns(capacity)
  }

  /** Bytes that the ring holds, fixed but for the conflation table, which comes with the first conflating consumer. */
  get byteLength(): number {
    let bytes = this.entries.byteLength + (this.conflation?.byteLength ?? 0)
    for (const columns of [this.quotes, this.trades, this.books, this.bars, this.statuses, this.notes]) {
      const buffers = new Set<ArrayBufferLike>()
      for (const column of Object.values(columns)) {
        if (ArrayBuffer.isView(column)) buffers.add(column.buffer)
        else if (Array.isArray(column)) bytes += column.length * 8
      }
      for (const buffer of buffers) bytes += buffer.byteLength
    }
    return bytes
  }

  /**
   * Adds a consumer that sees the events published from now on.
   *
   * @throws TW_DUPLICATE when the name is taken; TW_INVALID_ARGUMENT for an unknown option, policy or no handler.
   */
  addConsumer(options: RingConsumerOptions): RingConsumer {
    if (this.consumers.some((other) => other.name === options.name)) {
      throw new TradewireError('TW_DUPLICATE', `a consumer named '${options.name}' exists; choose another name`, {
        details: { field: 'name' },
      })
    }
    const consumer = new RingConsumer(this, options)
    if (consumer.policy === 'conflate') this.conflation ??= new ConflationTable(this.#instruments, this.#sources)
    this.register(consumer)
    return consumer
  }

  /** Publishes a quote. Absent prices, sizes and sequence are NaN, absent flags 0. */
  publishQuote(
    instrument: number,
    source: number,
    bid: number,
    ask: number,
    bidSize: number,
    askSize: number,
    tsEventUs: number,
    tsRecvUs: number,
    sequence: number,
    flags: number,
  ): boolean {
    const table = this.conflation
    const key = table === null ? -1 : table.quoteKey(instrument, source)
    if (!this.hasRoom(key)) return false
    const row = this.append(1, key)
    const { integers, doubles, stride } = this.quotes
    let at = row
    integers[at] = instrument
    doubles[at] = bid
    at = (at + stride) | 0
    integers[at] = source
    doubles[at] = ask
    at = (at + stride) | 0
    integers[at] = flags
    doubles[at] = bidSize
    at = (at + stride) | 0
    doubles[at] = askSize
    at = (at + stride) | 0
    doubles[at] = tsEventUs
    at = (at + stride) | 0
    doubles[at] = tsRecvUs
    at = (at + stride) | 0
    doubles[at] = sequence
    return true
  }

  /** As {@link publishQuote}, with the numbers in a row (`TickAt`). */
  publishQuoteRow(instrument: number, source: number, flags: number, row: Float64Array): boolean {
    const at = this.claimQuote(instrument, source)
    if (at < 0) return false
    const { quotes } = this
    quotes.flags[at] = flags
    quotes.bid[at] = row[TickAt.bid]
    quotes.ask[at] = row[TickAt.ask]
    quotes.bidSize[at] = row[TickAt.bidSize]
    quotes.askSize[at] = row[TickAt.askSize]
    quotes.tsEventUs[at] = row[TickAt.tsEventUs]
    quotes.tsRecvUs[at] = row[TickAt.tsRecvUs]
    quotes.sequence[at] = row[TickAt.sequence]
    return true
  }

  /** As {@link publishTrade}, with the numbers in a row (`TickAt`). */
  publishTradeRow(
    instrument: number,
    source: number,
    aggressor: AggressorSign,
    condition: number,
    row: Float64Array,
  ): boolean {
    const at = this.claimTrade(instrument, source)
    if (at < 0) return false
    const { trades } = this
    trades.aggressor[at] = aggressor
    trades.condition[at] = condition
    trades.tsEventUs[at] = row[TickAt.tsEventUs]
    trades.tsRecvUs[at] = row[TickAt.tsRecvUs]
    trades.sequence[at] = row[TickAt.sequence]
    trades.price[at] = row[TickAt.price]
    trades.size[at] = row[TickAt.size]
    trades.tradeId[at] = row[TickAt.tradeId]
    return true
  }

  /**
   * Publishes a quote whose other columns the caller fills in at once, before anything is drained or published.
   *
   * @returns the row in `quotes`, or -1 when there is no room.
   */
  claimQuote(instrument: number, source: number): number {
    const table = this.conflation
    const key = table === null ? -1 : table.quoteKey(instrument, source)
    if (!this.hasRoom(key)) return -1
    const row = this.append(1, key)
    this.quotes.instrument[row] = instrument
    this.quotes.source[row] = source
    return row
  }

  /**
   * Reserves rows for a burst of quotes, as a decoder of packed frames has them. The caller fills all columns of the rows
   * from `nextQuoteRow` on and publishes them with `commitQuotes`, before anything else is published or drained.
   *
   * @returns how many rows there are, at most `most`; fewer where the columns wrap or room is short, 0 without room.
   */
  reserveQuotes(most: number): number {
    if (!this.hasRoom(noKey)) return 0
    return Math.min(most, this.limitOffset - this.headOffset, this.capacity - this.nextQuoteRow)
  }

  /** Row of the next quote in `quotes`. */
  get nextQuoteRow(): number {
    return this.cursors[1] & this.mask
  }

  /** Publishes the first `count` of the rows reserved last. */
  commitQuotes(count: number): void {
    this.appendRun(1, count)
    const table = this.conflation
    if (table === null) return
    const first = this.nextQuoteRow - count
    const { instrument, source } = this.quotes
    for (let index = 0; index < count; index++) {
      const row = (first + index) & this.mask
      this.replaceBy(table.quoteKey(instrument[row], source[row]), this.headOffset - count + index)
    }
  }

  /** Publishes a trade. An absent sequence or trade number is NaN, an absent condition 0. */
  publishTrade(
    instrument: number,
    source: number,
    price: number,
    size: number,
    aggressor: AggressorSign,
    tsEventUs: number,
    tsRecvUs: number,
    sequence: number,
    tradeId: number,
    condition: number,
  ): boolean {
    if (!this.hasRoom(-1)) return false
    const row = this.append(2, -1)
    const { integers, doubles, stride } = this.trades
    let at = row
    integers[at] = instrument
    doubles[at] = price
    at = (at + stride) | 0
    integers[at] = source
    doubles[at] = size
    at = (at + stride) | 0
    integers[at] = condition
    doubles[at] = tsEventUs
    at = (at + stride) | 0
    doubles[at] = tsRecvUs
    at = (at + stride) | 0
    doubles[at] = sequence
    at = (at + stride) | 0
    doubles[at] = tradeId
    this.trades.aggressor[row] = aggressor
    return true
  }

  /**
   * Publishes a trade whose other columns the caller fills in at once, before anything is drained or published.
   *
   * @returns the row in `trades`, or -1 when there is no room.
   */
  claimTrade(instrument: number, source: number): number {
    if (!this.hasRoom(-1)) return -1
    const row = this.append(2, -1)
    this.trades.instrument[row] = instrument
    this.trades.source[row] = source
    return row
  }

  /** Publishes a bar, final or forming. `tsEventUs` is its close time; `vwap` is NaN without volume. */
  publishBar(
    instrument: number,
    source: number,
    intervalUs: number,
    open: number,
    high: number,
    low: number,
    close: number,
    volume: number,
    count: number,
    vwap: number,
    tsOpenUs: number,
    tsEventUs: number,
    tsRecvUs: number,
    isClosed: boolean,
  ): boolean {
    const key = this.#barKey(instrument, source, intervalUs)
    const replacedKey = this.#isSameBar(key, tsOpenUs) ? key : noKey
    if (!this.hasRoom(replacedKey)) return false
    const row = this.append(4, replacedKey)
    this.#remember(key)
    const bars = this.bars
    bars.instrument[row] = instrument
    bars.source[row] = source
    bars.intervalUs[row] = intervalUs
    bars.open[row] = open
    bars.high[row] = high
    bars.low[row] = low
    bars.close[row] = close
    bars.volume[row] = volume
    bars.count[row] = count
    bars.vwap[row] = vwap
    bars.tsOpenUs[row] = tsOpenUs
    bars.tsEventUs[row] = tsEventUs
    bars.tsRecvUs[row] = tsRecvUs
    bars.isClosed[row] = isClosed ? 1 : 0
    return true
  }

  /** Publishes a change of an instrument's trading status. */
  publishStatus(
    instrument: number,
    source: number,
    status: TradingStatus,
    tsEventUs: number,
    tsRecvUs: number,
  ): boolean {
    const table = this.conflation
    const key = table === null ? noKey : table.statusKey(instrument, source)
    if (!this.hasRoom(key)) return false
    const row = this.append(5, key)
    const statuses = this.statuses
    statuses.instrument[row] = instrument
    statuses.source[row] = source
    statuses.status[row] = status
    statuses.tsEventUs[row] = tsEventUs
    statuses.tsRecvUs[row] = tsRecvUs
    return true
  }

  /** Publishes a rare event as an object, which the ring keeps until the row is overwritten. */
  publishNote(instrument: number, source: number, note: object, tsEventUs: number, tsRecvUs: number): boolean {
    if (!this.hasRoom(noKey)) return false
    const row = this.append(6, noKey)
    const notes = this.notes
    notes.instrument[row] = instrument
    notes.source[row] = source
    notes.note[row] = note
    notes.tsEventUs[row] = tsEventUs
    notes.tsRecvUs[row] = tsRecvUs
    return true
  }

  /** Key of the bar to come. */
  #barKey(instrument: number, source: number, intervalUs: number): number {
    return this.conflation === null ? noKey : this.conflation.barKey(instrument, source, intervalUs)
  }

  /** Makes the bar published last the newest of its key. */
  #remember(key: number): void {
    if (key !== noKey && this.conflation !== null) this.conflation.newest[key] = this.head - 1
  }

  /** Whether the newest bar of a key is a state of the bar that opened at `tsOpenUs`. */
  #isSameBar(key: number, tsOpenUs: number): boolean {
    if (key === noKey || this.conflation === null) return false
    const newest = this.conflation.newest[key]
    return newest >= 0 && this.bars.tsOpenUs[this.rowAt(newest)] === tsOpenUs
  }
}
