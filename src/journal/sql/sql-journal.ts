/**
 * What the journals in databases share: framing of records, sequence, state, and the refusals. How and when a group of
 * frames gets into its table is the business of each.
 */
import { TradewireError } from '../../core/errors.js'
import { firstReservedType, snapshotType } from '../frame.js'
import { FrameWindow } from '../frame-window.js'
import type { Durability, Journal, JournalCounters, JournalFailure, JournalState, RecordWriter } from '../journal.js'
import type { Batch } from './batches.js'

/** Options of every journal in a database. */
export interface SqlJournalOptions {
  /** What the records belong to; each account has one journal, with one writer. 1 to 64 characters. */
  readonly account: string
  /** Bound of the records in memory: the largest one, and the queue while the database does not answer. Default 8 MiB. */
  readonly maxBufferBytes?: number
  /** Bound of a snapshot. Default 256 MiB. */
  readonly maxSnapshotBytes?: number
}

interface Waiter {
  readonly seq: number
  resolve(): void
  reject(error: TradewireError): void
}

const MiB = 1024 * 1024

/** Checks the name of an account. @throws TradewireError `TW_INVALID_CONFIG`. */
export function checkAccount(account: unknown): string {
  if (typeof account === 'string' && account.length > 0 && account.length <= 64) return account
  throw new TradewireError('TW_INVALID_CONFIG', `journal option account must be text of 1 to 64 characters`, {
    details: { option: 'account' },
  })
}

/** See the header of this file. */
export abstract class SqlJournal implements Journal {
  readonly durability: Durability
  readonly account: string
  protected readonly window: FrameWindow
  protected readonly totals = { records: 0, bytes: 0, writes: 0, syncs: 0, failures: 0, abandoned: 0 }
  protected durableUpTo = 0
  /** Number of the last record that left the window. */
  protected takenSeq: number
  #lastSeq: number
  #state: JournalState = 'open'
  #failure: JournalFailure | undefined
  #type = 0
  #isSnapshotting = false
  #reclaiming = false
  readonly #waiters: Waiter[] = []
  readonly #maxSnapshotBytes: number
  readonly #onFailure: ((failure: JournalFailure) => void) | undefined

  constructor(
    durability: Durability,
    { account, maxBufferBytes = 8 * MiB, maxSnapshotBytes = 256 * MiB }: SqlJournalOptions,
    lastSeq: number,
    onFailure: ((failure: JournalFailure) => void) | undefined,
  ) {
    this.durability = durability
    this.account = account
    this.#lastSeq = lastSeq
    this.takenSeq = lastSeq
    this.durableUpTo = durability === 'none' ? 0 : lastSeq
    this.#maxSnapshotBytes = maxSnapshotBytes
    this.#onFailure = onFailure
    this.window = new FrameWindow(Math.min(MiB / 4, maxBufferBytes), maxBufferBytes, () => {
      this.#reclaiming = true
      this.reclaim()
      this.#reclaiming = false
    })
  }

  get state(): JournalState {
    return this.#state
  }

  get failure(): JournalFailure | undefined {
    return this.#failure
  }

  get lastSeq(): number {
    return this.#lastSeq
  }

  get durableSeq(): number {
    return this.durableUpTo
  }

  begin(type: number): RecordWriter {
    if (this.#state === 'closed' || this.#isSnapshotting) throw this.refusal()
    if ((type | 0) !== type || type < 0 || type >= firstReservedType)
      throw new TradewireError(
        'TW_INVALID_ARGUMENT',
        `record type ${type} is not an integer from 0 to ${firstReservedType - 1}`,
      )
    const { window } = this
    if (window.open) {
      window.discard()
      this.totals.abandoned++
    }
    this.#type = type
    window.begin()
    return window
  }

  commit(): number {
    if (!this.window.open) throw new TradewireError('TW_INVALID_STATE', 'commit without begin: no record is open')
    const seq = this.#lastSeq + 1
    this.window.commit(this.#type, seq)
    this.#lastSeq = seq
    this.totals.records++
    return seq
  }

  flush(): void {
    if (!this.tryFlush() || this.#state !== 'open') throw this.refusal()
  }

  abstract tryFlush(): boolean
  abstract tryResume(): boolean
  abstract close(): Promise<void>
  /** Makes room in memory, as far as that is possible now. */
  protected abstract reclaim(): void
  /** Starts making everything durable; {@link madeDurable} tells the end. */
  protected abstract startSync(): void
  /** Puts a snapshot in place, behind everything that was taken. @throws TradewireError. */
  protected abstract store(snapshot: Batch): void

  durable(): Promise<void> {
    if (!this.tryFlush() || this.#state !== 'open') return Promise.reject(this.refusal())
    if (this.durability === 'none' || this.durableUpTo >= this.#lastSeq) return Promise.resolve()
    const seq = this.#lastSeq
    return new Promise((resolve, reject) => {
      this.#waiters.push({ seq, resolve, reject })
      this.startSync()
    })
  }

  writeSnapshot(write: (writer: RecordWriter) => void): number {
    if (this.#state !== 'open' || this.#isSnapshotting || !this.tryFlush()) throw this.refusal()
    const seq = this.#lastSeq + 1
    const draft = new FrameWindow(MiB / 4, this.#maxSnapshotBytes, () => {})
    this.#isSnapshotting = true
    try {
      draft.begin()
      write(draft)
      draft.commit(snapshotType, seq)
    } finally {
      this.#isSnapshotting = false
    }
    this.store({ firstSeq: seq, lastSeq: seq, isSnapshot: true, frames: draft.memory.slice(0, draft.committed) })
    this.#lastSeq = seq
    this.takenSeq = seq
    this.totals.records++
    return seq
  }

  counters(): JournalCounters {
    return { ...this.totals, dropped: 0 }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  // ---- for the journals themselves

  /** Takes all committed frames as a copy; undefined where there are none. The window keeps them until `release`. */
  protected frames(): Batch | undefined {
    const { window } = this
    if (window.committed === window.written) return undefined
    return {
      firstSeq: this.takenSeq + 1,
      lastSeq: this.#lastSeq,
      isSnapshot: false,
      frames: window.memory.slice(window.written, window.committed),
    }
  }

  /** Gives a taken batch's memory back. */
  protected release(batch: Batch): void {
    this.takenSeq = batch.lastSeq
    this.window.release(this.window.written + batch.frames.length)
  }

  protected get hasWaiters(): boolean {
    return this.#waiters.length > 0
  }

  /** Everything up to a record is durable. */
  protected madeDurable(seq: number): void {
    if (seq > this.durableUpTo) this.durableUpTo = seq
    let done = 0
    while (done < this.#waiters.length && (this.#waiters[done] as Waiter).seq <= seq) done++
    for (const waiter of this.#waiters.splice(0, done)) waiter.resolve()
  }

  protected fail(operation: JournalFailure['operation'], error: TradewireError): void {
    this.totals.failures++
    this.#failure = { operation, error, rewritten: false }
    if (this.#state === 'open') this.#state = 'failed'
    const refusal = this.refusal()
    for (const waiter of this.#waiters.splice(0)) waiter.reject(refusal)
    // While a record is open the host may not append, and it will want to: it is told as soon as this turn ends.
    if (this.#reclaiming) queueMicrotask(() => this.#report())
    else this.#report()
  }

  #report(): void {
    if (this.#failure === undefined) return
    try {
      this.#onFailure?.(this.#failure)
    } catch {
      this.totals.failures++
    }
  }

  /** Healthy again. */
  protected resumed(): void {
    this.#state = 'open'
    this.#failure = undefined
  }

  /** Ends the life of the journal; throws where records behind `safeSeq` are lost. */
  protected closed(safeSeq: number): void {
    const lost = this.#lastSeq - safeSeq
    const cause = this.#failure?.error
    this.#state = 'closed'
    const refusal = this.refusal()
    for (const waiter of this.#waiters.splice(0)) waiter.reject(refusal)
    if (lost > 0)
      throw new TradewireError('TW_JOURNAL_FAILED', `the journal was closed with its last ${lost} records not safe`, {
        cause,
        details: { recordsNotSafe: lost },
      })
  }

  protected refusal(): TradewireError {
    const name = `the journal of ${this.account} in the database`
    if (this.#state === 'closed') return new TradewireError('TW_DISPOSED', `${name} is closed`)
    if (this.#isSnapshotting)
      return new TradewireError('TW_INVALID_STATE', 'a snapshot is being written: append after it')
    const why = this.#failure === undefined ? 'it failed' : this.#failure.error.message
    return new TradewireError('TW_JOURNAL_FAILED', `${name} does not take records: ${why}`, {
      cause: this.#failure?.error,
    })
  }
}

/** Another process has the account now: this one writes nothing any more, whatever happens. */
export function fencedError(account: string, epoch: number): TradewireError {
  return new TradewireError(
    'TW_JOURNAL_FENCED',
    `another process has taken over the journal of ${account}; this one owned it in epoch ${epoch}, and writes nothing any more`,
    { details: { account, epoch } },
  )
}
