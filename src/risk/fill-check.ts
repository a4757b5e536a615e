/**
 * Executions at prices that should not be (C24): outside of the collar around the reference of the moment, on either side,
 * or worse than the order's own limit. They are booked all the same, and told.
 */

/** What is wrong with the price of an execution. */
export const FillFault = { none: 0, collar: 1, limit: 2 } as const

/**
 * The fault of an execution. Prices are units of the instrument; `limit`, `highest` and `lowest` (the collar's bounds) are
 * NaN where there are none. At a bound nothing is wrong, one unit beyond it something is.
 */
export function fillFault(side: number, price: number, limit: number, highest: number, lowest: number): number {
  if (side > 0 ? price > limit : price < limit) return FillFault.limit
  return price > highest || price < lowest ? FillFault.collar : FillFault.none
}
