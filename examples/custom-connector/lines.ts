/** What client and venue share: cutting a stream of bytes into lines, and finding the answer to a question. */

/** A line that never ends is an error, not a growing buffer. */
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

interface Question {
  lines: string[][]
  resolve(lines: string[][]): void
  reject(error: Error): void
}

/** Questions that wait for lines that begin with their tag, up to `tag END` or a line that is the tag alone. */
export class Questions {
  readonly #waiting = new Map<string, Question>()
  #lastTag = 0

  /** A tag that no other question has. */
  get nextTag(): string {
    return String(++this.#lastTag)
  }

  /** Waits for the answer to what `send` asks. */
  ask(tag: string, send: () => void): Promise<string[][]> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(tag, { lines: [], resolve, reject })
      send()
    })
  }

  /** Whether a line belongs to a question. */
  take([tag = '', second, ...rest]: string[]): boolean {
    const question = this.#waiting.get(tag)
    if (question === undefined) return false
    if (second !== undefined && second !== 'END') question.lines.push([second, ...rest])
    else {
      this.#waiting.delete(tag)
      question.resolve(question.lines)
    }
    return true
  }

  /** The connection is gone: nothing will be answered. */
  failAll(error: Error): void {
    for (const question of this.#waiting.values()) question.reject(error)
    this.#waiting.clear()
  }
}
