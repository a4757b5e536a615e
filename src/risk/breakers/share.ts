/**
 * Whether a part of a whole has reached a share, in exact decimals: (110 - 101.2) / 110 is 8 %, and its double is not.
 *
 * Doubles decide where the two are far apart, which is nearly always; Decimals decide near the threshold.
 */
import { approximate, Decimal, type DecimalInput } from '../../model/decimal.js'

/** So far off the threshold (relative to the whole) doubles are right. */
const clear = 1e-9

/** Whether `part / whole >= percent / 100 * factor`, for a whole above 0. NaN anywhere says false. */
export function reachesShare(part: DecimalInput, whole: DecimalInput, percent: number, factor = 1): boolean {
  const all = roughly(whole)
  const about = roughly(part) - (all * percent * factor) / 100
  const margin = Math.abs(all) * clear
  if (about > margin) return true
  if (!(about >= -margin)) return false
  return new Decimal(part).mul(100).gte(new Decimal(whole).mul(percent).mul(factor))
}

function roughly(value: DecimalInput): number {
  return typeof value === 'object' ? approximate(value) : Number(value)
}

/** A finite amount as Decimal; undefined for NaN, infinities and what is missing. */
export function amountOf(value: DecimalInput | undefined): Decimal | undefined {
  if (value === undefined) return undefined
  const amount = value instanceof Decimal ? value : new Decimal(value)
  return amount.isFinite() ? amount : undefined
}
