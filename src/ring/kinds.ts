/**
 * The kinds of event that pass through the ingest ring. Each kind has its own columns; the ring's entries say in which
 * order they came.
 */
import type { IngestRing } from './ingest-ring.js'

/** Numbers of the event kinds. `note` is for rare events carried as an object: news, gaps, connection changes. */
export const EventKind = { quote: 1, trade: 2, book: 3, bar: 4, status: 5, note: 6 } as const

/** Number of an event kind, 1 to 6. */
export type EventKind = (typeof EventKind)[keyof typeof EventKind]

/** Side of a book level in the columns. */
export const BookSide = { bid: 0, ask: 1 } as const

/** 0 bid, 1 ask. */
export type BookSide = (typeof BookSide)[keyof typeof BookSide]

/** What a row of the level arena does to the book: levels for level 2 feeds, single orders for level 3 feeds. */
export const LevelAction = { setLevel: 0, addOrder: 1, changeOrder: 2, deleteOrder: 3 } as const

/** 0 set level (size 0 deletes it), 1 add order, 2 change order, 3 delete order. */
export type LevelAction = (typeof LevelAction)[keyof typeof LevelAction]

/** Trading state of an instrument in the columns. */
export const TradingStatus = { closed: 0, preOpen: 1, open: 2, halted: 3, auction: 4 } as const

/** 0 closed, 1 pre-open, 2 open, 3 halted, 4 auction. */
export type TradingStatus = (typeof TradingStatus)[keyof typeof TradingStatus]

/** Who started a trade: 1 the buyer, -1 the seller, 0 unknown. */
export type AggressorSign = 1 | -1 | 0

/**
 * Handles a batch: rows `from` up to, not including, `to` of one kind's columns. The rows are valid during the call only.
 * A batch never wraps, so `for (let row = from; row < to; row++)` is all there is to it. The arrays of a ring's columns stay
 * the same for its life: a handler may keep them from before.
 */
export type BatchHandler = (ring: IngestRing, from: number, to: number) => void

/**
 * The batch handlers of a consumer, one a kind. An event of a kind without a handler counts as delivered when it is
 * passed over. A handler may publish to the ring, add, pause or close consumers, and throw.
 */
export interface RingHandlers {
  onQuotes?: BatchHandler
  onTrades?: BatchHandler
  onBooks?: BatchHandler
  onBars?: BatchHandler
  onStatuses?: BatchHandler
  onNotes?: BatchHandler
}
