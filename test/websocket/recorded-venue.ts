/**
 * A WebSocket venue on a real socket that says what was recorded: it answers requests, begins when as many came as it was
 * told to wait for, and can be asked when everything it sent was read.
 */
import type { AddressInfo } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type WebSocket, WebSocketServer } from 'ws'

/** How a venue behaves. */
export interface RecordedVenueOptions {
  messages: readonly string[]
  /** Requests that a client sends before the recording begins. */
  requests: number
  /** What is sent back for a request: texts. */
  answer(request: unknown): readonly string[]
  /** Runs when the message of an index is about to be sent. */
  onMessage?(index: number): Promise<void> | void
}

/** One venue. Every connection gets the recording from its beginning. */
export class RecordedVenue {
  readonly requests: unknown[] = []
  readonly connections: WebSocket[] = []
  readonly #server: WebSocketServer
  readonly #options: RecordedVenueOptions
  #finished: (() => void) | undefined
  readonly done = new Promise<void>((resolve) => {
    this.#finished = resolve
  })

  private constructor(server: WebSocketServer, options: RecordedVenueOptions) {
    this.#server = server
    this.#options = options
    server.on('connection', (socket) => this.#serve(socket))
  }

  static async open(options: RecordedVenueOptions): Promise<RecordedVenue> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    await new Promise((resolve) => server.once('listening', resolve))
    return new RecordedVenue(server, options)
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    for (const socket of this.connections) socket.terminate()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #serve(socket: WebSocket): void {
    this.connections.push(socket)
    let count = 0
    socket.on('error', () => {})
    socket.on('message', (data) => {
      const request: unknown = JSON.parse(data.toString())
      this.requests.push(request)
      for (const answer of this.#options.answer(request)) socket.send(answer)
      if (++count === this.#options.requests) this.#play(socket).catch(() => socket.terminate())
    })
  }

  async #play(socket: WebSocket): Promise<void> {
    const { messages, onMessage } = this.#options
    for (const [index, message] of messages.entries()) {
      await onMessage?.(index)
      if (socket.readyState !== socket.OPEN) return
      socket.send(message)
      while (socket.bufferedAmount > 1_000_000) await nextTurn()
    }
    // Answered in its turn: everything before it was read.
    await new Promise((resolve) => {
      socket.once('pong', resolve)
      socket.ping()
    })
    this.#finished?.()
  }
}
