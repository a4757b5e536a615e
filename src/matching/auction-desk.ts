/**
 * Auctions: collects the orders that only an auction may execute, and uncrosses them together with the book.
 *
 * Collected are OPG and CLO orders, and market orders that arrive during an auction. For the uncross the collected limit
 * orders join the book's queues at the place of their arrival, market orders go before all limits; then the two best
 * orders of either side trade at the one price until a side runs dry. Self-trade prevention does not apply.
 */
import type { BookSide } from './book-side.js'
import { type AuctionInterest, type Clearing, clearingPrice } from './clearing-price.js'
import { type AuctionKind, CancelReason, MARKET_KEY, NO_PRICE, OrderPlace, TimeInForce } from './codes.js'
import type { ContinuousBook } from './continuous-book.js'
import { isSell, placeOf, timeInForceOf, withPlace } from './order-flags.js'

const NONE = -1

/** A chain of orders through the pool's links. */
class Chain {
  head = NONE
  tail = NONE
  private readonly book: ContinuousBook

  constructor(book: ContinuousBook) {
    this.book = book
  }

  push(slot: number): void {
    const pool = this.book.pool
    pool.setNext(slot, NONE)
    pool.setPrevious(slot, this.tail)
    if (this.tail >= 0) pool.setNext(this.tail, slot)
    else this.head = slot
    this.tail = slot
  }

  remove(slot: number): void {
    const pool = this.book.pool
    const next = pool.next(slot)
    const previous = pool.previous(slot)
    if (previous >= 0) pool.setNext(previous, next)
    else this.head = next
    if (next >= 0) pool.setPrevious(next, previous)
    else this.tail = previous
  }
}

/** True for orders of one auction only. */
export function isAuctionOnly(timeInForce: number): boolean {
  return timeInForce === TimeInForce.opening || timeInForce === TimeInForce.closing
}

/** The auction-only orders of one engine and the uncrossing. */
export class AuctionDesk {
  private readonly waiting: Chain
  private readonly marketBuys: Chain
  private readonly marketSells: Chain
  private participants: number[] = []
  private readonly book: ContinuousBook

  constructor(book: ContinuousBook) {
    this.book = book
    this.waiting = new Chain(book)
    this.marketBuys = new Chain(book)
    this.marketSells = new Chain(book)
  }

  /** Takes in an order whose pool fields are set, and gives it its place in time. */
  collect(slot: number): void {
    const pool = this.book.pool
    pool.setFlags(slot, withPlace(pool.flags(slot), OrderPlace.collected))
    this.book.stamp(slot)
    this.waiting.push(slot)
  }

  /** Takes an order out. */
  remove(slot: number): void {
    this.waiting.remove(slot)
  }

  /** Where an uncross would clear now; changes nothing. */
  indicate(kind: AuctionKind, reference: number): Clearing {
    const untouched = this.waiting.head
    this.engage(kind)
    const clearing = clearingPrice(this.interest(), reference)
    for (const slot of this.participants) this.withdraw(slot)
    if (untouched >= 0) this.restoreWaiting()
    return clearing
  }

  /** Executes at the clearing price; orders of this auction that did not trade leave. */
  uncross(kind: AuctionKind, reference: number): Clearing {
    const { book } = this
    this.engage(kind)
    const clearing = clearingPrice(this.interest(), reference)
    const touchedBids = new Set<number>()
    const touchedAsks = new Set<number>()
    if (clearing.volume > 0) this.execute(clearing.price, touchedBids, touchedAsks)
    this.dismiss()
    for (const key of touchedBids) book.publish(book.bids, key)
    for (const key of touchedAsks) book.publish(book.asks, key)
    return clearing
  }

  private execute(price: number, touchedBids: Set<number>, touchedAsks: Set<number>): void {
    const { book } = this
    const { bids, asks, pool } = book
    book.last = price
    for (;;) {
      const buy = this.marketBuys.head >= 0 ? this.marketBuys.head : bids.best >= price ? bids.headAt(bids.best) : NONE
      const sell =
        this.marketSells.head >= 0 ? this.marketSells.head : asks.best >= -price ? asks.headAt(asks.best) : NONE
      if (buy < 0 || sell < 0) return
      if (pool.key(buy) !== MARKET_KEY) touchedBids.add(pool.key(buy))
      if (pool.key(sell) !== MARKET_KEY) touchedAsks.add(pool.key(sell))
      const fill = Math.min(pool.shown(buy), pool.shown(sell))
      const buyNumber = pool.number(buy)
      const sellNumber = pool.number(sell)
      this.take(this.marketBuys, bids, buy, fill)
      this.take(this.marketSells, asks, sell, fill)
      book.trade(buyNumber, sellNumber, price, fill, 0)
    }
  }

  private take(market: Chain, side: BookSide, slot: number, fill: number): void {
    const { book } = this
    const { pool } = book
    if (pool.key(slot) !== MARKET_KEY) {
      book.consume(side, slot, fill)
      return
    }
    pool.setShown(slot, pool.shown(slot) - fill)
    if (pool.shown(slot) > 0) return
    market.remove(slot)
    book.release(slot)
  }

  /** Moves the orders that take part into the book and the market queues. */
  private engage(kind: AuctionKind): void {
    const { book, waiting } = this
    const pool = book.pool
    this.participants = []
    for (let slot = waiting.head; slot >= 0; ) {
      const next = pool.next(slot)
      const flags = pool.flags(slot)
      const timeInForce = timeInForceOf(flags)
      if (!isAuctionOnly(timeInForce) || timeInForce === kind) {
        waiting.remove(slot)
        this.participants.push(slot)
        if (pool.key(slot) !== MARKET_KEY) book.ownSide(flags).insertBySequence(slot)
        else this.marketChain(flags).push(slot)
      }
      slot = next
    }
  }

  /** Sends home the participants that are still open. */
  private dismiss(): void {
    const { book } = this
    const { pool } = book
    for (const slot of this.participants) {
      const flags = pool.flags(slot)
      if (placeOf(flags) !== OrderPlace.collected) continue
      this.withdraw(slot)
      book.end(slot, isAuctionOnly(timeInForceOf(flags)) ? 0 : CancelReason.noLiquidity)
    }
  }

  private withdraw(slot: number): void {
    const pool = this.book.pool
    const flags = pool.flags(slot)
    if (pool.key(slot) === MARKET_KEY) this.marketChain(flags).remove(slot)
    else this.book.ownSide(flags).unlink(slot)
  }

  /** Puts withdrawn participants back among the waiting orders, in the order of arrival. */
  private restoreWaiting(): void {
    const { waiting } = this
    const { pool } = this.book
    const slots = [...this.participants]
    for (let slot = waiting.head; slot >= 0; slot = pool.next(slot)) slots.push(slot)
    slots.sort((left, right) => pool.sequence(left) - pool.sequence(right))
    waiting.head = NONE
    waiting.tail = NONE
    for (const slot of slots) waiting.push(slot)
  }

  private marketChain(flags: number): Chain {
    return isSell(flags) ? this.marketSells : this.marketBuys
  }

  /** Demand and supply by limit price. */
  private interest(): AuctionInterest {
    const { book } = this
    const byPrice = new Map<number, { buy: number; sell: number }>()
    for (const side of [book.bids, book.asks]) {
      for (let key = side.best; key !== NO_PRICE; key = side.below(key)) {
        const price = Math.imul(key, side.side)
        const level = byPrice.get(price) ?? { buy: 0, sell: 0 }
        const open = this.openOf(side.headAt(key))
        if (side.side === 1) level.buy = open
        else level.sell = open
        byPrice.set(price, level)
      }
    }
    const levels = [...byPrice].sort(([left], [right]) => left - right)
    return {
      prices: levels.map(([price]) => price),
      buys: levels.map(([, level]) => level.buy),
      sells: levels.map(([, level]) => level.sell),
      marketBuys: this.openOf(this.marketBuys.head),
      marketSells: this.openOf(this.marketSells.head),
    }
  }

  private openOf(head: number): number {
    const { pool } = this.book
    let open = 0
    for (let slot = head; slot >= 0; slot = pool.next(slot)) open += pool.openQuantity(slot)
    return open
  }
}
