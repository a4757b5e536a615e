/**
 * The trades of all orders: a preallocated block of records, one linked list an order, and for orders with many trades or
 * with corrections an index by (order, execution id), so that an execution counts once however often it is reported.
 *
 * A record is a set of facts like an order: what was reported, what a correction made of it, whether it was busted. A
 * correction or bust may come before the trade it names; it makes the record, and the trade joins it later. Corrections
 * that name an earlier correction are chained by an alias in the index, so every id of the chain leads to one record.
 */
import { TradewireError } from '../core/errors.js'
import * as TradeFact from './trade-facts.js'
import * as TradeField from './trade-fields.js'
import { TRADE_BITS } from './trade-fields.js'

/** Execution ids of venues are text or whole numbers; small numbers cost no memory per fill. */
export type ExecKey = string | number

export { TradeFact, TradeField }

const emptySlot = -1
const deletedSlot = -2

/** Pool of trade records. A "trade" is the offset of its record in `cells`. */
export class TradePool {
  readonly capacity: number
  readonly cells: Float64Array
  readonly #execs: ExecKey[]
  #fresh = 0
  #freeHead = -1
  #live = 0
  // Open addressing from (order, id) to trade; aliases are further entries for the same trade.
  readonly #mask: number
  readonly #slotTrade: Int32Array
  readonly #slotKey: ExecKey[]
  readonly #slotOwner: Float64Array
  #used = 0

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 16 || capacity > 16_777_216) {
      throw new TradewireError(
        'TW_INVALID_CONFIG',
        `orders.tradeCapacity must be a whole number from 16 to 16777216, got ${capacity}`,
      )
    }
    this.capacity = capacity
    this.cells = new Float64Array(capacity << TRADE_BITS)
    this.#execs = new Array<ExecKey>(capacity).fill(0)
    let slots = 32
    while (slots < capacity * 2) slots *= 2
    this.#mask = slots - 1
    this.#slotTrade = new Int32Array(slots).fill(emptySlot)
    this.#slotKey = new Array<ExecKey>(slots).fill(0)
    this.#slotOwner = new Float64Array(slots)
  }

  /** Trades held. */
  get size(): number {
    return this.#live
  }

  /** Execution id of a trade. */
  exec(trade: number): ExecKey {
    return this.#execs[trade >> TRADE_BITS] as ExecKey
  }

  /** The price a trade counts at: the corrected one where there is a correction. */
  priceOf(trade: number): number {
    const { cells } = this
    return (cells[trade + TradeField.facts] & TradeFact.corrected) !== 0
      ? cells[trade + TradeField.correctedPrice]
      : cells[trade + TradeField.price]
  }

  /**
   * Takes a record for an execution; -1 when the pool is full. Every field up to `bookedTrade` holds what it held last and
   * is the caller's to write; fields that only corrections and busts use are written by them.
   */
  take(exec: ExecKey): number {
    let trade = this.#freeHead
    if (trade >= 0) this.#freeHead = this.cells[trade + TradeField.next] | 0
    else if (this.#fresh < this.capacity) trade = this.#fresh++ << TRADE_BITS
    else return -1
    this.#live++
    this.#execs[trade >> TRADE_BITS] = exec
    return trade
  }

  /** A new record without facts, for a trade that a correction or bust names before it comes; -1 when the pool is full. */
  add(owner: number, exec: ExecKey): number {
    const trade = this.take(exec)
    if (trade < 0) return -1
    this.cells.fill(0, trade, trade + (1 << TRADE_BITS))
    this.cells[trade + TradeField.owner] = owner
    this.cells[trade + TradeField.next] = -1
    this.cells[trade + TradeField.fee] = Number.NaN
    this.cells[trade + TradeField.feeCurrency] = -1
    return trade
  }

  /** The trade that an id leads to within an indexed order, or -1. */
  find(owner: number, exec: ExecKey): number {
    let slot = hashOf(owner, exec) & this.#mask
    for (;;) {
      const trade = this.#slotTrade[slot]
      if (trade === emptySlot) return -1
      if (trade !== deletedSlot && this.#slotOwner[slot] === owner && this.#slotKey[slot] === exec) return trade
      slot = (slot + 1) & this.#mask
    }
  }

  /** Makes an id lead to a trade. */
  alias(owner: number, exec: ExecKey, trade: number): void {
    if ((this.#used + 1) * 4 > this.#mask * 3) this.#rebuild()
    let slot = hashOf(owner, exec) & this.#mask
    while (this.#slotTrade[slot] >= 0) slot = (slot + 1) & this.#mask
    if (this.#slotTrade[slot] === emptySlot) this.#used++
    this.#slotTrade[slot] = trade
    this.#slotKey[slot] = exec
    this.#slotOwner[slot] = owner
  }

  /** Every id that leads to a trade of an indexed order: order, id, trade. In no particular order. */
  *names(): Generator<readonly [owner: number, exec: ExecKey, trade: number]> {
    for (let slot = 0; slot <= this.#mask; slot++) {
      const trade = this.#slotTrade[slot]
      const owner = this.#slotOwner[slot]
      if (trade >= 0 && this.cells[trade] === owner) yield [owner, this.#slotKey[slot] as ExecKey, trade]
    }
  }

  /** Points every id of `from` at `to`: the two turned out to be one execution. The caller unlinks `from` from its order. */
  merge(from: number, to: number): void {
    const owner = this.cells[from]
    for (let slot = 0; slot <= this.#mask; slot++) {
      if (this.#slotTrade[slot] === from && this.#slotOwner[slot] === owner) this.#slotTrade[slot] = to
    }
    this.#free(from)
  }

  /** Gives back the whole list of an order that leaves the table: `count` trades from `first` to `last`. */
  release(first: number, last: number, count: number, owner: number, isIndexed: boolean): void {
    if (isIndexed) {
      for (let trade = first; trade >= 0; trade = this.cells[trade + TradeField.next]) {
        this.#forget(owner, trade)
        this.cells[trade] = 0
      }
    }
    this.cells[last + TradeField.next] = this.#freeHead
    this.#freeHead = first
    this.#live -= count
  }

  #free(trade: number): void {
    this.cells[trade] = 0
    this.cells[trade + TradeField.next] = this.#freeHead
    this.#freeHead = trade
    this.#live--
  }

  #forget(owner: number, trade: number): void {
    const exec = this.exec(trade)
    let slot = hashOf(owner, exec) & this.#mask
    for (; this.#slotTrade[slot] !== emptySlot; slot = (slot + 1) & this.#mask) {
      if (this.#slotTrade[slot] !== trade || this.#slotKey[slot] !== exec || this.#slotOwner[slot] !== owner) continue
      this.#slotTrade[slot] = deletedSlot
      this.#slotKey[slot] = 0
      return
    }
  }

  /** Writes the index anew: without its holes, and without names whose trade is gone. */
  #rebuild(): void {
    const trades = this.#slotTrade.slice()
    const keys = this.#slotKey.slice()
    const owners = this.#slotOwner.slice()
    this.#slotTrade.fill(emptySlot)
    this.#slotKey.fill(0)
    this.#used = 0
    for (let slot = 0; slot <= this.#mask; slot++) {
      const trade = trades[slot]
      if (trade >= 0 && this.cells[trade] === owners[slot]) this.alias(owners[slot], keys[slot] as ExecKey, trade)
    }
    if (this.#used * 8 > this.#mask * 7)
      throw new TradewireError('TW_CAPACITY', 'The trade index is full; raise orders.tradeCapacity')
  }
}

function hashOf(owner: number, exec: ExecKey): number {
  let hash = Math.imul(owner | 0, 0x9e3779b1)
  if (typeof exec === 'number') {
    hash ^= Math.imul(exec | 0, 0x85ebca6b) ^ Math.imul(Math.floor(exec / 0x1_0000_0000) | 0, 0xc2b2ae35)
  } else {
    for (let i = 0; i < exec.length; i++) hash = Math.imul(hash ^ exec.charCodeAt(i), 0x01000193)
  }
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x2c1b3c6d)
  return hash ^ (hash >>> 13)
}
