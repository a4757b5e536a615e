/**
 * Columns of the books of scopes: one record an entry (a strategy, an account ...), and one row for each instrument of an
 * entry, a cache line long. Constants of a module without imports, so that the bundler writes the numbers where the names
 * stand.
 */

/** Limits of an entry; Infinity = none. */
export const GROSS = 0,
  NET = 1,
  POSITION_VALUE = 2,
  /** Share of equity. */
  CONCENTRATION = 3,
  ORDER_VALUE = 4,
  DAY_ORDERS = 5,
  DAY_VALUE = 6,
  DAY_QUANTITY = 7,
  OPEN_ORDERS = 8
/** Columns of an entry that are limits. */
export const LIMITS = 9
/** Whether its limits were looked up. */
export const IS_RESOLVED = 9
/** Orders that may be working. */
export const OPEN = 10
/**
 * Values of all positions together, at their worst: kept up with every change, at the prices in {@link UNIT_VALUE}. Good to
 * ten digits or so, as long as prices are those of {@link SUMMED_AT}; NaN where something has no price.
 */
export const SUM_GROSS = 11,
  /** Two cells: what could be held long, and short. */
  SUM_LONG = 12
/** Which prices the sums are made with; see `ReferencePrices.changes`. */
export const SUMMED_AT = 14
/** What was ordered since the trading day began. */
export const ORDERS = 15,
  VALUE = 16,
  QUANTITY = 17
/** Instruments that the entry ever had to do with. */
export const ACTIVE = 18
/** Cells of an entry. */
export const ENTRY = 24

/** Position, signed. */
export const POSITION = 0
/** Two cells: what works to buy, and to sell. */
export const BUYING = 1,
  SELLING = 2
/** Two cells: what could come to be held long, and short; and the larger of their amounts. Kept beside what they are sums of. */
export const LONG = 3,
  SHORT = 4,
  SIZE = 5
/** Value of one unit that the sums are made with. NaN: none yet. */
export const UNIT_VALUE = 6
/** Whether the entry ever had to do with the instrument. */
export const IS_ACTIVE = 7
/** Cells of an entry's instrument. */
export const ROW = 8
