/**
 * What accounting.ts does to a position, for the trades that nearly all are: average cost, no inverse contract, and sums
 * below 2^53 in price units x quantity units, where doubles are exact. What does not fit is left to accounting.ts; both
 * give the same limbs.
 */
import { takeShare } from '../math/amount.js'
import { LIMB } from '../math/wide.js'
import { BASIS, BASIS_QUANTITY, CYCLE, CYCLES, FLOW, QUANTITY } from './position-fields.js'

/**
 * Books a trade into the row at `at` of a position table. False, with nothing changed, when a sum leaves the range: use
 * `applyTrade` then.
 */
export function applyPlainTrade(cells: Float64Array, at: number, signedUnits: number, priceUnits: number): boolean {
  const value = signedUnits * priceUnits
  const flow = cells[at + FLOW] * LIMB + cells[at + FLOW + 1] + value
  let basis = cells[at + BASIS] * LIMB + cells[at + BASIS + 1] + value
  if (!isOneLimb(cells[at + FLOW]) || !isOneLimb(cells[at + BASIS]) || !fits(value) || !fits(flow) || !fits(basis)) {
    return false
  }
  const quantity = cells[at + QUANTITY]
  const rest = quantity + signedUnits
  cells[at + QUANTITY] = rest
  cells[at + FLOW] = flow < 0 ? -1 : 0
  cells[at + FLOW + 1] = flow < 0 ? flow + LIMB : flow
  if (quantity === 0 || quantity > 0 === signedUnits > 0) {
    const basisQuantity = cells[at + BASIS_QUANTITY]
    if (quantity !== basisQuantity) {
      takeShare(cells, at + BASIS, Math.abs(quantity), Math.abs(basisQuantity), false)
      basis = cells[at + BASIS] * LIMB + cells[at + BASIS + 1] + value
    }
  } else if (rest === 0 || rest > 0 !== quantity > 0) {
    // Closed, and what is left of the trade opens the other side; its cycle starts where the old one ended.
    basis = rest * priceUnits
    cells[at + BASIS + 2] = 0
    const cycle = flow - basis
    cells[at + CYCLE] = cycle < 0 ? -1 : 0
    cells[at + CYCLE + 1] = cycle < 0 ? cycle + LIMB : cycle
    cells[at + CYCLE + 2] = 0
    cells[at + CYCLES] = cells[at + CYCLES] + 1
  } else return true
  cells[at + BASIS] = basis < 0 ? -1 : 0
  cells[at + BASIS + 1] = basis < 0 ? basis + LIMB : basis
  cells[at + BASIS_QUANTITY] = rest
  return true
}

/** Adds a whole number to a sum of two limbs. False, with nothing changed, when the sum leaves one limb. */
export function addWhole(cells: Float64Array, at: number, value: number): boolean {
  const sum = cells[at] * LIMB + cells[at + 1] + value
  if (!isOneLimb(cells[at]) || !fits(sum)) return false
  cells[at] = sum < 0 ? -1 : 0
  cells[at + 1] = sum < 0 ? sum + LIMB : sum
  return true
}

/** Whether the limbs below the highest hold the whole number, as a double is exact for it. */
function isOneLimb(high: number): boolean {
  return high === 0 || high === -1
}

function fits(sum: number): boolean {
  return sum < LIMB && sum > -LIMB
}
