/** The network port over Node's sockets. TCP_NODELAY is always set: an order never waits for a fuller packet. */
import { type Server, type Socket, connect as connectTcp, createServer } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { TradewireError } from './errors.js'
import type { Connection, ConnectionHandlers, ConnectOptions, Listener, Network } from './network.js'
import { abortError } from './time.js'

class SocketConnection implements Connection {
  readonly remote: string
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
    this.remote = `${socket.remoteAddress}:${socket.remotePort}`
    socket.setNoDelay(true)
    socket.pause()
    socket.on('error', () => {})
  }

  start(handlers: ConnectionHandlers): void {
    const socket = this.#socket
    let failure: Error | undefined
    socket.on('data', (chunk: Uint8Array) => handlers.onData(chunk))
    socket.on('drain', () => handlers.onDrain?.())
    socket.on('error', (error) => {
      failure = error
    })
    socket.on('close', () => handlers.onClose(failure))
    socket.resume()
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
    this.#socket.resume()
  }

  close(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

function open(options: ConnectOptions): Socket {
  const { host, port, tls } = options
  if (tls === undefined) return connectTcp({ host, port })
  return connectTls({
    host,
    port,
    servername: tls.serverName ?? host,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
  })
}

function connect(options: ConnectOptions): Promise<Connection> {
  const { host, port, timeoutMs, tls, signal } = options
  if (signal?.aborted) return Promise.reject(abortError(signal))
  return new Promise((resolve, reject) => {
    const socket = open(options)
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
    const onError = (cause: Error) => {
      fail(new TradewireError('TW_NETWORK', `Connecting to ${host}:${port} failed: ${cause.message}`, { cause }))
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('error', onError)
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      settle()
      resolve(new SocketConnection(socket))
    })
  })
}

function listen(address: { host: string; port: number }, onConnection: (connection: Connection) => void): Promise<Listener> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    onConnection(new SocketConnection(socket))
  })
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new TradewireError('TW_NETWORK', `Listening on ${address.host}:${address.port} failed: ${cause.message}`, { cause }))
    })
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

/** Real TCP and TLS sockets. */
export const nodeNetwork: Network = { connect, listen }
