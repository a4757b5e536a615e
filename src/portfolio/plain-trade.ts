/**
 * What accounting.ts does to a position, for the trades that nearly all are: average cost, no inverse contract, and sums
 * below 2^53 in price units x quantity units, where doubles are exact. What does not fit is left to accounting.ts; both
 * give the same limbs.
 */
import { takeShare } from '../math/amount.js'
import { LIMB } from '../math/wide.js'
import { BASIS, BASIS_QUANTITY, CYCLE, CYCLES, FLOW, QUANTITY } from './position-fields.js'

/**
 * Books a trade into the row at `at` of a position table; `value` is its signed value, below 2^53 in size. False, with
 * nothing changed, when a sum leaves the range: use `applyTrade` then.
 */
export function applyPlainTrade(
  cells: Float64Array,
  at: number,
  signedUnits: number,
  priceUnits: number,
  value: number,
): boolean {
  const flow = cells[at + FLOW] * LIMB + cells[at + FLOW + 1] + value
  const basis = cells[at + BASIS] * LIMB + cells[at + BASIS + 1]
  if (!isOneLimb(cells[at + FLOW]) || !isOneLimb(cells[at + BASIS]) || !fits(flow) || !fits(basis + value)) return false
  const quantity = cells[at + QUANTITY]
  const rest = quantity + signedUnits
  if (quantity === 0 || quantity > 0 === signedUnits > 0) {
    const basisQuantity = cells[at + BASIS_QUANTITY]
    if (quantity === basisQuantity) setWhole(cells, at + BASIS, basis + value)
    else {
      takeShare(cells, at + BASIS, Math.abs(quantity), Math.abs(basisQuantity), false)
      setWhole(cells, at + BASIS, cells[at + BASIS] * LIMB + cells[at + BASIS + 1] + value)
    }
    cells[at + BASIS_QUANTITY] = rest
  } else if (rest === 0 || rest > 0 !== quantity > 0) {
    // Closed, and what is left of the trade opens the other side; its cycle starts where the old one ended.
    const opened = rest * priceUnits
    setWhole(cells, at + BASIS, opened)
    cells[at + BASIS + 2] = 0
    cells[at + BASIS_QUANTITY] = rest
    setWhole(cells, at + CYCLE, flow - opened)
    cells[at + CYCLE + 2] = 0
    cells[at + CYCLES] = cells[at + CYCLES] + 1
  }
  cells[at + QUANTITY] = rest
  setWhole(cells, at + FLOW, flow)
  return true
}

/** Adds a whole number to a sum of two limbs. False, with nothing changed, when the sum leaves one limb. */
export function addWhole(cells: Float64Array, at: number, value: number): boolean {
  const sum = cells[at] * LIMB + cells[at + 1] + value
  if (!isOneLimb(cells[at]) || !fits(sum)) return false
  setWhole(cells, at, sum)
  return true
}

/** Whether the limbs below the highest hold the whole number, as a double is exact for it. */
function isOneLimb(high: number): boolean {
  return high === 0 || high === -1
}

function fits(sum: number): boolean {
  return sum < LIMB && sum > -LIMB
}

function setWhole(cells: Float64Array, at: number, value: number): void {
  cells[at] = value < 0 ? -1 : 0
  cells[at + 1] = value < 0 ? value + LIMB : value
}
