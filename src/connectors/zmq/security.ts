/**
 * Who may speak to a socket: CURVE keys with an allow list, addresses with an allow list, and plain TCP on the loopback only.
 *
 * libzmq lets any client in as long as no ZAP handler says otherwise: a CURVE server without one encrypts and admits
 * everybody. So a server here always has one, and it denies what is not listed.
 */
import { Context, Reply, version } from 'zeromq'
import { messageOf, TradewireError } from '../../core/errors.js'
import { revealSecret, type SecretInput } from '../../core/secret.js'

/** The keys of one end, in Z85 (40 characters), as `curveKeyPair()` of zeromq makes them. */
export interface CurveKeys {
  publicKey: string
  secretKey: SecretInput
  /** Client: the public key of the server, which is thereby proven. */
  serverKey?: string
  /** Server: the public keys of the clients that are admitted. */
  allowedKeys?: readonly string[]
}

/** How an endpoint is protected. */
export interface ZmqSecurity {
  /** Encryption and proof of identity: with `serverKey` this end is the client, with `allowedKeys` the server. */
  curve?: CurveKeys
  /** Addresses that may connect, as text (`10.0.0.7`); all unless given. For ends that bind. */
  allowAddresses?: readonly string[]
  /** Plain TCP beyond the loopback; false unless given. Anybody on the way can then read and forge the stream. */
  allowInsecure?: boolean
}

/** What all sockets here have in common. */
export interface ZmqLimits {
  /** Messages that libzmq queues a connection; 100,000 unless given. 0 (no limit) needs `allowUnbounded`. */
  highWaterMark?: number
  allowUnbounded?: boolean
  /** The largest message that is taken, in bytes; 16 MiB unless given. A larger one ends the connection of its sender. */
  maxMessageBytes?: number
}

/** Limits that were checked. */
export interface CheckedLimits {
  highWaterMark: number
  maxMessageBytes: number
}

const domain = 'tradewire'

/** @throws TradewireError `TW_INVALID_CONFIG` naming the limit. */
export function checkLimits(limits: ZmqLimits): CheckedLimits {
  const { highWaterMark = 100_000, maxMessageBytes = 16 * 1_048_576, allowUnbounded = false } = limits
  if (!(Number.isSafeInteger(highWaterMark) && highWaterMark >= 0 && highWaterMark <= 2 ** 31 - 1))
    throw invalid('highWaterMark', 'a whole number of messages', highWaterMark)
  if (highWaterMark === 0 && !allowUnbounded)
    throw invalid('highWaterMark', 'above 0: without a limit memory grows until it ends (allowUnbounded permits it)', 0)
  if (!(Number.isSafeInteger(maxMessageBytes) && maxMessageBytes >= 1_024))
    throw invalid('maxMessageBytes', 'at least 1,024', maxMessageBytes)
  return { highWaterMark, maxMessageBytes }
}

/** @throws TradewireError `TW_INVALID_CONFIG` when the endpoint is malformed, or would carry a plain stream beyond this machine. */
export function checkEndpoint(name: string, endpoint: string, security: ZmqSecurity): void {
  if (typeof endpoint !== 'string') throw invalid(name, "text like 'tcp://127.0.0.1:5555'", typeof endpoint)
  // Each side has a context of its own, which is what inproc does not cross: it would wait for ever.
  if (endpoint.startsWith('inproc:'))
    throw invalid(
      name,
      "'tcp://...' or 'ipc://...': within a process publish into a ring (inproc is not supported)",
      endpoint,
    )
  const match = /^(tcp|ipc):\/\/(.+)$/.exec(endpoint)
  if (match === null) throw invalid(name, "like 'tcp://127.0.0.1:5555' or 'ipc:///run/feed'", endpoint)
  const [, transport, address = ''] = match
  if (transport !== 'tcp') return
  const port = /^.+:(\*|\d{1,5})$/.exec(address)?.[1]
  if (port === undefined || Number(port) > 65_535)
    throw invalid(name, 'a TCP endpoint with a host and a port', endpoint)
  if (security.curve !== undefined || security.allowInsecure === true || isLoopback(address)) return
  throw invalid(
    name,
    'on the loopback, or protected by curve: plain TCP beyond this machine can be read and forged (allowInsecure permits it)',
    endpoint,
  )
}

/** @throws TradewireError `TW_INVALID_CONFIG` naming the key or list; never with a key in its text. */
export function checkSecurity(security: ZmqSecurity): void {
  for (const key of Object.keys(security))
    if (!['curve', 'allowAddresses', 'allowInsecure'].includes(key))
      throw invalid(`security.${key}`, 'left out: it is not known', key)
  const { curve } = security
  if (curve === undefined) return
  checkKey('curve.publicKey', curve.publicKey)
  checkKey('curve.secretKey', curve.secretKey)
  if (curve.serverKey !== undefined) checkKey('curve.serverKey', curve.serverKey)
  for (const key of curve.allowedKeys ?? []) checkKey('curve.allowedKeys', key)
  if ((curve.serverKey === undefined) === (curve.allowedKeys === undefined))
    throw invalid('curve', 'given serverKey (client) or allowedKeys (server), one of the two', 'both or neither')
}

function checkKey(name: string, given: SecretInput): void {
  const key = typeof given === 'object' ? revealSecret(given) : given
  if (typeof key !== 'string' || !/^[0-9a-zA-Z.\-:+=^!/*?&<>()[\]{}@%$#]{40}$/.test(key))
    throw invalid(name, 'a key in Z85, 40 characters', 'something else')
}

function isLoopback(address: string): boolean {
  const host = address.replace(/^.*;/, '').replace(/:(\*|\d+)$/, '')
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host) || host === 'lo'
}

/** @throws TradewireError `TW_INVALID_STATE` for a libzmq with known holes in CURVE (before 4.3.2). */
export function checkLibrary(text: string = version): void {
  const [major = 0, minor = 0, patch = 0] = text.split('.').map(Number)
  if (major * 1e6 + minor * 1e3 + patch < 4_003_002)
    throw new TradewireError(
      'TW_INVALID_STATE',
      `libzmq ${text} has known security holes; 4.3.2 is the oldest that is used`,
    )
}

/** Options that make a socket the server or the client of a CURVE connection, and ask the ZAP handler of its context. */
export function securityOptions(security: ZmqSecurity): Record<string, unknown> {
  const { curve, allowAddresses } = security
  if (curve?.serverKey !== undefined)
    return {
      curvePublicKey: curve.publicKey,
      curveSecretKey: revealSecret(curve.secretKey),
      curveServerKey: curve.serverKey,
    }
  const asks = curve !== undefined || allowAddresses !== undefined ? { zapDomain: domain, zapEnforceDomain: true } : {}
  if (curve === undefined) return asks
  return { ...asks, curveServer: true, curvePublicKey: curve.publicKey, curveSecretKey: revealSecret(curve.secretKey) }
}

/**
 * Answers libzmq's question whether a peer is admitted (ZAP, RFC 27). One for each context: a context has one handler, so
 * that every publisher and gateway has a context of its own and a list of its own.
 */
export class Doorkeeper {
  /** Peers turned away. */
  denied = 0
  admitted = 0
  readonly #security: ZmqSecurity
  readonly #socket: Reply
  readonly #keys: ReadonlySet<string>

  constructor(context: Context, security: ZmqSecurity) {
    this.#security = security
    this.#keys = new Set((security.curve?.allowedKeys ?? []).map(keyBytes))
    this.#socket = new Reply({ context, linger: 0 })
  }

  /** Begins to answer. Has to be called before the sockets of the context bind or connect. */
  async open(): Promise<void> {
    await this.#socket.bind('inproc://zeromq.zap.01')
    void this.#serve()
  }

  close(): void {
    this.#socket.close()
  }

  async #serve(): Promise<void> {
    while (!this.#socket.closed) {
      try {
        const parts = await this.#socket.receive()
        const isIn = this.#judge(parts)
        if (isIn) this.admitted++
        else this.denied++
        const [status, text] = isIn ? ['200', 'OK'] : ['400', 'not admitted']
        await this.#socket.send(['1.0', parts[1] as Buffer, status, text, '', ''])
      } catch {
        if (this.#socket.closed) return
      }
    }
  }

  #judge([protocol, , asked, address, , mechanism, key]: readonly Buffer[]): boolean {
    if (protocol?.toString() !== '1.0' || asked?.toString() !== domain) return false
    const { allowAddresses, curve } = this.#security
    if (allowAddresses !== undefined && !allowAddresses.includes(plainAddress(address?.toString() ?? ''))) return false
    if (curve === undefined) return mechanism?.toString() === 'NULL'
    return mechanism?.toString() === 'CURVE' && key !== undefined && this.#keys.has(key.toString('latin1'))
  }
}

/** A context of its own, with a doorkeeper where the security asks for one. */
export async function openContext(
  security: ZmqSecurity,
): Promise<{ context: Context; doorkeeper: Doorkeeper | undefined }> {
  checkLibrary()
  const context = new Context()
  const isServer = security.curve?.allowedKeys !== undefined || security.allowAddresses !== undefined
  if (!isServer) return { context, doorkeeper: undefined }
  const doorkeeper = new Doorkeeper(context, security)
  await doorkeeper.open()
  return { context, doorkeeper }
}

/** Listens at an endpoint. @throws TradewireError `TW_NETWORK` naming the endpoint that is taken, or cannot be had. */
export async function bindTo(socket: { bind(endpoint: string): Promise<void> }, endpoint: string): Promise<void> {
  const refused = (cause: unknown) =>
    new TradewireError('TW_NETWORK', `Cannot listen at ${endpoint}: ${messageOf(cause)}`, { cause })
  await socket.bind(endpoint).catch((error: unknown) => Promise.reject(refused(error)))
}

function plainAddress(address: string): string {
  return address.replace(/^::ffff:/, '')
}

const z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#'

/** The 32 bytes of a key, as latin1 text. */
function keyBytes(key: string): string {
  let bytes = ''
  for (let at = 0; at < key.length; at += 5) {
    let value = 0
    for (let digit = 0; digit < 5; digit++) value = value * 85 + z85.indexOf(key[at + digit] as string)
    bytes += String.fromCharCode((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)
  }
  return bytes
}

function invalid(name: string, expected: string, got: unknown): TradewireError {
  return new TradewireError(
    'TW_INVALID_CONFIG',
    `Option ${name} of a ZeroMQ endpoint must be ${expected}, got ${got}`,
    {
      details: { field: name },
    },
  )
}
