/**
 * Columns of a row of the plan, one row an instrument, two cache lines. They are constants of a module without imports, so
 * that the bundler writes the numbers where the names stand.
 */

/** The quantities that may be ordered, and their step. */
export const LEAST_QUANTITY = 0,
  MOST_QUANTITY = 1,
  QUANTITY_STEP = 2
/** The limit prices that may be ordered, and their step; NaN where the step depends on the price. */
export const LEAST_PRICE = 3,
  MOST_PRICE = 4,
  PRICE_STEP = 5
/** Largest price units x quantity units; NaN where doubles cannot decide. */
export const MOST_VALUE = 6
/** Largest absolute position. */
export const MOST_POSITION = 7
/** The reference as last converted: as a price, and in units. */
export const REFERENCE = 8,
  REFERENCE_UNITS = 9
/**
 * Two cells: what side x limit price may be at most for a buy, and for a sell. That is the highest price inside the collar,
 * and minus the lowest.
 */
export const BOUND = 10
/** Price units x quantity units from which on an order is warned about. */
export const WARN_VALUE = 12
/** Cells of a row. */
export const STRIDE = 16

/** Codes that every order is compared with: those of a limit order, and of good till date. See `TypeCode` and `TifCode`. */
export const LIMIT_ORDER = 1,
  GOOD_TILL_DATE = 4
/** Trading phases in which nothing is sent: closed and halted. See `TradingStatus` of the ring. */
export const CLOSED_PHASE = 0,
  HALTED_PHASE = 3
