/**
 * The executions of one connector against those that its drop copy tells, while both go on: each side may be the slower one
 * by a grace, and only then something is missing. What was missing and comes after all is over.
 */

import {
  compareExecutions,
  type DifferingField,
  differingFields,
  type ExecutionMatching,
  type LineExecution,
} from '../../reconcile/drop-copy.js'
import type { OrderCore } from '../order-core.js'
import { type BookEntry, LineBook } from './line-book.js'
import { OwnBooks } from './own-executions.js'

/** What is wrong with an execution. */
export type DropCopyFault = 'missing_here' | 'missing_there' | 'differs'

/** An execution that both sides do not tell alike. */
export interface DropCopyDifference {
  readonly kind: DropCopyFault
  /** As our books hold it. */
  readonly ours?: LineExecution
  /** As the drop copy tells it. */
  readonly theirs?: LineExecution
  /** What differs, where both tell it. */
  readonly fields: readonly DifferingField[]
}

/** How lines are compared. */
export interface LineRules {
  readonly graceUs: number
  readonly matching: ExecutionMatching
  /** Executions kept a side. */
  readonly remembered: number
  /** Leaves executions of orders that are not ours out, where the books do. */
  readonly ownOnly: boolean
}

/** From when on a drop copy has told everything, and up to when; epoch microseconds by the venue's clock. */
export interface Coverage {
  sinceUs: number
  /** Infinity while a line is up whose silence means that nothing happened. */
  throughUs: number
}

/** Differences kept open at most: a line that is wrong throughout needs no list. */
const mostOpen = 1_000

/** See the file's header. */
export class LineComparison {
  readonly connector: number
  readonly ours: LineBook
  readonly theirs: LineBook
  /** Undefined until the drop copy was there for the first time. */
  coverage: Coverage | undefined
  matched = 0
  /** Differences that were over later. */
  resolved = 0
  readonly #core: OrderCore
  readonly #rules: LineRules
  readonly #open = new Map<BookEntry, DropCopyDifference>()
  /** Steady time since when the line is up without a break. */
  #upSinceUs = Number.POSITIVE_INFINITY

  constructor(core: OrderCore, connector: number, rules: LineRules) {
    this.#core = core
    this.connector = connector
    this.#rules = rules
    this.ours = new LineBook(rules.remembered)
    this.theirs = new LineBook(rules.remembered)
  }

  get isUp(): boolean {
    return this.#upSinceUs < Number.POSITIVE_INFINITY
  }

  /** Differences that stand. */
  get open(): DropCopyDifference[] {
    return [...this.#open.values()]
  }

  /** Executions that wait for the other side, and are not told as missing yet. */
  get waiting(): number {
    let count = 0
    for (const book of [this.ours, this.theirs]) for (const entry of book.pending) if (!this.#open.has(entry)) count++
    // Of a pair that differs one entry carries the difference.
    for (const { kind } of this.#open.values()) if (kind === 'differs') count--
    return Math.max(0, count)
  }

  /** The line is there, or gone. */
  setUp(isUp: boolean, nowUs: number, wallUs: number): void {
    if (isUp === this.isUp) return
    this.#upSinceUs = isUp ? nowUs : Number.POSITIVE_INFINITY
    if (isUp) this.coverage = { sinceUs: this.coverage?.sinceUs ?? wallUs, throughUs: Number.POSITIVE_INFINITY }
  }

  /** Our books hold an execution, as it stands now. */
  own(execution: LineExecution, nowUs: number): void {
    const stale = this.ours.put(execution, nowUs)
    if (stale !== undefined) this.theirs.reopen(stale)
  }

  /** The drop copy tells an execution, as it stands now. */
  told(execution: LineExecution, nowUs: number): void {
    const stale = this.theirs.put(execution, nowUs)
    if (stale !== undefined) this.ours.reopen(stale)
  }

  /** Compares what waits. Returns what is wrong since this round, and whether anything is over. */
  round(nowUs: number): { found: DropCopyDifference[]; isChanged: boolean } {
    const before = this.resolved
    const found: DropCopyDifference[] = []
    if (this.coverage === undefined) return { found, isChanged: false }
    const books = new OwnBooks(this.#core, this.connector)
    const ours = byExecution(this.ours.pending)
    const theirs = byExecution(this.theirs.pending)
    const result = compareExecutions([...ours.keys()], [...theirs.keys()], this.#rules.matching)
    const isDue = (entry: BookEntry) => nowUs - entry.toldAtUs >= this.#rules.graceUs
    for (const pair of result.matched)
      this.#match(ours.get(pair.ours) as BookEntry, theirs.get(pair.theirs) as BookEntry)
    for (const pair of result.differing) {
      const own = ours.get(pair.ours) as BookEntry
      const other = theirs.get(pair.theirs) as BookEntry
      if (isDue(own) && isDue(other)) this.#tell(other, { kind: 'differs', ...pair }, found)
    }
    for (const execution of result.missingHere) {
      const entry = theirs.get(execution) as BookEntry
      // What was told as missing is found as soon as it is booked: its order is looked at then.
      if (isDue(entry) && this.#open.get(entry)?.kind !== 'missing_here') this.#missingHere(entry, books, found)
    }
    for (const execution of result.missingThere) {
      const entry = ours.get(execution) as BookEntry
      if (this.#isCovered(entry, nowUs) && isDue(entry))
        this.#tell(entry, { kind: 'missing_there', ours: execution, fields: [] }, found)
    }
    this.#settleBusted(ours, theirs, nowUs)
    return { found, isChanged: found.length > 0 || this.resolved > before }
  }

  /** The drop copy tells what no new execution of ours is: an older one that our books hold, or one that they lack. */
  #missingHere(entry: BookEntry, books: OwnBooks, found: DropCopyDifference[]): void {
    const { execution } = entry
    const own = books.find(execution)
    if (own === 'later') return
    if (own === 'unknown') {
      if (this.#rules.ownOnly && this.#core.ids.numberOf(execution.clientOrderId ?? '') === 0) this.theirs.settle(entry)
      else this.#tell(entry, { kind: 'missing_here', theirs: execution, fields: [] }, found)
      return
    }
    const fields = own === 'booked' ? [] : differingFields(own, execution)
    if (fields.length === 0) {
      this.#over(entry)
      this.theirs.settle(entry)
      this.matched++
    } else if (own !== 'booked') this.#tell(entry, { kind: 'differs', ours: own, theirs: execution, fields }, found)
  }

  #match(own: BookEntry, other: BookEntry): void {
    this.#over(own)
    this.#over(other)
    this.ours.settle(own, other)
    this.theirs.settle(other, own)
    this.matched++
  }

  #tell(entry: BookEntry, difference: DropCopyDifference, found: DropCopyDifference[]): void {
    const known = this.#open.get(entry)
    if (known?.kind === difference.kind && known.fields.join() === difference.fields.join()) return
    this.#open.delete(entry)
    this.#open.set(entry, difference)
    if (this.#open.size > mostOpen) this.#giveUp(this.#open.keys().next().value as BookEntry)
    found.push(difference)
  }

  #giveUp(entry: BookEntry): void {
    this.#open.delete(entry)
    this.ours.settle(entry)
    this.theirs.settle(entry)
  }

  #over(entry: BookEntry): void {
    if (this.#open.delete(entry)) this.resolved++
  }

  /**
   * Whether the drop copy would have told an execution by now. What is older than all that it tells needs no counterpart:
   * it is settled here.
   */
  #isCovered(entry: BookEntry, nowUs: number): boolean {
    const { coverage } = this
    if (coverage === undefined) return false
    const { tsUs } = entry.execution
    if (tsUs < coverage.sinceUs) {
      this.ours.settle(entry)
      return false
    }
    if (tsUs > coverage.throughUs) return false
    // A line that has just come back may still be telling what was missed.
    return coverage.throughUs < Number.POSITIVE_INFINITY || nowUs - this.#upSinceUs >= this.#rules.graceUs
  }

  /** What was taken back and is known on one side only counts nowhere. */
  #settleBusted(
    ours: ReadonlyMap<LineExecution, BookEntry>,
    theirs: ReadonlyMap<LineExecution, BookEntry>,
    nowUs: number,
  ): void {
    const settle = (entry: BookEntry, book: LineBook) => {
      if (entry.execution.isBusted !== true || !book.pending.has(entry)) return
      if (nowUs - entry.toldAtUs < this.#rules.graceUs) return
      if (this.#open.get(entry)?.kind === 'differs') return
      this.#over(entry)
      book.settle(entry)
    }
    for (const entry of ours.values()) settle(entry, this.ours)
    for (const entry of theirs.values()) settle(entry, this.theirs)
  }
}

function byExecution(entries: Iterable<BookEntry>): Map<LineExecution, BookEntry> {
  const map = new Map<LineExecution, BookEntry>()
  for (const entry of entries) map.set(entry.execution, entry)
  return map
}
