/**
 * The gateway's end of order lines: sessions, who may open one, heartbeats. What orders mean is the handler's.
 *
 * A client has one session: a new one ends the one before. A session whose client has been silent for three heartbeats ends.
 */
import { Router } from 'zeromq'
import { messageOf, TradewireError } from '../../../core/errors.js'
import type { Logger } from '../../../core/logger.js'
import type { TimerHandle } from '../../../core/scheduler.js'
import { type SecretInput, sameSecret } from '../../../core/secret.js'
import type { Time } from '../../../core/time.js'
import { receiveAll } from '../receive-loop.js'
import {
  bindTo,
  checkEndpoint,
  checkLimits,
  checkSecurity,
  type Doorkeeper,
  openContext,
  securityOptions,
  type ZmqLimits,
  type ZmqSecurity,
} from '../security.js'
import { SendQueue } from '../send-queue.js'
import { decode, encode, type Message, ORDER_PROTOCOL, orderMessageBytes, textOf } from './messages.js'

/** What a client may do, and how it proves who it is. */
export interface GatewayClient {
  /**
   * A secret; compared in constant time. Without one, the connection itself has to be trusted: on the loopback, or with CURVE
   * where all that are admitted may be this client.
   */
  token?: SecretInput
  /** Accounts that its orders may name; `PAPER` unless given. */
  accounts?: readonly string[]
}

/** What an order server is given. */
export interface OrderServerOptions extends ZmqLimits {
  bind: string
  /** Clients by name. Others are refused. */
  clients: Readonly<Record<string, GatewayClient>>
  environment: string
  heartbeatMs?: number
  security?: ZmqSecurity
  time: Time
  logger: Logger
}

/** Acts on what clients say. Throws nothing. */
export interface OrderServerHandler {
  message(client: string, message: Message): void
  session(client: string, isOpen: boolean): void
}

interface Session {
  readonly number: number
  readonly who: Buffer
  heardNs: number
}

/** Sessions with clients. */
export class OrderServer {
  readonly counters = { messages: 0, refused: 0, malformed: 0, old: 0, sent: 0 }
  endpoint = ''
  readonly #options: OrderServerOptions
  readonly #handler: OrderServerHandler
  readonly #sessions = new Map<string, Session>()
  readonly #clients = new Map<string, string>()
  #router: Router | undefined
  #queue: SendQueue | undefined
  #doorkeeper: Doorkeeper | undefined
  #timer: TimerHandle | undefined
  #lastSession: number

  /** @throws TradewireError `TW_INVALID_CONFIG` naming the option. */
  constructor(options: OrderServerOptions, handler: OrderServerHandler) {
    const { security = {} } = options
    checkSecurity(security)
    checkLimits(options)
    checkEndpoint('bind', options.bind, security)
    this.#options = options
    this.#handler = handler
    // Sessions of an earlier life of the gateway must not be taken for ours.
    this.#lastSession = options.time.wallUs()
  }

  /** Clients that have a session. */
  get connected(): string[] {
    return [...this.#sessions.keys()]
  }

  async open(): Promise<void> {
    const { bind, security = {}, time, logger, heartbeatMs = 1_000 } = this.#options
    const { highWaterMark } = checkLimits(this.#options)
    const { context, doorkeeper } = await openContext(security)
    this.#doorkeeper = doorkeeper
    const router = new Router({
      context,
      linger: 0,
      // A message to a client that is gone is an error, not silence.
      mandatory: true,
      sendTimeout: 0,
      sendHighWaterMark: highWaterMark,
      receiveHighWaterMark: highWaterMark,
      maxMessageSize: orderMessageBytes,
      ...securityOptions(security),
    } as object)
    this.#router = router
    await bindTo(router, bind)
    this.endpoint = router.lastEndpoint ?? bind
    const onError = (error: unknown) => logger.warn({ error: messageOf(error) }, 'order gateway')
    this.#queue = new SendQueue(router as never, highWaterMark, (error, message) => {
      onError(error)
      // What was lost may have been an execution: the session ends, and the client asks when it is back.
      const client = this.#clients.get(Buffer.from((message as Buffer[])[0] as Buffer).toString('latin1'))
      if (client !== undefined) this.#end(client)
    })
    void receiveAll(
      router,
      { begin: () => {}, end: () => {}, take: (parts) => this.#take(parts), holdUp: () => undefined, failed: onError },
      time,
    )
    this.#timer = time.every(heartbeatMs, () => this.#beat(heartbeatMs))
  }

  close(): void {
    this.#timer?.cancel()
    this.#router?.close()
    this.#doorkeeper?.close()
    for (const client of this.connected) this.#end(client)
  }

  /** Sends a message to a client; nothing happens when it has no session: it will ask. */
  send(client: string, message: object): void {
    const session = this.#sessions.get(client)
    if (session === undefined) return
    this.counters.sent++
    // A client that does not read would have to be remembered without end: it is dropped, and asks when it is back.
    if (this.#queue?.send([session.who, encode({ ...message, session: session.number })]) === false) this.#end(client)
  }

  /** Breaks the sessions of all clients: for tests. */
  dropAll(): void {
    for (const client of this.connected) this.#end(client)
  }

  #take([who, bytes, ...rest]: Buffer[]): void {
    const message = bytes === undefined || rest.length > 0 ? undefined : decode(bytes)
    if (who === undefined || message === undefined) {
      this.counters.malformed++
      return
    }
    this.counters.messages++
    if (message.t === 'hello') {
      this.#hello(who, message)
      return
    }
    const client = this.#clients.get(who.toString('latin1'))
    const session = client === undefined ? undefined : this.#sessions.get(client)
    if (client === undefined || session === undefined || session.number !== message.session) {
      this.counters.old++
      this.#post(who, { t: 'refused', reason: 'there is no such session' })
      return
    }
    session.heardNs = this.#options.time.monotonicNs()
    if (message.t !== 'beat') this.#handler.message(client, message)
  }

  #hello(who: Buffer, { client, token, version }: Message): void {
    const { clients, environment, heartbeatMs = 1_000, time } = this.#options
    const name = textOf(client, 64)
    const known = name !== undefined && Object.hasOwn(clients, name) ? clients[name] : undefined
    if (version !== ORDER_PROTOCOL || name === undefined || known === undefined || !isAdmitted(known.token, token)) {
      this.counters.refused++
      this.#post(who, { t: 'refused', reason: version === ORDER_PROTOCOL ? 'client or token' : 'version' })
      return
    }
    this.#end(name)
    const session = { number: ++this.#lastSession, who, heardNs: time.monotonicNs() }
    this.#sessions.set(name, session)
    this.#clients.set(who.toString('latin1'), name)
    this.#post(who, { t: 'welcome', session: session.number, environment, heartbeatMs })
    this.#handler.session(name, true)
  }

  #beat(heartbeatMs: number): void {
    const nowNs = this.#options.time.monotonicNs()
    for (const [client, { heardNs }] of [...this.#sessions])
      if (nowNs - heardNs > 3 * heartbeatMs * 1e6) this.#end(client)
      else this.send(client, { t: 'beat' })
  }

  #end(client: string): void {
    const session = this.#sessions.get(client)
    if (session === undefined) return
    this.#sessions.delete(client)
    this.#clients.delete(session.who.toString('latin1'))
    this.#handler.session(client, false)
  }

  #post(who: Buffer, message: object): void {
    this.#queue?.send([who, encode(message)])
  }
}

function isAdmitted(expected: SecretInput | undefined, given: unknown): boolean {
  return expected === undefined || sameSecret(expected, given)
}

/** @throws TradewireError `TW_INVALID_CONFIG` when a client beyond the loopback would need no secret. */
export function checkClients(clients: Readonly<Record<string, GatewayClient>>, security: ZmqSecurity): void {
  for (const [name, { token }] of Object.entries(clients)) {
    if (!/^[\w.-]{1,64}$/.test(name))
      throw new TradewireError(
        'TW_INVALID_CONFIG',
        `A client's name has 1 to 64 letters, digits, dots or dashes, not "${name}"`,
      )
    if (token === undefined && security.allowInsecure === true && security.curve === undefined)
      throw new TradewireError('TW_INVALID_CONFIG', `Client ${name} needs a token: the connection proves nothing`)
  }
}
