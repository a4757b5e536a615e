/**
 * The random port: one seed, the same numbers on every machine and Node version. Integer arithmetic only.
 *
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state, seeded through splitmix32.
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
  readonly #seed: number
  readonly #state = new Int32Array(4)

  /** `seed`: any safe integer. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) throw new TradewireError('TW_INVALID_ARGUMENT', `seed must be a safe integer, got ${seed}`)
    this.#seed = seed
    let mix = (seed ^ Math.floor(seed / 0x1_0000_0000)) | 0
    for (let i = 0; i < 3; i++) {
      mix = (mix + 0x9e3779b9) | 0
      let z = mix ^ (mix >>> 16)
      z = Math.imul(z, 0x21f0aaad)
      z ^= z >>> 15
      z = Math.imul(z, 0x735a2d97)
      this.#state[i] = z ^ (z >>> 15)
    }
    this.#state[3] = 1
    for (let i = 0; i < 12; i++) this.#next32()
  }

  next(): number {
    return this.#next32() / 0x1_0000_0000
  }

  below(bound: number): number {
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
    let hash = 0x811c9dc5
    for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193)
    return new SeededRandom((this.#seed % 0x1_0000_0000) * 0x10_0000 + ((hash >>> 0) % 0x10_0000))
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
