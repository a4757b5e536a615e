/**
 * What a recorded market shows, as liquidity to trade against: the touch, the levels behind it where a book is recorded,
 * and what simulated orders have used up of it.
 *
 * The recording does not know our orders, so it goes on showing what they took. What was taken from a level is therefore
 * remembered until the recording changes that level.
 */
import type { OrderBook } from '../../market/order-book.js'
import type { OrderByOrderBook } from '../../market/order-by-order-book.js'
import type { Instrument } from '../../model/instrument.js'

/** Levels looked at behind the touch. */
const maxLevels = 128
/** Levels whose use is remembered. */
const maxTaken = 4_096

/** One side of the liquidity: the levels that orders of the other side take. */
export class LiquiditySide {
  /** Levels as last read, best first: price units, and units left to take. */
  readonly priceUnits = new Float64Array(maxLevels)
  readonly leftUnits = new Float64Array(maxLevels)
  count = 0
  /** Best price and size as recorded; NaN for none or not known. */
  price = Number.NaN
  size = Number.NaN
  /** Best price in price units. */
  bestUnits = Number.NaN
  /** Whether levels behind the touch are recorded. */
  hasBook = false
  readonly #side: 0 | 1
  readonly #instrument: Instrument
  readonly #prices = new Float64Array(maxLevels)
  readonly #sizes = new Float64Array(maxLevels)
  /** What was taken, and what the level showed then, by price units. */
  readonly #taken = new Map<number, { units: number; shownUnits: number }>()

  constructor(side: 0 | 1, instrument: Instrument) {
    this.#side = side
    this.#instrument = instrument
  }

  /** The touch as recorded. Returns whether it differs from before. */
  setTouch(price: number, size: number): boolean {
    if (price === this.price && size === this.size) return false
    if (Number.isNaN(price) && Number.isNaN(this.price)) return false
    this.price = price
    this.size = size
    this.bestUnits = !Number.isNaN(price) ? this.#instrument.nearestPriceUnits(price) : Number.NaN
    // Without a book only the touch is known, and what was behind it is history.
    if (this.#taken.size > 0) {
      if (this.hasBook && this.#taken.size < maxTaken) this.#taken.delete(this.bestUnits)
      else this.#taken.clear()
    }
    return true
  }

  /** Size shown at the touch in units; infinite where the recording gives no size. */
  get touchUnits(): number {
    return !Number.isNaN(this.size) ? this.#instrument.nearestQuantityUnits(this.size) : Number.POSITIVE_INFINITY
  }

  /** Reads levels no worse than a limit, with what is left of them. */
  read(limitUnits: number, book: OrderBook | OrderByOrderBook | undefined, isUnlimited: boolean): void {
    this.count = 0
    const { bestUnits } = this
    if (!this.#isWithin(bestUnits, limitUnits)) return
    this.#put(bestUnits, isUnlimited ? Number.POSITIVE_INFINITY : this.touchUnits)
    if (book === undefined || isUnlimited) return
    const found = book.depth(this.#side, maxLevels, this.#prices, this.#sizes)
    for (let i = 0; i < found && this.count < maxLevels; i++) {
      const units = this.#instrument.nearestPriceUnits(this.#prices[i] as number)
      if (this.#side === 1 ? units <= bestUnits : units >= bestUnits) continue
      if (!this.#isWithin(units, limitUnits)) return
      this.#put(units, this.#instrument.nearestQuantityUnits(this.#sizes[i] as number))
    }
  }

  /** Notes that a simulated order took from a level that {@link read} gave. */
  take(level: number, quantityUnits: number): void {
    const left = this.leftUnits[level] as number
    if (left === Number.POSITIVE_INFINITY) return
    const priceUnits = this.priceUnits[level] as number
    const entry = this.#taken.get(priceUnits)
    if (entry === undefined) this.#taken.set(priceUnits, { units: quantityUnits, shownUnits: left })
    else entry.units += quantityUnits
    this.leftUnits[level] = left - quantityUnits
  }

  /** Forgets what was taken: the recording starts anew. */
  clear(): void {
    this.#taken.clear()
    this.price = Number.NaN
    this.size = Number.NaN
    this.bestUnits = Number.NaN
    this.count = 0
  }

  #isWithin(units: number, limitUnits: number): boolean {
    return this.#side === 1 ? units <= limitUnits : units >= limitUnits
  }

  #put(units: number, shownUnits: number): void {
    const entry = this.#taken.size === 0 ? undefined : this.#taken.get(units)
    let left = shownUnits
    if (entry !== undefined) {
      if (entry.shownUnits === shownUnits) left = Math.max(0, shownUnits - entry.units)
      else this.#taken.delete(units)
    }
    this.priceUnits[this.count] = units
    this.leftUnits[this.count] = left
    this.count++
  }
}
