/**
 * VWAP: slices in proportion to the volume that the market is expected to trade, by a curve of past days, bent by the volume
 * of the day where that is wanted.
 *
 *   cum_k = floor(Q * W_k / lot) * lot, with W the cumulative curve; the last bucket with volume completes
 */
import type { VwapParameters } from '../model/algo.js'
import { algoError, requireNumber, requireWhole } from '../model/algo-error.js'
import { Decimal, type DecimalInput } from '../model/decimal.js'
import type { ParentView, PlanContext } from './algorithm.js'
import { ScheduledAlgorithm } from './scheduled-algorithm.js'
import type { SlicePlan } from './slice-plan.js'
import { floorLot, mulDivFloor, wholeWeights } from './units.js'

/** What {@link vwapPlan} divides. Quantities are whole units. */
export interface VwapPlanOptions {
  quantityUnits: number
  /** Expected volume of each bucket, in any unit. */
  weights: readonly DecimalInput[]
  lotUnits: number
  minSliceUnits?: number
}

/** Most buckets of a curve. */
const maxBuckets = 100_000

/** @throws TradewireError `TW_INVALID_ALGO` with reason `INVALID_CURVE`: no bucket, a negative one, one that is no number, or no volume at all. */
function checkedWeights(weights: readonly DecimalInput[], field = 'curve'): number[] {
  if (!Array.isArray(weights) || weights.length === 0 || weights.length > maxBuckets)
    throw algoError('INVALID_CURVE', field, `must have 1 to ${maxBuckets} buckets`)
  const bad = weights.findIndex((weight) => {
    const value = Number(weight)
    return !(Number.isFinite(value) && value >= 0)
  })
  if (bad >= 0) throw algoError('INVALID_CURVE', `${field}[${bad}]`, 'must be a number from 0')
  const whole = wholeWeights(weights)
  if (!whole.some((weight) => weight > 0)) throw algoError('INVALID_CURVE', field, 'must have volume in some bucket')
  return whole
}

/**
 * Sizes of the slices, in units, one a bucket; 0 where nothing is due. A slice below the smallest, or one that would leave
 * less than that, waits for the next bucket; an order of less than two smallest slices is one slice.
 *
 * @throws TradewireError `TW_INVALID_ALGO` with reason `INVALID_CURVE`, `INVALID_QUANTITY`.
 */
export function vwapPlan({ quantityUnits, weights, lotUnits, minSliceUnits = 0 }: VwapPlanOptions): number[] {
  requireWhole(quantityUnits, 'quantity', 1, Number.MAX_SAFE_INTEGER, 'INVALID_QUANTITY')
  requireWhole(lotUnits, 'roundLot', 1)
  const whole = checkedWeights(weights)
  const total = whole.reduce((sum, weight) => sum + weight, 0)
  const slices = new Array<number>(whole.length).fill(0)
  if (quantityUnits < 2 * minSliceUnits) {
    slices[whole.findIndex((weight) => weight > 0)] = quantityUnits
    return slices
  }
  const lastBucket = whole.findLastIndex((weight) => weight > 0)
  let sum = 0
  let released = 0
  for (let k = 0; k <= lastBucket; k++) {
    sum += whole[k] as number
    const cumulative = k === lastBucket ? quantityUnits : floorLot(mulDivFloor(quantityUnits, sum, total), lotUnits)
    const slice = cumulative - released
    const rest = quantityUnits - cumulative
    const isHeldBack = k < lastBucket && (slice < minSliceUnits || (rest > 0 && rest < minSliceUnits))
    if (slice <= 0 || isHeldBack) continue
    slices[k] = slice
    released = cumulative
  }
  return slices
}

/** How the volumes of past days become a curve. */
export type CurveMethod = 'mean' | 'median' | 'pooled'

/**
 * A curve from volumes by day and bucket: the mean of the days' shares (one huge day does not bend it), their median, or the
 * shares of the pooled volume. Days without volume are left out. Half days need a curve of their own: give them alone.
 *
 * @throws TradewireError `TW_INVALID_ALGO` with reason `INVALID_CURVE`.
 */
export function volumeCurve(days: readonly (readonly number[])[], method: CurveMethod = 'mean'): number[] {
  const buckets = days[0]?.length ?? 0
  if (buckets === 0 || days.some((day) => day.length !== buckets))
    throw algoError('INVALID_CURVE', 'days', 'must have the same number of buckets, at least one')
  for (const day of days)
    for (const volume of day)
      if (!(Number.isFinite(volume) && volume >= 0))
        throw algoError('INVALID_CURVE', 'days', 'must hold numbers from 0')
  const totals = days.map((day) => day.reduce((sum, volume) => sum + volume, 0))
  const traded = days.filter((_, i) => (totals[i] as number) > 0)
  if (traded.length === 0) throw algoError('INVALID_CURVE', 'days', 'must have volume on some day')
  if (method === 'pooled') {
    const all = totals.reduce((sum, total) => sum + total, 0)
    return Array.from({ length: buckets }, (_, k) => traded.reduce((sum, day) => sum + (day[k] as number), 0) / all)
  }
  const shares = traded.map((day) => {
    const total = day.reduce((sum, volume) => sum + volume, 0)
    return day.map((volume) => volume / total)
  })
  if (method === 'mean')
    return Array.from(
      { length: buckets },
      (_, k) => shares.reduce((sum, share) => sum + (share[k] as number), 0) / shares.length,
    )
  const medians = Array.from({ length: buckets }, (_, k) => median(shares.map((share) => share[k] as number)))
  const sum = medians.reduce((total, share) => total + share, 0)
  if (sum === 0) throw algoError('INVALID_CURVE', 'days', 'has no volume in the median')
  return medians.map((share) => share / sum)
}

function median(values: number[]): number {
  const sorted = values.sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

function hasVolume(weights: readonly DecimalInput[], bucket: number, start: number, end: number): boolean {
  return weights.some(
    (weight, k) => Number(weight) > 0 && Math.min(end, (k + 1) * bucket) > Math.max(start, k * bucket),
  )
}

/**
 * The part of a curve that lies in a window, as shares of 1. Volume is uniform inside a bucket. Times count from the start of
 * the first bucket, in one unit.
 *
 * @throws TradewireError `TW_INVALID_ALGO` with reason `INVALID_CURVE`: no volume in the window.
 */
export function curveInWindow(weights: readonly DecimalInput[], bucket: number, start: number, end: number): number[] {
  checkedWeights(weights)
  requireNumber(bucket, 'bucketMs', Number.MIN_VALUE)
  if (!(end > start)) throw algoError('INVALID_WINDOW', 'window', 'must end after its start')
  const parts = weights.map((weight, k) => {
    const overlap = Math.min(end, (k + 1) * bucket) - Math.max(start, k * bucket)
    return overlap > 0 ? (Number(weight) * overlap) / bucket : 0
  })
  const sum = parts.reduce((total, part) => total + part, 0)
  if (!(sum > 0)) throw algoError('INVALID_CURVE', 'curve', 'has no volume in the window of the order')
  return parts.map((part) => part / sum)
}

/**
 * What is due when so much volume was seen: Q * (seen + fc_k) / (seen + sum of fc from k on), a multiple of the lot. fc is
 * the curve as it is (`none`), or scaled by seen volume over the curve's volume so far (`ratio`). All volumes are whole
 * numbers in one unit.
 *
 * @returns the target before it is kept from falling below an earlier one.
 */
export function dynamicTarget(
  quantityUnits: number,
  curve: readonly number[],
  bucket: number,
  seen: number,
  lotUnits: number,
  scale: 'none' | 'ratio',
): number {
  let past = 0
  for (let k = 0; k < bucket; k++) past += curve[k] as number
  let ahead = 0
  for (let k = bucket; k < curve.length; k++) ahead += curve[k] as number
  const next = curve[bucket] as number
  if (next === ahead) return quantityUnits
  // With ratio both sides are multiplied by seen/past: seen * (past + next) / (seen * (past + ahead)).
  const isScaled = scale === 'ratio' && past > 0 && seen > 0
  const above = isScaled ? past + next : seen + next
  const below = isScaled ? past + ahead : seen + ahead
  return below === 0 ? 0 : floorLot(mulDivFloor(quantityUnits, above, below), lotUnits)
}

/** The volume-weighted average price of trades, and their volume; undefined without volume. */
export function volumeWeightedPrice(
  trades: readonly (readonly [price: DecimalInput, size: DecimalInput])[],
): { vwap: Decimal; volume: Decimal } | undefined {
  let value = new Decimal(0)
  let volume = new Decimal(0)
  for (const [price, size] of trades) {
    value = value.plus(new Decimal(price).times(size))
    volume = volume.plus(size)
  }
  return volume.isZero() ? undefined : { vwap: value.div(volume), volume }
}

/** The algorithm `vwap`. */
export class Vwap extends ScheduledAlgorithm<VwapParameters> {
  /** Curve of the window as whole numbers, for bending it by the day's volume. */
  #curve: number[] = []
  #quantityUnits = 0
  #lotUnits = 1
  #highest = 0
  #asked = -1
  #seenBase = Number.NaN
  #fullStartUs = 0

  override check(windowMs: number): void {
    const { curve = [], bucketMs, curveStartUs, dynamic } = this.parameters
    checkedWeights(curve, 'algo.curve')
    if (bucketMs !== undefined) requireNumber(bucketMs, 'algo.bucketMs', 1)
    if (curveStartUs !== undefined) requireWhole(curveStartUs, 'algo.curveStartUs', 1)
    if (dynamic !== undefined && !['off', 'none', 'ratio'].includes(dynamic))
      throw algoError('INVALID_PARAMETER', 'algo.dynamic', 'must be off, none or ratio')
    if (curveStartUs !== undefined && bucketMs === undefined)
      throw algoError('CONTRADICTION', 'algo.curveStartUs', 'needs bucketMs')
    if (windowMs < curve.length && bucketMs === undefined)
      throw algoError('HORIZON_TOO_SHORT', 'algo.curve', 'has buckets of less than a millisecond')
  }

  protected override plan(context: PlanContext): SlicePlan {
    const { curve = [], bucketMs, curveStartUs } = this.parameters
    const { quantityUnits, lotUnits, minSliceUnits, startUs, windowUs, fullWindowUs } = context
    const fullStartUs = startUs + windowUs - fullWindowUs
    const bucketUs = bucketMs === undefined ? fullWindowUs / curve.length : bucketMs * 1_000
    const originUs = curveStartUs ?? fullStartUs
    const from = startUs - originUs
    this.#curve = []
    // What is left of a window in which the curve expects nothing more is due at once.
    if (windowUs < fullWindowUs && !hasVolume(curve, bucketUs, from, from + windowUs))
      return { sizes: [quantityUnits], offsetsUs: [0] }
    const shares = curveInWindow(curve, bucketUs, from, from + windowUs)
    const weights = wholeWeights(shares)
    this.#curve = this.#dayCurve(shares, bucketUs, from, windowUs, context)
    this.#quantityUnits = quantityUnits
    this.#lotUnits = lotUnits
    this.#highest = 0
    this.#asked = -1
    this.#seenBase = Number.NaN
    this.#fullStartUs = fullStartUs
    return {
      sizes: vwapPlan({ quantityUnits, weights, lotUnits, minSliceUnits }),
      offsetsUs: weights.map((_, k) => Math.max(0, Math.floor(k * bucketUs - from))),
    }
  }

  protected override targetAt(due: number, view: ParentView): number {
    const { dynamic = 'off' } = this.parameters
    const planned = super.targetAt(due, view)
    if (dynamic === 'off' || this.#curve.length === 0) return planned
    const sinceStart = view.externalUnits + view.ownUnits
    // A window that was planned anew counts from there.
    if (Number.isNaN(this.#seenBase)) this.#seenBase = view.startUs > this.#fullStartUs ? sinceStart : 0
    const seen = sinceStart - this.#seenBase
    if (seen <= 0) return planned
    // The market's volume of the bucket under way is not known yet: each bucket is judged once, when it begins.
    if (due !== this.#asked) {
      this.#asked = due
      const target = dynamicTarget(this.#quantityUnits, this.#curve, due - 1, seen, this.#lotUnits, dynamic)
      this.#highest = Math.max(this.#highest, target)
    }
    return Math.min(this.#highest, this.#quantityUnits)
  }

  /** The window's part of the curve in units of the instrument: what `none` adds to the volume that was seen. */
  #dayCurve(
    shares: readonly number[],
    bucketUs: number,
    from: number,
    windowUs: number,
    context: PlanContext,
  ): number[] {
    const { curve = [] } = this.parameters
    let volume = 0
    for (let k = 0; k < curve.length; k++) {
      const overlap = Math.min(from + windowUs, (k + 1) * bucketUs) - Math.max(from, k * bucketUs)
      if (overlap > 0) volume += (Number(curve[k]) * overlap) / bucketUs
    }
    const units = context.instrument.nearestQuantityUnits(Math.round(volume))
    // A curve in shares has no volume of its own; its proportions do for `ratio`.
    return units >= 1_000 ? shares.map((share) => Math.round(share * units)) : wholeWeights(shares)
  }
}
