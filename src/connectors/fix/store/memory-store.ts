/**
 * A store that forgets everything at the end of the process: for sessions that reset at every logon, and for tests.
 */
import { TradewireError } from '../../../core/errors.js'
import type { MessageStore, MessageStoreCounters, StoredMessageVisitor } from './message-store.js'

/** Bounds of a {@link MemoryStore}. */
export interface MemoryStoreOptions {
  /** Bytes of messages kept, from 1; 64 MiB unless given. The oldest are forgotten first; a resend skips them by gap fill. */
  maxBytes?: number
}

/** Keeps the latest messages in memory. */
export class MemoryStore implements MessageStore {
  readonly counters: MessageStoreCounters = { messages: 0, failedAppends: 0, damagedReads: 0 }
  readonly #maxBytes: number
  readonly #messages = new Map<number, Uint8Array>()
  #bytes = 0
  #oldest = 1
  #nextOutgoing = 1
  #nextIncoming = 1
  #createdUs = Number.NaN

  /** @throws TradewireError `TW_INVALID_CONFIG` for a bound that is not a positive integer. */
  constructor(options: MemoryStoreOptions = {}) {
    this.#maxBytes = options.maxBytes ?? 64 * 1024 * 1024
    if (!Number.isSafeInteger(this.#maxBytes) || this.#maxBytes < 1) {
      throw new TradewireError('TW_INVALID_CONFIG', `maxBytes must be a positive whole number, got ${this.#maxBytes}`)
    }
  }

  get nextOutgoing(): number {
    return this.#nextOutgoing
  }

  get nextIncoming(): number {
    return this.#nextIncoming
  }

  get createdUs(): number {
    return this.#createdUs
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    const number = this.#nextOutgoing++
    if (end <= start) return
    this.#messages.set(number, bytes.slice(start, end))
    this.#bytes += end - start
    this.counters.messages++
    while (this.#bytes > this.#maxBytes && this.#messages.size > 1) this.#forgetOldest()
  }

  skip(): void {
    this.#nextOutgoing++
  }

  setNextOutgoing(number: number): void {
    if (number < this.#nextOutgoing) this.#forgetAll(number)
    this.#nextOutgoing = number
  }

  setNextIncoming(number: number): void {
    this.#nextIncoming = number
  }

  commit(): void {}

  reset(createdUs: number): void {
    this.#forgetAll(1)
    this.#nextOutgoing = 1
    this.#nextIncoming = 1
    this.#createdUs = createdUs
  }

  read(from: number, to: number, limit: number, visit: StoredMessageVisitor): number {
    const last = Math.min(to, this.#nextOutgoing - 1)
    let left = limit
    let misses = 0
    let number = Math.max(from, this.#oldest)
    while (number <= last && left > 0) {
      const bytes = this.#messages.get(number)
      if (bytes !== undefined) {
        visit(number, bytes, 0, bytes.length)
        left--
        misses = 0
      } else if (++misses > 1_000) {
        number = this.#firstFrom(number, last + 1)
        misses = 0
        continue
      }
      number++
    }
    return number
  }

  /** The first number kept from `from` on, or `none`: over a long hole this is faster than asking number by number. */
  #firstFrom(from: number, none: number): number {
    for (const number of this.#messages.keys()) if (number >= from) return number
    return none
  }

  refresh(): void {}

  close(): void {}

  #forgetOldest(): void {
    const bytes = this.#messages.get(this.#oldest)
    if (bytes !== undefined) {
      this.#messages.delete(this.#oldest)
      this.#bytes -= bytes.length
    }
    this.#oldest++
  }

  #forgetAll(next: number): void {
    this.#messages.clear()
    this.#bytes = 0
    this.#oldest = next
  }
}
