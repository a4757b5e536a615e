/**
 * Heartbeats: ours when we have been silent, a TestRequest when the peer has been, and the end of the connection when it stays
 * so. Any whole message counts as a sign of life, in either direction.
 *
 * With an interval of T a heartbeat goes out after T of our silence, a TestRequest after 1.2 T of the peer's, and after 2.4 T
 * the peer counts as gone. While a TestRequest is unanswered no heartbeats go out.
 *
 * A process that was suspended wakes up with all deadlines passed, although the peer may have written all the time: the time
 * by which a timer fires late does not count as silence of the peer.
 */
import { US_PER_SECOND } from '../../../core/clock.js'
import type { Outbound } from './outbound.js'
import type { SessionParts } from './parts.js'
import { SessionTag, SessionType } from './tags.js'

const NS_PER_SECOND = US_PER_SECOND * 1_000
const TEST_AFTER = 1.2
const DEAD_AFTER = 2.4
/** What TestReqID (112) we send. */
const TEST_ID = 'TEST'

/** What is due. */
export const LivenessVerdict = { alive: 0, dead: 1 } as const
/** What is due. */
export type LivenessVerdict = (typeof LivenessVerdict)[keyof typeof LivenessVerdict]

/** Watches over both directions. */
export class Liveness {
  readonly #parts: SessionParts
  readonly #outbound: Outbound
  #intervalNs = 0
  #lastReceivedNs = 0
  #isTesting = false

  constructor(parts: SessionParts, outbound: Outbound) {
    this.#parts = parts
    this.#outbound = outbound
  }

  /** Begins to watch: both sides have just been heard. `seconds`: HeartBtInt (108); 0 watches nothing. */
  start(seconds: number, nowNs: number): void {
    this.#intervalNs = seconds * NS_PER_SECOND
    this.received(nowNs)
  }

  /** A whole message arrived. */
  received(nowNs: number): void {
    this.#lastReceivedNs = nowNs
    this.#isTesting = false
  }

  /** When {@link onTimer} is due next. */
  deadlineNs(): number {
    const interval = this.#intervalNs
    if (interval === 0) return Number.POSITIVE_INFINITY
    if (this.#isTesting) return this.#lastReceivedNs + DEAD_AFTER * interval
    return Math.min(this.#outbound.lastSentNs + interval, this.#lastReceivedNs + TEST_AFTER * interval)
  }

  /** Sends what is due. `lateNs`: by how much the timer fired late. */
  onTimer(nowNs: number, lateNs: number): LivenessVerdict {
    const interval = this.#intervalNs
    if (interval === 0) return LivenessVerdict.alive
    if (lateNs > NS_PER_SECOND / 2) this.#lastReceivedNs = Math.min(nowNs, this.#lastReceivedNs + lateNs)
    const silentNs = nowNs - this.#lastReceivedNs
    if (this.#isTesting) return silentNs >= DEAD_AFTER * interval ? LivenessVerdict.dead : LivenessVerdict.alive
    if (silentNs >= TEST_AFTER * interval) this.#test()
    else if (nowNs - this.#outbound.lastSentNs >= interval) this.#heartbeat()
    return LivenessVerdict.alive
  }

  #test(): void {
    this.#isTesting = true
    const encoder = this.#outbound.begin(SessionType.testRequest)
    encoder.string(SessionTag.testReqId, TEST_ID)
    this.#outbound.finishAdmin()
    this.#parts.counters.testRequests++
  }

  #heartbeat(): void {
    this.#outbound.begin(SessionType.heartbeat)
    this.#outbound.finishAdmin()
  }
}
