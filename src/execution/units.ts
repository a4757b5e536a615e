/** Exact arithmetic on whole numbers: quantities of plans are counted in units of the size increment, never in floats. */
import { type DecimalInput, scaleOf, toUnits } from '../model/decimal.js'

/** floor(a * b / c) for whole numbers from 0, `c` above 0; exact, whatever their size. */
export function mulDivFloor(a: number, b: number, c: number): number {
  const product = a * b
  if (product > Number.MAX_SAFE_INTEGER) return Number((BigInt(a) * BigInt(b)) / BigInt(c))
  const quotient = Math.floor(product / c)
  // A quotient next to a whole number may have been rounded up to it.
  return quotient * c > product ? quotient - 1 : quotient
}

/** The largest multiple of `lot` that is not above `units`. */
export function floorLot(units: number, lot: number): number {
  return units - (units % lot)
}

/** Digits to which numbers without an exact decimal are taken. */
const maxScale = 12

/** Weights of any unit as whole numbers in the same proportion, exact for decimals of up to twelve digits. */
export function wholeWeights(weights: readonly DecimalInput[]): number[] {
  const exact = weights.map((weight) =>
    typeof weight === 'number' ? String(Number(weight.toFixed(maxScale))) : weight,
  )
  const scale = Math.min(maxScale, Math.max(0, ...exact.map((weight) => scaleOf(weight))))
  return exact.map((weight) => toUnits(weight, scale, 'weight'))
}
