/**
 * What happened in a simulation: kept as a hash, so that two runs can be compared, and told in lines when asked for.
 *
 * Most runs are never looked at. So nothing is put into words unless somebody listens: what goes into the hash are numbers.
 */

/** Hears the lines of a trace. */
export type Show = (line: string) => void

/** Words for a step of the trace; called only when somebody listens. */
export type Words = () => string

const prime = 0x01000193

/** Collects the steps of one simulation. */
export class Trace {
  steps = 0
  readonly #nowNs: () => number
  readonly #show: Show | undefined
  #hash = 0x811c9dc5

  constructor(nowNs: () => number, show?: Show) {
    this.#nowNs = nowNs
    this.#show = show
  }

  /** Notes a step: who, what, and the numbers that tell it from others like it. */
  note(who: string, what: string, a = 0, b = 0, c = 0): void {
    this.#mark(who, a, b, c)
    this.#text(what)
    if (this.#show !== undefined) {
      const numbers = c !== 0 ? ` ${a} ${b} ${c}` : b !== 0 ? ` ${a} ${b}` : a !== 0 ? ` ${a}` : ''
      this.#tell(who, `${what}${numbers}`)
    }
  }

  /** Notes a step whose words are long: `digest` stands for them in the hash. */
  tell(who: string, digest: number, words: Words): void {
    this.#mark(who, digest, 0, 0)
    if (this.#show !== undefined) this.#tell(who, words())
  }

  /** A hash over all steps so far. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0')
  }

  #mark(who: string, a: number, b: number, c: number): void {
    this.steps++
    this.#number(this.#nowNs())
    this.#text(who)
    this.#number(a)
    this.#number(b)
    this.#number(c)
  }

  #text(text: string): void {
    this.#hash = hashOf(text, this.#hash)
  }

  #number(value: number): void {
    const low = Math.imul(this.#hash ^ value, prime)
    this.#hash = Math.imul(low ^ Math.floor(value / 0x1_0000_0000), prime)
  }

  #tell(who: string, text: string): void {
    const microseconds = Math.floor(this.#nowNs() / 1_000)
    const milliseconds = `${Math.floor(microseconds / 1_000)}.${String(microseconds % 1_000).padStart(3, '0')}`
    this.#show?.(`${milliseconds.padStart(10)} ms  ${who.padEnd(7)} ${text}`)
  }
}

/** A hash of a text, to begin with or to go on from. */
export function hashOf(text: string, from = 0x811c9dc5): number {
  let hash = from
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), prime)
  return Math.imul(hash ^ 10, prime)
}
