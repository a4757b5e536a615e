/**
 * A received message: where its fields lie in the bytes, and typed access to them on demand.
 *
 * One object serves all messages of a connection. `read` goes over the bytes once, notes tag, begin and end of every field in
 * preallocated columns, and verifies the checksum on the way; nothing is converted or copied before somebody asks. The view
 * is valid until the next `read`, and as long as nobody writes to the bytes: whoever keeps a message keeps a copy of them.
 *
 * Fields of repeating groups repeat tags, so lookups by tag see the fields outside of groups only, as soon as a dictionary has
 * told them apart (`FixValidator.validate`); without a dictionary they see the first field of that tag.
 * Groups are read with {@link FixGroup}.
 */
import { TradewireError } from '../../../core/errors.js'
import { EQUALS, latin1, latin1Bytes, MINUS, SOH, ZERO } from './bytes.js'
import { type DataTags, standardDataTags } from './data-tags.js'
import { GarbledReason } from './garbled.js'
import { defaultLimits, type FixLimits, MAX_TAG_DIGITS, TRAILER_LENGTH } from './limits.js'
import { parseCount, parseDouble, parseInteger, parseUnits } from './numbers.js'
import { parseDate, parseNanoseconds, parseTime, parseTimestamp } from './times.js'

const MSG_TYPE = 35
const CHECK_SUM = 10
const noBytes = new Uint8Array(0)

/** What a {@link FixMessage} is built with. */
export interface FixMessageOptions {
  /** Bounds; those not given are {@link defaultLimits}. */
  readonly limits?: Partial<FixLimits>
  /** Pairs of length and data fields; `FixDictionary.dataTags` has those of a dictionary. */
  readonly dataTags?: DataTags
}

/** A view of a message: offsets of its fields, and their values on demand. */
export class FixMessage {
  /** The bytes that offsets refer to. */
  bytes: Uint8Array = noBytes
  /** Where the message begins (`8=`) and ends (behind the last separator). */
  start = 0
  end = 0
  /** Number of fields, CheckSum included. */
  fieldCount = 0
  /** Tag of each field. */
  readonly tags: Int32Array
  /** Where the value of each field begins and ends. */
  readonly valueStarts: Int32Array
  readonly valueEnds: Int32Array
  /** In how many repeating groups each field lies: all 0 until a dictionary has looked at the message. */
  readonly depths: Uint8Array
  /** MsgType (35) as a number: its bytes, least significant first; -1 when it has more than three or a blank. */
  msgTypeCode = -1

  readonly #dataTags: DataTags
  readonly #maxFields: number

  constructor(options: FixMessageOptions = {}) {
    const { maxFields } = { ...defaultLimits, ...options.limits }
    this.#maxFields = maxFields
    this.#dataTags = options.dataTags ?? standardDataTags
    this.tags = new Int32Array(maxFields)
    this.valueStarts = new Int32Array(maxFields)
    this.valueEnds = new Int32Array(maxFields)
    this.depths = new Uint8Array(maxFields)
  }

  /**
   * Takes the message at `start` to `end`, as a framer or a store has cut it out. Returns why it is garbled, or
   * `GarbledReason.none`. After a garbled message the view holds no fields. BodyLength is the framer's to verify.
   */
  read(bytes: Uint8Array, start: number, end: number): GarbledReason {
    this.bytes = bytes
    this.start = start
    this.end = end
    const bodyEnd = end - TRAILER_LENGTH
    const reason = endsInCheckSum(bytes, start, bodyEnd) ? this.#scan(bytes, start, bodyEnd) : GarbledReason.noCheckSum
    if (reason !== GarbledReason.none) this.fieldCount = 0
    return reason
  }

  /**
   * Splits `from` to `to` into fields and adds up the bytes. A separator stands right before `to`, so that every loop over
   * bytes ends there at the latest. Tags of up to three digits, nearly all of them, are read without a loop.
   */
  #scan(bytes: Uint8Array, from: number, to: number): GarbledReason {
    const { tags, valueStarts, valueEnds } = this
    const dataTags = this.#dataTags
    const lastField = this.#maxFields - 1
    let position = from
    let count = 0
    let sum = 0
    let awaitedData = 0
    while (position < to) {
      if (count >= lastField) return GarbledReason.tooManyFields
      const first = bytes[position]
      const second = bytes[position + 1]
      const third = bytes[position + 2]
      let tag = first - ZERO
      if (tag > 0 && tag <= 9 && second === EQUALS) {
        position += 2
        sum += first + EQUALS
      } else if (tag > 0 && tag <= 9 && isDigit(second) && third === EQUALS) {
        tag = tag * 10 + second - ZERO
        position += 3
        sum += first + second + EQUALS
      } else if (tag > 0 && tag <= 9 && isDigit(second) && isDigit(third) && bytes[position + 3] === EQUALS) {
        tag = tag * 100 + (second - ZERO) * 10 + third - ZERO
        position += 4
        sum += first + second + third + EQUALS
      } else {
        const end = tagEnd(bytes, position)
        if (end < 0) return GarbledReason.malformedTag
        tag = parseInteger(bytes, position, end)
        while (position <= end) sum += bytes[position++]
      }
      const valueStart = position
      if (awaitedData !== 0 && tag === awaitedData) {
        const length = parseCount(bytes, valueStarts[count - 1], valueEnds[count - 1])
        const end = valueStart + length
        if (length < 0 || end >= to || bytes[end] !== SOH) return GarbledReason.badDataLength
        while (position <= end) sum += bytes[position++]
      } else {
        for (;;) {
          const byte = bytes[position++]
          sum += byte
          if (byte === SOH) break
          const next = bytes[position++]
          sum += next
          if (next === SOH) break
        }
      }
      tags[count] = tag
      valueStarts[count] = valueStart
      valueEnds[count++] = position - 1
      awaitedData = tag > 0 && tag < dataTags.length ? dataTags[tag] : 0
    }
    const declared = (bytes[to + 3] - ZERO) * 100 + (bytes[to + 4] - ZERO) * 10 + bytes[to + 5] - ZERO
    if (declared !== (sum & 255)) return GarbledReason.wrongCheckSum
    return this.#complete(count, to)
  }

  /** Adds CheckSum behind the fields that were found, and looks at MsgType. */
  #complete(count: number, bodyEnd: number): GarbledReason {
    const { bytes, tags, valueStarts, valueEnds } = this
    if (count < 3 || tags[2] !== MSG_TYPE || valueStarts[2] === valueEnds[2]) return GarbledReason.noMsgType
    tags[count] = CHECK_SUM
    valueStarts[count] = bodyEnd + 3
    valueEnds[count] = bodyEnd + 6
    this.depths.fill(0, 0, count + 1)
    this.fieldCount = count + 1
    this.msgTypeCode = packedType(bytes, valueStarts[2], valueEnds[2])
    return GarbledReason.none
  }

  /** MsgType (35). */
  get msgType(): string {
    return msgTypeText(this.msgTypeCode) ?? latin1(this.bytes, this.valueStarts[2], this.valueEnds[2])
  }

  /** Index of the field of a tag outside of groups, from index `from` on; -1 where there is none. */
  find(tag: number, from = 0): number {
    const { tags, depths, fieldCount } = this
    for (let index = from; index < fieldCount; index++) if (tags[index] === tag && depths[index] === 0) return index
    return -1
  }

  /** Whether the message has a field of this tag outside of groups. */
  has(tag: number): boolean {
    return this.find(tag) >= 0
  }

  /** Value as Latin-1 text; undefined where the field is absent. */
  string(tag: number): string | undefined {
    const index = this.find(tag)
    return index < 0 ? undefined : this.stringAt(index)
  }

  /** Value as a whole number; NaN where the field is absent. @throws TradewireError `TW_INVALID_MODEL` when it is none. */
  int(tag: number): number {
    const index = this.find(tag)
    return index < 0 ? Number.NaN : this.intAt(index)
  }

  /** Value as the nearest double; NaN where the field is absent. @throws TradewireError `TW_INVALID_MODEL` when it is no decimal. */
  double(tag: number): number {
    const index = this.find(tag)
    return index < 0 ? Number.NaN : this.doubleAt(index)
  }

  /**
   * Value as units of `10^-scale`, exactly; NaN where the field is absent.
   *
   * @throws TradewireError `TW_INVALID_MODEL` when it is no decimal, `TW_OFF_GRID` when it has digits finer than the scale,
   * `TW_OUT_OF_RANGE` when it passes the safe integers.
   */
  units(tag: number, scale: number): number {
    const index = this.find(tag)
    return index < 0 ? Number.NaN : this.unitsAt(index, scale)
  }

  /** Y as true, N and absence as false. @throws TradewireError `TW_INVALID_MODEL` for anything else. */
  flag(tag: number): boolean {
    const index = this.find(tag)
    return index >= 0 && this.flagAt(index)
  }

  /** The byte of a value of one character; 0 where the field is absent. @throws TradewireError `TW_INVALID_MODEL` for a longer or empty one. */
  char(tag: number): number {
    const index = this.find(tag)
    return index < 0 ? 0 : this.charAt(index)
  }

  /** A UTC timestamp as epoch microseconds; NaN where the field is absent. @throws TradewireError `TW_INVALID_MODEL` when it is none. */
  timestampUs(tag: number): number {
    const index = this.find(tag)
    return index < 0 ? Number.NaN : this.timestampUsAt(index)
  }

  /** Whether the value of a tag is exactly this Latin-1 text. False where the field is absent. */
  equals(tag: number, text: string): boolean {
    const index = this.find(tag)
    return index >= 0 && this.equalsAt(index, text)
  }

  /** A view (no copy) of the bytes of a value; undefined where the field is absent. */
  bytesOf(tag: number): Uint8Array | undefined {
    const index = this.find(tag)
    return index < 0 ? undefined : this.bytes.subarray(this.valueStarts[index], this.valueEnds[index])
  }

  /** A copy of the whole message. */
  copyBytes(): Uint8Array {
    return this.bytes.slice(this.start, this.end)
  }

  /** Value of the field at an index as {@link string}. */
  stringAt(index: number): string {
    return latin1(this.bytes, this.valueStarts[index], this.valueEnds[index])
  }

  /** Value of the field at an index as {@link int}. */
  intAt(index: number): number {
    const value = parseInteger(this.bytes, this.valueStarts[index], this.valueEnds[index])
    return Number.isNaN(value) ? this.#refuse(index, 'a whole number') : value
  }

  /** Value of the field at an index as {@link double}. */
  doubleAt(index: number): number {
    const value = parseDouble(this.bytes, this.valueStarts[index], this.valueEnds[index])
    return Number.isNaN(value) ? this.#refuse(index, 'a decimal number') : value
  }

  /** Value of the field at an index as {@link units}. */
  unitsAt(index: number, scale: number): number {
    const value = parseUnits(this.bytes, this.valueStarts[index], this.valueEnds[index], scale)
    return Number.isNaN(value) ? this.#refuseUnits(index, scale) : value
  }

  /** Value of the field at an index as {@link flag}. */
  flagAt(index: number): boolean {
    const from = this.valueStarts[index]
    const byte = this.valueEnds[index] - from === 1 ? this.bytes[from] : 0
    if (byte === 89) return true
    if (byte === 78) return false
    return this.#refuse(index, 'Y or N')
  }

  /** Value of the field at an index as {@link char}. */
  charAt(index: number): number {
    const from = this.valueStarts[index]
    return this.valueEnds[index] - from === 1 ? this.bytes[from] : this.#refuse(index, 'one character')
  }

  /** Value of the field at an index as {@link timestampUs}. */
  timestampUsAt(index: number): number {
    const value = parseTimestamp(this.bytes, this.valueStarts[index], this.valueEnds[index])
    return Number.isNaN(value) ? this.#refuse(index, 'a UTC timestamp') : value
  }

  /** The nanoseconds below the microsecond of the time or timestamp at an index: 0 to 999. */
  nanosecondsAt(index: number): number {
    return parseNanoseconds(this.bytes, this.valueStarts[index], this.valueEnds[index])
  }

  /** A UTC date at an index as days since 1970-01-01. @throws TradewireError `TW_INVALID_MODEL` when it is none. */
  dateAt(index: number): number {
    const value = parseDate(this.bytes, this.valueStarts[index], this.valueEnds[index])
    return Number.isNaN(value) ? this.#refuse(index, 'a date') : value
  }

  /** A UTC time at an index as microseconds of the day. @throws TradewireError `TW_INVALID_MODEL` when it is none. */
  timeUsAt(index: number): number {
    const value = parseTime(this.bytes, this.valueStarts[index], this.valueEnds[index])
    return Number.isNaN(value) ? this.#refuse(index, 'a time') : value
  }

  /** Whether the value at an index is exactly this Latin-1 text. */
  equalsAt(index: number, text: string): boolean {
    const from = this.valueStarts[index]
    if (this.valueEnds[index] - from !== text.length) return false
    for (let place = 0; place < text.length; place++)
      if (this.bytes[from + place] !== text.charCodeAt(place)) return false
    return true
  }

  #refuse(index: number, expected: string): never {
    const tag = this.tags[index]
    throw new TradewireError('TW_INVALID_MODEL', `Field ${tag} of message ${this.msgType} is not ${expected}`, {
      details: { tag, msgType: this.msgType, expected },
    })
  }

  #refuseUnits(index: number, scale: number): never {
    const value = this.doubleAt(index)
    const tag = this.tags[index]
    const details = { tag, msgType: this.msgType, scale }
    const isTooLarge = Math.abs(value) * Number(`1e${scale}`) > Number.MAX_SAFE_INTEGER
    if (isTooLarge) {
      const problem = `Field ${tag} of message ${this.msgType} does not fit a safe integer at scale ${scale}`
      throw new TradewireError('TW_OUT_OF_RANGE', problem, { details })
    }
    const problem = `Field ${tag} of message ${this.msgType} has more than ${scale} digits behind the point`
    throw new TradewireError('TW_OFF_GRID', problem, { details })
  }
}

/** A MsgType as {@link FixMessage.msgTypeCode} has it. */
export function msgTypeCodeOf(msgType: string): number {
  const bytes = latin1Bytes(msgType)
  return msgType.length === 0 ? -1 : packedType(bytes, 0, bytes.length)
}

function packedType(bytes: Uint8Array, from: number, to: number): number {
  if (to - from > 3) return -1
  let code = 0
  for (let index = to - 1; index >= from; index--) {
    if (bytes[index] <= 32) return -1
    code = (code << 8) | bytes[index]
  }
  return code
}

/** Whether `|10=ddd|` stands at the end of the body: what the scan relies on to find an end. */
function endsInCheckSum(bytes: Uint8Array, start: number, at: number): boolean {
  return (
    at > start &&
    at + TRAILER_LENGTH <= bytes.length &&
    bytes[at - 1] === SOH &&
    bytes[at] === 49 &&
    bytes[at + 1] === 48 &&
    bytes[at + 2] === EQUALS &&
    isDigit(bytes[at + 3]) &&
    isDigit(bytes[at + 4]) &&
    isDigit(bytes[at + 5]) &&
    bytes[at + 6] === SOH
  )
}

/**
 * Where the tag at a position ends in `=`; -1 when there is no tag. Tags are numbers of one to nine digits without a leading
 * zero; 0 and negative ones are tags as well, though invalid: the message is rejected, not ignored.
 */
function tagEnd(bytes: Uint8Array, position: number): number {
  const start = bytes[position] === MINUS ? position + 1 : position
  let end = start
  while (end - start < MAX_TAG_DIGITS && isDigit(bytes[end])) end++
  const isNumber = end > start && (bytes[start] !== ZERO || end === start + 1)
  return isNumber && bytes[end] === EQUALS ? end : -1
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9
}

/** Texts of message types met so far; bounded, since a peer may invent types. */
const typeTexts = new Map<number, string>()
const MAX_TYPE_TEXTS = 1_024

function msgTypeText(code: number): string | undefined {
  if (code < 0) return undefined
  const known = typeTexts.get(code)
  if (known !== undefined) return known
  let text = ''
  for (let rest = code; rest > 0; rest >>>= 8) text += String.fromCharCode(rest & 255)
  if (typeTexts.size < MAX_TYPE_TEXTS) typeTexts.set(code, text)
  return text
}
