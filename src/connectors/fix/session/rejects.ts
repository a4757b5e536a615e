/** Saying no: Reject (3), BusinessMessageReject (j), and where they are routed. */
import type { FixMessage } from '../codec/message.js'
import { type RejectReason, rejectText } from '../dictionary/reject-reason.js'
import type { Outbound } from './outbound.js'
import type { ExtraFields, MessageRefusal, SessionParts } from './parts.js'
import { SessionTag, SessionType } from './tags.js'

type BusinessRefusal = Extract<MessageRefusal, { kind: 'business' }>

/** BusinessRejectReason (380) 3. */
const unsupported: BusinessRefusal = { kind: 'business', reason: 3, text: 'Unsupported Message Type' }

/** What came from somebody behind the peer goes back there, and the reverse. */
const routes: readonly (readonly [from: number, to: number, isLocation: boolean])[] = [
  [SessionTag.onBehalfOfCompId, SessionTag.deliverToCompId, false],
  [SessionTag.onBehalfOfSubId, SessionTag.deliverToSubId, false],
  [SessionTag.onBehalfOfLocationId, SessionTag.deliverToLocationId, true],
  [SessionTag.deliverToCompId, SessionTag.onBehalfOfCompId, false],
  [SessionTag.deliverToSubId, SessionTag.onBehalfOfSubId, false],
  [SessionTag.deliverToLocationId, SessionTag.onBehalfOfLocationId, true],
]

/** Sends rejects. */
export class RejectDesk {
  readonly #parts: SessionParts
  readonly #outbound: Outbound

  constructor(parts: SessionParts, outbound: Outbound) {
    this.#parts = parts
    this.#outbound = outbound
  }

  /** Reject (3) of a message. `refTag`: the field it is about. */
  reject(message: FixMessage, number: number, reason: number, refTag: number | undefined, text?: string): void {
    const { rules, counters, log, clock } = this.#parts
    const words = text ?? rejectText(reason as RejectReason)
    const encoder = this.#outbound.begin(SessionType.reject, this.#reverseRoute(message))
    encoder.int(SessionTag.refSeqNum, number)
    const isTagInText = !rules.hasDetailedRejects && refTag !== undefined
    encoder.string(SessionTag.text, isTagInText ? `${words} (${refTag})` : words)
    if (rules.hasDetailedRejects) {
      if (refTag !== undefined) encoder.int(SessionTag.refTagId, refTag)
      encoder.raw(SessionTag.refMsgType, message.bytes, message.valueStarts[2], message.valueEnds[2])
      if (reason <= rules.highestRejectReason) encoder.int(SessionTag.sessionRejectReason, reason)
    }
    this.#outbound.finishAdmin()
    counters.rejectsSent++
    log.event(clock.wallUs(), `message ${number} rejected: ${words}${refTag === undefined ? '' : `, tag ${refTag}`}`)
  }

  /** Answers a message that the application refused. */
  refuse(message: FixMessage, number: number, refusal: MessageRefusal): void {
    if (refusal.kind === 'session') this.reject(message, number, refusal.reason, refusal.refTag, refusal.text)
    else if (!this.#parts.rules.hasDetailedRejects) {
      const text = refusal.kind === 'unsupported' ? 'Unsupported message type' : refusal.text
      this.reject(message, number, 0, undefined, text)
    } else this.#business(message, number, refusal.kind === 'unsupported' ? unsupported : refusal)
  }

  #business(message: FixMessage, number: number, refusal: BusinessRefusal): void {
    const { reason, text, refId, extra = [] } = refusal
    const encoder = this.#outbound.begin(SessionType.businessReject, this.#reverseRoute(message))
    encoder.int(SessionTag.refSeqNum, number)
    encoder.string(SessionTag.text, text)
    encoder.raw(SessionTag.refMsgType, message.bytes, message.valueStarts[2], message.valueEnds[2])
    if (refId !== undefined) encoder.string(SessionTag.businessRejectRefId, refId)
    encoder.int(SessionTag.businessRejectReason, reason)
    for (const [tag, value] of extra) encoder.string(tag, value)
    this.#outbound.finishApplication()
    this.#parts.counters.rejectsSent++
  }

  #reverseRoute(message: FixMessage): ExtraFields | undefined {
    let extra: [number, string][] | undefined
    for (const [from, to, isLocation] of routes) {
      if (isLocation && !this.#parts.rules.hasLocations) continue
      const value = message.string(from)
      if (value === undefined || value === '') continue
      extra ??= []
      extra.push([to, value])
    }
    return extra
  }
}
