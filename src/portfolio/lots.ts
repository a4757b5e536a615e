/**
 * Open lots of positions, for accounting first-in first-out or last-in first-out.
 *
 * Lots lie in one pool of typed arrays, linked per position in order of opening; closed ones go to a free list. A lot
 * keeps its price; one whose price left the grid (a split, or lots merged at the bound of the pool) keeps its exact cost.
 */
import {
  addAmount,
  clearAmount,
  copyAmount,
  setAmountProduct,
  setAmountQuotient,
  subtractAmount,
  takeShare,
} from '../math/amount.js'

/** Signed value of a fill in amount cells: quantity x price, or 2^53 x quantity / price of an inverse contract. */
export function setTradeValue(
  cells: Float64Array,
  at: number,
  signedUnits: number,
  priceUnits: number,
  isInverse: boolean,
): void {
  if (isInverse) setAmountQuotient(cells, at, signedUnits, priceUnits)
  else setAmountProduct(cells, at, signedUnits, priceUnits)
}

const work = new Float64Array(6)
const NONE = -1

/** A lot as plain data: quantity, then its price, or null and the three limbs of its cost. */
export type LotState =
  | [quantityUnits: number, priceUnits: number]
  | [quantityUnits: number, priceUnits: null, cost0: number, cost1: number, cost2: number]

/** The pool. Quantities are positive; the side is that of the position. */
export class LotPool {
  readonly isLastInFirstOut: boolean
  /** How often two lots were merged because the pool was full. */
  merged = 0
  readonly #maxLots: number
  #quantity: Float64Array
  #price: Float64Array
  #cost: Float64Array
  #next: Int32Array
  #previous: Int32Array
  #head: Int32Array
  #tail: Int32Array
  #free = NONE
  #used = 0

  constructor(isLastInFirstOut: boolean, initialLots: number, maxLots: number, positions: number) {
    const capacity = Math.max(2, Math.min(initialLots, maxLots))
    this.isLastInFirstOut = isLastInFirstOut
    this.#maxLots = Math.max(2, maxLots)
    this.#quantity = new Float64Array(capacity)
    this.#price = new Float64Array(capacity)
    this.#cost = new Float64Array(capacity * 3)
    this.#next = new Int32Array(capacity)
    this.#previous = new Int32Array(capacity)
    this.#head = new Int32Array(positions).fill(NONE)
    this.#tail = new Int32Array(positions).fill(NONE)
  }

  /** Makes room for more positions. */
  growPositions(positions: number): void {
    if (positions <= this.#head.length) return
    this.#head = extended(this.#head, positions)
    this.#tail = extended(this.#tail, positions)
  }

  /** Adds a lot behind the others of a position. */
  open(slot: number, quantityUnits: number, priceUnits: number, isShort: boolean, isInverse: boolean): void {
    const lot = this.#take(slot, isShort, isInverse)
    this.#quantity[lot] = quantityUnits
    this.#price[lot] = priceUnits
    this.#append(slot, lot)
  }

  #append(slot: number, lot: number): void {
    const tail = this.#tail[slot] as number
    this.#previous[lot] = tail
    this.#next[lot] = NONE
    if (tail === NONE) this.#head[slot] = lot
    else this.#next[tail] = lot
    this.#tail[slot] = lot
  }

  /**
   * Takes `quantityUnits` from the lots of a position and subtracts their cost from the amount at `cells[at]`.
   * `sign` is that of the position. The lots hold at least that much.
   */
  close(slot: number, quantityUnits: number, sign: number, isInverse: boolean, cells: Float64Array, at: number): void {
    let left = quantityUnits
    while (left > 0) {
      const lot = (this.isLastInFirstOut ? this.#tail[slot] : this.#head[slot]) as number
      const size = this.#quantity[lot] as number
      const taken = Math.min(left, size)
      if (Number.isNaN(this.#price[lot])) this.#takeCost(lot, taken, size, cells, at)
      else {
        setTradeValue(work, 0, sign * taken, this.#price[lot] as number, isInverse)
        subtractAmount(cells, at, work, 0)
      }
      left -= taken
      if (taken === size) this.#release(slot, lot)
      else this.#quantity[lot] = size - taken
    }
  }

  #takeCost(lot: number, taken: number, size: number, cells: Float64Array, at: number): void {
    copyAmount(work, 0, this.#cost, lot * 3)
    takeShare(this.#cost, lot * 3, size - taken, size, false)
    subtractAmount(work, 0, this.#cost, lot * 3)
    subtractAmount(cells, at, work, 0)
  }

  #release(slot: number, lot: number): void {
    const previous = this.#previous[lot] as number
    const next = this.#next[lot] as number
    if (previous === NONE) this.#head[slot] = next
    else this.#next[previous] = next
    if (next === NONE) this.#tail[slot] = previous
    else this.#previous[next] = previous
    this.#next[lot] = this.#free
    this.#free = lot
  }

  /** Forgets all lots of a position. */
  clear(slot: number): void {
    while ((this.#head[slot] as number) !== NONE) this.#release(slot, this.#head[slot] as number)
  }

  #take(slot: number, isShort: boolean, isInverse: boolean): number {
    const free = this.#free
    if (free !== NONE) {
      this.#free = this.#next[free] as number
      return free
    }
    if (this.#used === this.#quantity.length) {
      if (this.#used < this.#maxLots) this.#grow()
      else if (this.#mergeOldest(slot, isShort, isInverse)) return this.#take(slot, isShort, isInverse)
      else this.#grow() // One lot in each position: the bound on positions is the bound here.
    }
    return this.#used++
  }

  #grow(): void {
    const capacity = this.#quantity.length * 2
    this.#quantity = extendedFloats(this.#quantity, capacity)
    this.#price = extendedFloats(this.#price, capacity)
    this.#cost = extendedFloats(this.#cost, capacity * 3)
    this.#next = extended(this.#next, capacity)
    this.#previous = extended(this.#previous, capacity)
  }

  /** Joins the two oldest lots of a position at their summed cost. */
  #mergeOldest(slot: number, isShort: boolean, isInverse: boolean): boolean {
    const first = this.#head[slot] as number
    const second = first === NONE ? NONE : (this.#next[first] as number)
    if (second === NONE) return false
    this.#keepCost(first, isShort ? -1 : 1, isInverse)
    this.#keepCost(second, isShort ? -1 : 1, isInverse)
    addAmount(this.#cost, second * 3, this.#cost, first * 3)
    this.#quantity[second] = (this.#quantity[second] as number) + (this.#quantity[first] as number)
    this.#release(slot, first)
    this.merged += 1
    return true
  }

  #keepCost(lot: number, sign: number, isInverse: boolean): void {
    if (Number.isNaN(this.#price[lot])) return
    setTradeValue(this.#cost, lot * 3, sign * (this.#quantity[lot] as number), this.#price[lot] as number, isInverse)
    this.#price[lot] = Number.NaN
  }

  /**
   * Multiplies the quantities of all lots of a position by numerator / denominator, to `wanted` parts of 1/denominator
   * unit in sum. With a `cash` amount what is cut off leaves like a sale, its cost subtracted from `cells[at]`, and what is
   * added comes in for the cash; with NaN all cost stays where it is. Lots that end between units are dealt out by their
   * running total.
   */
  split(
    slot: number,
    sign: number,
    numerator: number,
    denominator: number,
    wanted: number,
    cash: number,
    cells: Float64Array,
    at: number,
  ): void {
    let parts = 0
    for (let lot = this.#head[slot] as number; lot !== NONE; lot = this.#next[lot] as number) {
      this.#quantity[lot] = (this.#quantity[lot] as number) * numerator
      parts += this.#quantity[lot] as number
    }
    if (parts > wanted && !Number.isNaN(cash)) this.#settle(slot, sign, numerator, parts - wanted, cells, at)
    else if (parts < wanted) this.#extend(slot, sign, numerator, wanted - parts, cash)
    const whole = wanted / denominator
    let before = 0
    let given = 0
    for (let lot = this.#head[slot] as number; lot !== NONE; ) {
      const next = this.#next[lot] as number
      const own = this.#quantity[lot] as number
      const price = ((this.#price[lot] as number) * denominator) / numerator
      before += own
      const total = Math.min(Math.floor(before / denominator), whole)
      const size = total - given
      given = total
      if (Number.isSafeInteger(price) && size * denominator === own) this.#price[lot] = price
      else this.#keepPartsCost(lot, sign, numerator)
      this.#quantity[lot] = size
      if (size === 0) this.#passCost(slot, lot, sign, numerator)
      lot = next
    }
  }

  /** As {@link #keepCost}, while the quantity is in parts of a unit. */
  #keepPartsCost(lot: number, sign: number, parts: number): void {
    const quantity = this.#quantity[lot] as number
    if (Number.isNaN(this.#price[lot])) return
    this.#quantity[lot] = quantity / parts
    this.#keepCost(lot, sign, false)
    this.#quantity[lot] = quantity
  }

  /** Takes parts from where the next sale would, with their share of the cost. */
  #settle(slot: number, sign: number, numerator: number, parts: number, cells: Float64Array, at: number): void {
    for (let left = parts; left > 0; ) {
      const lot = (this.isLastInFirstOut ? this.#tail[slot] : this.#head[slot]) as number
      const size = this.#quantity[lot] as number
      const taken = Math.min(left, size)
      this.#keepPartsCost(lot, sign, numerator)
      this.#takeCost(lot, taken, size, cells, at)
      left -= taken
      if (taken === size) this.#release(slot, lot)
      else this.#quantity[lot] = size - taken
    }
  }

  /** Adds parts to the newest lot, for the cash that they cost. */
  #extend(slot: number, sign: number, numerator: number, parts: number, cash: number): void {
    const lot = this.#tail[slot] as number
    this.#keepPartsCost(lot, sign, numerator)
    this.#quantity[lot] = (this.#quantity[lot] as number) + parts
    if (Number.isNaN(cash)) return
    setAmountProduct(work, 0, -cash, 1)
    addAmount(this.#cost, lot * 3, work, 0)
  }

  /** A lot of which a reverse split left nothing gives its cost to a neighbour. */
  #passCost(slot: number, lot: number, sign: number, numerator: number): void {
    const next = this.#next[lot] as number
    const heir = next === NONE ? (this.#previous[lot] as number) : next
    if (heir !== NONE) {
      clearAmount(work, 3)
      copyAmount(work, 3, this.#cost, lot * 3)
      // The next lot is still in parts of a unit.
      this.#keepPartsCost(heir, sign, next === NONE ? 1 : numerator)
      addAmount(this.#cost, heir * 3, work, 3)
    }
    this.#release(slot, lot)
  }

  /** The lots of a position as plain data, oldest first. */
  toState(slot: number): LotState[] {
    const lots: LotState[] = []
    for (let lot = this.#head[slot] as number; lot !== NONE; lot = this.#next[lot] as number) {
      const quantity = this.#quantity[lot] as number
      const price = this.#price[lot] as number
      const cost = this.#cost.subarray(lot * 3, lot * 3 + 3) as unknown as [number, number, number]
      lots.push(Number.isNaN(price) ? [quantity, null, cost[0], cost[1], cost[2]] : [quantity, price])
    }
    return lots
  }

  /** Adds lots given as plain data. */
  restore(slot: number, lots: readonly LotState[], isShort: boolean, isInverse: boolean): void {
    for (const state of lots) {
      this.open(slot, state[0], state[1] ?? Number.NaN, isShort, isInverse)
      if (state[1] === null) this.#cost.set([state[2], state[3], state[4]], (this.#tail[slot] as number) * 3)
    }
  }

  /** Makes the lots of a position those that it has in another pool. */
  restoreFrom(slot: number, pool: LotPool, isShort: boolean, isInverse: boolean): void {
    this.clear(slot)
    this.restore(slot, pool.toState(slot), isShort, isInverse)
  }

  /** An empty pool of the same kind and bounds. */
  emptyCopy(): LotPool {
    return new LotPool(this.isLastInFirstOut, 2, this.#maxLots, 2)
  }

  /** Makes this pool equal to another one. */
  copyFrom(pool: LotPool): void {
    this.#quantity = refilled(this.#quantity, pool.#quantity)
    this.#price = refilled(this.#price, pool.#price)
    this.#cost = refilled(this.#cost, pool.#cost)
    this.#next = refilledInts(this.#next, pool.#next)
    this.#previous = refilledInts(this.#previous, pool.#previous)
    this.#head = refilledInts(this.#head, pool.#head)
    this.#tail = refilledInts(this.#tail, pool.#tail)
    this.#free = pool.#free
    this.#used = pool.#used
  }
}

function extended(from: Int32Array, length: number): Int32Array {
  const to = new Int32Array(length).fill(NONE)
  to.set(from)
  return to
}

function extendedFloats(from: Float64Array, length: number): Float64Array {
  const to = new Float64Array(length)
  to.set(from)
  return to
}

function refilled(to: Float64Array, from: Float64Array): Float64Array {
  if (to.length !== from.length) return from.slice()
  to.set(from)
  return to
}

function refilledInts(to: Int32Array, from: Int32Array): Int32Array {
  if (to.length !== from.length) return from.slice()
  to.set(from)
  return to
}
