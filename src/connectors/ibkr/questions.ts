/**
 * Questions to TWS and their answers. TWS answers in pieces and says when it is done; some answers carry the number of their
 * question, others do not, so of those only one is under way at a time.
 */
import type { TradewireError } from '../../core/errors.js'
import { abortError } from '../../core/time.js'

interface Question {
  readonly items: unknown[]
  resolve(items: unknown[]): void
  reject(error: unknown): void
}

/** Collects the answers of one connection. */
export class Questions {
  readonly #open = new Map<number | string, Question>()
  readonly #lines = new Map<string, Promise<unknown>>()

  /** Asks under a key that is free. Resolves with what was {@link add}ed when the question {@link end}s. */
  ask<T>(key: number | string, signal: AbortSignal, send: () => void): Promise<T[]> {
    if (signal.aborted) return Promise.reject(abortError(signal))
    return new Promise<T[]>((resolve, reject) => {
      const onAbort = () => this.fail(key, abortError(signal))
      const settle = () => signal.removeEventListener('abort', onAbort)
      this.#open.set(key, {
        items: [],
        resolve: (items) => {
          settle()
          resolve(items as T[])
        },
        reject: (error) => {
          settle()
          reject(error)
        },
      })
      signal.addEventListener('abort', onAbort, { once: true })
      try {
        send()
      } catch (error) {
        this.fail(key, error)
      }
    })
  }

  /** Asks a question whose answer carries no number, when the one before under the same key is over. */
  async askInTurn<T>(key: string, signal: AbortSignal, send: () => void): Promise<T[]> {
    const before = this.#lines.get(key)
    const mine = (before ?? Promise.resolve()).then(
      () => this.ask<T>(key, signal, send),
      () => this.ask<T>(key, signal, send),
    )
    this.#lines.set(key, mine)
    try {
      return await mine
    } finally {
      if (this.#lines.get(key) === mine) this.#lines.delete(key)
    }
  }

  has(key: number | string): boolean {
    return this.#open.has(key)
  }

  /** A piece of an answer. False where nobody asked. */
  add(key: number | string, item: unknown): boolean {
    const question = this.#open.get(key)
    question?.items.push(item)
    return question !== undefined
  }

  /** The answer is complete. */
  end(key: number | string): void {
    const question = this.#open.get(key)
    this.#open.delete(key)
    question?.resolve(question.items)
  }

  /** The question was refused. False where nobody asked. */
  fail(key: number | string, error: unknown): boolean {
    const question = this.#open.get(key)
    this.#open.delete(key)
    question?.reject(error)
    return question !== undefined
  }

  failAll(error: TradewireError): void {
    for (const key of [...this.#open.keys()]) this.fail(key, error)
  }
}
