/**
 * Positions as rows of one typed array: exact sums in integer units, found by four small integers without allocation.
 *
 * A row ("slot") belongs to an account, a strategy, an instrument and a position id (0 where positions are netted). Each
 * slot of a strategy has a slot for the total of its account and instrument, whose strategy is {@link TOTAL}.
 *
 * Columns of a row, in units of the instrument (price units x quantity units, see math/amount.ts for the limbs):
 *
 *     quantity          signed; negative is short
 *     basisQuantity     the signed quantity that `basis` was built for
 *     basis             3 limbs, signed cost of basisQuantity
 *     flow              3 limbs, signed traded value of all fills ever: bought minus sold
 *     cycle             3 limbs, `flow` as it was when the position was last opened from flat
 *     cycles            how often the position was closed
 *     fees              2 limbs, fees in the settlement currency at 8 digits
 *     tsUpdated, scale
 *
 * The cost of what is open is basis x quantity / basisQuantity, a fraction that closing never changes. So realised P&L
 * (cost of what is open minus flow) and its sum with the unrealised P&L are exact; a division with a rest happens only
 * when a position is increased after it was partly closed. Inverse contracts (paid in 1/price) keep quotients in place
 * of products, with 106 bits behind the point, and the other sign.
 */
import { TradewireError } from '../core/errors.js'
import { amountToNumber, clearAmount, copyAmount, subtractAmount } from '../math/amount.js'
import { LIMB } from '../math/wide.js'
import { powerOfTen } from '../model/decimal.js'
import type { Instrument } from '../model/instrument.js'
import {
  BASIS,
  BASIS_QUANTITY,
  CYCLE,
  CYCLES,
  FEES,
  FILL_CELLS,
  FLOW,
  INVERSE,
  KEY,
  NO_POSITION,
  QUANTITY,
  SCALE,
  STRIDE,
  TOTAL,
} from './position-fields.js'

export { TOTAL }

const work = new Float64Array(3)

/** The table. Grows by doubling up to `maxPositions`; nothing is ever removed. */
export class PositionTable {
  cells: Float64Array
  /** Slot of the total a slot counts in; -1 for a total. */
  totals: Int32Array
  /** Flags of position-fields.ts per slot; 0 where trades are plain. */
  flags: Uint8Array
  readonly instruments: Instrument[] = []
  size = 0
  readonly #maxPositions: number
  #keys: Int32Array
  #buckets: Int32Array

  constructor(initialPositions: number, maxPositions: number) {
    const capacity = Math.max(2, Math.min(initialPositions, maxPositions))
    this.#maxPositions = maxPositions
    this.cells = new Float64Array(capacity * STRIDE)
    this.totals = new Int32Array(capacity)
    this.flags = new Uint8Array(capacity).fill(NO_POSITION)
    this.#keys = new Int32Array(capacity * KEY)
    this.#buckets = new Int32Array(bucketsFor(capacity)).fill(-1)
  }

  /** How many rows fit before the arrays grow. */
  get capacity(): number {
    return this.totals.length
  }

  /** Bytes held. */
  get memoryBytes(): number {
    return (
      this.cells.byteLength +
      this.totals.byteLength +
      this.flags.byteLength +
      this.#keys.byteLength +
      this.#buckets.byteLength
    )
  }

  accountOf(slot: number): number {
    return this.#keys[slot * KEY] as number
  }

  strategyOf(slot: number): number {
    return this.#keys[slot * KEY + 1] as number
  }

  positionOf(slot: number): number {
    return this.#keys[slot * KEY + 3] as number
  }

  instrumentOf(slot: number): Instrument {
    return this.instruments[slot] as Instrument
  }

  /** The slot of a key; -1 when there is none. */
  find(account: number, strategy: number, instrumentIndex: number, position: number): number {
    const keys = this.#keys
    const buckets = this.#buckets
    const mask = buckets.length - 1
    let bucket = hash(account, strategy, instrumentIndex, position) & mask
    for (;;) {
      const slot = buckets[bucket] as number
      if (slot < 0) return -1
      const at = slot * KEY
      if (
        keys[at + 2] === instrumentIndex &&
        keys[at + 1] === strategy &&
        keys[at] === account &&
        keys[at + 3] === position
      )
        return slot
      bucket = (bucket + 1) & mask
    }
  }

  /**
   * The slot of a key, made with its total when there is none.
   *
   * @throws TradewireError `TW_CAPACITY` when `maxPositions` rows exist.
   */
  ensure(account: number, strategy: number, instrument: Instrument, position: number): number {
    const found = this.find(account, strategy, instrument.index, position)
    if (found >= 0) return found
    let total = this.find(account, TOTAL, instrument.index, 0)
    if (this.size + (total < 0 ? 2 : 1) > this.#maxPositions) {
      throw new TradewireError('TW_CAPACITY', `All ${this.#maxPositions} positions are in use; raise maxPositions`)
    }
    if (total < 0) total = this.#append(account, TOTAL, instrument, 0, -1)
    return strategy === TOTAL ? total : this.#append(account, strategy, instrument, position, total)
  }

  #append(account: number, strategy: number, instrument: Instrument, position: number, total: number): number {
    if (this.size === this.capacity) this.#grow()
    const slot = this.size++
    this.#keys.set([account, strategy, instrument.index, position], slot * KEY)
    this.totals[slot] = total
    this.flags[slot] = (instrument.isInverse ? INVERSE : 0) | (total < 0 ? NO_POSITION : 0)
    this.instruments.push(instrument)
    const { priceScale, sizeScale, multiplierNumber } = instrument
    this.cells[slot * STRIDE + SCALE] = instrument.isInverse
      ? ((multiplierNumber / LIMB) * powerOfTen(priceScale)) / powerOfTen(sizeScale)
      : multiplierNumber / powerOfTen(priceScale) / powerOfTen(sizeScale)
    this.#link(slot)
    return slot
  }

  #link(slot: number): void {
    const at = slot * KEY
    const keys = this.#keys
    const mask = this.#buckets.length - 1
    let bucket = hash(keys[at] as number, keys[at + 1] as number, keys[at + 2] as number, keys[at + 3] as number) & mask
    while ((this.#buckets[bucket] as number) >= 0) bucket = (bucket + 1) & mask
    this.#buckets[bucket] = slot
  }

  #grow(): void {
    const capacity = Math.min(this.capacity * 2, this.#maxPositions)
    this.cells = grown(this.cells, new Float64Array(capacity * STRIDE))
    this.totals = grown(this.totals, new Int32Array(capacity))
    this.flags = grown(this.flags, new Uint8Array(capacity).fill(NO_POSITION))
    this.#keys = grown(this.#keys, new Int32Array(capacity * KEY))
    this.#buckets = new Int32Array(bucketsFor(capacity)).fill(-1)
    for (let slot = 0; slot < this.size; slot++) this.#link(slot)
  }

  /** Sets everything that fills change back to a position that never was. */
  clearFills(slot: number): void {
    this.cells.fill(0, slot * STRIDE, slot * STRIDE + FILL_CELLS)
  }

  /** Realised P&L before fees in the settlement currency as a double: for limits and displays, not for books. */
  realizedNumber(slot: number): number {
    const cells = this.cells
    const at = slot * STRIDE
    const scale = cells[at + SCALE] as number
    let value: number
    if (cells[at + QUANTITY] === cells[at + BASIS_QUANTITY]) {
      copyAmount(work, 0, cells, at + BASIS)
      value = subtractAmount(work, 0, cells, at + FLOW) ? amountToNumber(work, 0) : Number.NaN
    } else value = this.#openCost(at) - amountToNumber(cells, at + FLOW)
    return ((this.instruments[slot] as Instrument).isInverse ? -value : value) * scale
  }

  /** Unrealised P&L at a price, in the settlement currency, as a double; NaN in, NaN out. */
  unrealizedNumber(slot: number, mark: number): number {
    const cells = this.cells
    const at = slot * STRIDE
    const quantity = cells[at + QUANTITY] as number
    if (quantity === 0) return 0
    const instrument = this.instruments[slot] as Instrument
    const cost = this.#openCost(at) * (cells[at + SCALE] as number)
    const size = (quantity / powerOfTen(instrument.sizeScale)) * instrument.multiplierNumber
    return instrument.isInverse ? cost - size / mark : size * mark - cost
  }

  #openCost(at: number): number {
    const cells = this.cells
    const basisQuantity = cells[at + BASIS_QUANTITY] as number
    if (basisQuantity === 0) return 0
    return (amountToNumber(cells, at + BASIS) * (cells[at + QUANTITY] as number)) / basisQuantity
  }

  /** Fees in the settlement currency as a double. */
  feesNumber(slot: number): number {
    const at = slot * STRIDE + FEES
    return ((this.cells[at] as number) * LIMB + (this.cells[at + 1] as number)) / 1e8
  }

  /** Marks a position as flat: nothing is open, the next cycle starts at the flow of now. */
  closeCycle(at: number): void {
    const cells = this.cells
    clearAmount(cells, at + BASIS)
    cells[at + BASIS_QUANTITY] = 0
    cells[at + QUANTITY] = 0
    copyAmount(cells, at + CYCLE, cells, at + FLOW)
    cells[at + CYCLES] = (cells[at + CYCLES] as number) + 1
  }
}

function hash(account: number, strategy: number, instrumentIndex: number, position: number): number {
  const mixed = Math.imul(instrumentIndex + 37 * (strategy + 1) + 4099 * account + 65_537 * position, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}

function bucketsFor(capacity: number): number {
  let buckets = 4
  while (buckets < capacity * 2) buckets *= 2
  return buckets
}

function grown<Cells extends Float64Array | Int32Array | Uint8Array>(from: Cells, to: Cells): Cells {
  to.set(from)
  return to
}
