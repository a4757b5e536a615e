/** What a connector announces: the life of its connection, its health, its streams. */
import type { DataKind } from './capabilities.js'
import type { ConnectionState } from './connection-state.js'
import type { StreamState } from './freshness.js'
import type { PacingClass } from './pacing/pacing-options.js'

/** A stream changed its state. */
export interface StreamEvent {
  connector: string
  kind: DataKind
  /** Index in the instrument registry. */
  instrument: number
  state: StreamState
  /** Milliseconds since something came; NaN where nothing is expected. */
  ageMs: number
  reason?: string
}

/** Messages of a stream are missing. */
export interface GapEvent {
  connector: string
  /** The connector's name of the stream. */
  stream: string
  /** The first and the last sequence number that are missing. */
  from: number
  to: number
}

/** What a connector announces. */
export interface ConnectorEvents {
  state: { connector: string; from: ConnectionState; to: ConnectionState; reason?: string }
  /** It takes orders. `epoch` counts connections. */
  ready: { connector: string; epoch: number }
  disconnected: { connector: string; epoch: number; reason: string }
  /** An attempt to connect failed; the next one comes after `delayMs`. */
  reconnecting: { connector: string; attempt: number; delayMs: number; error: unknown }
  /** A health check was answered, or not. */
  health: { connector: string; isHealthy: boolean; latencyMs: number; reason?: string }
  stream: StreamEvent
  gap: GapEvent
  /** The venue's message limit kept an order from being sent. Told at most once a second. */
  throttled: { connector: string; class: PacingClass }
  error: { connector: string; error: unknown }
}
