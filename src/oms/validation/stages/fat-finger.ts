/**
 * Stage 7: what a slip of a finger or a loop in a program looks like: a price far through the market, a quantity out of all
 * proportion to what the strategy trades, the same order again within moments.
 */
import type { OrderUnderValidation } from '../order-under-validation.js'
import { type Finding, gradedScore, type Thresholds, type ValidationStage } from '../stage.js'

/** Thresholds of the stage. */
export interface FatFingerRules {
  /** How far the limit price lies beyond the opposite side of the market, in percent. */
  readonly pricePercent: Thresholds
  /** Quantity as a multiple of the strategy's usual one in the instrument. */
  readonly sizeMultiple: Thresholds
  /** Orders after which "usual" means something. */
  readonly sizeSamples: number
  /** The same order within this time is warned about; 0 switches it off. */
  readonly duplicateWindowMs: number
}

/** What a strategy did in an instrument. */
class Habit {
  /** Mean quantity, each new order counting an eighth. */
  mean = Number.NaN
  orders = 0
  /** The last order, in its units. */
  side = 0
  quantityUnits = Number.NaN
  priceUnits = Number.NaN
  atUs = Number.NEGATIVE_INFINITY
}

const maxHabits = 65_536
const instrumentsPerStrategy = 2 ** 24

/** Looks at price, size and repetition. */
export class FatFingerStage implements ValidationStage {
  readonly name = 'fat_finger'
  readonly #rules: FatFingerRules
  readonly #habits = new Map<number, Habit>()
  /** Pairs of strategy and instrument that found no room: their sizes and repetitions are not judged. */
  unwatched = 0

  constructor(rules: FatFingerRules) {
    this.#rules = rules
  }

  check(order: OrderUnderValidation, finding: Finding): void {
    this.#price(order, finding)
    const habit = this.#habits.get(keyOf(order))
    if (habit === undefined || order.isChange) return
    const { sizeMultiple, sizeSamples, duplicateWindowMs } = this.#rules
    if (habit.orders >= sizeSamples)
      this.#judge(finding, order.quantity / habit.mean, sizeMultiple, 'FAT_FINGER', 'times the usual quantity')
    // Wall time may have gone back in between.
    if (Math.abs(order.nowUs - habit.atUs) < duplicateWindowMs * 1000 && isSame(habit, order))
      finding.warn('REPEATED', 60, `The same order was submitted less than ${duplicateWindowMs} ms ago`)
  }

  accepted(order: OrderUnderValidation): void {
    const key = keyOf(order)
    let habit = this.#habits.get(key)
    if (habit === undefined) {
      if (this.#habits.size >= maxHabits) {
        this.unwatched++
        return
      }
      habit = new Habit()
      this.#habits.set(key, habit)
    }
    habit.mean = habit.orders === 0 ? order.quantity : habit.mean + (order.quantity - habit.mean) / 8
    habit.orders++
    habit.side = order.side
    habit.quantityUnits = order.quantityUnits
    habit.priceUnits = order.priceUnits
    habit.atUs = order.nowUs
  }

  #price(order: OrderUnderValidation, finding: Finding): void {
    if (Number.isNaN(order.price)) return
    const opposite = order.side > 0 ? order.ask : order.bid
    const percent = ((order.side * (order.price - opposite)) / Math.abs(opposite)) * 100
    this.#judge(finding, percent, this.#rules.pricePercent, 'FAT_FINGER', '% through the market')
  }

  #judge(finding: Finding, value: number, limits: Thresholds, code: string, unit: string): void {
    if (value >= limits.deny)
      finding.deny(code, `The order is ${text(value)} ${unit}, at most ${limits.deny} is allowed`)
    else if (value >= limits.warn) finding.warn(code, gradedScore(value, limits), `The order is ${text(value)} ${unit}`)
    else finding.grade(gradedScore(value, limits))
  }
}

function keyOf(order: OrderUnderValidation): number {
  return order.strategyIndex * instrumentsPerStrategy + order.instrument.index
}

function isSame(habit: Habit, order: OrderUnderValidation): boolean {
  return (
    habit.side === order.side &&
    habit.quantityUnits === order.quantityUnits &&
    Object.is(habit.priceUnits, order.priceUnits)
  )
}

function text(value: number): string {
  return String(Math.round(value * 100) / 100)
}
