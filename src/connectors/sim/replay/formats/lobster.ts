/**
 * LOBSTER pairs: a message file (`time,type,order id,size,price,direction`, New York seconds since midnight, prices in
 * 1/10,000 dollar) and a book file whose row i is the book after message i. Neither has a header.
 *
 * With the book file each row becomes the changes of the price levels since the row before (the first a snapshot), so the
 * book is exact at its depth all the way. Without it the messages become level-3 orders, on a book that starts empty.
 * Executions become trades in both cases: the resting side is `direction`, so the aggressor is the other.
 */
import { TradewireError } from '../../../../core/errors.js'
import type { FileSystem } from '../../../../core/file-system.js'
import { BadRow } from '../reading/bad-row.js'
import { NewYorkDay } from '../reading/civil-time.js'
import type { DecodeContext, Decoder, FileSample, FormatOptions, ReplayFormat } from '../reading/format.js'
import type { LineReader } from '../reading/line-reader.js'
import { RowScanner } from '../reading/row-scanner.js'
import { dateOf, equityOf } from './us-equity.js'

const absent = Number.NaN
const perDollar = 10_000
/** Price that LOBSTER writes for an empty level, by absolute value. */
const emptyPrice = 9_999_999_999

const MessageType = { add: 1, reduce: 2, delete: 3, execute: 4, executeHidden: 5, cross: 6, halt: 7 } as const

/** Places in the cells of the decoder. */
const cell = { time: 0, type: 1, id: 2, size: 3, price: 4, direction: 5 } as const

class LobsterDecoder implements Decoder {
  readonly headerLines = 0
  readonly #context: DecodeContext
  readonly #instrument: number
  readonly #day: NewYorkDay
  readonly #scanner = new RowScanner()
  readonly #cells = new Float64Array(6)
  /** Open size of the orders seen: messages give what goes away, not what is left. */
  readonly #openSizes = new Map<number, number>()
  readonly #levels: LevelRows

  constructor(context: DecodeContext) {
    this.#context = context
    this.#instrument = equityOf(context)
    this.#day = new NewYorkDay(dateOf(context.sample, context.options))
    this.#levels = new LevelRows()
  }

  row(line: LineReader, companion: LineReader | undefined): void {
    const scanner = this.#scanner
    const cells = this.#cells
    scanner.begin(line.bytes, line.start, line.end)
    scanner.secondsAsUs(cells, cell.time, 'time')
    scanner.whole(cells, cell.type, 'type')
    scanner.whole(cells, cell.id, 'order id')
    scanner.whole(cells, cell.size, 'size')
    scanner.decimal(cells, cell.price, 'price')
    scanner.decimal(cells, cell.direction, 'direction')
    scanner.finish('direction')
    if (cells[cell.direction] !== 1 && cells[cell.direction] !== -1) throw new BadRow('direction', 'expected 1 or -1')
    const type = cells[cell.type]
    if (!(type >= MessageType.add && type <= MessageType.halt)) throw new BadRow('type', 'expected 1 to 7')
    cells[cell.time] = this.#day.toUtcUs(cells[cell.time])
    this.#trade()
    if (companion === undefined) this.#order()
    else this.#book(companion)
  }

  #trade(): void {
    const cells = this.#cells
    const type = cells[cell.type]
    const { batch } = this.#context
    if (type === MessageType.halt) {
      const price = cells[cell.price]
      const status = price === -1 ? 3 : price === 0 ? 1 : 2
      batch.publishStatus(this.#instrument, 0, status, cells[cell.time], cells[cell.time])
      return
    }
    if (type < MessageType.execute || type > MessageType.cross) return
    const aggressor = type === MessageType.cross ? 0 : cells[cell.direction] === 1 ? -1 : 1
    const price = cells[cell.price] / perDollar
    batch.publishTrade(
      this.#instrument,
      0,
      price,
      cells[cell.size],
      aggressor,
      cells[cell.time],
      cells[cell.time],
      absent,
      absent,
      0,
    )
  }

  #order(): void {
    const cells = this.#cells
    const type = cells[cell.type]
    const id = cells[cell.id]
    const open = this.#openSizes.get(id)
    if (type === MessageType.add) {
      this.#openSizes.set(id, cells[cell.size])
      this.#publishOrder(1, cells[cell.size])
    } else if (type === MessageType.delete) {
      this.#openSizes.delete(id)
      this.#publishOrder(3, 0)
    } else if (type === MessageType.reduce || type === MessageType.execute) {
      if (open === undefined) {
        this.#context.counters.ignored++
        return
      }
      const left = open - cells[cell.size]
      if (left < 0) throw new BadRow('size', `takes ${cells[cell.size]} from an order of ${open}`)
      if (left === 0) this.#openSizes.delete(id)
      else this.#openSizes.set(id, left)
      this.#publishOrder(left === 0 ? 3 : 2, left)
    }
  }

  #publishOrder(action: 1 | 2 | 3, size: number): void {
    const cells = this.#cells
    const { batch } = this.#context
    batch.beginBook(this.#instrument, 0, false, cells[cell.time], cells[cell.time], absent, absent)
    batch.addOrder(action, cells[cell.direction] === 1 ? 0 : 1, cells[cell.price] / perDollar, size, cells[cell.id])
    batch.commitBook()
  }

  #book(line: LineReader): void {
    const cells = this.#cells
    const levels = this.#levels
    const { batch } = this.#context
    levels.read(line)
    batch.beginBook(this.#instrument, 0, levels.isFirst, cells[cell.time], cells[cell.time], absent, absent)
    levels.changes((side, price, size) => batch.addLevel(side, price, size))
    batch.commitBook()
    levels.published()
  }
}

/** Two rows of the book file, and the changes from one to the other. */
class LevelRows {
  /** Whether the row has nothing to continue: the first one, and that after one that was refused. */
  isFirst = true
  #isContinued = false
  readonly #scanner = new RowScanner()
  readonly #cells = new Float64Array(1)
  /** Size by price of each side; asks first, as in the file. */
  #before: [asks: Map<number, number>, bids: Map<number, number>] = [new Map(), new Map()]
  #after: [asks: Map<number, number>, bids: Map<number, number>] = [new Map(), new Map()]

  /** Reads the next row: ask price, ask size, bid price, bid size, level by level. */
  read(line: LineReader): void {
    const scanner = this.#scanner
    const cells = this.#cells
    const spare = this.#before
    this.#before = this.#after
    this.#after = spare
    for (const side of spare) side.clear()
    this.isFirst = !this.#isContinued
    this.#isContinued = false
    scanner.begin(line.bytes, line.start, line.end)
    while (!scanner.isOver) {
      for (const side of spare) {
        scanner.decimal(cells, 0, 'price of a level')
        const price = cells[0]
        scanner.decimal(cells, 0, 'size of a level')
        if (Math.abs(price) !== emptyPrice) side.set(price / perDollar, cells[0])
      }
    }
  }

  /** The row that was read is with the reader: the next one continues it. */
  published(): void {
    this.#isContinued = true
  }

  /** Levels that went, came or changed size. */
  changes(report: (side: 0 | 1, price: number, size: number) => void): void {
    for (let i = 0; i < 2; i++) {
      const side = i === 0 ? 1 : 0
      const before = this.#before[i] as Map<number, number>
      const after = this.#after[i] as Map<number, number>
      if (!this.isFirst) for (const price of before.keys()) if (!after.has(price)) report(side, price, 0)
      for (const [price, size] of after) if (this.isFirst || before.get(price) !== size) report(side, price, size)
    }
  }
}

const messageRow = /^\d{4,5}\.\d+,[1-7],\d+,\d+,-?\d+,-?1$/

/** Path of the other file of a pair: the names differ in `message` and `orderbook`. */
function pairOf(sample: FileSample, from: string, to: string): string {
  const slash = sample.path.lastIndexOf('/') + 1
  return sample.path.slice(0, slash) + sample.path.slice(slash).replace(from, to)
}

function bookPath(sample: FileSample, fileSystem: FileSystem, options: FormatOptions): string | undefined {
  if (options.lobster === 'orders' || !sample.fileName.includes('message')) return undefined
  const path = pairOf(sample, 'message', 'orderbook')
  return fileSystem.exists(path) ? path : undefined
}

/** LOBSTER message files, with the book file where there is one. */
export const lobsterMessages: ReplayFormat = {
  name: 'lobster',
  hint: '34200.004241176,1,16113575,18,5853300,1',
  detect: (sample) => messageRow.test(sample.firstLine),
  companion: bookPath,
  open: (context) => new LobsterDecoder(context),
}

/** LOBSTER book files are read beside their message file only. */
export const lobsterBooks: ReplayFormat = {
  name: 'lobster-book',
  hint: '5859400,200,5853300,18,... (read beside the message file)',
  detect: (sample) => sample.fileName.includes('orderbook') && /^-?\d+,\d+,-?\d+,\d+[-,\d]*$/.test(sample.firstLine),
  isCompanion: (sample, fileSystem) => fileSystem.exists(pairOf(sample, 'orderbook', 'message')),
  open: ({ sample }) => {
    const message = `${sample.path} is a book file without times: open the message file beside it`
    throw new TradewireError('TW_UNKNOWN_FORMAT', message, { details: { path: sample.path } })
  },
}
