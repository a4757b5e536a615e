/**
 * Streams that TWS let die without saying so. After servers, farms or a competing session came back some streams go on and
 * some never do; a stream that brings nothing for a while is asked for anew. After 1101 all are.
 */
import type { TimerHandle } from '../../core/scheduler.js'
import type { Time } from '../../core/time.js'
import type { Stream, Streams } from './streams.js'

/** What the watch works with. */
export interface DataWatchParts {
  readonly time: Time
  readonly afterMs: number
  readonly streams: Streams
  /** Asks for a stream anew. Resolves with the stream to try again later when TWS refused it. */
  ask(stream: Stream): Promise<Stream | undefined>
  onProblem(error: unknown): void
}

/** Between two attempts for a stream that TWS refuses. */
const longestWaitMs = 60_000

/** Watches streams after something happened to their source. */
export class DataWatch {
  readonly #parts: DataWatchParts
  #timer: TimerHandle | undefined
  /** Streams asked for anew so far. */
  resubscribed = 0

  constructor(parts: DataWatchParts) {
    this.#parts = parts
  }

  /** TWS lost every stream. */
  dataLost(): void {
    this.#cancel()
    for (const stream of this.#parts.streams.list()) this.#ask(stream)
  }

  /** The source is back: whoever stays silent from here on is dead. Streams that are quiet by nature are left alone. */
  mayBeDead(): void {
    const seen = new Map(this.#parts.streams.list().map((stream) => [stream, stream.messages]))
    this.#cancel()
    this.#timer = this.#parts.time.after(this.#parts.afterMs, () => {
      this.#timer = undefined
      for (const [stream, messages] of seen)
        if (stream.messages === messages && stream.kind !== 'news') this.#ask(stream)
    })
  }

  /** All streams ended for a reason that may pass: tried again after the wait. */
  suspectAll(): void {
    this.mayBeDead()
  }

  /** One stream ended. */
  suspect(stream: Stream): void {
    const { messages } = stream
    this.#parts.time.after(this.#parts.afterMs, () => {
      if (stream.messages === messages) this.#ask(stream)
    })
  }

  stop(): void {
    this.#cancel()
  }

  #cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** One that is refused is tried again, at growing intervals: permissions and competing sessions come and go. */
  #ask(stream: Stream, waitMs = this.#parts.afterMs): void {
    const { time, onProblem } = this.#parts
    this.resubscribed++
    this.#parts.ask(stream).then(
      (refused) => {
        if (refused === undefined) return
        const nextMs = Math.min(longestWaitMs, waitMs * 2)
        time.after(waitMs, () => this.#ask(refused, nextMs))
      },
      (error: unknown) => onProblem(error),
    )
  }
}
