/**
 * The service of a publisher: a ROUTER that answers questions, one part of JSON each, with a head in JSON and frames after it.
 *
 *   {"id":7,"ask":"catalog"}                                  {"id":7,"ok":true,"publisher":..,"epoch":..,"groups":{..},"instruments":[..],"streams":[..]}
 *   {"id":8,"ask":"stream","topic":"quotes/IBM.XNYS"}         {"id":8,"ok":true,"publisher":..,"epoch":..,"stream":3,"sequence":17}
 *   {"id":9,"ask":"replay","epoch":..,"stream":3,"from":11,"to":14}   {"id":9,"ok":true,"epoch":..,"complete":true} | frame 11 | .. | frame 14
 *   {"id":10,"ask":"snapshot","topic":"book/IBM.XNYS"}        {"id":10,"ok":true,"epoch":..,"sequence":17} | snapshot frame
 *
 * What is refused comes back as {"id":..,"ok":false,"reason":".."}. Bad questions are counted and answered by nothing.
 */
import { type Context, Router } from 'zeromq'
import { messageOf } from '../../core/errors.js'
import type { Logger } from '../../core/logger.js'
import type { Time } from '../../core/time.js'
import type { InstrumentDefinition } from '../../model/instrument.js'
import type { PublisherIdentity, PublishStream } from './publish-stream.js'
import { receiveAll } from './receive-loop.js'
import { bindTo, type CheckedLimits, securityOptions, type ZmqSecurity } from './security.js'
import { SendQueue } from './send-queue.js'

/** What the service answers from. */
export interface FeedServiceParts {
  identity: PublisherIdentity
  counters: { replays: number; snapshots: number }
  streams(): PublishStream[]
  stream(id: number): PublishStream | undefined
  byTopic(topic: string): PublishStream | undefined
  definitions(): InstrumentDefinition[]
  groups(): Readonly<Record<string, readonly string[]>>
  flush(): void
}

/**
 * Answers that wait in libzmq for one subscriber, each of up to half of `maxMessageBytes`: one that asks and does not read
 * loses its answers, asks again in its time, and costs a bounded amount of memory.
 */
const answersWaiting = 64
/** The most frames in one answer. */
const framesAnAnswer = 1_024
const questionBytes = 4_096
const maxAnswers = 1_024

type Question = Readonly<Record<string, unknown>>

/** Answers the questions of subscribers. */
export class FeedService {
  /** Questions that made no sense. */
  malformed = 0
  endpoint = ''
  readonly #parts: FeedServiceParts
  readonly #time: Time
  readonly #logger: Logger
  #router: Router | undefined
  #queue: SendQueue | undefined
  #maxBytes = 0

  constructor(parts: FeedServiceParts, time: Time, logger: Logger) {
    this.#parts = parts
    this.#time = time
    this.#logger = logger
  }

  async open(endpoint: string, context: Context, limits: CheckedLimits, security: ZmqSecurity): Promise<void> {
    const { highWaterMark, maxMessageBytes } = limits
    this.#maxBytes = Math.floor(maxMessageBytes / 2)
    const settings = {
      context,
      linger: 0,
      sendHighWaterMark: answersWaiting,
      receiveHighWaterMark: highWaterMark,
      maxMessageSize: questionBytes,
      ...securityOptions(security),
    }
    const router = new Router(settings as object)
    this.#router = router
    await bindTo(router, endpoint)
    this.endpoint = router.lastEndpoint ?? endpoint
    const onError = (error: unknown) => this.#logger.warn({ error: messageOf(error) }, 'feed service')
    this.#queue = new SendQueue(router as never, maxAnswers, onError)
    void receiveAll(
      router,
      { begin: () => {}, end: () => {}, take: (parts) => this.#take(parts), holdUp: () => undefined, failed: onError },
      this.#time,
    )
  }

  close(): void {
    this.#router?.close()
  }

  #take(parts: readonly Buffer[]): void {
    const [who, text] = parts
    const question = parts.length === 2 ? parseQuestion(text as Buffer) : undefined
    if (who === undefined || question === undefined) {
      this.malformed++
      return
    }
    const [head, frames] = this.#answer(question)
    this.#queue?.send([who, JSON.stringify({ id: question.id, ...head }), ...frames])
  }

  #answer(question: Question): [object, Uint8Array[]] {
    const { identity, counters } = this.#parts
    if (question.ask === 'ping') return [{ ok: true, ...identity }, []]
    if (question.ask === 'catalog') return [this.#catalog(), []]
    if (question.ask === 'replay') {
      const stream = this.#parts.stream(question.stream as number)
      const { from, to, epoch } = question
      if (stream === undefined || epoch !== identity.epoch) return refuse('another epoch or no such stream')
      if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) return refuse('from and to are whole numbers')
      const frames = stream.replay(from as number, to as number, framesAnAnswer, this.#maxBytes)
      counters.replays++
      return [{ ok: true, epoch: identity.epoch, complete: frames !== undefined }, frames ?? []]
    }
    const stream = typeof question.topic === 'string' ? this.#parts.byTopic(question.topic) : undefined
    if (stream === undefined) return refuse('no such stream')
    if (question.ask === 'stream') return [{ ok: true, ...identity, stream: stream.id, sequence: stream.sequence }, []]
    if (question.ask !== 'snapshot') return refuse('unknown question')
    // What waits is in the state already: it has to be in a frame before the snapshot is numbered.
    this.#parts.flush()
    counters.snapshots++
    const frame = stream.snapshot(this.#time.wallUs())
    if (frame.length > 2 * this.#maxBytes) return refuse('the snapshot is larger than maxMessageBytes')
    return [{ ok: true, epoch: identity.epoch, stream: stream.id, sequence: stream.sequence }, [frame]]
  }

  #catalog(): object {
    const streams = this.#parts.streams().map(({ topic, id, sequence }) => ({ topic, stream: id, sequence }))
    return {
      ok: true,
      ...this.#parts.identity,
      groups: this.#parts.groups(),
      instruments: this.#parts.definitions(),
      streams,
    }
  }
}

function refuse(reason: string): [object, Uint8Array[]] {
  return [{ ok: false, reason }, []]
}

function parseQuestion(bytes: Buffer): Question | undefined {
  try {
    const question: unknown = JSON.parse(bytes.toString())
    if (typeof question !== 'object' || question === null) return undefined
    return Number.isSafeInteger((question as Question).id) ? (question as Question) : undefined
  } catch {
    return undefined
  }
}
