/** The life of a connection, as one table. */

/**
 * - `idle`: made, not started · `connecting`: first attempt or a later one · `reconciling`: connected, comparing orders,
 * fills and accounts with the venue; no new orders · `ready`: trading · `waiting`: disconnected, waiting to try again ·
 * `stopping`, `stopped`: on its way out, and out · `failed`: gave up; `start` may be called again.
 */
export type ConnectionState =
  | 'idle'
  | 'connecting'
  | 'reconciling'
  | 'ready'
  | 'waiting'
  | 'stopping'
  | 'stopped'
  | 'failed'

/** Which states may follow a state. Anything else is a defect of the connector framework. */
export const connectionTransitions: Readonly<Record<ConnectionState, readonly ConnectionState[]>> = {
  idle: ['connecting', 'stopping'],
  connecting: ['reconciling', 'waiting', 'failed', 'stopping'],
  reconciling: ['ready', 'waiting', 'failed', 'stopping'],
  ready: ['waiting', 'failed', 'stopping'],
  waiting: ['connecting', 'failed', 'stopping'],
  stopping: ['stopped'],
  stopped: ['connecting'],
  failed: ['connecting', 'stopping'],
}

/** Whether the wire is up. */
export function isConnected(state: ConnectionState): boolean {
  return state === 'reconciling' || state === 'ready'
}
