/**
 * Reads the fields of one TWS message from its bytes, one after the other. Numbers are read without making text of them;
 * text is made where it is asked for, so that a 64-bit id or a long decimal keeps every digit.
 */
import { TradewireError } from '../../core/errors.js'

const tens = Array.from({ length: 23 }, (_, i) => 10 ** i)
/** Mantissas up to here are exact doubles. */
const largestExact = 9_007_199_254_740_991
const decoder = new TextDecoder()

/** A cursor over the fields of a message. One object serves all messages of a connection. */
export class FieldCursor {
  bytes: Uint8Array = new Uint8Array(0)
  at = 0
  end = 0

  /** Points it at a message. */
  point(bytes: Uint8Array, from: number, to: number): this {
    this.bytes = bytes
    this.at = from
    this.end = to
    return this
  }

  /** A cursor of its own over a copy of what is left: for what cannot be read at once. */
  detach(): FieldCursor {
    const copy = this.bytes.slice(this.at, this.end)
    return new FieldCursor().point(copy, 0, copy.length)
  }

  get isAtEnd(): boolean {
    return this.at >= this.end
  }

  /** The next field as text; `\uXXXX` stays as it is. @throws TradewireError `TW_INVALID_MODEL` past the end. */
  text(): string {
    const from = this.at
    const to = this.#fieldEnd()
    if (to === from) return ''
    if (to - from > 24) return decoder.decode(this.bytes.subarray(from, to))
    let text = ''
    for (let i = from; i < to; i++) {
      const byte = this.bytes[i] as number
      if (byte > 127) return decoder.decode(this.bytes.subarray(from, to))
      text += String.fromCharCode(byte)
    }
    return text
  }

  /** Text in which `\uXXXX` stands for the character that it means. */
  unescaped(): string {
    return this.text().replaceAll(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
  }

  /** The next field as a whole number; 0 where it is empty. */
  int(): number {
    const { bytes } = this
    const from = this.at
    const to = this.#fieldEnd()
    let at = from
    const isNegative = bytes[at] === 45
    if (isNegative) at++
    let value = 0
    for (; at < to; at++) {
      const digit = (bytes[at] as number) - 48
      if (digit < 0 || digit > 9) return Math.trunc(this.#slowNumber(from, to))
      value = value * 10 + digit
    }
    return isNegative ? -value : value
  }

  /** The next field as a number; NaN where it is empty or says "not set". */
  number(): number {
    const { bytes } = this
    const from = this.at
    const to = this.#fieldEnd()
    if (to === from) return Number.NaN
    let at = from
    const isNegative = bytes[at] === 45
    if (isNegative) at++
    let mantissa = 0
    let digits = 0
    let behind = -1
    for (; at < to; at++) {
      const byte = bytes[at] as number
      if (byte === 46 && behind < 0) behind = 0
      else if (byte >= 48 && byte <= 57 && digits < 16) {
        mantissa = mantissa * 10 + byte - 48
        if (mantissa > 0) digits++
        if (behind >= 0) behind++
      } else return this.#slowNumber(from, to)
    }
    // Both parts are exact doubles, so their quotient is the double nearest to the text.
    if (mantissa > largestExact || behind > 22) return this.#slowNumber(from, to)
    const value = behind > 0 ? mantissa / (tens[behind] as number) : mantissa
    return isNegative ? -value : value
  }

  bool(): boolean {
    return this.int() !== 0
  }

  skip(count = 1): void {
    for (let i = 0; i < count; i++) this.#fieldEnd()
  }

  #slowNumber(from: number, to: number): number {
    const text = decoder.decode(this.bytes.subarray(from, to))
    const value = Number(text)
    return value === Number.MAX_VALUE || text === '2147483647' ? Number.NaN : value
  }

  /** Moves behind the next field, returns where it ends. */
  #fieldEnd(): number {
    const { bytes, end } = this
    let at = this.at
    if (at >= end) throw new TradewireError('TW_INVALID_MODEL', 'A TWS message ends before its last field')
    while (at < end && bytes[at] !== 0) at++
    this.at = at + 1
    return at
  }
}
