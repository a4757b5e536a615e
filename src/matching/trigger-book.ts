/**
 * Dormant orders: stops, trailing stops and if-touched orders that wait for a price.
 *
 * Stops and trailing stops wait for the market to run away (buys for a rise, sells for a fall), if-touched orders for it to
 * come closer (buys for a fall, sells for a rise). Six heaps, one for each reference price and direction, give the next
 * order due; among the orders due at one time the one whose trigger was passed first executes first, then the older one.
 */
import { MAX_PRICE_TICKS, NO_PRICE, OrderKind, OrderPlace, TrailUnit, TriggerSource } from './codes.js'
import { isTrailingKind } from './order-entry.js'
import { isSell, kindOf, trailUnitOf, triggerSourceOf, withPlace } from './order-flags.js'
import type { OrderPool } from './order-pool.js'
import { SlotHeap } from './slot-heap.js'

const NONE = -1
const clampPrice = (price: number): number => Math.max(-MAX_PRICE_TICKS, Math.min(MAX_PRICE_TICKS, price))

/** True for the kinds that wait for the market to come closer. */
function isTouched(kind: number): boolean {
  return kind === OrderKind.marketIfTouched || kind === OrderKind.limitIfTouched
}

/** The dormant orders of one engine. */
export class TriggerBook {
  /** Dormant orders, the due ones included. */
  count = 0
  /** By reference price (last 0, ask 2, bid 4) plus direction (rise 0, fall 1). */
  private readonly heaps: readonly SlotHeap[]
  private readonly pool: OrderPool
  private trailingHead = NONE
  private trailingTail = NONE
  private dueHead = NONE
  private dueTail = NONE

  constructor(pool: OrderPool) {
    this.pool = pool
    const positions = (): Int32Array => pool.triggerPosition
    this.heaps = Array.from({ length: 6 }, () => new SlotHeap(positions))
  }

  /** Takes in an order whose pool fields are set. */
  add(slot: number): void {
    const pool = this.pool
    pool.setFlags(slot, withPlace(pool.flags(slot), OrderPlace.dormant))
    this.count++
    if (isTrailingKind(kindOf(pool.flags(slot)))) {
      pool.setNext(slot, NONE)
      pool.setPrevious(slot, this.trailingTail)
      if (this.trailingTail >= 0) pool.setNext(this.trailingTail, slot)
      else this.trailingHead = slot
      this.trailingTail = slot
    }
    if (pool.trigger[slot >> 4] !== NO_PRICE) this.enqueue(slot)
  }

  /** Takes an order out that is not due. */
  remove(slot: number): void {
    const pool = this.pool
    if (pool.triggerPosition[slot >> 4] >= 0) this.heapOf(slot).remove(slot)
    if (isTrailingKind(kindOf(pool.flags(slot)))) this.unlinkTrailing(slot)
    this.count--
  }

  /** Moves a waiting order's trigger. */
  move(slot: number, trigger: number): void {
    if (this.pool.triggerPosition[slot >> 4] >= 0) this.heapOf(slot).remove(slot)
    this.pool.trigger[slot >> 4] = trigger
    this.enqueue(slot)
  }

  /** Takes note of reference prices ({@link NO_PRICE}: none): trailing triggers follow, orders that are reached become due. */
  observe(last: number, bid: number, ask: number): void {
    if (this.trailingHead >= 0) this.trail(last, bid, ask)
    this.collect(0, last)
    this.collect(2, ask)
    this.collect(4, bid)
  }

  /** Removes the order that is due next and returns its slot, -1 when none is. */
  takeDue(): number {
    const slot = this.dueHead
    if (slot < 0) return NONE
    this.dueHead = this.pool.next(slot)
    if (this.dueHead < 0) this.dueTail = NONE
    this.count--
    return slot
  }

  private collect(heap: number, price: number): void {
    if (price === NO_PRICE) return
    const rise = this.heaps[heap]
    while (rise.firstKey <= price) this.becomeDue(rise, rise.first)
    const fall = this.heaps[heap + 1]
    while (fall.firstKey <= -price) this.becomeDue(fall, fall.first)
  }

  private becomeDue(heap: SlotHeap, slot: number): void {
    const pool = this.pool
    heap.remove(slot)
    if (isTrailingKind(kindOf(pool.flags(slot)))) this.unlinkTrailing(slot)
    pool.setFlags(slot, withPlace(pool.flags(slot), OrderPlace.active))
    pool.setNext(slot, NONE)
    if (this.dueTail >= 0) pool.setNext(this.dueTail, slot)
    else this.dueHead = slot
    this.dueTail = slot
  }

  private trail(last: number, bid: number, ask: number): void {
    const pool = this.pool
    for (let slot = this.trailingHead; slot >= 0; slot = pool.next(slot)) {
      const flags = pool.flags(slot)
      const sell = isSell(flags)
      const reference = triggerSourceOf(flags) === TriggerSource.last ? last : sell ? bid : ask
      if (reference === NO_PRICE) continue
      const offset = pool.trailOffset[slot >> 4]
      const inTicks = trailUnitOf(flags) === TrailUnit.ticks
      const distance = inTicks ? offset : Math.max(1, Math.ceil((Math.abs(reference) * offset) / 10_000))
      const wanted = clampPrice(sell ? reference - distance : reference + distance)
      const current = pool.trigger[slot >> 4]
      if (current === NO_PRICE || (sell ? wanted > current : wanted < current)) this.move(slot, wanted)
    }
  }

  private enqueue(slot: number): void {
    const trigger = this.pool.trigger[slot >> 4]
    const heap = this.heapIndex(slot)
    this.heaps[heap].push(slot, (heap & 1) === 0 ? trigger : -trigger, this.pool.sequence(slot))
  }

  private heapOf(slot: number): SlotHeap {
    return this.heaps[this.heapIndex(slot)]
  }

  private heapIndex(slot: number): number {
    const flags = this.pool.flags(slot)
    const sell = isSell(flags)
    const reference = triggerSourceOf(flags) === TriggerSource.last ? 0 : sell ? 4 : 2
    return reference + (sell === isTouched(kindOf(flags)) ? 0 : 1)
  }

  private unlinkTrailing(slot: number): void {
    const pool = this.pool
    const next = pool.next(slot)
    const previous = pool.previous(slot)
    if (previous >= 0) pool.setNext(previous, next)
    else this.trailingHead = next
    if (next >= 0) pool.setPrevious(next, previous)
    else this.trailingTail = previous
  }
}

/** Limit key of a trailing stop-limit at its trigger: `limitOffset` ticks beyond it, in the direction of worse prices. */
export function trailingLimitKey(trigger: number, limitOffset: number, side: number): number {
  return Math.imul(clampPrice(trigger + side * limitOffset), side)
}
