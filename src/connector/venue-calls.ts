/** Everything that is asked of a venue and awaited: in its turn, within its time, and no longer than the connection lasts. */
import { TradewireError } from '../core/errors.js'
import { type Time, withTimeout } from '../core/time.js'
import { linkedSignal } from './linked-signal.js'
import { type Pacer, PacingRank } from './pacing/pacer.js'
import type { PacingClass } from './pacing/pacing-options.js'
import type { ConnectorStatistics } from './statistics.js'

/** One call to the venue. */
export interface VenueCall<T> {
  /** How urgent it is. */
  readonly kind: PacingClass
  /** Named in errors: "query orders". */
  readonly what: string
  /** Counted from when it is sent. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** Called when it leaves. */
  readonly onSent?: () => void
  run(signal: AbortSignal): Promise<T>
}

/** Makes the calls of one connector. */
export class VenueCalls {
  /** Fires when the connection that is up is lost; undefined before the first. */
  connection: AbortSignal | undefined
  readonly #name: string
  readonly #time: Time
  readonly #pacer: Pacer | undefined
  readonly #statistics: ConnectorStatistics
  readonly #isConnected: () => boolean

  constructor(
    name: string,
    time: Time,
    pacer: Pacer | undefined,
    statistics: ConnectorStatistics,
    isConnected: () => boolean,
  ) {
    this.#name = name
    this.#time = time
    this.#pacer = pacer
    this.#statistics = statistics
    this.#isConnected = isConnected
  }

  /** @throws TradewireError `TW_TIMEOUT`; `TW_ABORTED` by the signal or the loss of the connection; what the call throws. */
  call<T>({ kind, what, timeoutMs, signal: given, onSent, run }: VenueCall<T>): Promise<T> {
    const { signal, release } = linkedSignal(given, this.connection)
    const send = () => {
      onSent?.()
      return withTimeout(this.#time, { timeoutMs, what: `${this.#name}: ${what}`, signal }, run)
    }
    const pacer = this.#pacer
    return (pacer === undefined ? send() : pacer.run(PacingRank[kind], send, { signal })).finally(release)
  }

  /** A call that is counted and measured, and refused without a connection. @throws TradewireError `TW_NOT_CONNECTED`, and as {@link call}. */
  query<T>(call: Omit<VenueCall<T>, 'onSent'>): Promise<T> {
    if (!this.#isConnected())
      return Promise.reject(
        new TradewireError('TW_NOT_CONNECTED', `Connector ${this.#name} is not connected: cannot ${call.what}`),
      )
    this.#statistics.queries++
    let sentNs = 0
    const onSent = () => {
      sentNs = this.#time.monotonicNs()
    }
    return this.call({ ...call, onSent, run: (signal) => call.run(signal) }).then((answer) => {
      this.#statistics.queryLatency.record(this.#time.monotonicNs() - sentNs)
      return answer
    })
  }
}
