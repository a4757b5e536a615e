/**
 * The side that is connected to: one port, any number of sessions, each found by the names in its first message.
 *
 * A stranger gets little: a place among a bounded number of connections that have not logged on, a bounded number of bytes, and a
 * bounded time for one valid Logon of a known session that is not connected yet. Anything else closes the connection without a
 * word, and touches no session.
 */
import { NS_PER_MS } from '../../../core/clock.js'
import { TradewireError } from '../../../core/errors.js'
import { type Logger, silentLogger } from '../../../core/logger.js'
import type { Connection, Listener, ListenOptions, Network } from '../../../core/network.js'
import { sleep, type Time } from '../../../core/time.js'
import { FixFramer, type FixFramerOptions, FrameKind } from '../codec/framer.js'
import type { FixMessage } from '../codec/message.js'
import { SessionDriver } from '../session/driver.js'
import type { FixSession } from '../session/fix-session.js'
import { SessionCode, SessionTag } from '../session/tags.js'

/** What an acceptor is made of. */
export interface FixAcceptorOptions {
  /** Clock and timers: `new RealTime()`. */
  time: Time
  /** Sockets: `nodeNetwork`. */
  network: Network
  /** Address to listen on; `127.0.0.1` unless given. */
  host?: string
  /** Port; 0 for any free one. */
  port: number
  /** TLS when present: certificate and key, and the authority whose certificates clients have to show. */
  tls?: ListenOptions['tls']
  /** Milliseconds for a connection to log on; 10,000 unless given. */
  logonTimeoutMs?: number
  /** Most connections that have not logged on; 64 unless given. */
  maxPending?: number
  /** Most bytes of a Logon; 16 KiB unless given. */
  maxLogonBytes?: number
  /** How messages are scanned. */
  framer?: FixFramerOptions
  /** A session for names that none of those added has; undefined refuses them. */
  onUnknown?: (logon: FixMessage) => FixSession | undefined
  /** Hears of connections that were refused; nobody unless given. */
  logger?: Logger
}

/** Connections that were turned away, by reason. */
export interface AcceptorCounters {
  accepted: number
  /** Too many connections that had not logged on. */
  refusedFull: number
  /** No Logon in time, or too many bytes of it. */
  refusedSlow: number
  /** Something else than a Logon. */
  refusedNoLogon: number
  /** Names that no session has. */
  refusedUnknown: number
  /** A session that is connected already. */
  refusedDuplicate: number
}

/** Accepts connections and hands them to sessions. */
export class FixAcceptor {
  readonly counters: AcceptorCounters = {
    accepted: 0,
    refusedFull: 0,
    refusedSlow: 0,
    refusedNoLogon: 0,
    refusedUnknown: 0,
    refusedDuplicate: 0,
  }
  readonly #options: FixAcceptorOptions
  readonly #logger: Logger
  readonly #sessions: FixSession[] = []
  readonly #pending = new Set<PendingConnection>()
  #listener: Listener | undefined

  constructor(options: FixAcceptorOptions) {
    this.#options = options
    this.#logger = options.logger ?? silentLogger
  }

  /** The sessions that can be logged on to. */
  get sessions(): readonly FixSession[] {
    return this.#sessions
  }

  /** The port that is listened on. @throws TradewireError `TW_INVALID_STATE` before {@link start}. */
  get port(): number {
    if (this.#listener === undefined) throw new TradewireError('TW_INVALID_STATE', 'the acceptor has not been started')
    return this.#listener.port
  }

  /** Adds a session. @throws TradewireError `TW_DUPLICATE` when there is one of these names, `TW_INVALID_CONFIG` for an initiator. */
  add(session: FixSession): void {
    if (session.settings.isInitiator) throw new TradewireError('TW_INVALID_CONFIG', `${session.name} is an initiator`)
    if (this.#sessions.some(({ name }) => name === session.name)) {
      throw new TradewireError('TW_DUPLICATE', `there are two sessions ${session.name}`)
    }
    this.#sessions.push(session)
  }

  /** Begins to listen. @throws TradewireError `TW_NETWORK` when the port cannot be had. */
  async start(): Promise<void> {
    if (this.#listener !== undefined) return
    const { network, host = '127.0.0.1', port, tls } = this.#options
    const address = { host, port, ...(tls === undefined ? {} : { tls }) }
    this.#listener = await network.listen(address, (connection) => this.#onConnection(connection))
  }

  /** Logs all sessions out, waits for their answers within their time-outs, and stops listening. */
  async stop(): Promise<void> {
    const listener = this.#listener
    this.#listener = undefined
    for (const pending of [...this.#pending]) pending.close()
    for (const session of this.#sessions) session.logout('the acceptor stops')
    while (this.#sessions.some(({ phase }) => phase !== 'idle')) await sleep(this.#options.time, 10)
    await listener?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #onConnection(connection: Connection): void {
    const { maxPending = 64 } = this.#options
    if (this.#listener === undefined || this.#pending.size >= maxPending) {
      this.counters.refusedFull++
      connection.destroy()
      return
    }
    const pending = new PendingConnection(connection, this.#options, {
      onLogon: (message) => this.#sessionFor(message),
      onRefused: (reason) => this.#onRefused(pending, connection, reason),
      onDone: () => {
        this.#pending.delete(pending)
      },
    })
    this.#pending.add(pending)
    pending.start()
  }

  #onRefused(pending: PendingConnection, connection: Connection, reason: RefusalReason): void {
    this.#pending.delete(pending)
    this.counters[reason]++
    this.#logger.warn({ remote: connection.remote, reason }, 'FIX connection refused')
  }

  #sessionFor(logon: FixMessage): FixSession | RefusalReason {
    const session = this.#sessions.find((candidate) => isFor(candidate, logon)) ?? this.#options.onUnknown?.(logon)
    if (session === undefined) return 'refusedUnknown'
    if (session.phase !== 'idle') return 'refusedDuplicate'
    this.counters.accepted++
    return session
  }
}

type RefusalReason = 'refusedSlow' | 'refusedNoLogon' | 'refusedUnknown' | 'refusedDuplicate'

/** Whether a Logon names the parties of a session: ids that the session does not name may be anything. */
function isFor({ settings }: FixSession, logon: FixMessage): boolean {
  return (
    logon.equalsAt(0, settings.beginString) &&
    logon.equals(SessionTag.targetCompId, settings.senderCompId) &&
    logon.equals(SessionTag.senderCompId, settings.targetCompId) &&
    isNamed(logon, SessionTag.targetSubId, settings.senderSubId) &&
    isNamed(logon, SessionTag.senderSubId, settings.targetSubId) &&
    isNamed(logon, SessionTag.targetLocationId, settings.senderLocationId) &&
    isNamed(logon, SessionTag.senderLocationId, settings.targetLocationId)
  )
}

function isNamed(logon: FixMessage, tag: number, name: string | undefined): boolean {
  return name === undefined || logon.equals(tag, name)
}

interface PendingHandlers {
  onLogon(message: FixMessage): FixSession | RefusalReason
  onRefused(reason: RefusalReason): void
  /** The connection has a session now, or is gone. */
  onDone(): void
}

/** A connection that has not logged on. */
class PendingConnection {
  readonly #connection: Connection
  readonly #options: FixAcceptorOptions
  readonly #handlers: PendingHandlers
  readonly #framer: FixFramer
  #chunks: Uint8Array[] = []
  #bytes = 0
  #driver: SessionDriver | undefined
  #isOver = false
  #cancelTimer: () => void = () => {}

  constructor(connection: Connection, options: FixAcceptorOptions, handlers: PendingHandlers) {
    this.#connection = connection
    this.#options = options
    this.#handlers = handlers
    this.#framer = new FixFramer(options.framer)
  }

  start(): void {
    const { time, logonTimeoutMs = 10_000 } = this.#options
    const timer = time.at(time.monotonicNs() + logonTimeoutMs * NS_PER_MS, () => this.#refuse('refusedSlow'))
    this.#cancelTimer = () => timer.cancel()
    this.#connection.start({
      onData: (chunk) => {
        if (this.#driver !== undefined) this.#driver.receive(chunk)
        else if (!this.#isOver) this.#collect(chunk)
      },
      onDrain: () => this.#driver?.drained(),
      onClose: (error) => {
        this.#finish()
        this.#driver?.closed(error)
      },
    })
  }

  /** Ends the connection without a word. */
  close(): void {
    this.#finish()
    this.#connection.destroy()
  }

  #collect(chunk: Uint8Array): void {
    const { maxLogonBytes = 16 * 1024 } = this.#options
    this.#chunks.push(chunk.slice())
    this.#bytes += chunk.length
    this.#framer.push(chunk)
    const found = this.#framer.next()
    if (found === FrameKind.none) {
      if (this.#bytes > maxLogonBytes) this.#refuse('refusedSlow')
    } else if (found === FrameKind.garbled || this.#framer.message.msgTypeCode !== SessionCode.logon) {
      this.#refuse('refusedNoLogon')
    } else this.#identify()
  }

  #identify(): void {
    const session = this.#handlers.onLogon(this.#framer.message)
    if (typeof session === 'string') {
      this.#refuse(session)
      return
    }
    const { time, framer } = this.#options
    const connection = this.#connection
    this.#driver = new SessionDriver({ time, session, connection, ...(framer === undefined ? {} : { framer }) })
    const chunks = this.#chunks
    this.#finish()
    this.#driver.attach()
    // The session reads what came from its first byte on, with a framer of its own.
    for (const chunk of chunks) this.#driver.receive(chunk)
  }

  #refuse(reason: RefusalReason): void {
    if (this.#isOver) return
    this.#finish()
    this.#handlers.onRefused(reason)
    this.#connection.close()
  }

  #finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#cancelTimer()
    this.#chunks = []
    this.#handlers.onDone()
  }
}
