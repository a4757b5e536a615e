/**
 * Bitstamp order-by-order stream: `<receive time, ms> <event> <JSON>`. Orders become level-3 book messages, trades
 * trades, and the venue's own book messages (top 20, every few seconds) quotes of their best levels. The stream starts
 * without a snapshot: changes and deletions of orders older than the recording name unknown ids.
 */
import { BadRow } from '../reading/bad-row.js'
import { scanWhole } from '../reading/decimal-text.js'
import { cryptoPair } from '../reading/definitions.js'
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

const absent = Number.NaN
const space = 32
const events = {
  created: bytesOf('order_created'),
  changed: bytesOf('order_changed'),
  deleted: bytesOf('order_deleted'),
  trade: bytesOf('trade'),
  book: bytesOf('order_book'),
} as const
const names = {
  price: member('price'),
  amount: member('amount'),
  id: member('id'),
  side: member('order_type'),
  bids: member('bids'),
  asks: member('asks'),
} as const

/** Places in the cells of the decoder. */
const cell = { recv: 0, price: 1, amount: 2, id: 3, side: 4, bid: 5, bidSize: 6, ask: 7, askSize: 8 } as const

class BitstampDecoder implements Decoder {
  readonly headerLines = 0
  readonly #context: DecodeContext
  readonly #instrument: number
  readonly #cursor = new JsonCursor()
  readonly #members = new JsonMembers()
  readonly #cells = new Float64Array(9)

  constructor(context: DecodeContext) {
    this.#context = context
    const { sample, options } = context
    const symbol = (sample.nameParts.find((part) => /^[a-z]{6}$/.test(part)) ?? 'btcusd').toUpperCase()
    const definition = cryptoPair(symbol, 'BITSTAMP', [symbol.slice(0, 3), symbol.slice(3)], '0.01', '0.00000001')
    this.#instrument =
      options.instrument === undefined ? context.instrument(definition) : context.instrumentById(options.instrument)
  }

  row(line: LineReader): void {
    const { bytes, start, end } = line
    const next = scanWhole(bytes, start, end, 0, this.#cells, cell.recv)
    if (next < 0 || bytes[next] !== space) throw new BadRow('(receive time)', 'expected milliseconds and a space')
    this.#cells[cell.recv] *= 1_000
    let stop = next + 1
    while (stop < end && bytes[stop] !== space) stop++
    this.#cursor.begin(bytes, stop, end)
    this.#members.read(this.#cursor, '(message)')
    this.#cursor.finish('(message)')
    if (sameBytes(bytes, next + 1, stop, events.created)) this.#order(1)
    else if (sameBytes(bytes, next + 1, stop, events.changed)) this.#order(2)
    else if (sameBytes(bytes, next + 1, stop, events.deleted)) this.#order(3)
    else if (sameBytes(bytes, next + 1, stop, events.trade)) this.#trade()
    else if (sameBytes(bytes, next + 1, stop, events.book)) this.#venueBook()
    else throw new BadRow('(event)', 'expected order_created, order_changed, order_deleted, trade or order_book')
  }

  #order(action: 1 | 2 | 3): void {
    const cells = this.#cells
    this.#members.decimal(this.#cursor, names.price, cells, cell.price)
    this.#members.decimal(this.#cursor, names.amount, cells, cell.amount)
    this.#members.decimal(this.#cursor, names.id, cells, cell.id)
    this.#members.decimal(this.#cursor, names.side, cells, cell.side)
    if (cells[cell.side] !== 0 && cells[cell.side] !== 1) throw new BadRow('order_type', 'expected 0 (bid) or 1 (ask)')
    const { batch, counters } = this.#context
    // A deletion needs no price; a market order has none, and rests in no book.
    if (cells[cell.price] === 0 && action !== 3) {
      counters.ignored++
      return
    }
    batch.beginBook(this.#instrument, 0, false, cells[cell.recv], cells[cell.recv], absent, absent)
    batch.addOrder(action, cells[cell.side] === 0 ? 0 : 1, cells[cell.price], cells[cell.amount], cells[cell.id])
    batch.commitBook()
  }

  #trade(): void {
    const cells = this.#cells
    this.#members.decimal(this.#cursor, names.price, cells, cell.price)
    this.#members.decimal(this.#cursor, names.amount, cells, cell.amount)
    this.#members.decimal(this.#cursor, names.id, cells, cell.id)
    const { batch, counters } = this.#context
    if (cells[cell.price] === 0) {
      counters.ignored++
      return
    }
    batch.publishTrade(
      this.#instrument,
      0,
      cells[cell.price],
      cells[cell.amount],
      0,
      cells[cell.recv],
      cells[cell.recv],
      absent,
      cells[cell.id],
      0,
    )
  }

  #venueBook(): void {
    const cells = this.#cells
    this.#best(names.bids, cell.bid)
    this.#best(names.asks, cell.ask)
    this.#context.batch.publishQuote(
      this.#instrument,
      0,
      cells[cell.bid],
      cells[cell.ask],
      cells[cell.bidSize],
      cells[cell.askSize],
      cells[cell.recv],
      cells[cell.recv],
      absent,
      0,
    )
  }

  /** The first level of a side into two cells. */
  #best(name: MemberName, index: number): void {
    const cursor = this.#cursor
    const cells = this.#cells
    cells[index] = absent
    cells[index + 1] = absent
    this.#members.require(cursor, name)
    cursor.open(openArray, 'levels')
    if (!cursor.more(closeArray, 'levels')) return
    cursor.open(openArray, 'level')
    cursor.more(closeArray, 'level')
    cursor.decimal(cells, index, 'price of a level')
    cursor.more(closeArray, 'level')
    cursor.decimal(cells, index + 1, 'size of a level')
    if (cells[index] !== 0) return
    cells[index] = absent
    cells[index + 1] = 0
  }
}

/** Recorded Bitstamp order streams; the pair from the file name, BTCUSD where it names none. */
export const bitstampOrders: ReplayFormat = {
  name: 'bitstamp-orders',
  hint: '<receive time in milliseconds> order_created {"price": "236.47", ...}',
  detect: (sample) => /^\d{13} (order_(created|changed|deleted|book)|trade) \{/.test(sample.firstLine),
  open: (context) => new BitstampDecoder(context),
}
