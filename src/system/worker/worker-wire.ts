/**
 * Market data for a strategy in another thread: events of a ring as records of a shared ring, in their order.
 *
 *   quote, trade, status   one record
 *   book                   a head, then a record for each level
 *   bar                    two records
 *   note                   a head, then its JSON text, 24 characters a record
 */

import type { InstrumentDefinition } from '../../model/instrument.js'
import type { IngestRing } from '../../ring/ingest-ring.js'
import type { BookSide, TradingStatus } from '../../ring/kinds.js'
import type { RecordColumns, RecordLayout } from '../../ring/record-layout.js'
import type { SharedProducer } from '../../ring/shared-producer.js'
import type { BarView, BookView, QuoteView, StatusView, TradeView } from '../views.js'

/** A record: what it is, whom it concerns, and up to eight numbers. */
export const workerLayout = {
  kind: 'i32',
  instrument: 'i32',
  source: 'i32',
  extra: 'i32',
  a: 'f64',
  b: 'f64',
  c: 'f64',
  d: 'f64',
  e: 'f64',
  f: 'f64',
  g: 'f64',
  h: 'f64',
} as const satisfies RecordLayout

/** Layout of {@link workerLayout}. */
export type WorkerLayout = typeof workerLayout

const Kind = { quote: 1, trade: 2, book: 3, level: 4, bar: 5, barRest: 6, status: 7, note: 8, text: 9 } as const
const charactersPerRecord = 24
/** Kind of a note that tells of an instrument; it is for the reader itself. */
export const instrumentNote = '#instrument'

/** Writes events. Each method says whether there was room; nothing is written where there was not. */
export class WorkerWriter {
  readonly #producer: SharedProducer<WorkerLayout>
  readonly #records: number

  constructor(producer: SharedProducer<WorkerLayout>, records: number) {
    this.#producer = producer
    this.#records = records
  }

  quote(quote: QuoteView): boolean {
    const { bid, ask, bidSize, askSize, tsEventUs, tsRecvUs, sequence } = quote
    if (!this.#hasRoom(1)) return false
    this.#put(
      Kind.quote,
      quote.instrument,
      quote.source,
      quote.flags,
      bid,
      ask,
      bidSize,
      askSize,
      tsEventUs,
      tsRecvUs,
      sequence,
    )
    return this.#done()
  }

  /** A quote made of what a cache knows. */
  latest(instrument: number, bid: number, ask: number, bidSize: number, askSize: number, tsUs: number): boolean {
    if (!this.#hasRoom(1)) return false
    this.#put(Kind.quote, instrument, 0, 0, bid, ask, bidSize, askSize, tsUs, tsUs, Number.NaN)
    return this.#done()
  }

  trade(trade: TradeView): boolean {
    const { price, size, tsEventUs, tsRecvUs, sequence, tradeId, condition } = trade
    if (!this.#hasRoom(1)) return false
    const { instrument, source, aggressor } = trade
    this.#put(Kind.trade, instrument, source, aggressor, price, size, tsEventUs, tsRecvUs, sequence, tradeId, condition)
    return this.#done()
  }

  book(book: BookView): boolean {
    const { levelCount, tsEventUs, tsRecvUs, sequence, previousSequence, instrument, source } = book
    if (!this.#hasRoom(1 + levelCount)) return false
    const flags = (book.isSnapshot ? 1 : 0) | (book.isLast ? 2 : 0)
    this.#put(Kind.book, instrument, source, flags, levelCount, tsEventUs, tsRecvUs, sequence, previousSequence)
    for (let level = 0; level < levelCount; level++)
      this.#put(
        Kind.level,
        instrument,
        book.side(level),
        book.action(level),
        book.price(level),
        book.size(level),
        book.orderId(level),
      )
    return this.#done()
  }

  bar(bar: BarView): boolean {
    const { instrument, source, intervalUs, open, high, low, close, volume, count, vwap } = bar
    if (!this.#hasRoom(2)) return false
    this.#put(
      Kind.bar,
      instrument,
      source,
      bar.isClosed ? 1 : 0,
      intervalUs,
      open,
      high,
      low,
      close,
      volume,
      count,
      vwap,
    )
    this.#put(Kind.barRest, instrument, source, 0, bar.tsOpenUs, bar.tsEventUs, bar.tsRecvUs)
    return this.#done()
  }

  status(status: StatusView): boolean {
    if (!this.#hasRoom(1)) return false
    this.#put(Kind.status, status.instrument, status.source, status.status, status.tsEventUs, status.tsRecvUs)
    return this.#done()
  }

  /** A note: plain data. `instrument` -1 for none. */
  note(note: object, instrument: number, source: number, tsEventUs: number, tsRecvUs: number): boolean {
    const text = JSON.stringify(note)
    const records = Math.ceil(text.length / charactersPerRecord)
    if (!this.#hasRoom(1 + records)) return false
    this.#put(Kind.note, instrument, source, text.length, tsEventUs, tsRecvUs)
    for (let record = 0; record < records; record++) {
      const at = record * charactersPerRecord
      const [a, b, c, d, e, f, g, h] = Array.from({ length: 8 }, (_, i) => packThree(text, at + 3 * i))
      this.#put(Kind.text, instrument, source, 0, a, b, c, d, e, f, g, h)
    }
    return this.#done()
  }

  #hasRoom(records: number): boolean {
    return this.#records - this.#producer.queued >= records
  }

  #put(
    kind: number,
    instrument: number,
    source: number,
    extra: number,
    a = 0,
    b = 0,
    c = 0,
    d = 0,
    e = 0,
    f = 0,
    g = 0,
    h = 0,
  ): void {
    const row = this.#producer.claim()
    const { columns } = this.#producer
    columns.kind[row] = kind
    columns.instrument[row] = instrument
    columns.source[row] = source
    columns.extra[row] = extra
    columns.a[row] = a
    columns.b[row] = b
    columns.c[row] = c
    columns.d[row] = d
    columns.e[row] = e
    columns.f[row] = f
    columns.g[row] = g
    columns.h[row] = h
  }

  /** What was written is one whole: it becomes visible at once. */
  #done(): true {
    this.#producer.flush()
    return true
  }
}

const fields = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const

/** Reads records into a ring. */
export class WorkerReader {
  readonly #ring: IngestRing
  readonly #onInstrument: (definition: InstrumentDefinition) => void
  /** Levels of the book, characters of the note that are still to come. */
  #levels = 0
  #isLast = true
  #characters = 0
  #text: string[] = []
  readonly #head = new Float64Array(4)
  readonly #bar = new Float64Array(9)

  /** `onInstrument`: an instrument that the data to come may concern. */
  constructor(ring: IngestRing, onInstrument: (definition: InstrumentDefinition) => void) {
    this.#ring = ring
    this.#onInstrument = onInstrument
  }

  /** Takes one record. */
  take(columns: RecordColumns<WorkerLayout>, row: number): void {
    const instrument = columns.instrument[row]
    const source = columns.source[row]
    const extra = columns.extra[row]
    const { a, b, c, d, e, f, g } = columns
    const ring = this.#ring
    switch (columns.kind[row]) {
      case Kind.quote:
        ring.publishQuote(instrument, source, a[row], b[row], c[row], d[row], e[row], f[row], g[row], extra)
        break
      case Kind.trade:
        ring.publishTrade(instrument, source, a[row], b[row], extra as 0, c[row], d[row], e[row], f[row], g[row])
        break
      case Kind.book:
        this.#levels = a[row]
        this.#isLast = (extra & 2) !== 0
        ring.beginBook(instrument, source, (extra & 1) !== 0, b[row], c[row], d[row], e[row])
        if (this.#levels === 0) ring.commitBook(this.#isLast)
        break
      case Kind.level:
        this.#level(source as BookSide, extra, a[row], b[row], c[row])
        break
      case Kind.bar:
        for (let i = 0; i < 8; i++) this.#bar[i] = columns[fields[i] as 'a'][row]
        this.#bar[8] = extra
        break
      case Kind.barRest:
        this.#publishBar(instrument, source, a[row], b[row], c[row])
        break
      case Kind.status:
        ring.publishStatus(instrument, source, extra as TradingStatus, a[row], b[row])
        break
      case Kind.note:
        this.#head.set([instrument, source, a[row], b[row]])
        this.#characters = extra
        break
      default:
        this.#takeText(columns, row)
    }
  }

  #level(side: BookSide, action: number, price: number, size: number, order: number): void {
    if (action === 0) this.#ring.addLevel(side, price, size)
    else this.#ring.addOrder(action as 1, side, price, size, order)
    this.#levels--
    if (this.#levels === 0) this.#ring.commitBook(this.#isLast)
  }

  #publishBar(instrument: number, source: number, openUs: number, eventUs: number, recvUs: number): void {
    const [interval, open, high, low, close, volume, count, vwap, isClosed] = this.#bar as unknown as Nine
    const ring = this.#ring
    const of = [instrument, source, interval, open, high, low, close, volume, count, vwap] as const
    ring.publishBar(...of, openUs, eventUs, recvUs, isClosed === 1)
  }

  #takeText(columns: RecordColumns<WorkerLayout>, row: number): void {
    for (let i = 0; i < 8; i++) this.#text.push(unpackThree(columns[fields[i] as 'a'][row]))
    this.#characters -= charactersPerRecord
    if (this.#characters > 0) return
    const text = this.#text.join('').slice(0, this.#characters === 0 ? undefined : this.#characters)
    this.#text = []
    const [instrument, source, eventUs, recvUs] = this.#head as unknown as [number, number, number, number]
    const note = JSON.parse(text) as { kind?: string; definition?: InstrumentDefinition }
    if (note.kind === instrumentNote) this.#onInstrument(note.definition as InstrumentDefinition)
    else this.#ring.publishNote(instrument, source, note, eventUs, recvUs)
  }
}

type Nine = [number, number, number, number, number, number, number, number, number]

/** Three characters as one number below 2^48; a double carries it exactly. */
function packThree(text: string, at: number): number {
  const code = (index: number) => (index < text.length ? text.charCodeAt(index) : 0)
  return code(at) * 2 ** 32 + code(at + 1) * 2 ** 16 + code(at + 2)
}

function unpackThree(packed: number): string {
  const low = packed % 2 ** 32
  return String.fromCharCode(Math.floor(packed / 2 ** 32), Math.floor(low / 2 ** 16), low % 2 ** 16)
}
