/** Asks the service of a publisher: questions with an id, answers in any order, each within its time. */
import { type Context, Dealer } from 'zeromq'
import { TradewireError } from '../../core/errors.js'
import { abortError, type Time } from '../../core/time.js'
import { parseJson } from './feed/feed-decoder.js'
import { receiveAll } from './receive-loop.js'
import { type CheckedLimits, securityOptions, type ZmqSecurity } from './security.js'
import { SendQueue } from './send-queue.js'

/** An answer: what its head says, and the frames behind it. */
export interface ServiceAnswer {
  readonly head: Readonly<Record<string, unknown>>
  readonly frames: readonly Buffer[]
}

interface Waiting {
  resolve(answer: ServiceAnswer): void
  reject(error: Error): void
}

/** The most questions under way. */
const mostQuestions = 4_096

/** One connection to one service. */
export class ServiceClient {
  readonly endpoint: string
  /** Answers that made no sense. */
  malformed = 0
  readonly #socket: Dealer
  readonly #queue: SendQueue
  readonly #waiting = new Map<number, Waiting>()
  readonly #time: Time
  #lastId = 0

  constructor(
    endpoint: string,
    context: Context,
    limits: CheckedLimits,
    security: ZmqSecurity,
    time: Time,
    onError: (error: unknown) => void,
  ) {
    const { highWaterMark, maxMessageBytes } = limits
    const settings = {
      context,
      linger: 0,
      sendHighWaterMark: highWaterMark,
      receiveHighWaterMark: highWaterMark,
      maxMessageSize: maxMessageBytes,
      ...securityOptions(security),
    }
    this.endpoint = endpoint
    this.#time = time
    this.#socket = new Dealer(settings as object)
    this.#socket.connect(endpoint)
    this.#queue = new SendQueue(this.#socket as never, mostQuestions, onError)
    void receiveAll(
      this.#socket,
      { begin: () => {}, end: () => {}, take: (parts) => this.#take(parts), holdUp: () => undefined, failed: onError },
      time,
    )
  }

  /**
   * Asks a question.
   *
   * @throws TradewireError `TW_TIMEOUT`, `TW_ABORTED`, `TW_NETWORK` when the service refuses, `TW_NOT_CONNECTED` when closed.
   */
  async ask(question: object, timeoutMs: number, signal?: AbortSignal): Promise<ServiceAnswer> {
    const id = ++this.#lastId
    const answer = await new Promise<ServiceAnswer>((resolve, reject) => {
      const finish = (settle: () => void) => {
        timer.cancel()
        signal?.removeEventListener('abort', onAbort)
        this.#waiting.delete(id)
        settle()
      }
      const fail = (error: Error) => finish(() => reject(error))
      const onAbort = () => fail(abortError(signal as AbortSignal))
      const late = () =>
        fail(new TradewireError('TW_TIMEOUT', `${this.endpoint} did not answer within ${timeoutMs} ms`))
      const timer = this.#time.after(timeoutMs, late)
      if (signal?.aborted) return onAbort()
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.set(id, { resolve: (given) => finish(() => resolve(given)), reject: fail })
      if (!this.#queue.send(new TextEncoder().encode(JSON.stringify({ id, ...question }))))
        fail(new TradewireError('TW_NOT_CONNECTED', `No question can be sent to ${this.endpoint}`))
    })
    if (answer.head.ok !== true)
      throw new TradewireError('TW_NETWORK', `${this.endpoint} refused: ${String(answer.head.reason).slice(0, 200)}`)
    return answer
  }

  close(): void {
    this.#socket.close()
    const error = new TradewireError('TW_NOT_CONNECTED', `The connection to ${this.endpoint} was closed`)
    for (const { reject } of [...this.#waiting.values()]) reject(error)
  }

  #take([text, ...frames]: readonly Buffer[]): void {
    try {
      const head = parseJson(text as Buffer) as Readonly<Record<string, unknown>>
      const waiting = this.#waiting.get(head.id as number)
      waiting?.resolve({ head, frames })
    } catch {
      this.malformed++
    }
  }
}
