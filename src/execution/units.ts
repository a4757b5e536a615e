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

/** Digits after the point to which weights are taken, and digits in all: sums of many stay exact. */
const maxScale = 12
const maxDigits = 14

/** Weights of any unit as whole numbers in the same proportion, exact for decimals of up to twelve digits. */
export function wholeWeights(weights: readonly DecimalInput[]): number[] {
  const exact = weights.map((weight) => (typeof weight === 'number' ? plainText(weight) : weight))
  const largest = Math.max(0, ...weights.map(Number))
  const room = Math.max(0, maxDigits - String(Math.floor(largest)).length)
  const scale = Math.max(0, ...exact.map((weight) => scaleOf(weight)))
  if (scale <= Math.min(room, maxScale)) return exact.map((weight) => toUnits(weight, scale, 'weight'))
  const factor = 10 ** Math.min(room, maxScale)
  return weights.map((weight) => Math.round(Number(weight) * factor))
}

function plainText(weight: number): string {
  return String(Number(weight.toFixed(maxScale)))
}
