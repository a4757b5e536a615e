/**
 * The facts that decide the life cycle, as bits: `import * as Fact from './facts.js'`. Quantities and the comparison of
 * times are brought to bits by `factsOf`. A module rather than an object for the reason given in order-fields.ts.
 */

/** What our own side did. */
export const denied = 1,
  emulated = 2,
  released = 4,
  submitted = 8
/** What the venue said. */
export const accepted = 16,
  triggered = 32,
  rejected = 64
/** Proven absent: no evidence of it at the venue. Holds until any later venue fact. */
export const rejectedByInference = 128
/** Ended at the venue. */
export const canceled = 256,
  expired = 512
/** Concluded to have ended, and no later venue report says that it works. */
export const canceledByInference = 1024,
  expiredByInference = 2048
/** The fate is not known as of the latest local time at which it was declared so, and no venue fact came later. */
export const unknown = 4096
/** A venue report says that it works, later than every bust, correction and conclusion that could have closed it. */
export const works = 8192
/** Trades reached the quantity before a bust or correction took them below it, and no later report says that it works. */
export const unfilledByBust = 16384,
  unfilledByCorrection = 32768
/** Some quantity is filled: unbusted trades, inferred ones included. */
export const filledSome = 65536
/** The filled quantity is at least the order's. */
export const filledAll = 131072
