/**
 * Messages into one preallocated buffer, without texts in between.
 *
 *   encoder.begin('D')
 *   encoder.int(34, sequence); encoder.timestamp(52, nowUs, TimestampPrecision.milliseconds) ...
 *   encoder.string(55, 'MSFT'); encoder.units(44, priceUnits, priceScale)
 *   encoder.end()
 *   connection.send(encoder.copy())
 *
 * The body is written first, BeginString and BodyLength are put right-aligned before it, CheckSum behind it. Fields go out in
 * the order of the calls. Nothing that would break the message apart gets in: a separator inside of a text, an empty value or
 * a number that is none throws, and the message is abandoned until the next `begin`.
 */
import { TradewireError } from '../../../core/errors.js'
import { EQUALS, latin1Bytes, MINUS, POINT, SOH, ZERO } from './bytes.js'
import { defaultLimits, HEADER_ROOM, TRAILER_LENGTH } from './limits.js'
import { DAY_US, MAX_SECOND, MIN_SECOND, TimestampPrecision, writeDate, writeTimeOfDay } from './times.js'

/** What a {@link FixEncoder} is built with. */
export interface FixEncoderOptions {
  /** BeginString (8), for example `FIX.4.4` or `FIXT.1.1`. */
  readonly beginString: string
  /** Longest body in bytes. */
  readonly maxBodyLength?: number
}

/** Longest tag, `=`, the longest number or timestamp, separator. */
const FIELD_ROOM = 64
const MAX_SCALE = 18

/** Writes messages into one buffer. */
export class FixEncoder {
  /** The buffer; the last message lies at {@link start} to {@link finish}. Overwritten by the next `begin`. */
  readonly bytes: Uint8Array
  /** Where the message begins. */
  start = 0
  /** Where the next byte goes; after `end`, behind the message. */
  finish = 0

  readonly #beginString: Uint8Array
  /** The body may not pass this. */
  readonly #limit: number
  #isOpen = false
  /** The second whose date and time stand in #secondBytes. */
  #second = Number.NaN
  readonly #secondBytes = new Uint8Array(17)
  readonly #digits = new Uint8Array(24)

  constructor(options: FixEncoderOptions) {
    const { beginString, maxBodyLength = defaultLimits.maxBodyLength } = options
    if (!/^[!-~]{1,16}$/.test(beginString)) {
      throw new TradewireError('TW_INVALID_ARGUMENT', 'beginString is not 1 to 16 printable characters', {
        details: { beginString },
      })
    }
    this.#beginString = latin1Bytes(`8=${beginString}\u00019=`)
    this.#limit = HEADER_ROOM + maxBodyLength
    this.bytes = new Uint8Array(this.#limit + FIELD_ROOM + TRAILER_LENGTH)
  }

  /** Begins a message with its MsgType (35); what was not ended is dropped. */
  begin(msgType: string): void {
    this.finish = HEADER_ROOM
    this.#isOpen = true
    this.string(35, msgType)
  }

  /** Completes the message: it lies at {@link start} to {@link finish}. Returns its length in bytes. */
  end(): number {
    if (!this.#isOpen) throw new TradewireError('TW_INVALID_STATE', 'Begin a message before ending one')
    const { bytes } = this
    let at = HEADER_ROOM
    let bodyLength = this.finish - HEADER_ROOM
    bytes[--at] = SOH
    do {
      const rest = (bodyLength / 10) | 0
      bytes[--at] = ZERO + bodyLength - rest * 10
      bodyLength = rest
    } while (bodyLength > 0)
    const prefix = this.#beginString
    for (let index = prefix.length - 1; index >= 0; index--) bytes[--at] = prefix[index]
    this.start = at
    const bodyEnd = this.finish
    let sum = 0
    for (let index = at; index < bodyEnd; index++) sum += bytes[index]
    sum &= 255
    bytes[bodyEnd] = 49
    bytes[bodyEnd + 1] = 48
    bytes[bodyEnd + 2] = EQUALS
    bytes[bodyEnd + 3] = ZERO + ((sum / 100) | 0)
    bytes[bodyEnd + 4] = ZERO + (((sum / 10) | 0) % 10)
    bytes[bodyEnd + 5] = ZERO + (sum % 10)
    bytes[bodyEnd + 6] = SOH
    this.finish = bodyEnd + TRAILER_LENGTH
    this.#isOpen = false
    return this.finish - at
  }

  /** The finished message as a view of the buffer, valid until the next `begin`. */
  view(): Uint8Array {
    return this.bytes.subarray(this.start, this.finish)
  }

  /** The finished message as bytes of the caller's own. */
  copy(): Uint8Array {
    return this.bytes.slice(this.start, this.finish)
  }

  /** A text, one byte a character. @throws TradewireError `TW_INVALID_ARGUMENT` when empty, or with a separator, NUL or a character beyond Latin-1. */
  string(tag: number, value: string): void {
    const length = value.length
    let at = this.#tag(tag, length)
    const { bytes } = this
    if (length === 0) this.#refuse(tag, 'is empty')
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index)
      if (code < 2 || code > 255) this.#refuse(tag, 'has a character that no text field may hold')
      bytes[at++] = code
    }
    bytes[at] = SOH
    this.finish = at + 1
  }

  /** A whole number. @throws TradewireError `TW_INVALID_ARGUMENT` when it is no safe integer. */
  int(tag: number, value: number): void {
    if (!Number.isSafeInteger(value)) this.#refuse(tag, 'is not a safe integer')
    let at = this.#tag(tag, 0)
    if (value < 0) this.bytes[at++] = MINUS
    at = this.#writeUnsigned(at, value < 0 ? -value : value)
    this.bytes[at] = SOH
    this.finish = at + 1
  }

  /** `units / 10^scale` as the shortest exact decimal text. @throws TradewireError `TW_INVALID_ARGUMENT` when units are no safe integer or the scale is not 0 to 18. */
  units(tag: number, units: number, scale: number): void {
    if (!Number.isSafeInteger(units)) this.#refuse(tag, 'is not a safe integer of units')
    if (!Number.isInteger(scale) || scale < 0 || scale > MAX_SCALE) this.#refuse(tag, 'has a scale outside 0 to 18')
    let at = this.#tag(tag, 0)
    if (units < 0) this.bytes[at++] = MINUS
    let rest = units < 0 ? -units : units
    let places = scale
    while (places > 0 && rest % 10 === 0) {
      rest /= 10
      places--
    }
    at = this.#writeScaled(at, rest, places)
    this.bytes[at] = SOH
    this.finish = at + 1
  }

  /**
   * A double as the shortest decimal text that reads back as the same double; without an exponent.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` when it is not finite or needs more than 18 digits before or behind the point.
   */
  double(tag: number, value: number): void {
    let scaled = value
    let power = 1
    // Up to 1e15 a double times a power of ten rounds to its own decimal digits: dividing again tells whether it did.
    for (let places = 0; places <= 9; places++, power *= 10) {
      scaled = Math.round(value * power)
      if (scaled / power !== value) continue
      if (scaled > 1e15 || scaled < -1e15) break
      this.units(tag, scaled + 0, places)
      return
    }
    this.#longDouble(tag, value)
  }

  /** A double of many digits, by its text. */
  #longDouble(tag: number, value: number): void {
    const text = plainText(value)
    if (text === undefined) this.#refuse(tag, 'is not a decimal number of at most 18 places')
    else this.string(tag, text)
  }

  /** Y or N. */
  flag(tag: number, value: boolean): void {
    this.char(tag, value ? 89 : 78)
  }

  /** One character by its byte. */
  char(tag: number, byte: number): void {
    if (!(byte > 1 && byte < 256)) this.#refuse(tag, 'is no character that a field may hold')
    const at = this.#tag(tag, 0)
    this.bytes[at] = byte
    this.bytes[at + 1] = SOH
    this.finish = at + 2
  }

  /**
   * A UTC timestamp from whole epoch microseconds, at any precision; `nanos` (0 to 999) are the nanoseconds below.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` when it is no safe integer: before the year 1684 or after 2255.
   */
  timestamp(tag: number, epochUs: number, precision: TimestampPrecision, nanos = 0): void {
    if (!Number.isSafeInteger(epochUs)) this.#refuse(tag, 'is not a time in whole microseconds')
    if (!(nanos >= 0 && nanos < 1_000)) this.#refuse(tag, 'has nanoseconds outside 0 to 999')
    const second = Math.floor(epochUs / 1_000_000)
    if (second !== this.#second) this.#setSecond(second)
    let at = this.#tag(tag, 0)
    const { bytes } = this
    const prefix = this.#secondBytes
    for (let index = 0; index < 17; index++) bytes[at++] = prefix[index]
    if (precision !== TimestampPrecision.seconds) {
      const micros = epochUs - second * 1_000_000
      bytes[at++] = POINT
      at = writeThree(bytes, at, Math.floor(micros / 1_000))
      if (precision >= TimestampPrecision.microseconds) at = writeThree(bytes, at, micros % 1_000)
      if (precision === TimestampPrecision.nanoseconds) at = writeThree(bytes, at, nanos)
    }
    bytes[at] = SOH
    this.finish = at + 1
  }

  #setSecond(second: number): void {
    const day = Math.floor(second / 86_400)
    writeDate(this.#secondBytes, 0, day)
    this.#secondBytes[8] = MINUS
    writeTimeOfDay(this.#secondBytes, 9, second - day * 86_400)
    this.#second = second
  }

  /** A UTC date of whole epoch microseconds: `YYYYMMDD`. */
  date(tag: number, epochUs: number): void {
    const day = Math.floor(epochUs / DAY_US)
    if (!(day * 86_400 >= MIN_SECOND && day * 86_400 <= MAX_SECOND)) this.#refuse(tag, 'is not a date')
    const at = this.#tag(tag, 0)
    writeDate(this.bytes, at, day)
    this.bytes[at + 8] = SOH
    this.finish = at + 9
  }

  /** A value as it stands in other bytes; what it holds is the caller's business. Empty values are written as they are. */
  raw(tag: number, source: Uint8Array, from: number, to: number): void {
    const at = this.#tag(tag, to - from)
    this.#copy(at, source, from, to)
    this.bytes[at + to - from] = SOH
    this.finish = at + to - from + 1
  }

  /** A length field and the data field it announces; the data may hold any byte. */
  data(lengthTag: number, dataTag: number, data: Uint8Array): void {
    this.int(lengthTag, data.length)
    this.raw(dataTag, data, 0, data.length)
  }

  /** Whole fields, separators included, as prepared by the caller or kept in a store. */
  fields(source: Uint8Array, from = 0, to: number = source.length): void {
    this.#ensure(to - from)
    this.#copy(this.finish, source, from, to)
    this.finish += to - from
  }

  #copy(at: number, source: Uint8Array, from: number, to: number): void {
    const { bytes } = this
    if (to - from > 64) bytes.set(source.subarray(from, to), at)
    else for (let index = from, target = at; index < to; index++) bytes[target++] = source[index]
  }

  /** Writes `tag=` and returns where the value goes. */
  #tag(tag: number, valueLength: number): number {
    this.#ensure(valueLength)
    const { bytes } = this
    let at = this.finish
    if (tag < 100 && tag >= 10) {
      const tens = (tag / 10) | 0
      bytes[at] = ZERO + tens
      bytes[at + 1] = ZERO + tag - tens * 10
      bytes[at + 2] = EQUALS
      return at + 3
    }
    if (tag < 1_000 && tag >= 100) {
      const hundreds = (tag / 100) | 0
      const rest = tag - hundreds * 100
      const tens = (rest / 10) | 0
      bytes[at] = ZERO + hundreds
      bytes[at + 1] = ZERO + tens
      bytes[at + 2] = ZERO + rest - tens * 10
      bytes[at + 3] = EQUALS
      return at + 4
    }
    if (!Number.isInteger(tag) || tag < 1 || tag > 999_999_999) this.#refuse(tag, 'is no tag')
    at = this.#writeUnsigned(at, tag)
    bytes[at] = EQUALS
    return at + 1
  }

  #ensure(valueLength: number): void {
    if (!this.#isOpen) throw new TradewireError('TW_INVALID_STATE', 'Begin a message before writing fields')
    if (this.finish + valueLength > this.#limit) {
      this.#isOpen = false
      const maxBodyLength = this.#limit - HEADER_ROOM
      const problem = `The message passes ${maxBodyLength} bytes: raise maxBodyLength or send less`
      throw new TradewireError('TW_CAPACITY', problem, { details: { maxBodyLength } })
    }
  }

  #writeUnsigned(at: number, value: number): number {
    const { bytes } = this
    if (value < 10) {
      bytes[at] = ZERO + value
      return at + 1
    }
    const digits = this.#digits
    let count = 0
    let rest = value
    while (rest > 2_147_483_647) {
      const next = Math.floor(rest / 10)
      digits[count++] = ZERO + (rest - next * 10)
      rest = next
    }
    let small = rest | 0
    do {
      const next = (small / 10) | 0
      digits[count++] = ZERO + small - next * 10
      small = next
    } while (small > 0)
    let position = at
    while (count > 0) bytes[position++] = digits[--count]
    return position
  }

  /** Writes digits with a point before the last `places` of them. */
  #writeScaled(at: number, digits: number, places: number): number {
    const { bytes } = this
    const end = this.#writeUnsigned(at, digits)
    if (places === 0) return end
    const length = end - at
    const missing = places + 1 > length ? places + 1 - length : 0
    const shiftedEnd = end + missing + 1
    for (let index = 1; index <= places; index++)
      bytes[shiftedEnd - index] = index <= length ? bytes[end - index] : ZERO
    bytes[shiftedEnd - places - 1] = POINT
    if (missing > 0) bytes[at] = ZERO
    return shiftedEnd
  }

  #refuse(tag: number, problem: string): never {
    this.#isOpen = false
    throw new TradewireError('TW_INVALID_ARGUMENT', `Field ${tag} ${problem}`, { details: { tag } })
  }
}

function writeThree(bytes: Uint8Array, at: number, value: number): number {
  const hundreds = (value / 100) | 0
  const rest = value - hundreds * 100
  const tens = (rest / 10) | 0
  bytes[at] = ZERO + hundreds
  bytes[at + 1] = ZERO + tens
  bytes[at + 2] = ZERO + rest - tens * 10
  return at + 3
}

/** The shortest text of a double, without an exponent; undefined when it is not finite or has more than 18 places. */
function plainText(value: number): string | undefined {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e18) return undefined
  const text = String(value)
  const exponentAt = text.indexOf('e-')
  if (exponentAt < 0) return text
  const mantissa = text.slice(0, exponentAt)
  const places = Number(text.slice(exponentAt + 2)) + Math.max(0, mantissa.replace('-', '').length - 2)
  return places > MAX_SCALE ? undefined : value.toFixed(places)
}
