/**
 * Reads quotes and trades in JSON off the bytes, without objects and without garbage: numbers go into one row of doubles
 * ({@link TickAt}), texts stay where they are. Members may come in any order; those that come in the order of the row before
 * are found by one comparison.
 *
 * It reads the plain case only and says so when it does not understand: text with escapes, exponents, more digits than a
 * double holds, other kinds of event, unknown members. That is for a general reader, which gives the same numbers for what
 * is read here.
 */
import { TickAt, tickRowWidth as width } from '../ring/tick-row.js'

const textNames = ['kind', 'instrument', 'aggressor'] as const
const names: readonly string[] = [...Object.keys(TickAt), ...textNames]
const [kindMember, instrumentMember, aggressorMember] = [width, width + 1, width + 2] as const
const common = bits('kind', 'instrument', 'tsEventUs', 'tsRecvUs', 'sequence')
const quoteMembers = common | bits('bid', 'ask', 'bidSize', 'askSize', 'flags')
const tradeMembers = common | bits('price', 'size', 'aggressor', 'tradeId', 'condition')
const tradeRequired = bits('kind', 'instrument', 'price', 'size')

const encoder = new TextEncoder()
/** Each name as it stands before its value. */
const keys = names.map((name) => encoder.encode(`"${name}":`))
/** Members by a hash of the first and last letter of their name and its length, which tells all of them apart. */
const keyTable = new Int8Array(512).fill(-1)
for (const [member, key] of keys.entries()) {
  const slot = keySlot(key[1] as number, key[key.length - 3] as number, key.length)
  if (keyTable[slot] !== -1) throw new Error('members share a slot')
  keyTable[slot] = member
}
/** The keys as words of four bytes: those from the start, and in the last place the last four. */
const keyWords = 5
const keyTexts = new Int32Array(keys.length * keyWords)
const keyLengths = Int32Array.from(keys, (key) => key.length)
for (const [member, key] of keys.entries()) {
  const view = new DataView(key.buffer, key.byteOffset, key.length)
  let word = member * keyWords
  for (let at = 0; at < key.length - 4; at += 4) keyTexts[word++] = view.getInt32(at, true)
  keyTexts[(member + 1) * keyWords - 1] = view.getInt32(key.length - 4, true)
}
const [quoteWord, tradeWord, buyWord, sellWord] = ['quote"', 'trade"', 'buy"', 'sell"'].map((word) =>
  encoder.encode(word),
) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
const powers = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`))

/** What was read last. */
export const TickKind = { quote: 1, trade: 2 } as const

/** Reads one tick after another. */
export class TickScanner {
  /** Numbers of the tick read last, by {@link TickAt}. */
  readonly row = new Float64Array(width)
  /** 1 quote, 2 trade. */
  kind = 0
  /** 1 buy, -1 sell, 0 not said. */
  aggressor: 1 | -1 | 0 = 0
  /** Where the name of the instrument lies, and a hash of its bytes. */
  nameStart = 0
  nameEnd = 0
  nameHash = 0
  readonly #takesQuoted: boolean
  /** The member that followed each in the row before; the last place: the first. */
  readonly #after = new Int8Array(names.length + 1)

  /** `takesQuotedNumbers`: `"1.5"` is read as 1.5. */
  constructor(takesQuotedNumbers: boolean) {
    this.#takesQuoted = takesQuotedNumbers
  }

  /**
   * Reads the object that begins at `start`. Returns the position behind it; -1: it is for the general reader.
   *
   * @param view the same bytes at the same positions; four of them are looked at at a time.
   */
  read(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    if (bytes[start] !== 123) return -1
    const { row } = this
    for (let index = 0; index < width; index++) row[index] = Number.NaN
    this.kind = 0
    this.aggressor = 0
    let at = start + 1
    let seen = 0
    let before = names.length
    for (;;) {
      const expected = this.#after[before] as number
      const member = isKey(view, at, end, expected) ? expected : keyAt(bytes, view, at, end)
      if (member < 0 || ((seen >> member) & 1) === 1) return -1
      seen |= 1 << member
      this.#after[before] = member
      before = member
      at += keyLengths[member] as number
      at = member < width ? this.#number(bytes, view, at, end, member) : this.#text(bytes, at, end, member)
      if (at < 0 || at >= end) return -1
      const next = bytes[at++]
      if (next === 125) break
      if (next !== 44) return -1
    }
    return this.#isTick(seen) ? at : -1
  }

  #isTick(seen: number): boolean {
    const { row, kind } = this
    if (kind === TickKind.quote) {
      if ((seen & ~quoteMembers) !== 0 || ((seen >> instrumentMember) & 1) === 0) return false
    } else if (kind !== TickKind.trade || (seen & ~tradeMembers) !== 0 || (seen & tradeRequired) !== tradeRequired)
      return false
    return isTimeAt(row, TickAt.tsEventUs) && isTimeAt(row, TickAt.tsRecvUs) && this.#areWhole()
  }

  /** Whether flags and condition, where they are, fit 32 bits. */
  #areWhole(): boolean {
    const flags = this.row[TickAt.flags] as number
    const condition = this.row[TickAt.condition] as number
    return (Number.isNaN(flags) || (flags | 0) === flags) && (Number.isNaN(condition) || (condition | 0) === condition)
  }

  /** Position behind the text, -1 when it is none that is plain. */
  #text(bytes: Uint8Array, start: number, end: number, member: number): number {
    if (bytes[start] !== 34) return -1
    const first = start + 1
    if (member === instrumentMember) return this.#name(bytes, first, end)
    if (member === kindMember) {
      if (isWord(bytes, first, quoteWord)) this.kind = TickKind.quote
      else if (isWord(bytes, first, tradeWord)) this.kind = TickKind.trade
      else return -1
      return first + quoteWord.length
    }
    if (member !== aggressorMember) return -1
    const isBuy = isWord(bytes, first, buyWord)
    if (!isBuy && !isWord(bytes, first, sellWord)) return -1
    this.aggressor = isBuy ? 1 : -1
    return first + (isBuy ? buyWord.length : sellWord.length)
  }

  #name(bytes: Uint8Array, first: number, end: number): number {
    let hash = 0x811c9dc5
    let at = first
    for (; at < end; at++) {
      const code = bytes[at] as number
      if (code === 34) break
      if (code === 92 || code < 32) return -1
      hash = Math.imul(hash ^ code, 0x01000193)
    }
    if (at === first) return -1
    this.nameStart = first
    this.nameEnd = at
    this.nameHash = hash
    return at + 1
  }

  /** Position behind the number, -1 when it is none that can be read exactly: up to 2^53 without its point, no exponent. */
  #number(bytes: Uint8Array, view: DataView, start: number, end: number, member: number): number {
    const isQuoted = this.#takesQuoted && bytes[start] === 34
    let at = isQuoted ? start + 1 : start
    const isNegative = bytes[at] === 45
    if (isNegative) at++
    const first = at
    let mantissa = 0
    let point = -1
    for (;;) {
      while (at + 4 <= end) {
        const four = fourDigits(view.getInt32(at, true))
        if (four < 0) break
        mantissa = mantissa * 10_000 + four
        at += 4
      }
      let digit = (bytes[at] as number) - 48
      while (digit >= 0 && digit <= 9 && at < end) {
        mantissa = mantissa * 10 + digit
        digit = (bytes[++at] as number) - 48
      }
      if (digit !== -2 || point >= 0 || at >= end) break
      point = at++
    }
    const decimals = point < 0 ? 0 : at - point - 1
    const whole = (point < 0 ? at : point) - first
    if (whole === 0 || (whole > 1 && bytes[first] === 48) || point === at - 1 || decimals > 22) return -1
    const next = bytes[at] as number
    if (mantissa > 9_007_199_254_740_991 || next === 101 || next === 69 || next === 46) return -1
    if (isQuoted && (next !== 34 || at >= end)) return -1
    const value = decimals === 0 ? mantissa : mantissa / (powers[decimals] as number)
    this.row[member] = isNegative ? -value : value
    return isQuoted ? at + 1 : at
  }
}

/** The number of four digits that lie in a word, the first in its lowest byte; -1 when one of them is none. */
function fourDigits(word: number): number {
  const digits = word ^ 0x30303030
  if (((digits | ((digits + 0x06060606) | 0)) & 0xf0f0f0f0) !== 0) return -1
  const pairs = (Math.imul(digits, 10) + (digits >>> 8)) & 0x00ff00ff
  return (pairs & 0xff) * 100 + (pairs >>> 16)
}

/** Microseconds that are there are whole and not negative. */
function isTimeAt(row: Float64Array, index: number): boolean {
  const tsUs = row[index]
  return Number.isNaN(tsUs) || (tsUs >= 0 && Math.floor(tsUs) === tsUs)
}

/** Whether the key of a member stands at a position: four bytes at a time, the last four overlapping. */
function isKey(view: DataView, at: number, end: number, member: number): boolean {
  const last = at + (keyLengths[member] as number) - 4
  if (last + 4 > end) return false
  let word = member * keyWords
  for (let from = at; from < last; from += 4) if (view.getInt32(from, true) !== keyTexts[word++]) return false
  return view.getInt32(last, true) === keyTexts[(member + 1) * keyWords - 1]
}

/** Whether `word` stands at a position. Beyond the end there is nothing that equals anything. */
function isWord(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let index = 0; index < word.length; index++) if (bytes[at + index] !== word[index]) return false
  return true
}

/** The member whose name stands at a position, -1 when it is none of those known. */
function keyAt(bytes: Uint8Array, view: DataView, at: number, end: number): number {
  if (bytes[at] !== 34) return -1
  let stop = at + 1
  while (stop < end && bytes[stop] !== 34) stop++
  if (stop >= end - 1 || stop < at + 3) return -1
  const member = keyTable[keySlot(bytes[at + 1] as number, bytes[stop - 1] as number, stop + 2 - at)] as number
  return member >= 0 && isKey(view, at, end, member) ? member : -1
}

function keySlot(first: number, last: number, length: number): number {
  return (first * 7 + last * 31 + length * 101) & 511
}

function bits(...members: string[]): number {
  return members.reduce((sum, member) => sum | (1 << names.indexOf(member)), 0)
}
