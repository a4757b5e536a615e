/**
 * SessionRejectReason (373): what can be wrong with a message that arrived whole. Values and their wording are those of the
 * protocol; versions before a value came in leave 373 out of the reject and say the rest.
 */

/** Reasons by name; `none` is no reason: the message is valid. */
export const RejectReason = {
  none: -1,
  invalidTagNumber: 0,
  requiredTagMissing: 1,
  tagNotDefinedForMessage: 2,
  undefinedTag: 3,
  tagWithoutValue: 4,
  valueOutOfRange: 5,
  incorrectDataFormat: 6,
  decryptionProblem: 7,
  signatureProblem: 8,
  compIdProblem: 9,
  sendingTimeAccuracy: 10,
  invalidMsgType: 11,
  xmlValidation: 12,
  tagAppearsMoreThanOnce: 13,
  tagOutOfOrder: 14,
  groupFieldsOutOfOrder: 15,
  incorrectNumInGroup: 16,
  separatorInValue: 17,
  invalidApplVerId: 18,
  other: 99,
} as const

/** A reason for a session-level reject. */
export type RejectReason = (typeof RejectReason)[keyof typeof RejectReason]

const texts = new Map<RejectReason, string>([
  [RejectReason.invalidTagNumber, 'Invalid tag number'],
  [RejectReason.requiredTagMissing, 'Required tag missing'],
  [RejectReason.tagNotDefinedForMessage, 'Tag not defined for this message type'],
  [RejectReason.undefinedTag, 'Undefined tag'],
  [RejectReason.tagWithoutValue, 'Tag specified without a value'],
  [RejectReason.valueOutOfRange, 'Value is incorrect (out of range) for this tag'],
  [RejectReason.incorrectDataFormat, 'Incorrect data format for value'],
  [RejectReason.decryptionProblem, 'Decryption problem'],
  [RejectReason.signatureProblem, 'Signature problem'],
  [RejectReason.compIdProblem, 'CompID problem'],
  [RejectReason.sendingTimeAccuracy, 'SendingTime accuracy problem'],
  [RejectReason.invalidMsgType, 'Invalid MsgType'],
  [RejectReason.xmlValidation, 'XML validation error'],
  [RejectReason.tagAppearsMoreThanOnce, 'Tag appears more than once'],
  [RejectReason.tagOutOfOrder, 'Tag specified out of required order'],
  [RejectReason.groupFieldsOutOfOrder, 'Repeating group fields out of order'],
  [RejectReason.incorrectNumInGroup, 'Incorrect NumInGroup count for repeating group'],
  [RejectReason.separatorInValue, 'Non-data value includes field delimiter'],
  [RejectReason.invalidApplVerId, 'Invalid or unsupported application version'],
  [RejectReason.other, 'Other'],
])

/** The wording of a reason, for Text (58) of a reject. */
export function rejectText(reason: RejectReason): string {
  return texts.get(reason) ?? ''
}
