/** Fields and message types that the session itself reads or writes. */
import { msgTypeCodeOf } from '../codec/message.js'

/** Tags of the session. */
export const SessionTag = {
  beginSeqNo: 7,
  beginString: 8,
  endSeqNo: 16,
  msgSeqNum: 34,
  msgType: 35,
  newSeqNo: 36,
  possDupFlag: 43,
  refSeqNum: 45,
  senderCompId: 49,
  senderSubId: 50,
  sendingTime: 52,
  targetCompId: 56,
  targetSubId: 57,
  text: 58,
  rawDataLength: 95,
  rawData: 96,
  possResend: 97,
  encryptMethod: 98,
  heartBtInt: 108,
  testReqId: 112,
  onBehalfOfCompId: 115,
  onBehalfOfSubId: 116,
  origSendingTime: 122,
  gapFillFlag: 123,
  deliverToCompId: 128,
  deliverToSubId: 129,
  resetSeqNumFlag: 141,
  senderLocationId: 142,
  targetLocationId: 143,
  onBehalfOfLocationId: 144,
  deliverToLocationId: 145,
  lastMsgSeqNumProcessed: 369,
  refTagId: 371,
  refMsgType: 372,
  sessionRejectReason: 373,
  businessRejectRefId: 379,
  businessRejectReason: 380,
  username: 553,
  password: 554,
  nextExpectedMsgSeqNum: 789,
  newPassword: 925,
  applVerId: 1128,
  defaultApplVerId: 1137,
  encryptedPasswordMethod: 1400,
  encryptedPasswordLength: 1401,
  encryptedPassword: 1402,
} as const

/** MsgType (35) of the session's messages. */
export const SessionType = {
  heartbeat: '0',
  testRequest: '1',
  resendRequest: '2',
  reject: '3',
  sequenceReset: '4',
  logout: '5',
  logon: 'A',
  businessReject: 'j',
} as const

/** The same as {@link FixMessage.msgTypeCode} has them. */
export const SessionCode = {
  heartbeat: msgTypeCodeOf(SessionType.heartbeat),
  testRequest: msgTypeCodeOf(SessionType.testRequest),
  resendRequest: msgTypeCodeOf(SessionType.resendRequest),
  reject: msgTypeCodeOf(SessionType.reject),
  sequenceReset: msgTypeCodeOf(SessionType.sequenceReset),
  logout: msgTypeCodeOf(SessionType.logout),
  logon: msgTypeCodeOf(SessionType.logon),
} as const

/** Whether a message type belongs to the session and is never sent again. `n` (XMLnonFIX) and all others are the application's. */
export function isAdminCode(code: number): boolean {
  switch (code) {
    case SessionCode.heartbeat:
    case SessionCode.testRequest:
    case SessionCode.resendRequest:
    case SessionCode.reject:
    case SessionCode.sequenceReset:
    case SessionCode.logout:
    case SessionCode.logon:
      return true
    default:
      return false
  }
}

/** Fields of the standard header over all versions: what may stand before the body. */
const headerTags: ReadonlySet<number> = new Set([
  8, 9, 34, 35, 43, 49, 50, 52, 56, 57, 90, 91, 97, 115, 116, 122, 128, 129, 142, 143, 144, 145, 212, 213, 347, 369,
  370, 627, 628, 629, 630, 1128, 1129, 1156,
])

/** Whether a field may stand in the header. */
export function isHeaderTag(tag: number): boolean {
  return headerTags.has(tag)
}
