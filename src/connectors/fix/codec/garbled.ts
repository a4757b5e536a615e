/**
 * Why bytes do not count as a message. The protocol says what happens to them: they are ignored, consume no sequence number,
 * and are counted; before a logon the connection ends.
 */

/** Reasons by name. 0 is no reason: the message is whole. */
export const GarbledReason = {
  none: 0,
  /** Bytes that begin no message. */
  noBeginString: 1,
  /** BeginString (8) has no end within 16 bytes, or is no plain text. */
  badBeginString: 2,
  /** The second field is not a BodyLength (9) of one to nine digits. */
  badBodyLength: 3,
  /** BodyLength passes the bound of the session. */
  bodyLengthTooLarge: 4,
  /** No CheckSum (10) of three digits where BodyLength says that it stands. */
  noCheckSum: 5,
  /** CheckSum differs from the sum of the bytes. */
  wrongCheckSum: 6,
  /** A tag that is no number of one to nine digits without a leading zero, or a field without `=`. */
  malformedTag: 7,
  /** The third field is not MsgType (35), or it has no value. */
  noMsgType: 8,
  /** A data field that ends elsewhere than its length field says. */
  badDataLength: 9,
  /** More fields than the bound of the session. */
  tooManyFields: 10,
} as const

/** A reason why bytes do not count as a message. */
export type GarbledReason = (typeof GarbledReason)[keyof typeof GarbledReason]

/** Number of reasons, for tables of counters. */
export const garbledReasonCount = 11

const texts: Readonly<Record<GarbledReason, string>> = {
  [GarbledReason.none]: 'the message is whole',
  [GarbledReason.noBeginString]: 'bytes that begin no message',
  [GarbledReason.badBeginString]: 'BeginString (8) is malformed',
  [GarbledReason.badBodyLength]: 'BodyLength (9) is malformed or not the second field',
  [GarbledReason.bodyLengthTooLarge]: 'BodyLength (9) passes the bound',
  [GarbledReason.noCheckSum]: 'no CheckSum (10) where BodyLength says',
  [GarbledReason.wrongCheckSum]: 'CheckSum (10) differs from the bytes',
  [GarbledReason.malformedTag]: 'a field does not begin with a tag',
  [GarbledReason.noMsgType]: 'MsgType (35) is not the third field or has no value',
  [GarbledReason.badDataLength]: 'a data field does not end where its length says',
  [GarbledReason.tooManyFields]: 'more fields than the bound',
}

/** A reason in words, for logs. */
export function garbledText(reason: GarbledReason): string {
  return texts[reason]
}
