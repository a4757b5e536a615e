/**
 * A FIX session as a state machine: what arrives, what the clock says and what the host asks for go in by calls; what goes out
 * goes through the store and the line it was connected with. It holds no socket and no timer, so that initiators, acceptors,
 * simulated venues and tests run the same code, in real time or virtual.
 *
 *   idle ──connected──► logging on ──Logon──► active ──Logout──► logging out ──► idle
 *     ▲                      │                  │                                 │
 *     └───────────────── disconnect, from anywhere ───────────────────────────────┘
 *
 * The order of the checks of a message: BeginString, MsgSeqNum, CompIDs, SendingTime, its place in the sequence, the dictionary,
 * the application. A message counts as received after the application has seen it.
 *
 * Rules: FIX session protocol ("FIX Session Layer", FIX Trading Community), FIX 4.4 volume 2.
 */
import type { Clock } from '../../../core/clock.js'
import { NS_PER_MS } from '../../../core/clock.js'
import { TradewireError } from '../../../core/errors.js'
import type { FixEncoder } from '../codec/encoder.js'
import { type GarbledReason, garbledText } from '../codec/garbled.js'
import type { FixMessage, FixMessageOptions } from '../codec/message.js'
import { type MessageLog, noMessageLog } from '../store/message-log.js'
import type { MessageStore } from '../store/message-store.js'
import { type FixSessionConfig, resolveSessionConfig, type SessionSettings } from './config.js'
import { newSessionCounters, type SessionCounters } from './counters.js'
import { identityText } from './identity.js'
import { Inbound } from './inbound.js'
import { LivenessVerdict } from './liveness.js'
import { LogonFlow } from './logon-flow.js'
import { numberAt } from './message-facts.js'
import type { SendObstacle } from './outbound.js'
import type { ExtraFields, FixApplication, MessageValidator, SessionLine } from './parts.js'
import type { SessionSchedule } from './schedule.js'
import { SessionCore, type SessionPhase } from './session-core.js'
import { SessionTag, SessionType } from './tags.js'
import { rulesOf } from './version.js'

/** What a session is made of. */
export interface FixSessionOptions {
  /** Names and settings. */
  config: FixSessionConfig
  /** Where numbers and messages are kept. */
  store: MessageStore
  /** Time, in and out of messages. */
  clock: Clock
  /** What the messages are for. */
  application: FixApplication
  /** Without it messages are checked for the fields of the session only. */
  validator?: MessageValidator
  /** Where messages are logged; nowhere unless given. */
  log?: MessageLog
  /** How messages are scanned; the same as for the framer of the connection. */
  messageOptions?: FixMessageOptions
}

/** One session. */
export class FixSession {
  readonly settings: SessionSettings
  /** The names of the session in one line. */
  readonly name: string
  readonly #core: SessionCore
  readonly #logon: LogonFlow
  readonly #inbound: Inbound

  /** @throws TradewireError `TW_INVALID_CONFIG` naming the setting that is wrong. */
  constructor(options: FixSessionOptions) {
    const settings = resolveSessionConfig(options.config)
    this.settings = settings
    this.name = identityText(settings)
    const parts = {
      settings,
      rules: rulesOf(settings.beginString),
      store: options.store,
      clock: options.clock,
      application: options.application,
      log: options.log ?? noMessageLog,
      counters: newSessionCounters(),
      line: undefined,
      isLoggedOn: false,
    }
    this.#core = new SessionCore(parts, options.validator)
    this.#logon = new LogonFlow(this.#core)
    this.#inbound = new Inbound(this.#core, this.#logon, options.messageOptions)
  }

  // ---- what the host asks

  /** Where the session is in its life. */
  get phase(): SessionPhase {
    return this.#core.phase
  }

  /** Told of every change of {@link phase} to `active` and `idle`, after it; for whoever owns the connection. */
  set onPhase(listener: ((phase: SessionPhase, reason: string) => void) | undefined) {
    this.#core.onPhase = listener
  }

  /** Both sides have logged on. */
  get isLoggedOn(): boolean {
    return this.#core.parts.isLoggedOn
  }

  /** Messages of the peer are missing that have been asked for. */
  get isRecovering(): boolean {
    return this.#core.gap.isActive
  }

  /** What the session has seen and done. */
  get counters(): Readonly<SessionCounters> {
    return this.#core.parts.counters
  }

  /** The number of the next message we send. */
  get nextOutgoing(): number {
    return this.#core.parts.store.nextOutgoing
  }

  /** The number of the next message we expect. */
  get nextIncoming(): number {
    return this.#core.parts.store.nextIncoming
  }

  /** DefaultApplVerID (1137) of our Logon; set by an acceptor that takes over what its client says. */
  set defaultApplVerId(id: string) {
    this.#core.applVerId = id
  }

  /** Whether the schedule lets the session be up at a moment. */
  isInSession(us: number): boolean {
    return this.#core.isInSession(us)
  }

  /** When the schedule lets it be up next: now or later. */
  nextSessionUs(us: number): number {
    return this.isInSession(us) ? us : (this.#core.schedule as SessionSchedule).nextStartUs(us)
  }

  /** What keeps messages of a type from being sent; undefined when nothing does. */
  obstacle(msgType: string): SendObstacle | undefined {
    return this.#core.outbound.obstacle(msgType, this.#core.clock.monotonicNs())
  }

  /**
   * Begins an application message: the header is written, the caller writes the body into the encoder and calls {@link send} in
   * the same turn. `extra`: more header fields.
   *
   * @throws TradewireError `TW_NOT_CONNECTED` while logged off, `TW_NOT_READY` during a resend, `TW_CAPACITY` when the socket or
   * the throttle takes no more; nothing has happened then.
   */
  begin(msgType: string, extra?: ExtraFields): FixEncoder {
    const obstacle = this.obstacle(msgType)
    if (obstacle !== undefined) this.#refuseSend(obstacle)
    return this.#core.outbound.begin(msgType, extra)
  }

  /**
   * Keeps and sends the message begun. True when it was handed to the socket, false when it was kept for later.
   *
   * @throws TradewireError `TW_FILE` when it is an order and could not be kept, `TW_INVALID_STATE` when none was begun.
   */
  send(): boolean {
    return this.#core.outbound.finishApplication()
  }

  #refuseSend(obstacle: SendObstacle): never {
    this.#core.parts.counters.sendRefusals++
    if (obstacle === 'logged-off') throw new TradewireError('TW_NOT_CONNECTED', `${this.name} is not logged on`)
    if (obstacle === 'resending') {
      throw new TradewireError('TW_NOT_READY', `${this.name} is answering a resend request`)
    }
    const what = obstacle === 'blocked' ? 'the socket takes no more bytes' : 'the limit on messages is reached'
    throw new TradewireError('TW_CAPACITY', `${this.name}: ${what}`, { details: { obstacle } })
  }

  /** Logs out; the line is closed when the peer has answered, or has not for `logoutTimeoutMs`. Does nothing while idle. */
  logout(text?: string): void {
    if (this.#core.phase === 'active') this.#core.sendLogout(text, false)
    else if (this.#core.phase === 'logging-on') this.#core.drop(text ?? 'logged out before the logon was done')
  }

  /** Closes the line at once. */
  disconnect(reason: string): void {
    if (this.#core.phase !== 'idle') this.#core.drop(reason)
  }

  /**
   * Both numbers begin at 1: at once while idle, else by a Logon with ResetSeqNumFlag that the peer has to answer.
   *
   * @throws TradewireError `TW_INVALID_STATE` while logging on or out.
   */
  reset(): void {
    if (this.#core.phase === 'idle') this.#core.resetStore(false)
    else if (this.#core.phase === 'active') {
      // What the peer sent before it reads our Logon still counts by the old numbers.
      const { store } = this.#core.parts
      const expected = store.nextIncoming
      this.#core.resetStore(false)
      store.setNextIncoming(expected)
      this.#core.isResetPending = true
      this.#core.deadlineNs = this.#core.parts.clock.monotonicNs() + this.settings.logonTimeoutMs * NS_PER_MS
      this.#core.sendLogon(true, undefined)
      this.#core.parts.line?.deadlineChanged()
    } else throw new TradewireError('TW_INVALID_STATE', `${this.name} cannot be reset while ${this.#core.phase}`)
  }

  /**
   * Sets the numbers by hand, for an operator who has agreed them with the venue.
   *
   * @throws TradewireError `TW_INVALID_STATE` unless idle, `TW_INVALID_ARGUMENT` for a number below 1.
   */
  setNumbers(numbers: { nextOutgoing?: number; nextIncoming?: number }): void {
    if (this.#core.phase !== 'idle') {
      throw new TradewireError('TW_INVALID_STATE', `the numbers of ${this.name} are set while it is disconnected`)
    }
    const { store } = this.#core.parts
    if (numbers.nextOutgoing !== undefined) store.setNextOutgoing(numbers.nextOutgoing)
    if (numbers.nextIncoming !== undefined) store.setNextIncoming(numbers.nextIncoming)
    store.commit()
  }

  /**
   * SequenceReset (4) in reset mode: the peer expects `nextOutgoing` from now on, whatever was before. For disasters only.
   *
   * @throws TradewireError `TW_NOT_CONNECTED` while logged off, `TW_INVALID_ARGUMENT` for a number not above the current one.
   */
  sequenceReset(nextOutgoing: number): void {
    const { store } = this.#core.parts
    if (!this.isLoggedOn) throw new TradewireError('TW_NOT_CONNECTED', `${this.name} is not logged on`)
    if (!Number.isSafeInteger(nextOutgoing) || nextOutgoing <= store.nextOutgoing) {
      const message = `a sequence reset goes beyond ${store.nextOutgoing}, got ${nextOutgoing}`
      throw new TradewireError('TW_INVALID_ARGUMENT', message)
    }
    const encoder = this.#core.outbound.begin(SessionType.sequenceReset)
    encoder.int(SessionTag.newSeqNo, nextOutgoing)
    this.#core.outbound.finishAdmin()
    store.setNextOutgoing(nextOutgoing)
  }

  /**
   * Asks the peer for a sign of life: it answers with a Heartbeat that carries the id (TestReqID, 112), which the application
   * sees by `onAdmin`.
   *
   * @throws TradewireError `TW_NOT_CONNECTED` while logged off.
   */
  testRequest(id: string): void {
    if (!this.isLoggedOn) throw new TradewireError('TW_NOT_CONNECTED', `${this.name} is not logged on`)
    const encoder = this.#core.outbound.begin(SessionType.testRequest)
    encoder.string(SessionTag.testReqId, id)
    this.#core.outbound.finishAdmin()
  }

  // ---- what the driver calls

  /** A connection is up. Initiators log on. */
  connected(line: SessionLine): void {
    if (this.#core.phase !== 'idle') throw new TradewireError('TW_INVALID_STATE', `${this.name} is connected already`)
    const { clock, store } = this.#core.parts
    this.#core.parts.line = line
    this.#core.phase = 'logging-on'
    this.#core.isFaulty = false
    this.#core.isResetPending = false
    this.#core.gap.clear()
    const nowNs = clock.monotonicNs()
    this.#core.deadlineNs = nowNs + this.settings.logonTimeoutMs * NS_PER_MS
    this.#core.liveness.start(0, nowNs)
    if (this.settings.refreshOnLogon) store.refresh()
    this.#core.enterTradingSession()
    if (!this.settings.isInitiator) return
    if (!this.isInSession(clock.wallUs())) {
      this.#core.drop('outside of the session hours')
      return
    }
    const { resetOnLogon } = this.settings
    if (resetOnLogon) this.#core.resetStore(false)
    this.#core.isResetPending = resetOnLogon
    this.#core.sendLogon(resetOnLogon, store.nextIncoming)
    line.deadlineChanged()
  }

  /** The connection is gone. */
  disconnected(reason: string): void {
    if (this.#core.phase !== 'idle') this.#core.leave(reason)
  }

  /** A whole message arrived; a view that is valid during the call. */
  receive(message: FixMessage): void {
    if (this.#core.phase === 'idle') return
    const { clock, log, counters } = this.#core.parts
    const nowUs = clock.wallUs()
    counters.received++
    log.incoming(nowUs, message.bytes, message.start, message.end)
    this.#core.liveness.received(clock.monotonicNs())
    const inbound = this.#inbound
    if (!message.equalsAt(0, this.settings.beginString)) inbound.onWrongBeginString()
    else if (this.#core.phase === 'logging-on') {
      this.#logon.onFirst(message, nowUs)
      inbound.drain()
    } else if (this.#core.isFaulty) inbound.onFaulty(message)
    else if (inbound.passesHeader(message, nowUs)) {
      inbound.dispatch(message, numberAt(message))
      inbound.drain()
    }
  }

  /** Bytes arrived that are no message. They are ignored, unless they came in the place of a Logon. */
  garbled(reason: GarbledReason, byteCount: number): void {
    if (this.#core.phase === 'idle') return
    this.#core.parts.counters.garbled++
    this.#core.parts.log.event(this.#core.parts.clock.wallUs(), `${byteCount} bytes ignored: ${garbledText(reason)}`)
    if (this.#core.phase === 'logging-on') this.#core.drop('the first message is garbled')
  }

  /** All of a chunk has been received: what it changed is written down. */
  settle(): void {
    this.#core.settle()
  }

  /** The next moment at which {@link onTimer} is due, on the monotonic clock; infinite when nothing is. */
  nextDeadlineNs(): number {
    if (this.#core.phase === 'idle') return Number.POSITIVE_INFINITY
    const { resender, liveness, gap, schedule, clock, phase, deadlineNs } = this.#core
    if (phase !== 'active') return deadlineNs
    let deadline = Math.min(deadlineNs, liveness.deadlineNs(), gap.deadlineNs())
    const nextStepNs = resender.isActive ? resender.nextStepNs() : 0
    if (nextStepNs > clock.monotonicNs()) deadline = Math.min(deadline, nextStepNs)
    return schedule === undefined ? deadline : Math.min(deadline, this.#scheduleDeadlineNs())
  }

  /** A deadline has passed. `lateNs`: by how much the timer fired late, more than a moment when the process was suspended. */
  onTimer(lateNs = 0): void {
    const { resender, liveness, gap, schedule, clock, phase, deadlineNs } = this.#core
    const nowNs = clock.monotonicNs()
    if (phase === 'idle') return
    if (nowNs >= deadlineNs) this.#core.drop(`no answer to our ${phase === 'logging-out' ? 'Logout' : 'Logon'}`)
    else if (phase !== 'active') return
    else if (schedule !== undefined && !this.#core.isSameTradingSession()) {
      this.#core.sendLogout('the session hours are over', false)
    } else if (liveness.onTimer(nowNs, lateNs) === LivenessVerdict.dead) {
      this.#core.drop('no sign of life from the peer')
    } else if (!gap.onTimer(nowNs)) this.#core.sendLogout('missing messages were not resent', true)
    else resender.step()
  }

  /** Goes on with a resend. */
  continueResend(): void {
    this.#core.resender.step()
  }

  /** The end of the trading session, but never more than ten seconds ahead: the wall clock may be set. */
  #scheduleDeadlineNs(): number {
    const { clock } = this.#core
    const nowUs = clock.wallUs()
    const session = (this.#core.schedule as SessionSchedule).sessionAt(nowUs)
    const leftUs = session === undefined || !this.#core.isSameTradingSession() ? 0 : session.endUs - nowUs
    return clock.monotonicNs() + Math.min(10_000_000, Math.max(0, leftUs)) * 1_000
  }
}
