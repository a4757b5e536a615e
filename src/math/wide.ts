/**
 * Exact products and sums of safe integers beyond 2^53, without BigInt and without allocation.
 *
 * A wide integer is two doubles that hold whole numbers, high limb first:
 *
 *     value = high * 2^53 + low,   0 <= low < 2^53,   high a safe integer (it carries the sign)
 *
 * Two safe integers multiplied always fit. Wide integers live in two neighbouring cells of a Float64Array, so that a
 * table of positions keeps exact sums without an object per number. The product uses Dekker's error-free transformation
 * (T. J. Dekker, "A floating-point technique for extending the available precision", 1971): a*b = p + e with p the rounded
 * product and e its rounding error, both doubles.
 */

/** What one step of the high limb is worth: 2^53. */
export const LIMB = 9007199254740992

/** 2^27 + 1, which splits a double into two halves of 26 bits (Veltkamp). */
const SPLITTER = 134217729

const scratch = new Float64Array(4)

/** Stores the exact product of two safe integers in `cells[at]` and `cells[at + 1]`. */
export function setProduct(cells: Float64Array, at: number, a: number, b: number): void {
  cells[at] = a
  cells[at + 1] = b
  multiplyPair(cells, at)
}

/**
 * Replaces the two safe integers in `cells[at]` and `cells[at + 1]` by their exact product. Large numbers that lie in cells
 * cost no memory; as arguments of a call that is not inlined they would.
 */
export function multiplyPair(cells: Float64Array, at: number): void {
  const a = cells[at] as number
  const b = cells[at + 1] as number
  const product = a * b
  if (product < LIMB && product > -LIMB) {
    cells[at] = product < 0 ? -1 : 0
    cells[at + 1] = product < 0 ? product + LIMB : product + 0
    return
  }
  const wideA = SPLITTER * a
  const highA = wideA - (wideA - a)
  const lowA = a - highA
  const wideB = SPLITTER * b
  const highB = wideB - (wideB - b)
  const lowB = b - highB
  const error = lowA * lowB - (product - highA * highB - lowA * highB - highA * lowB)
  let high = Math.floor(product / LIMB)
  let low = product - high * LIMB + error
  if (low < 0) {
    high -= 1
    low += LIMB
  }
  cells[at] = high
  cells[at + 1] = low
}

/** Stores a safe integer as a wide one. */
export function setWide(cells: Float64Array, at: number, value: number): void {
  cells[at] = value < 0 ? -1 : 0
  cells[at + 1] = value < 0 ? value + LIMB : value + 0
}

/** Adds `high * 2^53 + low` to a cell pair. False, with the pair unchanged, when the sum does not fit. */
export function addLimbs(cells: Float64Array, at: number, high: number, low: number): boolean {
  const room = LIMB - low
  const own = cells[at + 1] as number
  const carries = own >= room
  const sum = (cells[at] as number) + (high + (carries ? 1 : 0))
  if (sum >= LIMB || sum <= -LIMB) return false
  cells[at] = sum
  cells[at + 1] = carries ? own - room : own + low
  return true
}

/** Adds the exact product of two safe integers to a cell pair. False, with the pair unchanged, when the sum does not fit. */
export function addProduct(cells: Float64Array, at: number, a: number, b: number): boolean {
  setProduct(scratch, 0, a, b)
  return addLimbs(cells, at, scratch[0] as number, scratch[1] as number)
}

/** Adds a safe integer to a cell pair. False, with the pair unchanged, when the sum does not fit. */
export function addSafe(cells: Float64Array, at: number, value: number): boolean {
  return addLimbs(cells, at, value < 0 ? -1 : 0, value < 0 ? value + LIMB : value)
}

/** Sign of (first - second) of two wide integers: -1, 0 or 1. */
export function compareLimbs(firstHigh: number, firstLow: number, secondHigh: number, secondLow: number): number {
  if (firstHigh !== secondHigh) return firstHigh < secondHigh ? -1 : 1
  if (firstLow !== secondLow) return firstLow < secondLow ? -1 : 1
  return 0
}

/** Sign of (a * b - limit), where the limit is a wide integer given by its limbs. */
export function compareProductToLimbs(a: number, b: number, limitHigh: number, limitLow: number): number {
  setProduct(scratch, 0, a, b)
  return compareLimbs(scratch[0] as number, scratch[1] as number, limitHigh, limitLow)
}

/** Sign of (a * b - limit) for safe integers. */
export function compareProductToSafe(a: number, b: number, limit: number): number {
  return compareProductToLimbs(a, b, limit < 0 ? -1 : 0, limit < 0 ? limit + LIMB : limit)
}

/** Sign of (a * b - c * d) for safe integers. */
export function compareProducts(a: number, b: number, c: number, d: number): number {
  setProduct(scratch, 0, a, b)
  setProduct(scratch, 2, c, d)
  return compareLimbs(scratch[0] as number, scratch[1] as number, scratch[2] as number, scratch[3] as number)
}

/** A cell pair as the nearest double. */
export function wideToNumber(cells: Float64Array, at: number): number {
  return (cells[at] as number) * LIMB + (cells[at + 1] as number)
}

/**
 * Divides `remainder * 2^53 + limb` by `divisor` exactly, where 0 <= remainder < divisor < 2^53 and 0 <= limb < 2^53.
 * Stores the quotient (below 2^53) in `out[at]` and returns the new remainder.
 */
export function divideLimb(out: Float64Array, at: number, remainder: number, limb: number, divisor: number): number {
  scratch[2] = limb
  return divideCell(out, at, remainder, scratch, 2, divisor)
}

/** As {@link divideLimb}, with the limb in `limbs[from]`: see {@link multiplyPair} for why. */
export function divideCell(
  out: Float64Array,
  at: number,
  remainder: number,
  limbs: Float64Array,
  from: number,
  divisor: number,
): number {
  const limb = limbs[from] as number
  let quotient = Math.min(LIMB - 1, Math.floor((remainder * LIMB + limb) / divisor))
  scratch[0] = quotient
  scratch[1] = divisor
  multiplyPair(scratch, 0)
  let restHigh = remainder - (scratch[0] as number)
  let rest = limb - (scratch[1] as number)
  if (rest < 0) {
    rest += LIMB
    restHigh -= 1
  }
  // The estimate above is a few units off at most: the exact remainder says which way.
  const complement = LIMB - divisor
  while (restHigh < 0) {
    quotient -= 1
    if (rest >= complement) {
      rest -= complement
      restHigh += 1
    } else rest += divisor
  }
  while (restHigh > 0 || rest >= divisor) {
    quotient += 1
    if (rest < divisor) {
      rest += complement
      restHigh -= 1
    } else rest -= divisor
  }
  out[at] = quotient
  return rest
}
