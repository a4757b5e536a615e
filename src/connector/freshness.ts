/**
 * Tells when a stream that was asked for goes quiet while the connection is up, and when it is back: "connected" says
 * nothing about data. Looks at counters now and then instead of reading a clock for every event, so a stream is found stale
 * up to a quarter of its bound late.
 */
import { NS_PER_MS } from '../core/clock.js'
import type { TimerHandle } from '../core/scheduler.js'
import type { Time } from '../core/time.js'
import type { DataKind } from './capabilities.js'
import type { MonitoredSink } from './monitored-sink.js'
import type { Subscription } from './subscriptions.js'

/**
 * Where a stream stands. `waiting`: there is no connection, it will be asked for · `asked`: nothing came yet · `live` ·
 * `stale`: nothing came for longer than its bound, or the venue said that it may be dead · `refused`: the venue does not give it · `ended`: nobody wants it.
 */
export type StreamState = 'waiting' | 'asked' | 'live' | 'stale' | 'refused' | 'ended'

/** What is known about the freshness of a stream. */
export interface Stream {
  readonly subscription: Subscription
  state: StreamState
  /** Its events at the last look, and when a look first saw that many, monotonic. */
  seen: number
  activeNs: number
}

/** A stream as its users see it. */
export interface StreamReport {
  readonly subscription: Subscription
  readonly state: StreamState
  /** How many times it was asked for and not given up. */
  readonly users: number
  /** Milliseconds since something came; NaN where nothing is expected. */
  readonly ageMs: number
}

const shortestLookMs = 10
const longestLookMs = 5_000

/** Watches the streams of one connector. */
export class FreshnessWatch {
  readonly #staleAfterMs: Readonly<Record<DataKind, number>>
  readonly #sink: MonitoredSink
  readonly #time: Time
  readonly #onChange: (stream: Stream, ageMs: number, reason?: string) => void
  readonly #streams = new Set<Stream>()
  #timer: TimerHandle | undefined

  constructor(
    staleAfterMs: Readonly<Record<DataKind, number>>,
    sink: MonitoredSink,
    time: Time,
    onChange: (stream: Stream, ageMs: number, reason?: string) => void,
  ) {
    this.#staleAfterMs = staleAfterMs
    this.#sink = sink
    this.#time = time
    this.#onChange = onChange
  }

  /** A stream was asked for: its time counts from now. */
  watch(stream: Stream): void {
    const { kind, instrument } = stream.subscription
    stream.seen = this.#sink.count(kind, instrument)
    stream.activeNs = this.#time.monotonicNs()
    this.#streams.add(stream)
    if (this.#staleAfterMs[kind] > 0) this.#arm()
  }

  #arm(): void {
    if (this.#timer !== undefined) return
    const shortest = Math.min(...Object.values(this.#staleAfterMs).filter((ms) => ms > 0), longestLookMs)
    const lookMs = Math.max(shortestLookMs, Math.min(longestLookMs, shortest / 4))
    this.#timer = this.#time.every(lookMs, () => this.look())
  }

  /**
   * The venue said that streams may be dead: they are stale from now on, whatever their bounds are, and live again with the
   * next event.
   */
  suspect(reason: string, isMeant: (subscription: Subscription) => boolean): void {
    for (const stream of this.#streams) {
      if (!isMeant(stream.subscription)) continue
      this.#lookAt(stream)
      this.#change(stream, 'stale', reason)
      this.#arm()
    }
  }

  forget(stream: Stream): void {
    this.#streams.delete(stream)
    if (this.#streams.size === 0) this.stop()
  }

  /** The connection is gone: no stream is watched any more. */
  stop(): void {
    this.#streams.clear()
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** Milliseconds since a look saw something new of a stream. */
  ageMs(stream: Stream): number {
    return (this.#time.monotonicNs() - stream.activeNs) / NS_PER_MS
  }

  /** Brings the states of all streams up to date. */
  look(): void {
    for (const stream of this.#streams) this.#lookAt(stream)
  }

  #lookAt(stream: Stream): void {
    const { kind, instrument } = stream.subscription
    const count = this.#sink.count(kind, instrument)
    if (count !== stream.seen) {
      stream.seen = count
      stream.activeNs = this.#time.monotonicNs()
      this.#change(stream, 'live')
      return
    }
    const bound = this.#staleAfterMs[kind]
    if (bound > 0 && this.ageMs(stream) >= bound) this.#change(stream, 'stale')
  }

  #change(stream: Stream, state: StreamState, reason?: string): void {
    if (stream.state === state) return
    stream.state = state
    this.#onChange(stream, this.ageMs(stream), reason)
  }
}
