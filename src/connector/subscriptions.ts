/**
 * What a connector is subscribed to. Kept here, so that every connection asks for all of it again; counted, so that two
 * users of one stream share it, and the venue hears of the first and the last of them only.
 */
import { messageOf } from '../core/errors.js'
import { abortError, listenForAbort } from '../core/time.js'
import type { DataKind } from './capabilities.js'
import type { FreshnessWatch, Stream, StreamReport, StreamState } from './freshness.js'

/** One stream: a kind of data of one instrument. */
export interface Subscription {
  readonly kind: DataKind
  /** Index in the instrument registry. */
  readonly instrument: number
}

/** How the desk speaks to the venue and to its owner. */
export interface SubscriptionSteps {
  /** Asks for a stream in its turn; `onSent` is called when the message leaves. */
  ask(subscription: Subscription, signal: AbortSignal, onSent: () => void): Promise<void>
  end(subscription: Subscription, signal: AbortSignal | undefined): Promise<void>
  isConnected(): boolean
  onChange(stream: Stream, ageMs: number, reason?: string): void
  onProblem(error: unknown): void
}

/** A question to the venue that has no answer yet. */
interface Asking {
  readonly controller: AbortController
  promise: Promise<void>
  isSent: boolean
  /** The connection went first: the next one will be asked. */
  isLost: boolean
}

interface Entry extends Stream {
  users: number
  isAsked: boolean
  asking: Asking | undefined
}

/** Streams that are asked for side by side after a reconnect, so that one slow answer does not hold up the others. */
const askedAtOnce = 16

/** Holds the streams of one connector. */
export class SubscriptionDesk {
  readonly #entries = new Map<string, Entry>()
  readonly #steps: SubscriptionSteps
  readonly #freshness: FreshnessWatch
  /** Counts connections: what was begun over an earlier one is over. */
  #connection = 0

  constructor(steps: SubscriptionSteps, freshness: FreshnessWatch) {
    this.#steps = steps
    this.#freshness = freshness
  }

  /** All streams, in the order in which they were first asked for. */
  list(): Subscription[] {
    return [...this.#entries.values()].map(({ subscription }) => subscription)
  }

  /** All streams with their state now and the milliseconds since something came. */
  report(): StreamReport[] {
    this.#freshness.look()
    return [...this.#entries.values()].map((entry) => ({
      subscription: entry.subscription,
      state: entry.state,
      users: entry.users,
      ageMs: entry.isAsked ? this.#freshness.ageMs(entry) : Number.NaN,
    }))
  }

  /**
   * Adds a user of a stream. Resolves when the venue was asked, or at once without a connection; a stream that the venue
   * refuses does not stand.
   */
  async add(subscription: Subscription, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) throw abortError(signal)
    const key = keyOf(subscription)
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      entry = {
        subscription,
        state: 'waiting',
        seen: 0,
        activeNs: 0,
        users: 0,
        isAsked: false,
        asking: undefined,
      }
      this.#entries.set(key, entry)
    }
    entry.users++
    if (!this.#steps.isConnected() || entry.isAsked) return
    try {
      await untilAborted(this.#ask(entry), signal)
    } catch (error) {
      if (signal?.aborted) {
        await this.#leave(entry, undefined)
        throw error
      }
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
      this.#change(entry, 'refused', messageOf(error))
      throw error
    }
  }

  /** Removes a user; after the last one the venue need not send the stream any more. */
  async remove(subscription: Subscription, signal?: AbortSignal): Promise<void> {
    const entry = this.#entries.get(keyOf(subscription))
    if (entry !== undefined) await this.#leave(entry, signal)
  }

  async #leave(entry: Entry, signal: AbortSignal | undefined): Promise<void> {
    if (--entry.users > 0) return
    const key = keyOf(entry.subscription)
    if (this.#entries.get(key) === entry) this.#entries.delete(key)
    this.#freshness.forget(entry)
    this.#change(entry, 'ended')
    const { asking } = entry
    const connection = this.#connection
    if (asking !== undefined) {
      if (!asking.isSent) {
        asking.controller.abort()
        return
      }
      await asking.promise.catch(() => {})
    }
    // Somebody may have asked for it again meanwhile.
    const isWanted = this.#entries.has(key)
    if (entry.isAsked && !isWanted && connection === this.#connection && this.#steps.isConnected()) {
      entry.isAsked = false
      await this.#steps.end(entry.subscription, signal)
    }
  }

  /** The connection is up: asks for everything again. A stream that the venue refuses is reported and harms no other. */
  async askAll(): Promise<void> {
    const connection = ++this.#connection
    const entries = [...this.#entries.values()]
    let next = 0
    const worker = async () => {
      while (next < entries.length && connection === this.#connection) {
        const entry = entries[next++] as Entry
        if (entry.users === 0) continue
        try {
          await this.#ask(entry)
        } catch (error) {
          this.#change(entry, 'refused', messageOf(error))
          this.#steps.onProblem(error)
        }
      }
    }
    await Promise.all(Array.from({ length: askedAtOnce }, worker))
  }

  /** The connection is gone, and with it every stream, until the next one. */
  connectionEnded(): void {
    this.#connection++
    this.#freshness.stop()
    for (const entry of this.#entries.values()) {
      entry.isAsked = false
      const { asking } = entry
      if (asking !== undefined) {
        asking.isLost = true
        asking.controller.abort()
      }
      this.#change(entry, 'waiting')
    }
  }

  /** Asks the venue, once over each connection. */
  #ask(entry: Entry): Promise<void> {
    if (entry.asking !== undefined) return entry.asking.promise
    if (entry.isAsked) return Promise.resolve()
    const asking: Asking = {
      controller: new AbortController(),
      promise: Promise.resolve(),
      isSent: false,
      isLost: false,
    }
    entry.asking = asking
    // From here on data may come; the time without any counts from the answer.
    this.#change(entry, 'asked')
    this.#freshness.watch(entry)
    const onSent = () => {
      asking.isSent = true
    }
    const settled = () => {
      if (entry.asking === asking) entry.asking = undefined
    }
    asking.promise = this.#steps.ask(entry.subscription, asking.controller.signal, onSent).then(
      () => {
        settled()
        if (!asking.isLost) entry.isAsked = true
      },
      (error: unknown) => {
        settled()
        if (asking.isLost) return
        this.#freshness.forget(entry)
        throw error
      },
    )
    return asking.promise
  }

  #change(entry: Entry, state: StreamState, reason?: string): void {
    if (entry.state === state) return
    entry.state = state
    this.#steps.onChange(entry, Number.NaN, reason)
  }
}

/** Settles as the promise does, or when the signal fires. */
function untilAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortError(signal))
    const finish = (settle: () => void) => {
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    listenForAbort(signal, onAbort)
    promise.then(
      () => finish(resolve),
      (error: unknown) => finish(() => reject(error)),
    )
  })
}

/** A stream as text. */
export function keyOf(subscription: Subscription): string {
  return `${subscription.kind}:${subscription.instrument}`
}
