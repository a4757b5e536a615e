/** The way of alerts to one sink: in order, with retries after growing waits, and a bound; what does not fit is counted. */
import { messageOf, TradewireError } from '../../core/errors.js'
import type { Scheduler, TimerHandle } from '../../core/scheduler.js'
import type { Alert, AlertSink } from './alert.js'

/** Bounds of the way to a sink. */
export interface AlertQueueOptions {
  /** Alerts that may wait; 256 unless given. The oldest gives way. */
  capacity?: number
  /** Attempts after the first; 5 unless given. */
  retries?: number
  /** Wait before the second attempt, doubled from then on; 500 unless given. */
  retryMs?: number
  /** A sink that has not answered by then failed; 30,000 unless given. */
  timeoutMs?: number
}

/** See the file's header. */
export class AlertQueue {
  readonly sink: AlertSink
  /** Delivered, given up after the last attempt, and dropped for want of room. */
  readonly counters = { delivered: 0, failed: 0, dropped: 0 }
  readonly #time: Scheduler
  readonly #capacity: number
  readonly #retries: number
  readonly #retryMs: number
  readonly #timeoutMs: number
  readonly #onError: (sink: string, problem: string) => void
  readonly #waiting: Alert[] = []
  #isBusy = false
  /** Of the attempt under way: the answer to an earlier one is none to this. */
  #turn = 0
  #timer: TimerHandle | undefined
  #isClosed = false

  /** @throws TradewireError `TW_INVALID_CONFIG` for a bound that is none. */
  constructor(
    sink: AlertSink,
    time: Scheduler,
    options: AlertQueueOptions,
    onError: (sink: string, problem: string) => void,
  ) {
    this.sink = sink
    this.#time = time
    this.#capacity = options.capacity ?? 256
    this.#retries = options.retries ?? 5
    this.#retryMs = options.retryMs ?? 500
    this.#timeoutMs = options.timeoutMs ?? 30_000
    this.#onError = onError
    for (const [name, value, least] of [
      ['capacity', this.#capacity, 1],
      ['retries', this.#retries, 0],
      ['retryMs', this.#retryMs, 1],
      ['timeoutMs', this.#timeoutMs, 1],
    ] as const)
      if (!Number.isSafeInteger(value) || value < least)
        throw new TradewireError(
          'TW_INVALID_CONFIG',
          `alerts.${name} must be a whole number from ${least}, got ${value}`,
        )
  }

  /** Alerts that wait. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Queues an alert and sends it at once where nothing is before it. */
  put(alert: Alert): void {
    if (this.#isClosed) return
    if (this.#waiting.length >= this.#capacity) {
      this.counters.dropped++
      // The one that is under way stays the first; where there is room for no other, the new one goes.
      if (this.#waiting.splice(1, 1).length === 0) return
    }
    this.#waiting.push(alert)
    if (!this.#isBusy) this.#send(0)
  }

  /** Gives up what waits. */
  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    this.counters.dropped += this.#waiting.length
    this.#waiting.length = 0
  }

  #send(attempt: number): void {
    const alert = this.#waiting[0]
    if (alert === undefined) {
      this.#isBusy = false
      return
    }
    this.#isBusy = true
    const turn = ++this.#turn
    const isOver = () => turn !== this.#turn || this.#isClosed
    try {
      const sent: unknown = this.sink.send(alert)
      // Whatever else a callback gives back is no answer to wait for.
      if (!isPromise(sent)) {
        this.#done()
        return
      }
      // A sink that never answers must not keep the alerts behind it.
      this.#timer = this.#time.after(this.#timeoutMs, () => {
        this.#turn++
        this.#failed(new TradewireError('TW_TIMEOUT', `no answer within ${this.#timeoutMs} ms`), attempt)
      })
      sent.then(
        () => isOver() || this.#done(),
        (error: unknown) => isOver() || this.#failed(error, attempt),
      )
    } catch (error) {
      this.#failed(error, attempt)
    }
  }

  #done(): void {
    this.#timer?.cancel()
    this.counters.delivered++
    this.#next()
  }

  #failed(error: unknown, attempt: number): void {
    this.#timer?.cancel()
    if (attempt < this.#retries) {
      this.#timer = this.#time.after(this.#retryMs * 2 ** attempt, () => this.#send(attempt + 1))
      return
    }
    this.counters.failed++
    this.#onError(this.sink.name, messageOf(error))
    this.#next()
  }

  #next(): void {
    this.#waiting.shift()
    this.#send(0)
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'
}
