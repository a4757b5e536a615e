/**
 * Columns of a row of the position table. They are constants of a module without imports, so that the bundler writes the
 * numbers where the names stand.
 */

/** Column of the signed quantity; negative is short. */
export const QUANTITY = 0
/** Column of the signed quantity that the basis was built for. */
export const BASIS_QUANTITY = 1
/** First column of the signed cost of the basis quantity: 3 limbs. */
export const BASIS = 2,
  BASIS_LOW = 3,
  BASIS_FRACTION = 4
/** First column of the signed traded value of all fills: 3 limbs. */
export const FLOW = 5,
  FLOW_LOW = 6
/** First column of the flow when the position was last opened from flat: 3 limbs. */
export const CYCLE = 8,
  CYCLE_LOW = 9,
  CYCLE_FRACTION = 10
/** Column that counts how often the position was closed. */
export const CYCLES = 11
/** First column of the fees in the settlement currency at 8 digits: 2 limbs. */
export const FEES = 12,
  FEES_LOW = 13
/** Column of the time of the last change, epoch microseconds. */
export const TS_UPDATED = 14
/** Column of what a unit of price times quantity is worth. */
export const SCALE = 15
/** Cells of a row. */
export const STRIDE = 16
/** How many cells from the start of a row a replay of fills builds anew; the rest are fees, times and constants. */
export const FILL_CELLS = 12

/** Offsets of rows stay below 2^30: `row & OFFSET` is the row itself, and tells the compiler so. */
export const OFFSET = 0x3fff_ffff

/** Cells of a key: account, strategy, instrument, position id. */
export const KEY = 4

/** The strategy index of a total over strategies. */
export const TOTAL = -1

/** Flag of an inverse contract: paid in 1/price. */
export const INVERSE = 1
/** Flag of a position that settles in another currency than the portfolio's. Set by the portfolio. */
export const FOREIGN = 2
/** Flag of a position whose cost is kept in lots. Set by the portfolio. */
export const WITH_LOTS = 4
/** Flag of a total over strategies, and of a row that is not in use: nothing is booked there by its number. */
export const NO_POSITION = 8

/** The value of a plain trade, and its fee, lie below this: 2^51. See plain-trade.ts. */
export const PLAIN_VALUE = 0x8_0000_0000_0000
/** Sums whose squares together lie below this, 2^104, lie below 2^52 each. */
export const PLAIN_SQUARES = 0x100000000000000000000000000
/** Basis quantities up to this, 2^25, leave doubles exact when shares are taken digit by digit. */
export const MOST_DIVISOR = 0x200_0000
/** The weights of the two digits that a fraction is divided in: 27 bits and 26. */
export const HIGH_DIGIT = 0x800_0000,
  LOW_DIGIT = 0x400_0000
