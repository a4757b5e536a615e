/**
 * The scheduler port: callbacks at absolute deadlines of the monotonic clock.
 *
 * Deadlines are absolute so that a periodic task does not drift: run k of `every` is due at start + k * interval, however
 * late run k-1 was. Runs that a stalled process missed are merged into one, never fired as a burst.
 */

/** A scheduled callback that can be withdrawn. Cancelling twice, or after it ran, does nothing. */
export interface TimerHandle {
  cancel(): void
}

/** Runs callbacks later. A callback that throws is reported to the scheduler's error handler and harms no other timer. */
export interface Scheduler {
  /** Runs `callback` once when the monotonic clock reaches `deadlineNs`; at once (on the next turn) if it is past. */
  at(deadlineNs: number, callback: () => void): TimerHandle
  /** Runs `callback` once, `delayMs` from now. `delayMs` is finite and at least 0. */
  after(delayMs: number, callback: () => void): TimerHandle
  /** Runs `callback` each `intervalMs` (> 0) until cancelled, first after one interval. Missed runs are merged. */
  every(intervalMs: number, callback: () => void): TimerHandle
  /** Runs `callback` once on the next turn of the loop, after input and output that is waiting. */
  nextTurn(callback: () => void): TimerHandle
  /** Callbacks scheduled and neither run nor cancelled. */
  readonly pendingTimers: number
  /**
   * Virtual time only: asks whoever moves the clock to let promises settle before it goes on. Called where a promise that
   * others may await is about to settle; without it, what awaits would see the clock far ahead.
   */
  requestSettling?(): void
}

/** Called with whatever a scheduled callback threw. */
export type TimerErrorHandler = (error: unknown) => void
