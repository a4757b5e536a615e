/**
 * What accounting.ts does to a position, for the trades that nearly all are: average cost, no inverse contract, and sums
 * below 2^53 in price units x quantity units, where doubles are exact. What does not fit is left to accounting.ts; both
 * give the same limbs.
 */
import { takeShare } from '../math/amount.js'
import { LIMB } from '../math/wide.js'
import * as Row from './history-fields.js'
import {
  BASIS,
  BASIS_QUANTITY,
  CYCLE,
  CYCLES,
  FEES,
  FLOW,
  OFFSET,
  OWN_ROW,
  QUANTITY,
  TOTAL_ROW,
  TS_UPDATED,
} from './position-fields.js'

/**
 * Books a trade of the history, at `from` of its cells, and the trade's fee, into the rows at `own` and `total` of a position
 * table. Returns which of them it left as they were (bits {@link OWN_ROW} and {@link TOTAL_ROW}), because a sum leaves the range: use `applyTrade` and `addSafe` there.
 * What cannot be foreseen, the signs of sums, is computed and not branched on.
 */
export function applyPlainTrade(
  cells: Float64Array,
  own: number,
  total: number,
  trades: Float64Array,
  from: number,
  tsUs: number,
): number {
  const signedUnits = trades[from + Row.QUANTITY]
  const priceUnits = trades[from + Row.PRICE]
  const feeUnits = trades[from + Row.FEE]
  const value = signedUnits * priceUnits
  let left = Math.abs(value) < LIMB ? 0 : OWN_ROW | TOTAL_ROW
  for (let bit = OWN_ROW; bit <= TOTAL_ROW; bit++) {
    const row = (bit === OWN_ROW ? own : total) & OFFSET
    const flowHigh = cells[row + FLOW]
    const basisHigh = cells[row + BASIS]
    const feesHigh = cells[row + FEES]
    const flow = flowHigh * LIMB + cells[row + FLOW + 1] + value
    let basis = basisHigh * LIMB + cells[row + BASIS + 1] + value
    const fees = feesHigh * LIMB + cells[row + FEES + 1] + feeUnits
    // 0 and -1 are the whole numbers h with h * (h + 1) = 0, others are above. With these high limbs doubles are exact.
    const excess = flowHigh * (flowHigh + 1) + basisHigh * (basisHigh + 1) + feesHigh * (feesHigh + 1) + (left & bit)
    if (excess !== 0 || !(Math.abs(flow) < LIMB && Math.abs(basis) < LIMB && Math.abs(fees) < LIMB)) {
      left |= bit
      continue
    }
    const quantity = cells[row + QUANTITY]
    const rest = quantity + signedUnits
    const flowSign = Math.floor(flow / LIMB) + 0
    const feesSign = Math.floor(fees / LIMB) + 0
    cells[row + QUANTITY] = rest
    cells[row + FLOW] = flowSign
    cells[row + FLOW + 1] = flow - flowSign * LIMB
    cells[row + FEES] = feesSign
    cells[row + FEES + 1] = fees - feesSign * LIMB
    if (tsUs > cells[row + TS_UPDATED]) cells[row + TS_UPDATED] = tsUs
    if (quantity * signedUnits >= 0) {
      const basisQuantity = cells[row + BASIS_QUANTITY]
      if (quantity !== basisQuantity) {
        takeShare(cells, row + BASIS, Math.abs(quantity), Math.abs(basisQuantity), false)
        basis = cells[row + BASIS] * LIMB + cells[row + BASIS + 1] + value
      }
    } else if (rest * quantity <= 0) {
      // Closed, and what is left of the trade opens the other side; its cycle starts where the old one ended.
      basis = rest * priceUnits
      const cycle = flow - basis
      const cycleSign = Math.floor(cycle / LIMB) + 0
      cells[row + BASIS + 2] = 0
      cells[row + CYCLE] = cycleSign
      cells[row + CYCLE + 1] = cycle - cycleSign * LIMB
      cells[row + CYCLE + 2] = 0
      cells[row + CYCLES] = cells[row + CYCLES] + 1
    } else continue
    const basisSign = Math.floor(basis / LIMB) + 0
    cells[row + BASIS] = basisSign
    cells[row + BASIS + 1] = basis - basisSign * LIMB
    cells[row + BASIS_QUANTITY] = rest
  }
  return left
}
