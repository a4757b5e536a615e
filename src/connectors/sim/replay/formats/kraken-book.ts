/**
 * Kraken WebSocket v1 book channels in lines of the cryptofeed recorder: snapshots (`as`, `bs`) and updates (`a`, `b`),
 * for any number of pairs. The venue keeps the subscribed depth and sends no deletion for what falls out of it, so the
 * book must be cut to that depth (1000 for `book-1000`) after every message.
 */
import { BadRow } from '../reading/bad-row.js'
import { cryptoPair, mostDigits, stepOfDigits } from '../reading/definitions.js'
import type { DecodeContext, Decoder, ReplayFormat } from '../reading/format.js'
import {
  bytesOf,
  closeArray,
  JsonCursor,
  JsonMembers,
  type MemberName,
  member,
  openArray,
  openObject,
} from '../reading/json-cursor.js'
import type { LineReader } from '../reading/line-reader.js'
import type { BookChecksumNote } from '../reading/notes.js'
import { SymbolTable } from '../reading/symbol-table.js'
import { beginReceived, isRecorderFile } from './recorder-lines.js'

const names = {
  snapshotAsks: member('as'),
  snapshotBids: member('bs'),
  asks: member('a'),
  bids: member('b'),
  checksum: member('c'),
}
const bookPrefix = bytesOf('book-')
const maxParts = 4

/** Places in the cells of the decoder. */
const cell = { recv: 0, price: 1, size: 2, levelTime: 3, newest: 4, checksum: 5 } as const

class KrakenDecoder implements Decoder {
  readonly headerLines = 0
  readonly #context: DecodeContext
  readonly #cursor = new JsonCursor()
  readonly #members = new JsonMembers()
  readonly #cells = new Float64Array(6)
  readonly #symbols = new SymbolTable()
  /** Positions of the objects of the current message. */
  readonly #parts = new Int32Array(maxParts)
  readonly #priceDigits = new Map<number, number>()

  constructor(context: DecodeContext) {
    this.#context = context
  }

  row(line: LineReader): void {
    const cursor = this.#cursor
    if (!beginReceived(line, cursor, this.#cells) || cursor.peek() !== openArray) {
      this.#context.counters.ignored++
      return
    }
    const parts = this.#readEnvelope()
    if (parts === 0) {
      this.#context.counters.ignored++
      return
    }
    const { textStart, textEnd } = cursor
    const instrument = this.#instrument(textStart, textEnd, parts)
    if ((this.#priceDigits.get(instrument) as number) < 0)
      this.#priceDigits.set(instrument, this.#digitsOfFirstPrice(parts))
    this.#publish(instrument, parts)
  }

  /** `[channel, {...}, ({...},) "book-1000", "PAIR"]`: remembers where the objects are and takes the pair as text. */
  #readEnvelope(): number {
    const cursor = this.#cursor
    let parts = 0
    let isBook = false
    let texts = 0
    cursor.open(openArray, '(message)')
    while (cursor.more(closeArray, '(message)')) {
      const byte = cursor.peek()
      if (byte === openObject) {
        if (parts === maxParts) throw new BadRow('(message)', `more than ${maxParts} parts`)
        this.#parts[parts++] = cursor.at
        cursor.skip('(message)')
      } else if (byte === quote) {
        cursor.text('(message)')
        if (texts++ === 0) isBook = startsWith(cursor, bookPrefix)
      } else cursor.skip('(message)')
    }
    cursor.finish('(message)')
    if (isBook && (texts !== 2 || parts === 0))
      throw new BadRow('(message)', 'a book message needs levels, channel and pair')
    return isBook ? parts : 0
  }

  #publish(instrument: number, parts: number): void {
    const cursor = this.#cursor
    const cells = this.#cells
    const members = this.#members
    const { batch } = this.#context
    this.#readPart(0)
    const isSnapshot = members.find(cursor, names.snapshotAsks) || members.find(cursor, names.snapshotBids)
    batch.beginBook(instrument, 0, isSnapshot, cells[cell.recv], cells[cell.recv], Number.NaN, Number.NaN)
    cells[cell.newest] = 0
    cells[cell.checksum] = Number.NaN
    for (let part = 0; part < parts; part++) {
      if (part > 0) this.#readPart(part)
      this.#levels(isSnapshot ? names.snapshotBids : names.bids, 0)
      this.#levels(isSnapshot ? names.snapshotAsks : names.asks, 1)
      if (members.find(cursor, names.checksum)) cursor.whole(cells, cell.checksum, 'c')
    }
    const tsUs = cells[cell.newest] === 0 ? cells[cell.recv] : cells[cell.newest]
    batch.restampBook(tsUs, cells[cell.recv], Number.NaN)
    batch.commitBook()
    if (this.#context.options.checksums === true && !Number.isNaN(cells[cell.checksum]))
      this.#publishChecksum(instrument, tsUs)
  }

  #publishChecksum(instrument: number, tsUs: number): void {
    const cells = this.#cells
    const priceDigits = Math.max(0, this.#priceDigits.get(instrument) ?? 0)
    const note: BookChecksumNote = { kind: 'book_checksum', crc32: cells[cell.checksum], priceDigits, sizeDigits: 8 }
    this.#context.batch.publishNote(instrument, 0, note, tsUs, cells[cell.recv])
  }

  #readPart(part: number): void {
    const cursor = this.#cursor
    cursor.at = this.#parts[part]
    this.#members.read(cursor, '(levels)')
  }

  /** `[price, size, time, (republished)]`, decimals as text. */
  #levels(name: MemberName, side: 0 | 1): void {
    const cursor = this.#cursor
    const cells = this.#cells
    if (!this.#members.find(cursor, name)) return
    cursor.open(openArray, 'levels')
    while (cursor.more(closeArray, 'levels')) {
      cursor.open(openArray, 'level')
      cursor.more(closeArray, 'level')
      cursor.decimal(cells, cell.price, 'price of a level')
      cursor.more(closeArray, 'level')
      cursor.decimal(cells, cell.size, 'size of a level')
      cursor.more(closeArray, 'level')
      cursor.secondsAsUs(cells, cell.levelTime, 'time of a level')
      while (cursor.more(closeArray, 'level')) cursor.skip('level')
      if (cells[cell.levelTime] > cells[cell.newest]) cells[cell.newest] = cells[cell.levelTime]
      this.#context.batch.addLevel(side, cells[cell.price], cells[cell.size])
    }
  }

  /** The instrument of the pair; its price step is that of the digits in its first message. */
  #instrument(start: number, end: number, parts: number): number {
    const cursor = this.#cursor
    const known = this.#symbols.find(cursor.bytes, start, end)
    if (known >= 0) return known
    const pair = cursor.textValue()
    const [base = pair, quoteCoin = ''] = pair.split('/')
    const digits = this.#digitsOfFirstPrice(parts)
    const step = stepOfDigits(digits < 0 ? mostDigits : digits)
    const index = this.#context.instrument(cryptoPair(pair, 'KRAKEN', [base, quoteCoin], step, '0.00000001'))
    this.#symbols.add(cursor.bytes, start, end, index)
    this.#priceDigits.set(index, digits)
    return index
  }

  #digitsOfFirstPrice(parts: number): number {
    const cursor = this.#cursor
    for (let part = 0; part < parts; part++) {
      this.#readPart(part)
      for (const name of [names.snapshotAsks, names.snapshotBids, names.asks, names.bids]) {
        if (!this.#members.find(cursor, name)) continue
        cursor.open(openArray, 'levels')
        if (!cursor.more(closeArray, 'levels')) continue
        cursor.open(openArray, 'level')
        cursor.more(closeArray, 'level')
        cursor.text('price of a level')
        const text = cursor.textValue()
        return text.includes('.') ? text.length - text.indexOf('.') - 1 : 0
      }
    }
    return -1
  }
}

const quote = 34

function startsWith(cursor: JsonCursor, prefix: Uint8Array): boolean {
  if (cursor.textEnd - cursor.textStart < prefix.length) return false
  for (let i = 0; i < prefix.length; i++) if (cursor.bytes[cursor.textStart + i] !== prefix[i]) return false
  return true
}

/** Recorded Kraken v1 books. */
export const krakenBook: ReplayFormat = {
  name: 'kraken-book',
  hint: '<seconds>: [channel,{"as":[...],"bs":[...]},"book-1000","XBT/USD"]',
  detect: (sample) => isRecorderFile(sample) && sample.lines.some((line) => /"book-\d+"|wss:\/\/\S*kraken/.test(line)),
  open: (context) => new KrakenDecoder(context),
}
