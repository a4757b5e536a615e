/** A stream of recorded events in order of receive time: one file, or several merged. */
import type { Instrument } from '../../../../model/instrument.js'
import type { MarketSink } from '../../../../ring/sink.js'

/** What was read, as running counts. */
export interface ReplayCounters {
  /** Rows read (header and empty lines are none). */
  rows: number
  /** Events given to the sink. */
  events: number
  /** Rows that did not fit the format and were skipped. */
  badRows: number
  /** Rows that went back in time. */
  outOfOrder: number
  /** Rows without market data, or of a kind that is not replayed (subscriptions, heartbeats). */
  ignored: number
  /** Rows that the recording marks as suspicious and that were left out. */
  suspicious: number
  /** Rows whose receive time the recording marks as wrong: they count from the venue's time, never back in time. */
  restamped: number
}

/** Counters at zero. */
export function createReplayCounters(): ReplayCounters {
  return { rows: 0, events: 0, badRows: 0, outOfOrder: 0, ignored: 0, suspicious: 0, restamped: 0 }
}

/**
 * A source of recorded events.
 *
 *   for (;;) {
 *     const next = source.peekTsUs()
 *     if (Number.isNaN(next)) await source.refill()
 *     else if (next === Infinity) break
 *     else source.emit(sink, 0)
 *   }
 */
export interface ReplaySource {
  /** Path of the file, or a name for a merged source. */
  readonly name: string
  /** Instruments seen so far, in order of appearance; those of a stream with many may come as it is read. */
  readonly instruments: readonly Instrument[]
  readonly counters: Readonly<ReplayCounters>
  /** The first messages about bad rows. */
  readonly problems: readonly string[]
  /** Bytes of files read so far, and in all; NaN where that is not known. Absent where nothing is read. */
  readonly progress?: Readonly<{ read: number; total: number }>
  /** Receive time of the next event, Unix epoch microseconds; +Infinity at the end; NaN when a refill is needed. */
  peekTsUs(): number
  /**
   * Reads on. A batch ends after a number of events that depends on the content alone, not on how it arrives.
   *
   * @throws TradewireError `TW_FILE`, `TW_BAD_ROW`.
   */
  refill(): Promise<void>
  /**
   * Publishes the next event.
   *
   * @param shiftUs added to its times.
   * @returns false, and the event stays the next, when the sink is full.
   */
  emit(sink: MarketSink, shiftUs: number): boolean
  /** Gives files back. A closed source has no next event. */
  close(): Promise<void>
}
