/**
 * The fields of a trade record: `cells[trade + TradeField.quantity]`, with `import * as TradeField from
 * './trade-fields.js'`. A module rather than an object for the reason given in order-fields.ts. The first two cache lines
 * are what every trade needs; corrections and busts use the third.
 */

/** Number of the order; 0 while the record is free. */
export const owner = 0
/** Next trade of the order, or -1. */
export const next = 1
/** Bits of `TradeFact`. */
export const facts = 2
/** The execution as reported. */
export const quantity = 3,
  price = 4,
  seq = 5,
  ts = 6
/** What the trade counts now: corrected, busted (0), or what is left of an inference. */
export const effective = 7
/** What positions have been told so far. Equal to the effective terms once the order is booked. */
export const bookedQuantity = 8,
  bookedPrice = 9
/** Fee in 10^-8 of its currency; NaN = not known. */
export const fee = 10,
  feeCurrency = 11
/** The part of the fee that positions have been told of. */
export const bookedFee = 12
/** Who took whose price; see `Liquidity`. */
export const liquidity = 13
/** Inferred trades only: the traded total up to which this one reaches. Real trades consume it from below. */
export const basis = 14
/** Number of the trade in the portfolio plus 1; 0 = not booked. */
export const bookedTrade = 15
/** The latest correction. */
export const correctedQuantity = 16,
  correctedPrice = 17,
  correctedTs = 18,
  correctedSeq = 19
/** The earliest bust. */
export const bustTs = 20,
  bustSeq = 21

/** Doubles in a record, as a power of two. */
export const TRADE_BITS = 5

/** Orders with more trades than this find them through the index; the others by walking their list. */
export const LONG_LIST = 16
