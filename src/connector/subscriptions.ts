/** What a connector is subscribed to: kept here so that a reconnect can ask for all of it again. Counted, so that two users of one stream share it. */
import type { DataKind } from './capabilities.js'

/** One stream: a kind of data of one instrument. */
export interface Subscription {
  readonly kind: DataKind
  /** Index in the instrument registry. */
  readonly instrument: number
}

/** Streams with the number of their users. */
export class SubscriptionRegistry {
  readonly #users = new Map<string, { subscription: Subscription; users: number }>()

  /** Adds a user; true for the first one, who has to ask the venue. */
  add(subscription: Subscription): boolean {
    const key = keyOf(subscription)
    const entry = this.#users.get(key)
    if (entry !== undefined) {
      entry.users++
      return false
    }
    this.#users.set(key, { subscription, users: 1 })
    return true
  }

  /** Removes a user; true for the last one, after whom the venue need not send it any more. */
  remove(subscription: Subscription): boolean {
    const key = keyOf(subscription)
    const entry = this.#users.get(key)
    if (entry === undefined) return false
    entry.users--
    if (entry.users > 0) return false
    this.#users.delete(key)
    return true
  }

  /** All streams, in the order in which they were first asked for. */
  list(): Subscription[] {
    return [...this.#users.values()].map((entry) => entry.subscription)
  }

  get size(): number {
    return this.#users.size
  }
}

/** A stream as text. */
export function keyOf(subscription: Subscription): string {
  return `${subscription.kind}:${subscription.instrument}`
}
