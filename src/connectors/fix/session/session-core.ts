/**
 * The state of a session and the few things that all of its parts do with it: logging on and out, going down, numbers, hours.
 */
import type { Clock } from '../../../core/clock.js'
import { NS_PER_MS } from '../../../core/clock.js'
import { messageOf } from '../../../core/errors.js'
import type { FixMessage } from '../codec/message.js'
import { RejectReason } from '../dictionary/reject-reason.js'
import type { SessionSettings } from './config.js'
import { GapRecovery } from './gap-recovery.js'
import { Liveness } from './liveness.js'
import { sendLogon } from './logon-desk.js'
import { isAbsentOr, numberAt, timestampOf, tooLowText } from './message-facts.js'
import { Outbound } from './outbound.js'
import type { MessageValidator, SessionParts } from './parts.js'
import { RejectDesk } from './rejects.js'
import { Resender } from './resender.js'
import { SessionSchedule } from './schedule.js'
import { SessionCode, SessionTag, SessionType } from './tags.js'

/** Where a session is in its life. */
export type SessionPhase = 'idle' | 'logging-on' | 'active' | 'logging-out'

/** What the parts of a session work on. */
export class SessionCore {
  readonly parts: SessionParts
  readonly settings: SessionSettings
  readonly outbound: Outbound
  readonly resender: Resender
  readonly gap: GapRecovery
  readonly liveness: Liveness
  readonly rejects: RejectDesk
  readonly schedule: SessionSchedule | undefined
  readonly validator: MessageValidator | undefined
  onPhase: ((phase: SessionPhase, reason: string) => void) | undefined
  phase: SessionPhase = 'idle'
  /** The Logout that was sent ends a session that broke the rules: nothing but its answer counts. */
  isFaulty = false
  /** When the Logon or Logout that is waited for must have come. */
  deadlineNs = Number.POSITIVE_INFINITY
  heartBtIntSeconds: number
  /** We have sent ResetSeqNumFlag=Y and wait for the answer. */
  isResetPending = false
  /** DefaultApplVerID (1137) of our Logon. */
  applVerId: string

  constructor(parts: SessionParts, validator: MessageValidator | undefined) {
    const { settings } = parts
    this.parts = parts
    this.settings = settings
    this.validator = validator
    this.outbound = new Outbound(parts)
    this.resender = new Resender(parts, this.outbound)
    this.gap = new GapRecovery(parts, this.outbound)
    this.liveness = new Liveness(parts, this.outbound)
    this.rejects = new RejectDesk(parts, this.outbound)
    this.schedule = settings.schedule === undefined ? undefined : new SessionSchedule(settings.schedule)
    this.heartBtIntSeconds = settings.heartBtIntSeconds
    this.applVerId = settings.defaultApplVerId
  }

  get clock(): Clock {
    return this.parts.clock
  }

  /** The number of the next message we send. */
  get nextOutgoing(): number {
    return this.parts.store.nextOutgoing
  }

  /** The number of the next message we expect. */
  get nextIncoming(): number {
    return this.parts.store.nextIncoming
  }

  /** Whether the schedule lets the session be up at a moment. */
  isInSession(us: number): boolean {
    return this.schedule === undefined || this.schedule.sessionAt(us) !== undefined
  }

  /** Writes down what changed. A disk that fails is told, and tried again the next time. */
  settle(): void {
    try {
      this.parts.store.commit()
    } catch (error) {
      this.parts.log.event(this.parts.clock.wallUs(), `the expected number could not be kept: ${messageOf(error)}`)
    }
  }

  /** Sends a Logon. `nextExpected` goes into 789 where the session uses that. */
  sendLogon(resets: boolean, nextExpected: number | undefined): void {
    sendLogon(this.parts, this.outbound, {
      heartBtIntSeconds: this.heartBtIntSeconds,
      resets,
      nextExpected: this.settings.nextExpectedMsgSeqNum ? (nextExpected ?? this.nextIncoming) : undefined,
      applVerId: this.applVerId,
    })
  }

  /** Both sides have logged on. */
  activate(message: FixMessage): void {
    const { counters, application, clock, log } = this.parts
    this.phase = 'active'
    this.deadlineNs = Number.POSITIVE_INFINITY
    this.parts.isLoggedOn = true
    this.liveness.start(this.heartBtIntSeconds, clock.monotonicNs())
    counters.logons++
    log.event(clock.wallUs(), `logged on, heartbeat ${this.heartBtIntSeconds} s, MsgSeqNum ${numberAt(message)}`)
    this.guarded(() => application.onLogon?.())
    this.onPhase?.('active', 'logged on')
  }

  /** Begins to log out. `isFaulty`: the session is beyond repair, and nothing but the answer counts. */
  sendLogout(text: string | undefined, isFaulty: boolean): void {
    if (this.phase === 'idle' || (this.phase === 'logging-out' && !isFaulty)) return
    const { clock, log, line } = this.parts
    const encoder = this.outbound.begin(SessionType.logout)
    if (text !== undefined) encoder.string(SessionTag.text, text)
    this.outbound.finishAdmin()
    this.phase = 'logging-out'
    this.isFaulty ||= isFaulty
    this.deadlineNs = clock.monotonicNs() + this.settings.logoutTimeoutMs * NS_PER_MS
    log.event(clock.wallUs(), `logging out${text === undefined ? '' : `: ${text}`}`)
    line?.deadlineChanged()
  }

  /** Closes the line from our side. */
  drop(given: string): void {
    const { line } = this.parts
    // Peers quote what they were sent.
    const reason = this.settings.mask.text(given)
    this.leave(reason)
    line?.disconnect(reason)
  }

  /** The line is gone, or given up. */
  leave(reason: string): void {
    const { counters, log, clock, application } = this.parts
    const wasLoggedOn = this.parts.isLoggedOn
    this.phase = 'idle'
    this.parts.isLoggedOn = false
    this.parts.line = undefined
    this.deadlineNs = Number.POSITIVE_INFINITY
    this.resender.stop()
    this.gap.clear()
    counters.disconnects++
    log.event(clock.wallUs(), `disconnected: ${reason}`)
    if (this.settings.resetOnDisconnect) this.#tryReset()
    this.settle()
    log.flush()
    if (wasLoggedOn) this.guarded(() => application.onLogout?.(reason))
    this.onPhase?.('idle', reason)
  }

  /** Both numbers begin at 1. `byPeer`: we had not asked for it. */
  resetStore(byPeer: boolean): void {
    const { store, clock, application, log } = this.parts
    store.reset(clock.wallUs())
    this.gap.clear()
    this.resender.stop()
    log.event(clock.wallUs(), `numbers begin at 1${byPeer ? ', by the peer' : ''}`)
    this.guarded(() => application.onReset?.(byPeer))
  }

  /** A reset that fails now is made up for by the next one. */
  #tryReset(): void {
    try {
      this.resetStore(false)
    } catch (error) {
      this.parts.log.event(this.clock.wallUs(), `the numbers could not be reset: ${messageOf(error)}`)
    }
  }

  /** What a number that is too low is answered with, and the end of the session. */
  refuseTooLow(message: FixMessage, number: number): void {
    const text = tooLowText(this.nextIncoming, number)
    if (!this.settings.rejectsTooLow) {
      this.sendLogout(text, true)
      return
    }
    this.rejects.reject(message, number, RejectReason.valueOutOfRange, SessionTag.msgSeqNum, text)
    this.drop('MsgSeqNum too low')
  }

  /** The numbers of an earlier trading session do not count in this one. */
  enterTradingSession(): void {
    if (this.schedule === undefined || !this.isInSession(this.parts.clock.wallUs())) return
    if (!this.isSameTradingSession()) this.resetStore(false)
  }

  /** Whether the numbers belong to the trading session of this moment. Only with a schedule. */
  isSameTradingSession(): boolean {
    const { store, clock } = this.parts
    return (this.schedule as SessionSchedule).isSameSession(store.createdUs, clock.wallUs())
  }

  /** Calls the application: what it throws is its own affair. */
  guarded<Result>(call: () => Result): Result | undefined {
    try {
      return call()
    } catch (error) {
      this.parts.counters.applicationErrors++
      this.parts.log.event(this.parts.clock.wallUs(), `the application failed: ${messageOf(error)}`)
      return undefined
    }
  }

  /** A message has been processed: the next one is expected, unless the application has changed that. */
  advance(number: number): void {
    const { store } = this.parts
    if (store.nextIncoming !== number) return
    store.setNextIncoming(number + 1)
    this.gap.advanced()
  }

  /** Whether the dictionary has nothing against a message; if it has, a Reject says what. */
  isValid(message: FixMessage, number: number): boolean {
    let reason: RejectReason = this.validator?.validate(message) ?? RejectReason.none
    let refTag = this.validator?.refTag
    if (this.validator === undefined) {
      refTag = requiredTags.find((tag) => !message.has(tag))
      if (refTag !== undefined) reason = RejectReason.requiredTagMissing
    }
    if (reason === RejectReason.none) return true
    // Rejecting rejects would go on for ever.
    if (message.msgTypeCode !== SessionCode.reject) this.rejects.reject(message, number, reason, refTag)
    return false
  }

  /** CompIDs that are there name the two of us. Whether they have to be there is the dictionary's affair. */
  isFromPeer(message: FixMessage): boolean {
    if (!this.settings.checkCompIds) return true
    const { targetCompId, senderCompId } = this.settings
    return (
      isAbsentOr(message, SessionTag.senderCompId, targetCompId) &&
      isAbsentOr(message, SessionTag.targetCompId, senderCompId)
    )
  }

  /** Whether SendingTime is near enough to our clock; an absent one is the dictionary's affair. */
  isTimely(message: FixMessage, nowUs: number): boolean {
    if (!this.settings.checkLatency) return true
    const sentUs = timestampOf(message, SessionTag.sendingTime)
    return Number.isNaN(sentUs) || Math.abs(nowUs - sentUs) <= this.settings.maxLatencyUs
  }
}

const requiredTags = [SessionTag.senderCompId, SessionTag.targetCompId, SessionTag.sendingTime]
