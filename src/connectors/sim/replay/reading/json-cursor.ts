/**
 * Walks JSON in its bytes, without building objects or strings: members of an object are indexed by position, numbers
 * (plain or quoted) go straight into typed arrays. What is not looked at is skipped, with its brackets and quotes checked.
 */
import { BadRow } from './bad-row.js'
import { scanDecimal, scanSecondsAsUs, scanWhole, textOf } from './decimal-text.js'

const quote = 34
const backslash = 92
const comma = 44
const colon = 58
/** The byte of `[`. */
export const openArray = 91
/** The byte of `]`. */
export const closeArray = 93
/** The byte of `{`. */
export const openObject = 123
/** The byte of `}`. */
export const closeObject = 125

/** A cursor over one JSON text. */
export class JsonCursor {
  bytes: Uint8Array = new Uint8Array(0)
  at = 0
  end = 0
  /** Start and end (without quotes) of the text taken last by {@link text}. */
  textStart = 0
  textEnd = 0
  #isFirst = false

  /** Goes to the start of a text. */
  begin(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes
    this.at = start
    this.end = end
    this.#isFirst = false
  }

  /** The byte at the next token; -1 at the end. */
  peek(): number {
    const { bytes, end } = this
    let i = this.at
    while (i < end && bytes[i] <= 32) i++
    this.at = i
    return i < end ? bytes[i] : -1
  }

  /** Takes an opening bracket. */
  open(bracket: number, what: string): void {
    if (this.peek() !== bracket) throw new BadRow(what, `expected '${String.fromCharCode(bracket)}'`)
    this.at++
    this.#isFirst = true
  }

  /** Whether another element follows in the innermost list or object; takes its comma, or the closing bracket. */
  more(close: number, what: string): boolean {
    const byte = this.peek()
    const isFirst = this.#isFirst
    this.#isFirst = false
    if (byte === close) {
      this.at++
      return false
    }
    if (isFirst) return true
    if (byte !== comma) throw new BadRow(what, "expected ',' or a closing bracket")
    this.at++
    return true
  }

  /** Takes a text; escapes stay as they are. */
  text(what: string): void {
    if (this.peek() !== quote) throw new BadRow(what, 'expected a text')
    this.textStart = this.at + 1
    this.at = this.#endOfText(what)
    this.textEnd = this.at - 1
  }

  /** The text taken last as a string (ASCII or UTF-8, escapes undone). */
  textValue(): string {
    const raw = textOf(this.bytes, this.textStart, this.textEnd)
    return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw
  }

  /** Takes the name of a member and its colon. */
  name(): void {
    this.text('name of a member')
    if (this.peek() !== colon) throw new BadRow(this.textValue(), "expected ':'")
    this.at++
  }

  /** Whether the text taken last is `expected`. */
  textIs(expected: Uint8Array): boolean {
    return sameBytes(this.bytes, this.textStart, this.textEnd, expected)
  }

  /** Takes a decimal, plain or quoted. */
  decimal(out: Float64Array, index: number, what: string): void {
    const isQuoted = this.peek() === quote
    const next = scanDecimal(this.bytes, isQuoted ? this.at + 1 : this.at, this.end, out, index)
    this.#step(next, isQuoted, what, 'a decimal number')
  }

  /** Takes a whole number without sign, plain or quoted. */
  whole(out: Float64Array, index: number, what: string): void {
    const isQuoted = this.peek() === quote
    const next = scanWhole(this.bytes, isQuoted ? this.at + 1 : this.at, this.end, 0, out, index)
    this.#step(next, isQuoted, what, 'a whole number')
  }

  /** Takes seconds with decimals, plain or quoted, as microseconds. */
  secondsAsUs(out: Float64Array, index: number, what: string): void {
    const isQuoted = this.peek() === quote
    const next = scanSecondsAsUs(this.bytes, isQuoted ? this.at + 1 : this.at, this.end, out, index)
    this.#step(next, isQuoted, what, 'a number of seconds')
  }

  /** Takes any value and ignores it. */
  skip(what: string): void {
    const byte = this.peek()
    if (byte === quote) this.at = this.#endOfText(what)
    else if (byte === openArray || byte === openObject) this.#skipNested(what)
    else this.#skipPlain(what)
    this.#isFirst = false
  }

  /** Refuses anything after the value. */
  finish(what: string): void {
    if (this.peek() !== -1) throw new BadRow(what, 'there is text after the end of the JSON value')
  }

  #step(next: number, isQuoted: boolean, what: string, expected: string): void {
    const isClosed = next >= 0 && (!isQuoted || (next < this.end && this.bytes[next] === quote))
    if (!isClosed || (!isQuoted && next < this.end && !isDelimiter(this.bytes[next]))) {
      throw new BadRow(
        what,
        `expected ${expected}, got '${textOf(this.bytes, this.at, Math.min(this.end, this.at + 24))}'`,
      )
    }
    this.at = isQuoted ? next + 1 : next
  }

  #endOfText(what: string): number {
    const { bytes, end } = this
    for (let i = this.at + 1; i < end; i++) {
      if (bytes[i] === quote) return i + 1
      if (bytes[i] === backslash) i++
    }
    throw new BadRow(what, 'a text has no end')
  }

  #skipNested(what: string): void {
    const { bytes, end } = this
    let depth = 0
    for (let i = this.at; i < end; i++) {
      const byte = bytes[i]
      if (byte === quote) {
        this.at = i
        i = this.#endOfText(what) - 1
      } else if (byte === openArray || byte === openObject) depth++
      else if ((byte === closeArray || byte === closeObject) && --depth === 0) {
        this.at = i + 1
        return
      }
    }
    throw new BadRow(what, 'a list or object has no end')
  }

  #skipPlain(what: string): void {
    const start = this.at
    while (this.at < this.end && !isDelimiter(this.bytes[this.at])) this.at++
    if (this.at === start) throw new BadRow(what, 'expected a value')
  }
}

/** The members of one object by position, so that they can be read in any order. */
export class JsonMembers {
  count = 0
  nameStart = new Int32Array(32)
  nameEnd = new Int32Array(32)
  valueStart = new Int32Array(32)
  #bytes: Uint8Array = new Uint8Array(0)

  /** Indexes the object at the cursor and leaves the cursor behind it. */
  read(cursor: JsonCursor, what: string): void {
    this.#bytes = cursor.bytes
    this.count = 0
    cursor.open(openObject, what)
    while (cursor.more(closeObject, what)) {
      cursor.name()
      if (this.count === this.nameStart.length) this.#grow()
      this.nameStart[this.count] = cursor.textStart
      this.nameEnd[this.count] = cursor.textEnd
      cursor.peek()
      this.valueStart[this.count++] = cursor.at
      cursor.skip(what)
    }
  }

  /** Puts the cursor at the value of a member; false where there is none. */
  find(cursor: JsonCursor, name: MemberName): boolean {
    for (let i = 0; i < this.count; i++) {
      if (!sameBytes(this.#bytes, this.nameStart[i], this.nameEnd[i], name.bytes)) continue
      cursor.at = this.valueStart[i]
      return true
    }
    return false
  }

  /** As {@link find}. @throws BadRow where the member is missing. */
  require(cursor: JsonCursor, name: MemberName): void {
    if (!this.find(cursor, name)) throw new BadRow(name.text, 'this member is missing')
  }

  /** Reads a member that must be there as a decimal. */
  decimal(cursor: JsonCursor, name: MemberName, out: Float64Array, index: number): void {
    this.require(cursor, name)
    cursor.decimal(out, index, name.text)
  }

  /** Reads a member that must be there as a whole number. */
  whole(cursor: JsonCursor, name: MemberName, out: Float64Array, index: number): void {
    this.require(cursor, name)
    cursor.whole(out, index, name.text)
  }

  /** Takes a member that must be there as text. */
  text(cursor: JsonCursor, name: MemberName): void {
    this.require(cursor, name)
    cursor.text(name.text)
  }

  #grow(): void {
    const wider = (old: Int32Array<ArrayBuffer>) => {
      const array = new Int32Array(old.length * 2)
      array.set(old)
      return array
    }
    this.nameStart = wider(this.nameStart)
    this.nameEnd = wider(this.nameEnd)
    this.valueStart = wider(this.valueStart)
  }
}

/** Name of a member, with its bytes to compare with. */
export interface MemberName {
  readonly text: string
  readonly bytes: Uint8Array
}

/** A name of a member. */
export function member(text: string): MemberName {
  return { text, bytes: bytesOf(text) }
}

/** Bytes of a text, to compare with. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Whether a range of bytes equals `expected`. */
export function sameBytes(bytes: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  if (end - start !== expected.length) return false
  for (let i = 0; i < expected.length; i++) if (bytes[start + i] !== expected[i]) return false
  return true
}

function isDelimiter(byte: number): boolean {
  return byte === comma || byte === closeArray || byte === closeObject || byte <= 32 || byte === colon
}
