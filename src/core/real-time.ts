/** The machine's clocks and timers behind the ports. */
import { NS_PER_MS, NS_PER_SECOND, NS_PER_US, US_PER_MS } from './clock.js'
import { TradewireError } from './errors.js'
import type { TimerErrorHandler, TimerHandle } from './scheduler.js'
import type { Time } from './time.js'

/** `setTimeout` fires up to a millisecond early and cannot wait longer than this; both are corrected by re-arming. */
const longestSleepMs = 2_000_000_000

/**
 * Real time. Timers keep the process alive while they are pending, so an engine that is stopped must cancel its own.
 *
 * @example
 * ```ts
 * const time = new RealTime()
 * const timer = time.every(1_000, () => console.log(time.wallUs()))
 * timer.cancel()
 * ```
 */
export class RealTime implements Time {
  readonly #onError: TimerErrorHandler
  #pending = 0
  /** Wall time less monotonic time, in microseconds; and the monotonic time at which it is compared with the platform's again. */
  #offsetUs = 0
  #compareNs = Number.NEGATIVE_INFINITY

  /** `onError` gets what callbacks throw; without it the error is thrown on a turn of its own, as Node does for timers. */
  constructor(onError?: TimerErrorHandler) {
    this.#onError =
      onError ??
      ((error) => {
        setImmediate(() => {
          throw error
        })
      })
  }

  get pendingTimers(): number {
    return this.#pending
  }

  /**
   * The platform's wall clock counts whole milliseconds; the monotonic clock fills in the microseconds between its steps.
   * Reading both costs more than the rest of a turn's bookkeeping: while a millisecond lasts, the monotonic clock alone is
   * read, and a clock that was set is followed with the next one.
   */
  wallUs(): number {
    const nowNs = this.monotonicNs()
    if (nowNs >= this.#compareNs) this.#compare(nowNs)
    return Math.floor(nowNs / NS_PER_US) + this.#offsetUs
  }

  /** Moves wall time into the platform's current millisecond where it is not there already. */
  #compare(nowNs: number): void {
    const floorUs = Date.now() * US_PER_MS
    const monotonicUs = Math.floor(nowNs / NS_PER_US)
    const wallUs = monotonicUs + this.#offsetUs
    if (wallUs < floorUs) this.#offsetUs = floorUs - monotonicUs
    else if (wallUs >= floorUs + US_PER_MS) this.#offsetUs = floorUs + US_PER_MS - 1 - monotonicUs
    this.#compareNs = nowNs + NS_PER_MS
  }

  monotonicNs(): number {
    const [seconds, nanoseconds] = process.hrtime()
    return seconds * NS_PER_SECOND + nanoseconds
  }

  at(deadlineNs: number, callback: () => void): TimerHandle {
    requireFinite(deadlineNs, 'deadlineNs')
    let timer: ReturnType<typeof setTimeout> | undefined
    const arm = () => {
      const leftMs = (deadlineNs - this.monotonicNs()) / NS_PER_MS
      timer = setTimeout(fire, Math.min(Math.max(0, Math.ceil(leftMs)), longestSleepMs))
    }
    const fire = () => {
      if (this.monotonicNs() < deadlineNs) arm()
      else {
        timer = undefined
        this.#pending--
        this.#run(callback)
      }
    }
    this.#pending++
    arm()
    return {
      cancel: () => {
        if (timer === undefined) return
        clearTimeout(timer)
        timer = undefined
        this.#pending--
      },
    }
  }

  after(delayMs: number, callback: () => void): TimerHandle {
    requireFinite(delayMs, 'delayMs')
    return this.at(this.monotonicNs() + Math.max(0, delayMs) * NS_PER_MS, callback)
  }

  every(intervalMs: number, callback: () => void): TimerHandle {
    return repeat(this, intervalMs, callback)
  }

  nextTurn(callback: () => void): TimerHandle {
    let waiting = true
    this.#pending++
    const immediate = setImmediate(() => {
      waiting = false
      this.#pending--
      this.#run(callback)
    })
    return {
      cancel: () => {
        if (!waiting) return
        waiting = false
        clearImmediate(immediate)
        this.#pending--
      },
    }
  }

  #run(callback: () => void): void {
    try {
      callback()
    } catch (error) {
      this.#onError(error)
    }
  }
}

/** Periodic runs over any `at`: absolute deadlines, missed ones merged. Shared by both implementations of the port. */
export function repeat(time: Time, intervalMs: number, callback: () => void): TimerHandle {
  requireFinite(intervalMs, 'intervalMs')
  if (intervalMs <= 0) throw new TradewireError('TW_INVALID_ARGUMENT', `intervalMs must be above 0, got ${intervalMs}`)
  const intervalNs = intervalMs * NS_PER_MS
  const startNs = time.monotonicNs()
  let run = 1
  let cancelled = false
  const fire = () => {
    run = Math.max(run, Math.floor((time.monotonicNs() - startNs) / intervalNs)) + 1
    timer = time.at(startNs + run * intervalNs, fire)
    callback()
  }
  let timer = time.at(startNs + intervalNs, fire)
  return {
    cancel: () => {
      if (cancelled) return
      cancelled = true
      timer.cancel()
    },
  }
}

/** Refuses NaN and infinities, which timers would turn into "at once". */
export function requireFinite(value: number, name: string): void {
  if (!Number.isFinite(value))
    throw new TradewireError('TW_INVALID_ARGUMENT', `${name} must be a finite number, got ${value}`)
}
