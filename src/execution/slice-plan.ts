/** A schedule as numbers: when each slice is due and how much is to be done by then; and its random variation. */
import type { Random } from '../core/random.js'
import { floorLot } from './units.js'

/** Slices in the order of their times. Sizes are whole units; slices of 0 are allowed. */
export interface SlicePlan {
  /** Microseconds after the start of the window. */
  readonly offsetsUs: readonly number[]
  readonly sizes: readonly number[]
}

/** How a plan is varied. */
export interface Variation {
  /** Percent of a slice. */
  readonly sizePercent: number
  /** Percent of an interval. */
  readonly timePercent: number
  readonly lotUnits: number
  readonly random: Random
}

/**
 * A random number from `base` less to `base` plus so many percent, rounded to a multiple of `step`: 500 by 55 percent in
 * hundreds is 200 to 800. All values of the grid are equally likely, both ends included.
 */
export function varied(base: number, percent: number, step: number, random: Random): number {
  const reach = (base * percent) / 100
  const low = Math.round((base - reach) / step)
  const high = Math.round((base + reach) / step)
  return high <= low ? base : (low + random.below(high - low + 1)) * step
}

/**
 * Varies the interior of a plan: cumulative targets move by at most the percentage of a slice and one lot, stay in order, and
 * the total is exact. Releases move by at most half of their distance to the neighbours; the first stays.
 */
export function varyPlan(plan: SlicePlan, variation: Variation): SlicePlan {
  const { sizePercent, timePercent, lotUnits, random } = variation
  const n = plan.sizes.length
  const sizes: number[] = []
  const offsetsUs: number[] = []
  let ideal = 0
  let before = 0
  const total = plan.sizes.reduce((sum, size) => sum + size, 0)
  for (let k = 0; k < n; k++) {
    const size = plan.sizes[k] as number
    ideal += size
    const isLast = k === n - 1
    const moved = isLast || size === 0 ? ideal : ideal - size + varied(size, sizePercent, 1, random)
    const cumulative = isLast ? total : Math.min(total, Math.max(before, floorLot(moved, lotUnits)))
    sizes.push(cumulative - before)
    before = cumulative
    offsetsUs.push(k === 0 ? (plan.offsetsUs[0] as number) : movedOffset(plan.offsetsUs, k, timePercent, random))
  }
  return { offsetsUs, sizes }
}

function movedOffset(offsets: readonly number[], k: number, percent: number, random: Random): number {
  const at = offsets[k] as number
  const gap = at - (offsets[k - 1] as number)
  return varied(at, gap === 0 || at === 0 ? 0 : (Math.min(percent, 50) * gap) / at, 1, random)
}
