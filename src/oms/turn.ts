/**
 * The turn: the handling of one batch, be it one call of the host, one batch of market data or one of venue reports.
 *
 * Within a turn facts are recorded and applied at once; at its end the journal is written once, then orders are handed to
 * their connectors, then events are delivered. What listeners do during delivery belongs to the same turn and makes it go
 * round again:
 *
 *   record + apply …  ─►  flush journal  ─►  send  ─►  deliver events  ─►  (more? again)
 *
 * In `fsync` mode orders and events wait for the disk; cancels never do.
 */
import type { Clock } from '../core/clock.js'
import { TradewireError } from '../core/errors.js'
import { errnoOf } from '../core/file-system.js'
import type { Journal } from '../journal/journal.js'
import { Recorder } from './recorder.js'

/** So many rounds of events that lead to orders that lead to events are settled in one turn; the rest waits for the next. */
const maxRounds = 1_000

/** A journal that failed is tried again so often, where time may have healed it: a full disk, a lock, a lost connection. */
const resumeEveryNs = 1_000_000_000
const passing: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EBUSY', 'ENOTCONN'])

/** What leaves at the end of a turn. */
export interface TurnOutput {
  /** Orders and changes that wait for the journal. */
  readonly staged: number
  /** Hands the oldest `most` of them to their connectors, or takes them back where the journal does not hold them. */
  sendStaged(most: number, isRecorded: boolean): void
  sendCancels(): void
}

/** What is told at the end of a turn. */
export interface TurnNews {
  /** Events that wait for their delivery. */
  readonly queued: number
  /** Delivers the oldest `count`. */
  deliver(count: number): void
  /** Tells about something that should not happen. */
  anomaly(kind: string, orderNumber: number, message: string): void
}

/** Runs the turns of one order plane, and knows its journal. */
export class Turn {
  /** Wall time of the current turn, epoch microseconds: one clock read a turn. */
  nowUs = 0
  /** During a replay facts are applied, and nothing is recorded, sent or delivered. */
  isReplaying = false
  readonly #clock: Clock
  #output: TurnOutput | undefined
  #news: TurnNews | undefined
  #recorder: Recorder | undefined
  #afterTurn: (() => void) | undefined
  #nextResumeNs = 0
  #depth = 0
  #isDirty = false
  #isSettling = false
  #isSyncing = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Says what the end of a turn sends and tells. Once, by the owner. */
  bind(output: TurnOutput, news: TurnNews): void {
    this.#output = output
    this.#news = news
  }

  /** Called when a turn with something to write has settled, outside of it. */
  set afterTurn(callback: () => void) {
    this.#afterTurn = callback
  }

  /** From here on facts are written to `journal`. */
  open(journal: Journal): void {
    this.isReplaying = false
    this.#recorder = new Recorder(journal)
  }

  /** Whether facts can be recorded: {@link open} was called. */
  get isOpen(): boolean {
    return this.#recorder !== undefined
  }

  get recorder(): Recorder {
    if (this.#recorder === undefined)
      throw new TradewireError('TW_INVALID_STATE', 'The order plane has no journal yet; open it first')
    return this.#recorder
  }

  begin(): void {
    if (this.#depth++ === 0) this.nowUs = this.#clock.wallUs()
  }

  end(): void {
    if (--this.#depth > 0) return
    if (this.#isSettling || this.isReplaying || !this.#isDirty) return
    this.#settle()
    this.#afterTurn?.()
  }

  /** Marks the turn as having something to write. */
  touch(): void {
    this.#isDirty = true
  }

  #settle(): void {
    const output = this.#output as TurnOutput
    const news = this.#news as TurnNews
    this.#isSettling = true
    this.#depth++
    let rounds = 0
    try {
      while (this.#isDirty) {
        this.#isDirty = false
        this.#flush(news)
        if (this.recorder.journal.durability === 'fsync') {
          output.sendCancels()
          this.#finishWhenDurable(output, news)
        } else {
          // What is staged, or happens, while these leave is not in the journal yet: it waits for the next round.
          const events = news.queued
          output.sendStaged(output.staged, true)
          output.sendCancels()
          if (++rounds > maxRounds) {
            this.#putOff(news)
            return
          }
          news.deliver(events)
        }
      }
    } finally {
      this.#depth--
      this.#isSettling = false
    }
  }

  /** Events lead to orders lead to events, without end: the host gets its thread back, and the next turn goes on. */
  #putOff(news: TurnNews): void {
    news.anomaly(
      'RUNAWAY',
      0,
      `More than ${maxRounds} rounds of events and orders in one turn; the rest waits for the next turn`,
    )
    this.#isDirty = true
  }

  /**
   * Tries a failed journal again where nothing else happens: what it keeps in memory (a kill switch above all, after which
   * little happens) must not wait for the next order. Whether it is worth another try later.
   */
  retryJournal(): boolean {
    const { recorder } = this
    if (recorder.journal.state !== 'failed') return false
    this.begin()
    this.touch()
    this.end()
    return recorder.journal.state === 'failed' && passing.has(errnoOf(recorder.journal.failure?.error))
  }

  /** Writes what was recorded. What may have passed is tried again now and then; after other failures a person decides. */
  #flush(news: TurnNews): void {
    const { journal } = this.recorder
    if (journal.state === 'failed') this.#resume(journal, news)
    journal.tryFlush()
  }

  #resume(journal: Journal, news: TurnNews): void {
    const errno = errnoOf(journal.failure?.error)
    const nowNs = this.#clock.monotonicNs()
    if (!passing.has(errno) || nowNs < this.#nextResumeNs) return
    this.#nextResumeNs = nowNs + resumeEveryNs
    if (journal.tryResume())
      news.anomaly('JOURNAL_RESUMED', 0, 'The journal takes records again and holds everything: orders are taken')
  }

  /** Power-safe mode: what is staged leaves, and what happened is told, when the disk has it. Meanwhile more may be staged. */
  #finishWhenDurable(output: TurnOutput, news: TurnNews): void {
    if (this.#isSyncing || (output.staged === 0 && news.queued === 0)) return
    this.#isSyncing = true
    const { staged } = output
    const events = news.queued
    const finish = (isDurable: boolean) => {
      this.#isSyncing = false
      this.begin()
      output.sendStaged(staged, isDurable)
      news.deliver(events)
      this.#isDirty ||= output.staged > 0 || news.queued > 0
      this.end()
    }
    this.recorder.journal.durable().then(
      () => finish(true),
      () => finish(false),
    )
  }
}
