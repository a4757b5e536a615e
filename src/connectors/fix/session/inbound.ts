/**
 * What happens to a message of a session that is logged on: its place in the sequence, its validity, its meaning.
 */
import { messageOf } from '../../../core/errors.js'
import { FixMessage, type FixMessageOptions } from '../codec/message.js'
import { RejectReason } from '../dictionary/reject-reason.js'
import type { LogonFlow } from './logon-flow.js'
import { countOf, isYes, numberAt, timestampOf } from './message-facts.js'
import type { SessionCore } from './session-core.js'
import { isAdminCode, SessionCode, SessionTag, SessionType } from './tags.js'

/** Handles messages. */
export class Inbound {
  readonly #core: SessionCore
  readonly #logon: LogonFlow
  /** For messages that were kept. */
  readonly #kept: FixMessage

  constructor(core: SessionCore, logon: LogonFlow, messageOptions: FixMessageOptions | undefined) {
    this.#core = core
    this.#logon = logon
    this.#kept = new FixMessage(messageOptions)
  }

  /** MsgSeqNum, CompIDs and SendingTime; false when the message went no further. */
  passesHeader(message: FixMessage, nowUs: number): boolean {
    const number = numberAt(message)
    if (number < 0) {
      this.#core.sendLogout(`Required tag missing (${SessionTag.msgSeqNum})`, true)
      return false
    }
    if (!this.#core.isFromPeer(message)) {
      this.#rejectAndLogout(message, number, RejectReason.compIdProblem)
      return false
    }
    if (!this.#core.isTimely(message, nowUs)) {
      this.#rejectAndLogout(message, number, RejectReason.sendingTimeAccuracy)
      return false
    }
    return true
  }

  #rejectAndLogout(message: FixMessage, number: number, reason: RejectReason): void {
    this.#core.rejects.reject(message, number, reason, undefined)
    if (number === this.#core.nextIncoming) this.#core.advance(number)
    this.#core.sendLogout(undefined, true)
  }

  /** A message whose header is in order. */
  dispatch(message: FixMessage, number: number): void {
    switch (message.msgTypeCode) {
      case SessionCode.logon:
        if (isYes(message, SessionTag.resetSeqNumFlag)) this.#logon.onReset(message, number)
        else if (this.#isNext(message, number)) this.#logon.onRepeated(message, number)
        break
      case SessionCode.resendRequest:
        this.#onResendRequest(message, number)
        break
      case SessionCode.sequenceReset:
        this.#onSequenceReset(message, number)
        break
      case SessionCode.logout:
        this.#onLogout(message, number)
        break
      default:
        if (!this.#isNext(message, number)) return
        if (this.#core.isValid(message, number)) this.#process(message, number)
        this.#core.advance(number)
    }
  }

  /** Messages that were kept, as long as it is their turn. */
  drain(): void {
    while (this.#core.parts.isLoggedOn && !this.#core.isFaulty) {
      const number = this.#core.nextIncoming
      const bytes = this.#core.gap.take(number)
      if (bytes === undefined) return
      if (bytes === null) this.#core.advance(number)
      else {
        this.#kept.read(bytes, 0, bytes.length)
        this.dispatch(this.#kept, number)
        if (this.#core.nextIncoming === number) return
      }
    }
  }

  /** Whether it is the turn of a message; if not, what has to be done about it is done. */
  #isNext(message: FixMessage, number: number): boolean {
    const expected = this.#core.nextIncoming
    if (number === expected) return true
    if (number > expected) this.#core.gap.tooHigh(number, message, false, isYes(message, SessionTag.possDupFlag))
    else if (isYes(message, SessionTag.possDupFlag)) this.#onDuplicate(message, number)
    else this.#core.refuseTooLow(message, number)
    return false
  }

  /** A message that has been received before: it says when it was sent first, and no later than now. */
  #onDuplicate(message: FixMessage, number: number): void {
    this.#core.parts.counters.duplicates++
    if (message.msgTypeCode === SessionCode.sequenceReset) return
    const originalUs = timestampOf(message, SessionTag.origSendingTime)
    if (!message.has(SessionTag.origSendingTime)) {
      this.#core.rejects.reject(message, number, RejectReason.requiredTagMissing, SessionTag.origSendingTime)
    } else if (originalUs > timestampOf(message, SessionTag.sendingTime)) {
      this.#core.rejects.reject(message, number, RejectReason.sendingTimeAccuracy, undefined)
      this.#core.sendLogout(undefined, true)
    }
  }

  #process(message: FixMessage, number: number): void {
    const { application, counters, clock } = this.#core.parts
    const code = message.msgTypeCode
    if (isAdminCode(code)) {
      this.#core.guarded(() => application.onAdmin?.(message))
      if (code === SessionCode.testRequest) this.#answerTest(message)
      return
    }
    counters.delivered++
    try {
      const refusal = application.onMessage(message)
      if (refusal !== undefined) this.#core.rejects.refuse(message, number, refusal)
    } catch (error) {
      counters.applicationErrors++
      this.#core.parts.log.event(clock.wallUs(), `the application failed on message ${number}: ${messageOf(error)}`)
    }
  }

  #answerTest(message: FixMessage): void {
    const index = message.find(SessionTag.testReqId)
    const encoder = this.#core.outbound.begin(SessionType.heartbeat)
    if (index >= 0)
      encoder.raw(SessionTag.testReqId, message.bytes, message.valueStarts[index], message.valueEnds[index])
    this.#core.outbound.finishAdmin()
  }

  /** A request is answered whatever its own number: two sides that miss messages of each other must not wait for each other. */
  #onResendRequest(message: FixMessage, number: number): void {
    const expected = this.#core.nextIncoming
    const isValid = this.#core.isValid(message, number)
    if (isValid) {
      this.#core.parts.counters.resendRequestsReceived++
      this.#core.guarded(() => this.#core.parts.application.onAdmin?.(message))
      this.#answerResend(message, number)
    }
    if (number === expected) this.#core.advance(number)
    else if (number > expected) this.#core.gap.tooHigh(number, message, true, false)
  }

  #answerResend(message: FixMessage, number: number): void {
    const last = this.#core.nextOutgoing - 1
    const from = Math.max(1, countOf(message, SessionTag.beginSeqNo))
    const end = countOf(message, SessionTag.endSeqNo)
    if (from > last + 1 || end < 0 || (end !== 0 && end < from)) {
      const tag = from > last + 1 ? SessionTag.beginSeqNo : SessionTag.endSeqNo
      this.#core.rejects.reject(message, number, RejectReason.valueOutOfRange, tag)
      return
    }
    const to = end === 0 || end > last ? last : end
    if (from <= to) this.#core.resender.start(from, to)
  }

  #onSequenceReset(message: FixMessage, number: number): void {
    const isGapFill = isYes(message, SessionTag.gapFillFlag)
    if (isGapFill && !this.#isNext(message, number)) return
    if (!this.#core.isValid(message, number)) {
      if (isGapFill) this.#core.advance(number)
      return
    }
    const { store, application } = this.#core.parts
    const next = countOf(message, SessionTag.newSeqNo)
    const expected = store.nextIncoming
    if (next < expected || (isGapFill && next === expected)) {
      this.#core.rejects.reject(message, number, RejectReason.valueOutOfRange, undefined)
      return
    }
    this.#core.guarded(() => application.onAdmin?.(message))
    store.setNextIncoming(next)
    if (isGapFill) this.#core.gap.discardBelow(next)
    else if (next > expected) this.#core.gap.clear()
    this.#core.gap.advanced()
  }

  #onLogout(message: FixMessage, number: number): void {
    const reason = message.string(SessionTag.text)
    this.#core.guarded(() => this.#core.parts.application.onAdmin?.(message))
    if (number === this.#core.nextIncoming) this.#core.advance(number)
    if (this.#core.phase === 'active') {
      this.#core.outbound.begin(SessionType.logout)
      this.#core.outbound.finishAdmin()
    }
    if (this.#core.settings.resetOnLogout) this.#core.resetStore(false)
    this.#core.drop(reason === undefined ? 'logged out' : `logged out by the peer: ${reason}`)
  }

  /** After a fault only the peer's Logout counts. */
  onFaulty(message: FixMessage): void {
    if (message.msgTypeCode === SessionCode.logout) this.#core.drop('logged out after a fault')
  }

  /** A message of another version: what follows it cannot be relied on. */
  onWrongBeginString(): void {
    if (this.#core.phase === 'logging-on') this.#core.drop('the Logon has another BeginString')
    else if (!this.#core.isFaulty) this.#core.sendLogout('Incorrect BeginString', true)
  }
}
