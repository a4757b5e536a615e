/**
 * What every order book of this folder shares: its words, the way to read it, and the way messages reach it.
 *
 * Two kinds of book exist: {@link OrderBook} (level 2, price levels) and {@link OrderByOrderBook} (level 3, single
 * orders). Both are read through {@link BookReader} and fed through the same five calls, straight or from a ring:
 *
 *   book.beginMessage(isSnapshot, tsEventUs, tsRecvUs, sequence, previousSequence)   // may hold or drop the message
 *   book.level(LevelAction.setLevel, side, price, size, 0)                           // any number of times
 *   book.endMessage()                                                                // truncates, stamps, counts
 *   book.applyMessage(ring.books, row)                                               // the same from a ring row
 *   store.applyBatch(ring, from, to)                                                 // BookStore: many instruments
 *
 * Sides are 0 (bid) and 1 (ask), prices and sizes doubles; an absent price or size reads as NaN.
 */
import type { BookSide } from '../ring/kinds.js'

/** Whether a book can be believed. */
export const BookState = {
  /** Nothing was received yet. */
  empty: 0,
  /** Changes arrive, but the snapshot they belong to is still missing. */
  syncing: 1,
  /** Complete and in sequence. */
  live: 2,
  /** Something was lost or a checksum failed: the levels are those of the last good message, until a snapshot heals it. */
  stale: 3,
} as const
/** 0 empty, 1 syncing, 2 live, 3 stale. */
export type BookState = (typeof BookState)[keyof typeof BookState]

/** What became of a message. */
export const MessageVerdict = {
  /** Its levels go into the book. */
  applied: 0,
  /** It waits for a snapshot and is replayed after it. */
  held: 1,
  /** It is older than the book and is ignored. */
  dropped: 2,
} as const
/** 0 applied, 1 held, 2 dropped. */
export type MessageVerdict = (typeof MessageVerdict)[keyof typeof MessageVerdict]

/** Reads a book of either kind. Nothing here allocates. */
export interface BookReader {
  /** Index of the instrument in its registry. */
  readonly instrument: number
  /** Index of the connector that feeds the book. */
  readonly source: number
  readonly state: BookState
  /** Best prices, NaN for a side without levels. */
  readonly bestBid: number
  readonly bestAsk: number
  /** Sizes at the best prices, NaN for a side without levels. */
  readonly bestBidSize: number
  readonly bestAskSize: number
  /** Venue time of the last message applied, Unix epoch microseconds; NaN before the first. */
  readonly tsEventUs: number
  /** Time of receipt of the last message applied, Unix epoch microseconds; NaN before the first. */
  readonly tsRecvUs: number
  /** Sequence number of the last message applied; NaN where the feed has none. */
  readonly sequence: number
  /** Bid above ask. An error only in continuous trading: before the opening auction it is normal. */
  readonly isCrossed: boolean
  /** Bid equal to ask. */
  readonly isLocked: boolean
  /** Exactly one side has levels. */
  readonly isOneSided: boolean
  /** Number of price levels of a side. */
  levelCount(side: BookSide): number
  /** Size at an exact price; 0 where there is no level. */
  sizeAt(side: BookSide, price: number): number
  /**
   * Copies the best levels of a side, best first, into the caller's arrays.
   *
   * @returns the number of levels copied: at most `count`, and at most what the arrays hold.
   */
  depth(side: BookSide, count: number, prices: Float64Array, sizes: Float64Array): number
}

/** What happened to a book, as running counts. */
export interface BookCounters {
  /** Messages applied. */
  applied: number
  /** Messages held back while a snapshot was missing. */
  held: number
  /** Messages older than the book, ignored. */
  dropped: number
  /** Held messages given up because the bound was reached; the chain then shows a gap. */
  overflowed: number
  /** Breaks of the sequence. */
  gaps: number
  /** Snapshots applied. */
  snapshots: number
  /** Levels or orders that no book can hold: price not finite, size negative or not a number, wrong action. */
  invalid: number
  /** Levels removed because the other side traded or quoted through them (crossed: 'uncross'). */
  uncrossed: number
  /** Levels beyond `depth` cut off at the end of a message. */
  truncated: number
  /** Levels or orders given up because the bound was reached; the book is marked stale then. */
  evicted: number
  /** Checksums that did not match. */
  checksumMismatches: number
}

/** A fresh set of counters. */
export function createBookCounters(): BookCounters {
  return {
    applied: 0,
    held: 0,
    dropped: 0,
    overflowed: 0,
    gaps: 0,
    snapshots: 0,
    invalid: 0,
    uncrossed: 0,
    truncated: 0,
    evicted: 0,
    checksumMismatches: 0,
  }
}
