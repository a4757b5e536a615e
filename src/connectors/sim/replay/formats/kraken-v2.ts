/**
 * Kraken WebSocket v2 messages, one a line: as they came (`{"channel":"book",...}`), or behind the receive time of the
 * cryptofeed recorder (`<seconds>: {...}`). Books (level 2), trades and tickers, any number of pairs.
 *
 * Without a receive time a line is as old as the newest venue time so far: snapshots of books have none of their own. The venue
 * keeps the subscribed depth and sends no deletion for what falls out of it, so the book must be cut to the depth of its
 * snapshot. Prices and sizes are plain numbers whose trailing zeros count in the checksum: how many digits there are is taken
 * from the text.
 *
 * What is no market: a price of 0 is a side without orders, a time of 1970 no time, the snapshot of the trade channel trades
 * of before the subscription (left out, counted).
 */
import { BadRow } from '../reading/bad-row.js'
import { isoTimeUs } from '../reading/civil-time.js'
import { textOf } from '../reading/decimal-text.js'
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
import { beginReceived } from './recorder-lines.js'

const names = {
  channel: member('channel'),
  type: member('type'),
  data: member('data'),
  symbol: member('symbol'),
  bids: member('bids'),
  asks: member('asks'),
  price: member('price'),
  quantity: member('qty'),
  checksum: member('checksum'),
  time: member('timestamp'),
  side: member('side'),
  tradeId: member('trade_id'),
  bid: member('bid'),
  bidSize: member('bid_qty'),
  ask: member('ask'),
  askSize: member('ask_qty'),
} as const
const channels = { book: bytesOf('book'), trade: bytesOf('trade'), ticker: bytesOf('ticker') } as const
const snapshot = bytesOf('snapshot')
const sides = { buy: bytesOf('buy'), sell: bytesOf('sell') } as const
const absent = Number.NaN

/** Places in the cells of the decoder. */
const cell = { recv: 0, event: 1, price: 2, size: 3, ask: 4, askSize: 5, number: 6 } as const

/** Digits behind the point in the venue's texts of a pair. */
interface Digits {
  price: number
  size: number
}

class KrakenV2Decoder implements Decoder {
  readonly headerLines = 0
  readonly #context: DecodeContext
  readonly #cursor = new JsonCursor()
  readonly #outer = new JsonMembers()
  readonly #entry = new JsonMembers()
  readonly #level = new JsonMembers()
  readonly #cells = new Float64Array(7)
  readonly #symbols = new SymbolTable()
  readonly #digits = new Map<number, Digits>()
  #hasReceiveTime = false
  /** Receive time of lines that have none. */
  #newestUs: number

  constructor(context: DecodeContext) {
    this.#context = context
    this.#newestUs = firstTimeUs(context.sample.lines)
  }

  row(line: LineReader): void {
    const cursor = this.#cursor
    const { counters } = this.#context
    this.#hasReceiveTime = line.bytes[line.start] !== openObject
    if (!this.#hasReceiveTime) cursor.begin(line.bytes, line.start, line.end)
    else if (!beginReceived(line, cursor, this.#cells) || cursor.peek() !== openObject) {
      counters.ignored++
      return
    }
    this.#outer.read(cursor, '(message)')
    cursor.finish('(message)')
    const channel = this.#channel()
    if (channel === '' || !this.#outer.find(cursor, names.data)) {
      counters.ignored++
      return
    }
    const isSnapshot = this.#isSnapshot()
    this.#outer.find(cursor, names.data)
    cursor.open(openArray, 'data')
    while (cursor.more(closeArray, 'data')) {
      const start = cursor.at
      this.#entry.read(cursor, 'data')
      const next = cursor.at
      this.#time()
      const instrument = this.#instrument(start, next)
      if (channel === 'book') this.#book(instrument, isSnapshot)
      else if (channel === 'ticker') this.#ticker(instrument)
      else if (isSnapshot) counters.ignored++
      else this.#trade(instrument)
      cursor.at = next
    }
  }

  #channel(): 'book' | 'trade' | 'ticker' | '' {
    const cursor = this.#cursor
    if (!this.#outer.find(cursor, names.channel)) return ''
    cursor.text('channel')
    if (cursor.textIs(channels.book)) return 'book'
    if (cursor.textIs(channels.trade)) return 'trade'
    return cursor.textIs(channels.ticker) ? 'ticker' : ''
  }

  #isSnapshot(): boolean {
    this.#outer.text(this.#cursor, names.type)
    return this.#cursor.textIs(snapshot)
  }

  #book(instrument: number, isSnapshot: boolean): void {
    const cursor = this.#cursor
    const cells = this.#cells
    const { batch } = this.#context
    const digits = this.#digits.get(instrument) as Digits
    batch.beginBook(instrument, 0, isSnapshot, cells[cell.event], cells[cell.recv], absent, absent)
    this.#levels(names.bids, 0, digits)
    this.#levels(names.asks, 1, digits)
    batch.commitBook()
    if (this.#context.options.checksums !== true || !this.#entry.find(cursor, names.checksum)) return
    cursor.whole(cells, cell.number, 'checksum')
    const note: BookChecksumNote = {
      kind: 'book_checksum',
      crc32: cells[cell.number],
      priceDigits: digits.price,
      sizeDigits: digits.size,
    }
    batch.publishNote(instrument, 0, note, cells[cell.event], cells[cell.recv])
  }

  /** `[{"price": ..., "qty": ...}, ...]`; absent where the side did not change. */
  #levels(name: MemberName, side: 0 | 1, digits: Digits): void {
    const cursor = this.#cursor
    const cells = this.#cells
    if (!this.#entry.find(cursor, name)) return
    cursor.open(openArray, name.text)
    while (cursor.more(closeArray, name.text)) {
      this.#level.read(cursor, 'level')
      const next = cursor.at
      digits.price = Math.max(digits.price, this.#number(this.#level, names.price, cell.price))
      digits.size = Math.max(digits.size, this.#number(this.#level, names.quantity, cell.size))
      cursor.at = next
      this.#context.batch.addLevel(side, cells[cell.price], cells[cell.size])
    }
  }

  #trade(instrument: number): void {
    const cursor = this.#cursor
    const cells = this.#cells
    this.#entry.decimal(cursor, names.price, cells, cell.price)
    this.#entry.decimal(cursor, names.quantity, cells, cell.size)
    this.#entry.whole(cursor, names.tradeId, cells, cell.number)
    this.#entry.text(cursor, names.side)
    const isBuy = cursor.textIs(sides.buy)
    if (!isBuy && !cursor.textIs(sides.sell))
      throw new BadRow('side', `expected buy or sell, got '${cursor.textValue()}'`)
    this.#context.batch.publishTrade(
      instrument,
      0,
      cells[cell.price],
      cells[cell.size],
      isBuy ? 1 : -1,
      cells[cell.event],
      cells[cell.recv],
      absent,
      cells[cell.number],
      0,
    )
  }

  #ticker(instrument: number): void {
    const cells = this.#cells
    this.#side(names.bid, names.bidSize, cell.price)
    this.#side(names.ask, names.askSize, cell.ask)
    this.#context.batch.publishQuote(
      instrument,
      0,
      cells[cell.price],
      cells[cell.ask],
      cells[cell.size],
      cells[cell.askSize],
      cells[cell.event],
      cells[cell.recv],
      absent,
      0,
    )
  }

  /** Best price and size of a side into two cells; no price where nobody stands. */
  #side(price: MemberName, size: MemberName, at: number): void {
    const cells = this.#cells
    this.#entry.decimal(this.#cursor, price, cells, at)
    this.#entry.decimal(this.#cursor, size, cells, at + 1)
    if (cells[at] === 0) cells[at] = absent
  }

  /** Reads a number of a message. Returns how many digits its text has behind the point. */
  #number(members: JsonMembers, name: MemberName, at: number): number {
    const cursor = this.#cursor
    members.require(cursor, name)
    const start = cursor.at
    cursor.decimal(this.#cells, at, name.text)
    return digitsBehindPoint(textOf(cursor.bytes, start, cursor.at))
  }

  /** Venue time of the entry, and the receive time where the line has none. */
  #time(): void {
    const cursor = this.#cursor
    const cells = this.#cells
    let tsUs = 0
    if (this.#entry.find(cursor, names.time)) {
      cursor.text('timestamp')
      tsUs = isoTimeUs(cursor.bytes, cursor.textStart, cursor.textEnd)
      if (Number.isNaN(tsUs)) throw new BadRow('timestamp', `expected an ISO time, got '${cursor.textValue()}'`)
    }
    this.#newestUs = Math.max(this.#newestUs, tsUs)
    if (!this.#hasReceiveTime) cells[cell.recv] = this.#newestUs
    cells[cell.event] = tsUs === 0 ? cells[cell.recv] : tsUs
  }

  /** The instrument of the pair of an entry; its steps are those of the digits in its first message. */
  #instrument(start: number, end: number): number {
    const cursor = this.#cursor
    this.#entry.text(cursor, names.symbol)
    const { bytes, textStart, textEnd } = cursor
    const known = this.#symbols.find(bytes, textStart, textEnd)
    if (known >= 0) return known
    const pair = cursor.textValue()
    const [base = pair, quote = ''] = pair.split('/')
    const digits = digitsOf(textOf(bytes, start, end))
    const steps = [stepOfDigits(digits.price), stepOfDigits(digits.size)] as const
    const index = this.#context.instrument(cryptoPair(pair, 'KRAKEN', [base, quote], ...steps))
    this.#symbols.add(bytes, textStart, textEnd, index)
    this.#digits.set(index, digits)
    return index
  }
}

/** The most digits that the prices and sizes of a message show; those of the finest pairs where it shows none. */
function digitsOf(message: string): Digits {
  const most = (pattern: RegExp) => {
    const shown = [...message.matchAll(pattern)].map(([, text = '']) => digitsBehindPoint(text))
    return shown.length === 0 ? mostDigits : Math.max(...shown)
  }
  return {
    price: most(/"(?:price|bid|ask)": ?"?([\d.]*[1-9][\d.eE-]*)/g),
    size: most(/"(?:qty|bid_qty|ask_qty)": ?"?([\d.]*[1-9][\d.eE-]*)/g),
  }
}

function digitsBehindPoint(number: string): number {
  const [, decimals = '', exponent = '0'] = /^"?-?\d*(?:\.(\d*))?(?:[eE]([-+]?\d+))?/.exec(number) ?? []
  return Math.min(18, Math.max(0, decimals.length - Number(exponent)))
}

/** The first venue time of a file: what comes before it has none of its own. 0 where no line shows any. */
function firstTimeUs(lines: readonly string[]): number {
  for (const line of lines) {
    const bytes = bytesOf(/"timestamp": ?"([^"]+)"/.exec(line)?.[1] ?? '')
    const tsUs = isoTimeUs(bytes, 0, bytes.length)
    if (tsUs > 0) return tsUs
  }
  return 0
}

const message = /^(\d+(\.\d+)?: ?)?\{(?=.*"channel": ?"(book|trade|ticker|status|heartbeat|instrument|level3|ohlc)").*$/

/** Recorded Kraken v2 messages. */
export const krakenV2: ReplayFormat = {
  name: 'kraken-v2',
  hint: '{"channel":"book","type":"snapshot","data":[{"symbol":"ALGO/USD","bids":[{"price":...,"qty":...}],...}]}',
  detect: (sample) => {
    const received = sample.lines.filter((line) => /^(\d+(\.\d+)?: ?)?\{/.test(line))
    return received.some(
      (line) => message.test(line) && /"(data|type)": ?["[]/.test(line) && !line.includes('"product_id'),
    )
  },
  open: (context) => new KrakenV2Decoder(context),
}
