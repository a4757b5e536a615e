/** Writing Logons: what each side says of itself, and the credentials that go with it. */
import { revealSecret } from '../../../core/secret.js'
import { latin1Bytes } from '../codec/bytes.js'
import { TimestampPrecision } from '../codec/times.js'
import { timestampText } from '../store/timestamp-text.js'
import type { Outbound } from './outbound.js'
import type { LogonFields, SessionParts } from './parts.js'
import { SessionTag, SessionType } from './tags.js'

/** What a Logon says beside the settings of its session. */
export interface LogonContent {
  readonly heartBtIntSeconds: number
  /** ResetSeqNumFlag (141) is Y. */
  readonly resets: boolean
  /** NextExpectedMsgSeqNum (789); undefined leaves it out. */
  readonly nextExpected: number | undefined
  /** DefaultApplVerID (1137); empty leaves it out. */
  readonly applVerId: string
}

/** Sends a Logon. Initiators add what proves who they are. Body fields go out by ascending tags. */
export function sendLogon(parts: SessionParts, outbound: Outbound, content: LogonContent): void {
  const encoder = outbound.begin(SessionType.logon)
  const { encryptedPassword, ...credentials } = parts.settings.isInitiator ? parts.settings.credentials : {}
  const signed = parts.settings.isInitiator ? sign(parts, outbound, content.heartBtIntSeconds) : {}
  const { username, password, newPassword, rawData } = { ...credentials, ...signed } as LogonFields & typeof credentials
  if (rawData !== undefined) {
    const bytes = rawData instanceof Uint8Array ? rawData : latin1Bytes(revealSecret(rawData))
    encoder.data(SessionTag.rawDataLength, SessionTag.rawData, bytes)
  }
  encoder.int(SessionTag.encryptMethod, 0)
  encoder.int(SessionTag.heartBtInt, content.heartBtIntSeconds)
  if (content.resets) encoder.flag(SessionTag.resetSeqNumFlag, true)
  if (username !== undefined) encoder.string(SessionTag.username, revealSecret(username))
  if (password !== undefined) encoder.string(SessionTag.password, revealSecret(password))
  if (content.nextExpected !== undefined) encoder.int(SessionTag.nextExpectedMsgSeqNum, content.nextExpected)
  if (newPassword !== undefined) encoder.string(SessionTag.newPassword, revealSecret(newPassword))
  if (content.applVerId !== '') encoder.string(SessionTag.defaultApplVerId, content.applVerId)
  if (encryptedPassword !== undefined) {
    encoder.int(SessionTag.encryptedPasswordMethod, encryptedPassword.method)
    const bytes = Buffer.from(revealSecret(encryptedPassword.dataBase64), 'base64')
    encoder.data(SessionTag.encryptedPasswordLength, SessionTag.encryptedPassword, bytes)
  }
  for (const [tag, value] of signed.extra ?? []) encoder.string(tag, value)
  outbound.finishAdmin()
}

function sign(parts: SessionParts, outbound: Outbound, heartBtIntSeconds: number): LogonFields {
  const { application, settings, store } = parts
  if (application.signLogon === undefined) return {}
  return application.signLogon({
    sendingTime: sendingTimeText(outbound.sendingTimeUs, settings.precision),
    msgSeqNum: store.nextOutgoing,
    senderCompId: settings.senderCompId,
    targetCompId: settings.targetCompId,
    heartBtIntSeconds,
  })
}

/** A timestamp as it stands in a message. */
function sendingTimeText(us: number, precision: TimestampPrecision): string {
  const text = timestampText(us)
  if (precision === TimestampPrecision.seconds) return text.slice(0, 17)
  if (precision === TimestampPrecision.nanoseconds) return `${text}000`
  return text.slice(0, 18 + precision)
}
