/**
 * What a FIX session must remember: the next sequence number of each direction, and the bytes of what was sent, so that
 * they can be sent again as they were.
 *
 * Everything outgoing is appended before it is handed to the socket. Administrative messages are appended without their
 * bytes: they are never sent again, only skipped by a gap fill, but the number they used is used.
 */

/** Gets a stored message: its number and its bytes `[start, end)` of `buffer`, valid during the call. */
export type StoredMessageVisitor = (number: number, buffer: Uint8Array, start: number, end: number) => void

/** Counters of a store. */
export interface MessageStoreCounters {
  /** Messages appended with their bytes. */
  messages: number
  /** Appends that failed. */
  failedAppends: number
  /** Records that could not be read again because they are damaged. */
  damagedReads: number
}

/** The memory of one session. Numbers are FIX sequence numbers, from 1. */
export interface MessageStore {
  /** The number of the next message we send. */
  readonly nextOutgoing: number
  /** The number of the next message we expect. */
  readonly nextIncoming: number
  /** When the numbers began at 1: Unix epoch microseconds, NaN while never set. Tells which trading session they belong to. */
  readonly createdUs: number
  readonly counters: Readonly<MessageStoreCounters>
  /**
   * Keeps an outgoing message, `bytes[start, end)`, under {@link nextOutgoing} and advances it. An empty range keeps the number
   * without bytes.
   *
   * @throws TradewireError `TW_FILE` when it could not be written; the number is then not used.
   */
  append(bytes: Uint8Array, start: number, end: number): void
  /** Advances {@link nextOutgoing} in memory only: for a message that must go out although the disk refuses it. */
  skip(): void
  /** Sets the next outgoing number. A lower one forgets the messages kept so far. */
  setNextOutgoing(number: number): void
  /** Sets the next expected number; durable at the next {@link commit} or {@link append}. */
  setNextIncoming(number: number): void
  /** Writes down the next expected number if it changed. Called once for each chunk of input. Failures are retried at the next call. */
  commit(): void
  /** Both numbers become 1 and the messages are forgotten. `createdUs`: the time of the reset. */
  reset(createdUs: number): void
  /** Calls `visit` for each message kept with bytes whose number lies in [from, to], in order, up to `limit`; returns the number to go on from. */
  read(from: number, to: number, limit: number, visit: StoredMessageVisitor): number
  /** Reads the numbers again from where they lie: for stores that another process may have written meanwhile. */
  refresh(): void
  /** Gives files and locks back. Closing twice does nothing. */
  close(): void
}

/** Opens the store of a session. `name` identifies the session and is made of letters, digits and `._-%` only. */
export type MessageStoreFactory = (name: string) => MessageStore

/** A session's identity as a file name: characters other than letters, digits, `.`, `_` and `-` become %XX. */
export function storeName(parts: readonly string[]): string {
  const quote = (part: string) =>
    part.replaceAll(/[^A-Za-z0-9._]/g, (char) =>
      [...new TextEncoder().encode(char)]
        .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
        .join(''),
    )
  return parts.map(quote).join('-')
}
