/**
 * CME market by order, decoded from DBN to CSV: one row an order event, several to a packet.
 *
 * The rows of a packet (up to flag 128), or of the snapshot at the start (flag 32), become one level-3 book message.
 * Trades (`T`) become trades with the aggressor's side; fills (`F`) name the resting orders, whose changes follow as
 * cancels or modifications. A cancel gives the size that goes away. Orders and trades without a price are left out and
 * counted.
 *
 * Flag 8 says that the receive time is wrong: the row counts from its venue's time, but not from before its predecessor. In
 * a snapshot, whose rows all have the flag, the receive time is when the snapshot was made, and stays. Flag 4 says that
 * messages were lost for good: where it begins, a discontinuity is told before anything else of the row.
 */
import type { ConnectorId, InstrumentId } from '../../../../model/ids.js'
import type { Discontinuity } from '../../../../model/market-data.js'
import { BadRow } from '../reading/bad-row.js'
import { cmeFuture } from '../reading/definitions.js'
import type { DecodeContext, Decoder, ReplayFormat } from '../reading/format.js'
import type { LineReader } from '../reading/line-reader.js'
import { RowScanner } from '../reading/row-scanner.js'
import { futureOf } from './calendar-bars.js'

const header = 'ts_event_ns,ts_recv_ns,sequence,order_id,action,side,price,size,flags,channel_id,instrument_id'
const absent = Number.NaN
const flagLast = 128
const flagSnapshot = 32
const flagBadRecvTime = 8
const flagGap = 4
/** 2^63 - 1 stands for no price: in billionths, or as the decimal that makes. No price of a contract comes near. */
const noPrice = 9_223_372_036
/** A message is cut here where its end does not come. */
const maxLevels = 16_384

const code = (letter: string) => letter.charCodeAt(0)
const Action = {
  add: code('A'),
  cancel: code('C'),
  modify: code('M'),
  fill: code('F'),
  trade: code('T'),
  clear: code('R'),
} as const
const Side = { bid: code('B'), ask: code('A'), none: code('N') } as const

/** Places in the cells of the decoder. */
const cell = { event: 0, recv: 1, sequence: 2, id: 3, price: 4, size: 5, flags: 6, ignored: 7, contract: 8 } as const

class MarketByOrderDecoder implements Decoder {
  readonly headerLines = 1
  readonly #context: DecodeContext
  readonly #instrument: number
  readonly #scanner = new RowScanner()
  readonly #cells = new Float64Array(9)
  readonly #openSizes = new Map<number, number>()
  /** The number of the instrument that the file is about: that of its first row. */
  #contract = Number.NaN
  #isSnapshot = false
  #isGap = false
  /** Receive time of the row before. */
  #lastRecvUs = Number.NEGATIVE_INFINITY

  constructor(context: DecodeContext) {
    this.#context = context
    this.#instrument = futureOf(context)
  }

  row(line: LineReader): void {
    const scanner = this.#scanner
    const cells = this.#cells
    scanner.begin(line.bytes, line.start, line.end)
    scanner.nanosecondsAsUs(cells, cell.event, 'ts_event_ns')
    scanner.nanosecondsAsUs(cells, cell.recv, 'ts_recv_ns')
    scanner.whole(cells, cell.sequence, 'sequence')
    scanner.whole(cells, cell.id, 'order_id')
    const action = scanner.character('action')
    const side = scanner.character('side')
    scanner.optionalDecimal(cells, cell.price, 'price')
    if (cells[cell.price] >= noPrice) cells[cell.price] = absent
    scanner.whole(cells, cell.size, 'size')
    scanner.whole(cells, cell.flags, 'flags')
    scanner.whole(cells, cell.ignored, 'channel_id')
    scanner.whole(cells, cell.contract, 'instrument_id')
    scanner.finish('instrument_id')
    this.#checkContract()
    const flags = cells[cell.flags]
    const isSnapshot = (flags & flagSnapshot) !== 0
    const { batch } = this.#context
    if (batch.isBookOpen && (isSnapshot !== this.#isSnapshot || batch.openLevels >= maxLevels)) {
      batch.commitBook(isSnapshot !== this.#isSnapshot)
    }
    this.#isSnapshot = isSnapshot
    this.#restamp((flags & flagBadRecvTime) !== 0 && !isSnapshot)
    this.#tellGap((flags & flagGap) !== 0)
    this.#apply(action, side)
    if ((flags & flagLast) !== 0) batch.commitBook()
  }

  finish(): void {
    this.#context.batch.commitBook()
  }

  /** Orders of several instruments in one book would be no book. */
  #checkContract(): void {
    const contract = this.#cells[cell.contract]
    if (Number.isNaN(this.#contract)) this.#contract = contract
    if (contract === this.#contract) return
    const reason = `${contract} is not the instrument of the rows before, ${this.#contract}: give each a file of its own`
    throw new BadRow('instrument_id', reason)
  }

  /** Gives a row with a wrong receive time the best there is. */
  #restamp(isWrong: boolean): void {
    const cells = this.#cells
    if (isWrong) {
      cells[cell.recv] = Math.max(cells[cell.event], this.#lastRecvUs)
      this.#context.counters.restamped++
    }
    this.#lastRecvUs = cells[cell.recv]
  }

  #tellGap(isGap: boolean): void {
    const begins = isGap && !this.#isGap
    this.#isGap = isGap
    if (!begins) return
    const { batch, options, sample } = this.#context
    const tsEventUs = this.#cells[cell.event]
    const tsRecvUs = this.#cells[cell.recv]
    const id = options.instrument ?? cmeFuture((sample.nameParts[0] ?? '').toUpperCase()).id
    const told: Discontinuity = {
      kind: 'discontinuity',
      instrument: id as InstrumentId,
      source: sample.fileName as ConnectorId,
      stream: 'book',
      reason: 'missing',
      tsEventUs,
      tsRecvUs,
    }
    batch.commitBook(false)
    batch.publishNote(this.#instrument, 0, told, tsEventUs, tsRecvUs)
  }

  #apply(action: number, side: number): void {
    const cells = this.#cells
    const { batch, counters } = this.#context
    const needsPrice = action === Action.trade || action === Action.add || action === Action.modify
    if (needsPrice && Number.isNaN(cells[cell.price])) counters.ignored++
    else if (action === Action.trade) {
      const aggressor = side === Side.bid ? 1 : side === Side.ask ? -1 : 0
      batch.publishTrade(
        this.#instrument,
        0,
        cells[cell.price],
        cells[cell.size],
        aggressor,
        cells[cell.event],
        cells[cell.recv],
        cells[cell.sequence],
        absent,
        0,
      )
    } else if (action === Action.clear) {
      batch.commitBook()
      this.#openSizes.clear()
      batch.beginBook(this.#instrument, 0, true, cells[cell.event], cells[cell.recv], cells[cell.sequence], absent)
    } else if (action === Action.add) this.#order(1, side, cells[cell.size])
    else if (action === Action.modify) this.#order(2, side, cells[cell.size])
    else if (action === Action.cancel) this.#cancel(side)
    else if (action !== Action.fill)
      throw new BadRow('action', `expected one of A C M F T R, got '${String.fromCharCode(action)}'`)
  }

  #cancel(side: number): void {
    const cells = this.#cells
    const left = (this.#openSizes.get(cells[cell.id]) ?? 0) - cells[cell.size]
    this.#order(left > 0 ? 2 : 3, side, Math.max(left, 0))
  }

  #order(action: 1 | 2 | 3, side: number, size: number): void {
    const cells = this.#cells
    const { batch } = this.#context
    if (side !== Side.bid && side !== Side.ask) throw new BadRow('side', 'expected B or A')
    if (action === 3) this.#openSizes.delete(cells[cell.id])
    else this.#openSizes.set(cells[cell.id], size)
    if (batch.isBookOpen) batch.restampBook(cells[cell.event], cells[cell.recv], cells[cell.sequence])
    else
      batch.beginBook(
        this.#instrument,
        0,
        this.#isSnapshot,
        cells[cell.event],
        cells[cell.recv],
        cells[cell.sequence],
        absent,
      )
    batch.addOrder(action, side === Side.bid ? 0 : 1, cells[cell.price], size, cells[cell.id])
  }
}

/** Market-by-order CSV; the contract from the first part of the file name (`esh4_...`). */
export const marketByOrder: ReplayFormat = {
  name: 'market-by-order',
  hint: header,
  detect: (sample) => sample.firstLine === header,
  open: (context) => new MarketByOrderDecoder(context),
}
