/**
 * Exact sums with a binary fraction: wide integers (see wide.ts) with a third limb behind the point.
 *
 *     value = limb0 * 2^53 + limb1 + limb2 / 2^53,   0 <= limb1, limb2 < 2^53,   limb0 a safe integer with the sign
 *
 * Costs of positions are such sums: products of price and quantity add up without any rounding, and where a share of a
 * cost has to be taken (a division) the rest that is lost is below 2^-53 of one price unit times one quantity unit, to a
 * side that the caller chooses. Three neighbouring cells of a Float64Array hold one amount.
 */
import { divideCell, divideLimb, LIMB, multiplyPair, setProduct } from './wide.js'

/** How many cells one amount takes. */
export const AMOUNT_CELLS = 3

const work = new Float64Array(10)

/** Stores zero. */
export function clearAmount(cells: Float64Array, at: number): void {
  cells[at] = 0
  cells[at + 1] = 0
  cells[at + 2] = 0
}

/** Copies an amount. */
export function copyAmount(to: Float64Array, toAt: number, from: Float64Array, fromAt: number): void {
  to[toAt] = from[fromAt] as number
  to[toAt + 1] = from[fromAt + 1] as number
  to[toAt + 2] = from[fromAt + 2] as number
}

/** Stores the exact product of two safe integers. */
export function setAmountProduct(cells: Float64Array, at: number, a: number, b: number): void {
  setProduct(cells, at, a, b)
  cells[at + 2] = 0
}

/**
 * Stores `2^53 * numerator / divisor`: limb0 holds the whole part of the quotient, the two other limbs 106 bits behind
 * its point. Truncated toward zero, so that opposite numerators give opposite amounts. `divisor` is a safe integer above 0.
 */
export function setAmountQuotient(cells: Float64Array, at: number, numerator: number, divisor: number): void {
  const size = Math.abs(numerator)
  const rest = size % divisor
  cells[at] = (size - rest) / divisor
  const next = divideLimb(cells, at + 1, rest, 0, divisor)
  divideLimb(cells, at + 2, next, 0, divisor)
  if (numerator < 0) negateAmount(cells, at)
}

/** Adds the amount at `from[fromAt]` to the one at `cells[at]`. False, with nothing changed, when the sum does not fit. */
export function addAmount(cells: Float64Array, at: number, from: Float64Array, fromAt: number): boolean {
  const fraction = cells[at + 2] as number
  const fractionRoom = LIMB - (from[fromAt + 2] as number)
  const fractionCarries = fraction >= fractionRoom
  const low = from[fromAt + 1] as number
  const own = cells[at + 1] as number
  // own + low + carry >= 2^53, without leaving the safe integers
  const room = LIMB - low - (fractionCarries ? 1 : 0)
  const carries = own >= room
  const high = (cells[at] as number) + ((from[fromAt] as number) + (carries ? 1 : 0))
  if (high >= LIMB || high <= -LIMB) return false
  cells[at] = high
  cells[at + 1] = carries ? own - room : own + low + (fractionCarries ? 1 : 0)
  cells[at + 2] = fractionCarries ? fraction - fractionRoom : fraction + (from[fromAt + 2] as number)
  return true
}

/** Changes the sign of an amount. */
export function negateAmount(cells: Float64Array, at: number): void {
  const fraction = cells[at + 2] as number
  const borrowed = fraction === 0 ? 0 : 1
  const low = (cells[at + 1] as number) + borrowed
  cells[at + 2] = borrowed === 0 ? 0 : LIMB - fraction
  cells[at + 1] = low === 0 || low === LIMB ? 0 : LIMB - low
  cells[at] = -(cells[at] as number) - (low === 0 ? 0 : 1) + 0
}

/** Subtracts the amount at `from[fromAt]`. False, with nothing changed, when the difference does not fit. */
export function subtractAmount(cells: Float64Array, at: number, from: Float64Array, fromAt: number): boolean {
  copyAmount(work, 7, from, fromAt)
  negateAmount(work, 7)
  return addAmount(cells, at, work, 7)
}

/**
 * Replaces an amount by its share `multiplier / divisor` (0 <= multiplier <= divisor, divisor above 0, safe integers).
 * What does not fit 2^-53 is rounded toward minus infinity, or toward plus infinity when `up` is set.
 */
export function takeShare(cells: Float64Array, at: number, multiplier: number, divisor: number, up: boolean): void {
  if (multiplier === divisor) return
  const negative = (cells[at] as number) < 0
  if (negative) negateAmount(cells, at)
  const exact = shareOfMagnitude(cells, at, multiplier, divisor)
  if (!exact && negative !== up) addUlp(cells, at)
  if (negative) negateAmount(cells, at)
}

/** Floor of a non-negative amount times multiplier / divisor; whether it is exact. */
function shareOfMagnitude(cells: Float64Array, at: number, multiplier: number, divisor: number): boolean {
  if (cells[at] === 0 && (cells[at + 1] as number) * multiplier < LIMB)
    return shareOfSmall(cells, at, multiplier, divisor)
  // Schoolbook: the amount times the multiplier has four limbs in work[0..3], highest first.
  setProduct(work, 4, cells[at + 2] as number, multiplier)
  work[3] = work[5] as number
  let carry = work[4] as number
  setProduct(work, 4, cells[at + 1] as number, multiplier)
  work[2] = addCarry(work[5] as number, carry)
  carry = (work[4] as number) + carryOf(work[5] as number, carry)
  if (cells[at] === 0) {
    work[1] = carry
    work[0] = 0
    return divideLimbs(cells, at, divisor)
  }
  setProduct(work, 4, cells[at] as number, multiplier)
  work[1] = addCarry(work[5] as number, carry)
  work[0] = (work[4] as number) + carryOf(work[5] as number, carry)
  return divideLimbs(cells, at, divisor)
}

/** As {@link shareOfMagnitude} where the whole part times the multiplier fits a double. */
function shareOfSmall(cells: Float64Array, at: number, multiplier: number, divisor: number): boolean {
  const product = (cells[at + 1] as number) * multiplier
  let whole = Math.floor(product / divisor)
  let rest = product - whole * divisor
  // The quotient may be rounded up to the next whole number.
  if (rest < 0) {
    whole -= 1
    rest += divisor
  }
  if (cells[at + 2] === 0 && rest === 0) {
    cells[at + 1] = whole
    return true
  }
  work[4] = cells[at + 2] as number
  work[5] = multiplier
  multiplyPair(work, 4)
  // Compared before it is added: the sum of the two may pass what a double holds exactly.
  const carry = work[4] as number
  if (rest >= divisor - carry) {
    rest -= divisor - carry
    whole += 1
  } else rest += carry
  cells[at + 1] = whole
  return divideCell(cells, at + 2, rest, work, 5, divisor) === 0
}

/** Divides the four limbs of work; whether there is no rest. */
function divideLimbs(cells: Float64Array, at: number, divisor: number): boolean {
  // The quotient is below the amount, so its limb above the highest is zero and the highest product limb a remainder.
  let rest = 0
  if (work[0] === 0 && work[1] === 0) cells[at] = 0
  else rest = divideLimb(cells, at, work[0] as number, work[1] as number, divisor)
  rest = divideLimb(cells, at + 1, rest, work[2] as number, divisor)
  rest = divideLimb(cells, at + 2, rest, work[3] as number, divisor)
  return rest === 0
}

function addCarry(limb: number, carry: number): number {
  return limb >= LIMB - carry ? limb - (LIMB - carry) : limb + carry
}

function carryOf(limb: number, carry: number): number {
  return limb >= LIMB - carry ? 1 : 0
}

function addUlp(cells: Float64Array, at: number): void {
  if ((cells[at + 2] as number) + 1 < LIMB) {
    cells[at + 2] = (cells[at + 2] as number) + 1
    return
  }
  cells[at + 2] = 0
  const low = (cells[at + 1] as number) + 1
  cells[at + 1] = low < LIMB ? low : 0
  if (low >= LIMB) cells[at] = (cells[at] as number) + 1
}

/** An amount as the nearest double, to within one unit in its last place. */
export function amountToNumber(cells: Float64Array, at: number): number {
  if ((cells[at] as number) >= 0) return magnitudeToNumber(cells, at)
  copyAmount(work, 7, cells, at)
  negateAmount(work, 7)
  return -magnitudeToNumber(work, 7)
}

function magnitudeToNumber(cells: Float64Array, at: number): number {
  return (cells[at] as number) * LIMB + ((cells[at + 1] as number) + (cells[at + 2] as number) / LIMB)
}
