/**
 * Ids of this instance: unique over restarts, clock changes and processes without asking anyone.
 *
 * An id is `<prefix>-<session>-<number>`: the prefix separates processes, the session number grows by one at every start
 * (the journal remembers it), the number counts within the session. None of it comes from a clock or from chance. The
 * parts are kept apart by hyphens, so that no two (prefix, session) pairs run together to the same text.
 */
import { TradewireError } from './errors.js'

/** Makes text ids in a sequence. */
export interface IdSource {
  /** The next id. Never repeats for the life of the journal that remembers the session. */
  next(): string
}

/** Ids of one session. */
export class SessionIds implements IdSource {
  readonly #head: string
  #next = 1

  /**
   * `prefix`: 1 to 8 letters or digits that no other process on the account uses. `session`: grows with every start.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` for a prefix or session outside that.
   */
  constructor(prefix: string, session: number) {
    if (!/^[A-Za-z0-9]{1,8}$/.test(prefix)) {
      throw new TradewireError('TW_INVALID_ARGUMENT', `idPrefix must be 1 to 8 letters or digits, got "${prefix}"`)
    }
    if (!Number.isSafeInteger(session) || session < 0) {
      throw new TradewireError('TW_INVALID_ARGUMENT', `session must be a whole number from 0, got ${session}`)
    }
    this.#head = `${prefix}-${session.toString(36)}-`
  }

  next(): string {
    return this.#head + (this.#next++).toString(36)
  }

  /** The id with a given number, without using it up: for ids derived from numbers that are counted elsewhere. */
  of(number: number): string {
    return this.#head + number.toString(36)
  }
}
