/** Health checks: a cheap question now and then. One that fails or is late ends the connection, for a half-open line tells nothing by itself. */
import { messageOf } from '../core/errors.js'
import type { TimerHandle } from '../core/scheduler.js'
import type { Time } from '../core/time.js'

/** What a health watch calls. */
export interface HealthSteps {
  /** Asks, within its time-out; `onSent` is called when the question leaves. */
  probe(onSent: () => void): Promise<void>
  onAnswer(latencyNs: number): void
  /** No answer, or a wrong one: the connection does not count as one any more. */
  onFailure(reason: string): void
}

/** Checks one connection after the other. */
export class HealthWatch {
  readonly #time: Time
  readonly #intervalMs: number
  readonly #steps: HealthSteps
  #timer: TimerHandle | undefined
  /** Counts connections: the answer to a question of an earlier one says nothing about this one. */
  #connection = 0

  constructor(time: Time, intervalMs: number, steps: HealthSteps) {
    this.#time = time
    this.#intervalMs = intervalMs
    this.#steps = steps
  }

  /** Begins to check; an interval of 0 means never. */
  start(): void {
    const connection = ++this.#connection
    if (this.#intervalMs === 0) return
    let isAsking = false
    this.#timer = this.#time.every(this.#intervalMs, () => {
      if (isAsking) return
      isAsking = true
      let sentNs = this.#time.monotonicNs()
      const onSent = () => {
        sentNs = this.#time.monotonicNs()
      }
      this.#steps.probe(onSent).then(
        () => {
          isAsking = false
          if (connection === this.#connection) this.#steps.onAnswer(this.#time.monotonicNs() - sentNs)
        },
        (error: unknown) => {
          isAsking = false
          if (connection === this.#connection) this.#steps.onFailure(messageOf(error))
        },
      )
    })
  }

  stop(): void {
    this.#connection++
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
