/**
 * The settings of a session, their defaults, and what they must satisfy. Plain data, so that they can come from a file.
 */
import { TradewireError } from '../../../core/errors.js'
import { SecretMask } from '../../../core/secret-mask.js'
import { TimestampPrecision } from '../codec/times.js'
import { checkCredentials, type LogonCredentials, secretsOf } from './credentials.js'
import { checkIdentity, type SessionIdentity } from './identity.js'
import type { ScheduleConfig } from './schedule.js'
import { applVerIds, rulesOf } from './version.js'

/** Most messages in a time. */
export interface ThrottleConfig {
  /** Messages, from 1. */
  messages: number
  /** Milliseconds, above 0: no window of this length holds more messages. */
  windowMs: number
}

/** Settings of a session. Only the names and the role are required. */
export interface FixSessionConfig extends SessionIdentity {
  /** Who connects. */
  role: 'initiator' | 'acceptor'
  /** HeartBtInt (108) that an initiator asks for, in seconds from 0 (none); 30 unless given. An acceptor takes what it is asked for. */
  heartBtIntSeconds?: number
  /** Longest HeartBtInt that an acceptor takes; 3,600 unless given. */
  maxHeartBtIntSeconds?: number
  /** DefaultApplVerID (1137) of a FIXT session: the number, or the version such as `FIX.5.0SP2`. Required there, senseless elsewhere. */
  defaultApplVerId?: string
  /** Both numbers begin at 1 with every logon. An initiator asks for it by ResetSeqNumFlag (141). */
  resetOnLogon?: boolean
  /** Both numbers begin at 1 after a logout. */
  resetOnLogout?: boolean
  /** Both numbers begin at 1 after any disconnect. */
  resetOnDisconnect?: boolean
  /** Reads the store again before a logon. */
  refreshOnLogon?: boolean
  /** Whether a venue may reset the numbers when it was not asked to: `accept`, or `refuse` and log out. `accept` unless given. */
  unexpectedReset?: 'accept' | 'refuse'
  /** When the session may be up; always unless given. */
  schedule?: ScheduleConfig
  /** Checks 49 and 56 of every message; true unless given. */
  checkCompIds?: boolean
  /** Checks SendingTime (52) against our clock; true unless given. */
  checkLatency?: boolean
  /** The largest difference allowed, in milliseconds; 120,000 unless given. */
  maxLatencyMs?: number
  /** How fine our timestamps are; milliseconds from FIX 4.2 on, seconds before, unless given. */
  timestampPrecision?: 'seconds' | 'milliseconds' | 'microseconds' | 'nanoseconds'
  /** Says NextExpectedMsgSeqNum (789) at logon, and lets it take the place of resend requests. */
  nextExpectedMsgSeqNum?: boolean
  /** Says LastMsgSeqNumProcessed (369) in every message. */
  lastMsgSeqNumProcessed?: boolean
  /** What answers a number that is too low: a Logout, or a Reject, each followed by a disconnect. `logout` unless given. */
  tooLow?: 'logout' | 'reject'
  /** Most messages asked for by one ResendRequest; 0, no limit, unless given. */
  maxResendRequest?: number
  /** Milliseconds without progress after which a ResendRequest is repeated, three times at most; 10,000 unless given. */
  resendTimeoutMs?: number
  /** Most messages kept that came ahead of a gap; 10,000 unless given. What does not fit comes again with the resend. */
  maxQueuedMessages?: number
  /** Most bytes of them; 16 MiB unless given. */
  maxQueuedBytes?: number
  /**
   * An order asked for again is skipped by a gap fill when it is older than this, in milliseconds; 0 unless given: an order is
   * never sent twice.
   */
  maxOrderAgeOnResendMs?: number
  /** Types that count as orders here; D, E, G, s, t, AB, AC unless given. */
  orderTypes?: readonly string[]
  /**
   * What is sent while logged off or while a resend is under way: `refuse` it, or number and `store` it, so that the peer gets it
   * later. Orders are stale by then: initiators refuse and acceptors store unless given.
   */
  offlineSend?: 'refuse' | 'store'
  /** Milliseconds to wait for the peer's Logon; 10,000 unless given. */
  logonTimeoutMs?: number
  /** Milliseconds to wait for the peer's Logout; 2,000 unless given. */
  logoutTimeoutMs?: number
  /** Limit on application messages; none unless given. */
  throttle?: ThrottleConfig
  /** Bytes that may wait for the socket before sending is refused; 1 MiB unless given. */
  maxBufferedBytes?: number
  /** Milliseconds that the socket may be stuck before the connection is given up; 10,000 unless given. */
  sendTimeoutMs?: number
  /** What our Logon carries. */
  credentials?: LogonCredentials
}

/** {@link FixSessionConfig} with all defaults in place. */
export interface SessionSettings extends SessionIdentity {
  readonly isInitiator: boolean
  readonly heartBtIntSeconds: number
  readonly maxHeartBtIntSeconds: number
  /** The number for 1137; empty where the version has none. */
  readonly defaultApplVerId: string
  readonly resetOnLogon: boolean
  readonly resetOnLogout: boolean
  readonly resetOnDisconnect: boolean
  readonly refreshOnLogon: boolean
  readonly acceptsUnexpectedReset: boolean
  readonly schedule: ScheduleConfig | undefined
  readonly checkCompIds: boolean
  readonly checkLatency: boolean
  readonly maxLatencyUs: number
  readonly precision: TimestampPrecision
  readonly nextExpectedMsgSeqNum: boolean
  readonly lastMsgSeqNumProcessed: boolean
  readonly rejectsTooLow: boolean
  readonly maxResendRequest: number
  readonly resendTimeoutMs: number
  readonly maxQueuedMessages: number
  readonly maxQueuedBytes: number
  readonly maxOrderAgeOnResendUs: number
  readonly orderTypes: ReadonlySet<string>
  readonly storesOffline: boolean
  readonly logonTimeoutMs: number
  readonly logoutTimeoutMs: number
  readonly throttle: ThrottleConfig | undefined
  readonly maxBufferedBytes: number
  readonly sendTimeoutMs: number
  readonly credentials: LogonCredentials
  /** Takes the credentials out of what the peer says. */
  readonly mask: SecretMask
}

const defaultOrderTypes = ['D', 'E', 'G', 's', 't', 'AB', 'AC']
const known = new Set<string>([
  ...['beginString', 'senderCompId', 'senderSubId', 'senderLocationId', 'targetCompId', 'targetSubId'],
  ...['targetLocationId', 'qualifier', 'role', 'heartBtIntSeconds', 'maxHeartBtIntSeconds', 'defaultApplVerId'],
  ...['resetOnLogon', 'resetOnLogout', 'resetOnDisconnect', 'refreshOnLogon', 'unexpectedReset', 'schedule'],
  ...['checkCompIds', 'checkLatency', 'maxLatencyMs', 'timestampPrecision', 'nextExpectedMsgSeqNum'],
  ...['lastMsgSeqNumProcessed', 'tooLow', 'maxResendRequest', 'resendTimeoutMs', 'maxQueuedMessages'],
  ...['maxQueuedBytes', 'maxOrderAgeOnResendMs', 'orderTypes', 'offlineSend', 'logonTimeoutMs', 'logoutTimeoutMs'],
  ...['throttle', 'maxBufferedBytes', 'sendTimeoutMs', 'credentials'],
])

/**
 * Completes and checks settings.
 *
 * @throws TradewireError `TW_INVALID_CONFIG` naming the setting that is unknown or out of range.
 */
export function resolveSessionConfig(config: FixSessionConfig): SessionSettings {
  const unknown = Object.keys(config).find((name) => !known.has(name))
  if (unknown !== undefined) fail(`${unknown} is no setting of a FIX session`)
  checkIdentity(config)
  const isInitiator = oneOf(config, 'role', ['initiator', 'acceptor']) === 'initiator'
  checkCredentials(config.credentials)
  const rules = rulesOf(config.beginString)
  const { resetOnLogon = false } = config
  if (resetOnLogon && isInitiator && !rules.hasResetFlag) fail(`resetOnLogon: ${config.beginString} has no reset flag`)
  return {
    ...config,
    isInitiator,
    heartBtIntSeconds: wholeNumber(config, 'heartBtIntSeconds', 30, 0, 86_400),
    maxHeartBtIntSeconds: wholeNumber(config, 'maxHeartBtIntSeconds', 3_600, 0, 86_400),
    defaultApplVerId: applVerIdOf(config, rules.isFixt),
    resetOnLogon,
    resetOnLogout: config.resetOnLogout ?? false,
    resetOnDisconnect: config.resetOnDisconnect ?? false,
    refreshOnLogon: config.refreshOnLogon ?? false,
    acceptsUnexpectedReset: oneOf(config, 'unexpectedReset', ['accept', 'refuse'], 'accept') === 'accept',
    schedule: config.schedule,
    checkCompIds: config.checkCompIds ?? true,
    checkLatency: config.checkLatency ?? true,
    maxLatencyUs: wholeNumber(config, 'maxLatencyMs', 120_000, 1, 86_400_000) * 1_000,
    precision: precisionOf(config, rules.precision),
    nextExpectedMsgSeqNum: config.nextExpectedMsgSeqNum ?? false,
    lastMsgSeqNumProcessed: config.lastMsgSeqNumProcessed ?? false,
    rejectsTooLow: oneOf(config, 'tooLow', ['logout', 'reject'], 'logout') === 'reject',
    maxResendRequest: wholeNumber(config, 'maxResendRequest', 0, 0, 1_000_000_000),
    resendTimeoutMs: wholeNumber(config, 'resendTimeoutMs', 10_000, 1, 3_600_000),
    maxQueuedMessages: wholeNumber(config, 'maxQueuedMessages', 10_000, 0, 10_000_000),
    maxQueuedBytes: wholeNumber(config, 'maxQueuedBytes', 16 * 1024 * 1024, 0, 2 ** 40),
    maxOrderAgeOnResendUs: wholeNumber(config, 'maxOrderAgeOnResendMs', 0, 0, 86_400_000) * 1_000,
    orderTypes: new Set(config.orderTypes ?? defaultOrderTypes),
    storesOffline: oneOf(config, 'offlineSend', ['refuse', 'store'], isInitiator ? 'refuse' : 'store') === 'store',
    logonTimeoutMs: wholeNumber(config, 'logonTimeoutMs', 10_000, 1, 3_600_000),
    logoutTimeoutMs: wholeNumber(config, 'logoutTimeoutMs', 2_000, 1, 3_600_000),
    throttle: throttleOf(config),
    maxBufferedBytes: wholeNumber(config, 'maxBufferedBytes', 1024 * 1024, 1, 2 ** 40),
    sendTimeoutMs: wholeNumber(config, 'sendTimeoutMs', 10_000, 1, 3_600_000),
    credentials: config.credentials ?? {},
    mask: new SecretMask(secretsOf(config.credentials)),
  }
}

function fail(message: string): never {
  throw new TradewireError('TW_INVALID_CONFIG', message)
}

function wholeNumber(
  config: FixSessionConfig,
  name: keyof FixSessionConfig,
  standard: number,
  least: number,
  most: number,
): number {
  const value = config[name] ?? standard
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
    fail(`${name} must be a whole number from ${least} to ${most}, got ${String(value)}`)
  }
  return value
}

function oneOf<Choice extends string>(
  config: FixSessionConfig,
  name: keyof FixSessionConfig,
  choices: readonly Choice[],
  standard?: Choice,
): Choice {
  const value = config[name] ?? standard
  const found = choices.find((choice) => choice === value)
  return found ?? fail(`${name} must be one of ${choices.join(', ')}, got ${String(value)}`)
}

function precisionOf(config: FixSessionConfig, standard: TimestampPrecision): TimestampPrecision {
  const { timestampPrecision } = config
  if (timestampPrecision === undefined) return standard
  const precision = TimestampPrecision[timestampPrecision]
  return precision ?? fail(`timestampPrecision must be one of ${Object.keys(TimestampPrecision).join(', ')}`)
}

function applVerIdOf({ defaultApplVerId, beginString }: FixSessionConfig, isFixt: boolean): string {
  if (!isFixt) {
    if (defaultApplVerId !== undefined) fail(`defaultApplVerId belongs to FIXT.1.1, not to ${beginString}`)
    return ''
  }
  const id = applVerIds[defaultApplVerId ?? ''] ?? defaultApplVerId
  if (id === undefined || !Object.values(applVerIds).includes(id)) {
    fail(`defaultApplVerId must be one of ${Object.keys(applVerIds).join(', ')} or its number, got ${String(id)}`)
  }
  return id
}

function throttleOf({ throttle }: FixSessionConfig): ThrottleConfig | undefined {
  if (throttle === undefined) return undefined
  const { messages, windowMs } = throttle
  if (!Number.isSafeInteger(messages) || messages < 1 || messages > 1_000_000) {
    fail(`throttle.messages must be a whole number from 1 to 1000000, got ${messages}`)
  }
  if (!(windowMs > 0 && windowMs <= 86_400_000)) fail(`throttle.windowMs must be above 0, got ${windowMs}`)
  return throttle
}
