/** The sockets on which a connector hears publishers: one a line, each told what is subscribed to. */
import { type Context, Pull, Subscriber } from 'zeromq'
import { TradewireError } from '../../core/errors.js'
import type { Scheduler } from '../../core/scheduler.js'
import { type BurstHandler, receiveAll } from './receive-loop.js'
import { bindTo, type CheckedLimits, securityOptions, type ZmqSecurity } from './security.js'

/** What lines are made of. */
export interface FeedLinesParts {
  /** Messages of a line in a row before the loop gets a turn. */
  burst: number
  endpoints: readonly string[]
  binds: readonly string[]
  pattern: 'sub' | 'pull'
  limits: CheckedLimits
  security: ZmqSecurity
  time: Scheduler
  handler(line: number): BurstHandler
  /** All lines are down. */
  onDown(reason: string): void
}

interface Line {
  readonly socket: Subscriber | Pull
  readonly endpoint: string
  readonly binds: boolean
  isUp: boolean
}

/** The lines of one connection. */
export class FeedLines {
  readonly #parts: FeedLinesParts
  readonly #lines: Line[] = []
  #isClosed = false

  constructor(parts: FeedLinesParts) {
    this.#parts = parts
  }

  /** Endpoints, with the ports that were taken. */
  get endpoints(): string[] {
    return this.#lines.map(({ socket, endpoint, binds }) => (binds ? (socket.lastEndpoint ?? endpoint) : endpoint))
  }

  get up(): number {
    return this.#lines.filter(({ isUp }) => isUp).length
  }

  /** Opens all lines. Resolves when one is up, or listens. */
  async open(context: Context, signal: AbortSignal): Promise<void> {
    const { endpoints, binds } = this.#parts
    const first = deferred()
    const onAbort = () =>
      first.reject(new TradewireError('TW_TIMEOUT', `No publisher was reached at ${endpoints.join(', ')}`))
    for (const endpoint of endpoints) this.#connect(endpoint, context, first)
    for (const endpoint of binds) {
      const line = this.#line(endpoint, true, context)
      await bindTo(line.socket, endpoint)
      line.isUp = true
      first.resolve()
    }
    if (endpoints.length + binds.length === 0) first.resolve()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await first.promise
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  subscribe(prefix: Uint8Array | string): void {
    for (const { socket } of this.#lines) if (socket instanceof Subscriber) socket.subscribe(prefix as Buffer)
  }

  unsubscribe(prefix: Uint8Array | string): void {
    for (const { socket } of this.#lines) if (socket instanceof Subscriber) socket.unsubscribe(prefix as Buffer)
  }

  close(): void {
    this.#isClosed = true
    for (const { socket } of this.#lines) socket.close()
    this.#lines.length = 0
  }

  #connect(endpoint: string, context: Context, first: { resolve(): void; reject(error: unknown): void }): void {
    const line = this.#line(endpoint, false, context)
    line.socket.events.on('handshake', () => {
      line.isUp = true
      first.resolve()
    })
    const down = (reason: string) => {
      line.isUp = false
      if (!this.#isClosed && this.#lines.every(({ isUp }) => !isUp)) this.#parts.onDown(reason)
    }
    line.socket.events.on('disconnect', () => down(`${endpoint} closed the connection`))
    line.socket.events.on('handshake:error:auth', ({ error }) => first.reject(refused(endpoint, error)))
    line.socket.events.on('handshake:error:protocol', ({ error }) => first.reject(refused(endpoint, error)))
    line.socket.connect(endpoint)
  }

  #line(endpoint: string, binds: boolean, context: Context): Line {
    const { pattern, limits, security, time, handler, burst } = this.#parts
    const settings = {
      context,
      linger: 0,
      receiveHighWaterMark: limits.highWaterMark,
      maxMessageSize: limits.maxMessageBytes,
      // A half-open line is found by libzmq itself.
      heartbeatInterval: 2_000,
      heartbeatTimeout: 6_000,
      ...securityOptions(security),
    } as object
    const socket = pattern === 'sub' ? new Subscriber(settings) : new Pull(settings)
    const line = { socket, endpoint, binds, isUp: false }
    this.#lines.push(line)
    void receiveAll(socket, handler(this.#lines.length - 1), time, burst)
    return line
  }
}

function deferred(): { promise: Promise<void>; resolve(): void; reject(error: unknown): void } {
  let resolve = () => {}
  let reject = (_error: unknown) => {}
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

function refused(endpoint: string, error: unknown): TradewireError {
  return new TradewireError('TW_NETWORK', `${endpoint} refused the connection`, { cause: error })
}
