/**
 * Plays a recorded session to a client: a server that says what TWS said, when TWS said it. The client's own bytes are taken
 * and only waited for, so that an answer never comes before its question.
 */
import type { Connection, Listener, Network } from '../../core/network.js'
import { nodeNetwork } from '../../core/node-network.js'
import { RealTime } from '../../core/real-time.js'
import type { Time } from '../../core/time.js'

/** One chunk of a session: see `readTape` of `tradewire/ibkr`. */
export interface TapeChunk {
  /** Milliseconds since the tape began. */
  readonly at: number
  /** `in`: from TWS, `out`: to it. */
  readonly way: 'in' | 'out'
  readonly bytes: Uint8Array
}

/** How a tape is played. */
export interface TapeServerOptions {
  port?: number
  /** How many times faster than it was recorded; as fast as the client asks with 0, the default. */
  speed?: number
  network?: Network
  time?: Time
}

/** Plays one tape to every client that connects. Made by {@link TapeServer.open}. */
export class TapeServer {
  readonly #tape: readonly TapeChunk[]
  readonly #speed: number
  readonly #time: Time
  readonly #connections = new Set<Connection>()
  #listener: Listener | undefined

  private constructor(tape: readonly TapeChunk[], options: TapeServerOptions) {
    this.#tape = tape
    this.#speed = options.speed ?? 0
    this.#time = options.time ?? new RealTime()
  }

  static async open(tape: readonly TapeChunk[], options: TapeServerOptions = {}): Promise<TapeServer> {
    const server = new TapeServer(tape, options)
    const { network = nodeNetwork, port = 0 } = options
    server.#listener = await network.listen({ host: '127.0.0.1', port }, (connection) => server.#play(connection))
    return server
  }

  get port(): number {
    return this.#listener?.port ?? 0
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy()
    await this.#listener?.close()
    this.#listener = undefined
  }

  #play(connection: Connection): void {
    let heard = 0
    let next = 0
    let owed = 0
    let isWaiting = false
    let isOver = false
    this.#connections.add(connection)
    const advance = () => {
      while (!isWaiting && !isOver && next < this.#tape.length) {
        const chunk = this.#tape[next] as TapeChunk
        if (chunk.way === 'out') {
          // The client has to have said as much as it had when this was recorded.
          if (heard < owed + chunk.bytes.length) return
          owed += chunk.bytes.length
          next++
          continue
        }
        const before = next === 0 ? 0 : (this.#tape[next - 1] as TapeChunk).at
        next++
        const delayMs = this.#speed === 0 ? 0 : (chunk.at - before) / this.#speed
        if (delayMs < 1) {
          connection.send(chunk.bytes)
          continue
        }
        isWaiting = true
        this.#time.after(delayMs, () => {
          isWaiting = false
          if (isOver) return
          connection.send(chunk.bytes)
          advance()
        })
      }
    }
    connection.start({
      onData: (bytes) => {
        heard += bytes.length
        advance()
      },
      onClose: () => {
        isOver = true
        this.#connections.delete(connection)
      },
    })
    advance()
  }
}
