/**
 * The network port: byte streams over TCP or TLS. Every wait is bounded; back-pressure is visible; nothing is buffered
 * without a bound by the port itself.
 */

/** Where to connect, and how long to try. */
export interface ConnectOptions {
  host: string
  port: number
  /** Milliseconds until the attempt fails with `TW_TIMEOUT`. */
  timeoutMs: number
  /**
   * TLS when present. `rejectUnauthorized` cannot be switched off here: give the authority in `ca` instead. `fingerprints`: SHA-256
   * fingerprints in hexadecimal, with or without colons; a peer whose certificate has none of them is refused, whoever signed it.
   */
  tls?: {
    serverName?: string
    ca?: string
    certificate?: string
    key?: string
    fingerprints?: readonly string[]
  }
  signal?: AbortSignal
}

/**
 * What a connection tells its owner. Called in order; `onClose` exactly once and last. An `onData` or `onDrain` that throws
 * ends the connection, and `onClose` gets what it threw.
 */
export interface ConnectionHandlers {
  /** Bytes that arrived. The chunk belongs to the receiver. */
  onData(chunk: Uint8Array): void
  /** The send buffer fell below its mark after a `send` that returned false. */
  onDrain?(): void
  /** The connection is gone; `error` tells why if it broke. */
  onClose(error?: Error): void
}

/** An open byte stream. */
export interface Connection {
  /** Starts delivery, once. Bytes that came earlier are delivered first; a connection lost earlier gets its `onClose`. */
  start(handlers: ConnectionHandlers): void
  /**
   * Hands bytes over at once. They belong to the connection until `bufferedBytes` is 0 again: do not write to them before.
   * False asks the caller to wait for `onDrain`. After close it does nothing and returns false.
   */
  send(bytes: Uint8Array): boolean
  /** Bytes handed over and not yet taken by the system. */
  readonly bufferedBytes: number
  /** Stops and resumes reading: back-pressure towards the peer. */
  pause(): void
  resume(): void
  /** Ends in an orderly way: what was sent is delivered, then the peer has `CLOSE_LINGER_MS` to end its side. `destroy` ends at once. */
  close(): void
  destroy(): void
  readonly remote: string
}

/** A listening socket. */
export interface Listener {
  readonly port: number
  close(): Promise<void>
}

/** Milliseconds that a closed connection waits for its peer before it is destroyed. */
export const CLOSE_LINGER_MS = 2_000

/** Where to listen. */
export interface ListenOptions {
  host: string
  /** 0 for any free port. */
  port: number
  /**
   * TLS when present: our certificate and key; with `ca`, clients have to show a certificate that it signed. Connections whose
   * handshake fails are closed and never shown.
   */
  tls?: { certificate: string; key: string; ca?: string }
}

/** Opens connections. Implementations: {@link nodeNetwork} and the simulated network of `tradewire/testing`. */
export interface Network {
  connect(options: ConnectOptions): Promise<Connection>
  listen(options: ListenOptions, onConnection: (connection: Connection) => void): Promise<Listener>
}
