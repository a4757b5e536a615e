/** Health of a connector at one moment: what routing and people look at. */
import type { ConnectionState } from './connection-state.js'

/** What is known about the health of a connector without asking anybody. */
export interface ConnectorHealth {
  readonly state: ConnectionState
  readonly isReady: boolean
  readonly epoch: number
  /** Milliseconds since it became ready; NaN while it is not. */
  readonly readyForMs: number
  /** Milliseconds since a health check was answered; NaN before the first. */
  readonly probeAgeMs: number
  /** Streams subscribed to, and those of them that are stale. */
  readonly streams: number
  readonly staleStreams: number
  /** Messages in line for the venue's limits. */
  readonly waitingMessages: number
}
