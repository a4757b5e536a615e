/**
 * Several lines that carry the same numbered messages: the first copy of each wins, in order, and what every line lost is
 * counted (A/B arbitration).
 *
 *   line A   1 2 . 4 5 .
 *   line B     1 2 3 . 5 6       handed on: 1 A, 2 A, (4 held), 3 B, 4 A, 5 A, 6 B
 *
 * The arbiter judges numbers only; whoever asks keeps the messages that are to be held. Numbers that need not rise by one
 * (`isContiguous` false) cannot show a loss: there, later is newer and nothing is held.
 */
import { SequenceWindow } from './sequence-window.js'

/** What is to be done with a message. */
export const Verdict = {
  /** Hand it on now. */
  deliver: 0,
  /** It was handed on before, or is older than what was. */
  duplicate: 1,
  /** Messages before it are missing: keep it until they arrive on another line, or {@link LineArbiter.giveUp}. */
  hold: 2,
} as const
/** 0 deliver, 1 duplicate, 2 hold. */
export type Verdict = (typeof Verdict)[keyof typeof Verdict]

/** Counters of one line, in messages. They only grow, but for `lost`: a late message fills its hole. */
export interface LineCounts {
  received: number
  /** Its copy was the first. */
  won: number
  /** Numbers that it skipped so far. Known for contiguous numbers only. */
  lost: number
}

interface Line {
  readonly window: SequenceWindow
  received: number
  won: number
}

/** Arbitration of one stream. */
export class LineArbiter {
  readonly #isContiguous: boolean
  readonly #lines: Line[] = []
  #last = Number.NaN
  /** Numbers that no line brought in time. */
  missing = 0

  constructor(lines: number, isContiguous: boolean) {
    this.#isContiguous = isContiguous
    for (let line = 0; line < lines; line++) this.#lines.push({ window: new SequenceWindow(), received: 0, won: 0 })
  }

  /** Every number up to this one was handed on or given up; NaN before the first. */
  get last(): number {
    return this.#last
  }

  /**
   * Judges a message by its number; changes nothing. NaN cannot be judged: it is delivered.
   *
   * @param previous number of the message before it, where the venue chains messages; else the number less one.
   */
  judge(sequence: number, previous = sequence - 1): Verdict {
    if (sequence <= this.#last) return Verdict.duplicate
    if (this.#isContiguous && previous > this.#last) return Verdict.hold
    return Verdict.deliver
  }

  /** Counts the arrival of a message on a line. */
  received(line: number, sequence: number): void {
    const counts = this.#lines[line]
    if (counts === undefined) return
    counts.received++
    if (this.#isContiguous && Number.isSafeInteger(sequence)) counts.window.arrive(sequence)
  }

  /** A message of a line was handed on. */
  delivered(line: number, sequence: number): void {
    const counts = this.#lines[line]
    if (counts !== undefined) counts.won++
    if (sequence > this.#last || Number.isNaN(this.#last)) this.#last = sequence
  }

  /**
   * Nothing brought in time what lies before a message.
   *
   * @param previous number of the last message before it.
   * @returns how many numbers are missing.
   */
  giveUp(previous: number): number {
    const gap = previous - this.#last
    if (!(gap > 0)) return 0
    this.missing += gap
    this.#last = previous
    return gap
  }

  /** The numbering starts anew. */
  reset(): void {
    this.#last = Number.NaN
    for (const { window } of this.#lines) window.reset()
  }

  /** Counters of a line. */
  counts(line: number): LineCounts {
    const { window, received, won } = this.#lines[line] as Line
    return { received, won, lost: window.missing }
  }
}
