/**
 * The producer's side of a shared ring. Records are claimed one by one and made visible in groups: one atomic store for
 * each group, not for each record, which is several times cheaper.
 */
import type { RecordColumns, RecordLayout } from './record-layout.js'
import { Cell, forceWake, storeDropped, wake } from './shared-control.js'
import type { SharedRing } from './shared-ring.js'

/** Counters of the producer: `offered = published + pending + dropped`, and `published = consumed + queued`. */
export interface SharedProducerCounters {
  /** Records claimed, and records dropped. */
  readonly offered: number
  /** Records made visible to the consumer. */
  readonly published: number
  /** Records claimed and not yet flushed. */
  readonly pending: number
  /** Records lost because a `drop` ring was full, or its consumer had closed. */
  readonly dropped: number
  /** Published records that the consumer has not given back yet. */
  readonly queued: number
  /** Claims of a `block` ring that timed out. The record was never taken: the caller still has it. */
  readonly refused: number
}

const Count = { published: 0, dropped: 1, refused: 2 } as const

/** Producer of a shared ring. Made by `SharedRing.producer`. */
export class SharedProducer<L extends RecordLayout> {
  /** Columns to write the claimed row of. */
  declare readonly columns: RecordColumns<L>
  readonly #control: Int32Array
  readonly #records: number
  readonly #mask: number
  readonly #isBlocking: boolean
  readonly #commitEvery: number
  readonly #blockTimeoutMs: number
  readonly #counts = new Float64Array(3)
  /** Next position to claim; an int32 in an array is read back sooner than a field is. */
  readonly #next = new Int32Array(1)
  /** Position at which `claim` has to look whether to commit and whether there is room. */
  #limit: number
  #committed: number
  #tail: number
  #isClosed = false

  /** @internal use `SharedRing.producer`. */
  constructor(ring: SharedRing<L>, commitEvery: number, blockTimeoutMs: number) {
    this.columns = ring.columns
    this.#control = ring.control
    this.#records = ring.records
    this.#mask = ring.records - 1
    this.#isBlocking = ring.overflow === 'block'
    this.#commitEvery = commitEvery
    this.#blockTimeoutMs = blockTimeoutMs
    this.#next[0] = Atomics.load(ring.control, Cell.head)
    this.#limit = this.#next[0]
    this.#committed = this.#next[0]
    this.#tail = Atomics.load(ring.control, Cell.tail)
  }

  /** Counters at this instant. */
  get counters(): SharedProducerCounters {
    const published = this.#counts[Count.published]
    const dropped = this.#counts[Count.dropped]
    const pending = this.#pending()
    const queued = (this.#committed - Atomics.load(this.#control, Cell.tail)) | 0
    const refused = this.#counts[Count.refused]
    return { offered: published + pending + dropped, published, pending, dropped, queued, refused }
  }

  /** Published records that the consumer has not given back yet; as in `counters`, without the object. */
  get queued(): number {
    return (this.#committed - Atomics.load(this.#control, Cell.tail)) | 0
  }

  /** True once the consumer has closed its side: what is published from then on is never delivered. */
  get isConsumerClosed(): boolean {
    return Atomics.load(this.#control, Cell.consumerClosed) === 1
  }

  /**
   * Claims the next record. The caller fills all its columns before it claims another or flushes.
   *
   * @returns the row to write; -1 when the ring is full (`drop`: the record is counted as dropped; `block`: no space came
   * within the timeout, the record is still the caller's), when either side is closed.
   */
  claim(): number {
    const next = this.#next[0]
    if (next === this.#limit && !this.#moveLimit(next)) return -1
    this.#next[0] = next + 1
    return next & this.#mask
  }

  /** Makes all claimed records visible to the consumer and wakes it if it sleeps. */
  flush(): void {
    const count = this.#pending()
    if (count === 0) return
    this.#counts[Count.published] += count
    this.#committed = this.#next[0]
    Atomics.store(this.#control, Cell.head, this.#committed)
    wake(this.#control, Cell.consumerSleeps, Cell.dataWake)
  }

  /** Flushes and says that no record will follow. Closing twice does nothing. */
  close(): void {
    if (this.#isClosed) return
    this.flush()
    this.#isClosed = true
    this.#limit = this.#next[0]
    Atomics.store(this.#control, Cell.producerClosed, 1)
    forceWake(this.#control, Cell.consumerSleeps, Cell.dataWake)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #pending(): number {
    return (this.#next[0] - this.#committed) | 0
  }

  /** Commits a full group, and moves the limit past `next`; false when there is no room for it. */
  #moveLimit(next: number): boolean {
    if (this.#isClosed) return false
    if (this.#pending() >= this.#commitEvery) this.flush()
    if (this.#free() <= 0 && !this.#makeRoom()) return false
    this.#limit = (next + Math.min(this.#free(), this.#commitEvery - this.#pending())) | 0
    return true
  }

  /** Number of records that may be claimed, as far as is known without asking. */
  #free(): number {
    return (this.#tail + this.#records - this.#next[0]) | 0
  }

  /** Looks whether the consumer gave back space, and waits for it as the overflow policy says. */
  #makeRoom(): boolean {
    if (this.#hasRoom()) return true
    this.flush()
    if (this.#isBlocking) {
      if (this.#waitForRoom()) return true
      this.#counts[Count.refused] += 1
    } else {
      this.#counts[Count.dropped] += 1
      storeDropped(this.#control, this.#counts[Count.dropped])
    }
    return false
  }

  #hasRoom(): boolean {
    if (this.isConsumerClosed) return false
    this.#tail = Atomics.load(this.#control, Cell.tail)
    return this.#free() > 0
  }

  #waitForRoom(): boolean {
    const control = this.#control
    while (!this.isConsumerClosed) {
      Atomics.store(control, Cell.producerSleeps, 1)
      const count = Atomics.load(control, Cell.spaceWake)
      if (this.#hasRoom()) break
      if (this.isConsumerClosed) break
      if (Atomics.wait(control, Cell.spaceWake, count, this.#blockTimeoutMs) === 'timed-out') break
    }
    Atomics.store(control, Cell.producerSleeps, 0)
    return this.#hasRoom()
  }
}
