/**
 * When snapshots are written: after so many records or bytes, between two turns, and at a clean end. A restart then reads
 * the latest one and what came after it. Old segments are removed by the journal, and only where it was told to.
 */
import { messageOf } from '../core/errors.js'
import { saveCore } from './core-snapshot.js'
import type { OrderCore } from './order-core.js'

/** How often snapshots are written. */
export interface SnapshotOptions {
  /** Records between two snapshots; 1,000,000 unless given. */
  readonly everyRecords?: number
  /** Bytes of records between two snapshots; 64 MiB unless given. */
  readonly everyBytes?: number
}

const defaults = { everyRecords: 1_000_000, everyBytes: 64 * 1024 * 1024 }

/** The bytes are looked up only once in so many records: counting makes an object. */
const recordsBetweenLooks = 4_096

/** Writes the snapshots of one core. */
export class Snapshots {
  readonly #core: OrderCore
  readonly #session: number
  readonly #everyRecords: number
  readonly #everyBytes: number
  /** Written so far. */
  written = 0
  #lastSeq: number
  #lastBytes: number
  #nextLookSeq: number

  constructor(core: OrderCore, session: number, options: SnapshotOptions) {
    this.#core = core
    this.#session = session
    this.#everyRecords = options.everyRecords ?? defaults.everyRecords
    this.#everyBytes = options.everyBytes ?? defaults.everyBytes
    const { journal } = core.turn.recorder
    this.#lastSeq = journal.lastSeq
    this.#lastBytes = journal.counters().bytes
    this.#nextLookSeq = this.#lookAfter(this.#lastSeq)
  }

  #lookAfter(seq: number): number {
    return Math.min(seq + recordsBetweenLooks, this.#lastSeq + this.#everyRecords)
  }

  /** After a turn: writes a snapshot where one is due. */
  afterTurn(): void {
    const { recorder } = this.#core.turn
    if (recorder.lastSeq < this.#nextLookSeq) return
    const isDue =
      recorder.lastSeq - this.#lastSeq >= this.#everyRecords ||
      recorder.journal.counters().bytes - this.#lastBytes >= this.#everyBytes
    // Before the snapshot: telling that it failed is a turn of its own.
    if (isDue) this.#startAnew()
    this.#nextLookSeq = this.#lookAfter(recorder.lastSeq)
    if (isDue) this.write()
  }

  /**
   * Writes a snapshot now; false where the journal does not take one. Nothing is lost by that: the records are there, and a
   * restart only takes longer.
   */
  write(): boolean {
    const { recorder } = this.#core.turn
    if (!recorder.isHealthy) return false
    try {
      recorder.journal.writeSnapshot((writer) => saveCore(this.#core, this.#session, writer))
      this.written++
      this.#startAnew()
      return true
    } catch (error) {
      this.#core.anomaly('SNAPSHOT_FAILED', 0, `A snapshot of the order plane was not written: ${messageOf(error)}`)
      return false
    }
  }

  /** Counts from here on. */
  #startAnew(): void {
    const { journal } = this.#core.turn.recorder
    this.#lastSeq = journal.lastSeq
    this.#lastBytes = journal.counters().bytes
  }
}
