/**
 * What the parts of a session share: its settings, its store, the clock, and the line it is connected by. The parts know each
 * other only through this.
 */
import type { Clock } from '../../../core/clock.js'
import type { SecretInput } from '../../../core/secret.js'
import type { FixMessage } from '../codec/message.js'
import type { RejectReason } from '../dictionary/reject-reason.js'
import type { MessageLog } from '../store/message-log.js'
import type { MessageStore } from '../store/message-store.js'
import type { SessionSettings } from './config.js'
import type { SessionCounters } from './counters.js'
import type { VersionRules } from './version.js'

/** Fields beyond those that a session writes itself. */
export type ExtraFields = readonly (readonly [tag: number, value: string])[]

/** The connection as a session sees it: what the session does to the world. */
export interface SessionLine {
  /** Hands a message over; the bytes are copied or sent before this returns. */
  transmit(bytes: Uint8Array, start: number, end: number): void
  /** Bytes that the socket has not taken yet. */
  readonly bufferedBytes: number
  /** Ends the connection after what was transmitted; the session is done with it. */
  disconnect(reason: string): void
  /** Asks for a call of `FixSession.continueResend`: on the next turn, or `whenDrained` after the socket has taken what waits. */
  resume(whenDrained: boolean): void
  /** A deadline may now be earlier than the one last asked for by `FixSession.nextDeadlineNs`. */
  deadlineChanged(): void
}

/** Checks messages by a dictionary; `FixValidator` is one, `VersionedValidator` another. */
export interface MessageValidator {
  /** What is wrong with a message. Marks its groups. */
  validate(message: FixMessage): RejectReason
  /** The tag that is wrong. */
  readonly refTag: number | undefined
}

/** Why the application refuses a message: what answers it. */
export type MessageRefusal =
  /** The type is not supported: BusinessMessageReject (j) with reason 3, a Reject before FIX 4.2. */
  | { readonly kind: 'unsupported' }
  /** BusinessMessageReject (j); `reason` is BusinessRejectReason (380), `refId` BusinessRejectRefID (379). */
  | {
      readonly kind: 'business'
      readonly reason: number
      readonly text: string
      readonly refId?: string
      /** More fields, behind all others. */
      readonly extra?: ExtraFields
    }
  /** Reject (3); `reason` is SessionRejectReason (373), `refTag` RefTagID (371). */
  | { readonly kind: 'session'; readonly reason: number; readonly text?: string; readonly refTag?: number }

/** What a Logon is signed over. */
export interface LogonContext {
  /** SendingTime (52) as it stands in the message. */
  readonly sendingTime: string
  /** MsgSeqNum (34). */
  readonly msgSeqNum: number
  /** SenderCompID (49). */
  readonly senderCompId: string
  /** TargetCompID (56). */
  readonly targetCompId: string
  /** HeartBtInt (108). */
  readonly heartBtIntSeconds: number
}

/** What a signer adds to a Logon. */
export interface LogonFields {
  /** Username (553). */
  readonly username?: SecretInput
  /** Password (554). */
  readonly password?: SecretInput
  /** RawData (96), for example a signature. */
  readonly rawData?: SecretInput | Uint8Array
  /** More fields, in this order behind all others. */
  readonly extra?: ExtraFields
}

/**
 * What a session tells its application. Messages are views, valid during the call. A callback that throws is counted and logged;
 * the session goes on.
 */
export interface FixApplication {
  /**
   * An application message arrived in order. It counts as received when this returns: after a crash before that it comes again.
   * Returns why it is refused, or nothing.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: most applications refuse nothing and return nothing.
  onMessage(message: FixMessage): MessageRefusal | undefined | void
  /** Both sides have logged on. */
  onLogon?(): void
  /** The session went down that was up before; `reason` says why. What was sent and not confirmed is of unknown fate. */
  onLogout?(reason: string): void
  /** A message of the session arrived and was accepted, Logon included. */
  onAdmin?(message: FixMessage): void
  /** The numbers began anew. `byPeer`: the peer did it and we had not asked. */
  onReset?(byPeer: boolean): void
  /** A Logon arrived (acceptors). A text refuses it, and goes into the Logout that answers it. */
  authenticate?(message: FixMessage): string | undefined
  /** Signs our Logon (initiators), for example by HMAC over what `context` holds. */
  signLogon?(context: LogonContext): LogonFields
  /** A message is about to be sent again; false skips it by a gap fill. `ageUs`: time since it was sent first. */
  onResend?(msgType: string, number: number, ageUs: number): boolean
  /** A message of this type went out although the store could not keep it. */
  onStoreFailure?(msgType: string, error: unknown): void
}

/** What the parts of a session share. */
export interface SessionParts {
  readonly settings: SessionSettings
  readonly rules: VersionRules
  readonly store: MessageStore
  readonly clock: Clock
  readonly application: FixApplication
  readonly log: MessageLog
  readonly counters: SessionCounters
  /** The connection; undefined while there is none. */
  line: SessionLine | undefined
  /** Both sides have logged on, and neither has logged out. */
  isLoggedOn: boolean
}
