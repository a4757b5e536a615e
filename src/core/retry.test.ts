import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { TradewireError } from './errors.js'
import { SeededRandom } from './random.js'
import { backoffDelayMs, type FailedAttempt, isRetryable, type RetryOptions, retry } from './retry.js'
import { VirtualTime } from './virtual-time.js'

const refused = () => new TradewireError('TW_NETWORK', 'refused')

function setUp(options: Partial<RetryOptions> = {}) {
  const time = new VirtualTime()
  const failed: FailedAttempt[] = []
  return {
    time,
    failed,
    options: {
      time,
      random: new SeededRandom(1),
      what: 'connect',
      timeoutMs: 1_000,
      onFailedAttempt: (attempt: FailedAttempt) => failed.push(attempt),
      ...options,
    } satisfies RetryOptions,
  }
}

describe('retry', () => {
  it('tries until it succeeds, in virtual time only', async () => {
    const { time, failed, options } = setUp()
    const result = await time.runUntil(
      retry(options, async (attempt) => {
        if (attempt <= 40) throw refused()
        return attempt
      }),
    )
    expect(result).toBe(41)
    expect(failed.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
    expect(time.monotonicNs() / 1e6).toBe(failed.reduce((sum, { delayMs }) => sum + delayMs, 0))
    expect(time.monotonicNs() / 1e6).toBeGreaterThan(60_000)
    expect(time.pendingTimers).toBe(0)
  })

  it('waits the same for the same seed, and otherwise for another', async () => {
    const delays = async (seed: number) => {
      const { time, failed, options } = setUp({ random: new SeededRandom(seed), retries: 8 })
      await time.runUntil(retry(options, () => Promise.reject(refused())).catch(() => {}))
      return failed.map(({ delayMs }) => delayMs)
    }
    expect(await delays(5)).toEqual(await delays(5))
    expect(await delays(5)).not.toEqual(await delays(6))
  })

  it('ends with the last error when no attempt is left, without a last wait', async () => {
    const { time, failed, options } = setUp({ retries: 2 })
    let attempts = 0
    const running = retry(options, async () => {
      throw new Error(`attempt ${++attempts}`)
    })
    await expect(time.runUntil(running)).rejects.toThrow('attempt 3')
    expect(failed).toHaveLength(2)
    const once = retry({ ...options, retries: 0 }, () => Promise.reject(refused()))
    await expect(once).rejects.toMatchObject({ code: 'TW_NETWORK' })
  })

  it('does not retry what cannot succeed: errors that say so, bugs, and what the caller excludes', async () => {
    for (const error of [new TradewireError('TW_INVALID_CONFIG', 'x'), new TypeError('undefined is not a function')]) {
      const { failed, options } = setUp()
      await expect(retry(options, () => Promise.reject(error))).rejects.toBe(error)
      expect(failed).toEqual([])
    }
    const { options } = setUp({ shouldRetry: (error) => error.message !== 'bad password' })
    await expect(retry(options, () => Promise.reject(new Error('bad password')))).rejects.toThrow('bad password')
    expect([isRetryable(refused()), isRetryable(new Error('x'))]).toEqual([true, true])
  })

  it('bounds every attempt in time and aborts it', async () => {
    const { time, failed, options } = setUp({ retries: 1, timeoutMs: 200 })
    const signals: AbortSignal[] = []
    const running = retry(options, (_, signal) => {
      signals.push(signal)
      return new Promise(() => {})
    })
    await expect(time.runUntil(running)).rejects.toMatchObject({ code: 'TW_TIMEOUT' })
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true])
    expect(time.monotonicNs() / 1e6).toBe(400 + failed[0]!.delayMs)
  })

  it('ends with TW_ABORTED during an attempt, during a wait, and before the first, leaving nothing behind', async () => {
    const { time, options } = setUp()
    const during = new AbortController()
    const attempting = retry({ ...options, signal: during.signal }, () => new Promise(() => {}))
    during.abort()
    await expect(attempting).rejects.toMatchObject({ code: 'TW_ABORTED' })

    const waiting = new AbortController()
    const sleeping = retry(
      { ...options, signal: waiting.signal, onFailedAttempt: () => time.nextTurn(() => waiting.abort()) },
      () => Promise.reject(refused()),
    )
    await expect(time.runUntil(sleeping)).rejects.toMatchObject({ code: 'TW_ABORTED' })

    let started = false
    const never = retry({ ...options, signal: waiting.signal }, async () => {
      started = true
    })
    await expect(never).rejects.toMatchObject({ code: 'TW_ABORTED' })
    expect(started).toBe(false)
    const left = [during, waiting].map(({ signal }) => getEventListeners(signal, 'abort').length)
    expect([time.pendingTimers, ...left]).toEqual([0, 0, 0])
  })

  it('refuses options out of range', async () => {
    const bad: [Partial<RetryOptions>, RegExp][] = [
      [{ backoff: { firstDelayMs: 0, maxDelayMs: 1 } }, /backoff.firstDelayMs/],
      [{ backoff: { firstDelayMs: 5, maxDelayMs: 4 } }, /backoff.maxDelayMs/],
      [{ backoff: { firstDelayMs: 5, maxDelayMs: Number.POSITIVE_INFINITY } }, /backoff.maxDelayMs/],
      [{ backoff: { firstDelayMs: 5, maxDelayMs: 9, factor: 0.5 } }, /backoff.factor/],
      [{ retries: -1 }, /retries/],
      [{ retries: Number.NaN }, /retries/],
    ]
    for (const [options, message] of bad) {
      await expect(retry(setUp(options).options, async () => 1)).rejects.toThrow(message)
    }
  })
})

describe('backoffDelayMs', () => {
  it('is full jitter under a bound that doubles up to the cap, for any number of failures', () => {
    const random = new SeededRandom(9)
    const backoff = { firstDelayMs: 100, maxDelayMs: 5_000 }
    for (const failures of [1, 2, 3, 4, 5, 6, 7, 8, 100, 1_100, Number.MAX_SAFE_INTEGER]) {
      const bound = Math.min(5_000, 100 * 2 ** Math.min(50, failures - 1))
      let least = Number.POSITIVE_INFINITY
      let most = 0
      for (let i = 0; i < 500; i++) {
        const delayMs = backoffDelayMs(failures, backoff, random)
        expect(Number.isSafeInteger(delayMs)).toBe(true)
        least = Math.min(least, delayMs)
        most = Math.max(most, delayMs)
      }
      expect(least).toBeGreaterThanOrEqual(0)
      expect(most).toBeLessThanOrEqual(bound)
      expect(least).toBeLessThan(bound * 0.05)
      expect(most).toBeGreaterThan(bound * 0.95)
    }
  })

  it('keeps its bound with a factor of 1', () => {
    const random = new SeededRandom(9)
    for (let i = 0; i < 100; i++) {
      expect(backoffDelayMs(1e9, { firstDelayMs: 10, maxDelayMs: 1_000, factor: 1 }, random)).toBeLessThanOrEqual(10)
    }
  })
})
