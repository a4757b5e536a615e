/** Waiting, built on the ports: sleeping and bounding an operation in time, both abortable, neither leaving a timer behind. */
import { setMaxListeners } from 'node:events'
import type { Clock } from './clock.js'
import { TradewireError } from './errors.js'
import type { Scheduler } from './scheduler.js'

/** A clock and the scheduler that follows it: one object in both implementations. */
export interface Time extends Clock, Scheduler {}

/** The error with which an aborted operation ends; its `cause` is the signal's reason. */
export function abortError(signal: AbortSignal): TradewireError {
  return new TradewireError('TW_ABORTED', 'The operation was aborted by its signal', { cause: signal.reason })
}

/** Any number of waits may share a signal: Node warns of a leak from the eleventh listener on unless it is told. */
export function listenForAbort(signal: AbortSignal | undefined, onAbort: () => void): void {
  if (signal === undefined) return
  setMaxListeners(0, signal)
  signal.addEventListener('abort', onAbort, { once: true })
}

/**
 * Resolves `delayMs` from now.
 *
 * @throws TradewireError `TW_ABORTED` when the signal fires first.
 */
export function sleep(time: Scheduler, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.reject(abortError(signal))
  return new Promise((resolve, reject) => {
    const timer = time.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      time.requestSettling?.()
      resolve()
    })
    const onAbort = () => {
      timer.cancel()
      reject(abortError(signal as AbortSignal))
    }
    listenForAbort(signal, onAbort)
  })
}

/** What {@link withTimeout} needs to know. */
export interface TimeoutOptions {
  /** Milliseconds until the operation counts as failed. */
  timeoutMs: number
  /** Named in the error: "connect to venue X". */
  what: string
  /** Aborts the wait and the operation. */
  signal?: AbortSignal | undefined
}

/**
 * Runs `operation` with a signal that fires when the time is over or the caller aborts, and settles no later than that,
 * even if the operation ignores its signal.
 *
 * @throws TradewireError `TW_TIMEOUT` when the time is over; `TW_ABORTED` when the caller's signal fires.
 */
export function withTimeout<T>(
  time: Scheduler,
  options: TimeoutOptions,
  operation: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { timeoutMs, what, signal } = options
  if (signal?.aborted) return Promise.reject(abortError(signal))
  const controller = new AbortController()
  return new Promise<T>((resolve, reject) => {
    const finish = (settle: () => void) => {
      timer.cancel()
      signal?.removeEventListener('abort', onAbort)
      settle()
    }
    const timer = time.after(timeoutMs, () => {
      const error = new TradewireError('TW_TIMEOUT', `${what} did not finish within ${timeoutMs} ms`, {
        details: { what, timeoutMs },
      })
      time.requestSettling?.()
      finish(() => reject(error))
      controller.abort(error)
    })
    const onAbort = () => {
      const error = abortError(signal as AbortSignal)
      finish(() => reject(error))
      controller.abort(error)
    }
    listenForAbort(signal, onAbort)
    const fail = (error: unknown) => finish(() => reject(error))
    try {
      operation(controller.signal).then((value) => finish(() => resolve(value)), fail)
    } catch (error) {
      fail(error)
    }
  })
}
