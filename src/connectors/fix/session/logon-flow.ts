/**
 * Logging on: what a Logon must satisfy, how it is answered, and what both sides miss of each other afterwards.
 *
 * Before the logon nothing is answered but a Logon of a known party that is in order; everything else closes the line without a
 * word. A Logon that is in order and refused gets a Logout that says why.
 */
import type { FixMessage } from '../codec/message.js'
import { RejectReason } from '../dictionary/reject-reason.js'
import { countOf, isYes, numberAt, tooLowText } from './message-facts.js'
import type { SessionCore } from './session-core.js'
import { SessionCode, SessionTag, SessionType } from './tags.js'

/** Handles Logons. */
export class LogonFlow {
  readonly #core: SessionCore

  constructor(core: SessionCore) {
    this.#core = core
  }

  /** The first message of a connection. */
  onFirst(message: FixMessage, nowUs: number): void {
    const code = message.msgTypeCode
    if (code === SessionCode.logon) {
      const problem = this.#logonProblem(message, nowUs)
      if (problem !== undefined) this.#core.drop(problem)
      else if (this.#core.settings.isInitiator) this.#onLogonAnswer(message)
      else this.#onLogonRequest(message)
    } else if (code === SessionCode.logout)
      this.#core.drop(`the peer refused the logon: ${message.string(SessionTag.text) ?? 'no reason given'}`)
    else this.#core.drop('the first message is no Logon')
  }

  /** What keeps a Logon from being answered at all. */
  #logonProblem(message: FixMessage, nowUs: number): string | undefined {
    if (numberAt(message) < 1) return 'the Logon has no MsgSeqNum'
    if (!this.#core.isFromPeer(message)) return 'the Logon names other parties'
    if (!this.#core.isTimely(message, nowUs)) return 'the SendingTime of the Logon is too far from our clock'
    if (!this.#core.isInSession(nowUs)) return 'the Logon came outside of the session hours'
    const reason = this.#core.validator?.validate(message) ?? RejectReason.none
    if (reason !== RejectReason.none)
      return `the Logon is invalid: reason ${reason}, tag ${this.#core.validator?.refTag ?? 'none'}`
    const seconds = countOf(message, SessionTag.heartBtInt)
    if (seconds < 0) return 'the Logon has no HeartBtInt'
    if (message.has(SessionTag.encryptMethod) && !message.equals(SessionTag.encryptMethod, '0'))
      return 'the Logon asks for encryption'
    return undefined
  }

  #onLogonRequest(message: FixMessage): void {
    const { store, application } = this.#core.parts
    const number = numberAt(message)
    const seconds = countOf(message, SessionTag.heartBtInt)
    const resets = isYes(message, SessionTag.resetSeqNumFlag)
    if (seconds > this.#core.settings.maxHeartBtIntSeconds) {
      this.#refuseLogon(`HeartBtInt must be at most ${this.#core.settings.maxHeartBtIntSeconds}`)
      return
    }
    const refusal = this.#core.guarded(() => application.authenticate?.(message))
    if (this.#core.phase !== 'logging-on') return
    if (refusal !== undefined) {
      this.#refuseLogon(refusal)
      return
    }
    if (resets || this.#core.settings.resetOnLogon) this.#core.resetStore(resets)
    if (number < store.nextIncoming && !isYes(message, SessionTag.possDupFlag)) {
      this.#refuseLogon(tooLowText(store.nextIncoming, number))
      return
    }
    const before = store.nextOutgoing
    const wanted = this.#nextExpectedOf(message)
    if (wanted > before) {
      this.#refuseLogon(`NextExpectedMsgSeqNum too high, expecting ${before} but received ${wanted}`)
      return
    }
    this.#core.heartBtIntSeconds = seconds
    this.#takeNumber(number, message)
    this.#core.sendLogon(resets, store.nextIncoming)
    this.#core.activate(message)
    this.#askOrExpect(number, message, wanted, before)
  }

  #onLogonAnswer(message: FixMessage): void {
    const { store } = this.#core.parts
    const number = numberAt(message)
    const resets = isYes(message, SessionTag.resetSeqNumFlag)
    if (this.#core.isResetPending) store.setNextIncoming(1)
    else if (resets && !this.#acceptReset(2)) return
    this.#core.isResetPending = false
    if (number < store.nextIncoming && !isYes(message, SessionTag.possDupFlag)) {
      this.#core.refuseTooLow(message, number)
      return
    }
    const next = store.nextOutgoing
    const wanted = this.#nextExpectedOf(message)
    if (wanted > next) {
      this.#refuseLogon(`NextExpectedMsgSeqNum too high, expecting ${next} but received ${wanted}`)
      return
    }
    const seconds = countOf(message, SessionTag.heartBtInt)
    if (seconds <= this.#core.settings.maxHeartBtIntSeconds) this.#core.heartBtIntSeconds = seconds
    this.#takeNumber(number, message)
    this.#core.activate(message)
    this.#askOrExpect(number, message, wanted, next)
  }

  /** The peer reset the numbers unasked. `nextOutgoing`: where ours go on. False when that is refused. */
  #acceptReset(nextOutgoing: number): boolean {
    if (!this.#core.settings.acceptsUnexpectedReset) {
      this.#refuseLogon('ResetSeqNumFlag was not agreed')
      return false
    }
    this.#core.resetStore(true)
    this.#core.parts.store.setNextOutgoing(nextOutgoing)
    return true
  }

  /** NextExpectedMsgSeqNum (789); NaN where it has no say. */
  #nextExpectedOf(message: FixMessage): number {
    if (!this.#core.settings.nextExpectedMsgSeqNum) return Number.NaN
    const wanted = countOf(message, SessionTag.nextExpectedMsgSeqNum)
    return wanted < 1 ? Number.NaN : wanted
  }

  /** A Logon in its place uses its number; one that is ahead of it is remembered as processed. */
  #takeNumber(number: number, message: FixMessage): void {
    const { store } = this.#core.parts
    if (number === store.nextIncoming) store.setNextIncoming(number + 1)
    else if (number < store.nextIncoming) this.#core.parts.counters.duplicates++
    this.#core.guarded(() => this.#core.parts.application.onAdmin?.(message))
  }

  /** After the logon: what either side misses is asked for, or comes by itself where 789 says so. */
  #askOrExpect(number: number, message: FixMessage, wanted: number, before: number): void {
    if (this.#core.phase !== 'active') return
    if (number > this.#core.nextIncoming) {
      if (this.#core.settings.nextExpectedMsgSeqNum) this.#core.gap.expectFill(number)
      else this.#core.gap.tooHigh(number, message, true, false)
    }
    if (wanted < before) this.#core.resender.start(wanted, this.#core.nextOutgoing - 1)
    this.#core.parts.line?.deadlineChanged()
  }

  /** A Logout with the reason, and the end. */
  #refuseLogon(text: string): void {
    const encoder = this.#core.outbound.begin(SessionType.logout)
    encoder.string(SessionTag.text, text)
    this.#core.outbound.finishAdmin()
    this.#core.drop(text)
  }

  /** A Logon in its turn while logged on: it repeats what is known, and an acceptor says so. */
  onRepeated(message: FixMessage, number: number): void {
    const isAnswered = this.#core.isValid(message, number) && !this.#core.settings.isInitiator
    this.#core.advance(number)
    if (isAnswered) this.#core.sendLogon(false, undefined)
  }

  /** A Logon with ResetSeqNumFlag while logged on: both numbers begin at 1, for whatever is missing is lost. */
  onReset(message: FixMessage, number: number): void {
    const core = this.#core
    if (!core.isValid(message, number)) return
    if (number !== 1) {
      core.rejects.reject(message, number, RejectReason.valueOutOfRange, SessionTag.msgSeqNum)
      return
    }
    const { store } = core.parts
    if (core.isResetPending) {
      core.isResetPending = false
      if (core.phase === 'active') core.deadlineNs = Number.POSITIVE_INFINITY
      core.gap.clear()
      store.setNextIncoming(2)
    } else if (!core.settings.acceptsUnexpectedReset) {
      core.sendLogout('ResetSeqNumFlag was not agreed', true)
    } else {
      core.resetStore(true)
      store.setNextIncoming(2)
      core.sendLogon(true, undefined)
    }
  }
}
