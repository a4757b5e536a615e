/**
 * Trying again, for connections: exponential backoff with full jitter, bounded, abortable, driven by the ports.
 *
 * p-retry runs the attempts; its own waits are switched off, because virtual time cannot drive them and its jitter is not
 * seeded. Between attempts we sleep on the Scheduler port for a delay drawn from the Random port: the same seed gives the
 * same reconnects, in a simulation within no real time at all. Orders are never retried, so nothing on their way may
 * import this.
 *
 * Full jitter: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
import pRetry from 'p-retry'
import { TradewireError } from './errors.js'
import type { Random } from './random.js'
import type { Scheduler } from './scheduler.js'
import { abortError, sleep, withTimeout } from './time.js'

/** How long to wait between attempts. */
export interface Backoff {
  /** The bound of the first delay, in milliseconds, above 0. */
  firstDelayMs: number
  /** The bound of any delay, in milliseconds, at least `firstDelayMs`. */
  maxDelayMs: number
  /** What the bound grows by from failure to failure, at least 1; 2 unless given. */
  factor?: number
}

/** Waits that suit a venue connection: up to half a second at first, up to 30 s in the long run. */
export const defaultBackoff: Backoff = { firstDelayMs: 500, maxDelayMs: 30_000 }

/** A failed attempt that will be followed by another. */
export interface FailedAttempt {
  /** Attempts made so far, from 1. */
  attempt: number
  error: Error
  /** How long the next attempt waits. */
  delayMs: number
}

/** What {@link retry} needs to know. */
export interface RetryOptions {
  time: Scheduler
  random: Random
  /** Named in errors: "connect to venue X". */
  what: string
  /** Milliseconds until one attempt counts as failed. */
  timeoutMs: number
  backoff?: Backoff
  /** Attempts after the first; without end unless given. */
  retries?: number
  /** Whether an error is worth another attempt; {@link isRetryable} unless given. A TypeError never is: it is a bug. */
  shouldRetry?: (error: Error) => boolean
  /** Called before each wait. */
  onFailedAttempt?: (failed: FailedAttempt) => void
  signal?: AbortSignal | undefined
}

/**
 * Runs `operation` until it succeeds, fails for good, or is aborted. Attempts are numbered from 1 and get a signal that
 * fires at their timeout and at the caller's abort.
 *
 * @throws the last attempt's error when no attempt is left or the error is not retryable; TradewireError `TW_ABORTED` when
 * the signal fires; `TW_TIMEOUT` when the last attempt took too long; `TW_INVALID_ARGUMENT` for options out of range.
 *
 * @example
 * ```ts
 * const connection = await retry(
 *   { time, random, what: 'connect to the gateway', timeoutMs: 5_000, signal },
 *   (attempt, signal) => network.connect({ host, port, timeoutMs: 5_000, signal }),
 * )
 * ```
 */
export async function retry<T>(
  options: RetryOptions,
  operation: (attempt: number, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { time, random, what, timeoutMs, signal } = options
  const backoff = requireBackoff(options.backoff ?? defaultBackoff)
  const retries = requireRetries(options.retries ?? Number.POSITIVE_INFINITY)
  const shouldRetry = options.shouldRetry ?? isRetryable
  if (signal?.aborted) throw abortError(signal)
  return pRetry(
    (attempt) => withTimeout(time, { timeoutMs, what, signal }, (attemptSignal) => operation(attempt, attemptSignal)),
    {
      retries,
      factor: 1,
      minTimeout: 0,
      maxTimeout: 0,
      async onFailedAttempt({ error, attemptNumber: attempt, retriesLeft }) {
        if (retriesLeft <= 0 || signal?.aborted || error instanceof TypeError || !shouldRetry(error)) throw error
        const delayMs = backoffDelayMs(attempt, backoff, random)
        options.onFailedAttempt?.({ attempt, error, delayMs })
        await sleep(time, delayMs, signal)
      },
    },
  )
}

/** The wait after the given number of failures (from 1): uniform between 0 and a bound that grows up to `maxDelayMs`. Whole milliseconds. */
export function backoffDelayMs(failures: number, backoff: Backoff, random: Random): number {
  const factor = backoff.factor ?? 2
  let boundMs = backoff.firstDelayMs
  // Multiplied step by step: the last digit of a power differs between Node versions.
  for (let i = 1; i < failures && boundMs < backoff.maxDelayMs && factor > 1; i++) boundMs *= factor
  return Math.floor(random.next() * (Math.min(boundMs, backoff.maxDelayMs) + 1))
}

/** Whether trying again makes sense: by the error's own word for ours, yes for anything else. */
export function isRetryable(error: Error): boolean {
  return error instanceof TradewireError ? error.retryable : true
}

function requireBackoff(backoff: Backoff): Backoff {
  const { firstDelayMs, maxDelayMs, factor = 2 } = backoff
  const fault = !(Number.isFinite(firstDelayMs) && firstDelayMs > 0)
    ? `backoff.firstDelayMs must be above 0, got ${firstDelayMs}`
    : !(Number.isFinite(maxDelayMs) && maxDelayMs >= firstDelayMs)
      ? `backoff.maxDelayMs must be at least firstDelayMs (${firstDelayMs}), got ${maxDelayMs}`
      : !(Number.isFinite(factor) && factor >= 1)
        ? `backoff.factor must be at least 1, got ${factor}`
        : undefined
  if (fault !== undefined) throw new TradewireError('TW_INVALID_ARGUMENT', fault)
  return backoff
}

function requireRetries(retries: number): number {
  if (retries === Number.POSITIVE_INFINITY || (Number.isSafeInteger(retries) && retries >= 0)) return retries
  throw new TradewireError('TW_INVALID_ARGUMENT', `retries must be a whole number from 0 or Infinity, got ${retries}`)
}
