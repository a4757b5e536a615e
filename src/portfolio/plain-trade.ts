/**
 * What accounting.ts does to a position, for the trades that nearly all are: average cost, no inverse contract, and sums
 * below 2^52 in price units x quantity units, where doubles are exact. What does not fit is left to accounting.ts; both
 * give the same limbs.
 */
import { takeShare } from '../math/amount.js'
import { LIMB } from '../math/wide.js'
import {
  BASIS,
  BASIS_FRACTION,
  BASIS_LOW,
  BASIS_QUANTITY,
  CYCLE,
  CYCLE_FRACTION,
  CYCLE_LOW,
  CYCLES,
  FEES,
  FEES_LOW,
  FLOW,
  FLOW_LOW,
  HIGH_DIGIT,
  LOW_DIGIT,
  MOST_DIVISOR,
  PLAIN_SQUARES,
  QUANTITY,
  TS_UPDATED,
} from './position-fields.js'

/**
 * Books a trade, worth `value` = signed units x price units, and its fee into the row at `at` of a position table. Both are
 * below `PLAIN_VALUE`, so sums that are below twice that now were exact doubles before. False, with nothing changed,
 * when they are not: use `applyTrade` and `addSafe` then.
 * What cannot be foreseen, the signs of sums, is computed and not branched on.
 */
export function applyPlainTrade(
  cells: Float64Array,
  at: number,
  signedUnits: number,
  priceUnits: number,
  value: number,
  feeUnits: number,
  tsUs: number,
): boolean {
  const flow = cells[at + FLOW] * LIMB + cells[at + FLOW_LOW] + value
  const fees = cells[at + FEES] * LIMB + cells[at + FEES_LOW] + feeUnits
  let basis = cells[at + BASIS] * LIMB + cells[at + BASIS_LOW] + value
  if (!(flow * flow + fees * fees + basis * basis < PLAIN_SQUARES)) return false
  // QUANTITY is the first column: named at its place 0, without a sum. What is longer than 460 bytes of code is not inlined.
  const quantity = cells[at]
  const rest = quantity + signedUnits
  const flowHigh = Math.floor(flow / LIMB)
  const feesHigh = Math.floor(fees / LIMB)
  cells[at + FLOW] = flowHigh
  cells[at + FLOW_LOW] = flow - flowHigh * LIMB
  cells[at + FEES] = feesHigh
  cells[at + FEES_LOW] = fees - feesHigh * LIMB
  if (tsUs > cells[at + TS_UPDATED]) cells[at + TS_UPDATED] = tsUs
  if (quantity * signedUnits >= 0) {
    if (quantity !== cells[at + BASIS_QUANTITY]) {
      takeOpenShare(cells, at)
      basis = cells[at + BASIS_LOW] + value
    }
  } else if (rest * quantity <= 0) {
    // Closed, and what is left of the trade opens the other side.
    basis = rest * priceUnits + 0
    cells[at + BASIS_LOW] = basis
    startCycle(cells, at)
  } else {
    cells[at] = rest
    return true
  }
  const basisHigh = Math.floor(basis / LIMB)
  cells[at + BASIS] = basisHigh
  cells[at + BASIS_LOW] = basis - basisHigh * LIMB
  cells[at + BASIS_QUANTITY] = rest
  cells[at] = rest
  return true
}

/**
 * A cycle starts where the one before it ended: with the flow of now, less the basis that opens it. Large numbers are handed
 * over in cells here and below: as arguments or results of calls that are not inlined they would cost memory.
 */
function startCycle(cells: Float64Array, at: number): void {
  const cycle = cells[at + FLOW] * LIMB + cells[at + FLOW_LOW] - cells[at + BASIS_LOW]
  const high = Math.floor(cycle / LIMB)
  cells[at + BASIS_FRACTION] = 0
  cells[at + CYCLE] = high
  cells[at + CYCLE_LOW] = cycle - high * LIMB
  cells[at + CYCLE_FRACTION] = 0
  cells[at + CYCLES] += 1
}

/**
 * Replaces the basis of a position that was partly closed by the share of it that is still open, as `takeShare` does, rounded
 * toward minus infinity. Leaves its whole part in the low cell, sign included, for the caller to normalise.
 *
 * A long division in three digits: the whole part and two halves of the fraction. The quotient of whole numbers below 2^53
 * never rounds up to the next whole number, so `Math.floor` gives every digit.
 */
function takeOpenShare(cells: Float64Array, at: number): void {
  const open = Math.abs(cells[at + QUANTITY])
  const divisor = Math.abs(cells[at + BASIS_QUANTITY])
  const fraction = cells[at + BASIS_FRACTION]
  const product = (cells[at + BASIS] * LIMB + cells[at + BASIS_LOW]) * open
  if (divisor > MOST_DIVISOR || !(Math.abs(product) < LIMB / 2)) {
    takeShare(cells, at + BASIS, open, divisor, false)
    cells[at + BASIS_LOW] = cells[at + BASIS] * LIMB + cells[at + BASIS_LOW]
    return
  }
  const whole = Math.floor(product / divisor)
  const high = Math.floor(fraction / LOW_DIGIT)
  const highProduct = (product - whole * divisor) * HIGH_DIGIT + high * open
  const highShare = Math.floor(highProduct / divisor)
  const lowProduct = (highProduct - highShare * divisor) * LOW_DIGIT + (fraction - high * LOW_DIGIT) * open
  const lowShare = Math.floor(lowProduct / divisor)
  // What of a digit is too large for its place is carried to the one before it.
  const lowCarry = Math.floor(lowShare / LOW_DIGIT)
  const highCarry = Math.floor((highShare + lowCarry) / HIGH_DIGIT)
  const highPlace = highShare + lowCarry - highCarry * HIGH_DIGIT
  cells[at + BASIS_FRACTION] = highPlace * LOW_DIGIT + (lowShare - lowCarry * LOW_DIGIT)
  cells[at + BASIS_LOW] = whole + highCarry
}
