/**
 * What level-2 and level-3 books have in common: messages, their sequence, and the state that follows from it.
 *
 *     empty ──change──► syncing ──snapshot──► live ──gap──► stale ──snapshot──► live
 *
 * While a snapshot is missing (syncing, stale), changes are held, and replayed after the snapshot: those older than it
 * are dropped, and the rest must continue it. Without a rule that requires a snapshot, the first change makes a book live.
 * Where no numbers tell what is older, all that a stale book held came before its snapshot, and is dropped.
 */
import { TradewireError } from '../core/errors.js'
import type { BookColumns } from '../ring/columns.js'
import type { BookSide } from '../ring/kinds.js'
import { type BookCounters, type BookReader, BookState, createBookCounters, MessageVerdict } from './book.js'
import { createRow, type LevelRows, type MessageRows } from './level-rows.js'
import { PendingMessages } from './pending-messages.js'
import {
  type SequenceRule,
  type SequenceRuleName,
  SequenceVerdict,
  sequenceRules,
  unsequenced,
} from './sequence-rules.js'

/** Called when a book becomes stale: the message received follows number `received`, the book has `expected`. */
export type GapListener = (book: SequencedBook, expected: number, received: number) => void

/** Options of every book. */
export interface SequencedBookOptions {
  /** Index of the instrument; 0 unless given. */
  instrument?: number
  /** Index of the connector; 0 unless given. */
  source?: number
  /** How the feed shows a loss; `unsequenced` unless given. */
  sequenceRule?: SequenceRule | SequenceRuleName
  /** Whether changes before a snapshot are held; what the rule says unless given. */
  requiresSnapshot?: boolean
  /** Most levels held while a snapshot is missing; 262,144 unless given. */
  maxPendingLevels?: number
  /** Told of every gap. */
  onGap?: GapListener
}

/** What direct calls give; read before anything else can run, so that all books share it. */
const directRow = createRow()

/** Base of the books: takes messages, checks their sequence, holds them back or applies them. */
export abstract class SequencedBook implements BookReader {
  readonly instrument: number
  readonly source: number
  readonly counters: BookCounters = createBookCounters()
  /** Told of every gap; may be replaced at any time. */
  onGap: GapListener | undefined
  readonly #rule: SequenceRule
  readonly #requiresSnapshot: boolean
  readonly #pending: PendingMessages
  #state: BookState = BookState.empty
  #verdict: MessageVerdict = MessageVerdict.dropped
  #isSnapshot = false
  /** A snapshot of several messages is under way. */
  #isSnapshotOpen = false
  #isFirstAfterSnapshot = false
  /** A gap that the listener has not been told of yet, and what came instead. */
  #isGapUntold = false
  #received = Number.NaN
  #tsEventUs = Number.NaN
  #tsRecvUs = Number.NaN
  #sequence = Number.NaN

  /** @throws TradewireError `TW_INVALID_ARGUMENT` when the sequence rule is not known. */
  constructor(options: SequencedBookOptions) {
    this.instrument = options.instrument ?? 0
    this.source = options.source ?? 0
    this.#rule = ruleOf(options.sequenceRule)
    this.#requiresSnapshot = options.requiresSnapshot ?? this.#rule.requiresSnapshot
    this.#pending = new PendingMessages(options.maxPendingLevels ?? 262_144)
    this.onGap = options.onGap
  }

  abstract readonly bestBid: number
  abstract readonly bestAsk: number
  abstract readonly bestBidSize: number
  abstract readonly bestAskSize: number
  abstract levelCount(side: BookSide): number
  abstract sizeAt(side: BookSide, price: number): number
  abstract depth(side: BookSide, count: number, prices: Float64Array, sizes: Float64Array): number
  /** Removes every level. */
  protected abstract clearLevels(): void
  /** Applies rows `(first + i) & mask` of a message. Returns how many of them no book can hold. */
  protected abstract applyRows(rows: LevelRows, first: number, count: number, mask: number): number
  /** Runs after the levels of a message. */
  protected abstract settle(): void

  get state(): BookState {
    return this.#state
  }

  get isLive(): boolean {
    return this.#state === BookState.live
  }

  get tsEventUs(): number {
    return this.#tsEventUs
  }

  get tsRecvUs(): number {
    return this.#tsRecvUs
  }

  get sequence(): number {
    return this.#sequence
  }

  /** Messages held while a snapshot is missing. */
  get pendingCount(): number {
    return this.#pending.count
  }

  get isCrossed(): boolean {
    return this.bestBid > this.bestAsk
  }

  get isLocked(): boolean {
    return this.bestBid === this.bestAsk
  }

  get isOneSided(): boolean {
    return this.levelCount(0) === 0 ? this.levelCount(1) > 0 : this.levelCount(1) === 0
  }

  /** Applies a message that lies in ring columns. */
  applyMessage(columns: BookColumns, row: number): MessageVerdict {
    const verdict = this.#begin(columns.isSnapshot[row] === 1, columns, row)
    if (verdict === MessageVerdict.dropped) return verdict
    const mask = columns.levelMask
    const first = columns.firstLevel[row] % (mask + 1)
    const count = columns.levelCount[row]
    if (verdict === MessageVerdict.applied) this.counters.invalid += this.applyRows(columns, first, count, mask)
    else for (let i = 0; i < count; i++) this.counters.overflowed += this.#pending.level(columns, (first + i) & mask)
    this.endMessage(columns.isLast[row] === 1)
    return verdict
  }

  /**
   * Begins a message.
   *
   * @param isSnapshot whether its levels replace the whole book. A snapshot in several messages goes on until
   * {@link endMessage} is told that it is complete.
   * @param sequence number of the message, NaN where the feed has none.
   * @param previousSequence what the rule compares with the book, see sequence-rules.ts; NaN where the feed has none.
   * @returns what becomes of it: levels of a dropped message may still be given, they are ignored.
   */
  beginMessage(
    isSnapshot: boolean,
    tsEventUs: number,
    tsRecvUs: number,
    sequence: number,
    previousSequence: number,
  ): MessageVerdict {
    const row = directRow
    row.tsEventUs[0] = tsEventUs
    row.tsRecvUs[0] = tsRecvUs
    row.sequence[0] = sequence
    row.previousSequence[0] = previousSequence
    return this.#begin(isSnapshot, row, 0)
  }

  /** One row of the message begun last. `action` is a `LevelAction` of the ring; `orderId` is 0 at level 2. */
  level(action: number, side: BookSide, price: number, size: number, orderId: number): void {
    const row = directRow
    row.levelAction[0] = action
    row.levelSide[0] = side
    row.levelPrice[0] = price
    row.levelSize[0] = size
    row.levelOrderId[0] = orderId
    if (this.#verdict === MessageVerdict.applied) this.counters.invalid += this.applyRows(row, 0, 1, 0)
    else if (this.#verdict === MessageVerdict.held) this.counters.overflowed += this.#pending.level(row, 0)
  }

  /** Ends the message begun last. @param isLast false while more messages of the same snapshot or update follow. */
  endMessage(isLast = true): void {
    if (this.#verdict !== MessageVerdict.applied) return
    this.counters.applied++
    if (isLast) this.settle()
    if (!this.#isSnapshot) {
      this.#isFirstAfterSnapshot = false
      return
    }
    if (!isLast) return
    this.counters.snapshots++
    if (this.#state === BookState.syncing) this.#state = BookState.live
    this.#isSnapshotOpen = false
    this.#isFirstAfterSnapshot = true
    this.#replayPending()
  }

  /**
   * Marks the book as not to be believed until the next snapshot: a failed checksum, a bound that was reached. After a
   * lost connection, {@link clear} it: a half received snapshot would otherwise be continued.
   */
  markStale(): void {
    if (this.#state !== BookState.empty) this.#state = BookState.stale
  }

  /** Forgets everything but the counters: the book is empty and waits for its first message. */
  clear(): void {
    this.clearLevels()
    this.#pending.clear()
    this.#state = BookState.empty
    this.#isSnapshotOpen = false
    this.#isFirstAfterSnapshot = false
    this.#tsEventUs = Number.NaN
    this.#tsRecvUs = Number.NaN
    this.#sequence = Number.NaN
  }

  /** For levels that are set directly, without messages. */
  protected markLive(): void {
    if (this.#state === BookState.empty) this.#state = BookState.live
  }

  #begin(isSnapshot: boolean, rows: MessageRows, row: number): MessageVerdict {
    this.#isSnapshot = isSnapshot
    const verdict = isSnapshot ? this.#beginSnapshot(rows, row) : this.#beginChange(rows, row)
    this.#verdict = verdict
    if (verdict === MessageVerdict.applied) {
      this.#stamp(rows, row)
    } else if (verdict === MessageVerdict.held) {
      this.counters.held++
      this.counters.overflowed += this.#pending.begin(rows, row)
      this.#tellGap()
    } else {
      this.counters.dropped++
    }
    return verdict
  }

  #beginSnapshot(rows: MessageRows, row: number): MessageVerdict {
    if (!this.#isSnapshotOpen) {
      const isUnnumbered = this.#rule === unsequenced || Number.isNaN(rows.sequence[row])
      if (isUnnumbered && this.#state === BookState.stale) {
        this.counters.dropped += this.#pending.count
        this.#pending.clear()
      }
      this.clearLevels()
      this.#isSnapshotOpen = true
      this.#state = BookState.syncing
    }
    return MessageVerdict.applied
  }

  #beginChange(rows: MessageRows, row: number): MessageVerdict {
    if (this.#state === BookState.live && !this.#isSnapshotOpen) {
      const verdict = this.#check(rows, row)
      if (verdict === SequenceVerdict.apply) return MessageVerdict.applied
      if (verdict === SequenceVerdict.old) return MessageVerdict.dropped
      this.#goStale(rows, row)
      return MessageVerdict.held
    }
    if (!this.#requiresSnapshot && this.#state === BookState.empty) {
      this.#state = BookState.live
      return MessageVerdict.applied
    }
    if (this.#state === BookState.empty) this.#state = BookState.syncing
    return MessageVerdict.held
  }

  #check(rows: MessageRows, row: number): SequenceVerdict {
    const last = this.#sequence
    if (Number.isNaN(last)) return SequenceVerdict.apply
    const step = rows.sequence[row] - last
    const previous = rows.previousSequence[row]
    return this.#rule.check(step, Number.isNaN(previous) ? step - 1 : previous - last, this.#isFirstAfterSnapshot)
  }

  #stamp(rows: MessageRows, row: number): void {
    this.#tsEventUs = rows.tsEventUs[row]
    this.#tsRecvUs = rows.tsRecvUs[row]
    this.#sequence = rows.sequence[row]
  }

  #goStale(rows: MessageRows, row: number): void {
    this.counters.gaps++
    this.#state = BookState.stale
    const previous = rows.previousSequence[row]
    this.#received = Number.isNaN(previous) ? rows.sequence[row] - 1 : previous
    this.#isGapUntold = true
  }

  /** Comes last, because the listener may do anything, also to this book. */
  #tellGap(): void {
    if (!this.#isGapUntold) return
    this.#isGapUntold = false
    this.onGap?.(this, this.#sequence, this.#received)
  }

  /** Applies what was held, from the first message that continues the snapshot; stops at a gap. */
  #replayPending(): void {
    const pending = this.#pending
    const total = pending.count
    let done = 0
    while (done < total) {
      const verdict = this.#check(pending, done)
      if (verdict === SequenceVerdict.gap) {
        this.#goStale(pending, done)
        break
      }
      if (verdict === SequenceVerdict.apply) this.#applyPending(done)
      else this.counters.dropped++
      done++
    }
    pending.shift(done)
    this.#tellGap()
  }

  #applyPending(message: number): void {
    const pending = this.#pending
    const first = pending.firstLevel[message]
    this.counters.invalid += this.applyRows(pending, first, pending.levelsOf(message), -1)
    this.settle()
    this.counters.applied++
    this.#isFirstAfterSnapshot = false
    this.#stamp(pending, message)
  }
}

function ruleOf(rule: SequenceRule | SequenceRuleName | undefined): SequenceRule {
  if (rule === undefined) return unsequenced
  if (typeof rule !== 'string') return rule
  const known = Object.hasOwn(sequenceRules, rule) ? sequenceRules[rule] : undefined
  if (known !== undefined) return known
  const names = Object.keys(sequenceRules).join(', ')
  throw new TradewireError('TW_INVALID_ARGUMENT', `sequenceRule ${rule} is not known; use one of ${names}`)
}
