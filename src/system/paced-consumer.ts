/**
 * Leaves a consumer alone for a while after each batch, so that newer quotes replace those that wait (see
 * `performanceProfiles`). After a quiet time the first batch is handed on at once.
 *
 *   batch ─► rest of the turn ─► paused for conflationMs ─► what waits is handed on ─► ...
 */
import type { TimerHandle } from '../core/scheduler.js'
import type { Time } from '../core/time.js'
import type { RingConsumer } from '../ring/consumer.js'
import type { RingHandlers } from '../ring/kinds.js'

/** See the file's header. */
export class PacedConsumer {
  readonly #time: Time
  readonly #conflationMs: number
  readonly #wake: () => void
  #consumer: RingConsumer | undefined
  #timer: TimerHandle | undefined

  /** `wake`: has the ring drained. */
  constructor(time: Time, conflationMs: number, wake: () => void) {
    this.#time = time
    this.#conflationMs = conflationMs
    this.#wake = wake
  }

  /** Handlers that begin a pause when they have run. */
  handlers(handlers: RingHandlers): RingHandlers {
    const paced: RingHandlers = {}
    for (const [name, handler] of Object.entries(handlers) as [keyof RingHandlers, RingHandlers[keyof RingHandlers]][])
      paced[name] = (ring, from, to) => {
        this.#delivered()
        handler?.(ring, from, to)
      }
    return paced
  }

  /** The consumer that has these handlers. */
  follow(consumer: RingConsumer): void {
    this.#consumer = consumer
  }

  /** Ends it; the consumer is not touched any more. */
  stop(): void {
    this.#consumer = undefined
    this.#timer?.cancel()
  }

  #delivered(): void {
    if (this.#timer !== undefined) return
    this.#timer = this.#time.nextTurn(() => {
      this.#consumer?.pause()
      this.#timer = this.#time.after(this.#conflationMs, () => {
        this.#timer = undefined
        this.#consumer?.resume()
        this.#wake()
      })
    })
  }
}
