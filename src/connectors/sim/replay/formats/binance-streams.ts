/**
 * Raw Binance combined streams: `<receive time, ns> <JSON>` a line, spot or USD-M futures, with the REST depth snapshot
 * in line. Depth becomes book messages (sequence `u`, previous sequence `pu`, or `U - 1` on spot), bookTicker quotes,
 * trade and aggTrade trades. Local receive time may lie before venue time. A price of 0 in a ticker is a side without orders.
 */
import { BadRow } from '../reading/bad-row.js'
import { scanWhole, textOf } from '../reading/decimal-text.js'
import { binanceSymbol } from '../reading/definitions.js'
import type { DecodeContext, Decoder, FileSample, ReplayFormat } from '../reading/format.js'
import {
  bytesOf,
  closeArray,
  JsonCursor,
  JsonMembers,
  type MemberName,
  member,
  openArray,
} from '../reading/json-cursor.js'
import type { LineReader } from '../reading/line-reader.js'
import { SymbolTable } from '../reading/symbol-table.js'

const usPerMs = 1_000
const absent = Number.NaN
const space = 32

const names = {
  stream: member('stream'),
  data: member('data'),
  kind: member('e'),
  eventTime: member('E'),
  tradeTime: member('T'),
  symbol: member('s'),
  firstId: member('U'),
  lastId: member('u'),
  previousId: member('pu'),
  bids: member('b'),
  asks: member('a'),
  bidSize: member('B'),
  askSize: member('A'),
  price: member('p'),
  quantity: member('q'),
  tradeId: member('t'),
  isBuyerMaker: member('m'),
  origin: member('X'),
  snapshotId: member('lastUpdateId'),
  snapshotBids: member('bids'),
  snapshotAsks: member('asks'),
} as const

const kinds = {
  depth: bytesOf('depthUpdate'),
  ticker: bytesOf('bookTicker'),
  trade: bytesOf('trade'),
  aggregate: bytesOf('aggTrade'),
} as const

/** Places in the cells of the decoder. */
const cell = { recv: 0, event: 1, a: 2, b: 3, c: 4, d: 5, sequence: 6, previous: 7 } as const

/** A REST snapshot names no symbol: it belongs to the one symbol of the file. */
const wholeFile = bytesOf('*')

class BinanceDecoder implements Decoder {
  readonly headerLines = 0
  readonly #context: DecodeContext
  readonly #isFuture: boolean
  readonly #symbols = new SymbolTable()
  readonly #cursor = new JsonCursor()
  readonly #outer = new JsonMembers()
  readonly #inner = new JsonMembers()
  readonly #cells = new Float64Array(8)
  /** Whether the file has more symbols than one. */
  #isMixed: boolean

  constructor(context: DecodeContext) {
    this.#context = context
    this.#isFuture = isFuture(context.sample)
    const [symbol, another] = symbolsOf(context.sample)
    this.#isMixed = another !== undefined
    if (symbol !== undefined)
      this.#symbols.add(wholeFile, 0, 1, context.instrument(binanceSymbol(symbol, this.#isFuture)))
  }

  row(line: LineReader): void {
    const cursor = this.#cursor
    const cells = this.#cells
    const next = scanWhole(line.bytes, line.start, line.end, 3, cells, cell.recv)
    if (next < 0 || line.bytes[next] !== space) throw new BadRow('(receive time)', 'expected nanoseconds and a space')
    cursor.begin(line.bytes, next + 1, line.end)
    this.#outer.read(cursor, '(message)')
    cursor.finish('(message)')
    if (!this.#outer.find(cursor, names.data)) this.#message(this.#outer)
    else {
      this.#inner.read(cursor, 'data')
      this.#message(this.#inner)
    }
  }

  #message(members: JsonMembers): void {
    const cursor = this.#cursor
    if (members.find(cursor, names.snapshotId)) this.#snapshot(members)
    else if (members.find(cursor, names.kind)) this.#event(members)
    // Spot tickers carry no kind.
    else if (members.find(cursor, names.bidSize) && members.find(cursor, names.lastId)) this.#ticker(members)
    else this.#context.counters.ignored++
  }

  #event(members: JsonMembers): void {
    const cursor = this.#cursor
    cursor.text('e')
    if (cursor.textIs(kinds.depth)) this.#depth(members)
    else if (cursor.textIs(kinds.ticker)) this.#ticker(members)
    else if (cursor.textIs(kinds.trade)) this.#trade(members, names.tradeId)
    else if (cursor.textIs(kinds.aggregate)) this.#trade(members, names.asks)
    else this.#context.counters.ignored++
  }

  #snapshot(members: JsonMembers): void {
    const cells = this.#cells
    const instrument = this.#symbols.find(wholeFile, 0, 1)
    if (instrument < 0)
      throw new BadRow('lastUpdateId', 'the symbol of this snapshot is not known: it precedes every message')
    if (this.#isMixed)
      throw new BadRow('lastUpdateId', 'this snapshot names no symbol, and the file has several: record one a file')
    members.whole(this.#cursor, names.snapshotId, cells, cell.sequence)
    this.#eventTime(members, names.tradeTime)
    const { batch } = this.#context
    batch.beginBook(instrument, 0, true, cells[cell.event], cells[cell.recv], cells[cell.sequence], absent)
    this.#levels(members, names.snapshotBids, 0)
    this.#levels(members, names.snapshotAsks, 1)
    batch.commitBook()
  }

  #depth(members: JsonMembers): void {
    const cells = this.#cells
    const instrument = this.#instrument(members)
    members.whole(this.#cursor, names.lastId, cells, cell.sequence)
    if (this.#isFuture) members.whole(this.#cursor, names.previousId, cells, cell.previous)
    else {
      members.whole(this.#cursor, names.firstId, cells, cell.previous)
      cells[cell.previous] -= 1
    }
    this.#eventTime(members, names.eventTime)
    const { batch } = this.#context
    batch.beginBook(
      instrument,
      0,
      false,
      cells[cell.event],
      cells[cell.recv],
      cells[cell.sequence],
      cells[cell.previous],
    )
    this.#levels(members, names.bids, 0)
    this.#levels(members, names.asks, 1)
    batch.commitBook()
  }

  #ticker(members: JsonMembers): void {
    const cells = this.#cells
    const instrument = this.#instrument(members)
    members.whole(this.#cursor, names.lastId, cells, cell.sequence)
    members.decimal(this.#cursor, names.bids, cells, cell.a)
    members.decimal(this.#cursor, names.asks, cells, cell.b)
    members.decimal(this.#cursor, names.bidSize, cells, cell.c)
    members.decimal(this.#cursor, names.askSize, cells, cell.d)
    if (cells[cell.a] === 0) cells[cell.a] = absent
    if (cells[cell.b] === 0) cells[cell.b] = absent
    this.#eventTime(members, names.eventTime)
    const { batch } = this.#context
    batch.publishQuote(
      instrument,
      0,
      cells[cell.a],
      cells[cell.b],
      cells[cell.c],
      cells[cell.d],
      cells[cell.event],
      cells[cell.recv],
      cells[cell.sequence],
      0,
    )
  }

  #trade(members: JsonMembers, idName: MemberName): void {
    const cursor = this.#cursor
    const cells = this.#cells
    const instrument = this.#instrument(members)
    members.whole(cursor, idName, cells, cell.sequence)
    members.decimal(this.#cursor, names.price, cells, cell.a)
    members.decimal(this.#cursor, names.quantity, cells, cell.b)
    this.#eventTime(members, names.tradeTime)
    if (members.find(cursor, names.origin) && !this.#isMarketTrade()) {
      this.#context.counters.ignored++
      return
    }
    members.require(cursor, names.isBuyerMaker)
    const aggressor = cursor.peek() === letterT ? -1 : 1
    const { batch } = this.#context
    batch.publishTrade(
      instrument,
      0,
      cells[cell.a],
      cells[cell.b],
      aggressor,
      cells[cell.event],
      cells[cell.recv],
      absent,
      cells[cell.sequence],
      0,
    )
  }

  /** Futures streams also carry fills of the insurance fund and empty trades, which move no market. */
  #isMarketTrade(): boolean {
    this.#cursor.text('X')
    return this.#cursor.textIs(marketOrigin)
  }

  #instrument(members: JsonMembers): number {
    const cursor = this.#cursor
    members.text(cursor, names.symbol)
    const { bytes, textStart, textEnd } = cursor
    const known = this.#symbols.find(bytes, textStart, textEnd)
    if (known >= 0) return known
    const index = this.#context.instrument(binanceSymbol(textOf(bytes, textStart, textEnd), this.#isFuture))
    this.#symbols.add(bytes, textStart, textEnd, index)
    const first = this.#symbols.find(wholeFile, 0, 1)
    if (first < 0) this.#symbols.add(wholeFile, 0, 1, index)
    else if (first !== index) this.#isMixed = true
    return index
  }

  /** Venue time where the message has one, else receive time. */
  #eventTime(members: JsonMembers, name: MemberName): void {
    const cells = this.#cells
    if (!members.find(this.#cursor, name)) {
      cells[cell.event] = cells[cell.recv]
      return
    }
    this.#cursor.whole(cells, cell.event, 'E')
    cells[cell.event] *= usPerMs
  }

  #levels(members: JsonMembers, name: MemberName, side: 0 | 1): void {
    const cursor = this.#cursor
    const cells = this.#cells
    const { batch } = this.#context
    members.require(cursor, name)
    cursor.open(openArray, 'levels')
    while (cursor.more(closeArray, 'levels')) {
      cursor.open(openArray, 'level')
      cursor.more(closeArray, 'level')
      cursor.decimal(cells, cell.a, 'price of a level')
      cursor.more(closeArray, 'level')
      cursor.decimal(cells, cell.b, 'size of a level')
      while (cursor.more(closeArray, 'level')) cursor.skip('level')
      batch.addLevel(side, cells[cell.a], cells[cell.b])
    }
  }
}

const letterT = 116
const marketOrigin = bytesOf('MARKET')

/** Futures messages chain by `pu`; where the beginning shows none, the file name decides. */
function isFuture(sample: FileSample): boolean {
  const depth = sample.lines.find((line) => line.includes('"depthUpdate"'))
  if (depth !== undefined) return depth.includes('"pu":')
  return sample.nameParts.some((part) => part === 'usdm' || part === 'coinm' || part === 'futures')
}

/** The symbols at the beginning of a file, each once. */
function symbolsOf(sample: FileSample): string[] {
  const found = sample.lines.map((line) => /"s":"([A-Z0-9_]+)"/.exec(line)?.[1])
  return [...new Set(found.filter((symbol) => symbol !== undefined))]
}

/** Recorded Binance market streams. */
export const binanceStreams: ReplayFormat = {
  name: 'binance-streams',
  hint: '<receive time in nanoseconds> {"stream":"btcusdt@depth","data":{...}}',
  detect: (sample) =>
    /^\d{19} \{/.test(sample.firstLine) &&
    sample.lines.some((line) => /^\d{19} \{"(stream|e|u|lastUpdateId)":/.test(line)),
  open: (context) => new BinanceDecoder(context),
}
