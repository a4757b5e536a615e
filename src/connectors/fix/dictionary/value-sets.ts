/**
 * The sets of values that fields may have, as tables that answer from bytes.
 *
 * Most values are single characters: a bitmap of 256 answers for them. Longer ones are found by a hash and compared.
 */
import { latin1Bytes } from '../codec/bytes.js'

const WORDS = 8
const BLANK = 32

/** All value sets of a dictionary, each by its number. */
export class ValueSets {
  /** Bitmaps of single characters, eight words a set: see {@link hasSingle}. Replaced when sets are added. */
  singles = new Int32Array(0)
  readonly #longer: (LongerValues | undefined)[] = []
  /** Sets by what they hold: fields that share their values share the set. */
  readonly #known = new Map<string, number>()

  /** Number of the set of these values. */
  add(values: readonly string[]): number {
    const key = values.join('\u0001')
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const set = this.#longer.length
    this.#known.set(key, set)
    const words = new Int32Array(WORDS)
    for (const value of values.filter((each) => each.length === 1)) {
      const code = value.charCodeAt(0) & 255
      words[code >> 5] |= 1 << (code & 31)
    }
    if (set * WORDS >= this.singles.length) {
      const grown = new Int32Array(Math.max(64 * WORDS, this.singles.length * 2))
      grown.set(this.singles)
      this.singles = grown
    }
    this.singles.set(words, set * WORDS)
    const longer = values.filter((value) => value.length > 1)
    this.#longer.push(longer.length === 0 ? undefined : new LongerValues(longer))
    return set
  }

  /** Whether bytes are a value of a set. */
  has(set: number, bytes: Uint8Array, from: number, to: number): boolean {
    if (to - from === 1) return hasSingle(this.singles, set, bytes[from])
    const longer = this.#longer[set]
    return longer?.has(bytes, from, to) ?? false
  }

  /** Whether bytes are values of a set with one blank between each two. */
  hasAll(set: number, bytes: Uint8Array, from: number, to: number): boolean {
    let start = from
    for (let index = from; index <= to; index++) {
      if (index < to && bytes[index] !== BLANK) continue
      if (!this.has(set, bytes, start, index)) return false
      start = index + 1
    }
    return true
  }
}

/** Whether a set has a single character, by the bitmaps of {@link ValueSets.singles}. */
export function hasSingle(singles: Int32Array, set: number, byte: number): boolean {
  return (singles[set * WORDS + (byte >> 5)] & (1 << (byte & 31))) !== 0
}

/** A set of values of more than one character: open addressing over a hash of the bytes. */
class LongerValues {
  readonly #slots: Int32Array
  readonly #values: readonly Uint8Array[]

  constructor(values: readonly string[]) {
    this.#values = values.map(latin1Bytes)
    let size = 4
    while (size < values.length * 2) size *= 2
    this.#slots = new Int32Array(size).fill(-1)
    for (const [index, value] of this.#values.entries()) {
      let slot = hashOf(value, 0, value.length) & (size - 1)
      while (this.#slots[slot] >= 0) slot = (slot + 1) & (size - 1)
      this.#slots[slot] = index
    }
  }

  has(bytes: Uint8Array, from: number, to: number): boolean {
    const slots = this.#slots
    const mask = slots.length - 1
    for (let slot = hashOf(bytes, from, to) & mask; slots[slot] >= 0; slot = (slot + 1) & mask)
      if (isSame(this.#values[slots[slot]], bytes, from, to)) return true
    return false
  }
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5
  for (let index = from; index < to; index++) hash = Math.imul(hash ^ bytes[index], 0x01000193)
  return hash ^ (hash >>> 15)
}

function isSame(value: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (value.length !== to - from) return false
  for (let index = 0; index < value.length; index++) if (value[index] !== bytes[from + index]) return false
  return true
}
