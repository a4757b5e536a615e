/** Bodies as they grow: events go in one by one, and come out as one packed, JSON or MessagePack body. */
import { pack } from 'msgpackr/pack'
import type { BookSide } from '../../../ring/kinds.js'
import { barObject, bookObject, changeOf, quoteObject, statusNames, tradeObject } from './event-objects.js'
import { BodyFormat } from './frame.js'
import { NO_NAME, PackedWriter } from './packed.js'

/** Takes events with the instrument by its index and id. */
export interface BodyWriter {
  readonly format: BodyFormat
  /** Events since the last {@link BodyWriter.clear}. */
  readonly records: number
  /** Bytes so far: exact for packed bodies, an estimate for others. */
  readonly byteLength: number
  quote(
    instrument: number,
    id: string,
    bid: number,
    ask: number,
    bidSize: number,
    askSize: number,
    tsUs: number,
    sequence: number,
    flags: number,
  ): void
  trade(
    instrument: number,
    id: string,
    price: number,
    size: number,
    aggressor: number,
    tsUs: number,
    sequence: number,
    tradeId: number,
    condition: number,
  ): void
  beginBook(
    instrument: number,
    id: string,
    isSnapshot: boolean,
    tsUs: number,
    sequence: number,
    previousSequence: number,
  ): void
  level(side: BookSide, action: number, price: number, size: number, orderId: number): void
  commitBook(isLast: boolean): void
  bar(instrument: number, id: string, numbers: readonly number[], isClosed: boolean): void
  status(instrument: number, id: string, status: number, tsUs: number): void
  note(instrument: number, id: string, note: object, tsUs: number): void
  /** The body, in memory of its own. */
  take(): Uint8Array
  clear(): void
  /** An empty writer for other frames of the same stream. */
  sibling(): BodyWriter
}

/** A writer of a format. */
export function bodyWriter(format: 'packed' | 'json' | 'messagepack'): BodyWriter {
  if (format === 'packed') return new PackedBody()
  return new ObjectBody(format === 'json' ? BodyFormat.json : BodyFormat.messagePack)
}

class PackedBody implements BodyWriter {
  readonly format = BodyFormat.packed
  readonly #writer: PackedWriter

  constructor(writer = new PackedWriter()) {
    this.#writer = writer
  }

  get records(): number {
    return this.#writer.records
  }

  get byteLength(): number {
    return this.#writer.byteLength
  }

  quote(
    instrument: number,
    id: string,
    bid: number,
    ask: number,
    bidSize: number,
    askSize: number,
    tsUs: number,
    sequence: number,
    flags: number,
  ): void {
    this.#writer.quote(this.#writer.nameOf(instrument, id), bid, ask, bidSize, askSize, tsUs, sequence, flags)
  }

  trade(
    instrument: number,
    id: string,
    price: number,
    size: number,
    aggressor: number,
    tsUs: number,
    sequence: number,
    tradeId: number,
    condition: number,
  ): void {
    this.#writer.trade(this.#writer.nameOf(instrument, id), price, size, aggressor, tsUs, sequence, tradeId, condition)
  }

  beginBook(
    instrument: number,
    id: string,
    isSnapshot: boolean,
    tsUs: number,
    sequence: number,
    previousSequence: number,
  ): void {
    this.#writer.beginBook(this.#writer.nameOf(instrument, id), isSnapshot, tsUs, sequence, previousSequence)
  }

  level(side: BookSide, action: number, price: number, size: number, orderId: number): void {
    this.#writer.level(side, action, price, size, orderId)
  }

  commitBook(isLast: boolean): void {
    this.#writer.commitBook(isLast)
  }

  bar(instrument: number, id: string, numbers: readonly number[], isClosed: boolean): void {
    this.#writer.bar(this.#writer.nameOf(instrument, id), numbers, isClosed)
  }

  status(instrument: number, id: string, status: number, tsUs: number): void {
    this.#writer.status(this.#writer.nameOf(instrument, id), status, tsUs)
  }

  note(instrument: number, id: string, note: object, tsUs: number): void {
    this.#writer.note(id === '' ? NO_NAME : this.#writer.nameOf(instrument, id), JSON.stringify(note), tsUs)
  }

  take(): Uint8Array {
    const body = new Uint8Array(this.#writer.byteLength)
    this.#writer.writeTo(body, new DataView(body.buffer), 0)
    return body
  }

  clear(): void {
    this.#writer.clear()
  }

  sibling(): BodyWriter {
    return new PackedBody(this.#writer.sibling())
  }
}

/** Text takes more than packed records: an estimate that errs to the large side keeps frames below their limit. */
const bytesAnObject = 240
const bytesAChange = 48

class ObjectBody implements BodyWriter {
  readonly format: BodyFormat
  readonly #events: object[] = []
  #changes: unknown[] = []
  #book: { id: string; isSnapshot: boolean; tsUs: number; sequence: number; previous: number } | undefined
  #bytes = 0

  constructor(format: BodyFormat) {
    this.format = format
  }

  get records(): number {
    return this.#events.length
  }

  get byteLength(): number {
    return this.#bytes
  }

  quote(_instrument: number, ...quote: Parameters<typeof quoteObject>): void {
    this.#push(quoteObject(...quote))
  }

  trade(_instrument: number, ...trade: Parameters<typeof tradeObject>): void {
    this.#push(tradeObject(...trade))
  }

  beginBook(
    _instrument: number,
    id: string,
    isSnapshot: boolean,
    tsUs: number,
    sequence: number,
    previous: number,
  ): void {
    this.#book = { id, isSnapshot, tsUs, sequence, previous }
    this.#changes = []
  }

  level(side: BookSide, action: number, price: number, size: number, orderId: number): void {
    this.#changes.push(changeOf(side, action, price, size, orderId))
    this.#bytes += bytesAChange
  }

  commitBook(isLast: boolean): void {
    const book = this.#book
    if (book === undefined) return
    this.#push(bookObject(book.id, book.isSnapshot, book.tsUs, book.sequence, book.previous, this.#changes, isLast))
    this.#book = undefined
  }

  bar(_instrument: number, id: string, numbers: readonly number[], isClosed: boolean): void {
    this.#push(barObject(id, numbers, isClosed))
  }

  status(_instrument: number, id: string, status: number, tsUs: number): void {
    this.#push({ kind: 'status', instrument: id, tsEventUs: tsUs, status: statusNames[status] })
  }

  note(_instrument: number, id: string, note: object, tsUs: number): void {
    this.#push({ kind: 'note', instrument: id === '' ? null : id, tsEventUs: tsUs, note })
    this.#bytes += JSON.stringify(note).length
  }

  take(): Uint8Array {
    const body = this.#events.length === 1 ? this.#events[0] : this.#events
    return this.format === BodyFormat.json ? new TextEncoder().encode(JSON.stringify(body)) : pack(body)
  }

  clear(): void {
    this.#events.length = 0
    this.#bytes = 0
  }

  sibling(): BodyWriter {
    return new ObjectBody(this.format)
  }

  #push(event: object): void {
    this.#events.push(event)
    this.#bytes += bytesAnObject
  }
}
