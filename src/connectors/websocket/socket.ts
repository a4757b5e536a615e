/**
 * One WebSocket connection: opened within a time limit, frames bounded, pings answered by the library. Text only: a binary
 * frame is decoded as UTF-8. What arrives after the end is not told.
 */
import { WebSocket } from 'ws'
import { TradewireError } from '../../core/errors.js'
import { revealSecret, type SecretInput } from '../../core/secret.js'

/** Where to connect. */
export interface SocketOptions {
  url: string
  /** Sent with the request that opens the connection: credentials, say. Not in any message of an error. */
  headers?: Readonly<Record<string, SecretInput>>
  protocols?: readonly string[]
  /** Longest message in bytes. */
  maxMessageBytes: number
  timeoutMs: number
  /** Authority of the server's certificate, where it is not a public one. */
  ca?: string
  signal: AbortSignal
}

/** What a socket tells. `onEnd` comes once and last, and not after {@link Socket.destroy}. */
export interface SocketHandlers {
  onText(text: string): void
  onPong(): void
  onEnd(reason: string): void
}

/** An open connection. */
export class Socket {
  readonly #socket: WebSocket
  #isOver = false

  constructor(socket: WebSocket, handlers: SocketHandlers) {
    this.#socket = socket
    let failure: string | undefined
    socket.on('message', (data) => {
      if (!this.#isOver) handlers.onText(Array.isArray(data) ? Buffer.concat(data).toString() : data.toString())
    })
    socket.on('pong', () => {
      if (!this.#isOver) handlers.onPong()
    })
    // Follows every error; a socket without this listener would throw.
    socket.on('error', (error) => {
      failure = error.message
    })
    socket.on('close', (code, reason) => {
      if (this.#isOver) return
      this.#isOver = true
      const text = reason.toString()
      handlers.onEnd(failure ?? `the venue closed the connection (${code}${text === '' ? '' : `, ${text}`})`)
    })
  }

  send(text: string): void {
    this.#socket.send(text)
  }

  ping(): void {
    this.#socket.ping()
  }

  /** Stops and resumes reading: the venue feels it when its send buffer is full. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Bytes handed over that have not left. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#isOver = true
    this.#socket.terminate()
  }
}

/** Opens a connection. @throws TradewireError `TW_NETWORK`, `TW_ABORTED`. */
export function openSocket(options: SocketOptions, handlers: SocketHandlers): Promise<Socket> {
  const { url, headers = {}, protocols = [], maxMessageBytes, timeoutMs, ca, signal } = options
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, [...protocols], {
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, revealSecret(value)])),
      maxPayload: maxMessageBytes,
      handshakeTimeout: timeoutMs,
      // A compressed frame of a few bytes can unpack to gigabytes; who wants it pays for it elsewhere.
      perMessageDeflate: false,
      followRedirects: false,
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca }),
    })
    const fail = (error: Error) => {
      signal.removeEventListener('abort', abort)
      reject(
        signal.aborted
          ? new TradewireError('TW_ABORTED', `Connecting to ${hostOf(url)} was given up`)
          : new TradewireError('TW_NETWORK', `Connecting to ${hostOf(url)} failed: ${error.message}`, { cause: error }),
      )
    }
    const abort = () => socket.terminate()
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', fail)
    socket.once('open', () => {
      signal.removeEventListener('abort', abort)
      // From here on the handlers of the socket see messages in their order, the first included.
      resolve(new Socket(socket, handlers))
      socket.off('error', fail)
    })
    if (signal.aborted) abort()
  })
}

/** Host and port of an address: queries may hold credentials. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an address that is not one'
}
