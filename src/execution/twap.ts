/**
 * TWAP: equal slices at equal times.
 *
 *   cum_k = floor(Q * k / n / lot) * lot, cum_n = Q; slice k (from 0) is due at start + floor(k * window / n)
 *
 * The first slice goes at the start and the last one interval before the end. n is the largest number of slices, up to the
 * one asked for, with which every slice reaches the smallest size; so no slice is rounded to nothing.
 */
import type { TwapParameters } from '../model/algo.js'
import { algoError, requireWhole } from '../model/algo-error.js'
import { Decimal, type DecimalInput } from '../model/decimal.js'
import type { PlanContext } from './algorithm.js'
import { ScheduledAlgorithm } from './scheduled-algorithm.js'
import type { SlicePlan } from './slice-plan.js'
import { floorLot, mulDivFloor } from './units.js'

/** What {@link twapPlan} divides. Quantities are whole units. */
export interface TwapPlanOptions {
  quantityUnits: number
  slices: number
  lotUnits: number
  minSliceUnits?: number
}

/** Most slices of a plan. */
export const maxSlices = 1_000_000

/**
 * Sizes of the slices, in units; as many as fit.
 *
 * @throws TradewireError `TW_INVALID_ALGO` with reason `INVALID_SLICES`, `INVALID_QUANTITY`.
 *
 * @example
 * ```ts
 * import { twapPlan } from 'tradewire/execution'
 *
 * twapPlan({ quantityUnits: 1_050, slices: 4, lotUnits: 100 }) // [200, 300, 200, 350]
 * ```
 */
export function twapPlan({ quantityUnits, slices, lotUnits, minSliceUnits = 0 }: TwapPlanOptions): number[] {
  requireWhole(slices, 'slices', 1, maxSlices, 'INVALID_SLICES')
  requireWhole(quantityUnits, 'quantity', 1, Number.MAX_SAFE_INTEGER, 'INVALID_QUANTITY')
  requireWhole(lotUnits, 'roundLot', 1)
  // Every slice is at least the first, and the first is floor(Q / n / lot) lots.
  const least = Math.ceil(Math.max(minSliceUnits, lotUnits) / lotUnits) * lotUnits
  const n = Math.max(1, Math.min(slices, Math.floor(quantityUnits / least)))
  const plan: number[] = []
  let before = 0
  for (let k = 1; k <= n; k++) {
    const cumulative = k === n ? quantityUnits : floorLot(mulDivFloor(quantityUnits, k, n), lotUnits)
    plan.push(cumulative - before)
    before = cumulative
  }
  return plan
}

/** What {@link slotChild} sizes. Quantities are whole units. */
export interface SlotState {
  /** What should be done when this slot is over. */
  targetUnits: number
  /** What the plan has for this slot alone. */
  sliceUnits: number
  filledUnits: number
  workingUnits: number
  totalUnits: number
  lotUnits: number
  /** Whether what earlier slots missed is made up for; true unless given. */
  catchUp?: boolean
  /** Infinity unless given. */
  maxSliceUnits?: number
}

/**
 * The child of one slot: what is missing to the target, at most the largest slice; without catching up, what the plan has
 * for the slot. A multiple of the lot unless it completes the order.
 */
export function slotChild(state: SlotState): number {
  const { targetUnits, sliceUnits, filledUnits, workingUnits, totalUnits, lotUnits } = state
  const { catchUp = true, maxSliceUnits = Number.POSITIVE_INFINITY } = state
  const left = Math.max(0, totalUnits - filledUnits - workingUnits)
  const wanted = Math.min(left, catchUp ? targetUnits - filledUnits - workingUnits : sliceUnits)
  const size = Math.min(wanted, maxSliceUnits)
  if (size <= 0) return 0
  return size === left || (!catchUp && size === sliceUnits) ? size : floorLot(size, lotUnits)
}

/** When slice k of n is due, counted from the start of the window, in the window's unit of time. */
export function releaseOffset(k: number, n: number, window: number): number {
  return mulDivFloor(window, k, n)
}

/** The slices asked for: a number of them, or one an interval; one a minute, at least ten, at most one a second, unless given. */
export function slicesOf(
  { slices, intervalMs }: Pick<TwapParameters, 'slices' | 'intervalMs'>,
  windowMs: number,
): number {
  if (slices !== undefined && intervalMs !== undefined)
    throw algoError('CONTRADICTION', 'algo.intervalMs', 'and slices contradict each other; give one')
  if (slices !== undefined) return requireWhole(slices, 'algo.slices', 1, maxSlices, 'INVALID_SLICES')
  if (intervalMs === undefined)
    return Math.max(1, Math.min(Math.floor(windowMs / 1_000), Math.max(10, Math.floor(windowMs / 60_000))))
  if (!(Number.isFinite(intervalMs) && intervalMs > 0))
    throw algoError('INVALID_SLICES', 'algo.intervalMs', `must be above 0, got ${intervalMs}`)
  if (windowMs < intervalMs)
    throw algoError('HORIZON_TOO_SHORT', 'algo.intervalMs', `${intervalMs} is longer than the window of ${windowMs} ms`)
  return requireWhole(Math.floor(windowMs / intervalMs), 'algo.intervalMs: slices', 1, maxSlices, 'INVALID_SLICES')
}

/**
 * The time-weighted average of prices: each holds until the next, the last to the end; undefined where no price is known at
 * the start and none comes. Times are in one unit, prices in the order of their times.
 */
export function timeWeightedPrice(
  ticks: readonly (readonly [time: number, price: DecimalInput])[],
  start: number,
  end: number,
): number | undefined {
  let value = new Decimal(0)
  let covered = 0
  for (let i = 0; i < ticks.length; i++) {
    const [time, price] = ticks[i] as readonly [number, DecimalInput]
    const until = Math.min(end, ticks[i + 1]?.[0] ?? end)
    const span = until - Math.max(start, time)
    if (span <= 0) continue
    value = value.plus(new Decimal(price).times(span))
    covered += span
  }
  return covered === 0 ? undefined : value.div(covered).toNumber()
}

/** The conventions of two other systems, for those who move from them and want the same numbers. */
export const foreignTwap = {
  /** NautilusTrader: equal floors, and the remainder as an extra slice at the horizon. Times in the unit of the horizon. */
  nautilus(quantityUnits: number, horizon: number, interval: number, lotUnits: number) {
    if (horizon < interval) throw algoError('HORIZON_TOO_SHORT', 'horizon', `${horizon} is below interval ${interval}`)
    const n = Math.floor(horizon / interval)
    const each = floorLot(Math.floor(quantityUnits / n), lotUnits)
    const rest = quantityUnits - each * n
    const slices = each === 0 ? [quantityUnits] : [...new Array<number>(n).fill(each), ...(rest > 0 ? [rest] : [])]
    return { slices, offsets: slices.map((_, k) => k * interval) }
  },
  /** Hummingbot: one order more than intervals fit into the duration. */
  hummingbot(duration: number, interval: number) {
    if (duration < interval)
      throw algoError('HORIZON_TOO_SHORT', 'duration', `${duration} is below interval ${interval}`)
    const count = Math.floor(duration / interval) + 1
    return { count, offsets: Array.from({ length: count }, (_, k) => k * interval) }
  },
}

/** The algorithm `twap`. */
export class Twap extends ScheduledAlgorithm<TwapParameters> {
  protected override plan(context: PlanContext): SlicePlan {
    const { windowUs, quantityUnits, lotUnits, minSliceUnits } = context
    const { intervalMs } = this.parameters
    // What is left of a window that was planned anew gets its share of the slices, and at least one.
    const slices =
      intervalMs === undefined
        ? Math.max(
            1,
            Math.round((slicesOf(this.parameters, context.fullWindowUs / 1_000) * windowUs) / context.fullWindowUs),
          )
        : Math.max(1, Math.floor(windowUs / 1_000 / intervalMs))
    const sizes = twapPlan({ quantityUnits, slices, lotUnits, minSliceUnits })
    return {
      offsetsUs: sizes.map((_, k) => releaseOffset(k, sizes.length, windowUs)),
      sizes,
    }
  }

  override check(windowMs: number): void {
    slicesOf(this.parameters, windowMs)
  }
}
