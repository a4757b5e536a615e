/**
 * The random port: one seed, the same numbers on every machine and Node version. Integer arithmetic only.
 *
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state: three words of key and a counter that
 * keeps the period above 2^32. A fork has a key of its own, made from its parent's key and a label.
 */
import { TradewireError } from './errors.js'

/** A source of random numbers. Everything random in the library takes one; nothing calls the platform's. */
export interface Random {
  /** A double in [0, 1) with 32 random bits. */
  next(): number
  /** An integer in [0, bound), `bound` from 1 to 2^32. */
  below(bound: number): number
  /** True with the given probability (0 to 1). */
  chance(probability: number): boolean
  /** A normally distributed double (mean 0, deviation 1): the sum of twelve uniforms less six, exact on every platform. */
  normal(): number
  /** A generator of its own whose numbers depend only on this generator's seed and the label. */
  fork(label: string): Random
}

/**
 * A seeded generator.
 *
 * @example
 * ```ts
 * const random = new SeededRandom(42)
 * const die = 1 + random.below(6)
 * ```
 */
export class SeededRandom implements Random {
  /** What the numbers depend on: three words, from the seed or, for a fork, from its parent's key and the label. */
  readonly #key: readonly [number, number, number]
  readonly #state = new Int32Array(4)

  /** `seed`: any safe integer. Different seeds give different numbers: all 54 bits of it count. */
  constructor(seed: number | readonly [number, number, number]) {
    if (typeof seed === 'number') {
      if (!Number.isSafeInteger(seed)) {
        throw new TradewireError('TW_INVALID_ARGUMENT', `seed must be a safe integer, got ${seed}`)
      }
      this.#key = [0, seed | 0, Math.floor(seed / 0x1_0000_0000) | 0]
    } else this.#key = seed
    this.#state.set(this.#key)
    this.#state[3] = 1
    for (let i = 0; i < 15; i++) this.#next32()
  }

  next(): number {
    return this.#next32() / 0x1_0000_0000
  }

  below(bound: number): number {
    if (!(bound >= 1 && bound <= 0x1_0000_0000)) {
      throw new TradewireError('TW_INVALID_ARGUMENT', `bound must be from 1 to 2^32, got ${bound}`)
    }
    return Math.floor((this.#next32() * bound) / 0x1_0000_0000)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  normal(): number {
    let sum = -6
    for (let i = 0; i < 12; i++) sum += this.next()
    return sum
  }

  fork(label: string): Random {
    const [a, b, c] = this.#key
    const first = hashText(label, 0x811c9dc5)
    const second = hashText(label, 0x2f0b4a47)
    return new SeededRandom([mix(a ^ first), mix(b + second), mix(c + Math.imul(first ^ second, 0x9e3779b9))])
  }

  #next32(): number {
    const s = this.#state
    const a = s[0] as number
    const b = s[1] as number
    const c = s[2] as number
    const counter = s[3] as number
    const out = (((a + b) | 0) + counter) | 0
    s[3] = counter + 1
    s[0] = b ^ (b >>> 9)
    s[1] = (c + (c << 3)) | 0
    s[2] = (((c << 21) | (c >>> 11)) + out) | 0
    return out >>> 0
  }
}

/** FNV-1a over the UTF-16 units of a text, from a starting value. */
function hashText(text: string, start: number): number {
  let hash = Math.imul(start ^ text.length, 0x01000193)
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

/** Spreads every bit of a word over the whole word: the finalizer of splitmix32. */
function mix(word: number): number {
  let z = (word + 0x9e3779b9) | 0
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
  return z ^ (z >>> 15)
}
