/**
 * Stands before the ring, for the time in which a consumer asks for back-pressure. What the ring does not take waits here or
 * goes, by a policy for each kind of data, and all of it is accounted for, instrument by instrument, at every instant:
 *
 *   offered = delivered + dropped + conflated + queued
 *
 *   block        the socket is not read on; the publisher's queue fills, and what it loses is found as a gap and replayed
 *   dropOldest   waits, at most `capacity` events; then the oldest go
 *   dropNewest   waits, at most `capacity` events; then the newest go
 *   conflate     one event an instrument waits: the newest; trades add up their sizes at the last price; of bars only states
 *                of the same bar replace each other
 *   disconnect   nothing waits: the stream is out of step from here on, until a snapshot puts it right. A change of a book is
 *                never left out in silence
 */
import type { AggressorSign, BookSide, LevelAction, TradingStatus } from '../../../ring/kinds.js'
import { type MarketSink, publishQuoteRow, publishTradeRow } from '../../../ring/sink.js'
import { TickAt, tickRowWidth } from '../../../ring/tick-row.js'

/** What happens to a kind of data that nobody takes. */
export type SlowPolicy = 'block' | 'dropOldest' | 'dropNewest' | 'conflate' | 'disconnect'

/** Accounting of one kind of data of one instrument, in events. */
export interface SlowCounters {
  offered: number
  delivered: number
  dropped: number
  conflated: number
  queued: number
}

/** Kinds of data that pass. */
export const gateKinds = ['quotes', 'trades', 'book', 'bars', 'status', 'news'] as const
/** A kind of data that passes. */
export type GateKind = (typeof gateKinds)[number]

/** Where the row of a tick lies in the numbers of one event that waits, behind its instrument and two integers. */
const rowAt = 3
/** Numbers of one event that waits. */
const width = rowAt + tickRowWidth
const Count = { offered: 0, delivered: 1, dropped: 2, conflated: 3, queued: 4 } as const
const counts = 5

/** Events of one kind that wait, in their order. */
class Lane {
  readonly kind: GateKind
  readonly policy: SlowPolicy
  length = 0
  readonly #capacity: number
  #rows = new Float64Array(0)
  #notes: (object | undefined)[] = []
  #head = 0
  /** For each instrument, where its event waits, plus one. */
  #waiting = new Float64Array(64)
  #counters = new Float64Array(64 * counts)
  /** Events taken from the head so far: positions count from it. */
  #taken = 0

  constructor(kind: GateKind, policy: SlowPolicy, capacity: number) {
    this.kind = kind
    this.policy = policy
    this.#capacity = policy === 'block' ? Math.max(capacity, 131_072) : capacity
  }

  count(instrument: number, what: number): void {
    const at = (instrument + 1) * counts + what
    if (at >= this.#counters.length) this.#counters = widened(this.#counters, at + counts)
    this.#counters[at]++
  }

  counters(instrument: number): SlowCounters {
    const at = (instrument + 1) * counts
    const read = (what: number) => this.#counters[at + what] ?? 0
    return {
      offered: read(Count.offered),
      delivered: read(Count.delivered),
      dropped: read(Count.dropped),
      conflated: read(Count.conflated),
      queued: read(Count.queued),
    }
  }

  /**
   * Takes an event that the ring refused; `bar`: the numbers of a bar. Returns the index of its first number, -1 when it was
   * dropped.
   */
  push(instrument: number, note: object | undefined, bar: readonly number[] | undefined): number {
    if (this.policy === 'conflate' && this.kind !== 'news') {
      const at = (this.#waiting[instrument + 1] ?? 0) - 1 - this.#taken
      const row = ((this.#head + at) % this.#size) * width
      if (at >= 0 && at < this.length && (bar === undefined || this.#isSameBar(row, bar))) {
        this.count(instrument, Count.conflated)
        return row
      }
    }
    if (this.length >= this.#capacity) {
      if (this.policy === 'dropNewest') {
        this.count(instrument, Count.dropped)
        return -1
      }
      this.#drop()
    }
    return this.#append(instrument, note)
  }

  #isSameBar(row: number, [interval, , , , , , , , opened]: readonly number[]): boolean {
    return this.#rows[row + 1] === interval && this.#rows[row + 9] === opened
  }

  /** The first event that waits: index of its first number. */
  get first(): number {
    return this.#head * width
  }

  get rows(): Float64Array {
    return this.#rows
  }

  get note(): object | undefined {
    return this.#notes[this.#head]
  }

  /** The first event was delivered. */
  shift(): void {
    const instrument = this.#rows[this.#head * width]
    this.#add(instrument, Count.queued, -1)
    this.count(instrument, Count.delivered)
    this.#advance()
  }

  /** Adds to a trade that waits what a newer one brings. */
  mergesSizes(at: number): boolean {
    return this.kind === 'trades' && at >= 0
  }

  get #size(): number {
    return this.#rows.length / width
  }

  #drop(): void {
    const instrument = this.#rows[this.#head * width]
    this.#add(instrument, Count.queued, -1)
    this.count(instrument, Count.dropped)
    this.#advance()
  }

  #advance(): void {
    this.#notes[this.#head] = undefined
    this.#head = (this.#head + 1) % this.#size
    this.length--
    this.#taken++
  }

  #append(instrument: number, note: object | undefined): number {
    if (this.length === this.#size) this.#grow()
    const at = (this.#head + this.length) % this.#size
    if (instrument + 1 >= this.#waiting.length) this.#waiting = widened(this.#waiting, instrument + 2)
    this.#waiting[instrument + 1] = this.#taken + this.length + 1
    this.length++
    this.#rows[at * width] = instrument
    this.#notes[at] = note
    this.#add(instrument, Count.queued, 1)
    return at * width
  }

  #grow(): void {
    const size = this.#size
    const next = Math.max(64, size * 2)
    const rows = new Float64Array(next * width)
    const notes = new Array<object | undefined>(next)
    for (let index = 0; index < this.length; index++) {
      const from = (this.#head + index) % size
      rows.set(this.#rows.subarray(from * width, (from + 1) * width), index * width)
      notes[index] = this.#notes[from]
    }
    this.#rows = rows
    this.#notes = notes
    this.#head = 0
  }

  #add(instrument: number, what: number, by: number): void {
    const at = (instrument + 1) * counts + what
    if (at >= this.#counters.length) this.#counters = widened(this.#counters, at + counts)
    this.#counters[at] += by
  }
}

/** What the gate tells its owner. */
export interface SlowGateListener {
  /** A book lost a change: from here on it needs a snapshot. */
  onOutOfStep(instrument: number): void
}

/** The gate before a ring. */
export class SlowGate {
  readonly #sink: MarketSink
  readonly #source: () => number
  readonly #listener: SlowGateListener
  readonly #lanes: Readonly<Record<GateKind, Lane>>
  /** Books that wait for a snapshot. */
  readonly #outOfStep = new Set<number>()
  #waiting = 0
  readonly #row = new Float64Array(tickRowWidth).fill(Number.NaN)
  #bookInstrument = -1
  /** Whether levels go on to the ring. */
  #isBookOpen = false
  /** Events that went on since it was last reset by the owner. */
  published = 0
  /** Time of receipt of what comes now, and the newest event time of what went on: numbers that change with every event. */
  readonly #times = new Float64Array(2)

  constructor(
    sink: MarketSink,
    source: () => number,
    policies: Readonly<Record<GateKind, SlowPolicy>>,
    capacity: number,
    listener: SlowGateListener,
  ) {
    this.#sink = sink
    this.#source = source
    this.#listener = listener
    const lane = (kind: GateKind) => new Lane(kind, policies[kind], capacity)
    this.#lanes = {
      quotes: lane('quotes'),
      trades: lane('trades'),
      book: lane('book'),
      bars: lane('bars'),
      status: lane('status'),
      news: lane('news'),
    }
  }

  /** Time of receipt of what comes now. */
  get tsRecvUs(): number {
    return this.#times[0]
  }

  set tsRecvUs(tsUs: number) {
    this.#times[0] = tsUs
  }

  /** The newest event time of what went on since it was last reset by the owner. */
  get newestEventUs(): number {
    return this.#times[1]
  }

  set newestEventUs(tsUs: number) {
    this.#times[1] = tsUs
  }

  /** Events that wait, of all kinds. */
  get queued(): number {
    return this.#waiting
  }

  /** Whether what waits may not be joined by more: the socket is not to be read on. */
  get isBlocking(): boolean {
    if (this.#waiting === 0) return false
    for (const kind of gateKinds) {
      const lane = this.#lanes[kind]
      if (lane.policy === 'block' && lane.length > 0) return true
    }
    return false
  }

  counters(kind: GateKind, instrument: number): SlowCounters {
    return this.#lanes[kind].counters(instrument)
  }

  /** Whether a book waits for a snapshot. */
  needsSnapshot(instrument: number): boolean {
    return this.#outOfStep.has(instrument)
  }

  /** Changes of a book are dropped and counted until its first snapshot. */
  expectSnapshot(instrument: number): void {
    this.#outOfStep.add(instrument)
  }

  /** A book is out of step: changes are dropped and counted until a snapshot comes, and whoever reads it sees an empty one. */
  invalidate(instrument: number, tsUs: number): void {
    if (this.#outOfStep.has(instrument)) return
    this.#outOfStep.add(instrument)
    this.#empty(instrument, tsUs)
  }

  quote(
    instrument: number,
    bid: number,
    ask: number,
    bidSize: number,
    askSize: number,
    tsUs: number,
    sequence: number,
    flags: number,
  ): void {
    const row = this.#row
    row[TickAt.bid] = bid
    row[TickAt.ask] = ask
    row[TickAt.bidSize] = bidSize
    row[TickAt.askSize] = askSize
    row[TickAt.tsEventUs] = tsUs
    row[TickAt.sequence] = sequence
    this.quoteRow(instrument, flags, row)
  }

  trade(
    instrument: number,
    price: number,
    size: number,
    aggressor: AggressorSign,
    tsUs: number,
    sequence: number,
    tradeId: number,
    condition: number,
  ): void {
    const row = this.#row
    row[TickAt.price] = price
    row[TickAt.size] = size
    row[TickAt.tsEventUs] = tsUs
    row[TickAt.sequence] = sequence
    row[TickAt.tradeId] = tradeId
    this.tradeRow(instrument, aggressor, condition, row)
  }

  /** A quote as a row (`TickAt`), whose time of receipt is set here. */
  quoteRow(instrument: number, flags: number, row: Float64Array): void {
    const lane = this.#lanes.quotes
    lane.count(instrument, Count.offered)
    row[TickAt.tsRecvUs] = this.#times[0]
    if (lane.length === 0 && publishQuoteRow(this.#sink, instrument, this.#source(), flags, row)) {
      this.#deliveredTick(lane, instrument, row)
      return
    }
    const at = this.#push(lane, instrument)
    if (at < 0) return
    lane.rows.set(row, at + rowAt)
    lane.rows[at + 1] = flags
  }

  /** A trade as a row (`TickAt`), whose time of receipt is set here. */
  tradeRow(instrument: number, aggressor: AggressorSign, condition: number, row: Float64Array): void {
    const lane = this.#lanes.trades
    lane.count(instrument, Count.offered)
    row[TickAt.tsRecvUs] = this.#times[0]
    if (lane.length === 0 && publishTradeRow(this.#sink, instrument, this.#source(), aggressor, condition, row)) {
      this.#deliveredTick(lane, instrument, row)
      return
    }
    const before = lane.counters(instrument).conflated
    const at = this.#push(lane, instrument)
    if (at < 0) return
    const { rows } = lane
    const merged = lane.counters(instrument).conflated > before ? rows[at + rowAt + TickAt.size] : 0
    rows.set(row, at + rowAt)
    rows[at + rowAt + TickAt.size] += merged
    rows[at + 1] = aggressor
    rows[at + 2] = condition
  }

  beginBook(instrument: number, isSnapshot: boolean, tsUs: number, sequence: number, previousSequence: number): void {
    const lane = this.#lanes.book
    lane.count(instrument, Count.offered)
    this.#bookInstrument = instrument
    this.#isBookOpen = false
    if (this.#outOfStep.has(instrument)) {
      if (!isSnapshot) {
        lane.count(instrument, Count.dropped)
        return
      }
      this.#outOfStep.delete(instrument)
    }
    this.#isBookOpen = this.#sink.beginBook(
      instrument,
      this.#source(),
      isSnapshot,
      tsUs,
      this.tsRecvUs,
      sequence,
      previousSequence,
    )
    if (this.#isBookOpen) {
      if (tsUs > this.newestEventUs) this.newestEventUs = tsUs
      return
    }
    this.#lose(lane, instrument)
  }

  level(side: BookSide, action: LevelAction, price: number, size: number, orderId: number): void {
    if (!this.#isBookOpen) return
    if (action === 0) this.#sink.addLevel(side, price, size)
    else this.#sink.addOrder(action, side, price, size, orderId)
  }

  commitBook(isLast: boolean): void {
    if (!this.#isBookOpen) return
    this.#isBookOpen = false
    const lane = this.#lanes.book
    if (this.#sink.commitBook(isLast)) {
      lane.count(this.#bookInstrument, Count.delivered)
      this.published++
    } else this.#lose(lane, this.#bookInstrument)
  }

  bar(instrument: number, n: readonly number[], isClosed: boolean): void {
    const lane = this.#lanes.bars
    lane.count(instrument, Count.offered)
    if (lane.length === 0 && this.#publishBar(instrument, n, 0, this.tsRecvUs, isClosed)) {
      this.#delivered(lane, instrument, n[9] as number)
      return
    }
    const at = this.#push(lane, instrument, undefined, n)
    if (at < 0) return
    for (let index = 0; index < 10; index++) lane.rows[at + 1 + index] = n[index] as number
    lane.rows[at + 11] = this.tsRecvUs
    lane.rows[at + 12] = isClosed ? 1 : 0
  }

  status(instrument: number, status: TradingStatus, tsUs: number): void {
    const lane = this.#lanes.status
    lane.count(instrument, Count.offered)
    if (lane.length === 0 && this.#sink.publishStatus(instrument, this.#source(), status, tsUs, this.tsRecvUs)) {
      this.#delivered(lane, instrument, tsUs)
      return
    }
    const at = this.#push(lane, instrument)
    if (at < 0) return
    lane.rows[at + 1] = status
    lane.rows[at + 5] = tsUs
    lane.rows[at + 6] = this.tsRecvUs
  }

  /** A note of an instrument, or of none (-1). */
  note(instrument: number, note: object, tsUs: number): void {
    const lane = this.#lanes.news
    lane.count(instrument, Count.offered)
    if (lane.length === 0 && this.#sink.publishNote(instrument, this.#source(), note, tsUs, this.tsRecvUs)) {
      this.#delivered(lane, instrument, tsUs)
      return
    }
    const at = this.#push(lane, instrument, note)
    if (at < 0) return
    lane.rows[at + 5] = tsUs
    lane.rows[at + 6] = this.tsRecvUs
  }

  /** Hands on what waits, as far as the ring takes it. True when nothing waits any more. */
  drain(): boolean {
    for (const kind of gateKinds) {
      const lane = this.#lanes[kind]
      while (lane.length > 0 && this.#publish(lane)) {
        lane.shift()
        this.#waiting--
        this.published++
      }
    }
    return this.#waiting === 0
  }

  #publish(lane: Lane): boolean {
    const { rows, first } = lane
    const instrument = rows[first]
    const source = this.#source()
    if (lane.kind === 'quotes' || lane.kind === 'trades') {
      const row = this.#row
      const from = first + rowAt
      for (let index = 0; index < tickRowWidth; index++) row[index] = rows[from + index]
      return lane.kind === 'quotes'
        ? publishQuoteRow(this.#sink, instrument, source, rows[first + 1], row)
        : publishTradeRow(this.#sink, instrument, source, rows[first + 1] as AggressorSign, rows[first + 2], row)
    }
    if (lane.kind === 'bars')
      return this.#publishBar(instrument, rows, first + 1, rows[first + 11], rows[first + 12] === 1)
    if (lane.kind === 'status')
      return this.#sink.publishStatus(
        instrument,
        source,
        rows[first + 1] as TradingStatus,
        rows[first + 5],
        rows[first + 6],
      )
    return this.#sink.publishNote(instrument, source, lane.note as object, rows[first + 5], rows[first + 6])
  }

  #publishBar(instrument: number, n: ArrayLike<number>, at: number, tsRecvUs: number, isClosed: boolean): boolean {
    const v = (index: number) => n[at + index] as number
    return this.#sink.publishBar(
      instrument,
      this.#source(),
      v(0),
      v(1),
      v(2),
      v(3),
      v(4),
      v(5),
      v(6),
      v(7),
      v(8),
      v(9),
      tsRecvUs,
      isClosed,
    )
  }

  #push(lane: Lane, instrument: number, note?: object, bar?: readonly number[]): number {
    if (lane.policy === 'disconnect') {
      lane.count(instrument, Count.dropped)
      this.#listener.onOutOfStep(instrument)
      return -1
    }
    const before = lane.length
    const at = lane.push(instrument, note, bar)
    this.#waiting += lane.length - before
    return at
  }

  #lose(lane: Lane, instrument: number): void {
    lane.count(instrument, Count.dropped)
    this.#outOfStep.add(instrument)
    this.#listener.onOutOfStep(instrument)
  }

  #empty(instrument: number, tsUs: number): void {
    const isOpen = this.#sink.beginBook(instrument, this.#source(), true, tsUs, this.tsRecvUs, Number.NaN, Number.NaN)
    if (isOpen) this.#sink.commitBook(true)
  }

  #deliveredTick(lane: Lane, instrument: number, row: Float64Array): void {
    lane.count(instrument, Count.delivered)
    this.published++
    if (row[TickAt.tsEventUs] > this.#times[1]) this.#times[1] = row[TickAt.tsEventUs]
  }

  #delivered(lane: Lane, instrument: number, tsUs: number): void {
    lane.count(instrument, Count.delivered)
    this.published++
    if (tsUs > this.newestEventUs) this.newestEventUs = tsUs
  }
}

function widened(array: Float64Array<ArrayBuffer>, least: number): Float64Array<ArrayBuffer> {
  const wide = new Float64Array(Math.max(least, array.length * 2))
  wide.set(array)
  return wide
}
