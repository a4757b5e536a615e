/**
 * The sequence numbers of one stream of a venue: says of each message whether it is the next, a duplicate, or comes after a
 * gap. Holds three numbers and allocates nothing per message.
 */

/** What a sequence number means for the stream. */
export const SequenceVerdict = {
  /** The first of this connection: nothing to compare with. */
  first: 0,
  next: 1,
  /** Numbers are missing before it; it counts, and the gap was told. */
  gap: 2,
  /** Seen already, or older than what was seen: to be ignored. */
  duplicate: 3,
} as const
/** What a sequence number means, as a number. */
export type SequenceVerdict = (typeof SequenceVerdict)[keyof typeof SequenceVerdict]

/** Called with the first and the last number that are missing. */
export type GapListener = (from: number, to: number) => void

/** Follows the numbers of one stream. */
export class SequenceTracker {
  /** The number that was seen last; NaN before the first. */
  last = Number.NaN
  /** Gaps and the messages missing in them, duplicates: totals over all connections. */
  readonly counters = { gaps: 0, missed: 0, duplicates: 0 }
  readonly #onGap: GapListener | undefined
  readonly #step: number

  /** `step`: how far consecutive messages lie apart; 1 unless given. */
  constructor(onGap?: GapListener, step = 1) {
    this.#onGap = onGap
    this.#step = step
  }

  /** Judges a number. Gaps are told before this returns, so before the message itself is published. */
  track(sequence: number): SequenceVerdict {
    const { last } = this
    if (Number.isNaN(last)) {
      this.last = sequence
      return SequenceVerdict.first
    }
    const expected = last + this.#step
    if (sequence === expected) {
      this.last = sequence
      return SequenceVerdict.next
    }
    if (!(sequence > last)) {
      this.counters.duplicates++
      return SequenceVerdict.duplicate
    }
    this.counters.gaps++
    this.counters.missed += Math.floor((sequence - expected) / this.#step)
    this.last = sequence
    this.#onGap?.(expected, sequence - this.#step)
    return SequenceVerdict.gap
  }

  /** The numbers start anew: another connection, or the venue said so. */
  restart(): void {
    this.last = Number.NaN
  }
}
