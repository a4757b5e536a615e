/** What both ends of the line protocol share: the types of a connection, and cutting its bytes into lines. */
import type { Network } from 'tradewire'

/** An open connection. */
export type Connection = Awaited<ReturnType<Network['connect']>>
/** A listening socket. */
export type Listener = Awaited<ReturnType<Network['listen']>>

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
