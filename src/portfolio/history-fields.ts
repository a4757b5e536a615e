/** Columns of a row of the trade history, one cache line; constants for the reason given in position-fields.ts. */

/** Row of the position. */
export const SLOT = 0
/** One of `TradeKind`. */
export const KIND = 1
/** Signed units. */
export const QUANTITY = 2
/** Price units. */
export const PRICE = 3
/** The trade this one belongs to, for inventory given up as a fee. */
export const PARENT = 4
/** Conversion rates of settlement to base currency at the time of the trade; NaN when there were none. */
export const BID = 5,
  ASK = 6
/** Fees at 8 digits in the settlement currency. */
export const FEE = 7
/** Cells of a row. */
export const STRIDE = 8
/** The kind of a fill; see `TradeKind`. */
export const FILL = 1
