/**
 * Questions to the venue and their answers, which are messages with the id of the question: lists of orders (AF), executions (AD),
 * positions (AN), balances (BB). Each question ends with its last report, with a refusal, or with its signal.
 */
import { NS_PER_MS } from '../../../core/clock.js'
import { TradewireError } from '../../../core/errors.js'
import type { TimerHandle } from '../../../core/scheduler.js'
import { abortError, type Time } from '../../../core/time.js'

/** A question that waits for its answer. */
interface Question {
  readonly what: string
  readonly rows: unknown[]
  /** Reports that are to come; NaN while the venue has not said. */
  expected: number
  /** MsgSeqNum of the message that asked, for rejects that name nothing else. */
  number: number
  quietTimer: TimerHandle | undefined
  resolve(rows: unknown[]): void
  reject(error: unknown): void
}

/** Keeps the questions of one connection. */
export class QueryDesk {
  readonly #time: Time
  readonly #questions = new Map<string, Question>()
  #count = 0

  constructor(time: Time) {
    this.#time = time
  }

  /** An id that no question has had, unique over connections and restarts: it holds the time. */
  nextId(prefix: string): string {
    return `${prefix}${Math.floor(this.#time.wallUs() / 1_000).toString(36)}-${(++this.#count).toString(36)}`
  }

  /**
   * Asks: `send` sends the message and returns its number. Resolves with the rows that {@link add} brought.
   */
  ask<Row>(id: string, what: string, send: () => number, signal: AbortSignal): Promise<Row[]> {
    return new Promise<Row[]>((resolve, reject) => {
      if (signal.aborted) {
        reject(abortError(signal))
        return
      }
      const onAbort = () => this.#settle(id, (question) => question.reject(abortError(signal)))
      const question: Question = {
        what,
        rows: [],
        expected: Number.NaN,
        number: 0,
        quietTimer: undefined,
        resolve: (rows) => {
          signal.removeEventListener('abort', onAbort)
          resolve(rows as Row[])
        },
        reject: (error) => {
          signal.removeEventListener('abort', onAbort)
          reject(error)
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#questions.set(id, question)
      try {
        question.number = send()
      } catch (error) {
        this.#settle(id, ({ reject: fail }) => fail(error))
        return
      }
    })
  }

  /** Ends a list when nothing came for so long: for versions that mark no last report. */
  finishWhenQuiet(id: string, quietMs: number): void {
    const question = this.#questions.get(id)
    if (question === undefined) return
    let seen = -1
    const look = () => {
      if (seen === question.rows.length) {
        this.finish(id)
        return
      }
      seen = question.rows.length
      question.quietTimer = this.#time.at(this.#time.monotonicNs() + quietMs * NS_PER_MS, look)
    }
    look()
  }

  /** A question cannot be answered any more. */
  fail(id: string, error: unknown): void {
    this.#settle(id, (question) => question.reject(error))
  }

  has(id: string | undefined): id is string {
    return id !== undefined && this.#questions.has(id)
  }

  /** A row of an answer. */
  add(id: string, row: unknown): void {
    this.#questions.get(id)?.rows.push(row)
    this.#endIfComplete(id)
  }

  /** How many reports there will be. */
  expect(id: string, count: number): void {
    const question = this.#questions.get(id)
    if (question === undefined || Number.isNaN(count)) return
    question.expected = count
    this.#endIfComplete(id)
  }

  #endIfComplete(id: string): void {
    const question = this.#questions.get(id)
    if (question !== undefined && question.rows.length >= question.expected) this.finish(id)
  }

  /** The answer is complete. */
  finish(id: string): void {
    this.#settle(id, (question) => question.resolve(question.rows))
  }

  /** The venue refused a question. */
  refuse(id: string, reason: string): void {
    this.#settle(id, (question) => question.reject(refusal(question, reason)))
  }

  /** The venue rejected the message of a number. True when it was a question. */
  refuseNumber(number: number, reason: string): boolean {
    for (const [id, question] of this.#questions) {
      if (question.number !== number) continue
      this.refuse(id, reason)
      return true
    }
    return false
  }

  /** The connection is gone: nothing more will be answered. */
  drop(reason: string): void {
    for (const id of [...this.#questions.keys()])
      this.#settle(id, (question) =>
        question.reject(new TradewireError('TW_NOT_CONNECTED', `${question.what}: ${reason}`)),
      )
  }

  #settle(id: string, settle: (question: Question) => void): void {
    const question = this.#questions.get(id)
    if (question === undefined) return
    this.#questions.delete(id)
    question.quietTimer?.cancel()
    settle(question)
  }
}

function refusal({ what }: Question, reason: string): TradewireError {
  return new TradewireError('TW_NOT_SUPPORTED', `${what}: the venue refused it: ${reason}`)
}
