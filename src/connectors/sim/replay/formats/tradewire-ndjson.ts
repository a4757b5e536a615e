/**
 * The documented NDJSON format (docs/data-format.md): one event a line, kinds mixed, in the order in which they came.
 * The first line may be a header with the definitions of the instruments.
 */
import { TickKind, TickScanner } from '../../../../connector/tick-scanner.js'
import type { AggressorSign, BookSide, LevelAction, TradingStatus } from '../../../../ring/kinds.js'
import { TickAt } from '../../../../ring/tick-row.js'
import { BadRow } from '../reading/bad-row.js'
import { textOf } from '../reading/decimal-text.js'
import type { DecodeContext, Decoder, ReplayFormat } from '../reading/format.js'
import {
  bytesOf,
  closeArray,
  JsonCursor,
  JsonMembers,
  type MemberName,
  member,
  openArray,
  sameBytes,
} from '../reading/json-cursor.js'
import type { LineReader } from '../reading/line-reader.js'
import { SymbolTable } from '../reading/symbol-table.js'
import { readHeader } from './tradewire-header.js'
import { actionWords, aggressorWords, sideWords, statusWords, type Words, wordValue } from './tradewire-words.js'

const names = {
  kind: member('kind'),
  tradewire: member('tradewire'),
  instrument: member('instrument'),
  source: member('source'),
  tsRecvUs: member('tsRecvUs'),
  tsEventUs: member('tsEventUs'),
  sequence: member('sequence'),
  bid: member('bid'),
  ask: member('ask'),
  bidSize: member('bidSize'),
  askSize: member('askSize'),
  flags: member('flags'),
  price: member('price'),
  size: member('size'),
  aggressor: member('aggressor'),
  tradeId: member('tradeId'),
  condition: member('condition'),
  previousSequence: member('previousSequence'),
  changes: member('changes'),
  isLast: member('isLast'),
  intervalUs: member('intervalUs'),
  tsOpenUs: member('tsOpenUs'),
  open: member('open'),
  high: member('high'),
  low: member('low'),
  close: member('close'),
  volume: member('volume'),
  count: member('count'),
  vwap: member('vwap'),
  isClosed: member('isClosed'),
  status: member('status'),
  note: member('note'),
} as const

const kinds = {
  quote: bytesOf('quote'),
  trade: bytesOf('trade'),
  delta: bytesOf('book_delta'),
  snapshot: bytesOf('book_snapshot'),
  bar: bytesOf('bar'),
  status: bytesOf('status'),
  note: bytesOf('note'),
} as const

const letterN = 110
const letterI = 73
const letterQuote = 34
/** With the quote that ends them. */
const nonNumbers = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => ({
  text: bytesOf(`${value}"`),
  value,
}))
const [trueWord, falseWord] = [bytesOf('true'), bytesOf('false')]

/** Places in the cells of the decoder. */
const cell = { recv: 0, event: 1, sequence: 2, first: 3 } as const

class NdjsonDecoder implements Decoder {
  readonly headerLines = 0
  readonly #context: DecodeContext
  readonly #ticks = new TickScanner(true)
  readonly #cursor = new JsonCursor()
  readonly #members = new JsonMembers()
  readonly #cells = new Float64Array(16)
  readonly #symbols = new SymbolTable()
  #fileInstrument = -1
  /** The only source that is wanted; -1 where all are. */
  readonly #wantedSource: number
  /** The source of each instrument's book. */
  readonly #bookSources = new Map<number, number>()

  constructor(context: DecodeContext) {
    this.#context = context
    this.#wantedSource = context.options.recordedSource ?? -1
  }

  row(line: LineReader): void {
    // Ticks that name a source are for the general way, so all others are of source 0.
    if (this.#wantedSource > 0 || !this.#tick(line)) this.#general(line)
  }

  /** Reads a plain quote or trade off its bytes; false: nothing was taken, it is for the general way. */
  #tick(line: LineReader): boolean {
    const ticks = this.#ticks
    if (ticks.read(line.bytes, line.view, line.start, line.end) !== line.end) return false
    const instrument = this.#symbols.find(line.bytes, ticks.nameStart, ticks.nameEnd)
    if (instrument < 0) return false
    const { row } = ticks
    const { batch } = this.#context
    if (Number.isNaN(row[TickAt.tsEventUs])) row[TickAt.tsEventUs] = row[TickAt.tsRecvUs]
    else if (Number.isNaN(row[TickAt.tsRecvUs])) row[TickAt.tsRecvUs] = row[TickAt.tsEventUs]
    if (Number.isNaN(row[TickAt.tsRecvUs])) return false
    if (ticks.kind === TickKind.quote) batch.publishQuoteRow(instrument, 0, row[TickAt.flags] | 0, row)
    else batch.publishTradeRow(instrument, 0, ticks.aggressor, row[TickAt.condition] | 0, row)
    return true
  }

  #general(line: LineReader): void {
    const cursor = this.#cursor
    const members = this.#members
    cursor.begin(line.bytes, line.start, line.end)
    members.read(cursor, '(row)')
    cursor.finish('(row)')
    if (members.find(cursor, names.tradewire)) {
      readHeader(new TextDecoder().decode(line.bytes.subarray(line.start, line.end)), this.#context)
      return
    }
    const source = this.#integer(names.source)
    if (this.#wantedSource >= 0 && source !== this.#wantedSource) {
      this.#context.counters.ignored++
      return
    }
    this.#times()
    const instrument = this.#instrument()
    this.#optional(names.sequence, cell.sequence)
    members.text(cursor, names.kind)
    if (cursor.textIs(kinds.quote)) this.#quote(instrument)
    else if (cursor.textIs(kinds.trade)) this.#trade(instrument)
    else if (cursor.textIs(kinds.delta)) this.#book(instrument, source, false)
    else if (cursor.textIs(kinds.snapshot)) this.#book(instrument, source, true)
    else if (cursor.textIs(kinds.bar)) this.#bar(instrument)
    else if (cursor.textIs(kinds.status)) this.#status(instrument)
    else if (cursor.textIs(kinds.note)) this.#note(line, instrument)
    else throw new BadRow('kind', `'${cursor.textValue()}' is not known (docs/data-format.md)`)
  }

  #quote(instrument: number): void {
    const c = this.#cells
    this.#optional(names.bid, 3)
    this.#optional(names.ask, 4)
    this.#optional(names.bidSize, 5)
    this.#optional(names.askSize, 6)
    const flags = this.#integer(names.flags)
    this.#context.batch.publishQuote(
      instrument,
      0,
      c[3],
      c[4],
      c[5],
      c[6],
      c[cell.event],
      c[cell.recv],
      c[cell.sequence],
      flags,
    )
  }

  #trade(instrument: number): void {
    const c = this.#cells
    this.#required(names.price, 3)
    this.#required(names.size, 4)
    this.#optional(names.tradeId, 5)
    const aggressor = (
      this.#members.find(this.#cursor, names.aggressor) ? this.#word(names.aggressor, aggressorWords) : 0
    ) as AggressorSign
    const condition = this.#integer(names.condition)
    this.#context.batch.publishTrade(
      instrument,
      0,
      c[3],
      c[4],
      aggressor,
      c[cell.event],
      c[cell.recv],
      c[cell.sequence],
      c[5],
      condition,
    )
  }

  #book(instrument: number, source: number, isSnapshot: boolean): void {
    const known = this.#bookSources.get(instrument)
    if (known === undefined) this.#bookSources.set(instrument, source)
    else if (known !== source)
      throw new BadRow(
        'source',
        `the books of sources ${known} and ${source} would be one: read one of them, by the option recordedSource`,
      )
    const c = this.#cells
    const cursor = this.#cursor
    const { batch } = this.#context
    this.#optional(names.previousSequence, 3)
    const isLast = this.#truth(names.isLast)
    batch.beginBook(instrument, 0, isSnapshot, c[cell.event], c[cell.recv], c[cell.sequence], c[3])
    this.#members.require(cursor, names.changes)
    cursor.open(openArray, 'changes')
    while (cursor.more(closeArray, 'changes')) this.#change()
    batch.commitBook(isLast)
  }

  /** `["set","bid","100.5","3"]`, with the number of the order for the other actions. */
  #change(): void {
    const c = this.#cells
    const cursor = this.#cursor
    cursor.open(openArray, 'change')
    cursor.more(closeArray, 'change')
    const action = this.#wordHere('action', actionWords) as LevelAction
    cursor.more(closeArray, 'change')
    const side = this.#wordHere('side', sideWords) as BookSide
    cursor.more(closeArray, 'change')
    this.#number(4, 'price of a change')
    cursor.more(closeArray, 'change')
    this.#number(5, 'size of a change')
    c[6] = 0
    if (action !== 0) {
      cursor.more(closeArray, 'change')
      cursor.decimal(c, 6, 'order id of a change')
    }
    if (cursor.more(closeArray, 'change'))
      throw new BadRow('changes', 'a change has more members than its action needs')
    this.#context.batch.addOrder(action, side, c[4], c[5], c[6])
  }

  #bar(instrument: number): void {
    const c = this.#cells
    this.#required(names.intervalUs, 3)
    this.#required(names.open, 4)
    this.#required(names.high, 5)
    this.#required(names.low, 6)
    this.#required(names.close, 7)
    this.#optional(names.volume, 8)
    this.#optional(names.count, 9)
    this.#optional(names.vwap, 10)
    this.#optional(names.tsOpenUs, 11)
    const tsOpenUs = !Number.isNaN(c[11]) ? c[11] : c[cell.event] - c[3]
    const isClosed = this.#truth(names.isClosed)
    this.#context.batch.publishBar(
      instrument,
      0,
      c[3],
      c[4],
      c[5],
      c[6],
      c[7],
      c[8],
      c[9],
      c[10],
      tsOpenUs,
      c[cell.event],
      c[cell.recv],
      isClosed,
    )
  }

  #status(instrument: number): void {
    const c = this.#cells
    const status = this.#word(names.status, statusWords) as TradingStatus
    this.#context.batch.publishStatus(instrument, 0, status, c[cell.event], c[cell.recv])
  }

  #note(line: LineReader, instrument: number): void {
    const row = JSON.parse(textOf(line.bytes, line.start, line.end)) as { note?: unknown }
    if (typeof row.note !== 'object' || row.note === null) throw new BadRow('note', 'expected an object')
    const c = this.#cells
    this.#context.batch.publishNote(instrument, 0, row.note, c[cell.event], c[cell.recv])
  }

  /** Receive and event time; one may be missing and is taken from the other. */
  #times(): void {
    const c = this.#cells
    const hasRecv = this.#members.find(this.#cursor, names.tsRecvUs)
    if (hasRecv) this.#time(cell.recv, 'tsRecvUs')
    if (this.#members.find(this.#cursor, names.tsEventUs)) this.#time(cell.event, 'tsEventUs')
    else if (hasRecv) c[cell.event] = c[cell.recv]
    else throw new BadRow('tsEventUs', 'the row has no time')
    if (!hasRecv) c[cell.recv] = c[cell.event]
  }

  #instrument(): number {
    const cursor = this.#cursor
    if (!this.#members.find(cursor, names.instrument)) return this.#instrumentOfFile()
    if (cursor.peek() === letterN) return -1
    cursor.text('instrument')
    const { bytes, textStart, textEnd } = cursor
    const known = this.#symbols.find(bytes, textStart, textEnd)
    if (known >= 0) return known
    const index = this.#context.instrumentById(cursor.textValue())
    this.#symbols.add(bytes, textStart, textEnd, index)
    return index
  }

  #instrumentOfFile(): number {
    if (this.#fileInstrument >= 0) return this.#fileInstrument
    const { instrument } = this.#context.options
    if (instrument === undefined) throw new BadRow('instrument', 'is missing, and the option instrument is not set')
    this.#fileInstrument = this.#context.instrumentById(instrument)
    return this.#fileInstrument
  }

  #optional(name: MemberName, index: number): void {
    if (this.#members.find(this.#cursor, name)) this.#number(index, name.text)
    else this.#cells[index] = Number.NaN
  }

  #required(name: MemberName, index: number): void {
    this.#members.require(this.#cursor, name)
    this.#number(index, name.text)
  }

  /** A decimal, or the text of a number that is none, as a recorder writes what came. */
  #number(index: number, what: string): void {
    if (!this.#nonNumber(index)) this.#cursor.decimal(this.#cells, index, what)
  }

  /** Whole microseconds; as text also those that no clock gives. */
  #time(index: number, what: string): void {
    const cursor = this.#cursor
    if (cursor.peek() !== letterQuote) cursor.whole(this.#cells, index, what)
    else {
      this.#number(index, what)
      const tsUs = this.#cells[index]
      if (Number.isFinite(tsUs) && Math.abs(tsUs) > Number.MAX_SAFE_INTEGER)
        throw new BadRow(what, `${tsUs} is no time`)
    }
  }

  #nonNumber(index: number): boolean {
    const cursor = this.#cursor
    if (cursor.peek() !== letterQuote) return false
    const { bytes, at } = cursor
    // Digits come first in nearly every text: no word begins with one, or with a minus before a digit.
    if ((bytes[at + 1] as number) < letterI && (bytes[at + 2] as number) < letterI) return false
    for (const { text, value } of nonNumbers) {
      if (!sameBytes(bytes, at + 1, Math.min(cursor.end, at + 1 + text.length), text)) continue
      this.#cells[index] = value
      cursor.at = at + 1 + text.length
      return true
    }
    return false
  }

  #integer(name: MemberName): number {
    this.#optional(name, 15)
    const value = this.#cells[15]
    if (Number.isNaN(value)) return 0
    if ((value | 0) !== value) throw new BadRow(name.text, 'expected an integer of 32 bits')
    return value | 0
  }

  /** A truth value that is true where it is missing. */
  #truth(name: MemberName): boolean {
    const cursor = this.#cursor
    if (!this.#members.find(cursor, name)) return true
    const start = cursor.at
    cursor.skip(name.text)
    if (sameBytes(cursor.bytes, start, cursor.at, trueWord)) return true
    if (sameBytes(cursor.bytes, start, cursor.at, falseWord)) return false
    throw new BadRow(name.text, `expected true or false, got '${textOf(cursor.bytes, start, cursor.at)}'`)
  }

  #word(name: MemberName, list: Words): number {
    this.#members.require(this.#cursor, name)
    return this.#wordHere(name.text, list)
  }

  #wordHere(what: string, list: Words): number {
    const cursor = this.#cursor
    cursor.text(what)
    const value = wordValue(list, cursor.bytes, cursor.textStart, cursor.textEnd)
    if (!Number.isNaN(value)) return value
    throw new BadRow(what, `expected one of ${list.texts.join(', ')}, got '${cursor.textValue()}'`)
  }
}

/** The documented NDJSON format. */
export const tradewireNdjson: ReplayFormat = {
  name: 'tradewire-ndjson',
  hint: '{"kind":"quote","instrument":"IBM.XNYS","tsRecvUs":...,"bid":"182.5",...} (docs/data-format.md)',
  detect: (sample) => /^\s*\{.*"(tradewire|kind)"\s*:/.test(sample.firstLine),
  open: (context) => new NdjsonDecoder(context),
}
