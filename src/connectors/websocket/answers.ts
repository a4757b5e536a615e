/** Questions to the venue that wait for their answer, by a key that the answer carries. */
import { TradewireError } from '../../core/errors.js'
import { abortError } from '../../core/time.js'

interface Waiter {
  resolve(): void
  reject(error: unknown): void
}

/** Keeps what waits. The caller bounds the wait by a signal. */
export class Answers {
  readonly #waiters = new Map<string, Set<Waiter>>()

  /** Resolves when the key is confirmed. @throws TradewireError `TW_NOT_SUPPORTED` where the venue refused. */
  wait(key: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        signal.removeEventListener('abort', onAbort)
        const waiters = this.#waiters.get(key)
        waiters?.delete(waiter)
        if (waiters?.size === 0) this.#waiters.delete(key)
      }
      const waiter: Waiter = {
        resolve: () => {
          end()
          resolve()
        },
        reject: (error) => {
          end()
          reject(error)
        },
      }
      const onAbort = () => waiter.reject(abortError(signal))
      signal.addEventListener('abort', onAbort, { once: true })
      const waiters = this.#waiters.get(key) ?? new Set()
      this.#waiters.set(key, waiters.add(waiter))
      if (signal.aborted) onAbort()
    })
  }

  /** Whether anybody waited for it. */
  confirm(key: string): boolean {
    return this.#settle(key, (waiter) => waiter.resolve())
  }

  refuse(key: string, reason: string): boolean {
    const error = new TradewireError('TW_NOT_SUPPORTED', `The venue refused ${key}: ${reason}`)
    return this.#settle(key, (waiter) => waiter.reject(error))
  }

  /** The connection is over. */
  failAll(reason: string): void {
    const error = new TradewireError('TW_NOT_CONNECTED', reason)
    for (const waiters of [...this.#waiters.values()]) for (const waiter of [...waiters]) waiter.reject(error)
  }

  #settle(key: string, settle: (waiter: Waiter) => void): boolean {
    const waiters = [...(this.#waiters.get(key) ?? [])]
    for (const waiter of waiters) settle(waiter)
    return waiters.length > 0
  }
}
