/**
 * Answering ResendRequests: application messages as they were, everything else skipped by gap fills.
 *
 * A resend is worked off in slices, a few messages a turn, as fast as the line and the throttle take them; no request, however
 * long, keeps the process from anything else. What the application sends meanwhile gets the next numbers, is kept, and follows
 * when the resend has come that far, in order, as what it is: sent for the first time.
 */

import { parseTimestamp } from '../codec/times.js'
import type { Outbound } from './outbound.js'
import type { SessionParts } from './parts.js'
import { findSendingTime, patchForResend, type StoredFacts, storedMsgType } from './resend-patch.js'
import { SessionTag, SessionType } from './tags.js'

/** Messages a slice. */
const SLICE = 64

/** Sends messages again. */
export class Resender {
  readonly #parts: SessionParts
  readonly #outbound: Outbound
  readonly #facts: StoredFacts = { sendingTimeStart: -1, sendingTimeEnd: -1 }
  /** The next number to be covered, and the last. */
  #next = 0
  #end = -1
  /** Numbers from here on were never sent: they were kept during the resend. */
  #firstUnsent = 0

  constructor(parts: SessionParts, outbound: Outbound) {
    this.#parts = parts
    this.#outbound = outbound
    outbound.hold = (number) => this.#hold(number)
  }

  /** Whether messages are still to be sent. */
  get isActive(): boolean {
    return this.#next <= this.#end
  }

  /** Begins to send the numbers [from, to] again; a resend under way is extended, or begins again further back. */
  start(from: number, to: number): void {
    if (this.isActive) {
      this.#next = Math.min(this.#next, from)
      this.#end = Math.max(this.#end, to)
    } else {
      this.#next = from
      this.#end = to
      this.#firstUnsent = this.#parts.store.nextOutgoing
    }
    this.#outbound.isHolding = true
    this.step()
  }

  /** Forgets what was to be sent: the connection is gone. */
  stop(): void {
    this.#end = -1
    this.#next = 0
    this.#outbound.isHolding = false
  }

  /** When {@link step} may go on, where the throttle holds it up; at once otherwise. */
  nextStepNs(): number {
    return this.#outbound.throttle?.nextFreeNs() ?? 0
  }

  /** What the line does not take now follows when it does. */
  #hold(number: number): void {
    if (this.isActive) return
    this.#next = number
    this.#end = number
    this.#firstUnsent = number
    this.#outbound.isHolding = true
    this.#parts.line?.resume(true)
  }

  /** Sends a slice, and asks for another turn when more is left. */
  step(): void {
    const { line, settings } = this.#parts
    if (line === undefined || !this.isActive) return
    const isBehind = line.bufferedBytes > settings.maxBufferedBytes / 2
    if (!isBehind && this.#isFree()) this.#slice()
    if (!this.isActive) this.#outbound.isHolding = false
    else if (this.#isFree()) line.resume(isBehind)
    else line.deadlineChanged()
  }

  #isFree(): boolean {
    return this.nextStepNs() <= this.#parts.clock.monotonicNs()
  }

  #slice(): void {
    // With a throttle one message a slice: each takes its own slot.
    const limit = this.#outbound.throttle === undefined ? SLICE : 1
    const lastAsked = Math.min(this.#end, this.#firstUnsent - 1)
    this.#cover(this.#next, lastAsked, limit)
    if (this.#next <= lastAsked) return
    // What was asked for is done; what was kept meanwhile follows, up to whatever is there by now.
    const last = this.#parts.store.nextOutgoing - 1
    this.#next = Math.max(this.#next, this.#firstUnsent)
    this.#end = last
    if (this.#isFree()) this.#cover(this.#next, last, limit)
  }

  /** Sends messages of [from, to] until the limit is reached or all are covered, and moves on. */
  #cover(from: number, to: number, limit: number): void {
    if (from > to) return
    let uncovered = from
    const goOn = this.#parts.store.read(from, to, limit, (number, buffer, start, end) => {
      if (!this.#mayResend(number, buffer, start, end)) return
      if (number > uncovered) this.#gapFill(uncovered, number)
      this.#send(number, buffer, start, end)
      uncovered = number + 1
    })
    // What the store skipped behind the last message is a gap, or the beginning of one that the next slice ends.
    if (goOn > to && uncovered <= to) {
      this.#gapFill(uncovered, to + 1)
      uncovered = to + 1
    }
    this.#next = goOn > to ? to + 1 : Math.max(uncovered, from)
    if (goOn <= to && uncovered < goOn) this.#skipTo(uncovered, goOn)
  }

  /** A slice that ended within a gap fills what it has seen of it, so that the next one need not look again. */
  #skipTo(from: number, goOn: number): void {
    this.#gapFill(from, goOn)
    this.#next = goOn
  }

  #mayResend(number: number, buffer: Uint8Array, start: number, end: number): boolean {
    if (number >= this.#firstUnsent) return true
    const { settings, clock, application, counters } = this.#parts
    const msgType = storedMsgType(buffer, start, end)
    findSendingTime(buffer, start, end, this.#facts)
    const sentUs = parseTimestamp(buffer, this.#facts.sendingTimeStart, this.#facts.sendingTimeEnd)
    const ageUs = clock.wallUs() - sentUs
    if (settings.orderTypes.has(msgType) && !(ageUs <= settings.maxOrderAgeOnResendUs)) {
      counters.staleOrders++
      return false
    }
    try {
      return application.onResend?.(msgType, number, ageUs) ?? true
    } catch {
      counters.applicationErrors++
      return false
    }
  }

  #send(number: number, buffer: Uint8Array, start: number, end: number): void {
    const { clock, settings, counters } = this.#parts
    this.#outbound.throttle?.take(clock.monotonicNs())
    if (number >= this.#firstUnsent) {
      this.#outbound.transmitBytes(buffer, start, end)
      return
    }
    patchForResend(this.#outbound.encoder, buffer, start, end, clock.wallUs(), settings.precision, this.#facts)
    this.#outbound.transmitAgain()
    counters.resent++
  }

  /** SequenceReset (4) with GapFillFlag: the numbers [from, next) hold nothing that is sent again. */
  #gapFill(from: number, next: number): void {
    const encoder = this.#outbound.beginAgain(SessionType.sequenceReset, from)
    encoder.int(SessionTag.newSeqNo, next)
    encoder.flag(SessionTag.gapFillFlag, true)
    encoder.end()
    this.#outbound.transmitAgain()
    this.#parts.counters.gapFilled += next - from
  }
}
