/**
 * All orders of one system as columns: one row an order, every number in a typed array, nothing allocated per order.
 *
 * Orders are numbered from 1 in the order of their creation and a number is never used twice. Rows form a ring: number n
 * lives in row `n & mask`. A number whose row is still held by an order that may work is skipped, so open orders are
 * never pushed out, and the rows of closed orders are the bounded history.
 *
 *   numbers   … 41 42 43 44 45 46 …
 *   rows      [ 9][10][11][12][13][14]     a row is reused when the numbers come round again
 */
import { TradewireError } from '../core/errors.js'
import type { Fact } from './lifecycle.js'
import { RequestPool } from './request-pool.js'
import { TradePool } from './trade-pool.js'

/** Sizes of the table. */
export interface OrderTableOptions {
  /** Rows: open orders plus the history of closed ones. Power of two, 16 to 2^22; 8,192 unless given. */
  capacity?: number
  /** Trades kept for the orders in the table; 4 x `capacity` unless given. */
  tradeCapacity?: number
}

/** How many requests of one order can be under way at once. */
export const MAX_REQUESTS_IN_FLIGHT = 30

/** A place where something leaves when its row is taken over by a new order. */
export type EvictionListener = (row: number, number: number) => void

/** Columns of all orders. Read by everybody, written only by the fold (`fold.ts`) and by creation. */
export class OrderTable {
  readonly capacity: number
  readonly mask: number

  // Identity. `number` 0 marks a row that was never used.
  readonly number: Float64Array
  readonly instrument: Int32Array
  readonly account: Int32Array
  readonly strategy: Int32Array
  readonly connector: Int32Array
  readonly side: Int8Array
  readonly type: Uint8Array
  readonly timeInForce: Uint8Array
  readonly flags: Int32Array
  readonly selfTrade: Uint8Array

  // Terms as confirmed: of the highest replace generation, generation 0 being the order as submitted. NaN = has none.
  readonly quantity: Float64Array
  readonly price: Float64Array
  readonly trigger: Float64Array
  readonly termGeneration: Int32Array
  readonly termTs: Float64Array
  readonly termSeq: Float64Array
  readonly trailingAmount: Float64Array
  readonly trailingBasisPoints: Float64Array
  readonly display: Float64Array
  readonly expireUs: Float64Array

  // Facts: bits as in `Fact` for what is simply known, sequence numbers and times for what depends on an order of events.
  readonly facts: Int32Array
  readonly submittedSeq: Float64Array
  readonly acceptedSeq: Float64Array
  readonly triggeredSeq: Float64Array
  readonly rejectedSeq: Float64Array
  readonly closedSeq: Float64Array
  readonly venueSeq: Float64Array
  readonly unknownSeq: Float64Array
  readonly rejectedInferredSeq: Float64Array
  readonly closedInferredSeq: Float64Array
  readonly worksSeq: Float64Array
  readonly canceledTs: Float64Array
  readonly expiredTs: Float64Array
  readonly bustSeq: Float64Array

  // Requests under way: bit i stands for generation `requestBase + i`.
  readonly nextGeneration: Int32Array
  readonly requestBase: Int32Array
  readonly requestOpened: Int32Array
  readonly requestResolved: Int32Array
  readonly requestIsCancel: Int32Array
  readonly requestSeq: Float64Array
  /** First of the order's updates under way in `requests`, or -1. */
  readonly firstRequest: Int32Array

  // Trades: see `trade-pool.ts`.
  readonly filled: Float64Array
  readonly traded: Float64Array
  readonly firstTrade: Int32Array
  readonly lastTrade: Int32Array
  /** Whether any trade was corrected, busted or inferred: the filled quantity is then computed from all of them. */
  readonly hasAdjustments: Uint8Array

  readonly createdUs: Float64Array
  readonly updatedUs: Float64Array
  readonly lastSeq: Float64Array
  readonly reasonCode: Int32Array

  // What is text or an object: references only.
  readonly clientOrderId: (string | undefined)[]
  readonly venueOrderId: (string | number | undefined)[]
  readonly reason: (string | undefined)[]
  readonly tag: (string | undefined)[]

  readonly trades: TradePool
  readonly requests: RequestPool
  #nextNumber = 1
  #onEvict: EvictionListener | undefined
  /** Whether the order of a row is not closed; kept by the fold. A row so marked is never reused. */
  readonly isOpen: Uint8Array

  constructor(options: OrderTableOptions = {}) {
    const capacity = options.capacity ?? 8_192
    if (!Number.isInteger(Math.log2(capacity)) || capacity < 16 || capacity > 4_194_304) {
      throw new TradewireError('TW_INVALID_CONFIG', `orders.capacity must be a power of two from 16 to 4194304, got ${capacity}`)
    }
    const doubles = () => new Float64Array(capacity)
    const ints = () => new Int32Array(capacity)
    const bytes = () => new Uint8Array(capacity)
    const references = <T>() => new Array<T | undefined>(capacity).fill(undefined)
    this.capacity = capacity
    this.mask = capacity - 1
    this.number = doubles()
    this.instrument = ints()
    this.account = ints()
    this.strategy = ints()
    this.connector = ints()
    this.side = new Int8Array(capacity)
    this.type = bytes()
    this.timeInForce = bytes()
    this.flags = ints()
    this.selfTrade = bytes()
    this.quantity = doubles()
    this.price = doubles()
    this.trigger = doubles()
    this.termGeneration = ints()
    this.termTs = doubles()
    this.termSeq = doubles()
    this.trailingAmount = doubles()
    this.trailingBasisPoints = doubles()
    this.display = doubles()
    this.expireUs = doubles()
    this.facts = ints()
    this.submittedSeq = doubles()
    this.acceptedSeq = doubles()
    this.triggeredSeq = doubles()
    this.rejectedSeq = doubles()
    this.closedSeq = doubles()
    this.venueSeq = doubles()
    this.unknownSeq = doubles()
    this.rejectedInferredSeq = doubles()
    this.closedInferredSeq = doubles()
    this.worksSeq = doubles()
    this.canceledTs = doubles()
    this.expiredTs = doubles()
    this.bustSeq = doubles()
    this.nextGeneration = ints()
    this.requestBase = ints()
    this.requestOpened = ints()
    this.requestResolved = ints()
    this.requestIsCancel = ints()
    this.requestSeq = doubles()
    this.firstRequest = ints().fill(-1)
    this.filled = doubles()
    this.traded = doubles()
    this.firstTrade = ints().fill(-1)
    this.lastTrade = ints().fill(-1)
    this.hasAdjustments = bytes()
    this.createdUs = doubles()
    this.updatedUs = doubles()
    this.lastSeq = doubles()
    this.reasonCode = ints()
    this.isOpen = bytes()
    this.clientOrderId = references<string>()
    this.venueOrderId = references<string | number>()
    this.reason = references<string>()
    this.tag = references<string>()
    this.trades = new TradePool(options.tradeCapacity ?? capacity * 4)
    this.requests = new RequestPool(capacity)
  }

  /** The highest number given to an order so far, skipped ones included: the high-water mark that survives a restart. */
  get lastNumber(): number {
    return this.#nextNumber - 1
  }

  /** Called before a row is taken over, so that whoever points at the order can keep what it needs. */
  set onEvict(listener: EvictionListener | undefined) {
    this.#onEvict = listener
  }

  /** Row of an order, or -1 when the number was never given or its row has been taken over. */
  rowOf(number: number): number {
    const row = number & this.mask
    return this.number[row] === number && number > 0 ? row : -1
  }

  /** Raises the high-water mark: numbers up to `number` are never given again. */
  reserveNumbersUpTo(number: number): void {
    if (number >= this.#nextNumber) this.#nextNumber = number + 1
  }

  /**
   * Takes the next free row for a new order and clears it; -1 when every row holds an order that may work.
   * The caller fills in identity and terms.
   */
  allocate(): number {
    for (let tries = 0; tries < this.capacity; tries++) {
      const number = this.#nextNumber++
      const row = number & this.mask
      if (this.isOpen[row] === 0) {
        this.#take(row, number)
        return row
      }
    }
    return -1
  }

  /** As {@link allocate} with the number that a journal says: for recovery, and for orders that another component numbered. */
  allocateNumber(number: number): number {
    const row = number & this.mask
    this.reserveNumbersUpTo(number)
    this.#take(row, number)
    return row
  }

  #take(row: number, number: number): void {
    const old = this.number[row] as number
    if (old !== 0) {
      this.#onEvict?.(row, old)
      this.trades.release(this.firstTrade[row] as number, old)
      this.requests.release(this.firstRequest[row] as number)
      this.clientOrderId[row] = undefined
      this.venueOrderId[row] = undefined
      this.reason[row] = undefined
      this.tag[row] = undefined
    }
    this.number[row] = number
    this.flags[row] = 0
    this.selfTrade[row] = 0
    this.price[row] = Number.NaN
    this.trigger[row] = Number.NaN
    this.termGeneration[row] = 0
    this.termTs[row] = 0
    this.termSeq[row] = 0
    this.trailingAmount[row] = Number.NaN
    this.trailingBasisPoints[row] = Number.NaN
    this.display[row] = Number.NaN
    this.expireUs[row] = Number.NaN
    this.facts[row] = 0
    this.submittedSeq[row] = 0
    this.acceptedSeq[row] = 0
    this.triggeredSeq[row] = 0
    this.rejectedSeq[row] = 0
    this.closedSeq[row] = 0
    this.venueSeq[row] = 0
    this.unknownSeq[row] = 0
    this.rejectedInferredSeq[row] = 0
    this.closedInferredSeq[row] = 0
    this.worksSeq[row] = 0
    this.canceledTs[row] = 0
    this.expiredTs[row] = 0
    this.bustSeq[row] = 0
    this.nextGeneration[row] = 1
    this.requestBase[row] = 1
    this.requestOpened[row] = 0
    this.requestResolved[row] = 0
    this.requestIsCancel[row] = 0
    this.requestSeq[row] = 0
    this.firstRequest[row] = -1
    this.filled[row] = 0
    this.traded[row] = 0
    this.firstTrade[row] = -1
    this.lastTrade[row] = -1
    this.hasAdjustments[row] = 0
    this.createdUs[row] = 0
    this.updatedUs[row] = 0
    this.lastSeq[row] = 0
    this.reasonCode[row] = 0
    this.isOpen[row] = 0
  }

  /** Whether a fact bit is set. */
  hasFact(row: number, fact: (typeof Fact)[keyof typeof Fact]): boolean {
    return ((this.facts[row] as number) & fact) !== 0
  }
}
