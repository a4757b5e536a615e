/** Discontinuities on their way into the ring: when it has no room they wait, for a break in the data is never silent. */
import type { Time } from '../core/time.js'
import type { Discontinuity } from '../model/market-data.js'
import type { MarketSink } from '../ring/sink.js'

/** Beyond so many the oldest is dropped, and counted. */
const maxOwed = 4_096

/** Where names and time of the notes come from. */
export interface NoteParts {
  sink: MarketSink
  time: Time
  instrumentId(instrument: number): Discontinuity['instrument']
  sourceId(source: number): Discontinuity['source']
}

/** What is particular about a break. */
export type Break = Pick<Discontinuity, 'stream' | 'reason' | 'missing' | 'previousSource'>

/** The queue of notes. */
export class OwedNotes {
  /** Notes that found no room for too long. */
  dropped = 0
  readonly #parts: NoteParts
  readonly #owed: { instrument: number; source: number; note: Discontinuity }[] = []

  constructor(parts: NoteParts) {
    this.#parts = parts
  }

  /** Says that data of an instrument do not continue what came before. */
  mark(instrument: number, source: number, what: Break): void {
    const { time, instrumentId, sourceId } = this.#parts
    if (this.#owed.length >= maxOwed) {
      this.#owed.shift()
      this.dropped++
    }
    const nowUs = time.wallUs()
    const note: Discontinuity = {
      kind: 'discontinuity',
      instrument: instrumentId(instrument),
      source: sourceId(source),
      tsEventUs: nowUs,
      tsRecvUs: nowUs,
      ...what,
    }
    this.#owed.push({ instrument, source, note })
    this.pay()
  }

  /** Hands on what waits, as far as there is room; whether nothing is left. */
  pay(): boolean {
    for (let first = this.#owed[0]; first !== undefined; first = this.#owed[0]) {
      const { instrument, source, note } = first
      if (!this.#parts.sink.publishNote(instrument, source, note, note.tsEventUs, note.tsRecvUs)) return false
      this.#owed.shift()
    }
    return true
  }
}
