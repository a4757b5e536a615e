/** What rounding cut off the positions of a split, in words and Decimals. */
import { Decimal, unitsToDecimal } from '../model/decimal.js'
import type { Portfolio } from './portfolio.js'
import { TOTAL } from './position-fields.js'
import type { PlannedSplit } from './splitting.js'

/** A piece of a position that a split cut off because it is below the size grid. To be paid out in cash. */
export interface SplitFraction {
  account: string
  /** Absent for the total. */
  strategy?: string
  quantity: Decimal
}

/** The pieces, of positions and of totals. */
export function fractionsOf(
  { table, accounts, strategies }: Pick<Portfolio, 'table' | 'accounts' | 'strategies'>,
  rows: readonly PlannedSplit[],
): SplitFraction[] {
  return rows
    .filter(({ cutParts }) => cutParts !== 0)
    .map(({ slot, cutParts, denominator }) => {
      const strategy = table.strategyOf(slot)
      return {
        account: accounts.name(table.accountOf(slot)),
        ...(strategy === TOTAL ? {} : { strategy: strategies.name(strategy) }),
        quantity: unitsToDecimal(cutParts, table.instrumentOf(slot).sizeScale).div(new Decimal(denominator)),
      }
    })
}
