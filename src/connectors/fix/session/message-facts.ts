/** What the session asks of a message, without anything thrown for a field that is malformed. */
import type { FixMessage } from '../codec/message.js'
import { parseCount } from '../codec/numbers.js'
import { parseTimestamp } from '../codec/times.js'
import { SessionTag } from './tags.js'

/** MsgSeqNum (34); -1 where it is absent or no number. */
export function numberAt(message: FixMessage): number {
  return countOf(message, SessionTag.msgSeqNum)
}

/** A field as a number from 0; -1 where it is absent or none. */
export function countOf(message: FixMessage, tag: number): number {
  const index = message.find(tag)
  return index < 0 ? -1 : parseCount(message.bytes, message.valueStarts[index], message.valueEnds[index])
}

/** Whether a field is there and Y. */
export function isYes(message: FixMessage, tag: number): boolean {
  return message.equals(tag, 'Y')
}

/** Whether a field is absent, empty, or has this value. */
export function isAbsentOr(message: FixMessage, tag: number, text: string): boolean {
  const index = message.find(tag)
  return index < 0 || message.valueStarts[index] === message.valueEnds[index] || message.equalsAt(index, text)
}

/** A UTC timestamp as epoch microseconds; NaN where it is absent or none. */
export function timestampOf(message: FixMessage, tag: number): number {
  const index = message.find(tag)
  return index < 0 ? Number.NaN : parseTimestamp(message.bytes, message.valueStarts[index], message.valueEnds[index])
}

/** What a number that is too low is answered with. */
export function tooLowText(expected: number, received: number): string {
  return `MsgSeqNum too low, expecting ${expected} but received ${received}`
}
