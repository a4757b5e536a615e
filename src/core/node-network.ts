/** The network port over Node's sockets. TCP_NODELAY is always set: an order never waits for a fuller packet. */
import { connect as connectTcp, createServer, isIP, type Server, type Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer, TLSSocket } from 'node:tls'
import { TradewireError } from './errors.js'
import {
  CLOSE_LINGER_MS,
  type Connection,
  type ConnectionHandlers,
  type ConnectOptions,
  type Listener,
  type ListenOptions,
  type Network,
} from './network.js'
import { abortError, listenForAbort } from './time.js'

/** Node's timers take no more than this. */
const longestTimeoutMs = 2_000_000_000
/** Milliseconds that a client has for its TLS handshake. */
const TLS_HANDSHAKE_MS = 10_000

class SocketConnection implements Connection {
  readonly remote: string
  readonly #socket: Socket
  #handlers: ConnectionHandlers | undefined
  #failure: Error | undefined
  #isClosed = false
  #linger: ReturnType<typeof setTimeout> | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    this.remote = `${socket.remoteAddress}:${socket.remotePort}`
    socket.setNoDelay(true)
    socket.pause()
    socket.on('error', (error) => {
      this.#failure ??= error
    })
    socket.on('close', () => {
      clearTimeout(this.#linger)
      this.#isClosed = true
      this.#handlers?.onClose(this.#failure)
    })
  }

  start(handlers: ConnectionHandlers): void {
    if (this.#handlers !== undefined) throw new TradewireError('TW_INVALID_STATE', 'A connection is started only once')
    const socket = this.#socket
    this.#handlers = handlers
    if (this.#isClosed) {
      setImmediate(() => handlers.onClose(this.#failure))
      return
    }
    socket.on('data', (chunk: Uint8Array) => this.#guard(() => handlers.onData(chunk)))
    socket.on('drain', () => this.#guard(() => handlers.onDrain?.()))
    socket.resume()
  }

  /** What arrives from a peer must not bring down the host, whatever the handler makes of it. */
  #guard(handler: () => void): void {
    try {
      handler()
    } catch (thrown) {
      this.#failure ??= thrown instanceof Error ? thrown : new TradewireError('TW_ASSERTION', String(thrown))
      this.#socket.destroy()
    }
  }

  send(bytes: Uint8Array): boolean {
    return !this.#socket.destroyed && this.#socket.writable ? this.#socket.write(bytes) : false
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    if (this.#handlers !== undefined) this.#socket.resume()
  }

  close(): void {
    const socket = this.#socket
    if (socket.destroyed || this.#linger !== undefined) return
    socket.end()
    // The end of the peer's side is only seen while reading.
    socket.resume()
    this.#linger = setTimeout(() => socket.destroy(), CLOSE_LINGER_MS)
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

function open(options: ConnectOptions): Socket {
  const { host, port, tls } = options
  if (tls === undefined) return connectTcp({ host, port })
  const serverName = tls.serverName ?? (isIP(host) === 0 ? host : undefined)
  return connectTls({
    host,
    port,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
  })
}

function connect(options: ConnectOptions): Promise<Connection> {
  const { host, port, timeoutMs, tls, signal } = options
  if (signal?.aborted) return Promise.reject(abortError(signal))
  const fault = portFault(port, 1) ?? timeoutFault(timeoutMs)
  if (fault !== undefined) return Promise.reject(new TradewireError('TW_INVALID_ARGUMENT', fault))
  return new Promise((resolve, reject) => {
    const socket = tryOpen(options, reject)
    if (socket === undefined) return
    const timer = setTimeout(() => {
      fail(new TradewireError('TW_TIMEOUT', `Connecting to ${host}:${port} did not finish within ${timeoutMs} ms`))
    }, timeoutMs)
    const settle = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.removeListener('error', onError)
    }
    const fail = (error: TradewireError) => {
      settle()
      socket.on('error', () => {})
      socket.destroy()
      reject(error)
    }
    const onAbort = () => fail(abortError(signal as AbortSignal))
    const onError = (cause: Error) => fail(networkError(`Connecting to ${host}:${port} failed`, cause))
    listenForAbort(signal, onAbort)
    socket.once('error', onError)
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      const stranger = tls?.fingerprints === undefined ? undefined : pinFault(socket, tls.fingerprints)
      if (stranger !== undefined) {
        fail(new TradewireError('TW_NETWORK', `Connecting to ${host}:${port} failed: ${stranger}`))
        return
      }
      settle()
      resolve(new SocketConnection(socket))
    })
  })
}

/** Keys and certificates that cannot be read are refused while opening, before there is a socket. */
function tryOpen(options: ConnectOptions, reject: (error: TradewireError) => void): Socket | undefined {
  try {
    return open(options)
  } catch (cause) {
    const reason = describe(cause as Error)
    const message = `Connecting to ${options.host}:${options.port} is not possible with these options: ${reason}`
    reject(new TradewireError('TW_INVALID_ARGUMENT', message, { cause }))
    return undefined
  }
}

function listen(address: ListenOptions, onConnection: (connection: Connection) => void): Promise<Listener> {
  const fault = portFault(address.port, 0)
  if (fault !== undefined) return Promise.reject(new TradewireError('TW_INVALID_ARGUMENT', fault))
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  }
  const accept = (socket: Socket) => {
    const connection = new SocketConnection(socket)
    try {
      onConnection(connection)
    } catch {
      socket.destroy()
    }
  }
  let server: Server
  try {
    server = openServer(address, keep, accept)
  } catch (cause) {
    const reason = describe(cause as Error)
    const message = `Listening on ${address.host}:${address.port} is not possible with these options: ${reason}`
    return Promise.reject(new TradewireError('TW_INVALID_ARGUMENT', message, { cause }))
  }
  return new Promise((resolve, reject) => {
    // Stays for the life of the server: one connection that cannot be accepted does not end the others.
    server.on('error', (cause) => reject(networkError(`Listening on ${address.host}:${address.port} failed`, cause)))
    server.listen(address.port, address.host, () => {
      const bound = server.address()
      resolve({
        port: typeof bound === 'object' && bound !== null ? bound.port : address.port,
        close: () =>
          new Promise((done) => {
            for (const socket of sockets) socket.destroy()
            server.close(() => done())
          }),
      })
    })
  })
}

/** Why a peer is not one of those that are pinned; undefined when it is. */
function pinFault(socket: Socket, fingerprints: readonly string[]): string | undefined {
  const bare = (fingerprint: string) => fingerprint.replaceAll(':', '').toLowerCase()
  const shown = socket instanceof TLSSocket ? (socket.getPeerCertificate().fingerprint256 ?? '') : ''
  if (fingerprints.some((fingerprint) => bare(fingerprint) === bare(shown))) return undefined
  return `the certificate ${shown} is none of those that are pinned`
}

/** A server over TCP or TLS. Sockets are kept from their first byte on, and accepted when they are secure. */
function openServer({ tls }: ListenOptions, keep: (socket: Socket) => void, accept: (socket: Socket) => void): Server {
  if (tls === undefined) {
    return createServer((socket) => {
      keep(socket)
      accept(socket)
    })
  }
  const { certificate, key, ca } = tls
  const server = createTlsServer(
    {
      cert: certificate,
      key,
      minVersion: 'TLSv1.2',
      handshakeTimeout: TLS_HANDSHAKE_MS,
      ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }),
    },
    accept,
  )
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => {})
    keep(socket)
  })
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return server
}

function portFault(port: number, lowest: number): string | undefined {
  if (Number.isInteger(port) && port >= lowest && port <= 65_535) return undefined
  return `port must be a whole number from ${lowest} to 65535, got ${port}`
}

function timeoutFault(timeoutMs: number): string | undefined {
  if (timeoutMs > 0 && timeoutMs <= longestTimeoutMs) return undefined
  return `timeoutMs must be above 0 and at most ${longestTimeoutMs}, got ${timeoutMs}`
}

function networkError(what: string, cause: Error): TradewireError {
  return new TradewireError('TW_NETWORK', `${what}: ${describe(cause)}`, { cause })
}

/** An AggregateError of several addresses has no message of its own, only a code. */
function describe(cause: Error & { code?: unknown }): string {
  return cause.message || String(cause.code ?? cause.name)
}

/** Real TCP and TLS sockets. */
export const nodeNetwork: Network = { connect, listen }
