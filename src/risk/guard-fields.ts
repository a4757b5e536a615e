/**
 * Cells of a place of the duplicate guard, half a cache line. Constants of a module without imports, so that the bundler
 * writes the numbers where the names stand.
 */

/** The fingerprint. */
export const KEY = 0
/** Orders counted, at most the limit; 0 until the order that took the place has passed, and where none ever did. */
export const COUNT = 1
/** Time of the latest. */
export const LATEST = 2
/** Where in the ring of earlier times the next goes that is no longer the latest. */
export const NEXT = 3
/** A place, as a power of two of cells. */
export const PLACE_BITS = 2
/** So many places are tried from the one that a fingerprint names. */
export const PROBES = 16
