/**
 * The trades of all orders: a preallocated pool, one linked list an order, and an index by (order, execution id) so that
 * an execution counts once however often it is reported.
 *
 * A record is a set of facts like an order: what was reported, what a correction made of it, whether it was busted. A
 * correction or bust may come before the trade it names; it makes the record, and the trade joins it later. Corrections
 * that name an earlier correction are chained by an alias in the index, so every id of the chain leads to one record.
 */
import { TradewireError } from '../core/errors.js'

/** Execution ids of venues are text or whole numbers; numbers cost no memory per fill. */
export type ExecKey = string | number

/** What is known about a trade, as bits. */
export const TradeFact = {
  /** The execution itself was reported (or inferred). */
  reported: 1,
  corrected: 2,
  busted: 4,
  inferred: 8,
  /** Reported again with other terms: the first by sequence is kept until the venue is asked. */
  conflict: 16,
} as const

const emptySlot = -1
const deletedSlot = -2

/** Pool of trades. All columns are indexed by trade. */
export class TradePool {
  readonly capacity: number
  readonly owner: Float64Array
  readonly next: Int32Array
  readonly facts: Uint8Array
  readonly quantity: Float64Array
  readonly price: Float64Array
  readonly seq: Float64Array
  readonly ts: Float64Array
  readonly correctedQuantity: Float64Array
  readonly correctedPrice: Float64Array
  readonly correctedTs: Float64Array
  readonly correctedSeq: Float64Array
  readonly bustTs: Float64Array
  readonly bustSeq: Float64Array
  /** Fee in 10^-8 of its currency; NaN = not known. */
  readonly fee: Float64Array
  readonly feeCurrency: Int32Array
  readonly liquidity: Uint8Array
  /** Inferred trades only: the traded total up to which this one reaches. Real trades consume it from below. */
  readonly basis: Float64Array
  /** What the trade counts now: corrected, busted (0), or what is left of an inference. */
  readonly effective: Float64Array
  /** What positions have been told so far. Equal to the effective terms once the order is booked. */
  readonly bookedQuantity: Float64Array
  readonly bookedPrice: Float64Array
  readonly exec: ExecKey[]

  #free = 0
  #freeHead = -1
  #live = 0
  // Open addressing from (order, id) to trade; aliases are further entries for the same trade.
  readonly #mask: number
  readonly #slotTrade: Int32Array
  readonly #slotKey: ExecKey[]
  readonly #slotOwner: Float64Array
  #used = 0

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 16) {
      throw new TradewireError('TW_INVALID_CONFIG', `orders.tradeCapacity must be a whole number from 16, got ${capacity}`)
    }
    const doubles = () => new Float64Array(capacity)
    this.capacity = capacity
    this.owner = doubles()
    this.next = new Int32Array(capacity)
    this.facts = new Uint8Array(capacity)
    this.quantity = doubles()
    this.price = doubles()
    this.seq = doubles()
    this.ts = doubles()
    this.correctedQuantity = doubles()
    this.correctedPrice = doubles()
    this.correctedTs = doubles()
    this.correctedSeq = doubles()
    this.bustTs = doubles()
    this.bustSeq = doubles()
    this.fee = doubles()
    this.feeCurrency = new Int32Array(capacity)
    this.liquidity = new Uint8Array(capacity)
    this.basis = doubles()
    this.effective = doubles()
    this.bookedQuantity = doubles()
    this.bookedPrice = doubles()
    this.exec = new Array<ExecKey>(capacity).fill(0)
    const slots = 2 ** Math.ceil(Math.log2(capacity * 4))
    this.#mask = slots - 1
    this.#slotTrade = new Int32Array(slots).fill(emptySlot)
    this.#slotKey = new Array<ExecKey>(slots).fill(0)
    this.#slotOwner = new Float64Array(slots)
  }

  /** Trades held. */
  get size(): number {
    return this.#live
  }

  /** Trades that still fit. */
  get available(): number {
    return this.capacity - this.#live
  }

  /** The trade that an id leads to within an order, or -1. */
  find(owner: number, exec: ExecKey): number {
    let slot = hashOf(owner, exec) & this.#mask
    for (;;) {
      const trade = this.#slotTrade[slot] as number
      if (trade === emptySlot) return -1
      if (trade !== deletedSlot && this.#slotOwner[slot] === owner && this.#slotKey[slot] === exec) return trade
      slot = (slot + 1) & this.#mask
    }
  }

  /** A new record without facts, indexed under its id; -1 when the pool is full. */
  add(owner: number, exec: ExecKey): number {
    let trade = this.#freeHead
    if (trade >= 0) this.#freeHead = this.next[trade] as number
    else if (this.#free < this.capacity) trade = this.#free++
    else return -1
    this.#live++
    this.owner[trade] = owner
    this.next[trade] = -1
    this.facts[trade] = 0
    this.quantity[trade] = 0
    this.price[trade] = 0
    this.seq[trade] = 0
    this.ts[trade] = 0
    this.correctedQuantity[trade] = 0
    this.correctedPrice[trade] = 0
    this.correctedTs[trade] = Number.NEGATIVE_INFINITY
    this.correctedSeq[trade] = 0
    this.bustTs[trade] = 0
    this.bustSeq[trade] = 0
    this.fee[trade] = Number.NaN
    this.feeCurrency[trade] = -1
    this.liquidity[trade] = 0
    this.basis[trade] = 0
    this.effective[trade] = 0
    this.bookedQuantity[trade] = 0
    this.bookedPrice[trade] = 0
    this.exec[trade] = exec
    this.alias(owner, exec, trade)
    return trade
  }

  /** Makes a further id lead to a trade. */
  alias(owner: number, exec: ExecKey, trade: number): void {
    let slot = hashOf(owner, exec) & this.#mask
    while ((this.#slotTrade[slot] as number) >= 0) slot = (slot + 1) & this.#mask
    if (this.#slotTrade[slot] === emptySlot) this.#used++
    this.#slotTrade[slot] = trade
    this.#slotKey[slot] = exec
    this.#slotOwner[slot] = owner
    if (this.#used * 4 > this.#mask * 3) this.#rebuild()
  }

  /** Points every id of `from` at `to`: the two turned out to be one execution. The caller unlinks `from` from its order. */
  merge(from: number, to: number): void {
    const owner = this.owner[from] as number
    for (let slot = 0; slot <= this.#mask; slot++) {
      if (this.#slotTrade[slot] === from && this.#slotOwner[slot] === owner) this.#slotTrade[slot] = to
    }
    this.#freeTrade(from)
  }

  /** Gives back the whole list of an order that leaves the table. */
  release(first: number, owner: number): void {
    for (let trade = first; trade >= 0; ) {
      const next = this.next[trade] as number
      this.#forget(owner, this.exec[trade] as ExecKey, trade)
      this.#freeTrade(trade)
      trade = next
    }
  }

  /** The price a trade counts at: the corrected one where there is a correction. */
  priceOf(trade: number): number {
    return ((this.facts[trade] as number) & TradeFact.corrected) !== 0 ? (this.correctedPrice[trade] as number) : (this.price[trade] as number)
  }

  #freeTrade(trade: number): void {
    this.owner[trade] = 0
    this.exec[trade] = 0
    this.next[trade] = this.#freeHead
    this.#freeHead = trade
    this.#live--
  }

  #forget(owner: number, exec: ExecKey, trade: number): void {
    let slot = hashOf(owner, exec) & this.#mask
    for (;;) {
      const at = this.#slotTrade[slot] as number
      if (at === emptySlot) return
      if (at === trade && this.#slotKey[slot] === exec && this.#slotOwner[slot] === owner) {
        this.#slotKey[slot] = 0
        // A hole before an empty slot ends no probe: it and the holes behind it can be empty at once.
        let hole = slot
        if (this.#slotTrade[(hole + 1) & this.#mask] !== emptySlot) {
          this.#slotTrade[hole] = deletedSlot
          return
        }
        this.#slotTrade[hole] = emptySlot
        this.#used--
        for (hole = (hole - 1) & this.#mask; this.#slotTrade[hole] === deletedSlot; hole = (hole - 1) & this.#mask) {
          this.#slotTrade[hole] = emptySlot
          this.#used--
        }
        return
      }
      slot = (slot + 1) & this.#mask
    }
  }

  /** Writes the index anew without its holes and without aliases whose trade is gone. */
  #rebuild(): void {
    const trades = this.#slotTrade.slice()
    const keys = this.#slotKey.slice()
    const owners = this.#slotOwner.slice()
    this.#slotTrade.fill(emptySlot)
    this.#slotKey.fill(0)
    this.#used = 0
    for (let slot = 0; slot <= this.#mask; slot++) {
      const trade = trades[slot] as number
      const owner = owners[slot] as number
      if (trade >= 0 && this.owner[trade] === owner) this.alias(owner, keys[slot] as ExecKey, trade)
    }
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
