/**
 * The transport over @stoqey/ib. The library opens the socket, greets and lays out requests; what it does beside that would
 * do harm here and is bypassed on each instance: its queue of commands (which outlives a connection), its limiter (which
 * delays orders behind data), and its decoder (which loses digits and bid sizes, throws into the socket for malformed
 * rejects or listeners, and takes time that grows with the square of a history's length).
 *
 * One instance serves one connection and is thrown away with it.
 */
import { EventName, IBApi } from '@stoqey/ib'
import { messageOf, TradewireError } from '../../core/errors.js'
import { FrameBuffer } from './frame-buffer.js'
import type { TwsAddress, TwsApi, TwsTransport, TwsTransportEvents } from './transport.js'

/** The parts of the library's inside that are replaced. Checked when an instance is made: another release may differ. */
interface Inside {
  readonly controller: {
    schedule(request: () => void): void
    rateLimiter(tokens: unknown[]): void
    readonly socket: {
      onData(chunk: Uint8Array): void
      send(tokens: unknown[]): void
      readonly client?: {
        setNoDelay(on: boolean): void
        write(bytes: Uint8Array): boolean
        readonly writableLength: number
        destroy(): void
      }
    }
  }
}

/** Requests a second that the library's own limiter may pass; it is bypassed anyway. */
const noLimit = 1_000_000
/** Bytes that may wait for a TWS that does not read; more of them mean that it is dead. */
const mostUnsentBytes = 4 * 1024 * 1024
const encoder = new TextEncoder()

/** One connection through @stoqey/ib. */
export class StoqeyTransport implements TwsTransport {
  serverVersion = 0
  readonly #events: TwsTransportEvents
  readonly #api: IBApi
  readonly #inside: Inside
  readonly #address: TwsAddress
  readonly #frames: FrameBuffer
  #isOpen = false
  #isOver = false
  #failure = ''

  /** @throws TradewireError `TW_NOT_SUPPORTED` for a release of the library with another inside. */
  constructor(address: TwsAddress, events: TwsTransportEvents) {
    this.#address = address
    this.#events = events
    // All four are given, so that the library does not read the host's environment file.
    this.#api = new IBApi({ ...address, maxReqPerSec: noLimit })
    this.#inside = insideOf(this.#api)
    this.#frames = new FrameBuffer((bytes, from, to) => this.#onFrame(bytes, from, to))
  }

  open(signal: AbortSignal): Promise<void> {
    const { host, port, clientId } = this.#address
    return new Promise<void>((resolve, reject) => {
      const fail = (reason: string) => {
        this.close()
        reject(new TradewireError('TW_NETWORK', `TWS at ${host}:${port} (client ${clientId}): ${reason}`))
      }
      const onAbort = () => fail('the attempt was given up')
      if (signal.aborted) {
        onAbort()
        return
      }
      signal.addEventListener('abort', onAbort, { once: true })
      const api = this.#api
      api.on(EventName.error, (error) => {
        this.#failure = messageOf(error)
      })
      api.on(EventName.disconnected, () => {
        signal.removeEventListener('abort', onAbort)
        if (!this.#isOpen) fail(this.#failure || 'the connection was closed before the greeting')
        else this.#lost(this.#failure || 'TWS closed the connection')
      })
      api.on(EventName.server, (version) => {
        signal.removeEventListener('abort', onAbort)
        if (this.#isOver) return
        this.serverVersion = version
        this.#isOpen = true
        resolve()
      })
      this.#takeOver()
      api.connect()
      this.#inside.controller.socket.client?.setNoDelay(true)
    })
  }

  send(request: (api: TwsApi) => void): void {
    if (!this.#isOpen || this.#isOver)
      throw new TradewireError('TW_NOT_CONNECTED', 'There is no connection to TWS: nothing was sent')
    request(this.#api)
  }

  close(): void {
    this.#isOver = true
    this.#isOpen = false
    this.#api.removeAllListeners()
    // The library emits "error" for what happens on a socket that is being closed.
    this.#api.on(EventName.error, () => {})
    this.#inside.controller.socket.client?.destroy()
  }

  #lost(reason: string): void {
    if (this.#isOver) return
    this.close()
    this.#events.onClose(reason)
  }

  /** Puts our own way of sending and receiving in the place of the library's. */
  #takeOver(): void {
    const { controller } = this.#inside
    const { socket } = controller
    controller.schedule = (request) => request()
    controller.rateLimiter = (tokens) => socket.send(tokens)
    const greet = socket.onData.bind(socket)
    const say = socket.send.bind(socket)
    socket.send = (tokens) => {
      // The greeting has a form of its own, and startApi follows it at once.
      if (this.#isOver) return
      if (tokens[0] !== 'API\0') this.#write(tokens)
      else {
        const [, ...rest] = tokens
        this.#events.onBytes?.(
          'out',
          Uint8Array.from([
            ...encoder.encode('API\0'),
            ...(rest.slice(0, 4) as number[]),
            ...encoder.encode(String(rest[4])),
          ]),
        )
        say(tokens)
      }
    }
    let early: Uint8Array[] = []
    socket.onData = (chunk) => {
      if (this.#isOver) return
      this.#events.onBytes?.('in', chunk)
      if (this.serverVersion > 0) {
        this.#receive(chunk)
        return
      }
      // Only the first message, the greeting, is the library's: a chunk may hold more than that.
      early.push(chunk)
      const bytes = Buffer.concat(early)
      if (bytes.length < 4 || bytes.length < 4 + bytes.readUInt32BE()) return
      const end = 4 + bytes.readUInt32BE()
      early = []
      greet(bytes.subarray(0, end))
      if (bytes.length > end && !this.#isOver) this.#receive(bytes.subarray(end))
    }
  }

  #receive(chunk: Uint8Array): void {
    try {
      this.#events.onBatch(() => this.#frames.push(chunk))
    } catch (error) {
      // The stream itself cannot be read any more; single messages are guarded one by one.
      this.#lost(messageOf(error))
    }
  }

  #onFrame(bytes: Uint8Array, from: number, to: number): void {
    if (this.#isOver) return
    try {
      this.#events.onFrame(bytes, from, to)
    } catch (error) {
      this.#events.onProblem(error)
    }
  }

  #write(tokens: unknown[]): void {
    const fields: string[] = []
    flatten(tokens, fields)
    const body = encoder.encode(`${fields.join('\0')}\0`)
    const frame = new Uint8Array(4 + body.length)
    new DataView(frame.buffer).setUint32(0, body.length)
    frame.set(body, 4)
    this.#events.onBytes?.('out', frame)
    const { client } = this.#inside.controller.socket
    client?.write(frame)
    if ((client?.writableLength ?? 0) > mostUnsentBytes) this.#lost('TWS does not read what it is sent')
  }
}

/** Nested lists as one; yes-or-no as 1 and 0, what is not given as nothing. A zero byte would forge a field. */
function flatten(tokens: readonly unknown[], fields: string[]): void {
  for (const token of tokens) {
    if (Array.isArray(token)) flatten(token, fields)
    else if (token === true) fields.push('1')
    else if (token === false) fields.push('0')
    else if (token === undefined || token === null) fields.push('')
    else fields.push(String(token).replaceAll('\0', ''))
  }
}

function insideOf(api: IBApi): Inside {
  const { controller } = api as unknown as { controller?: Partial<Inside['controller']> }
  const { socket } = controller ?? {}
  const isKnown =
    typeof controller?.schedule === 'function' &&
    typeof controller.rateLimiter === 'function' &&
    typeof socket?.onData === 'function' &&
    typeof socket.send === 'function'
  if (isKnown) return api as unknown as Inside
  throw new TradewireError(
    'TW_NOT_SUPPORTED',
    'This release of @stoqey/ib is not known here; install the one that package.json names under peerDependencies',
  )
}
