/**
 * A batch of decoded events in columns, between the decoder of a file and the place where events go in time order.
 *
 *   events  kind | instrument | a | b      small integers          reals  12 doubles an event: receive time, event time, ...
 *   levels  side | action | price | size | order id                of book messages, which point into them
 *
 * It takes events through the same calls as a ring ({@link MarketSink}), so that whatever produces market data can fill
 * one. Rows that go back in receive time are counted, and clamped, dropped or refused by the policy given.
 */
import {
  type AggressorSign,
  type BookSide,
  EventKind,
  type LevelAction,
  type TradingStatus,
} from '../../../../ring/kinds.js'
import { type MarketSink, publishQuoteRow, publishTradeRow } from '../../../../ring/sink.js'
import { TickAt, tickRowWidth } from '../../../../ring/tick-row.js'
import { BadRow } from './bad-row.js'

/** What happens to a row whose receive time lies before that of the row before it. */
export type OutOfOrderPolicy = 'fail' | 'keep' | 'drop'

const stride = 12
const initialEvents = 256
const initialLevels = 1024

/** Takes events from a decoder, gives them to a sink one by one. Grows as needed and is reused. */
export class EventBatch implements MarketSink {
  /** Events in the batch. */
  count = 0
  levelCount = 0
  /** Rows that went back in time. */
  outOfOrder = 0
  readonly #policy: OutOfOrderPolicy
  #kind = new Uint8Array(initialEvents)
  #instrument = new Int32Array(initialEvents)
  #a = new Int32Array(initialEvents)
  #b = new Int32Array(initialEvents)
  #reals = new Float64Array(initialEvents * stride)
  #side = new Uint8Array(initialLevels)
  #action = new Uint8Array(initialLevels)
  #price = new Float64Array(initialLevels)
  #size = new Float64Array(initialLevels)
  #orderId = new Float64Array(initialLevels)
  readonly #notes: object[] = []
  #lastRecvUs = Number.NEGATIVE_INFINITY
  readonly #marked = {
    count: 0,
    levelCount: 0,
    notes: 0,
    outOfOrder: 0,
    lastRecvUs: Number.NEGATIVE_INFINITY,
    isOpen: false,
    firstLevel: 0,
  }
  readonly #book = { isOpen: false, firstLevel: 0 }
  readonly #bookReals = new Float64Array(stride)
  /** The tick that is given out. */
  readonly #row = new Float64Array(tickRowWidth).fill(Number.NaN)
  #bookInstrument = 0
  #bookIsSnapshot = 0

  constructor(policy: OutOfOrderPolicy) {
    this.#policy = policy
  }

  /** Empties the batch; the order of receive times is still checked against what was in it. */
  clear(): void {
    this.count = 0
    this.#notes.length = 0
    if (!this.#book.isOpen) {
      this.levelCount = 0
      return
    }
    const first = this.#book.firstLevel
    for (const column of [this.#side, this.#action, this.#price, this.#size, this.#orderId]) {
      column.copyWithin(0, first, this.levelCount)
    }
    this.levelCount -= first
    this.#book.firstLevel = 0
  }

  /** Remembers the state, so that a row that turns out bad half way can be taken back. */
  mark(): void {
    this.#marked.count = this.count
    this.#marked.levelCount = this.levelCount
    this.#marked.notes = this.#notes.length
    this.#marked.outOfOrder = this.outOfOrder
    this.#marked.lastRecvUs = this.#lastRecvUs
    this.#marked.isOpen = this.#book.isOpen
    this.#marked.firstLevel = this.#book.firstLevel
  }

  /** Takes back everything since {@link mark}. A book message that was begun before stays open, with its earlier levels. */
  rollBack(): void {
    this.count = this.#marked.count
    this.levelCount = this.#marked.levelCount
    this.#notes.length = this.#marked.notes
    this.outOfOrder = this.#marked.outOfOrder
    this.#lastRecvUs = this.#marked.lastRecvUs
    this.#book.isOpen = this.#marked.isOpen
    this.#book.firstLevel = this.#marked.firstLevel
  }

  /** Receive time of an event, Unix epoch microseconds. */
  tsRecvUs(index: number): number {
    return this.#reals[index * stride]
  }

  publishQuote(
    instrument: number,
    _source: number,
    bid: number,
    ask: number,
    bidSize: number,
    askSize: number,
    tsEventUs: number,
    tsRecvUs: number,
    sequence: number,
    flags: number,
  ): boolean {
    const at = this.#claim(EventKind.quote, instrument, tsEventUs, tsRecvUs)
    if (at < 0) return true
    const reals = this.#reals
    reals[at + 2] = bid
    reals[at + 3] = ask
    reals[at + 4] = bidSize
    reals[at + 5] = askSize
    reals[at + 6] = sequence
    this.#a[this.count - 1] = flags
    return true
  }

  publishTrade(
    instrument: number,
    _source: number,
    price: number,
    size: number,
    aggressor: AggressorSign,
    tsEventUs: number,
    tsRecvUs: number,
    sequence: number,
    tradeId: number,
    condition: number,
  ): boolean {
    const at = this.#claim(EventKind.trade, instrument, tsEventUs, tsRecvUs)
    if (at < 0) return true
    const reals = this.#reals
    reals[at + 2] = price
    reals[at + 3] = size
    reals[at + 4] = sequence
    reals[at + 5] = tradeId
    this.#a[this.count - 1] = condition
    this.#b[this.count - 1] = aggressor
    return true
  }

  publishQuoteRow(instrument: number, _source: number, flags: number, row: Float64Array): boolean {
    const at = this.#claimRow(EventKind.quote, instrument, row)
    if (at < 0) return true
    const reals = this.#reals
    reals[at + 2] = row[TickAt.bid]
    reals[at + 3] = row[TickAt.ask]
    reals[at + 4] = row[TickAt.bidSize]
    reals[at + 5] = row[TickAt.askSize]
    reals[at + 6] = row[TickAt.sequence]
    this.#a[this.count - 1] = flags
    return true
  }

  publishTradeRow(
    instrument: number,
    _source: number,
    aggressor: AggressorSign,
    condition: number,
    row: Float64Array,
  ): boolean {
    const at = this.#claimRow(EventKind.trade, instrument, row)
    if (at < 0) return true
    const reals = this.#reals
    reals[at + 2] = row[TickAt.price]
    reals[at + 3] = row[TickAt.size]
    reals[at + 4] = row[TickAt.sequence]
    reals[at + 5] = row[TickAt.tradeId]
    this.#a[this.count - 1] = condition
    this.#b[this.count - 1] = aggressor
    return true
  }

  beginBook(
    instrument: number,
    _source: number,
    isSnapshot: boolean,
    tsEventUs: number,
    tsRecvUs: number,
    sequence: number,
    previousSequence: number,
  ): boolean {
    if (this.#book.isOpen) this.levelCount = this.#book.firstLevel
    this.#book.isOpen = true
    this.#book.firstLevel = this.levelCount
    this.#bookInstrument = instrument
    this.#bookIsSnapshot = isSnapshot ? 1 : 0
    this.#bookReals[0] = tsRecvUs
    this.#bookReals[1] = tsEventUs
    this.#bookReals[2] = sequence
    this.#bookReals[3] = previousSequence
    return true
  }

  /** Whether a book message was begun and not committed. */
  get isBookOpen(): boolean {
    return this.#book.isOpen
  }

  /** Levels of the open book message. */
  get openLevels(): number {
    return this.#book.isOpen ? this.levelCount - this.#book.firstLevel : 0
  }

  /** Sets the times and sequence of the open book message: for formats that give them with each row. */
  restampBook(tsEventUs: number, tsRecvUs: number, sequence: number): void {
    this.#bookReals[0] = tsRecvUs
    this.#bookReals[1] = tsEventUs
    this.#bookReals[2] = sequence
  }

  addLevel(side: BookSide, price: number, size: number): void {
    this.addOrder(0, side, price, size, 0)
  }

  addOrder(action: LevelAction, side: BookSide, price: number, size: number, orderId: number): void {
    if (this.levelCount === this.#side.length) this.#growLevels()
    const i = this.levelCount++
    this.#action[i] = action
    this.#side[i] = side
    this.#price[i] = price
    this.#size[i] = size
    this.#orderId[i] = orderId
  }

  commitBook(isLast = true): boolean {
    if (!this.#book.isOpen) return false
    this.#book.isOpen = false
    const { firstLevel } = this.#book
    const at = this.#claim(EventKind.book, this.#bookInstrument, this.#bookReals[1], this.#bookReals[0])
    if (at < 0) {
      this.levelCount = firstLevel
      return true
    }
    const reals = this.#reals
    reals[at + 2] = this.#bookReals[2]
    reals[at + 3] = this.#bookReals[3]
    reals[at + 4] = firstLevel
    reals[at + 5] = this.levelCount - firstLevel
    this.#a[this.count - 1] = this.#bookIsSnapshot
    this.#b[this.count - 1] = isLast ? 1 : 0
    return true
  }

  /** Gives up the open book message. */
  abandonBook(): void {
    if (this.#book.isOpen) this.levelCount = this.#book.firstLevel
    this.#book.isOpen = false
  }

  publishBar(
    instrument: number,
    _source: number,
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
    const at = this.#claim(EventKind.bar, instrument, tsEventUs, tsRecvUs)
    if (at < 0) return true
    const reals = this.#reals
    reals[at + 2] = intervalUs
    reals[at + 3] = open
    reals[at + 4] = high
    reals[at + 5] = low
    reals[at + 6] = close
    reals[at + 7] = volume
    reals[at + 8] = count
    reals[at + 9] = vwap
    reals[at + 10] = tsOpenUs
    this.#a[this.count - 1] = isClosed ? 1 : 0
    return true
  }

  publishStatus(
    instrument: number,
    _source: number,
    status: TradingStatus,
    tsEventUs: number,
    tsRecvUs: number,
  ): boolean {
    if (this.#claim(EventKind.status, instrument, tsEventUs, tsRecvUs) >= 0) this.#a[this.count - 1] = status
    return true
  }

  publishNote(instrument: number, _source: number, note: object, tsEventUs: number, tsRecvUs: number): boolean {
    if (this.#claim(EventKind.note, instrument, tsEventUs, tsRecvUs) < 0) return true
    this.#a[this.count - 1] = this.#notes.push(note) - 1
    return true
  }

  /**
   * Publishes one event.
   *
   * @param shiftUs added to its times.
   * @returns false, and nothing was published, when the sink is full.
   */
  emit(index: number, sink: MarketSink, source: number, shiftUs: number): boolean {
    const reals = this.#reals
    const at = index * stride
    const instrument = this.#instrument[index]
    const tsRecvUs = reals[at] + shiftUs
    const tsEventUs = reals[at + 1] + shiftUs
    const a = this.#a[index]
    switch (this.#kind[index]) {
      case EventKind.quote: {
        const row = this.#row
        row[TickAt.tsEventUs] = tsEventUs
        row[TickAt.tsRecvUs] = tsRecvUs
        row[TickAt.bid] = reals[at + 2]
        row[TickAt.ask] = reals[at + 3]
        row[TickAt.bidSize] = reals[at + 4]
        row[TickAt.askSize] = reals[at + 5]
        row[TickAt.sequence] = reals[at + 6]
        return publishQuoteRow(sink, instrument, source, a, row)
      }
      case EventKind.trade: {
        const row = this.#row
        row[TickAt.tsEventUs] = tsEventUs
        row[TickAt.tsRecvUs] = tsRecvUs
        row[TickAt.price] = reals[at + 2]
        row[TickAt.size] = reals[at + 3]
        row[TickAt.sequence] = reals[at + 4]
        row[TickAt.tradeId] = reals[at + 5]
        return publishTradeRow(sink, instrument, source, this.#b[index] as AggressorSign, a, row)
      }
      case EventKind.book:
        return this.#emitBook(index, sink, source, tsEventUs, tsRecvUs)
      case EventKind.bar:
        return this.#emitBar(index, sink, source, shiftUs)
      case EventKind.status:
        return sink.publishStatus(instrument, source, a as TradingStatus, tsEventUs, tsRecvUs)
      default:
        return sink.publishNote(instrument, source, this.#notes[a] as object, tsEventUs, tsRecvUs)
    }
  }

  #emitBook(index: number, sink: MarketSink, source: number, tsEventUs: number, tsRecvUs: number): boolean {
    const reals = this.#reals
    const at = index * stride
    const isSnapshot = this.#a[index] === 1
    const instrument = this.#instrument[index]
    if (!sink.beginBook(instrument, source, isSnapshot, tsEventUs, tsRecvUs, reals[at + 2], reals[at + 3])) return false
    const first = reals[at + 4]
    const end = first + reals[at + 5]
    for (let i = first; i < end; i++) {
      const side = this.#side[i] as BookSide
      const action = this.#action[i] as LevelAction
      if (action === 0) sink.addLevel(side, this.#price[i], this.#size[i])
      else sink.addOrder(action, side, this.#price[i], this.#size[i], this.#orderId[i])
    }
    return sink.commitBook(this.#b[index] === 1)
  }

  #emitBar(index: number, sink: MarketSink, source: number, shiftUs: number): boolean {
    const reals = this.#reals
    const at = index * stride
    return sink.publishBar(
      this.#instrument[index],
      source,
      reals[at + 2],
      reals[at + 3],
      reals[at + 4],
      reals[at + 5],
      reals[at + 6],
      reals[at + 7],
      reals[at + 8],
      reals[at + 9],
      reals[at + 10] + shiftUs,
      reals[at + 1] + shiftUs,
      reals[at] + shiftUs,
      this.#a[index] === 1,
    )
  }

  /** As {@link #claim}, with the times of a row. */
  #claimRow(kind: EventKind, instrument: number, row: Float64Array): number {
    const recvUs = row[TickAt.tsRecvUs]
    if (!(recvUs >= this.#lastRecvUs)) return this.#claim(kind, instrument, row[TickAt.tsEventUs], recvUs)
    this.#lastRecvUs = recvUs
    if (this.count === this.#kind.length) this.#growEvents()
    const i = this.count++
    this.#kind[i] = kind
    this.#instrument[i] = instrument
    const at = i * stride
    this.#reals[at] = recvUs
    this.#reals[at + 1] = row[TickAt.tsEventUs]
    return at
  }

  /** Starts an event; its place in `#reals`, or -1 when it is dropped. */
  #claim(kind: EventKind, instrument: number, tsEventUs: number, tsRecvUs: number): number {
    let recvUs = tsRecvUs
    if (!(recvUs >= this.#lastRecvUs)) {
      recvUs = this.#lastRecvUs
      if (!this.#admit(tsRecvUs)) return -1
    } else this.#lastRecvUs = recvUs
    if (this.count === this.#kind.length) this.#growEvents()
    const i = this.count++
    this.#kind[i] = kind
    this.#instrument[i] = instrument
    const at = i * stride
    this.#reals[at] = recvUs
    this.#reals[at + 1] = tsEventUs
    return at
  }

  /** Whether a row that went back in time is kept. */
  #admit(tsRecvUs: number): boolean {
    if (!Number.isFinite(tsRecvUs)) throw new BadRow('(time)', 'the row has no time')
    this.outOfOrder++
    if (this.#policy !== 'fail') return this.#policy === 'keep'
    const backUs = this.#lastRecvUs - tsRecvUs
    throw new BadRow(
      '(time)',
      `goes back in time by ${backUs} microseconds; set onOutOfOrder to keep or drop such rows`,
    )
  }

  #growEvents(): void {
    const length = this.#kind.length * 2
    this.#kind = copied(this.#kind, new Uint8Array(length))
    this.#instrument = copied(this.#instrument, new Int32Array(length))
    this.#a = copied(this.#a, new Int32Array(length))
    this.#b = copied(this.#b, new Int32Array(length))
    this.#reals = copied(this.#reals, new Float64Array(length * stride))
  }

  #growLevels(): void {
    const length = this.#side.length * 2
    this.#side = copied(this.#side, new Uint8Array(length))
    this.#action = copied(this.#action, new Uint8Array(length))
    this.#price = copied(this.#price, new Float64Array(length))
    this.#size = copied(this.#size, new Float64Array(length))
    this.#orderId = copied(this.#orderId, new Float64Array(length))
  }
}

function copied<T extends Uint8Array | Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}
