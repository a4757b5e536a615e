/**
 * Watches the quality of market data: stale streams, crossed and locked quotes, spikes, invalid values, gaps, clocks that
 * disagree. It is a consumer of the ring like any other and changes nothing; counts, events and a score say what it saw.
 *
 *   ring ──► handlers ──► per stream: silence, bid and ask, last good price      ──► events (begin, end, once)
 *                    └──► per feed: counts over a sliding window, delays         ──► score, report
 *
 * Time is what `clock` says, and where there is none the newest receive time of the data: a recording is then judged by its
 * own time, the same in every run. Nothing is allocated per message; events are objects, and rare.
 */
import { TypedEmitter } from '../../core/emitter.js'
import { LatencyHistogram } from '../../math/histogram.js'
import type { IngestRing } from '../../ring/ingest-ring.js'
import type { RingHandlers } from '../../ring/kinds.js'
import { TradingStatus } from '../../ring/kinds.js'
import { Count, type FeedState, FeedWindow } from './feed-window.js'
import { PriceFilter, PriceVerdict } from './price-filter.js'
import {
  type DataQualityEvent,
  type DataQualityReport,
  type FeedQuality,
  type QualityIssue,
  qualityIssues,
} from './quality-events.js'
import {
  type DataQualityConfig,
  type QualityThresholds,
  StreamKind,
  streamKinds,
  thresholdsOf,
} from './quality-options.js'
import { feedReport, reportText } from './quality-report.js'
import { Cell, Flag, rowCells, StreamTable } from './stream-table.js'

/** How a monitor is made. */
export interface DataQualityOptions extends DataQualityConfig {
  /** Epoch microseconds, never going back. The receive times of the data unless given. */
  clock?: () => number
  /** Names for events and reports: of a connector by its index, of an instrument by its index. */
  connectorName?: (source: number) => string
  symbolOf?: (instrument: number) => string
}

/** What a monitor announces. */
export interface DataQualityEvents {
  issue: DataQualityEvent
}

const Issue = Object.fromEntries(qualityIssues.map((name, at) => [name, at])) as Record<QualityIssue, number>

/** See the file's header. */
export class DataQualityMonitor {
  readonly events = new TypedEmitter<DataQualityEvents>()
  /** Give these to a consumer of the ring. */
  readonly handlers: Readonly<Required<RingHandlers>>
  /** Thresholds, defaults filled in. */
  readonly thresholds: QualityThresholds
  readonly #clock: (() => number) | undefined
  readonly #connectorName: (source: number) => string
  readonly #symbolOf: (instrument: number) => string
  readonly #filter: PriceFilter
  readonly #hasFilter: boolean
  readonly #table: StreamTable
  readonly #feeds: FeedState[] = []
  /** Newest time seen, events suppressed, messages ignored. */
  readonly #numbers = new Float64Array(3)
  #checkedUs = Number.NEGATIVE_INFINITY

  /** @throws TradewireError `TW_INVALID_CONFIG` naming every threshold that is wrong. */
  constructor({ clock, connectorName, symbolOf, ...config }: DataQualityOptions = {}) {
    this.thresholds = thresholdsOf(config)
    this.#clock = clock
    this.#connectorName = connectorName ?? ((source) => `source ${source}`)
    this.#symbolOf = symbolOf ?? ((instrument) => `instrument ${instrument}`)
    this.#filter = new PriceFilter(this.thresholds)
    this.#hasFilter = this.thresholds.minDeviation < Number.POSITIVE_INFINITY
    this.#table = new StreamTable(this.thresholds.maxStreams)
    this.#numbers[0] = Number.NEGATIVE_INFINITY
    this.handlers = {
      onQuotes: (ring, from, to) => this.#onQuotes(ring, from, to),
      onTrades: (ring, from, to) => this.#onTrades(ring, from, to),
      onBooks: (ring, from, to) => this.#onBooks(ring, from, to),
      onBars: (ring, from, to) => this.#onBars(ring, from, to),
      onStatuses: (ring, from, to) => this.#onStatuses(ring, from, to),
      onNotes: (ring, from, to) => this.#onNotes(ring, from, to),
    }
  }

  /** Newest time known, epoch microseconds; -Infinity before the first. */
  get nowUs(): number {
    return this.#numbers[0]
  }

  /** Bytes held by tables. */
  get byteLength(): number {
    return this.#table.byteLength
  }

  /** Says that a stream is expected: it is stale when nothing comes. Streams that bring data are expected from then on. */
  expect(source: number, instrument: number, kind: StreamKind): void {
    const row = this.#table.open(source, instrument)
    if (row === -1) return
    this.#feed(source)
    const at = row * rowCells + Cell.seen + kind
    this.#readClock()
    if (Number.isNaN(this.#table.cells[at])) this.#table.cells[at] = this.nowUs
  }

  /** Says that a stream has ended: its silence is no issue any more. */
  forget(source: number, instrument: number, kind: StreamKind): void {
    const row = this.#table.find(source, instrument)
    if (row === -1) return
    this.#endStale(row, kind, this.nowUs)
    this.#table.cells[row * rowCells + Cell.seen + kind] = Number.NaN
  }

  /** Says whether a connector is connected. The score of one that is not is 0; prices before and after are not compared. */
  setConnected(source: number, isConnected: boolean): void {
    const feed = this.#feed(source)
    if (feed.isConnected === isConnected) return
    feed.isConnected = isConnected
    const { sources } = this.#table
    for (let row = 0; row < this.#table.size; row++) {
      if (sources[row] !== source) continue
      this.#resetPrices(row)
    }
  }

  /** Counts messages that are missing, for feeds that show it in another way than by a note in the ring. `instrument` -1: of no single one. */
  gap(source: number, instrument: number, missing: number, tsUs = this.nowUs): void {
    const { window } = this.#feed(source)
    window.add(Count.gaps)
    window.add(Count.missing, missing)
    const row = instrument < 0 ? -1 : this.#table.open(source, instrument)
    if (row !== -1) this.#table.cells[row * rowCells + Cell.missing] += missing
    this.#announce('gap', 'once', source, instrument, tsUs, missing, `${missing} missing`)
  }

  /** Looks for streams that have gone silent and feeds whose clock is off; called with the time where nothing may arrive. */
  advance(nowUs: number): void {
    if (nowUs > this.#numbers[0]) this.#numbers[0] = nowUs
    const now = this.#numbers[0]
    this.#checkedUs = now
    for (const feed of this.#feeds) {
      if (feed === undefined) continue
      feed.window.advance(now)
      this.#judgeClock(feed, now)
    }
    for (let row = 0; row < this.#table.size; row++) this.#judgeSilence(row, now)
  }

  /** Score of a connector, 0 to 100; NaN for one that is not known. */
  score(source: number): number {
    return this.#reportOf(source)?.score ?? Number.NaN
  }

  /** How good every feed is now. */
  report(): DataQualityReport {
    if (this.#clock !== undefined) this.advance(this.#clock())
    const feeds: FeedQuality[] = []
    let score = 100
    for (const feed of this.#feeds) {
      const report = feed === undefined ? undefined : this.#reportOf(feed.source)
      if (report === undefined) continue
      feeds.push(report)
      score = Math.min(score, report.score)
    }
    const { windowUs } = this.thresholds
    const [tsUs, suppressed, ignored] = this.#numbers as unknown as [number, number, number]
    return { tsUs, windowMs: windowUs / 1_000, score, feeds, suppressed, ignored }
  }

  /** The report as text of at most 80 columns. */
  reportText(): string {
    return reportText(this.report())
  }

  #reportOf(source: number): FeedQuality | undefined {
    const feed = this.#feeds[source]
    if (feed === undefined) return undefined
    return feedReport(feed, this.#table, this.thresholds, this.#connectorName, this.#symbolOf)
  }

  // ---- What arrives ------------------------------------------------------------------------------------------------------

  #onQuotes({ quotes }: IngestRing, from: number, to: number): void {
    const { source, instrument, bid, ask, bidSize, askSize, tsRecvUs, tsEventUs } = quotes
    this.#readClock()
    for (let i = from; i < to; i++) {
      const row = this.#arrived(source[i], instrument[i], StreamKind.quotes, Count.quotes, tsRecvUs[i], tsEventUs[i])
      if (row === -1) continue
      const { cells } = this.#table
      const base = row * rowCells
      if (!isSize(bidSize[i]) || !isSize(askSize[i]) || !isPrice(bid[i]) || !isPrice(ask[i])) {
        this.#invalid(
          row,
          [bidSize[i], askSize[i]].find((size) => !isSize(size)) ?? (isPrice(bid[i]) ? ask[i] : bid[i]),
        )
        continue
      }
      // A side that is absent while its size is not 0 was left out of the message: the one before stands.
      if (!Number.isNaN(bid[i]) || bidSize[i] === 0) cells[base + Cell.bid] = bid[i]
      if (!Number.isNaN(ask[i]) || askSize[i] === 0) cells[base + Cell.ask] = ask[i]
      this.#judgeSpread(row, cells[base + Cell.bid], cells[base + Cell.ask])
      const mid = (cells[base + Cell.bid] + cells[base + Cell.ask]) / 2
      if (this.#hasFilter && !Number.isNaN(mid)) this.#judgePrice(row, Cell.mid, mid)
    }
  }

  #onTrades({ trades }: IngestRing, from: number, to: number): void {
    const { source, instrument, price, size, tsRecvUs, tsEventUs } = trades
    this.#readClock()
    for (let i = from; i < to; i++) {
      const row = this.#arrived(source[i], instrument[i], StreamKind.trades, Count.trades, tsRecvUs[i], tsEventUs[i])
      if (row === -1) continue
      if (!Number.isFinite(price[i]) || !isSize(size[i])) this.#invalid(row, isSize(size[i]) ? price[i] : size[i])
      else if (this.#hasFilter) this.#judgePrice(row, Cell.trade, price[i])
    }
  }

  #onBooks({ books }: IngestRing, from: number, to: number): void {
    const { source, instrument, tsRecvUs, tsEventUs } = books
    this.#readClock()
    for (let i = from; i < to; i++)
      this.#arrived(source[i], instrument[i], StreamKind.book, Count.books, tsRecvUs[i], tsEventUs[i])
  }

  #onBars({ bars }: IngestRing, from: number, to: number): void {
    const { source, instrument, open, high, low, close, volume, isClosed, tsRecvUs, tsEventUs } = bars
    this.#readClock()
    for (let i = from; i < to; i++) {
      const row = this.#arrived(source[i], instrument[i], StreamKind.bars, Count.bars, tsRecvUs[i], tsEventUs[i])
      // A bar that is still forming comes again: it is judged when it is closed.
      if (row === -1 || isClosed[i] === 0) continue
      const isSound =
        Math.max(open[i], close[i]) <= high[i] &&
        Math.min(open[i], close[i]) >= low[i] &&
        Number.isFinite(high[i] - low[i])
      if (!isSound || volume[i] < 0) this.#invalid(row, volume[i] < 0 ? volume[i] : close[i])
      else if (this.#hasFilter) this.#judgeBar(row, high[i], low[i], close[i])
    }
  }

  #onStatuses({ statuses }: IngestRing, from: number, to: number): void {
    const { source, instrument, status, tsRecvUs } = statuses
    this.#readClock()
    for (let i = from; i < to; i++) {
      const row = this.#table.open(source[i], instrument[i])
      if (row === -1) continue
      const now = this.#time(tsRecvUs[i])
      const isOpen = status[i] === TradingStatus.open
      const wasClosed = (this.#table.flags[row] & Flag.closed) !== 0
      if (isOpen === !wasClosed) continue
      if (isOpen) this.#reopen(row, now)
      else this.#close(row, now)
    }
  }

  #onNotes({ notes }: IngestRing, from: number, to: number): void {
    this.#readClock()
    for (let i = from; i < to; i++) {
      const note = notes.note[i] as { kind?: string; reason?: string; missing?: number } | null
      if (note?.kind !== 'discontinuity') continue
      const row = this.#table.find(notes.source[i], notes.instrument[i])
      if (row !== -1) this.#resetPrices(row)
      const now = this.#time(notes.tsRecvUs[i])
      if (note.reason === 'missing' || note.reason === 'lost')
        this.gap(notes.source[i], notes.instrument[i], note.missing ?? 1, now)
    }
  }

  /** A message came: counted, its delay noted, its stream fresh. Its row, or -1 where it is not watched. */
  #arrived(
    source: number,
    instrument: number,
    kind: StreamKind,
    count: Count,
    recvUs: number,
    eventUs: number,
  ): number {
    const now = this.#time(recvUs)
    const row = this.#table.open(source, instrument)
    if (row === -1) {
      this.#numbers[2] += 1
      return -1
    }
    // A recording has no timer: its own time looks for silence, that of this stream too.
    if (this.#clock === undefined && now - this.#checkedUs >= this.thresholds.checkIntervalMs * 1_000) this.advance(now)
    const { window, latency } = this.#feed(source)
    window.advance(now)
    window.add(Count.messages)
    window.add(count)
    const delayUs = recvUs - eventUs
    if (delayUs < 0) window.add(Count.negativeLatency)
    else if (delayUs >= 0) latency.record(delayUs * 1_000)
    window.delay(delayUs)
    if ((this.#table.flags[row] & (1 << kind)) !== 0) this.#endStale(row, kind, now)
    this.#table.cells[row * rowCells + Cell.seen + kind] = now
    return row
  }

  // ---- Judgements --------------------------------------------------------------------------------------------------------

  #judgeSpread(row: number, bid: number, ask: number): void {
    const flags = this.#table.flags[row]
    const isWatched = (flags & Flag.closed) === 0
    const isCrossed = isWatched && bid > ask
    const isLocked = isWatched && bid === ask
    if (!isCrossed && !isLocked && (flags & (Flag.crossed | Flag.locked)) === 0) return
    if (isCrossed) this.#count(row, Count.crossed, Cell.crossed)
    if (isLocked) this.#count(row, Count.locked, Cell.locked)
    this.#turn(row, 'crossed', isCrossed, Flag.crossed, Flag.crossedTold, bid, ask)
    this.#turn(row, 'locked', isLocked, Flag.locked, Flag.lockedTold, bid, ask)
  }

  /** A state of a quote began or ended. What was not announced when it began is not when it ends. */
  #turn(
    row: number,
    issue: 'crossed' | 'locked',
    isOn: boolean,
    flag: number,
    told: number,
    bid: number,
    ask: number,
  ): void {
    const { flags } = this.#table
    if (((flags[row] & flag) !== 0) === isOn) return
    flags[row] ^= flag
    if (isOn && !this.#mayTell(row, issue)) return
    if (!isOn && (flags[row] & told) === 0) return
    flags[row] ^= told
    this.#tell(row, issue, isOn ? 'begin' : 'end', bid - ask, `${bid} / ${ask}`)
  }

  /** By its extreme that is farther from the price before: a bar may mix the prices of before and after a split. */
  #judgeBar(row: number, high: number, low: number, close: number): void {
    const good = this.#table.cells[row * rowCells + Cell.bar]
    const extreme = high - good > good - low ? high : low
    const isFar = this.#filter.isFar(this.#table.cells, row * rowCells + Cell.bar, extreme)
    this.#judgePrice(row, Cell.bar, isFar ? extreme : close)
  }

  /** Prices before and after are not compared. */
  #resetPrices(row: number): void {
    const base = row * rowCells
    for (const series of [Cell.mid, Cell.trade, Cell.bar]) this.#filter.reset(this.#table.cells, base + series)
  }

  #judgePrice(row: number, series: number, price: number): void {
    if ((this.#table.flags[row] & Flag.closed) !== 0) return
    const { cells } = this.#table
    const base = row * rowCells + series
    const good = cells[base]
    const verdict = this.#filter.judge(cells, base, price)
    if (verdict !== PriceVerdict.spike) return
    this.#count(row, Count.spikes, Cell.spikes)
    if (!this.#mayTell(row, 'spike')) return
    const what = series === Cell.trade ? 'trade' : series === Cell.bar ? 'bar' : 'mid'
    this.#tell(row, 'spike', 'once', this.#filter.deviation(cells, base, price), `${what} ${price} after ${good}`)
  }

  #invalid(row: number, value: number): void {
    this.#count(row, Count.invalid, Cell.invalid)
    if (this.#mayTell(row, 'invalid')) this.#tell(row, 'invalid', 'once', value, `value ${value}`)
  }

  #judgeSilence(row: number, now: number): void {
    const { cells, flags } = this.#table
    if ((flags[row] & Flag.closed) !== 0) return
    for (let kind = 0; kind < streamKinds.length; kind++) {
      const at = row * rowCells + Cell.seen + kind
      // Asked for before any time was known: it counts from the first one.
      if (cells[at] === Number.NEGATIVE_INFINITY) cells[at] = now
      const silenceUs = now - cells[at]
      if (!(silenceUs > this.thresholds.staleAfterUs[kind]) || (flags[row] & (1 << kind)) !== 0) continue
      flags[row] |= 1 << kind
      this.#count(row, Count.staleBegins, Cell.staleBegins)
      this.#tell(row, 'stale', 'begin', silenceUs / 1_000, streamKinds[kind] as string)
    }
  }

  #endStale(row: number, kind: StreamKind, now: number): void {
    const { flags, cells } = this.#table
    if ((flags[row] & (1 << kind)) === 0) return
    flags[row] &= ~(1 << kind)
    const silenceMs = (now - cells[row * rowCells + Cell.seen + kind]) / 1_000
    this.#tell(row, 'stale', 'end', silenceMs, streamKinds[kind] as string)
  }

  /** A market that is closed, halted or in an auction may be silent, crossed, and jump. */
  #close(row: number, now: number): void {
    for (let kind = 0; kind < streamKinds.length; kind++) this.#endStale(row, kind as StreamKind, now)
    this.#table.flags[row] |= Flag.closed
    const { cells } = this.#table
    this.#judgeSpread(row, cells[row * rowCells + Cell.bid], cells[row * rowCells + Cell.ask])
  }

  #reopen(row: number, now: number): void {
    const { cells, flags } = this.#table
    flags[row] &= ~Flag.closed
    const base = row * rowCells
    for (let kind = 0; kind < streamKinds.length; kind++)
      if (!Number.isNaN(cells[base + Cell.seen + kind])) cells[base + Cell.seen + kind] = now
    this.#resetPrices(row)
  }

  #judgeClock(feed: FeedState, now: number): void {
    const least = feed.window.leastDelayUs
    const isAhead = least < -this.thresholds.clockToleranceUs
    if (isAhead !== feed.isAhead) {
      feed.isAhead = isAhead
      const aheadMs = isAhead ? -least / 1_000 : 0
      this.#announce('clock', isAhead ? 'begin' : 'end', feed.source, -1, now, aheadMs, 'venue clock ahead')
    }
    const isLate = least > this.thresholds.maxLatencyUs && least < Number.POSITIVE_INFINITY
    if (isLate === feed.isLate) return
    feed.isLate = isLate
    this.#announce(
      'late',
      isLate ? 'begin' : 'end',
      feed.source,
      -1,
      now,
      isLate ? least / 1_000 : 0,
      'fastest message',
    )
  }

  // ---- Telling -----------------------------------------------------------------------------------------------------------

  #count(row: number, count: Count, cell: number): void {
    this.#feed(this.#table.sources[row]).window.add(count)
    this.#table.cells[row * rowCells + cell] += 1
  }

  /** Whether an issue of a stream was not announced just before; notes that it is now. */
  #mayTell(row: number, issue: QualityIssue): boolean {
    const at = row * rowCells + Cell.told + (Issue[issue] as number)
    if (this.nowUs - this.#table.cells[at] < this.thresholds.repeatUs) {
      this.#numbers[1] += 1
      return false
    }
    this.#table.cells[at] = this.nowUs
    return true
  }

  #tell(row: number, issue: QualityIssue, state: DataQualityEvent['state'], value: number, detail: string): void {
    const { sources, instruments } = this.#table
    this.#announce(issue, state, sources[row], instruments[row], this.nowUs, value, detail)
  }

  #announce(
    issue: QualityIssue,
    state: DataQualityEvent['state'],
    source: number,
    instrument: number,
    tsUs: number,
    value: number,
    detail: string,
  ): void {
    if (this.events.listenerCount('issue') === 0) return
    const symbol = instrument < 0 ? '' : this.#symbolOf(instrument)
    const connector = this.#connectorName(source)
    this.events.emit('issue', { issue, state, source, connector, instrument, symbol, tsUs, value, detail })
  }

  #feed(source: number): FeedState {
    const known = this.#feeds[source]
    if (known !== undefined) return known
    while (this.#feeds.length < source) this.#feeds.push(undefined as unknown as FeedState)
    const feed: FeedState = {
      source,
      window: new FeedWindow(this.thresholds.windowUs),
      latency: new LatencyHistogram(),
      isConnected: true,
      isAhead: false,
      isLate: false,
    }
    this.#feeds[source] = feed
    return feed
  }

  /** Once a batch: reading a clock costs more than judging a quote. */
  #readClock(): void {
    if (this.#clock === undefined) return
    const now = this.#clock()
    if (now > this.#numbers[0]) this.#numbers[0] = now
  }

  /** The time now: that of the clock at the beginning of the batch, or the newest of the data. */
  #time(recvUs: number): number {
    if (this.#clock === undefined && recvUs > this.#numbers[0]) this.#numbers[0] = recvUs
    return this.#numbers[0]
  }
}

/** Whether a size is one, or absent. */
function isSize(size: number): boolean {
  return !(size < 0) && size !== Number.POSITIVE_INFINITY
}

/** Whether a price is one, or absent. */
function isPrice(price: number): boolean {
  return Number.isFinite(price) || Number.isNaN(price)
}
