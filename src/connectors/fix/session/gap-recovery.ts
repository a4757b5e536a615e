/**
 * Asking for what is missing: a message ahead of its turn is kept, the gap before it is asked for once, and what was kept is
 * processed when its turn comes.
 *
 * One request covers a gap until it is filled. A request is repeated when the resend itself has a hole, or when nothing of it
 * arrives for a while; after three repeats in vain the session logs out, because a connection that does not deliver must not
 * look as if it did.
 */
import { NS_PER_MS } from '../../../core/clock.js'
import type { FixMessage } from '../codec/message.js'
import type { Outbound } from './outbound.js'
import type { SessionParts } from './parts.js'
import { SessionTag, SessionType } from './tags.js'

const MAX_ATTEMPTS = 3

/** Finds gaps in what arrives and has them filled. */
export class GapRecovery {
  readonly #parts: SessionParts
  readonly #outbound: Outbound
  /** Messages ahead of a gap by number; null where the message was processed when it came. */
  readonly #queue = new Map<number, Uint8Array | null>()
  #queuedBytes = 0
  /** The highest number that arrived. */
  #highest = 0
  /** The request under way covers [from, to]; none while `to` is 0. */
  #from = 0
  #to = 0
  #attempts = 0
  #progressNs = 0

  constructor(parts: SessionParts, outbound: Outbound) {
    this.#parts = parts
    this.#outbound = outbound
  }

  /** Whether messages are missing that have been asked for. */
  get isActive(): boolean {
    return this.#to !== 0
  }

  /** When the request under way is due for a repeat; never where there is none. */
  deadlineNs(): number {
    if (!this.isActive) return Number.POSITIVE_INFINITY
    return this.#progressNs + this.#parts.settings.resendTimeoutMs * NS_PER_MS
  }

  /** A message came ahead of its turn. `isProcessed`: it needs no keeping. `isPossDup`: it is part of a resend. */
  tooHigh(number: number, message: FixMessage, isProcessed: boolean, isPossDup: boolean): void {
    this.#highest = Math.max(this.#highest, number)
    if (isProcessed) this.#remember(number, null)
    else this.#remember(number, message.copyBytes())
    const expected = this.#parts.store.nextIncoming
    if (!this.isActive) this.#request(expected)
    // A resend with a hole in it: what comes behind the hole tells that it has been passed.
    else if (isPossDup && expected > this.#from) this.#request(expected)
  }

  /** The peer will fill the gap before `number` by itself; it is asked for when that takes too long. */
  expectFill(number: number): void {
    this.#highest = Math.max(this.#highest, number)
    this.#remember(number, null)
    this.#from = this.#parts.store.nextIncoming
    this.#to = number - 1
    this.#progressNs = this.#parts.clock.monotonicNs()
    this.#attempts = 0
  }

  #remember(number: number, bytes: Uint8Array | null): void {
    const { counters, settings } = this.#parts
    if (this.#queue.has(number)) return
    const size = bytes?.length ?? 0
    if (this.#queue.size >= settings.maxQueuedMessages || this.#queuedBytes + size > settings.maxQueuedBytes) {
      counters.queueOverflows++
      return
    }
    this.#queue.set(number, bytes)
    this.#queuedBytes += size
    counters.queued++
  }

  /** The next expected number has changed: the gap may be closed, or the next part of it be due. */
  advanced(): void {
    if (!this.isActive) return
    const expected = this.#parts.store.nextIncoming
    this.#progressNs = this.#parts.clock.monotonicNs()
    this.#attempts = 0
    if (expected <= this.#to) return
    this.#to = 0
    if (this.#parts.settings.maxResendRequest > 0 && expected < this.#highest && !this.#queue.has(expected))
      this.#request(expected)
  }

  /** Takes the message of a number out of those kept: its bytes, null where it was processed before, undefined where there is none. */
  take(number: number): Uint8Array | null | undefined {
    if (this.#queue.size === 0) return undefined
    const bytes = this.#queue.get(number)
    if (bytes === undefined) return undefined
    this.#queue.delete(number)
    this.#queuedBytes -= bytes?.length ?? 0
    return bytes
  }

  /** Forgets what is kept below a number: a gap fill has passed over it. */
  discardBelow(number: number): void {
    if (this.#queue.size === 0) return
    for (const kept of [...this.#queue.keys()]) if (kept < number) this.take(kept)
  }

  /** Repeats a request that has gone unanswered; false when that has been tried often enough. */
  onTimer(nowNs: number): boolean {
    if (nowNs < this.deadlineNs()) return true
    if (++this.#attempts > MAX_ATTEMPTS) return false
    const attempts = this.#attempts
    this.#request(this.#parts.store.nextIncoming)
    this.#attempts = attempts
    return true
  }

  /** Forgets everything: the numbers have begun anew, or the connection is a new one. */
  clear(): void {
    this.#queue.clear()
    this.#queuedBytes = 0
    this.#highest = 0
    this.#to = 0
    this.#attempts = 0
  }

  #request(from: number): void {
    const { settings, rules, clock, counters, line } = this.#parts
    const last = Math.max(from, this.#highest - 1)
    const isChunked = settings.maxResendRequest > 0 && last - from >= settings.maxResendRequest
    this.#from = from
    this.#to = isChunked ? from + settings.maxResendRequest - 1 : last
    this.#progressNs = clock.monotonicNs()
    this.#attempts = 0
    const encoder = this.#outbound.begin(SessionType.resendRequest)
    encoder.int(SessionTag.beginSeqNo, from)
    encoder.int(SessionTag.endSeqNo, isChunked ? this.#to : rules.endlessResend)
    this.#outbound.finishAdmin()
    counters.resendRequestsSent++
    line?.deadlineChanged()
  }
}
