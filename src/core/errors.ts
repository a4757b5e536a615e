/**
 * Every error the library throws on purpose: one class, a stable code, and enough structure for a program to react.
 *
 * The ESM and the CommonJS build are two copies of this class, so `instanceof` goes by a registered symbol, not by identity.
 */
import { type ErrorCode, errorCodes } from './error-codes.js'

const brand = Symbol.for('tradewire.error')

/** What a {@link TradewireError} carries beside its message. */
export interface TradewireErrorOptions {
  /** The error this one was caused by. */
  cause?: unknown
  /** Structured facts: the field, the value, the limit. Never a secret, never a raw frame. */
  details?: Readonly<Record<string, unknown>>
}

/**
 * An error with a stable `code` that never changes its meaning between releases.
 *
 * @example
 * ```ts
 * try {
 *   instrument.priceUnits('100.03')
 * } catch (error) {
 *   if (error instanceof TradewireError && error.code === 'TW_OFF_GRID') console.error(error.message)
 * }
 * ```
 */
export class TradewireError extends Error {
  override readonly name = 'TradewireError'
  /** Stable identifier, listed in docs/errors.md. */
  readonly code: ErrorCode
  /** Whether the same call may succeed later without a change by the caller. */
  readonly retryable: boolean
  /** Structured facts about the failure. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: TradewireErrorOptions = {}) {
    super(`${message} [${code}]`, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = errorCodes[code].retryable
    this.details = options.details ?? {}
    Object.defineProperty(this, brand, { value: true })
  }

  /** True for errors of either build of the package (ESM or CommonJS). A subclass of the host goes by its prototype, as usual. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false
    // biome-ignore lint/complexity/noThisInStatic: `this` is the class on the right of instanceof, which may be a subclass.
    const asked = this as typeof TradewireError
    if (asked !== TradewireError) return Object.prototype.isPrototypeOf.call(asked.prototype, value)
    return (value as Record<symbol, unknown>)[brand] === true
  }
}

/** Text of anything thrown, for logs and messages. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
