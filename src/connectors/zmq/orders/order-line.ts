/** The client's end of an order line: one session with a gateway, from hello to the loss of the connection. */
import { type Context, Dealer } from 'zeromq'
import { messageOf, TradewireError } from '../../../core/errors.js'
import type { TimerHandle } from '../../../core/scheduler.js'
import { revealSecret } from '../../../core/secret.js'
import { abortError, type Time } from '../../../core/time.js'
import { receiveAll } from '../receive-loop.js'
import { securityOptions, type ZmqSecurity } from '../security.js'
import type { GatewayOptions } from './gateway-options.js'
import { decode, encode, type Message, ORDER_PROTOCOL, orderMessageBytes } from './messages.js'

/** Who hears of the line. */
export interface OrderLineListener {
  /** Before and after the reports that came together. */
  begin(): void
  report(report: Message): void
  end(): void
  /** The session is over. */
  lost(reason: string): void
  problem(error: unknown): void
}

/** What an order line works with. */
export interface OrderLineParts {
  options: GatewayOptions
  context: Context
  security: ZmqSecurity
  highWaterMark: number
  time: Time
  listener: OrderLineListener
}

interface Question {
  readonly what: string
  rows: unknown[]
  resolve(rows: unknown[]): void
  reject(error: Error): void
}

const mostRows = 1_000_000

/** One session. */
export class OrderLine {
  readonly #parts: OrderLineParts
  readonly #socket: Dealer
  readonly #questions = new Map<number, Question>()
  #session: unknown
  #lastQuestion = 0
  #heardNs: number
  #timer: TimerHandle | undefined
  #isClosed = false
  #welcome: { resolve(welcome: Message): void; reject(error: Error): void } | undefined
  /** How far back the latest lists reach, each in microseconds; nothing is proven by a list that has not come. */
  readonly #reachUs = new Map<string, number>([
    ['orders', 0],
    ['fills', 0],
  ])

  constructor(parts: OrderLineParts) {
    const { options, context, security, highWaterMark, time, listener } = parts
    this.#parts = parts
    this.#heardNs = time.monotonicNs()
    this.#socket = new Dealer({
      context,
      // What cannot leave at once must not leave later: orders grow stale.
      linger: 0,
      immediate: true,
      sendTimeout: 0,
      sendHighWaterMark: highWaterMark,
      receiveHighWaterMark: highWaterMark,
      maxMessageSize: orderMessageBytes,
      ...securityOptions(security),
    } as object)
    this.#socket.events.on('disconnect', () => this.#lose('the gateway closed the connection'))
    this.#socket.events.on('handshake', () => this.#hello())
    for (const event of ['handshake:error:auth', 'handshake:error:protocol', 'handshake:error:other'] as const)
      this.#socket.events.on(event, ({ error }) =>
        this.#fail(new TradewireError('TW_NETWORK', `The gateway refused the connection: ${messageOf(error)}`)),
      )
    this.#socket.connect(options.endpoint)
    void receiveAll(
      this.#socket,
      {
        begin: () => listener.begin(),
        end: () => listener.end(),
        take: (bytes) => this.#take(bytes),
        holdUp: () => undefined,
        failed: (error) => listener.problem(error),
      },
      time,
    )
  }

  /** Resolves when the gateway has let this client in. @throws TradewireError `TW_NETWORK`, `TW_INVALID_CONFIG`, `TW_ABORTED`. */
  async open(signal: AbortSignal): Promise<void> {
    const { options, time } = this.#parts
    const onAbort = () => this.#fail(abortError(signal))
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      const welcome = await new Promise<Message>((resolve, reject) => {
        this.#welcome = { resolve, reject }
        if (signal.aborted) onAbort()
      })
      if (welcome.environment !== options.environment)
        throw new TradewireError(
          'TW_INVALID_CONFIG',
          `The gateway's orders are ${String(welcome.environment)}, gateway.environment says ${options.environment}`,
        )
      this.#session = welcome.session
    } finally {
      this.#welcome = undefined
      signal.removeEventListener('abort', onAbort)
    }
    const beatMs = options.heartbeatMs ?? 1_000
    this.#heardNs = time.monotonicNs()
    this.#timer = time.every(beatMs, () => this.#beat(beatMs))
  }

  /** Hands a message over. @throws TradewireError `TW_NOT_CONNECTED` when there is no session. */
  send(message: object): void {
    if (this.#isClosed || this.#session === undefined)
      throw new TradewireError('TW_NOT_CONNECTED', 'There is no session with the gateway')
    this.#post({ ...message, session: this.#session })
  }

  /** How far back the gateway's lists of orders and executions are complete, in microseconds before they were asked for. */
  get historyReachUs(): number {
    return Math.min(...this.#reachUs.values())
  }

  /** Asks, and collects the rows of the answer. */
  ask(what: string, signal: AbortSignal, more: object = {}): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      const question = ++this.#lastQuestion
      const finish = (settle: () => void) => {
        signal.removeEventListener('abort', onAbort)
        this.#questions.delete(question)
        settle()
      }
      const onAbort = () => finish(() => reject(abortError(signal)))
      if (signal.aborted) return onAbort()
      signal.addEventListener('abort', onAbort, { once: true })
      this.#questions.set(question, {
        what,
        rows: [],
        resolve: (rows) => finish(() => resolve(rows)),
        reject: (error) => finish(() => reject(error)),
      })
      try {
        this.send({ t: 'ask', question, what, ...more })
      } catch (error) {
        finish(() => reject(error))
      }
    })
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#timer?.cancel()
    this.#socket.close()
    const error = new TradewireError('TW_NOT_CONNECTED', 'The session with the gateway ended')
    for (const { reject } of [...this.#questions.values()]) reject(error)
  }

  #hello(): void {
    const { client, token } = this.#parts.options
    this.#post({
      t: 'hello',
      version: ORDER_PROTOCOL,
      client,
      ...(token === undefined ? {} : { token: revealSecret(token) }),
    })
  }

  /** With `sendTimeout` 0 it leaves now or the promise is rejected: then the session is over, and what was sent is asked for. */
  #post(message: object): void {
    this.#socket
      .send(encode(message) as Buffer)
      .catch((error: unknown) => this.#lose(`sending failed: ${messageOf(error)}`))
  }

  #beat(beatMs: number): void {
    const silentNs = this.#parts.time.monotonicNs() - this.#heardNs
    if (silentNs > 3 * beatMs * 1e6) this.#lose('the gateway has been silent for three heartbeats')
    else this.send({ t: 'beat' })
  }

  #take(parts: readonly Buffer[]): void {
    const message = parts.length === 1 ? decode(parts[0] as Buffer) : undefined
    if (message === undefined) {
      this.#parts.listener.problem(new TradewireError('TW_NETWORK', 'The gateway sent a message that is none'))
      return
    }
    if (message.t === 'welcome') {
      if (this.#welcome === undefined) this.#lose('the gateway began a new session')
      else this.#welcome.resolve(message)
      return
    }
    if (message.t === 'refused') {
      this.#fail(new TradewireError('TW_NETWORK', `The gateway refused: ${String(message.reason).slice(0, 200)}`))
      return
    }
    if (message.session !== this.#session || this.#session === undefined) return
    this.#heardNs = this.#parts.time.monotonicNs()
    if (message.t === 'report') this.#parts.listener.report(message)
    else if (message.t === 'answer') this.#answer(message)
  }

  #answer({ question, rows, more, error, reachUs }: Message): void {
    const asked = this.#questions.get(question as number)
    if (asked === undefined) return
    if (!Array.isArray(rows) || asked.rows.length + rows.length > mostRows) {
      asked.reject(
        new TradewireError('TW_NETWORK', `The gateway did not answer: ${String(error ?? 'no rows').slice(0, 200)}`),
      )
      return
    }
    for (const row of rows as unknown[]) asked.rows.push(row)
    if (this.#reachUs.has(asked.what)) this.#reachUs.set(asked.what, reachOf(reachUs))
    if (more !== true) asked.resolve(asked.rows)
  }

  #fail(error: Error): void {
    if (this.#welcome !== undefined) this.#welcome.reject(error)
    else this.#lose(error.message)
  }

  #lose(reason: string): void {
    if (this.#isClosed) return
    if (this.#welcome !== undefined) this.#welcome.reject(new TradewireError('TW_NETWORK', reason))
    else if (this.#session !== undefined) this.#parts.listener.lost(reason)
  }
}

/** Null: the gateway has forgotten nothing. One that does not say proves nothing. */
function reachOf(reachUs: unknown): number {
  if (reachUs === null) return Number.POSITIVE_INFINITY
  return typeof reachUs === 'number' && reachUs > 0 ? reachUs : 0
}
