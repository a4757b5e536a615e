/**
 * The streams of market data of one connection: which request each belongs to, and the decoding of ticks into the ring.
 *
 * A tick is read from its bytes straight into the columns: no text, no object. Streams that TWS lets die (1101, a farm that
 * came back, a competing session) are found by their silence and asked for anew.
 */
import type { DataKind } from '../../connector/capabilities.js'
import { TradingStatus } from '../../ring/kinds.js'
import type { MarketSink } from '../../ring/sink.js'
import type { FieldCursor } from './field-cursor.js'
import { firstRequestId } from './order-ids.js'

/** One row of a book. */
interface Row {
  price: number
  size: number
}

/** One stream. Its fields have one shape for life, numbers from the start. */
export class Stream {
  readonly kind: DataKind
  /** Index in the instrument registry. */
  readonly instrument: number
  reqId: number
  bid = Number.NaN
  ask = Number.NaN
  bidSize = Number.NaN
  askSize = Number.NaN
  /** Messages so far. */
  messages = 0
  /** TWS refused it when it was asked for anew: nothing runs under its number. */
  isRefused = false
  /** How many they were when the data were last told as lost. */
  lostAt = -1
  /** 1 live, 2 frozen, 3 delayed, 4 delayed and frozen. */
  dataType = 1
  /** Something changed that was not published yet. */
  isDirty = false
  readonly bids: Row[] = []
  readonly asks: Row[] = []
  /** The venue answered, or refused. */
  onAnswer: ((error?: Error) => void) | undefined

  constructor(kind: DataKind, instrument: number, reqId: number) {
    this.kind = kind
    this.instrument = instrument
    this.reqId = reqId
  }
}

/** Where ticks go. */
export interface StreamTarget {
  readonly market: MarketSink
  readonly source: number
  /** Wall time of the chunk that is being read. */
  nowUs: number
  /** Events published; the owner counts them when the chunk is done. */
  published: number
  /** Events that a slow consumer made us drop. */
  dropped: number
}

/** Keeps and decodes the streams of one connection. */
export class Streams {
  readonly #target: StreamTarget
  /** By request id less {@link firstRequestId}. */
  readonly #byId: (Stream | undefined)[] = []
  readonly #dirty: Stream[] = []
  readonly #conflates: boolean
  #active = 0

  /** `conflates`: what level 1 says of a contract within one chunk is one quote, the last. */
  constructor(target: StreamTarget, conflates = false) {
    this.#target = target
    this.#conflates = conflates
  }

  get size(): number {
    return this.#active
  }

  add(stream: Stream): void {
    this.#byId[stream.reqId - firstRequestId] = stream
    this.#active++
  }

  remove(stream: Stream): void {
    const at = stream.reqId - firstRequestId
    if (this.#byId[at] !== stream) return
    this.#byId[at] = undefined
    this.#active--
  }

  find(reqId: number): Stream | undefined {
    return this.#byId[reqId - firstRequestId]
  }

  /** All of them. */
  list(): Stream[] {
    return this.#byId.filter((stream) => stream !== undefined)
  }

  clear(): void {
    this.#byId.length = 0
    this.#dirty.length = 0
    this.#active = 0
  }

  #heard(reqId: number): Stream | undefined {
    const stream = this.#byId[reqId - firstRequestId]
    if (stream === undefined) return undefined
    stream.messages++
    const { onAnswer } = stream
    if (onAnswer !== undefined) {
      stream.onAnswer = undefined
      onAnswer()
    }
    return stream
  }

  // ---- Level 1 -----------------------------------------------------------------------------------------------------------

  /** tickPrice: bids and offers carry their size, which counts. */
  tickPrice(cursor: FieldCursor): void {
    cursor.skip()
    const stream = this.#heard(cursor.int())
    if (stream === undefined) return
    const type = cursor.int()
    const price = cursor.number()
    const size = cursor.number()
    // A price of -1 without a size means that there is none.
    const isThere = !(price === -1 && !(size > 0))
    if (type === 1 || type === 66) {
      stream.bid = isThere ? price : Number.NaN
      if (!Number.isNaN(size)) stream.bidSize = size
    } else if (type === 2 || type === 67) {
      stream.ask = isThere ? price : Number.NaN
      if (!Number.isNaN(size)) stream.askSize = size
    } else return
    if (stream.kind === 'quotes') this.#levelOne(stream)
  }

  tickSize(cursor: FieldCursor): void {
    cursor.skip()
    const stream = this.#heard(cursor.int())
    if (stream === undefined) return
    const type = cursor.int()
    const size = cursor.number()
    if (type === 0 || type === 69) {
      if (stream.bidSize === size) return
      stream.bidSize = size
    } else if (type === 3 || type === 70) {
      if (stream.askSize === size) return
      stream.askSize = size
    } else return
    if (stream.kind === 'quotes') this.#levelOne(stream)
  }

  /** tickGeneric: whether trading is halted. */
  tickGeneric(cursor: FieldCursor): void {
    cursor.skip()
    const stream = this.#heard(cursor.int())
    if (stream === undefined || stream.kind !== 'status' || cursor.int() !== 49) return
    const { market, source, nowUs } = this.#target
    const status = cursor.number() > 0 ? TradingStatus.halted : TradingStatus.open
    this.#count(market.publishStatus(stream.instrument, source, status, nowUs, nowUs))
  }

  marketDataType(cursor: FieldCursor): void {
    cursor.skip()
    const stream = this.#heard(cursor.int())
    if (stream !== undefined) stream.dataType = cursor.int()
  }

  tickRequestParameters(cursor: FieldCursor): void {
    this.#heard(cursor.int())
  }

  #levelOne(stream: Stream): void {
    if (!this.#conflates) this.#quote(stream, this.#target.nowUs)
    else this.#changed(stream)
  }

  /** Published with the end of the chunk. */
  #changed(stream: Stream): void {
    if (stream.isDirty) return
    stream.isDirty = true
    this.#dirty.push(stream)
  }

  #quote(stream: Stream, tsEventUs: number): void {
    const { market, source, nowUs } = this.#target
    const { bid, ask, bidSize, askSize } = stream
    this.#count(
      market.publishQuote(stream.instrument, source, bid, ask, bidSize, askSize, tsEventUs, nowUs, Number.NaN, 0),
    )
  }

  #count(isTaken: boolean): void {
    if (isTaken) this.#target.published++
    else this.#target.dropped++
  }

  // ---- Tick by tick ------------------------------------------------------------------------------------------------------

  tickByTick(cursor: FieldCursor): void {
    const stream = this.#heard(cursor.int())
    if (stream === undefined) return
    const { market, source, nowUs } = this.#target
    const kind = cursor.int()
    const tsUs = cursor.int() * 1e6
    if (kind === 1 || kind === 2) {
      const price = cursor.number()
      const size = cursor.number()
      if (stream.kind !== 'trades' || !(size > 0)) return
      this.#count(
        market.publishTrade(stream.instrument, source, price, size, 0, tsUs, nowUs, Number.NaN, Number.NaN, 0),
      )
    } else if (kind === 3) {
      stream.bid = cursor.number()
      stream.ask = cursor.number()
      stream.bidSize = cursor.number()
      stream.askSize = cursor.number()
      this.#quote(stream, tsUs)
    }
  }

  // ---- Books -------------------------------------------------------------------------------------------------------------

  /** Rows come by position; the book is published once a chunk, as a whole. `isLevel2`: rows name market makers. */
  depth(cursor: FieldCursor, isLevel2: boolean): void {
    cursor.skip()
    const stream = this.#heard(cursor.int())
    if (stream === undefined) return
    const position = cursor.int()
    if (isLevel2) cursor.skip()
    const operation = cursor.int()
    const rows = cursor.int() === 1 ? stream.bids : stream.asks
    const price = cursor.number()
    const size = cursor.number()
    if (operation === 2) rows.splice(position, 1)
    else if (operation === 0) rows.splice(position, 0, { price, size })
    else rows[position] = { price, size }
    this.#changed(stream)
  }

  /** TWS begins the book anew (317). */
  resetBook(stream: Stream): void {
    stream.bids.length = 0
    stream.asks.length = 0
  }

  /** Publishes the books, and the quotes that wait, that the chunk changed. */
  flush(): void {
    for (const stream of this.#dirty) {
      stream.isDirty = false
      if (stream.kind === 'book') this.#publishBook(stream)
      else this.#quote(stream, this.#target.nowUs)
    }
    this.#dirty.length = 0
  }

  #publishBook(stream: Stream): void {
    const { market, source, nowUs } = this.#target
    market.beginBook(stream.instrument, source, true, nowUs, nowUs, Number.NaN, Number.NaN)
    addLevels(market, 0, stream.bids)
    addLevels(market, 1, stream.asks)
    this.#count(market.commitBook())
  }

  // ---- Bars --------------------------------------------------------------------------------------------------------------

  realTimeBar(cursor: FieldCursor): void {
    cursor.skip()
    const stream = this.#heard(cursor.int())
    if (stream === undefined) return
    const { market, source, nowUs } = this.#target
    const openUs = cursor.int() * 1e6
    const open = cursor.number()
    const high = cursor.number()
    const low = cursor.number()
    const close = cursor.number()
    const volume = Math.max(0, cursor.number())
    const vwap = cursor.number()
    const trades = Math.max(0, cursor.int())
    const lengthUs = 5_000_000
    const average = vwap > 0 ? vwap : Number.NaN
    this.#count(
      market.publishBar(
        stream.instrument,
        source,
        lengthUs,
        open,
        high,
        low,
        close,
        volume,
        trades,
        average,
        openUs,
        openUs + lengthUs,
        nowUs,
        true,
      ),
    )
  }
}

/** Levels of a side; rows at one price, of several market makers, are one level. */
function addLevels(market: MarketSink, side: 0 | 1, rows: readonly (Row | undefined)[]): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]
    if (row === undefined || isBefore(rows, i, row.price)) continue
    let size = row.size
    for (let j = i + 1; j < rows.length; j++) if (rows[j]?.price === row.price) size += (rows[j] as Row).size
    if (size > 0) market.addLevel(side, row.price, size)
  }
}

function isBefore(rows: readonly (Row | undefined)[], at: number, price: number): boolean {
  for (let i = 0; i < at; i++) if (rows[i]?.price === price) return true
  return false
}
