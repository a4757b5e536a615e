/**
 * Coinbase Exchange feed (level2, ticker, matches) in lines of the cryptofeed recorder, for any number of products.
 * level2 has no sequence numbers; tickers become quotes without sizes, matches trades (their `side` is the maker's).
 * The first ticker of a product may lack time and number; a price of 0 in it is a side without orders.
 */
import { BadRow } from '../reading/bad-row.js'
import { isoTimeUs } from '../reading/civil-time.js'
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
} from '../reading/json-cursor.js'
import type { LineReader } from '../reading/line-reader.js'
import { SymbolTable } from '../reading/symbol-table.js'
import { beginReceived, isRecorderFile } from './recorder-lines.js'

const absent = Number.NaN
const names = {
  type: member('type'),
  product: member('product_id'),
  bids: member('bids'),
  asks: member('asks'),
  changes: member('changes'),
  time: member('time'),
  sequence: member('sequence'),
  bestBid: member('best_bid'),
  bestAsk: member('best_ask'),
  price: member('price'),
  size: member('size'),
  side: member('side'),
  tradeId: member('trade_id'),
} as const
const types = {
  snapshot: bytesOf('snapshot'),
  update: bytesOf('l2update'),
  ticker: bytesOf('ticker'),
  match: bytesOf('match'),
} as const
const sides = { buy: bytesOf('buy'), sell: bytesOf('sell') } as const

/** Places in the cells of the decoder. */
const cell = { recv: 0, event: 1, a: 2, b: 3, sequence: 4, tradeId: 5 } as const

class CoinbaseDecoder implements Decoder {
  readonly headerLines = 0
  readonly #context: DecodeContext
  readonly #cursor = new JsonCursor()
  readonly #members = new JsonMembers()
  readonly #cells = new Float64Array(6)
  readonly #symbols = new SymbolTable()

  constructor(context: DecodeContext) {
    this.#context = context
  }

  row(line: LineReader): void {
    const cursor = this.#cursor
    const members = this.#members
    if (!beginReceived(line, cursor, this.#cells)) {
      this.#context.counters.ignored++
      return
    }
    members.read(cursor, '(message)')
    cursor.finish('(message)')
    members.text(cursor, names.type)
    if (cursor.textIs(types.update)) this.#update()
    else if (cursor.textIs(types.snapshot)) this.#snapshot()
    else if (cursor.textIs(types.ticker)) this.#ticker()
    else if (cursor.textIs(types.match)) this.#match()
    else this.#context.counters.ignored++
  }

  #snapshot(): void {
    const cells = this.#cells
    const { batch } = this.#context
    const instrument = this.#instrument()
    batch.beginBook(instrument, 0, true, cells[cell.recv], cells[cell.recv], absent, absent)
    this.#levels(names.bids, 0)
    this.#levels(names.asks, 1)
    batch.commitBook()
  }

  #update(): void {
    const cursor = this.#cursor
    const cells = this.#cells
    const { batch } = this.#context
    this.#time()
    batch.beginBook(this.#instrument(), 0, false, cells[cell.event], cells[cell.recv], absent, absent)
    this.#members.require(cursor, names.changes)
    cursor.open(openArray, 'changes')
    while (cursor.more(closeArray, 'changes')) {
      cursor.open(openArray, 'change')
      cursor.more(closeArray, 'change')
      const side = this.#isBuy() ? 0 : 1
      cursor.more(closeArray, 'change')
      this.#level(side)
    }
    batch.commitBook()
  }

  #ticker(): void {
    const cells = this.#cells
    this.#time()
    this.#members.decimal(this.#cursor, names.bestBid, cells, cell.a)
    this.#members.decimal(this.#cursor, names.bestAsk, cells, cell.b)
    cells[cell.sequence] = absent
    if (this.#members.find(this.#cursor, names.sequence)) this.#cursor.whole(cells, cell.sequence, names.sequence.text)
    const hasBid = cells[cell.a] !== 0
    const hasAsk = cells[cell.b] !== 0
    this.#context.batch.publishQuote(
      this.#instrument(),
      0,
      hasBid ? cells[cell.a] : absent,
      hasAsk ? cells[cell.b] : absent,
      hasBid ? absent : 0,
      hasAsk ? absent : 0,
      cells[cell.event],
      cells[cell.recv],
      cells[cell.sequence],
      0,
    )
  }

  #match(): void {
    const cells = this.#cells
    this.#time()
    this.#members.decimal(this.#cursor, names.price, cells, cell.a)
    this.#members.decimal(this.#cursor, names.size, cells, cell.b)
    this.#members.whole(this.#cursor, names.sequence, cells, cell.sequence)
    this.#members.whole(this.#cursor, names.tradeId, cells, cell.tradeId)
    this.#members.require(this.#cursor, names.side)
    const aggressor = this.#isBuy() ? -1 : 1
    this.#context.batch.publishTrade(
      this.#instrument(),
      0,
      cells[cell.a],
      cells[cell.b],
      aggressor,
      cells[cell.event],
      cells[cell.recv],
      cells[cell.sequence],
      cells[cell.tradeId],
      0,
    )
  }

  #levels(name: MemberName, side: 0 | 1): void {
    const cursor = this.#cursor
    this.#members.require(cursor, name)
    cursor.open(openArray, 'levels')
    while (cursor.more(closeArray, 'levels')) {
      cursor.open(openArray, 'level')
      cursor.more(closeArray, 'level')
      this.#level(side)
    }
  }

  /** `price, size]` */
  #level(side: 0 | 1): void {
    const cursor = this.#cursor
    const cells = this.#cells
    cursor.decimal(cells, cell.a, 'price of a level')
    cursor.more(closeArray, 'level')
    cursor.decimal(cells, cell.b, 'size of a level')
    while (cursor.more(closeArray, 'level')) cursor.skip('level')
    this.#context.batch.addLevel(side, cells[cell.a], cells[cell.b])
  }

  #isBuy(): boolean {
    const cursor = this.#cursor
    cursor.text('side')
    if (cursor.textIs(sides.buy)) return true
    if (cursor.textIs(sides.sell)) return false
    throw new BadRow('side', `expected buy or sell, got '${cursor.textValue()}'`)
  }

  /** Time of the venue; that of receipt where the message has none. */
  #time(): void {
    const cursor = this.#cursor
    this.#cells[cell.event] = this.#cells[cell.recv]
    if (!this.#members.find(cursor, names.time)) return
    cursor.text(names.time.text)
    const tsUs = isoTimeUs(cursor.bytes, cursor.textStart, cursor.textEnd)
    if (Number.isNaN(tsUs)) throw new BadRow('time', `expected an ISO time, got '${cursor.textValue()}'`)
    this.#cells[cell.event] = tsUs
  }

  /** The instrument of the product; its price step is that of the most digits in the first prices seen. */
  #instrument(): number {
    const cursor = this.#cursor
    this.#members.text(cursor, names.product)
    const { bytes, textStart, textEnd } = cursor
    const known = this.#symbols.find(bytes, textStart, textEnd)
    if (known >= 0) return known
    const product = cursor.textValue()
    const [base = product, quote = ''] = product.split('-')
    const step = stepOfDigits(this.#digitsOfPrice())
    const index = this.#context.instrument(cryptoPair(product, 'COINBASE', [base, quote], step, '0.00000001'))
    this.#symbols.add(bytes, textStart, textEnd, index)
    return index
  }

  /** The digits of the first price in the product's first message; those of the finest products where it has none. */
  #digitsOfPrice(): number {
    const cursor = this.#cursor
    const members = this.#members
    if (members.find(cursor, names.bestBid) || members.find(cursor, names.price)) cursor.text('price')
    else if (members.find(cursor, names.changes)) {
      if (!this.#firstText()) return mostDigits
      cursor.more(closeArray, 'change')
      cursor.text('price of a level')
    } else {
      const hasLevel = (name: MemberName) => members.find(cursor, name) && this.#firstText()
      if (!hasLevel(names.asks) && !hasLevel(names.bids)) return mostDigits
    }
    const text = cursor.textValue()
    return text.includes('.') ? text.length - text.indexOf('.') - 1 : 0
  }

  /** First text of the first element of a list of lists; false where the list is empty. */
  #firstText(): boolean {
    const cursor = this.#cursor
    cursor.open(openArray, 'levels')
    if (!cursor.more(closeArray, 'levels')) return false
    cursor.open(openArray, 'level')
    cursor.more(closeArray, 'level')
    cursor.text('level')
    return true
  }
}

/** Recorded Coinbase Exchange feeds. */
export const coinbaseFeed: ReplayFormat = {
  name: 'coinbase-feed',
  hint: '<seconds>: {"type":"l2update","product_id":"BTC-USD",...}',
  detect: (sample) => isRecorderFile(sample) && sample.lines.some((line) => line.includes('"product_id')),
  open: (context) => new CoinbaseDecoder(context),
}
