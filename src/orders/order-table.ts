/**
 * All orders of one system in one block of numbers: a fixed record an order, nothing allocated per order.
 *
 * Orders are numbered from 1 in the order of their creation and a number is never used twice. Records form a ring: number
 * n lives at `(n & mask) * RECORD`. A number whose record is still held by an order that is not closed is skipped, so open
 * orders are never pushed out, and the records of closed orders are the bounded history.
 *
 *   numbers   …   41     42     43     44   …
 *   cells     [ 9][10][11][12] …              one record = 64 doubles = eight cache lines, the busy fields first
 *
 * A "row" is the offset of a record in `cells`: `cells[row + Field.quantity]`.
 */
import { TradewireError } from '../core/errors.js'
import * as Field from './order-fields.js'
import { OFFSET, RECORD_BITS } from './order-fields.js'
import { RequestPool } from './request-pool.js'
import { TradePool } from './trade-pool.js'

/** Sizes of the table. */
export interface OrderTableOptions {
  /** Records: open orders plus the history of closed ones. Power of two, 16 to 2^20; 8,192 unless given. */
  capacity?: number
  /** Trades kept for the orders in the table; 4 x `capacity` unless given. */
  tradeCapacity?: number
}

/** How many requests of one order can be under way at once. */
export const MAX_REQUESTS_IN_FLIGHT = 30

/** Doubles in a record. */
export const RECORD = 1 << RECORD_BITS

export { Field }

/** Called before a record is taken over, so that whoever points at the order can keep what it needs. */
export type EvictionListener = (row: number, number: number) => void

/** What a fresh record holds. */
const blank = new Float64Array(RECORD)
for (const field of [
  Field.price,
  Field.trigger,
  Field.trailingAmount,
  Field.trailingBasisPoints,
  Field.display,
  Field.expireUs,
]) {
  blank[field] = Number.NaN
}
for (const field of [Field.firstTrade, Field.lastTrade, Field.firstRequest]) blank[field] = -1
for (const field of [Field.nextGeneration, Field.requestBase]) blank[field] = 1

/** The orders of one system. Read by everybody, written only by the fold (`fold.ts`), by creation and, for reservations, by the risk gate. */
export class OrderTable {
  /** Number of records. */
  readonly capacity: number
  /** All records. */
  readonly cells: Float64Array
  readonly trades: TradePool
  readonly requests: RequestPool
  readonly #mask: number
  // Text by record: references only. Use the accessors with a row.
  readonly #clientOrderIds: (string | undefined)[]
  readonly #venueOrderIds: (string | number | undefined)[]
  readonly #reasons: (string | undefined)[]
  readonly #tags: (string | undefined)[]
  #nextNumber = 1
  #onEvict: EvictionListener | undefined

  constructor(options: OrderTableOptions = {}) {
    const capacity = options.capacity ?? 8_192
    if (!Number.isInteger(capacity) || (capacity & (capacity - 1)) !== 0 || capacity < 16 || capacity > 1_048_576) {
      throw new TradewireError(
        'TW_INVALID_CONFIG',
        `orders.capacity must be a power of two from 16 to 1048576, got ${capacity}`,
      )
    }
    this.capacity = capacity
    // One record more than there are numbers for: see scratch().
    this.cells = new Float64Array((capacity + 1) * RECORD)
    this.trades = new TradePool(options.tradeCapacity ?? capacity * 4)
    this.requests = new RequestPool(capacity * 2)
    this.#mask = capacity - 1
    this.#clientOrderIds = new Array<string | undefined>(capacity).fill(undefined)
    this.#venueOrderIds = new Array<string | number | undefined>(capacity).fill(undefined)
    this.#reasons = new Array<string | undefined>(capacity).fill(undefined)
    this.#tags = new Array<string | undefined>(capacity).fill(undefined)
  }

  /** The highest number given to an order so far, skipped ones included: the high-water mark that survives a restart. */
  get lastNumber(): number {
    return this.#nextNumber - 1
  }

  set onEvict(listener: EvictionListener | undefined) {
    this.#onEvict = listener
  }

  /** Row of an order, or -1 when the number was never given or its record has been taken over. */
  rowOf(number: number): number {
    const row = ((number & this.#mask) << RECORD_BITS) & OFFSET
    return number > 0 && this.cells[row] === number ? row : -1
  }

  /** Position of a record in arrays that hold one entry an order. */
  indexOf(row: number): number {
    return row >> RECORD_BITS
  }

  /** Raises the high-water mark: numbers up to `number` are never given again. */
  reserveNumbersUpTo(number: number): void {
    if (number >= this.#nextNumber) this.#nextNumber = number + 1
  }

  /**
   * Takes the next free record for a new order and clears it; -1, and no number is used up, when every record holds an order
   * that is not closed. The caller fills in identity and terms.
   */
  allocate(): number {
    const end = this.#nextNumber + this.#mask
    for (let number = this.#nextNumber; number <= end; number++) {
      const row = ((number & this.#mask) << RECORD_BITS) & OFFSET
      if (this.cells[row + Field.isOpen] === 0) {
        this.#nextNumber = number + 1
        this.#take(row, number)
        return row
      }
    }
    return -1
  }

  /** As {@link allocate} with the number that a journal says. */
  allocateNumber(number: number): number {
    const row = (number & this.#mask) << RECORD_BITS
    this.reserveNumbersUpTo(number)
    this.#take(row, number)
    return row
  }

  /**
   * A cleared record outside the ring, always the same one: for asking about an order that is not submitted. It has no number
   * and no texts, and nothing that goes through the orders sees it.
   */
  scratch(): number {
    const row = this.capacity * RECORD
    this.cells.set(blank, row)
    return row
  }

  clientOrderId(row: number): string | undefined {
    return this.#clientOrderIds[row >> RECORD_BITS]
  }

  setClientOrderId(row: number, id: string | undefined): void {
    this.#clientOrderIds[row >> RECORD_BITS] = id
  }

  venueOrderId(row: number): string | number | undefined {
    return this.#venueOrderIds[row >> RECORD_BITS]
  }

  setVenueOrderId(row: number, id: string | number | undefined): void {
    this.#venueOrderIds[row >> RECORD_BITS] = id
  }

  /** Why it was refused or closed, in the venue's words or ours. */
  reason(row: number): string | undefined {
    return this.#reasons[row >> RECORD_BITS]
  }

  setReason(row: number, reason: string | undefined): void {
    this.#reasons[row >> RECORD_BITS] = reason
  }

  tag(row: number): string | undefined {
    return this.#tags[row >> RECORD_BITS]
  }

  setTag(row: number, tag: string | undefined): void {
    this.#tags[row >> RECORD_BITS] = tag
  }

  /** Rows of all orders in the table, oldest number first. */
  rows(): number[] {
    const { cells } = this
    const last = this.#nextNumber - 1
    const first = Math.max(1, last - this.#mask)
    const rows = first === 1 ? [] : this.#rowsBefore(first)
    for (let number = first; number <= last; number++) {
      const row = (number & this.#mask) << RECORD_BITS
      if (cells[row] === number) rows.push(row)
    }
    return rows
  }

  /** Rows of open orders, the newest first, until there are `count`: few open orders are found without a look at all others. */
  openRows(count: number): number[] {
    const { cells } = this
    const last = this.#nextNumber - 1
    const first = Math.max(1, last - this.#mask)
    const rows: number[] = []
    for (let number = last; number >= first && rows.length < count; number--) {
      const row = (number & this.#mask) << RECORD_BITS
      if (cells[row] === number && cells[row + Field.isOpen] === 1) rows.push(row)
    }
    if (rows.length < count && first > 1)
      for (const row of this.#rowsBefore(first)) if (cells[row + Field.isOpen] === 1) rows.push(row)
    return rows
  }

  /** Rows of open orders that the ring has come round to and skipped. */
  #rowsBefore(first: number): number[] {
    const { cells } = this
    const end = this.capacity * RECORD
    const numbers: number[] = []
    for (let row = 0; row < end; row += RECORD) if (cells[row] !== 0 && cells[row] < first) numbers.push(cells[row])
    return numbers.sort((a, b) => a - b).map((number) => (number & this.#mask) << RECORD_BITS)
  }

  #take(row: number, number: number): void {
    const { cells } = this
    const old = cells[row]
    if (old !== 0) {
      this.#onEvict?.(row, old)
      const first = cells[row + Field.firstTrade] | 0
      if (first >= 0)
        this.trades.release(
          first,
          cells[row + Field.lastTrade] | 0,
          cells[row + Field.tradeCount] | 0,
          old,
          cells[row + Field.isIndexed] === 1,
        )
      if (cells[row + Field.firstRequest] >= 0) this.requests.release(cells[row + Field.firstRequest])
      const index = row >> RECORD_BITS
      this.#clientOrderIds[index] = undefined
      this.#venueOrderIds[index] = undefined
      this.#reasons[index] = undefined
      this.#tags[index] = undefined
    }
    cells.set(blank, row)
    cells[row] = number
  }
}
