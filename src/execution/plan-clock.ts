/** The clock of one order: wall time of its beginning, moved on by the monotonic clock; and its one timer, at absolute deadlines. */
import { type Clock, NS_PER_US } from '../core/clock.js'
import type { Scheduler, TimerHandle } from '../core/scheduler.js'

/** A clock that no jump of the wall clock moves, and a timer on it. */
export class PlanClock {
  readonly #time: Clock & Scheduler
  readonly #anchorUs: number
  readonly #anchorNs: number
  readonly #ring: () => void
  #timer: TimerHandle | undefined
  #dueUs = Number.POSITIVE_INFINITY
  /** The latest deadline that rang: it is behind us, whatever the rounding of nanoseconds says. */
  #rangUs = Number.NEGATIVE_INFINITY

  constructor(time: Clock & Scheduler, onDue: () => void) {
    this.#time = time
    this.#anchorUs = time.wallUs()
    this.#anchorNs = time.monotonicNs()
    this.#ring = () => {
      this.#timer = undefined
      this.#rangUs = this.#dueUs
      this.#dueUs = Number.POSITIVE_INFINITY
      onDue()
    }
  }

  /** Epoch microseconds. */
  get nowUs(): number {
    const readUs = this.#anchorUs + Math.floor((this.#time.monotonicNs() - this.#anchorNs) / NS_PER_US)
    return Math.max(readUs, this.#rangUs)
  }

  /** Rings at a time, and at no other; never for Infinity. */
  arm(us: number): void {
    if (us === this.#dueUs) return
    this.disarm()
    if (us === Number.POSITIVE_INFINITY) return
    this.#dueUs = us
    this.#timer = this.#time.at(this.#anchorNs + (us - this.#anchorUs) * NS_PER_US, this.#ring)
  }

  disarm(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#dueUs = Number.POSITIVE_INFINITY
  }
}

/** When all of it will be done at the pace so far, epoch microseconds; NaN where nothing is done. */
export function endAtPace(startUs: number, nowUs: number, done: number, total: number): number {
  const spentUs = nowUs - startUs
  return done > 0 && spentUs > 0 ? nowUs + Math.ceil((spentUs * Math.max(0, total - done)) / done) : Number.NaN
}
