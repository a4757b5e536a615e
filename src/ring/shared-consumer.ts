/**
 * The consumer's side of a shared ring: drain in batches, then spin, sleep or await until there is more.
 */
import type { RecordColumns, RecordLayout } from './record-layout.js'
import { Cell, forceWake, loadDropped, wake } from './shared-control.js'
import type { SharedRing } from './shared-ring.js'

/** Counters of the consumer: `offered = delivered + dropped + queued`. */
export interface SharedConsumerCounters {
  /** Records published, and records dropped by the producer. */
  readonly offered: number
  /** Records given to the handler. */
  readonly delivered: number
  /** Records that the producer of a `drop` ring could not place. */
  readonly dropped: number
  /** Records waiting; once this side is closed, records that will never be delivered. */
  readonly queued: number
}

/** Handles a batch: rows `from` up to, not including, `to` of `consumer.columns`, valid during the call. */
export type SharedBatchHandler<L extends RecordLayout> = (consumer: SharedConsumer<L>, from: number, to: number) => void

type AsyncWait = { async: false; value: string } | { async: true; value: Promise<string> }
type WaitAsync = (array: Int32Array, index: number, value: number, timeoutMs: number) => AsyncWait

/** Consumer of a shared ring. Made by `SharedRing.consumer`. */
export class SharedConsumer<L extends RecordLayout> {
  /** Columns of the records. */
  declare readonly columns: RecordColumns<L>
  readonly #control: Int32Array
  readonly #mask: number
  readonly #maxBatch: number
  readonly #counts = new Float64Array(1)
  #tail: number
  #isClosed = false
  #isDraining = false

  /** @internal use `SharedRing.consumer`. */
  constructor(ring: SharedRing<L>, maxBatch: number) {
    this.columns = ring.columns
    this.#control = ring.control
    this.#mask = ring.records - 1
    this.#maxBatch = maxBatch
    this.#tail = Atomics.load(ring.control, Cell.tail)
  }

  /** Counters at this instant. */
  get counters(): SharedConsumerCounters {
    const delivered = this.#counts[0]
    const dropped = loadDropped(this.#control)
    const queued = this.#queued()
    return { offered: delivered + dropped + queued, delivered, dropped, queued }
  }

  /** Number of records that `drain` would deliver. */
  get available(): number {
    return this.#isClosed ? 0 : this.#queued()
  }

  /** True when the producer has closed its side and every record was delivered, or this side is closed. */
  get isFinished(): boolean {
    if (this.#isClosed) return true
    return Atomics.load(this.#control, Cell.producerClosed) === 1 && this.available === 0
  }

  /**
   * Hands the records published before this call to `handler`, at most `maxRecords` of them, in batches. The space of a
   * batch is given back when the handler returns or throws; what it throws goes to the caller, the batch counts as
   * delivered.
   *
   * @returns the number of records delivered; 0 when closed, or called from within the handler.
   */
  drain(handler: SharedBatchHandler<L>, maxRecords = 0x7fff_ffff): number {
    if (this.#isDraining) return 0
    let left = Math.min(this.available, Math.floor(maxRecords))
    let delivered = 0
    while (left > 0 && !this.#isClosed) {
      const from = this.#tail & this.#mask
      const count = Math.min(left, this.#maxBatch, this.#mask + 1 - from)
      this.#isDraining = true
      try {
        handler(this, from, from + count)
      } finally {
        this.#isDraining = false
        this.#release(count)
      }
      delivered += count
      left -= count
    }
    return delivered
  }

  /** Looks up to `turns` times for records without giving up the thread; returns whether there are any. */
  spin(turns: number): boolean {
    for (let turn = 0; turn < turns; turn++) if (this.available > 0) return true
    return false
  }

  /**
   * Sleeps until there are records, the producer closes or the timeout passes. Blocks the thread: for workers.
   *
   * @returns whether there are records.
   */
  wait(timeoutMs: number): boolean {
    const control = this.#control
    const count = this.#prepareSleep()
    if (!this.#hasNews()) Atomics.wait(control, Cell.dataWake, count, timeoutMs)
    Atomics.store(control, Cell.consumerSleeps, 0)
    return this.available > 0
  }

  /**
   * Resolves when there are records, the producer closes or the timeout passes, without blocking the thread. Like an
   * unreferenced timer it does not keep the process alive.
   *
   * @returns whether there are records.
   */
  async waitAsync(timeoutMs: number): Promise<boolean> {
    const count = this.#prepareSleep()
    if (!this.#hasNews()) {
      const { waitAsync } = Atomics as unknown as { waitAsync: WaitAsync }
      await waitAsync(this.#control, Cell.dataWake, count, timeoutMs).value
    }
    Atomics.store(this.#control, Cell.consumerSleeps, 0)
    return this.available > 0
  }

  /** Gives up this side: the producer's claims fail from now on. Closing twice does nothing. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    Atomics.store(this.#control, Cell.consumerClosed, 1)
    forceWake(this.#control, Cell.producerSleeps, Cell.spaceWake)
    forceWake(this.#control, Cell.consumerSleeps, Cell.dataWake)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #queued(): number {
    return (Atomics.load(this.#control, Cell.head) - this.#tail) | 0
  }

  #release(count: number): void {
    this.#counts[0] += count
    this.#tail = (this.#tail + count) | 0
    Atomics.store(this.#control, Cell.tail, this.#tail)
    wake(this.#control, Cell.producerSleeps, Cell.spaceWake)
  }

  #prepareSleep(): number {
    Atomics.store(this.#control, Cell.consumerSleeps, 1)
    return Atomics.load(this.#control, Cell.dataWake)
  }

  #hasNews(): boolean {
    return this.#isClosed || this.available > 0 || Atomics.load(this.#control, Cell.producerClosed) === 1
  }
}
