/**
 * Whether the clocks of venues and ours agree (C35). An acknowledgement is made between the moment an order was sent and
 * the moment its answer is here: a venue time outside of that is how far the clocks are apart, whatever the line takes.
 * Reports that may be old (of fills, after a reconnect) can only show that a venue is ahead.
 *
 * From `alertMs` on somebody is told; beyond `refuseMs` orders to the connector are refused until the clocks agree again or
 * the connection is made anew. Timers of our own never look at a wall clock.
 */

/** How far clocks may be apart. */
export interface ClockOptions {
  /** 2,000 unless given. */
  alertMs?: number
  /** 120,000 unless given. */
  refuseMs?: number
}

/** Shortest and longest difference that a message about it is made of: one message a connector and state. */
export type ClockState = 'ok' | 'alert' | 'refuse'

/** See the file's header. */
export class ClockGuard {
  /** By connector: venue time less ours, microseconds; 0 where they agree or nothing is known. */
  readonly skewUs: Float64Array
  readonly #alertUs: number
  readonly #refuseUs: number

  constructor(connectors: number, { alertMs = 2_000, refuseMs = 120_000 }: ClockOptions = {}) {
    this.skewUs = new Float64Array(connectors)
    this.#alertUs = alertMs * 1_000
    this.#refuseUs = refuseMs * 1_000
  }

  /** An acknowledgement with a venue time, of an order sent and answered at times of ours. */
  acknowledged(connector: number, tsUs: number, sentUs: number, nowUs: number): void {
    if (!(tsUs > 0)) return
    this.skewUs[connector] = tsUs > nowUs ? tsUs - nowUs : tsUs < sentUs ? tsUs - sentUs : 0
  }

  /** Another report: it may be old, but not from the future. */
  reported(connector: number, tsUs: number, nowUs: number): void {
    if (tsUs - nowUs > Math.max(this.#alertUs, this.skewUs[connector])) this.skewUs[connector] = tsUs - nowUs
  }

  /** Nothing is known any more: the connection is a new one, or a person says so. */
  reset(connector: number): void {
    this.skewUs[connector] = 0
  }

  /** Whether orders may be sent to a connector. */
  isSane(connector: number): boolean {
    return Math.abs(this.skewUs[connector]) <= this.#refuseUs
  }

  /** What is to be told of a connector. */
  stateOf(connector: number): ClockState {
    const skew = Math.abs(this.skewUs[connector])
    return skew > this.#refuseUs ? 'refuse' : skew > this.#alertUs ? 'alert' : 'ok'
  }
}
