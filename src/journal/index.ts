/**
 * `tradewire/journal`: the write-ahead log of orders and executions.
 */

export { type CutReport, type DamageReport, findDamage } from './cut-journal.js'
export { firstReservedType, snapshotType } from './frame.js'
export { type JournalVerdict, listJournal, type SegmentReport, verifyJournal } from './inspect-journal.js'
export type {
  Durability,
  Journal,
  JournalCounters,
  JournalFailure,
  JournalOptions,
  JournalScheduler,
  JournalState,
  RecordHandler,
  RecordWriter,
} from './journal.js'
export { directoryTail, type JournalTail } from './journal-tail.js'
export { MemoryJournal, type MemoryJournalOptions } from './memory-journal.js'
export { type JournalReadOptions, type JournalReadResult, readJournal } from './read-journal.js'
export { RecordReader } from './record-reader.js'
export { openSegmentJournal, type SegmentJournal } from './segment-journal.js'
export type { SegmentJournalOptions } from './segment-journal-options.js'
