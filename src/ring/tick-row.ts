/** The row of doubles in which a quote or a trade goes from its bytes to the columns of a ring. */

/** Where the numbers of a quote or a trade lie in a row; absent ones are NaN. */
export const TickAt = {
  bid: 0,
  ask: 1,
  bidSize: 2,
  askSize: 3,
  tsEventUs: 4,
  tsRecvUs: 5,
  sequence: 6,
  price: 7,
  size: 8,
  tradeId: 9,
  flags: 10,
  condition: 11,
} as const
/** Numbers of a row. */
export const tickRowWidth = 12
