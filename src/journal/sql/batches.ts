/**
 * Batches: how a SQL store keeps a journal. One row holds the frames of one group of records, exactly as a segment file
 * would hold them, with their checksums; a snapshot has a row of its own. The sequence over all rows has no hole.
 */
import { TradewireError } from '../../core/errors.js'
import { frameHeaderBytes, framePrefixBytes, frameVersion, getU64, intactFrameEnd } from '../frame.js'
import type { RecordHandler } from '../journal.js'
import { RecordReader } from '../record-reader.js'

/** A row. */
export interface Batch {
  readonly firstSeq: number
  readonly lastSeq: number
  readonly isSnapshot: boolean
  readonly frames: Uint8Array
}

/** Reads batches in order. */
export class BatchReader {
  readonly #account: string
  readonly #onRecord: RecordHandler
  readonly #reader = new RecordReader()
  #expected = 0
  /** Records given so far. */
  records = 0

  constructor(account: string, onRecord: RecordHandler) {
    this.#account = account
    this.#onRecord = onRecord
  }

  /** Number of the last record; 0 before the first. */
  get lastSeq(): number {
    return Math.max(0, this.#expected - 1)
  }

  /** @throws TradewireError `TW_JOURNAL_CORRUPT`, `TW_JOURNAL_VERSION`. */
  add({ firstSeq, lastSeq, isSnapshot, frames }: Batch): void {
    if (this.#expected === 0) this.#expected = isSnapshot ? firstSeq : 1
    if (firstSeq !== this.#expected) throw this.#corrupt(`lacks records ${this.#expected} to ${firstSeq - 1}`)
    const view = new DataView(frames.buffer, frames.byteOffset, frames.byteLength)
    this.#reader.attach(frames.buffer, frames.byteOffset, frames.byteLength)
    for (let at = 0; at < frames.length; ) {
      const end = at + frameHeaderBytes <= frames.length ? intactFrameEnd(view, at, frames.length) : 0
      const seq = this.#expected
      if (end === 0) throw this.#corrupt(`holds a damaged record ${seq}`)
      if (view.getUint8(at + 8) > frameVersion)
        throw new TradewireError(
          'TW_JOURNAL_VERSION',
          `the journal of ${this.#account} holds frames of version ${view.getUint8(at + 8)}, this release reads up to ${frameVersion}`,
        )
      if (getU64(view, at + 10) !== seq) throw this.#corrupt(`has record ${getU64(view, at + 10)} where ${seq} belongs`)
      this.#reader.seek(at + frameHeaderBytes, at + framePrefixBytes + view.getUint32(at, true))
      this.#expected++
      this.records++
      this.#onRecord(view.getUint8(at + 9), seq, this.#reader)
      at = end
    }
    if (this.#expected !== lastSeq + 1) throw this.#corrupt(`ends a batch at ${this.lastSeq} instead of ${lastSeq}`)
  }

  #corrupt(what: string): TradewireError {
    return new TradewireError('TW_JOURNAL_CORRUPT', `the journal of ${this.#account} in the database ${what}`, {
      details: { account: this.#account, expectedSeq: this.#expected },
    })
  }
}
