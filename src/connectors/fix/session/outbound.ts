/**
 * The way out: a message gets its header and its number, is kept in the store, and only then handed to the line.
 *
 * Between `begin` and `finish` nothing else may be sent: all of it is one turn. An order is refused before it has a number; a
 * number once used is never used for anything else.
 */
import { messageOf, TradewireError } from '../../../core/errors.js'
import { latin1Bytes } from '../codec/bytes.js'
import { FixEncoder } from '../codec/encoder.js'
import type { ExtraFields, SessionParts } from './parts.js'
import { SessionTag } from './tags.js'
import { MessageThrottle } from './throttle.js'

/** Why an application message cannot be sent now; undefined when it can. */
export type SendObstacle = 'logged-off' | 'resending' | 'blocked' | 'throttled'

/** Builds, keeps and transmits messages. */
export class Outbound {
  readonly encoder: FixEncoder
  readonly throttle: MessageThrottle | undefined
  /** When the last message was handed to the line, on the monotonic clock. */
  lastSentNs = 0
  /** A resend is under way: application messages are kept, and follow it in order. */
  isHolding = false
  /** Called when the line or the throttle takes no more of a session that keeps messages for later: the number of the first that waits. */
  hold: (number: number) => void = () => {}
  readonly #parts: SessionParts
  /** Header fields that never change, before and behind SendingTime. */
  readonly #head: Uint8Array
  readonly #tail: Uint8Array
  readonly #fixed: ExtraFields
  #msgType = ''
  #number = 0
  /** SendingTime of the message that is being built. */
  #timeUs = 0

  constructor(parts: SessionParts) {
    this.#parts = parts
    const { settings } = parts
    this.encoder = new FixEncoder({ beginString: settings.beginString })
    this.throttle = settings.throttle === undefined ? undefined : new MessageThrottle(settings.throttle)
    const head: [number, string][] = [[SessionTag.senderCompId, settings.senderCompId]]
    if (settings.senderSubId !== undefined) head.push([SessionTag.senderSubId, settings.senderSubId])
    const tail: [number, string][] = [[SessionTag.targetCompId, settings.targetCompId]]
    if (settings.targetSubId !== undefined) tail.push([SessionTag.targetSubId, settings.targetSubId])
    const { senderLocationId, targetLocationId } = settings
    if (senderLocationId !== undefined) tail.push([SessionTag.senderLocationId, senderLocationId])
    if (targetLocationId !== undefined) tail.push([SessionTag.targetLocationId, targetLocationId])
    this.#head = fieldsOf(head)
    this.#tail = fieldsOf(tail)
    this.#fixed = [...head, ...tail]
  }

  /** SendingTime of the message that is being built, in epoch microseconds. */
  get sendingTimeUs(): number {
    return this.#timeUs
  }

  /**
   * What keeps messages of a type from being sent now. Where messages may wait nothing does, but an order waits only if it may
   * still be sent when its time comes.
   */
  obstacle(msgType: string, nowNs: number): SendObstacle | undefined {
    const { line, settings, isLoggedOn } = this.#parts
    const mayWait = settings.maxOrderAgeOnResendUs > 0 || !settings.orderTypes.has(msgType)
    if (settings.storesOffline && mayWait) return undefined
    if (!isLoggedOn || line === undefined) return 'logged-off'
    if (this.isHolding) return 'resending'
    if (line.bufferedBytes > settings.maxBufferedBytes) return 'blocked'
    if (this.throttle !== undefined && this.throttle.nextFreeNs() > nowNs) return 'throttled'
    return undefined
  }

  /** Begins a message: header up to the body. Fields of `extra` take their place among those of the session by their tags. */
  begin(msgType: string, extra?: ExtraFields): FixEncoder {
    const { encoder } = this
    const { store, settings, clock } = this.#parts
    this.#msgType = msgType
    this.#number = store.nextOutgoing
    this.#timeUs = clock.wallUs()
    encoder.begin(msgType)
    if (extra !== undefined) {
      this.#sortedHeader(this.#number, extra, false)
      return encoder
    }
    encoder.int(SessionTag.msgSeqNum, this.#number)
    encoder.fields(this.#head)
    encoder.timestamp(SessionTag.sendingTime, this.#timeUs, settings.precision)
    encoder.fields(this.#tail)
    if (settings.lastMsgSeqNumProcessed) encoder.int(SessionTag.lastMsgSeqNumProcessed, store.nextIncoming - 1)
    return encoder
  }

  /** Begins a message under a number that was used before: PossDupFlag and OrigSendingTime say so. */
  beginAgain(msgType: string, number: number): FixEncoder {
    this.#timeUs = this.#parts.clock.wallUs()
    this.encoder.begin(msgType)
    this.#sortedHeader(number, [], true)
    return this.encoder
  }

  #sortedHeader(number: number, extra: ExtraFields, isPossDup: boolean): void {
    const { encoder } = this
    const { settings, store } = this.#parts
    const { msgSeqNum, possDupFlag, sendingTime, origSendingTime, lastMsgSeqNumProcessed } = SessionTag
    const fields = [...this.#fixed, ...extra].map(([tag, value]) => ({ tag, write: () => encoder.string(tag, value) }))
    const timestamp = (tag: number) => ({ tag, write: () => encoder.timestamp(tag, this.#timeUs, settings.precision) })
    fields.push({ tag: msgSeqNum, write: () => encoder.int(msgSeqNum, number) }, timestamp(sendingTime))
    if (isPossDup)
      fields.push({ tag: possDupFlag, write: () => encoder.flag(possDupFlag, true) }, timestamp(origSendingTime))
    if (settings.lastMsgSeqNumProcessed) {
      const tag = lastMsgSeqNumProcessed
      fields.push({ tag, write: () => encoder.int(tag, store.nextIncoming - 1) })
    }
    fields.sort((a, b) => a.tag - b.tag)
    for (const field of fields) field.write()
  }

  /** Ends a message of the session: only its number is kept. It is transmitted at once. */
  finishAdmin(): void {
    this.#end()
    const { encoder } = this
    this.#keep(encoder.start, encoder.start)
    this.#transmit()
  }

  /**
   * Ends an application message. True when it was handed to the line, false when it is kept for later.
   *
   * @throws TradewireError `TW_FILE` when it is an order and could not be kept: it was not sent and its number is free.
   */
  finishApplication(): boolean {
    this.#end()
    const { encoder } = this
    this.#keep(encoder.start, encoder.finish)
    const { isLoggedOn, line, clock, settings } = this.#parts
    if (!isLoggedOn || line === undefined || this.isHolding) return false
    const nowNs = clock.monotonicNs()
    const isThrottled = this.throttle !== undefined && this.throttle.nextFreeNs() > nowNs
    if (settings.storesOffline && (isThrottled || line.bufferedBytes > settings.maxBufferedBytes)) {
      this.hold(this.#number)
      return false
    }
    this.throttle?.take(nowNs)
    this.#transmit()
    return true
  }

  /** Transmits what the encoder holds, a message that is kept already: part of a resend. */
  transmitAgain(): void {
    this.#transmit()
  }

  /** Transmits stored bytes as they are. */
  transmitBytes(bytes: Uint8Array, start: number, end: number): void {
    const { line, clock, log, counters } = this.#parts
    if (line === undefined) return
    line.transmit(bytes, start, end)
    this.lastSentNs = clock.monotonicNs()
    counters.sent++
    log.outgoing(clock.wallUs(), bytes, start, end)
  }

  #transmit(): void {
    this.transmitBytes(this.encoder.bytes, this.encoder.start, this.encoder.finish)
  }

  #end(): void {
    this.encoder.end()
    if (this.#number === this.#parts.store.nextOutgoing) return
    const message = `message ${this.#number} was begun, but ${this.#parts.store.nextOutgoing} is next: begin and send in one turn`
    throw new TradewireError('TW_INVALID_STATE', message)
  }

  #keep(start: number, end: number): void {
    const { store, settings, counters, application, log, clock } = this.#parts
    try {
      store.append(this.encoder.bytes, start, end)
    } catch (error) {
      if (settings.orderTypes.has(this.#msgType)) throw error
      // What is no order goes out all the same: a cancel must not depend on a disk. A resend skips it.
      store.skip()
      counters.unsaved++
      log.event(clock.wallUs(), `message ${this.#number} went out unsaved: ${messageOf(error)}`)
      application.onStoreFailure?.(this.#msgType, error)
    }
  }
}

function fieldsOf(fields: ExtraFields): Uint8Array {
  return latin1Bytes(fields.map(([tag, value]) => `${tag}=${value}\u0001`).join(''))
}
