/** What is known about a trade, as bits: `import * as TradeFact from './trade-facts.js'`. A module as order-fields.ts is. */

/** The execution itself was reported (or inferred). */
export const reported = 1
/** The venue changed it, or took it back. */
export const corrected = 2,
  busted = 4
/** Concluded from a total, not reported. */
export const inferred = 8
/** Reported again with other terms: the first by sequence is kept until the venue is asked. */
export const conflict = 16
