/**
 * A consumer of the ingest ring: a position, batch handlers, an overflow policy and exact counters.
 *
 * Draining cuts the entries between the position and the head into batches: runs of one kind in consecutive rows. Events
 * of kinds without a handler do not cut a run. The position moves when the handler returns, so the rows of the batch
 * cannot be overwritten by what the handler publishes.
 */
import { TradewireError } from '../core/errors.js'
import { CompiledFilter, type MarketFilter } from './filter.js'
import type { IngestRing } from './ingest-ring.js'
import { EventKind, type RingHandlers } from './kinds.js'
import { integerBetween, refuseUnknownOptions } from './options.js'
import { type ConsumerCounters, type OverflowPolicy, overflowPolicies } from './policies.js'
import { kindMask, replacedBit, rowShift } from './sequencer.js'

/** How a consumer is added to a ring. */
export interface RingConsumerOptions {
  /** Unique within the ring; for counters and messages. */
  readonly name: string
  /** What happens when this consumer is slow, see `OverflowPolicy`. */
  readonly policy: OverflowPolicy
  /** Batch handlers, at least one. Which kinds have one is fixed when the consumer is added. */
  readonly handlers: RingHandlers
  /** What the handlers get; all unless given. What does not pass is counted as `filtered`. */
  readonly filter?: MarketFilter
  /** Largest number of rows in a batch, default 1024. */
  readonly maxBatch?: number
  /** Called when a handler throws, after the error was counted. An error thrown here is ignored. */
  readonly onError?: (error: unknown, consumer: RingConsumer) => void
}

const optionNames = ['name', 'policy', 'handlers', 'filter', 'maxBatch', 'onError'] as const

const Count = { start: 0, position: 1, delivered: 2, dropped: 3, conflated: 4, errors: 5, filtered: 6 } as const

const handlerNames = ['', 'onQuotes', 'onTrades', 'onBooks', 'onBars', 'onStatuses', 'onNotes'] as const

/** A consumer of an ingest ring. Made by `IngestRing.addConsumer`. */
export class RingConsumer {
  /** Unique within the ring. */
  readonly name: string
  /** What happens when this consumer is slow. */
  readonly policy: OverflowPolicy
  readonly #ring: IngestRing
  readonly #handlers: RingHandlers
  readonly #maxBatch: number
  readonly #onError: ((error: unknown, consumer: RingConsumer) => void) | undefined
  readonly #filter: CompiledFilter | undefined
  readonly #counts = new Float64Array(7)
  /** Bit k is set when tag k ends a run of another kind: kinds with a handler, and replaced events. */
  readonly #stops: number
  /** The bits of an entry that matter: the kind, and for a conflating consumer the replaced bit. */
  readonly #tagMask: number
  #isDraining = false
  #isInBatch = false
  #isPaused = false
  #isClosed = false
  #lastError: unknown = undefined

  /** @internal use `IngestRing.addConsumer`. */
  constructor(ring: IngestRing, options: RingConsumerOptions) {
    refuseUnknownOptions('addConsumer', options, optionNames)
    if (!overflowPolicies.includes(options.policy)) {
      throw new TradewireError(
        'TW_INVALID_ARGUMENT',
        `policy must be one of ${overflowPolicies.join(', ')}, got '${String(options.policy)}'`,
        { details: { field: 'policy' } },
      )
    }
    this.name = options.name
    this.policy = options.policy
    this.#ring = ring
    this.#handlers = options.handlers
    this.#filter = options.filter === undefined ? undefined : new CompiledFilter(options.filter)
    this.#maxBatch = integerBetween('maxBatch', options.maxBatch ?? 1024, 1, 2 ** 30)
    this.#onError = options.onError
    this.#stops = handledKinds(options.handlers) | 0xff00
    this.#tagMask = options.policy === 'conflate' ? kindMask | replacedBit : kindMask
    this.#counts[Count.start] = ring.head
    this.#counts[Count.position] = ring.head
  }

  /** Counters at this instant: `offered = delivered + dropped + conflated + filtered + queued`. */
  get counters(): ConsumerCounters {
    this.#catchUp()
    const counts = this.#counts
    const queued = this.#isRemoved() ? 0 : this.#ring.head - counts[Count.position]
    return {
      offered: counts[Count.position] + queued - counts[Count.start],
      delivered: counts[Count.delivered],
      dropped: counts[Count.dropped],
      conflated: counts[Count.conflated],
      queued,
      ...(this.#filter === undefined ? {} : { filtered: counts[Count.filtered] }),
    }
  }

  /** Position of the oldest event not yet passed. */
  get position(): number {
    return this.#counts[Count.position]
  }

  /** Number of batches whose handler threw. */
  get errors(): number {
    return this.#counts[Count.errors]
  }

  /** What a handler threw last, undefined before the first error. */
  get lastError(): unknown {
    return this.#lastError
  }

  /** True between `pause` and `resume`. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  /** True from `close` on. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** @internal `position` as an offset of the ring. */
  get offset(): number {
    return (this.#counts[Count.position] - this.#ring.bases[0]) | 0
  }

  /** @internal whether the events from `position` on must not be overwritten. */
  get isProtected(): boolean {
    return this.#isInBatch || this.policy === 'backpressure'
  }

  /**
   * Hands the events published before this call to the handlers, at most `maxEvents` of them. What the handlers publish
   * waits for the next call. A handler that throws loses the rest of its batch, nothing else: the error is counted, kept
   * in `lastError` and passed to `onError`, and draining goes on.
   *
   * @returns the number of events delivered; 0 when paused, closed, or called from one of its own handlers.
   */
  drain(maxEvents = Number.POSITIVE_INFINITY): number {
    if (this.#isDraining || this.#isPaused || this.#isClosed) return 0
    this.#isDraining = true
    this.#catchUp()
    const counts = this.#counts
    const end = this.#ring.head
    const most = Math.floor(maxEvents)
    let delivered = 0
    while (delivered < most && counts[Count.position] < end && !this.#isPaused && !this.#isClosed) {
      delivered += this.#step(Math.min(most - delivered, end - counts[Count.position]))
    }
    this.#isDraining = false
    return delivered
  }

  /** Stops delivery. Events go on queueing, under the consumer's policy, until `resume`. */
  pause(): void {
    this.#isPaused = true
  }

  /** Allows delivery again, from the next `drain` on. */
  resume(): void {
    this.#isPaused = false
  }

  /**
   * Removes the consumer from the ring; events still queued count as dropped. From within one of its own handlers it
   * takes effect when the handler returns. Closing twice does nothing.
   */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (!this.#isInBatch) this.#remove()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** @internal gives up the events before `offset`, counting each as conflated or dropped. */
  passOver(offset: number): void {
    const counts = this.#counts
    const { entries, mask } = this.#ring
    const position = this.#ring.bases[0] + offset
    let current = counts[Count.position]
    if (current >= position) return
    if (this.policy === 'conflate') {
      for (; current < position; current++) {
        counts[(entries[current & mask] & replacedBit) !== 0 ? Count.conflated : Count.dropped] += 1
      }
    } else {
      counts[Count.dropped] += position - current
    }
    counts[Count.position] = position
  }

  #catchUp(): void {
    if (!this.isProtected && !this.#isRemoved()) this.passOver(this.#ring.floorOffset)
  }

  #isRemoved(): boolean {
    return this.#isClosed && !this.#isInBatch
  }

  #remove(): void {
    this.passOver(this.#ring.headOffset)
    this.#ring.unregister(this)
  }

  /** Handles one batch, or passes over one event; returns the number of events delivered. */
  #step(maxEvents: number): number {
    const counts = this.#counts
    const { entries, mask } = this.#ring
    const position = counts[Count.position]
    const entry = entries[position & mask]
    const tag = entry & this.#tagMask
    if ((tag & replacedBit) !== 0) {
      counts[Count.conflated] += 1
      counts[Count.position] = position + 1
      return 0
    }
    const isHandled = ((this.#stops >> tag) & 1) !== 0
    const from = entry >> rowShift
    const run = isHandled ? this.#measureRun(position & mask, tag, maxEvents | 0, mask + 1 - from) : 1
    const kept = !isHandled ? run : run - this.#handle(tag, from, from + this.#rows)
    counts[Count.delivered] += kept
    counts[Count.position] = position + run
    if (this.#isClosed) this.#remove()
    return kept
  }

  /** Rows of the run that `#measureRun` found. */
  #rows = 0

  /** Counts the events of a run of one kind from entry `index` on; leaves the number of rows in `#rows`. */
  #measureRun(index: number, tag: number, maxEvents: number, rowsToWrap: number): number {
    const { entries, mask } = this.#ring
    const tagMask = this.#tagMask
    const maxRows = Math.min(this.#maxBatch, rowsToWrap)
    if (this.#tagMask === kindMask && this.offset >= this.#ring.runOffset) {
      this.#rows = Math.min(maxEvents, maxRows)
      return this.#rows
    }
    const straight = Math.min(maxEvents, maxRows, mask + 1 - index)
    let events = 1
    while (events < straight && (entries[index + events] & tagMask) === tag) events++
    let rows = events
    while (events < maxEvents && rows < maxRows) {
      const next = entries[(index + events) & mask] & tagMask
      if (next === tag) rows++
      else if (((this.#stops >> next) & 1) !== 0) break
      events++
    }
    this.#rows = rows
    return events
  }

  /** Hands rows on; returns how many were not, which are counted. */
  #handle(kind: number, from: number, to: number): number {
    this.#isInBatch = true
    if (this.policy !== 'backpressure') this.#ring.protect(this.offset)
    const left =
      this.#filter === undefined ? this.#handOn(kind, from, to) : this.#handSome(this.#filter, kind, from, to)
    this.#isInBatch = false
    return left
  }

  #handOn(kind: number, from: number, to: number): number {
    try {
      this.#dispatch(kind, from, to)
    } catch (error) {
      this.#fail(error)
    }
    return 0
  }

  /** Hands on the rows that pass, in runs. A handler or rule that closes the consumer gets no more: the rest is dropped. */
  #handSome(filter: CompiledFilter, kind: number, from: number, to: number): number {
    let filtered = 0
    let first = from
    for (let row = from; row < to; row++) {
      const isPassed = this.#passes(filter, kind, row)
      if (this.#isClosed) return this.#countLeft(filtered, to - first)
      if (isPassed) continue
      if (row > first) this.#handOn(kind, first, row)
      if (this.#isClosed) return this.#countLeft(filtered, to - row)
      filtered++
      first = row + 1
    }
    if (to > first) this.#handOn(kind, first, to)
    return this.#countLeft(filtered, 0)
  }

  #countLeft(filtered: number, dropped: number): number {
    this.#counts[Count.filtered] += filtered
    this.#counts[Count.dropped] += dropped
    return filtered + dropped
  }

  #passes(filter: CompiledFilter, kind: number, row: number): boolean {
    try {
      return filter.passes(this.#ring, kind, row)
    } catch (error) {
      this.#fail(error)
      return false
    }
  }

  #dispatch(kind: number, from: number, to: number): void {
    const handlers = this.#handlers
    const ring = this.#ring
    switch (kind) {
      case EventKind.quote:
        handlers.onQuotes?.(ring, from, to)
        break
      case EventKind.trade:
        handlers.onTrades?.(ring, from, to)
        break
      case EventKind.book:
        handlers.onBooks?.(ring, from, to)
        break
      case EventKind.bar:
        handlers.onBars?.(ring, from, to)
        break
      case EventKind.status:
        handlers.onStatuses?.(ring, from, to)
        break
      case EventKind.note:
        handlers.onNotes?.(ring, from, to)
        break
    }
  }

  #fail(error: unknown): void {
    this.#counts[Count.errors] += 1
    this.#lastError = error
    try {
      this.#onError?.(error, this)
    } catch {
      // The error is counted; there is nobody left to tell.
    }
  }
}

/** Bit mask of the kinds that have a handler. Throws TW_INVALID_ARGUMENT when there is none, or one is not a function. */
function handledKinds(handlers: RingHandlers): number {
  let mask = 0
  for (let kind = 1; kind < handlerNames.length; kind++) {
    const name = handlerNames[kind] as keyof RingHandlers
    const handler: unknown = handlers[name]
    if (handler === undefined) continue
    if (typeof handler !== 'function') {
      throw new TradewireError('TW_INVALID_ARGUMENT', `handlers.${name} must be a function, got ${typeof handler}`, {
        details: { field: `handlers.${name}` },
      })
    }
    mask |= 1 << kind
  }
  if (mask !== 0) return mask
  throw new TradewireError(
    'TW_INVALID_ARGUMENT',
    `handlers needs at least one of ${handlerNames.slice(1).join(', ')}`,
    {
      details: { field: 'handlers' },
    },
  )
}
