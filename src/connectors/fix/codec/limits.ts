/**
 * Bounds of what a peer can make us keep or compute. All of them hold before anything is allocated or indexed.
 */

/** Bounds of a FIX message. */
export interface FixLimits {
  /** Largest BodyLength (9) accepted, in bytes. */
  readonly maxBodyLength: number
  /** Largest number of fields of a message. */
  readonly maxFields: number
  /** Largest number of entries that a repeating group may declare. */
  readonly maxGroupEntries: number
}

/** The bounds unless a session is told otherwise. */
export const defaultLimits: FixLimits = { maxBodyLength: 65_536, maxFields: 2_000, maxGroupEntries: 1_000 }

/** Bytes before the body: `8=FIXT.1.1|9=065536|` and room to spare. */
export const HEADER_ROOM = 40
/** Bytes of `10=ddd|`. */
export const TRAILER_LENGTH = 7
/** Most digits of a tag. */
export const MAX_TAG_DIGITS = 9
