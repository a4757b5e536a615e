/**
 * What a fold found, as bits: `import * as Outcome from './outcome.js'`. Anything but `changed` and `duplicate` is an
 * anomaly: told to the host, never dropped. A module as order-fields.ts is.
 */

/** The event told something new. */
export const changed = 1
/** All of it was known. */
export const duplicate = 2
/** A fill after the order was closed. It counts. */
export const lateFill = 4
/** More was filled than the order asked for. It counts. */
export const overfill = 8
/** The same execution id with other terms; the first stands until the venue is asked. */
export const fillConflict = 16
/** Accepted or filled after the venue had rejected it. */
export const afterReject = 32
/** A request generation outside the window of requests that can be under way. */
export const requestWindow = 64
/** The trade pool is full: the caller must not go on trading. */
export const poolFull = 128
/** An execution that is none: its units are no whole numbers, or the position would leave the safe integers. Nothing is known of it. */
export const unbookable = 256
