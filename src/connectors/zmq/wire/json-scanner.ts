/**
 * Reads quotes and trades in JSON off the bytes, without objects: members in any order, numbers exact. Whatever else JSON may
 * contain (text with escapes, exponents, other kinds of event, unknown members) is left to the general reader: the scanner
 * says that it did not understand, and has handed nothing on.
 */

/** Takes what was read, by the index that names were given. */
export interface ScannerTarget {
  /** Index of an instrument by what the feed calls it; -1 when it is not known. Asked once for each name. */
  indexOf(name: string): number
  quoteAt(
    index: number,
    bid: number,
    ask: number,
    bidSize: number,
    askSize: number,
    tsUs: number,
    sequence: number,
    flags: number,
  ): void
  tradeAt(
    index: number,
    price: number,
    size: number,
    aggressor: number,
    tsUs: number,
    sequence: number,
    tradeId: number,
    condition: number,
  ): void
}

const names = [
  'kind',
  'instrument',
  'tsEventUs',
  'sequence',
  'bid',
  'ask',
  'bidSize',
  'askSize',
  'flags',
  'price',
  'size',
  'aggressor',
  'tradeId',
  'condition',
] as const
const At = Object.fromEntries(names.map((name, index) => [name, index])) as Readonly<
  Record<(typeof names)[number], number>
>
const textMembers = (1 << At.kind) | (1 << At.instrument) | (1 << At.aggressor)
const quoteMembers = bits('kind', 'instrument', 'tsEventUs', 'sequence', 'bid', 'ask', 'bidSize', 'askSize', 'flags')
const tradeMembers = bits(
  'kind',
  'instrument',
  'tsEventUs',
  'sequence',
  'price',
  'size',
  'aggressor',
  'tradeId',
  'condition',
)
const required = bits('kind', 'instrument', 'tsEventUs')
const tradeRequired = bits('price', 'size')

/** Members by a hash of their first and last letter and their length, which tells all of them apart. */
const keyTable = new Int8Array(512).fill(-1)
const keyBytes = names.map((name) => new TextEncoder().encode(name))
for (const [index, key] of keyBytes.entries()) {
  const slot = keySlot(key[0] as number, key[key.length - 1] as number, key.length)
  if (keyTable[slot] !== -1) throw new Error('members share a slot')
  keyTable[slot] = index
}

const powers = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`))
const mostNames = 65_536

/** Reads the bodies of a connector. */
export class JsonScanner {
  readonly #target: ScannerTarget
  readonly #values = new Float64Array(names.length)
  readonly #starts = new Int32Array(names.length)
  readonly #ends = new Int32Array(names.length)
  /** Names seen so far, by hash: index plus one, 0 free. */
  #slots = new Int32Array(256)
  readonly #ids: { bytes: Uint8Array; index: number }[] = []
  #seen = 0
  #at = 0

  constructor(target: ScannerTarget) {
    this.#target = target
  }

  /** Reads a body; false: it is for the general reader. */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    const first = bytes[start]
    if (first === 123) {
      this.#at = start
      if (!this.#object(bytes, end) || this.#at !== end || !this.#isEvent(bytes)) return false
      this.#deliver(bytes)
      return true
    }
    // Of an array all are read before the first is handed on.
    return first === 91 && this.#array(bytes, start, end, false) && this.#array(bytes, start, end, true)
  }

  /** An index may have become known: names that were not are asked for again. */
  forget(): void {
    this.#slots = new Int32Array(256)
    this.#ids.length = 0
  }

  #array(bytes: Uint8Array, start: number, end: number, delivers: boolean): boolean {
    this.#at = start + 1
    for (;;) {
      if (bytes[this.#at] !== 123 || !this.#object(bytes, end) || !this.#isEvent(bytes)) return false
      if (delivers) this.#deliver(bytes)
      const next = bytes[this.#at++]
      if (next === 93) return this.#at === end
      if (next !== 44) return false
    }
  }

  /** Reads the members of an object; true when it ends properly. */
  #object(bytes: Uint8Array, end: number): boolean {
    let at = this.#at + 1
    let seen = 0
    for (;;) {
      if (bytes[at] !== 34) return false
      const from = ++at
      while (at < end && bytes[at] !== 34) at++
      const member = keyOf(bytes, from, at)
      if (member < 0 || ((seen >> member) & 1) === 1 || bytes[at + 1] !== 58) return false
      seen |= 1 << member
      at =
        ((textMembers >> member) & 1) === 1
          ? this.#text(bytes, at + 2, end, member)
          : this.#number(bytes, at + 2, end, member)
      if (at < 0 || at >= end) return false
      const next = bytes[at++]
      if (next === 125) break
      if (next !== 44) return false
    }
    this.#seen = seen
    this.#at = at
    return true
  }

  /** Position after the text, -1 when it is none without escapes. */
  #text(bytes: Uint8Array, start: number, end: number, member: number): number {
    if (bytes[start] !== 34) return -1
    let at = start + 1
    while (at < end) {
      const code = bytes[at] as number
      if (code === 34) break
      if (code === 92 || code < 32) return -1
      at++
    }
    this.#starts[member] = start + 1
    this.#ends[member] = at
    return at + 1
  }

  /** Position after the number, -1 when it is none that can be read exactly: up to 2^53 without its point, no exponent. */
  #number(bytes: Uint8Array, start: number, end: number, member: number): number {
    let at = start
    const isNegative = bytes[at] === 45
    if (isNegative) at++
    const first = at
    let mantissa = 0
    let code = bytes[at] as number
    while (code >= 48 && code <= 57 && at < end) {
      mantissa = mantissa * 10 + (code - 48)
      code = bytes[++at] as number
    }
    if (at === first || (bytes[first] === 48 && at > first + 1)) return -1
    let digits = 0
    if (code === 46) {
      const point = at++
      code = bytes[at] as number
      while (code >= 48 && code <= 57 && at < end) {
        mantissa = mantissa * 10 + (code - 48)
        code = bytes[++at] as number
      }
      digits = at - point - 1
      if (digits === 0 || digits > 22) return -1
    }
    if (code === 101 || code === 69 || mantissa > 9_007_199_254_740_991) return -1
    const value = digits === 0 ? mantissa : mantissa / powers[digits]
    this.#values[member] = isNegative ? -value : value
    return at
  }

  /** Whether the members read last are those of an event, and its instrument has a name that is plain. */
  #isEvent(bytes: Uint8Array): boolean {
    const seen = this.#seen
    if (
      (seen & required) !== required ||
      !Number.isSafeInteger(this.#values[At.tsEventUs]) ||
      this.#values[At.tsEventUs] < 0
    )
      return false
    const isQuote = this.#is(bytes, At.kind, 113, 117, 5)
    if (isQuote ? (seen & ~quoteMembers) !== 0 : (seen & ~tradeMembers) !== 0) return false
    if (isQuote) return equals(bytes, this.#starts[At.kind], quoteText) && this.#isWhole(At.flags)
    if (!this.#is(bytes, At.kind, 116, 114, 5) || !equals(bytes, this.#starts[At.kind], tradeText)) return false
    return (seen & tradeRequired) === tradeRequired && this.#isWhole(At.condition) && this.#aggressor(bytes) > -2
  }

  #isWhole(member: number): boolean {
    return ((this.#seen >> member) & 1) === 0 || Number.isInteger(this.#values[member])
  }

  #is(bytes: Uint8Array, member: number, first: number, second: number, length: number): boolean {
    const at = this.#starts[member]
    return this.#ends[member] - at === length && bytes[at] === first && bytes[at + 1] === second
  }

  /** 1 buy, -1 sell, 0 not said; -2 when it is neither. */
  #aggressor(bytes: Uint8Array): number {
    if (((this.#seen >> At.aggressor) & 1) === 0) return 0
    const at = this.#starts[At.aggressor]
    if (this.#is(bytes, At.aggressor, 98, 117, 3)) return bytes[at + 2] === 121 ? 1 : -2
    if (this.#is(bytes, At.aggressor, 115, 101, 4)) return bytes[at + 2] === 108 && bytes[at + 3] === 108 ? -1 : -2
    return -2
  }

  #deliver(bytes: Uint8Array): void {
    const index = this.#index(bytes, this.#starts[At.instrument], this.#ends[At.instrument])
    const values = this.#values
    const ts = values[At.tsEventUs]
    if (bytes[this.#starts[At.kind]] === 113)
      this.#target.quoteAt(
        index,
        this.#value(At.bid),
        this.#value(At.ask),
        this.#value(At.bidSize),
        this.#value(At.askSize),
        ts,
        this.#value(At.sequence),
        ((this.#seen >> At.flags) & 1) === 1 ? values[At.flags] : 0,
      )
    else
      this.#target.tradeAt(
        index,
        values[At.price],
        values[At.size],
        this.#aggressor(bytes),
        ts,
        this.#value(At.sequence),
        this.#value(At.tradeId),
        ((this.#seen >> At.condition) & 1) === 1 ? values[At.condition] : 0,
      )
  }

  #value(member: number): number {
    return ((this.#seen >> member) & 1) === 1 ? this.#values[member] : Number.NaN
  }

  /** Index of an instrument by the bytes of its name. */
  #index(bytes: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193)
    const mask = this.#slots.length - 1
    let slot = (hash ^ (hash >>> 15)) & mask
    for (;;) {
      const found = this.#slots[slot] as number
      if (found === 0) return this.#learn(bytes, start, end, slot)
      const known = this.#ids[found - 1] as { bytes: Uint8Array; index: number }
      if (known.bytes.length === end - start && equals(bytes, start, known.bytes)) return known.index
      slot = (slot + 1) & mask
    }
  }

  #learn(bytes: Uint8Array, start: number, end: number, slot: number): number {
    const name = bytes.slice(start, end)
    const index = this.#target.indexOf(new TextDecoder().decode(name))
    // What is not known now may be later; and strangers do not fill the table.
    if (index < 0 || this.#ids.length >= mostNames) return index
    this.#ids.push({ bytes: name, index })
    this.#slots[slot] = this.#ids.length
    if (this.#ids.length * 2 > this.#slots.length) this.#widen()
    return index
  }

  #widen(): void {
    const slots = new Int32Array(this.#slots.length * 2)
    for (const [at, { bytes }] of this.#ids.entries()) {
      let hash = 0x811c9dc5
      for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
      let slot = (hash ^ (hash >>> 15)) & (slots.length - 1)
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1)
      slots[slot] = at + 1
    }
    this.#slots = slots
  }
}

const quoteText = new TextEncoder().encode('quote')
const tradeText = new TextEncoder().encode('trade')

function equals(bytes: Uint8Array, start: number, expected: Uint8Array): boolean {
  for (let at = 0; at < expected.length; at++) if (bytes[start + at] !== expected[at]) return false
  return true
}

function keyOf(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from
  if (length < 3 || length > 10) return -1
  const member = keyTable[keySlot(bytes[from] as number, bytes[to - 1] as number, length)] as number
  return member >= 0 &&
    (keyBytes[member] as Uint8Array).length === length &&
    equals(bytes, from, keyBytes[member] as Uint8Array)
    ? member
    : -1
}

function keySlot(first: number, last: number, length: number): number {
  return (first * 7 + last * 31 + length * 101) & 511
}

function bits(...members: (typeof names)[number][]): number {
  return members.reduce((sum, member) => sum | (1 << At[member]), 0)
}
