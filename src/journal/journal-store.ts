/**
 * Where a journal lives, as an option of a system: something that can be opened once, is read into the order plane, and
 * takes records from then on. Segment files need none of this; databases do.
 */
import type { Durability, Journal, JournalOptions, JournalScheduler, RecordHandler } from './journal.js'

/** How a system opens its journal. */
export interface JournalOpening extends JournalOptions {
  /** What was asked for; the store's own default where nothing was. */
  readonly durability?: Durability
  readonly scheduler: JournalScheduler
  /** Receives every record found, from the newest snapshot on, before `open` returns. */
  readonly onRecord: RecordHandler
  /** How many snapshots before the newest are kept with what follows them; all unless given. */
  readonly keepSegments?: number
}

/** A journal that has not been opened yet. */
export interface JournalStore {
  /**
   * Reads the journal and opens it for writing. Once.
   *
   * @throws TradewireError `TW_JOURNAL_LOCKED`, `TW_JOURNAL_CORRUPT`, `TW_JOURNAL_VERSION`, `TW_INVALID_CONFIG`.
   */
  open(opening: JournalOpening): Journal
}
