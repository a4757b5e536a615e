/**
 * Messages that wait for those before them (arbitration of contiguous numbers): kept in order, released when the hole is
 * filled by another line, and let go with the hole marked when nothing fills it in time or too many wait.
 */
import type { Time } from '../core/time.js'
import type { Feed, FeedStream, HeldMessage } from './feed.js'
import { Verdict } from './line-arbiter.js'

/** What the room works with. */
export interface WaitingRoomParts {
  time: Time
  /** All feeds; holes are those of instruments without one. */
  feeds: readonly (Feed | undefined)[]
  /** Numbers of a stream are missing for good. */
  onMissing(instrument: number, source: number, stream: FeedStream, missing: number): void
  /** Something was handed on outside a call of a connector. */
  onReleased(): void
}

/** Where messages wait. */
export class WaitingRoom {
  readonly #parts: WaitingRoomParts
  #timer: { cancel(): void } | undefined

  constructor(parts: WaitingRoomParts) {
    this.#parts = parts
  }

  /** Keeps a message. False when there is no room although the oldest hole was given up: the line has to wait. */
  hold(feed: Feed, stream: FeedStream, instrument: number, message: HeldMessage): boolean {
    const { held, arbiter } = stream
    if (!held.some(({ sequence }) => sequence === message.sequence)) {
      if (held.length >= feed.maxHeld) this.#giveUp(feed, stream, instrument)
      if (held.length >= feed.maxHeld) return false
      held.push(message)
      held.sort((first, second) => first.sequence - second.sequence)
      this.#timer ??= this.#parts.time.after(feed.maxHoldMs, () => this.#holdIsOver())
    }
    arbiter.received(message.line, message.sequence)
    return true
  }

  /** Hands on what waited for the message that has just gone, as far as there is room. */
  release(feed: Feed, stream: FeedStream): void {
    const { held, arbiter } = stream
    for (let first = held[0]; first !== undefined; first = held[0]) {
      const verdict = arbiter.judge(first.sequence, first.previous)
      if (verdict === Verdict.hold) return
      if (verdict === Verdict.deliver) {
        if (!first.publish()) return
        arbiter.delivered(first.line, first.sequence)
        feed.released++
      }
      held.shift()
    }
  }

  /** Hands on all that waits, holes marked, as far as there is room. */
  letGo(feed: Feed, stream: FeedStream, instrument: number): void {
    this.release(feed, stream)
    for (let first = stream.held[0]; first !== undefined; first = stream.held[0]) {
      this.#giveUp(feed, stream, instrument)
      if (stream.held[0] === first) return
    }
  }

  /** Ends the waiting. */
  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** What lies before the first that waits is not coming. */
  #giveUp(feed: Feed, stream: FeedStream, instrument: number): void {
    const first = stream.held[0]
    if (first === undefined) return
    const missing = stream.arbiter.giveUp(first.previous)
    if (missing > 0) this.#parts.onMissing(instrument, feed.sources[first.line] as number, stream, missing)
    this.release(feed, stream)
  }

  #holdIsOver(): void {
    this.#timer = undefined
    const nowMs = this.#parts.time.monotonicNs() / 1e6
    let nextMs = Number.POSITIVE_INFINITY
    const { feeds } = this.#parts
    for (let instrument = 0; instrument < feeds.length; instrument++) {
      const feed = feeds[instrument]
      if (feed === undefined) continue
      for (const stream of [feed.quotes, feed.trades, feed.book])
        nextMs = Math.min(nextMs, this.#letGo(feed, stream, instrument, nowMs))
    }
    this.#parts.onReleased()
    if (nextMs < Number.POSITIVE_INFINITY) this.#timer = this.#parts.time.after(nextMs, () => this.#holdIsOver())
  }

  /** Lets go what has waited long enough. Returns after how many milliseconds to look again. */
  #letGo(feed: Feed, stream: FeedStream, instrument: number, nowMs: number): number {
    for (let first = stream.held[0]; first !== undefined; first = stream.held[0]) {
      const waitMs = first.sinceMs + feed.maxHoldMs - nowMs
      if (waitMs > 0) return waitMs
      this.#giveUp(feed, stream, instrument)
      // The sink has no room: soon again.
      if (stream.held[0] === first) return 1
    }
    return Number.POSITIVE_INFINITY
  }
}
