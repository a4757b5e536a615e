/**
 * A value that must never be seen: a password, a key, a token. It is wrapped where it enters and taken out where it is used;
 * on the way it may be logged, printed, cloned or put into JSON by mistake, and shows nothing.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { TradewireError } from './errors.js'

/** What stands in the place of a secret wherever something is printed. */
export const redacted = '[redacted]'

/** Characters of the longest secret: a private key in PEM has room. */
export const maxSecretLength = 65_536

const inspect = Symbol.for('nodejs.util.inspect.custom')

/**
 * Holds a secret. `String(secret)`, templates, `JSON.stringify`, `console.log` and `util.inspect` show `[redacted]`, and so
 * does what `structuredClone` or a spread makes of it.
 *
 * @example
 * ```ts
 * const password = new Secret(await vault.read('fix/password'))
 * console.log(`${password}`) // [redacted]
 * ```
 */
export class Secret {
  /** The only thing there is to see. */
  readonly shown: string = redacted
  readonly #value: string

  /** @throws TradewireError `TW_INVALID_ARGUMENT` for what is no text of 1 to 65,536 characters; its message holds no value. */
  constructor(value: string) {
    if (typeof value !== 'string' || value.length === 0 || value.length > maxSecretLength)
      throw new TradewireError('TW_INVALID_ARGUMENT', `A secret is text of 1 to ${maxSecretLength} characters`)
    this.#value = value
  }

  /** The value itself. Call it where it is used, and keep nothing of it. */
  reveal(): string {
    return this.#value
  }

  /** Whether `given` is this secret, in a time that tells nothing about how much of it was right. */
  equals(given: unknown): boolean {
    return sameSecret(this.#value, given)
  }

  toString(): string {
    return redacted
  }

  toJSON(): string {
    return redacted
  }

  [Symbol.toPrimitive](): string {
    return redacted
  }

  [inspect](): string {
    return redacted
  }
}

/** Where an option takes a secret, it takes the text as well. */
export type SecretInput = string | Secret

/** The text of a secret. A `Secret` of the other build of this package (ESM, CommonJS) is one too. */
export function revealSecret(secret: SecretInput): string {
  return typeof secret === 'string' ? secret : secret.reveal()
}

/** Compares by hashes, in a time that depends on neither value. What is no text is never the same. */
export function sameSecret(expected: SecretInput, given: unknown): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  const isText = typeof given === 'string'
  return timingSafeEqual(hash(revealSecret(expected)), hash(isText ? given : '')) && isText
}
