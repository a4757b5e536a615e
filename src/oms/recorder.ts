/**
 * The journal as the order plane uses it: a fact that has happened is applied whether or not the disk takes it.
 *
 * New orders are refused while the journal is not healthy. Fills, cancels and the like cannot be refused: they get a
 * sequence number and are applied; the journal keeps them in memory and writes them when it can, and what it could not
 * even keep is counted here.
 */
import type { Journal, RecordWriter } from '../journal/journal.js'

/** Takes what is written while there is nowhere to write to. */
const discard: RecordWriter = {
  u8: () => {},
  u16: () => {},
  i32: () => {},
  u32: () => {},
  f64: () => {},
  bool: () => {},
  string: () => {},
  bytes: () => {},
}

/** Gives every fact its sequence number. */
export class Recorder {
  readonly journal: Journal
  /** Facts that were applied but that the journal could not hold. Above 0, the journal no longer tells the whole story. */
  lost = 0
  #seq: number
  #isDiscarding = false

  constructor(journal: Journal) {
    this.journal = journal
    this.#seq = journal.lastSeq
  }

  /** Sequence number of the latest fact. */
  get lastSeq(): number {
    return this.#seq
  }

  /** Whether new orders may be recorded. */
  get isHealthy(): boolean {
    return this.journal.state === 'open' && this.lost === 0
  }

  /** Starts a record. */
  begin(type: number): RecordWriter {
    try {
      this.#isDiscarding = false
      return this.journal.begin(type)
    } catch {
      this.#isDiscarding = true
      return discard
    }
  }

  /** Ends a record; returns its sequence number, higher than all before. */
  commit(): number {
    if (this.#isDiscarding) {
      this.lost++
      return ++this.#seq
    }
    const seq = this.journal.commit()
    this.#seq = seq > this.#seq ? seq : this.#seq + 1
    return this.#seq
  }
}
