/**
 * A message that was sent once, made ready to be sent again: PossDupFlag (43) and OrigSendingTime (122) put in, SendingTime (52)
 * replaced, BodyLength and CheckSum made anew. All else stays as it was, byte for byte: groups and data fields are never taken
 * apart.
 */
import { SOH, ZERO } from '../codec/bytes.js'
import { standardDataTags } from '../codec/data-tags.js'
import type { FixEncoder } from '../codec/encoder.js'
import type { TimestampPrecision } from '../codec/times.js'
import { isHeaderTag, SessionTag } from './tags.js'

const yes = Uint8Array.of(89)

/** A field of stored bytes. One object for all of them. */
class FieldCursor {
  tag = 0
  start = 0
  valueStart = 0
  /** Behind the separator. */
  end = 0
  #announced = 0
  #announcedLength = 0

  reset(at: number): void {
    this.end = at
    this.#announced = 0
  }

  /** Moves to the next field before `limit`; false at the end. The bytes are those of a whole message. */
  next(bytes: Uint8Array, limit: number): boolean {
    let at = this.end
    if (at >= limit) return false
    this.start = at
    let tag = 0
    for (let byte = bytes[at]; byte !== 61; byte = bytes[++at]) tag = tag * 10 + byte - ZERO
    this.tag = tag
    this.valueStart = at + 1
    let end = at + 1
    if (tag === this.#announced) end += this.#announcedLength
    else while (end < limit && bytes[end] !== SOH) end++
    this.end = end + 1
    this.#announced = standardDataTags[tag] ?? 0
    if (this.#announced !== 0) {
      this.#announcedLength = 0
      for (let i = this.valueStart; i < end; i++) this.#announcedLength = this.#announcedLength * 10 + bytes[i] - ZERO
    }
    return true
  }
}

const cursor = new FieldCursor()

/** What a stored message says about itself. */
export interface StoredFacts {
  /** Where the value of SendingTime (52) lies; -1 where it has none. */
  sendingTimeStart: number
  sendingTimeEnd: number
}

/** Finds SendingTime in the header of a stored message. */
export function findSendingTime(bytes: Uint8Array, start: number, end: number, facts: StoredFacts): void {
  facts.sendingTimeStart = -1
  facts.sendingTimeEnd = -1
  cursor.reset(start)
  while (cursor.next(bytes, end) && isHeaderTag(cursor.tag)) {
    if (cursor.tag !== SessionTag.sendingTime) continue
    facts.sendingTimeStart = cursor.valueStart
    facts.sendingTimeEnd = cursor.end - 1
    return
  }
}

/**
 * Writes the message `bytes[start, end)` for a resend into `encoder`, which is left with the finished message. New header fields
 * go before the first header field with a higher tag, so that a header in ascending order stays so.
 */
export function patchForResend(
  encoder: FixEncoder,
  bytes: Uint8Array,
  start: number,
  end: number,
  nowUs: number,
  precision: TimestampPrecision,
  facts: StoredFacts,
): void {
  const bodyEnd = end - 7
  let isPossDupWritten = false
  let isOrigWritten = false
  cursor.reset(start)
  cursor.next(bytes, bodyEnd)
  cursor.next(bytes, bodyEnd)
  cursor.next(bytes, bodyEnd)
  encoder.begin(textOf(bytes, cursor.valueStart, cursor.end - 1))
  let rest = bodyEnd
  while (cursor.next(bytes, bodyEnd)) {
    const { tag } = cursor
    const isHeader = isHeaderTag(tag)
    if (!isPossDupWritten && (!isHeader || tag > SessionTag.possDupFlag)) {
      encoder.raw(SessionTag.possDupFlag, yes, 0, 1)
      isPossDupWritten = true
    }
    if (!isOrigWritten && (!isHeader || tag > SessionTag.origSendingTime)) {
      writeOrigSendingTime(encoder, bytes, facts)
      isOrigWritten = true
    }
    if (!isHeader) {
      rest = cursor.start
      break
    }
    if (tag === SessionTag.sendingTime) encoder.timestamp(tag, nowUs, precision)
    else if (tag !== SessionTag.possDupFlag && tag !== SessionTag.origSendingTime)
      encoder.fields(bytes, cursor.start, cursor.end)
  }
  if (!isPossDupWritten) encoder.raw(SessionTag.possDupFlag, yes, 0, 1)
  if (!isOrigWritten) writeOrigSendingTime(encoder, bytes, facts)
  encoder.fields(bytes, rest, bodyEnd)
  encoder.end()
}

function writeOrigSendingTime(encoder: FixEncoder, bytes: Uint8Array, facts: StoredFacts): void {
  if (facts.sendingTimeStart < 0) return
  encoder.raw(SessionTag.origSendingTime, bytes, facts.sendingTimeStart, facts.sendingTimeEnd)
}

/** Text of a short value. */
function textOf(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at])
  return text
}

/** MsgType (35) of a stored message: the third field. */
export function storedMsgType(bytes: Uint8Array, start: number, end: number): string {
  cursor.reset(start)
  cursor.next(bytes, end)
  cursor.next(bytes, end)
  cursor.next(bytes, end)
  return textOf(bytes, cursor.valueStart, cursor.end - 1)
}
