/**
 * A ring between two threads over a SharedArrayBuffer: one producer, one consumer, records in columns, no copies and no
 * messages.
 *
 *   [ control block | column | column | ... ]
 *      head: written by the producer, after the records it covers
 *      tail: written by the consumer, after the batch was handled
 *
 * One thread creates the ring and passes its handle (plain data) to the other by `workerData` or `postMessage`.
 */
import { TradewireError } from '../core/errors.js'
import { integerBetween, powerOfTwo, refuseUnknownOptions } from './options.js'
import { columnBytes, mapColumns, type RecordColumns, type RecordLayout } from './record-layout.js'
import { SharedConsumer } from './shared-consumer.js'
import { Cell, controlBytes, sharedRingMagic } from './shared-control.js'
import { SharedProducer } from './shared-producer.js'

/** What a full shared ring does with a new record: `block` waits for space, `drop` refuses and counts it. */
export type SharedOverflow = 'block' | 'drop'

/** How a shared ring is made. */
export interface SharedRingOptions<L extends RecordLayout> {
  /** Records held, a power of two from 2 to 2^26. */
  readonly records: number
  /** Fields of a record, for example `quoteLayout`. */
  readonly layout: L
  /** What happens when the ring is full, default `block`. */
  readonly overflow?: SharedOverflow
}

/** What another thread needs to attach to a ring. Plain data: pass it by `workerData` or `postMessage`. */
export interface SharedRingHandle<L extends RecordLayout = RecordLayout> {
  readonly buffer: SharedArrayBuffer
  readonly layout: L
}

/** How the producer's side is opened. */
export interface SharedProducerOptions {
  /** Records are made visible to the consumer in groups of this many, or at `flush`; default 64. */
  readonly commitEvery?: number
  /** How long a full `block` ring is waited for, default 1,000 ms; 0 never waits. */
  readonly blockTimeoutMs?: number
}

/** How the consumer's side is opened. */
export interface SharedConsumerOptions {
  /** Largest number of records in a batch; space is given back to the producer batch by batch. Default 1024. */
  readonly maxBatch?: number
}

/**
 * A single-producer, single-consumer ring between threads.
 *
 * @example
 * ```ts no-run
 * import { Worker } from 'node:worker_threads'
 * import { quoteLayout, SharedRing } from 'tradewire/ring'
 *
 * const ring = SharedRing.create({ records: 65_536, layout: quoteLayout })
 * new Worker(new URL('./feed.js', import.meta.url), { workerData: ring.handle })
 * const consumer = ring.consumer()
 * while (!consumer.isFinished) {
 *   consumer.drain((ring, from, to) => {
 *     for (let row = from; row < to; row++) console.log(ring.columns.bid[row])
 *   })
 *   await consumer.waitAsync(1_000)
 * }
 *
 * // feed.js: const producer = SharedRing.attach(workerData).producer()
 * //          const row = producer.claim(); if (row >= 0) producer.columns.bid[row] = 100.01
 * //          producer.flush()
 * ```
 */
export class SharedRing<L extends RecordLayout> {
  /** What another thread attaches with. */
  declare readonly handle: SharedRingHandle<L>
  /** Number of records that the ring holds. */
  declare readonly records: number
  /** What happens when the ring is full. */
  declare readonly overflow: SharedOverflow
  /** Columns of the records, in shared memory. */
  declare readonly columns: RecordColumns<L>
  /** @internal control cells. */
  declare readonly control: Int32Array

  private constructor(handle: SharedRingHandle<L>) {
    this.handle = handle
    this.control = new Int32Array(handle.buffer, 0, controlBytes / 4)
    this.records = this.control[Cell.records]
    this.overflow = this.control[Cell.isBlocking] === 1 ? 'block' : 'drop'
    this.columns = mapColumns(handle.layout, this.records, handle.buffer, controlBytes)
  }

  /** Allocates a ring. Throws TW_INVALID_ARGUMENT naming the option that is wrong. */
  static create<const L extends RecordLayout>(options: SharedRingOptions<L>): SharedRing<L> {
    refuseUnknownOptions('SharedRing.create', options, ['records', 'layout', 'overflow'])
    const records = powerOfTwo('records', options.records, 2, 2 ** 26)
    const overflow = options.overflow ?? 'block'
    if (overflow !== 'block' && overflow !== 'drop') {
      throw new TradewireError('TW_INVALID_ARGUMENT', `overflow must be block or drop, got '${String(overflow)}'`, {
        details: { field: 'overflow' },
      })
    }
    const layout = { ...options.layout }
    const buffer = new SharedArrayBuffer(controlBytes + columnBytes(layout, records))
    const control = new Int32Array(buffer, 0, controlBytes / 4)
    control[Cell.records] = records
    control[Cell.isBlocking] = overflow === 'block' ? 1 : 0
    Atomics.store(control, Cell.magic, sharedRingMagic)
    return new SharedRing({ buffer, layout })
  }

  /** Opens a ring made by another thread. Throws TW_INVALID_ARGUMENT when the handle is not that of a shared ring. */
  static attach<const L extends RecordLayout>(handle: SharedRingHandle<L>): SharedRing<L> {
    const buffer: unknown = handle?.buffer
    if (!(buffer instanceof SharedArrayBuffer) || buffer.byteLength < controlBytes) {
      throw invalidHandle('handle.buffer must be the SharedArrayBuffer of a shared ring')
    }
    const control = new Int32Array(buffer, 0, controlBytes / 4)
    if (Atomics.load(control, Cell.magic) !== sharedRingMagic) {
      throw invalidHandle('handle.buffer is not a shared ring, or one of another version')
    }
    if (buffer.byteLength !== controlBytes + columnBytes(handle.layout, control[Cell.records])) {
      throw invalidHandle('handle.layout does not fit the size of handle.buffer')
    }
    return new SharedRing({ buffer, layout: handle.layout })
  }

  /** Takes the producer's side. Throws TW_INVALID_STATE when it was taken before, in whatever thread. */
  producer(options: SharedProducerOptions = {}): SharedProducer<L> {
    refuseUnknownOptions('SharedRing.producer', options, ['commitEvery', 'blockTimeoutMs'])
    const commitEvery = integerBetween('commitEvery', options.commitEvery ?? 64, 1, this.records)
    const blockTimeoutMs = integerBetween('blockTimeoutMs', options.blockTimeoutMs ?? 1_000, 0, 2 ** 31 - 1)
    this.#take(Cell.producerTaken, 'producer')
    return new SharedProducer(this, commitEvery, blockTimeoutMs)
  }

  /** Takes the consumer's side. Throws TW_INVALID_STATE when it was taken before, in whatever thread. */
  consumer(options: SharedConsumerOptions = {}): SharedConsumer<L> {
    refuseUnknownOptions('SharedRing.consumer', options, ['maxBatch'])
    const maxBatch = integerBetween('maxBatch', options.maxBatch ?? 1_024, 1, 2 ** 26)
    this.#take(Cell.consumerTaken, 'consumer')
    return new SharedConsumer(this, maxBatch)
  }

  #take(cell: number, side: string): void {
    if (Atomics.compareExchange(this.control, cell, 0, 1) === 0) return
    throw new TradewireError('TW_INVALID_STATE', `the ${side} side of this ring is taken; make one ring for each pair`)
  }
}

function invalidHandle(message: string): TradewireError {
  return new TradewireError('TW_INVALID_ARGUMENT', message, { details: { field: 'handle' } })
}
