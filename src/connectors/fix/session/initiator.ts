/**
 * The side that connects: one session, one or more addresses of the venue, and the decision when to try again.
 *
 * `connect` makes one attempt and settles when both sides have logged on, for hosts that reconnect by their own rules;
 * `start` keeps the session up during its hours until `stop`. Addresses are tried in turn; the first one again after a logon.
 */
import { TypedEmitter } from '../../../core/emitter.js'
import { messageOf, TradewireError } from '../../../core/errors.js'
import { type Logger, silentLogger } from '../../../core/logger.js'
import type { ConnectOptions, Network } from '../../../core/network.js'
import type { Random } from '../../../core/random.js'
import { type Backoff, backoffDelayMs, defaultBackoff } from '../../../core/retry.js'
import { sleep, type Time } from '../../../core/time.js'
import type { FixFramerOptions } from '../codec/framer.js'
import { SessionDriver } from './driver.js'
import type { FixSession } from './fix-session.js'

/** A session that was up for so long starts the delays anew. */
const STABLE_NS = 10_000_000_000

/** An address of the venue. */
export interface FixEndpoint {
  /** Name or address. */
  host: string
  /** TCP port. */
  port: number
}

/** What an initiator is made of. */
export interface FixInitiatorOptions {
  /** The session that is connected. */
  session: FixSession
  /** Clock and timers: `new RealTime()`. */
  time: Time
  /** Sockets: `nodeNetwork`. */
  network: Network
  /** Spreads the delays between attempts. */
  random: Random
  /** Addresses in the order of preference, at least one. */
  endpoints: readonly FixEndpoint[]
  /** TLS when present: authority, client certificate and key, server name. */
  tls?: ConnectOptions['tls']
  /** Lets a session without TLS leave this machine; false unless given. */
  allowInsecure?: boolean
  /** Milliseconds for one attempt to connect; 10,000 unless given. */
  connectTimeoutMs?: number
  /** Delays between attempts of `start`. */
  reconnect?: Backoff
  /** How messages are scanned; the same as for the session. */
  framer?: FixFramerOptions
  /** Hears of attempts and of lost connections; nobody unless given. */
  logger?: Logger
}

/** What an initiator announces. */
export interface FixInitiatorEvents {
  /** Both sides have logged on. */
  up: { session: string; endpoint: FixEndpoint }
  /** The session went down, or an attempt failed. */
  down: { session: string; reason: string }
}

/** Connects one session. */
export class FixInitiator {
  readonly session: FixSession
  readonly events = new TypedEmitter<FixInitiatorEvents>()
  readonly #options: FixInitiatorOptions
  readonly #backoff: Backoff
  readonly #logger: Logger
  #nextEndpoint = 0
  #running: Promise<void> | undefined
  #lifetime: AbortController | undefined
  /** Settles the wait for the end of the connection that is up. */
  #ended: ((reason: string) => void) | undefined
  #attempt: { resolve: () => void; reject: (error: TradewireError) => void } | undefined

  /** @throws TradewireError `TW_INVALID_CONFIG` without addresses, or for a session that would leave this machine in the clear. */
  constructor(options: FixInitiatorOptions) {
    const { session, endpoints, tls, allowInsecure = false } = options
    this.#options = options
    this.session = session
    this.#backoff = options.reconnect ?? defaultBackoff
    this.#logger = options.logger ?? silentLogger
    if (!session.settings.isInitiator) throw new TradewireError('TW_INVALID_CONFIG', `${session.name} is an acceptor`)
    if (endpoints.length === 0)
      throw new TradewireError('TW_INVALID_CONFIG', 'endpoints must hold at least one address')
    const exposed = tls === undefined ? endpoints.find(({ host }) => !isLoopback(host)) : undefined
    if (exposed !== undefined) {
      const where = `${exposed.host}:${exposed.port}`
      if (!allowInsecure) {
        const message = `${where} would be reached without TLS: set tls, or allowInsecure if the line is secured otherwise`
        throw new TradewireError('TW_INVALID_CONFIG', message)
      }
      this.#logger.warn({ session: session.name, endpoint: where }, 'FIX session without TLS')
    }
    session.onPhase = (phase, reason) => this.#onPhase(phase, reason)
  }

  /**
   * Makes one attempt at the next address. Resolves when both sides have logged on.
   *
   * @throws TradewireError `TW_INVALID_STATE` while connected; `TW_TIMEOUT`, `TW_NETWORK` when there is no connection;
   * `TW_NOT_CONNECTED` when the logon failed, with the reason; `TW_ABORTED` when the signal fires.
   */
  async connect(signal?: AbortSignal): Promise<void> {
    const { network, time, endpoints, tls, connectTimeoutMs = 10_000, framer } = this.#options
    if (this.session.phase !== 'idle' || this.#attempt !== undefined) {
      throw new TradewireError('TW_INVALID_STATE', `${this.session.name} is connected already`)
    }
    const endpoint = endpoints[this.#nextEndpoint % endpoints.length] as FixEndpoint
    this.#nextEndpoint++
    const connection = await network.connect({
      ...endpoint,
      timeoutMs: connectTimeoutMs,
      ...(tls === undefined ? {} : { tls }),
      ...(signal === undefined ? {} : { signal }),
    })
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => this.session.disconnect('aborted')
      const settle = () => {
        this.#attempt = undefined
        signal?.removeEventListener('abort', onAbort)
      }
      this.#attempt = {
        resolve: () => {
          settle()
          resolve()
        },
        reject: (error) => {
          settle()
          reject(error)
        },
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      const driver = new SessionDriver({
        time,
        session: this.session,
        connection,
        ...(framer === undefined ? {} : { framer }),
      })
      driver.start()
    })
    this.#nextEndpoint = 0
    this.events.emit('up', { session: this.session.name, endpoint })
  }

  /** Logs out and waits until the connection is closed. */
  async disconnect(text?: string): Promise<void> {
    if (this.session.phase === 'idle') return
    const ended = this.#end()
    this.session.logout(text)
    await ended
  }

  /** Keeps the session up during its hours. Does nothing while it runs. */
  start(): void {
    if (this.#running !== undefined) return
    this.#lifetime = new AbortController()
    this.#running = this.#run(this.#lifetime.signal)
  }

  /** Logs out and stays away. */
  async stop(): Promise<void> {
    this.#lifetime?.abort()
    await this.disconnect()
    await this.#running
    this.#running = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { time, random } = this.#options
    let failures = 0
    while (!signal.aborted) {
      try {
        await this.#waitForHours(signal)
        await this.connect(signal)
        const upNs = time.monotonicNs()
        await this.#end()
        if (time.monotonicNs() - upNs >= STABLE_NS) failures = 0
      } catch (error) {
        if (signal.aborted) return
        this.#logger.warn({ session: this.session.name, error: messageOf(error) }, 'FIX connect failed')
        this.events.emit('down', { session: this.session.name, reason: messageOf(error) })
      }
      failures++
      await sleep(time, backoffDelayMs(failures, this.#backoff, random), signal).catch(() => {})
    }
  }

  async #waitForHours(signal: AbortSignal): Promise<void> {
    const { time } = this.#options
    for (;;) {
      const leftUs = this.session.nextSessionUs(time.wallUs()) - time.wallUs()
      if (leftUs <= 0) return
      await sleep(time, Math.min(60_000, Math.ceil(leftUs / 1_000)), signal)
    }
  }

  /** Resolves when the session is idle. */
  #end(): Promise<void> {
    if (this.session.phase === 'idle') return Promise.resolve()
    return new Promise((resolve) => {
      const before = this.#ended
      this.#ended = (reason) => {
        before?.(reason)
        resolve()
      }
    })
  }

  #onPhase(phase: string, reason: string): void {
    if (phase === 'active') {
      this.#attempt?.resolve()
      return
    }
    if (this.#attempt !== undefined) {
      const details = { session: this.session.name, reason }
      this.#attempt.reject(new TradewireError('TW_NOT_CONNECTED', `${this.session.name}: ${reason}`, { details }))
    } else this.events.emit('down', { session: this.session.name, reason })
    const ended = this.#ended
    this.#ended = undefined
    ended?.(reason)
  }
}

/** Whether a host is this machine. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}
