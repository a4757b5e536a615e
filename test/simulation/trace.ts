/** What happened in a simulation, as lines: kept as a hash, so that two runs can be compared, and shown when asked for. */

/** Collects lines. */
export class Trace {
  lines = 0
  #hash = 0x811c9dc5
  readonly #show: ((line: string) => void) | undefined

  constructor(show?: (line: string) => void) {
    this.#show = show
  }

  add(line: string): void {
    this.lines++
    let hash = this.#hash
    for (let i = 0; i < line.length; i++) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193)
    this.#hash = Math.imul(hash ^ 10, 0x01000193)
    this.#show?.(line)
  }

  /** A hash over all lines so far. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0')
  }
}
