/**
 * Two limits of single orders in exact decimals: for hosts that want to know before they ask, and for displays. The gate
 * checks the same in the units of the instrument.
 */
import { Decimal, type DecimalInput } from '../../model/decimal.js'
import type { Side } from '../../model/order-types.js'
import { amountOf } from './share.js'

/** What a limit says: at the limit it passes, above it rejects; from the warning level on it warns. */
export type LimitLevel = 'PASS' | 'WARN' | 'REJECT'

/** Value of one order against a limit (1,000,000, warning from half of it, unless given). A value that is not known is rejected. */
export function orderValueLevel(
  notional: DecimalInput | undefined,
  { limit = 1_000_000, warnAt = 0.5 }: { limit?: DecimalInput; warnAt?: number } = {},
): LimitLevel {
  const value = amountOf(notional)?.abs()
  if (value === undefined || value.gt(limit)) return 'REJECT'
  return value.gte(new Decimal(limit).mul(warnAt)) ? 'WARN' : 'PASS'
}

/** A position with what works on both sides, and what its size is measured by. */
export interface PositionShare {
  position: DecimalInput
  workingBuys: DecimalInput
  workingSells: DecimalInput
  /** Value of one unit in the base currency. */
  price: DecimalInput | undefined
  equity: DecimalInput | undefined
  /** Share of equity; 0.1 unless given. */
  limit?: number
  /** Share of the limit from which it warns; off unless given. */
  warnAt?: number
}

/**
 * The largest position that an order and all that works on its side could lead to, against a share of equity. An order that
 * only makes the position smaller passes. Without price or equity it is rejected.
 */
export function positionShareLevel(share: PositionShare, side: Side, quantity: DecimalInput): LimitLevel {
  const price = amountOf(share.price)
  const equity = amountOf(share.equity)
  if (price === undefined || equity === undefined) return 'REJECT'
  const held = new Decimal(share.position)
  const worst =
    side === 'buy'
      ? held.plus(share.workingBuys).plus(quantity)
      : held.negated().plus(share.workingSells).plus(quantity)
  const value = worst.mul(price.abs())
  const most = equity.mul(share.limit ?? 0.1)
  if (value.gt(most) && worst.gt(0)) return 'REJECT'
  return share.warnAt !== undefined && value.gte(most.mul(share.warnAt)) ? 'WARN' : 'PASS'
}
