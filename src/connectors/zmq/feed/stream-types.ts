/** What a stream receiver is given, says and counts. */

/** State of a stream. */
export type FeedState = 'syncing' | 'live' | 'gap' | 'recovering' | 'stale'
/** How a stream went on after a gap: complete, from a snapshot, or without what is missing. */
export type RecoveryMethod = 'replay' | 'snapshot' | 'none'

/** How a frame is to be taken. */
export const Delivery = {
  /** In its place. */
  live: 0,
  /** In its place, from the replay buffer. */
  repeated: 1,
  /** A snapshot that follows contains its state: only what is no state (trades, bars, notes) counts. */
  covered: 2,
} as const
/** 0 live, 1 repeated, 2 covered. */
export type Delivery = (typeof Delivery)[keyof typeof Delivery]

/** Settings of a stream; milliseconds. */
export interface StreamSettings {
  reorderMax: number
  reorderMs: number
  /** The longest wait for a line that lags. */
  lineWaitMs: number
  maxReplay: number
  recoveryBuffer: number
  heartbeatMs: number
  requestTimeoutMs: number
  /** Tries with each server in a row. */
  tries: number
  /** Servers that can be asked; 0: there is no recovery. */
  servers: number
  /** Delays after all servers failed: at least the first, doubling up to the second. */
  backoffMs: readonly [number, number]
}

/** What is asked of a server. `id` comes back with the answer. */
export interface RecoveryRequest {
  id: number
  server: number
  kind: 'replay' | 'snapshot'
  epoch: number
  /** First and last number of a replay. */
  from: number
  to: number
}

/** What a stream says and asks. */
export interface StreamHooks<T> {
  deliver(frame: T, sequence: number, how: Delivery): void
  /** State as of `sequence`; what was known before is replaced. */
  applySnapshot(frame: T | undefined, sequence: number): void
  /** Told before anything later is delivered. */
  gap(from: number, to: number): void
  recovered(method: RecoveryMethod, lost: number): void
  restarted(fromEpoch: number, toEpoch: number): void
  state(from: FeedState, to: FeedState): void
  request(request: RecoveryRequest): void
  /** A number from 0 to below 1, for delays. */
  random(): number
}

/** What happened on a stream, in frames. */
export interface StreamCounters {
  received: number
  delivered: number
  duplicates: number
  /** Frames of earlier lives of the publisher. */
  old: number
  gaps: number
  /** Numbers that no line brought in time. */
  missing: number
  /** Of those, the ones that recovery did not bring either. */
  lost: number
  replayed: number
  snapshots: number
  restarts: number
  /** Frames dropped because too many waited for a recovery. */
  overflowed: number
  failedRequests: number
}
