/**
 * How long ago something was heard of an order, whoever sets the machine's clock meanwhile.
 *
 * Records carry wall time, and a wall clock may jump by an hour either way (RELIABILITY F22): an order would count as fresh
 * until the clock has caught up, or as overdue the moment it was sent. So reconciliation lives on steady time, the wall time
 * of the start plus what the monotonic clock has counted since, and what records tell is fitted between the looks it has
 * had at the orders: what is new since the last look cannot be older than that look, and where the clock was set since
 * then it counts as new.
 */
import type { Clock } from '../core/clock.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'

/**
 * What was seen of an order, and when that was new, on steady time. Requests of ours, and that they were refused, are no news
 * of it: a cancel that is asked for again and again must not keep the order from being asked about.
 */
interface Sight {
  readonly facts: number
  readonly traded: number
  readonly generation: number
  readonly atUs: number
}

/** A wall clock that is off by more than before was set, not just adjusted. */
const leastStepUs = 500_000

/** Steady time, and the ages of orders on it. */
export class OrderAges {
  readonly #table: OrderTable
  readonly #clock: Clock
  readonly #startUs: number
  readonly #startNs: number
  #sights = new Map<number, Sight>()
  #lookedAtUs = Number.NEGATIVE_INFINITY
  /** How far the wall clock was off at the last look. */
  #skewUs = 0

  constructor(table: OrderTable, clock: Clock) {
    this.#table = table
    this.#clock = clock
    this.#startUs = clock.wallUs()
    this.#startNs = clock.monotonicNs()
  }

  /** Steady time, in microseconds: what the wall clock would show had nobody set it since the start. */
  nowUs(): number {
    return this.#startUs + Math.floor((this.#clock.monotonicNs() - this.#startNs) / 1_000)
  }

  /** Looks at all orders of a connector, open and closed. */
  look(rows: Iterable<number>): void {
    const { cells } = this.#table
    const nowUs = this.nowUs()
    const sights = new Map<number, Sight>()
    for (const row of rows) {
      const number = cells[row + Field.number]
      const facts = cells[row + Field.facts]
      const traded = cells[row + Field.traded]
      const generation = cells[row + Field.termGeneration]
      const known = this.#sights.get(number)
      const isOld = known?.facts === facts && known.traded === traded && known.generation === generation
      const atUs = isOld ? known.atUs : this.#fit(cells[row + Field.updatedUs], nowUs)
      sights.set(number, { facts, traded, generation, atUs })
    }
    this.#sights = sights
    this.#lookedAtUs = nowUs
    this.#skewUs = this.#skewNowUs()
  }

  /** When the latest was heard of an order, on steady time. */
  heardUs(row: number): number {
    const { cells } = this.#table
    return this.#sights.get(cells[row + Field.number])?.atUs ?? this.#fit(cells[row + Field.updatedUs], this.nowUs())
  }

  /** When an order was made, on steady time: not after the latest that was heard of it. */
  createdUs(row: number): number {
    return Math.min(this.#table.cells[row + Field.createdUs] - this.#skewNowUs(), this.heardUs(row))
  }

  #fit(recordedUs: number, nowUs: number): number {
    const skewUs = this.#skewNowUs()
    if (Math.abs(skewUs - this.#skewUs) > leastStepUs) return nowUs
    return Math.min(nowUs, Math.max(recordedUs - skewUs, this.#lookedAtUs))
  }

  #skewNowUs(): number {
    return this.#clock.wallUs() - this.nowUs()
  }
}
