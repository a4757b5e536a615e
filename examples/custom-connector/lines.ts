/** Cuts a stream of bytes into lines. A line that never ends is an error, not a growing buffer. */
const longestLine = 64 * 1024

/** Collects chunks and gives whole lines, without their end. */
export class Lines {
  readonly #onLine: (line: string) => void
  readonly #decoder = new TextDecoder()
  #rest = ''

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  push(chunk: Uint8Array): void {
    const parts = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n')
    this.#rest = parts.pop() ?? ''
    if (this.#rest.length > longestLine) throw new Error(`a line is longer than ${longestLine} characters`)
    for (const line of parts) this.#onLine(line)
  }
}
