/**
 * Executions that one side has told, bounded: those that wait for their counterpart, and those that found it, for what is
 * said of them later. A restated execution waits again, and its counterpart with it.
 */
import type { LineExecution } from '../../reconcile/drop-copy.js'

/** One execution of a side. */
export interface BookEntry {
  execution: LineExecution
  /** Steady time in microseconds at which it was told, or restated. */
  toldAtUs: number
  /** The same execution on the other side, once it was found there. */
  counterpart: BookEntry | undefined
}

/** The book of one side. */
export class LineBook {
  /** Executions that were given up unmatched for want of room. */
  dropped = 0
  readonly #capacity: number
  readonly #entries = new Map<string, BookEntry>()
  /** Further ids of executions, by corrections. */
  readonly #aliases = new Map<string, string>()
  readonly #pending = new Set<BookEntry>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Those that wait for their counterpart, in the order in which they were told. */
  get pending(): ReadonlySet<BookEntry> {
    return this.#pending
  }

  /** Executions kept, matched or not. */
  get size(): number {
    return this.#entries.size
  }

  /**
   * Takes an execution as it stands now. What is known already, with the same terms, changes nothing. Returns the
   * counterpart of one that was restated: it has none any more.
   */
  put(execution: LineExecution, nowUs: number): BookEntry | undefined {
    const key = keyOf(execution)
    const own = this.#aliases.get(key) ?? key
    const known = this.#entries.get(own)
    if (known === undefined) {
      const entry = { execution, toldAtUs: nowUs, counterpart: undefined }
      this.#entries.set(own, entry)
      this.#pending.add(entry)
      this.#makeRoom()
    }
    for (const alias of execution.aliases ?? []) this.#aliases.set(keyOf({ ...execution, exec: alias }), own)
    return known === undefined || isSame(known.execution, execution)
      ? undefined
      : this.#restate(known, execution, nowUs)
  }

  /** An execution that was told before, by any of its ids. */
  find(execution: Pick<LineExecution, 'exec' | 'instrument' | 'side'>): BookEntry | undefined {
    const key = keyOf(execution)
    return this.#entries.get(this.#aliases.get(key) ?? key)
  }

  /** An execution needs no counterpart any more: it has one, or is none of this comparison's. */
  settle(entry: BookEntry, counterpart?: BookEntry): void {
    entry.counterpart = counterpart
    this.#pending.delete(entry)
  }

  /** Waits again. */
  reopen(entry: BookEntry): void {
    entry.counterpart = undefined
    if (this.#entries.get(keyOf(entry.execution)) === entry) this.#pending.add(entry)
  }

  #restate(entry: BookEntry, execution: LineExecution, nowUs: number): BookEntry | undefined {
    const { counterpart } = entry
    entry.counterpart = undefined
    const aliases = [...new Set([...(entry.execution.aliases ?? []), ...(execution.aliases ?? [])])]
    entry.execution = { ...execution, exec: entry.execution.exec, ...(aliases.length === 0 ? {} : { aliases }) }
    entry.toldAtUs = nowUs
    this.#pending.add(entry)
    return counterpart
  }

  #makeRoom(): void {
    while (this.#entries.size > this.#capacity) {
      const [key, entry] = this.#entries.entries().next().value as [string, BookEntry]
      this.#entries.delete(key)
      if (this.#pending.delete(entry)) this.dropped++
      for (const alias of entry.execution.aliases ?? [])
        this.#aliases.delete(keyOf({ ...entry.execution, exec: alias }))
    }
  }
}

/** Venues may number the two sides of a trade alike. */
function keyOf({ exec, instrument, side }: Pick<LineExecution, 'exec' | 'instrument' | 'side'>): string {
  return `${instrument} ${side} ${exec}`
}

function isSame(a: LineExecution, b: LineExecution): boolean {
  return (
    a.quantityUnits === b.quantityUnits &&
    a.priceUnits === b.priceUnits &&
    (a.isBusted === true) === (b.isBusted === true) &&
    (b.account === '' || a.account === b.account) &&
    (b.clientOrderId === undefined || a.clientOrderId === b.clientOrderId)
  )
}
